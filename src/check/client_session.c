/* client_session.c - one session of check client: the machine driven, and what
 * is done around it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/client_priv.h"

/* So long is the greeting held back in any case: who speaks first is seen. */
#define GREETING_MS  500u
#define SLOW_MS      10000u
#define BANNER_MS    30000u
#define HANDSHAKE_MS 60000u
#define LINGER_MS    5000u
#define LIFE_MS      (30u * 60 * 1000)
#define LINE_OCTETS  1000u
#define ARENA_OCTETS (192u << 10)
#define HELD_OCTETS  (64u << 10)

static void run_machine(struct client_session *s);

static bool
plays(const struct client_session *s, unsigned words)
{
	return (s->run->o.words & words) != 0;
}

/* ---- the dialogue ---- */

static void
say_line(struct client_session *s, char who, struct slice text)
{
	struct client_line *l = &s->line[s->line_n];
	if (s->line_n == CLIENT_LINES_MAX ||
	    !arena_slice(&s->arena, slice_to(text, LINE_OCTETS), &l->text)) {
		s->left_out++;
		return;
	}
	l->ms = client_now(s->run) - s->f.begun_ms;
	l->who = s->tls == NULL ? who
		 : who == '>'   ? '~'
		 : who == '<'   ? '}'
				: who;
	s->line_n++;
}

void
client_session_say(struct client_session *s, char who, struct slice text)
{
	while (text.n > 0) {
		size_t n = slice_find(text, '\n');
		struct slice line = slice_to(text, n);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line = slice_to(line, line.n - 1);
		say_line(s, who, line);
		text = slice_from(text, n + 1);
	}
}

static void
say(struct client_session *s, const char *text)
{
	client_session_say(s, '*', slice_str(tr(text)));
}

static void
note(struct client_session *s, const struct smtp_note *n)
{
	static const char who[] = {
	    [SMTP_NOTE_PEER] = '<',
	    [SMTP_NOTE_US] = '>',
	    [SMTP_NOTE_EVENT] = '*',
	};
	s->spoke_in_tls |= n->who == SMTP_NOTE_PEER && s->tls != NULL;
	/* Also one that the machine does not let that far. */
	if (n->who == SMTP_NOTE_PEER &&
	    slice_starts_nocase(n->text, SLICE("AUTH"))) {
		s->f.auth = true;
		s->f.auth_in_clear |= s->tls == NULL;
	}
	client_session_say(s, who[n->who], n->text);
}

/* ---- the end ---- */

static void
over(struct client_session *s)
{
	if (s->f.ended)
		return;
	s->f.ended = true;
	s->f.ended_ms = client_now(s->run);
	timer_stop(&s->timer);
	timer_stop(&s->life);
	client_silence_over(s);
	if (s->machine_open)
		smtp_server_free(&s->machine);
	s->machine_open = false;
	buf_free(&s->head);
	buf_free(&s->held);
	client_session_over(s->run, s);
}

void
client_session_stop(struct client_session *s)
{
	if (s->f.ended)
		return;
	if (s->silent != NULL)
		s->silent = NULL; /* it would have waited longer */
	conn_abort(s->conn);
	s->conn = NULL;
	over(s);
}

void
client_session_free(struct client_session *s)
{
	arena_reset(&s->arena);
	free(s->line);
	free(s->tls);
	free(s);
}

static void
drop(struct client_session *s, const char *why)
{
	if (why != NULL)
		say(s, why);
	conn_abort(s->conn);
	s->conn = NULL;
	if (!s->pumping)
		over(s);
}

static void
hang_up(struct client_session *s)
{
	s->finished = true;
	s->wait = CLIENT_WAIT_CLOSE;
	timer_start(&s->timer, LINGER_MS);
	if (!s->f.quit)
		conn_linger(s->conn);
	conn_shutdown(s->conn);
}

/* ---- what the machine does ---- */

static void
send_now(struct client_session *s, struct slice bytes)
{
	if (s->conn != NULL && conn_write(s->conn, bytes) != ERR_OK)
		drop(s, N_("it never reads our replies"));
}

/* false: it is held back. */
static bool
send_reply(struct client_session *s, struct slice bytes)
{
	if (!plays(s, CLIENT_SLOW)) {
		send_now(s, bytes);
		return s->conn != NULL;
	}
	buf_add(&s->held, bytes);
	s->wait = CLIENT_WAIT_SLOW;
	s->held_ms = client_now(s->run);
	timer_start(
	    &s->timer, s->run->o.slow_ms > 0 ? s->run->o.slow_ms : SLOW_MS);
	return false;
}

