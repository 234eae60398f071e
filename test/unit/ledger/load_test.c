#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "store/ledger_load.h"

#define HOUR  3600000ull
#define BEGIN (1767225600000ull) /* 2026-01-01 */

static const uint64_t seed[2] = {1, 2};

static bool
ours(void *arg, struct slice domain)
{
	(void)arg;
	return slice_eq_nocase(domain, SLICE("contoh.id"));
}

static void
begin(struct load *l)
{
	assert_int_equal(load_init(l, seed, BEGIN, 3, ours, NULL), ERR_OK);
}

static void
finish(struct load *l, struct record *r, uint64_t ms)
{
	struct slice bytes;
	assert_int_equal(
	    record_end(r, ms, RECORD_ACCEPTED, 0, 0, &bytes), ERR_OK);
	load_take(l, bytes);
	record_free(r);
}

static void
open_session(struct record *r, uint64_t ms, const char *user, const char *ip)
{
	struct ip peer;
	assert_int_equal(ip_parse(slice_str(ip), &peer), ERR_OK);
	record_init(r);
	record_begin(r, RECORD_IN, 1, ms);
	record_peer(r, &peer, 1);
	record_listener(r, SLICE("submission"));
	if (user[0] != '\0')
		record_user(r, slice_str(user));
}

static void
rcpt(struct record *r, const char *to, enum record_verdict v)
{
	record_rcpt(r, slice_str(to), v, SLICE_EMPTY, SLICE_EMPTY);
}

/* One message to one address elsewhere. */
static void
one(struct load *l, uint64_t ms, const char *user, const char *ip)
{
	struct record r;
	open_session(&r, ms, user, ip);
	record_mail(&r, SLICE("siti@contoh.id"));
	rcpt(&r, "a@mitra.example", RECORD_ACCEPTED);
	record_message(&r, 7, RECORD_ACCEPTED, 1, SLICE_EMPTY);
	finish(l, &r, ms);
}

static void
test_what_is_taken(void **state)
{
	(void)state;
	struct load l;
	struct record r;
	begin(&l);
	open_session(&r, BEGIN + HOUR, "siti", "192.0.2.1");
	record_mail(&r, SLICE("siti@contoh.id"));
	rcpt(&r, "a@mitra.example", RECORD_ACCEPTED);
	rcpt(&r, "\"x@y\"@MITRA.example", RECORD_ACCEPTED);
	rcpt(&r, "budi@Contoh.ID", RECORD_ACCEPTED);
	rcpt(&r, "postmaster", RECORD_ACCEPTED);
	rcpt(&r, "b@mitra.example", RECORD_REFUSED);
	record_message(&r, 7, RECORD_ACCEPTED, 1, SLICE_EMPTY);
	/* Refused at its end, broken off, and to people here alone. */
	record_mail(&r, SLICE("siti@contoh.id"));
	rcpt(&r, "c@mitra.example", RECORD_ACCEPTED);
	record_message(&r, 0, RECORD_REFUSED, 1, SLICE_EMPTY);
	rcpt(&r, "e@mitra.example", RECORD_ACCEPTED);
	record_mail(&r, SLICE("siti@contoh.id"));
	rcpt(&r, "d@mitra.example", RECORD_ACCEPTED);
	record_message(&r, 0, RECORD_ACCEPTED, 1, SLICE_EMPTY);
	record_mail(&r, SLICE("siti@contoh.id"));
	rcpt(&r, "f@mitra.example", RECORD_ACCEPTED);
	record_mail(&r, SLICE("lain@contoh.id"));
	rcpt(&r, "budi@contoh.id", RECORD_ACCEPTED);
	record_message(&r, 8, RECORD_ACCEPTED, 1, SLICE_EMPTY);
	record_message(&r, 8, RECORD_ACCEPTED, 1, SLICE_EMPTY);
	finish(&l, &r, BEGIN + HOUR + 5);
	assert_int_equal(l.hour[1].messages, 1);
	assert_int_equal(l.hour[1].recipients, 2);
	assert_int_equal(l.hour[1].added, 5);
	assert_int_equal(l.source_n, 1);
	assert_true(slice_eq(l.source[0].user, SLICE("siti")));
	assert_int_equal(l.source[0].total, 2);
	assert_int_equal(l.source[0].recipients[1], 2);
	assert_int_equal(l.source[0].messages, 1);
	assert_string_equal(l.source[0].from, "lain@contoh.id");
	assert_string_equal(l.source[0].listener, "submission");
	one(&l, BEGIN + HOUR, "siti", "192.0.2.1");
	assert_int_equal(l.hour[1].messages, 2);
	assert_int_equal(l.hour[1].recipients, 3);
	assert_int_equal(l.hour[1].added, 6);
	assert_int_equal(l.source[0].messages, 2);
	load_free(&l);
}

