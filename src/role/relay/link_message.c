/* link_message.c - one message over a link: its recipients, its body, what
 * became of them. */
#include "role/relay/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- giving ---- */

static bool
is_ascii(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 0x80)
			return false;
	return true;
}

/* The recipients without an outcome, and which they are. */
static bool
collect(struct link *l, struct task *t, struct smtp_client_message *m)
{
	l->map = calloc(t->open + 1, sizeof(*l->map));
	l->rcpts = calloc(t->open + 1, sizeof(*l->rcpts));
	l->rcpts_n = 0;
	if (l->map == NULL || l->rcpts == NULL)
		return false;
	for (size_t i = 0; i < t->rcpts_n; i++) {
		if (t->rcpts[i].done)
			continue;
		l->map[l->rcpts_n] = i;
		l->rcpts[l->rcpts_n++] = t->rcpts[i].address;
		m->utf8 |= !is_ascii(t->rcpts[i].address);
	}
	m->rcpts = l->rcpts;
	m->rcpts_n = l->rcpts_n;
	return true;
}

static void
forget(struct link *l)
{
	free(l->map);
	free(l->rcpts);
	l->map = NULL;
	l->rcpts = NULL;
	l->in_message = l->want_body = false;
}

void
link_give(struct link *l, struct task *t)
{
	struct smtp_client_message m = {.from = t->from,
	    .size_octets = t->size,
	    .eight_bit = t->eight_bit,
	    .utf8 = !is_ascii(t->from),
	    .probe = t->verify};
	l->body_at = 0;
	l->delivered_now = l->failed_now = 0;
	l->messages++;
	t->sessions++;
	t->session = l->id;
	if (!collect(l, t, &m)) {
		struct smtp_client_result why = {
		    .outcome = SMTP_CLIENT_DEFERRED,
		    .enhanced = SLICE("4.3.0"),
		    .cause = SLICE("local.io-error"),
		    .text = SLICE("out of memory")};
		smtp_client_abort(l->machine, &why);
		return;
	}
	l->in_message = true;
	if (!t->verify)
		record_mail(&l->record, t->from);
	smtp_client_message(l->machine, loop_now_ms(l->relay->role->loop), &m);
}

/* ---- the body ---- */

/* The next octets into *out; false: they cannot be had. */
static bool
read_body(struct link *l, struct slice *out)
{
	struct task *t = l->task;
	uint64_t left = t->size - l->body_at;
	size_t n = left < RELAY_CHUNK ? (size_t)left : RELAY_CHUNK;
	if (t->body != NULL) {
		*out = slice_of(t->body + l->body_at, n);
		return true;
	}
	size_t got = 0;
	while (got < n) {
		ssize_t k = pread(t->body_fd, l->relay->chunk + got, n - got,
		    (off_t)(l->body_at + got));
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		got += (size_t)k;
	}
	*out = slice_of(l->relay->chunk, n);
	return true;
}

/* link_feed - more of the body, when the peer has taken what was sent. */
void
link_feed(struct link *l)
{
	struct slice chunk;
	if (!l->want_body || l->task == NULL ||
	    conn_queued(l->conn) > RELAY_CHUNK)
		return;
	l->want_body = false;
	if (!read_body(l, &chunk)) {
		struct smtp_client_result why = {
		    .outcome = SMTP_CLIENT_DEFERRED,
		    .enhanced = SLICE("4.3.0"),
		    .cause = SLICE("queue.body-damaged"),
		    .text = SLICE("the message cannot be read")};
		smtp_client_abort(l->machine, &why);
		return;
	}
	l->body_at += chunk.n;
	smtp_client_body(l->machine, loop_now_ms(l->relay->role->loop), chunk,
	    l->body_at == l->task->size);
}

/* ---- results ---- */

static enum ipc_outcome
what_of(enum smtp_client_outcome o)
{
	switch (o) {
	case SMTP_CLIENT_DELIVERED:
	case SMTP_CLIENT_ACCEPTED:
		return IPC_DELIVERED;
	case SMTP_CLIENT_FAILED:
		return IPC_FAILED;
	case SMTP_CLIENT_DEFERRED:
		break;
	}
	return IPC_DEFERRED;
}

/* link_outcome - as the queue and people see it. Slices borrow from r and l,
 * the reply of our own making from l->text until the next call. A server that
 * does not greet us may do so later (RFC 7504: unless it says 521). */
void
link_outcome(
    struct link *l, const struct smtp_client_result *r, struct outcome *out)
{
	*out = (struct outcome){what_of(r->outcome), r->cause, r->text,
	    slice_str(l->host), slice_str(l->tls_text)};
	if (slice_eq(r->stage, SLICE("greeting")) && r->code != 521)
		out->what = IPC_DEFERRED;
	if (r->code != 0)
		return;
	buf_clear(&l->text);
	buf_add(&l->text, r->enhanced);
	buf_add_byte(&l->text, ' ');
	buf_add(&l->text, r->text);
	out->reply = buf_slice(&l->text);
}

void
link_result(struct link *l, size_t i, const struct smtp_client_result *r)
{
	struct outcome o;
	struct task *t = l->task;
	if (t == NULL || i >= l->rcpts_n)
		return;
	link_outcome(l, r, &o);
	/* After the dot the peer may have it: to ask another host at once
	 * could make two of one. */
	bool final = r->code == 0 && slice_eq(r->stage, SLICE("end of data"));
	size_t n = l->map[i];
	if (!t->verify)
		trace_rcpt(l, t, n, &o);
	l->delivered_now += o.what == IPC_DELIVERED;
	l->failed_now += o.what == IPC_FAILED;
	task_result(t, n, &o, final || l->lmtp);
}

/* link_message_end - all its results are given: the record has them too. */
void
link_message_end(struct link *l)
{
	if (l->in_message && l->task != NULL && !l->task->verify)
		trace_message(l, l->task);
	forget(l);
}
