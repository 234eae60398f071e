/* kurir policy replay, and what it lets suggest, on a ledger at rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "cmd/policy.h"
#include "os/clock.h"
#include "replay_gen.h"
#include "store/ledger.h"

#define SESSIONS 1000u
#define OUT_MAX  (1u << 20)

struct fix {
	char dir[64];
	char config[96], out[96], list[96];
	uint64_t start;
	struct ledger *l;
};

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void
append(void *arg, struct slice record)
{
	struct fix *f = arg;
	struct diag d;
	assert_int_equal(
	    ledger_append(f->l, &record, 1, clock_unix_ms(), &d), ERR_OK);
}

static void
fill(struct fix *f)
{
	char dir[96];
	struct diag d;
	snprintf(dir, sizeof(dir), "%s/ledger", f->dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(ledger_open(dir, true, &f->l, &d), ERR_OK);
	f->start = clock_unix_ms() - 3600000;
	for (uint64_t i = 0; i < SESSIONS; i++)
		gen_session(i, f->start + i, false, append, f);
	ledger_close(f->l);
}

static int
setup(void **state)
{
	char text[1024];
	struct fix *f = calloc(1, sizeof(*f));
	snprintf(f->dir, sizeof(f->dir), "/tmp/kurir-policy-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->config, sizeof(f->config), "%s/kurir.conf", f->dir);
	snprintf(f->out, sizeof(f->out), "%s/out", f->dir);
	snprintf(f->list, sizeof(f->list), "%s/ptr.list", f->dir);
	snprintf(text, sizeof(text),
	    "hostname = \"mail.contoh.id\"\n"
	    "domain \"contoh.id\" { deliver = \"maildir:%s/mail/%%u\" }\n"
	    "listen \"mx\" { address = {\"127.0.0.1:2525\"} role = \"mx\" }\n"
	    "exempt \"ptr\" { file = \"%s\" }\n"
	    "data-dir = \"%s\"\ncontrol = \"%s/control\"\n",
	    f->dir, f->list, f->dir, f->dir);
	write_file(f->config, text);
	write_file(f->list, "203.0.113.20 ; reason=Old fax gateway\n");
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	static const char *const names[] = {"kurir.conf", "out", "ptr.list",
	    "ledger/ledger.db", "ledger/ledger.db-wal", "ledger/ledger.db-shm"};
	struct fix *f = *state;
	char path[128];
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", f->dir, names[i]);
		(void)unlink(path);
	}
	snprintf(path, sizeof(path), "%s/ledger", f->dir);
	(void)rmdir(path);
	(void)rmdir(f->dir);
	free(f);
	return 0;
}

/* run - the verb with standard output in a file; *text is the caller's. */
static int
run(const struct fix *f, const char *const *args, char **text)
{
	static const char *const use[] = {"policy replay", NULL};
	struct cmd_verb verb = {"policy", cmd_policy, use, ""};
	struct cmd_ctx ctx = {
	    .verb = &verb, .program = "kurir", .config_path = f->config};
	char *argv[20] = {0}, *all[20];
	int argc = 0;
	argv[argc++] = strdup("policy");
	for (size_t i = 0; args[i] != NULL; i++)
		argv[argc++] = strdup(args[i]);
	int n = argc;
	memcpy(all, argv, sizeof(all));
	fflush(stdout);
	int saved = dup(STDOUT_FILENO);
	assert_non_null(freopen(f->out, "w", stdout));
	int code = cmd_policy(&ctx, argc, argv);
	fflush(stdout);
	assert_true(dup2(saved, STDOUT_FILENO) >= 0);
	close(saved);
	conf_free(ctx.conf);
	for (int i = 0; i < n; i++)
		free(all[i]);
	*text = calloc(1, OUT_MAX);
	FILE *in = fopen(f->out, "r");
	assert_non_null(in);
	assert_true(fread(*text, 1, OUT_MAX - 1, in) < OUT_MAX - 1);
	fclose(in);
	return code;
}

static void
test_verb(void **state)
{
#define CLOSE "reverse-lookup.ptr.missing=close"
	static const struct {
		const char *args[8];
		int code;
		const char *has;
	} cases[] = {
	    {{"replay", "--since", "2h"}, 0, "Nobody would be refused"},
	    {{"replay", "--since", "2h", "--set", CLOSE}, 1,
		"kurir exempt add ptr 203.0.113.10 --reason"},
	    {{"replay", "--since=2h", "--set=" CLOSE}, 1, "203.0.113.17"},
	    {{"replay", CLOSE}, 2, ""},
	    {{"replay", "--set", CLOSE, "reverse-lookup.mail.no-mx = reject"},
		1, "tanpa4.example"},
	    {{"replay", "--set", CLOSE, "--until", "2h"}, 0, "0 sessions:"},
	    {{"replay", "--set", CLOSE, "--lines", "2"}, 1,
		"and 37 further senders"},
	    {{"replay", "--set", "reverse-lookup.ptr.mising=close"}, 2, ""},
	    {{"replay", "--set", "reverse-lookup.ptr.missing=shut"}, 2, ""},
	    {{"replay", "--set", "=close"}, 2, ""},
	    {{"replay", "--set"}, 2, ""},
	    {{"replay", "--since", "someday"}, 2, ""},
	    {{"replay", "--lines", "x"}, 2, ""},
	    {{"play"}, 2, ""},
	    {{NULL}, 2, ""},
	};
	struct fix *f = *state;
	fill(f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text;
		int code = run(f, cases[i].args, &text);
		if (code != cases[i].code || strstr(text, cases[i].has) == NULL)
			fail_msg("case %zu: %d: %s", i, code, text);
		free(text);
	}
}

