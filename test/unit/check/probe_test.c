/* One session with servers that a script plays: good ones, and such as drip,
 * flood, lie and leave. */
#include "check/probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include "../io/certs.h"
#include "check/check.h"
#include "io/conn.h"

/* What the server says: first when somebody connects, then a line each for
 * what it hears; "-" says nothing, "!" closes, "~" drips, "T" says 220 and
 * begins TLS, inside which it says the next at once. */
struct server {
	const char *const *says;
	size_t at;
	int listener;
	struct watch watch;
	struct conn *conn;
	struct timer drip;
	struct sock_addr addr;
	char heard[4096];
	struct tls_server *tls;
	struct cert ca, cert;
};

struct world {
	struct check c;
	struct check_opts opts;
	struct server s;
	struct buf got;
	bool over;
};

static void
say(struct server *s)
{
	const char *text = s->says[s->at];
	if (text == NULL)
		return;
	s->at++;
	if (strcmp(text, "!") == 0) {
		conn_abort(s->conn);
		s->conn = NULL;
	} else if (strcmp(text, "~") == 0) {
		timer_start(&s->drip, 1);
	} else if (strcmp(text, "T") == 0) {
		assert_int_equal(
		    conn_write(s->conn, SLICE("220 go\r\n")), ERR_OK);
		assert_int_equal(
		    conn_start_tls_server(s->conn, s->tls), ERR_OK);
	} else if (strcmp(text, "-") != 0) {
		assert_int_equal(conn_write(s->conn, slice_str(text)), ERR_OK);
	}
}

static void
on_drip(void *arg)
{
	struct server *s = arg;
	if (s->conn == NULL)
		return;
	if (conn_write(s->conn, SLICE("2")) == ERR_OK)
		timer_start(&s->drip, 5);
}

static size_t
on_data(struct conn *c, struct slice in)
{
	struct server *s = conn_owner(c);
	size_t n = slice_find(in, '\n');
	if (n == in.n)
		return 0;
	snprintf(s->heard + strlen(s->heard),
	    sizeof(s->heard) - strlen(s->heard), "%.*s\n",
	    n > 0 ? (int)n - 1 : 0, (const char *)in.p);
	say(s);
	return n + 1;
}

static void
on_closed(struct conn *c, enum err e, const struct diag *d)
{
	struct server *s = conn_owner(c);
	(void)e;
	(void)d;
	s->conn = NULL;
}

static void
on_tls(struct conn *c, enum err e, const struct diag *d)
{
	struct server *s = conn_owner(c);
	(void)d;
	if (e == ERR_OK) {
		say(s);
		return;
	}
	conn_abort(c);
	s->conn = NULL;
}

static const struct conn_ops server_ops = {
    .on_data = on_data, .on_tls = on_tls, .on_closed = on_closed};

static void
on_accept(void *arg, unsigned events)
{
	struct world *w = arg;
	const struct conn_conf conf = {.ops = &server_ops, .owner = &w->s};
	int fd;
	(void)events;
	if (sock_accept(w->s.listener, &fd, NULL) != ERR_OK)
		return;
	assert_null(w->s.conn);
	assert_int_equal(conn_new(w->c.loop, fd, &conf, &w->s.conn), ERR_OK);
	say(&w->s);
}

