#include "policy/test_report.h"

#include "policy/test_page.h"
#include "proto/mail/date.h"
#include "proto/mail/header.h"

#include <stdarg.h>
#include <stdio.h>

/* Lines of one lookup. */
#define ANSWERS_MAX 60u

/* ---- words ---- */

enum word {
	W_TITLE,
	W_GOOD,
	W_MEND,
	W_FAILED,
	W_ASSURE_FAILED,
	W_ASSURE_GOOD,
	W_ASSURE_UNKNOWN,
	W_ABOUT,
	W_SESSION,
	W_MENDING,
	W_NOTHING,
	W_CURE,
	W_MOOD_INFO,
	W_MOOD_WARN,
	W_MOOD_BAD,
	W_ANSWERS,
	W_HOPS,
	W_DIALOGUE,
	W_MORE,
	W_ADDRESS,
	W_TLS,
	W_NO_TLS,
	W_NOT_OFFERED,
	W_CERTIFICATE,
	W_NO_CERTIFICATE,
	W_PTR,
	W_HELO,
	W_MAIL,
	W_SPF,
	W_SIZE,
	W_BODY,
	W_PIPELINING,
	W_NEWLINES,
	W_NO_BARE,
	W_YES,
	W_NO,
	W_OCTETS,
	W_DECLARED,
	W_NOT_DECLARED,
	W_NOT_KNOWN,
	W_NOT_LOOKED,
	W_MISSING,
	W_CONFIRMED,
	W_MISMATCH,
	W_MATCHES,
	W_FORGED,
	W_NOT_FOUND,
	W_NO_MX,
	W_CLEAR,
	W_UNTOLD,
	W_LOCAL,
	WORDS
};

