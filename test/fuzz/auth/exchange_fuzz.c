/* A whole AUTH exchange with a client that says anything: it ends, and nobody
 * is let in but by the right password. The first octet chooses mechanism and
 * channel, 0xff stands between messages. */
#include <stdlib.h>

#include <gsasl.h>

#include "role/auth/exchange.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char file[] =
    "budi@contoh.id crypt=$y$j9T$a$b scram-sha-256=4096,c2FsdA==,"
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=,"
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static bool
is_maildir(void *arg, struct slice domain)
{
	(void)arg;
	return slice_eq(domain, SLICE("contoh.id"));
}

static struct slice
take(struct slice *in)
{
	size_t n = slice_find(*in, 0xff);
	struct slice s = slice_to(*in, n);
	*in = slice_from(*in, n + 1);
	return s;
}

static void
run(const struct exchange_env *env, uint8_t how, struct slice in)
{
	struct exchange x;
	enum sasl_mech mech = (enum sasl_mech)(how % SASL_MECH_COUNT);
	bool fits = false;
	unsigned verified = 0;
	exchange_init(&x, mech,
	    (how & 16) != 0 ? SLICE("0123456789abcdef0123456789abcdef")
			    : SLICE_EMPTY);
	struct slice first = take(&in);
	enum exchange_next n = exchange_start(&x, env, (how & 32) != 0, first);
	for (int i = 0; i < 8; i++) {
		if (n == EXCHANGE_VERIFY) {
			/* The hash is not computed here: what fits is known. */
			verified++;
			fits =
			    slice_eq(buf_slice(&x.password), SLICE("rahasia"));
			n = exchange_verified(&x, fits);
		} else if (n == EXCHANGE_CHALLENGE)
			n = exchange_step(&x, env, take(&in));
		else
			break;
	}
	check(n != EXCHANGE_VERIFY && n != EXCHANGE_CHALLENGE);
	check(verified <= 1);
	if (n == EXCHANGE_ACCEPT) {
		check(verified == 1 && fits && x.known);
		check(mech == SASL_PLAIN || mech == SASL_LOGIN);
		check(slice_eq(buf_slice(&x.user), SLICE("budi@contoh.id")));
	}
	check(exchange_step(&x, env, SLICE("more")) == EXCHANGE_MALFORMED);
	exchange_free(&x);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t seed[2] = {1, 2};
	struct exchange_env env = {
	    .is_maildir = is_maildir, .no_hash = "$y$j9T$x$y"};
	struct accounts accounts;
	struct buf text;
	struct diag d;
	size_t line;
	if (size == 0)
		return 0;
	buf_init(&text, sizeof(file));
	buf_add_str(&text, file);
	check(accounts_read(&accounts, seed, &text, &line, &d) == ERR_OK);
	check(gsasl_init(&env.lib) == GSASL_OK);
	env.accounts = &accounts;
	run(&env, data[0], slice_of(data + 1, size - 1));
	gsasl_done(env.lib);
	accounts_free(&accounts);
	return 0;
}
