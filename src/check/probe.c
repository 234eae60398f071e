/* probe.c - the driver of one session for what can be learnt of it: conn.h on
 * one side, proto/smtp/client on the other. */
#include "check/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "check/probe_priv.h"

#define TIMEOUT_DEFAULT_MS 15000u
#define QUIT_MS            3000u
#define END_MS             500u
#define SURPLUS_MS         150u
#define SURPLUS_MOST_MS    3000u
#define KEEP_OCTETS        (1u << 20) /* of lines and replies */
#define CHAIN_MAX          (1u << 20)

/* ---- birth and end ---- */

static void
probe_free(struct probe *p)
{
	timer_stop(&p->timer);
	timer_stop(&p->limit);
	timer_stop(&p->surplus);
	defer_cancel(&p->over);
	conn_abort(p->conn);
	smtp_client_free(p->machine);
	if (p->password.n > 0)
		explicit_bzero(p->password.p, p->password.n);
	buf_free(&p->password);
	buf_free(&p->chain);
	free(p->lines);
	arena_reset(&p->arena);
	free(p);
}

void
probe_cancel(struct probe *p)
{
	if (p != NULL)
		probe_free(p);
}

/* Stages that were begun and did not end, ended now. */
static void
end_stages(struct probe *p)
{
	for (unsigned i = 0; i < PROBE_STAGES; i++)
		if (p->r.stage[i].reached && !p->ended[i])
			probe_leave(p, (enum probe_stage)i, false);
}

static void
on_over(void *arg)
{
	struct probe *p = arg;
	end_stages(p);
	p->r.total_ms = probe_ms(p);
	p->r.lines = p->lines;
	p->done(p->arg, &p->r);
	probe_free(p);
}

/* Nothing more is to be learnt. The caller may be deep in a callback. */
static void
over(struct probe *p)
{
	p->ending = true;
	timer_stop(&p->timer);
	timer_stop(&p->limit);
	timer_stop(&p->surplus);
	conn_abort(p->conn);
	p->conn = NULL;
	loop_defer(p->c->loop, &p->over);
}

static void
because(struct probe *p, struct slice cause, struct slice why)
{
	if (p->r.cause[0] != '\0')
		return;
	snprintf(p->r.cause, sizeof(p->r.cause), "%.*s", SLICE_ARG(cause));
	snprintf(p->r.why, sizeof(p->r.why), "%.*s", SLICE_ARG(why));
}

/* ---- steps ---- */

static bool
is_verb(struct slice line, struct slice verb)
{
	return slice_starts_nocase(line, verb) &&
	       (line.n == verb.n || line.p[verb.n] == ' ' ||
		   line.p[verb.n] == ':');
}

static enum probe_stage
stage_of_step(const struct probe_step *s)
{
	if (is_verb(s->line, SLICE("MAIL")))
		return PROBE_FROM;
	if (is_verb(s->line, SLICE("RCPT")))
		return PROBE_TO;
	return PROBE_STAGES;
}

static bool
step_begin(struct probe *p)
{
	const struct probe_step *s = &p->steps[p->step];
	if (!smtp_client_command(p->machine, probe_now(p), s->line, s->body)) {
		probe_say(p, '*', SLICE("this line cannot be sent"));
		return false;
	}
	enum probe_stage stage = stage_of_step(s);
	if (stage < PROBE_STAGES && !p->r.stage[stage].reached)
		probe_enter(p, stage);
	p->in_step = true;
	return true;
}

/* The reply of the step under way is whole. */
static void
step_end(struct probe *p)
{
	const struct probe_step *s = &p->steps[p->step];
	const struct probe_reply *r = &p->replies[p->step++];
	bool good = r->code / 100 == 2;
	enum probe_stage stage = stage_of_step(s);
	p->in_step = false;
	if (stage < PROBE_STAGES && !p->ended[stage]) {
		probe_leave(p, stage, good);
		if (good)
			probe_say(p, ' ',
			    stage == PROBE_FROM ? SLICE("Sender is OK")
						: SLICE("Recipient is OK"));
	}
	if (s->stop_unless_2xx && !good)
		p->step = p->step_n;
	else if (!good)
		p->step += s->skip;
}

