/* task.c - one thing asked of us, from its frame to its last result. */
#include "role/relay/relay.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/log.h"

/* ---- birth and end ---- */

struct slice
task_keep(struct task *t, struct slice s)
{
	struct slice out = SLICE_EMPTY;
	if (s.n > 0 && !arena_slice(&t->mem, s, &out))
		return SLICE_EMPTY;
	return out;
}

static struct task *
task_new(struct relay *r, struct chan *c, uint64_t number)
{
	struct task *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->relay = r;
	t->chan = c;
	t->number = number;
	t->body_fd = -1;
	t->serial = ++r->serial;
	arena_init(&t->mem, RELAY_TASK_MEM);
	list_init(&t->wait_node);
	if (map_put_u64(&r->by_serial, t->serial, t) != ERR_OK) {
		free(t);
		return NULL;
	}
	list_push_back(&r->tasks, &t->node);
	return t;
}

static void
task_free(struct task *t)
{
	struct relay *r = t->relay;
	list_remove(&t->node);
	list_remove(&t->wait_node);
	way_leave(t);
	way_unref(r, t->way);
	(void)map_remove_u64(&r->by_serial, t->serial);
	if (t->body_fd >= 0)
		close(t->body_fd);
	if (t->verify)
		r->verify_n--;
	free(t->body);
	free(t->plan);
	free(t->rcpts);
	arena_reset(&t->mem);
	free(t);
	if (r->role->draining && tasks_idle(r))
		links_quit_idle(r);
}

bool
tasks_idle(const struct relay *r)
{
	return list_empty(&r->tasks);
}

/* ---- telling ---- */

static bool
tell_verify(struct task *t)
{
	struct ipc_msg m = {.type = IPC_verify_answer, .fd = -1};
	const struct outcome *o = &t->rcpts[0].outcome;
	m.verify_answer.ask = t->number;
	m.verify_answer.exists = o->what == IPC_DELIVERED ? IPC_EXISTS_YES
				 : o->what == IPC_FAILED  ? IPC_EXISTS_NO
							  : IPC_EXISTS_UNKNOWN;
	m.verify_answer.cause = o->cause;
	m.verify_answer.text = o->reply;
	return role_send(t->chan, &m);
}

static bool
tell_rcpt(struct task *t, size_t i)
{
	struct ipc_msg m = {.type = IPC_job_result, .fd = -1};
	const struct outcome *o = &t->rcpts[i].outcome;
	m.job_result.job = t->number;
	m.job_result.rcpt = (uint16_t)i;
	m.job_result.outcome = (uint8_t)o->what;
	m.job_result.cause = o->cause;
	m.job_result.reply = o->reply;
	m.job_result.host = o->host;
	m.job_result.tls = o->tls;
	return role_send(t->chan, &m);
}

static bool
tell_end(struct task *t)
{
	struct ipc_msg m = {.type = IPC_job_done, .fd = -1};
	m.job_done.job = t->number;
	m.job_done.session = t->session;
	return role_send(t->chan, &m);
}

/* What the channel does not take now is told when it is writable again. */
void
task_tell(struct task *t)
{
	for (size_t i = 0; i < t->rcpts_n && !t->verify; i++) {
		if (!t->rcpts[i].done || t->rcpts[i].told)
			continue;
		if (!tell_rcpt(t, i))
			return;
		t->rcpts[i].told = true;
	}
	if (!t->ended)
		return;
	if (t->verify ? tell_verify(t) : tell_end(t))
		task_free(t);
}

void
tasks_tell_all(struct relay *r, struct chan *c)
{
	LIST_FOREACH_SAFE (n, &r->tasks) {
		struct task *t = LIST_OWNER(n, struct task, node);
		if (t->chan == c)
			task_tell(t);
	}
}

/* Who asked is gone. Its mail is claimed again by the next one, so what was
 * not handed over yet must not be handed over by us. */
void
tasks_peer_lost(struct relay *r, struct chan *c)
{
	LIST_FOREACH_SAFE (n, &r->tasks) {
		struct task *t = LIST_OWNER(n, struct task, node);
		if (t->chan != c)
			continue;
		struct link *l = t->link;
		t->link = NULL;
		if (l != NULL) {
			l->task = NULL;
			link_abort(l, "who gave us the message is gone");
		}
		task_free(t);
	}
}

/* ---- outcomes ---- */

static void
stands(struct task *t, size_t i)
{
	if (t->rcpts[i].done)
		return;
	t->rcpts[i].done = true;
	t->open--;
}

