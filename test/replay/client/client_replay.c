/* Runs dialogues of *.rpl against the client machine on virtual time.
 *
 *   tls none|may|encrypt|verify   options, before the first event:
 *   set lmtp|in-tls|replies|inject  lmtp; inside TLS from the start; give
 *                                 REPLY; "EHLO x" behind STARTTLS
 *   auth USER PASSWORD            credentials
 *   window N
 *   S: TEXT          the peer sends TEXT CR LF; the machine acts
 *   S+ TEXT          the same, and more follows before the machine may act
 *   S~ TEXT          TEXT without CR LF
 *   message from=A size=N 8bit utf8 probe to=A to=A...
 *   command LINE     a single one; "|" in it begins its body
 *   body TEXT        octets (\r \n \0 \\ are understood); "last TEXT" ends it
 *   tls-up [CAUSE]   verified, or not because of CAUSE
 *   tls-failed CAUSE
 *   closed [CAUSE] / wait MS / quit / abort CAUSE
 *
 * and what is expected, in order, and nothing else:
 *   C: LINE          sent with CR LF
 *   result N OUTCOME CODE ENHANCED CAUSE|-
 *   ready | start-tls | want-body | need-plain CAUSE | need-fresh CAUSE
 *   close OUTCOME CAUSE|-
 *   reply CODE LINES STAGE
 *   refused          the command was not begun
 *   deadline MS      from now
 *
 * "N..M" as a result's number stands for a result each, in order. */
#include "proto/smtp/client/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RCPTS_MAX 300

struct play {
	const char *file;
	unsigned line;
	struct smtp_client_options o;
	struct smtp_client *c;
	uint64_t now;
	struct buf raw;  /* the body of a single command */
	struct buf acts; /* lines of what happened, not yet expected */
	struct slice rcpts[RCPTS_MAX];
	char rcpt_text[RCPTS_MAX][64];
	char text[16][256]; /* option and message strings live here */
	size_t text_n;
};

static const char *const outcomes[] = {
    "delivered", "accepted", "deferred", "failed"};

static void
stop(const struct play *p, const char *what, const char *more)
{
	fail_msg("%s:%u: %s: %s", p->file, p->line, what, more);
}

static struct slice
store(struct play *p, const char *s)
{
	assert_true(p->text_n < 16 && strlen(s) < 256);
	snprintf(p->text[p->text_n], 256, "%s", s);
	return slice_str(p->text[p->text_n++]);
}

static void
pull_send(struct play *p, struct slice data)
{
	while (data.n > 0) {
		size_t lf = slice_find(data, '\n');
		if (lf == data.n || lf == 0 || data.p[lf - 1] != '\r')
			stop(p, "sent", "a line without CR LF");
		buf_add(&p->acts, SLICE("C: "));
		buf_add(&p->acts, slice_to(data, lf - 1));
		buf_add_byte(&p->acts, '\n');
		data = slice_from(data, lf + 1);
	}
}

static const char *
or_dash(struct slice s)
{
	static char text[64];
	snprintf(text, sizeof(text), "%.*s", SLICE_ARG(s));
	return s.n == 0 ? "-" : text;
}

static void
pull_reply(struct play *p, const struct smtp_client_action *a)
{
	unsigned lines = 0;
	for (size_t i = 0; i < a->data.n; i++)
		lines += a->data.p[i] == '\n';
	buf_printf(&p->acts, "reply %u %u %.*s\n", a->result.code, lines,
	    SLICE_ARG(a->result.stage));
}

static void
pull(struct play *p)
{
	struct smtp_client_action a;
	while (smtp_client_next(p->c, &a)) {
		switch (a.kind) {
		case SMTP_CLIENT_NOTE:
			break;
		case SMTP_CLIENT_REPLY:
			pull_reply(p, &a);
			break;
		case SMTP_CLIENT_SEND:
			pull_send(p, a.data);
			break;
		case SMTP_CLIENT_RESULT:
			buf_printf(&p->acts, "result %zu %s %u %.*s %s\n",
			    a.rcpt, outcomes[a.result.outcome], a.result.code,
			    SLICE_ARG(a.result.enhanced),
			    or_dash(a.result.cause));
			break;
		case SMTP_CLIENT_START_TLS:
			buf_add(&p->acts, SLICE("start-tls\n"));
			break;
		case SMTP_CLIENT_WANT_BODY:
			buf_add(&p->acts, SLICE("want-body\n"));
			break;
		case SMTP_CLIENT_READY:
			buf_add(&p->acts, SLICE("ready\n"));
			break;
		case SMTP_CLIENT_NEED_PLAIN:
		case SMTP_CLIENT_NEED_FRESH:
			buf_printf(&p->acts, "need-%s %s\n",
			    a.kind == SMTP_CLIENT_NEED_PLAIN ? "plain"
							     : "fresh",
			    or_dash(a.result.cause));
			break;
		case SMTP_CLIENT_CLOSE:
			buf_printf(&p->acts, "close %s %s\n",
			    outcomes[a.result.outcome],
			    or_dash(a.result.cause));
			break;
		}
	}
}

