/* Which addresses may be asked, and where they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "role/fetch/http.h"

static void
urls(void **unused)
{
	static const struct {
		const char *url;
		bool https;
		const char *host; /* NULL: refused */
		uint16_t port;
	} cases[] = {
	    {"https://lists.mitra.example/ptr.list", true,
		"lists.mitra.example", 443},
	    {"http://lists.mitra.example/", false, "lists.mitra.example", 80},
	    {"HTTPS://lists.mitra.example:8443/a?b", true,
		"lists.mitra.example", 8443},
	    {"https://lists.mitra.example./a", true, "lists.mitra.example",
		443},
	    {"https://192.0.2.1/a", true, "192.0.2.1", 443},
	    {"https://[2001:db8::1]:444/a", true, "2001:db8::1", 444},
	    {"ftp://lists.mitra.example/a", false, NULL, 0},
	    {"file:///etc/passwd", false, NULL, 0},
	    {"https:////a", false, NULL, 0},
	    {"lists.mitra.example/a", false, NULL, 0},
	    {"https://budi:rahasia@lists.mitra.example/a", false, NULL, 0},
	    {"https://budi@lists.mitra.example/a", false, NULL, 0},
	    {"https://lists.mitra.example:0/a", false, NULL, 0},
	    {"https://lists.mitra.example:70000/a", false, NULL, 0},
	    {"https://lists.mitra.example/a b", false, NULL, 0},
	    {"", false, NULL, 0},
	};
	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_url u;
		struct diag d;
		enum err e = http_url_parse(cases[i].url, &u, &d);
		if (cases[i].host == NULL) {
			assert_int_equal(e, ERR_SYNTAX);
			continue;
		}
		assert_int_equal(e, ERR_OK);
		assert_int_equal(u.https, cases[i].https);
		assert_string_equal(u.host, cases[i].host);
		assert_int_equal(u.port, cases[i].port);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(urls)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
