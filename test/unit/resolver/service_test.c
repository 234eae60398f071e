/* The service with the stub, against a name server in this process that
 * answers, or misbehaves, by the first label of the name asked for. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "packet.h"
#include "role/resolver/service.h"

struct server {
	struct loop *loop;
	struct watch watch, listen_watch, conn_watch;
	int udp, tcp, conn;
	unsigned queries, tcp_queries;
	bool formerr_edns; /* an old server */
	bool mute;
};

struct got {
	uint64_t ask;
	enum ipc_dns_status status;
	bool secure;
	uint32_t ttl_s;
	size_t records;
	char name[64], text[160];
};

struct world {
	struct loop *loop;
	struct server server[2];
	struct settings settings;
	struct service *sv;
	struct got got[2048];
	size_t got_n;
};

static bool
asked(const struct dns_message *m, const char *label)
{
	size_t n = strlen(label);
	return m->name.wire[0] == n && memcmp(m->name.wire + 1, label, n) == 0;
}

/* false: no reply at all */
static bool
make_reply(
    struct server *s, const struct dns_message *q, bool tcp, struct packet *p)
{
	char name[256];
	struct buf b;
	buf_init(&b, sizeof(name) - 1);
	buf_add_dns_name(&b, &q->name);
	memcpy(name, b.p, b.n);
	name[b.n] = '\0';
	buf_free(&b);
	unsigned flags = PKT_QR | PKT_RA, id = q->id;
	if (s->mute || asked(q, "silent"))
		return false;
	if (s->formerr_edns && q->edns)
		flags |= 1;
	if (asked(q, "servfail"))
		flags |= 2;
	if (asked(q, "secure"))
		flags |= PKT_AD;
	if (asked(q, "wrongid"))
		id ^= 1;
	if (asked(q, "large") && !tcp)
		flags |= PKT_TC;
	if (asked(q, "notquery"))
		flags &= ~PKT_QR;
	pkt_begin(p, id, flags, asked(q, "wrongname") ? "evil.example" : name,
	    q->type);
	if ((flags & 0xf) == 0 && asked(q, "alias"))
		pkt_to(p, 0, name, DNS_CNAME, 20, "secure.example");
	else if ((flags & 0xf) == 0 && asked(q, "around"))
		pkt_to(p, 0, name, DNS_CNAME, 20, "about.example");
	else if ((flags & 0xf) == 0 && asked(q, "about"))
		pkt_to(p, 0, name, DNS_CNAME, 20, "around.example");
	else if ((flags & 0xf) == 0)
		pkt_a(p, name, 60, 1);
	if (asked(q, "cut"))
		p->b.n -= 3;
	return true;
}

static void
on_udp(void *arg, unsigned events)
{
	struct server *s = arg;
	uint8_t in[2048];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	struct dns_message m;
	struct packet p;
	ssize_t n;
	(void)events;
	while ((n = recvfrom(s->udp, in, sizeof(in), MSG_DONTWAIT,
		    (struct sockaddr *)&from, &len)) >= 0) {
		if (dns_message_parse(slice_of(in, (size_t)n), &m) != ERR_OK)
			continue;
		s->queries++;
		if (!make_reply(s, &m, false, &p))
			continue;
		(void)sendto(
		    s->udp, p.b.p, p.b.n, 0, (struct sockaddr *)&from, len);
		buf_free(&p.b);
	}
}

static void
on_conn(void *arg, unsigned events)
{
	struct server *s = arg;
	uint8_t in[2048], head[2];
	struct dns_message m;
	struct packet p;
	(void)events;
	ssize_t n = recv(s->conn, in, sizeof(in), 0);
	if (n > 2 &&
	    dns_message_parse(slice_of(in + 2, (size_t)n - 2), &m) == ERR_OK &&
	    make_reply(s, &m, true, &p)) {
		head[0] = (uint8_t)(p.b.n >> 8);
		head[1] = (uint8_t)p.b.n;
		(void)send(s->conn, head, 2, MSG_NOSIGNAL);
		(void)send(s->conn, p.b.p, p.b.n, MSG_NOSIGNAL);
		buf_free(&p.b);
	}
	watch_close(&s->conn_watch);
	close(s->conn);
}

