#include "proto/mail/bounce_text.h"

#include "base/utf8.h"
#include "proto/mail/date.h"

#define COLUMNS 76

/* What a bounce says: one row a language. */
struct words {
	const char *language;
	const char *greeting, *failed, *delayed, *until;
	const char *recipient, *original, *because, *reply, *from, *cause;
	const char *cause_unknown, *sent_on, *numbers, *no_answer;
};

static const struct words all_words[] = {
    {
	.language = "",
	.greeting = "This is the mail server ",
	.failed = "Your message could not be delivered to the recipients "
		  "below. We have stopped trying. If the message still "
		  "matters, mend the reason given and send it again.",
	.delayed = "Your message has not been delivered to the recipients "
		   "below yet. This is only a warning: do not send it "
		   "again, we keep trying.",
	.until = "We stop trying on ",
	.recipient = "Recipient: ",
	.original = "written as: ",
	.because = "Reason: ",
	.reply = "The other server said: ",
	.from = "Other server: ",
	.cause = "Code: ",
	.cause_unknown = "The next server did not take the message.",
	.sent_on = "Your message reached us on ",
	.numbers = "For the administrator: message ",
	.no_answer = "Nobody reads answers to this message.",
    },
    {
	.language = "id",
	.greeting = "Ini adalah server surat ",
	.failed = "Pesan Anda tidak dapat diantarkan kepada penerima di "
		  "bawah ini. Kami sudah berhenti mencoba. Jika pesan ini "
		  "masih penting, perbaiki sebab yang disebutkan lalu "
		  "kirimkan kembali.",
	.delayed = "Pesan Anda belum terkirim kepada penerima di bawah ini. "
		   "Ini hanya peringatan: jangan kirim ulang, kami masih "
		   "terus mencoba.",
	.until = "Kami berhenti mencoba pada ",
	.recipient = "Penerima: ",
	.original = "ditulis sebagai: ",
	.because = "Sebab: ",
	.reply = "Jawaban server tujuan: ",
	.from = "Server tujuan: ",
	.cause = "Kode: ",
	.cause_unknown = "Server berikutnya tidak menerima pesan ini.",
	.sent_on = "Pesan Anda kami terima pada ",
	.numbers = "Untuk administrator: pesan ",
	.no_answer = "Balasan ke pesan ini tidak dibaca siapa pun.",
    },
};

/* A paragraph being wrapped: words are appended with wrap_add. */
struct wrap {
	struct buf *out;
	size_t column;
	size_t indent;
};

static void
wrap_break(struct wrap *w)
{
	buf_add(w->out, SLICE("\r\n"));
	for (w->column = 0; w->column < w->indent; w->column++)
		buf_add_byte(w->out, ' ');
}

/* One word: control octets and broken UTF-8 become '?'. */
static void
wrap_word(struct wrap *w, struct slice word)
{
	for (size_t i = 0; i < word.n;) {
		size_t n = utf8_sequence(slice_from(word, i));
		if (n == 0 || word.p[i] < 0x20 || word.p[i] == 0x7f) {
			buf_add_byte(w->out, '?');
			i++;
		} else {
			buf_add(w->out, slice_of(word.p + i, n));
			i += n;
		}
	}
	w->column += word.n;
}

