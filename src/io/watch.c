/* Handles of libuv behind loop.h: each is allocated apart from its owner and
 * freed by its close callback, so that owners need not wait for it. */
#include <stdlib.h>
#include <string.h>

#include "io/loop.h"
#include "io/loop_internal.h"

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

struct dirwatch_handle {
	uv_fs_event_t fs;
	struct dirwatch *owner;
	void (*cb)(void *arg);
	void *arg;
};

static void
on_dir_event(uv_fs_event_t *f, const char *name, int events, int status)
{
	struct dirwatch_handle *h = f->data;
	(void)name;
	(void)events;
	(void)status;
	timer_start(&h->owner->quiet, DIRWATCH_QUIET_MS);
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
	h->cb = cb;
	h->arg = arg;
	h->owner = w;
	timer_init(&w->quiet, l, on_dir_quiet, h);
	/* Cannot fail: libuv only links it in. */
	uv_fs_event_init(&l->uv, &h->fs);
	h->fs.data = h;
	w->h = h;
	int rc = uv_fs_event_start(&h->fs, on_dir_event, path, 0);
	if (rc != 0) {
		dirwatch_close(w);
		return diag_set(d, rc == UV_ENOENT ? ERR_NOT_FOUND : ERR_IO,
		    NULL, "cannot watch %s: %s", path, uv_strerror(rc));
	}
	return ERR_OK;
}

void
dirwatch_close(struct dirwatch *w)
{
	if (w->h == NULL)
		return;
	timer_stop(&w->quiet);
	uv_close((uv_handle_t *)&w->h->fs, on_handle_closed);
	w->h = NULL;
}
