#include "text.h"

#include "conf/nexthop.h"

struct good_case {
	const char *text;
	enum nexthop_kind kind;
	const char *host; /* or the path */
	uint16_t port;
	bool mx;
	const char *shown; /* NULL: as written */
};

static const struct good_case good_cases[] = {
    {"maildir:/var/mail/%d/%u", NEXTHOP_MAILDIR, "/var/mail/%d/%u", 0, false,
	NULL},
    {"maildir:/m/100%%/%u", NEXTHOP_MAILDIR, "/m/100%%/%u", 0, false, NULL},
    {"lmtp:unix:/run/dovecot/lmtp", NEXTHOP_LMTP_UNIX, "/run/dovecot/lmtp", 0,
	false, NULL},
    {"lmtp:[127.0.0.1]:24", NEXTHOP_LMTP_TCP, "127.0.0.1", 24, false, NULL},
    {"lmtp:tcp:Store.example:2424", NEXTHOP_LMTP_TCP, "store.example", 2424,
	false, "lmtp:[store.example]:2424"},
    {"lmtp:store.example", NEXTHOP_LMTP_TCP, "store.example", 24, false,
	"lmtp:[store.example]:24"},
    {"relay:[10.0.0.5]:25", NEXTHOP_RELAY, "10.0.0.5", 25, false, NULL},
    {"relay:[10.0.0.5]", NEXTHOP_RELAY, "10.0.0.5", 0, false, NULL},
    {"relay:10.0.0.5:26", NEXTHOP_RELAY, "10.0.0.5", 26, false,
	"relay:[10.0.0.5]:26"},
    {"relay:[2001:db8::1]:2525", NEXTHOP_RELAY, "2001:db8::1", 2525, false,
	NULL},
    {"relay:[IPv6:2001:db8::1]", NEXTHOP_RELAY, "2001:db8::1", 0, false,
	"relay:[2001:db8::1]"},
    {"relay:mitra.example", NEXTHOP_RELAY, "mitra.example", 0, true, NULL},
    {"relay:mitra.example:2525", NEXTHOP_RELAY, "mitra.example", 2525, true,
	NULL},
    {"relay:[mitra.example]", NEXTHOP_RELAY, "mitra.example", 0, false, NULL},
    {"smarthost:[relay.isp.id]:587", NEXTHOP_SMARTHOST, "relay.isp.id", 587,
	false, NULL},
    {"mx", NEXTHOP_MX, "", 0, false, NULL},
    {"hold", NEXTHOP_HOLD, "", 0, false, NULL},
};

static void
good(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good_cases) / sizeof(good_cases[0]);
	     i++) {
		const struct good_case *c = &good_cases[i];
		struct nexthop h, again;
		struct buf shown, host;
		buf_init(&shown, 1000);
		buf_init(&host, 1000);
		if (nexthop_parse(slice_str(c->text), &h, NULL) != ERR_OK)
			fail_msg("%s", c->text);
		assert_int_equal(h.kind, c->kind);
		assert_int_equal(h.port, c->port);
		assert_int_equal(h.lookup_mx, c->mx);
		if (h.ip.family != 0)
			buf_add_ip(&host, &h.ip);
		else
			buf_add(&host, h.path.n > 0 ? h.path : h.host);
		assert_true(
		    slice_eq_nocase(buf_slice(&host), slice_str(c->host)));
		nexthop_text(&h, &shown);
		struct slice want =
		    slice_str(c->shown != NULL ? c->shown : c->text);
		if (!slice_eq(buf_slice(&shown), want))
			fail_msg(
			    "%s: %.*s", c->text, SLICE_ARG(buf_slice(&shown)));
		assert_int_equal(
		    nexthop_parse(buf_slice(&shown), &again, NULL), ERR_OK);
		assert_true(nexthop_eq(&h, &again));
		buf_free(&shown);
		buf_free(&host);
	}
}

static void
bad(void **state)
{
	static const char *const cases[] = {"", "maildir",
	    "maildir:", "maildir:var/mail", "maildir:/m/%x", "maildir:/m/%",
	    "maildir:/", "lmtp:", "lmtp:unix:", "lmtp:unix:run/x", "lmtp:[]:24",
	    "lmtp:host:", "lmtp:host:0", "relay:", "relay:[", "relay:[]",
	    "relay:[10.0.0.5", "relay:[10.0.0.5]25", "relay:[10.0.0.5]:65536",
	    "relay:[10.0.0.5]:0", "relay:10.0.0", "relay:2001:db8::1",
	    "relay:a b", "smarthost:", "smarthost:x:y", "mx:", "mxx", "hold:x",
	    "MX", "10.0.0.5", NULL};
	(void)state;
	for (size_t i = 0; cases[i] != NULL; i++) {
		struct nexthop h;
		struct diag d;
		diag_clear(&d);
		if (nexthop_parse(slice_str(cases[i]), &h, &d) != ERR_SYNTAX)
			fail_msg("%s", cases[i]);
		assert_non_null(strstr(d.text, "expected"));
	}
}

static void
maildir(void **state)
{
	static const struct {
		const char *user, *domain, *path; /* NULL: refused */
	} cases[] = {
	    {"budi", "contoh.id", "/m/contoh.id/50%/budi/x"},
	    {"a b", "contoh.id", "/m/contoh.id/50%/a b/x"},
	    {"%u", "contoh.id", "/m/contoh.id/50%/%u/x"},
	    {"", "contoh.id", NULL},
	    {".", "contoh.id", NULL},
	    {"..", "contoh.id", NULL},
	    {".budi", "contoh.id", NULL},
	    {"a/b", "contoh.id", NULL},
	    {"a\nb", "contoh.id", NULL},
	    {"a\x7f", "contoh.id", NULL},
	    {"budi", "..", NULL},
	    {"budi", "a/b", NULL},
	};
	struct nexthop h;
	(void)state;
	assert_int_equal(
	    nexthop_parse(SLICE("maildir:/m/%d/50%%/%u/x"), &h, NULL), ERR_OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf b;
		buf_init(&b, 1000);
		enum err e = nexthop_maildir(&h, slice_str(cases[i].user),
		    slice_str(cases[i].domain), &b);
		assert_int_equal(
		    e, cases[i].path != NULL ? ERR_OK : ERR_SYNTAX);
		if (cases[i].path != NULL)
			assert_true(
			    slice_eq(buf_slice(&b), slice_str(cases[i].path)));
		buf_free(&b);
	}
}

static void
kinds(void **state)
{
	static const struct {
		const char *text;
		bool final;
	} cases[] = {{"maildir:/m/%u", true}, {"lmtp:unix:/x", true},
	    {"lmtp:[x]", true}, {"relay:[x]", true}, {"smarthost:[x]", false},
	    {"mx", false}, {"hold", false}};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nexthop h;
		assert_int_equal(
		    nexthop_parse(slice_str(cases[i].text), &h, NULL), ERR_OK);
		assert_int_equal(nexthop_is_final(&h), cases[i].final);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good),
	    cmocka_unit_test(bad),
	    cmocka_unit_test(maildir),
	    cmocka_unit_test(kinds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
