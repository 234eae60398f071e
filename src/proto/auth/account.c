#include "proto/auth/account.h"

#include <string.h>

#include "base/base64.h"
#include "base/utf8.h"

#define LOCAL_MAX  64
#define DOMAIN_MAX 255
#define LABEL_MAX  63

/* atext of RFC 5322 without "/", and what RFC 6531 adds. */
static bool
is_local_char(uint8_t c)
{
	static const char specials[] = "!#$%&'*+-=?^_`{|}~";
	if (ascii_is_alnum(c) || c >= 0x80)
		return true;
	return c != 0 && memchr(specials, c, sizeof(specials) - 1) != NULL;
}

static enum err
check_local(struct slice s, struct diag *why)
{
	if (s.n == 0)
		return diag_set(why, ERR_SYNTAX, "", "the local part is empty");
	if (s.p[0] == '.')
		return diag_set(
		    why, ERR_SYNTAX, "", "a name may not begin with a dot");
	if (s.p[0] == '#')
		return diag_set(
		    why, ERR_SYNTAX, "", "a name may not begin with '#'");
	if (s.p[s.n - 1] == '.')
		return diag_set(why, ERR_SYNTAX, "",
		    "the local part may not end with a dot");
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.') {
			if (s.p[i + 1] == '.')
				return diag_set(
				    why, ERR_SYNTAX, "", "two dots in a row");
			continue;
		}
		if (s.p[i] < 0x20 || s.p[i] == 0x7f)
			return diag_set(
			    why, ERR_SYNTAX, "", "a control byte in the name");
		if (!is_local_char(s.p[i]))
			return diag_set(why, ERR_SYNTAX, "",
			    "'%c' may not stand in a name", s.p[i]);
	}
	if (s.n > LOCAL_MAX)
		return diag_set(why, ERR_SYNTAX, "",
		    "the local part is longer than %d octets", LOCAL_MAX);
	return ERR_OK;
}

static enum err
check_label(struct slice s, struct diag *why)
{
	if (s.n == 0)
		return diag_set(why, ERR_SYNTAX, "",
		    "an empty label in the domain (a dot too many)");
	if (s.n > LABEL_MAX)
		return diag_set(why, ERR_SYNTAX, "",
		    "a label of the domain is longer than %d octets",
		    LABEL_MAX);
	if (s.p[0] == '-' || s.p[s.n - 1] == '-')
		return diag_set(why, ERR_SYNTAX, "",
		    "a label of the domain begins or ends with '-'");
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (ascii_is_alnum(c) || c == '-' || c >= 0x80)
			continue;
		if (c < 0x20 || c == 0x7f)
			return diag_set(why, ERR_SYNTAX, "",
			    "a control byte in the domain");
		return diag_set(
		    why, ERR_SYNTAX, "", "'%c' may not stand in a domain", c);
	}
	return ERR_OK;
}

static enum err
check_domain(struct slice s, struct diag *why)
{
	if (s.n > DOMAIN_MAX)
		return diag_set(why, ERR_SYNTAX, "",
		    "the domain is longer than %d octets", DOMAIN_MAX);
	for (;;) {
		size_t dot = slice_find(s, '.');
		enum err e = check_label(slice_to(s, dot), why);
		if (e != ERR_OK)
			return e;
		if (dot == s.n)
			return ERR_OK;
		s = slice_from(s, dot + 1);
	}
}

void
account_split(
    struct slice name, struct slice *out_local, struct slice *out_domain)
{
	size_t at = slice_rfind(name, '@');
	*out_local = slice_to(name, at);
	*out_domain = slice_from(name, at + 1);
}

enum err
account_name(struct slice name, struct buf *out, struct diag *why)
{
	struct slice local, domain;
	account_split(name, &local, &domain);
	if (!utf8_valid(name))
		return diag_set(why, ERR_SYNTAX, "", "the name is not UTF-8");
	enum err e = check_local(local, why);
	if (e == ERR_OK && local.n < name.n)
		e = check_domain(domain, why);
	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < name.n; i++)
		buf_add_byte(out, ascii_lower(name.p[i]));
	return buf_err(out);
}

/* The characters that crypt(5) says a hash is made of, after "$id$". */
static bool
is_crypt_hash(struct slice s)
{
	if (s.n < 4 || s.n >= ACCOUNT_HASH_MAX || s.p[0] != '$')
		return false;
	size_t id = slice_find(slice_from(s, 1), '$');
	if (id == 0 || id + 2 >= s.n)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (c <= ' ' || c >= 0x7f || c == ':' || c == ';' || c == '*' ||
		    c == '!' || c == '\\')
			return false;
	}
	return true;
}

/* Decode base64 of at least min and at most max octets into out. */
static bool
decode_part(struct slice s, size_t min, size_t max, uint8_t *out, size_t *out_n)
{
	struct buf b;
	buf_init(&b, max);
	bool good = base64_decode(s, &b) == ERR_OK && b.n >= min;
	if (good && b.n > 0) {
		memcpy(out, b.p, b.n);
		*out_n = b.n;
	}
	buf_free(&b);
	return good;
}

static struct slice
take_until(struct slice *in, uint8_t c)
{
	size_t n = slice_find(*in, c);
	struct slice s = slice_to(*in, n);
	*in = slice_from(*in, n + 1);
	return s;
}

