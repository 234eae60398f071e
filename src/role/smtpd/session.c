/* session.c - one session: events in, the machine's actions carried out. */
#include "role/smtpd/smtpd.h"

#include <stdlib.h>
#include <unistd.h>

/* What a client may send ahead while we wait for an answer. */
#define AHEAD_MAX 8192u
#define OUT_MAX   (128u * 1024)
#define LINGER_MS 5000
/* A role that has not answered by then does not answer: as long as we would
 * wait for the client, within reason. */
#define ANSWER_MIN_MS 10000u
#define ANSWER_MAX_MS 120000u

static const struct conn_ops session_ops;

struct session *
session_find(struct smtpd *d, id_t64 id)
{
	return map_get_u64(&d->by_id, id);
}

static void
session_free(struct session *s)
{
	struct smtpd *d = s->d;
	timer_stop(&s->timer);
	timer_stop(&s->tell_timer);
	map_remove_u64(&d->by_id, s->id);
	commit_forget(s);
	transaction_reset(s);
	gate_free(s);
	if (s->counted)
		counters_leave(&d->counters);
	if (s->counted_ip)
		counters_leave_ip(&d->counters, &s->peer.ip);
	if (s->machine_open)
		smtp_server_free(&s->machine);
	record_free(&s->record);
	struct buf *bufs[] = {&s->trust_evidence, &s->user, &s->sender,
	    &s->rcpts, &s->rcpt_only, &s->rcpt_asked, &s->targets,
	    &s->body.bytes};
	for (size_t i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++)
		buf_free(bufs[i]);
	free(s->tls);
	list_remove(&s->node);
	d->session_n--;
	generation_unref(d, s->gen);
	free(s);
	if (d->role->draining && d->session_n == 0)
		role_exit(d->role);
}

/* Patience with a role of ours. */
static void
arm_answer(struct session *s)
{
	uint64_t ms = s->gen->conf->limits.command_timeout_ms;
	ms = ms < ANSWER_MIN_MS ? ANSWER_MIN_MS : ms;
	timer_start(&s->timer, ms > ANSWER_MAX_MS ? ANSWER_MAX_MS : ms);
}

/* The connection is gone and nothing is asked any more: tell and forget. */
static void
session_end(struct session *s)
{
	if (s->pumping)
		return; /* its end comes back here */
	if (s->waiting == WAIT_COMMIT) {
		arm_answer(s); /* so does the answer */
		return;
	}
	test_over(s);
	trace_finish(s);
	session_free(s);
}

/* Close without another word. */
static void
drop_conn(struct session *s, enum err e, const struct diag *why)
{
	if (s->conn == NULL)
		return;
	trace_closed(s, e, why);
	conn_abort(s->conn);
	s->conn = NULL;
	s->handshaking = false;
}

static void
hang_up(struct session *s)
{
	timer_start(&s->timer, LINGER_MS);
	/* One that is refused may go on sending before it reads. */
	if (!s->said_quit && s->counted && !s->d->role->draining)
		conn_linger(s->conn);
	conn_shutdown(s->conn);
}

static void
arm(struct session *s)
{
	uint64_t now = loop_now_ms(s->d->role->loop);
	uint64_t at = smtp_server_deadline(&s->machine);
	if (at == 0)
		timer_stop(&s->timer);
	else
		timer_start(&s->timer, at > now ? at - now : 0);
}

static bool
start_tls(struct session *s)
{
	if (s->conn == NULL)
		return false;
	timer_start(&s->timer, s->gen->conf->limits.handshake_timeout_ms);
	s->handshaking = true;
	if (conn_start_tls_server(s->conn, s->profile->tls) == ERR_OK)
		return true;
	drop_conn(s, ERR_NOMEM, NULL);
	return false;
}

static void
send_bytes(struct session *s, struct slice bytes)
{
	if (s->conn == NULL || conn_write(s->conn, bytes) == ERR_OK)
		return;
	/* A peer that never reads its replies. */
	drop_conn(s, ERR_LIMIT, NULL);
	smtp_server_abort(&s->machine);
}

/* Carry one action out. false: nothing can be done before something happens.
 */
