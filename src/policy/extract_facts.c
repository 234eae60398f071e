/* extract_facts.c - what kind of text it is, and whom it names. */
#include "policy/extract_priv.h"

#include "base/id.h"
#include "base/ip.h"

#define FORM_TEXT 65536 /* octets by which a form is known */
#define NEAR      2000  /* octets before and behind the words */

const char *
extract_form_name(enum extract_form f)
{
	static const char *const names[EXTRACT_FORMS] = {
	    [EXTRACT_FREE] = "text",
	    [EXTRACT_REPLY] = "reply",
	    [EXTRACT_BOUNCE] = "bounce",
	    [EXTRACT_MDAEMON] = "MDaemon log",
	    [EXTRACT_POSTFIX] = "Postfix log",
	    [EXTRACT_EXIM] = "Exim log",
	    [EXTRACT_SENDMAIL] = "sendmail log",
	    [EXTRACT_EXCHANGE] = "Exchange",
	    [EXTRACT_QMAIL] = "qmail",
	    [EXTRACT_OPENSMTPD] = "OpenSMTPD log",
	    [EXTRACT_HARAKA] = "Haraka log",
	    [EXTRACT_HEADER] = "mail header",
	    [EXTRACT_CHECK] = "kurir check"};
	return f < EXTRACT_FORMS ? names[f] : "text";
}

/* The words by which a form is known, the surer ones first. */
static const struct {
	const char *words;
	enum extract_form form;
} forms[] = {
    {"####-##-## ##:##:##*: [", EXTRACT_MDAEMON},
    {"####-##-## ##:##:##*: -->", EXTRACT_MDAEMON},
    {"####-##-## ##:##:##*: <--", EXTRACT_MDAEMON},
    {"postfix/", EXTRACT_POSTFIX},
    {"smtpd[*mta delivery ", EXTRACT_OPENSMTPD},
    {"smtpd[*smtp failed-command", EXTRACT_OPENSMTPD},
    {"This is the qmail-send program", EXTRACT_QMAIL},
    {"delivery #*: deferral: ", EXTRACT_QMAIL},
    {"delivery #*: failure: ", EXTRACT_QMAIL},
    {"[PROTOCOL] [", EXTRACT_HARAKA},
    {"] [outbound] ", EXTRACT_HARAKA},
    {"sm-mta[", EXTRACT_SENDMAIL},
    {"sendmail[", EXTRACT_SENDMAIL},
    {", stat=", EXTRACT_SENDMAIL},
    {"####-##-## ##:##:## *H=", EXTRACT_EXIM},
    {"####-##-## ##:##:## *T=", EXTRACT_EXIM},
    {"####-##-## ##:##:## *[", EXTRACT_EXIM},
    {"Diagnostic information for administrators", EXTRACT_EXCHANGE},
    {"Generating server", EXTRACT_EXCHANGE},
    {"RESOLVER.", EXTRACT_EXCHANGE},
    {"STOREDRV", EXTRACT_EXCHANGE},
    {"LED=", EXTRACT_EXCHANGE},
    {"Remote Server returned", EXTRACT_EXCHANGE},
    {"#SMTP#", EXTRACT_EXCHANGE},
    {"Reporting-MTA:", EXTRACT_BOUNCE},
    {"Final-Recipient:", EXTRACT_BOUNCE},
    {"Diagnostic-Code:", EXTRACT_BOUNCE},
    {"This is the mail system at host", EXTRACT_BOUNCE},
    {"could not be delivered", EXTRACT_BOUNCE},
    {"wasn't delivered", EXTRACT_BOUNCE},
    {"Delivery has failed", EXTRACT_BOUNCE},
    {"Mail delivery failed", EXTRACT_BOUNCE},
    {"The following addresses had permanent", EXTRACT_BOUNCE},
    {"Received: from", EXTRACT_HEADER},
    {"### ", EXTRACT_REPLY},
    {"###-", EXTRACT_REPLY},
};

enum extract_form
extract_form(struct slice text)
{
	struct slice s = slice_to(text, FORM_TEXT);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t at;
		if (forms[i].form == EXTRACT_REPLY)
			at = extract_match(s, slice_str(forms[i].words)) > 0
				 ? 0
				 : s.n;
		else
			at = extract_find(s, 0, forms[i].words);
		if (at < s.n)
			return forms[i].form;
	}
	return EXTRACT_FREE;
}

/* ---- whom it names ---- */

static bool
is_address_octet(uint8_t c)
{
	return ascii_hex(c) >= 0 || c == '.' || c == ':';
}

static bool
is_atom(uint8_t c)
{
	return ascii_is_alnum(c) || c == '.' || c == '-' || c == '_' ||
	       c == '+' || c == '=' || c >= 0x80;
}

/* "77.113.0.203.in-addr.arpa" is a question about another address. */
static bool
is_reverse(struct slice behind)
{
	return slice_starts_nocase(behind, SLICE(".in-addr")) ||
	       slice_starts_nocase(behind, SLICE(".ip6.arpa"));
}