static void
on_tcp(void *arg, unsigned events)
{
	struct server *s = arg;
	(void)events;
	s->conn = accept(s->tcp, NULL, NULL);
	if (s->conn < 0)
		return;
	s->tcp_queries++;
	assert_int_equal(
	    watch_open(&s->conn_watch, s->loop, s->conn, on_conn, s), ERR_OK);
	watch_set(&s->conn_watch, WATCH_READ);
}

/* One port of both: that UDP has it free does not say that TCP has. */
static in_port_t
bind_both(struct server *s)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t len = sizeof(at);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (int i = 0; i < 100; i++) {
		at.sin_port = 0;
		s->udp = socket(AF_INET, SOCK_DGRAM, 0);
		s->tcp = socket(AF_INET, SOCK_STREAM, 0);
		assert_int_equal(bind(s->udp, (struct sockaddr *)&at, len), 0);
		assert_int_equal(
		    getsockname(s->udp, (struct sockaddr *)&at, &len), 0);
		if (bind(s->tcp, (struct sockaddr *)&at, len) == 0)
			return at.sin_port;
		close(s->udp);
		close(s->tcp);
	}
	fail_msg("no port is free");
	return 0;
}

static void
server_open(struct world *w, size_t i)
{
	struct server *s = &w->server[i];
	s->loop = w->loop;
	in_port_t port = bind_both(s);
	assert_int_equal(listen(s->tcp, 8), 0);
	assert_int_equal(
	    watch_open(&s->watch, w->loop, s->udp, on_udp, s), ERR_OK);
	assert_int_equal(
	    watch_open(&s->listen_watch, w->loop, s->tcp, on_tcp, s), ERR_OK);
	watch_set(&s->watch, WATCH_READ);
	watch_set(&s->listen_watch, WATCH_READ);
	w->settings.server[i] =
	    (struct conf_endpoint){{4, {127, 0, 0, 1}}, ntohs(port)};
	w->settings.servers = i + 1;
}

static void
on_answer(
    void *arg, void *who, uint64_t ask, uint16_t qtype, const struct answer *a)
{
	struct world *w = arg;
	struct got *g = &w->got[w->got_n++];
	(void)who;
	(void)qtype;
	*g = (struct got){
	    ask, a->status, a->secure, a->ttl_s, a->records.n, "", ""};
	memcpy(g->name, a->name.p == NULL ? (const uint8_t *)"" : a->name.p,
	    a->name.n < 63 ? a->name.n : 63);
	snprintf(g->text, sizeof(g->text), "%s", a->text);
}

static void
world_open(struct world *w, enum conf_dnssec mode, size_t servers)
{
	static const uint64_t seed[2] = {5, 6};
	struct diag d;
	memset(w, 0, sizeof(*w));
	w->loop = loop_new();
	assert_non_null(w->loop);
	w->settings.timeout_ms = 1000;
	w->settings.dnssec = mode;
	for (size_t i = 0; i < servers; i++)
		server_open(w, i);
	w->sv = service_new(w->loop, &w->settings, seed, on_answer, w, &d);
	assert_non_null(w->sv);
}

static void
world_close(struct world *w)
{
	service_free(w->sv);
	for (size_t i = 0; i < w->settings.servers; i++) {
		watch_close(&w->server[i].watch);
		watch_close(&w->server[i].listen_watch);
		close(w->server[i].udp);
		close(w->server[i].tcp);
	}
	loop_step(w->loop, 0);
	loop_free(w->loop);
}

static void
run_until(struct world *w, size_t answers)
{
	uint64_t end = loop_now_ms(w->loop) + 5000;
	while (w->got_n < answers && loop_now_ms(w->loop) < end)
		loop_step(w->loop, 10);
	assert_int_equal(w->got_n, answers);
}

static const struct got *
ask_one(struct world *w, const char *name)
{
	size_t want = w->got_n + 1; /* it may be answered from within */
	service_ask(w->sv, ROLE_SMTPD, w, w->got_n, DNS_A, slice_str(name));
	run_until(w, want);
	return &w->got[w->got_n - 1];
}