/* Behind a server that answered inside TLS what stood before it, each reply is
 * that of the command before, and the last of them comes unasked: time for it,
 * by what replies took until here. */
static void
await_surplus(struct probe *p)
{
	const struct probe_reply *v[] = {
	    &p->r.greeting, &p->r.ehlo, &p->r.starttls, &p->r.ehlo_tls};
	uint32_t most = SURPLUS_MS / 4;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		if (v[i]->took_ms > most)
			most = v[i]->took_ms;
	timer_start(&p->surplus,
	    most < SURPLUS_MOST_MS / 4 ? 4 * most : SURPLUS_MOST_MS);
}

static void
on_ready(struct probe *p)
{
	if (p->in_step)
		step_end(p);
	if (p->o.inject && p->in_tls && !p->injecting) {
		p->injecting = true;
		if (smtp_client_command(
			p->machine, probe_now(p), SLICE("NOOP"), SLICE_EMPTY)) {
			p->awaiting = true;
			return;
		}
	}
	if (p->awaiting) {
		p->awaiting = false;
		await_surplus(p);
		return;
	}
	while (p->step < p->step_n && !p->r.injected) {
		if (step_begin(p))
			return;
		p->step++;
	}
	smtp_client_quit(p->machine, probe_now(p));
}

/* ---- replies ---- */

static struct slice
behind_first_line(struct slice text)
{
	return slice_from(text, slice_find(text, '\n'));
}

/* The reply to EHLO once more? */
static void
on_noop(struct probe *p, const struct smtp_client_action *a)
{
	struct probe_reply r;
	probe_keep_reply(p, &r, a);
	struct slice rest = behind_first_line(r.text);
	p->r.injected =
	    rest.n > 0 && slice_eq(rest, behind_first_line(p->r.ehlo_tls.text));
}

static void
on_greeting(struct probe *p, const struct smtp_client_action *a)
{
	probe_keep_reply(p, &p->r.greeting, a);
	probe_leave(p, PROBE_CONNECT, a->result.code == 220);
	if (a->result.code != 220)
		return;
	probe_say(p, ' ', SLICE("We are allowed to connect"));
	probe_enter(p, p->in_tls ? PROBE_SECURE : PROBE_HELO);
	if (p->in_tls)
		probe_enter(p, PROBE_HELO);
}

static void
on_hello_plain(struct probe *p)
{
	p->r.starttls_offered = smtp_client_offers(p->machine)->starttls;
	if (p->o.tls == PROBE_TLS_NEVER)
		return;
	probe_enter(p, PROBE_TLS);
	if (p->r.starttls_offered)
		probe_say(p, ' ', SLICE("TLS is an option on this server"));
	else
		probe_say(p, ' ', SLICE("TLS is not an option on this server"));
	if (!p->r.starttls_offered)
		probe_leave(p, PROBE_TLS, false);
}

static void
on_hello(struct probe *p, const struct smtp_client_action *a)
{
	bool good = a->result.code / 100 == 2;
	bool ehlo = slice_eq(a->result.stage, SLICE("EHLO"));
	bool inside = p->in_tls && p->o.tls != PROBE_TLS_IMPLICIT;
	probe_keep_reply(p, inside ? &p->r.ehlo_tls : &p->r.ehlo, a);
	if (!inside)
		p->r.esmtp = good && ehlo;
	if (p->o.tls == PROBE_TLS_IMPLICIT)
		p->r.ehlo_tls = p->r.ehlo;
	if (!good && ehlo && a->result.code / 100 == 5)
		return; /* HELO follows */
	if (!inside)
		probe_leave(p, PROBE_HELO, good);
	if (p->in_tls)
		probe_leave(p, PROBE_SECURE, good);
	if (!good)
		return;
	if (inside)
		probe_say(
		    p, ' ', SLICE("TLS successfully started on this server"));
	else
		probe_say(p, ' ', SLICE("We can use this server"));
	if (!p->in_tls)
		on_hello_plain(p);
}

