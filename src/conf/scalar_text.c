#include "base/base64.h"
#include "conf/names.h"
#include "conf/scalar.h"

#include <string.h>

bool
value_copy(struct arena *a, struct slice s, struct slice *out)
{
	uint8_t *p = arena_alloc(a, s.n + 1);
	if (p == NULL)
		return false;
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	*out = slice_of(p, s.n);
	return true;
}

bool
value_copy_lower(struct arena *a, struct slice s, struct slice *out)
{
	uint8_t *p = arena_alloc(a, s.n + 1);
	if (p == NULL)
		return false;
	for (size_t i = 0; i < s.n; i++)
		p[i] = ascii_lower(s.p[i]);
	*out = slice_of(p, s.n);
	return true;
}

/* ---- texts ---- */

void
value_show_string(struct slice s, struct buf *b)
{
	buf_add_byte(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_add_byte(b, '\\');
		buf_add_byte(b, s.p[i]);
	}
	buf_add_byte(b, '"');
}

void
scalar_show_text(const struct conf_option *o, const void *field, struct buf *b)
{
	struct slice s;
	(void)o;
	memcpy(&s, field, sizeof(s));
	value_show_string(s, b);
}

static enum err
keep(struct arena *a, struct slice s, bool lower, void *out)
{
	struct slice copy;
	if (lower ? !value_copy_lower(a, s, &copy) : !value_copy(a, s, &copy))
		return ERR_LIMIT;
	memcpy(out, &copy, sizeof(copy));
	return ERR_OK;
}

/* min 1: shall not be empty. max: octets, 0 for 4095. */
enum err
scalar_path(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	size_t max = o->max == 0 ? 4095 : (size_t)o->max;
	if ((s.n == 0 && o->min > 0) || (s.n > 0 && s.p[0] != '/') ||
	    slice_find(s, '\0') != s.n)
		return scalar_bad(
		    why, s, "an absolute path, one that begins with /");
	if (s.n > max)
		return diag_set(why, ERR_SYNTAX, "",
		    "found a path of %zu octets, expected at most %zu", s.n,
		    max);
	return keep(a, s, false, out);
}

/* min 1: shall not be empty. */
enum err
scalar_host(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	if (!name_is_host(s) && (s.n > 0 || o->min > 0))
		return scalar_bad(
		    why, s, "a host name such as mail.example.org");
	return keep(a, s, true, out);
}

enum err
scalar_address(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	if (!name_is_address(s) && (s.n > 0 || o->min > 0))
		return scalar_bad(
		    why, s, "an address such as admin@example.org");
	return keep(a, s, false, out);
}

enum err
scalar_user(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	(void)o;
	if (!name_is_user(s))
		return scalar_bad(why, s,
		    "the name of a system user: a-z, 0-9, \"_\", \"-\"");
	return keep(a, s, false, out);
}

enum err
scalar_delimiter(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	(void)o;
	if (s.n > 1 || (s.n == 1 && slice_find(SLICE("+-_=#"), s.p[0]) == 5))
		return scalar_bad(why, s, "one of + - _ = # or \"\" for none");
	return keep(a, s, false, out);
}

enum err
scalar_account(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	(void)o;
	if (s.n > 0 && !name_is_account(s))
		return scalar_bad(why, s,
		    "the name of an account such as copier or "
		    "copier@example.org");
	return keep(a, s, true, out);
}

/* An address, or "@domain" for all of a domain. Local parts keep their case,
 * domains lose it. */
enum err
scalar_mailbox(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	bool whole = s.n > 0 && s.p[0] == '@';
	size_t at = slice_rfind(s, '@');
	struct slice copy;
	(void)o;

	if (whole ? !name_is_host(slice_from(s, 1)) : !name_is_address(s))
		return scalar_bad(why, s,
		    "an address such as scan@example.org, or @example.org for "
		    "all of a domain");
	uint8_t *p = arena_alloc(a, s.n + 1);
	if (p == NULL)
		return ERR_LIMIT;
	for (size_t i = 0; i < s.n; i++)
		p[i] = i > at ? ascii_lower(s.p[i]) : s.p[i];
	copy = slice_of(p, s.n);
	memcpy(out, &copy, sizeof(copy));
	return ERR_OK;
}

