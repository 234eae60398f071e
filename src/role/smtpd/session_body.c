/* session_body.c - from the first octet of a body to the answer that it is
 * durable. A small body waits in memory; one over IPC_BODY_MEMFD_MAX goes to
 * a file of the queue's. */
#include "os/clock.h"
#include "os/fs.h"
#include "os/memfd.h"
#include "proto/mail/received.h"
#include "role/smtpd/smtpd.h"

#include <string.h>
#include <unistd.h>

/* Recipients are sent ahead of the commit once they fill this much. */
#define RCPTS_IN_COMMIT (16u * 1024)
/* All bodies in memory together; beyond, a body goes to its file early. */
#define LARGE_BODIES_MAX (64u * 1024 * 1024)

static const struct smtp_verdict no_queue = {.kind = SMTP_SRV_REFUSE,
    .code = 451,
    .enhanced = {(const uint8_t *)"4.3.0", 5},
    .cause = {(const uint8_t *)"local.io-error", 14},
    .text = {
	(const uint8_t *)"Temporary problem here, please try again later", 46}};

/* Below our Received, as we found it before (RFC 8601 4). */
static void
add_results(struct session *s)
{
	const struct conf *c = s->gen->conf;
	const struct reverse_result *r[REVERSE_KINDS];
	for (unsigned k = 0; k < REVERSE_KINDS; k++)
		r[k] = look_result(s, (enum reverse_kind)k);
	if (s->profile->lookups && r[REVERSE_PTR] != NULL)
		reverse_add_headers(
		    &s->body.bytes, c->reverse_lookup.headers, c->hostname, r);
}

static void
add_received(struct session *s)
{
	struct received r = {.helo = smtp_server_helo(&s->machine),
	    .ptr = look_ptr_name(s),
	    .ip = s->peer.ip,
	    .hostname = s->gen->conf->hostname,
	    .esmtp = smtp_server_is_esmtp(&s->machine),
	    .tls = s->tls != NULL,
	    .auth = smtp_server_is_authenticated(&s->machine),
	    .id = s->body.message,
	    .unix_s = loop_unix_ms(s->d->role->loop) / 1000};
	if (smtp_server_recipients(&s->machine) == 1)
		r.rcpt = buf_slice(&s->rcpt_only);
	if (s->tls != NULL) {
		r.tls_version = slice_str(s->tls->version);
		r.tls_cipher = slice_str(s->tls->cipher);
		r.tls_bits = s->tls->bits_used;
		r.tls_bits_of = s->tls->bits_alg;
	}
	r.offset_min = clock_utc_offset_min(r.unix_s * 1000);
	received_add(&s->body.bytes, &r);
	add_results(s);
	s->body.octets = s->body.bytes.n;
	s->d->large_bodies += s->body.bytes.n;
}

void
body_begin_named(struct session *s)
{
	struct smtpd *d = s->d;
	s->waiting = WAIT_NOTHING;
	if (role_peer(d->role, ROLE_QUEUE, 0) == NULL) {
		session_answer(s, &no_queue);
		return;
	}
	s->body.open = true;
	s->body.message = role_id(d->role);
	if (map_put_u64(&d->by_id, s->body.message, s) != ERR_OK) {
		s->body.open = false;
		session_answer(s, &no_queue);
		return;
	}
	add_received(s);
	if (!filters_begin(s)) {
		body_abort(s);
		session_answer(s, &no_queue);
		return;
	}
	char text[ID_TEXT_LEN + 1];
	id_text(s->body.message, text);
	struct smtp_verdict v = {
	    .kind = SMTP_SRV_ALLOW, .id = slice_of(text, ID_TEXT_LEN)};
	session_answer(s, &v);
}

void
body_begin(struct session *s)
{
	if (s->looked[REVERSE_PTR].state == LOOK_DONE)
		body_begin_named(s);
	else
		s->waiting = WAIT_NAME;
}

static void
refuse_body(struct session *s, enum err err)
{
	struct smtp_verdict v = {.kind = SMTP_SRV_REFUSE,
	    .code = 452,
	    .enhanced = SLICE("4.3.1"),
	    .cause = err == ERR_FULL ? SLICE("local.disk-full")
				     : SLICE("local.io-error"),
	    .text = SLICE("No room for this message now, try again later")};
	if (s->body.ending) /* the machine waits for its verdict already */
		session_answer(s, &v);
	else
		smtp_server_body_refuse(&s->machine, &v);
}

static void
ask_spool(struct session *s)
{
	struct ipc_msg m = {.type = IPC_body_open, .fd = -1};
	m.body_open.msg = s->body.message;
	s->body.spool_asked = true;
	if (!role_send(role_peer(s->d->role, ROLE_QUEUE, 0), &m))
		refuse_body(s, ERR_TEMP);
	else
		s->waiting = WAIT_SPOOL; /* the machine rests until then */
}

