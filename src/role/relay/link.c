/* link.c - one connection to a next hop: the driver of the client machine.
 *
 * A link ends once: its machine says CLOSE, or the connection never came up.
 * It then leaves its task, lets the last octets go out, hands its record to
 * the ledger and is freed. */
#include "role/relay/relay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "role/relay/credentials.h"
#include "role/relay/self.h"

/* RFC 8314 3.3: TLS from the first octet. Only a route or a smart host that
 * names this port leads to it. */
#define SUBMISSIONS_PORT 465

static uint64_t
now(const struct link *l)
{
	return loop_now_ms(l->relay->role->loop);
}

/* ---- end ---- */

static void
link_free(struct link *l)
{
	struct relay *r = l->relay;
	trace_end(l);
	timer_stop(&l->timer);
	list_remove(&l->node);
	list_remove(&l->idle_node);
	r->links_n--;
	link_message_end(l);
	smtp_client_free(l->machine);
	record_free(&l->record);
	if (l->secret.n > 0)
		explicit_bzero(l->secret.p, l->secret.n);
	buf_free(&l->secret);
	buf_free(&l->text);
	way_unref(r, l->way);
	role_conf_unref(r->role, l->conf);
	free(l);
	loop_defer(r->role->loop, &r->pump);
	if (r->role->draining && r->links_n == 0 && tasks_idle(r))
		role_exit(r->role);
}

/* leave - the task goes on without this link; it may open others, or end. */
static void
leave(struct link *l, enum link_end how, const struct outcome *o)
{
	struct task *t = l->task;
	if (t != NULL && !l->in_message && o != NULL)
		trace_attempt(l, t, o);
	link_message_end(l);
	l->task = NULL;
	if (t != NULL)
		task_link_over(t, how, o);
}

static void
unlist_idle(struct link *l)
{
	if (list_empty(&l->idle_node))
		return;
	list_remove(&l->idle_node);
	l->relay->idle_n--;
}

/* The last octets, bounded. */
static void
begin_end(struct link *l)
{
	unlist_idle(l);
	l->ending = true;
	timer_start(&l->timer, l->tls_failed ? 0 : RELAY_CLOSE_MS);
	conn_shutdown(l->conn);
}

void
link_abort(struct link *l, const char *why)
{
	trace_event(l, "Connection closed: %s", why);
	l->cut = true;
	unlist_idle(l);
	conn_abort(l->conn);
	link_free(l);
}

/* ---- idle ---- */

void
links_make_room(struct relay *r)
{
	if (!list_empty(&r->idle))
		link_quit(LIST_OWNER(r->idle.next, struct link, idle_node));
}

void
link_quit(struct link *l)
{
	unlist_idle(l);
	smtp_client_quit(l->machine, now(l));
	link_pump(l);
	if (l->relay->role->draining && !l->ending)
		begin_end(l); /* its goodbye is not waited for */
}

void
links_quit_idle(struct relay *r)
{
	while (!list_empty(&r->idle))
		link_quit(LIST_OWNER(r->idle.next, struct link, idle_node));
	if (r->links_n == 0 && tasks_idle(r) && r->role->draining)
		role_exit(r->role);
}

static struct link *
find_kept(const struct task *t)
{
	struct list *idle = &t->relay->idle;
	/* The newest first: the older ones may then come to their end. */
	for (struct list *n = idle->prev; n != idle; n = n->prev) {
		struct link *l = LIST_OWNER(n, struct link, idle_node);
		if (l->way == t->way)
			return l;
	}
	return NULL;
}

bool
link_is_kept(const struct task *t)
{
	return find_kept(t) != NULL;
}

struct link *
link_take(struct task *t)
{
	struct link *l = find_kept(t);
	if (l != NULL)
		unlist_idle(l);
	return l;
}

static bool
may_stay(const struct link *l)
{
	const struct relay *r = l->relay;
	uint64_t most = l->conf->limits.messages_per_connection;
	return !r->role->draining && l->conf == r->role->conf &&
	       (most == 0 || l->messages < most);
}

