/* channel.h - one edge between two roles: messages over a SOCK_SEQPACKET pair.
 *
 * A record is taken whole or not at all: MSG_TRUNC, MSG_CTRUNC, a second
 * descriptor, an undecodable or unpermitted frame all close the edge. What the
 * socket does not take at once waits in the channel, bounded; while anything
 * waits chan_blocked() is true and the role stops taking in new work (it stops
 * reading its clients): that is the back-pressure. Never blocks. */
#ifndef IPC_CHANNEL_H
#define IPC_CHANNEL_H

#include "io/loop.h"
#include "ipc/messages.h"

struct chan;

struct chan_ops {
	/* One message; its bytes are valid until return. The receiver owns
	 * msg->fd and sets it to -1 when it keeps it; else it is closed. The
	 * channel may be closed from inside. */
	void (*message)(struct chan *c, struct ipc_msg *msg, void *arg);
	/* The peer is gone or broke the rules; the channel is already dead
	 * and is freed after return. All that the peer sent before it ended
	 * has been handed over. */
	void (*closed)(struct chan *c, const struct diag *why, void *arg);
	/* It was blocked and is not any more. May be NULL. */
	void (*writable)(struct chan *c, void *arg);
};

/* chan_new - takes fd (non-blocking, SOCK_SEQPACKET). NULL: no memory, and
 * the caller still owns fd. ops must outlive the channel. */
struct chan *chan_new(struct loop *loop, int fd, enum role_kind self,
    enum role_kind peer, const struct chan_ops *ops, void *arg);

/* chan_close - no further callbacks, not even closed(); frees c. */
void chan_close(struct chan *c);

/* chan_send - hand over m, or keep it for later. m->fd stays the caller's
 * (a copy is kept while it waits).
 * ERR_LIMIT   the frame is too large, or too much is waiting already
 * ERR_CLOSED  the edge is dead (closed() was or will be called)
 * ERR_NOMEM */
enum err chan_send(struct chan *c, const struct ipc_msg *m) KURIR_MUST_CHECK;

bool chan_blocked(const struct chan *c);
/* chan_broken - within closed(): the peer did not just end, it broke the
 * rules. */
bool chan_broken(const struct chan *c);
enum role_kind chan_peer(const struct chan *c);

/* What the owner hangs on a channel (an instance number, a job count). */
void chan_set_tag(struct chan *c, uint64_t tag);
uint64_t chan_tag(const struct chan *c);

#endif
