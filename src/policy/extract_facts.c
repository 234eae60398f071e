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

/* The first address from off on; 192.0.2.1 or, in brackets, of either
 * family. */
static struct slice
find_ip(struct slice s, size_t off)
{
	for (size_t i = off; i < s.n; i++) {
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
		if ((bracket || slice_find(w, '.') < w.n) &&
		    ip_parse(w, &ip) == ERR_OK)
			return w;
		i += n;
	}
	return SLICE_EMPTY;
}

static bool
is_atom(uint8_t c)
{
	return ascii_is_alnum(c) || c == '.' || c == '-' || c == '_' ||
	       c == '+' || c == '=' || c >= 0x80;
}

/* local@domain from off on. */
static struct slice
find_address(struct slice s, size_t off)
{
	for (size_t i = off; i < s.n; i++) {
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
		size_t at = slice_rfind(w, '@');
		if (at > 0 && slice_find(slice_from(w, at), '.') + at < w.n)
			return w;
	}
	return SLICE_EMPTY;
}

/* The host behind such words; a name has a dot and a letter at its end. */
static struct slice
find_host(struct slice s, size_t off)
{
	static const char *const before[] = {"relay=", "Remote-MTA: dns; ",
	    "Remote-MTA: dns;", "H=", "host ",
	    "Generating server: ", "connect to ", "connection to ",
	    "connection from ", "rejected by ", "RCPT from ", "connecting to ",
	    "EHLO ", "HELO "};
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
	       form == EXTRACT_SENDMAIL;
}

static struct slice
find_recipient(struct slice s)
{
	static const char *const before[] = {
	    "to=<", "Final-Recipient:", "RCPT TO:"};
	for (size_t k = 0; k < sizeof(before) / sizeof(before[0]); k++) {
		size_t at = extract_find(s, 0, before[k]);
		if (at < s.n)
			return find_address(s, at);
	}
	return find_address(s, 0);
}

void
extract_facts(
    struct slice text, enum extract_form form, struct extract_found *f)
{
	struct slice near =
	    is_by_lines(form) ? f->evidence : around(text, f->at, NEAR, NEAR);
	f->ip = find_ip(f->evidence, 0);
	if (f->ip.n == 0)
		f->ip = find_ip(near, 0);
	f->host = find_host(f->evidence, 0);
	if (f->host.n == 0)
		f->host = find_host(near, 0);
	f->address = find_recipient(f->evidence);
	if (f->address.n == 0)
		f->address = find_recipient(near);
	f->session = find_session(f->evidence, form);
	if (f->session.n == 0)
		f->session = find_session(around(text, f->at, 400, 0), form);
	f->receiving =
	    form == EXTRACT_MDAEMON
		? mdaemon_receives(around(text, f->at, NEAR, NEAR), f->session)
		: by_receiver(f->evidence, form);
}
