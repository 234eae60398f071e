#include "cmd/why_text.h"

#include "base/id.h"
#include "store/ledger_view.h"

#define OUT_MAX (16u << 20)

enum phrase {
	P_READ_AS,
	P_CUT,
	P_MEANS,
	P_WORDS,
	P_ACTS,
	P_SENDER,
	P_RECEIVER,
	P_BOTH,
	P_OUR_CURE,
	P_THEIR_CURE,
	P_LETTER,
	P_NOTHING,
	PHRASES
};

static const char *const phrases[CAUSE_LANGS][PHRASES] = {
    [CAUSE_EN] = {[P_READ_AS] = "read as",
	[P_CUT] = "only the first 1 MB was read",
	[P_MEANS] = "meaning",
	[P_WORDS] = "known by",
	[P_ACTS] = "who acts",
	[P_SENDER] = "the sending side",
	[P_RECEIVER] = "the receiving side",
	[P_BOTH] = "either side",
	[P_OUR_CURE] = "our cure",
	[P_THEIR_CURE] = "their cure",
	[P_LETTER] = "A letter to the other side: the same with --letter.",
	[P_NOTHING] = "Nothing in the text itself is known to mean a fault."},
    [CAUSE_ID] = {[P_READ_AS] = "terbaca",
	[P_CUT] = "hanya 1 MB pertama yang dibaca",
	[P_MEANS] = "artinya",
	[P_WORDS] = "dikenali",
	[P_ACTS] = "tindakan",
	[P_SENDER] = "pihak pengirim",
	[P_RECEIVER] = "pihak penerima",
	[P_BOTH] = "salah satu pihak",
	[P_OUR_CURE] = "solusi kita",
	[P_THEIR_CURE] = "solusi lawan",
	[P_LETTER] =
	    "Surat untuk pihak lawan: perintah yang sama dengan --letter.",
	[P_NOTHING] = "Di teks itu sendiri tidak ada kesalahan yang dikenal."},
};

static const char *
side_text(enum cause_lang lang, enum extract_side side)
{
	static const enum phrase which[] = {[EXTRACT_SENDER] = P_SENDER,
	    [EXTRACT_RECEIVER] = P_RECEIVER,
	    [EXTRACT_BOTH] = P_BOTH};
	return phrases[lang][which[side]];
}

/* ---- for people ---- */

#define LABEL WHY_LABEL
#define WIDTH 78

static void
indent(struct buf *b, size_t n)
{
	while (n-- > 0)
		buf_add_byte(b, ' ');
}

void
why_text_labelled(struct buf *b, const char *label, const char *text)
{
	struct slice s = slice_str(text);
	size_t column = 0;
	buf_add_str(b, "  ");
	buf_add_str(b, label);
	indent(b, slice_str(label).n + 2 < LABEL
		      ? LABEL - 2 - slice_str(label).n
		      : 1);
	while (s.n > 0) {
		size_t n = slice_find(s, ' ');
		if (column > 0 && LABEL + column + 1 + n > WIDTH) {
			buf_add_byte(b, '\n');
			indent(b, LABEL);
			column = 0;
		} else if (column > 0) {
			buf_add_byte(b, ' ');
			column++;
		}
		buf_add(b, slice_to(s, n));
		column += n;
		s = slice_from(s, n + 1);
	}
	buf_add_byte(b, '\n');
}

static void
evidence(struct buf *b, const char *label, struct slice s)
{
	bool first = true;
	while (s.n > 0) {
		size_t n = slice_find(s, '\n');
		struct slice line = slice_trim(slice_to(s, n));
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		buf_printf(b, "  %-*s", LABEL - 2, first ? label : "");
		ledger_add_shown(b, line);
		buf_add_byte(b, '\n');
		s = slice_from(s, n + 1);
		first = false;
	}
}

static enum cause_side
our_side(const struct extract_found *f)
{
	return f->receiving ? CAUSE_RECEIVING : CAUSE_SENDING;
}

