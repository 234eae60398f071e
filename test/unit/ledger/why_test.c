/* The stories of `kurir why`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "samples.h"
#include "store/ledger_why.h"

#define RECORDS 8

struct story {
	struct record r[RECORDS];
	struct slice bytes[RECORDS];
	size_t n;
	struct why *why;
	struct buf text;
};

static struct record *
next(struct story *s)
{
	record_init(&s->r[s->n]);
	return &s->r[s->n];
}

static void
end(struct story *s, uint64_t ms, enum record_verdict verdict)
{
	assert_int_equal(record_end(&s->r[s->n], SAMPLE_T + ms, verdict, 249,
			     1683, &s->bytes[s->n]),
	    ERR_OK);
	s->n++;
}

static void
build(struct story *s, id_t64 id)
{
	why_free(s->why);
	assert_int_equal(why_build(id, s->bytes, s->n, &s->why), ERR_OK);
}

static const char *
text(struct story *s, enum cause_lang lang)
{
	struct why_style style = {lang, sample_zone, "", ""};
	buf_clear(&s->text);
	why_add_text(&s->text, s->why, &style);
	buf_add_byte(&s->text, 0);
	assert_int_equal(buf_err(&s->text), ERR_OK);
	return (const char *)s->text.p;
}

static const char *
json(struct story *s)
{
	buf_clear(&s->text);
	why_add_json(&s->text, s->why, CAUSE_EN);
	buf_add_byte(&s->text, 0);
	assert_int_equal(buf_err(&s->text), ERR_OK);
	return (const char *)s->text.p;
}

static int
setup(void **state)
{
	struct story *s = calloc(1, sizeof(*s));
	buf_init(&s->text, 1 << 20);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct story *s = *state;
	for (size_t i = 0; i < s->n; i++)
		record_free(&s->r[i]);
	why_free(s->why);
	buf_free(&s->text);
	free(s);
	return 0;
}

static void
tell_deferred(struct story *s)
{
	sample_in(next(s));
	end(s, 1100, RECORD_ACCEPTED);
	sample_out(next(s));
	end(s, 2100, RECORD_DEFERRED);
	sample_event(next(s), RECORD_EV_DEFERRED, SAMPLE_T + 303000);
	end(s, 3000, RECORD_ACCEPTED);
}

#define STAMP "Mon 2018-04-23 20:39:0"

static void
test_message(void **state)
{
	struct story *s = *state;
	tell_deferred(s);
	build(s, SAMPLE_MESSAGE);
	assert_true(s->why->message);
	assert_int_equal(s->why->state, WHY_DEFERRED);
	assert_string_equal(text(s, CAUSE_EN),
	    "Message 0000000040034: deferred\n"
	    "  from       <a@mitra.example>\n"
	    "  to         <b@contoh.id>  deferred, next attempt Mon 2018-04-23 "
	    "20:44:03.774\n"
	    "  to         <x@contoh.id>  refused\n"
	    "  size       2048 octets\n"
	    "\nWhat happened\n"
	    "  " STAMP
	    "1.774  received from mail.mitra.example [203.0.113.9]:41823, "
	    "listener mx, TLSv1.3 TLS_AES_256_GCM_SHA384 256 (Session "
	    "0000000040002): accepted\n"
	    "  " STAMP
	    "2.774  attempt at mx.contoh.id [2001:db8::25]:25, route "
	    "mx, no TLS (Session 0000000040003): deferred: 451 4.7.1 come back "
	    "later\n"
	    "  " STAMP "3.774  deferred <b@contoh.id>: 451 4.7.1 come back "
	    "later; next attempt Mon 2018-04-23 20:44:03.774\n"
	    "\nWhy\n"
	    "  recipient.unknown: There is no such mailbox or alias at that "
	    "domain.\n"
	    "    evidence  550 5.1.1 no such mailbox\n"
	    "    evidence  accounts: 12 names\n"
	    "    evidence  aliases: 3 names\n"
	    "    rule      relay /etc/kurir/kurir.conf:2\n"
	    "    done      refused\n"
	    "    cure      If it should exist, add it with \"kurir user add\" "
	    "or to the aliases file.\n"
	    "    sender    Check the address for a typing error and ask the "
	    "recipient; take it off mailing lists.\n"
	    "  remote.greylisted: The other server asks us to come back later, "
	    "as it does with every sender that it does not know "
	    "(greylisting).\n"
	    "    evidence  451 4.7.1 come back later\n"
	    "    cure      Nothing need be done: the message is tried again "
	    "and gets through.\n"
	    "    receiver  A sender known to be good can be exempted from "
	    "greylisting there.\n"
	    "\nWhat happens next\n"
	    "  It is tried again by itself.\n");
}

static void
test_session(void **state)
{
	struct story *s = *state;
	sample_tls(next(s));
	end(s, 17, RECORD_CUT);
	build(s, id_floor(SAMPLE_T) + 1);
	assert_false(s->why->message);
	assert_int_equal(s->why->state, WHY_CUT);
	assert_string_equal(text(s, CAUSE_ID),
	    "Session 0000000040001: terputus\n"
	    "\nYang terjadi\n"
	    "  " STAMP "0.774  diterima dari [203.0.113.9]:41822, listener mx, "
	    "tanpa TLS: terputus\n"
	    "\nPenyebab\n"
	    "  tls.no-common-cipher: Kedua pihak tidak punya cipher yang "
	    "sama.\n"
	    "    bukti     TLS negotiation failed: no common cipher (peer "
	    "offered RC4); cause tls.no-common-cipher\n"
	    "    solusi    Client hanya menawarkan cipher lama, atau tidak ada "
	    "yang cocok dengan jenis key sertifikat. Daftar yang ditawarkan "
	    "ada di catatan; silakan update client-nya.\n"
	    "    pengirim  Pihak penerima harus mengaktifkan cipher modern "
	    "(ECDHE dengan AES-GCM atau ChaCha20).\n"
	    "\nDialog lengkapnya: kurir log --session 0000000040001\n");
}

static void
test_json(void **state)
{
	struct story *s = *state;
	tell_deferred(s);
	build(s, id_floor(SAMPLE_T) + 3);
	assert_string_equal(json(s),
	    "{\"id\": \"0000000040003\", \"kind\": \"session\", \"verdict\": "
	    "\"deferred\", \"from\": \"a@mitra.example\", \"size\": 2048, "
	    "\"causes\": [{\"code\": \"remote.greylisted\", \"text\": \"The "
	    "other server asks us to come back later, as it does with every "
	    "sender that it does not know (greylisting).\", \"evidence\": "
	    "[\"451 4.7.1 come back later\"], \"rule\": null, \"cure\": "
	    "\"Nothing need be done: the message is tried again and gets "
	    "through.\", \"cure_sender\": \"Nothing need be done: the message "
	    "is tried again and gets through.\", \"cure_receiver\": \"A "
	    "sender known to be good can be exempted from greylisting "
	    "there.\", \"config\": null, \"list\": null, \"stage\": null, "
	    "\"verdict\": null}], \"spared\": [], \"recipients\": "
	    "[{\"address\": "
	    "\"b@contoh.id\", "
	    "\"state\": \"deferred\", \"reply\": \"451 4.7.1 come back "
	    "later\", \"next_try\": null}], \"steps\": [{\"time\": "
	    "\"2018-04-23T13:39:02.774Z\", \"what\": \"attempt\", "
	    "\"session\": \"0000000040003\", \"peer\": \"mx.contoh.id "
	    "[2001:db8::25]:25\", \"tls\": null, \"result\": \"deferred\", "
	    "\"recipient\": null, \"text\": null, \"next_try\": null}], "
	    "\"messages\": [\"0000000040034\"]}");
	build(s, SAMPLE_MESSAGE);
	assert_non_null(strstr(json(s),
	    "\"rule\": \"relay (/etc/kurir/kurir.conf:2)\", \"cure\": \"If"));
}

static void
find(struct record *r, const char *verdict, const char *list)
{
	struct record_decision d = {.stage = SLICE("mail"),
	    .rule = SLICE("reverse-lookup.ptr.missing"),
	    .config = SLICE("/etc/kurir/kurir.conf:7"),
	    .list = slice_str(list),
	    .evidence = SLICE("PTR 9.113.0.203.in-addr.arpa: NXDOMAIN"),
	    .verdict = slice_str(verdict),
	    .cause = SLICE("lookup.ptr-missing")};
	record_decision(r, &d);
}

/* A refusal names its rule, the place of it, the DNS, and what both sides can
 * do, with the command for this very client. */
