/* client.h - the sending side of SMTP (RFC 5321) and LMTP (RFC 2033) as a
 * machine without sockets.
 *
 * Events go in by the functions below; after each one the driver pulls
 * actions with smtp_client_next() until it gives false. The machine calls
 * nothing and has no clock: every event carries now_ms, and the driver calls
 * smtp_client_tick() when smtp_client_deadline() has passed.
 *
 *   open -> [START_TLS -> tls_up | tls_failed] -> READY -> message
 *        -> [WANT_BODY -> body]* -> RESULT (one a recipient) -> READY -> ...
 *        -> quit -> CLOSE
 *
 * A driver that examines a server gives single commands instead of messages:
 * READY -> command -> REPLY -> READY.
 *
 * Promises, asserted under a fuzzer:
 * - a recipient gets exactly one RESULT, or the whole message none, together
 *   with NEED_PLAIN or NEED_FRESH: the driver then opens another connection;
 * - DELIVERED only after a 2xx that came after the final dot was sent;
 * - a password is sent only inside TLS, so never after a fall back to plain;
 * - nothing received before TLS influences what is done inside it, and octets
 *   that came with the reply to STARTTLS end the session (protocol.sync);
 * - the actions do not depend on how the peer's octets are cut up.
 *
 * An 8-bit body is announced by BODY=8BITMIME where the peer offers it, and
 * sent unchanged where it does not: converting would break signatures, and a
 * peer that cannot take 8-bit octets is a matter of history.
 *
 * TLS by level: may: refused, the session goes on in plain; the
 * handshake fails, stalls or the peer goes away: NEED_PLAIN. encrypt and
 * verify: the message is deferred with a tls.* cause. The verdict on the
 * certificate is the caller's and comes with tls_up. */
#ifndef PROTO_SMTP_CLIENT_CLIENT_H
#define PROTO_SMTP_CLIENT_CLIENT_H

#include "base/buf.h"

enum smtp_client_tls {
	SMTP_CLIENT_TLS_NONE,
	SMTP_CLIENT_TLS_MAY,
	SMTP_CLIENT_TLS_ENCRYPT,
	SMTP_CLIENT_TLS_VERIFY
};

/* Patience in milliseconds, RFC 5321 4.5.3.2. */
struct smtp_client_timeouts {
	uint32_t greeting, command, starttls, data_init, data_block, data_done,
	    quit;
};

/* 5 min, 5 min, 1 min (also for the handshake), 2 min, 3 min, 10 min, 10 s */
extern const struct smtp_client_timeouts smtp_client_timeouts_default;

/* All slices are borrowed until smtp_client_free. */
struct smtp_client_options {
	bool lmtp;
	bool in_tls; /* the connection is inside TLS from its start */
	/* TLS comes before the greeting (RFC 8314 3): START_TLS is the first
	 * action, and nothing ever goes in plain. Not with tls none. */
	bool implicit;
	bool notes;   /* give NOTE actions */
	bool replies; /* give REPLY actions */
	enum smtp_client_tls tls;
	struct slice helo;           /* our name */
	struct slice user, password; /* empty: no AUTH */
	/* To examine a server: sent in one piece with STARTTLS (whole lines).
	 * Nothing that answers it is expected (RFC 3207 6); when STARTTLS is
	 * refused the session ends. Empty: nothing. */
	struct slice behind_starttls;
	unsigned window; /* commands in flight with PIPELINING; 0: 64 */
	struct smtp_client_timeouts timeouts;
};

struct smtp_client_message {
	struct slice from; /* without <>; empty: the null reverse-path */
	const struct slice *rcpts;
	size_t rcpts_n;
	uint64_t size_octets; /* without dot-stuffing; 0: not known */
	bool eight_bit;       /* the body has octets above 127 */
	bool utf8;            /* needs SMTPUTF8 (RFC 6531) */
	bool probe;           /* ask for the recipients, send no body */
};

enum smtp_client_outcome {
	SMTP_CLIENT_DELIVERED,
	SMTP_CLIENT_ACCEPTED, /* of a probe */
	SMTP_CLIENT_DEFERRED,
	SMTP_CLIENT_FAILED
};

/* What became of a recipient, or why a session ended. Slices are valid until
 * the next event. text is one line with code and words of the peer, or our
 * own words where code is 0; foreign bytes in it are not escaped. */
struct smtp_client_result {
	enum smtp_client_outcome outcome;
	uint16_t code;         /* of the peer's reply; 0: there was none */
	struct slice enhanced; /* "5.1.1"; ours if the peer gave none */
	struct slice cause;    /* doc/causes.md; empty when delivered */
	struct slice text;
	struct slice stage; /* "greeting", "EHLO", "RCPT", "end of data"... */
};