static void
keep_or_quit(struct link *l)
{
	if (!may_stay(l)) {
		smtp_client_quit(l->machine, now(l));
		return;
	}
	list_push_back(&l->relay->idle, &l->idle_node);
	if (++l->relay->idle_n > RELAY_IDLE_MAX)
		links_make_room(l->relay);
}

/* READY: for the first message, or one is over. The link is free before its
 * task ends, so that the next of the same way can have it at once. */
static void
on_ready(struct link *l)
{
	struct task *t = l->task;
	if (t != NULL && !l->in_message) {
		trace_plain(l, smtp_client_plain_because(l->machine));
		link_give(l, t);
		return;
	}
	link_message_end(l);
	l->task = NULL;
	keep_or_quit(l);
	if (t != NULL)
		task_link_over(t, LINK_MESSAGE_OVER, NULL);
}

/* ---- actions ---- */

static void
start_tls(struct link *l)
{
	struct relay *r = l->relay;
	struct slice name = slice_str(l->name);
	struct tls_client_opts o = {
	    .verify = l->options.tls == SMTP_CLIENT_TLS_VERIFY
			  ? TLS_VERIFY_PEER
			  : TLS_VERIFY_NONE,
	    .sni = name,
	    .names = &name,
	    .name_count = 1};
	l->handshaking = true;
	if (conn_start_tls_client(l->conn, r->tls, &o) != ERR_OK)
		smtp_client_tls_failed(l->machine, now(l),
		    SLICE("local.io-error"), SLICE("TLS could not be begun"));
}

static void
on_need_plain(struct link *l, const struct smtp_client_result *why)
{
	struct outcome o;
	struct relay *r = l->relay;
	plain_add(&r->plain, &l->addr.ip, l->addr.port, why->cause, now(l));
	char cause[32];
	snprintf(cause, sizeof(cause), "%.*s", SLICE_ARG(why->cause));
	record_cause(&l->record, why->cause);
	trace_event(l,
	    "TLS failed (%s); going on with a fresh connection in "
	    "plain text",
	    cause);
	link_outcome(l, why, &o);
	if (l->task != NULL)
		snprintf(l->task->plain_cause, sizeof(l->task->plain_cause),
		    "%s", cause);
	leave(l, LINK_NEED_PLAIN, &o);
}

static void
on_close(struct link *l, const struct smtp_client_result *why)
{
	struct outcome o;
	if (why->cause.n > 0) {
		record_cause(&l->record, why->cause);
		l->cut |= why->code == 0;
	}
	link_outcome(l, why, &o);
	leave(l, LINK_FAILED, &o);
	begin_end(l);
}

static void
act(struct link *l, const struct smtp_client_action *a)
{
	switch (a->kind) {
	case SMTP_CLIENT_NOTE:
		trace_line(l, a->who, a->data);
		break;
	case SMTP_CLIENT_REPLY:
		break; /* not asked for */
	case SMTP_CLIENT_SEND:
		if (conn_write(l->conn, a->data) != ERR_OK)
			smtp_client_closed(
			    l->machine, now(l), SLICE("net.reset"));
		break;
	case SMTP_CLIENT_RESULT:
		link_result(l, a->rcpt, &a->result);
		break;
	case SMTP_CLIENT_START_TLS:
		start_tls(l);
		break;
	case SMTP_CLIENT_WANT_BODY:
		l->want_body = true;
		link_feed(l);
		break;
	case SMTP_CLIENT_READY:
		on_ready(l);
		break;
	case SMTP_CLIENT_NEED_PLAIN:
		on_need_plain(l, &a->result);
		break;
	case SMTP_CLIENT_NEED_FRESH:
		leave(l, LINK_NEED_FRESH, NULL);
		break;
	case SMTP_CLIENT_CLOSE:
		on_close(l, &a->result);
		break;
	}
}

