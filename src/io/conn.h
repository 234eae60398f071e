/* conn.h - one stream connection, TCP or unix, plain or under TLS.
 *
 * Never blocks. A connection ends in exactly one of two ways: on_closed is
 * called, or its owner calls conn_abort. After either no callback comes any
 * more and the pointer is dead (the memory itself goes at the end of the loop
 * iteration). Every callback may call any function here, conn_abort too.
 *
 * Under TLS all of this is the same: on_data gives and conn_write takes plain
 * octets. After TLS the connection is dead: what follows a close_notify is
 * never read. */
#ifndef IO_CONN_H
#define IO_CONN_H

#include "base/buf.h"
#include "io/loop.h"
#include "io/tls.h"
#include "os/socket.h"

struct conn;

struct conn_ops {
	/* Octets have come: returns how many of in were used. The rest is kept
	 * and offered again, longer, when more has come or on conn_resume. in
	 * is borrowed until the return. */
	size_t (*on_data)(struct conn *c, struct slice in);
	/* conn_connect has succeeded. May be NULL. */
	void (*on_connected)(struct conn *c);
	/* Everything written has gone to the kernel. May be NULL. */
	void (*on_drained)(struct conn *c);
	/* The handshake is over. ERR_OK: conn_tls tells what was agreed; else
	 * d has the cause, and nothing but conn_abort is left to do: on_closed
	 * does not come after it. */
	void (*on_tls)(struct conn *c, enum err e, const struct diag *d);
	/* The peer will send no more (all it sent was offered), but may still
	 * read. NULL: this counts as closed, ERR_CLOSED. */
	void (*on_eof)(struct conn *c);
	/* The end. ERR_OK after conn_shutdown; ERR_CLOSED: the peer went;
	 * ERR_TIMEOUT, ERR_IO, ERR_TLS …: see d. */
	void (*on_closed)(struct conn *c, enum err e, const struct diag *d);
};

struct conn_conf {
	const struct conn_ops *ops;
	void *owner;    /* conn_owner gives it back */
	size_t in_max;  /* octets kept unused; more: on_closed(ERR_LIMIT).
			   0: 64 KiB */
	size_t out_max; /* octets waiting to be written. 0: 256 KiB */
};

/* conn_new - takes over fd, a connected stream socket; on failure fd is
 * closed. Reading begins with the next iteration. */
enum err conn_new(struct loop *l, int fd, const struct conn_conf *conf,
    struct conn **out) KURIR_MUST_CHECK;

/* Where to connect: an address, or a unix socket when unix_path is set. */
struct conn_target {
	struct sock_addr to;
	const char *unix_path;
	struct ip from; /* family 0: any source address */
	unsigned timeout_ms;
};

/* conn_connect - on_connected or on_closed follows, never from within this
 * call. Causes: net.refused, net.timeout, net.reset, local.io-error. */
enum err conn_connect(struct loop *l, const struct conn_target *t,
    const struct conn_conf *conf, struct conn **out) KURIR_MUST_CHECK;

void *conn_owner(const struct conn *c);
void conn_set_ops(struct conn *c, const struct conn_ops *ops, void *owner);
void conn_peer(const struct conn *c, struct sock_addr *out);
void conn_local(const struct conn *c, struct sock_addr *out);

/* conn_write - queue a copy of s; what is written in one iteration goes out
 * together at its end. ERR_LIMIT: over out_max, nothing of s was taken.
 * ERR_CLOSED: shut down already. */
enum err conn_write(struct conn *c, struct slice s) KURIR_MUST_CHECK;
/* conn_flush - give it to the kernel now. */
void conn_flush(struct conn *c);
/* conn_queued - octets the kernel has not taken. conn_room - what conn_write
 * would still take. */
size_t conn_queued(const struct conn *c);
size_t conn_room(const struct conn *c);

/* conn_pause - read no more until conn_resume, which offers what is kept
 * (from the loop, not from within the call). */
void conn_pause(struct conn *c);
void conn_resume(struct conn *c);

/* conn_shutdown - write what is queued, say close_notify under TLS, then
 * close: on_closed(ERR_OK) follows. Nothing is read any more. The caller's
 * timer bounds it. */
void conn_shutdown(struct conn *c);
/* conn_linger - before conn_shutdown: the peer may still be sending. Close only
 * once it has ended too, or after a few seconds: closing on octets that nobody
 * reads makes a reset, which can destroy our last words before it reads them.
 * (What has come already is always read.) */
void conn_linger(struct conn *c);
/* conn_abort - close now, nothing more is written. NULL is nothing. */
void conn_abort(struct conn *c);

/* conn_start_tls_server, conn_start_tls_client - what was written goes out in
 * plain first; what was received and not used is dropped, never fed to
 * anyone: conn_tls_dropped counts it (ask in on_tls). Within on_data the rest
 * of in is dropped after the return. on_tls follows. The handshake is bounded
 * by the caller's timer. The context is referenced. */
enum err conn_start_tls_server(
    struct conn *c, struct tls_server *s) KURIR_MUST_CHECK;
enum err conn_start_tls_client(struct conn *c, struct tls_client *s,
    const struct tls_client_opts *opts) KURIR_MUST_CHECK;
size_t conn_tls_dropped(const struct conn *c);
/* conn_tls - ERR_NOT_FOUND when not under TLS, or not yet. */
enum err conn_tls(const struct conn *c, struct tls_info *out) KURIR_MUST_CHECK;
/* conn_tls_chain - append the certificates of the peer, leaf first: DER,
 * packed (base/pack.h). Nothing when not under TLS, or it showed none. */
void conn_tls_chain(const struct conn *c, struct buf *out);
/* conn_tls_stalled - for the caller whose handshake timer fired: how far it
 * had come, as a diag with cause tls.stalled. */
void conn_tls_stalled(const struct conn *c, struct diag *d);

/* Octets on the wire since the start, TLS framing included. */
uint64_t conn_bytes_in(const struct conn *c);
uint64_t conn_bytes_out(const struct conn *c);

#endif
