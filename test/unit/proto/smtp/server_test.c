/* What the replayed dialogues don't show: sizes, deadlines, what the machine
 * tells when asked, and each exit through the one reset. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../replay/server/server_driver.h"

struct asker {
	struct smtp_verdict next;
	enum smtp_srv_act hold; /* this ASK gets no answer */
};

static bool
answer(
    struct driver *d, const struct smtp_srv_action *a, struct smtp_verdict *v)
{
	struct asker *k = d->ctx;
	*v = (struct smtp_verdict){.id = SLICE("00000000000M1")};
	return a->kind != k->hold;
}

static struct smtp_server_opts
listener(void)
{
	return (struct smtp_server_opts){
	    .hostname = SLICE("mail.contoh.id"),
	    .mechanisms = SLICE("PLAIN LOGIN"),
	    .tls = SMTP_SRV_TLS_MAY,
	    .auth = SMTP_SRV_AUTH_OFFER,
	    .auth_without_tls = true,
	    .limits = smtp_server_limits_default,
	};
}

static void
start(struct driver *d, const struct smtp_server_opts *o, struct asker *k)
{
	driver_init(d, o, answer, k);
	d->now_ms = 5000;
	driver_open(d, false, NULL);
	driver_run(d);
}

static void
test_small(void **state)
{
	(void)state;
	struct smtp_server_opts o = listener();
	struct asker k = {.hold = SMTP_SRV_CLOSE};
	struct driver d;
	assert_true(sizeof(struct smtp_server) < 1536);
	start(&d, &o, &k);
	driver_feed(&d, SLICE("EHLO k.example\r\n"));
	assert_true(d.s.out.cap <= 512);
	assert_null(d.s.txmem.head);
	driver_free(&d);
}

static void
test_deadlines(void **state)
{
	(void)state;
	struct smtp_server_opts o = listener();
	struct asker k = {.hold = SMTP_SRV_ASK_RCPT};
	struct driver d;
	start(&d, &o, &k);
	assert_int_equal(smtp_server_deadline(&d.s), 5000 + 300000);
	d.now_ms = 6000;
	driver_feed(&d, SLICE("HELO k.example\r\nMAIL FROM:<a@x>\r\nRCP"));
	assert_int_equal(smtp_server_deadline(&d.s), 6000 + 300000);
	driver_feed(&d, SLICE("T TO:<b@y>\r\n"));
	assert_int_equal(smtp_server_deadline(&d.s), 0);
	struct smtp_verdict v = {0};
	driver_verdict(&d, &v);
	driver_feed(&d, SLICE("DATA\r\nabc"));
	assert_int_equal(smtp_server_deadline(&d.s), 6000 + 600000);
	d.now_ms = 7000;
	driver_feed(&d, SLICE("d"));
	assert_int_equal(smtp_server_deadline(&d.s), 7000 + 600000);
	driver_free(&d);
}

static void
test_knows(void **state)
{
	(void)state;
	struct smtp_server_opts o = listener();
	struct asker k = {.hold = SMTP_SRV_COMMIT};
	struct driver d;
	start(&d, &o, &k);
	assert_int_equal(smtp_server_input_max(&d.s), 12288);
	driver_feed(&d, SLICE("EHLO k.example\r\nAUTH PLAIN AA==\r\n"));
	assert_true(slice_eq(smtp_server_helo(&d.s), SLICE("k.example")));
	assert_true(smtp_server_is_esmtp(&d.s));
	assert_true(smtp_server_is_authenticated(&d.s));
	assert_false(smtp_server_is_tls(&d.s));
	assert_null(smtp_server_mail(&d.s));
	driver_feed(&d, SLICE("MAIL FROM:<a@x> SIZE=7 BODY=8BITMIME\r\n"
			      "RCPT TO:<b@y>\r\nDATA\r\nabc\r\n..\r\n.\r\n"));
	const struct smtp_mail *m = smtp_server_mail(&d.s);
	assert_non_null(m);
	assert_int_equal(m->size, 7);
	assert_int_equal(m->body, SMTP_BODY_8BITMIME);
	assert_true(slice_eq(m->from.local, SLICE("a")));
	assert_int_equal(smtp_server_recipients(&d.s), 1);
	assert_int_equal(smtp_server_body_octets(&d.s), 8);
	struct smtp_verdict v = {0};
	driver_verdict(&d, &v);
	assert_null(smtp_server_mail(&d.s));
	driver_feed(&d, SLICE("STARTTLS\r\n"));
	driver_tls_up(&d);
	assert_true(smtp_server_is_tls(&d.s));
	assert_false(smtp_server_is_authenticated(&d.s));
	assert_int_equal(smtp_server_helo(&d.s).n, 0);
	driver_free(&d);
}