static void
test_refusal(void **state)
{
	struct story *s = *state;
	struct record *r = next(s);
	sample_begin(r, RECORD_IN, 1);
	record_mail(r, SLICE("a@mitra.example"));
	find(r, "note", "");
	find(r, "close", "");
	find(r, "note", ""); /* takes nothing away */
	end(s, 17, RECORD_REFUSED);
	build(s, id_floor(SAMPLE_T) + 1);
	assert_non_null(strstr(text(s, CAUSE_EN),
	    "\nWhy\n"
	    "  lookup.ptr-missing: The client's IP address has no PTR "
	    "record.\n"
	    "    evidence  PTR 9.113.0.203.in-addr.arpa: NXDOMAIN\n"
	    "    rule      reverse-lookup.ptr.missing "
	    "/etc/kurir/kurir.conf:7\n"
	    "    done      refused, and the connection closed\n"
	    "    cure      A real mail server has a PTR. If you know the "
	    "sender, spare it until its owner has mended that: \"kurir exempt "
	    "add ptr 203.0.113.9 --reason WHY --until DATE\".\n"
	    "    sender    Ask the provider of the IP address to set"));
	assert_non_null(
	    strstr(json(s), "\"rule\": \"reverse-lookup.ptr.missing "
			    "(/etc/kurir/kurir.conf:7)\", \"cure\": \"A real"));
	assert_non_null(strstr(json(s), "\"cure_sender\": \"Ask the "));
	assert_non_null(strstr(json(s), "\"cure_receiver\": \"A real "));
	assert_non_null(strstr(json(s),
	    "\"config\": \"/etc/kurir/kurir.conf:7\", \"list\": null, "
	    "\"stage\": \"mail\", \"verdict\": \"close\"}"));
}

