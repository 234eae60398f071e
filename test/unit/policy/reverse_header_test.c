#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/reverse.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define BOTH     (CONF_HEADER_AUTHENTICATION_RESULTS | CONF_HEADER_X_MD)
#define AR       CONF_HEADER_AUTHENTICATION_RESULTS
#define X_MD     CONF_HEADER_X_MD

#define NONE "Authentication-Results: mail.contoh.id; none\r\n"

struct header_case {
	unsigned headers;
	enum reverse_kind kind; /* REVERSE_KINDS: nothing was looked up */
	unsigned findings;
	bool matched;
	const char *client, *name, *confirmed, *want;
};

static const struct header_case cases[] = {
    {0, REVERSE_PTR, 0, false, "192.0.2.1", "a.example", "a.example", ""},
    {BOTH, REVERSE_KINDS, 0, false, "192.0.2.1", "", "", NONE},
    {X_MD, REVERSE_KINDS, 0, false, "192.0.2.1", "", "", ""},
    {AR, REVERSE_PTR, 0, false, "192.0.2.1", "a.example", "b.example",
	"Authentication-Results: mail.contoh.id; iprev=pass "
	"policy.iprev=192.0.2.1\r\n\t(b.example)\r\n"},
    {AR, REVERSE_PTR, REVERSE_PTR_MISMATCH, false, "192.0.2.1", "a.example", "",
	"Authentication-Results: mail.contoh.id; iprev=fail "
	"policy.iprev=192.0.2.1\r\n\t(a.example)\r\n"},
    {AR, REVERSE_PTR, REVERSE_PTR_MISSING, false, "192.0.2.1", "", "",
	"Authentication-Results: mail.contoh.id; iprev=permerror "
	"policy.iprev=192.0.2.1\r\n"},
    {AR, REVERSE_PTR, REVERSE_TEMPFAIL | REVERSE_BOGUS, false, "192.0.2.1", "",
	"",
	"Authentication-Results: mail.contoh.id; iprev=temperror "
	"policy.iprev=192.0.2.1\r\n"},
    {AR, REVERSE_PTR, 0, false, "2001:db8::1", "a.example", "a.example",
	"Authentication-Results: mail.contoh.id; iprev=pass "
	"policy.iprev=\"2001:db8::1\"\r\n\t(a.example)\r\n"},
    /* HELO and MAIL are no methods of RFC 8601. */
    {AR, REVERSE_HELO, 0, true, "192.0.2.1", "a.example", "", NONE},
    {AR, REVERSE_MAIL, REVERSE_FORGED, false, "192.0.2.1", "a.example", "",
	NONE},
    {X_MD, REVERSE_PTR, 0, false, "192.0.2.1", "a.example", "b.example",
	"X-MDPtrLookup-Result: pass dns.ptr=b.example (ip=192.0.2.1) "
	"(mail.contoh.id)\r\n"},
    {X_MD, REVERSE_PTR, REVERSE_PTR_MISMATCH, false, "192.0.2.1", "a.example",
	"",
	"X-MDPtrLookup-Result: hardfail dns.ptr=a.example (does not match "
	"192.0.2.1)\r\n\t(mail.contoh.id)\r\n"},
    {X_MD, REVERSE_PTR, REVERSE_PTR_MISSING, false, "192.0.2.1", "", "",
	"X-MDPtrLookup-Result: hardfail dns.ptr=none (does not match "
	"192.0.2.1)\r\n\t(mail.contoh.id)\r\n"},
    {X_MD, REVERSE_PTR, REVERSE_TEMPFAIL, false, "192.0.2.1", "", "",
	"X-MDPtrLookup-Result: temperror dns.ptr=none (ip=192.0.2.1) "
	"(mail.contoh.id)\r\n"},
    {X_MD, REVERSE_HELO, 0, true, "192.0.2.1", "a.example", "",
	"X-MDHeloLookup-Result: pass smtp.helo=a.example (ip=192.0.2.1)\r\n"
	"\t(mail.contoh.id)\r\n"},
    {X_MD, REVERSE_HELO, REVERSE_FORGED, false, "192.0.2.1", "a.example", "",
	"X-MDHeloLookup-Result: hardfail smtp.helo=a.example "
	"(does not match 192.0.2.1)\r\n\t(mail.contoh.id)\r\n"},
    {X_MD, REVERSE_HELO, REVERSE_NOT_FOUND, false, "2001:db8::1", "[192.0.2.3]",
	"",
	"X-MDHeloLookup-Result: hardfail smtp.helo=[192.0.2.3]\r\n"
	"\t(does not match 2001:db8::1) (mail.contoh.id)\r\n"},
    {X_MD, REVERSE_HELO, REVERSE_TEMPFAIL, false, "192.0.2.1", "a.example", "",
	"X-MDHeloLookup-Result: temperror smtp.helo=a.example "
	"(ip=192.0.2.1)\r\n\t(mail.contoh.id)\r\n"},
    {X_MD, REVERSE_MAIL, REVERSE_NO_MX, true, "192.0.2.1", "a.example", "",
	"X-MDMailLookup-Result: pass smtp.mail=a.example (ip=192.0.2.1)\r\n"
	"\t(mail.contoh.id)\r\n"},
    {X_MD, REVERSE_MAIL, REVERSE_NO_MX | REVERSE_FORGED, false, "192.0.2.1",
	"a.example", "",
	"X-MDMailLookup-Result: hardfail smtp.mail=a.example "
	"(does not match 192.0.2.1)\r\n\t(mail.contoh.id)\r\n"},
    {X_MD, REVERSE_MAIL, REVERSE_SKIPPED, false, "192.0.2.1", "", "", ""},
    /* Names that would be something else. */
    {X_MD, REVERSE_HELO, REVERSE_NOT_FOUND, false, "192.0.2.1",
	"a) (\\\"\r\nX: y", "",
	"X-MDHeloLookup-Result: hardfail "
	"smtp.helo=a\\x29\\x20\\x28\\x5c\\x22\\x0d\\x0aX:\\x20y\r\n"
	"\t(does not match 192.0.2.1) (mail.contoh.id)\r\n"},
};

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct header_case *c = &cases[i];
		const struct reverse_result *all[REVERSE_KINDS] = {0};
		struct reverse_result r = {.kind = c->kind,
		    .findings = c->findings,
		    .matched = c->matched,
		    .name = slice_str(c->name),
		    .confirmed = slice_str(c->confirmed)};
		struct buf b;
		buf_init(&b, 8192);
		assert_int_equal(
		    ip_parse(slice_str(c->client), &r.client), ERR_OK);
		if (c->kind < REVERSE_KINDS)
			all[c->kind] = &r;
		reverse_add_headers(
		    &b, c->headers, SLICE("mail.contoh.id"), all);
		if (!slice_eq(buf_slice(&b), slice_str(c->want)))
			fail_msg("case %zu: %.*s", i, SLICE_ARG(buf_slice(&b)));
		buf_free(&b);
	}
}

