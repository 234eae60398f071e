/* The test mailbox: who may ask it, how often, and what cannot be. */
#include "text.h"

#define D                                                                      \
	TEXT_HEAD TEXT_TLS "listen \"mx\" { address = 0.0.0.0:25 role = mx "   \
			   "}\n"

static struct conf *
read_with(const char *text, struct buf *said)
{
	struct text_file files[] = {{"t", text}, {NULL, NULL}};
	struct conf *c = NULL;
	struct conf_report r;

	(void)!text_conf(files, NULL, &c, &r);
	text_report(&r, said);
	conf_report_free(&r);
	return c;
}

#define EQ(slice, text) assert_true(slice_eq((slice), SLICE(text)))

static void
none(void **state)
{
	struct buf said;
	struct conf *c = read_with(D, &said);
	(void)state;

	assert_non_null(c);
	assert_string_equal((const char *)said.p, "");
	assert_int_equal(c->test_mailbox.address.n, 0);
	assert_int_equal(c->test_mailbox.assure_address.n, 0);
	assert_int_equal(c->test_mailbox.open_to.n, 0);
	assert_int_equal(c->test_mailbox.rate.count, 10);
	assert_int_equal(c->test_mailbox.rate.window_ms, 3600000);
	conf_free(c);
	buf_free(&said);
}

static void
check_full(const struct conf *c)
{
	const struct conf_test_mailbox *t = &c->test_mailbox;

	EQ(t->address, "check@contoh.id");
	EQ(t->assure_address, "");
	assert_int_equal(t->open_to.n, 4);
	EQ(t->open_to.v[0], "@mitra.example");
	EQ(t->open_to.v[1], "@example.org");
	EQ(t->open_to.v[2], "Budi@example.net");
	EQ(t->open_to.v[3], "*");
	assert_int_equal(t->rate.count, 3);
	assert_int_equal(t->rate.window_ms, 86400000);
}

/* Both spellings; what is shown reads back the same. */
static void
full(void **state)
{
	static const char *const names[] = {"test-mailbox", "test_mailbox"};
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		struct buf text, said, shown;
		buf_init(&text, 4096);
		buf_add_str(&text, D);
		buf_add_str(&text, names[i]);
		buf_add_str(&text,
		    " { address = check@contoh.id assure-address = \"\"\n"
		    "open-to = {Mitra.example, @example.org, "
		    "Budi@Example.net, *} rate = 3/1d }\n");
		buf_add_byte(&text, '\0');
		struct conf *c = read_with((const char *)text.p, &said);
		assert_string_equal((const char *)said.p, "");
		check_full(c);
		buf_init(&shown, 1u << 16);
		conf_show(c, &shown);
		buf_add_byte(&shown, '\0');
		assert_non_null(
		    strstr((const char *)shown.p, "\ntest-mailbox {\n"));
		conf_free(c);
		buf_free(&said);
		c = read_with((const char *)shown.p, &said);
		assert_non_null(c);
		check_full(c);
		conf_free(c);
		buf_free(&said);
		buf_free(&shown);
		buf_free(&text);
	}
}

static const struct {
	const char *text, *said;
} bad[] = {
    {D "test-mailbox { address = check@example.org }\n",
	"t:5:26: the test mailbox \"check@example.org\" is in no domain of "
	"ours"},
    {D "test-mailbox { address = check }\n",
	"t:5:26: address: found \"check\""},
    {D "test-mailbox { address = a@contoh.id assure-address = A@contoh.id }\n",
	"t:5:55: address and assure-address are the same"},
    {D "test-mailbox { open-to = {nobody, \"a b\"} }\n",
	"open-to: found \"a b\""},
    {D "test-mailbox { } test_mailbox { }\n", "t:5:18: duplicate section"},
    {D "test-mailbox \"x\" { }\n",
	"t:5:14: a \"test-mailbox\" section has no name of its own"},
    {D "test-mailbox { address = a@contoh.id rate = \"\" }\n",
	"t:5:45: warning: without a rate"},
    {D "test-mailbox { open-to = * }\n",
	"t:5:26: warning: open-to has no effect"},
    {D "test-mailbox { assure-address = a@contoh.id open-to = * }\n",
	"t:5:55: warning: with assure-address, open-to = \"*\""},
    {TEXT_HEAD "test-mailbox { assure-address = a@contoh.id }\n",
	"assure-address has no use"},
    {TEXT_HEAD "postmaster = \"\"\n", "t:3:14: postmaster: found \"\""},
};

static void
problems(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf said;
		struct conf *c = read_with(bad[i].text, &said);
		if (strstr((const char *)said.p, bad[i].said) == NULL)
			fail_msg("%s\nsaid %s\nnot %s", bad[i].text,
			    (const char *)said.p, bad[i].said);
		conf_free(c);
		buf_free(&said);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(none),
	    cmocka_unit_test(full),
	    cmocka_unit_test(problems),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