/* Who was spared, and by what; and what is switched off says nothing. */
static void
test_spared(void **state)
{
	struct story *s = *state;
	struct record *r = next(s);
	sample_begin(r, RECORD_IN, 1);
	record_mail(r, SLICE("a@mitra.example"));
	find(r, "exempt", "/etc/kurir/ptr.list:3: 203.0.113.9 (old fax)");
	end(s, 17, RECORD_ACCEPTED);
	build(s, id_floor(SAMPLE_T) + 1);
	assert_int_equal(s->why->n_causes, 0);
	assert_non_null(strstr(text(s, CAUSE_EN),
	    "\nWhat it was spared\n"
	    "  reverse-lookup.ptr.missing /etc/kurir/kurir.conf:7\n"
	    "    evidence  PTR 9.113.0.203.in-addr.arpa: NXDOMAIN\n"
	    "    list      /etc/kurir/ptr.list:3: 203.0.113.9 (old fax)\n"
	    "    done      spared by that entry\n"));
	assert_non_null(strstr(json(s),
	    "\"causes\": [], \"spared\": [{\"rule\": "
	    "\"reverse-lookup.ptr.missing\", \"config\": "
	    "\"/etc/kurir/kurir.conf:7\", \"list\": "
	    "\"/etc/kurir/ptr.list:3: 203.0.113.9 (old fax)\", \"verdict\": "
	    "\"exempt\", \"evidence\": [\"PTR "
	    "9.113.0.203.in-addr.arpa: NXDOMAIN\"]}]"));
	record_free(&s->r[--s->n]);
	sample_begin(next(s), RECORD_IN, 1);
	find(r, "off", "");
	end(s, 17, RECORD_ACCEPTED);
	build(s, id_floor(SAMPLE_T) + 1);
	assert_int_equal(s->why->n_causes, 0);
	struct ledger_view v;
	struct slice causes[LEDGER_CAUSES_MAX];
	assert_int_equal(ledger_view_open(s->bytes[0], &v), ERR_OK);
	assert_int_equal(ledger_view_causes(&v, causes), 0);
}