static bool
carry_out(struct session *s, const struct smtp_srv_action *a)
{
	switch (a->kind) {
	case SMTP_SRV_WANT_INPUT:
		arm(s);
		return false;
	case SMTP_SRV_WANT_VERDICT:
		arm_answer(s);
		return false;
	case SMTP_SRV_WANT_TLS:
		return false;
	case SMTP_SRV_NOTE:
		trace_note(s, &a->note);
		return true;
	case SMTP_SRV_SEND:
		send_bytes(s, a->bytes);
		return true;
	case SMTP_SRV_ASK_CONNECT:
		gate_connect(s);
		return true;
	case SMTP_SRV_ASK_HELO:
		gate_helo(s, a->bytes);
		return true;
	case SMTP_SRV_ASK_MAIL:
		ask_mail(s, a->mail);
		return true;
	case SMTP_SRV_ASK_RCPT:
		ask_rcpt(s, a->rcpt);
		return true;
	case SMTP_SRV_AUTH_START:
		ask_auth_start(s, a);
		return true;
	case SMTP_SRV_AUTH_STEP:
		ask_auth_step(s, a);
		return true;
	case SMTP_SRV_AUTH_CANCEL:
		ask_auth_cancel(s);
		return true;
	case SMTP_SRV_BODY_BEGIN:
		body_begin(s);
		return true;
	case SMTP_SRV_BODY_WRITE:
		body_write(s, a->bytes);
		return true;
	case SMTP_SRV_BODY_ABORT:
		body_abort(s);
		return true;
	case SMTP_SRV_COMMIT:
		body_commit(s);
		return true;
	case SMTP_SRV_TX_RESET:
		transaction_reset(s);
		return true;
	case SMTP_SRV_START_TLS:
		if (!start_tls(s))
			smtp_server_abort(&s->machine);
		return true;
	case SMTP_SRV_CLOSE:
	default:
		s->finished = true;
		s->said_quit = a->ok;
		return false;
	}
}

/* Let the machine work on in; returns the octets it used. Stops when it wants
 * something, or when a large body must go to a file first. */
static size_t
run_machine(struct session *s, struct slice in)
{
	struct smtp_srv_action a;
	size_t used = 0;
	s->pumping = true;
	do {
		smtp_server_next(&s->machine, loop_now_ms(s->d->role->loop),
		    slice_from(in, used), &a);
		used += a.used;
		if (a.kind == SMTP_SRV_ASK_MAIL && used < in.n)
			s->pipelined = true;
	} while (carry_out(s, &a) && s->waiting != WAIT_SPOOL);
	s->pumping = false;
	if (s->waiting == WAIT_SPOOL)
		arm_answer(s);
	return used;
}

static void
after_pump(struct session *s)
{
	if (!s->finished)
		return;
	s->unread = 0;
	if (s->conn == NULL)
		session_end(s);
	else
		hang_up(s);
}

void
session_pump(struct session *s)
{
	if (s->pumping || !s->machine_open || s->waiting == WAIT_SPOOL)
		return;
	if (s->unread > 0 && s->conn != NULL) {
		/* The connection offers what it kept, from the loop; only one
		 * that is paused can be resumed. */
		s->paused = false;
		conn_pause(s->conn);
		conn_resume(s->conn);
		return;
	}
	run_machine(s, SLICE_EMPTY);
	after_pump(s);
}

void
session_answer(struct session *s, const struct smtp_verdict *v)
{
	s->waiting = WAIT_NOTHING;
	smtp_server_verdict(&s->machine, v);
	session_pump(s);
}

void
session_refuse(struct session *s, uint16_t code, const char *enhanced,
    const char *cause, const char *text)
{
	struct smtp_verdict v = {.kind = SMTP_SRV_REFUSE,
	    .code = code,
	    .enhanced = slice_str(enhanced),
	    .cause = slice_str(cause),
	    .text = slice_str(text)};
	session_answer(s, &v);
}

static bool
queue_blocked(struct session *s)
{
	struct chan *c = role_peer(s->d->role, ROLE_QUEUE, 0);
	return c != NULL && chan_blocked(c);
}

static size_t
on_data(struct conn *c, struct slice in)
{
	struct session *s = conn_owner(c);
	size_t used = 0;
	if (s->finished)
		return in.n;
	if (s->machine_open && s->waiting != WAIT_SPOOL && !queue_blocked(s))
		used = run_machine(s, in);
	s->unread = in.n - used;
	if (s->conn != NULL && !s->finished &&
	    ((s->unread > AHEAD_MAX && s->waiting != WAIT_NOTHING) ||
		(s->unread > 0 && queue_blocked(s)))) {
		conn_pause(s->conn);
		s->paused = true;
		if (queue_blocked(s) && !timer_active(&s->timer))
			arm_answer(s);
	}
	after_pump(s);
	return used;
}