/* scram = iterations "," salt "," stored-key "," server-key */
static enum err
parse_scram(struct slice s, struct account *a, struct diag *why)
{
	uint64_t iterations;
	size_t n;
	struct slice count = take_until(&s, ',');
	if (!slice_u64(count, &iterations) ||
	    iterations < ACCOUNT_ITERATIONS_MIN ||
	    iterations > ACCOUNT_ITERATIONS_MAX)
		return diag_set(why, ERR_SYNTAX, "",
		    "scram-sha-256: the iterations must be a number from %d "
		    "to %d",
		    ACCOUNT_ITERATIONS_MIN, ACCOUNT_ITERATIONS_MAX);
	a->iterations = (uint32_t)iterations;
	if (!decode_part(
		take_until(&s, ','), 1, ACCOUNT_SALT_MAX, a->salt, &a->salt_n))
		return diag_set(why, ERR_SYNTAX, "",
		    "scram-sha-256: the salt is not base64 of 1 to %d octets",
		    ACCOUNT_SALT_MAX);
	if (!decode_part(take_until(&s, ','), ACCOUNT_KEY_LEN, ACCOUNT_KEY_LEN,
		a->stored_key, &n) ||
	    !decode_part(
		s, ACCOUNT_KEY_LEN, ACCOUNT_KEY_LEN, a->server_key, &n))
		return diag_set(why, ERR_SYNTAX, "",
		    "scram-sha-256: a key is not base64 of %d octets",
		    ACCOUNT_KEY_LEN);
	return ERR_OK;
}

static enum err
parse_field(struct slice field, struct account *a, struct diag *why)
{
	struct slice value = field;
	struct slice key = take_until(&value, '=');
	if (slice_eq(key, SLICE("crypt"))) {
		if (a->hash.n > 0)
			return diag_set(
			    why, ERR_SYNTAX, "", "crypt stands twice");
		if (!is_crypt_hash(value))
			return diag_set(why, ERR_SYNTAX, "",
			    "crypt: not a hash of crypt(3)");
		a->hash = value;
		return ERR_OK;
	}
	if (slice_eq(key, SLICE("scram-sha-256"))) {
		if (a->iterations > 0)
			return diag_set(
			    why, ERR_SYNTAX, "", "scram-sha-256 stands twice");
		return parse_scram(value, a, why);
	}
	return diag_set(why, ERR_SYNTAX, "",
	    "unknown field \"%.*s\", expected crypt= and scram-sha-256=",
	    SLICE_ARG(slice_to(key, 40)));
}

static enum err
parse_name(struct slice name, struct account *a, struct diag *why)
{
	struct buf lower;
	buf_init(&lower, ACCOUNT_NAME_MAX);
	enum err e = account_name(name, &lower, why);
	if (e == ERR_OK && !slice_eq(buf_slice(&lower), name))
		e = diag_set(
		    why, ERR_SYNTAX, "", "the name is not in lower case");
	buf_free(&lower);
	a->name = name;
	return e;
}

enum err
account_parse(struct slice line, struct account *out, struct diag *why)
{
	struct account a = {.iterations = 0};
	struct slice rest = slice_trim(line);
	if (rest.n == 0 || rest.p[0] == '#')
		return ERR_NOT_FOUND;
	if (line.n > ACCOUNT_LINE_MAX)
		return diag_set(why, ERR_SYNTAX, "",
		    "the line is longer than %d octets", ACCOUNT_LINE_MAX);
	enum err e = parse_name(take_until(&rest, ' '), &a, why);
	while (e == ERR_OK && rest.n > 0) {
		struct slice field = take_until(&rest, ' ');
		if (field.n > 0)
			e = parse_field(field, &a, why);
	}
	if (e == ERR_OK && (a.hash.n == 0 || a.iterations == 0))
		e = diag_set(why, ERR_SYNTAX, "", "%s is missing",
		    a.hash.n == 0 ? "crypt=" : "scram-sha-256=");
	if (e == ERR_OK)
		*out = a;
	return e;
}

enum err
account_format(struct buf *b, const struct account *a)
{
	if (!is_crypt_hash(a->hash) || a->iterations < ACCOUNT_ITERATIONS_MIN ||
	    a->iterations > ACCOUNT_ITERATIONS_MAX || a->salt_n == 0 ||
	    a->salt_n > ACCOUNT_SALT_MAX)
		return ERR_SYNTAX;
	struct account named = {.iterations = 0};
	enum err e = parse_name(a->name, &named, NULL);
	if (e != ERR_OK)
		return e;
	buf_add(b, a->name);
	buf_add(b, SLICE(" crypt="));
	buf_add(b, a->hash);
	buf_add(b, SLICE(" scram-sha-256="));
	buf_add_u64(b, a->iterations);
	buf_add_byte(b, ',');
	buf_add_base64(b, slice_of(a->salt, a->salt_n));
	buf_add_byte(b, ',');
	buf_add_base64(b, slice_of(a->stored_key, ACCOUNT_KEY_LEN));
	buf_add_byte(b, ',');
	buf_add_base64(b, slice_of(a->server_key, ACCOUNT_KEY_LEN));
	buf_add_byte(b, '\n');
	return buf_err(b);
}

bool
account_next_line(struct slice *rest, size_t *line_no, struct slice *out_line)
{
	if (rest->n == 0)
		return false;
	*out_line = take_until(rest, '\n');
	if (out_line->n > 0 && out_line->p[out_line->n - 1] == '\r')
		out_line->n--;
	(*line_no)++;
	return true;
}
