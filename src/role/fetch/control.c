/* control.c - commands of kurir(1), and what is told of a result.
 *
 *	exempt-sync         args: packed names of lists, none: all
 *	exempt-sync-status  no args */
#include "role/fetch/fetch.h"

#include <stdlib.h>

#include "os/log.h"
#include "proto/mail/date.h"

/* Of a line of a list, in the log and in JSON. */
#define SHOWN_MAX       120
#define LINE_MAX_OCTETS (64u * 1024)

/* One who waits for lists. */
struct ask {
	struct list node;
	struct chan *chan;
	unsigned waiting; /* bits of enum conf_exempt_list */
	bool refused, unreachable;
};

static const char *
result_name(enum fetch_result r)
{
	switch (r) {
	case FETCH_TAKEN:
		return "taken";
	case FETCH_UNCHANGED:
		return "unchanged";
	case FETCH_REFUSED:
		return "refused";
	case FETCH_UNREACHABLE:
		break;
	}
	return "unreachable";
}

/* ---- JSON ---- */

static void
add_text(struct buf *b, const char *name, struct slice s)
{
	buf_printf(b, "\"%s\": ", name);
	buf_add_str(b, s.n > 0 ? "\"" : "null");
	buf_add_json(b, s);
	buf_add_str(b, s.n > 0 ? "\"" : "");
}

static void
add_time(struct buf *b, const char *name, uint64_t unix_ms)
{
	buf_printf(b, "\"%s\": ", name);
	buf_add_str(b, unix_ms > 0 ? "\"" : "null");
	if (unix_ms > 0)
		buf_add_date_rfc3339(b, unix_ms, 0);
	buf_add_str(b, unix_ms > 0 ? "\"" : "");
}

static void
add_lines(struct buf *b, const char *name, const struct slice *v, size_t n)
{
	buf_printf(b, ", \"%s\": [", name);
	for (size_t i = 0; i < n && i < JUDGE_SHOWN; i++) {
		buf_add_str(b, i > 0 ? ", \"" : "\"");
		buf_add_json(b, slice_to(v[i], SHOWN_MAX));
		buf_add_byte(b, '"');
	}
	buf_add_byte(b, ']');
}

static void
add_outcome(struct buf *b, enum conf_exempt_list list, const struct outcome *o)
{
	buf_printf(b, "{\"list\": \"%s\", \"result\": \"%s\", ",
	    conf_exempt_name(list), result_name(o->result));
	add_text(b, "text", slice_str(o->text));
	buf_printf(b, ", \"added\": %zu, \"removed\": %zu, \"entries\": %zu",
	    o->diff.added, o->diff.removed, o->entries);
	add_lines(b, "added_lines", o->diff.added_line, o->diff.added);
	add_lines(b, "removed_lines", o->diff.removed_line, o->diff.removed);
	buf_add_byte(b, '}');
}

/* ---- telling ---- */

static void
log_lines(enum conf_exempt_list list, const char *event, const struct slice *v,
    size_t n)
{
	struct buf b;
	buf_init(&b, 2048);
	for (size_t i = 0; i < n && i < JUDGE_SHOWN; i++) {
		buf_add_str(&b, i > 0 ? ", " : "");
		buf_add(&b, slice_to(v[i], SHOWN_MAX));
	}
	if (n > 0)
		log_line(LOG_NOTICE, event, "list=%s n=%zu%s lines=\"%.*s\"",
		    conf_exempt_name(list), n,
		    n > JUDGE_SHOWN ? " first=20" : "",
		    SLICE_ARG(buf_slice(&b)));
	buf_free(&b);
}

static void
log_outcome(enum conf_exempt_list list, const struct conf_exempt *e,
    const struct outcome *o)
{
	bool good = o->result == FETCH_TAKEN || o->result == FETCH_UNCHANGED;
	log_line(good ? LOG_INFO : LOG_WARNING, "exempt-sync",
	    "list=%s result=%s entries=%zu added=%zu removed=%zu url=%.*s "
	    "why=\"%s\"%s",
	    conf_exempt_name(list), result_name(o->result), o->entries,
	    o->diff.added, o->diff.removed, SLICE_ARG(e->sync), o->text,
	    good ? "" : " the copy that is there stays in force");
	log_lines(list, "exempt-added", o->diff.added_line, o->diff.added);
	log_lines(
	    list, "exempt-removed", o->diff.removed_line, o->diff.removed);
}

static void
ask_end(struct ask *a)
{
	uint8_t code = a->refused ? 1 : a->unreachable ? 3 : 0;
	role_ctl_end(a->chan, code, "");
	list_remove(&a->node);
	free(a);
}

