#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "role/lookup/resolve.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const uint64_t seed[2] = {5, 6};

struct fixture {
	struct conf *conf;
	struct names names;
	struct arena arena;
	struct alias_table aliases;
	struct resolve_env env;
};

static enum err
read_memory(void *ctx, const char *path, struct buf *out, struct diag *d)
{
	(void)path;
	(void)d;
	buf_add_str(out, ctx);
	return buf_err(out);
}

static char conf_text[] =
    "hostname = \"mail.contoh.id\"\n"
    "postmaster = \"ani@contoh.id\"\n"
    "recipient-delimiter = \"+\"\n"
    "listen \"mx\" { address = {\"192.0.2.25:25\"} role = \"mx\" }\n"
    "domain \"contoh.id\" { deliver = \"maildir:/m/%d/%u\" }\n"
    "domain \"lain.id\" { deliver = \"maildir:/m/%d/%u\" }\n"
    "domain \"pabrik.id\" { deliver = \"lmtp:unix:/run/lmtp\" }\n"
    "domain \"cabang.id\" { deliver = \"relay:[10.0.0.5]:25\" }\n";

static const char alias_text[] = "abuse: budi\n"
				 "semua: budi, ani@mitra.example\n"
				 "hantu: tiada\n"
				 "separuh: tiada, budi\n"
				 "putar: putar2\nputar2: putar\n"
				 "gudang@cabang.id: budi@contoh.id\n"
				 "tag: Budi+X@Contoh.id\n"
				 "dobel: budi, budi+a, BUDI@contoh.id\n"
				 "kepala@lain.id: postmaster\n";

static void
report(void *arg, size_t line, const char *text)
{
	(void)arg;
	fail_msg("%zu: %s", line, text);
}

static int
setup(void **state)
{
	static struct fixture f;
	static const char *const accounts[] = {
	    "budi@contoh.id", "ani", "a+b@contoh.id"};
	struct conf_report r;
	const struct conf_source src = {.read = read_memory, .ctx = conf_text};
	memset(&f, 0, sizeof(f));
	conf_report_init(&r);
	assert_int_equal(
	    conf_read(&src, "kurir.conf", NULL, &f.conf, &r), ERR_OK);
	conf_report_free(&r);
	names_init(&f.names, seed);
	for (size_t i = 0; i < COUNT(accounts); i++)
		assert_int_equal(
		    names_add(&f.names, slice_str(accounts[i])), ERR_OK);
	arena_init(&f.arena, 1 << 20);
	assert_int_equal(alias_parse(slice_str(alias_text), &f.arena, report,
			     NULL, &f.aliases),
	    ERR_OK);
	f.env = (struct resolve_env){
	    .conf = f.conf, .names = &f.names, .aliases = &f.aliases};
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	names_free(&f->names);
	arena_reset(&f->arena);
	conf_free(f->conf);
	return 0;
}

#define FOR IPC_DOMAIN_FOREIGN
#define MDR IPC_DOMAIN_MAILDIR
#define LMT IPC_DOMAIN_LMTP
#define GTW IPC_DOMAIN_GATEWAY
#define YES IPC_EXISTS_YES
#define NO  IPC_EXISTS_NO
#define UNK IPC_EXISTS_UNKNOWN

struct resolve_case {
	const char *local, *domain;
	enum ipc_domain_class dom_class;
	enum ipc_exists exists;
	bool verify;
	const char *targets; /* a blank after each */
};

static const struct resolve_case cases[] = {
    {"budi", "contoh.id", MDR, YES, false, "budi@contoh.id "},
    {"Budi", "Contoh.ID", MDR, YES, false, "budi@contoh.id "},
    {"budi+tag", "contoh.id", MDR, YES, false, "budi@contoh.id "},
    {"budi+", "contoh.id", MDR, YES, false, "budi@contoh.id "},
    {"a+b", "contoh.id", MDR, YES, false, "a+b@contoh.id "},
    {"a+b+c", "contoh.id", MDR, NO, false, ""},
    {"budi", "lain.id", MDR, NO, false, ""},
    {"ani", "lain.id", MDR, YES, false, "ani@lain.id "},
    {"ani", "contoh.id", MDR, YES, false, "ani@contoh.id "},
    {"siapa", "contoh.id", MDR, NO, false, ""},
    {"+budi", "contoh.id", MDR, NO, false, ""},
    {"", "contoh.id", MDR, NO, false, ""},
    {"../budi", "contoh.id", MDR, NO, false, ""},
    {"budi@contoh.id", "contoh.id", MDR, NO, false, ""}, /* was quoted */
    {"budi@contoh.id", "lain.id", MDR, NO, false, ""},
    {"budi", "sub.contoh.id", FOR, NO, false, ""},
    {"budi", "contoh.id.", FOR, NO, false, ""},
    {"budi", "mitra.example", FOR, NO, false, ""},
    {"budi", "[198.51.100.1]", FOR, NO, false, ""},
    {"budi", "[192.0.2.25]", MDR, NO, false, ""},
    {"budi", "mail.contoh.id", MDR, NO, false, ""},
    /* aliases */
    {"abuse", "contoh.id", MDR, YES, false, "budi@contoh.id "},
    {"ABUSE", "contoh.id", MDR, YES, false, "budi@contoh.id "},
    {"abuse+x", "contoh.id", MDR, YES, false, "budi@contoh.id "},
    {"abuse", "lain.id", MDR, UNK, false, ""}, /* no budi there */
    {"semua", "contoh.id", MDR, YES, false,
	"budi@contoh.id ani@mitra.example "},
    {"hantu", "contoh.id", MDR, UNK, false, ""},
    {"separuh", "contoh.id", MDR, YES, false, "budi@contoh.id "},
    {"putar", "contoh.id", MDR, UNK, false, ""},
    {"tag", "contoh.id", MDR, YES, false, "budi@contoh.id "},
    {"dobel", "contoh.id", MDR, YES, false, "budi@contoh.id "},
    {"gudang", "cabang.id", GTW, YES, false, "budi@contoh.id "},
    {"kepala", "lain.id", MDR, YES, false, "postmaster@lain.id "},
    /* elsewhere */
    {"siapa", "pabrik.id", LMT, YES, true, ""},
    {"siapa+x", "pabrik.id", LMT, YES, true, ""},
    {"siapa", "cabang.id", GTW, YES, true, ""},
    {"abuse", "cabang.id", GTW, YES, true, ""},
    {"semua", "pabrik.id", LMT, YES, false,
	"budi@pabrik.id ani@mitra.example "},
    /* postmaster is always there */
    {"postmaster", "contoh.id", MDR, YES, false, "ani@contoh.id "},
    {"PostMaster", "lain.id", MDR, YES, false, "ani@contoh.id "},
    {"postmaster", "mail.contoh.id", MDR, YES, false, "ani@contoh.id "},
    {"postmaster", "[192.0.2.25]", MDR, YES, false, "ani@contoh.id "},
    {"Postmaster", "", MDR, YES, false, "ani@contoh.id "},
    {"postmaster", "pabrik.id", LMT, YES, true, ""},
    {"postmaster", "mitra.example", FOR, NO, false, ""},
    {"postmaster", "[198.51.100.1]", FOR, NO, false, ""},
};