void
session_resume(struct session *s)
{
	if (s->paused && s->conn != NULL && s->waiting == WAIT_NOTHING) {
		s->paused = false;
		conn_resume(s->conn);
	}
}

/* Nothing more can be said to the client. */
static void
give_up(struct session *s, enum err e, const struct diag *why)
{
	drop_conn(s, e, why);
	s->finished = true;
	if (s->machine_open) {
		smtp_server_abort(&s->machine);
		run_machine(s, SLICE_EMPTY);
	}
	session_end(s);
}

static void
on_eof(struct conn *c)
{
	struct session *s = conn_owner(c);
	if (!s->machine_open) {
		give_up(s, ERR_CLOSED, NULL);
		return;
	}
	smtp_server_peer_closed(&s->machine);
	session_pump(s);
}

static void
on_closed(struct conn *c, enum err e, const struct diag *why)
{
	struct session *s = conn_owner(c);
	trace_closed(s, e, why);
	s->conn = NULL;
	s->unread = 0;
	s->handshaking = false;
	timer_stop(&s->timer);
	if (s->machine_open && !s->finished) {
		smtp_server_abort(&s->machine);
		if (s->waiting == WAIT_SPOOL)
			s->waiting = WAIT_NOTHING;
		run_machine(s, SLICE_EMPTY);
	}
	s->finished = true;
	session_end(s);
}

static void
open_machine(struct session *s, const struct smtp_verdict *refusal)
{
	s->machine_open = true;
	smtp_server_open(&s->machine, s->opts, slice_str(s->id_text),
	    s->tls != NULL, refusal);
}

static void
tls_failed(struct session *s, enum err e, const struct diag *why)
{
	trace_tls(s, e, why);
	give_up(s, e, why);
}

static void
on_tls(struct conn *c, enum err e, const struct diag *why)
{
	struct session *s = conn_owner(c);
	s->handshaking = false;
	if (e == ERR_OK) {
		s->tls = calloc(1, sizeof(*s->tls));
		e = s->tls == NULL ? ERR_NOMEM : conn_tls(c, s->tls);
	}
	if (e != ERR_OK) {
		tls_failed(s, e, why);
		return;
	}
	trace_tls(s, ERR_OK, NULL);
	s->unread = 0;
	buf_free(&s->user); /* who it was before counts no more */
	if (s->machine_open)
		smtp_server_tls_up(&s->machine);
	else
		open_machine(s, NULL);
	session_pump(s);
}

static void
on_timer(void *arg)
{
	struct session *s = arg;
	struct diag why = {0};
	if (s->finished && s->conn != NULL) {
		/* It did not close after our last word. */
		drop_conn(s, ERR_OK, NULL);
		session_end(s);
	} else if (s->conn != NULL && s->handshaking) {
		conn_tls_stalled(s->conn, &why);
		tls_failed(s, ERR_TIMEOUT, &why);
	} else if (s->waiting != WAIT_NOTHING) {
		ask_overdue(s);
	} else if (s->paused && queue_blocked(s)) {
		smtp_server_shutdown(&s->machine);
		run_machine(s, SLICE_EMPTY);
		after_pump(s);
	} else {
		session_pump(s);
	}
}

static void
on_tell_timer(void *arg)
{
	trace_tell(arg);
}

static const struct conn_ops session_ops = {
    .on_data = on_data,
    .on_tls = on_tls,
    .on_eof = on_eof,
    .on_closed = on_closed,
};

static void
init_bufs(struct session *s)
{
	buf_init(&s->trust_evidence, 512);
	buf_init(&s->gate.list, 2048);
	buf_init(&s->gate.authors, AUTHOR_FIELD_MAX);
	buf_init(&s->user, 512);
	buf_init(&s->sender, 1024);
	buf_init(&s->rcpts, IPC_FRAME_MAX / 2);
	buf_init(&s->rcpt_only, 1024);
	buf_init(&s->rcpt_asked, 1024);
	buf_init(&s->targets, 512u * 1024);
	buf_init(&s->body.bytes, BODY_BYTES_MAX);
	s->body.spool_fd = -1;
}

