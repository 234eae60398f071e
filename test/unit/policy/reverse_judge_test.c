#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/reverse.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* The options that hold an action, in the order of judgement. */
struct option {
	enum reverse_kind kind;
	unsigned finding;
	const char *rule, *cause;
};

static const struct option options[] = {
    {REVERSE_PTR, REVERSE_PTR_MISSING, "reverse-lookup.ptr.missing",
	"lookup.ptr-missing"},
    {REVERSE_PTR, REVERSE_PTR_MISMATCH, "reverse-lookup.ptr.mismatch",
	"lookup.ptr-mismatch"},
    {REVERSE_HELO, REVERSE_NOT_FOUND, "reverse-lookup.helo.not-found",
	"lookup.helo-not-found"},
    {REVERSE_HELO, REVERSE_FORGED, "reverse-lookup.helo.forged",
	"lookup.helo-forged"},
    {REVERSE_MAIL, REVERSE_NOT_FOUND, "reverse-lookup.mail.not-found",
	"lookup.mail-not-found"},
    {REVERSE_MAIL, REVERSE_NO_MX, "reverse-lookup.mail.no-mx",
	"lookup.mail-no-mx"},
    {REVERSE_MAIL, REVERSE_FORGED, "reverse-lookup.mail.forged",
	"lookup.mail-forged"},
};

static enum conf_action *
action_at(struct conf_reverse_lookup *c, size_t option)
{
	enum conf_action *const at[COUNT(options)] = {&c->ptr.missing,
	    &c->ptr.mismatch, &c->helo.not_found, &c->helo.forged,
	    &c->mail.not_found, &c->mail.no_mx, &c->mail.forged};
	return at[option];
}

static const char *const kind_words[REVERSE_KINDS] = {"PTR", "HELO", "MAIL"};
static const char *const kind_rules[REVERSE_KINDS] = {
    "reverse-lookup.ptr", "reverse-lookup.helo", "reverse-lookup.mail"};

static struct reverse_result
result(enum reverse_kind kind, unsigned findings)
{
	struct reverse_result r = {.kind = kind,
	    .findings = findings,
	    .name = SLICE("mail.mitra.example")};
	assert_int_equal(ip_parse(SLICE("203.0.113.9"), &r.client), ERR_OK);
	return r;
}

static void
assert_reply(const struct finding *f, enum conf_action action)
{
	static const struct {
		uint16_t code;
		const char *enhanced;
	} replies[] = {[CONF_ACTION_DEFER] = {451, "4.7.1"},
	    [CONF_ACTION_REJECT] = {501, "5.7.1"},
	    [CONF_ACTION_CLOSE] = {501, "5.7.1"}};
	assert_int_equal(f->action, action);
	assert_int_equal(f->close, action == CONF_ACTION_CLOSE);
	assert_int_equal(finding_refuses(f), action >= CONF_ACTION_DEFER);
	if (action < CONF_ACTION_DEFER) {
		assert_int_equal(f->code, 0);
		return;
	}
	assert_int_equal(f->code, replies[action].code);
	assert_string_equal(f->enhanced, replies[action].enhanced);
}

/* ---- every option, every finding, every action ---- */

static void
check_one(size_t option, enum conf_action action, enum reverse_kind kind,
    unsigned finding)
{
	struct conf_reverse_lookup c = {0};
	struct finding out[REVERSE_SAID_MAX];
	const struct reverse_result r = result(kind, finding);
	*action_at(&c, option) = action;
	size_t n = reverse_judge(&c, &r, out);
	bool known = false;
	for (size_t i = 0; i < COUNT(options); i++)
		known = known || (options[i].kind == kind &&
				     options[i].finding == finding);
	assert_int_equal(n, known ? 1 : 0);
	if (n == 0)
		return;
	bool meant =
	    options[option].kind == kind && options[option].finding == finding;
	assert_reply(&out[0], meant ? action : CONF_ACTION_OFF);
	if (!meant)
		return;
	assert_string_equal(out[0].rule, options[option].rule);
	assert_string_equal(out[0].cause, options[option].cause);
	assert_ptr_equal(out[0].field, action_at(&c, option));
	assert_non_null(strstr(out[0].text, "203.0.113.9"));
	assert_non_null(strstr(out[0].text, kind_words[kind]));
	if (finding != REVERSE_PTR_MISSING)
		assert_non_null(strstr(out[0].text, "mail.mitra.example"));
	assert_int_not_equal(out[0].text[strlen(out[0].text) - 1], '.');
}