static const struct {
	const char *name;
	enum ipc_dns_status status;
	bool secure;
	uint32_t ttl_s;
	const char *owner, *text; /* text: how it begins */
} ask_cases[] = {
    {"a.example", IPC_DNS_OK, false, 60, "a.example", ""},
    {"secure.example", IPC_DNS_OK, true, 60, "secure.example", ""},
    {"large.example", IPC_DNS_OK, false, 60, "large.example", ""},
    /* the chain is as secure as its weakest link */
    {"alias.example", IPC_DNS_OK, false, 20, "secure.example", ""},
    {"around.example", IPC_DNS_TEMPFAIL, false, 0, "",
	"the CNAME chain is a circle"},
    {"servfail.example", IPC_DNS_TEMPFAIL, false, 0, "",
	"SERVFAIL from 127.0.0.1:"},
    {"silent.example", IPC_DNS_TIMEOUT, false, 0, "", "no "},
    {"wrongid.example", IPC_DNS_TIMEOUT, false, 0, "", "no "},
    {"wrongname.example", IPC_DNS_TIMEOUT, false, 0, "", "no "},
    {"notquery.example", IPC_DNS_TIMEOUT, false, 0, "", "no "},
    {"cut.example", IPC_DNS_TIMEOUT, false, 0, "", "no "},
    {"a..example", IPC_DNS_NXDOMAIN, false, 0, "", "not a domain name"},
};

static void
test_kinds_of_answers(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, CONF_DNSSEC_TRUST_AD, 1);
	for (size_t i = 0; i < sizeof(ask_cases) / sizeof(*ask_cases); i++) {
		const struct got *g = ask_one(&w, ask_cases[i].name);
		if (g->status != ask_cases[i].status ||
		    g->secure != ask_cases[i].secure ||
		    g->ttl_s != ask_cases[i].ttl_s ||
		    strcmp(g->name, ask_cases[i].owner) != 0 ||
		    strncmp(g->text, ask_cases[i].text,
			strlen(ask_cases[i].text)) != 0)
			fail_msg("%s: status %d secure %d ttl %u %s %s",
			    ask_cases[i].name, (int)g->status, g->secure,
			    g->ttl_s, g->name, g->text);
	}
	assert_int_equal(w.server[0].tcp_queries, 1);
	assert_int_equal(service_open(w.sv), 0);
	world_close(&w);
}

static void
test_off_trusts_no_bit(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, CONF_DNSSEC_OFF, 1);
	assert_false(ask_one(&w, "secure.example")->secure);
	world_close(&w);
}

static void
test_equal_questions_are_one(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, CONF_DNSSEC_OFF, 1);
	for (unsigned i = 0; i < 5; i++)
		service_ask(w.sv, ROLE_SMTPD, &w, i, DNS_A,
		    i % 2 == 0 ? SLICE("A.example") : SLICE("a.example."));
	run_until(&w, 5);
	assert_int_equal(w.server[0].queries, 1);
	(void)ask_one(&w, "a.EXAMPLE"); /* from the cache */
	assert_int_equal(w.server[0].queries, 1);
	service_ask(w.sv, ROLE_SMTPD, &w, 9, DNS_AAAA, SLICE("a.example"));
	run_until(&w, 7);
	assert_int_equal(w.server[0].queries, 2);
	world_close(&w);
}

static void
test_the_next_server(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, CONF_DNSSEC_OFF, 2);
	close(w.server[0].udp); /* refused from now on */
	w.server[0].udp = open("/dev/null", 0);
	watch_close(&w.server[0].watch);
	assert_int_equal(ask_one(&w, "a.example")->status, IPC_DNS_OK);
	assert_int_equal(ask_one(&w, "b.example")->status, IPC_DNS_OK);
	world_close(&w);
}

static void
world_patience(struct world *w, uint64_t timeout_ms)
{
	struct diag d;
	w->settings.timeout_ms = timeout_ms;
	struct backend *b = backend_stub.make(w->loop, &w->settings, &d);
	assert_non_null(b);
	service_switch(w->sv, &w->settings, b);
}

