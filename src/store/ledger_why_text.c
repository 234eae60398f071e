/* ledger_why_text.c - the story for people, in English or Indonesian. */
#include "proto/mail/date.h"
#include "store/ledger_why.h"

enum word {
	W_MESSAGE,
	W_SESSION,
	W_FROM,
	W_TO,
	W_SIZE,
	W_OCTETS,
	W_HAPPENED,
	W_WHY,
	W_EVIDENCE,
	W_RULE,
	W_LIST,
	W_DONE,
	W_CURE,
	W_SENDER,
	W_RECEIVER,
	W_NEXT,
	W_NEXT_TRY,
	W_RECEIVED,
	W_ATTEMPT,
	W_NO_TLS,
	W_LISTENER,
	W_ROUTE,
	W_CARRIED,
	W_USER,
	W_NO_CAUSE,
	W_SPARED,
	W_DIALOGUE,
	WORDS
};

static const char *const words[CAUSE_LANGS][WORDS] = {
    {[W_MESSAGE] = "Message",
	[W_SESSION] = "Session",
	[W_FROM] = "from",
	[W_TO] = "to",
	[W_SIZE] = "size",
	[W_OCTETS] = "octets",
	[W_HAPPENED] = "What happened",
	[W_WHY] = "Why",
	[W_EVIDENCE] = "evidence",
	[W_RULE] = "rule",
	[W_LIST] = "list",
	[W_DONE] = "done",
	[W_CURE] = "cure",
	[W_SENDER] = "sender",
	[W_RECEIVER] = "receiver",
	[W_NEXT] = "What happens next",
	[W_NEXT_TRY] = "next attempt",
	[W_RECEIVED] = "received from",
	[W_ATTEMPT] = "attempt at",
	[W_NO_TLS] = "no TLS",
	[W_LISTENER] = "listener",
	[W_ROUTE] = "route",
	[W_CARRIED] = "message",
	[W_USER] = "logged in as",
	[W_NO_CAUSE] = "nothing stood in its way",
	[W_SPARED] = "What it was spared",
	[W_DIALOGUE] = "The dialogue: kurir log --session "},
    {[W_MESSAGE] = "Mail",
	[W_SESSION] = "Session",
	[W_FROM] = "dari",
	[W_TO] = "ke",
	[W_SIZE] = "ukuran",
	[W_OCTETS] = "byte",
	[W_HAPPENED] = "Yang terjadi",
	[W_WHY] = "Penyebab",
	[W_EVIDENCE] = "bukti",
	[W_RULE] = "aturan",
	[W_LIST] = "list",
	[W_DONE] = "tindakan",
	[W_CURE] = "solusi",
	[W_SENDER] = "pengirim",
	[W_RECEIVER] = "penerima",
	[W_NEXT] = "Selanjutnya",
	[W_NEXT_TRY] = "dicoba lagi",
	[W_RECEIVED] = "diterima dari",
	[W_ATTEMPT] = "dicoba ke",
	[W_NO_TLS] = "tanpa TLS",
	[W_LISTENER] = "listener",
	[W_ROUTE] = "route",
	[W_CARRIED] = "mail",
	[W_USER] = "login sebagai",
	[W_NO_CAUSE] = "tidak ada masalah",
	[W_SPARED] = "Yang dikecualikan",
	[W_DIALOGUE] = "Dialog lengkapnya: kurir log --session "},
};

static const char *const states_id[WHY_STATES] = {
    [WHY_REFUSED] = "ditolak",
    [WHY_ACCEPTED] = "diterima",
    [WHY_DELIVERED] = "terkirim",
    [WHY_DEFERRED] = "tertunda",
    [WHY_FAILED] = "gagal",
    [WHY_HELD] = "ditahan",
    [WHY_DELETED] = "dihapus",
    [WHY_CUT] = "terputus",
};

static const char *const events_id[RECORD_WHAT_END] = {
    [RECORD_QUEUED] = "masuk queue",
    [RECORD_EV_DELIVERED] = "terkirim",
    [RECORD_EV_DEFERRED] = "tertunda",
    [RECORD_EV_FAILED] = "gagal",
    [RECORD_BOUNCED] = "bounce dikirim ke pengirim",
    [RECORD_WARNED] = "pengirim diberi tahu mail-nya tertunda",
    [RECORD_HELD] = "ditahan",
    [RECORD_RELEASED] = "dilepas",
    [RECORD_RETRIED] = "diminta dicoba lagi",
    [RECORD_DELETED] = "dihapus",
    [RECORD_EXPIRED] = "habis batas waktunya",
};