/* A connection that was closed from inside of act() is gone after CLOSE. */
void
link_pump(struct link *l)
{
	struct smtp_client_action a;
	if (l->pumping)
		return;
	l->pumping = true;
	while (smtp_client_next(l->machine, &a))
		act(l, &a);
	l->pumping = false;
	if (l->ending)
		return;
	if (l->task != NULL)
		task_tell(l->task);
	uint64_t at = smtp_client_deadline(l->machine);
	if (!list_empty(&l->idle_node))
		timer_start(&l->timer, RELAY_IDLE_MS);
	else if (at == 0)
		timer_stop(&l->timer);
	else
		timer_start(&l->timer, at > now(l) ? at - now(l) : 0);
}

/* ---- events ---- */

static void
on_timer(void *arg)
{
	struct link *l = arg;
	struct diag d;
	if (l->ending) {
		conn_abort(l->conn);
		link_free(l);
	} else if (!list_empty(&l->idle_node)) {
		link_quit(l);
	} else if (l->machine != NULL && l->handshaking) {
		conn_tls_stalled(l->conn, &d);
		l->tls_failed = true;
		smtp_client_tls_failed(l->machine, now(l), SLICE("tls.stalled"),
		    slice_str(d.text));
		link_pump(l);
	} else if (l->machine != NULL) {
		smtp_client_tick(l->machine, now(l));
		link_pump(l);
	}
}

static size_t
on_data(struct conn *c, struct slice in)
{
	struct link *l = conn_owner(c);
	if (l->ending)
		return in.n;
	smtp_client_bytes(l->machine, now(l), in);
	link_pump(l);
	return in.n;
}

static void
on_drained(struct conn *c)
{
	struct link *l = conn_owner(c);
	if (l->ending || !l->want_body)
		return;
	link_feed(l);
	link_pump(l);
}

static void
on_tls(struct conn *c, enum err e, const struct diag *d)
{
	struct link *l = conn_owner(c);
	l->handshaking = false;
	if (e != ERR_OK || conn_tls(c, &l->tls) != ERR_OK) {
		l->tls_failed = true;
		if (l->ending) { /* on_closed will not come */
			timer_start(&l->timer, 0);
			return;
		}
		trace_event(l, "TLS negotiation failed: %s; cause %s", d->text,
		    d->cause);
		smtp_client_tls_failed(l->machine, now(l), slice_str(d->cause),
		    slice_str(d->text));
		link_pump(l);
		return;
	}
	if (l->ending)
		return;
	l->in_tls = true;
	struct smtp_client_tls_info info = {slice_str(l->tls.version),
	    slice_str(l->tls.cipher), l->tls.bits_used, l->tls.verified,
	    slice_str(l->tls.verify_cause)};
	trace_tls(l);
	smtp_client_tls_up(l->machine, now(l), &info);
	link_pump(l);
}

/* The connection could not be made: no machine, no dialogue. */
static void
not_connected(struct link *l, const struct diag *d)
{
	char reply[256];
	snprintf(reply, sizeof(reply), "4.4.1 %s", d->text);
	struct outcome o = {IPC_DEFERRED, slice_str(d->cause), slice_str(reply),
	    slice_str(l->host), SLICE_EMPTY};
	trace_cause(l, d->cause, d->text);
	leave(l, LINK_FAILED, &o);
	link_free(l);
}

static void
on_closed(struct conn *c, enum err e, const struct diag *d)
{
	struct link *l = conn_owner(c);
	(void)e;
	if (l->ending) {
		link_free(l);
		return;
	}
	if (l->machine == NULL) {
		not_connected(l, d);
		return;
	}
	unlist_idle(l);
	if (l->task != NULL)
		trace_event(l, "Connection lost: %s", d->text);
	/* The machine's CLOSE is all that is left; the connection is gone. */
	l->ending = true;
	smtp_client_closed(l->machine, now(l), slice_str(d->cause));
	struct smtp_client_action a;
	while (smtp_client_next(l->machine, &a)) {
		if (a.kind == SMTP_CLIENT_SEND ||
		    a.kind == SMTP_CLIENT_WANT_BODY)
			continue;
		if (a.kind == SMTP_CLIENT_CLOSE) {
			struct outcome o;
			l->cut |= a.result.cause.n > 0;
			link_outcome(l, &a.result, &o);
			leave(l, LINK_FAILED, &o);
		} else {
			act(l, &a);
		}
	}
	link_free(l);
}