static void
make_tls(struct world *w)
{
	struct diag d;
	struct buf chain;
	struct server *s = &w->s;
	cert_make(&s->ca, &(struct cert_spec){.key = CERT_P256});
	cert_make(&s->cert,
	    &(struct cert_spec){
		.name = "mail.contoh.id", .key = CERT_P256, .issuer = &s->ca});
	buf_init(&chain, 65536);
	buf_add(&chain, buf_slice(&s->cert.cert_pem));
	buf_add(&chain, buf_slice(&s->ca.cert_pem));
	const struct tls_server_conf server = {.cert_pem = buf_slice(&chain),
	    .key_pem = buf_slice(&s->cert.key_pem),
	    .kind = SLICE("mx")};
	const struct tls_client_conf client = {.examine = true,
	    .min_version = TLS_V1_0,
	    .ca_pem = buf_slice(&s->ca.cert_pem)};
	assert_int_equal(tls_server_new(&server, &s->tls, &d), ERR_OK);
	assert_int_equal(tls_client_new(&client, &w->c.tls, &d), ERR_OK);
	buf_free(&chain);
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const struct sock_addr any = {.ip = {4, {127, 0, 0, 1}}};
	struct diag d;
	assert_non_null(w);
	make_tls(w);
	w->opts.timeout_ms = 200;
	w->c.opts = &w->opts;
	snprintf(w->c.helo, sizeof(w->c.helo), "penguji.example.org");
	w->c.loop = loop_new();
	assert_int_equal(sock_listen(&any, &w->s.listener, &d), ERR_OK);
	sock_local(w->s.listener, &w->s.addr);
	assert_int_equal(
	    watch_open(&w->s.watch, w->c.loop, w->s.listener, on_accept, w),
	    ERR_OK);
	watch_set(&w->s.watch, WATCH_READ);
	timer_init(&w->s.drip, w->c.loop, on_drip, &w->s);
	buf_init(&w->got, 1 << 20);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	watch_close(&w->s.watch);
	close(w->s.listener);
	timer_stop(&w->s.drip);
	conn_abort(w->s.conn);
	tls_client_unref(w->c.tls);
	tls_server_unref(w->s.tls);
	cert_free(&w->s.ca);
	cert_free(&w->s.cert);
	loop_free(w->c.loop);
	buf_free(&w->got);
	free(w);
	return 0;
}

static void
done(void *arg, const struct probe_result *r)
{
	static const char names[] = "ACHTVSFR";
	struct world *w = arg;
	assert_false(w->over);
	w->over = true;
	for (unsigned i = 0; i < PROBE_STAGES; i++)
		if (r->stage[i].reached)
			buf_printf(&w->got, "%c%c", names[i],
			    r->stage[i].ok ? '+' : '-');
	for (size_t i = 0; i < r->step_n; i++)
		buf_printf(&w->got, " %u", r->steps[i].code);
	if (r->tls) {
		assert_true(r->tls_line > 0 && r->tls_line <= r->line_n);
		assert_true(r->cert_n == 2 && r->certs[0].p[0] == 0x30);
		assert_string_equal(r->tls_info.version, "TLS1_3");
	}
	if (r->injected)
		buf_add_str(&w->got, " injected");
	buf_printf(&w->got, "%s%s%s", r->starttls_offered ? " tls" : "",
	    r->speaks_first ? " first" : "", r->esmtp ? " esmtp" : "");
	if (r->cause[0] != '\0') {
		buf_printf(&w->got, " %s", r->cause);
		assert_true(r->why[0] != '\0');
	}
	for (size_t i = 1; i < r->line_n; i++)
		assert_true(r->lines[i - 1].ms <= r->lines[i].ms);
	assert_true(r->line_n <= 1000);
}

static const char *
probe_as(struct world *w, struct probe_opts o, const char *const *says,
    const char *const *lines)
{
	struct probe_step steps[PROBE_STEPS_MAX];
	o.to = w->s.addr;
	o.steps = steps;
	for (; lines != NULL && lines[o.step_n] != NULL; o.step_n++)
		steps[o.step_n] =
		    (struct probe_step){.line = slice_str(lines[o.step_n]),
			.body = SLICE("Subject: uji\r\n\r\n.isi\r\n")};
	buf_clear(&w->got);
	w->over = false;
	w->s.says = says;
	w->s.at = 0;
	w->s.heard[0] = '\0';
	assert_non_null(probe_start(&w->c, &o, done, w));
	assert_false(w->over);
	for (int i = 0; i < 1000 && !w->over; i++)
		loop_step(w->c.loop, 10);
	assert_true(w->over);
	/* the server sees it go */
	for (int i = 0; i < 100 && w->s.conn != NULL; i++)
		loop_step(w->c.loop, 5);
	buf_add_byte(&w->got, 0);
	return (const char *)w->got.p;
}

static const char *
probe(struct world *w, const char *const *says, const char *const *lines,
    enum probe_tls tls)
{
	return probe_as(w, (struct probe_opts){.tls = tls}, says, lines);
}

