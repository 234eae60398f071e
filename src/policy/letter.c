#include "policy/letter.h"

#include "base/utf8.h"

#define WIDTH        72
#define EVIDENCE_MAX 2000

/* What is asked, by the front of the cause code; the first that fits. ask[0]:
 * of who receives (we wanted to send), ask[1]: of who sends. */
static const struct request {
	const char *cause;
	const char *ask[2][CAUSE_LANGS];
} requests[] = {
#include "policy/letter_table.h"
};

static const struct request *
find_request(struct slice cause)
{
	size_t i = 0;
	while (!slice_starts(cause, slice_str(requests[i].cause)))
		i++; /* the last row is "" */
	return &requests[i];
}

/* One paragraph, broken between words. */
static void
paragraph(struct buf *b, const char *text)
{
	struct slice s = slice_str(text);
	size_t column = 0;
	while (s.n > 0) {
		size_t n = slice_find(s, ' ');
		struct slice word = slice_to(s, n);
		if (column > 0 && column + 1 + n > WIDTH) {
			buf_add_byte(b, '\n');
			column = 0;
		} else if (column > 0) {
			buf_add_byte(b, ' ');
			column++;
		}
		buf_add(b, word);
		column += n;
		s = slice_from(s, n + 1);
	}
	buf_add_str(b, "\n\n");
}

/* Foreign text of one line. */
static void
foreign(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.n;) {
		struct slice rest = slice_from(s, i);
		size_t n;
		if (utf8_shown(rest, &n))
			buf_add(b, slice_to(rest, n));
		else if (rest.p[0] == '\t')
			buf_add_byte(b, ' ');
		else
			for (size_t k = 0; k < n; k++)
				buf_printf(b, "\\x%02x", rest.p[k]);
		i += n;
	}
}

static void
evidence(struct buf *b, struct slice s)
{
	s = slice_to(s, EVIDENCE_MAX);
	while (s.n > 0) {
		size_t n = slice_find(s, '\n');
		struct slice line = slice_trim(slice_to(s, n));
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		buf_add_str(b, "    ");
		foreign(b, line);
		buf_add_byte(b, '\n');
		s = slice_from(s, n + 1);
	}
	buf_add_byte(b, '\n');
}

static void
fact(struct buf *b, const char *label, struct slice value)
{
	if (value.n == 0)
		return;
	buf_printf(b, "  %-12s ", label);
	foreign(b, slice_to(value, 255));
	buf_add_byte(b, '\n');
}

static const struct {
	const char *subject, *greeting, *opening[2], *cause, *words, *ask,
	    *thanks, *host, *ip, *address, *when, *code;
} phrases[CAUSE_LANGS] = {
    [CAUSE_EN] = {.subject = "Subject: mail between our servers fails (",
	.greeting = "Dear postmaster,",
	.opening = {"mail that our server wanted to deliver to yours does not "
		    "get through.",
	    "mail that your server wanted to deliver to ours does not get "
	    "through."},
	.cause = "What is the matter, as far as we can see: ",
	.words = "The words of the log or of the reply:",
	.ask = "What we ask of you: ",
	.thanks = "If you see it otherwise, please tell us what your log says "
		  "for the same time. Thank you for your trouble.",
	.host = "Server:",
	.ip = "Address:",
	.address = "Recipient:",
	.when = "Time:",
	.code = "Cause:"},
    [CAUSE_ID] = {.subject = "Subject: mail antar server kita gagal (",
	.greeting = "Yth. Postmaster,",
	.opening = {"mail yang hendak dikirim server kami ke server Anda tidak "
		    "berhasil masuk.",
	    "mail yang hendak dikirim server Anda ke server kami tidak "
	    "berhasil masuk."},
	.cause = "Sejauh yang kami lihat, masalahnya: ",
	.words = "Kutipan log atau jawaban server:",
	.ask = "Mohon bantuannya: ",
	.thanks = "Kalau menurut Anda penyebabnya lain, mohon beri tahu kami "
		  "isi log di pihak Anda untuk jam yang sama. Terima kasih "
		  "atas bantuannya.",
	.host = "Server:",
	.ip = "IP:",
	.address = "Penerima:",
	.when = "Waktu:",
	.code = "Kode:"},
};

static void
two(struct buf *b, const char *front, const char *text)
{
	struct buf p;
	buf_init(&p, 4096);
	buf_add_str(&p, front);
	buf_add_str(&p, text);
	buf_add_byte(&p, '\0');
	if (buf_err(&p) == ERR_OK)
		paragraph(b, (const char *)p.p);
	buf_free(&p);
}

void
letter_add(struct buf *b, enum cause_lang lang, const struct letter *l)
{
	const struct cause *c = cause_find(lang, l->cause);
	const struct request *r = find_request(l->cause);
	buf_add_str(b, phrases[lang].subject);
	foreign(b, slice_to(l->cause, 64));
	buf_add_str(b, ")\n\n");
	paragraph(b, phrases[lang].greeting);
	paragraph(b, phrases[lang].opening[l->receiving]);
	if (c != NULL)
		two(b, phrases[lang].cause, c->explanation);
	fact(b, phrases[lang].host, l->host);
	fact(b, phrases[lang].ip, l->ip);
	fact(b, phrases[lang].address, l->address);
	fact(b, phrases[lang].when, l->when);
	fact(b, phrases[lang].code, l->cause);
	buf_add_byte(b, '\n');
	if (l->evidence.n > 0) {
		paragraph(b, phrases[lang].words);
		evidence(b, l->evidence);
	}
	two(b, phrases[lang].ask, r->ask[l->receiving][lang]);
	paragraph(b, phrases[lang].thanks);
	buf_add_str(b, "Postmaster");
	if (l->us.n > 0) {
		buf_add_str(b, ", ");
		foreign(b, l->us);
	}
	buf_add_byte(b, '\n');
}
