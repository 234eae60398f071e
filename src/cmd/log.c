#include "cmd/log.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/pack.h"
#include "cmd/control.h"
#include "os/clock.h"
#include "store/ledger_query.h"
#include "store/ledger_view.h"

#define STEP_RECORDS 1024
#define OUT_MAX      (16u << 20)

/* ---- points in time ---- */

/* "90s", "5min", "2h", "3d", with or without "ago" or a minus. */
static bool
time_ago(const char *text, uint64_t now_ms, uint64_t *out_ms)
{
	static const struct {
		const char *unit;
		uint64_t ms;
	} units[] = {{"s", 1000}, {"min", 60000}, {"m", 60000}, {"h", 3600000},
	    {"d", 86400000}, {"w", 604800000}};
	char *end;
	text += *text == '-' ? 1 : 0;
	if (!ascii_is_digit((uint8_t)*text))
		return false;
	unsigned long long n = strtoull(text, &end, 10);
	size_t len = strlen(end);
	if (len > 4 && strcmp(end + len - 4, " ago") == 0)
		len -= 4;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (len != strlen(units[i].unit) ||
		    strncmp(end, units[i].unit, len) != 0)
			continue;
		if (n > now_ms / units[i].ms)
			return false;
		*out_ms = now_ms - n * units[i].ms;
		return true;
	}
	return false;
}

/* time_zone - "Z" or "+07:00" at the end; false: something else. */
static bool
time_zone(const char *text, struct tm *tm, time_t *out)
{
	int hours, minutes;
	char sign, tail;
	if (*text == '\0') {
		tm->tm_isdst = -1;
		*out = mktime(tm);
		return *out != (time_t)-1;
	}
	*out = timegm(tm);
	if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0)
		return true;
	if (sscanf(text, "%c%2d:%2d%c", &sign, &hours, &minutes, &tail) != 3 ||
	    (sign != '+' && sign != '-'))
		return false;
	*out -= (sign == '+' ? 1 : -1) * (hours * 3600 + minutes * 60);
	return true;
}

static bool
time_calendar(const char *text, uint64_t *out_ms)
{
	struct tm tm = {0};
	unsigned ms = 0;
	time_t t;
	const char *at = strptime(text, "%Y-%m-%d", &tm);
	if (at == NULL)
		return false;
	if (*at == 'T' || *at == ' ') {
		const char *clock = strptime(at + 1, "%H:%M:%S", &tm);
		if (clock == NULL)
			clock = strptime(at + 1, "%H:%M", &tm);
		if (clock == NULL)
			return false;
		at = clock;
	}
	if (*at == '.') {
		unsigned scale = 100;
		for (at++; ascii_is_digit((uint8_t)*at); at++, scale /= 10)
			ms += scale * (unsigned)(*at - '0');
	}
	if (!time_zone(at, &tm, &t) || t < 0)
		return false;
	*out_ms = (uint64_t)t * 1000 + ms;
	return true;
}

bool
log_time(const char *text, uint64_t now_ms, uint64_t *out_ms)
{
	time_t now = (time_t)(now_ms / 1000);
	struct tm tm;
	uint64_t seconds;
	bool yesterday = strcmp(text, "yesterday") == 0;
	if (strcmp(text, "now") == 0) {
		*out_ms = now_ms;
		return true;
	}
	if (text[0] == '@' && slice_u64(slice_str(text + 1), &seconds) &&
	    seconds < UINT64_MAX / 1000) {
		*out_ms = seconds * 1000;
		return true;
	}
	if (yesterday || strcmp(text, "today") == 0) {
		if (localtime_r(&now, &tm) == NULL)
			return false;
		tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
		tm.tm_mday -= yesterday ? 1 : 0;
		tm.tm_isdst = -1;
		*out_ms = (uint64_t)mktime(&tm) * 1000;
		return true;
	}
	return time_ago(text, now_ms, out_ms) || time_calendar(text, out_ms);
}

/* ---- asking ---- */

void
log_query_begin(struct log_query *q)
{
	*q = (struct log_query){0};
	buf_init(&q->args, 65536);
}

bool
log_query_set(const struct cmd_ctx *ctx, struct log_query *q,
    const char *option, const char *name, const char *value)
{
	if (value == NULL)
		return true;
	if (ledger_filter_set(&q->filter, slice_str(name), slice_str(value)) !=
	    ERR_OK) {
		cmd_fail(
		    ctx, 0, "%s: \"%s\" is not a value for it", option, value);
		return false;
	}
	pack_add(&q->args, slice_str(name));
	pack_add(&q->args, slice_str(value));
	return true;
}

