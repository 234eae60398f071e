/* replay_server FILE... - play written dialogues against the SMTP server
 * machine on virtual time. README.md explains the script. */
#include "server_driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KINDS  7
#define QUEUED 8

static const char *const kind_names[KINDS] = {
    "mail", "rcpt", "auth", "body", "commit", "connect", "helo"};

struct planned {
	struct smtp_verdict v;
	bool hold;
};

struct script {
	const char *path;
	unsigned line;
	struct smtp_server_opts opts;
	struct driver d;
	bool open;
	struct planned plan[KINDS][QUEUED];
	unsigned planned[KINDS], taken[KINDS];
	size_t sent_at, acts_at, causes_at; /* compared so far */
	bool acts_used;
	struct arena words;
};

static void
fail(const struct script *s, const char *what, struct slice got)
{
	printf("%s:%u: %s: \"%.*s\"\n", s->path, s->line, what, SLICE_ARG(got));
	printf("--- actions\n%.*s", SLICE_ARG(buf_slice(&s->d.acts)));
	printf("--- dialogue\n%.*s", SLICE_ARG(buf_slice(&s->d.notes)));
	exit(1);
}

static bool
answer(
    struct driver *d, const struct smtp_srv_action *a, struct smtp_verdict *v)
{
	struct script *s = d->ctx;
	unsigned k = a->kind == SMTP_SRV_ASK_MAIL      ? 0
		     : a->kind == SMTP_SRV_ASK_RCPT    ? 1
		     : a->kind == SMTP_SRV_BODY_BEGIN  ? 3
		     : a->kind == SMTP_SRV_COMMIT      ? 4
		     : a->kind == SMTP_SRV_ASK_CONNECT ? 5
		     : a->kind == SMTP_SRV_ASK_HELO    ? 6
						       : 2;
	*v = (struct smtp_verdict){.id = SLICE("00000000000M1")};
	if (s->taken[k] == s->planned[k])
		return true;
	struct planned *p = &s->plan[k][s->taken[k]++ % QUEUED];
	if (p->hold)
		return false;
	*v = p->v;
	if (v->id.n == 0)
		v->id = SLICE("00000000000M1");
	return true;
}

/* One word off the front; the rest without the space between. */
static struct slice
word(struct slice *rest)
{
	*rest = slice_trim(*rest);
	struct slice w = slice_to(*rest, slice_find(*rest, ' '));
	*rest = slice_trim(slice_from(*rest, w.n));
	return w;
}

static uint64_t
number(struct script *s, struct slice w)
{
	uint64_t v = 0;
	if (!slice_u64(w, &v))
		fail(s, "not a number", w);
	return v;
}

/* A copy that lives as long as the script. */
static struct slice
keep(struct script *s, struct slice text)
{
	struct slice out = SLICE_EMPTY;
	if (!arena_slice(&s->words, text, &out))
		fail(s, "no memory for", text);
	return out;
}

/* \r \n \t \0 \\ \xHH, and \{N:c} for N times the octet c. */
static void
unescape(struct script *s, struct slice in, struct buf *out)
{
	static const char from[] = "rnt0\\", to[] = "\r\n\t\0\\";
	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] != '\\' || i + 1 == in.n) {
			buf_add_byte(out, in.p[i]);
			continue;
		}
		uint8_t c = in.p[++i];
		const char *hit = c ? strchr(from, c) : NULL;
		if (hit != NULL) {
			buf_add_byte(out, (uint8_t)to[hit - from]);
		} else if (c == 'x' && i + 2 < in.n) {
			buf_add_byte(
			    out, (uint8_t)(ascii_hex(in.p[i + 1]) << 4 |
					   ascii_hex(in.p[i + 2])));
			i += 2;
		} else if (c == '{') {
			struct slice r = slice_from(in, i + 1);
			size_t colon = slice_find(r, ':');
			uint64_t n = number(s, slice_to(r, colon));
			for (; n > 0; n--)
				buf_add_byte(out, r.p[colon + 1]);
			i += colon + 3;
		} else {
			fail(s, "unknown escape", slice_from(in, i));
		}
	}
}

static bool
is_true(struct slice v)
{
	return slice_eq(v, SLICE("true"));
}

static unsigned
one_of(struct script *s, struct slice v, const char *const *names, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (slice_eq(v, slice_str(names[i])))
			return i;
	fail(s, "unknown word", v);
	return 0;
}

