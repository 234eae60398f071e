/* relay_battery.c - the table, its letters, and what replies mean. */
#include "check/relay_battery.h"

static const struct relay_pair pairs[] = {
    /* nmap's, in its order; abuse.net tries the same */
    {"null-sender", "<>", "<{T}@{D}>"},
    {"plain", "<{O}>", "<{T}@{D}>"},
    {"sender-of-server", "<{F}@{S}>", "<{T}@{D}>"},
    {"sender-of-address", "<{F}@{I}>", "<{T}@{D}>"},
    {"percent-address", "<{F}@{I}>", "<{T}%{D}@{I}>"},
    {"percent-server", "<{F}@{I}>", "<{T}%{D}@{S}>"},
    {"quoted", "<{F}@{I}>", "<\"{T}@{D}\">"},
    {"quoted-percent", "<{F}@{I}>", "<\"{T}%{D}\">"},
    {"double-at-address", "<{F}@{I}>", "<{T}@{D}@{I}>"},
    {"quoted-at-address", "<{F}@{I}>", "<\"{T}@{D}\"@{I}>"},
    {"double-at-server", "<{F}@{I}>", "<{T}@{D}@{S}>"},
    {"route-address", "<{F}@{I}>", "<@{I}:{T}@{D}>"},
    {"route-server", "<{F}@{I}>", "<@{S}:{T}@{D}>"},
    {"bang", "<{F}@{I}>", "<{D}!{T}>"},
    {"bang-address", "<{F}@{I}>", "<{D}!{T}@{I}>"},
    {"bang-server", "<{F}@{I}>", "<{D}!{T}@{S}>"},
    /* MAPS: other senders */
    {"sender-same-domain", "<{F}@{D}>", "<{T}@{D}>"},
    {"sender-is-recipient", "<{T}@{D}>", "<{T}@{D}>"},
    {"sender-of-domain", "<{F}@{L}>", "<{T}@{D}>"},
    {"sender-of-host", "<{F}@{H}>", "<{T}@{D}>"},
    {"sender-postmaster", "<postmaster@{L}>", "<{T}@{D}>"},
    {"sender-localhost", "<{F}@localhost>", "<{T}@{D}>"},
    {"sender-unqualified", "<{F}>", "<{T}@{D}>"},
    {"sender-unbracketed", "{O}", "<{T}@{D}>"},
    {"sender-of-server-quoted", "<{F}@{S}>", "<\"{T}@{D}\">"},
    {"sender-percent", "<{F}%{D}@{S}>", "<{T}@{D}>"},
    {"sender-bang", "<{D}!{F}>", "<{T}@{D}>"},
    {"sender-bang-server", "<{S}!{F}>", "<{T}@{D}>"},
    /* DSBL: without brackets, and by every name of the server */
    {"unbracketed", "<{O}>", "{T}@{D}"},
    {"unbracketed-null", "<>", "{T}@{D}"},
    {"null-quoted", "<>", "<\"{T}@{D}\">"},
    {"null-bang", "<>", "<{D}!{T}>"},
    {"null-percent-server", "<>", "<{T}%{D}@{S}>"},
    {"percent", "<{O}>", "<{T}%{D}>"},
    {"percent-localhost", "<{F}@localhost>", "<{T}%{D}@localhost>"},
    {"percent-loopback", "<{F}@[127.0.0.1]>", "<{T}%{D}@[127.0.0.1]>"},
    {"percent-domain", "<{O}>", "<{T}%{D}@{L}>"},
    {"percent-host", "<{O}>", "<{T}%{D}@{H}>"},
    {"quoted-percent-domain", "<{O}>", "<\"{T}%{D}\"@{L}>"},
    {"quoted-at-server", "<{O}>", "<\"{T}@{D}\"@{S}>"},
    {"quoted-at-domain", "<{O}>", "<\"{T}@{D}\"@{L}>"},
    {"quoted-at-localhost", "<{F}@localhost>", "<\"{T}@{D}\"@localhost>"},
    {"double-at-localhost", "<{F}@localhost>", "<{T}@{D}@localhost>"},
    {"double-at-domain", "<{O}>", "<{T}@{D}@{L}>"},
    {"route-localhost", "<{F}@localhost>", "<@localhost:{T}@{D}>"},
    {"route-loopback", "<{F}@[127.0.0.1]>", "<@[127.0.0.1]:{T}@{D}>"},
    {"route-domain", "<{O}>", "<@{L}:{T}@{D}>"},
    {"bang-localhost", "<{F}@localhost>", "<{D}!{T}@localhost>"},
    {"bang-domain", "<{O}>", "<{D}!{T}@{L}>"},
    {"bang-through-server", "<{O}>", "<{S}!{D}!{T}>"},
    /* our own */
    {"route-percent", "<{O}>", "<@{S}:{T}%{D}@{L}>"},
    {"route-two", "<{O}>", "<@{S},@{L}:{T}@{D}>"},
    {"percent-twice", "<{O}>", "<{T}%{D}%{S}@{L}>"},
    {"final-dot", "<{O}>", "<{T}@{D}.>"},
    {"slash-domain", "<{O}>", "<{T}/{D}@{L}>"},
    {"colon-domain", "<{O}>", "<\"{D}:{T}\"@{L}>"},
};
#define PAIRS (sizeof(pairs) / sizeof(pairs[0]))
_Static_assert(PAIRS <= RELAY_PAIRS_MAX, "more pairs than places");