struct reading {
	bool (*each)(struct slice bytes, void *arg);
	void *arg;
	bool stopped;
};

static bool
from_server(struct slice bytes, void *arg)
{
	struct reading *r = arg;
	r->stopped = !r->each(bytes, r->arg);
	return !r->stopped;
}

static bool
from_file(void *arg, uint64_t seq, struct slice bytes)
{
	(void)seq;
	return from_server(bytes, arg);
}

/* open_file - CMD_GOOD with *out NULL: there is none yet, so nothing in it. */
static int
open_file(const struct cmd_ctx *ctx, struct ledger **out)
{
	struct diag d = {0};
	char dir[4096];
	*out = NULL;
	snprintf(
	    dir, sizeof(dir), "%.*s/ledger", SLICE_ARG(ctx->conf->data_dir));
	enum err e = ledger_open(dir, false, out, &d);
	if (e == ERR_OK || e == ERR_NOT_FOUND)
		return CMD_GOOD;
	return cmd_fail(ctx, CMD_UNKNOWN, "%s", d.text);
}

static int
ask_file(
    const struct cmd_ctx *ctx, const struct log_query *q, struct reading *r)
{
	struct ledger_query lq = {.filter = q->filter};
	struct ledger *l;
	struct diag d = {0};
	int code = open_file(ctx, &l);
	if (l == NULL)
		return code;
	enum err e = ERR_MORE;
	while (e == ERR_MORE && !r->stopped)
		e = ledger_query_step(l, &lq, STEP_RECORDS, from_file, r, &d);
	ledger_close(l);
	if (e != ERR_MORE && e != ERR_NOT_FOUND)
		return cmd_fail(ctx, CMD_UNKNOWN, "%s", d.text);
	if (q->filter.follow && !r->stopped)
		return cmd_fail(ctx, CMD_UNKNOWN,
		    "the server is not running: nothing more will come");
	return CMD_GOOD;
}

int
log_query_ask(const struct cmd_ctx *ctx, struct log_query *q,
    bool (*each)(struct slice bytes, void *arg), void *arg)
{
	struct reading r = {.each = each, .arg = arg};
	struct control_request request;
	int code = CMD_UNKNOWN;
	control_begin(&request, ROLE_LEDGER, "log");
	buf_add(&request.args, buf_slice(&q->args));
	request.follow = q->filter.follow;
	if (control_ask(ctx, &request, from_server, &r, &code) == CONTROL_DOWN)
		code = ask_file(ctx, q, &r);
	buf_free(&q->args);
	return code;
}

static bool
take_number(struct slice json, void *arg)
{
	static const char key[] = "{\"lost\": ";
	uint64_t *out = arg;
	struct slice s = slice_from(json, sizeof(key) - 1);
	if (s.n > 0)
		(void)slice_u64(slice_to(s, s.n - 1), out);
	return true;
}

uint64_t
log_lost(const struct cmd_ctx *ctx)
{
	struct control_request request;
	struct ledger *l;
	uint64_t lost = 0;
	int code;
	control_begin(&request, ROLE_LEDGER, "lost");
	if (control_ask(ctx, &request, take_number, &lost, &code) ==
		CONTROL_DOWN &&
	    open_file(ctx, &l) == CMD_GOOD && l != NULL) {
		lost = ledger_lost(l);
		ledger_close(l);
	}
	return lost;
}

/* ---- the verb ---- */

enum format { FORMAT_DIALOGUE, FORMAT_JSON, FORMAT_SUMMARY, FORMATS };

struct printing {
	enum format format;
	struct buf out;
	size_t shown;
	bool flush;
};

static bool
print_record(struct slice bytes, void *arg)
{
	struct printing *p = arg;
	struct ledger_view v;
	if (ledger_view_open(bytes, &v) != ERR_OK)
		return true;
	buf_clear(&p->out);
	switch (p->format) {
	case FORMAT_DIALOGUE:
		buf_add_str(&p->out, p->shown > 0 ? "\n" : "");
		ledger_add_dialogue(&p->out, &v, clock_utc_offset_min);
		break;
	case FORMAT_JSON:
		ledger_add_json(&p->out, &v);
		buf_add_byte(&p->out, '\n');
		break;
	case FORMAT_SUMMARY:
	case FORMATS:
		ledger_add_summary(&p->out, &v, clock_utc_offset_min);
		break;
	}
	p->shown++;
	struct slice text = buf_slice(&p->out);
	if (fwrite(text.p, 1, text.n, stdout) != text.n)
		return false;
	return !p->flush || fflush(stdout) == 0;
}