/* Which device calls; or NULL and, for one that is none, the refusal. */
static const struct smtp_verdict *
find_device(struct session *s, struct finding *f, struct smtp_verdict *v)
{
	const struct conf *c = s->gen->conf;
	s->device = device_find(c, &s->peer.ip);
	s->trusted = false; /* a device is what its section says */
	if (s->device != NULL) {
		s->opts = &s->profile->device_opts[s->device - c->device];
		return NULL;
	}
	device_unknown(&s->peer.ip, f);
	gate_record(s, "connect", f, SLICE("close"), SLICE_EMPTY, SLICE_EMPTY);
	*v = (struct smtp_verdict){.kind = SMTP_SRV_REFUSE,
	    .code = f->code,
	    .enhanced = slice_str(f->enhanced),
	    .cause = slice_str(f->cause),
	    .text = slice_str(f->text),
	    .close = true};
	return v;
}

static void
session_begin(struct session *s, const struct smtp_verdict *refusal)
{
	struct smtpd *d = s->d;
	struct finding unknown = {0};
	struct smtp_verdict no;
	id_text(s->id, s->id_text);
	s->opts = &s->profile->opts;
	s->started_ms = loop_unix_ms(d->role->loop);
	timer_init(&s->timer, d->role->loop, on_timer, s);
	timer_init(&s->tell_timer, d->role->loop, on_tell_timer, s);
	record_init(&s->record);
	conn_local(s->conn, &s->local);
	s->trusted = relay_trust(&s->profile->listen->trusted, &s->peer.ip,
	    SLICE_EMPTY, &s->trust_evidence);
	s->spared = s->trusted || ip_is_localhost(&s->peer.ip);
	s->counted = refusal == NULL;
	s->counted_ip = refusal == NULL && !s->trusted;
	trace_open(s);
	if (refusal == NULL && s->profile->listen->role == CONF_ROLE_DEVICE)
		refusal = find_device(s, &unknown, &no);
	if (refusal == NULL)
		test_offer(s);
	if (refusal == NULL)
		look_begin(s, REVERSE_PTR, SLICE_EMPTY);
	if (refusal == NULL && s->profile->listen->tls == CONF_TLS_IMPLICIT) {
		s->finished = !start_tls(s);
		if (s->finished)
			session_end(s);
		return;
	}
	open_machine(s, refusal);
	session_pump(s);
}

bool
session_start(struct smtpd *d, struct generation *g, struct profile *p, int fd,
    const struct sock_addr *peer, const struct smtp_verdict *refusal)
{
	struct session *s = calloc(1, sizeof(*s));
	if (s == NULL) {
		close(fd);
		return false;
	}
	struct conn_conf cc = {
	    .ops = &session_ops, .owner = s, .out_max = OUT_MAX};
	s->d = d;
	s->profile = p;
	s->peer = *peer;
	list_init(&s->node);
	init_bufs(s);
	s->id = role_id(d->role);
	if (map_put_u64(&d->by_id, s->id, s) != ERR_OK) {
		close(fd);
		free(s);
		return false;
	}
	if (conn_new(d->role->loop, fd, &cc, &s->conn) != ERR_OK) {
		map_remove_u64(&d->by_id, s->id);
		free(s);
		return false;
	}
	s->gen = generation_ref(g);
	list_push_back(&d->sessions, &s->node);
	d->session_n++;
	session_begin(s, refusal);
	return true;
}

void
session_shutdown_all(struct smtpd *d, bool bodies_too)
{
	LIST_FOREACH_SAFE (n, &d->sessions) {
		struct session *s = LIST_OWNER(n, struct session, node);
		if (s->handshaking) {
			give_up(s, ERR_CLOSED, NULL);
		} else if (!s->finished && (bodies_too || !s->body.open)) {
			smtp_server_shutdown(&s->machine);
			session_pump(s);
		}
	}
}

void
session_abort_all(struct smtpd *d)
{
	LIST_FOREACH_SAFE (n, &d->sessions) {
		struct session *s = LIST_OWNER(n, struct session, node);
		drop_conn(s, ERR_CLOSED, NULL);
		if (s->waiting == WAIT_COMMIT)
			s->waiting = WAIT_NOTHING;
		s->finished = true;
		session_end(s);
	}
}