/* However long the patience is: the next server is soon asked. */
static void
test_a_mute_server_delays_little(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, CONF_DNSSEC_OFF, 2);
	world_patience(&w, 20000);
	w.server[0].mute = true;
	for (int i = 0; i < 2; i++) {
		uint64_t began = loop_now_ms(w.loop);
		const struct got *g =
		    ask_one(&w, i == 0 ? "a.example" : "b.example");
		assert_int_equal(g->status, IPC_DNS_OK);
		assert_true(loop_now_ms(w.loop) - began < 600);
	}
	assert_int_equal(w.server[0].queries, 1);
	assert_int_equal(w.server[1].queries, 2);
	world_close(&w);
}

/* Only the first question waits for it; when it answers again, it is asked. */
static void
test_a_mute_server_is_known(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, CONF_DNSSEC_OFF, 2);
	w.server[0].mute = true;
	uint64_t began = loop_now_ms(w.loop);
	for (int i = 0; i < 6; i++) {
		char name[16];
		snprintf(name, sizeof(name), "n%d.example", i);
		assert_int_equal(ask_one(&w, name)->status, IPC_DNS_OK);
	}
	assert_true(loop_now_ms(w.loop) - began < 600);
	assert_int_equal(w.server[0].queries, 1);
	/* The other is mute too: both are tried. */
	w.server[0].mute = false;
	w.server[1].mute = true;
	assert_int_equal(ask_one(&w, "a.example")->status, IPC_DNS_OK);
	assert_int_equal(w.server[0].queries, 2);
	assert_int_equal(ask_one(&w, "b.example")->status, IPC_DNS_OK);
	assert_int_equal(ask_one(&w, "c.example")->status, IPC_DNS_OK);
	assert_int_equal(w.server[0].queries, 4);
	assert_int_equal(w.server[1].queries, 7);
	world_close(&w);
}

/* 0, 300, 900 and 2100 ms, and then what is left. */
static void
test_tries_become_rarer(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, CONF_DNSSEC_OFF, 1);
	world_patience(&w, 3000);
	uint64_t began = loop_now_ms(w.loop);
	const struct got *g = ask_one(&w, "silent.example");
	uint64_t took = loop_now_ms(w.loop) - began;
	assert_int_equal(g->status, IPC_DNS_TIMEOUT);
	assert_string_equal(g->text, "no server answered");
	assert_int_equal(w.server[0].queries, 4);
	assert_true(took >= 2900 && took < 3300);
	world_close(&w);
}

/* What one server said is told though another was silent. */
static void
test_a_failure_is_told_beside_silence(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, CONF_DNSSEC_OFF, 2);
	w.server[1].mute = true;
	const struct got *g = ask_one(&w, "servfail.example");
	assert_int_equal(g->status, IPC_DNS_TEMPFAIL);
	assert_memory_equal(g->text, "SERVFAIL from 127.0.0.1:", 24);
	world_close(&w);
}

static void
test_without_edns(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, CONF_DNSSEC_OFF, 1);
	w.server[0].formerr_edns = true;
	assert_int_equal(ask_one(&w, "a.example")->status, IPC_DNS_OK);
	assert_int_equal(w.server[0].queries, 2);
	world_close(&w);
}

static void
test_who_is_gone_hears_nothing(void **state)
{
	(void)state;
	struct world w;
	int other;
	world_open(&w, CONF_DNSSEC_OFF, 1);
	service_ask(w.sv, ROLE_SMTPD, &other, 1, DNS_A, SLICE("a.example"));
	service_ask(w.sv, ROLE_SMTPD, &w, 2, DNS_A, SLICE("a.example"));
	service_forget(w.sv, &other);
	run_until(&w, 1);
	assert_int_equal(w.got[0].ask, 2);
	world_close(&w);
}

static void
test_too_many_at_once(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, CONF_DNSSEC_OFF, 1);
	for (unsigned i = 0; i < 1005; i++) {
		char name[32];
		int n = snprintf(name, sizeof(name), "silent.n%u.example", i);
		service_ask(
		    w.sv, ROLE_SMTPD, &w, i, DNS_A, slice_of(name, (size_t)n));
	}
	assert_int_equal(w.got_n, 5);
	assert_int_equal(w.got[0].ask, 1000);
	assert_int_equal(w.got[0].status, IPC_DNS_TEMPFAIL);
	/* What nobody answers gives way to others after a while. */
	for (uint64_t end = loop_now_ms(w.loop) + 220;
	     loop_now_ms(w.loop) < end;)
		loop_step(w.loop, 10);
	service_ask(w.sv, ROLE_SMTPD, &w, 2000, DNS_A, SLICE("a.example"));
	run_until(&w, 7);
	assert_int_equal(w.got[5].ask, 0);
	assert_int_equal(w.got[5].status, IPC_DNS_TEMPFAIL);
	assert_int_equal(w.got[6].ask, 2000);
	assert_int_equal(w.got[6].status, IPC_DNS_OK);
	world_close(&w); /* with a thousand open */
}