static void
test_hours(void **state)
{
	(void)state;
	static const struct {
		uint64_t ms;
		int hour; /* -1: none */
	} v[] = {{BEGIN - 1, -1}, {BEGIN, 0}, {BEGIN + HOUR - 1, 0},
	    {BEGIN + HOUR, 1}, {BEGIN + 3 * HOUR - 1, 2},
	    {BEGIN + 3 * HOUR, -1}, {1, -1}, {UINT64_MAX / 2, -1}};
	for (size_t i = 0; i < sizeof(v) / sizeof(*v); i++) {
		struct load l;
		begin(&l);
		one(&l, v[i].ms, "", "2001:db8::1");
		for (int h = 0; h < 3; h++)
			assert_int_equal(l.hour[h].recipients, h == v[i].hour);
		assert_int_equal(l.source_n, v[i].hour >= 0);
		load_free(&l);
	}
}

static void
event(struct record *r, uint64_t ms, enum record_what what, const char *to,
    const char *cause, const char *text)
{
	const struct record_event e = {.unix_ms = ms,
	    .message = 7,
	    .what = what,
	    .rcpt = slice_str(to),
	    .cause = slice_str(cause),
	    .text = slice_str(text)};
	record_event(r, &e);
}

static void
test_what_became_of_it(void **state)
{
	(void)state;
	struct load l;
	struct record r;
	char bounce[ID_TEXT_LEN + 1];
	begin(&l);
	record_init(&r);
	record_begin(&r, RECORD_OUT, 1, BEGIN);
	record_mail(&r, SLICE("siti@contoh.id"));
	rcpt(&r, "a@mitra.example", RECORD_DELIVERED);
	rcpt(&r, "budi@contoh.id", RECORD_DELIVERED); /* LMTP */
	rcpt(&r, "siti@contoh.id", RECORD_DELIVERED);
	rcpt(&r, "b@mitra.example", RECORD_FAILED);
	rcpt(&r, "c@mitra.example", RECORD_DEFERRED);
	finish(&l, &r, BEGIN);
	id_text(9, bounce);
	record_init(&r);
	record_begin(&r, RECORD_EVENTS, 1, BEGIN);
	event(&r, BEGIN, RECORD_EV_FAILED, "b@mitra.example",
	    "remote.blocklisted", "554 no");
	event(&r, BEGIN, RECORD_EV_DEFERRED, "c@mitra.example",
	    "remote.rate-limited", "450 later");
	event(&r, BEGIN, RECORD_EV_DELIVERED, "budi@contoh.id", "", "");
	event(
	    &r, BEGIN, RECORD_EV_FAILED, "penuh@contoh.id", "mailbox.full", "");
	event(
	    &r, BEGIN, RECORD_EXPIRED, "d@mitra.example", "queue.expired", "");
	event(
	    &r, BEGIN, RECORD_EV_FAILED, "d@mitra.example", "net.timeout", "");
	event(&r, BEGIN, RECORD_BOUNCED, "siti@contoh.id", "", bounce);
	event(&r, BEGIN, RECORD_BOUNCED, "joko@contoh.id", "", bounce);
	event(&r, BEGIN, RECORD_BOUNCED, "", "", "it cannot be sent");
	event(&r, BEGIN + HOUR, RECORD_EV_FAILED, "e@mitra.example",
	    "remote.5xx", "");
	event(&r, BEGIN - 1, RECORD_EV_FAILED, "f@mitra.example", "remote.5xx",
	    "");
	finish(&l, &r, BEGIN);
	const struct load_hour *h = &l.hour[0];
	assert_int_equal(h->delivered, 1);
	assert_int_equal(h->refused, 2);
	assert_int_equal(h->expired, 1);
	assert_int_equal(h->deferred, 1);
	assert_int_equal(h->blocklisted, 1);
	assert_int_equal(h->rate_limited, 1);
	assert_int_equal(h->finished, 3 + 1 + 3);
	assert_int_equal(h->added, 2);
	assert_int_equal(h->recipients, 0);
	assert_int_equal(l.hour[1].refused, 1);
	assert_int_equal(l.source_n, 0);
	load_free(&l);
}

