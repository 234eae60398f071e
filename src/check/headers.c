/* headers.c - each Received field of a message: encrypted or not, with what,
 * by whose word, and how long it took. */
#include "check/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "check/headers_priv.h"
#include "proto/mail/author.h"
#include "proto/mail/date.h"
#include "proto/mail/header.h"

#define RESULTS_MAX 64  /* of Authentication-Results that are shown */
#define SLOW_S      300 /* a hop is slow from here on */
#define SKEW_S      60  /* clocks may differ by that */
#define ROUNDS      3   /* times at one host: a loop */
#define HOPS_MANY   50  /* RFC 5321 6.3 speaks of 100 */
#define LONG_TEXT   300 /* octets of a value that are shown */

/* What the fields say, newest first. */
struct chain {
	struct report *r;
	struct trace_hop hops[TRACE_HOPS_MAX];
	size_t n, received;
	size_t trusted; /* so many from the top are believed */
	struct headers_trust trust;
	struct slice block;
};

static struct slice
name_of_client(const struct trace_hop *h)
{
	return slice_to(h->ptr.n > 0 ? h->ptr : h->helo, LONG_TEXT);
}

static struct report_value
client(struct report *r, const struct trace_hop *h)
{
	char ip[IP_TEXT_MAX];
	struct slice name = name_of_client(h);
	if (h->ip.family == 0)
		return name.n == 0 ? value_null() : value_text(name);
	ip_text(&h->ip, ip);
	return report_valuef(
	    r, "%.*s%s[%s]", SLICE_ARG(name), name.n > 0 ? " " : "", ip);
}

static struct report_value
text_or_null(struct slice s)
{
	return s.n == 0 ? value_null() : value_text(slice_to(s, LONG_TEXT));
}

static struct report_value
encrypted(const struct trace_hop *h)
{
	if (h->tls == TRACE_TLS_UNKNOWN)
		return value_null();
	if (h->tls == TRACE_TLS_YES)
		return value_mood(value_bool(true), MOOD_GOOD);
	return value_mood(value_bool(false), h->local ? MOOD_DIM : MOOD_BAD);
}

/* Seconds since the hop before (older, i + 1); false: not known. */
static bool
delay_of(const struct chain *c, size_t i, int64_t *out)
{
	if (i + 1 >= c->n || c->hops[i].unix_s == 0 ||
	    c->hops[i + 1].unix_s == 0)
		return false;
	*out = (int64_t)c->hops[i].unix_s - (int64_t)c->hops[i + 1].unix_s;
	return true;
}

static struct report_value
moment(struct report *r, uint64_t unix_s)
{
	struct buf b;
	if (unix_s == 0)
		return value_null();
	buf_init(&b, 64);
	buf_add_date_rfc3339(&b, unix_s * 1000, 0);
	struct report_value v =
	    report_valuef(r, "%.*s", SLICE_ARG(buf_slice(&b)));
	buf_free(&b);
	return v;
}

static void
tell_hops(struct chain *c)
{
	static const struct report_column columns[] = {{"from", N_("From")},
	    {"by", N_("By")}, {"with", N_("With")}, {"tls", N_("TLS")},
	    {"version", N_("Version")}, {"cipher", N_("Cipher")},
	    {"bits", N_("Bits")}, {"delay_s", N_("Delay (s)")},
	    {"trusted", N_("Believed")}, {"writer", N_("Written by")},
	    {"time", N_("Time")}, {"local", N_("Local")}};
	struct report *r = c->r;
	struct report_node *t =
	    report_table(r, report_root(r), "hops", N_("Hops, oldest first"),
		columns, sizeof(columns) / sizeof(columns[0]), REPORT_SCORE);
	for (size_t i = c->n; i-- > 0;) {
		const struct trace_hop *h = &c->hops[i];
		int64_t delay = -1;
		bool known = delay_of(c, i, &delay);
		const struct report_value row[] = {client(r, h),
		    text_or_null(h->by), text_or_null(h->with), encrypted(h),
		    text_or_null(h->version), text_or_null(h->cipher),
		    h->bits > 0 ? value_number(r, h->bits) : value_null(),
		    known && delay >= 0 ? value_number(r, (uint64_t)delay)
					: value_null(),
		    value_bool(i < c->trusted),
		    value_text(slice_str(trace_writer_name(h->writer))),
		    moment(r, h->unix_s), value_bool(h->local)};
		report_row(r, t, row);
	}
}