const struct relay_pair *
relay_pairs(size_t *out_n)
{
	*out_n = PAIRS;
	return pairs;
}

static struct slice
fact(const struct relay_facts *f, uint8_t letter)
{
	switch (letter) {
	case 'F':
		return f->sender;
	case 'O':
		return f->outside;
	case 'T':
		return f->to;
	case 'D':
		return f->domain;
	case 'S':
		return f->server;
	case 'H':
		return f->host;
	case 'L':
		return f->local;
	case 'I':
		return f->literal;
	default:
		return SLICE_EMPTY;
	}
}

static bool
fill(const char *before, const char *template, const struct relay_facts *f,
    struct buf *out)
{
	struct slice t = slice_str(template);
	for (size_t i = 0; i + 2 < t.n; i++)
		if (t.p[i] == '{' && fact(f, t.p[i + 1]).n == 0)
			return false;
	buf_add_str(out, before);
	for (size_t i = 0; i < t.n; i++) {
		if (t.p[i] != '{') {
			buf_add_byte(out, t.p[i]);
			continue;
		}
		buf_add(out, fact(f, t.p[i + 1]));
		i += 2;
	}
	return true;
}

bool
relay_pair_from(
    const struct relay_pair *p, const struct relay_facts *f, struct buf *out)
{
	return fill("MAIL FROM:", p->from, f, out);
}

bool
relay_pair_to(
    const struct relay_pair *p, const struct relay_facts *f, struct buf *out)
{
	return fill("RCPT TO:", p->to, f, out);
}

bool
relay_pair_is_local(const struct relay_pair *p)
{
	struct slice to = slice_str(p->to);
	to = slice_from(to, slice_rfind(to, '@'));
	return !slice_eq(to, SLICE("@{D}>")) &&
	       !slice_eq(to, SLICE("@{D}.>")) && !slice_eq(to, SLICE("@{D}"));
}

/* ---- replies ---- */

static bool
holds(struct slice text, struct slice word)
{
	for (; text.n >= word.n; text = slice_from(text, 1))
		if (slice_starts_nocase(text, word))
			return true;
	return false;
}

bool
relay_wants_tls(uint16_t code, struct slice text)
{
	return code == 530 &&
	       (holds(text, SLICE("TLS")) || holds(text, SLICE("encrypt"))) &&
	       !holds(text, SLICE("AUTH"));
}

static bool
holds_one(struct slice text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (holds(text, slice_str(words[i])))
			return true;
	return false;
}

bool
relay_had_enough(uint16_t code, struct slice text)
{
	static const char *const words[] = {
	    "too many", "too much", "too fast", "rate limit", "slow down"};
	return code == 421 || (code >= 400 && holds_one(text, words, 5));
}

/* Refused for what the address is, which is ours to mend, and not because mail
 * for elsewhere is not taken: RFC 3463 3.2 and 3.8, RFC 7504, RFC 7505. Or for
 * who we are (RFC 7372): another stranger may find it open. */
