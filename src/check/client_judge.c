#include "check/client_judge.h"

#include <string.h>

#define TEXT_LINE_MAX 998 /* RFC 5322 2.1.1 */

/* ---- a body on the wire ---- */

static void
body_line_over(struct client_body *b)
{
	if (b->line > b->longest)
		b->longest = b->line;
	b->line = 0;
	b->at_start = true;
	b->dot = false;
}

static void
body_octet(struct client_body *b, uint8_t c)
{
	bool after_cr = b->cr;
	b->cr = c == '\r';
	b->octets++;
	if (after_cr && c == '\n') {
		body_line_over(b);
		return;
	}
	b->bare_cr += after_cr;
	b->bare_lf += c == '\n';
	b->nul += c == 0;
	b->eight_bit += c >= 0x80;
	if (b->dot) {
		b->stuffed += c == '.';
		b->unstuffed += c != '.' && c != '\r';
	}
	b->dot = b->at_start && c == '.';
	b->at_start = false;
	b->line += c != '\r';
}

void
client_body_feed(struct client_body *b, struct slice wire)
{
	for (size_t i = 0; i < wire.n; i++)
		body_octet(b, wire.p[i]);
}

struct slice
client_message_id(struct slice head)
{
	while (head.n > 0) {
		size_t end = slice_find(head, '\n');
		struct slice line = slice_to(head, end);
		struct slice rest = slice_from(head, end + 1);
		if (slice_trim(line).n == 0 || line.p[0] == '\r')
			break; /* the body begins */
		if (!slice_starts_nocase(line, SLICE("Message-ID:"))) {
			head = rest;
			continue;
		}
		while (rest.n > 0 && (rest.p[0] == ' ' || rest.p[0] == '\t')) {
			size_t n = slice_find(rest, '\n');
			line = slice_of(line.p, (size_t)(rest.p - line.p) + n);
			rest = slice_from(rest, n + 1);
		}
		struct slice id = slice_from(line, slice_find(line, '<'));
		size_t close = slice_find(id, '>');
		return close < id.n ? slice_to(id, close + 1) : SLICE_EMPTY;
	}
	return SLICE_EMPTY;
}

/* ---- saying ---- */

static void
say(struct client_judged *j, enum client_code code, size_t session)
{
	j->v[code].said = true;
	if (session < 64)
		j->v[code].sessions |= (uint64_t)1 << session;
}

/* The longest, or the shortest, of them all is told. */
static void
say_ms(struct client_judged *j, enum client_code code, size_t session,
    uint64_t ms, bool shortest)
{
	struct client_verdict *v = &j->v[code];
	say(j, code, session);
	if (!v->has_ms || (shortest ? ms < v->ms : ms > v->ms))
		v->ms = ms;
	v->has_ms = true;
}

/* ---- single sessions ---- */

static void
judge_manners(const struct client_facts *f, size_t i, struct client_judged *out)
{
	const struct {
		bool is;
		enum client_code code;
	} t[] = {
	    {f->spoke_first, CLIENT_SAYS_FIRST},
	    {f->body.bare_lf + f->body.bare_cr > 0, CLIENT_SAYS_BARE_NEWLINE},
	    {f->body.unstuffed > 0, CLIENT_SAYS_DOT},
	    {f->body.longest > TEXT_LINE_MAX, CLIENT_SAYS_LONG_LINE},
	    {f->helo && !f->esmtp, CLIENT_SAYS_NO_EHLO},
	    {f->helo && f->name_bad, CLIENT_SAYS_BAD_HELO},
	    {f->ran_ahead, CLIENT_SAYS_RAN_AHEAD},
	};
	for (size_t k = 0; k < sizeof(t) / sizeof(*t); k++)
		if (t[k].is)
			say(out, t[k].code, i);
	if (f->left_waiting && f->waited_ms < CLIENT_PATIENCE_MS)
		say_ms(out, CLIENT_SAYS_LEFT_SLOW, i, f->waited_ms, true);
}

