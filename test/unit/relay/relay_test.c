/* The role's insides against scripted servers on loopback: results, hosts in
 * order, kept connections, the fall back to plain text, loops, verification.
 * The skeleton (role.c) is replaced by the few functions below. */
#include "role/relay/relay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/fdpass.h"
#include "os/memfd.h"
#include "os/socket.h"

/* ---- the skeleton ---- */

static bool exited;

_Noreturn void
role_fatal(struct role *r, const char *fmt, ...)
{
	(void)r;
	(void)fmt;
	abort();
}

void
role_exit(struct role *r)
{
	(void)r;
	exited = true;
}

struct chan *
role_peer(struct role *r, enum role_kind kind, uint64_t hint)
{
	(void)hint;
	return r->peers[kind][0];
}

const struct conf *
role_conf_ref(struct role *r)
{
	return r->conf;
}

void
role_conf_unref(struct role *r, const struct conf *conf)
{
	(void)r;
	(void)conf;
}

bool
role_send(struct chan *c, const struct ipc_msg *m)
{
	return c != NULL && chan_send(c, m) == ERR_OK;
}

id_t64
role_id(struct role *r)
{
	return id_next(&r->ids, loop_unix_ms(r->loop));
}

int
role_main(const struct role_ops *ops, int argc, char **argv)
{
	(void)ops;
	(void)argc;
	(void)argv;
	return 0;
}

/* ---- a scripted server ---- */

/* A script is lines: "> text" is said, "< prefix" is awaited, "! close"
 * ends, "! stall" does nothing more. Every accepted connection plays the next
 * script; the last one repeats. */
struct server {
	struct loop *loop;
	int fd;
	struct watch watch;
	uint16_t port;
	const char *scripts[6];
	unsigned accepted;
	struct buf heard;      /* all that clients said */
	struct sock_addr peer; /* who came last */
	struct client *clients;
};

struct client {
	struct server *s;
	struct client *next;
	const char *at;
	struct conn *conn;
};

static void
client_play(struct client *c)
{
	while (*c->at == '>' || *c->at == '!') {
		const char *end = strchr(c->at, '\n');
		struct slice line =
		    slice_of(c->at + 2, (size_t)(end - c->at - 2));
		if (*c->at == '!' && slice_eq(line, SLICE("close"))) {
			conn_shutdown(c->conn);
			return;
		}
		if (*c->at == '!')
			return;
		assert_int_equal(conn_write(c->conn, line), ERR_OK);
		assert_int_equal(conn_write(c->conn, SLICE("\r\n")), ERR_OK);
		c->at = end + 1;
	}
}

static size_t
on_data(struct conn *conn, struct slice in)
{
	struct client *c = conn_owner(conn);
	size_t used = 0, n;
	while ((n = slice_find(slice_from(in, used), '\n')) < in.n - used) {
		struct slice line = slice_of(in.p + used, n + 1);
		used += n + 1;
		buf_add(&c->s->heard, line);
		if (*c->at != '<')
			continue;
		const char *end = strchr(c->at, '\n');
		struct slice want =
		    slice_of(c->at + 2, (size_t)(end - c->at - 2));
		if (!slice_starts(line, want))
			continue;
		c->at = end + 1;
		client_play(c);
	}
	return used;
}

static void
on_closed(struct conn *conn, enum err e, const struct diag *d)
{
	struct client *c = conn_owner(conn);
	(void)e;
	(void)d;
	c->conn = NULL;
}

static const struct conn_ops client_ops = {
    .on_data = on_data, .on_closed = on_closed};

static void
on_accept(void *arg, unsigned events)
{
	struct server *s = arg;
	int fd;
	(void)events;
	while (sock_accept(s->fd, &fd, &s->peer) == ERR_OK) {
		struct client *c = calloc(1, sizeof(*c));
		struct conn_conf conf = {.ops = &client_ops, .owner = c};
		assert_non_null(c);
		c->s = s;
		c->next = s->clients;
		s->clients = c;
		c->at = s->scripts[s->accepted];
		if (s->scripts[s->accepted + 1] != NULL)
			s->accepted++;
		assert_int_equal(
		    conn_new(s->loop, fd, &conf, &c->conn), ERR_OK);
		client_play(c);
	}
}

