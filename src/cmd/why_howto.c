#include "cmd/why_howto.h"

#include "cmd/why_text.h"
#include "store/ledger_view.h"

static const struct {
	const char *in, *sides[CAUSE_SIDES], *nothing, *ask;
} phrases[CAUSE_LANGS] = {
    [CAUSE_EN] = {"in ", {"where it sends", "where it receives"},
	"Nothing of its own to set for this; the cure above holds.",
	"What to set in a mail server program: the same with --for and one of"},
    [CAUSE_ID] = {"di ", {"saat mengirim", "saat menerima"},
	"Tidak ada setting khusus untuk ini; solusi di atas yang berlaku.",
	"Setting di program mail server: perintah yang sama dengan --for dan "
	"salah satu dari"},
};

static void
add_words(struct buf *b, const char *between)
{
	for (enum howto_program p = HOWTO_NONE + 1; p < HOWTO_PROGRAMS; p++) {
		buf_add_str(b, p > HOWTO_NONE + 1 ? between : "");
		buf_add_str(b, howto_word(p));
	}
}

int
why_howto_asked(
    const struct cmd_ctx *ctx, const char *word, struct why_howto *out)
{
	char text[256];
	struct buf b;
	*out = (struct why_howto){HOWTO_NONE, false};
	if (word == NULL)
		return CMD_GOOD;
	out->program = howto_program(slice_str(word));
	out->both = true;
	if (out->program != HOWTO_NONE)
		return CMD_GOOD;
	buf_init(&b, sizeof(text) - 1);
	add_words(&b, ", ");
	struct slice s = buf_slice(&b);
	snprintf(text, sizeof(text), "%.*s", (int)s.n, (const char *)s.p);
	buf_free(&b);
	return cmd_fail(ctx, CMD_USAGE, "--for %s: one of %s", word, text);
}

/* ---- for people ---- */

static void
add_commands(struct buf *b, const char *commands)
{
	struct slice s = slice_str(commands);
	while (s.n > 0) {
		size_t n = slice_find(s, '\n');
		buf_printf(b, "%*s", WHY_LABEL + 4, "");
		buf_add(b, slice_to(s, n));
		buf_add_byte(b, '\n');
		s = slice_from(s, n + 1);
	}
}

static bool
add_side(struct buf *b, enum cause_lang lang, enum howto_program p,
    struct slice cause, enum cause_side side)
{
	const struct howto *h;
	size_t at = 0;
	bool told = false;
	while ((h = howto_next(cause, side, p, &at)) != NULL) {
		char label[32], text[1024];
		const char *v = h->versions[lang];
		snprintf(label, sizeof(label), "%s%s", phrases[lang].in,
		    howto_title(p));
		snprintf(text, sizeof(text), "(%s%s%s) %s",
		    phrases[lang].sides[side], *v != '\0' ? "; " : "", v,
		    h->text[lang]);
		why_text_labelled(b, told ? "" : label, text);
		add_commands(b, h->commands);
		told = true;
	}
	return told;
}

static void
add_nothing(struct buf *b, enum cause_lang lang, enum howto_program p)
{
	char label[32];
	snprintf(
	    label, sizeof(label), "%s%s", phrases[lang].in, howto_title(p));
	why_text_labelled(b, label, phrases[lang].nothing);
}

bool
why_howto_text(struct buf *b, enum cause_lang lang, struct why_howto h,
    struct slice cause, enum cause_side side)
{
	if (h.program == HOWTO_NONE)
		return false;
	bool told = add_side(b, lang, h.program, cause, side);
	if (!h.both)
		return told;
	told = add_side(b, lang, h.program, cause,
		   side == CAUSE_SENDING ? CAUSE_RECEIVING : CAUSE_SENDING) ||
	       told;
	if (!told)
		add_nothing(b, lang, h.program);
	return told;
}