/* Behind 220. false: nothing more of the machine. */
static bool
begin_tls(struct client_session *s)
{
	s->f.tried = true;
	s->f.ran_ahead |= s->more_follows;
	if (plays(s, CLIENT_CLOSE_STARTTLS)) {
		say(s, N_("hung up behind 220"));
		s->f.tls_failed = true;
		hang_up(s);
		return false;
	}
	if (plays(s, CLIENT_STALL_STARTTLS | CLIENT_GARBAGE_STARTTLS)) {
		bool stall = plays(s, CLIENT_STALL_STARTTLS);
		say(s, stall ? N_("silent behind 220")
			     : N_("sent what is no TLS behind 220"));
		s->f.tls_failed = true;
		s->garbage_due = !stall;
		s->wait = CLIENT_WAIT_DEAF;
		return false;
	}
	s->wait = CLIENT_WAIT_TLS;
	timer_start(&s->timer, HANDSHAKE_MS);
	if (conn_start_tls_server(s->conn, s->run->tls) != ERR_OK)
		drop(s, N_("TLS could not be begun"));
	return false;
}

static void
keep_head(struct client_session *s, struct slice bytes)
{
	buf_add(&s->head, slice_to(bytes, CLIENT_HEAD_MAX - s->head.n));
}

static void
arm(struct client_session *s)
{
	uint64_t now = loop_now_ms(s->run->c->loop);
	uint64_t at = smtp_server_deadline(&s->machine);
	if (at == 0)
		timer_stop(&s->timer);
	else
		timer_start(&s->timer, at > now ? at - now : 0);
}

/* false: nothing can be done before something happens. */
static bool
carry_out(struct client_session *s, const struct smtp_srv_action *a, bool more)
{
	switch (a->kind) {
	case SMTP_SRV_NOTE:
		note(s, &a->note);
		return true;
	case SMTP_SRV_SEND:
		return send_reply(s, a->bytes);
	case SMTP_SRV_ASK_HELO:
		s->f.esmtp |= s->machine.ehlo;
		client_helo(s, a->bytes);
		return true;
	case SMTP_SRV_ASK_MAIL:
		client_answer_mail(s, a->mail, more);
		return true;
	case SMTP_SRV_ASK_RCPT:
		client_answer_rcpt(s, a->rcpt);
		return true;
	case SMTP_SRV_AUTH_START:
	case SMTP_SRV_AUTH_STEP:
		client_answer_auth(s);
		return true;
	case SMTP_SRV_BODY_BEGIN:
		client_answer_body(s);
		return true;
	case SMTP_SRV_BODY_WRITE:
		keep_head(s, a->bytes);
		return true;
	case SMTP_SRV_COMMIT:
		client_answer_commit(s);
		return s->wait == CLIENT_WAIT_NOTHING;
	case SMTP_SRV_TX_RESET:
		s->in_body = false;
		return true;
	case SMTP_SRV_ASK_CONNECT:
		client_answer_allow(s);
		return true;
	case SMTP_SRV_AUTH_CANCEL:
	case SMTP_SRV_BODY_ABORT:
		return true;
	case SMTP_SRV_START_TLS:
		return begin_tls(s);
	case SMTP_SRV_CLOSE:
		s->f.quit |= a->ok;
		if (s->conn != NULL)
			hang_up(s);
		return false;
	case SMTP_SRV_WANT_INPUT:
		arm(s);
		return false;
	case SMTP_SRV_WANT_VERDICT:
	case SMTP_SRV_WANT_TLS:
	default:
		return false;
	}
}

/* The machine works on in, which more follows; the octets that it used. */
static size_t
work(struct client_session *s, struct slice in, bool more)
{
	struct smtp_srv_action a;
	size_t used = 0;
	bool on;
	do {
		bool body = s->in_body;
		smtp_server_next(&s->machine, loop_now_ms(s->run->c->loop),
		    slice_from(in, used), &a);
		if (body)
			client_body_feed(
			    &s->f.body, slice_to(slice_from(in, used), a.used));
		used += a.used;
		on = carry_out(s, &a, more || used < in.n);
	} while (on && s->conn != NULL);
	return used;
}

/* ---- around the machine ---- */

/* STARTTLS refused though offered: the machine is not told. */
static bool
refuse_starttls(struct client_session *s, struct slice line)
{
	static const char text[] = "454 4.7.0 TLS is not available now\r\n";
	if (!plays(s, CLIENT_REFUSE_STARTTLS) || s->tls != NULL || s->in_body ||
	    line.n < 2 || line.p[line.n - 1] != '\n' ||
	    smtp_command_split(slice_to(line, line.n - 2)).verb !=
		SMTP_VERB_STARTTLS)
		return false;
	client_session_say(s, '<', line);
	client_session_say(s, '>', SLICE(text));
	s->f.tried = s->f.refused = true;
	(void)send_reply(s, slice_of(text, sizeof(text) - 1));
	return true;
}