static void
server_start(struct server *s, struct loop *loop, const char *ip)
{
	struct sock_addr at = {.port = 0};
	struct diag d;
	assert_int_equal(ip_parse(slice_str(ip), &at.ip), ERR_OK);
	s->loop = loop;
	buf_init(&s->heard, 1 << 20);
	assert_int_equal(sock_listen(&at, &s->fd, &d), ERR_OK);
	sock_local(s->fd, &at);
	s->port = at.port;
	assert_int_equal(
	    watch_open(&s->watch, loop, s->fd, on_accept, s), ERR_OK);
	watch_set(&s->watch, WATCH_READ);
}

static void
server_stop(struct server *s)
{
	watch_close(&s->watch);
	close(s->fd);
	while (s->clients != NULL) {
		struct client *c = s->clients;
		s->clients = c->next;
		conn_abort(c->conn);
		free(c);
	}
	buf_free(&s->heard);
}

/* ---- the world around the relay ---- */

struct world {
	struct role role;
	struct relay relay;
	struct server a, b;
	struct chan *queue, *lookup, *resolver, *ledger; /* the far ends */
	struct buf results;                              /* lines */
	unsigned dones, records;
	struct conf *conf;
	struct buf dns; /* "name type data" lines, see dns_reply */
};

static struct world *W;

static void
result_line(
    unsigned rcpt, const char *what, struct slice cause, struct slice reply)
{
	buf_printf(&W->results, "%u %s %.*s|%.*s\n", rcpt, what,
	    SLICE_ARG(cause), SLICE_ARG(reply));
}

static void
dns_reply(struct chan *c, const struct ipc_dns_ask *q)
{
	struct ipc_msg m = {.type = IPC_dns_answer, .fd = -1};
	struct slice left = buf_slice(&W->dns);
	struct buf records;
	buf_init(&records, 4096);
	m.dns_answer.ask = q->ask;
	m.dns_answer.qtype = q->qtype;
	m.dns_answer.name = q->name;
	m.dns_answer.status = IPC_DNS_NODATA;
	while (left.n > 0) {
		char name[64], data[64];
		unsigned type, pref;
		int used = 0;
		struct dns_name host;
		struct ip ip;
		assert_int_equal(
		    sscanf((const char *)left.p, "%63s %u %u %63s\n%n", name,
			&type, &pref, data, &used),
		    4);
		left = slice_from(left, (size_t)used);
		if (!slice_eq(q->name, slice_str(name)) || type != q->qtype)
			continue;
		if (strcmp(data, "NXDOMAIN") == 0) {
			m.dns_answer.status = IPC_DNS_NXDOMAIN;
			break;
		}
		if (strcmp(data, "TIMEOUT") == 0) {
			m.dns_answer.status = IPC_DNS_TIMEOUT;
			break;
		}
		m.dns_answer.status = IPC_DNS_OK;
		if (type != 15) {
			assert_int_equal(
			    ip_parse(slice_str(data), &ip), ERR_OK);
			pack_add(&records, slice_of(ip.b, type == 1 ? 4 : 16));
			continue;
		}
		struct buf rdata;
		buf_init(&rdata, 300);
		buf_add_byte(&rdata, (uint8_t)(pref >> 8));
		buf_add_byte(&rdata, (uint8_t)pref);
		assert_int_equal(
		    dns_name_parse(slice_str(data), &host), ERR_OK);
		buf_add(&rdata, slice_of(host.wire, host.n));
		pack_add(&records, buf_slice(&rdata));
		buf_free(&rdata);
	}
	m.dns_answer.records = buf_slice(&records);
	assert_int_equal(chan_send(c, &m), ERR_OK);
	buf_free(&records);
}

static void
far_message(struct chan *c, struct ipc_msg *m, void *arg)
{
	static const char *const outcomes[] = {
	    "delivered", "deferred", "failed"};
	static const char *const exists[] = {"no", "yes", "unknown"};
	(void)arg;
	if (m->type == IPC_job_result)
		result_line(m->job_result.rcpt, outcomes[m->job_result.outcome],
		    m->job_result.cause, m->job_result.reply);
	else if (m->type == IPC_job_done)
		W->dones++;
	else if (m->type == IPC_verify_answer)
		result_line((unsigned)m->verify_answer.ask,
		    exists[m->verify_answer.exists], m->verify_answer.cause,
		    m->verify_answer.text);
	else if (m->type == IPC_record)
		W->records += record_check(m->record.blob) == ERR_OK;
	else if (m->type == IPC_dns_ask)
		dns_reply(c, &m->dns_ask);
}

