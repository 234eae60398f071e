#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/abuse.h"

#define ALL_DAYS                                                               \
	{                                                                      \
		true, true, true, true, true, true, true                       \
	}
#define U ABUSE_UNKNOWN
#define F ABUSE_FINE
#define W ABUSE_WARN
#define B ABUSE_BAD

/* spike, growth, bounces, one source, listed */
static const struct {
	const char *what;
	struct abuse_facts f;
	enum abuse_say want[5];
	size_t source;
} cases[] = {
    {"a quiet server",
	{.ledger_known = true,
	    .day_known = ALL_DAYS,
	    .queue_known = true,
	    .lists_known = true,
	    .all = {3, {2, 0, 4, 1, 3, 0, 2}},
	    .recipients = 5,
	    .tried = 5,
	    .source_n = 1,
	    .source = {{{3, {2, 0, 4, 1, 3, 0, 2}}, 5}}},
	{F, F, F, F, F}, 0},
    {"nothing was ever sent",
	{.ledger_known = true,
	    .day_known = ALL_DAYS,
	    .queue_known = true,
	    .lists_known = true},
	{F, F, F, F, F}, 0},
    {"a quiet server with a message to all the staff",
	{.ledger_known = true,
	    .day_known = ALL_DAYS,
	    .queue_known = true,
	    .all = {99, {0}},
	    .recipients = 99,
	    .tried = 99,
	    .source_n = 1,
	    .source = {{{99, {0}}, 99}}},
	{F, F, F, F, U}, 0},
    {"a newsletter every Monday, on Monday",
	{.ledger_known = true,
	    .day_known = ALL_DAYS,
	    .queue_known = true,
	    .all = {5000, {40, 30, 50, 0, 60, 20, 4800}},
	    .recipients = 5100,
	    .tried = 5000,
	    .refused = 90,
	    .source_n = 1,
	    .source = {{{4990, {0, 0, 0, 0, 0, 0, 4790}}, 5000}}},
	{F, F, F, F, U}, 0},
    {"the same on Tuesday is not usual",
	{.ledger_known = true,
	    .day_known = ALL_DAYS,
	    .queue_known = true,
	    .all = {5000, {2400, 30, 50, 0, 60, 20, 40}},
	    .recipients = 5100,
	    .tried = 5000,
	    .source_n = 1,
	    .source = {{{4990, {2390, 0, 0, 0, 0, 0, 0}}, 5000}}},
	{W, F, F, W, U}, 0},
    {"one hacked account, nobody complains yet",
	{.ledger_known = true,
	    .day_known = ALL_DAYS,
	    .queue_known = true,
	    .lists_known = true,
	    .all = {900, {60, 50, 70, 40, 60, 30, 80}},
	    .recipients = 2500,
	    .tried = 2000,
	    .refused = 100,
	    .source_n = 2,
	    .source = {{{850, {1, 2, 0, 3, 1, 0, 2}}, 2400},
		{{50, {40, 30, 50, 30, 40, 20, 60}}, 100}}},
	{W, F, F, W, F}, 0},
    {"one hacked account, and it is listed",
	{.ledger_known = true,
	    .day_known = ALL_DAYS,
	    .queue_known = true,
	    .lists_known = true,
	    .listed = 1,
	    .all = {900, {60, 50, 70, 40, 60, 30, 80}},
	    .recipients = 2500,
	    .tried = 2000,
	    .refused = 100,
	    .source_n = 1,
	    .source = {{{850, {1, 2, 0, 3, 1, 0, 2}}, 2400}}},
	{B, F, F, B, B}, 0},
    {"one hacked account behind a loud newsletter",
	{.ledger_known = true,
	    .day_known = ALL_DAYS,
	    .queue_known = true,
	    .all = {2600, {2000, 1900, 2000, 1800, 2000, 2000, 2000}},
	    .recipients = 4000,
	    .tried = 3000,
	    .source_n = 3,
	    .source = {{{2000, {2000, 1900, 2000, 1800, 2000, 2000, 2000}},
			   3000},
		{{90, {0}}, 200}, {{600, {0, 3, 0, 0, 0, 0, 0}}, 700}}},
	{F, F, F, W, U}, 2},
    {"a spike spread over many",
	{.ledger_known = true,
	    .day_known = ALL_DAYS,
	    .queue_known = true,
	    .all = {3000, {60, 50, 70, 40, 60, 30, 80}},
	    .recipients = 8000,
	    .tried = 6000,
	    .refused = 2400,
	    .source_n = 2,
	    .source = {{{40, {0}}, 90}, {{30, {0}}, 80}}},
	{B, F, W, F, U}, 0},
    {"a new server without history",
	{.ledger_known = true,
	    .day_known = {true},
	    .queue_known = true,
	    .all = {5000, {1}},
	    .recipients = 5000,
	    .tried = 4000,
	    .source_n = 1,
	    .source = {{{5000, {1}}, 5000}}},
	{U, F, F, F, U}, 0},
    {"two days are a history",
	{.ledger_known = true,
	    .day_known = {true, true},
	    .queue_known = true,
	    .all = {5000, {1, 2}},
	    .recipients = 5000,
	    .tried = 4000,
	    .source_n = 1,
	    .source = {{{5000, {1, 2}}, 5000}}},
	{W, F, F, W, U}, 0},
    {"days that are not known do not count as quiet",
	{.ledger_known = true,
	    .day_known = {true, true, false, false, false, false, false},
	    .queue_known = true,
	    .all = {500, {400, 300}},
	    .recipients = 500,
	    .tried = 400},
	{F, F, F, F, U}, 0},
    {"without history: refusals and the one behind them",
	{.ledger_known = true,
	    .queue_known = true,
	    .all = {5000, {0}},
	    .recipients = 5000,
	    .tried = 4000,
	    .refused = 1000,
	    .source_n = 2,
	    .source = {{{3000, {0}}, 3000}, {{2000, {0}}, 2000}}},
	{U, F, W, B, U}, 0},
    {"refusals, and one that sent fifty",
	{.ledger_known = true,
	    .recipients = 100,
	    .tried = 100,
	    .refused = 30,
	    .source_n = 1,
	    .source = {{{50, {0}}, 50}}},
	{U, U, W, B, U}, 0},
    {"refusals, and nobody who sent fifty",
	{.ledger_known = true,
	    .recipients = 49,
	    .tried = 100,
	    .refused = 30,
	    .source_n = 1,
	    .source = {{{49, {0}}, 49}}},
	{U, U, W, F, U}, 0},
    {"refusals, and fifty of more",
	{.ledger_known = true,
	    .recipients = 102,
	    .tried = 100,
	    .refused = 30,
	    .source_n = 1,
	    .source = {{{50, {0}}, 50}}},
	{U, U, W, F, U}, 0},
    {"the clock went back",
	{.ledger_known = true,
	    .clock_back = true,
	    .day_known = ALL_DAYS,
	    .queue_known = true,
	    .all = {900, {1, 1, 1, 1, 1, 1, 1}},
	    .recipients = 2500,
	    .waiting = 5000,
	    .added = 900,
	    .source_n = 1,
	    .source = {{{850, {1}}, 2400}}},
	{U, U, F, U, U}, 0},
    {"no ledger", {.queue_known = true, .lists_known = true, .waiting = 100000},
	{U, U, U, U, F}, 0},
    {"no queue", {.ledger_known = true, .day_known = ALL_DAYS, .added = 9000},
	{F, U, F, F, U}, 0},
    {"half of it refused", {.ledger_known = true, .tried = 50, .refused = 25},
	{U, U, B, F, U}, 0},
    {"a fifth of it refused",
	{.ledger_known = true, .tried = 50, .refused = 10}, {U, U, W, F, U}, 0},
    {"less than a fifth", {.ledger_known = true, .tried = 50, .refused = 9},
	{U, U, F, F, U}, 0},
    {"too few to tell", {.ledger_known = true, .tried = 49, .refused = 49},
	{U, U, F, F, U}, 0},
    {"ten of a hundred name a blocklist",
	{.ledger_known = true, .tried = 100, .blocklisted = 10},
	{U, U, B, F, U}, 0},
    {"nine do", {.ledger_known = true, .tried = 90, .blocklisted = 9},
	{U, U, F, F, U}, 0},
    {"ten of a thousand do",
	{.ledger_known = true, .tried = 1000, .blocklisted = 10},
	{U, U, F, F, U}, 0},
    {"limits alone warn",
	{.ledger_known = true, .tried = 100, .rate_limited = 30},
	{U, U, W, F, U}, 0},
    {"ten limits of a hundred",
	{.ledger_known = true, .tried = 100, .rate_limited = 10},
	{U, U, W, F, U}, 0},
    {"a queue that grows by one that sent most",
	{.ledger_known = true,
	    .queue_known = true,
	    .waiting = 100,
	    .added = 100,
	    .recipients = 100,
	    .source_n = 1,
	    .source = {{{100, {0}}, 100}}},
	{U, W, F, W, U}, 0},
    {"99 more are no growth",
	{.ledger_known = true,
	    .queue_known = true,
	    .waiting = 100,
	    .added = 99,
	    .recipients = 100},
	{U, F, F, F, U}, 0},
    {"a spike of two, one of them most, each by itself not unusual",
	{.ledger_known = true,
	    .day_known = {true, true},
	    .queue_known = true,
	    .all = {150, {10, 10}},
	    .recipients = 150,
	    .source_n = 1,
	    .source = {{{90, {10, 10}}, 90}}},
	{W, F, F, W, U}, 0},
    {"the queue grows",
	{.ledger_known = true,
	    .queue_known = true,
	    .day_known = ALL_DAYS,
	    .waiting = 100,
	    .added = 200,
	    .finished = 100},
	{F, W, F, F, U}, 0},
    {"twice as many came, but few wait",
	{.ledger_known = true,
	    .queue_known = true,
	    .day_known = ALL_DAYS,
	    .waiting = 99,
	    .added = 200,
	    .finished = 100},
	{F, F, F, F, U}, 0},
    {"many came, and most are done with",
	{.ledger_known = true,
	    .queue_known = true,
	    .day_known = ALL_DAYS,
	    .waiting = 5000,
	    .added = 1000,
	    .finished = 501},
	{F, F, F, F, U}, 0},
    {"a backlog that shrinks",
	{.ledger_known = true,
	    .queue_known = true,
	    .day_known = ALL_DAYS,
	    .waiting = 50000,
	    .added = 10,
	    .finished = 10000},
	{F, F, F, F, U}, 0},
    {"figures without end",
	{.ledger_known = true,
	    .queue_known = true,
	    .day_known = ALL_DAYS,
	    .all = {UINT64_MAX, {UINT64_MAX, UINT64_MAX / 2, 1, 1, 1, 1, 1}},
	    .recipients = UINT64_MAX,
	    .tried = UINT64_MAX,
	    .refused = UINT64_MAX,
	    .waiting = UINT64_MAX,
	    .added = UINT64_MAX,
	    .finished = UINT64_MAX / 2},
	{F, B, B, F, U}, 0},
};