static const char *const words[CAUSE_LANGS][WORDS] = {
    [CAUSE_EN] =
	{
	    [W_TITLE] = "How your server sends",
	    [W_GOOD] = "SUCCESSFUL: your mail came encrypted, and we found "
		       "nothing to mend.",
	    [W_MEND] = "SUCCESSFUL: your mail came, but there is something to "
		       "mend or to know.",
	    [W_FAILED] = "FAILED: your mail came, but other servers may refuse "
			 "it, or it can be read on its way.",
	    [W_ASSURE_FAILED] = "FAILED: we received your mail without TLS.",
	    [W_ASSURE_GOOD] = "SUCCESSFUL: your server would not fall back to "
			      "clear text.",
	    [W_ASSURE_UNKNOWN] = "NOT FOUND OUT: your server did not come "
				 "again in time.",
	    [W_ABOUT] = "You wrote to our test mailbox; this is what we saw. "
			"Nobody reads answers to this mail.",
	    [W_SESSION] = "What we saw",
	    [W_MENDING] = "What to mend",
	    [W_NOTHING] = "Nothing.",
	    [W_CURE] = "Cure",
	    [W_MOOD_INFO] = "Note",
	    [W_MOOD_WARN] = "Warning",
	    [W_MOOD_BAD] = "Fault",
	    [W_ANSWERS] = "What DNS answered",
	    [W_HOPS] = "The way to us, newest hop first",
	    [W_DIALOGUE] = "The dialogue (--> we, <-- your server)",
	    [W_MORE] = "More: kurir why, kurir check sender",
	    [W_ADDRESS] = "Your address",
	    [W_TLS] = "TLS",
	    [W_NO_TLS] = "none, although STARTTLS was offered",
	    [W_NOT_OFFERED] = "none; it was not offered",
	    [W_CERTIFICATE] = "Client certificate",
	    [W_NO_CERTIFICATE] = "none shown (none is needed)",
	    [W_PTR] = "PTR",
	    [W_HELO] = "HELO",
	    [W_MAIL] = "Sender's domain",
	    [W_SPF] = "SPF",
	    [W_SIZE] = "Size",
	    [W_BODY] = "8BITMIME",
	    [W_PIPELINING] = "PIPELINING",
	    [W_NEWLINES] = "Bare newlines",
	    [W_NO_BARE] = "none (mail with one is refused: 550 5.6.11)",
	    [W_YES] = "used",
	    [W_NO] = "not used",
	    [W_OCTETS] = "octets",
	    [W_DECLARED] = "declared by SIZE",
	    [W_NOT_DECLARED] = "not declared by SIZE",
	    [W_NOT_KNOWN] = "not known: DNS did not answer",
	    [W_NOT_LOOKED] = "not looked up",
	    [W_MISSING] = "there is no PTR record",
	    [W_CONFIRMED] = "forward-confirmed",
	    [W_MISMATCH] = "does not lead back to the address",
	    [W_MATCHES] = "the address belongs to it",
	    [W_FORGED] = "in DNS, but the address is not its",
	    [W_NOT_FOUND] = "not found in DNS",
	    [W_NO_MX] = "has no MX record",
	    [W_CLEAR] = "without TLS",
	    [W_UNTOLD] = "TLS not told",
	    [W_LOCAL] = "within the host",
	},
    [CAUSE_ID] =
	{
	    [W_TITLE] = "Cara server Anda mengirim mail",
	    [W_GOOD] = "SUCCESSFUL (berhasil): mail Anda datang terenkripsi, "
		       "tidak ada yang perlu diperbaiki.",
	    [W_MEND] = "SUCCESSFUL (berhasil): mail Anda sampai, tapi ada yang "
		       "perlu diperbaiki atau diketahui.",
	    [W_FAILED] = "FAILED (gagal): mail Anda sampai, tapi server lain "
			 "bisa menolaknya, atau bisa dibaca di jalan.",
	    [W_ASSURE_FAILED] =
		"FAILED (gagal): mail Anda kami terima tanpa TLS.",
	    [W_ASSURE_GOOD] = "SUCCESSFUL (berhasil): server Anda tidak mau "
			      "mengirim tanpa enkripsi.",
	    [W_ASSURE_UNKNOWN] = "NOT FOUND OUT (belum diketahui): server Anda "
				 "tidak datang lagi pada waktunya.",
	    [W_ABOUT] = "Anda menulis ke mailbox percobaan kami; ini yang "
			"kami lihat. Balasan ke mail ini tidak dibaca.",
	    [W_SESSION] = "Yang kami lihat",
	    [W_MENDING] = "Yang perlu diperbaiki",
	    [W_NOTHING] = "Tidak ada.",
	    [W_CURE] = "Solusi",
	    [W_MOOD_INFO] = "Catatan",
	    [W_MOOD_WARN] = "Peringatan",
	    [W_MOOD_BAD] = "Kesalahan",
	    [W_ANSWERS] = "Jawaban DNS",
	    [W_HOPS] = "Jalan ke sini, hop terbaru lebih dulu",
	    [W_DIALOGUE] = "Dialog (--> kami, <-- server Anda)",
	    [W_MORE] = "Lebih lanjut: kurir why, kurir check sender",
	    [W_ADDRESS] = "IP Anda",
	    [W_TLS] = "TLS",
	    [W_NO_TLS] = "tidak, padahal STARTTLS ditawarkan",
	    [W_NOT_OFFERED] = "tidak; memang tidak ditawarkan",
	    [W_CERTIFICATE] = "Certificate client",
	    [W_NO_CERTIFICATE] = "tidak ada (memang tidak perlu)",
	    [W_PTR] = "PTR",
	    [W_HELO] = "HELO",
	    [W_MAIL] = "Domain pengirim",
	    [W_SPF] = "SPF",
	    [W_SIZE] = "Ukuran",
	    [W_BODY] = "8BITMIME",
	    [W_PIPELINING] = "PIPELINING",
	    [W_NEWLINES] = "Bare newline",
	    [W_NO_BARE] =
		"tidak ada (mail yang berisi itu ditolak: 550 5.6.11)",
	    [W_YES] = "dipakai",
	    [W_NO] = "tidak dipakai",
	    [W_OCTETS] = "oktet",
	    [W_DECLARED] = "disebut di SIZE",
	    [W_NOT_DECLARED] = "tidak disebut di SIZE",
	    [W_NOT_KNOWN] = "belum diketahui: DNS tidak menjawab",
	    [W_NOT_LOOKED] = "tidak diperiksa",
	    [W_MISSING] = "tidak ada PTR record",
	    [W_CONFIRMED] = "forward-confirmed",
	    [W_MISMATCH] = "tidak mengarah balik ke IP-nya",
	    [W_MATCHES] = "IP ini miliknya",
	    [W_FORGED] = "ada di DNS, tapi IP ini bukan miliknya",
	    [W_NOT_FOUND] = "tidak ada di DNS",
	    [W_NO_MX] = "tidak punya MX record",
	    [W_CLEAR] = "tanpa TLS",
	    [W_UNTOLD] = "TLS tidak disebut",
	    [W_LOCAL] = "di dalam host itu sendiri",
	},
};