static const char *const events_en[RECORD_WHAT_END] = {
    [RECORD_QUEUED] = "queued",
    [RECORD_EV_DELIVERED] = "delivered",
    [RECORD_EV_DEFERRED] = "deferred",
    [RECORD_EV_FAILED] = "failed",
    [RECORD_BOUNCED] = "a bounce was sent to the sender",
    [RECORD_WARNED] = "the sender was told of the delay",
    [RECORD_HELD] = "held",
    [RECORD_RELEASED] = "released",
    [RECORD_RETRIED] = "an attempt was asked for",
    [RECORD_DELETED] = "deleted",
    [RECORD_EXPIRED] = "given up: its time is over",
};

/* What comes next, by the state of the whole. */
static const char *const next_words[CAUSE_LANGS][WHY_STATES] = {
    {[WHY_REFUSED] = "Nothing: it was not taken; the sender was told why.",
	[WHY_ACCEPTED] = "It is in the queue and will be delivered.",
	[WHY_DELIVERED] = "Nothing: it has arrived.",
	[WHY_DEFERRED] = "It is tried again by itself.",
	[WHY_FAILED] = "Nothing more is tried; the sender gets a bounce.",
	[WHY_HELD] = "It waits until somebody releases it: kurir queue "
		     "release ",
	[WHY_DELETED] = "Nothing: it was removed from the queue."},
    {[WHY_REFUSED] = "Tidak ada: mail tidak diterima dan pengirim sudah "
		     "diberi tahu alasannya.",
	[WHY_ACCEPTED] = "Mail ada di queue dan akan dikirim.",
	[WHY_DELIVERED] = "Tidak ada: mail sudah sampai.",
	[WHY_DEFERRED] = "Akan dicoba lagi otomatis.",
	[WHY_FAILED] = "Tidak dicoba lagi; pengirim mendapat bounce.",
	[WHY_HELD] = "Menunggu dilepas: kurir queue release ",
	[WHY_DELETED] = "Tidak ada: mail sudah dihapus dari queue."},
};

struct out {
	struct buf *b;
	const struct why_style *style;
	const char *const *w;
};

static const char *
state_word(const struct out *o, enum why_state s)
{
	return o->style->lang == CAUSE_ID ? states_id[s] : why_state_name(s);
}

static void
heading(const struct out *o, enum word word)
{
	buf_printf(
	    o->b, "\n%s%s%s\n", o->style->bold, o->w[word], o->style->off);
}

static void
field(const struct out *o, enum word word)
{
	buf_printf(o->b, "  %-10s ", o->w[word]);
}

static void
add_address(struct buf *b, struct slice s)
{
	buf_add_byte(b, '<');
	ledger_add_shown(b, s);
	buf_add_byte(b, '>');
}

static void
add_when(const struct out *o, uint64_t unix_ms)
{
	buf_add_date_stamp(o->b, unix_ms, o->style->zone(unix_ms));
}

/* add_carried - the messages of a session, each worth a question itself. */
static void
add_carried(const struct out *o, const struct ledger_view *v)
{
	struct record_reader rd = ledger_view_items(v);
	struct ledger_tx tx;
	while (ledger_tx_next(&rd, &tx)) {
		if (tx.message == 0)
			continue;
		field(o, W_CARRIED);
		buf_add_id(o->b, tx.message);
		buf_add_byte(o->b, '\n');
	}
}

