#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <gsasl.h>

#include "base/base64.h"
#include "os/random.h"
#include "role/auth/exchange.h"
#include "role/auth/secret.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const uint64_t seed[2] = {3, 4};
static const char exporter[] = "0123456789abcdef0123456789abcdef";

struct fixture {
	struct accounts accounts;
	struct exchange_env env;
	unsigned computed; /* hashes asked for */
};

static bool
is_maildir(void *arg, struct slice domain)
{
	(void)arg;
	return slice_eq(domain, SLICE("contoh.id"));
}

static void
add(struct buf *b, const char *name, const char *password)
{
	struct secret s;
	struct diag d;
	assert_int_equal(secret_make(slice_str(password), &s, &d), ERR_OK);
	struct account a = secret_account(slice_str(name), &s);
	assert_int_equal(account_format(b, &a), ERR_OK);
}

static int
setup(void **state)
{
	static struct fixture f;
	struct buf text;
	struct diag d;
	struct secret nobody;
	size_t line;
	f = (struct fixture){.computed = 0};
	buf_init(&text, 65536);
	add(&text, "budi@contoh.id", "rahasia");
	add(&text, "ani", "kata sandi \xe2\x82\xac");
	add(&text, "eka@contoh.id", "satu");
	add(&text, "eka@cabang.id", "dua");
	assert_int_equal(
	    accounts_read(&f.accounts, seed, &text, &line, &d), ERR_OK);
	assert_int_equal(secret_make(SLICE("x"), &nobody, &d), ERR_OK);
	memcpy(f.env.no_hash, nobody.hash, sizeof(nobody.hash));
	f.env.accounts = &f.accounts;
	f.env.is_maildir = is_maildir;
	random_bytes(f.env.secret, sizeof(f.env.secret));
	assert_int_equal(gsasl_init(&f.env.lib), GSASL_OK);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	gsasl_done(f->env.lib);
	accounts_free(&f->accounts);
	return 0;
}

static enum exchange_next
verify(struct fixture *f, struct exchange *x, enum exchange_next n)
{
	if (n != EXCHANGE_VERIFY)
		return n;
	f->computed++;
	return exchange_verified(
	    x, secret_verify(buf_slice(&x->password), buf_slice(&x->hash)));
}

struct plain_case {
	const char *authzid, *name, *password;
	enum exchange_next want;
	const char *user;
};

static const struct plain_case plain_cases[] = {
    {"", "budi@contoh.id", "rahasia", EXCHANGE_ACCEPT, "budi@contoh.id"},
    {"", "Budi@CONTOH.id", "rahasia", EXCHANGE_ACCEPT, "budi@contoh.id"},
    {"", "budi", "rahasia", EXCHANGE_ACCEPT, "budi@contoh.id"},
    {"budi", "budi@contoh.id", "rahasia", EXCHANGE_ACCEPT, "budi@contoh.id"},
    {"", "ani", "kata sandi \xe2\x82\xac", EXCHANGE_ACCEPT, "ani"},
    {"", "ani@contoh.id", "kata sandi \xe2\x82\xac", EXCHANGE_ACCEPT, "ani"},
    {"", "eka@cabang.id", "dua", EXCHANGE_ACCEPT, "eka@cabang.id"},
    {"", "ani@mitra.example", "kata sandi \xe2\x82\xac", EXCHANGE_DENY, NULL},
    {"", "eka", "satu", EXCHANGE_DENY, NULL}, /* which one? */
    {"", "budi@contoh.id", "Rahasia", EXCHANGE_DENY, NULL},
    {"", "budi@contoh.id", "rahasi", EXCHANGE_DENY, NULL},
    {"", "budi@contoh.id", "x", EXCHANGE_DENY, NULL},
    {"", "nobody", "x", EXCHANGE_DENY, NULL}, /* what no_hash was made of */
    {"", "../budi", "rahasia", EXCHANGE_DENY, NULL},
    {"ani", "budi@contoh.id", "rahasia", EXCHANGE_DENY, NULL},
    {"nobody", "budi@contoh.id", "rahasia", EXCHANGE_DENY, NULL},
};