static void
ask_silent(
    struct world *w, enum role_kind kind, void *who, unsigned from, unsigned n)
{
	for (unsigned i = from; i < from + n; i++) {
		char name[40];
		int k = snprintf(name, sizeof(name), "silent.k%un%u.example",
		    (unsigned)kind, i);
		service_ask(
		    w->sv, kind, who, i, DNS_A, slice_of(name, (size_t)k));
	}
}

/* Whatever smtpd is made to ask, a delivery's questions are asked. */
static void
test_each_kind_has_its_share(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, CONF_DNSSEC_OFF, 1);
	ask_silent(&w, ROLE_SMTPD, &w, 0, 1000);
	assert_int_equal(w.got_n, 0);
	/* Up to the half, and not more. */
	ask_silent(&w, ROLE_RELAY, &w, 5000, 501);
	assert_int_equal(w.got_n, 501);
	assert_int_equal(w.got[0].ask, 0); /* the oldest give way */
	assert_int_equal(w.got[0].status, IPC_DNS_TEMPFAIL);
	assert_int_equal(w.got[499].ask, 499);
	assert_int_equal(w.got[500].ask, 5500);
	/* Which smtpd may not take away again. */
	ask_silent(&w, ROLE_SMTPD, &w, 2000, 1);
	assert_int_equal(w.got_n, 502);
	assert_int_equal(w.got[501].ask, 2000);
	assert_int_equal(service_open(w.sv), 1000);
	world_close(&w);
}

static void
test_what_is_cancelled_makes_room(void **state)
{
	(void)state;
	struct world w;
	int other;
	world_open(&w, CONF_DNSSEC_OFF, 1);
	ask_silent(&w, ROLE_SMTPD, &other, 0, 500);
	ask_silent(&w, ROLE_SMTPD, &w, 500, 500);
	for (unsigned i = 500; i < 600; i++)
		service_cancel(w.sv, &w, i);
	assert_int_equal(service_open(w.sv), 900);
	service_cancel(w.sv, &w, 77); /* another's number */
	assert_int_equal(service_open(w.sv), 900);
	ask_silent(&w, ROLE_SMTPD, &w, 2000, 100);
	assert_int_equal(w.got_n, 0);
	ask_silent(&w, ROLE_SMTPD, &w, 3000, 1); /* full again */
	assert_int_equal(w.got_n, 1);
	service_forget(w.sv, &other);
	assert_int_equal(service_open(w.sv), 500);
	ask_silent(&w, ROLE_SMTPD, &w, 4000, 500);
	assert_int_equal(w.got_n, 1);
	assert_int_equal(service_open(w.sv), 1000);
	world_close(&w);
}

/* Who comes again finds the answer, or joins the question. */
static void
test_what_is_cancelled_is_still_kept(void **state)
{
	(void)state;
	struct world w;
	world_open(&w, CONF_DNSSEC_OFF, 1);
	service_ask(w.sv, ROLE_SMTPD, &w, 1, DNS_A, SLICE("a.example"));
	service_ask(w.sv, ROLE_SMTPD, &w, 2, DNS_A, SLICE("b.example"));
	service_cancel(w.sv, &w, 1);
	service_cancel(w.sv, &w, 2);
	assert_int_equal(service_open(w.sv), 0);
	service_ask(w.sv, ROLE_RELAY, &w, 3, DNS_A, SLICE("b.example"));
	assert_int_equal(service_open(w.sv), 1);
	run_until(&w, 1);
	assert_int_equal(w.got[0].ask, 3);
	for (int i = 0; i < 100 && w.server[0].queries < 2; i++)
		loop_step(w.loop, 10);
	loop_step(w.loop, 10);
	assert_int_equal(ask_one(&w, "a.example")->status, IPC_DNS_OK);
	assert_int_equal(w.server[0].queries, 2);
	assert_int_equal(w.got_n, 2);
	world_close(&w);
}