/* ---- verdict ---- */

static const char *
strip_cure(void)
{
	return tr(
	    "Connect from the sending host to port 25 and say EHLO: where "
	    "a line \"250-XXXXXXXA\" stands, or the greeting is asterisks, "
	    "a firewall hides STARTTLS (Cisco: \"no fixup protocol smtp\" "
	    "or no \"inspect esmtp\").");
}

/* Why a sender may not have encrypted, for its administrator to look at. */
static void
tell_diagnosis(struct report *r)
{
	report_finding(r, "headers.starttls-hidden", SEVERITY_INFO,
	    slice_str(tr("Possible reason: a firewall between the two takes "
			 "STARTTLS away.")),
	    slice_str(strip_cure()));
	report_finding(r, "headers.outbound-none", SEVERITY_INFO,
	    slice_str(tr("Possible reason: the sending server does not use TLS "
			 "for outgoing mail.")),
	    slice_str(tr("Let it use TLS where it is offered: outbound tls = "
			 "\"may\" in kurir, smtp_tls_security_level = may in "
			 "Postfix, \"SMTP server uses STARTTLS whenever "
			 "possible\" in MDaemon.")));
	report_finding(r, "headers.certificate-changed", SEVERITY_INFO,
	    slice_str(tr("Possible reason: the host name or the certificate of "
			 "the receiving server was changed, and TLS with it is "
			 "broken; senders then fall back to clear text.")),
	    slice_str(tr("Ask \"kurir check tls\" about the receiving "
			 "server.")));
}

/* TLS without encryption. */
static void
tell_null(struct report *r, const struct trace_hop *h)
{
	struct slice by = slice_to(h->by, LONG_TEXT);
	struct slice cipher = slice_to(h->cipher, 80);
	report_findingf(r, "headers.null-cipher", SEVERITY_BAD,
	    tr("Leave ciphers with NULL in their names out on both sides."),
	    tr("The way to %.*s used TLS with %.*s, which encrypts nothing: "
	       "the message went in clear."),
	    SLICE_ARG(by), SLICE_ARG(cipher.n > 0 ? cipher : SLICE("0 bits")));
}

static void
tell_clear(struct chain *c, size_t at)
{
	struct report *r = c->r;
	const struct trace_hop *h = &c->hops[at];
	if (h->cipher.n > 0 || h->no_bits) {
		tell_null(r, h);
		return;
	}
	char ip[IP_TEXT_MAX] = "-";
	struct slice by = slice_to(h->by, LONG_TEXT);
	if (h->ip.family != 0)
		ip_text(&h->ip, ip);
	struct slice from = name_of_client(h);
	bool inside = headers_private(&h->ip);
	report_findingf(r, "headers.clear-text",
	    inside ? SEVERITY_WARN : SEVERITY_BAD,
	    inside ? tr("It stayed in a private network. Let the sending "
			"machine use STARTTLS if it can.")
		   : tr("The sending server has to use STARTTLS, and the "
			"receiving one to offer it. Possible reasons are "
			"below."),
	    tr("From %.*s [%s] to %.*s the message went in clear."),
	    SLICE_ARG(from), ip, SLICE_ARG(by));
	if (!inside) {
		tell_diagnosis(r);
		headers_howto(r, c->hops, c->n, at);
	}
}

static bool
holds(struct slice s, const char *part)
{
	struct slice p = slice_str(part);
	for (size_t i = 0; i + p.n <= s.n; i++)
		if (slice_starts_nocase(slice_from(s, i), p))
			return true;
	return false;
}

/* "TLSv1", "TLS1_0", "TLSv1.1", "SSLv3"; "TLSv1/SSLv3" of old OpenSSL says
 * nothing of the version. */
static bool
is_old(struct slice version)
{
	static const char *const old[] = {"TLSv1", "TLSv1.0", "TLSv1.1",
	    "TLS1_0", "TLS1_1", "TLS1", "TLS1.0", "TLS1.1", "TLSv1_1",
	    "TLSv1_0", "SSLv3", "SSLv2", "SSL3"};
	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++)
		if (slice_eq_nocase(version, slice_str(old[i])))
			return true;
	return false;
}