static void
test_no_ledger(void **state)
{
	static const char *const args[] = {"replay", "--since", "2h", NULL};
	char *text;
	assert_int_equal(run(*state, args, &text), 3);
	assert_string_equal(text, "");
	free(text);
}

static json_t *
replay_json(struct fix *f, const char *set, int want)
{
	const char *const args[] = {
	    "replay", "--json", "--since", "2h", "--set", set, NULL};
	char *text;
	json_error_t e;
	assert_int_equal(run(f, args, &text), want);
	json_t *j = json_loads(text, 0, &e);
	if (j == NULL)
		fail_msg("%s: %s", e.text, text);
	free(text);
	return j;
}

static bool
has_sender(const json_t *list, const char *who)
{
	size_t i;
	json_t *g;
	json_array_foreach(list, i,
	    g) if (strcmp(json_string_value(json_object_get(g, "sender")),
		       who) == 0) return true;
	return false;
}

static long long
number(const json_t *j, const char *name)
{
	const json_t *n = json_object_get(j, name);
	assert_true(json_is_integer(n));
	return json_integer_value(n);
}

/* Ten turns: each sender of no PTR but what the list or AUTH spares. */
static void
test_json(void **state)
{
	struct fix *f = *state;
	fill(f);
	json_t *j = replay_json(f, CLOSE, 1);
	json_t *victims = json_object_get(j, "victims");
	assert_int_equal(number(j, "sessions"), SESSIONS);
	assert_int_equal(number(j, "newly_refused"), 10 * (3 + 1 + 1));
	assert_int_equal(number(j, "refused_anyway"), 10);
	assert_int_equal(number(j, "spared"), 20);
	assert_int_equal(json_array_size(victims), 30 + 8 + 1);
	assert_true(has_sender(victims, "198.51.2.7"));
	assert_true(has_sender(victims, "203.0.113.13"));
	assert_true(has_sender(victims, "203.0.113.120"));
	assert_false(has_sender(victims, "203.0.113.20"));
	assert_false(has_sender(victims, "203.0.113.30"));
	assert_string_equal(
	    json_string_value(json_object_get(
		json_object_get(j, "set"), "reverse-lookup.ptr.missing")),
	    "close");
	json_decref(j);

	/* An entry spares from now on, and one that is gone no longer. */
	write_file(f->list, "203.0.113.8/29\n192.0.2.1 ; until=2020-01-01\n");
	j = replay_json(f, CLOSE, 1);
	victims = json_object_get(j, "victims");
	assert_false(has_sender(victims, "203.0.113.13"));
	assert_true(has_sender(victims, "203.0.113.16"));
	assert_true(has_sender(victims, "203.0.113.20"));
	json_decref(j);

	/* Trust spares, and a listener without lookups. */
	j = replay_json(
	    f, "trusted={\"203.0.113.0/24\", \"198.51.0.0/16\"}", 0);
	json_decref(j);
	j = replay_json(f, "listen.mx.reverse-lookup=false", 0);
	assert_int_equal(number(j, "no_longer_refused"), 10);
	assert_true(
	    has_sender(json_object_get(j, "released"), "203.0.113.130"));
	json_decref(j);
}

struct told {
	char text[4096];
	size_t n;
	bool stop;
};

static bool
take(const struct policy_suggestion *s, void *arg)
{
	struct told *t = arg;
	size_t at = strlen(t->text);
	t->n++;
	assert_true(s->reason.n > 0 && s->signs.n > 0 && s->evidence.n > 0);
	assert_true(slice_find(s->reason, ';') == s->reason.n);
	snprintf(t->text + at, sizeof(t->text) - at, "%s %.*s\n",
	    conf_exempt_name(s->list), SLICE_ARG(s->entry));
	return !t->stop;
}

static void
test_suggest(void **state)
{
	struct fix *f = *state;
	struct told t = {0};
	struct cmd_ctx ctx = {.program = "kurir", .config_path = f->config};
	fill(f);
	assert_int_equal(
	    policy_suggest(&ctx, CONF_EXEMPT_PTR, f->start - 1, take, &t),
	    CMD_GOOD);
	/* Who authenticates comes first. */
	assert_memory_equal(t.text, "ptr 203.0.113.30\n", 17);
	assert_non_null(strstr(t.text, "ptr 203.0.113.10\n"));
	assert_null(strstr(t.text, "ptr 203.0.113.20\n"));  /* is on it */
	assert_null(strstr(t.text, "ptr 203.0.113.130\n")); /* never taken */
	assert_null(strstr(t.text, "ptr 203.0.113.140\n"));
	assert_null(strstr(t.text, "ptr 203.0.113.120\n")); /* no finding */
	t = (struct told){.stop = true};
	assert_int_equal(
	    policy_suggest(&ctx, CONF_EXEMPT_LISTS, f->start - 1, take, &t),
	    CMD_GOOD);
	assert_int_equal(t.n, 1);
	t = (struct told){0};
	assert_int_equal(
	    policy_suggest(&ctx, CONF_EXEMPT_MAIL, f->start - 1, take, &t),
	    CMD_GOOD);
	assert_non_null(strstr(t.text, "mail tanpa3.example\n"));
	assert_int_equal(t.n, 5);
	conf_free(ctx.conf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_verb, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_no_ledger, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_json, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_suggest, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