static void
test_plain(void **state)
{
	struct fixture *f = *state;
	for (size_t i = 0; i < COUNT(plain_cases); i++) {
		const struct plain_case *c = &plain_cases[i];
		struct exchange x;
		struct buf msg;
		const struct sasl_plain p = {.authzid = slice_str(c->authzid),
		    .authcid = slice_str(c->name),
		    .password = slice_str(c->password)};
		buf_init(&msg, 1024);
		assert_int_equal(sasl_plain_build(&msg, &p), ERR_OK);
		exchange_init(&x, SASL_PLAIN, SLICE_EMPTY);
		f->computed = 0;
		enum exchange_next n = verify(
		    f, &x, exchange_start(&x, &f->env, true, buf_slice(&msg)));
		assert_int_equal(n, c->want);
		/* Known or not, right or wrong: one hash each. */
		assert_int_equal(f->computed, 1);
		if (c->user != NULL)
			assert_true(
			    slice_eq(buf_slice(&x.user), slice_str(c->user)));
		assert_int_equal(exchange_step(&x, &f->env, buf_slice(&msg)),
		    EXCHANGE_MALFORMED);
		exchange_free(&x);
		buf_free(&msg);
	}
}

static void
test_plain_without_initial(void **state)
{
	struct fixture *f = *state;
	struct exchange x;
	exchange_init(&x, SASL_PLAIN, SLICE_EMPTY);
	assert_int_equal(exchange_start(&x, &f->env, false, SLICE_EMPTY),
	    EXCHANGE_CHALLENGE);
	assert_int_equal(x.out.n, 0);
	assert_int_equal(
	    verify(f, &x, exchange_step(&x, &f->env, SLICE("\0budi\0rahasia"))),
	    EXCHANGE_ACCEPT);
	exchange_free(&x);
	exchange_init(&x, SASL_PLAIN, SLICE_EMPTY);
	assert_int_equal(exchange_start(&x, &f->env, true, SLICE("budi")),
	    EXCHANGE_MALFORMED);
	exchange_free(&x);
}

static void
login_case(struct fixture *f, bool initial, struct slice name,
    struct slice password, enum exchange_next want)
{
	struct exchange x;
	exchange_init(&x, SASL_LOGIN, SLICE_EMPTY);
	enum exchange_next n = exchange_start(&x, &f->env, initial, name);
	if (!initial) {
		assert_int_equal(n, EXCHANGE_CHALLENGE);
		assert_true(slice_eq(buf_slice(&x.out), SLICE("Username:")));
		n = exchange_step(&x, &f->env, name);
	}
	if (n == EXCHANGE_CHALLENGE) {
		assert_true(slice_eq(buf_slice(&x.out), SLICE("Password:")));
		f->computed = 0;
		n = verify(f, &x, exchange_step(&x, &f->env, password));
		assert_int_equal(
		    f->computed, want == EXCHANGE_MALFORMED ? 0 : 1);
	}
	assert_int_equal(n, want);
	exchange_free(&x);
}

static void
test_login(void **state)
{
	struct fixture *f = *state;
	struct slice good = SLICE("rahasia");
	login_case(f, false, SLICE("budi"), good, EXCHANGE_ACCEPT);
	login_case(f, true, SLICE("budi@contoh.id"), good, EXCHANGE_ACCEPT);
	login_case(f, false, SLICE("budi"), SLICE("salah"), EXCHANGE_DENY);
	login_case(f, false, SLICE("siapa"), good, EXCHANGE_DENY);
	login_case(f, false, SLICE(""), good, EXCHANGE_MALFORMED);
	login_case(f, false, SLICE("budi"), SLICE(""), EXCHANGE_MALFORMED);
	login_case(f, true, SLICE("bu\0di"), good, EXCHANGE_MALFORMED);
}

/* ---- SCRAM against the client of libgsasl ---- */