struct options {
	const char *session, *message, *from, *to, *ip, *helo, *since, *until;
	const char *verdict, *format, *lines;
	bool follow, reverse;
};

static bool
set_time(const struct cmd_ctx *ctx, struct log_query *q, const char *option,
    const char *text, char number[24])
{
	uint64_t ms;
	if (text == NULL)
		return true;
	if (!log_time(text, clock_unix_ms(), &ms)) {
		cmd_fail(ctx, 0,
		    "%s: \"%s\" is not a time; try 2h, today, 2018-04-23 or "
		    "\"2018-04-23 20:39\"",
		    option, text);
		return false;
	}
	snprintf(number, 24, "%llu", (unsigned long long)ms);
	return log_query_set(ctx, q, option, option + 2, number);
}

static bool
set_all(const struct cmd_ctx *ctx, struct log_query *q, const struct options *o,
    char times[2][24])
{
	return log_query_set(ctx, q, "--session", "session", o->session) &&
	       log_query_set(ctx, q, "--message", "message", o->message) &&
	       log_query_set(ctx, q, "--from", "from", o->from) &&
	       log_query_set(ctx, q, "--to", "to", o->to) &&
	       log_query_set(ctx, q, "--ip", "ip", o->ip) &&
	       log_query_set(ctx, q, "--helo", "helo", o->helo) &&
	       log_query_set(ctx, q, "--verdict", "verdict", o->verdict) &&
	       log_query_set(ctx, q, "-n", "tail", o->lines) &&
	       log_query_set(ctx, q, "-f", "follow", o->follow ? "1" : NULL) &&
	       log_query_set(ctx, q, "-r", "newest", o->reverse ? "1" : NULL) &&
	       set_time(ctx, q, "--since", o->since, times[0]) &&
	       set_time(ctx, q, "--until", o->until, times[1]);
}

/* One session or message is wanted in full, many as an overview. */
static bool
choose_format(
    const struct cmd_ctx *ctx, const struct options *o, enum format *out)
{
	static const char *const names[FORMATS] = {
	    "dialogue", "json", "summary"};
	bool one = o->session != NULL || o->message != NULL;
	*out = ctx->json ? FORMAT_JSON : one ? FORMAT_DIALOGUE : FORMAT_SUMMARY;
	if (o->format == NULL)
		return true;
	for (unsigned i = 0; i < FORMATS; i++)
		if (strcmp(o->format, names[i]) == 0) {
			*out = (enum format)i;
			return true;
		}
	cmd_fail(ctx, 0, "--format: %s is none of dialogue, json, summary",
	    o->format);
	return false;
}

int
cmd_log(struct cmd_ctx *ctx, int argc, char **argv)
{
	struct options o = {0};
	const struct cmd_option options[] = {
	    {"--session", 0, &o.session, NULL},
	    {"--message", 0, &o.message, NULL},
	    {"--from", 0, &o.from, NULL},
	    {"--to", 0, &o.to, NULL},
	    {"--ip", 0, &o.ip, NULL},
	    {"--helo", 0, &o.helo, NULL},
	    {"--since", 0, &o.since, NULL},
	    {"--until", 0, &o.until, NULL},
	    {"--verdict", 0, &o.verdict, NULL},
	    {"--format", 0, &o.format, NULL},
	    {"--lines", 'n', &o.lines, NULL},
	    {"--follow", 'f', NULL, &o.follow},
	    {"--reverse", 'r', NULL, &o.reverse},
	    {NULL, 0, NULL, NULL},
	};
	struct printing p = {0};
	struct log_query q;
	char times[2][24];
	int code;
	int n = cmd_options(ctx, argc, argv, options, &code);
	if (n < 0)
		return code;
	if (n > 0 || (o.follow && o.reverse))
		return cmd_usage(ctx);
	if (!choose_format(ctx, &o, &p.format))
		return CMD_USAGE;
	if (o.follow && o.lines == NULL && o.since == NULL)
		o.lines = "10"; /* as tail -f */
	log_query_begin(&q);
	if (!set_all(ctx, &q, &o, times)) {
		buf_free(&q.args);
		return CMD_USAGE;
	}
	code = cmd_conf(ctx);
	if (code != CMD_GOOD) {
		buf_free(&q.args);
		return code;
	}
	buf_init(&p.out, OUT_MAX);
	p.flush = o.follow;
	code = log_query_ask(ctx, &q, print_record, &p);
	buf_free(&p.out);
	return code == CMD_GOOD && p.shown == 0 ? CMD_BAD : code;
}
