/* SASL messages: what PLAIN parses builds the same message; what SCRAM takes
 * has its parts inside the message and its name decodes within bounds. */
#include <stdlib.h>

#include "base/utf8.h"
#include "proto/auth/sasl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
inside(struct slice part, struct slice msg)
{
	check(part.n == 0 ||
	      (part.p >= msg.p && part.p + part.n <= msg.p + msg.n));
	check(slice_find(part, 0) == part.n);
}

static void
plain(struct slice in)
{
	struct sasl_plain p;
	struct buf b;
	if (sasl_plain_parse(in, &p) != ERR_OK)
		return;
	inside(p.authzid, in);
	inside(p.authcid, in);
	inside(p.password, in);
	check(p.authcid.n > 0 && p.authcid.n <= SASL_NAME_MAX);
	check(p.password.n > 0 && p.password.n <= SASL_PASSWORD_MAX);
	buf_init(&b, in.n);
	check(sasl_plain_build(&b, &p) == ERR_OK);
	check(slice_eq(buf_slice(&b), in));
	buf_free(&b);
}

static void
scram(struct slice in)
{
	struct scram_first f;
	struct buf b;
	if (scram_first_parse(in, &f) != ERR_OK)
		return;
	inside(f.authzid, in);
	inside(f.username, in);
	inside(f.nonce, in);
	inside(f.binding_name, in);
	check(f.nonce.n > 0 && f.username.n > 0);
	check((f.binding == SCRAM_BINDING_USED) == (f.binding_name.n > 0));
	buf_init(&b, f.username.n);
	if (scram_name_decode(f.username, &b) == ERR_OK)
		check(b.n <= f.username.n && utf8_valid(buf_slice(&b)));
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	enum sasl_mech m;
	plain(in);
	scram(in);
	if (sasl_mech_parse(in, &m) == ERR_OK)
		check(slice_eq_nocase(in, sasl_mech_name(m)));
	if (sasl_login_text(SASL_LOGIN_ASK_NAME, in) == ERR_OK)
		check(size > 0 && size <= SASL_NAME_MAX && utf8_valid(in));
	return 0;
}