static bool
is_about_else(uint16_t code, struct slice text)
{
	static const char *const words[] = {"5.1.2", "5.1.8", "5.1.10",
	    "5.7.27", "domain not found", "nullmx", "5.7.23", "5.7.25", "dnsbl",
	    "blocked using", "blocklist", "blacklist", "block list",
	    "black list", "spamhaus", "cannot find your", "reverse dns",
	    "helo command rejected", "client host rejected", "is listed",
	    "your ip", "your host"};
	return code == 556 || relay_had_enough(code, text) ||
	       holds_one(text, words, sizeof(words) / sizeof(words[0]));
}

/* One that holds an address is "@". */
static struct slice
next_word(struct slice *text)
{
	size_t from = 0, to;
	while (from < text->n && text->p[from] <= ' ')
		from++;
	for (to = from; to < text->n && text->p[to] > ' ';)
		to++;
	struct slice word = slice_of(text->p + from, to - from);
	*text = slice_from(*text, to);
	return slice_find(word, '@') < word.n || slice_find(word, '<') < word.n
		   ? SLICE("@")
		   : word;
}

/* Not by the address in it: ours speaks of relaying itself. */
bool
relay_is_about_relaying(struct slice text)
{
	static const char *const words[] = {"relay", "rcpthosts", "5.1.1 ",
	    "no such user", "user unknown", "unknown user",
	    "recipient address rejected", "not local", "non-local",
	    "authenticat", "not hosted here", "not a local"};
	struct buf plain;
	buf_init(&plain, text.n + 1);
	for (struct slice w = next_word(&text); w.n > 0; w = next_word(&text)) {
		buf_add(&plain, w);
		buf_add_byte(&plain, ' ');
	}
	bool is = holds_one(
	    buf_slice(&plain), words, sizeof(words) / sizeof(words[0]));
	buf_free(&plain);
	return is;
}

bool
relay_same_words(struct slice a, struct slice b)
{
	struct slice x, y;
	do {
		x = next_word(&a);
		y = next_word(&b);
		if (!slice_eq_nocase(x, y))
			return false;
	} while (x.n > 0);
	return true;
}

bool
relay_is_about_sender(uint16_t code, struct slice text, bool at_mail)
{
	static const char *const words[] = {"4.1.8", "5.1.8", "5.7.27",
	    "sender address rejected", "sender domain", "sender's domain",
	    "domain of sender", "sender verify failed"};
	static const char *const mail[] = {
	    "domain", "not found", "does not exist", "resolve"};
	if (code < 400 || code == 530 || relay_had_enough(code, text))
		return false;
	return holds_one(text, words, sizeof(words) / sizeof(words[0])) ||
	       (at_mail &&
		   holds_one(text, mail, sizeof(mail) / sizeof(mail[0])));
}

bool
relay_pair_is_of_sender(const struct relay_pair *p)
{
	return slice_starts(slice_str(p->name), SLICE("sender-")) ||
	       slice_starts(slice_str(p->from), SLICE("<>"));
}

static enum relay_class
of_one(uint16_t code, struct slice text)
{
	if (code == 0)
		return RELAY_UNKNOWN;
	if (code == 530)
		return relay_wants_tls(code, text) ? RELAY_UNKNOWN
						   : RELAY_NEEDS_AUTH;
	if (code / 100 == 4)
		return RELAY_GREYLISTED;
	if (code / 100 == 5)
		return is_about_else(code, text) ? RELAY_UNKNOWN : RELAY_CLOSED;
	return RELAY_UNKNOWN;
}

enum relay_class
relay_classify(uint16_t mail, struct slice mail_text, uint16_t rcpt,
    struct slice rcpt_text)
{
	if (mail / 100 != 2)
		return of_one(mail, mail_text);
	if (rcpt / 100 == 2)
		return RELAY_MAY;
	return of_one(rcpt, rcpt_text);
}

const char *
relay_class_name(enum relay_class c)
{
	static const char *const names[] = {
	    [RELAY_CLOSED] = "closed",
	    [RELAY_NEEDS_AUTH] = "closed",
	    [RELAY_UNKNOWN] = "inconclusive",
	    [RELAY_GREYLISTED] = "inconclusive",
	    [RELAY_LOST] = "may-be-open",
	    [RELAY_MAY] = "may-be-open",
	    [RELAY_OPEN] = "open",
	};
	return names[c];
}