static void
judge_tls(const struct client_seen *s, size_t i, struct client_judged *out)
{
	const struct client_facts *f = s->session[i];
	if (f->tls_failed)
		say(out, CLIENT_SAYS_TLS_FAILED, i);
	if (f->tls && f->messages > 0 && !s->own_cert)
		say(out, CLIENT_SAYS_UNTRUSTED, i);
	if (f->tls && f->old_tls)
		say(out, CLIENT_SAYS_OLD_TLS, i);
	if (f->tls && f->weak)
		say(out, CLIENT_SAYS_WEAK, i);
	if (f->auth_in_clear)
		say(out, CLIENT_SAYS_AUTH_CLEAR, i);
	else if (f->auth && !s->own_cert)
		say(out, CLIENT_SAYS_AUTH_UNTRUSTED, i);
}

/* A message in clear text: after TLS has failed, here or in the session
 * before, or though nobody had asked it to do without. */
static void
judge_clear(const struct client_seen *s, size_t i, struct client_judged *out)
{
	const struct client_facts *f = s->session[i];
	const struct client_facts *last = NULL;
	if (!f->mail_in_clear)
		return;
	for (size_t k = 0; k < i; k++) {
		const struct client_facts *b = s->session[k];
		if (ip_eq(&b->ip, &f->ip) && b->tried &&
		    (!b->tls || b->tls_failed))
			last = b;
	}
	if (f->tried)
		say(out, CLIENT_SAYS_FALLBACK, i);
	else if (last != NULL)
		say_ms(out, CLIENT_SAYS_FALLBACK, i,
		    f->begun_ms - last->ended_ms, true);
	else if (f->offered)
		say(out, CLIENT_SAYS_NO_TLS, i);
}

/* ---- refusals, and what it made of them ---- */

/* When the same came again in another session; 0: it has not. */
static uint64_t
try_again(const struct client_seen *s, const struct client_try *t)
{
	const struct client_try *end = s->try + s->try_n;
	for (const struct client_try *u = t + 1; u < end; u++)
		if (u->key == t->key && u->session != t->session)
			return u->at_ms;
	return 0;
}

static uint64_t
come_again(const struct client_seen *s, size_t i)
{
	for (size_t k = i + 1; k < s->session_n; k++)
		if (ip_eq(&s->session[k]->ip, &s->session[i]->ip))
			return s->session[k]->begun_ms;
	return 0;
}

static void
judge_now(const struct client_seen *s, size_t session, uint64_t at_ms,
    uint64_t again_ms, struct client_judged *out)
{
	uint64_t watched = s->now_ms - at_ms;
	if (again_ms > 0)
		say_ms(
		    out, CLIENT_SAYS_RETRIED, session, again_ms - at_ms, true);
	else if (watched >= CLIENT_RETRY_MS)
		say_ms(out, CLIENT_SAYS_NO_RETRY, session, watched, false);
	else
		say_ms(out, CLIENT_SAYS_NOT_YET, session, watched, false);
}

static void
judge_refusals(const struct client_seen *s, struct client_judged *out)
{
	for (size_t i = 0; i < s->session_n; i++)
		if (s->session[i]->busy)
			judge_now(s, i, s->session[i]->begun_ms,
			    come_again(s, i), out);
	for (size_t i = 0; i < s->try_n; i++) {
		const struct client_try *t = &s->try[i];
		uint64_t again = try_again(s, t);
		if (t->code >= 400 && t->code < 500)
			judge_now(s, t->session, t->at_ms, again, out);
		else if (t->code >= 500 && again > 0)
			say_ms(out, CLIENT_SAYS_REPEATS, t->session,
			    again - t->at_ms, true);
		else if (t->code >= 500)
			say_ms(out, CLIENT_SAYS_TOOK_NO, t->session,
			    s->now_ms - t->at_ms, true);
	}
	if (out->v[CLIENT_SAYS_REPEATS].said)
		out->v[CLIENT_SAYS_TOOK_NO].said = false;
}

static const struct client_message *
message_again(const struct client_seen *s, const struct client_message *m)
{
	const struct client_message *end = s->message + s->message_n;
	for (const struct client_message *n = m + 1; n < end; n++)
		if (m->has_id && n->has_id && n->key == m->key)
			return n;
	return NULL;
}