static void
near_message(struct chan *c, struct ipc_msg *m, void *arg)
{
	(void)arg;
	relay_ops.message(&W->role, c, m);
}

static void
far_closed(struct chan *c, const struct diag *why, void *arg)
{
	(void)c;
	(void)arg;
	fail_msg("a channel was closed: %s", why->text);
}

static const struct chan_ops far_ops = {
    .message = far_message, .closed = far_closed};
static const struct chan_ops near_ops = {
    .message = near_message, .closed = far_closed};

static struct chan *
edge(enum role_kind peer)
{
	int fds[2];
	assert_int_equal(fdpass_pair(fds), ERR_OK);
	W->role.peers[peer][0] =
	    chan_new(W->role.loop, fds[0], ROLE_RELAY, peer, &near_ops, NULL);
	return chan_new(W->role.loop, fds[1], peer, ROLE_RELAY, &far_ops, NULL);
}

static enum err
conf_text(void *ctx, const char *path, struct buf *out, struct diag *d)
{
	(void)path;
	(void)d;
	buf_add_str(out, ctx);
	return buf_err(out);
}

static const char outbound_default[] = "outbound { tls = \"may\" }";

static void
configure(const char *limits, const char *outbound)
{
	char text[1024];
	struct conf_report rep;
	snprintf(text, sizeof(text),
	    "hostname = \"mail.contoh.id\"\n"
	    "postmaster = \"admin@contoh.id\"\n"
	    "listen \"mx\" { address = {\"127.0.0.1:%u\"} role = \"mx\" }\n"
	    "limits { connect-timeout = \"2s\" handshake-timeout = \"1s\" %s "
	    "}\n"
	    "%s\n",
	    W->b.port, limits, outbound);
	struct conf_source src = {conf_text, text};
	conf_report_init(&rep);
	conf_free(W->conf);
	if (conf_read(&src, "test.conf", NULL, &W->conf, &rep) != ERR_OK)
		fail_msg("conf: %s", rep.v[0].text);
	conf_report_free(&rep);
	W->role.conf = W->conf;
}

static int
world_new(void **state)
{
	(void)state;
	struct diag d;
	W = calloc(1, sizeof(*W));
	assert_non_null(W);
	W->role.loop = loop_new();
	W->role.state = &W->relay;
	W->role.ops = &relay_ops;
	id_gen_init(&W->role.ids, 1);
	buf_init(&W->results, 1 << 16);
	buf_init(&W->dns, 4096);
	server_start(&W->a, W->role.loop, "127.0.0.1");
	server_start(&W->b, W->role.loop, "127.0.0.1");
	W->b.scripts[0] = "! close\n";
	configure("", outbound_default);
	relay_ops.init(&W->role);
	assert_int_equal(relay_ops.open(&W->role, &d), ERR_OK);
	W->queue = edge(ROLE_QUEUE);
	W->lookup = edge(ROLE_LOOKUP);
	W->resolver = edge(ROLE_RESOLVER);
	W->ledger = edge(ROLE_LEDGER);
	exited = false;
	return 0;
}

static void
spin(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		loop_step(W->role.loop, 2);
}

static int
world_free(void **state)
{
	(void)state;
	W->role.draining = true;
	relay_ops.drain(&W->role, 1000);
	for (int i = 0; i < 2000 && W->relay.links_n > 0; i++)
		loop_step(W->role.loop, 2);
	assert_int_equal(W->relay.links_n, 0);
	timer_stop(&W->relay.grace);
	server_stop(&W->a);
	server_stop(&W->b);
	static const enum role_kind kinds[] = {
	    ROLE_QUEUE, ROLE_LOOKUP, ROLE_RESOLVER, ROLE_LEDGER};
	for (size_t i = 0; i < 4; i++)
		chan_close(W->role.peers[kinds[i]][0]);
	chan_close(W->queue);
	chan_close(W->lookup);
	chan_close(W->resolver);
	chan_close(W->ledger);
	spin(3);
	tls_client_unref(W->relay.tls);
	map_free(&W->relay.by_serial);
	map_free(&W->relay.ways);
	buf_free(&W->relay.ca);
	buf_free(&W->relay.credentials);
	buf_free(&W->results);
	buf_free(&W->dns);
	loop_free(W->role.loop);
	conf_free(W->conf);
	free(W);
	return 0;
}

