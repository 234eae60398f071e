/* What the answers of a DNS list come to (RFC 5782). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/pack.h"
#include "check/blocklist.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* "127.0.0.2 127.0.0.4"; "" is NXDOMAIN, "?" no answer. */
static struct blocklist_said
said(const char *text)
{
	struct blocklist_said out;
	struct ipc_dns_answer a = {.status = IPC_DNS_NXDOMAIN, .ttl = 60};
	struct slice rest = slice_str(text);
	struct buf b;
	buf_init(&b, 1024);
	if (text[0] == '?')
		a.status = IPC_DNS_TIMEOUT;
	for (struct ip ip; rest.n > 0 && text[0] != '?';
	     rest = slice_from(rest, slice_find(rest, ' ') + 1)) {
		a.status = IPC_DNS_OK;
		assert_int_equal(
		    ip_parse(slice_to(rest, slice_find(rest, ' ')), &ip),
		    ERR_OK);
		pack_add(&b, slice_of(ip.b, 4));
	}
	a.records = buf_slice(&b);
	blocklist_read(&a, &out);
	buf_free(&b);
	return out;
}

static void
test_judge(void **state)
{
	static const struct {
		const char *two, *one, *subject;
		enum blocklist_state want;
	} cases[] = {
	    {"127.0.0.2", "", "", BLOCKLIST_NOT_LISTED},
	    {"127.0.0.2", "", "127.0.0.4", BLOCKLIST_LISTED},
	    {"127.0.0.2", "", "127.0.0.4 127.0.0.9", BLOCKLIST_LISTED},
	    {"127.0.0.10 127.0.0.2", "", "127.1.2.3", BLOCKLIST_LISTED},
	    {"127.0.0.2", "127.0.0.2", "127.0.0.2", BLOCKLIST_REFUSED},
	    {"127.0.0.2", "127.0.0.2", "", BLOCKLIST_REFUSED},
	    {"127.255.255.254", "", "127.255.255.254", BLOCKLIST_REFUSED},
	    {"127.0.0.2", "", "127.255.255.252", BLOCKLIST_REFUSED},
	    {"127.255.255.254", "127.255.255.254", "?", BLOCKLIST_REFUSED},
	    {"", "", "", BLOCKLIST_DEAD},
	    {"", "", "127.0.0.2", BLOCKLIST_DEAD},
	    {"?", "", "127.0.0.2", BLOCKLIST_DEAD},
	    {"127.0.0.2", "?", "127.0.0.2", BLOCKLIST_DEAD},
	    {"127.0.0.2", "", "?", BLOCKLIST_DEAD},
	    {"203.0.113.5", "203.0.113.5", "203.0.113.5", BLOCKLIST_DEAD},
	    {"127.0.0.2", "", "203.0.113.5", BLOCKLIST_DEAD},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct blocklist_said two = said(cases[i].two),
				      one = said(cases[i].one),
				      subject = said(cases[i].subject);
		enum blocklist_state got =
		    blocklist_judge(&two, &one, &subject);
		if (got != cases[i].want)
			fail_msg("%zu: %s", i, blocklist_state_name(got));
	}
}

static void
test_read(void **state)
{
	struct blocklist_said s = said("127.0.0.1 127.0.0.2 127.0.0.3 "
				       "127.0.0.4 127.0.0.5 127.0.0.6 "
				       "127.0.0.7 127.0.0.8 127.0.0.9");
	(void)state;
	assert_int_equal(s.code_n, BLOCKLIST_CODES_MAX);
	assert_int_equal(s.ttl, 60);
	assert_false(s.refused || s.foreign);
}

static void
test_zones(void **state)
{
	size_t n;
	const struct blocklist_zone *z = blocklist_zones(&n);
	(void)state;
	assert_true(n >= 30 && n <= BLOCKLIST_ZONES_MAX);
	for (size_t i = 0; i < n; i++) {
		assert_true(dns_hostname_valid(slice_str(z[i].zone)));
		assert_true(z[i].kinds != 0);
		assert_true(strncmp(z[i].url, "http", 4) == 0);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(z[i].zone, z[k].zone);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_judge),
	    cmocka_unit_test(test_read),
	    cmocka_unit_test(test_zones),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
