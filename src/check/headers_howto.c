/* headers_howto.c - a hop in clear text, and the fields tell what its two ends
 * run: what to set there. */
#include "check/check.h"
#include "check/headers_priv.h"
#include "check/tr.h"
#include "policy/howto.h"

#define CURE_MAX        4096
#define NAME_MAX_OCTETS 300

static const struct {
	const char *sent, *took, *as, *in;
} phrases[CAUSE_LANGS] = {
    [CAUSE_EN] = {", which sent it, runs ", ", which took it, runs ",
	", as far as the fields tell.", "In "},
    [CAUSE_ID] = {", yang mengirimnya, memakai ",
	", yang menerimanya, memakai ", ", menurut field-nya.", "Di "},
};

static bool
holds(struct slice s, struct slice word)
{
	for (size_t i = 0; i + word.n <= s.n; i++)
		if (slice_starts_nocase(slice_from(s, i), word))
			return true;
	return false;
}

/* A host is Zimbra's when it is named so, or when its Postfix has mail filtered
 * at the port that Zimbra's content filter alone has. */
static bool
is_zimbra(const struct trace_hop *hops, size_t n, struct slice host)
{
	if (holds(host, SLICE("zimbra")))
		return true;
	for (size_t i = 0; i < n; i++)
		if (holds(hops[i].raw, SLICE("amavisd-new, port 10032")) &&
		    holds(hops[i].raw, host))
			return true;
	return false;
}

/* What wrote that field. */
static enum howto_program
program_of(const struct trace_hop *hops, size_t n, size_t at)
{
	static const enum howto_program programs[TRACE_WRITERS] = {
	    [TRACE_POSTFIX] = HOWTO_POSTFIX,
	    [TRACE_EXIM] = HOWTO_EXIM,
	    [TRACE_SENDMAIL] = HOWTO_SENDMAIL,
	    [TRACE_EXCHANGE] = HOWTO_EXCHANGE,
	    [TRACE_MDAEMON] = HOWTO_MDAEMON,
	    [TRACE_OPENSMTPD] = HOWTO_OPENSMTPD,
	    [TRACE_KURIR] = HOWTO_KURIR};
	const struct trace_hop *h = &hops[at];
	if (h->writer >= TRACE_WRITERS)
		return HOWTO_NONE;
	if (h->writer == TRACE_POSTFIX && is_zimbra(hops, n, h->by))
		return HOWTO_ZIMBRA;
	return programs[h->writer];
}

static void
add_cure(struct buf *b, enum cause_lang lang, const struct howto *h)
{
	struct slice s = slice_str(h->commands);
	buf_printf(b, "%s%s", phrases[lang].in, howto_title(h->program));
	if (h->versions[lang][0] != '\0')
		buf_printf(b, " (%s)", h->versions[lang]);
	buf_printf(b, ": %s", h->text[lang]);
	while (s.n > 0) {
		size_t n = slice_find(s, '\n');
		buf_add_str(b, s.p == slice_str(h->commands).p ? " " : "; ");
		buf_add(b, slice_to(s, n));
		s = slice_from(s, n + 1);
	}
}

/* host has that program, and it is asked to send, or to take, with TLS. */
static void
tell(struct report *r, struct slice host, enum howto_program p,
    enum cause_side side)
{
	enum cause_lang lang = tr_lang() == TR_ID ? CAUSE_ID : CAUSE_EN;
	struct slice cause = side == CAUSE_SENDING
				 ? SLICE("tls.required-inbound")
				 : SLICE("tls.not-offered");
	const struct howto *h;
	struct buf text, cure;
	size_t at = 0;
	buf_init(&text, CURE_MAX);
	buf_init(&cure, CURE_MAX);
	buf_add(&text, slice_to(host, NAME_MAX_OCTETS));
	buf_add_str(&text,
	    side == CAUSE_SENDING ? phrases[lang].sent : phrases[lang].took);
	buf_printf(&text, "%s%s", howto_title(p), phrases[lang].as);
	while ((h = howto_next(cause, side, p, &at)) != NULL) {
		buf_add_str(&cure, cure.n > 0 ? " " : "");
		add_cure(&cure, lang, h);
		buf_add_byte(&cure, '.');
	}
	if (cure.n > 0 && buf_err(&text) == ERR_OK && buf_err(&cure) == ERR_OK)
		report_finding(r, "headers.howto", SEVERITY_INFO,
		    buf_slice(&text), buf_slice(&cure));
	buf_free(&text);
	buf_free(&cure);
}

void
headers_howto(
    struct report *r, const struct trace_hop *hops, size_t n, size_t at)
{
	const struct trace_hop *h = &hops[at], *before = &hops[at + 1];
	enum howto_program took = program_of(hops, n, at);
	/* The field below was written by the host that sent: it has its name.
	 */
	if (at + 1 < n && before->by.n > 0 &&
	    (slice_eq_nocase(before->by, h->ptr) ||
		slice_eq_nocase(before->by, h->helo))) {
		enum howto_program sent = program_of(hops, n, at + 1);
		if (sent != HOWTO_NONE)
			tell(r, before->by, sent, CAUSE_SENDING);
	}
	if (took != HOWTO_NONE)
		tell(r, h->by, took, CAUSE_RECEIVING);
}
