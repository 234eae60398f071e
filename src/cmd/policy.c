#include "cmd/policy.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "cmd/log.h"
#include "cmd/policy_settings.h"
#include "cmd/policy_show.h"
#include "os/clock.h"
#include "store/ledger.h"

#define SETS_MAX     64
#define STEP_RECORDS 4096
#define LINES        40 /* senders shown to people */
#define SINCE        "7d"

/* ---- the records ---- */

struct scan {
	void (*take)(struct replay *r, struct slice record);
	struct replay *r;
};

static bool
from_server(struct slice bytes, void *arg)
{
	const struct scan *s = arg;
	s->take(s->r, bytes);
	return true;
}

static bool
from_file(void *arg, uint64_t seq, struct slice bytes)
{
	(void)seq;
	return from_server(bytes, arg);
}

static bool
ignore(struct slice bytes, void *arg)
{
	(void)bytes;
	(void)arg;
	return true;
}

static bool
set_ms(const struct cmd_ctx *ctx, struct log_query *q, const char *name,
    uint64_t ms, char text[24])
{
	snprintf(text, 24, "%llu", (unsigned long long)ms);
	return ms == 0 || log_query_set(ctx, q, name, name, text);
}

/* settle - have the server write what it holds back; nothing where there is
 * none. */
static int
settle(const struct cmd_ctx *ctx)
{
	struct log_query q;
	char text[ID_TEXT_LEN + 1];
	id_text(1, text);
	log_query_begin(&q);
	if (!log_query_set(ctx, &q, "session", "session", text)) {
		buf_free(&q.args);
		return CMD_UNKNOWN;
	}
	return log_query_ask(ctx, &q, ignore, NULL);
}

static int
scan_server(const struct cmd_ctx *ctx, struct scan *s, uint64_t since_ms,
    uint64_t until_ms)
{
	struct log_query q;
	char since[24], until[24];
	log_query_begin(&q);
	if (!set_ms(ctx, &q, "since", since_ms, since) ||
	    !set_ms(ctx, &q, "until", until_ms, until)) {
		buf_free(&q.args);
		return CMD_UNKNOWN;
	}
	return log_query_ask(ctx, &q, from_server, s);
}

/* The records from l, or where that may not be read from the server. */
struct source {
	struct ledger *l;
};

static int
source_open(const struct cmd_ctx *ctx, struct source *out)
{
	struct diag d = {0};
	char dir[4096];
	out->l = NULL;
	int code = settle(ctx);
	if (code != CMD_GOOD)
		return code;
	snprintf(
	    dir, sizeof(dir), "%.*s/ledger", SLICE_ARG(ctx->conf->data_dir));
	enum err e = ledger_open(dir, false, &out->l, &d);
	if (e == ERR_NOT_FOUND || e == ERR_UNSUPPORTED || e == ERR_CORRUPT)
		return cmd_fail(ctx, CMD_UNKNOWN, "%s", d.text);
	return CMD_GOOD;
}

static int
source_scan(const struct cmd_ctx *ctx, const struct source *src, struct scan *s,
    uint64_t since_ms, uint64_t until_ms)
{
	struct ledger_filter f = {.since_ms = since_ms, .until_ms = until_ms};
	struct ledger_pos pos = {0};
	struct diag d = {0};
	enum err e = ERR_MORE;
	if (src->l == NULL)
		return scan_server(ctx, s, since_ms, until_ms);
	while (e == ERR_MORE)
		e = ledger_scan(
		    src->l, &f, &pos, STEP_RECORDS, from_file, s, &d);
	return e == ERR_NOT_FOUND ? CMD_GOOD
				  : cmd_fail(ctx, CMD_UNKNOWN, "%s", d.text);
}

/* ---- the replay ---- */

/* run - *out is the caller's: replay_free. */
static int
run(const struct cmd_ctx *ctx, const struct replay_settings *settings,
    uint64_t since_ms, uint64_t until_ms, struct replay **out)
{
	struct scan s = {.take = replay_take};
	struct source src;
	uint64_t seed[2];
	if (getrandom(seed, sizeof(seed), 0) != sizeof(seed) ||
	    (s.r = replay_new(settings, seed, since_ms)) == NULL)
		return cmd_fail(ctx, CMD_UNKNOWN, "out of memory");
	int code = source_open(ctx, &src);
	if (code == CMD_GOOD)
		code = source_scan(ctx, &src, &s, since_ms, until_ms);
	if (code == CMD_GOOD)
		replay_judged(s.r);
	s.take = replay_take_signs;
	if (code == CMD_GOOD && replay_wants_signs(s.r))
		code = source_scan(ctx, &src, &s, 0, until_ms);
	ledger_close(src.l);
	if (code != CMD_GOOD) {
		replay_free(s.r);
		return code;
	}
	replay_sort(s.r);
	*out = s.r;
	return CMD_GOOD;
}

/* ---- configurations ---- */

/* Files, and when the last of them was changed. */
struct dated_source {
	struct conf_source files;
	uint64_t changed_ms;
};

