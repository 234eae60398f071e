#include "proto/auth/sasl.h"

#include "base/utf8.h"

enum err
sasl_mech_parse(struct slice name, enum sasl_mech *out)
{
	for (enum sasl_mech m = SASL_PLAIN; m < SASL_MECH_COUNT; m++) {
		if (slice_eq_nocase(name, sasl_mech_name(m))) {
			*out = m;
			return ERR_OK;
		}
	}
	return ERR_NOT_FOUND;
}

struct slice
sasl_mech_name(enum sasl_mech m)
{
	switch (m) {
	case SASL_PLAIN:
		return SLICE("PLAIN");
	case SASL_LOGIN:
		return SLICE("LOGIN");
	case SASL_SCRAM_SHA_256:
		return SLICE("SCRAM-SHA-256");
	case SASL_SCRAM_SHA_256_PLUS:
		return SLICE("SCRAM-SHA-256-PLUS");
	case SASL_MECH_COUNT:
		break;
	}
	return SLICE_EMPTY;
}

/* What a name or a password may be on the wire of PLAIN and LOGIN. */
static enum err
check_text(struct slice s, size_t max)
{
	if (s.n == 0)
		return ERR_SYNTAX;
	if (s.n > max)
		return ERR_LIMIT;
	if (slice_find(s, 0) < s.n || !utf8_valid(s))
		return ERR_SYNTAX;
	return ERR_OK;
}

static enum err
check_plain(const struct sasl_plain *p)
{
	enum err e;
	if (p->authzid.n > 0) {
		e = check_text(p->authzid, SASL_NAME_MAX);
		if (e != ERR_OK)
			return e;
	}
	e = check_text(p->authcid, SASL_NAME_MAX);
	if (e != ERR_OK)
		return e;
	return check_text(p->password, SASL_PASSWORD_MAX);
}

enum err
sasl_plain_parse(struct slice msg, struct sasl_plain *out)
{
	size_t first = slice_find(msg, 0);
	if (first == msg.n)
		return ERR_SYNTAX;
	struct slice rest = slice_from(msg, first + 1);
	size_t second = slice_find(rest, 0);
	if (second == rest.n)
		return ERR_SYNTAX;
	struct sasl_plain p = {
	    .authzid = slice_to(msg, first),
	    .authcid = slice_to(rest, second),
	    .password = slice_from(rest, second + 1),
	};
	enum err e = check_plain(&p);
	if (e == ERR_OK)
		*out = p;
	return e;
}

enum err
sasl_plain_build(struct buf *b, const struct sasl_plain *in)
{
	enum err e = check_plain(in);
	if (e != ERR_OK)
		return e;
	buf_add(b, in->authzid);
	buf_add_byte(b, 0);
	buf_add(b, in->authcid);
	buf_add_byte(b, 0);
	buf_add(b, in->password);
	return buf_err(b);
}

struct slice
sasl_login_prompt(enum sasl_login_ask ask)
{
	return ask == SASL_LOGIN_ASK_NAME ? SLICE("Username:")
					  : SLICE("Password:");
}

enum err
sasl_login_text(enum sasl_login_ask ask, struct slice msg)
{
	return check_text(msg,
	    ask == SASL_LOGIN_ASK_NAME ? SASL_NAME_MAX : SASL_PASSWORD_MAX);
}

/* Take what stands before the next comma off the front of in; the last
 * attribute has none. */
static struct slice
take_attribute(struct slice *in)
{
	size_t comma = slice_find(*in, ',');
	struct slice a = slice_to(*in, comma);
	*in = slice_from(*in, comma + 1);
	return a;
}

/* cb-name = 1*(ALPHA / DIGIT / "." / "-") */
static bool
is_binding_name(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_alnum(s.p[i]) && s.p[i] != '.' && s.p[i] != '-')
			return false;
	return s.n > 0;
}

/* c-nonce = printable: %x21-2B / %x2D-7E */
static bool
is_nonce(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x21 || s.p[i] > 0x7e || s.p[i] == ',')
			return false;
	return s.n > 0;
}

static enum err
parse_gs2(struct slice *in, struct scram_first *out)
{
	if (slice_find(*in, ',') == in->n)
		return ERR_SYNTAX;
	struct slice flag = take_attribute(in);
	if (slice_eq(flag, SLICE("n")))
		out->binding = SCRAM_BINDING_NONE;
	else if (slice_eq(flag, SLICE("y")))
		out->binding = SCRAM_BINDING_UNSEEN;
	else if (slice_starts(flag, SLICE("p=")) &&
		 is_binding_name(slice_from(flag, 2))) {
		out->binding = SCRAM_BINDING_USED;
		out->binding_name = slice_from(flag, 2);
	} else
		return ERR_SYNTAX;
	if (slice_find(*in, ',') == in->n)
		return ERR_SYNTAX;
	struct slice authzid = take_attribute(in);
	if (authzid.n == 0)
		return ERR_OK;
	if (!slice_starts(authzid, SLICE("a=")) || authzid.n == 2)
		return ERR_SYNTAX;
	out->authzid = slice_from(authzid, 2);
	return check_text(out->authzid, 3 * SASL_NAME_MAX);
}

enum err
scram_first_parse(struct slice msg, struct scram_first *out)
{
	struct scram_first f = {.binding = SCRAM_BINDING_NONE};
	struct slice in = msg;
	enum err e = parse_gs2(&in, &f);
	if (e != ERR_OK)
		return e;
	if (slice_starts(in, SLICE("m=")))
		return ERR_UNSUPPORTED;
	struct slice name = take_attribute(&in);
	if (!slice_starts(name, SLICE("n=")))
		return ERR_SYNTAX;
	f.username = slice_from(name, 2);
	e = check_text(f.username, 3 * SASL_NAME_MAX);
	if (e != ERR_OK)
		return e;
	struct slice nonce = take_attribute(&in);
	if (!slice_starts(nonce, SLICE("r=")) ||
	    !is_nonce(slice_from(nonce, 2)))
		return ERR_SYNTAX;
	f.nonce = slice_from(nonce, 2);
	*out = f;
	return ERR_OK;
}

enum err
scram_name_decode(struct slice name, struct buf *b)
{
	size_t i = 0;
	while (i < name.n) {
		if (name.p[i] != '=') {
			buf_add_byte(b, name.p[i++]);
			continue;
		}
		struct slice esc = slice_to(slice_from(name, i), 3);
		if (slice_eq(esc, SLICE("=2C")))
			buf_add_byte(b, ',');
		else if (slice_eq(esc, SLICE("=3D")))
			buf_add_byte(b, '=');
		else
			return ERR_SYNTAX;
		i += 3;
	}
	return buf_err(b);
}