static bool
is_weak(struct slice cipher)
{
	static const char *const weak[] = {
	    "RC4", "3DES", "DES-CBC", "NULL", "EXP-", "EXPORT", "ADH-", "MD5"};
	for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]); i++)
		if (holds(cipher, weak[i]))
			return true;
	return false;
}

static void
tell_strength(struct report *r, const struct trace_hop *h)
{
	struct slice by = slice_to(h->by, LONG_TEXT);
	struct slice version = slice_to(h->version, 40),
		     cipher = slice_to(h->cipher, 80);
	if (is_old(version))
		report_findingf(r, "headers.old-tls", SEVERITY_WARN,
		    tr("Both sides should speak TLS 1.2 or 1.3; see which of "
		       "the two cannot."),
		    tr("The way to %.*s was encrypted with the old %.*s."),
		    SLICE_ARG(by), SLICE_ARG(version));
	if (is_weak(cipher))
		report_findingf(r, "headers.weak-cipher", SEVERITY_WARN,
		    tr("Leave RC4, DES, export and anonymous ciphers out on "
		       "both sides."),
		    tr("The way to %.*s was encrypted with the weak cipher "
		       "%.*s."),
		    SLICE_ARG(by), SLICE_ARG(cipher));
}

/* tell_verdict - only what is believed counts. Returns the hop by which the
 * message came in from others, or NULL. */
static const struct trace_hop *
tell_verdict(struct chain *c)
{
	size_t yes = 0, unknown = 0, no = 0;
	const struct trace_hop *entry = NULL;
	for (size_t i = 0; i < c->trusted; i++) {
		const struct trace_hop *h = &c->hops[i];
		if (!headers_network(h))
			continue;
		entry = h;
		yes += h->tls == TRACE_TLS_YES;
		no += h->tls == TRACE_TLS_NO;
		unknown += h->tls == TRACE_TLS_UNKNOWN;
		if (h->tls == TRACE_TLS_NO)
			tell_clear(c, i);
		else if (h->tls == TRACE_TLS_YES)
			tell_strength(c->r, h);
	}
	struct report_value v = value_null();
	if (no > 0)
		v = value_mood(value_bool(false), MOOD_BAD);
	else if (unknown == 0 && yes > 0)
		v = value_mood(value_bool(true), MOOD_GOOD);
	report_fact(c->r, report_root(c->r), "encrypted",
	    N_("Encrypted within trust"), v, REPORT_SCORE);
	if (unknown > 0 || entry == NULL)
		report_finding(c->r, "headers.not-told", SEVERITY_INFO,
		    slice_str(entry == NULL
				  ? tr("No field that is believed tells of a "
				       "network hop.")
				  : tr("A field that is believed does not tell "
				       "whether its hop was encrypted.")),
		    slice_str(tr("Name your own servers with --trust.")));
	report_answer(c->r, no > 0                         ? CHECK_BAD
			    : unknown > 0 || entry == NULL ? CHECK_UNKNOWN
							   : CHECK_GOOD);
	return entry;
}

/* ---- what a reader at Gmail would see ---- */

/* The domain of the first author. */
static bool
author_domain(struct slice block, struct buf *out)
{
	struct header_field f;
	struct buf list;
	struct slice rest, one;
	bool found = false;
	buf_init(&list, 16384);
	if (header_find(block, SLICE("From"), &f) == ERR_OK &&
	    author_addresses(f.value, AUTHORS_MAX, &list) == ERR_OK) {
		rest = buf_slice(&list);
		found = pack_next(&rest, &one);
		if (found)
			buf_add(
			    out, slice_from(one, slice_rfind(one, '@') + 1));
	}
	buf_free(&list);
	return found && out->n > 0;
}

static void
tell_gmail(struct chain *c, const struct trace_hop *entry)
{
	struct buf domain;
	struct report_node *root = report_root(c->r);
	buf_init(&domain, 1024);
	if (entry == NULL || entry->tls == TRACE_TLS_UNKNOWN) {
		report_fact(c->r, root, "gmail_shows", N_("Gmail would show"),
		    value_null(), REPORT_SCORE);
		return;
	}
	if (entry->tls == TRACE_TLS_YES)
		buf_add(&domain, SLICE("Standard encryption (TLS)"));
	else if (author_domain(c->block, &domain))
		buf_add(&domain, SLICE(" did not encrypt this message"));
	else {
		buf_clear(&domain);
		buf_add(&domain, name_of_client(entry));
		buf_add(&domain, SLICE(" did not encrypt this message"));
	}
	report_fact(c->r, root, "gmail_shows", N_("Gmail would show"),
	    value_mood(value_text(buf_slice(&domain)),
		entry->tls == TRACE_TLS_YES ? MOOD_GOOD : MOOD_BAD),
	    REPORT_SCORE);
	buf_free(&domain);
}