static enum err
read_dated(void *ctx, const char *path, struct buf *out, struct diag *d)
{
	struct dated_source *s = ctx;
	struct stat st;
	if (stat(path, &st) == 0) {
		uint64_t ms = (uint64_t)st.st_mtim.tv_sec * 1000 + 1000;
		s->changed_ms = ms > s->changed_ms ? ms : s->changed_ms;
	}
	return s->files.read(s->files.ctx, path, out, d);
}

/* read_conf - the configuration with n overrides; NULL: it is wrong, and that
 * was said. */
static struct conf *
read_conf(const struct cmd_ctx *ctx, const struct conf_override *set, size_t n,
    uint64_t *changed_ms)
{
	struct dated_source dated = {.files = cmd_conf_source()};
	const struct conf_source src = {read_dated, &dated};
	struct conf_report report;
	struct conf *c = NULL;
	conf_report_init(&report);
	enum err e =
	    conf_read_with(&src, ctx->config_path, set, n, &c, &report);
	cmd_print_report(stderr, &report, false);
	if (e != ERR_OK && report.errors == 0)
		cmd_fail(
		    ctx, CMD_USAGE, "%s: %s", ctx->config_path, err_name(e));
	conf_report_free(&report);
	*changed_ms = dated.changed_ms;
	return e == ERR_OK ? c : NULL;
}

static int
replay_under(const struct cmd_ctx *ctx, const struct policy_asked *q)
{
	struct policy_settings s;
	struct replay *r = NULL;
	uint64_t changed_ms;
	struct conf *test = read_conf(ctx, q->set, q->sets, &changed_ms);
	if (test == NULL)
		return CMD_USAGE;
	int code = policy_settings_load(ctx, ctx->conf, test, &s);
	if (code == CMD_GOOD) {
		struct replay_settings ask =
		    policy_settings_ask(&s, changed_ms);
		code = run(ctx, &ask, q->since_ms, q->until_ms, &r);
	}
	if (code == CMD_GOOD) {
		policy_show(ctx, q, r);
		code = replay_total(r)->victims > 0 ? CMD_BAD : CMD_GOOD;
	}
	replay_free(r);
	policy_settings_free(&s);
	conf_free(test);
	return code;
}

/* ---- suggestions ---- */

/* deserves - did it pass what else was asked of it, or authenticate? Where
 * nothing else was asked, that its mail was taken again and again. */
static bool
deserves(const struct replay_group *g, enum replay_lookup own)
{
	bool passed = false, asked = false;
	for (unsigned i = 0; i < REPLAY_LOOKUPS; i++) {
		if (i == (unsigned)own)
			continue;
		passed = passed ||
			 (g->passed[i] > 0 && g->passed[i] * 2 >= g->sessions);
		asked = asked || g->passed[i] + g->failed[i] > 0;
	}
	if (g->authenticated > 0)
		return true;
	if (g->messages + g->before == 0)
		return false;
	return passed || (!asked && (g->before > 0 || g->messages >= 3));
}

static void
add_reason(struct buf *b, struct slice rule, const struct replay_group *g)
{
	/* "ptr missing", out of "reverse-lookup.ptr.missing" */
	struct slice name = slice_from(rule, sizeof("reverse-lookup.") - 1);
	for (size_t i = 0; i < name.n; i++)
		buf_add_byte(b, name.p[i] == '.' ? ' ' : name.p[i]);
	buf_add_str(b, "; but ");
	policy_add_signs(b, g);
	/* A semicolon would begin a comment within the comment. */
	for (size_t i = 0; i < b->n; i++)
		b->p[i] = b->p[i] == ';' ? ',' : b->p[i];
}

/* rule_of - the rule of that list which hits g most. */
static struct slice
rule_of(const struct replay_total *t, const struct replay_group *g,
    enum conf_exempt_list list)
{
	const struct replay_hits *most = NULL;
	for (size_t i = 0; i < g->hits; i++)
		if (replay_lookup_of(t->rule[g->hit[i].rule].name) ==
			(enum replay_lookup)list &&
		    (most == NULL || g->hit[i].sessions > most->sessions))
			most = &g->hit[i];
	return most != NULL ? t->rule[most->rule].name : SLICE_EMPTY;
}

struct suggesting {
	enum replay_lookup lookup; /* REPLAY_LOOKUPS: any */
	bool (*each)(const struct policy_suggestion *s, void *arg);
	void *arg;
};

static bool
suggest_entry(const struct suggesting *q, const struct replay_total *t,
    const struct replay_group *g, const struct policy_entry *e)
{
	struct buf reason, signs;
	struct slice rule = rule_of(t, g, e->list);
	buf_init(&reason, 1024);
	buf_init(&signs, 1024);
	add_reason(&reason, rule, g);
	policy_add_signs(&signs, g);
	const struct policy_suggestion s = {.list = e->list,
	    .entry = slice_str(e->text),
	    .reason = buf_slice(&reason),
	    .rule = rule,
	    .evidence = g->evidence,
	    .signs = buf_slice(&signs),
	    .sessions = g->sessions,
	    .messages = g->messages,
	    .before = g->before,
	    .authenticated = g->authenticated,
	    .first_ms = g->first_ms,
	    .last_ms = g->last_ms};
	bool more = q->each(&s, q->arg);
	buf_free(&reason);
	buf_free(&signs);
	return more;
}

