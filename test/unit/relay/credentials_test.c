#include "role/relay/credentials.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char file[] = "# smart hosts\n"
			   "\n"
			   "[relay.isp.id]:587 budi:pass word: x\r\n"
			   "[2001:db8::1]:587\tv6:six\n"
			   "  192.0.2.1:25   four:4\n"
			   "any.example wild:card\n"
			   "broken.example:587 nocolon\n"
			   "broken.example:587 :nouser\n"
			   "[relay.isp.id]:587 second:never";

static const struct {
	const char *host;
	uint16_t port;
	const char *user, *password; /* NULL: none */
} rows[] = {
    {"relay.isp.id", 587, "budi", "pass word: x"},
    {"RELAY.isp.id", 587, "budi", "pass word: x"},
    {"relay.isp.id", 25, NULL, NULL},
    {"xrelay.isp.id", 587, NULL, NULL},
    {"2001:db8::1", 587, "v6", "six"},
    {"192.0.2.1", 25, "four", "4"},
    {"any.example", 1234, "wild", "card"},
    {"broken.example", 587, NULL, NULL},
    {"", 587, NULL, NULL},
};

static void
table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice user, password;
		enum err e = credentials_find(SLICE(file),
		    slice_str(rows[i].host), rows[i].port, &user, &password);
		if (rows[i].user == NULL) {
			assert_int_equal(e, ERR_NOT_FOUND);
			continue;
		}
		assert_int_equal(e, ERR_OK);
		assert_true(slice_eq(user, slice_str(rows[i].user)));
		assert_true(slice_eq(password, slice_str(rows[i].password)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(table)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
