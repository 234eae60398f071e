/* conn_internal.h - what the two halves of a connection share: conn.c (birth,
 * reading, TLS, the driver's turns) and conn_out.c (writing and ending). */
#ifndef IO_CONN_INTERNAL_H
#define IO_CONN_INTERNAL_H

#include "base/buf.h"
#include "io/conn.h"
#include "io/tls_stream.h"

#define CONN_IN_MAX  65536u
#define CONN_OUT_MAX 262144u
/* A write of this size goes to the kernel at once, without a copy. */
#define CONN_WRITE_THROUGH 16384u
/* Under TLS: encrypted octets that may wait for the kernel, and how much is
 * encrypted in one go. */
#define CONN_WIRE_HIGH 65536u
#define CONN_WIRE_MAX  (CONN_WIRE_HIGH + 131072u)
/* Before closing on a peer that still sends: how long and how much of it is
 * thrown away, so that a reset does not overtake our last reply. */
#define CONN_LINGER_MS      1000u
#define CONN_LINGER_LONG_MS 4000u
#define CONN_LINGER_OCTETS  (1u << 20)

enum conn_state {
	CONN_CONNECTING,
	CONN_OPEN,
	CONN_FINISHING, /* conn_shutdown: writing the rest */
	CONN_LINGERING, /* all written; waiting for the peer to stop */
	CONN_DEAD,
};

enum conn_tls_state { CONN_PLAIN, CONN_HANDSHAKE, CONN_TLS };

struct conn {
	struct loop *loop;
	const struct conn_ops *ops;
	void *owner;
	int fd;
	struct watch watch;
	struct defer work;  /* flush, offers, late failures; at last: free */
	struct timer timer; /* connecting, lingering */
	struct sock_addr peer;
	char *unix_path;
	enum conn_state state;
	enum conn_tls_state tls_state;
	struct tls_stream *tls;
	bool paused;
	bool eof;         /* nothing more comes */
	bool eof_told;    /* and the owner knows */
	bool offer_due;   /* conn_resume: offer what is kept */
	bool drain_due;   /* the queue went empty: tell */
	bool connect_due; /* connected at once: tell */
	bool in_data;     /* within on_data */
	bool cut;         /* TLS was started within on_data: drop the rest */
	bool watch_read;  /* reading is watched for */
	bool wait_write;  /* the kernel took no more */
	bool linger;      /* conn_linger */
	bool out_failed;  /* writing failed: only what came is still told */
	int errnum;       /* why; also of a connect that failed at once */
	struct buf in;    /* received and not used */
	struct buf out;  /* written, not yet encrypted or given to the kernel */
	struct buf wire; /* under TLS: encrypted, for the kernel */
	size_t in_max;
	size_t lingered;
	size_t tls_dropped;
	uint64_t bytes_in, bytes_out;
};

/* conn_die - close the descriptor and free at the end of the iteration. */
void conn_die(struct conn *c);
/* conn_end - conn_die and on_closed; d NULL: nothing to say. */
void conn_end(struct conn *c, enum err e, const struct diag *d);
void conn_fail_errno(struct conn *c, int errnum);
/* conn_rewatch - watch what the state asks for; unwanted: something has come
 * that is not to be read now. */
void conn_rewatch(struct conn *c, bool unwanted);

/* conn_push - give the kernel what it takes. A failure is told later, from
 * the loop; so is that all is written. */
void conn_push(struct conn *c);
/* conn_after_push - tell that all is written, or go on with the end. */
void conn_after_push(struct conn *c);
/* conn_linger_read - throw away what the peer still sends. True: it is quiet
 * or gone. */
bool conn_linger_read(struct conn *c);

#endif
