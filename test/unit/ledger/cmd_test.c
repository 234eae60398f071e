/* kurir log and kurir why on a ledger at rest, and the times they take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/log.h"
#include "samples.h"
#include "store/ledger.h"

static void
test_times(void **state)
{
	static const uint64_t now = 1524515940774ull; /* 20:39:00.774 UTC */
	static const struct {
		const char *text;
		uint64_t want; /* 0: no time */
	} cases[] = {
	    {"now", 1524515940774ull},
	    {"@1524515940", 1524515940000ull},
	    {"2018-04-23T20:39:00.774Z", 1524515940774ull},
	    {"2018-04-23T20:39:00.7Z", 1524515940700ull},
	    {"2018-04-24T03:39:00+07:00", 1524515940000ull},
	    {"2018-04-23T17:09:00-03:30", 1524515940000ull},
	    {"2018-04-23 20:39:00", 1524515940000ull},
	    {"2018-04-23 20:39", 1524515940000ull},
	    {"2018-04-23", 1524441600000ull},
	    {"today", 1524441600000ull},
	    {"yesterday", 1524355200000ull},
	    {"40s", 1524515900774ull},
	    {"-1min", 1524515880774ull},
	    {"2h ago", 1524508740774ull},
	    {"3d", 1524256740774ull},
	    {"1w", 1523911140774ull},
	    {"", 0},
	    {"h", 0},
	    {"2x", 0},
	    {"-", 0},
	    {"99999999999w", 0},
	    {"@", 0},
	    {"@99999999999999999999", 0},
	    {"2018-13-01", 0},
	    {"2018-04-23T", 0},
	    {"2018-04-23T20:39:00X", 0},
	    {"2018-04-23T20:39:00+0700", 0},
	    {"tomorrow", 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t ms = 0;
		bool ok = log_time(cases[i].text, now, &ms);
		if (ok != (cases[i].want != 0) || ms != cases[i].want)
			fail_msg("%s: %d %llu", cases[i].text, ok,
			    (unsigned long long)ms);
	}
}