/* Bytes that came after the threshold but within the same input stay in memory
 * until the file is there, then all goes. */
void
body_keep(struct session *s, struct slice bytes)
{
	struct smtpd *d = s->d;
	if (s->test != NULL) {
		test_keep(s, bytes);
		return;
	}
	s->body.octets += bytes.n;
	if (s->body.spool_fd >= 0) {
		enum err err = fs_write_all(s->body.spool_fd, bytes);
		if (err != ERR_OK)
			refuse_body(s, err);
		return;
	}
	buf_add(&s->body.bytes, bytes);
	d->large_bodies += bytes.n;
	if (buf_err(&s->body.bytes) != ERR_OK)
		refuse_body(s, ERR_NOMEM);
	else if (!s->body.spool_asked &&
		 (s->body.bytes.n > IPC_BODY_MEMFD_MAX ||
		     (s->body.bytes.n > IPC_BODY_INLINE_MAX &&
			 d->large_bodies > LARGE_BODIES_MAX)))
		ask_spool(s);
}

void
body_write(struct session *s, struct slice bytes)
{
	static const struct smtp_verdict header = {.kind = SMTP_SRV_REFUSE,
	    .code = 552,
	    .enhanced = {(const uint8_t *)"5.3.4", 5},
	    .cause = {(const uint8_t *)"limit.line", 10},
	    .text = {(const uint8_t *)"The header is larger than this server "
				      "takes",
		43}};
	if (!s->body.open)
		return;
	enum err err = filters_run(s, bytes, false);
	if (err == ERR_LIMIT)
		smtp_server_body_refuse(&s->machine, &header);
	else if (err != ERR_OK)
		refuse_body(s, err);
}

static void
forget_bytes(struct session *s)
{
	struct smtpd *d = s->d;
	uint64_t n = s->body.bytes.n;
	d->large_bodies -= n < d->large_bodies ? n : d->large_bodies;
	buf_free(&s->body.bytes);
}

void
body_answer(struct smtpd *d, struct ipc_msg *m)
{
	struct session *s = session_find(d, m->body_answer.msg);
	if (s == NULL || s->waiting != WAIT_SPOOL)
		return; /* the descriptor is closed for us */
	enum err err = (enum err)m->body_answer.err;
	bool was = s->pumping;
	s->pumping = true; /* an answer within may end the session */
	s->waiting = WAIT_NOTHING;
	if (err == ERR_OK && m->fd >= 0) {
		s->body.spool_fd = m->fd;
		m->fd = -1;
		err = fs_write_all(s->body.spool_fd, buf_slice(&s->body.bytes));
		forget_bytes(s);
	}
	if (err != ERR_OK)
		refuse_body(s, err);
	else if (s->body.ending)
		gate_commit(s);
	s->pumping = was;
	session_pump(s);
}

void
body_lost(struct session *s)
{
	bool was = s->pumping;
	s->pumping = true; /* as in body_answer */
	s->waiting = WAIT_NOTHING;
	refuse_body(s, ERR_TEMP);
	s->pumping = was;
	session_pump(s);
}

void
body_abort(struct session *s)
{
	if (!s->body.open)
		return;
	if (s->body.spool_asked) {
		struct ipc_msg m = {.type = IPC_body_abort, .fd = -1};
		m.body_abort.msg = s->body.message;
		/* Not told: the queue removes it when we end. */
		(void)role_send(role_peer(s->d->role, ROLE_QUEUE, 0), &m);
	}
	fs_close(&s->body.spool_fd);
	filters_free(s);
	forget_bytes(s);
	map_remove_u64(&s->d->by_id, s->body.message);
	s->body.open = false;
}

void
transaction_reset(struct session *s)
{
	body_abort(s);
	test_reset(s);
	/* Its refusal may have named the message, so the record knows it. */
	if (s->body.message != 0 && !s->body.committed)
		record_message(&s->record, s->body.message, RECORD_REFUSED,
		    s->body.octets, SLICE_EMPTY);
	buf_free(&s->sender);
	buf_free(&s->rcpts);
	buf_free(&s->rcpt_only);
	buf_free(&s->rcpt_asked);
	buf_free(&s->targets);
	s->foreign = false;
	memset(&s->body, 0, sizeof(s->body));
	s->body.spool_fd = -1;
	buf_init(&s->body.bytes, BODY_BYTES_MAX);
}

/* ---- commit ---- */