/* ---- asking ---- */

#define BODY "Subject: x\r\n\r\n.dot\r\n"

static void
job(const char *nexthop, const char *domain, unsigned rcpts)
{
	struct ipc_msg m = {.type = IPC_job, .fd = -1};
	struct buf packed;
	char text[64];
	buf_init(&packed, 4096);
	for (unsigned i = 0; i < rcpts; i++) {
		snprintf(text, sizeof(text), "r%u@b.example", i);
		pack_add(&packed, slice_str(text));
	}
	m.job.job = 7;
	m.job.msg = 99;
	m.job.nexthop = slice_str(nexthop);
	m.job.domain = slice_str(domain);
	m.job.from = SLICE("a@contoh.id");
	m.job.rcpts = buf_slice(&packed);
	m.job.body = SLICE(BODY);
	m.job.size = m.job.body.n;
	assert_int_equal(chan_send(W->queue, &m), ERR_OK);
	buf_free(&packed);
}

static void
until_done(unsigned dones)
{
	for (int i = 0; i < 3000 && W->dones < dones; i++)
		loop_step(W->role.loop, 2);
	assert_int_equal(W->dones, dones);
}

static void
results(const char *want)
{
	buf_add_byte(&W->results, 0);
	assert_string_equal((const char *)W->results.p, want);
	buf_clear(&W->results);
}

static const char *
hop(const struct server *s)
{
	static char text[64];
	snprintf(text, sizeof(text), "relay:[127.0.0.1]:%u", s->port);
	return text;
}

#define HELLO "> 220 hi\n< EHLO\n> 250-hi\n> 250 PIPELINING\n"
#define TAKES_ONE                                                              \
	"< DATA\n> 250 ok\n> 250 ok\n> 354 go\n< .\r\n> 250 2.0.0 kept\n"

static unsigned
times_heard(const struct server *s, const char *what)
{
	unsigned n = 0;
	for (struct slice h = buf_slice(&s->heard); h.n > 0;
	     h = slice_from(h, 1))
		n += slice_starts(h, slice_str(what));
	return n;
}

/* ---- tests ---- */

static void
delivers(void **state)
{
	(void)state;
	W->a.scripts[0] = HELLO TAKES_ONE "< QUIT\n> 221 bye\n! close\n";
	job(hop(&W->a), "b.example", 1);
	until_done(1);
	results("0 delivered |250 2.0.0 kept\n");
	assert_int_equal(times_heard(&W->a, "\r\n..dot\r\n.\r\n"), 1);
	assert_int_equal(times_heard(&W->a, "MAIL FROM:<a@contoh.id>\r\n"), 1);
}

static void
source_address_and_name(void **state)
{
	(void)state;
	char ip[IP_TEXT_MAX];
	configure("", "outbound { bind = {\"127.0.0.3\"} helo = "
		      "\"out.contoh.id\" }");
	W->a.scripts[0] = HELLO TAKES_ONE "! stall\n";
	job(hop(&W->a), "b.example", 1);
	until_done(1);
	results("0 delivered |250 2.0.0 kept\n");
	ip_text(&W->a.peer.ip, ip);
	assert_string_equal(ip, "127.0.0.3");
	assert_int_equal(times_heard(&W->a, "EHLO out.contoh.id\r\n"), 1);
}

/* Two jobs, one connection. */
static void
keeps_the_connection(void **state)
{
	(void)state;
	W->a.scripts[0] =
	    HELLO TAKES_ONE TAKES_ONE "< QUIT\n> 221 bye\n! close\n";
	W->a.scripts[1] = "! close\n";
	job(hop(&W->a), "b.example", 1);
	until_done(1);
	job(hop(&W->a), "b.example", 1);
	until_done(2);
	results("0 delivered |250 2.0.0 kept\n"
		"0 delivered |250 2.0.0 kept\n");
	assert_int_equal(times_heard(&W->a, "EHLO"), 1);
}