/* True: the cure in a program was told too. */
static bool
add_text(struct buf *b, const struct cmd_ctx *ctx, const struct why_text *w,
    const struct extract_found *f)
{
	enum cause_lang lang = w->lang;
	const char *const *say = phrases[lang];
	const struct cause *c = cause_find(lang, slice_str(f->cause));
	enum cause_side us = our_side(f), them = us == CAUSE_SENDING
						     ? CAUSE_RECEIVING
						     : CAUSE_SENDING;
	buf_add_byte(b, '\n');
	buf_add_str(b, cmd_colour(ctx, COLOUR_BOLD));
	buf_add_str(b, f->cause);
	buf_add_str(b, cmd_colour(ctx, COLOUR_OFF));
	buf_add_byte(b, '\n');
	if (c != NULL)
		why_text_labelled(b, say[P_MEANS], c->explanation);
	if (f->note[lang][0] != '\0')
		why_text_labelled(b, "", f->note[lang]);
	evidence(b, say[P_WORDS], f->evidence);
	why_text_labelled(b, say[P_ACTS], side_text(lang, f->side));
	if (c == NULL)
		return false;
	why_text_labelled(b, say[P_OUR_CURE], c->cure[us]);
	why_text_labelled(b, say[P_THEIR_CURE], c->cure[them]);
	return why_howto_text(b, lang, w->howto, slice_str(f->cause), us);
}

/* What is no cause of a mail, and has cures. */
static bool
add_topic_text(
    struct buf *b, const struct cmd_ctx *ctx, const struct why_text *w)
{
	buf_printf(b, "\n%s%s%s\n", cmd_colour(ctx, COLOUR_BOLD),
	    w->topic->code, cmd_colour(ctx, COLOUR_OFF));
	why_text_labelled(
	    b, phrases[w->lang][P_MEANS], w->topic->text[w->lang]);
	return why_howto_text(
	    b, w->lang, w->howto, slice_str(w->topic->code), CAUSE_RECEIVING);
}

/* ---- JSON ---- */

static void
add_member(struct buf *b, const char *name, struct slice value)
{
	ledger_json_text(b, name, value);
	buf_add_str(b, ", ");
}

static void
add_json(struct buf *b, const struct why_text *w, const struct extract_found *f)
{
	enum cause_lang lang = w->lang;
	static const char *const sides[] = {[EXTRACT_SENDER] = "sender",
	    [EXTRACT_RECEIVER] = "receiver",
	    [EXTRACT_BOTH] = "both"};
	const struct cause *c = cause_find(lang, slice_str(f->cause));
	struct slice none = SLICE_EMPTY;
	buf_add_byte(b, '{');
	add_member(b, "code", slice_str(f->cause));
	add_member(b, "text", c != NULL ? slice_str(c->explanation) : none);
	ledger_json_list(b, "evidence", f->evidence);
	buf_add_str(b, ", ");
	add_member(b, "rule", none);
	add_member(
	    b, "cure", c != NULL ? slice_str(c->cure[our_side(f)]) : none);
	add_member(b, "cure_sender",
	    c != NULL ? slice_str(c->cure[CAUSE_SENDING]) : none);
	add_member(b, "cure_receiver",
	    c != NULL ? slice_str(c->cure[CAUSE_RECEIVING]) : none);
	add_member(b, "note", slice_str(f->note[lang]));
	add_member(b, "side", slice_str(sides[f->side]));
	add_member(b, "ip", f->ip);
	add_member(b, "host", f->host);
	add_member(b, "address", f->address);
	add_member(b, "session", f->session);
	why_howto_json(b, lang, w->howto, slice_str(f->cause), our_side(f));
	buf_printf(b, ", \"weight\": %u}", f->weight);
}

static void
add_topic_json(struct buf *b, const struct why_text *w)
{
	buf_add_byte(b, '{');
	add_member(b, "code", slice_str(w->topic->code));
	add_member(b, "text", slice_str(w->topic->text[w->lang]));
	buf_add_str(b, "\"evidence\": [], \"rule\": null, \"cure\": null, ");
	why_howto_json(
	    b, w->lang, w->howto, slice_str(w->topic->code), CAUSE_RECEIVING);
	buf_add_byte(b, '}');
}

/* ---- the letter ---- */

static struct letter
letter_of(const struct extract_found *f, const struct why_text *w)
{
	return (struct letter){.cause = slice_str(f->cause),
	    .receiving = f->receiving,
	    .evidence = f->evidence,
	    .host = f->host,
	    .ip = f->ip,
	    .address = f->address,
	    .us = w->us};
}

static void
put(struct buf *b)
{
	struct slice s = buf_slice(b);
	fwrite(s.p, 1, s.n, stdout);
	buf_free(b);
}