/* One question, two kinds: it counts for the one that still waits. */
static void
test_a_shared_question_changes_hands(void **state)
{
	(void)state;
	struct world w;
	int smtpd, relay;
	world_open(&w, CONF_DNSSEC_OFF, 1);
	service_ask(w.sv, ROLE_SMTPD, &smtpd, 1, DNS_A, SLICE("a.example"));
	service_ask(w.sv, ROLE_RELAY, &relay, 1, DNS_A, SLICE("a.example"));
	service_forget(w.sv, &smtpd);
	assert_int_equal(service_open(w.sv), 1);
	ask_silent(&w, ROLE_SMTPD, &w, 0, 1000);
	assert_int_equal(w.got_n, 1);
	assert_int_equal(w.got[0].ask, 999); /* a place is the relay's */
	run_until(&w, 2);
	assert_int_equal(w.got[1].ask, 1);
	assert_int_equal(w.got[1].status, IPC_DNS_OK);
	world_close(&w);
}

/* A number used twice, and whatever order: nobody gone is ever answered, and
 * each that waits is, once. */
static void
test_any_order(void **state)
{
	(void)state;
	struct world w;
	char who[4];
	unsigned seed = 7;
	world_open(&w, CONF_DNSSEC_OFF, 1);
	for (unsigned i = 0; i < 20000; i++) {
		char name[40];
		seed = seed * 1103515245 + 12345;
		unsigned r = seed >> 16, one = r % 4;
		enum role_kind kind = one < 2 ? ROLE_SMTPD : ROLE_RELAY;
		w.got_n = 0;
		if (r % 7 == 6)
			service_cancel(w.sv, &who[one], r / 7 % 90);
		else if (r % 997 == 5)
			service_forget(w.sv, &who[one]);
		else
			service_ask(w.sv, kind, &who[one], r / 7 % 90, DNS_A,
			    slice_of(name,
				(size_t)snprintf(name, sizeof(name),
				    "%s.n%u.example",
				    r % 3 == 0 ? "silent" : "a", r / 11 % 90)));
		if (i % 64 == 0)
			loop_step(w.loop, 0);
	}
	for (unsigned i = 0; i < 4; i++)
		service_forget(w.sv, &who[i]);
	assert_int_equal(service_open(w.sv), 0);
	w.got_n = 0;
	for (int i = 0; i < 5; i++)
		loop_step(w.loop, 20);
	assert_int_equal(w.got_n, 0);
	world_close(&w);
}

static void
test_other_settings_cut_nothing(void **state)
{
	(void)state;
	struct world w;
	struct diag d;
	world_open(&w, CONF_DNSSEC_OFF, 1);
	service_ask(w.sv, ROLE_SMTPD, &w, 1, DNS_A, SLICE("a.example"));
	struct backend *b = backend_stub.make(w.loop, &w.settings, &d);
	assert_non_null(b);
	service_switch(w.sv, &w.settings, b);
	run_until(&w, 1);
	assert_int_equal(w.got[0].status, IPC_DNS_OK);
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_kinds_of_answers),
	    cmocka_unit_test(test_off_trusts_no_bit),
	    cmocka_unit_test(test_equal_questions_are_one),
	    cmocka_unit_test(test_the_next_server),
	    cmocka_unit_test(test_a_mute_server_delays_little),
	    cmocka_unit_test(test_a_mute_server_is_known),
	    cmocka_unit_test(test_tries_become_rarer),
	    cmocka_unit_test(test_a_failure_is_told_beside_silence),
	    cmocka_unit_test(test_without_edns),
	    cmocka_unit_test(test_who_is_gone_hears_nothing),
	    cmocka_unit_test(test_too_many_at_once),
	    cmocka_unit_test(test_each_kind_has_its_share),
	    cmocka_unit_test(test_what_is_cancelled_makes_room),
	    cmocka_unit_test(test_what_is_cancelled_is_still_kept),
	    cmocka_unit_test(test_a_shared_question_changes_hands),
	    cmocka_unit_test(test_any_order),
	    cmocka_unit_test(test_other_settings_cut_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