static void
judge_messages(const struct client_seen *s, struct client_judged *out)
{
	for (size_t i = 0; i < s->message_n; i++) {
		const struct client_message *m = &s->message[i];
		const struct client_message *n = message_again(s, m);
		if (m->outcome == CLIENT_TAKEN && n != NULL)
			say_ms(out, CLIENT_SAYS_DUPLICATE, n->session,
			    n->at_ms - m->at_ms, true);
		if (m->outcome != CLIENT_SILENT)
			continue;
		if (m->waited_ms > 0 && m->waited_ms < CLIENT_DOT_PATIENCE_MS)
			say_ms(out, CLIENT_SAYS_IMPATIENT, m->session,
			    m->waited_ms, true);
		if (n != NULL)
			say_ms(out, CLIENT_SAYS_SENT_AGAIN, n->session,
			    n->at_ms - m->at_ms, true);
		else
			judge_now(s, m->session, m->at_ms, 0, out);
	}
}

/* ---- all of it ---- */

static bool
trust_is_tried(const struct client_seen *s)
{
	return (s->words & (CLIENT_VERSIONS | CLIENT_WEAK | CLIENT_NO_STARTTLS |
			       CLIENT_BROKEN_STARTTLS | CLIENT_SELF_SIGNED |
			       CLIENT_EXPIRED | CLIENT_CERT)) != 0 ||
	       !s->own_cert;
}

/* Has it been watched for long enough to say what it does not do? */
static bool
too_soon(const struct client_seen *s, const struct client_judged *out)
{
	const struct client_verdict *no = &out->v[CLIENT_SAYS_TOOK_NO];
	if (no->said && no->ms < CLIENT_NO_MS)
		return true;
	/* Clear text may still follow, unless it has come again without. */
	return out->v[CLIENT_SAYS_HOLDS_BACK].said && s->session_n < 2 &&
	       s->now_ms - s->session[0]->begun_ms < CLIENT_RETRY_MS;
}

static void
judge_whole(const struct client_seen *s, struct client_judged *out)
{
	uint32_t taken = 0, ended = 0, failed = 0, plain = 0;
	for (size_t i = 0; i < s->session_n; i++) {
		const struct client_facts *f = s->session[i];
		taken += f->messages;
		ended += f->ended && !f->busy;
		failed += f->tls_failed || f->refused;
		plain += f->helo && !f->mail && !f->tried && f->ended;
	}
	bool explained =
	    s->message_n > 0 || out->v[CLIENT_SAYS_BARE_NEWLINE].said;
	for (size_t i = 0; i < s->try_n; i++)
		explained |= s->try[i].code != 0;
	if (s->session_n == 0)
		say(out, CLIENT_SAYS_NOBODY, 64);
	else if (taken > 0 || explained)
		;
	else if (ended > 0 && trust_is_tried(s) &&
		 (failed > 0 ||
		     (plain > 0 && (s->words & CLIENT_NO_STARTTLS) != 0)))
		say(out, CLIENT_SAYS_HOLDS_BACK, 64);
	else if (!out->v[CLIENT_SAYS_LEFT_SLOW].said &&
		 !out->v[CLIENT_SAYS_NOT_YET].said)
		say(out, CLIENT_SAYS_NO_MESSAGE, 64);
	out->unknown = too_soon(s, out) || out->v[CLIENT_SAYS_NOBODY].said ||
		       out->v[CLIENT_SAYS_NO_MESSAGE].said ||
		       out->v[CLIENT_SAYS_NOT_YET].said;
}

void
client_judge(const struct client_seen *s, struct client_judged *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < s->session_n; i++) {
		judge_manners(s->session[i], i, out);
		judge_tls(s, i, out);
		judge_clear(s, i, out);
	}
	judge_refusals(s, out);
	judge_messages(s, out);
	judge_whole(s, out);
}

bool
client_open_questions(const struct client_seen *s)
{
	struct client_judged j;
	client_judge(s, &j);
	return j.v[CLIENT_SAYS_NOT_YET].said;
}