static void
on_starttls(struct probe *p, const struct smtp_client_action *a)
{
	bool good = a->result.code == 220;
	probe_keep_reply(p, &p->r.starttls, a);
	probe_leave(p, PROBE_TLS, good);
	if (!good)
		return;
	probe_say(p, ' ', SLICE("STARTTLS command works on this server"));
	probe_enter(p, PROBE_SECURE);
}

static void
on_reply(struct probe *p, const struct smtp_client_action *a)
{
	struct slice stage = a->result.stage;
	if (slice_eq(stage, SLICE("greeting")))
		on_greeting(p, a);
	else if (slice_eq(stage, SLICE("EHLO")) ||
		 slice_eq(stage, SLICE("HELO")))
		on_hello(p, a);
	else if (slice_eq(stage, SLICE("STARTTLS")))
		on_starttls(p, a);
	else if (p->in_step)
		probe_keep_reply(p, &p->replies[p->step], a);
	else if (slice_eq(stage, SLICE("command")))
		on_noop(p, a);
}

/* ---- TLS ---- */

static bool
start_tls(struct probe *p)
{
	struct tls_client_opts o = {.verify = TLS_VERIFY_NONE,
	    .sni = p->o.host,
	    .names = &p->o.host,
	    .name_count = p->o.host.n > 0 ? 1 : 0};
	p->handshaking = true;
	return conn_start_tls_client(p->conn, p->c->tls, &o) == ERR_OK;
}

static void
keep_chain(struct probe *p)
{
	struct slice rest, der;
	conn_tls_chain(p->conn, &p->chain);
	rest = buf_slice(&p->chain);
	while (p->r.cert_n < PROBE_CERTS_MAX && pack_next(&rest, &der))
		p->certs[p->r.cert_n++] = der;
	p->r.certs = p->certs;
}

static void
say_tls(struct probe *p)
{
	const struct tls_info *t = &p->r.tls_info;
	char text[128];
	const char *minor = strlen(t->version) == 6 ? t->version + 5 : "?";
	snprintf(text, sizeof(text), "SSLVersion in use: TLSv1.%s", minor);
	probe_say(p, ' ', slice_str(text));
	snprintf(text, sizeof(text), "Cipher in use: %s", t->cipher);
	probe_say(p, ' ', slice_str(text));
	probe_say(p, ' ', SLICE("Connection converted to SSL"));
	p->r.tls_line = p->r.line_n;
}

static void
machine_begin(struct probe *p)
{
	p->machine = smtp_client_new(&p->so, probe_now(p));
	probe_enter(p, PROBE_CONNECT);
	p->sent_ms = probe_now(p);
	if (p->machine != NULL)
		return;
	because(p, SLICE("local.io-error"), SLICE("out of memory"));
	over(p);
}

/* A password is for the host that was asked for alone, and a certificate that
 * does not hold is anybody's: what the path to it may have been bent to. */
static void
distrust(struct probe *p)
{
	const char *cause = p->r.tls_info.verify_cause;
	static const char why[] =
	    "its certificate does not hold, so no password was sent";
	because(p, slice_str(cause[0] != '\0' ? cause : "tls.cert-untrusted"),
	    slice_str(why));
	probe_say(p, '*', slice_str(why));
	over(p);
}