static void
set_option(struct script *s, struct slice key, struct slice v)
{
	static const char *const tls[] = {"none", "may", "encrypt", "implicit"};
	static const char *const auth[] = {"off", "offer", "require"};
	static const char *const role[] = {"mx", "submission", "device"};
	struct smtp_server_limits *l = &s->opts.limits;
	if (slice_eq(key, SLICE("tls")))
		s->opts.tls = one_of(s, v, tls, 4);
	else if (slice_eq(key, SLICE("auth")))
		s->opts.auth = one_of(s, v, auth, 3);
	else if (slice_eq(key, SLICE("role")))
		s->opts.role = one_of(s, v, role, 3);
	else if (slice_eq(key, SLICE("auth-without-tls")))
		s->opts.auth_without_tls = is_true(v);
	else if (slice_eq(key, SLICE("ask-connect")))
		s->opts.ask_connect = is_true(v);
	else if (slice_eq(key, SLICE("ask-helo")))
		s->opts.ask_helo = is_true(v);
	else if (slice_eq(key, SLICE("message-size")))
		l->message_octets = number(s, v);
	else if (slice_eq(key, SLICE("recipients")))
		l->recipients = (uint32_t)number(s, v);
	else if (slice_eq(key, SLICE("errors")))
		l->errors = (uint32_t)number(s, v);
	else if (slice_eq(key, SLICE("commands")))
		l->commands = (uint32_t)number(s, v);
	else if (slice_eq(key, SLICE("data-line")))
		l->data_line_octets = number(s, v);
	else
		fail(s, "unknown option", key);
}

static void
do_opts(struct script *s, struct slice rest)
{
	for (struct slice w = word(&rest); w.n > 0; w = word(&rest)) {
		size_t eq = slice_find(w, '=');
		set_option(s, slice_to(w, eq), slice_from(w, eq + 1));
	}
}

/* allow | refuse CODE ENHANCED CAUSE TEXT | close (as refuse) | challenge T */
static struct smtp_verdict
verdict(struct script *s, struct slice rest)
{
	static const char *const how[] = {
	    "allow", "refuse", "close", "challenge"};
	struct smtp_verdict v = {0};
	unsigned h = one_of(s, word(&rest), how, 4);
	v.id = SLICE("00000000000M1");
	v.close = h == 2;
	if (h == 3) {
		v.kind = SMTP_SRV_CHALLENGE;
		v.bytes = keep(s, rest);
	} else if (h > 0) {
		v.kind = SMTP_SRV_REFUSE;
		v.code = (uint16_t)number(s, word(&rest));
		v.enhanced = keep(s, word(&rest));
		v.cause = keep(s, word(&rest));
		v.text = keep(s, rest);
	}
	return v;
}

static void
do_verdict(struct script *s, struct slice rest)
{
	unsigned k = one_of(s, word(&rest), kind_names, KINDS);
	struct planned *p = &s->plan[k][s->planned[k]++ % QUEUED];
	*p = (struct planned){0};
	if (slice_eq(rest, SLICE("hold")))
		p->hold = true;
	else
		p->v = verdict(s, rest);
}

static void
do_open(struct script *s, struct slice rest)
{
	s->open = true;
	driver_init(&s->d, &s->opts, answer, s);
	s->d.now_ms = 1000;
	bool tls = slice_eq(rest, SLICE("tls"));
	if (rest.n == 0 || tls) {
		driver_open(&s->d, tls, NULL);
		driver_run(&s->d);
	} else if (slice_eq(rest, SLICE("quietly"))) {
		driver_open(&s->d, false, NULL);
	} else {
		struct smtp_verdict v = verdict(s, rest);
		driver_open(&s->d, false, &v);
		driver_run(&s->d);
	}
}

static void
do_client(struct script *s, struct slice rest)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	buf_add(&b, rest);
	buf_add(&b, SLICE("\r\n"));
	driver_feed(&s->d, buf_slice(&b));
	buf_free(&b);
}

static void
do_raw(struct script *s, struct slice rest)
{
	struct buf b;
	buf_init(&b, 1 << 24);
	unescape(s, rest, &b);
	driver_feed(&s->d, buf_slice(&b));
	buf_free(&b);
}

/* The next line of b from *at on must be want; '*' at its end: begin so. */
static void
expect_line(struct script *s, const struct buf *b, size_t *at,
    struct slice want, const char *what)
{
	struct slice rest = slice_from(buf_slice(b), *at);
	size_t n = slice_find(rest, '\n');
	struct slice got = slice_to(rest, n);
	*at += n + 1;
	if (rest.n == 0)
		fail(s, "nothing left", slice_str(what));
	if (got.n > 0 && got.p[got.n - 1] == '\r')
		got.n--;
	bool same = slice_eq(got, want);
	if (want.n > 0 && want.p[want.n - 1] == '*')
		same = slice_starts(got, slice_to(want, want.n - 1));
	if (!same)
		fail(s, what, got);
}

static void
do_server(struct script *s, struct slice rest)
{
	expect_line(s, &s->d.sent, &s->sent_at, rest, "other reply");
}

static void
do_act(struct script *s, struct slice rest)
{
	s->acts_used = true;
	expect_line(s, &s->d.acts, &s->acts_at, rest, "other action");
}