#define SAYS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define HI        "220 mail.contoh.id\r\n"
#define EHLO      "250-mail.contoh.id\r\n250 8BITMIME\r\n"

static void
sessions(void **state)
{
	static const char flood[] = "220-x\r\n220-x\r\n220-x\r\n220-x\r\n";
	char *endless = calloc(1, 70000);
	const struct {
		const char *const *says, *const *lines;
		const char *want;
	} cases[] = {
	    {SAYS(HI, EHLO, "221 bye\r\n"), NULL, "A+C+H+T- esmtp"},
	    /* only HELO */
	    {SAYS(HI, "502 no\r\n", "250 hi\r\n", "221 bye\r\n"), NULL,
		"A+C+H+T-"},
	    {SAYS(HI, EHLO, "250 ok\r\n", "550 no\r\n", "252 perhaps\r\n",
		 "221 bye\r\n"),
		SAYS("MAIL FROM:<>", "RCPT TO:<a@example.org>", "VRFY a"),
		"A+C+H+T-F+R- 250 550 252 esmtp"},
	    /* a line that cannot be sent is passed over */
	    {SAYS(HI, EHLO, "250 ok\r\n", "221 bye\r\n"),
		SAYS("RSET\r\nQUIT", "NOOP"), "A+C+H+T- 0 250 esmtp"},
	    /* refusals */
	    {SAYS("554 no\r\n"), NULL, "A+C- remote.5xx"},
	    {SAYS("421 later\r\n"), NULL, "A+C- remote.4xx"},
	    {SAYS(HI, "550 no\r\n", "550 no\r\n"), NULL, "A+C+H- remote.5xx"},
	    {SAYS(HI, EHLO, "421 enough\r\n"), SAYS("NOOP", "NOOP"),
		"A+C+H+T- 421 0 esmtp remote.4xx"},
	    /* those that leave, or say nothing */
	    {SAYS("!"), NULL, "A+C- net.reset"},
	    {SAYS(HI, "!"), NULL, "A+C+H- net.reset"},
	    {SAYS(HI, EHLO, "!"), SAYS("NOOP"), "A+C+H+T- 0 esmtp net.reset"},
	    {SAYS("-"), NULL, "A+C- net.timeout"},
	    {SAYS(HI, EHLO, "250-half\r\n"), SAYS("MAIL FROM:<>"),
		"A+C+H+T-F- 0 esmtp net.timeout"},
	    {SAYS("~"), NULL, "A+C- net.timeout"},
	    /* those that lie */
	    {SAYS("220 hi\r\n250 ok\r\n"), NULL, "A+C+H- first protocol.sync"},
	    {SAYS(HI, EHLO "250 more\r\n"), SAYS("NOOP"),
		"A+C+H+T- 0 first esmtp protocol.sync"},
	    {SAYS("HTTP/1.1 400 Bad Request\r\n\r\n"), NULL,
		"A+C- protocol.syntax"},
	    {SAYS("220-a\r\n250 b\r\n"), NULL, "A+C- protocol.syntax"},
	    {SAYS(HI, "354 go\r\n"), NULL, "A+C+H- protocol.sync"},
	    {SAYS(endless), NULL, "A+C- limit.line"},
	    /* STARTTLS in either form, refused, or not meant */
	    {SAYS(HI, "250-hi\r\n250-STARTTLS\r\n250 X\r\n", "454 no\r\n",
		 "221 bye\r\n"),
		NULL, "A+C+H+T- tls esmtp"},
	    {SAYS(HI, "250-hi\r\n250 starttls\r\n", "220 go\r\n", "!"), NULL,
		"A+C+H+T+S- tls esmtp net.closed-after-starttls"},
	    {SAYS(HI, "250-hi\r\n250 STARTTLS\r\n", "220 go\r\n250 plain\r\n"),
		NULL, "A+C+H+T+S- tls first esmtp protocol.sync"},
	    {SAYS(HI, "250-hi\r\n250 STARTTLS\r\n", "220 go\r\n"), NULL,
		"A+C+H+T+S- tls esmtp tls.stalled"},
	};
	struct world *w = *state;
	for (size_t i = 0; i < 9000; i++)
		memcpy(endless + i * 7, flood, 7);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *got = probe(
		    w, cases[i].says, cases[i].lines, PROBE_TLS_IF_OFFERED);
		if (strcmp(got, cases[i].want) != 0)
			fail_msg("case %zu: got \"%s\", not \"%s\"; heard %s",
			    i, got, cases[i].want, w->s.heard);
	}
	free(endless);
}