static bool
is_gap(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Text as words; white space of any kind is one space. */
static void
wrap_add(struct wrap *w, struct slice s)
{
	size_t i = 0;
	while (i < s.n) {
		size_t from = i;
		while (i < s.n && is_gap(s.p[i]))
			i++;
		bool gap = i > from;
		size_t start = i;
		while (i < s.n && !is_gap(s.p[i]))
			i++;
		if (start == i)
			break;
		if (gap && w->column + 1 + (i - start) > COLUMNS &&
		    w->column > w->indent) {
			wrap_break(w);
		} else if (gap && w->column > w->indent) {
			buf_add_byte(w->out, ' ');
			w->column++;
		}
		wrap_word(w, slice_of(s.p + start, i - start));
	}
}

static void
wrap_end(struct wrap *w)
{
	buf_add(w->out, SLICE("\r\n"));
	w->column = 0;
	w->indent = 0;
}

/* "Label: value", continued four columns in. Nothing if value is empty. */
static void
line_add(struct buf *out, const char *label, struct slice value)
{
	struct wrap w = {.out = out, .column = 2, .indent = 4};
	if (value.n == 0)
		return;
	buf_add(out, SLICE("  "));
	wrap_add(&w, slice_str(label));
	buf_add_byte(out, ' ');
	w.column++;
	wrap_add(&w, value);
	wrap_end(&w);
}

static void
rcpt_add(struct buf *out, const struct words *t, const struct bounce *b,
    const struct bounce_rcpt *r)
{
	bool second = t->language[0] != '\0';
	struct slice why = second ? r->explain_second : r->explain;
	if (why.n == 0)
		why = r->explain;
	if (why.n == 0)
		why = slice_str(t->cause_unknown);
	line_add(out, t->recipient, r->address);
	if (!slice_eq(r->original, r->address))
		line_add(out, t->original, r->original);
	line_add(out, t->because, why);
	line_add(out, t->from, r->remote_mta);
	line_add(out, t->reply, r->diagnostic);
	struct buf code;
	buf_init(&code, 256);
	buf_add(&code, bounce_rcpt_status(b, r));
	if (r->cause.n > 0) {
		buf_add_byte(&code, ' ');
		buf_add(&code, slice_to(r->cause, 64));
	}
	line_add(out, t->cause, buf_slice(&code));
	buf_free(&code);
	buf_add(out, SLICE("\r\n"));
}

static void
paragraph_add(struct buf *out, const char *text)
{
	struct wrap w = {.out = out};
	wrap_add(&w, slice_str(text));
	wrap_end(&w);
}

static void
dated_add(struct buf *out, const char *text, uint64_t unix_s, int offset_min)
{
	buf_add_str(out, text);
	buf_add_date_rfc5322(out, unix_s, offset_min);
	buf_add(out, SLICE(".\r\n"));
}

static void
language_add(struct buf *out, const struct words *t, const struct bounce *b)
{
	struct wrap w = {.out = out};
	buf_add_str(out, t->greeting);
	wrap_word(&w, b->hostname);
	buf_add(out, SLICE(".\r\n\r\n"));
	paragraph_add(
	    out, b->action == BOUNCE_DELAYED ? t->delayed : t->failed);
	dated_add(out, t->sent_on, b->arrival_s, b->offset_min);
	if (b->action == BOUNCE_DELAYED && b->give_up_s > 0)
		dated_add(out, t->until, b->give_up_s, b->offset_min);
	buf_add(out, SLICE("\r\n"));
	for (size_t i = 0; i < b->rcpts_n; i++)
		rcpt_add(out, t, b, &b->rcpts[i]);
	buf_add_str(out, t->numbers);
	buf_add_id(out, b->message);
	buf_add(out, SLICE(".\r\n"));
	paragraph_add(out, t->no_answer);
}

void
bounce_text_add(struct buf *out, const struct bounce *b)
{
	language_add(out, &all_words[0], b);
	for (size_t i = 1; i < sizeof(all_words) / sizeof(all_words[0]); i++) {
		struct slice name = slice_str(all_words[i].language);
		if (!slice_eq_nocase(name, b->language))
			continue;
		buf_add(out, SLICE("\r\n----------\r\n\r\n"));
		language_add(out, &all_words[i], b);
	}
}

struct slice
bounce_subject(const struct bounce *b)
{
	if (b->action == BOUNCE_DELAYED)
		return SLICE("Your message is delayed (warning)");
	return SLICE("Your message could not be delivered");
}

/* RFC 3463: class "." 1*3DIGIT "." 1*3DIGIT */
static bool
status_is_good(struct slice s, uint8_t class_digit)
{
	uint64_t v;
	if (s.n < 5 || s.n > 9 || s.p[0] != class_digit || s.p[1] != '.')
		return false;
	struct slice rest = slice_from(s, 2);
	size_t dot = slice_find(rest, '.');
	return dot <= 3 && rest.n - dot <= 4 &&
	       slice_u64(slice_to(rest, dot), &v) &&
	       slice_u64(slice_from(rest, dot + 1), &v);
}

struct slice
bounce_rcpt_status(const struct bounce *b, const struct bounce_rcpt *r)
{
	bool delayed = b->action == BOUNCE_DELAYED;
	/* An expired message fails with the 4.x.x of its last attempt. */
	if (status_is_good(r->status, '4') ||
	    (!delayed && status_is_good(r->status, '5')))
		return r->status;
	return delayed ? SLICE("4.0.0") : SLICE("5.0.0");
}