static void
add_head(const struct out *o, const struct why *w)
{
	buf_printf(o->b, "%s%s ", o->style->bold,
	    o->w[w->message ? W_MESSAGE : W_SESSION]);
	buf_add_id(o->b, w->id);
	buf_printf(o->b, ": %s%s\n", state_word(o, w->state), o->style->off);
	if (w->has_envelope) {
		field(o, W_FROM);
		add_address(o->b, w->from);
		buf_add_byte(o->b, '\n');
	}
	for (size_t i = 0; i < w->n_rcpts; i++) {
		const struct why_rcpt *r = &w->rcpts[i];
		field(o, W_TO);
		add_address(o->b, r->address);
		buf_printf(o->b, "  %s", state_word(o, r->state));
		if (!w->message && r->reply.n > 0) {
			buf_add_str(o->b, ": ");
			ledger_add_shown(o->b, r->reply);
		}
		if (r->next_try_ms != 0) {
			buf_printf(o->b, ", %s ", o->w[W_NEXT_TRY]);
			add_when(o, r->next_try_ms);
		}
		buf_add_byte(o->b, '\n');
	}
	if (w->rcpts_left_out > 0) {
		buf_add_str(o->b, "             ");
		buf_printf(o->b,
		    o->style->lang == CAUSE_ID ? "dan %zu lagi\n"
					       : "and %zu more\n",
		    w->rcpts_left_out);
	}
	if (w->octets > 0) {
		field(o, W_SIZE);
		buf_printf(o->b, "%llu %s\n", (unsigned long long)w->octets,
		    o->w[W_OCTETS]);
	}
	for (size_t i = 0; !w->message && i < w->n_steps; i++)
		add_carried(o, &w->steps[i].view);
}

static void
add_session(const struct out *o, const struct why *w, const struct why_step *s)
{
	const struct ledger_view *v = &s->view;
	struct buf *b = o->b;
	buf_printf(
	    b, "%s ", o->w[s->kind == WHY_STEP_IN ? W_RECEIVED : W_ATTEMPT]);
	ledger_add_peer(b, v);
	if (v->listener.n > 0) {
		buf_printf(b, ", %s ",
		    o->w[s->kind == WHY_STEP_IN ? W_LISTENER : W_ROUTE]);
		ledger_add_shown(b, v->listener);
	}
	buf_add_str(b, ", ");
	if (v->tls)
		ledger_add_tls(b, v);
	else
		buf_add_str(b, o->w[W_NO_TLS]);
	if (v->user.n > 0) {
		buf_printf(b, ", %s ", o->w[W_USER]);
		ledger_add_shown(b, v->user);
	}
	if (w->message) {
		buf_add_str(b, " (");
		buf_add_str(b, o->w[W_SESSION]);
		buf_add_byte(b, ' ');
		buf_add_id(b, v->head.id);
		buf_add_byte(b, ')');
	}
}

static void
add_step(const struct out *o, const struct why *w, const struct why_step *s)
{
	struct buf *b = o->b;
	buf_add_str(b, "  ");
	add_when(o, s->at_ms);
	buf_add_str(b, "  ");
	if (s->kind != WHY_STEP_EVENT) {
		add_session(o, w, s);
		buf_printf(b, ": %s", state_word(o, s->state));
	} else {
		buf_add_str(b, o->style->lang == CAUSE_ID ? events_id[s->what]
							  : events_en[s->what]);
	}
	if (s->rcpt.n > 0) {
		buf_add_byte(b, ' ');
		add_address(b, s->rcpt);
	}
	if (s->text.n > 0) {
		buf_add_str(b, ": ");
		ledger_add_shown(b, s->text);
	}
	if (s->next_try_ms != 0) {
		buf_printf(b, "; %s ", o->w[W_NEXT_TRY]);
		add_when(o, s->next_try_ms);
	}
	buf_add_byte(b, '\n');
}

/* What was done, by the word of the record. */
static const struct {
	const char *verdict;
	const char *done[CAUSE_LANGS];
} deeds[] = {
    {"note", {"noted only", "hanya dicatat"}},
    {"defer", {"refused for now (4xx)", "ditolak sementara (4xx)"}},
    {"reject", {"refused", "ditolak"}},
    {"close",
	{"refused, and the connection closed", "ditolak dan koneksi ditutup"}},
    {"exempt", {"spared by that entry", "dikecualikan oleh list itu"}},
    {"authenticated",
	{"spared, being authenticated", "dikecualikan karena sudah login"}},
    {"withdraw", {"no longer trusted while this lasts",
		     "tidak dianggap trusted selama ini berlangsung"}},
};

static void
add_cause_field(const struct out *o, enum word word, struct slice text)
{
	if (text.n == 0)
		return;
	buf_printf(o->b, "    %-9s ", o->w[word]);
	ledger_add_shown(o->b, text);
	buf_add_byte(o->b, '\n');
}