static void
test_every_option(void **state)
{
	(void)state;
	for (size_t o = 0; o < COUNT(options); o++)
		for (int a = CONF_ACTION_OFF; a <= CONF_ACTION_CLOSE; a++)
			for (int k = 0; k < REVERSE_KINDS; k++)
				for (unsigned f = 1; f <= REVERSE_FORGED;
				     f <<= 1)
					check_one(o, (enum conf_action)a,
					    (enum reverse_kind)k, f);
}

/* A pass and a lookup that was skipped say nothing, whatever is set. */
static void
test_nothing(void **state)
{
	(void)state;
	struct conf_reverse_lookup c = {0};
	struct finding out[REVERSE_SAID_MAX];
	for (size_t o = 0; o < COUNT(options); o++)
		*action_at(&c, o) = CONF_ACTION_CLOSE;
	for (int k = 0; k < REVERSE_KINDS; k++) {
		struct reverse_result r = result((enum reverse_kind)k, 0);
		assert_int_equal(reverse_judge(&c, &r, out), 0);
		r.findings = REVERSE_SKIPPED;
		assert_int_equal(reverse_judge(&c, &r, out), 0);
	}
}

/* No MX and forged together: the second is judged unless the first refuses. */
static void
test_both(void **state)
{
	(void)state;
	const struct reverse_result r =
	    result(REVERSE_MAIL, REVERSE_NO_MX | REVERSE_FORGED);
	for (int a = CONF_ACTION_OFF; a <= CONF_ACTION_CLOSE; a++)
		for (int b = CONF_ACTION_OFF; b <= CONF_ACTION_CLOSE; b++) {
			const struct conf_reverse_lookup c = {
			    .mail = {.no_mx = (enum conf_action)a,
				.forged = (enum conf_action)b}};
			struct finding out[REVERSE_SAID_MAX];
			size_t n = reverse_judge(&c, &r, out);
			assert_int_equal(n, a >= CONF_ACTION_DEFER ? 1 : 2);
			assert_string_equal(out[0].cause, "lookup.mail-no-mx");
			assert_reply(&out[0], (enum conf_action)a);
			if (n < 2)
				continue;
			assert_string_equal(out[1].cause, "lookup.mail-forged");
			assert_reply(&out[1], (enum conf_action)b);
		}
}

/* ---- faults ---- */

static void
check_fault(size_t option, enum conf_action action, enum reverse_kind kind,
    unsigned bogus)
{
	struct conf_reverse_lookup c = {0};
	const void *const sections[] = {&c.ptr, &c.helo, &c.mail};
	struct finding out[REVERSE_SAID_MAX];
	const struct reverse_result r = result(kind, REVERSE_TEMPFAIL | bogus);
	*action_at(&c, option) = action;
	bool refuses =
	    options[option].kind == kind && action >= CONF_ACTION_DEFER;
	assert_int_equal(reverse_judge(&c, &r, out), 1);
	assert_string_equal(out[0].rule, kind_rules[kind]);
	assert_string_equal(out[0].cause, bogus ? "dns.bogus" : "dns.tempfail");
	assert_string_equal(out[0].enhanced, "4.4.3");
	assert_ptr_equal(out[0].field, sections[kind]);
	assert_int_equal(out[0].code, refuses ? 451 : 0);
	assert_int_equal(
	    out[0].action, refuses ? CONF_ACTION_DEFER : CONF_ACTION_NOTE);
	assert_false(out[0].close);
	assert_non_null(strstr(out[0].text, "203.0.113.9"));
	assert_int_equal(reverse_refuses(&c, kind), refuses);
}

static void
test_faults(void **state)
{
	(void)state;
	for (size_t o = 0; o < COUNT(options); o++)
		for (int a = CONF_ACTION_OFF; a <= CONF_ACTION_CLOSE; a++)
			for (int k = 0; k < REVERSE_KINDS; k++) {
				check_fault(o, (enum conf_action)a,
				    (enum reverse_kind)k, 0);
				check_fault(o, (enum conf_action)a,
				    (enum reverse_kind)k, REVERSE_BOGUS);
			}
}

/* ---- the preset ---- */

static const struct conf_reverse_lookup legitimate = {
    .preset = CONF_PRESET_LEGITIMATE,
    .ptr = {CONF_ACTION_CLOSE, CONF_ACTION_CLOSE, true},
    .helo = {.forged = CONF_ACTION_NOTE,
	.not_found = CONF_ACTION_CLOSE,
	.exempt_authenticated = true},
    .mail = {.forged = CONF_ACTION_NOTE,
	.not_found = CONF_ACTION_CLOSE,
	.no_mx = CONF_ACTION_REJECT},
};

struct legitimate_case {
	enum reverse_kind kind;
	unsigned findings;
	uint16_t code; /* of the last finding; 0: accepted */
	bool close;
	size_t n;
};

