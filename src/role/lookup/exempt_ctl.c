#include <stdlib.h>

#include "base/pack.h"
#include "role/lookup/exempt_json.h"
#include "role/lookup/exempts.h"

#define SAY_LINES 256u
/* A reader who is at it takes the next lines soon; one who stopped is asked
 * less and less often. */
#define SAY_AGAIN_MAX_MS 64u
#define STREAMS_MAX      16u
#define JSON_MAX         (96u << 10)

/* The entries of lists being told; the tables stay while they are. */
struct stream {
	struct list node;
	struct chan *chan;
	struct exempt_file *file[CONF_EXEMPT_LISTS][EXEMPT_SOURCES];
	unsigned place; /* list and source */
	size_t index;
};

#define PLACES (CONF_EXEMPT_LISTS * EXEMPT_SOURCES)

static void
stream_free(struct stream *s)
{
	for (unsigned i = 0; i < PLACES; i++)
		exempt_file_unref(
		    s->file[i / EXEMPT_SOURCES][i % EXEMPT_SOURCES]);
	list_remove(&s->node);
	free(s);
}

static void
say_entry(const struct exempts *x, struct stream *s, struct buf *b)
{
	unsigned list = s->place / EXEMPT_SOURCES;
	unsigned source = s->place % EXEMPT_SOURCES;
	buf_clear(b);
	exempt_json_entry(b, (enum conf_exempt_list)list,
	    (enum exempt_source)source, s->file[list][source], s->index++,
	    &x->hits, loop_unix_ms(x->role->loop) / 1000);
	if (buf_err(b) == ERR_OK)
		role_ctl_line(s->chan, buf_slice(b));
}

/* false: told to the end. */
static bool
say_some(const struct exempts *x, struct stream *s, struct buf *b)
{
	for (unsigned n = 0; n < SAY_LINES && s->place < PLACES;) {
		const struct exempt_file *f =
		    s->file[s->place / EXEMPT_SOURCES]
			   [s->place % EXEMPT_SOURCES];
		if (f == NULL || s->index >= exempt_count(f->table)) {
			s->place++;
			s->index = 0;
			continue;
		}
		if (chan_blocked(s->chan))
			return true;
		say_entry(x, s, b);
		n++;
	}
	return s->place < PLACES;
}

void
exempts_say(void *arg)
{
	struct exempts *x = arg;
	bool moved = false;
	struct buf b;
	buf_init(&b, JSON_MAX);
	LIST_FOREACH_SAFE (node, &x->streams) {
		struct stream *s = LIST_OWNER(node, struct stream, node);
		size_t at = s->index;
		unsigned place = s->place;
		bool more = say_some(x, s, &b);
		moved = moved || at != s->index || place != s->place;
		if (more)
			continue;
		role_ctl_end(s->chan, 0, "");
		stream_free(s);
	}
	buf_free(&b);
	x->say_ms = moved                          ? 1
		    : x->say_ms < SAY_AGAIN_MAX_MS ? x->say_ms * 2
						   : SAY_AGAIN_MAX_MS;
	if (!list_empty(&x->streams))
		timer_start(&x->say, x->say_ms);
}

static size_t
streams(const struct exempts *x)
{
	size_t n = 0;
	LIST_FOREACH (node, &x->streams)
		n++;
	return n;
}

static void
tell_list(struct exempts *x, struct chan *c, unsigned wanted)
{
	struct stream *s =
	    streams(x) < STREAMS_MAX ? calloc(1, sizeof(*s)) : NULL;
	if (s == NULL) {
		role_ctl_end(c, 3, "too many questions at once");
		return;
	}
	s->chan = c;
	for (unsigned i = 0; i < PLACES; i++) {
		unsigned l = i / EXEMPT_SOURCES, source = i % EXEMPT_SOURCES;
		struct exempt_file *f = x->place[l][source].now;
		if (f != NULL && (wanted >> l & 1) != 0)
			s->file[l][source] = exempt_file_ref(f);
	}
	list_push_back(&x->streams, &s->node);
	x->say_ms = 1;
	exempts_say(x);
}

/* ---- status ---- */

static void
tell_one(struct exempts *x, struct chan *c, enum conf_exempt_list list)
{
	struct sync_state sync = {.last_sync = 0};
	struct exempt_facts f = {.list = list,
	    .conf = x->role->conf->exempts[list],
	    .sync = &sync,
	    .hits = &x->hits,
	    .now_s = loop_unix_ms(x->role->loop) / 1000};
	struct buf state, b;
	for (unsigned s = 0; s < EXEMPT_SOURCES; s++) {
		f.file[s] = x->place[list][s].now;
		f.trouble[s] = x->place[list][s].trouble;
	}
	buf_init(&state, SYNC_STATE_MAX);
	buf_init(&b, JSON_MAX);
	exempt_sync_read(x->role->conf, list, &state, &sync);
	exempt_json_status(&b, &f);
	if (buf_err(&b) == ERR_OK)
		role_ctl_line(c, buf_slice(&b));
	buf_free(&b);
	buf_free(&state);
}

static void
tell_status(struct exempts *x, struct chan *c, unsigned wanted)
{
	for (unsigned l = 0; l < CONF_EXEMPT_LISTS; l++)
		if ((wanted >> l & 1) != 0)
			tell_one(x, c, (enum conf_exempt_list)l);
	role_ctl_end(c, 0, "");
}

/* ---- what is asked ---- */

/* Bits of enum conf_exempt_list; 0: not understood. */
static unsigned
wanted_lists(struct slice args)
{
	unsigned bits = 0;
	struct slice name, value;
	if (args.n == 0)
		return (1u << CONF_EXEMPT_LISTS) - 1;
	while (pack_next(&args, &name)) {
		if (!slice_eq(name, SLICE("list")) ||
		    !pack_next(&args, &value) ||
		    conf_exempt_parse(value) == CONF_EXEMPT_LISTS)
			return 0;
		bits |= 1u << conf_exempt_parse(value);
	}
	return args.n == 0 ? bits : 0;
}

bool
exempts_control(struct exempts *x, struct chan *c, bool may_change,
    struct slice verb, struct slice args)
{
	bool list = slice_eq(verb, SLICE("exempt-list"));
	bool status = slice_eq(verb, SLICE("exempt-status"));
	bool reread = slice_eq(verb, SLICE("exempt-reread"));
	unsigned wanted = wanted_lists(args);
	if (!list && !status && !reread)
		return false;
	if (wanted == 0) {
		role_ctl_end(c, 2, "the question is not understood");
	} else if (list) {
		tell_list(x, c, wanted);
	} else if (status) {
		tell_status(x, c, wanted);
	} else {
		if (may_change)
			exempts_reloaded(x);
		else
			exempts_look(x);
		role_ctl_end(c, 0, "");
	}
	return true;
}

void
exempts_control_lost(struct exempts *x, const struct chan *c)
{
	LIST_FOREACH_SAFE (node, &x->streams) {
		struct stream *s = LIST_OWNER(node, struct stream, node);
		if (s->chan == c)
			stream_free(s);
	}
}