/* An attempt is over: what every open recipient has stands. */
static void
task_end(struct task *t)
{
	for (size_t i = 0; i < t->rcpts_n; i++)
		stands(t, i);
	t->ended = true;
	t->link = NULL;
	free(t->plan);
	t->plan = NULL;
	way_leave(t);
	task_tell(t);
}

static void
keep_outcome(struct task *t, struct outcome *to, const struct outcome *o)
{
	const struct outcome *first = &t->rcpts[0].outcome;
	to->what = o->what;
	/* Mostly the same words for all: kept once. */
	to->reply = slice_eq(first->reply, o->reply) ? first->reply
						     : task_keep(t, o->reply);
	to->cause = slice_eq(first->cause, o->cause) ? first->cause
						     : task_keep(t, o->cause);
	to->host = slice_eq(first->host, o->host) ? first->host
						  : task_keep(t, o->host);
	to->tls =
	    slice_eq(first->tls, o->tls) ? first->tls : task_keep(t, o->tls);
}

void
task_result(struct task *t, size_t i, const struct outcome *o, bool final)
{
	struct task_rcpt *r = &t->rcpts[i];
	bool more = t->plan != NULL && t->target < t->plan->n &&
		    t->sessions < RELAY_SESSIONS;
	if (r->done)
		return;
	keep_outcome(t, &r->outcome, o);
	r->tried = true;
	if (final || o->what != IPC_DEFERRED || !more || t->verify)
		stands(t, i);
}

/* One outcome for all that are open. One host's permanent refusal of the
 * session does not outweigh another host's temporary one. */
static void
all_open(struct task *t, const struct outcome *o)
{
	for (size_t i = 0; i < t->rcpts_n; i++) {
		struct task_rcpt *r = &t->rcpts[i];
		if (r->done || (r->tried && o->what == IPC_FAILED &&
				   r->outcome.what == IPC_DEFERRED))
			continue;
		keep_outcome(t, &r->outcome, o);
		r->tried = true;
	}
}

static void
task_fail(struct task *t, const struct outcome *o)
{
	all_open(t, o);
	task_end(t);
}

/* ---- the attempt ---- */

void
task_next_target(struct task *t)
{
	if (t->open == 0 || t->plan == NULL || t->target >= t->plan->n) {
		task_end(t);
		return;
	}
	t->plain = false;
	link_open(t, &t->plan->v[t->target++]);
}

static void
loop_outcome(struct outcome *o, struct slice host)
{
	*o = (struct outcome){.what = IPC_FAILED,
	    .cause = SLICE("queue.loop"),
	    .reply = SLICE("5.4.6 mail for this recipient leads back to this "
			   "server"),
	    .host = host};
}

void
task_link_over(struct task *t, enum link_end how, const struct outcome *o)
{
	struct outcome loop;
	t->link = NULL;
	switch (how) {
	case LINK_MESSAGE_OVER:
		task_next_target(t);
		break;
	case LINK_FAILED:
		all_open(t, o);
		if (t->verify)
			task_end(t);
		else
			task_next_target(t);
		break;
	case LINK_NEED_PLAIN:
		t->plain = true;
		all_open(t, o);
		link_open(t, &t->plan->v[t->target - 1]);
		break;
	case LINK_NEED_FRESH:
		t->fresh = true;
		task_go(t);
		break;
	case LINK_IS_SELF:
		if (plan_cut(t)) {
			task_end(t);
			break;
		}
		loop_outcome(&loop, o->host);
		task_fail(t, &loop);
		break;
	}
}

void
task_resolved(struct task *t, enum mx_verdict v)
{
	struct buf reply;
	if (v == MX_OK) {
		task_next_target(t);
		return;
	}
	buf_init(&reply, 512);
	buf_add(&reply, mx_verdict_enhanced(v));
	if (v == MX_LOOP)
		buf_add_str(&reply, " mail leads back to this server: ");
	else if (v == MX_NULL)
		buf_add_str(&reply, " the domain takes no mail: ");
	else if (v == MX_NXDOMAIN)
		buf_add_str(&reply, " no such domain or host: ");
	else
		buf_add_str(&reply, " the DNS look-up failed: ");
	buf_add_escaped(
	    &reply, t->hop.host.n > 0 ? t->hop.host : slice_to(t->domain, 255));
	struct outcome o = {
	    .what = mx_verdict_is_permanent(v) ? IPC_FAILED : IPC_DEFERRED,
	    .cause = mx_verdict_cause(v),
	    .reply = buf_slice(&reply)};
	trace_unresolved(t, &o);
	task_fail(t, &o);
	buf_free(&reply);
}

void
task_go(struct task *t)
{
	if (!way_enter(t))
		return;
	struct link *l = t->fresh ? NULL : link_take(t);
	if (l != NULL) {
		t->link = l;
		l->task = t;
		link_give(l, t);
		link_pump(l);
	} else if (t->plan == NULL) {
		resolve_begin(t);
	} else {
		task_next_target(t);
	}
}

