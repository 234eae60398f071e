/* server_priv.h - shared by server*.c, by nobody else. */
#ifndef PROTO_SMTP_SERVER_PRIV_H
#define PROTO_SMTP_SERVER_PRIV_H

#include "proto/smtp/server.h"

#define SRV_AUTH_LINE_MAX 12288 /* RFC 4954 4, CR LF included */

/* srv_act - queue an action that carries no note. */
void srv_act(struct smtp_server *s, enum smtp_srv_act kind);
/* srv_note_peer - a line of the peer; text borrows from the input. */
void srv_note_peer(struct smtp_server *s, struct slice text, bool hidden);
/* srv_note_event - text and cause are constants. */
void srv_note_event(
    struct smtp_server *s, struct slice cause, struct slice text);

/* srv_reply - a reply that refuses nothing. */
void srv_reply(struct smtp_server *s, uint16_t code, struct slice enhanced,
    struct slice text);
/* srv_challenge - 334 with bytes in base64 (RFC 4954 4); one line, however
 * long, and noted without them. */
void srv_challenge(struct smtp_server *s, struct slice bytes);
/* srv_refuse - a refusal, its id behind it, counted against the limit of
 * errors; may end the session. */
void srv_refuse(struct smtp_server *s, const struct smtp_srv_refusal *r);
/* srv_refuse_verdict - what the driver decided. */
void srv_refuse_verdict(struct smtp_server *s, const struct smtp_verdict *v);
struct smtp_srv_refusal srv_refusal_of(const struct smtp_verdict *v);

/* srv_ask - hand out an ASK and wait. */
void srv_ask(
    struct smtp_server *s, enum smtp_srv_ask ask, enum smtp_srv_act act);

/* srv_tx_reset - the one way out of a transaction. */
void srv_tx_reset(struct smtp_server *s);
/* srv_end - nothing but what is queued and CLOSE follows. */
void srv_end(struct smtp_server *s);

/* srv_set_id - the message id from now on until srv_tx_reset. */
void srv_set_id(struct smtp_server *s, struct slice id);

/* server_cmd.c: one command line; behind: octets of input after it. */
void srv_command(struct smtp_server *s, struct slice line, size_t behind);
void srv_helo_verdict(struct smtp_server *s, const struct smtp_verdict *v);
void srv_mail_verdict(struct smtp_server *s, const struct smtp_verdict *v);
void srv_rcpt_verdict(struct smtp_server *s, const struct smtp_verdict *v);

/* server_data.c: body octets. true: *used octets went; out may have become
 * BODY_WRITE, or something was queued. false: more input is needed. */
bool srv_body(struct smtp_server *s, struct slice in, size_t *used,
    struct smtp_srv_action *out);
void srv_body_verdict(struct smtp_server *s, const struct smtp_verdict *v);
void srv_commit_verdict(struct smtp_server *s, const struct smtp_verdict *v);
/* srv_body_too_slow - the average is below what any working link does. */
bool srv_body_too_slow(const struct smtp_server *s);

/* server_auth.c */
const struct smtp_srv_refusal *srv_auth_check(
    struct smtp_server *s, const struct smtp_command *c);
void srv_auth_start(struct smtp_server *s, const struct smtp_command *c);
void srv_auth_response(struct smtp_server *s, struct slice line);
void srv_auth_verdict(struct smtp_server *s, const struct smtp_verdict *v);
/* srv_auth_end - wipe what is secret; cancel: tell the driver too. */
void srv_auth_end(struct smtp_server *s, bool cancel);
/* srv_auth_offer - append the mechanisms offered now, each with a space
 * before it. */
void srv_auth_offer(const struct smtp_server *s, struct buf *b);

#endif