/* ---- delays and loops ---- */

static void
tell_delays(struct chain *c)
{
	struct report *r = c->r;
	for (size_t i = 0; i + 1 < c->n; i++) {
		int64_t s;
		if (!delay_of(c, i, &s))
			continue;
		struct slice by = slice_to(c->hops[i].by, LONG_TEXT),
			     at = slice_to(c->hops[i + 1].by, LONG_TEXT);
		if (s < -SKEW_S)
			report_findingf(r, "headers.clock", SEVERITY_INFO,
			    tr("Set the clock of that server by NTP."),
			    tr("By its fields the message came to %.*s %lld "
			       "seconds before %.*s had it: a clock is "
			       "wrong."),
			    SLICE_ARG(by), (long long)-s, SLICE_ARG(at));
		else if (s >= SLOW_S)
			report_findingf(r, "headers.delay", SEVERITY_INFO,
			    tr("Look in the log of the server where it lay: "
			       "greylisting, a full queue, a slow filter."),
			    tr("Between %.*s and %.*s it took %lld "
			       "seconds."),
			    SLICE_ARG(at), SLICE_ARG(by), (long long)s);
	}
	uint64_t first = c->hops[c->n - 1].unix_s, last = c->hops[0].unix_s;
	if (first != 0 && last >= first)
		report_number(r, report_root(r), "total_s",
		    N_("On its way (seconds)"), last - first);
}

static void
tell_loops(struct chain *c)
{
	for (size_t i = 0; i < c->n; i++) {
		size_t times = 0, j;
		if (!headers_network(&c->hops[i]))
			continue;
		for (j = 0; j < i; j++)
			if (slice_eq_nocase(c->hops[j].by, c->hops[i].by))
				break; /* was counted there */
		for (size_t k = 0; j == i && k < c->n; k++)
			times += headers_network(&c->hops[k]) &&
				 slice_eq_nocase(c->hops[k].by, c->hops[i].by);
		if (times >= ROUNDS)
			report_findingf(c->r, "queue.loop", SEVERITY_WARN,
			    tr("Look for two forwards, aliases or routes that "
			       "point at each other."),
			    tr("The message came %zu times to %.*s."), times,
			    SLICE_ARG(slice_to(c->hops[i].by, LONG_TEXT)));
	}
	if (c->received > HOPS_MANY)
		report_findingf(c->r, "queue.loop", SEVERITY_WARN,
		    tr("Look for two forwards, aliases or routes that point "
		       "at each other."),
		    tr("The message has %zu Received fields."), c->received);
}

/* ---- Authentication-Results (RFC 8601) ---- */

/* The octets up to the next ";" outside of comments and quotes. */
static struct slice
next_result(struct slice *rest)
{
	size_t depth = 0, i;
	bool quoted = false;
	for (i = 0; i < rest->n; i++) {
		uint8_t ch = rest->p[i];
		if (ch == '"')
			quoted = !quoted;
		else if (!quoted && ch == '(')
			depth++;
		else if (!quoted && ch == ')' && depth > 0)
			depth--;
		else if (!quoted && depth == 0 && ch == ';')
			break;
	}
	struct slice s = slice_trim(slice_to(*rest, i));
	*rest = slice_from(*rest, i + 1);
	return s;
}