static void
targets_text(const struct resolved *r, struct buf *out)
{
	for (size_t i = 0; i < r->target_n; i++) {
		buf_add(out, r->targets[i]);
		buf_add_byte(out, ' ');
	}
}

static void
test_resolve(void **state)
{
	struct fixture *f = *state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct resolve_case *c = &cases[i];
		struct resolved r;
		struct arena a;
		struct buf b;
		arena_init(&a, 4 << 20);
		buf_init(&b, 4096);
		assert_int_equal(resolve_rcpt(&f->env, slice_str(c->local),
				     slice_str(c->domain), &a, &r),
		    ERR_OK);
		targets_text(&r, &b);
		if (r.dom_class != c->dom_class || r.exists != c->exists ||
		    (r.verify != NULL) != c->verify ||
		    !slice_eq(buf_slice(&b), slice_str(c->targets)))
			fail_msg("%s@%s: class %d exists %d verify %d: %.*s",
			    c->local, c->domain, (int)r.dom_class,
			    (int)r.exists, r.verify != NULL,
			    SLICE_ARG(buf_slice(&b)));
		/* What a next hop says, or what may mend itself, is not to be
		 * kept by anybody. */
		assert_int_equal(r.cacheable,
		    r.verify == NULL && r.exists != IPC_EXISTS_UNKNOWN);
		assert_int_equal(
		    r.exists == IPC_EXISTS_UNKNOWN, r.why.text[0] != '\0');
		assert_int_equal(r.fallback.n > 0,
		    r.verify != NULL && slice_eq_nocase(slice_str(c->local),
					    SLICE("postmaster")));
		buf_free(&b);
		arena_reset(&a);
	}
}

/* While a table is missing nobody of ours is refused for good, and strangers
 * are still strangers. */
static void
test_tables_missing(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 2; i++) {
		struct resolve_env env = f->env;
		struct resolved r;
		struct arena a;
		arena_init(&a, 1 << 20);
		if (i == 0)
			env.names = NULL;
		else
			env.aliases = NULL;
		assert_int_equal(resolve_rcpt(&env, SLICE("siapa"),
				     SLICE("contoh.id"), &a, &r),
		    ERR_OK);
		assert_int_equal(r.dom_class, MDR);
		assert_int_equal(r.exists, UNK);
		assert_false(r.cacheable);
		assert_int_equal(
		    resolve_rcpt(&env, SLICE("postmaster"), SLICE(""), &a, &r),
		    ERR_OK);
		assert_int_equal(r.exists, UNK);
		assert_int_equal(resolve_rcpt(&env, SLICE("siapa"),
				     SLICE("mitra.example"), &a, &r),
		    ERR_OK);
		assert_int_equal(r.dom_class, FOR);
		arena_reset(&a);
	}
}

/* The n-th allocation fails: an error, never another answer. */
static void
test_no_memory(void **state)
{
	struct fixture *f = *state;
	enum err e = ERR_NOMEM;
	for (size_t cap = 0; e != ERR_OK && cap < 200000; cap += 8) {
		struct resolved r;
		struct arena a;
		arena_init(&a, cap);
		e = resolve_rcpt(
		    &f->env, SLICE("semua"), SLICE("contoh.id"), &a, &r);
		if (e == ERR_OK)
			assert_int_equal(r.target_n, 2);
		else
			assert_int_equal(e, ERR_NOMEM);
		arena_reset(&a);
	}
	assert_int_equal(e, ERR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_resolve),
	    cmocka_unit_test(test_tables_missing),
	    cmocka_unit_test(test_no_memory),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