static void
do_cause(struct script *s, struct slice rest)
{
	struct buf b;
	buf_init(&b, 200);
	buf_add_byte(&b, ' ');
	buf_add(&b, rest);
	expect_line(
	    s, &s->d.causes, &s->causes_at, buf_slice(&b), "other cause");
	buf_free(&b);
}

static void
do_body(struct script *s, struct slice rest)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	unescape(s, rest, &b);
	if (!slice_eq(buf_slice(&b), buf_slice(&s->d.last)))
		fail(s, "other body", buf_slice(&s->d.last));
	buf_free(&b);
}

static void
do_time(struct script *s, struct slice rest)
{
	if (rest.n < 3 || rest.p[0] != '+' || rest.p[rest.n - 1] != 's')
		fail(s, "TIME is +NUMBERs", rest);
	s->d.now_ms += 1000 * number(s, slice_of(rest.p + 1, rest.n - 2));
	driver_run(&s->d);
}

static void
do_answer(struct script *s, struct slice rest)
{
	struct smtp_verdict v = verdict(s, rest);
	driver_verdict(&s->d, &v);
}

static void
do_body_refuse(struct script *s, struct slice rest)
{
	struct smtp_verdict v = verdict(s, rest);
	driver_body_refuse(&s->d, &v);
}

static void
do_event(struct script *s, struct slice rest)
{
	static const char *const names[] = {
	    "tls", "shutdown", "peer-closed", "abort"};
	static void (*const events[])(struct driver *) = {
	    driver_tls_up, driver_shutdown, driver_peer_closed, driver_abort};
	events[one_of(s, rest, names, 4)](&s->d);
}

static bool
contains(struct slice hay, struct slice needle)
{
	return hay.n > 0 && memmem(hay.p, hay.n, needle.p, needle.n) != NULL;
}

static void
do_noted(struct script *s, struct slice rest)
{
	if (!contains(buf_slice(&s->d.notes), rest))
		fail(s, "not in the dialogue", rest);
}

static void
do_secret(struct script *s, struct slice rest)
{
	if (contains(buf_slice(&s->d.notes), rest))
		fail(s, "in the dialogue", rest);
}

static const struct {
	const char *name;
	void (*run)(struct script *, struct slice);
} verbs[] = {
    {"OPTS", do_opts},
    {"VERDICT", do_verdict},
    {"OPEN", do_open},
    {"C:", do_client},
    {"RAW:", do_raw},
    {"S:", do_server},
    {"A:", do_act},
    {"CAUSE:", do_cause},
    {"BODY:", do_body},
    {"TIME", do_time},
    {"ANSWER", do_answer},
    {"BODY-REFUSE", do_body_refuse},
    {"EVENT", do_event},
    {"NOTED:", do_noted},
    {"SECRET:", do_secret},
};

static void
run_line(struct script *s, struct slice line)
{
	size_t sp = slice_find(line, ' ');
	struct slice name = slice_to(line, sp);
	struct slice rest = slice_from(line, sp + 1);
	if (line.n == 0 || line.p[0] == '#')
		return;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (!slice_eq(name, slice_str(verbs[i].name)))
			continue;
		bool before = i < 3;
		if (!s->open && !before)
			do_open(s, SLICE_EMPTY);
		verbs[i].run(s, rest);
		return;
	}
	fail(s, "unknown word", name);
}

static void
run_script(const char *path, struct slice text)
{
	static struct script s;
	s = (struct script){.path = path};
	arena_init(&s.words, 1 << 16);
	s.opts = (struct smtp_server_opts){
	    .hostname = SLICE("mail.contoh.id"),
	    .mechanisms = SLICE("PLAIN LOGIN SCRAM-SHA-256-PLUS"),
	    .limits = smtp_server_limits_default,
	};
	while (text.n > 0) {
		size_t n = slice_find(text, '\n');
		s.line++;
		run_line(&s, slice_to(text, n));
		text = slice_from(text, n + 1);
	}
	if (s.sent_at < s.d.sent.n)
		fail(&s, "replies left",
		    slice_from(buf_slice(&s.d.sent), s.sent_at));
	if (s.causes_at < s.d.causes.n)
		fail(&s, "causes left",
		    slice_from(buf_slice(&s.d.causes), s.causes_at));
	if (s.acts_used && s.acts_at < s.d.acts.n)
		fail(&s, "actions left",
		    slice_from(buf_slice(&s.d.acts), s.acts_at));
	driver_free(&s.d);
	arena_reset(&s.words);
}

int
main(int argc, char **argv)
{
	static char text[1 << 16];
	for (int i = 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "rbe");
		if (f == NULL) {
			perror(argv[i]);
			return 2;
		}
		size_t n = fread(text, 1, sizeof(text), f);
		fclose(f);
		run_script(argv[i], slice_of(text, n));
	}
	printf("%d dialogues\n", argc - 1);
	return 0;
}
