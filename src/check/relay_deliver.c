/* relay_deliver.c - the proof: a message by each way that was taken, and a look
 * into the mailbox that it was for. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check/relay_priv.h"
#include "os/fs.h"
#include "os/random.h"

#define SESSION_MS  120000
#define LOOK_MS     250
#define FILES_MAX   4096u
#define FILE_OCTETS 65536u /* the token stands in the header */
#define WATCH_STEPS 4u     /* as many times --timeout */

static void proof_next(struct relay_server *s);

static struct relay_try *
try_of(struct relay_server *s, size_t i)
{
	const struct relay_proof *p = &s->proofs[i];
	return &s->passes[p->pass].tries[p->pair];
}

/* ---- the mailbox ---- */

static bool
holds(struct slice text, struct slice token)
{
	while (text.n >= token.n) {
		if (slice_starts(text, token))
			return true;
		text = slice_from(text, 1);
		text = slice_from(text, slice_find(text, token.p[0]));
	}
	return false;
}

static void
look_into(struct relay_server *s, int dir, const char *name)
{
	uint8_t text[FILE_OCTETS];
	int fd =
	    openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	ssize_t n = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)
			? read(fd, text, sizeof(text))
			: -1;
	if (fd >= 0)
		close(fd);
	for (size_t i = 0; n > 0 && i < s->proof_n; i++) {
		struct relay_try *t = try_of(s, i);
		if (t->proof && holds(slice_of(text, (size_t)n),
				    slice_of(t->token, RELAY_TOKEN)))
			t->class = RELAY_OPEN;
	}
}

static void
look(struct relay_server *s, const char *sub)
{
	char path[4200];
	snprintf(path, sizeof(path), "%.*s/%s", SLICE_ARG(s->rc->maildir), sub);
	DIR *dir = opendir(path);
	const struct dirent *e;
	unsigned n = 0;
	if (dir == NULL)
		return;
	while ((e = readdir(dir)) != NULL && n++ < FILES_MAX)
		if (e->d_name[0] != '.')
			look_into(s, dirfd(dir), e->d_name);
	closedir(dir);
}

static bool
all_arrived(struct relay_server *s)
{
	for (size_t i = 0; i < s->proof_n; i++)
		if (try_of(s, i)->proof && try_of(s, i)->class != RELAY_OPEN)
			return false;
	return true;
}

static void
on_look(void *arg)
{
	struct relay_server *s = arg;
	struct relay_check *rc = s->rc;
	look(s, "new");
	look(s, "cur");
	if (!all_arrived(s) && loop_now_ms(rc->c->loop) < s->watch_until_ms) {
		timer_start(&s->wait, LOOK_MS);
		return;
	}
	for (size_t i = 0; i < s->proof_n; i++)
		if (try_of(s, i)->proof && try_of(s, i)->class != RELAY_OPEN)
			try_of(s, i)->class = RELAY_LOST;
	relay_server_over(s);
}

static void
watch(struct relay_server *s)
{
	struct relay_check *rc = s->rc;
	bool any = false;
	for (size_t i = 0; i < s->proof_n; i++)
		any |= try_of(s, i)->proof;
	if (!any || rc->maildir.n == 0) {
		relay_server_over(s);
		return;
	}
	uint64_t now = loop_now_ms(rc->c->loop);
	uint32_t step = rc->c->opts->timeout_ms;
	s->watch_until_ms =
	    now + (uint64_t)WATCH_STEPS * (step > 0 ? step : 15000);
	if (s->watch_until_ms > s->over_until_ms)
		s->watch_until_ms = s->over_until_ms;
	s->watching = true;
	timer_init(&s->wait, rc->c->loop, on_look, s);
	timer_start(&s->wait, LOOK_MS);
}

/* ---- messages ---- */

static void
new_token(char out[RELAY_TOKEN + 1])
{
	uint8_t raw[RELAY_TOKEN / 2];
	random_bytes(raw, sizeof(raw));
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(out + 2 * i, 3, "%02x", raw[i]);
}

static void
write_message(struct relay_server *s, const struct relay_try *t, struct buf *b)
{
	const struct relay_facts *f = &s->facts;
	buf_printf(b,
	    "From: <%.*s>\r\nTo: <%.*s@%.*s>\r\n"
	    "Subject: kurir relay test %s\r\n"
	    "Message-ID: <%s@%s>\r\nAuto-Submitted: auto-generated\r\n\r\n"
	    "A test whether %s [%.*s] passes on mail of strangers.\r\n"
	    "If you read this, it does. Token: %s\r\n",
	    SLICE_ARG(f->outside), SLICE_ARG(f->to), SLICE_ARG(f->domain),
	    t->token, t->token, s->rc->c->helo, s->name,
	    SLICE_ARG(slice_of(s->literal + 1, strlen(s->literal) - 2)),
	    t->token);
}

/* A no to the message may be one to what stands in it: only one about relaying
 * is one to relaying. */
static enum relay_class
class_of_data(uint16_t code, struct slice text, enum relay_class before)
{
	if (code / 100 != 5)
		return before;
	for (; text.n > 0; text = slice_from(text, 1))
		if (slice_starts_nocase(text, SLICE("relay")))
			return RELAY_CLOSED;
	return RELAY_UNKNOWN;
}