/* Lines of commands go to the machine one by one. */
static size_t
feed(struct client_session *s, struct slice in)
{
	size_t used = 0;
	while (
	    used < in.n && s->conn != NULL && s->wait == CLIENT_WAIT_NOTHING) {
		struct slice rest = slice_from(in, used), piece = rest;
		size_t end = slice_find(rest, '\n');
		if (!s->in_body && end < rest.n)
			piece = slice_to(rest, end + 1);
		s->more_follows = piece.n < rest.n;
		size_t n = refuse_starttls(s, piece)
			       ? piece.n
			       : work(s, piece, s->more_follows);
		used += n;
		if (n == 0)
			break;
	}
	return used;
}

static void
after(struct client_session *s)
{
	s->pumping = false;
	if (s->conn == NULL)
		over(s);
}

static void
run_machine(struct client_session *s)
{
	if (s->pumping || !s->machine_open || s->conn == NULL)
		return;
	s->pumping = true;
	(void)work(s, SLICE_EMPTY, false);
	after(s);
}

/* What the connection keeps is offered again, from the loop. */
static void
offer_again(struct client_session *s)
{
	if (s->conn == NULL)
		return;
	conn_pause(s->conn);
	conn_resume(s->conn);
}

/* Once it has begun TLS: what comes with 220 many throw away. */
static void
send_garbage(struct client_session *s)
{
	static const char garbage[] =
	    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
	    "<html>this is no TLS</html>\r\n";
	if (s->garbage_due)
		send_now(s, slice_of(garbage, sizeof(garbage) - 1));
	s->garbage_due = false;
}

static size_t
on_data(struct conn *c, struct slice in)
{
	struct client_session *s = conn_owner(c);
	if (s->finished || s->wait == CLIENT_WAIT_DEAF) {
		send_garbage(s);
		return in.n;
	}
	if (s->wait == CLIENT_WAIT_GREETING && in.n > 0 && !s->f.spoke_first) {
		s->f.spoke_first = true;
		say(s, N_("it spoke before our greeting"));
	}
	if (s->wait != CLIENT_WAIT_NOTHING || !s->machine_open || s->pumping)
		return 0;
	s->pumping = true;
	size_t used = feed(s, in);
	after(s);
	return used;
}

/* It has gone while it was our turn. */
static void
left(struct client_session *s)
{
	if (s->wait != CLIENT_WAIT_SLOW && s->wait != CLIENT_WAIT_GREETING)
		return;
	/* A knock on the door is no impatience. */
	if (s->wait == CLIENT_WAIT_GREETING && !plays(s, CLIENT_SLOW_BANNER))
		return;
	s->f.left_waiting = true;
	s->f.waited_ms = client_now(s->run) - s->held_ms;
	say(s, N_("it went while it should have waited for our reply"));
}

/* It does not like our certificate: under TLS 1.3 that comes behind the
 * handshake. */
static void
distrusts(struct client_session *s, const struct diag *why)
{
	if (s->tls == NULL || s->spoke_in_tls)
		return;
	s->f.tls_failed = true;
	if (why != NULL)
		s->tls_diag = *why;
}

static void
on_eof(struct conn *c)
{
	struct client_session *s = conn_owner(c);
	left(s);
	distrusts(s, NULL);
	if (s->wait != CLIENT_WAIT_NOTHING || !s->machine_open) {
		drop(s, N_("it closed the connection"));
		return;
	}
	smtp_server_peer_closed(&s->machine);
	run_machine(s);
}

static void
on_closed(struct conn *c, enum err e, const struct diag *why)
{
	struct client_session *s = conn_owner(c);
	left(s);
	distrusts(s, why);
	s->conn = NULL;
	if (e != ERR_OK)
		client_session_say(s, '*',
		    slice_str(why != NULL && why->text[0] != '\0'
				  ? why->text
				  : tr("it closed the connection")));
	if (!s->pumping)
		over(s);
}

/* ---- greeting and TLS ---- */

static void
open_machine(struct client_session *s)
{
	struct smtp_verdict busy = {.kind = SMTP_SRV_REFUSE,
	    .code = 421,
	    .enhanced = SLICE("4.3.2"),
	    .text = SLICE("Too busy, try later"),
	    .close = true};
	s->wait = CLIENT_WAIT_NOTHING;
	s->machine_open = true;
	smtp_server_open(&s->machine, &s->run->opts, SLICE("TEST"),
	    s->tls != NULL, s->f.busy ? &busy : NULL);
	run_machine(s);
	offer_again(s);
}

static void
hold_greeting(struct client_session *s)
{
	uint32_t ms = s->run->o.banner_ms > 0 ? s->run->o.banner_ms : BANNER_MS;
	s->wait = CLIENT_WAIT_GREETING;
	s->held_ms = client_now(s->run);
	timer_start(&s->timer, plays(s, CLIENT_SLOW_BANNER) ? ms : GREETING_MS);
}