/* No more connections to one next hop than its share; the rest waits for
 * them and goes over them. */
static void
shares_connections(void **state)
{
	(void)state;
	configure("connections-per-destination = 2", outbound_default);
	W->relay.processes = 1;
	W->a.scripts[0] =
	    HELLO TAKES_ONE TAKES_ONE TAKES_ONE TAKES_ONE TAKES_ONE TAKES_ONE
	    "< QUIT\n! close\n";
	for (unsigned i = 0; i < 6; i++)
		job(hop(&W->a), "b.example", 1);
	until_done(6);
	assert_int_equal(times_heard(&W->a, "EHLO"), 2);
	assert_int_equal(times_heard(&W->a, "DATA"), 6);
}

/* A kept connection that died is replaced by a new one without a word. */
static void
replaces_a_dead_one(void **state)
{
	(void)state;
	W->a.scripts[0] = HELLO TAKES_ONE "< MAIL\n! close\n";
	W->a.scripts[1] = HELLO TAKES_ONE "! stall\n";
	job(hop(&W->a), "b.example", 1);
	until_done(1);
	job(hop(&W->a), "b.example", 1);
	until_done(2);
	results("0 delivered |250 2.0.0 kept\n"
		"0 delivered |250 2.0.0 kept\n");
	assert_int_equal(times_heard(&W->a, "EHLO"), 2);
}

static void
refusals(void **state)
{
	(void)state;
	W->a.scripts[0] =
	    HELLO "< DATA\n> 250 ok\n> 550 5.1.1 no such user\n> 250 ok\n"
		  "> 450 4.2.1 later\n> 354 go\n< .\r\n> 250 ok\n! stall\n";
	job(hop(&W->a), "b.example", 3);
	until_done(1);
	results("0 failed recipient.unknown|550 5.1.1 no such user\n"
		"2 deferred remote.4xx|450 4.2.1 later\n"
		"1 delivered |250 ok\n");
}

/* A greeting that refuses is temporary, whatever it says, but for 521: no mail
 * is taken there (RFC 7504). */
static void
greetings(void **state)
{
	(void)state;
	W->a.scripts[0] = "> 554 5.7.1 not you\n< QUIT\n! close\n";
	W->a.scripts[1] = "> 521 no mail here\n< QUIT\n! close\n";
	job(hop(&W->a), "b.example", 1);
	until_done(1);
	results("0 deferred remote.5xx|554 5.7.1 not you\n");
	job(hop(&W->a), "b.example", 1);
	until_done(2);
	results("0 failed remote.5xx|521 no mail here\n");
}

static void
not_reachable(void **state)
{
	(void)state;
	char text[64], want[200];
	uint16_t port = W->a.port;
	server_stop(&W->a);
	server_start(&W->a, W->role.loop, "127.0.0.1");
	snprintf(text, sizeof(text), "relay:[127.0.0.1]:%u", port);
	job(text, "b.example", 2);
	until_done(1);
	snprintf(want, sizeof(want),
	    "0 deferred net.refused|4.4.1 cannot connect to 127.0.0.1:%u: "
	    "Connection refused\n",
	    port);
	assert_true(slice_starts(buf_slice(&W->results), slice_str(want)));
	assert_true(W->records > 0);
}