static void
tls_is_up(struct probe *p)
{
	const struct tls_info *t = &p->r.tls_info;
	p->r.tls = p->in_tls = true;
	keep_chain(p);
	say_tls(p);
	if (p->o.tls == PROBE_TLS_IMPLICIT)
		probe_leave(p, PROBE_TLS, true);
	probe_enter(p, PROBE_CERT);
	probe_leave(p, PROBE_CERT, t->verified);
	if (p->o.user.n > 0 && !t->verified) {
		distrust(p);
		return;
	}
	if (p->o.tls == PROBE_TLS_IMPLICIT) {
		machine_begin(p);
		return;
	}
	const struct smtp_client_tls_info info = {slice_str(t->version),
	    slice_str(t->cipher), t->bits_used, t->verified,
	    slice_str(t->verify_cause)};
	p->skip_remark = true;
	smtp_client_tls_up(p->machine, probe_now(p), &info);
}

static void pump(struct probe *p);

static void
tls_failed(struct probe *p, const char *cause, const char *text)
{
	because(p, slice_str(cause), slice_str(text));
	probe_say(p, '*', slice_str(text));
	over(p);
}

static void
on_tls(struct conn *conn, enum err e, const struct diag *d)
{
	struct probe *p = conn_owner(conn);
	p->handshaking = false;
	if (p->ending)
		return;
	if (e != ERR_OK || conn_tls(conn, &p->r.tls_info) != ERR_OK) {
		tls_failed(
		    p, d->cause[0] != '\0' ? d->cause : "tls.garbage", d->text);
		return;
	}
	tls_is_up(p);
	pump(p);
}

/* ---- actions ---- */

static void
on_note(struct probe *p, const struct smtp_client_action *a)
{
	char who = a->who;
	if (who == '*' && p->skip_remark) {
		p->skip_remark = false;
		return;
	}
	if (p->in_tls && who == '>')
		who = '~';
	else if (p->in_tls && who == '<')
		who = '}';
	probe_say(p, who, a->data);
}

/* An answer to what stood before TLS came inside it, too early or one too many.
 */
static bool
shifted(const struct probe *p, const struct smtp_client_result *r)
{
	return p->o.inject && p->in_tls &&
	       slice_eq(r->cause, SLICE("protocol.sync"));
}

static void
on_close(struct probe *p, const struct smtp_client_result *why)
{
	if (shifted(p, why)) {
		p->r.injected = true;
	} else if (why->cause.n > 0) {
		because(p, why->cause, why->text);
		p->r.speaks_first =
		    slice_eq(why->cause, SLICE("protocol.sync")) &&
		    !slice_starts(why->text, SLICE("the reply fits"));
	}
	p->ending = true;
	timer_start(&p->timer, END_MS);
	conn_shutdown(p->conn);
}

static void
act(struct probe *p, const struct smtp_client_action *a)
{
	switch (a->kind) {
	case SMTP_CLIENT_NOTE:
		on_note(p, a);
		break;
	case SMTP_CLIENT_REPLY:
		on_reply(p, a);
		break;
	case SMTP_CLIENT_SEND:
		p->sent_ms = probe_now(p);
		if (p->conn != NULL && conn_write(p->conn, a->data) != ERR_OK)
			smtp_client_closed(
			    p->machine, probe_now(p), SLICE("net.reset"));
		break;
	case SMTP_CLIENT_START_TLS:
		if (!start_tls(p))
			smtp_client_tls_failed(p->machine, probe_now(p),
			    SLICE("local.io-error"),
			    SLICE("TLS could not be begun"));
		break;
	case SMTP_CLIENT_READY:
		on_ready(p);
		break;
	case SMTP_CLIENT_CLOSE:
		on_close(p, &a->result);
		break;
	case SMTP_CLIENT_RESULT: /* of messages, which are not given */
	case SMTP_CLIENT_WANT_BODY:
	case SMTP_CLIENT_NEED_PLAIN: /* CLOSE says why */
	case SMTP_CLIENT_NEED_FRESH:
		break;
	}
}