void
why_howto_end(
    struct buf *b, enum cause_lang lang, struct why_howto h, bool told)
{
	if (told) {
		buf_add_byte(b, '\n');
		why_text_labelled(
		    b, howto_title(h.program), howto_note(lang, h.program));
	} else if (h.program == HOWTO_NONE) {
		buf_printf(b, "\n%s\n  ", phrases[lang].ask);
		add_words(b, ", ");
		buf_add_byte(b, '\n');
	}
}

/* ---- JSON ---- */

/* named: each with its cause. */
static size_t
add_rows(struct buf *b, enum cause_lang lang, enum howto_program p,
    struct slice cause, enum cause_side side, size_t n, bool named)
{
	static const char *const sides[CAUSE_SIDES] = {
	    [CAUSE_SENDING] = "sending", [CAUSE_RECEIVING] = "receiving"};
	const struct howto *h;
	size_t at = 0;
	while ((h = howto_next(cause, side, p, &at)) != NULL) {
		buf_add_str(b, n++ > 0 ? ", {" : "{");
		if (named) {
			ledger_json_text(b, "cause", cause);
			buf_add_str(b, ", ");
		}
		ledger_json_text(b, "program", slice_str(howto_word(p)));
		buf_add_str(b, ", ");
		ledger_json_text(b, "side", slice_str(sides[side]));
		buf_add_str(b, ", ");
		ledger_json_text(b, "versions", slice_str(h->versions[lang]));
		buf_add_str(b, ", ");
		ledger_json_text(b, "text", slice_str(h->text[lang]));
		buf_add_str(b, ", ");
		ledger_json_list(b, "commands", slice_str(h->commands));
		buf_add_byte(b, '}');
	}
	return n;
}

void
why_howto_json(struct buf *b, enum cause_lang lang, struct why_howto h,
    struct slice cause, enum cause_side side)
{
	buf_add_str(b, "\"howto\": [");
	if (h.program != HOWTO_NONE) {
		size_t n = add_rows(b, lang, h.program, cause, side, 0, false);
		if (h.both)
			add_rows(b, lang, h.program, cause,
			    side == CAUSE_SENDING ? CAUSE_RECEIVING
						  : CAUSE_SENDING,
			    n, false);
	}
	buf_add_byte(b, ']');
}

/* ---- stories ---- */

/* Whether the causes of w before the i-th name it too. */
static bool
named_before(const struct why *w, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (slice_eq(w->causes[k].code, w->causes[i].code))
			return true;
	return false;
}

static enum cause_side
other_side(const struct why_cause *c)
{
	return c->side == CAUSE_SENDING ? CAUSE_RECEIVING : CAUSE_SENDING;
}

void
why_howto_story(struct buf *b, enum cause_lang lang, struct why_howto h,
    const struct why *w)
{
	bool told = false;
	if (h.program == HOWTO_NONE)
		return;
	for (size_t i = 0; i < w->n_causes; i++) {
		const struct why_cause *c = &w->causes[i];
		size_t at = 0;
		if (named_before(w, i) ||
		    howto_next(c->code, other_side(c), h.program, &at) == NULL)
			continue;
		buf_add_byte(b, '\n');
		buf_add(b, c->code);
		buf_add_byte(b, '\n');
		add_side(b, lang, h.program, c->code, other_side(c));
		told = true;
	}
	if (!told) {
		buf_add_byte(b, '\n');
		add_nothing(b, lang, h.program);
	}
	why_howto_end(b, lang, h, told);
}

void
why_howto_story_json(struct buf *b, enum cause_lang lang, struct why_howto h,
    const struct why *w)
{
	size_t n = 0;
	if (h.program == HOWTO_NONE || b->n == 0 || b->p[b->n - 1] != '}')
		return;
	b->n--;
	buf_add_str(b, ", \"howto\": [");
	for (size_t i = 0; i < w->n_causes; i++)
		if (!named_before(w, i))
			n = add_rows(b, lang, h.program, w->causes[i].code,
			    other_side(&w->causes[i]), n, true);
	buf_add_str(b, "]}");
}