/* Each place of a command is filled in, and nothing else that looks like it. */
static void
test_cures(void **state)
{
	static const struct {
		const char *code, *has;
	} cases[] = {
	    {"lookup.helo-forged", "add helo 203.0.113.9 --reason"},
	    {"lookup.mail-forged", "add mail 203.0.113.9 --reason"},
	    {"lookup.mail-no-mx", "add mail mitra.example --reason"},
	    {"lookup.mail-not-found", "add mail mitra.example --reason"},
	    {"lookup.ptr-mismatch", "add ptr 203.0.113.9 --reason"},
	    {"relay.masquerade", "\"kurir log --ip 203.0.113.9\""},
	    {"device.stopped", "\"kurir log --ip 203.0.113.9\""},
	};
	struct story *s = *state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record *r = next(s);
		sample_begin(r, RECORD_IN, 1);
		record_mail(r, SLICE("a@mitra.example"));
		record_cause(r, slice_str(cases[i].code));
		end(s, 17, RECORD_REFUSED);
		build(s, id_floor(SAMPLE_T) + 1);
		for (enum cause_lang l = CAUSE_EN; l < CAUSE_LANGS; l++) {
			const char *t = text(s, l);
			if (strstr(t, cases[i].has) == NULL)
				fail_msg("%s: %s", cases[i].code, t);
			assert_null(strstr(t, " DOMAIN"));
		}
		record_free(&s->r[--s->n]);
	}
}

/* What each event makes of the message. */
static void
test_states(void **state)
{
	static const struct {
		enum record_what what;
		enum why_state want;
	} cases[] = {
	    {RECORD_QUEUED, WHY_ACCEPTED},
	    {RECORD_EV_DELIVERED, WHY_DELIVERED},
	    {RECORD_EV_DEFERRED, WHY_DEFERRED},
	    {RECORD_EV_FAILED, WHY_FAILED},
	    {RECORD_EXPIRED, WHY_FAILED},
	    {RECORD_BOUNCED, WHY_ACCEPTED},
	    {RECORD_WARNED, WHY_ACCEPTED},
	    {RECORD_HELD, WHY_HELD},
	    {RECORD_RELEASED, WHY_ACCEPTED},
	    {RECORD_RETRIED, WHY_ACCEPTED},
	    {RECORD_DELETED, WHY_DELETED},
	};
	struct story *s = *state;
	assert_int_equal(sizeof(cases) / sizeof(cases[0]), RECORD_WHAT_END - 1);
	sample_in(next(s));
	end(s, 1100, RECORD_ACCEPTED);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sample_event(next(s), cases[i].what, 0);
		end(s, 3000, RECORD_ACCEPTED);
		build(s, SAMPLE_MESSAGE);
		if (s->why->state != cases[i].want)
			fail_msg(
			    "case %zu: %s", i, why_state_name(s->why->state));
		assert_true(strlen(text(s, CAUSE_ID)) > 100);
		assert_true(strlen(text(s, CAUSE_EN)) > 100);
		record_free(&s->r[--s->n]);
	}
}

/* An alias is never tried itself: the message is delivered when what it
 * stands for is. */
static void
test_alias(void **state)
{
	struct story *s = *state;
	struct record_event e = {.unix_ms = SAMPLE_T + 1500,
	    .message = SAMPLE_MESSAGE,
	    .what = RECORD_EV_DELIVERED,
	    .rcpt = SLICE("real@contoh.id")};
	sample_in(next(s));
	end(s, 1100, RECORD_ACCEPTED);
	sample_begin(next(s), RECORD_EVENTS, 4);
	record_event(&s->r[s->n], &e);
	end(s, 3000, RECORD_ACCEPTED);
	build(s, SAMPLE_MESSAGE);
	assert_int_equal(s->why->state, WHY_DELIVERED);
}