void
why_letter(struct cmd_ctx *ctx, enum cause_lang lang, const struct letter *l)
{
	struct buf text, out;
	buf_init(&text, OUT_MAX);
	buf_init(&out, OUT_MAX);
	letter_add(&text, lang, l);
	if (!ctx->json) {
		buf_free(&out);
		put(&text);
		return;
	}
	buf_add_byte(&out, '{');
	add_member(&out, "code", l->cause);
	ledger_json_text(&out, "letter", buf_slice(&text));
	buf_add_str(&out, "}\n");
	buf_free(&text);
	put(&out);
}

static void
add_letter_member(
    struct buf *b, const struct extract_found *f, const struct why_text *w)
{
	struct letter l = letter_of(f, w);
	struct buf text;
	buf_init(&text, OUT_MAX);
	letter_add(&text, w->lang, &l);
	ledger_json_text(b, "letter", buf_slice(&text));
	buf_free(&text);
}

/* ---- all of it ---- */

bool
why_text_find(struct why_text *w, struct slice text)
{
	w->n = extract_read(text, w->found, EXTRACT_FOUND_MAX, &w->form);
	/* What others say that we said. */
	for (size_t i = 0; w->us.n > 0 && i < w->n; i++)
		if (slice_eq_nocase(w->found[i].host, w->us))
			extract_receiving(&w->found[i]);
	if (w->howto.program == HOWTO_NONE)
		w->howto.program = howto_writer(w->form, text);
	/* Words of a refusal ask for nothing; a letter is about a cause. */
	w->topic = w->letter ? NULL : howto_topic(text);
	if (w->n > 0 && w->form != EXTRACT_CHECK)
		w->topic = NULL;
	return w->n > 0 || w->topic != NULL;
}

static void
add_whole_json(struct buf *b, const struct why_text *w)
{
	bool known = w->n > 0 || w->topic != NULL;
	buf_add_str(b, "{\"id\": null, \"kind\": \"text\", ");
	add_member(b, "form", slice_str(extract_form_name(w->form)));
	add_member(
	    b, "verdict", slice_str(known ? "explained" : "unexplained"));
	buf_add_str(b, "\"causes\": [");
	for (size_t i = 0; i < w->n; i++) {
		buf_add_str(b, i > 0 ? ",\n  " : "");
		add_json(b, w, &w->found[i]);
	}
	if (w->topic != NULL) {
		buf_add_str(b, w->n > 0 ? ",\n  " : "");
		add_topic_json(b, w);
	}
	buf_add_str(b, "], ");
	if (w->n > 0)
		add_letter_member(b, &w->found[0], w);
	else
		buf_add_str(b, "\"letter\": null");
	if (w->records.n > 0) {
		buf_add_str(b, ", \"records\": ");
		buf_add(b, w->records);
	}
	buf_add_str(b, "}\n");
}

static void
add_whole_text(
    struct buf *b, const struct cmd_ctx *ctx, const struct why_text *w)
{
	const char *const *say = phrases[w->lang];
	bool known = w->n > 0 || w->topic != NULL, howto = false;
	buf_printf(b, "%s: %s", say[P_READ_AS], extract_form_name(w->form));
	buf_printf(b, "%s%s\n", w->cut ? "; " : "", w->cut ? say[P_CUT] : "");
	for (size_t i = 0; i < w->n; i++)
		howto = add_text(b, ctx, w, &w->found[i]) || howto;
	if (w->topic != NULL)
		howto = add_topic_text(b, ctx, w) || howto;
	if (known)
		why_howto_end(b, w->lang, w->howto, howto);
	if (w->n > 0 || !known)
		buf_printf(b, "\n%s\n", say[known ? P_LETTER : P_NOTHING]);
}

void
why_text_tell(struct cmd_ctx *ctx, const struct why_text *w)
{
	struct buf b;
	if (w->letter) {
		struct letter l = letter_of(&w->found[0], w);
		why_letter(ctx, w->lang, &l);
		return;
	}
	buf_init(&b, OUT_MAX);
	if (ctx->json)
		add_whole_json(&b, w);
	else
		add_whole_text(&b, ctx, w);
	put(&b);
}

enum err
why_text_read(FILE *from, struct buf *out, bool *out_cut)
{
	char part[8192];
	size_t n;
	*out_cut = false;
	while ((n = fread(part, 1, sizeof(part), from)) > 0) {
		size_t room = EXTRACT_TEXT_MAX - out->n;
		*out_cut = n > room;
		buf_add(out, slice_of(part, n < room ? n : room));
		if (*out_cut)
			break;
	}
	return ferror(from) ? ERR_IO : buf_err(out);
}
