/* One value changed, everything else as it was. */
#include "text.h"

#include "conf/edit.h"

#define T "trusted"

static void
by_name(void **state)
{
	static const struct {
		const char *text, *name, *value, *after;
	} cases[] = {
	    /* in place, whatever stands around it */
	    {"trusted = 0.0.0.0/0 # all\nuser=x\n", T, "{\"127.0.0.1\"}",
		"trusted = {\"127.0.0.1\"} # all\nuser=x\n"},
	    {"a = b  trusted={ \"::/0\",\n\t\"1.2.3.4\" }  c = d", T, "::1",
		"a = b  trusted=::1  c = d"},
	    {"\xef\xbb\xbftrusted = x\r\n", T, "y",
		"\xef\xbb\xbftrusted = y\r\n"},
	    {"user = \"tr\\\"usted = z\"\ntrusted = x", T, "y",
		"user = \"tr\\\"usted = z\"\ntrusted = y"},
	    /* a list with comments: item by item */
	    {"trusted = { # ours\n\t\"10.0.0.0/8\", # LAN\n\t\"0.0.0.0/0\" # "
	     "all, all\n}\n",
		T, "{\"10.0.0.0/8\", \"192.0.2.7\"}",
		"trusted = { # ours\n\t\"10.0.0.0/8\", \"192.0.2.7\" # "
		"LAN\n\t # all, all\n}\n"},
	    {"trusted = { # all\n\t\"0.0.0.0/0\" , \"::/0\"\n}\n", T, "{a, b}",
		"trusted = { # all\n\ta, b  \n}\n"},
	    {"trusted = {a, b, # x\nc}", T, "{b, a}",
		"trusted = {b, a  # x\n}"},
	    {"trusted = {# x\n}", T, "{a}", "trusted = {a# x\n}"},
	    {"trusted = {a # x\n}", T, "{}", "trusted = { # x\n}"},
	    {"trusted = {a, # x\na}", T, "a", "trusted = {a # x\n}"},
	    /* a new line behind the last option */
	    {"", T, "y", "trusted = y\n"},
	    {"# only this", T, "y", "trusted = y\n# only this"},
	    {"user = a # who\n\ntls { }\n", T, "y",
		"user = a # who\ntrusted = y\n\ntls { }\n"},
	    {"user = a\r\ntls { }\r\n", T, "y",
		"user = a\r\ntrusted = y\r\ntls { }\r\n"},
	    {"user = a # who", T, "y", "user = a # who\ntrusted = y\n"},
	    {"user = a tls { }", T, "y", "user = a trusted = y tls { }"},
	    {"tls { }\n# end\n", T, "y", "tls { }\ntrusted = y\n# end\n"},
	    {"include(\"x\")\n", T, "y", "include(\"x\")\ntrusted = y\n"},
	    /* in a section */
	    {"listen \"mx\" { role = mx }", "listen.mx.trusted", "y",
		"listen \"mx\" { role = mx trusted = y }"},
	    {"listen \"mx\" {}", "listen.mx.trusted", "y",
		"listen \"mx\" { trusted = y }"},
	    {"listen \"mx\" { # it\n}\n", "listen.mx.trusted", "y",
		"listen \"mx\" { # it\n\ttrusted = y\n}\n"},
	    {"listen \"a\" { trusted = 1 }\nlisten \"MX\" {\n    role = mx "
	     "# r\n    # }\n}\n",
		"listen.mx.trusted", "y",
		"listen \"a\" { trusted = 1 }\nlisten \"MX\" {\n    role = mx "
		"# r\n    trusted = y\n    # }\n}\n"},
	    {"listen \"mx\" {\n\taddress = {\"a\",\n\t\"b\"}}\n",
		"listen.mx.trusted", "y",
		"listen \"mx\" {\n\taddress = {\"a\",\n\t\"b\"} trusted = y "
		"}\n"},
	    {"reverse_lookup { ptr { missing = off } mail { no-mx = off } }",
		"reverse-lookup.mail.no-mx", "note",
		"reverse_lookup { ptr { missing = off } mail { no-mx = note } "
		"}"},
	    {"reverse-lookup { ptr { } }", "reverse-lookup.mail.no-mx", "note",
		"reverse-lookup { ptr { } mail { no-mx = note } }"},
	    {"outbound { tls = may }", "outbound.via", "\"hold\"",
		"outbound { tls = may via = \"hold\" }"},
	    /* with the section */
	    {"user = a\ntls { }\n", "outbound.via", "mx",
		"user = a\ntls { }\noutbound { via = mx }\n"},
	    {"", "domain.b.example.user", "u",
		"domain \"b.example\" { user = u }\n"},
	    {"shield \"*.b.example\" { action = off }",
		"shield..b.example.action", "note",
		"shield \"*.b.example\" { action = note }"},
	    /* not that of another section, nor of one within */
	    {"tls { trusted = 1 }\n", T, "y",
		"tls { trusted = 1 }\ntrusted = y\n"},
	    {"x { outbound { via = 1 } }\n", "outbound.via", "mx",
		"x { outbound { via = 1 } }\noutbound { via = mx }\n"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct conf_override set = {
		    slice_str(cases[i].name), slice_str(cases[i].value)};
		struct buf out;
		buf_init(&out, 65536);
		enum err e =
		    conf_edit_set(slice_str(cases[i].text), &set, true, &out);
		if (e != ERR_OK ||
		    !slice_eq(buf_slice(&out), slice_str(cases[i].after)))
			fail_msg("%s\n--- %s, became\n%.*s\n--- not\n%s",
			    cases[i].text, err_name(e),
			    SLICE_ARG(buf_slice(&out)), cases[i].after);
		buf_free(&out);
	}
}

static void
refused(void **state)
{
	static const struct {
		const char *text, *name, *value;
		enum err err;
	} cases[] = {
	    {"user = a\n", "trust", "y", ERR_SYNTAX},
	    {"user = a\n", "outbond.via", "y", ERR_SYNTAX},
	    {"user = a\n", "outbound", "y", ERR_SYNTAX},
	    {"user = a\n", "exempt.x.file", "/y", ERR_SYNTAX},
	    {"user = a\n", "outbound.via", "mx", ERR_NOT_FOUND},
	    {"user = a\n", T, "", ERR_SYNTAX},
	    {"user = a\n", T, "a b", ERR_SYNTAX},
	    {"user = a\n", T, "a # b", ERR_SYNTAX},
	    {"user = a\n", T, "a\nb = c", ERR_SYNTAX},
	    {"user = a\n", T, "{a,\nb}", ERR_SYNTAX},
	    {"user = a\n", T, "{a", ERR_SYNTAX},
	    {"user = a\n", T, "\"a", ERR_SYNTAX},
	    {"user = a\n", T, "}", ERR_SYNTAX},
	    {"user = \n", T, "y", ERR_SYNTAX},
	    {"tls { \n", T, "y", ERR_SYNTAX},
	    {"tls } \n", T, "y", ERR_SYNTAX},
	    {"include(x\n", T, "y", ERR_SYNTAX},
	    {"user = \"a\n", T, "y", ERR_SYNTAX},
	    {"user = a\x01\n", T, "y", ERR_SYNTAX},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct conf_override set = {
		    slice_str(cases[i].name), slice_str(cases[i].value)};
		struct buf out;
		buf_init(&out, 65536);
		enum err e =
		    conf_edit_set(slice_str(cases[i].text), &set, false, &out);
		if (e != cases[i].err)
			fail_msg("%s with %s = %s: %s", cases[i].text,
			    cases[i].name, cases[i].value, err_name(e));
		buf_free(&out);
	}
}

/* What is included within a section has no section around it: the place tells.
 */
static void
by_place(void **state)
{
	static const struct text_file files[] = {
	    {"/e/k.conf", TEXT_HEAD "listen \"mx\" { include(\"mx.conf\") }\n"},
	    {"/e/mx.conf", "# the MX\naddress = 127.0.0.1:25\nrole = mx\n"
			   "trusted = { \"0.0.0.0/0\" }  # all\n"},
	    {NULL, NULL},
	};
	struct conf *c = NULL;
	struct conf_report r;
	struct conf_pos pos;
	struct buf out;
	(void)state;

	assert_int_equal(text_conf(files, NULL, &c, &r), ERR_OK);
	assert_true(conf_where(c, &c->listen[0].trusted, &pos));
	assert_string_equal(pos.file, "/e/mx.conf");
	buf_init(&out, 65536);
	assert_int_equal(conf_edit_at(slice_str(files[1].text), &pos,
			     SLICE("{\"::1\"}"), &out),
	    ERR_OK);
	buf_add_byte(&out, '\0');
	assert_string_equal((char *)out.p,
	    "# the MX\naddress = 127.0.0.1:25\nrole = mx\n"
	    "trusted = {\"::1\"}  # all\n");
	buf_clear(&out);
	pos.column++;
	assert_int_equal(conf_edit_at(slice_str(files[1].text), &pos,
			     SLICE("{\"::1\"}"), &out),
	    ERR_NOT_FOUND);
	buf_free(&out);
	conf_report_free(&r);
	conf_free(c);
}

/* What does not fit is an error, not half a configuration. */
static void
too_large(void **state)
{
	const struct conf_override set = {SLICE("trusted"), SLICE("::1")};
	struct buf out;
	(void)state;

	buf_init(&out, 20);
	assert_int_equal(
	    conf_edit_set(SLICE("user = a\ntls { }\n"), &set, false, &out),
	    ERR_LIMIT);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(by_name),
	    cmocka_unit_test(refused),
	    cmocka_unit_test(by_place),
	    cmocka_unit_test(too_large),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