struct report {
	const struct test_facts *f;
	struct test_page page;
	enum cause_lang lang;
	struct test_finding finding[TEST_FINDINGS_MAX];
	size_t finding_n;
};

static const char *
say(const struct report *r, enum word w)
{
	return words[r->lang][w];
}

/* ---- languages ---- */

size_t
test_report_languages(
    const struct test_facts *f, enum cause_lang out[CAUSE_LANGS])
{
	struct header_field field;
	struct slice rest = SLICE_EMPTY;
	if (header_find(f->header, SLICE("accept-language"), &field) == ERR_OK)
		rest = slice_to(field.value, 500);
	while (rest.n > 0) {
		size_t comma = slice_find(rest, ',');
		struct slice tag = slice_trim(slice_to(rest, comma));
		tag = slice_to(tag, slice_find(tag, ';'));
		tag = slice_trim(slice_to(tag, slice_find(tag, '-')));
		rest = slice_from(rest, comma + 1);
		bool id = slice_eq_nocase(tag, SLICE("id"));
		if (id || slice_eq_nocase(tag, SLICE("en"))) {
			out[0] = id ? CAUSE_ID : CAUSE_EN;
			return 1;
		}
	}
	out[0] = CAUSE_EN;
	out[1] = CAUSE_ID;
	return f->indonesian ? 2 : 1;
}

/* ---- verdict ---- */

static enum test_mood
mood_of(const struct report *r)
{
	switch (r->f->kind) {
	case TEST_ASSURE_FAILED:
		return TEST_BAD;
	case TEST_ASSURE_GOOD:
		return TEST_GOOD;
	case TEST_ASSURE_UNKNOWN:
		return TEST_WARN;
	case TEST_ORDINARY:
	case TEST_KINDS:
		break;
	}
	return r->finding_n == 0 ? TEST_GOOD : r->finding[0].mood;
}

static const char *
verdict(const struct report *r)
{
	switch (r->f->kind) {
	case TEST_ASSURE_FAILED:
		return say(r, W_ASSURE_FAILED);
	case TEST_ASSURE_GOOD:
		return say(r, W_ASSURE_GOOD);
	case TEST_ASSURE_UNKNOWN:
		return say(r, W_ASSURE_UNKNOWN);
	case TEST_ORDINARY:
	case TEST_KINDS:
		break;
	}
	enum test_mood mood = mood_of(r);
	return say(r, mood == TEST_BAD    ? W_FAILED
		      : mood == TEST_GOOD ? W_GOOD
					  : W_MEND);
}

/* ---- facts ---- */