static void
test_sources(void **state)
{
	(void)state;
	struct load l, day;
	begin(&l);
	one(&l, BEGIN, "siti", "192.0.2.1");
	one(&l, BEGIN, "siti", "192.0.2.2");
	one(&l, BEGIN + HOUR, "siti", "2001:db8::1");
	one(&l, BEGIN, "", "192.0.2.1");
	one(&l, BEGIN, "", "192.0.2.1");
	one(&l, BEGIN, "budi", "192.0.2.1");
	assert_int_equal(l.source_n, 3);
	load_sort(&l);
	assert_true(slice_eq(l.source[0].user, SLICE("siti")));
	assert_int_equal(l.source[0].total, 3);
	assert_int_equal(l.source[0].recipients[0], 2);
	assert_int_equal(l.source[1].user.n, 0);
	assert_int_equal(l.source[1].total, 2);
	assert_true(slice_eq(l.source[2].user, SLICE("budi")));
	/* The first two of these, on another day, and nobody else. */
	begin(&day);
	assert_int_equal(load_watch(&day, l.source, 2), ERR_OK);
	one(&day, BEGIN, "budi", "192.0.2.1");
	one(&day, BEGIN, "", "192.0.2.1");
	one(&day, BEGIN + 2 * HOUR, "siti", "192.0.2.77");
	assert_int_equal(day.source_n, 2);
	assert_int_equal(day.source[0].recipients[2], 1);
	assert_int_equal(day.source[0].total, 1);
	assert_int_equal(day.source[1].total, 1);
	assert_int_equal(day.nobody, 1);
	assert_int_equal(day.hour[0].recipients, 2);
	load_free(&day);
	load_free(&l);
}

static void
test_more_than_there_is_room_for(void **state)
{
	(void)state;
	struct load l;
	char user[32], ip[32];
	begin(&l);
	for (unsigned i = 0; i < LOAD_SOURCES_MAX + 10; i++) {
		snprintf(user, sizeof(user), "u%u", i);
		snprintf(ip, sizeof(ip), "10.0.%u.%u", i / 256, i % 256);
		one(&l, BEGIN, i % 2 != 0 ? user : "", ip);
	}
	one(&l, BEGIN, "u1", "192.0.2.1"); /* it has its place */
	assert_int_equal(l.source_n, LOAD_SOURCES_MAX);
	assert_int_equal(l.nobody, 10);
	assert_int_equal(l.hour[0].recipients, LOAD_SOURCES_MAX + 11);
	load_sort(&l);
	assert_true(slice_eq(l.source[0].user, SLICE("u1")));
	load_free(&l);
}

static void
test_long_names(void **state)
{
	(void)state;
	struct load l;
	struct record r;
	char name[300], from[257];
	memset(name, 'u', sizeof(name));
	memset(from, 'f', sizeof(from));
	name[sizeof(name) - 1] = from[sizeof(from) - 1] = '\0';
	begin(&l);
	open_session(&r, BEGIN, name, "192.0.2.1");
	record_mail(&r, slice_str(from));
	rcpt(&r, "a@mitra.example", RECORD_ACCEPTED);
	record_message(&r, 7, RECORD_ACCEPTED, 1, SLICE_EMPTY);
	finish(&l, &r, BEGIN);
	assert_int_equal(l.source[0].user.n, LOAD_NAME_MAX);
	/* A part of an address is another address. */
	assert_string_equal(l.source[0].from, "");
	assert_int_equal(l.source[0].recipients[0], 1);
	load_take(&l, SLICE("K\1"));
	load_take(&l, SLICE_EMPTY);
	assert_int_equal(l.hour[0].recipients, 1);
	load_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_is_taken),
	    cmocka_unit_test(test_hours),
	    cmocka_unit_test(test_what_became_of_it),
	    cmocka_unit_test(test_sources),
	    cmocka_unit_test(test_more_than_there_is_room_for),
	    cmocka_unit_test(test_long_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
