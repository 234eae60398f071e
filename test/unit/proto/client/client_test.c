/* What scripts of dialogues (test/replay/client) cannot say well: the
 * dialogue's lines, secrets in them, and memory. */
#include "proto/smtp/client/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct smtp_client_options options = {
    .notes = true,
    .in_tls = true,
    .helo = {(const uint8_t *)"mail.contoh.id", 14},
    .user = {(const uint8_t *)"budi", 4},
    .password = {(const uint8_t *)"rahasia", 7},
};

static void
pull(struct smtp_client *c, struct buf *notes)
{
	struct smtp_client_action a;
	while (smtp_client_next(c, &a)) {
		if (a.kind != SMTP_CLIENT_NOTE)
			continue;
		buf_add_byte(notes, (uint8_t)a.who);
		buf_add_byte(notes, ' ');
		buf_add(notes, a.data);
		buf_add_byte(notes, '\n');
	}
}

static void
peer(struct smtp_client *c, struct buf *notes, const char *line)
{
	smtp_client_bytes(c, 0, slice_str(line));
	pull(c, notes);
}

static void
dialogue_hides_secrets(void **state)
{
	(void)state;
	struct smtp_client *c = smtp_client_new(&options, 0);
	struct buf notes;
	buf_init(&notes, 4096);
	peer(c, &notes, "220 hi\r\n");
	peer(c, &notes, "250-hi\r\n250 AUTH LOGIN\r\n");
	peer(c, &notes, "334 VXNlcm5hbWU6\r\n");
	peer(c, &notes, "334 UGFzc3dvcmQ6\r\n");
	peer(c, &notes, "235 ok\r\n");
	assert_true(slice_eq(buf_slice(&notes),
	    SLICE("< 220 hi\n> EHLO mail.contoh.id\n< 250-hi\n"
		  "< 250 AUTH LOGIN\n> AUTH LOGIN\n< 334 VXNlcm5hbWU6\n"
		  "> ****\n< 334 UGFzc3dvcmQ6\n> ****\n< 235 ok\n")));
	buf_free(&notes);
	smtp_client_free(c);
}

/* A result's text is one line and still right after many others. */
static void
texts_are_kept(void **state)
{
	(void)state;
	struct smtp_client_options o = options;
	o.user = SLICE_EMPTY;
	struct smtp_client *c = smtp_client_new(&o, 0);
	struct slice to[3] = {
	    SLICE("a@b.example"), SLICE("c@b.example"), SLICE("d@b.example")};
	struct smtp_client_message m = {.rcpts = to, .rcpts_n = 3};
	struct smtp_client_action a;
	static const char *const want[] = {
	    "550 5.1.1 no such user", "450 4.0.0 one two", "250 fine"};
	size_t n = 0;
	struct buf notes;
	buf_init(&notes, 4096);
	peer(c, &notes, "220 hi\r\n");
	peer(c, &notes, "250-hi\r\n250 PIPELINING\r\n");
	m.probe = true;
	smtp_client_message(c, 0, &m);
	pull(c, &notes);
	smtp_client_bytes(c, 0,
	    SLICE("250 ok\r\n550 5.1.1 no such user\r\n450-4.0.0 one\r\n"
		  "450 4.0.0 two\r\n250 fine\r\n250 reset\r\n"));
	while (smtp_client_next(c, &a)) {
		if (a.kind != SMTP_CLIENT_RESULT)
			continue;
		assert_int_equal(a.rcpt, n);
		if (n != 1)
			assert_true(
			    slice_eq(a.result.text, slice_str(want[n])));
		assert_int_equal(
		    slice_find(a.result.text, '\n'), a.result.text.n);
		assert_true(slice_eq(a.result.stage, SLICE("RCPT")));
		n++;
	}
	assert_int_equal(n, 3);
	buf_free(&notes);
	smtp_client_free(c);
}

/* Octets in many reads before anything is pulled: the words stay. */
static void
texts_outlive_events(void **state)
{
	(void)state;
	struct smtp_client_options o = options;
	o.user = SLICE_EMPTY;
	struct smtp_client *c = smtp_client_new(&o, 0);
	struct slice to[1] = {SLICE("a@b.example")};
	struct smtp_client_message m = {.rcpts = to, .rcpts_n = 1};
	struct smtp_client_action a;
	struct slice last = SLICE("550 5.1.1 no such user\r\n421 bye\r\n");
	bool seen = false;
	struct buf notes;
	buf_init(&notes, 4096);
	peer(c, &notes, "220 hi\r\n");
	peer(c, &notes, "250 hi\r\n");
	smtp_client_message(c, 0, &m);
	pull(c, &notes);
	peer(c, &notes, "250 ok\r\n");
	for (size_t i = 0; i < last.n; i++)
		smtp_client_bytes(c, 0, slice_of(last.p + i, 1));
	while (smtp_client_next(c, &a)) {
		if (a.kind != SMTP_CLIENT_RESULT)
			continue;
		assert_true(
		    slice_eq(a.result.text, SLICE("550 5.1.1 no such user")));
		seen = true;
	}
	assert_true(seen);
	buf_free(&notes);
	smtp_client_free(c);
}

/* Events that may not come now change nothing. */
static void
out_of_place(void **state)
{
	(void)state;
	struct smtp_client_options o = options;
	o.notes = false;
	struct smtp_client *c = smtp_client_new(&o, 0);
	struct smtp_client_message m = {.rcpts_n = 0};
	struct smtp_client_tls_info up = {.verified = true};
	struct smtp_client_action a;
	smtp_client_message(c, 0, &m);
	smtp_client_body(c, 0, SLICE("x"), true);
	smtp_client_tls_up(c, 0, &up);
	smtp_client_tls_failed(c, 0, SLICE("tls.refused"), SLICE_EMPTY);
	assert_false(smtp_client_next(c, &a));
	smtp_client_quit(c, 0);
	assert_true(smtp_client_next(c, &a));
	assert_int_equal(a.kind, SMTP_CLIENT_CLOSE);
	smtp_client_bytes(c, 0, SLICE("220 hi\r\n"));
	smtp_client_closed(c, 0, SLICE_EMPTY);
	smtp_client_tick(c, UINT64_MAX);
	assert_false(smtp_client_next(c, &a));
	smtp_client_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dialogue_hides_secrets),
	    cmocka_unit_test(texts_are_kept),
	    cmocka_unit_test(texts_outlive_events),
	    cmocka_unit_test(out_of_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
