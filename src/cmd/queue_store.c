#include "cmd/queue_store.h"

#include <string.h>

#include "base/pack.h"
#include "os/clock.h"
#include "store/json.h"

#define PAGE_ARENA (64u << 20)
#define PAGE_ITEMS 256
#define JSON_MAX   (64u << 20)

struct question {
	const struct cmd_ctx *ctx;
	struct store_reader *reader;
	control_line_fn line;
	void *arg;
	uint64_t now_ms;
	struct buf json; /* one line */
};

static bool
set_argument(struct store_filter *f, struct slice name, struct slice value)
{
	static const struct {
		const char *name;
		enum store_list_state state;
	} states[] = {{"due", STORE_LIST_DUE},
	    {"deferred", STORE_LIST_DEFERRED}, {"held", STORE_LIST_HELD}};

	if (slice_eq(name, SLICE("to")))
		f->to = value;
	else if (slice_eq(name, SLICE("from")))
		f->from = value;
	else if (slice_eq(name, SLICE("domain")))
		f->domain = value;
	else if (slice_eq(name, SLICE("id")))
		return id_parse(value, &f->id) == ERR_OK;
	for (size_t i = 0; i < 3 && slice_eq(name, SLICE("state")); i++)
		if (slice_eq(value, slice_str(states[i].name))) {
			f->state = states[i].state;
			return true;
		}
	return !slice_eq(name, SLICE("state"));
}

/* false: the reader of the answer has had enough. */
static bool
give_items(struct question *q, const struct store_item *item, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_clear(&q->json);
		store_json_item(&item[i], q->now_ms, &q->json);
		if (buf_err(&q->json) != ERR_OK ||
		    !q->line(buf_slice(&q->json), q->arg))
			return false;
	}
	return true;
}

static int
ask_list(struct question *q, struct store_filter *f)
{
	struct arena arena;
	struct diag d;
	enum err e = ERR_OK;
	size_t n = 0, shown = 0;

	arena_init(&arena, PAGE_ARENA);
	f->limit = PAGE_ITEMS;
	f->now_ms = q->now_ms;
	for (bool more = true; more;) {
		struct store_item *item = NULL;
		arena_reset(&arena);
		diag_clear(&d);
		n = 0;
		e = store_list(q->reader, f, &arena, &item, &n, &d);
		if (e != ERR_OK || n == 0)
			break;
		f->after = item[n - 1].envelope.id;
		shown += n;
		more = give_items(q, item, n);
	}
	arena_reset(&arena);
	if (e != ERR_OK)
		return cmd_fail(
		    q->ctx, CMD_UNKNOWN, "cannot read the queue: %s", d.text);
	if (f->id != 0 && shown == 0)
		return cmd_fail(
		    q->ctx, CMD_BAD, "no message of that id is in the queue");
	return CMD_GOOD;
}

static int
ask_stats(struct question *q, bool count)
{
	struct store_stats s;
	struct diag d;

	diag_clear(&d);
	if (store_stats(q->reader, q->now_ms, &s, &d) != ERR_OK)
		return cmd_fail(
		    q->ctx, CMD_UNKNOWN, "cannot read the queue: %s", d.text);
	if (count)
		buf_printf(&q->json, "{\"count\":%llu}",
		    (unsigned long long)s.messages);
	else
		store_json_stats(&s, &q->json);
	q->line(buf_slice(&q->json), q->arg);
	return CMD_GOOD;
}

/* There is no queue yet: nothing waits in it. */
static int
ask_nothing(struct question *q, const char *verb)
{
	struct store_stats none = {0};

	if (strcmp(verb, "list") == 0)
		return CMD_GOOD;
	if (strcmp(verb, "show") == 0)
		return cmd_fail(
		    q->ctx, CMD_BAD, "no message of that id is in the queue");
	if (strcmp(verb, "count") == 0)
		buf_add_str(&q->json, "{\"count\":0}");
	else
		store_json_stats(&none, &q->json);
	q->line(buf_slice(&q->json), q->arg);
	return CMD_GOOD;
}

static int
ask_open(struct question *q, const char *verb, struct store_filter *f)
{
	char dir[4200];
	struct diag d;

	diag_clear(&d);
	snprintf(dir, sizeof(dir), "%s/queue",
	    (const char *)q->ctx->conf->data_dir.p);
	enum err e = store_reader_open(dir, &q->reader, &d);
	if (e == ERR_NOT_FOUND)
		return ask_nothing(q, verb);
	if (e != ERR_OK)
		return cmd_fail(q->ctx, CMD_UNKNOWN, "%s", d.text);
	int code = CMD_GOOD;
	if (strcmp(verb, "list") == 0 || strcmp(verb, "show") == 0)
		code = ask_list(q, f);
	else
		code = ask_stats(q, strcmp(verb, "count") == 0);
	store_reader_close(q->reader);
	return code;
}

int
queue_store_ask(const struct cmd_ctx *ctx, const char *verb, struct slice args,
    control_line_fn line, void *arg)
{
	struct question q = {
	    .ctx = ctx, .line = line, .arg = arg, .now_ms = clock_unix_ms()};
	struct store_filter f = {0};
	struct slice name, value;

	while (pack_next(&args, &name) && pack_next(&args, &value))
		if (!set_argument(&f, name, value))
			return cmd_fail(ctx, CMD_USAGE, "%.*s: cannot be %.*s",
			    SLICE_ARG(name), SLICE_ARG(value));
	buf_init(&q.json, JSON_MAX);
	int code = ask_open(&q, verb, &f);
	buf_free(&q.json);
	return code;
}