static void
pump(struct probe *p)
{
	struct smtp_client_action a;
	if (p->pumping || p->machine == NULL)
		return;
	p->pumping = true;
	while (smtp_client_next(p->machine, &a))
		act(p, &a);
	p->pumping = false;
	if (p->ending)
		return;
	uint64_t at = smtp_client_deadline(p->machine), now = probe_now(p);
	if (at == 0)
		timer_stop(&p->timer);
	else
		timer_start(&p->timer, at > now ? at - now : 0);
}

/* ---- events ---- */

static size_t
on_data(struct conn *conn, struct slice in)
{
	struct probe *p = conn_owner(conn);
	if (!p->ending) {
		smtp_client_bytes(p->machine, probe_now(p), in);
		pump(p);
	}
	return in.n;
}

static void
on_connected(struct conn *conn)
{
	struct probe *p = conn_owner(conn);
	(void)conn;
	probe_leave(p, PROBE_ANSWER, true);
	probe_say(p, ' ', SLICE("Connected to server"));
	if (p->o.tls != PROBE_TLS_IMPLICIT) {
		machine_begin(p);
		pump(p);
		return;
	}
	probe_enter(p, PROBE_TLS);
	timer_start(&p->timer, p->so.timeouts.starttls);
	if (!start_tls(p))
		tls_failed(p, "local.io-error", "TLS could not be begun");
}

/* Not from within pump: the machine hears of it at once. */
static void
on_closed(struct conn *conn, enum err e, const struct diag *d)
{
	struct probe *p = conn_owner(conn);
	(void)e;
	p->conn = NULL;
	if (p->ending) {
		over(p);
		return;
	}
	if (p->machine == NULL) {
		because(p, slice_str(d->cause), slice_str(d->text));
		probe_say(p, '*', slice_str(d->text));
		over(p);
		return;
	}
	struct smtp_client_action a;
	p->ending = true;
	smtp_client_closed(p->machine, probe_now(p), slice_str(d->cause));
	while (smtp_client_next(p->machine, &a)) {
		if (a.kind == SMTP_CLIENT_NOTE)
			on_note(p, &a);
		else if (a.kind == SMTP_CLIENT_CLOSE && a.result.cause.n > 0)
			because(p, a.result.cause, a.result.text);
	}
	over(p);
}

static const struct conn_ops probe_ops = {
    .on_data = on_data,
    .on_connected = on_connected,
    .on_tls = on_tls,
    .on_closed = on_closed,
};

static void
end_for_time(struct probe *p, struct slice why)
{
	if (!p->ending) {
		because(p, SLICE("net.timeout"), why);
		probe_say(p, '*', why);
	}
	over(p);
}

static void
on_limit(void *arg)
{
	end_for_time(arg, SLICE("the session took too long as a whole"));
}

void
probe_end(struct probe *p)
{
	if (p == NULL)
		return;
	if (!p->begun)
		p->begun_ms = probe_now(p);
	end_for_time(p, SLICE("the time for the whole check was over"));
}

size_t
probe_steps_over(const struct probe *p)
{
	return p->step < p->step_n ? p->step : p->step_n;
}

static void
on_no_surplus(void *arg)
{
	struct probe *p = arg;
	if (p->ending)
		return;
	on_ready(p);
	pump(p);
}

static void
begin(struct probe *p)
{
	struct conn_target t = {
	    .to = p->o.to, .timeout_ms = p->so.timeouts.greeting};
	const struct conn_conf conf = {.ops = &probe_ops, .owner = p};
	const struct ip *from =
	    p->o.source.family != 0 ? &p->o.source : &p->c->opts->source;
	if (from->family == t.to.ip.family)
		t.from = *from;
	p->begun = true;
	if (p->o.total_ms > 0)
		timer_start(&p->limit, p->o.total_ms);
	p->begun_ms = probe_now(p);
	probe_enter(p, PROBE_ANSWER);
	if (conn_connect(p->c->loop, &t, &conf, &p->conn) == ERR_OK)
		return;
	p->conn = NULL;
	because(p, SLICE("local.io-error"), SLICE("out of descriptors"));
	over(p);
}

