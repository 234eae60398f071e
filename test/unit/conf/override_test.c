/* Values that stand instead of what the files say. */
#include "text.h"

#define TEXT                                                                   \
	TEXT_HEAD TEXT_MX                                                      \
	    "domain \"b.example\" { deliver = \"lmtp:unix:/x\" }\n"            \
	    "reverse-lookup { ptr { missing = reject } }\n"                    \
	    "shield \"*.contoh.id\" { address = 192.0.2.1 }\n"                 \
	    "include(\"more\")\n"

static const struct text_file files[] = {{"t", TEXT},
    {"more", "outbound { tls = none port = 26 }\nuser = mail\n"}, {NULL, NULL}};

#define SETS_MAX 4

/* Read with "name=value" each; what is shown of it, or every message. */
static enum err
read_with(const char *const *set, struct conf **out, struct buf *said)
{
	struct text_file copy[8] = {{NULL, NULL}};
	struct conf_source src = {text_read, copy};
	struct conf_override v[SETS_MAX];
	struct conf_report r;
	size_t n = 0;

	memcpy(copy, files, sizeof(files));
	for (; n < SETS_MAX && set[n] != NULL; n++) {
		struct slice s = slice_str(set[n]);
		size_t eq = slice_find(s, '=');
		v[n].name = slice_to(s, eq);
		v[n].value = slice_from(s, eq + 1);
	}
	conf_report_init(&r);
	*out = NULL;
	enum err e = conf_read_with(&src, "t", v, n, out, &r);
	if (e == ERR_OK) {
		buf_init(said, 1u << 20);
		conf_show(*out, said);
		buf_add_byte(said, '\0');
	} else {
		text_report(&r, said);
	}
	conf_report_free(&r);
	return e;
}