bool
extract_next_ip(struct slice s, size_t *at, struct slice *out)
{
	for (size_t i = *at; i < s.n; i++) {
		struct ip ip;
		size_t n = 0;
		if (!is_address_octet(s.p[i]) ||
		    (i > 0 && is_address_octet(s.p[i - 1])))
			continue;
		while (i + n < s.n && n < 46 && is_address_octet(s.p[i + n]))
			n++;
		struct slice w = slice_to(slice_from(s, i), n);
		while (w.n > 0 && (w.p[w.n - 1] == ':' || w.p[w.n - 1] == '.'))
			w.n--;
		/* "192.0.2.1:25", but "10:04:11" is a time */
		size_t colon = slice_find(w, ':');
		if (slice_find(w, '.') < colon)
			w = slice_to(w, colon);
		bool bracket =
		    i > 0 && (s.p[i - 1] == '[' || s.p[i - 1] == ':');
		bool part = i > 0 && is_atom(s.p[i - 1]) && s.p[i - 1] != '=';
		*at = i + n;
		if (!part && !is_reverse(slice_from(s, i + w.n)) &&
		    (bracket || slice_find(w, '.') < w.n) &&
		    ip_parse(w, &ip) == ERR_OK) {
			*out = w;
			return true;
		}
		i += n;
	}
	*at = s.n;
	return false;
}

/* One that only the machines of one house see (RFC 1918, loopback). */
static bool
is_private(struct slice text)
{
	static const char *const nets[] = {"10.0.0.0/8", "172.16.0.0/12",
	    "192.168.0.0/16", "127.0.0.0/8", "::1/128", "fc00::/7"};
	struct ip ip;
	if (ip_parse(text, &ip) != ERR_OK)
		return false;
	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++) {
		struct ip_net net;
		if (ip_net_parse(slice_str(nets[i]), &net) == ERR_OK &&
		    ip_in_net(&ip, &net))
			return true;
	}
	return false;
}

/* The first IP address from off on that is of the internet, or else the
 * first. */
static struct slice
find_ip(struct slice s, size_t off)
{
	struct slice first = SLICE_EMPTY, ip;
	while (extract_next_ip(s, &off, &ip)) {
		if (!is_private(ip))
			return ip;
		if (first.n == 0)
			first = ip;
	}
	return first;
}

bool
extract_next_address(struct slice s, size_t *at, struct slice *out)
{
	for (size_t i = *at; i < s.n; i++) {
		size_t from = i, to = i + 1;
		if (s.p[i] != '@')
			continue;
		while (from > 0 && i - from < 64 && is_atom(s.p[from - 1]) &&
		       s.p[from - 1] != '=')
			from--;
		while (to < s.n && to - i < 255 && is_atom(s.p[to]))
			to++;
		struct slice w = slice_to(slice_from(s, from), to - from);
		while (w.n > 0 && w.p[w.n - 1] == '.')
			w.n--;
		size_t local = slice_rfind(w, '@');
		*at = to;
		if (local > 0 &&
		    slice_find(slice_from(w, local), '.') + local < w.n) {
			*out = w;
			return true;
		}
	}
	*at = s.n;
	return false;
}

static struct slice
find_address(struct slice s, size_t off)
{
	struct slice found = SLICE_EMPTY;
	(void)extract_next_address(s, &off, &found);
	return found;
}

/* The host behind such words; a name has a dot and a letter at its end. */
static struct slice
find_host(struct slice s, size_t off)
{
	static const char *const before[] = {"relay=", "Remote-MTA: dns; ",
	    "Remote-MTA: dns;", "H=", "host ",
	    "Generating server: ", "connect to ", "connection to ",
	    "connection from ", "rejected by ", "RCPT from ", "connecting to ",
	    "<-- EHLO ", "<-- HELO ", "<-- 220 ",
	    "LastAttemptedServerName=", "host="};
	for (size_t k = 0; k < sizeof(before) / sizeof(before[0]); k++) {
		size_t i = extract_find(s, off, before[k]), n = 0;
		if (i == s.n)
			continue;
		struct slice w = slice_from(s,
		    i + extract_match(slice_from(s, i), slice_str(before[k])));
		while (
		    n < w.n && n < 255 &&
		    (ascii_is_alnum(w.p[n]) || w.p[n] == '.' || w.p[n] == '-'))
			n++;
		w = slice_to(w, n);
		while (w.n > 0 && w.p[w.n - 1] == '.')
			w.n--;
		if (w.n > 3 && slice_find(w, '.') < w.n &&
		    ascii_is_alpha(w.p[w.n - 1]))
			return w;
	}
	return SLICE_EMPTY;
}

/* The last [880617] of MDaemon, or [8F2A6QZ3RCA1B] of kurir in s: the number of
 * a session. */