/* ---- intake ---- */

static bool
take_hop(struct task *t, struct slice text)
{
	/* A path is used as a C string: it needs its NUL. */
	char *copy = arena_str(&t->mem, text);
	if (copy == NULL)
		return false;
	t->hop_text = slice_of(copy, text.n);
	return nexthop_parse(t->hop_text, &t->hop, NULL) == ERR_OK &&
	       t->hop.kind != NEXTHOP_MAILDIR && t->hop.kind != NEXTHOP_HOLD;
}

/* Links are shared by what goes the same way. */
static bool
take_way(struct task *t)
{
	struct buf key;
	buf_init(&key, 2048);
	buf_add(&key, t->hop_text);
	if (t->hop.kind == NEXTHOP_MX) {
		buf_add_byte(&key, ' ');
		buf_add(&key, t->domain);
	}
	t->way =
	    buf_err(&key) == ERR_OK ? way_get(t->relay, buf_slice(&key)) : NULL;
	buf_free(&key);
	return t->way != NULL;
}

static bool
take_rcpts(struct task *t, struct slice packed)
{
	long n = pack_count(packed);
	struct slice address;
	if (n <= 0 || n > UINT16_MAX)
		return false;
	t->rcpts = calloc((size_t)n, sizeof(*t->rcpts));
	if (t->rcpts == NULL)
		return false;
	t->rcpts_n = t->open = (size_t)n;
	for (size_t i = 0; pack_next(&packed, &address); i++)
		t->rcpts[i].address = task_keep(t, address);
	return true;
}

static bool
take_body(struct task *t, struct ipc_msg *m)
{
	const struct ipc_job *j = &m->job;
	t->size = j->size;
	if (j->body_kind != IPC_BODY_INLINE) {
		t->body_fd = m->fd;
		m->fd = -1;
		return t->body_fd >= 0;
	}
	t->size = j->body.n;
	t->body = malloc(j->body.n + 1);
	if (t->body == NULL)
		return false;
	memcpy(t->body, j->body.p, j->body.n);
	return true;
}

static void
reject(struct task *t)
{
	struct outcome o = {.what = IPC_DEFERRED,
	    .cause = SLICE("local.io-error"),
	    .reply = SLICE("4.3.0 the delivery could not be begun")};
	log_line(LOG_ERROR, "relay",
	    "why=\"a job could not be begun\" job=%llu",
	    (unsigned long long)t->number);
	if (t->rcpts == NULL) {
		t->ended = true;
		task_tell(t);
		return;
	}
	task_fail(t, &o);
}

void
task_job(struct relay *r, struct chan *c, struct ipc_msg *m)
{
	const struct ipc_job *j = &m->job;
	struct task *t = task_new(r, c, j->job);
	if (t == NULL)
		role_fatal(r->role, "out of memory for a job");
	t->msg = j->msg;
	t->eight_bit = (j->flags & IPC_MSG_8BIT) != 0;
	t->domain = task_keep(t, j->domain);
	t->from = task_keep(t, j->from);
	if (take_rcpts(t, j->rcpts) && take_hop(t, j->nexthop) && take_way(t) &&
	    take_body(t, m))
		task_go(t);
	else
		reject(t);
}

/* The domain of an address, for a next hop that is its MX. */
static struct slice
domain_of(struct slice address)
{
	size_t at = slice_rfind(address, '@');
	return slice_from(address, at + 1);
}

void
task_verify(struct relay *r, struct chan *c, const struct ipc_verify_ask *a)
{
	struct buf one;
	if (r->verify_n >= RELAY_VERIFY_MAX) {
		struct ipc_msg m = {.type = IPC_verify_answer, .fd = -1};
		m.verify_answer.ask = a->ask;
		m.verify_answer.exists = IPC_EXISTS_UNKNOWN;
		m.verify_answer.cause = SLICE("limit.rate");
		m.verify_answer.text = SLICE("too many questions at a time");
		(void)role_send(c, &m);
		return;
	}
	struct task *t = task_new(r, c, a->ask);
	if (t == NULL)
		role_fatal(r->role, "out of memory for a question");
	t->verify = true;
	r->verify_n++;
	t->domain = task_keep(t, domain_of(a->address));
	buf_init(&one, 4096);
	pack_add(&one, a->address);
	bool ok = take_rcpts(t, buf_slice(&one)) && take_hop(t, a->nexthop) &&
		  take_way(t);
	buf_free(&one);
	if (ok)
		task_go(t);
	else
		reject(t);
}