static bool
is_weak(const struct tls_info *t)
{
	return strcmp(t->version, "TLS1_3") != 0 &&
	       strncmp(t->cipher, "ECDHE-", 6) != 0 &&
	       strncmp(t->cipher, "DHE-", 4) != 0;
}

static void
tls_failed(struct client_session *s, const struct diag *why)
{
	s->f.tls_failed = true;
	if (why != NULL) {
		s->tls_diag = *why;
		client_session_say(s, '*', slice_str(why->text));
	}
	drop(s, NULL);
}

static void
on_tls(struct conn *c, enum err e, const struct diag *why)
{
	struct client_session *s = conn_owner(c);
	struct tls_info *t = e == ERR_OK ? calloc(1, sizeof(*t)) : NULL;
	if (t == NULL || conn_tls(c, t) != ERR_OK) {
		free(t);
		tls_failed(s, why);
		return;
	}
	s->tls = t;
	s->f.tls = true;
	s->f.has_cert = t->has_cert;
	s->f.old_tls = strcmp(t->version, "TLS1_0") == 0 ||
		       strcmp(t->version, "TLS1_1") == 0;
	s->f.weak = is_weak(t);
	client_session_say(s, '*', slice_str(t->version));
	client_session_say(s, '*', slice_str(t->cipher));
	if (!s->machine_open) {
		hold_greeting(s);
		return;
	}
	s->wait = CLIENT_WAIT_NOTHING;
	smtp_server_tls_up(&s->machine);
	run_machine(s);
}

static void
on_timer(void *arg)
{
	struct client_session *s = arg;
	struct diag why = {0};
	switch (s->wait) {
	case CLIENT_WAIT_GREETING:
		open_machine(s);
		return;
	case CLIENT_WAIT_TLS:
		conn_tls_stalled(s->conn, &why);
		tls_failed(s, &why);
		return;
	case CLIENT_WAIT_SLOW:
		s->wait = CLIENT_WAIT_NOTHING;
		send_now(s, buf_slice(&s->held));
		buf_clear(&s->held);
		run_machine(s);
		if (!s->f.ended && s->wait == CLIENT_WAIT_NOTHING)
			offer_again(s);
		return;
	case CLIENT_WAIT_CLOSE:
		drop(s, NULL);
		return;
	case CLIENT_WAIT_DEAF:
		return;
	case CLIENT_WAIT_NOTHING:
		run_machine(s);
		return;
	}
}

static void
on_life(void *arg)
{
	drop(arg, N_("the session has gone on for too long"));
}

/* ---- the beginning ---- */

static const struct conn_ops ops = {
    .on_data = on_data,
    .on_tls = on_tls,
    .on_eof = on_eof,
    .on_closed = on_closed,
};

static struct client_session *
new_session(struct client_run *run, const struct sock_addr *peer)
{
	struct client_session *s = calloc(1, sizeof(*s));
	struct client_line *line = calloc(CLIENT_LINES_MAX + 1, sizeof(*line));
	if (s == NULL || line == NULL) {
		free(s);
		free(line);
		return NULL;
	}
	s->run = run;
	s->peer = *peer;
	s->line = line;
	s->f.ip = peer->ip;
	s->f.begun_ms = client_now(run);
	buf_init(&s->head, CLIENT_HEAD_MAX);
	buf_init(&s->held, HELD_OCTETS);
	arena_init(&s->arena, ARENA_OCTETS);
	timer_init(&s->timer, run->c->loop, on_timer, s);
	timer_init(&s->life, run->c->loop, on_life, s);
	return s;
}

/* The first session of an address; later ones find us at leisure. */
static bool
is_first(const struct client_session *s)
{
	const struct client_run *run = s->run;
	for (size_t i = 0; i < run->session_n; i++)
		if (ip_eq(&run->facts[i]->ip, &s->f.ip))
			return false;
	return true;
}

bool
client_session_begin(
    struct client_run *run, int fd, const struct sock_addr *peer)
{
	struct client_session *s = new_session(run, peer);
	struct conn_conf conf = {.ops = &ops, .owner = s};
	if (s == NULL) {
		close(fd);
		return false;
	}
	if (conn_new(run->c->loop, fd, &conf, &s->conn) != ERR_OK) {
		client_session_free(s);
		return false;
	}
	bool implicit = plays(s, CLIENT_IMPLICIT);
	s->f.busy = plays(s, CLIENT_BUSY) && is_first(s);
	s->f.offered = implicit || !plays(s, CLIENT_NO_STARTTLS);
	s->index = run->session_n++;
	run->session[s->index] = s;
	run->facts[s->index] = &s->f;
	run->live++;
	timer_start(&s->life, LIFE_MS);
	if (implicit)
		(void)begin_tls(s);
	else
		hold_greeting(s);
	return true;
}