static bool
send_recipients_ahead(struct session *s, struct chan *queue)
{
	if (s->rcpts.n <= RCPTS_IN_COMMIT)
		return true;
	struct ipc_msg m = {.type = IPC_rcpt_add, .fd = -1};
	m.rcpt_add.msg = s->body.message;
	struct slice left = buf_slice(&s->rcpts);
	while (left.n > 0) {
		/* Whole pairs, as many as a frame takes well. */
		struct slice rest = left, item;
		while (left.n - rest.n < 4 * RCPTS_IN_COMMIT &&
		       pack_next(&rest, &item) && pack_next(&rest, &item))
			;
		m.rcpt_add.rcpts = slice_to(left, left.n - rest.n);
		if (!role_send(queue, &m))
			return false;
		left = rest;
	}
	buf_free(&s->rcpts);
	return true;
}

static uint8_t
message_flags(const struct session *s)
{
	const struct smtp_mail *mail = smtp_server_mail(&s->machine);
	unsigned flags = 0;
	if (mail != NULL && mail->body == SMTP_BODY_8BITMIME)
		flags |= IPC_MSG_8BIT;
	if (smtp_server_is_authenticated(&s->machine))
		flags |= IPC_MSG_AUTHENTICATED;
	if (s->trusted)
		flags |= IPC_MSG_TRUSTED;
	return (uint8_t)flags;
}

static bool
send_commit(struct session *s, struct chan *queue)
{
	struct ipc_msg m = {.type = IPC_commit, .fd = -1};
	struct ipc_commit *c = &m.commit;
	int fd = -1;
	c->msg = s->body.message;
	c->session = s->id;
	c->flags = message_flags(s);
	c->size = s->body.octets;
	c->client = s->peer.ip;
	c->from = buf_slice(&s->sender);
	c->rcpts = buf_slice(&s->rcpts);
	if (s->body.spool_fd >= 0) {
		c->body_kind = IPC_BODY_SPOOL;
		/* The queue takes it only once nobody can write any more. */
		fs_close(&s->body.spool_fd);
	} else if (s->body.bytes.n <= IPC_BODY_INLINE_MAX) {
		c->body_kind = IPC_BODY_INLINE;
		c->body = buf_slice(&s->body.bytes);
	} else {
		c->body_kind = IPC_BODY_MEMFD;
		if (memfd_make(buf_slice(&s->body.bytes), &fd) != ERR_OK)
			return false;
		m.fd = fd;
	}
	bool ok = role_send(queue, &m);
	fs_close(&fd);
	return ok;
}

/* The mail; or the report that takes its place. */
static bool
hand_over(struct session *s, struct chan *queue)
{
	if (s->test != NULL)
		return test_send(s, queue);
	return send_recipients_ahead(s, queue) && send_commit(s, queue);
}

void
body_commit(struct session *s)
{
	s->waiting = WAIT_COMMIT;
	if (s->body.header.received >= s->gen->conf->limits.hops) {
		session_refuse(s, 554, "5.4.6", "queue.loop",
		    "This message has passed too many servers: mail loop");
		return;
	}
	/* What a filter still held may be what makes the body need a file. */
	s->body.ending = true;
	if (filters_run(s, SLICE_EMPTY, true) != ERR_OK)
		refuse_body(s, ERR_NOMEM);
	else if (s->body.open && s->waiting == WAIT_COMMIT)
		gate_commit(s);
}

void
body_commit_judged(struct session *s)
{
	struct chan *queue = role_peer(s->d->role, ROLE_QUEUE, 0);
	if (test_dropped(s))
		return;
	s->waiting = WAIT_COMMIT;
	if (queue == NULL || buf_err(&s->body.bytes) != ERR_OK ||
	    !hand_over(s, queue)) {
		session_answer(s, &no_queue);
		return;
	}
	/* The message is the queue's now, whatever becomes of the client. */
	s->committing = s->body.message;
	s->committing_octets = s->body.octets;
	s->body.spool_asked = false;
	s->body.open = false;
	s->body.committed = true;
	filters_free(s);
	forget_bytes(s);
}

void
commit_forget(struct session *s)
{
	if (s->committing != 0)
		map_remove_u64(&s->d->by_id, s->committing);
	s->committing = 0;
}

static uint16_t
commit_code(enum err err)
{
	return err == ERR_FULL || err == ERR_LIMIT ? 452 : 451;
}

void
commit_answer(struct smtpd *d, const struct ipc_commit_answer *a)
{
	struct session *s = session_find(d, a->msg);
	if (s == NULL || s->waiting != WAIT_COMMIT || s->committing != a->msg)
		return;
	enum err err = (enum err)a->err;
	trace_message(s, err == ERR_OK, a->cause);
	commit_forget(s);
	if (err == ERR_OK) {
		s->looks = 0;
		static const struct smtp_verdict ok = {.kind = SMTP_SRV_ALLOW};
		session_answer(s, &ok);
		return;
	}
	session_refuse(s, commit_code(err), err == ERR_FULL ? "4.3.1" : "4.3.0",
	    err == ERR_FULL ? "local.disk-full" : "local.io-error",
	    err == ERR_FULL ? "No room for this message now, try again later"
			    : "Temporary problem here, please try again later");
}