static void
levels(void **state)
{
	static const char *const offers[] = {
	    HI, "250-hi\r\n250 STARTTLS\r\n", "221 bye\r\n", NULL};
	static const char *const none[] = {HI, EHLO, "221 bye\r\n", NULL};
	struct world *w = *state;
	assert_string_equal(
	    probe(w, offers, NULL, PROBE_TLS_NEVER), "A+C+H+ tls esmtp");
	assert_string_equal(probe(w, none, NULL, PROBE_TLS_ONLY),
	    "A+C+H+T- esmtp tls.not-offered");
	assert_string_equal(probe(w, none, SAYS("NOOP"), PROBE_TLS_IMPLICIT),
	    "A+T- 0 tls.garbage");
}

static void
what_was_heard(void **state)
{
	struct world *w = *state;
	probe(w,
	    SAYS(HI, EHLO, "250 ok\r\n", "354 go\r\n", "-", "-", "-",
		"250 taken\r\n", "221 bye\r\n"),
	    SAYS("MAIL FROM:<>", "DATA"), PROBE_TLS_NEVER);
	assert_string_equal(w->s.heard,
	    "EHLO penguji.example.org\nMAIL FROM:<>\nDATA\nSubject: uji\n\n"
	    "..isi\n.\nQUIT\n");
	assert_string_equal((const char *)w->got.p, "A+C+H+F+ 250 250 esmtp");
}

#define STARTTLS "250-hi\r\n250 STARTTLS\r\n"

static void
inside_tls(void **state)
{
	struct world *w = *state;
	struct probe_opts o = {.host = SLICE("mail.contoh.id")};
	assert_string_equal(
	    probe_as(w, o,
		SAYS(HI, STARTTLS, "T", "-", EHLO, "250 ok\r\n", "221 bye\r\n"),
		SAYS("MAIL FROM:<>")),
	    "A+C+H+T+V+S+F+ 250 tls esmtp");
	o.host = SLICE("lain.example");
	assert_string_equal(
	    probe_as(w, o, SAYS(HI, STARTTLS, "T", "-", "!"), NULL),
	    "A+C+H+T+V-S- tls esmtp net.reset");
	o.host = SLICE("mail.contoh.id");
	o.tls = PROBE_TLS_IMPLICIT;
	/* One that speaks before TLS where it should begin with it. */
	assert_string_equal(probe_as(w, o, SAYS(HI), NULL), "A+T- tls.garbage");
}