static void
is_self(struct link *l)
{
	struct outcome o = {.host = slice_str(l->host)};
	trace_cause(l, "queue.loop", "this is one of our own listeners");
	leave(l, LINK_IS_SELF, &o);
	conn_abort(l->conn);
	link_free(l);
}

static void
on_connected(struct conn *c)
{
	struct link *l = conn_owner(c);
	struct sock_addr local;
	conn_local(c, &local);
	if (!l->lmtp && l->addr.ip.family != 0 &&
	    self_is_connected(l->conf, &l->addr.ip, l->addr.port, &local.ip)) {
		is_self(l);
		return;
	}
	record_local(&l->record, &local.ip, local.port);
	trace_event(l, "Connected");
	l->machine = smtp_client_new(&l->options, now(l));
	if (l->machine == NULL) {
		struct diag d = {"local.io-error", "out of memory"};
		conn_abort(l->conn);
		not_connected(l, &d);
		return;
	}
	link_pump(l);
}

static const struct conn_ops link_ops = {
    .on_data = on_data,
    .on_connected = on_connected,
    .on_drained = on_drained,
    .on_tls = on_tls,
    .on_closed = on_closed,
};

/* ---- birth ---- */

static enum smtp_client_tls
tls_level(const struct link *l, const struct task *t)
{
	static const enum smtp_client_tls levels[] = {
	    [CONF_TLS_NONE] = SMTP_CLIENT_TLS_NONE,
	    [CONF_TLS_MAY] = SMTP_CLIENT_TLS_MAY,
	    [CONF_TLS_ENCRYPT] = SMTP_CLIENT_TLS_ENCRYPT,
	    [CONF_TLS_VERIFY] = SMTP_CLIENT_TLS_VERIFY,
	    [CONF_TLS_IMPLICIT] = SMTP_CLIENT_TLS_VERIFY,
	};
	if (t->hop.kind == NEXTHOP_LMTP_UNIX)
		return SMTP_CLIENT_TLS_NONE;
	if (t->hop.kind == NEXTHOP_LMTP_TCP)
		return SMTP_CLIENT_TLS_MAY;
	return levels[l->conf->outbound.tls];
}

/* Level may, and TLS failed there: in this attempt, or not long ago. */
static void
choose_plain(struct link *l, struct task *t)
{
	struct slice lately =
	    plain_find(&l->relay->plain, &l->addr.ip, l->addr.port, now(l));
	if (l->options.tls != SMTP_CLIENT_TLS_MAY || l->options.user.n > 0)
		return;
	if (!t->plain && lately.n == 0)
		return;
	l->options.tls = SMTP_CLIENT_TLS_NONE;
	trace_event(l, "In plain text: TLS %s",
	    t->plain ? "failed a moment ago" : "failed within the last hour");
	trace_plain(l, t->plain ? slice_str(t->plain_cause) : lately);
}

