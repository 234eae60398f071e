/* Golden shapes of `kurir log`, and the pieces they are made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "samples.h"
#include "store/ledger_view.h"

typedef void (*shape_fn)(
    struct buf *b, const struct ledger_view *v, ledger_zone zone);

static void
shape_json(struct buf *b, const struct ledger_view *v, ledger_zone zone)
{
	(void)zone;
	ledger_add_json(b, v);
}

static void
check(struct record *r, uint64_t ms, enum record_verdict verdict, shape_fn fn,
    const char *want)
{
	struct slice bytes;
	struct ledger_view v;
	struct buf b;
	assert_int_equal(
	    record_end(r, SAMPLE_T + ms, verdict, 249, 1683, &bytes), ERR_OK);
	assert_int_equal(ledger_view_open(bytes, &v), ERR_OK);
	buf_init(&b, 1 << 20);
	fn(&b, &v, sample_zone);
	buf_add_byte(&b, 0);
	assert_int_equal(buf_err(&b), ERR_OK);
	assert_string_equal((const char *)b.p, want);
	buf_free(&b);
}

#define STAMP "Mon 2018-04-23 20:39:0"

static void
test_dialogue(void **state)
{
	(void)state;
	struct record r;
	record_init(&r);
	sample_tls(&r);
	check(&r, 17, RECORD_CUT, ledger_add_dialogue,
	    STAMP
	    "0.774: [0000000040001] Accepting SMTP connection from "
	    "[203.0.113.9:41822] to [192.0.2.1:25]\n" STAMP
	    "0.774: [0000000040001] --> 220 mail.contoh.id ESMTP kurir\n" STAMP
	    "0.778: [0000000040001] <-- STARTTLS\n" STAMP
	    "0.790: [0000000040001] *  TLS negotiation failed: no common "
	    "cipher (peer offered RC4); cause tls.no-common-cipher\n" STAMP
	    "0.791: [0000000040001] SMTP session terminated (Bytes "
	    "in/out: 249/1683)\n");
	sample_in(&r);
	check(&r, 1100, RECORD_ACCEPTED, ledger_add_dialogue,
	    STAMP "1.776: [0000000040002] <-- \\x1b[31mEHLO\\x07 "
		  "caf\xc3\xa9\\xff\\xc2\\x9b\n" STAMP
		  "1.874: [0000000040002] SMTP session successful (Bytes "
		  "in/out: 249/1683)\n");
	record_free(&r);
}

static void
test_dialogue_left_out(void **state)
{
	(void)state;
	struct record r;
	struct slice bytes;
	struct ledger_view v;
	struct buf b;
	record_init(&r);
	sample_begin(&r, RECORD_IN, 1);
	for (int i = 0; i < 2000; i++)
		record_dialogue(&r, SAMPLE_T, RECORD_PEER,
		    SLICE("RCPT TO:<someone@contoh.id>"));
	assert_int_equal(
	    record_end(&r, SAMPLE_T, RECORD_REFUSED, 1, 1, &bytes), ERR_OK);
	assert_int_equal(ledger_view_open(bytes, &v), ERR_OK);
	buf_init(&b, 1 << 20);
	ledger_add_dialogue(&b, &v, sample_zone);
	buf_add_byte(&b, 0);
	assert_non_null(strstr((const char *)b.p,
	    "] *  \xe2\x80\xa6 976 lines left out\n" STAMP
	    "0.774: [0000000040001] SMTP session terminated"));
	buf_free(&b);
	record_free(&r);
}

static void
test_summary(void **state)
{
	(void)state;
	struct record r;
	record_init(&r);
	sample_tls(&r);
	check(&r, 17, RECORD_CUT, ledger_add_summary,
	    STAMP "0.774 0000000040001 in  cut       -        "
		  "[203.0.113.9]:41822                      -  "
		  "tls.no-common-cipher\n");
	sample_in(&r);
	check(&r, 1100, RECORD_ACCEPTED, ledger_add_summary,
	    STAMP "1.774 0000000040002 in  accepted  TLSv1.3  "
		  "mail.mitra.example [203.0.113.9]:41823   "
		  "<a@mitra.example> -> <b@contoh.id> +1  recipient.unknown\n");
	sample_out(&r);
	check(&r, 2100, RECORD_DEFERRED, ledger_add_summary,
	    STAMP "2.774 0000000040003 out deferred  -        "
		  "mx.contoh.id [2001:db8::25]:25           "
		  "<a@mitra.example> -> <b@contoh.id>  remote.greylisted\n");
	record_free(&r);
}

static void
test_json(void **state)
{
	(void)state;
	struct record r;
	record_init(&r);
	sample_tls(&r);
	check(&r, 17, RECORD_CUT, shape_json,
	    "{\"id\": \"0000000040001\", \"direction\": \"in\", \"time\": "
	    "\"2018-04-23T13:39:00.774Z\", \"duration_ms\": 17, \"peer\": "
	    "{\"ip\": \"203.0.113.9\", \"port\": 41822, \"host\": null, "
	    "\"ptr\": null, \"helo\": null}, \"listener\": \"mx\", \"from\": "
	    "null, \"to\": [], \"recipients\": [], \"user\": null, \"tls\": "
	    "null, \"verdict\": \"cut\", \"causes\": "
	    "[\"tls.no-common-cipher\"], \"message\": null, \"messages\": [], "
	    "\"bytes_in\": 249, \"bytes_out\": 1683, \"decisions\": [], "
	    "\"dialogue\": [{\"ms\": 0, \"who\": \"event\", \"text\": "
	    "\"Accepting SMTP connection from [203.0.113.9:41822] to "
	    "[192.0.2.1:25]\"}, {\"ms\": 0, \"who\": \"us\", \"text\": \"220 "
	    "mail.contoh.id ESMTP kurir\"}, {\"ms\": 4, \"who\": \"peer\", "
	    "\"text\": \"STARTTLS\"}, {\"ms\": 16, \"who\": \"note\", "
	    "\"text\": \"TLS negotiation failed: no common cipher (peer "
	    "offered RC4); cause tls.no-common-cipher\"}], "
	    "\"dialogue_left_out\": 0}");
	sample_in(&r);
	check(&r, 1100, RECORD_ACCEPTED, shape_json,
	    "{\"id\": \"0000000040002\", \"direction\": \"in\", \"time\": "
	    "\"2018-04-23T13:39:01.774Z\", \"duration_ms\": 100, \"peer\": "
	    "{\"ip\": \"203.0.113.9\", \"port\": 41823, \"host\": null, "
	    "\"ptr\": \"mail.mitra.example\", \"helo\": "
	    "\"mail.mitra.example\"}, \"listener\": \"mx\", \"from\": "
	    "\"a@mitra.example\", \"to\": [\"b@contoh.id\", "
	    "\"x@contoh.id\"], \"recipients\": [{\"address\": "
	    "\"b@contoh.id\", \"verdict\": \"accepted\", \"cause\": null, "
	    "\"reply\": null}, {\"address\": \"x@contoh.id\", \"verdict\": "
	    "\"refused\", \"cause\": \"recipient.unknown\", \"reply\": \"550 "
	    "5.1.1 no such mailbox\"}], \"user\": null, \"tls\": "
	    "{\"version\": \"TLSv1.3\", \"cipher\": "
	    "\"TLS_AES_256_GCM_SHA384\", \"bits\": 256, \"verified\": true}, "
	    "\"verdict\": \"accepted\", \"causes\": [\"recipient.unknown\"], "
	    "\"message\": \"0000000040034\", \"messages\": "
	    "[\"0000000040034\"], \"bytes_in\": 249, \"bytes_out\": 1683, "
	    "\"decisions\": [{\"stage\": \"rcpt\", \"rule\": \"relay\", "
	    "\"config\": \"/etc/kurir/kurir.conf:2\", \"list\": null, "
	    "\"evidence\": [\"accounts: 12 names\", \"aliases: 3 names\"], "
	    "\"verdict\": \"reject\", \"cause\": \"recipient.unknown\"}], "
	    "\"dialogue\": [{\"ms\": 2, \"who\": \"peer\", \"text\": "
	    "\"\\u001b[31mEHLO\\u0007 caf\xc3\xa9\xef\xbf\xbd\\u009b\"}], "
	    "\"dialogue_left_out\": 0}");
	record_free(&r);
}

/* Recipients of many messages stand once in "to"; each message has its id. */
static void
test_many_messages(void **state)
{
	(void)state;
	struct record r;
	struct slice bytes;
	struct ledger_view v;
	struct buf b;
	record_init(&r);
	sample_begin(&r, RECORD_IN, 1);
	for (id_t64 id = 1; id <= 3; id++) {
		record_mail(&r, SLICE(""));
		record_rcpt(&r, id == 3 ? SLICE("c@x") : SLICE("b@x"),
		    RECORD_ACCEPTED, SLICE_EMPTY, SLICE_EMPTY);
		record_message(&r, id, RECORD_ACCEPTED, 10, SLICE_EMPTY);
	}
	assert_int_equal(
	    record_end(&r, SAMPLE_T, RECORD_ACCEPTED, 0, 0, &bytes), ERR_OK);
	assert_int_equal(ledger_view_open(bytes, &v), ERR_OK);
	assert_true(v.goes_on);
	buf_init(&b, 1 << 20);
	ledger_add_json(&b, &v);
	buf_add_byte(&b, 0);
	const char *text = (const char *)b.p;
	assert_non_null(strstr(text, "\"from\": \"\", \"to\": [\"b@x\", "
				     "\"c@x\"]"));
	assert_non_null(strstr(text,
	    "\"message\": \"0000000000001\", \"messages\": "
	    "[\"0000000000001\", \"0000000000002\", \"0000000000003\"]"));
	buf_free(&b);
	record_free(&r);
}

