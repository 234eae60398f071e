#include "ipc/channel.h"

#include "ipc/frame.h"
#include "os/fdpass.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What may wait for a peer that does not read. Far more than a healthy edge
 * ever has: blocked roles stop taking in work long before. */
#define BACKLOG_OCTETS_MAX (16u * 1024 * 1024)
/* Frames taken in one go before other descriptors have their turn. */
#define BURST 64

struct waiting {
	struct list node;
	int fd;
	size_t n;
	uint8_t frame[];
};

struct chan {
	struct loop *loop;
	struct watch watch;
	int fd;
	enum role_kind self, peer;
	const struct chan_ops *ops;
	void *arg;
	uint64_t tag;
	struct list backlog;
	size_t backlog_octets;
	struct defer unblocked;
	bool in_callback; /* freeing waits for the callback's return */
	bool dead;
	bool broken;
	struct buf out;
	uint8_t *in; /* IPC_FRAME_MAX octets: one record */
};

static void
drop_first(struct chan *c)
{
	struct waiting *w =
	    LIST_OWNER(list_pop_front(&c->backlog), struct waiting, node);
	c->backlog_octets -= w->n;
	if (w->fd >= 0)
		close(w->fd);
	free(w);
}

static void
free_chan(struct chan *c)
{
	while (!list_empty(&c->backlog))
		drop_first(c);
	buf_free(&c->out);
	free(c->in);
	free(c);
}

/* Stop everything but keep the memory while a callback is on the stack. */
static void
kill_chan(struct chan *c)
{
	if (c->dead)
		return;
	c->dead = true;
	watch_close(&c->watch);
	defer_cancel(&c->unblocked);
	close(c->fd);
	c->fd = -1;
}

static void
fail(struct chan *c, const char *why)
{
	struct diag d = {0};
	if (c->dead)
		return;
	kill_chan(c);
	diag_set(&d, ERR_CLOSED, NULL, "%s", why);
	bool nested = c->in_callback;
	c->in_callback = true;
	c->ops->closed(c, &d, c->arg);
	c->in_callback = nested;
	if (!nested)
		free_chan(c);
}

static void
on_unblocked(void *arg)
{
	struct chan *c = arg;
	if (c->ops->writable == NULL)
		return;
	c->in_callback = true;
	c->ops->writable(c, c->arg);
	c->in_callback = false;
	if (c->dead)
		free_chan(c);
}

/* Send what waits. What a dead peer will not take stays: the end of file tells
 * of it, after what the peer had sent. */
static void
send_backlog(struct chan *c)
{
	while (!list_empty(&c->backlog)) {
		struct waiting *w =
		    LIST_OWNER(c->backlog.next, struct waiting, node);
		enum err err =
		    fdpass_send(c->fd, slice_of(w->frame, w->n), w->fd);
		if (err == ERR_AGAIN)
			return;
		if (err == ERR_CLOSED) {
			watch_set(&c->watch, WATCH_READ);
			return;
		}
		if (err != ERR_OK) {
			fail(c, "a frame cannot be sent");
			return;
		}
		drop_first(c);
	}
	watch_set(&c->watch, WATCH_READ);
	loop_defer(c->loop, &c->unblocked);
}

/* One record. Returns false when there is no more for now. */
static bool
receive(struct chan *c)
{
	struct ipc_msg m;
	size_t n = 0;
	int fd = -1;
	enum err err = fdpass_recv(c->fd, c->in, IPC_FRAME_MAX, &n, &fd);
	/* A peer that died with unread records is reported once before the
	 * records it had sent. */
	if (err == ERR_CLOSED)
		err = fdpass_recv(c->fd, c->in, IPC_FRAME_MAX, &n, &fd);
	if (err == ERR_AGAIN)
		return false;
	if (err == ERR_OK)
		err = ipc_decode(slice_of(c->in, n), fd >= 0, &m);
	if (err == ERR_OK && !ipc_permitted(m.type, c->peer, c->self))
		err = ERR_DENIED;
	if (err != ERR_OK) {
		if (fd >= 0)
			close(fd);
		c->broken = err != ERR_CLOSED;
		fail(c,
		    c->broken ? "a frame broke the rules" : "the peer ended");
		return false;
	}
	m.fd = fd;
	c->ops->message(c, &m, c->arg);
	if (m.fd >= 0)
		close(m.fd);
	return !c->dead;
}

static void
on_ready(void *arg, unsigned events)
{
	struct chan *c = arg;
	c->in_callback = true;
	if ((events & WATCH_WRITE) != 0)
		send_backlog(c);
	if ((events & WATCH_READ) != 0)
		for (int i = 0; i < BURST && !c->dead; i++)
			if (!receive(c))
				break;
	c->in_callback = false;
	if (c->dead)
		free_chan(c);
}

struct chan *
chan_new(struct loop *loop, int fd, enum role_kind self, enum role_kind peer,
    const struct chan_ops *ops, void *arg)
{
	struct chan *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	c->loop = loop;
	c->fd = fd;
	c->self = self;
	c->peer = peer;
	c->ops = ops;
	c->arg = arg;
	list_init(&c->backlog);
	defer_init(&c->unblocked, on_unblocked, c);
	buf_init(&c->out, IPC_FRAME_MAX);
	/* Pages of it that no frame has reached cost nothing. */
	c->in = malloc(IPC_FRAME_MAX);
	if (c->in == NULL ||
	    watch_open(&c->watch, loop, fd, on_ready, c) != ERR_OK) {
		free(c->in);
		free(c);
		return NULL;
	}
	watch_set(&c->watch, WATCH_READ);
	return c;
}

void
chan_close(struct chan *c)
{
	kill_chan(c);
	if (!c->in_callback)
		free_chan(c);
}

static enum err
keep(struct chan *c, struct slice frame, int fd)
{
	if (c->backlog_octets + frame.n > BACKLOG_OCTETS_MAX)
		return ERR_LIMIT;
	struct waiting *w = malloc(sizeof(*w) + frame.n);
	if (w == NULL)
		return ERR_NOMEM;
	w->fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (fd >= 0 && w->fd < 0) {
		free(w);
		return ERR_LIMIT;
	}
	w->n = frame.n;
	memcpy(w->frame, frame.p, frame.n);
	list_push_back(&c->backlog, &w->node);
	c->backlog_octets += frame.n;
	watch_set(&c->watch, WATCH_READ | WATCH_WRITE);
	return ERR_OK;
}

enum err
chan_send(struct chan *c, const struct ipc_msg *m)
{
	if (c->dead)
		return ERR_CLOSED;
	buf_clear(&c->out);
	enum err err = ipc_encode(m, &c->out);
	if (err != ERR_OK)
		return err;
	struct slice frame = buf_slice(&c->out);
	err = ERR_AGAIN;
	if (list_empty(&c->backlog))
		err = fdpass_send(c->fd, frame, m->fd);
	if (err == ERR_AGAIN)
		err = keep(c, frame, m->fd);
	/* A dead peer is told by the end of file, from the loop. */
	return err;
}

bool
chan_broken(const struct chan *c)
{
	return c->broken;
}

bool
chan_blocked(const struct chan *c)
{
	return !list_empty(&c->backlog);
}

enum role_kind
chan_peer(const struct chan *c)
{
	return c->peer;
}

void
chan_set_tag(struct chan *c, uint64_t tag)
{
	c->tag = tag;
}

uint64_t
chan_tag(const struct chan *c)
{
	return c->tag;
}