/* A verdict that nobody waits for changes nothing. */
static void
test_late_verdict(void **state)
{
	(void)state;
	struct smtp_server_opts o = listener();
	struct asker k = {.hold = SMTP_SRV_ASK_MAIL};
	struct driver d;
	struct smtp_verdict v = {0};
	start(&d, &o, &k);
	smtp_server_verdict(&d.s, &v);
	smtp_server_tls_up(&d.s);
	smtp_server_body_refuse(&d.s, &v);
	driver_run(&d);
	assert_false(smtp_server_is_tls(&d.s));
	driver_feed(&d, SLICE("HELO k.example\r\nMAIL FROM:<a@x>\r\n"));
	driver_abort(&d);
	smtp_server_verdict(&d.s, &v);
	driver_run(&d);
	assert_true(d.closed);
	driver_free(&d);
}

/* A verdict that is nonsense becomes a temporary failure. */
static void
test_unsound_verdict(void **state)
{
	(void)state;
	struct smtp_server_opts o = listener();
	struct asker k = {.hold = SMTP_SRV_ASK_MAIL};
	struct driver d;
	struct smtp_verdict v = {.kind = SMTP_SRV_REFUSE,
	    .code = 250,
	    .enhanced = SLICE("2.0.0"),
	    .cause = SLICE("local.io-error"),
	    .text = SLICE("x\r\n250 y")};
	start(&d, &o, &k);
	driver_feed(&d, SLICE("HELO k.example\r\nMAIL FROM:<a@x>\r\n"));
	buf_clear(&d.sent);
	driver_verdict(&d, &v);
	struct slice want = SLICE("250 mail.contoh.id\r\n451-4.3.0 x?\r\n"
				  "451 4.3.0 250 y [00000000000S1]\r\n");
	assert_true(slice_eq(buf_slice(&d.sent), want));
	driver_free(&d);
}

/* Each exit ends the transaction and the body with it, in this order. */
static void
test_every_exit(void **state)
{
	static const struct {
		struct slice at_command, in_body;
		void (*event)(struct driver *);
	} exits[] = {
	    {SLICE("RSET\r\n"), SLICE(""), NULL},
	    {SLICE("EHLO again.example\r\n"), SLICE(""), NULL},
	    {SLICE("HELO again.example\r\n"), SLICE(""), NULL},
	    {SLICE("STARTTLS\r\n"), SLICE(""), NULL},
	    {SLICE("QUIT\r\n"), SLICE(""), NULL},
	    {SLICE("GET / HTTP/1.0\r\n"), SLICE(""), NULL},
	    {SLICE("BDAT 7\r\n"), SLICE(""), NULL},
	    {SLICE("\n"), SLICE(""), NULL},
	    {SLICE("DATA\r\n.\r\n"), SLICE(""), NULL},
	    {SLICE("DATA\r\n"), SLICE("a\n\r\n.\r\n"), NULL},
	    {SLICE("DATA\r\n"), SLICE("a"), driver_shutdown},
	    {SLICE("DATA\r\n"), SLICE("a"), driver_peer_closed},
	    {SLICE("DATA\r\n"), SLICE("a"), driver_abort},
	    {SLICE(""), SLICE(""), driver_shutdown},
	    {SLICE(""), SLICE(""), driver_peer_closed},
	    {SLICE(""), SLICE(""), driver_abort},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(exits) / sizeof(exits[0]); i++) {
		struct smtp_server_opts o = listener();
		struct asker k = {.hold = SMTP_SRV_CLOSE};
		struct driver d;
		start(&d, &o, &k);
		driver_feed(&d, SLICE("HELO k.example\r\nMAIL FROM:<a@x>\r\n"
				      "RCPT TO:<b@y>\r\n"));
		assert_true(d.tx);
		driver_feed(&d, exits[i].at_command);
		driver_feed(&d, exits[i].in_body);
		if (exits[i].event != NULL)
			exits[i].event(&d);
		if (d.tx || d.body_open || d.s.txmem.head != NULL)
			fail_msg("exit %zu", i);
		driver_free(&d);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_small),
	    cmocka_unit_test(test_deadlines),
	    cmocka_unit_test(test_knows),
	    cmocka_unit_test(test_late_verdict),
	    cmocka_unit_test(test_unsound_verdict),
	    cmocka_unit_test(test_every_exit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
