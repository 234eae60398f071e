/* Handles of libuv behind loop.h: each is allocated apart from its owner and
 * freed by its close callback, so that owners need not wait for it. */
#include <errno.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "io/loop.h"
#include "io/loop_internal.h"
#include "os/fs.h"

static void
on_handle_closed(uv_handle_t *h)
{
	free(h->data);
}

/* --- descriptors ------------------------------------------------------- */

struct watch_handle {
	uv_poll_t poll;
	struct loop *loop;
	void (*cb)(void *arg, unsigned events);
	void *arg;
	unsigned events;
};

static void
on_poll(uv_poll_t *p, int status, int events)
{
	struct watch_handle *h = p->data;
	h->loop->activity++;
	unsigned ready = 0;
	if (events & UV_READABLE)
		ready |= WATCH_READ;
	if (events & UV_WRITABLE)
		ready |= WATCH_WRITE;
	if (status < 0) {
		/* libuv stops a descriptor that shows an error; the owner may
		 * find that it is a passing one. */
		unsigned again = h->events;
		ready = again;
		h->events = 0;
		watch_set(&(struct watch){h}, again);
	}
	h->cb(h->arg, ready);
}

enum err
watch_open(struct watch *w, struct loop *l, int fd,
    void (*cb)(void *arg, unsigned events), void *arg)
{
	struct watch_handle *h = calloc(1, sizeof(*h));
	w->h = NULL;
	if (h == NULL)
		return ERR_NOMEM;
	h->loop = l;
	h->cb = cb;
	h->arg = arg;
	int rc = uv_poll_init(&l->uv, &h->poll, fd);
	if (rc != 0) {
		free(h);
		return rc == UV_ENOMEM ? ERR_NOMEM : ERR_IO;
	}
	h->poll.data = h;
	w->h = h;
	return ERR_OK;
}

void
watch_set(struct watch *w, unsigned events)
{
	struct watch_handle *h = w->h;
	if (h == NULL || h->events == events)
		return;
	h->events = events;
	int want = 0;
	if (events & WATCH_READ)
		want |= UV_READABLE;
	if (events & WATCH_WRITE)
		want |= UV_WRITABLE;
	/* Fails only for a descriptor that another handle watches. */
	if (uv_poll_start(&h->poll, want, on_poll) != 0)
		abort();
}

void
watch_close(struct watch *w)
{
	if (w->h == NULL)
		return;
	uv_close((uv_handle_t *)&w->h->poll, on_handle_closed);
	w->h = NULL;
}

/* --- signals ----------------------------------------------------------- */

struct sigwatch_handle {
	uv_signal_t sig;
	void (*cb)(void *arg, int signum);
	void *arg;
};

static void
on_signal(uv_signal_t *s, int signum)
{
	struct sigwatch_handle *h = s->data;
	h->cb(h->arg, signum);
}

enum err
sigwatch_open(struct sigwatch *w, struct loop *l, int signum,
    void (*cb)(void *arg, int signum), void *arg)
{
	struct sigwatch_handle *h = calloc(1, sizeof(*h));
	w->h = NULL;
	if (h == NULL)
		return ERR_NOMEM;
	h->cb = cb;
	h->arg = arg;
	if (uv_signal_init(&l->uv, &h->sig) != 0) {
		free(h);
		return ERR_IO;
	}
	h->sig.data = h;
	w->h = h;
	if (uv_signal_start(&h->sig, on_signal, signum) != 0) {
		sigwatch_close(w);
		return ERR_IO;
	}
	return ERR_OK;
}

void
sigwatch_close(struct sigwatch *w)
{
	if (w->h == NULL)
		return;
	uv_close((uv_handle_t *)&w->h->sig, on_handle_closed);
	w->h = NULL;
}

/* --- waking from another thread ---------------------------------------- */

struct wake_handle {
	uv_async_t async;
	struct loop *loop;
	void (*cb)(void *arg);
	void *arg;
};

static void
on_wake(uv_async_t *a)
{
	struct wake_handle *h = a->data;
	h->loop->activity++;
	h->cb(h->arg);
}

enum err
wake_open(struct wake *w, struct loop *l, void (*cb)(void *arg), void *arg)
{
	struct wake_handle *h = calloc(1, sizeof(*h));
	w->h = NULL;
	if (h == NULL)
		return ERR_NOMEM;
	h->loop = l;
	h->cb = cb;
	h->arg = arg;
	if (uv_async_init(&l->uv, &h->async, on_wake) != 0) {
		free(h);
		return ERR_IO;
	}
	h->async.data = h;
	w->h = h;
	return ERR_OK;
}

void
wake_send(struct wake *w)
{
	uv_async_send(&w->h->async);
}

void
wake_close(struct wake *w)
{
	if (w->h == NULL)
		return;
	uv_close((uv_handle_t *)&w->h->async, on_handle_closed);
	w->h = NULL;
}

/* --- directories ------------------------------------------------------- */

/* Finished changes only: IN_MODIFY would tell of every write. */
#define DIR_EVENTS                                                             \
	(IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |              \
	    IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR)

struct dirwatch_handle {
	struct watch watch;
	struct loop *loop;
	int fd;
	uint64_t latest; /* call at last then, however busy it stays */
	struct dirwatch *owner;
	void (*cb)(void *arg);
	void *arg;
};

/* One read a turn: a directory that never rests must not hold up the loop.
 * What the events say does not matter, nor does a queue that overflowed. */
static void
on_dir_event(void *arg, unsigned events)
{
	struct dirwatch_handle *h = arg;
	(void)events;
	uint64_t now = loop_now_ms(h->loop);
	if (read(h->fd, loop_scratch(h->loop), LOOP_SCRATCH_SIZE) <= 0)
		return;
	if (!timer_active(&h->owner->quiet))
		h->latest = now + DIRWATCH_LATEST_MS;
	uint64_t left = h->latest > now ? h->latest - now : 0;
	timer_start(&h->owner->quiet,
	    left < DIRWATCH_QUIET_MS ? left : DIRWATCH_QUIET_MS);
}

static void
on_dir_quiet(void *arg)
{
	struct dirwatch_handle *h = arg;
	h->cb(h->arg);
}

enum err
dirwatch_open(struct dirwatch *w, struct loop *l, const char *path,
    void (*cb)(void *arg), void *arg, struct diag *d)
{
	struct dirwatch_handle *h = calloc(1, sizeof(*h));
	w->h = NULL;
	if (h == NULL)
		return diag_set(d, ERR_NOMEM, NULL, "out of memory");
	*h = (struct dirwatch_handle){
	    .loop = l, .owner = w, .cb = cb, .arg = arg};
	timer_init(&w->quiet, l, on_dir_quiet, h);
	w->h = h;
	h->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	enum err e = ERR_OK;
	if (h->fd < 0 || inotify_add_watch(h->fd, path, DIR_EVENTS) < 0)
		e = fs_fail(d, errno, "watch", path);
	else if (watch_open(&h->watch, l, h->fd, on_dir_event, h) != ERR_OK)
		e = diag_set(d, ERR_NOMEM, NULL, "cannot watch %s", path);
	if (e != ERR_OK) {
		dirwatch_close(w);
		return e;
	}
	watch_set(&h->watch, WATCH_READ);
	return ERR_OK;
}

void
dirwatch_close(struct dirwatch *w)
{
	if (w->h == NULL)
		return;
	timer_stop(&w->quiet);
	watch_close(&w->h->watch);
	fs_close(&w->h->fd);
	free(w->h);
	w->h = NULL;
}