static void row(struct report *r, enum word label, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
row(struct report *r, enum word label, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	size_t len = n < 0 ? 0 : (size_t)n;
	test_page_row(&r->page, say(r, label),
	    slice_of(text, len < sizeof(text) ? len : sizeof(text) - 1));
}

/* Cut, so that what we say of it still fits. */
static struct slice
cut(struct slice s)
{
	return slice_to(s, 120);
}

static void
tls_rows(struct report *r)
{
	const struct test_facts *f = r->f;
	if (!f->tls) {
		row(r, W_TLS, "%s",
		    say(r, f->tls_offered ? W_NO_TLS : W_NOT_OFFERED));
		return;
	}
	row(r, W_TLS, "%.*s %.*s %u/%u%s", SLICE_ARG(cut(f->version)),
	    SLICE_ARG(cut(f->cipher)), f->bits, f->bits_of,
	    f->resumed ? " (resumed)" : "");
	row(r, W_CERTIFICATE, "%.*s",
	    SLICE_ARG(f->client_cert ? cut(f->client_name)
				     : slice_str(say(r, W_NO_CERTIFICATE))));
}

static void
ptr_row(struct report *r)
{
	const struct reverse_result *p = r->f->look[REVERSE_PTR];
	if (p == NULL)
		row(r, W_PTR, "%s", say(r, W_NOT_LOOKED));
	else if ((p->findings & REVERSE_TEMPFAIL) != 0)
		row(r, W_PTR, "%s", say(r, W_NOT_KNOWN));
	else if ((p->findings & REVERSE_PTR_MISSING) != 0)
		row(r, W_PTR, "%s", say(r, W_MISSING));
	else if (p->confirmed.n > 0)
		row(r, W_PTR, "%.*s (%s)", SLICE_ARG(cut(p->confirmed)),
		    say(r, W_CONFIRMED));
	else
		row(r, W_PTR, "%.*s (%s)", SLICE_ARG(cut(p->name)),
		    say(r, W_MISMATCH));
}

static enum word
found_word(const struct reverse_result *l)
{
	if (l == NULL || (l->findings & REVERSE_SKIPPED) != 0)
		return W_NOT_LOOKED;
	if ((l->findings & REVERSE_TEMPFAIL) != 0)
		return W_NOT_KNOWN;
	if ((l->findings & REVERSE_NOT_FOUND) != 0)
		return W_NOT_FOUND;
	if ((l->findings & REVERSE_NO_MX) != 0)
		return W_NO_MX;
	return (l->findings & REVERSE_FORGED) != 0 ? W_FORGED : W_MATCHES;
}

static void
spf_row(struct report *r)
{
	static const char *const results[] = {[SPF_NONE] = "none",
	    [SPF_NEUTRAL] = "neutral",
	    [SPF_PASS] = "pass",
	    [SPF_FAIL] = "fail",
	    [SPF_SOFTFAIL] = "softfail",
	    [SPF_TEMPERROR] = "temperror",
	    [SPF_PERMERROR] = "permerror"};
	const struct spf_result *s = r->f->spf;
	if (s == NULL)
		return;
	struct slice why = s->problem.n > 0       ? s->problem
			   : s->explanation.n > 0 ? s->explanation
						  : s->mechanism;
	row(r, W_SPF, "%s%s%.*s%s%.*s", results[s->word],
	    s->domain.n > 0 ? ", " : "", SLICE_ARG(cut(s->domain)),
	    why.n > 0 ? ": " : "", SLICE_ARG(cut(why)));
}

static void
session_rows(struct report *r)
{
	const struct test_facts *f = r->f;
	char ip[IP_TEXT_MAX];
	struct slice domain =
	    slice_from(f->sender, slice_rfind(f->sender, '@') + 1);
	ip_text(&f->client, ip);
	test_page_rows_begin(&r->page);
	row(r, W_ADDRESS, "%s", ip);
	tls_rows(r);
	ptr_row(r);
	row(r, W_HELO, "%.*s (%s)%s", SLICE_ARG(cut(f->helo)),
	    say(r, found_word(f->look[REVERSE_HELO])),
	    f->esmtp ? "" : ", HELO");
	row(r, W_MAIL, "%.*s (%s)", SLICE_ARG(cut(domain)),
	    say(r, found_word(f->look[REVERSE_MAIL])));
	spf_row(r);
	row(r, W_SIZE, "%llu %s, %s", (unsigned long long)f->octets,
	    say(r, W_OCTETS),
	    say(r, f->declared > 0 ? W_DECLARED : W_NOT_DECLARED));
	row(r, W_BODY, "%s", say(r, f->body_8bit ? W_YES : W_NO));
	row(r, W_PIPELINING, "%s", say(r, f->pipelined ? W_YES : W_NO));
	row(r, W_NEWLINES, "%s", say(r, W_NO_BARE));
	test_page_rows_end(&r->page);
}

static void
findings(struct report *r)
{
	static const enum word moods[] = {[TEST_GOOD] = W_MOOD_INFO,
	    [TEST_INFO] = W_MOOD_INFO,
	    [TEST_WARN] = W_MOOD_WARN,
	    [TEST_BAD] = W_MOOD_BAD};
	test_page_heading(&r->page, say(r, W_MENDING));
	if (r->finding_n == 0)
		test_page_para(&r->page, say(r, W_NOTHING));
	for (size_t i = 0; i < r->finding_n; i++) {
		const struct test_finding *f = &r->finding[i];
		test_page_finding(&r->page, f->mood, say(r, moods[f->mood]),
		    f->code, test_finding_text(f->code, r->lang),
		    say(r, W_CURE), test_finding_cure(f->code, r->lang));
	}
}

/* ---- what is told once, in the first language ---- */

/* Set in, so that what DNS says can begin no line of the mail. */
static void
answer_lines(struct report *r, struct slice text)
{
	for (unsigned n = 0; text.n > 0 && n < ANSWERS_MAX; n++) {
		size_t end = slice_find(text, '\n');
		if (end > 0)
			test_page_line(
			    &r->page, SLICE("  "), slice_to(text, end));
		text = slice_from(text, end + 1);
	}
}

static void
answers(struct report *r)
{
	const struct test_facts *f = r->f;
	size_t octets = f->spf != NULL ? f->spf->path.n : 0;
	for (unsigned k = 0; k < REVERSE_KINDS; k++)
		octets += f->look[k] != NULL ? f->look[k]->evidence.n : 0;
	if (!f->session || octets == 0)
		return;
	test_page_heading(&r->page, say(r, W_ANSWERS));
	test_page_lines_begin(&r->page);
	for (unsigned k = 0; k < REVERSE_KINDS; k++)
		if (f->look[k] != NULL)
			answer_lines(r, f->look[k]->evidence);
	if (f->spf != NULL)
		answer_lines(r, f->spf->path);
	test_page_lines_end(&r->page);
}

static void
hop_line(struct report *r, size_t i)
{
	const struct trace_hop *h = &r->f->hops[i];
	char front[32];
	struct buf b;
	(void)snprintf(front, sizeof(front), "%2zu. ", i + 1);
	buf_init(&b, 1024);
	if (h->helo.n > 0)
		buf_printf(&b, "%.*s", SLICE_ARG(slice_to(h->helo, 50)));
	if (h->ip.family != 0) {
		buf_add_str(&b, " [");
		buf_add_ip(&b, &h->ip);
		buf_add_byte(&b, ']');
	}
	buf_printf(&b, " -> %.*s, ", SLICE_ARG(slice_to(h->by, 50)));
	if (h->tls == TRACE_TLS_YES)
		buf_printf(&b, "%.*s%s%.*s",
		    SLICE_ARG(h->version.n > 0 ? slice_to(h->version, 16)
					       : SLICE("TLS")),
		    h->cipher.n > 0 ? " " : "",
		    SLICE_ARG(slice_to(h->cipher, 50)));
	else
		buf_add_str(&b, say(r, h->local                 ? W_LOCAL
				       : h->tls == TRACE_TLS_NO ? W_CLEAR
								: W_UNTOLD));
	test_page_line(&r->page, slice_str(front), buf_slice(&b));
	buf_free(&b);
}

static void
hops(struct report *r)
{
	if (r->f->hop_n == 0)
		return;
	test_page_heading(&r->page, say(r, W_HOPS));
	test_page_lines_begin(&r->page);
	for (size_t i = 0; i < r->f->hop_n; i++)
		hop_line(r, i);
	test_page_lines_end(&r->page);
}

static void
dialogue(struct report *r)
{
	struct buf front;
	if (r->f->line_n == 0)
		return;
	buf_init(&front, 256);
	test_page_heading(&r->page, say(r, W_DIALOGUE));
	test_page_lines_begin(&r->page);
	for (size_t i = 0; i < r->f->line_n; i++) {
		const struct test_line *l = &r->f->lines[i];
		buf_clear(&front);
		buf_add_date_stamp(&front, l->unix_ms, r->f->offset_min);
		buf_printf(&front, ": [%.*s] %s",
		    SLICE_ARG(slice_to(r->f->session_id, 20)),
		    l->who == '>'   ? "--> "
		    : l->who == '<' ? "<-- "
		    : l->who == '*' ? "*  "
				    : "");
		test_page_line(&r->page, buf_slice(&front), l->text);
	}
	test_page_lines_end(&r->page);
	buf_free(&front);
}

static void
body(struct report *r)
{
	enum cause_lang langs[CAUSE_LANGS];
	size_t n = test_report_languages(r->f, langs);
	r->lang = langs[0];
	test_page_begin(&r->page, say(r, W_TITLE));
	for (size_t i = 0; i < n; i++) {
		r->lang = langs[i];
		test_page_heading(&r->page, say(r, W_TITLE));
		test_page_verdict(&r->page, mood_of(r), verdict(r));
		test_page_para(&r->page, say(r, W_ABOUT));
		if (r->f->session) {
			test_page_heading(&r->page, say(r, W_SESSION));
			session_rows(r);
			findings(r);
		}
	}
	r->lang = langs[0];
	answers(r);
	hops(r);
	dialogue(r);
	test_page_para(&r->page, say(r, W_MORE));
	test_page_end(&r->page);
}

/* ---- the mail ---- */

/* "<...>" of printable ASCII without a space, as it can be repeated. */
static bool
is_message_id(struct slice s)
{
	bool ok = s.n > 3 && s.n <= 250 && s.p[0] == '<' &&
		  slice_find(s, '>') == s.n - 1;
	for (size_t i = 0; i < s.n; i++)
		ok = ok && s.p[i] > ' ' && s.p[i] <= '~';
	return ok;
}

static void
add_references(struct buf *out, const struct test_facts *f)
{
	struct header_field field;
	struct buf value;
	if (header_find(f->header, SLICE("message-id"), &field) != ERR_OK)
		return;
	buf_init(&value, 1024);
	header_value_unfolded(&value, slice_to(field.value, 1000));
	struct slice id = slice_trim(buf_slice(&value));
	if (is_message_id(id))
		buf_printf(out, "In-Reply-To: %.*s\r\nReferences: %.*s\r\n",
		    SLICE_ARG(id), SLICE_ARG(id));
	buf_free(&value);
}

static void
add_subject(struct buf *out, const struct report *r)
{
	static const char *const subjects[] = {
	    [TEST_ASSURE_FAILED] = "FAILED: we received your mail without TLS",
	    [TEST_ASSURE_GOOD] =
		"SUCCESSFUL: your server would not fall back to clear text",
	    [TEST_ASSURE_UNKNOWN] =
		"NOT FOUND OUT: your server did not come again"};
	const struct test_facts *f = r->f;
	buf_add_str(out, "Subject: ");
	if (f->kind != TEST_ORDINARY) {
		buf_printf(out, "%s\r\n", subjects[f->kind]);
		return;
	}
	buf_add_str(out, mood_of(r) == TEST_BAD ? "FAILED: " : "SUCCESSFUL: ");
	if (f->tls)
		buf_add_escaped(out, slice_to(f->version, 16));
	else
		buf_add_str(out, "no TLS");
	if (r->finding_n == 0)
		buf_add_str(out, ", nothing to mend\r\n");
	else
		buf_printf(out, ", findings: %zu\r\n", r->finding_n);
}

/* An address is ASCII by its grammar; a quoted local part may hold spaces, and
 * nothing that ends a line. */
static void
add_header(struct buf *out, const struct report *r, const char *id)
{
	const struct test_facts *f = r->f;
	buf_add_str(out, "Date: ");
	buf_add_date_rfc5322(out, f->unix_s, f->offset_min);
	buf_printf(out, "\r\nFrom: kurir <");
	buf_add_escaped(out, f->mailbox);
	buf_add_str(out, ">\r\nTo: <");
	for (size_t i = 0; i < f->sender.n; i++)
		if (f->sender.p[i] >= ' ' && f->sender.p[i] <= '~')
			buf_add_byte(out, f->sender.p[i]);
	buf_add_str(out, ">\r\n");
	add_subject(out, r);
	buf_printf(
	    out, "Message-ID: <%s@%.*s>\r\n", id, SLICE_ARG(f->hostname));
	add_references(out, f);
	buf_printf(out,
	    "Auto-Submitted: auto-replied\r\n"
	    "X-Auto-Response-Suppress: All\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/alternative; boundary=\"=_%s\"\r\n\r\n",
	    id);
}

static void
add_crlf(struct buf *out, struct slice text)
{
	while (text.n > 0) {
		size_t end = slice_find(text, '\n');
		buf_add(out, slice_to(text, end));
		buf_add_str(out, "\r\n");
		text = slice_from(text, end + 1);
	}
}

static void
add_part(struct buf *out, struct report *r, const char *id, bool html)
{
	struct buf text;
	buf_init(&text, TEST_REPORT_MAX);
	r->page = (struct test_page){&text, html};
	body(r);
	buf_printf(out,
	    "--=_%s\r\nContent-Type: text/%s; charset=us-ascii\r\n"
	    "Content-Transfer-Encoding: %s\r\n\r\n",
	    id, html ? "html" : "plain", html ? "quoted-printable" : "7bit");
	if (html)
		test_page_quote(out, buf_slice(&text));
	else
		add_crlf(out, buf_slice(&text));
	buf_free(&text);
}

void
test_report_add(struct buf *out, const struct test_facts *f)
{
	char id[ID_TEXT_LEN + 1];
	struct report r = {.f = f};
	id_text(f->id, id);
	r.finding_n = test_findings(f, r.finding);
	add_header(out, &r, id);
	add_part(out, &r, id, false);
	add_part(out, &r, id, true);
	buf_printf(out, "--=_%s--\r\n", id);
}