enum smtp_client_act {
	SMTP_CLIENT_NOTE,       /* who, data: one line of the dialogue */
	SMTP_CLIENT_REPLY,      /* result.code and .stage, data: all its lines
				   as they came; in its place between NOTEs */
	SMTP_CLIENT_SEND,       /* data */
	SMTP_CLIENT_RESULT,     /* rcpt, result */
	SMTP_CLIENT_START_TLS,  /* begin the handshake, then tls_up/failed */
	SMTP_CLIENT_WANT_BODY,  /* call smtp_client_body when there is room */
	SMTP_CLIENT_READY,      /* a message may be given */
	SMTP_CLIENT_NEED_PLAIN, /* again, new connection, tls none; result says
				   why. CLOSE follows */
	SMTP_CLIENT_NEED_FRESH, /* again, new connection: this one, kept from
				   before, was dead. CLOSE follows */
	SMTP_CLIENT_CLOSE       /* after what was to be sent; result: why (an
				   outcome of DELIVERED: all was well) */
};

/* Slices in it are valid until the next event. */
struct smtp_client_action {
	enum smtp_client_act kind;
	char who; /* '>' we, '<' the peer, '*' a remark */
	struct slice data;
	size_t rcpt; /* index in the message */
	struct smtp_client_result result;
};

/* What the peer offered in its last EHLO reply. */
struct smtp_client_offers {
	bool esmtp, pipelining, eight_bit, starttls, utf8, enhanced;
	bool auth_plain, auth_login;
	bool size;
	uint64_t size_octets; /* 0: no limit told */
};

struct smtp_client_tls_info {
	struct slice version, cipher; /* for the dialogue */
	uint32_t bits;
	bool verified;      /* the certificate meets the caller's rule */
	struct slice cause; /* tls.cert-* when it does not */
};

struct smtp_client;

/* smtp_client_new - a machine for one connection, waiting for the greeting.
 * NULL: no memory. */
struct smtp_client *smtp_client_new(
    const struct smtp_client_options *o, uint64_t now_ms);
void smtp_client_free(struct smtp_client *c);

/* smtp_client_next - pull one action; false: nothing to do but wait. */
bool smtp_client_next(struct smtp_client *c, struct smtp_client_action *out);

/* smtp_client_deadline - when to call tick, in the caller's milliseconds; 0:
 * never. It moves with each event. */
uint64_t smtp_client_deadline(const struct smtp_client *c);
void smtp_client_tick(struct smtp_client *c, uint64_t now_ms);

/* Octets of the peer, plain text: what TLS carried once it is up. */
void smtp_client_bytes(struct smtp_client *c, uint64_t now_ms, struct slice in);
/* The peer closed, or the connection broke. cause may be empty: net.reset. */
void smtp_client_closed(
    struct smtp_client *c, uint64_t now_ms, struct slice cause);
void smtp_client_tls_up(struct smtp_client *c, uint64_t now_ms,
    const struct smtp_client_tls_info *info);
void smtp_client_tls_failed(struct smtp_client *c, uint64_t now_ms,
    struct slice cause, struct slice text);

/* smtp_client_message - send m; allowed once after each READY. m and all it
 * points to are borrowed until READY, CLOSE or NEED_* comes. */
void smtp_client_message(struct smtp_client *c, uint64_t now_ms,
    const struct smtp_client_message *m);

/* smtp_client_command - one line as it stands, without CR LF, to examine the
 * server; allowed instead of a message after READY. Its reply comes as REPLY
 * (stage "command"), then READY. When that is 354, body follows, wire form
 * without dot-stuffing, and its end; REPLY comes again (stage "end of data").
 * Both are borrowed until READY or CLOSE.
 *
 * false, and nothing was begun: not while READY; line is empty, has a CR, an
 * LF or a NUL, is longer than 4,096 octets or would begin TLS; body is over 256
 * KiB or no wire form. */
bool smtp_client_command(struct smtp_client *c, uint64_t now_ms,
    struct slice line, struct slice body) KURIR_MUST_CHECK;

/* smtp_client_body - the next octets of the body in wire form without
 * dot-stuffing; last ends it. Allowed once after each WANT_BODY; call it when
 * what was to be sent before has gone out, so that the deadline measures the
 * peer. A bare CR, a bare LF or a NUL fails the message: it is not sent.
 * At most 256 KiB a call. */
void smtp_client_body(
    struct smtp_client *c, uint64_t now_ms, struct slice in, bool last);

/* smtp_client_abort - the driver cannot go on (a damaged body, shutdown).
 * Recipients without a result get this one; CLOSE follows. */
void smtp_client_abort(
    struct smtp_client *c, const struct smtp_client_result *why);

/* smtp_client_quit - no more messages. Only while READY; else as if aborted
 * with a temporary failure. */
void smtp_client_quit(struct smtp_client *c, uint64_t now_ms);

const struct smtp_client_offers *smtp_client_offers(
    const struct smtp_client *c);

/* smtp_client_plain_because - with tls may: why the session is in plain text
 * (tls.not-offered, tls.refused); empty: it is in TLS, or none was wanted. */
struct slice smtp_client_plain_because(const struct smtp_client *c);

#endif
