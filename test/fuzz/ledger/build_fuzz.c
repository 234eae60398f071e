/* The input is a script of calls to the builder. Whatever the order and the
 * sizes: the record is well-formed, below its maximum, and while nothing was
 * left out every item comes back as it went in. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/ledger_record.h"

#define T0        1800000000000ull
#define ITEMS_MAX 4096
#define FIELD_MAX 512 /* longer fields are cut */

struct script {
	struct slice in;
	struct record r;
	struct record_item *want; /* items whose form is not the builder's */
	size_t n;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static uint8_t
octet(struct script *s)
{
	uint8_t c = s->in.n > 0 ? s->in.p[0] : 0;
	s->in = slice_from(s->in, 1);
	return c;
}

static struct slice
text(struct script *s)
{
	size_t n = (size_t)octet(s) * (octet(s) % 8 == 0 ? 5 : 1);
	struct slice t = slice_to(s->in, n);
	s->in = slice_from(s->in, n);
	return t;
}

static void
want(struct script *s, struct record_item it)
{
	for (size_t i = 0; i < 7; i++)
		it.s[i] = slice_to(it.s[i], FIELD_MAX);
	if (s->n < ITEMS_MAX)
		s->want[s->n++] = it;
}

static void
do_envelope(struct script *s, unsigned op)
{
	struct slice a = text(s), b = text(s), c = text(s);
	if (op == 0) {
		record_mail(&s->r, a);
		want(s, (struct record_item){.tag = RECORD_TAG_MAIL, .s = {a}});
	} else if (op == 1) {
		record_rcpt(&s->r, a, RECORD_REFUSED, b, c);
		want(s, (struct record_item){.tag = RECORD_TAG_RCPT,
			    .v = {RECORD_REFUSED},
			    .s = {a, b, c}});
	} else {
		record_message(&s->r, a.n, RECORD_ACCEPTED, b.n, c);
		want(s, (struct record_item){.tag = RECORD_TAG_MESSAGE,
			    .v = {a.n, RECORD_ACCEPTED, b.n},
			    .s = {c}});
	}
}

static void
do_event(struct script *s)
{
	struct record_event e = {.unix_ms = T0 + octet(s),
	    .next_try_ms = octet(s),
	    .message = 1u + octet(s),
	    .what = RECORD_HELD,
	    .rcpt = text(s),
	    .cause = text(s),
	    .text = text(s)};
	record_event(&s->r, &e);
	want(s, (struct record_item){.tag = RECORD_TAG_QUEUE_EVENT,
		    .v = {e.unix_ms, e.what, e.message, e.next_try_ms},
		    .s = {e.rcpt, e.cause, e.text}});
}

static void
do_fact(struct script *s, unsigned op)
{
	struct slice a = text(s);
	struct ip ip = {.family = a.n % 2 == 0 ? 4 : 6};
	memcpy(ip.b, a.p, a.n < 4 ? a.n : 4);
	if (op == 4) {
		record_peer(&s->r, &ip, (uint16_t)a.n);
		want(s, (struct record_item){
			    .tag = RECORD_TAG_PEER, .ip = ip, .v = {a.n}});
	} else if (op == 5) {
		record_helo(&s->r, a);
		want(s, (struct record_item){.tag = RECORD_TAG_HELO, .s = {a}});
	} else {
		record_tls(&s->r, a, a, (unsigned)a.n, true);
		want(s, (struct record_item){
			    .tag = RECORD_TAG_TLS, .v = {a.n, 1}, .s = {a, a}});
	}
}

static void
do_passed(struct script *s)
{
	unsigned lookups = octet(s) % 8;
	record_passed(&s->r, lookups);
	want(s, (struct record_item){.tag = RECORD_TAG_PASSED, .v = {lookups}});
}

static void
step(struct script *s)
{
	unsigned op = octet(s) % 10;
	if (op < 3)
		do_envelope(s, op);
	else if (op == 3)
		do_event(s);
	else if (op < 7)
		do_fact(s, op);
	else if (op == 9)
		do_passed(s);
	else
		record_dialogue(&s->r, T0 + octet(s),
		    (enum record_who)(1 + octet(s) % 4), text(s));
}

static bool
same(const struct record_item *a, const struct record_item *b)
{
	bool ok = a->tag == b->tag && ip_eq(&a->ip, &b->ip);
	for (size_t i = 0; i < 4; i++)
		ok = ok && a->v[i] == b->v[i];
	for (size_t i = 0; i < 7; i++)
		ok = ok && slice_eq(a->s[i], b->s[i]);
	return ok;
}

static void
compare(const struct script *s, struct slice bytes)
{
	struct record_head head;
	struct record_reader rd;
	struct record_item it;
	size_t i = 0;
	must(record_open(bytes, &head, &rd) == ERR_OK);
	while (record_next(&rd, &it) == ERR_OK) {
		if (it.tag == RECORD_TAG_DIALOGUE ||
		    it.tag == RECORD_TAG_LEFT_OUT || it.tag == RECORD_TAG_END)
			continue;
		must(i < s->n && same(&it, &s->want[i]));
		i++;
	}
	must(i == s->n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script s = {.in = slice_of(data, size)};
	struct slice bytes;
	s.want = calloc(ITEMS_MAX, sizeof(*s.want));
	must(s.want != NULL);
	record_init(&s.r);
	record_begin(&s.r, octet(&s) % 2 == 0 ? RECORD_IN : RECORD_OUT, 77, T0);
	while (s.in.n > 0 && s.n < ITEMS_MAX)
		step(&s);
	must(record_end(&s.r, T0 + 9, RECORD_CUT, 1, 2, &bytes) == ERR_OK);
	must(bytes.n <= RECORD_MAX);
	must(record_check(bytes) == ERR_OK);
	if (s.r.items_left_out == 0)
		compare(&s, bytes);
	record_free(&s.r);
	free(s.want);
	return 0;
}
