#include "role/resolver/ub_loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unbound-event.h>
#include <unbound.h>

typedef void ub_callback(int fd, short bits, void *arg);

struct ub_loop {
	struct ub_event_base base;
	struct ub_event_base_vmt base_vmt; /* the library wants them mutable */
	struct ub_event_vmt event_vmt;
	struct loop *loop;
};

/* One of libunbound's events: a descriptor, a timeout, or both. */
struct ub_ev {
	struct ub_event event;
	struct loop *loop;
	int fd;
	short bits;
	ub_callback *cb;
	void *arg;
	struct watch watch;
	struct timer timer;
};

static struct ub_ev *
ev_of(struct ub_event *e)
{
	return (struct ub_ev *)(void *)e;
}

static int
ev_del(struct ub_event *e)
{
	struct ub_ev *ev = ev_of(e);
	watch_close(&ev->watch);
	timer_stop(&ev->timer);
	return 0;
}

/* Once an event without UB_EV_PERSIST fires it is gone, before its callback,
 * which may add or free it. */
static void
ev_fire(struct ub_ev *ev, short bits)
{
	ub_callback *cb = ev->cb;
	void *arg = ev->arg;
	int fd = ev->fd;
	if ((ev->bits & UB_EV_PERSIST) == 0 || bits == UB_EV_TIMEOUT)
		ev_del(&ev->event);
	cb(fd, bits, arg);
}

static void
ev_ready(void *arg, unsigned events)
{
	struct ub_ev *ev = arg;
	int bits = ((events & WATCH_READ) != 0 ? UB_EV_READ : 0) |
		   ((events & WATCH_WRITE) != 0 ? UB_EV_WRITE : 0);
	bits &= ev->bits;
	if (bits != 0)
		ev_fire(ev, (short)bits);
}

static void
ev_due(void *arg)
{
	ev_fire(arg, UB_EV_TIMEOUT);
}

static void
ev_timer(struct ub_ev *ev, const struct timeval *tv)
{
	uint64_t ms =
	    (uint64_t)tv->tv_sec * 1000 + ((uint64_t)tv->tv_usec + 999) / 1000;
	timer_start(&ev->timer, ms);
}

static int
ev_add(struct ub_event *e, struct timeval *tv)
{
	struct ub_ev *ev = ev_of(e);
	unsigned want = 0;
	ev_del(e);
	if ((ev->bits & UB_EV_READ) != 0)
		want |= WATCH_READ;
	if ((ev->bits & UB_EV_WRITE) != 0)
		want |= WATCH_WRITE;
	if (want != 0 && ev->fd >= 0) {
		if (watch_open(&ev->watch, ev->loop, ev->fd, ev_ready, ev) !=
		    ERR_OK)
			return -1;
		watch_set(&ev->watch, want);
	}
	if ((ev->bits & UB_EV_TIMEOUT) != 0 && tv != NULL)
		ev_timer(ev, tv);
	return 0;
}

static void
ev_add_bits(struct ub_event *e, short bits)
{
	ev_of(e)->bits = (short)(ev_of(e)->bits | bits);
}

static void
ev_del_bits(struct ub_event *e, short bits)
{
	ev_of(e)->bits = (short)(ev_of(e)->bits & ~bits);
}

static void
ev_set_fd(struct ub_event *e, int fd)
{
	ev_of(e)->fd = fd;
}

static void
ev_free(struct ub_event *e)
{
	(void)ev_del(e);
	free(ev_of(e));
}

static int
ev_add_timer(struct ub_event *e, struct ub_event_base *base, ub_callback *cb,
    void *arg, struct timeval *tv)
{
	struct ub_ev *ev = ev_of(e);
	(void)base;
	ev->cb = cb;
	ev->arg = arg;
	ev->bits = (short)(ev->bits | UB_EV_TIMEOUT);
	timer_stop(&ev->timer);
	ev_timer(ev, tv);
	return 0;
}

static int
ev_del_timer(struct ub_event *e)
{
	timer_stop(&ev_of(e)->timer);
	return 0;
}

/* Signals are never asked for by a library. */
static int
ev_add_signal(struct ub_event *e, struct timeval *tv)
{
	(void)e;
	(void)tv;
	return -1;
}

static int
ev_del_signal(struct ub_event *e)
{
	(void)e;
	return -1;
}

static const struct ub_event_vmt event_vmt = {.add_bits = ev_add_bits,
    .del_bits = ev_del_bits,
    .set_fd = ev_set_fd,
    .free = ev_free,
    .add = ev_add,
    .del = ev_del,
    .add_timer = ev_add_timer,
    .del_timer = ev_del_timer,
    .add_signal = ev_add_signal,
    .del_signal = ev_del_signal};

static struct ub_event *
base_new_event(
    struct ub_event_base *base, int fd, short bits, ub_callback *cb, void *arg)
{
	struct ub_loop *u = (struct ub_loop *)(void *)base;
	struct ub_ev *ev = calloc(1, sizeof(*ev));
	if (ev == NULL)
		return NULL;
	ev->event.magic = UB_EVENT_MAGIC;
	ev->event.vmt = &u->event_vmt;
	ev->loop = u->loop;
	ev->fd = fd;
	ev->bits = bits;
	ev->cb = cb;
	ev->arg = arg;
	timer_init(&ev->timer, u->loop, ev_due, ev);
	return &ev->event;
}

static struct ub_event *
base_new_signal(struct ub_event_base *base, int fd, ub_callback *cb, void *arg)
{
	(void)base;
	(void)fd;
	(void)cb;
	(void)arg;
	return NULL;
}

/* The loop is run by the role, not by the library. */
static int
base_dispatch(struct ub_event_base *base)
{
	(void)base;
	return -1;
}

static int
base_exit(struct ub_event_base *base, struct timeval *tv)
{
	(void)base;
	(void)tv;
	return 0;
}

void
ub_loop_free(struct ub_event_base *base)
{
	free(base);
}

static const struct ub_event_base_vmt base_vmt = {.free = ub_loop_free,
    .dispatch = base_dispatch,
    .loopexit = base_exit,
    .new_event = base_new_event,
    .new_signal = base_new_signal};

struct ub_event_base *
ub_loop_new(struct loop *loop)
{
	struct ub_loop *u = calloc(1, sizeof(*u));
	if (u == NULL)
		return NULL;
	u->base.magic = UB_EVENT_MAGIC;
	u->base.vmt = &u->base_vmt;
	u->base_vmt = base_vmt;
	u->event_vmt = event_vmt;
	u->loop = loop;
	return &u->base;
}
