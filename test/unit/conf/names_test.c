#include "text.h"

#include "conf/names.h"

static void
hosts(void **state)
{
	static const struct {
		const char *name;
		bool good;
	} cases[] = {
	    {"mail.contoh.id", true},
	    {"localhost", true},
	    {"xn--bcher-kva.example", true},
	    {"3com.example", true},
	    {"a-b.example", true},
	    {"123.example", true},
	    {"", false},
	    {".", false},
	    {"example.", false},
	    {".example", false},
	    {"a..b", false},
	    {"-a.example", false},
	    {"a-.example", false},
	    {"a_b.example", false},
	    {"a b.example", false},
	    {"10.0.0.5", false},
	    {"192.0.2.1:25", false},
	    {"b\xc3\xbc"
	     "cher.example",
		false},
	    {"a23456789012345678901234567890123456789012345678901234567890123"
	     ".example",
		true},
	    {"a234567890123456789012345678901234567890123456789012345678901234"
	     ".example",
		false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (name_is_host(slice_str(cases[i].name)) != cases[i].good)
			fail_msg("%s", cases[i].name);
}

static void
addresses_and_users(void **state)
{
	static const char *const good[] = {
	    "admin@contoh.id", "a.b+c@x", "o'neil@example.org", NULL};
	static const char *const bad[] = {"admin", "@contoh.id", "a@", "a@b@c",
	    ".a@x", "a.@x", "a..b@x", "a b@x", "\"a\"@x", "a,b@x", "<a@x>", "",
	    NULL};
	(void)state;
	for (size_t i = 0; good[i] != NULL; i++)
		assert_true(name_is_address(slice_str(good[i])));
	for (size_t i = 0; bad[i] != NULL; i++)
		if (name_is_address(slice_str(bad[i])))
			fail_msg("%s", bad[i]);
	assert_true(name_is_user(SLICE("kurir")));
	assert_true(name_is_user(SLICE("_kurir-2")));
	assert_false(name_is_user(SLICE("2kurir")));
	assert_false(name_is_user(SLICE("Kurir")));
	assert_false(name_is_user(SLICE("")));
	assert_false(name_is_user(SLICE("a/b")));
}

static void
distances(void **state)
{
	static const struct {
		const char *a, *b;
		size_t d;
	} cases[] = {{"", "", 0}, {"a", "", 1}, {"adress", "address", 1},
	    {"tsl", "tls", 1}, {"kitten", "sitting", 3}, {"abc", "abc", 0},
	    {"limit", "limits", 1}, {"hostanme", "hostname", 1}};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct slice a = slice_str(cases[i].a);
		struct slice b = slice_str(cases[i].b);
		assert_int_equal(name_distance(a, b), cases[i].d);
		assert_int_equal(name_distance(b, a), cases[i].d);
	}
}

static void
nearest(void **state)
{
	static const char *const names[] = {
	    "address", "role", "tls", "auth", "max-size"};
	(void)state;
	assert_string_equal(name_nearest(SLICE("adress"), names, 5), "address");
	assert_string_equal(name_nearest(SLICE("rol"), names, 5), "role");
	assert_string_equal(
	    name_nearest(SLICE("max_size"), names, 5), "max-size");
	assert_null(name_nearest(SLICE("postmaster"), names, 5));
	assert_null(name_nearest(SLICE("x"), names, 5));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hosts),
	    cmocka_unit_test(addresses_and_users),
	    cmocka_unit_test(distances),
	    cmocka_unit_test(nearest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