/* What is refused as a whole is refused to each of its recipients. */
static void
test_refused_whole(void **state)
{
	static const struct {
		enum record_verdict verdict;
		enum why_state want;
	} cases[] = {{RECORD_REFUSED, WHY_REFUSED}, {RECORD_CUT, WHY_CUT},
	    {RECORD_ACCEPTED, WHY_ACCEPTED}};
	struct story *s = *state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record *r = next(s);
		sample_begin(r, RECORD_IN, 2);
		record_mail(r, SLICE("a@mitra.example"));
		record_rcpt(r, SLICE("b@contoh.id"), RECORD_ACCEPTED,
		    SLICE_EMPTY, SLICE_EMPTY);
		record_rcpt(r, SLICE("x@contoh.id"), RECORD_REFUSED,
		    SLICE("recipient.unknown"), SLICE("550 5.1.1 no"));
		record_message(r, SAMPLE_MESSAGE, cases[i].verdict, 1,
		    SLICE("limit.size"));
		end(s, 1100, RECORD_ACCEPTED);
		build(s, SAMPLE_MESSAGE);
		assert_int_equal(s->why->rcpts[0].state, cases[i].want);
		assert_int_equal(s->why->rcpts[1].state, WHY_REFUSED);
		assert_int_equal(s->why->state, cases[i].want);
		build(s, id_floor(SAMPLE_T) + 2);
		assert_int_equal(s->why->rcpts[0].state, cases[i].want);
		record_free(&s->r[--s->n]);
	}
}

/* What was recorded late is told where it belongs; a connection older than the
 * message not before it came. */
static void
test_order(void **state)
{
	struct story *s = *state;
	sample_event(next(s), RECORD_EV_DEFERRED, SAMPLE_T + 303000);
	end(s, 3000, RECORD_ACCEPTED);
	sample_out(next(s));
	end(s, 2100, RECORD_DEFERRED);
	sample_in(next(s));
	end(s, 1100, RECORD_ACCEPTED);
	struct record *r = next(s);
	sample_begin(r, RECORD_OUT, 1);
	record_mail(r, SLICE("a@mitra.example"));
	record_message(r, SAMPLE_MESSAGE, RECORD_DEFERRED, 2048, SLICE_EMPTY);
	end(s, 4000, RECORD_DEFERRED);
	build(s, SAMPLE_MESSAGE);
	static const enum why_step_kind kinds[] = {
	    WHY_STEP_IN, WHY_STEP_OUT, WHY_STEP_OUT, WHY_STEP_EVENT};
	assert_int_equal(s->why->n_steps, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(s->why->steps[i].kind, kinds[i]);
	assert_true(s->why->steps[1].at_ms < s->why->steps[0].at_ms);
}

/* A decision that says no more than its rule: the line before it says it. */
static void
test_decision_without_evidence(void **state)
{
	struct story *s = *state;
	struct record_decision d = {.stage = SLICE("tls"),
	    .rule = SLICE("outbound tls may"),
	    .verdict = SLICE("plain text"),
	    .cause = SLICE("tls.refused")};
	struct record *r = next(s);
	sample_begin(r, RECORD_OUT, 3);
	record_dialogue(r, SAMPLE_T + 2003, RECORD_PEER,
	    SLICE("454 4.7.0 TLS not available"));
	record_decision(r, &d);
	record_dialogue(r, SAMPLE_T + 2004, RECORD_US, SLICE("QUIT"));
	end(s, 2100, RECORD_DELIVERED);
	build(s, id_floor(SAMPLE_T) + 3);
	assert_int_equal(s->why->n_causes, 1);
	const struct why_cause *c = &s->why->causes[0];
	assert_int_equal(c->n_evidence, 1);
	assert_true(
	    slice_eq(c->evidence[0], SLICE("454 4.7.0 TLS not available")));
}

/* A full disk and a full mailbox are ours, unless another server says so. */
static void
test_whose_house(void **state)
{
	static const struct {
		const char *code, *text;
		enum cause_side side;
	} cases[] = {
	    {"local.disk-full", "write /m/budi: No space left on device",
		CAUSE_RECEIVING},
	    {"local.disk-full", "452 4.3.1 Insufficient system storage",
		CAUSE_SENDING},
	    {"local.io-error", "4.3.0 out of memory", CAUSE_RECEIVING},
	    {"mailbox.full", "write /m/budi: Disk quota exceeded",
		CAUSE_RECEIVING},
	    {"mailbox.full", "552-5.2.2 full", CAUSE_SENDING},
	    {"mailbox.full", "552", CAUSE_SENDING},
	    {"mailbox.full", "", CAUSE_RECEIVING},
	    {"queue.body-damaged", "the body is not what was stored",
		CAUSE_RECEIVING},
	    {"net.timeout", "no answer", CAUSE_SENDING},
	};
	struct story *s = *state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record_event e = {.unix_ms = SAMPLE_T + 1500,
		    .message = SAMPLE_MESSAGE,
		    .what = RECORD_EV_DEFERRED,
		    .rcpt = SLICE("b@contoh.id"),
		    .cause = slice_str(cases[i].code),
		    .text = slice_str(cases[i].text)};
		sample_begin(next(s), RECORD_EVENTS, 4);
		record_event(&s->r[s->n], &e);
		end(s, 3000, RECORD_ACCEPTED);
		build(s, SAMPLE_MESSAGE);
		assert_int_equal(s->why->n_causes, 1);
		if (s->why->causes[0].side != cases[i].side)
			fail_msg("%s: %s", cases[i].code, cases[i].text);
		record_free(&s->r[--s->n]);
	}
}