/* RFC 3207 6, CVE-2011-0411 */
static void
injection(void **state)
{
	static const char twice[] = "250-hi\r\n250 HELP\r\n";
	struct world *w = *state;
	struct probe_opts o = {.host = SLICE("mail.contoh.id"), .inject = true};
	assert_string_equal(probe_as(w, o,
				SAYS(HI, STARTTLS, "-", "T", "-", EHLO,
				    "250 ok\r\n", "250 ok\r\n", "221 bye\r\n"),
				SAYS("MAIL FROM:<>")),
	    "A+C+H+T+V+S+F+ 250 tls esmtp");
	assert_non_null(strstr(w->s.heard, "STARTTLS\nEHLO localhost\n"));
	/* The answer comes inside, and all others one late. */
	assert_string_equal(probe_as(w, o,
				SAYS(HI, STARTTLS, "-", "T", twice, twice,
				    "250 ok\r\n", "250 ok\r\n", "221 bye\r\n"),
				SAYS("MAIL FROM:<>")),
	    "A+C+H+T+V+S+ 0 injected tls esmtp");
	/* The same, a little later. */
	assert_string_equal(probe_as(w, o,
				SAYS(HI, STARTTLS, "-", "T", "-", twice, twice,
				    "250 ok\r\n", "221 bye\r\n"),
				SAYS("MAIL FROM:<>")),
	    "A+C+H+T+V+S+ 0 injected tls esmtp");
	/* All one late, by replies of one line. */
	assert_string_equal(probe_as(w, o,
				SAYS(HI, STARTTLS, "-", "T", "-", "250 ok\r\n",
				    "250 ok\r\n250 ok\r\n", "221 bye\r\n"),
				SAYS("MAIL FROM:<>")),
	    "A+C+H+T+V+S+ 0 injected tls esmtp");
	/* Odd words for NOOP and QUIT, each in its place. */
	assert_string_equal(
	    probe_as(w, o,
		SAYS(HI, STARTTLS, "-", "T", "-", EHLO,
		    "250-2.0.0 OK\r\n250 here\r\n", "221 bye\r\n"),
		NULL),
	    "A+C+H+T+V+S+ tls esmtp");
	assert_string_equal(probe_as(w, o,
				SAYS(HI, STARTTLS, "-", "T", "-", EHLO,
				    "500 what\r\n", "250 bye\r\n"),
				NULL),
	    "A+C+H+T+V+S+ tls esmtp");
	assert_string_equal(probe_as(w, o,
				SAYS(HI, STARTTLS, "-", "T", "-", EHLO,
				    "250 ok\r\n", "250 bye\r\n"),
				NULL),
	    "A+C+H+T+V+S+ tls esmtp");
	/* It will not have it. */
	assert_string_equal(
	    probe_as(
		w, o, SAYS(HI, STARTTLS, "554 5.7.10 no\r\n", "-", "-"), NULL),
	    "A+C+H+T- tls esmtp tls.refused");
}

static void
nobody_listens(void **state)
{
	struct world *w = *state;
	watch_close(&w->s.watch);
	close(w->s.listener);
	assert_string_equal(
	    probe(w, SAYS("-"), NULL, PROBE_TLS_NEVER), "A- net.refused");
	w->s.listener = -1;
}

static void
limits(void **state)
{
	struct world *w = *state;
	struct probe_opts o = {
	    .to = w->s.addr, .tls = PROBE_TLS_NEVER, .total_ms = 100};
	w->opts.timeout_ms = 60000;
	w->s.says = SAYS("-");
	struct probe *p = probe_start(&w->c, &o, done, w);
	assert_non_null(p);
	for (int i = 0; i < 300 && !w->over; i++)
		loop_step(w->c.loop, 10);
	assert_true(w->over);
	buf_add_byte(&w->got, 0);
	assert_string_equal((const char *)w->got.p, "A+C- net.timeout");
	/* cancelled at any time: no answer */
	for (int i = 0; i < 4; i++) {
		o.total_ms = 0;
		w->s.at = 0;
		while (w->s.conn != NULL)
			loop_step(w->c.loop, 5);
		p = probe_start(&w->c, &o, done, w);
		for (int k = 0; k < i * 2; k++)
			loop_step(w->c.loop, 1);
		probe_cancel(p);
	}
	probe_cancel(NULL);
}

/* RCPT makes no sense behind a refused MAIL; RSET does. */
static void
steps_left_out(void **state)
{
	static const struct probe_step steps[] = {
	    {.line = SLICE("MAIL FROM:<a@example.org>"), .skip = 1},
	    {.line = SLICE("RCPT TO:<b@example.org>")}, {.line = SLICE("RSET")},
	    {.line = SLICE("MAIL FROM:<>"), .skip = 1},
	    {.line = SLICE("RCPT TO:<b@example.org>")},
	    {.line = SLICE("MAIL FROM:<x>"), .skip = 9}};
	struct world *w = *state;
	struct probe_opts o = {.to = w->s.addr,
	    .tls = PROBE_TLS_NEVER,
	    .steps = steps,
	    .step_n = sizeof(steps) / sizeof(steps[0])};
	w->s.says = SAYS(HI, EHLO, "550 no\r\n", "250 ok\r\n", "250 ok\r\n",
	    "550 no\r\n", "501 no\r\n", "221 bye\r\n");
	assert_non_null(probe_start(&w->c, &o, done, w));
	for (int i = 0; i < 300 && !w->over; i++)
		loop_step(w->c.loop, 10);
	buf_add_byte(&w->got, 0);
	assert_string_equal(
	    (const char *)w->got.p, "A+C+H+F-R- 550 0 250 250 550 501 esmtp");
	assert_null(strstr(w->s.heard, "RCPT TO:<b@example.org>\nRSET"));
}