/* Hosts in order: the first refuses for now, the second takes it. */
static void
next_host(void **state)
{
	(void)state;
	char out[64];
	W->a.scripts[0] = HELLO "< MAIL\n> 451 4.3.0 busy\n> 503 no\n> 503 "
				"no\n< QUIT\n! close\n";
	snprintf(out, sizeof(out), "outbound { port = %u }", W->a.port);
	configure("", out);
	buf_add_str(&W->dns, "b.example 15 10 m1.b.example\n"
			     "b.example 15 20 m2.b.example\n"
			     "m1.b.example 1 0 127.0.0.1\n"
			     "m2.b.example 1 0 127.0.0.2\n");
	struct server second = {
	    .scripts = {HELLO TAKES_ONE "< QUIT\n! close\n"}};
	struct sock_addr at = {.port = W->a.port};
	struct diag d;
	assert_int_equal(ip_parse(SLICE("127.0.0.2"), &at.ip), ERR_OK);
	second.loop = W->role.loop;
	buf_init(&second.heard, 1 << 16);
	assert_int_equal(sock_listen(&at, &second.fd, &d), ERR_OK);
	assert_int_equal(watch_open(&second.watch, W->role.loop, second.fd,
			     on_accept, &second),
	    ERR_OK);
	watch_set(&second.watch, WATCH_READ);
	job("mx", "b.example", 1);
	until_done(1);
	results("0 delivered |250 2.0.0 kept\n");
	assert_int_equal(times_heard(&W->a, "MAIL"), 1);
	links_quit_idle(&W->relay);
	spin(20);
	server_stop(&second);
}

static void
dns_failures(void **state)
{
	(void)state;
	buf_add_str(&W->dns, "gone.example 15 0 NXDOMAIN\n"
			     "slow.example 15 0 TIMEOUT\n"
			     "null.example 15 0 .\n");
	job("mx", "gone.example", 1);
	until_done(1);
	results("0 failed dns.nxdomain|5.1.2 no such domain or host: "
		"gone.example\n");
	job("mx", "slow.example", 1);
	until_done(2);
	results("0 deferred dns.tempfail|4.4.3 the DNS look-up failed: "
		"slow.example\n");
	job("mx", "null.example", 1);
	until_done(3);
	results("0 failed dns.null-mx|5.1.10 the domain takes no mail: "
		"null.example\n");
	spin(5);
	assert_int_equal(W->records, 3);
}

static void
loop_to_ourselves(void **state)
{
	(void)state;
	job(hop(&W->b), "b.example", 1);
	until_done(1);
	results("0 failed queue.loop|5.4.6 mail for this recipient leads back "
		"to this server\n");
	assert_null(W->b.clients);
}

#define TLS_OFFER "> 220 hi\n< EHLO\n> 250-hi\n> 250 STARTTLS\n< STARTTLS\n"

/* The handshake stalls: plain text on a fresh connection, and for an hour. */
static void
falls_back(void **state)
{
	(void)state;
	W->a.scripts[0] = TLS_OFFER "> 220 go\n! stall\n";
	W->a.scripts[1] = HELLO TAKES_ONE "< QUIT\n> 221 bye\n! close\n";
	W->a.scripts[2] = HELLO TAKES_ONE "! stall\n";
	job(hop(&W->a), "b.example", 1);
	until_done(1);
	results("0 delivered |250 2.0.0 kept\n");
	assert_int_equal(times_heard(&W->a, "STARTTLS"), 1);
	links_quit_idle(&W->relay);
	spin(20);
	job(hop(&W->a), "b.example", 1);
	until_done(2);
	results("0 delivered |250 2.0.0 kept\n");
	assert_int_equal(times_heard(&W->a, "STARTTLS"), 1);
}

static void
closed_after_starttls(void **state)
{
	(void)state;
	W->a.scripts[0] = TLS_OFFER "> 220 go\n! close\n";
	W->a.scripts[1] = HELLO TAKES_ONE "! stall\n";
	job(hop(&W->a), "b.example", 1);
	until_done(1);
	results("0 delivered |250 2.0.0 kept\n");
}

static void
encrypt_defers(void **state)
{
	(void)state;
	configure("", "outbound { tls = \"encrypt\" }");
	W->a.scripts[0] = TLS_OFFER "> 220 go\n! close\n";
	W->a.scripts[1] = HELLO "< QUIT\n! close\n";
	job(hop(&W->a), "b.example", 1);
	until_done(1);
	struct slice all = buf_slice(&W->results);
	assert_true(slice_starts(
	    all, SLICE("0 deferred net.closed-after-starttls|4.7.5 ")));
	buf_clear(&W->results);
	job(hop(&W->a), "b.example", 1);
	until_done(2);
	results("0 deferred tls.not-offered|4.7.4 TLS is required, but the "
		"server does not offer it\n");
}