/* Causes of another message of the same session are not this one's. */
static void
test_other_messages_causes(void **state)
{
	struct story *s = *state;
	struct record *r = next(s);
	sample_begin(r, RECORD_IN, 2);
	record_cause(r, SLICE("lookup.ptr-missing"));
	for (id_t64 id = 1; id <= 2; id++) {
		record_mail(r, SLICE("a@mitra.example"));
		record_rcpt(r, SLICE("b@contoh.id"), RECORD_ACCEPTED,
		    SLICE_EMPTY, SLICE_EMPTY);
		if (id == 1)
			record_cause(r, SLICE("lookup.mail-no-mx"));
		record_message(r, id, RECORD_ACCEPTED, 1, SLICE_EMPTY);
	}
	end(s, 1100, RECORD_ACCEPTED);
	build(s, 2);
	assert_int_equal(s->why->n_causes, 1);
	assert_true(
	    slice_eq(s->why->causes[0].code, SLICE("lookup.ptr-missing")));
	build(s, 1);
	assert_int_equal(s->why->n_causes, 2);
	build(s, id_floor(SAMPLE_T) + 2);
	assert_int_equal(s->why->n_causes, 2);
}

static void
test_nothing(void **state)
{
	struct story *s = *state;
	struct why *w;
	tell_deferred(s);
	assert_int_equal(why_build(77, s->bytes, s->n, &w), ERR_NOT_FOUND);
	assert_int_equal(
	    why_build(SAMPLE_MESSAGE, s->bytes, 0, &w), ERR_NOT_FOUND);
	s->bytes[0] = SLICE("rubbish");
	build(s, SAMPLE_MESSAGE);
	assert_int_equal(s->why->n_steps, 2);
}

int
main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_message),
	    T(test_session),
	    T(test_json),
	    T(test_refusal),
	    T(test_spared),
	    T(test_cures),
	    T(test_states),
	    T(test_alias),
	    T(test_refused_whole),
	    T(test_whose_house),
	    T(test_order),
	    T(test_decision_without_evidence),
	    T(test_other_messages_causes),
	    T(test_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