static void
on_sent(void *arg, const struct probe_result *r)
{
	struct relay_server *s = arg;
	struct relay_try *t = try_of(s, s->proof_at);
	const struct probe_reply *m = &r->steps[0], *to = &r->steps[1],
				 *data = &r->steps[2];
	s->probe = NULL;
	s->sending = false;
	if (data->came) {
		snprintf(t->reply, sizeof(t->reply), "%.*s",
		    SLICE_ARG(
			slice_to(data->text, slice_find(data->text, '\n'))));
		t->proof = data->code / 100 == 2;
		t->class = class_of_data(data->code, data->text, t->class);
	} else if (m->came && to->came && to->code / 100 == 5) {
		t->class = RELAY_UNKNOWN; /* yes, then no: neither */
	}
	relay_tell_session(s, &s->passes[s->proofs[s->proof_at].pass], r, true);
	s->proof_at++;
	proof_next(s);
}

static void
proof_next(struct relay_server *s)
{
	struct relay_check *rc = s->rc;
	size_t n;
	if (s->proof_at >= s->proof_n) {
		timer_stop(&s->limit);
		watch(s);
		return;
	}
	const struct relay_proof *w = &s->proofs[s->proof_at];
	const struct relay_pass *p = &s->passes[w->pass];
	const struct relay_pair *pair = &relay_pairs(&n)[w->pair];
	struct relay_try *t = try_of(s, s->proof_at);
	struct buf from, to, body;
	buf_init(&from, 4096);
	buf_init(&to, 4096);
	buf_init(&body, 16384);
	new_token(t->token);
	write_message(s, t, &body);
	bool whole = relay_try_from(s, t, pair, &from) &&
		     relay_pair_to(pair, &s->facts, &to);
	const struct probe_step steps[] = {
	    {.line = buf_slice(&from), .stop_unless_2xx = true},
	    {.line = buf_slice(&to), .stop_unless_2xx = true},
	    {.line = SLICE("DATA"), .body = buf_slice(&body)},
	};
	struct probe_opts o = {.host = slice_str(s->name),
	    .tls = p->tls,
	    .steps = steps,
	    .step_n = 3,
	    .total_ms = SESSION_MS,
	    .source = p->source};
	if (p->user) {
		o.user = rc->o.user;
		o.password = rc->o.password;
	}
	check_route(rc->c, o.host, rc->port, &s->ip, &o.to);
	s->probe = whole ? probe_start(rc->c, &o, on_sent, s) : NULL;
	s->sending = s->probe != NULL;
	buf_free(&from);
	buf_free(&to);
	buf_free(&body);
	if (s->probe == NULL) {
		s->proof_n = s->proof_at;
		watch(s);
	}
}

/* ---- an address that nobody has ---- */

/* Some pairs were taken, and each may be an address of the server? */
static bool
all_of_its_own(const struct relay_server *s)
{
	size_t n;
	const struct relay_pair *v = relay_pairs(&n);
	bool any = false, all = true;
	for (size_t p = 0; p < s->pass_n; p++)
		for (size_t i = 0; i < n; i++) {
			if (s->passes[p].user ||
			    s->passes[p].tries[i].class != RELAY_MAY)
				continue;
			any = true;
			all &= relay_pair_is_local(&v[i]);
		}
	return any && all;
}

static void
on_nobody(void *arg, const struct probe_result *r)
{
	struct relay_server *s = arg;
	s->probe = NULL;
	s->catch_all = r->steps[1].came && r->steps[1].code / 100 == 2;
	proof_next(s);
}

/* Whoever takes any name at its own domain takes "a%b" there, too. */
static bool
ask_for_nobody(struct relay_server *s)
{
	char from[400], to[400], token[RELAY_TOKEN + 1];
	if (s->facts.local.n == 0 || !all_of_its_own(s))
		return false;
	new_token(token);
	snprintf(from, sizeof(from), "MAIL FROM:<%.*s>",
	    SLICE_ARG(s->facts.outside));
	snprintf(to, sizeof(to), "RCPT TO:<kurir-%s@%.*s>", token,
	    SLICE_ARG(s->facts.local));
	const struct probe_step steps[] = {
	    {.line = slice_str(from), .skip = 1}, {.line = slice_str(to)}};
	struct probe_opts o = {.host = slice_str(s->name),
	    .tls = s->passes[0].void_ ? PROBE_TLS_ONLY : s->passes[0].tls,
	    .steps = steps,
	    .step_n = 2,
	    .total_ms = SESSION_MS};
	check_route(s->rc->c, o.host, s->rc->port, &s->ip, &o.to);
	s->probe = probe_start(s->rc->c, &o, on_nobody, s);
	return s->probe != NULL;
}

/* ---- all of it ---- */

/* The time for sending is over; what is under way ends. */
static void
on_limit(void *arg)
{
	struct relay_server *s = arg;
	size_t end = s->proof_at + (s->sending ? 1 : 0);
	if (s->proof_n > end)
		s->proof_n = end;
	probe_end(s->probe);
}

/* The first pairs of each way before the next ones of any. */
void
relay_deliver(struct relay_server *s)
{
	struct relay_check *rc = s->rc;
	uint64_t now = loop_now_ms(rc->c->loop);
	size_t n;
	(void)relay_pairs(&n);
	s->proof_n = s->proof_at = 0;
	for (size_t i = 0; rc->to.n > 0 && i < n; i++)
		for (size_t p = 0; p < s->pass_n; p++)
			if (s->passes[p].tries[i].class == RELAY_MAY &&
			    s->proof_n < RELAY_PROOFS_MAX)
				s->proofs[s->proof_n++] =
				    (struct relay_proof){p, i};
	timer_stop(&s->limit);
	timer_init(&s->limit, rc->c->loop, on_limit, s);
	timer_start(&s->limit,
	    s->over_until_ms > now ? (s->over_until_ms - now) / 2 : 0);
	if (!ask_for_nobody(s))
		proof_next(s);
}