/* A body by descriptor, larger than what goes out in one go. */
static void
large_body(void **state)
{
	(void)state;
	struct buf body;
	struct ipc_msg m = {.type = IPC_job};
	struct buf packed;
	W->a.scripts[0] = HELLO TAKES_ONE "! stall\n";
	buf_init(&body, 1 << 20);
	for (unsigned i = 0; i < 12000; i++)
		buf_add(&body, SLICE("a line of a large body\r\n"));
	assert_int_equal(memfd_make(buf_slice(&body), &m.fd), ERR_OK);
	buf_init(&packed, 64);
	pack_add(&packed, SLICE("x@b.example"));
	m.job.job = 8;
	m.job.body_kind = IPC_BODY_MEMFD;
	m.job.size = body.n;
	m.job.nexthop = slice_str(hop(&W->a));
	m.job.from = SLICE("a@contoh.id");
	m.job.rcpts = buf_slice(&packed);
	assert_int_equal(chan_send(W->queue, &m), ERR_OK);
	close(m.fd);
	until_done(1);
	results("0 delivered |250 2.0.0 kept\n");
	assert_int_equal(
	    times_heard(&W->a, "a line of a large body\r\n"), 12000);
	buf_free(&body);
	buf_free(&packed);
}

static void
verifies(void **state)
{
	(void)state;
	struct ipc_msg m = {.type = IPC_verify_ask, .fd = -1};
	W->a.scripts[0] = HELLO "< RSET\n> 250 ok\n> 250 ok\n> 250 ok\n"
				"< RSET\n> 250 ok\n> 550 5.1.1 no\n> 250 ok\n"
				"! stall\n";
	m.verify_ask.ask = 1;
	m.verify_ask.nexthop = slice_str(hop(&W->a));
	m.verify_ask.address = SLICE("good@b.example");
	assert_int_equal(chan_send(W->lookup, &m), ERR_OK);
	for (int i = 0; i < 500 && W->results.n == 0; i++)
		loop_step(W->role.loop, 2);
	results("1 yes |250 ok\n");
	m.verify_ask.ask = 2;
	m.verify_ask.address = SLICE("bad@b.example");
	assert_int_equal(chan_send(W->lookup, &m), ERR_OK);
	for (int i = 0; i < 500 && W->results.n == 0; i++)
		loop_step(W->role.loop, 2);
	results("2 no recipient.unknown|550 5.1.1 no\n");
	assert_int_equal(times_heard(&W->a, "MAIL FROM:<>"), 2);
}

/* The queue dies: nothing is handed over in its name any more. */
static void
queue_lost(void **state)
{
	(void)state;
	W->a.scripts[0] = HELLO "! stall\n";
	job(hop(&W->a), "b.example", 1);
	for (int i = 0; i < 500 && times_heard(&W->a, "DATA") == 0; i++)
		loop_step(W->role.loop, 2);
	assert_int_equal(W->relay.links_n, 1);
	relay_ops.peer_lost(&W->role, W->role.peers[ROLE_QUEUE][0]);
	assert_int_equal(W->relay.links_n, 0);
	assert_true(tasks_idle(&W->relay));
}

static void
drains(void **state)
{
	(void)state;
	W->a.scripts[0] = HELLO TAKES_ONE "< QUIT\n> 221 bye\n! close\n";
	job(hop(&W->a), "b.example", 1);
	for (int i = 0; i < 500 && times_heard(&W->a, "EHLO") == 0; i++)
		loop_step(W->role.loop, 2);
	W->role.draining = true;
	relay_ops.drain(&W->role, 1000);
	assert_false(exited);
	for (int i = 0; i < 500 && !exited; i++)
		loop_step(W->role.loop, 2);
	assert_true(exited);
	assert_int_equal(W->dones, 1);
	assert_int_equal(times_heard(&W->a, "QUIT"), 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_new, world_free)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(delivers),
	    T(source_address_and_name),
	    T(keeps_the_connection),
	    T(shares_connections),
	    T(replaces_a_dead_one),
	    T(refusals),
	    T(greetings),
	    T(not_reachable),
	    T(next_host),
	    T(dns_failures),
	    T(loop_to_ourselves),
	    T(falls_back),
	    T(closed_after_starttls),
	    T(encrypt_defers),
	    T(large_body),
	    T(verifies),
	    T(queue_lost),
	    T(drains),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