static void
add_done(const struct out *o, struct slice verdict)
{
	for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++)
		if (slice_eq(verdict, slice_str(deeds[i].verdict)))
			add_cause_field(o, W_DONE,
			    slice_str(deeds[i].done[o->style->lang]));
}

static void
add_cure(const struct out *o, const struct why *w, const struct why_cause *c,
    enum word word, enum cause_side side)
{
	struct buf cure;
	buf_init(&cure, 4096);
	why_add_cure(&cure, w, c, side, o->style->lang);
	add_cause_field(o, word, buf_slice(&cure));
	buf_free(&cure);
}

/* add_cause - the cure of our side first, then what the other can do. */
static void
add_cause(const struct out *o, const struct why *w, const struct why_cause *c)
{
	struct buf *b = o->b;
	const struct cause *text = cause_find(o->style->lang, c->code);
	bool sending = c->side == CAUSE_SENDING;
	buf_printf(b, "  %s", o->style->bold);
	ledger_add_shown(b, c->code);
	buf_add_str(b, o->style->off);
	if (text != NULL)
		buf_printf(b, ": %s", text->explanation);
	buf_add_byte(b, '\n');
	for (size_t i = 0; i < c->n_evidence; i++)
		add_cause_field(o, W_EVIDENCE, c->evidence[i]);
	if (c->rule.n + c->config.n > 0) {
		buf_printf(b, "    %-9s ", o->w[W_RULE]);
		ledger_add_shown(b, c->rule);
		buf_add_str(b, c->rule.n > 0 && c->config.n > 0 ? " " : "");
		ledger_add_shown(b, c->config);
		buf_add_byte(b, '\n');
	}
	add_cause_field(o, W_LIST, c->list);
	add_done(o, c->verdict);
	add_cure(o, w, c, W_CURE, c->side);
	add_cure(o, w, c, sending ? W_RECEIVER : W_SENDER,
	    sending ? CAUSE_RECEIVING : CAUSE_SENDING);
}

static void
add_lines(const struct out *o, enum word word, struct slice lines)
{
	while (lines.n > 0) {
		size_t end = slice_find(lines, '\n');
		add_cause_field(o, word, slice_to(lines, end));
		lines = slice_from(lines, end + 1);
	}
}

static void
add_spared(const struct out *o, const struct why *w)
{
	if (w->n_spared > 0)
		heading(o, W_SPARED);
	for (size_t i = 0; i < w->n_spared; i++) {
		const struct why_spared *s = &w->spared[i];
		buf_add_str(o->b, "  ");
		ledger_add_shown(o->b, s->rule);
		buf_add_byte(o->b, ' ');
		ledger_add_shown(o->b, s->config);
		buf_add_byte(o->b, '\n');
		add_lines(o, W_EVIDENCE, s->evidence);
		add_cause_field(o, W_LIST, s->list);
		add_done(o, s->verdict);
	}
}

static void
add_next(const struct out *o, const struct why *w)
{
	if (!w->message) {
		buf_printf(o->b, "\n%s", o->w[W_DIALOGUE]);
		buf_add_id(o->b, w->id);
		buf_add_byte(o->b, '\n');
		return;
	}
	const char *text = next_words[o->style->lang][w->state];
	if (text == NULL)
		return;
	heading(o, W_NEXT);
	buf_printf(o->b, "  %s", text);
	if (w->state == WHY_HELD)
		buf_add_id(o->b, w->id);
	buf_add_byte(o->b, '\n');
}

void
why_add_text(struct buf *b, const struct why *w, const struct why_style *style)
{
	struct out o = {b, style, words[style->lang]};
	add_head(&o, w);
	heading(&o, W_HAPPENED);
	for (size_t i = 0; i < w->n_steps; i++)
		add_step(&o, w, &w->steps[i]);
	if (w->steps_left_out > 0)
		buf_printf(b,
		    style->lang == CAUSE_ID
			? "  %zu langkah berikutnya tidak ditampilkan\n"
			: "  %zu further steps are not shown\n",
		    w->steps_left_out);
	heading(&o, W_WHY);
	for (size_t i = 0; i < w->n_causes; i++)
		add_cause(&o, w, &w->causes[i]);
	if (w->n_causes == 0)
		buf_printf(b, "  %s\n", o.w[W_NO_CAUSE]);
	add_spared(&o, w);
	add_next(&o, w);
}