/* All at once, in the order of the lookups. */
static void
test_all(void **state)
{
	(void)state;
	struct reverse_result r[REVERSE_KINDS];
	const struct reverse_result *const all[] = {&r[0], &r[1], &r[2]};
	struct buf b;
	buf_init(&b, 8192);
	for (int i = 0; i < REVERSE_KINDS; i++)
		r[i] = (struct reverse_result){.kind = (enum reverse_kind)i,
		    .client = {.family = 4, .b = {192, 0, 2, 1}},
		    .name = SLICE("a.example"),
		    .matched = true};
	reverse_add_headers(&b, BOTH, SLICE("mail.contoh.id"), all);
	assert_true(slice_eq(buf_slice(&b),
	    SLICE("Authentication-Results: mail.contoh.id; iprev=pass "
		  "policy.iprev=192.0.2.1\r\n\t(a.example)\r\n"
		  "X-MDPtrLookup-Result: pass dns.ptr=a.example (ip=192.0.2.1) "
		  "(mail.contoh.id)\r\n"
		  "X-MDHeloLookup-Result: pass smtp.helo=a.example "
		  "(ip=192.0.2.1)\r\n\t(mail.contoh.id)\r\n"
		  "X-MDMailLookup-Result: pass smtp.mail=a.example "
		  "(ip=192.0.2.1)\r\n\t(mail.contoh.id)\r\n")));
	buf_free(&b);
}

/* Of any name come whole lines of at most 998 octets, printable, folded where
 * there is a place to, cut at 255 octets. */
static void
test_any_octet(void **state)
{
	(void)state;
	uint8_t name[300];
	for (unsigned octet = 0; octet < 256; octet++) {
		const struct reverse_result r = {.kind = REVERSE_HELO,
		    .findings = REVERSE_NOT_FOUND,
		    .client = {.family = 4, .b = {192, 0, 2, 1}},
		    .name = slice_of(name, sizeof(name))};
		const struct reverse_result *const all[] = {NULL, &r, NULL};
		struct buf b;
		buf_init(&b, 8192);
		memset(name, (int)octet, sizeof(name));
		reverse_add_headers(&b, X_MD, SLICE("mail.contoh.id"), all);
		struct slice s = buf_slice(&b);
		size_t lines = 0, column = 0;
		for (size_t i = 0; i < s.n; i++) {
			if (s.p[i] == '\r') {
				assert_int_equal(s.p[i + 1], '\n');
				assert_true(i + 2 == s.n || s.p[i + 2] == '\t');
				column = 0;
				lines++;
				i++;
				continue;
			}
			assert_true(s.p[i] == '\t' ||
				    (s.p[i] >= 0x20 && s.p[i] < 0x7f));
			assert_true(++column <= 300);
		}
		assert_int_equal(lines, 3);
		buf_free(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_all),
	    cmocka_unit_test(test_any_octet),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