enum err
scalar_sender(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	uint8_t whole[256] = {'@'};

	if (slice_eq(s, SLICE("*")))
		return keep(a, s, false, out);
	if (name_is_host(s) && s.n < sizeof(whole)) {
		memcpy(whole + 1, s.p, s.n);
		s = slice_of(whole, s.n + 1);
	} else if (slice_find(s, '@') == s.n) {
		return scalar_bad(
		    why, s, "an address, a domain, or \"*\" for everybody");
	}
	return scalar_mailbox(o, s, a, out, why);
}

/* ---- where a list is fetched, and whose signature it must bear ---- */

/* host [ ":" port ] ( RFC 3986 3.2; no user and password, which do not belong
 * in a file everyone may read ). */
static bool
is_authority(struct slice s)
{
	struct ip ip;
	uint16_t port = 0;
	uint64_t number;
	size_t colon = slice_rfind(s, ':');

	if (ip_host_port(s, 443, &ip, &port) == ERR_OK)
		return port != 0;
	if (!name_is_host(slice_to(s, colon)))
		return false;
	return colon == s.n || (slice_u64(slice_from(s, colon + 1), &number) &&
				   number > 0 && number <= 65535);
}

static bool
is_url(struct slice s, struct slice *out_rest)
{
	struct slice https = SLICE("https://"), http = SLICE("http://");

	if (slice_starts_nocase(s, https))
		*out_rest = slice_from(s, https.n);
	else if (slice_starts_nocase(s, http))
		*out_rest = slice_from(s, http.n);
	else
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f ||
		    slice_find(SLICE("\"<>\\^`{|}#"), s.p[i]) != 10)
			return false;
	return true;
}

enum err
scalar_url(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	struct slice rest = SLICE_EMPTY;
	(void)o;
	if (s.n > 0 && !is_url(s, &rest))
		return scalar_bad(
		    why, s, "an address such as https://example.org/ptr.list");
	if (s.n > 0 && !is_authority(slice_to(rest, slice_find(rest, '/'))))
		return scalar_bad(why, s,
		    "a host behind the scheme, without user and password, as "
		    "in https://example.org/ptr.list");
	if (s.n > 2000)
		return scalar_bad(why, s, "at most 2000 octets");
	return keep(a, s, false, out);
}

#define KEY_OCTETS 42 /* "Ed", 8 of the id, 32 of the key */

/* What is left of a public key file whose two lines were put into one: its
 * last word. */
static struct slice
key_word(struct slice s)
{
	s = slice_trim(s);
	if (slice_starts(s, SLICE("untrusted comment:")))
		s = slice_from(s, slice_rfind(s, ' ') + 1);
	return s;
}

enum err
scalar_key(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	struct slice word = key_word(s);
	struct buf key;
	(void)o;

	if (word.n == 0 && s.n == 0)
		return keep(a, s, false, out);
	buf_init(&key, KEY_OCTETS);
	enum err e = base64_decode(word, &key);
	bool good = e == ERR_OK && key.n == KEY_OCTETS &&
		    slice_starts(buf_slice(&key), SLICE("Ed"));
	buf_free(&key);
	if (e == ERR_NOMEM)
		return e;
	if (!good)
		return scalar_bad(why, s,
		    "a minisign public key: the second line of its .pub file, "
		    "56 characters that begin with RW");
	return keep(a, word, false, out);
}

/* ---- next hops ---- */

enum err
scalar_nexthop(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	struct nexthop h;
	(void)o;
	enum err e = nexthop_parse(s, &h, why);
	if (e != ERR_OK)
		return e;
	if (!value_copy(a, h.path, &h.path) ||
	    !value_copy_lower(a, h.host, &h.host))
		return ERR_LIMIT;
	memcpy(out, &h, sizeof(h));
	return ERR_OK;
}

void
scalar_show_nexthop(
    const struct conf_option *o, const void *field, struct buf *b)
{
	struct nexthop h;
	struct buf text;
	(void)o;
	memcpy(&h, field, sizeof(h));
	buf_init(&text, 8192);
	nexthop_text(&h, &text);
	value_show_string(buf_slice(&text), b);
	buf_free(&text);
}