static void
test_judge(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct abuse_verdict v;
		abuse_judge(&cases[i].f, &v);
		const enum abuse_say got[5] = {
		    v.spike, v.growth, v.bounces, v.one_source, v.listed};
		for (size_t k = 0; k < 5; k++)
			if (got[k] != cases[i].want[k])
				fail_msg("%s: %zu is %d, not %d", cases[i].what,
				    k, got[k], cases[i].want[k]);
		if (v.source != cases[i].source)
			fail_msg("%s: source %zu", cases[i].what, v.source);
	}
}

static void
test_thresholds(void **state)
{
	(void)state;
	/* Five times the median and twice the most, to the one. */
	static const struct {
		uint64_t peak, usual, most;
		enum abuse_say want;
	} v[] = {{100, 20, 50, W}, {99, 0, 0, F}, {100, 21, 50, F},
	    {100, 20, 51, F}, {101, 20, 50, W}, {1000, 200, 500, W},
	    {999, 200, 499, F}, {1000, 200, 501, F}};
	for (size_t i = 0; i < sizeof(v) / sizeof(*v); i++) {
		struct abuse_facts f = {.ledger_known = true,
		    .day_known = {true, true, true},
		    .all = {v[i].peak, {v[i].most, v[i].usual, 0}}};
		struct abuse_verdict out;
		abuse_judge(&f, &out);
		assert_int_equal(out.spike, v[i].want);
		assert_int_equal(out.usual.days, 3);
		assert_int_equal(out.usual.median, v[i].usual);
		assert_int_equal(out.usual.most, v[i].most);
	}
}