static Gsasl_session *
client_new(struct fixture *f, const char *mech, const char *name,
    const char *password, const char *binding)
{
	Gsasl_session *s;
	assert_int_equal(gsasl_client_start(f->env.lib, mech, &s), GSASL_OK);
	assert_int_equal(gsasl_property_set(s, GSASL_AUTHID, name), GSASL_OK);
	assert_int_equal(
	    gsasl_property_set(s, GSASL_PASSWORD, password), GSASL_OK);
	if (binding != NULL) {
		struct buf b;
		buf_init(&b, 256);
		buf_add_base64(&b, slice_str(binding));
		assert_int_equal(
		    gsasl_property_set_raw(
			s, GSASL_CB_TLS_EXPORTER, (const char *)b.p, b.n),
		    GSASL_OK);
		buf_free(&b);
	}
	return s;
}

/* Run the dialogue; the user it ends with is appended to user. */
static enum exchange_next
scram_run(struct fixture *f, Gsasl_session *client, enum sasl_mech mech,
    struct slice server_binding, struct buf *user)
{
	struct exchange x;
	char *msg = NULL;
	size_t msg_n = 0;
	exchange_init(&x, mech, server_binding);
	int rc = gsasl_step(client, NULL, 0, &msg, &msg_n);
	assert_int_equal(rc, GSASL_NEEDS_MORE);
	enum exchange_next n =
	    exchange_start(&x, &f->env, true, slice_of(msg, msg_n));
	gsasl_free(msg);
	while (n == EXCHANGE_CHALLENGE) {
		msg = NULL;
		rc = gsasl_step(
		    client, (const char *)x.out.p, x.out.n, &msg, &msg_n);
		if (rc != GSASL_OK && rc != GSASL_NEEDS_MORE) {
			n = EXCHANGE_FAULT; /* it refused the server */
			break;
		}
		n = exchange_step(&x, &f->env, slice_of(msg, msg_n));
		gsasl_free(msg);
	}
	buf_add(user, buf_slice(&x.user));
	exchange_free(&x);
	gsasl_finish(client);
	return n;
}

struct scram_case {
	const char *mech, *name, *password;
	const char *client_binding, *server_binding;
	enum exchange_next want;
};

static const struct scram_case scram_cases[] = {
    {"SCRAM-SHA-256", "budi@contoh.id", "rahasia", NULL, NULL, EXCHANGE_ACCEPT},
    {"SCRAM-SHA-256", "budi", "rahasia", NULL, NULL, EXCHANGE_ACCEPT},
    {"SCRAM-SHA-256", "ani", "kata sandi \xe2\x82\xac", NULL, NULL,
	EXCHANGE_ACCEPT},
    {"SCRAM-SHA-256", "budi", "rahasia", NULL, exporter, EXCHANGE_ACCEPT},
    {"SCRAM-SHA-256", "budi", "salah", NULL, NULL, EXCHANGE_DENY},
    {"SCRAM-SHA-256", "siapa", "rahasia", NULL, NULL, EXCHANGE_DENY},
    {"SCRAM-SHA-256-PLUS", "budi", "rahasia", exporter, exporter,
	EXCHANGE_ACCEPT},
    {"SCRAM-SHA-256-PLUS", "budi", "salah", exporter, exporter, EXCHANGE_DENY},
    {"SCRAM-SHA-256-PLUS", "siapa", "rahasia", exporter, exporter,
	EXCHANGE_DENY},
    /* Another channel: somebody is in the middle. */
    {"SCRAM-SHA-256-PLUS", "budi", "rahasia",
	"another-channel-another-channel-", exporter, EXCHANGE_DENY},
    {"SCRAM-SHA-256-PLUS", "budi", "rahasia", exporter, NULL, EXCHANGE_DENY},
};

static void
test_scram(void **state)
{
	struct fixture *f = *state;
	for (size_t i = 0; i < COUNT(scram_cases); i++) {
		const struct scram_case *c = &scram_cases[i];
		struct buf user;
		enum sasl_mech mech;
		buf_init(&user, 512);
		assert_int_equal(
		    sasl_mech_parse(slice_str(c->mech), &mech), ERR_OK);
		enum exchange_next n = scram_run(f,
		    client_new(
			f, c->mech, c->name, c->password, c->client_binding),
		    mech, slice_str(c->server_binding), &user);
		if (n != c->want)
			fail_msg("case %zu: %d", i, (int)n);
		if (n == EXCHANGE_ACCEPT)
			assert_true(slice_eq(buf_slice(&user),
					SLICE("budi@contoh.id")) ||
				    slice_eq(buf_slice(&user), SLICE("ani")));
		buf_free(&user);
	}
}