static void
expect(struct play *p, const char *want)
{
	size_t n = slice_find(buf_slice(&p->acts), '\n');
	struct slice is = slice_to(buf_slice(&p->acts), n);
	if (!slice_eq(is, slice_str(want))) {
		char got[512];
		snprintf(got, sizeof(got), "got \"%.*s\", expected \"%s\"",
		    SLICE_ARG(is), want);
		stop(p, "mismatch", got);
	}
	buf_consume(&p->acts, n + 1);
}

/* "result 0..9 rest": one each. */
static void
expect_range(struct play *p, const char *line)
{
	unsigned from, to;
	int used = 0;
	char one[512];
	if (sscanf(line, "result %u..%u %n", &from, &to, &used) < 2 ||
	    used == 0) {
		expect(p, line);
		return;
	}
	for (unsigned i = from; i <= to; i++) {
		snprintf(one, sizeof(one), "result %u %s", i, line + used);
		expect(p, one);
	}
}

static void
nothing_left(struct play *p)
{
	if (p->acts.n > 0) {
		buf_add_byte(&p->acts, 0);
		stop(p, "not expected", (const char *)p->acts.p);
	}
}

static void
feed(struct play *p, const char *text, const char *end)
{
	struct buf b;
	buf_init(&b, 8192);
	buf_add_str(&b, text);
	buf_add_str(&b, end);
	smtp_client_bytes(p->c, p->now, buf_slice(&b));
	buf_free(&b);
}

static void
unescape(struct buf *b, const char *text)
{
	buf_init(b, 8192);
	for (; *text != '\0'; text++) {
		char c = *text;
		if (c == '\\') {
			c = *++text;
			c = c == 'r'   ? '\r'
			    : c == 'n' ? '\n'
			    : c == '0' ? '\0'
				       : c;
		}
		buf_add_byte(b, (uint8_t)c);
	}
}

static void
command(struct play *p, char *text)
{
	struct buf line;
	char *bar = strchr(text, '|');
	static char none[] = "";
	if (bar != NULL)
		*bar = '\0';
	unescape(&line, text);
	buf_free(&p->raw);
	unescape(&p->raw, bar != NULL ? bar + 1 : none);
	if (!smtp_client_command(
		p->c, p->now, buf_slice(&line), buf_slice(&p->raw)))
		buf_add(&p->acts, SLICE("refused\n"));
	buf_free(&line);
}

static void
body(struct play *p, const char *text, bool last)
{
	struct buf b;
	unescape(&b, text);
	smtp_client_body(p->c, p->now, buf_slice(&b), last);
	buf_free(&b);
}

static void
message(struct play *p, char *args)
{
	struct smtp_client_message m = {.rcpts = p->rcpts};
	char *save = NULL;
	p->text_n = 8;
	for (char *w = strtok_r(args, " ", &save); w != NULL;
	     w = strtok_r(NULL, " ", &save)) {
		unsigned many;
		if (strncmp(w, "from=", 5) == 0) {
			m.from = store(p, w + 5);
		} else if (strncmp(w, "size=", 5) == 0) {
			m.size_octets = strtoull(w + 5, NULL, 10);
		} else if (strcmp(w, "8bit") == 0) {
			m.eight_bit = true;
		} else if (strcmp(w, "utf8") == 0) {
			m.utf8 = true;
		} else if (strcmp(w, "probe") == 0) {
			m.probe = true;
		} else if (sscanf(w, "to*%u", &many) == 1) {
			for (unsigned i = 0; i < many; i++) {
				snprintf(
				    p->rcpt_text[i], 64, "r%u@b.example", i);
				p->rcpts[i] = slice_str(p->rcpt_text[i]);
			}
			m.rcpts_n = many;
		} else if (strncmp(w, "to=", 3) == 0) {
			assert_true(m.rcpts_n < RCPTS_MAX);
			snprintf(p->rcpt_text[m.rcpts_n], 64, "%s", w + 3);
			p->rcpts[m.rcpts_n] =
			    slice_str(p->rcpt_text[m.rcpts_n]);
			m.rcpts_n++;
		} else {
			stop(p, "message", w);
		}
	}
	smtp_client_message(p->c, p->now, &m);
}

/* Options; true if the line was one. */
static bool
option(struct play *p, const char *verb, char *rest)
{
	if (strcmp(verb, "tls") == 0) {
		p->o.tls =
		    strcmp(rest, "may") == 0       ? SMTP_CLIENT_TLS_MAY
		    : strcmp(rest, "encrypt") == 0 ? SMTP_CLIENT_TLS_ENCRYPT
		    : strcmp(rest, "verify") == 0  ? SMTP_CLIENT_TLS_VERIFY
						   : SMTP_CLIENT_TLS_NONE;
	} else if (strcmp(verb, "set") == 0) {
		p->o.lmtp |= strcmp(rest, "lmtp") == 0;
		p->o.in_tls |= strcmp(rest, "in-tls") == 0;
		p->o.implicit |= strcmp(rest, "implicit") == 0;
		p->o.replies |= strcmp(rest, "replies") == 0;
		if (strcmp(rest, "inject") == 0)
			p->o.behind_starttls = SLICE("EHLO x\r\n");
	} else if (strcmp(verb, "auth") == 0) {
		char *password = strchr(rest, ' ');
		assert_non_null(password);
		*password = '\0';
		p->o.user = store(p, rest);
		p->o.password = store(p, password + 1);
	} else if (strcmp(verb, "window") == 0) {
		p->o.window = (unsigned)strtoul(rest, NULL, 10);
	} else {
		return false;
	}
	return true;
}