static struct slice
first_word(struct slice s)
{
	size_t n = 0;
	while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t' && s.p[n] != '(')
		n++;
	return slice_to(s, n);
}

static void
tell_result(
    struct chain *c, struct report_node *t, struct slice server, struct slice s)
{
	struct slice word = first_word(s);
	size_t eq = slice_find(word, '=');
	if (eq == word.n)
		return;
	struct slice result = slice_from(word, eq + 1);
	struct report_value v = value_text(slice_to(result, LONG_TEXT));
	if (slice_eq_nocase(result, SLICE("pass")))
		v = value_mood(v, MOOD_GOOD);
	else if (slice_eq_nocase(result, SLICE("fail")))
		v = value_mood(v, MOOD_BAD);
	const struct report_value row[] = {
	    value_text(slice_to(word, eq < LONG_TEXT ? eq : LONG_TEXT)), v,
	    value_text(slice_to(slice_trim(slice_from(s, word.n)), LONG_TEXT)),
	    value_text(slice_to(server, LONG_TEXT)),
	    value_bool(headers_believed(&c->trust, server))};
	report_row(c->r, t, row);
}

static void
tell_results(struct chain *c)
{
	static const struct report_column columns[] = {{"method", N_("Method")},
	    {"result", N_("Result")}, {"detail", N_("Detail")},
	    {"server", N_("Server")}, {"trusted", N_("Believed")}};
	struct report_node *t = NULL;
	struct slice block = c->block;
	struct header_field f;
	size_t used, n = 0;
	while (header_next(block, true, block.n, &f, &used) == ERR_OK) {
		block = slice_from(block, used);
		if (!slice_eq_nocase(f.name, SLICE("Authentication-Results")))
			continue;
		struct slice rest = f.value;
		struct slice server = first_word(next_result(&rest));
		if (t == NULL)
			t = report_table(c->r, report_root(c->r),
			    "authentication_results",
			    N_("Authentication-Results"), columns, 5,
			    REPORT_SCORE);
		while (rest.n > 0 && n++ < RESULTS_MAX)
			tell_result(c, t, server, next_result(&rest));
	}
}

/* ---- all of it ---- */

static void
tell_trust(struct chain *c)
{
	struct report *r = c->r;
	struct report_node *root = report_root(r);
	report_number(r, root, "received", N_("Received fields"), c->received);
	if (c->trust.n == 0)
		report_text(r, root, "trust", N_("Believed hosts are in"),
		    slice_to(c->trust.domain, LONG_TEXT));
	if (c->trusted == 0)
		report_fact(r, root, "trust_ends", N_("Trust ends"),
		    value_text(slice_str(tr("at once: no field was written by "
					    "a host that is believed"))),
		    REPORT_SCORE);
	else if (c->trusted == c->n)
		report_fact(r, root, "trust_ends", N_("Trust ends"),
		    value_text(slice_str(tr("nowhere: all fields were written "
					    "by hosts that are believed"))),
		    REPORT_SCORE);
	else
		report_fact(r, root, "trust_ends", N_("Trust ends"),
		    report_valuef(r,
			tr("at %.*s; what came before is the word of others"),
			SLICE_ARG(
			    slice_to(c->hops[c->trusted - 1].by, LONG_TEXT))),
		    REPORT_SCORE);
}

static void
tell(struct chain *c)
{
	if (c->n == 0) {
		report_finding(c->r, "headers.no-received", SEVERITY_WARN,
		    slice_str(tr("No Received field was found.")),
		    slice_str(tr("Give the whole header: in Gmail \"Show "
				 "original\", in Outlook \"Internet headers\", "
				 "in Thunderbird Ctrl-U.")));
		report_answer(c->r, CHECK_UNKNOWN);
		return;
	}
	if (c->trust.n == 0)
		c->trust.domain = headers_trust_domain(c->hops, c->n);
	c->trusted = headers_trusted(&c->trust, c->hops, c->n);
	tell_trust(c);
	tell_gmail(c, tell_verdict(c));
	tell_delays(c);
	tell_hops(c);
	tell_results(c);
	tell_loops(c);
}

static struct report *
judge(struct slice message, const struct slice *trusted, size_t trusted_n)
{
	struct chain *c = calloc(1, sizeof(*c));
	struct report *r = report_new(SLICE("check headers"));
	struct buf block;
	buf_init(&block, HEADERS_BLOCK_MAX);
	if (c != NULL && r != NULL) {
		c->r = r;
		c->trust =
		    (struct headers_trust){.names = trusted, .n = trusted_n};
		headers_block(message, &block, &c->received);
		c->block = buf_slice(&block);
		c->n = trace_read(c->block, c->hops, TRACE_HOPS_MAX);
		tell(c);
	}
	buf_free(&block);
	free(c);
	return r;
}

void
check_headers(struct check *c, struct slice message,
    const struct slice *trusted, size_t trusted_n, check_done *done, void *arg)
{
	check_later(c, judge(message, trusted, trusted_n), done, arg);
}