struct fix {
	char dir[64];
	char config[96];
	char out[96];
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
fill(const struct fix *f)
{
	char dir[96];
	struct ledger *l;
	struct diag d;
	struct record r;
	struct slice bytes;
	snprintf(dir, sizeof(dir), "%s/ledger", f->dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(ledger_open(dir, true, &l, &d), ERR_OK);
	record_init(&r);
	for (int i = 0; i < 4; i++) {
		if (i == 0)
			sample_tls(&r);
		else if (i == 1)
			sample_in(&r);
		else if (i == 2)
			sample_out(&r);
		else
			sample_event(&r, RECORD_EV_DEFERRED, SAMPLE_T + 303000);
		assert_int_equal(
		    record_end(&r, SAMPLE_T + 1000 * (unsigned)i + 500,
			i == 0   ? RECORD_CUT
			: i == 2 ? RECORD_DEFERRED
				 : RECORD_ACCEPTED,
			1, 2, &bytes),
		    ERR_OK);
		assert_int_equal(
		    ledger_append(l, &bytes, 1, SAMPLE_T + 5000, &d), ERR_OK);
	}
	record_free(&r);
	ledger_close(l);
}

static int
setup(void **state)
{
	char text[512];
	struct fix *f = calloc(1, sizeof(*f));
	snprintf(f->dir, sizeof(f->dir), "/tmp/kurir-ledger-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->config, sizeof(f->config), "%s/kurir.conf", f->dir);
	snprintf(f->out, sizeof(f->out), "%s/out", f->dir);
	snprintf(text, sizeof(text),
	    "hostname = \"mail.contoh.id\"\n"
	    "domain \"contoh.id\" { deliver = \"maildir:%s/mail/%%u\" }\n"
	    "listen \"mx\" { address = {\"127.0.0.1:2525\"} role = \"mx\" }\n"
	    "data-dir = \"%s\"\ncontrol = \"%s/control\"\n",
	    f->dir, f->dir, f->dir);
	write_file(f->config, text);
	fill(f);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	static const char *const names[] = {"kurir.conf", "out",
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

/* run - the verb with standard output in a file; what it printed is in *text,
 * the caller's to free. */
static int
run(const struct fix *f, cmd_fn fn, const char *const *args, char **text)
{
	static const char *const use[] = {"use", NULL};
	struct cmd_verb verb = {"verb", fn, use, ""};
	struct cmd_ctx ctx = {
	    .verb = &verb, .program = "kurir", .config_path = f->config};
	char *argv[16] = {0};
	int argc = 0;
	argv[argc++] = strdup("verb");
	for (size_t i = 0; args[i] != NULL; i++)
		argv[argc++] = strdup(args[i]);
	int n = argc;
	char *all[16];
	memcpy(all, argv, sizeof(all));
	fflush(stdout);
	int saved = dup(STDOUT_FILENO);
	assert_non_null(freopen(f->out, "w", stdout));
	int code = fn(&ctx, argc, argv);
	fflush(stdout);
	assert_true(dup2(saved, STDOUT_FILENO) >= 0);
	close(saved);
	conf_free(ctx.conf);
	for (int i = 0; i < n; i++)
		free(all[i]);
	*text = calloc(1, 65536);
	FILE *in = fopen(f->out, "r");
	assert_non_null(in);
	assert_true(fread(*text, 1, 65535, in) < 65535);
	fclose(in);
	return code;
}

static size_t
lines(const char *text)
{
	size_t n = 0;
	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

static void
test_log(void **state)
{
	static const struct {
		const char *args[6];
		int code;
		size_t lines;
		const char *has;
	} cases[] = {
	    {{NULL}, 0, 3, "<a@mitra.example> -> <b@contoh.id> +1"},
	    {{"--json"}, 0, 3, "{\"id\": \"0000000040001\", \"direction\""},
	    {{"--format", "json"}, 0, 3, "\"verdict\": \"deferred\""},
	    {{"--format", "dialogue"}, 0, 11, "SMTP session terminated (Bytes"},
	    {{"--session", "0000000040001"}, 0, 5, "<-- STARTTLS"},
	    {{"--message", "[0000000040034]"}, 0, 5, "\n\nMon 2018-04-23"},
	    {{"-n", "1"}, 0, 1, "out deferred"},
	    {{"-r", "-n", "2"}, 0, 2, "out deferred"},
	    {{"--verdict", "cut"}, 0, 1, "tls.no-common-cipher"},
	    {{"--since", "2018-04-23T13:39:02Z"}, 0, 1, "out deferred"},
	    {{"--to", "none@contoh.id"}, 1, 0, ""},
	    {{"--verdict", "odd"}, 2, 0, ""},
	    {{"--since", "someday"}, 2, 0, ""}, {{"--format", "xml"}, 2, 0, ""},
	    {{"-f"}, 3, 3, "out deferred"}, /* nothing more will come */
	};
	struct fix *f = *state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text;
		int code = run(f, cmd_log, cases[i].args, &text);
		if (code != cases[i].code || lines(text) != cases[i].lines ||
		    strstr(text, cases[i].has) == NULL)
			fail_msg("case %zu: %d %zu lines: %s", i, code,
			    lines(text), text);
		free(text);
	}
}

static void
test_why(void **state)
{
	static const struct {
		const char *args[6];
		int code;
		const char *has;
	} cases[] = {
	    {{"0000000040034"}, 0, "Message 0000000040034: deferred\n"},
	    {{"[0000000040001]"}, 0, "tls.no-common-cipher: The two sides"},
	    {{"--lang", "id", "0000000040001"}, 0, "Kedua pihak tidak"},
	    {{"--json", "0000000040034"}, 0, "{\"id\": \"0000000040034\", "},
	    {{"--json", "b@contoh.id"}, 0, "[{\"id\": \"0000000040034\", "},
	    {{"b@contoh.id"}, 0, "Message 0000000040034: deferred"},
	    {{"x@contoh.id"}, 0, "recipient.unknown"},
	    {{"--json", "203.0.113.9"}, 0, "},\n {\"id\": \"0000000040001\""},
	    {{"2001:db8::25"}, 0, "Session 0000000040003: deferred"},
	    {{"none@contoh.id"}, 1, ""},
	    {{"--json", "none@contoh.id"}, 1, "[]\n"},
	    {{"192.0.2.77"}, 1, ""},
	    {{"0000000049999"}, 1, ""},
	    {{"rubbish"}, 1, ""},
	    {{"--lang", "fr", "0000000040001"}, 2, ""},
	    {{NULL}, 2, ""},
	};
	struct fix *f = *state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text;
		int code = run(f, cmd_why, cases[i].args, &text);
		if (code != cases[i].code || strstr(text, cases[i].has) == NULL)
			fail_msg("case %zu: %d: %s", i, code, text);
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_times),
	    cmocka_unit_test_setup_teardown(test_log, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_why, setup, teardown),
	};
	setenv("TZ", "UTC0", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