static struct slice
find_session(struct slice s, enum extract_form form)
{
	struct slice last = SLICE_EMPTY;
	for (size_t i = 0; i < s.n; i++) {
		struct slice in = slice_to(slice_from(s, i + 1), 20);
		size_t n = slice_find(in, ']');
		uint64_t number;
		id_t64 id;
		if (s.p[i] != '[' || n == in.n || n < 3)
			continue;
		in = slice_to(in, n);
		if (id_parse(in, &id) == ERR_OK ||
		    (form == EXTRACT_MDAEMON && slice_u64(in, &number)))
			last = in;
	}
	return last;
}

/* Was it written by the server that was to receive the mail? */
static bool
by_receiver(struct slice near, enum extract_form form)
{
	static const char *const words[EXTRACT_FORMS][4] = {
	    [EXTRACT_POSTFIX] = {"smtpd[", "reject: RCPT", "reject: CONNECT",
		"reject: MAIL"},
	    [EXTRACT_EXIM] = {"rejected RCPT", "rejected EHLO", "rejected MAIL",
		"rejected connection"},
	    [EXTRACT_SENDMAIL] = {"reject=", "ruleset=", NULL, NULL},
	    [EXTRACT_OPENSMTPD] = {"failed-command", NULL, NULL, NULL},
	    [EXTRACT_HARAKA] = {"] S: ", NULL, NULL, NULL},
	};
	for (size_t i = 0; i < 4 && words[form][i] != NULL; i++) {
		struct slice w = slice_str(words[form][i]);
		for (size_t at = 0; at + w.n <= near.n; at++)
			if (slice_starts_nocase(slice_from(near, at), w))
				return true;
	}
	return false;
}

/* The same of MDaemon: in the lines of that session "-->" is what its writer
 * said; replies are said by who receives. */
static bool
mdaemon_receives(struct slice near, struct slice session)
{
	for (size_t at = 0; at < near.n; at++) {
		struct slice s = slice_from(near, at + 1);
		if (near.p[at] != '[' || !slice_starts(s, session))
			continue;
		s = slice_from(s, session.n);
		bool we = slice_starts(s, SLICE("] --> "));
		if (slice_starts(s, SLICE("] Accepting SMTP")))
			return true;
		if ((we || slice_starts(s, SLICE("] <-- "))) && s.n > 6)
			return we == ascii_is_digit(s.p[6]);
	}
	return false;
}

/* Part of the text around a place, by whole lines. */
static struct slice
around(struct slice text, size_t at, size_t before, size_t behind)
{
	size_t from = at > before ? at - before : 0;
	size_t to = at + behind < text.n ? at + behind : text.n;
	while (from > 0 && from < at && text.p[from - 1] != '\n')
		from++;
	return slice_to(slice_from(text, from), to - from);
}

/* A line of a log stands for itself; other texts tell one story. */
static bool
is_by_lines(enum extract_form form)
{
	return form == EXTRACT_POSTFIX || form == EXTRACT_EXIM ||
	       form == EXTRACT_SENDMAIL || form == EXTRACT_OPENSMTPD;
}

/* Whom the lines of that session of MDaemon's connect to, or from. */
static struct slice
find_connected(struct slice near, struct slice session)
{
	static const char *const before[] = {
	    "connection from ", "connection to ", "established from * to "};
	while (near.n > 0) {
		struct slice line = slice_to(near, slice_find(near, '\n'));
		size_t at = slice_find(line, '[') + 1;
		for (size_t k = 0; k < 3 && at < line.n; k++) {
			size_t i = extract_find(line, at, before[k]);
			if (slice_starts(slice_from(line, at), session) &&
			    i < line.n)
				return find_ip(line, i);
		}
		near = slice_from(near, line.n + 1);
	}
	return SLICE_EMPTY;
}

static struct slice
find_recipient(struct slice s)
{
	static const char *const before[] = {"to=<",
	    "Final-Recipient:", "RCPT TO:", "rejected RCPT <", "** ",
	    "== ", "recipient <", "forward-path <"};
	for (size_t k = 0; k < sizeof(before) / sizeof(before[0]); k++) {
		size_t at = extract_find(s, 0, before[k]);
		struct slice found = find_address(s, at);
		if (found.n > 0)
			return found;
	}
	return find_address(s, 0);
}

void
extract_facts(
    struct slice text, enum extract_form form, struct extract_found *f)
{
	struct slice near =
	    is_by_lines(form) ? f->evidence : around(text, f->at, NEAR, NEAR);
	f->session = find_session(f->evidence, form);
	if (f->session.n == 0)
		f->session = find_session(around(text, f->at, 400, 0), form);
	if (form == EXTRACT_MDAEMON && f->session.n > 0)
		f->ip = find_connected(near, f->session);
	if (f->ip.n == 0)
		f->ip = find_ip(f->evidence, 0);
	if (f->ip.n == 0)
		f->ip = find_ip(near, 0);
	f->host = find_host(f->evidence, 0);
	if (f->host.n == 0)
		f->host = find_host(near, 0);
	f->address = find_recipient(f->evidence);
	if (f->address.n == 0)
		f->address = find_recipient(near);
	f->receiving =
	    form == EXTRACT_MDAEMON
		? mdaemon_receives(around(text, f->at, NEAR, NEAR), f->session)
		: by_receiver(f->evidence, form);
}