/* Told to end it gives what it has, at once, from any moment. */
static void
ended(void **state)
{
	static const struct probe_step steps[] = {{.line = SLICE("NOOP")},
	    {.line = SLICE("VRFY a")}, {.line = SLICE("NOOP")}};
	struct world *w = *state;
	struct probe_opts o = {.to = w->s.addr,
	    .tls = PROBE_TLS_NEVER,
	    .steps = steps,
	    .step_n = 3};
	w->opts.timeout_ms = 60000;
	w->s.says = SAYS(HI, EHLO, "250 ok\r\n", "-");
	struct probe *p = probe_start(&w->c, &o, done, w);
	assert_int_equal(probe_steps_over(p), 0);
	for (int i = 0; i < 300 && probe_steps_over(p) < 1; i++)
		loop_step(w->c.loop, 10);
	assert_int_equal(probe_steps_over(p), 1);
	probe_end(p);
	assert_false(w->over);
	probe_end(p);
	loop_step(w->c.loop, 10);
	assert_true(w->over);
	buf_add_byte(&w->got, 0);
	assert_string_equal(
	    (const char *)w->got.p, "A+C+H+ 250 0 0 esmtp net.timeout");
	while (w->s.conn != NULL)
		loop_step(w->c.loop, 5);
	/* before anything was begun */
	w->over = false;
	buf_clear(&w->got);
	probe_end(probe_start(&w->c, &o, done, w));
	loop_step(w->c.loop, 10);
	assert_true(w->over);
	buf_add_byte(&w->got, 0);
	assert_string_equal((const char *)w->got.p, " 0 0 0 net.timeout");
	probe_end(NULL);
}

static void
polite(void **state)
{
	struct world *w = *state;
	const struct ip a = {4, {192, 0, 2, 1}}, b = {4, {192, 0, 2, 2}};
	const struct ip here = {4, {127, 0, 0, 1}};
	assert_int_equal(check_polite(&w->c, &a), 0);
	w->opts.polite_ms = 1000;
	w->c.visits = check_visits_new();
	assert_non_null(w->c.visits);
	loop_set_virtual(w->c.loop, 1000000);
	loop_advance(w->c.loop, 5000);
	assert_int_equal(check_polite(&w->c, &a), 0);
	assert_int_equal(check_polite(&w->c, &b), 0);
	assert_int_equal(check_polite(&w->c, &a), 1000);
	assert_int_equal(check_polite(&w->c, &a), 2000);
	loop_advance(w->c.loop, 2500);
	assert_int_equal(check_polite(&w->c, &a), 500);
	assert_int_equal(check_polite(&w->c, &b), 0);
	/* to this machine's own only when it is asked for */
	assert_int_equal(check_polite(&w->c, &here), 0);
	assert_int_equal(check_polite(&w->c, &here), 0);
	w->opts.polite_here = true;
	assert_int_equal(check_polite(&w->c, &here), 0);
	assert_int_equal(check_polite(&w->c, &here), 1000);
	free(w->c.visits);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(sessions, setup, teardown),
	    cmocka_unit_test_setup_teardown(levels, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_was_heard, setup, teardown),
	    cmocka_unit_test_setup_teardown(inside_tls, setup, teardown),
	    cmocka_unit_test_setup_teardown(injection, setup, teardown),
	    cmocka_unit_test_setup_teardown(nobody_listens, setup, teardown),
	    cmocka_unit_test_setup_teardown(limits, setup, teardown),
	    cmocka_unit_test_setup_teardown(steps_left_out, setup, teardown),
	    cmocka_unit_test_setup_teardown(ended, setup, teardown),
	    cmocka_unit_test_setup_teardown(polite, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