static void
on_timer(void *arg)
{
	struct probe *p = arg;
	struct diag d;
	if (!p->begun) {
		begin(p);
	} else if (p->ending) {
		over(p);
	} else if (p->handshaking) {
		conn_tls_stalled(p->conn, &d);
		tls_failed(p, "tls.stalled", d.text);
	} else if (p->machine != NULL) {
		smtp_client_tick(p->machine, probe_now(p));
		pump(p);
	}
}

/* ---- what was asked for ---- */

static bool
copy_steps(struct probe *p, const struct probe_opts *o)
{
	size_t n = o->step_n < PROBE_STEPS_MAX ? o->step_n : PROBE_STEPS_MAX;
	p->step_n = p->r.step_n = n;
	if (n == 0)
		return true;
	p->steps = arena_alloc(&p->arena, n * sizeof(*p->steps));
	p->replies = arena_alloc(&p->arena, n * sizeof(*p->replies));
	p->r.steps = p->replies;
	bool ok = p->steps != NULL && p->replies != NULL;
	for (size_t i = 0; ok && i < n; i++) {
		p->steps[i] = o->steps[i];
		ok =
		    arena_slice(
			&p->arena, o->steps[i].line, &p->steps[i].line) &&
		    arena_slice(&p->arena, o->steps[i].body, &p->steps[i].body);
	}
	return ok;
}

static bool
copy_opts(struct probe *p, const struct probe_opts *o)
{
	size_t octets = KEEP_OCTETS;
	for (size_t i = 0; i < o->step_n; i++)
		octets += o->steps[i].line.n + o->steps[i].body.n;
	arena_init(&p->arena, octets);
	p->o = *o;
	buf_init(&p->password, 4096);
	buf_add(&p->password, o->password);
	buf_init(&p->chain, CHAIN_MAX);
	return buf_err(&p->password) == ERR_OK &&
	       arena_slice(&p->arena, o->host, &p->o.host) &&
	       arena_slice(&p->arena, o->user, &p->o.user) && copy_steps(p, o);
}

static void
set_machine(struct probe *p)
{
	static const enum smtp_client_tls levels[] = {
	    [PROBE_TLS_IF_OFFERED] = SMTP_CLIENT_TLS_MAY,
	    [PROBE_TLS_NEVER] = SMTP_CLIENT_TLS_NONE,
	    [PROBE_TLS_ONLY] = SMTP_CLIENT_TLS_ENCRYPT,
	    [PROBE_TLS_IMPLICIT] = SMTP_CLIENT_TLS_NONE,
	};
	uint32_t ms = p->c->opts->timeout_ms;
	if (ms == 0)
		ms = TIMEOUT_DEFAULT_MS;
	p->so = (struct smtp_client_options){.notes = true,
	    .replies = true,
	    .in_tls = p->o.tls == PROBE_TLS_IMPLICIT,
	    .tls = levels[p->o.tls],
	    .helo = slice_str(p->c->helo),
	    .user = p->o.user,
	    .password = buf_slice(&p->password),
	    .behind_starttls =
		p->o.inject ? SLICE("EHLO localhost\r\n") : SLICE_EMPTY,
	    .timeouts = {ms, ms, ms, ms, ms, ms, ms < QUIT_MS ? ms : QUIT_MS}};
}

struct probe *
probe_start(
    struct check *c, const struct probe_opts *o, probe_done *done, void *arg)
{
	struct probe *p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	p->c = c;
	p->done = done;
	p->arg = arg;
	timer_init(&p->timer, c->loop, on_timer, p);
	timer_init(&p->limit, c->loop, on_limit, p);
	timer_init(&p->surplus, c->loop, on_no_surplus, p);
	defer_init(&p->over, on_over, p);
	if (!copy_opts(p, o)) {
		probe_free(p);
		return NULL;
	}
	set_machine(p);
	timer_start(&p->timer, check_polite(c, &o->to.ip));
	return p;
}