void
control_tell(struct fetch *f, enum conf_exempt_list list,
    const struct conf_exempt *e, const struct outcome *o)
{
	struct buf b;
	log_outcome(list, e, o);
	buf_init(&b, LINE_MAX_OCTETS);
	add_outcome(&b, list, o);
	LIST_FOREACH_SAFE (n, &f->controls) {
		struct ask *a = LIST_OWNER(n, struct ask, node);
		if ((a->waiting & 1u << list) == 0)
			continue;
		a->waiting &= ~(1u << list);
		a->refused |= o->result == FETCH_REFUSED;
		a->unreachable |= o->result == FETCH_UNREACHABLE;
		if (buf_err(&b) == ERR_OK)
			role_ctl_line(a->chan, buf_slice(&b));
		if (a->waiting == 0)
			ask_end(a);
	}
	buf_free(&b);
}

/* ---- asking ---- */

static unsigned
all_lists(const struct fetch *f)
{
	unsigned bits = 0;
	for (unsigned i = 0; i < CONF_EXEMPT_LISTS; i++)
		if (job_section(f, (enum conf_exempt_list)i) != NULL)
			bits |= 1u << i;
	return bits;
}

static const char *
lists_of(const struct fetch *f, struct slice args, unsigned *out)
{
	struct slice name;
	*out = 0;
	while (pack_next(&args, &name)) {
		enum conf_exempt_list list = conf_exempt_parse(name);
		if (list == CONF_EXEMPT_LISTS)
			return "there is no such list; they are ptr, helo and "
			       "mail";
		if (job_section(f, list) == NULL)
			return "that list has no sync URL in the "
			       "configuration";
		*out |= 1u << list;
	}
	if (args.n > 0)
		return "a damaged request";
	if (*out == 0)
		*out = all_lists(f);
	return *out == 0 ? "no list has a sync URL in the configuration" : NULL;
}

static void
sync_now(struct fetch *f, struct chan *c, unsigned lists)
{
	struct ask *a = calloc(1, sizeof(*a));
	if (a == NULL) {
		role_ctl_end(c, 3, "out of memory");
		return;
	}
	a->chan = c;
	a->waiting = lists;
	list_push_back(&f->controls, &a->node);
	/* The last one to end may free a. */
	for (size_t i = 0; i < CONF_EXEMPT_LISTS; i++)
		if ((lists & 1u << i) != 0)
			job_start(&f->job[i]);
}

static void
status_line(struct fetch *f, struct chan *c, const struct job *j)
{
	const struct conf_exempt *e = job_section(f, j->list);
	struct keep k;
	struct buf b;
	keep_load(&k, f->dir, j->list);
	buf_init(&b, LINE_MAX_OCTETS);
	buf_printf(&b, "{\"list\": \"%s\", ", conf_exempt_name(j->list));
	add_time(&b, "last_sync", k.state.last_sync * 1000);
	buf_add_str(&b, ", ");
	add_text(&b, "last_error", k.state.last_error);
	buf_add_str(&b, ", ");
	add_time(&b, "next_sync", j->due_ms);
	buf_add_str(&b, ", ");
	add_text(&b, "url", e->sync);
	buf_add_byte(&b, '}');
	if (buf_err(&b) == ERR_OK)
		role_ctl_line(c, buf_slice(&b));
	buf_free(&b);
	keep_free(&k);
}

void
control_request(struct fetch *f, struct chan *c, bool may_change,
    struct slice verb, struct slice args)
{
	unsigned lists;
	if (slice_eq(verb, SLICE("exempt-sync-status"))) {
		for (size_t i = 0; i < CONF_EXEMPT_LISTS; i++)
			if (job_section(f, f->job[i].list) != NULL)
				status_line(f, c, &f->job[i]);
		role_ctl_end(c, 0, "");
		return;
	}
	if (!slice_eq(verb, SLICE("exempt-sync"))) {
		role_ctl_end(c, 2, "fetch does not understand this request");
		return;
	}
	if (!may_change) {
		role_ctl_end(c, 1, "permission denied: you may only read");
		return;
	}
	const char *fault = lists_of(f, args, &lists);
	if (fault != NULL)
		role_ctl_end(c, 2, fault);
	else
		sync_now(f, c, lists);
}

void
control_gone(struct fetch *f, struct chan *c)
{
	LIST_FOREACH_SAFE (n, &f->controls) {
		struct ask *a = LIST_OWNER(n, struct ask, node);
		if (a->chan != c)
			continue;
		list_remove(&a->node);
		free(a);
	}
}