static void
test_usual(void **state)
{
	(void)state;
	const struct abuse_series s = {0, {9, 1, 7, 3, 8, 2, 100}};
	struct abuse_usual u;
	bool known[ABUSE_DAYS] = ALL_DAYS;
	abuse_usual(&s, known, &u);
	assert_int_equal(u.days, 7);
	assert_int_equal(u.median, 7);
	assert_int_equal(u.most, 100);
	known[6] = known[0] = known[2] = false; /* 1 2 3 8 */
	abuse_usual(&s, known, &u);
	assert_int_equal(u.days, 4);
	assert_int_equal(u.median, 3);
	assert_int_equal(u.most, 8);
	memset(known, 0, sizeof(known));
	abuse_usual(&s, known, &u);
	assert_int_equal(u.days + u.median + u.most, 0);
}

static void
test_words(void **state)
{
	(void)state;
	static const char *const good[] = {
	    "budi", "budi@contoh.id", "a.b+c_d=e-f@x.example", "0", "9aZzA"};
	static const char *const bad[] = {"", "-rf", "a b", "$(id)@x.example",
	    "a;b", "`id`", "a\nb", "a'b", "\"a\"@x", "a/b", "a*", "<>", "a\\b",
	    "\xc3\xa9"};
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(abuse_word(good[i], strlen(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (abuse_word(bad[i], strlen(bad[i])))
			fail_msg("%s is taken for a word", bad[i]);
	assert_false(abuse_word("a\0b", 3));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_judge),
	    cmocka_unit_test(test_thresholds),
	    cmocka_unit_test(test_usual),
	    cmocka_unit_test(test_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