static const struct legitimate_case legitimate_cases[] = {
    {REVERSE_PTR, 0, 0, false, 0},
    {REVERSE_PTR, REVERSE_PTR_MISSING, 501, true, 1},
    {REVERSE_PTR, REVERSE_PTR_MISMATCH, 501, true, 1},
    {REVERSE_PTR, REVERSE_TEMPFAIL, 451, false, 1},
    {REVERSE_HELO, REVERSE_FORGED, 0, false, 1},
    {REVERSE_HELO, REVERSE_NOT_FOUND, 501, true, 1},
    {REVERSE_HELO, REVERSE_TEMPFAIL | REVERSE_BOGUS, 451, false, 1},
    {REVERSE_MAIL, REVERSE_FORGED, 0, false, 1},
    {REVERSE_MAIL, REVERSE_NOT_FOUND, 501, true, 1},
    {REVERSE_MAIL, REVERSE_NO_MX, 501, false, 1},
    {REVERSE_MAIL, REVERSE_NO_MX | REVERSE_FORGED, 501, false, 1},
    {REVERSE_MAIL, REVERSE_TEMPFAIL, 451, false, 1},
    {REVERSE_MAIL, REVERSE_SKIPPED, 0, false, 0},
};

static void
test_legitimate_sender(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(legitimate_cases); i++) {
		const struct legitimate_case *c = &legitimate_cases[i];
		struct finding out[REVERSE_SAID_MAX];
		const struct reverse_result r = result(c->kind, c->findings);
		size_t n = reverse_judge(&legitimate, &r, out);
		assert_int_equal(n, c->n);
		assert_int_equal(n == 0 ? 0 : out[n - 1].code, c->code);
		assert_int_equal(n == 0 ? 0 : out[n - 1].close, c->close);
	}
	assert_true(reverse_exempts_authenticated(&legitimate, REVERSE_PTR));
	assert_true(reverse_exempts_authenticated(&legitimate, REVERSE_HELO));
	assert_false(reverse_exempts_authenticated(&legitimate, REVERSE_MAIL));
}

static void
test_wanted(void **state)
{
	(void)state;
	for (size_t o = 0; o < COUNT(options); o++)
		for (int a = CONF_ACTION_OFF; a <= CONF_ACTION_CLOSE; a++)
			for (int k = 0; k < REVERSE_KINDS; k++) {
				struct conf_reverse_lookup c = {0};
				bool of = options[o].kind == (unsigned)k;
				*action_at(&c, o) = (enum conf_action)a;
				assert_int_equal(
				    reverse_wanted(&c, (enum reverse_kind)k),
				    of && a > CONF_ACTION_OFF);
				assert_int_equal(
				    reverse_refuses(&c, (enum reverse_kind)k),
				    of && a >= CONF_ACTION_DEFER);
				assert_false(reverse_exempts_authenticated(
				    &c, (enum reverse_kind)k));
			}
}

/* Texts stay whole and printable with the longest and the worst of names. */
static void
test_text(void **state)
{
	(void)state;
	char name[255];
	struct conf_reverse_lookup c = {0};
	for (int worst = 0; worst < 2; worst++)
		for (size_t o = 0; o < COUNT(options); o++) {
			struct finding out[REVERSE_SAID_MAX];
			struct reverse_result r =
			    result(options[o].kind, options[o].finding);
			memset(name, worst ? 0x80 : 'x', sizeof(name));
			r.name = slice_of(name, sizeof(name));
			assert_int_equal(
			    ip_parse(SLICE("2001:db8:1111:2222:3333:4444:5555:"
					   "6666"),
				&r.client),
			    ERR_OK);
			assert_int_equal(reverse_judge(&c, &r, out), 1);
			size_t n = strlen(out[0].text);
			assert_true(n < sizeof(out[0].text) - 1);
			for (size_t i = 0; i < n; i++)
				assert_in_range(out[0].text[i], 0x20, 0x7e);
			assert_non_null(strstr(out[0].text, ":6666"));
		}
}

static void
test_wording(void **state)
{
	(void)state;
	struct finding out[REVERSE_SAID_MAX];
	const struct conf_reverse_lookup c = {0};
	const struct reverse_result r =
	    result(REVERSE_PTR, REVERSE_PTR_MISSING);
	assert_int_equal(reverse_judge(&c, &r, out), 1);
	assert_string_equal(out[0].text,
	    "PTR lookup of 203.0.113.9 found no name: have its reverse DNS set "
	    "by the provider of the address");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_option),
	    cmocka_unit_test(test_nothing),
	    cmocka_unit_test(test_both),
	    cmocka_unit_test(test_faults),
	    cmocka_unit_test(test_legitimate_sender),
	    cmocka_unit_test(test_wanted),
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_wording),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
