/* way.c - all that goes to one next hop. */
#include "role/relay/relay.h"

#include <stdlib.h>

#define NESTED_MAX 8u

struct way *
way_ref(struct way *w)
{
	w->refs++;
	return w;
}

struct way *
way_get(struct relay *r, struct slice key)
{
	struct way *w = map_get(&r->ways, key);
	if (w != NULL)
		return way_ref(w);
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return NULL;
	list_init(&w->waiting);
	buf_init(&w->key, 4096);
	buf_add(&w->key, key);
	if (buf_err(&w->key) != ERR_OK ||
	    map_put(&r->ways, buf_slice(&w->key), w) != ERR_OK) {
		buf_free(&w->key);
		free(w);
		return NULL;
	}
	return way_ref(w);
}

void
way_unref(struct relay *r, struct way *w)
{
	if (w == NULL || --w->refs > 0)
		return;
	(void)map_remove(&r->ways, buf_slice(&w->key));
	buf_free(&w->key);
	free(w);
}

/* The share of one process, at least one. */
static unsigned
share(const struct relay *r, uint64_t limit)
{
	uint64_t n = limit / (r->processes > 0 ? r->processes : 1);
	return n < 1 ? 1 : n > 100000 ? 100000 : (unsigned)n;
}

static bool
has_place(const struct relay *r, const struct way *w)
{
	const struct conf_limits *l = &r->role->conf->limits;
	return w->busy < share(r, l->connections_per_destination);
}

static bool
has_room(const struct relay *r)
{
	return r->links_n < share(r, r->role->conf->limits.connections);
}

/* Questions of lookup hold up a client that waits: they never queue. */
bool
way_enter(struct task *t)
{
	struct relay *r = t->relay;
	if (t->busy || t->verify)
		return true;
	bool room = has_room(r);
	if (has_place(r, t->way) && (room || link_is_kept(t))) {
		t->busy = true;
		t->way->busy++;
		return true;
	}
	if (!room)
		links_make_room(r);
	list_push_back(&t->way->waiting, &t->wait_node);
	return false;
}

/* The next of w that waits. It may end at once, and w with it. */
static void
go_on(struct relay *r, struct way *w)
{
	if (list_empty(&w->waiting) || !has_place(r, w))
		return;
	/* Tasks that end at once call each other: not without end. */
	if (r->nested >= NESTED_MAX) {
		loop_defer(r->role->loop, &r->pump);
		return;
	}
	struct list *n = list_pop_front(&w->waiting);
	r->nested++;
	task_go(LIST_OWNER(n, struct task, wait_node));
	r->nested--;
}

void
way_leave(struct task *t)
{
	if (!t->busy)
		return;
	t->busy = false;
	t->way->busy--;
	go_on(t->relay, t->way);
}

void
ways_pump(struct relay *r)
{
	size_t cursor = 0;
	struct way *w;
	while ((w = map_next(&r->ways, &cursor)) != NULL) {
		if (list_empty(&w->waiting) || !has_place(r, w))
			continue;
		if (!has_room(r)) {
			links_make_room(r);
			return;
		}
		/* One a turn: the walk does not outlive a way that ends. */
		loop_defer(r->role->loop, &r->pump);
		go_on(r, w);
		return;
	}
}