/* The first answer to a name, without its nonce. */
static void
first_answer(struct fixture *f, const char *msg, struct buf *out)
{
	struct exchange x;
	exchange_init(&x, SASL_SCRAM_SHA_256, SLICE_EMPTY);
	assert_int_equal(exchange_start(&x, &f->env, true, slice_str(msg)),
	    EXCHANGE_CHALLENGE);
	struct slice s = buf_slice(&x.out);
	buf_add(out, slice_from(s, slice_find(s, ',')));
	exchange_free(&x);
}

static void
test_invented_salt(void **state)
{
	struct fixture *f = *state;
	struct buf a, b, c, known;
	buf_init(&a, 512);
	buf_init(&b, 512);
	buf_init(&c, 512);
	buf_init(&known, 512);
	first_answer(f, "n,,n=siapa,r=abc", &a);
	first_answer(f, "n,,n=siapa,r=def", &b);
	first_answer(f, "n,,n=lain,r=abc", &c);
	first_answer(f, "n,,n=budi,r=abc", &known);
	assert_true(slice_eq(buf_slice(&a), buf_slice(&b)));
	assert_false(slice_eq(buf_slice(&a), buf_slice(&c)));
	assert_int_equal(a.n, known.n); /* the same shape */
	buf_free(&a);
	buf_free(&b);
	buf_free(&c);
	buf_free(&known);
}

/* A client that could bind says it saw no -PLUS: since it was offered under
 * TLS, somebody in the middle hid it. Without TLS it was not. */
static void
test_downgrade(void **state)
{
	struct fixture *f = *state;
	struct exchange x;
	exchange_init(&x, SASL_SCRAM_SHA_256, SLICE(exporter));
	assert_int_equal(
	    exchange_start(&x, &f->env, true, SLICE("y,,n=budi,r=abc")),
	    EXCHANGE_DENY);
	exchange_free(&x);
	exchange_init(&x, SASL_SCRAM_SHA_256, SLICE_EMPTY);
	assert_int_equal(
	    exchange_start(&x, &f->env, true, SLICE("y,,n=budi,r=abc")),
	    EXCHANGE_CHALLENGE);
	exchange_free(&x);
}

static void
test_scram_malformed(void **state)
{
	struct fixture *f = *state;
	static const char *const firsts[] = {"", "n,,n=budi", "budi",
	    "p=tls-exporter,,n=budi,r=abc", "n,,n=a=00,r=abc",
	    "n,,m=1,n=budi,r=abc"};
	for (size_t i = 0; i < COUNT(firsts); i++) {
		struct exchange x;
		exchange_init(&x, SASL_SCRAM_SHA_256, SLICE_EMPTY);
		assert_int_equal(
		    exchange_start(&x, &f->env, true, slice_str(firsts[i])),
		    EXCHANGE_MALFORMED);
		exchange_free(&x);
	}
	struct exchange x;
	exchange_init(&x, SASL_SCRAM_SHA_256, SLICE_EMPTY);
	assert_int_equal(
	    exchange_start(&x, &f->env, true, SLICE("n,,n=budi,r=abc")),
	    EXCHANGE_CHALLENGE);
	enum exchange_next n = exchange_step(&x, &f->env, SLICE("garbage"));
	assert_true(n == EXCHANGE_MALFORMED || n == EXCHANGE_DENY);
	exchange_free(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_plain_without_initial),
	    cmocka_unit_test(test_login),
	    cmocka_unit_test(test_scram),
	    cmocka_unit_test(test_invented_salt),
	    cmocka_unit_test(test_downgrade),
	    cmocka_unit_test(test_scram_malformed),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