static void
suggest_all(const struct suggesting *q, const struct replay *r)
{
	const struct replay_total *t = replay_total(r);
	const struct replay_group *g;
	bool more = true;
	for (size_t i = 0; more && (g = replay_group_at(r, i)) != NULL; i++) {
		struct policy_entry e[CONF_EXEMPT_LISTS];
		size_t n = g->released ? 0 : policy_entries(t, g, e);
		for (size_t k = 0; more && k < n; k++)
			if (deserves(g, (enum replay_lookup)e[k].list))
				more = suggest_entry(q, t, g, &e[k]);
	}
}

int
policy_suggest(struct cmd_ctx *ctx, enum conf_exempt_list list,
    uint64_t since_ms,
    bool (*each)(const struct policy_suggestion *s, void *arg), void *arg)
{
	const struct suggesting q = {(enum replay_lookup)list, each, arg};
	struct policy_settings s;
	struct replay *r = NULL;
	int code = cmd_conf(ctx);
	if (code != CMD_GOOD)
		return code;
	code = policy_settings_load(ctx, ctx->conf, ctx->conf, &s);
	s.suggest = true;
	s.lookup = q.lookup;
	if (code == CMD_GOOD) {
		struct replay_settings ask = policy_settings_ask(&s, 0);
		code = run(ctx, &ask, since_ms, clock_unix_ms(), &r);
	}
	if (code == CMD_GOOD)
		suggest_all(&q, r);
	replay_free(r);
	policy_settings_free(&s);
	return code;
}

/* ---- the verb ---- */

static bool
add_set(struct policy_asked *q, struct conf_override *sets, const char *text)
{
	struct slice s = slice_str(text);
	size_t eq = slice_find(s, '=');
	if (eq == 0 || eq == s.n || q->sets == SETS_MAX)
		return false;
	sets[q->sets++] = (struct conf_override){
	    slice_trim(slice_to(s, eq)), slice_trim(slice_from(s, eq + 1))};
	return true;
}

/* take_sets - the options --set, of which there may be many, out of argv. -1:
 * one is no NAME=VALUE, and that was said. */
static int
take_sets(const struct cmd_ctx *ctx, int argc, char **argv,
    struct policy_asked *q, struct conf_override *sets)
{
	int n = 0;
	for (int i = 0; i < argc; i++) {
		const char *value = NULL;
		if (strncmp(argv[i], "--set=", 6) == 0)
			value = argv[i] + 6;
		else if (strcmp(argv[i], "--set") == 0)
			value = i + 1 < argc ? argv[++i] : "";
		if (value == NULL) {
			argv[n++] = argv[i];
		} else if (!add_set(q, sets, value)) {
			cmd_fail(ctx, 0,
			    "--set: \"%s\" is not NAME=VALUE, as in "
			    "reverse-lookup.ptr.missing=close",
			    value);
			return -1;
		}
	}
	argv[n] = NULL;
	return n;
}

static bool
time_of(const struct cmd_ctx *ctx, const char *option, const char *text,
    uint64_t now_ms, uint64_t *out)
{
	if (log_time(text, now_ms, out))
		return true;
	cmd_fail(ctx, 0,
	    "%s: \"%s\" is not a time; try 7d, today, 2018-04-23 or "
	    "\"2018-04-23 20:39\"",
	    option, text);
	return false;
}

int
cmd_policy(struct cmd_ctx *ctx, int argc, char **argv)
{
	const char *since = SINCE, *until = "now", *lines = NULL;
	const struct cmd_option options[] = {
	    {"--since", 0, &since, NULL},
	    {"--until", 0, &until, NULL},
	    {"--lines", 'n', &lines, NULL},
	    {NULL, 0, NULL, NULL},
	};
	struct conf_override sets[SETS_MAX];
	struct policy_asked q = {.set = sets, .lines = LINES};
	uint64_t now = clock_unix_ms(), wanted = LINES;
	int code;
	argc = take_sets(ctx, argc, argv, &q, sets);
	if (argc < 0)
		return CMD_USAGE;
	int n = cmd_options(ctx, argc, argv, options, &code);
	if (n < 0)
		return code;
	if (n == 0 || strcmp(argv[1], "replay") != 0 ||
	    (lines != NULL && !slice_u64(slice_str(lines), &wanted)))
		return cmd_usage(ctx);
	for (int i = 2; i <= n; i++) /* --set A=B C=D */
		if (q.sets == 0 || !add_set(&q, sets, argv[i]))
			return cmd_usage(ctx);
	q.lines = (size_t)wanted;
	if (!time_of(ctx, "--since", since, now, &q.since_ms) ||
	    !time_of(ctx, "--until", until, now, &q.until_ms))
		return CMD_USAGE;
	code = cmd_conf(ctx);
	if (code != CMD_GOOD)
		return code;
	return replay_under(ctx, &q);
}