/* An unfinished transaction does not swallow the next one. */
static void
test_transactions(void **state)
{
	(void)state;
	struct record r;
	struct slice bytes;
	struct ledger_view v;
	struct ledger_tx tx;
	struct record_item it;
	record_init(&r);
	sample_begin(&r, RECORD_IN, 1);
	record_mail(&r, SLICE("one"));
	record_rcpt(&r, SLICE("to1"), RECORD_REFUSED, SLICE_EMPTY, SLICE_EMPTY);
	record_mail(&r, SLICE("two"));
	record_rcpt(
	    &r, SLICE("to2"), RECORD_ACCEPTED, SLICE_EMPTY, SLICE_EMPTY);
	record_message(&r, 9, RECORD_ACCEPTED, 1, SLICE_EMPTY);
	assert_int_equal(
	    record_end(&r, SAMPLE_T, RECORD_ACCEPTED, 1, 1, &bytes), ERR_OK);
	assert_int_equal(ledger_view_open(bytes, &v), ERR_OK);
	struct record_reader rd = ledger_view_items(&v);
	assert_true(ledger_tx_next(&rd, &tx));
	assert_true(slice_eq(tx.from, SLICE("one")));
	assert_int_equal(tx.message, 0);
	assert_true(ledger_tx_item(&tx, &it));
	assert_true(slice_eq(it.s[0], SLICE("to1")));
	assert_false(ledger_tx_item(&tx, &it));
	assert_true(ledger_tx_next(&rd, &tx));
	assert_true(slice_eq(tx.from, SLICE("two")));
	assert_int_equal(tx.message, 9);
	assert_false(ledger_tx_next(&rd, &tx));
	record_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_dialogue),
	    cmocka_unit_test(test_dialogue_left_out),
	    cmocka_unit_test(test_summary),
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_many_messages),
	    cmocka_unit_test(test_transactions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