static void
good(void **state)
{
	static const struct {
		const char *set[SETS_MAX];
		const char *shown;
	} cases[] = {
	    {{NULL}, "\nuser = \"mail\"\n"},
	    {{"user=kurir"}, "\nuser = \"kurir\"\n"},
	    {{"user=a", "user=b"}, "\nuser = \"b\"\n"},
	    {{"reverse-lookup.ptr.missing=close"},
		"\tptr {\n\t\tmissing = \"close\"\n"},
	    {{"reverse-lookup.ptr.mismatch= \"off\" "},
		"\t\tmissing = \"reject\"\n\t\tmismatch = \"off\"\n"},
	    {{"reverse-lookup.preset=legitimate-sender"},
		"\t\tmissing = \"reject\"\n\t\tmismatch = \"close\"\n"},
	    {{"relay-control.sender.unknown=note"},
		"\tsender {\n\t\tunknown = \"note\"\n"},
	    {{"outbound.tls=encrypt"}, "\ttls = \"encrypt\"\n\tport = 26\n"},
	    {{"outbound.retry={1min, 2h}"}, "\tretry = {\"1min\", \"2h\"}\n"},
	    {{"listen.mx.auth=offer"}, "\tauth = \"offer\"\n"},
	    {{"listen.MX.auth=offer"}, "\tauth = \"offer\"\n"},
	    {{"domain.b.example.deliver=\"relay:[192.0.2.9]:25\""},
		"\ndomain \"b.example\" {\n\tdeliver = "
		"\"relay:[192.0.2.9]:25\"\n"},
	    {{"shield..contoh.id.action=note"},
		"\nshield \".contoh.id\" {\n\taddress = {\"192.0.2.1\"}\n"
		"\taction = \"note\"\n"},
	    {{"exempt.ptr.file=/e/p", "exempt.ptr.sync-at=03:05"},
		"\nexempt \"ptr\" {\n\tfile = \"/e/p\"\n\tsync = \"\"\n"
		"\tsync-at = \"03:05\"\n"},
	    {{"device.fax.address=192.0.2.7", "device.fax.rate=\"2/1h\""},
		"\ndevice \"fax\" {\n\taddress = {\"192.0.2.7\"}\n"
		"\tfrom = {}\n\tto = {}\n\trate = \"2/1h\"\n"},
	    {{"trusted={}"}, "\ntrusted = {}\n"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf *c;
		struct buf said;
		enum err e = read_with(cases[i].set, &c, &said);
		if (e != ERR_OK ||
		    strstr((char *)said.p, cases[i].shown) == NULL)
			fail_msg("%s\n%s", cases[i].set[0], (char *)said.p);
		conf_free(c);
		buf_free(&said);
	}
}

static void
bad(void **state)
{
	static const struct {
		const char *set[SETS_MAX];
		const char *said;
	} cases[] = {
	    {{"user=A"}, "--set:1:6: user: found \"A\", expected the name"},
	    {{"user=a", "usr=b"},
		"--set:2:1: unknown name \"usr\" at the top; did you mean "
		"\"user\"?\n"},
	    {{"user="}, "--set:1:6: found the end of the file, expected a"},
	    {{"user=a b"},
		"--set:1:8: found \"b\", expected nothing behind the value\n"},
	    {{"user={a}"}, "--set:1:6: user: found a {list}, expected one"},
	    {{"trusted={a"}, "--set:1:11: found the end of the file, expected"},
	    {{"reverse-lookup.ptr.mising=off"},
		"--set:1:1: unknown name \"mising\" in reverse-lookup.ptr; did "
		"you mean \"missing\"?\n"},
	    {{"reverse-lookup.pt.missing=off"},
		"--set:1:1: unknown section \"pt\" in reverse-lookup; did you "
		"mean \"ptr\"?\n"},
	    {{"reverse-lokup.ptr.missing=off"},
		"--set:1:1: unknown section \"reverse-lokup\" at the top; did "
		"you mean \"reverse-lookup\"?\n"},
	    {{"reverse-lookup=off"},
		"--set:1:1: \"reverse-lookup\" is a section; write"},
	    {{"hostname.x=off"}, "--set:1:1: \"hostname\" is no section"},
	    {{"listen.mx=off"}, "--set:1:1: unknown name \"\" in listen"},
	    {{"listen.new.role=mx"},
		"--set:1:1: missing \"address\" in listen \"new\"\n"},
	    {{"exempt.new.file=/x"},
		"--set:1:1: found \"new\", expected ptr, helo or mail\n"},
	    {{"reverse-lookup.ptr.missing=maybe"},
		"--set:1:28: missing: found \"maybe\", expected one of: off, "
		"note, defer, reject, close\n"},
	    {{"relay-control.recipient.unknown=note"},
		"--set:1:33: unknown: found \"note\", expected one of: defer, "
		"reject, close\n"},
	    {{"=x"}, "--set:1:1: unknown name \"\" at the top"},
	    {{"...=x"}, "--set:1:1: unknown section \"\" at the top"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf *c;
		struct buf said;
		enum err e = read_with(cases[i].set, &c, &said);
		if (e != ERR_SYNTAX ||
		    strstr((char *)said.p, cases[i].said) == NULL)
			fail_msg("%s\n%s", cases[i].set[0], (char *)said.p);
		assert_null(c);
		buf_free(&said);
	}
}

/* A section may be written with "_" for "-"; it is the same one. */
static void
underscore(void **state)
{
	static const char text[] = TEXT_HEAD "reverse_lookup { ptr { } }\n";
	static const struct text_file file[] = {{"t", text}, {NULL, NULL}};
	const struct conf_source src = {text_read, (void *)(uintptr_t)file};
	const struct conf_override set = {
	    SLICE("reverse-lookup.ptr.missing"), SLICE("close")};
	struct conf *c = NULL;
	struct conf_report r;
	(void)state;

	conf_report_init(&r);
	assert_int_equal(conf_read_with(&src, "t", &set, 1, &c, &r), ERR_OK);
	assert_int_equal(c->reverse_lookup.ptr.missing, CONF_ACTION_CLOSE);
	conf_free(c);
	conf_report_free(&r);
}

/* conf_where tells the number of the override. */
static void
places(void **state)
{
	static const char *const set[] = {
	    "user=a", "reverse-lookup.mail.no-mx=note", NULL};
	struct conf *c;
	struct conf_pos pos;
	struct buf said;
	(void)state;

	assert_int_equal(read_with(set, &c, &said), ERR_OK);
	buf_free(&said);
	assert_true(conf_where(c, &c->reverse_lookup.mail.no_mx, &pos));
	assert_string_equal(pos.file, "--set");
	assert_int_equal(pos.line, 2);
	assert_true(conf_where(c, &c->reverse_lookup.ptr.missing, &pos));
	assert_string_equal(pos.file, "t");
	assert_false(conf_where(c, &c->reverse_lookup.ptr.mismatch, &pos));
	assert_ptr_equal(
	    conf_action_find(c, SLICE("reverse-lookup.mail.no-mx")),
	    &c->reverse_lookup.mail.no_mx);
	static const char *const none[] = {"", ".", "reverse-lookup",
	    "reverse-lookup.ptr", "reverse-lookup.ptr.", "outbound.tls",
	    "reverse-lookup.ptr.exempt-authenticated", "shield.action",
	    "shield..contoh.id.action", "relay-control.sender",
	    "reverse-lookup.ptr.missing.x", "ptr.missing", "masquerade"};
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (conf_action_find(c, slice_str(none[i])) != NULL)
			fail_msg("%s", none[i]);
	conf_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good),
	    cmocka_unit_test(bad),
	    cmocka_unit_test(places),
	    cmocka_unit_test(underscore),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