static void
start(struct play *p)
{
	if (p->c != NULL)
		return;
	p->c = smtp_client_new(&p->o, p->now);
	assert_non_null(p->c);
	pull(p);
}

/* Events; true if the line was one. */
static bool
event(struct play *p, const char *verb, char *rest)
{
	struct smtp_client_tls_info up = {SLICE("TLS1_3"), SLICE("TEST"), 256,
	    rest[0] == '\0', slice_str(rest)};
	struct smtp_client_result why = {.outcome = SMTP_CLIENT_DEFERRED,
	    .enhanced = SLICE("4.3.0"),
	    .cause = slice_str(rest)};
	start(p);
	if (strcmp(verb, "S:") == 0 || strcmp(verb, "S+") == 0)
		feed(p, rest, "\r\n");
	else if (strcmp(verb, "S~") == 0)
		feed(p, rest, "");
	else if (strcmp(verb, "message") == 0)
		message(p, rest);
	else if (strcmp(verb, "body") == 0 || strcmp(verb, "last") == 0)
		body(p, rest, verb[0] == 'l');
	else if (strcmp(verb, "command") == 0)
		command(p, rest);
	else if (strcmp(verb, "tls-up") == 0)
		smtp_client_tls_up(p->c, p->now, &up);
	else if (strcmp(verb, "tls-failed") == 0)
		smtp_client_tls_failed(
		    p->c, p->now, slice_str(rest), SLICE("handshake failed"));
	else if (strcmp(verb, "closed") == 0)
		smtp_client_closed(p->c, p->now, slice_str(rest));
	else if (strcmp(verb, "quit") == 0)
		smtp_client_quit(p->c, p->now);
	else if (strcmp(verb, "abort") == 0)
		smtp_client_abort(p->c, &why);
	else if (strcmp(verb, "wait") == 0)
		smtp_client_tick(p->c, p->now += strtoull(rest, NULL, 10));
	else
		return false;
	return true;
}

static void
play_line(struct play *p, char *line)
{
	char whole[1024], *rest = strchr(line, ' ');
	static char empty[] = "";
	snprintf(whole, sizeof(whole), "%s", line);
	if (rest != NULL)
		*rest++ = '\0';
	else
		rest = empty;
	if (option(p, line, rest))
		return;
	start(p);
	if (strcmp(line, "deadline") == 0) {
		uint64_t at = smtp_client_deadline(p->c);
		assert_int_equal(
		    at == 0 ? 0 : at - p->now, strtoull(rest, NULL, 10));
		return;
	}
	static const char *const events[] = {"S:", "S+", "S~", "message",
	    "body", "last", "command", "tls-up", "tls-failed", "closed", "quit",
	    "abort", "wait"};
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (strcmp(events[i], line) != 0)
			continue;
		nothing_left(p);
		assert_true(event(p, line, rest));
		if (strcmp(line, "S+") != 0)
			pull(p);
		return;
	}
	expect_range(p, whole);
}

static void
play_file(void **state)
{
	struct play *p = calloc(1, sizeof(*p));
	char line[1024];
	assert_non_null(p);
	p->file = *state;
	p->o = (struct smtp_client_options){.notes = true,
	    .helo = SLICE("mail.contoh.id"),
	    .timeouts = smtp_client_timeouts_default};
	p->now = 1000000;
	buf_init(&p->acts, 1 << 20);
	FILE *f = fopen(p->file, "r");
	if (f == NULL)
		stop(p, "open", "no such file");
	while (fgets(line, sizeof(line), f) != NULL) {
		p->line++;
		line[strcspn(line, "\n")] = '\0';
		if (line[0] != '\0' && line[0] != '#')
			play_line(p, line);
	}
	fclose(f);
	nothing_left(p);
	smtp_client_free(p->c);
	buf_free(&p->acts);
	buf_free(&p->raw);
	free(p);
}

int
main(int argc, char **argv)
{
	struct CMUnitTest *tests = calloc((size_t)argc, sizeof(*tests));
	if (tests == NULL || argc < 2)
		return 2;
	for (int i = 1; i < argc; i++) {
		const char *slash = strrchr(argv[i], '/');
		tests[i - 1] = (struct CMUnitTest){
		    .name = slash == NULL ? argv[i] : slash + 1,
		    .test_func = play_file,
		    .initial_state = argv[i]};
	}
	int failed = _cmocka_run_group_tests(
	    "client replay", tests, (size_t)argc - 1, NULL, NULL);
	free(tests);
	return failed;
}