static void
set_options(struct link *l, struct task *t)
{
	const struct conf_limits *m = &l->conf->limits;
	struct smtp_client_options *o = &l->options;
	struct slice host = t->hop.host;
	char ip[IP_TEXT_MAX];
	uint16_t port = l->addr.port;
	o->lmtp = l->lmtp;
	o->notes = l->conf->ledger.dialogue;
	o->tls = tls_level(l, t);
	o->implicit = !l->lmtp && l->addr.port == SUBMISSIONS_PORT;
	o->helo = l->conf->outbound.helo;
	o->timeouts = smtp_client_timeouts_default;
	o->timeouts.greeting = (uint32_t)m->greeting_timeout_ms;
	o->timeouts.command = (uint32_t)m->mail_timeout_ms;
	o->timeouts.starttls = (uint32_t)m->handshake_timeout_ms;
	o->timeouts.data_init = (uint32_t)m->data_init_timeout_ms;
	o->timeouts.data_block = (uint32_t)m->data_block_timeout_ms;
	o->timeouts.data_done = (uint32_t)m->data_done_timeout_ms;
	o->timeouts.quit = (uint32_t)m->quit_timeout_ms;
	if (t->verify) {
		o->timeouts.greeting = RELAY_VERIFY_MS;
		o->timeouts.command = RELAY_VERIFY_MS;
	}
	if (t->hop.kind != NEXTHOP_SMARTHOST)
		return;
	if (host.n == 0) {
		ip_text(&t->hop.ip, ip);
		host = slice_str(ip);
	}
	struct slice user, password;
	if (credentials_find(buf_slice(&l->relay->credentials), host, port,
		&user, &password) != ERR_OK)
		return;
	/* A copy: a reload may replace the file before it is used. */
	buf_add(&l->secret, user);
	buf_add(&l->secret, password);
	if (buf_err(&l->secret) != ERR_OK)
		return;
	o->user = slice_to(buf_slice(&l->secret), user.n);
	o->password = slice_from(buf_slice(&l->secret), user.n);
}

static void
set_names(struct link *l, const struct target *target)
{
	char addr[SOCK_ADDR_TEXT_MAX] = "";
	snprintf(l->name, sizeof(l->name), "%.*s", SLICE_ARG(target->name));
	if (target->unix_path != NULL) {
		snprintf(l->host, sizeof(l->host), "unix:%s", l->name);
		return;
	}
	ip_text(&target->addr.ip, addr);
	snprintf(l->host, sizeof(l->host), "%s[%s]:%u", l->name, addr,
	    target->addr.port);
}

static struct link *
link_new(struct task *t, const struct target *target)
{
	struct relay *r = t->relay;
	struct link *l = calloc(1, sizeof(*l));
	if (l == NULL)
		role_fatal(r->role, "out of memory for a connection");
	l->relay = r;
	l->task = t;
	l->conf = role_conf_ref(r->role);
	l->id = role_id(r->role);
	l->addr = target->addr;
	l->lmtp =
	    t->hop.kind == NEXTHOP_LMTP_UNIX || t->hop.kind == NEXTHOP_LMTP_TCP;
	buf_init(&l->text, 4096);
	buf_init(&l->secret, 4096);
	l->way = way_ref(t->way);
	record_init(&l->record);
	timer_init(&l->timer, r->role->loop, on_timer, l);
	list_init(&l->idle_node);
	list_push_back(&r->links, &l->node);
	r->links_n++;
	set_names(l, target);
	trace_begin(l, t->hop_text);
	trace_event(l, "Connecting to %s", l->host);
	set_options(l, t);
	choose_plain(l, t);
	return l;
}

static struct ip
source_for(const struct link *l)
{
	const struct conf_ips *b = &l->conf->outbound.bind;
	for (size_t i = 0; i < b->n; i++)
		if (b->v[i].family == l->addr.ip.family)
			return b->v[i];
	return (struct ip){0};
}

void
link_open(struct task *t, const struct target *target)
{
	struct link *l = link_new(t, target);
	struct conn_conf conf = {
	    .ops = &link_ops, .owner = l, .out_max = 4u * RELAY_CHUNK};
	struct conn_target to = {.to = target->addr,
	    .unix_path = target->unix_path,
	    .from = source_for(l),
	    .timeout_ms = (unsigned)l->conf->limits.connect_timeout_ms};
	t->link = l;
	t->session = l->id;
	if (!l->lmtp && self_is_listener(l->conf, &l->addr.ip, l->addr.port)) {
		is_self(l);
		return;
	}
	if (conn_connect(t->relay->role->loop, &to, &conf, &l->conn) !=
	    ERR_OK) {
		struct diag d = {"local.io-error", "no socket could be made"};
		not_connected(l, &d);
	}
}
