/* Reverse lookups: whatever a client calls itself and whatever DNS says, in
 * whatever order and however late, a lookup ends within two rounds and its
 * bound of questions, with the same findings, and a fault of DNS is never held
 * against the client. What is told of it is printable. */
#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "policy/reverse.h"
#include "proto/dns/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RECORDS_MAX 64
#define PATIENT     1000
#define AGAINST                                                                \
	(REVERSE_PTR_MISSING | REVERSE_PTR_MISMATCH | REVERSE_NOT_FOUND |      \
	    REVERSE_NO_MX | REVERSE_FORGED)

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static uint8_t
take(struct slice *in)
{
	uint8_t c = in->n > 0 ? in->p[0] : 0;
	*in = slice_from(*in, 1);
	return c;
}

/* The world that a lookup meets: client, name, and all answers as a function
 * of the question. */
struct world {
	enum reverse_kind kind;
	struct ip client;
	struct slice name;
	struct slice dns;
	struct slice order;
};

static struct slice
at(const struct world *w, const struct reverse_question *q)
{
	uint32_t h = q->type;
	for (size_t i = 0; i < q->name.n; i++)
		h = h * 31 + ascii_lower(q->name.p[i]);
	/* The first question of a lookup reads from the front. */
	if (q->type == DNS_PTR || q->type == DNS_MX || w->dns.n == 0)
		return w->dns;
	return slice_from(w->dns, h % w->dns.n);
}

static void
add_name(struct buf *records, uint16_t type, uint8_t which, uint8_t preference)
{
	static const char *const names[] = {"a.example", "B.example", ".",
	    "mail.contoh.id", "192.0.2.1", "x_y.example", "a\\032b", "\\000.c"};
	struct dns_name name;
	uint8_t rdata[2 + DNS_NAME_MAX] = {0, preference};
	size_t n = type == DNS_MX ? 2 : 0;
	check(dns_name_parse(slice_str(names[which % 8]), &name) == ERR_OK);
	if (which >= 128 && name.n > 2)
		name.wire[1] = which; /* one more name, or an odd one */
	memcpy(rdata + n, name.wire, name.n);
	pack_add(records, slice_of(rdata, n + name.n));
}

static void
add_record(
    struct buf *records, const struct world *w, uint16_t type, struct slice *in)
{
	uint8_t what = take(in);
	if (what % 4 == 0) {
		size_t n = take(in) % 40;
		pack_add(records, slice_to(*in, n));
		*in = slice_from(*in, n);
	} else if (type == DNS_PTR || type == DNS_MX) {
		uint8_t which = take(in);
		add_name(records, type, which, take(in));
	} else {
		struct ip ip = w->client;
		ip.b[3] ^= what % 4 == 1 ? 0 : what;
		pack_add(records, slice_of(ip.b, ip.family == 4 ? 4 : 16));
	}
}

/* The answer to q; what it is made of is kept in records. */
static struct reverse_answer
answer_to(const struct world *w, const struct reverse_question *q,
    struct buf *records)
{
	struct slice in = at(w, q);
	struct reverse_answer a = {
	    .status = (enum reverse_dns)(take(&in) % 12), .ttl = take(&in)};
	if (a.status > REVERSE_DNS_BOGUS)
		a.status = REVERSE_DNS_OK;
	buf_clear(records);
	for (size_t n = take(&in) % RECORDS_MAX; n > 0; n--)
		add_record(records, w, q->type, &in);
	a.records = buf_slice(records);
	if (in.n % 7 == 0)
		a.records = slice_from(a.records, 1); /* damaged */
	a.text = slice_to(in, 100);
	return a;
}

/* What a run came to, and the faults that were met on the way. */
struct run {
	unsigned rounds, questions;
	bool fault; /* of a question that could have led to a pass */
	bool fault_other;
};

struct pending {
	unsigned slot;
	struct reverse_question q;
};

static void
note_fault(const struct world *w, const struct pending *p,
    const struct reverse_answer *a, struct run *run)
{
	uint16_t other = w->client.family == 4 ? DNS_AAAA : DNS_A;
	if (a->status < REVERSE_DNS_TEMPFAIL)
		return;
	if (p->q.type == other)
		run->fault_other = true;
	else
		run->fault = true;
}

/* Questions that r has now; false: it is waiting. */
static size_t
collect(struct reverse *r, struct pending *out, size_t n, struct run *run)
{
	size_t before = n;
	while (reverse_next(r, &out[n].slot, &out[n].q)) {
		check(++run->questions <= REVERSE_QUESTIONS_MAX);
		check(out[n].q.name.n > 0 && out[n].q.name.n <= 253);
		n++;
	}
	if (n > before)
		check(++run->rounds <= 2);
	return n;
}

/* order: which of the outstanding is answered next; empty: the newest. */
static void
drive(struct reverse *r, const struct world *w, struct slice order,
    unsigned patience, struct run *run)
{
	struct pending out[REVERSE_QUESTIONS_MAX + 1];
	struct buf records;
	size_t n = 0;
	*run = (struct run){0};
	buf_init(&records, 1 << 16);
	reverse_begin(r, w->kind, &w->client, w->name);
	while (!reverse_done(r)) {
		n = collect(r, out, n, run);
		check(n > 0); /* else it would wait for ever */
		if (patience-- == 0) {
			reverse_timeout(r);
			check(reverse_done(r));
			break;
		}
		size_t i = order.n == 0 ? n - 1 : take(&order) % n;
		struct pending p = out[i];
		struct reverse_answer a = answer_to(w, &p.q, &records);
		note_fault(w, &p, &a, run);
		reverse_answer(r, p.slot, &a);
		/* Once more, and one that nobody asked for. */
		a.status = REVERSE_DNS_NXDOMAIN;
		reverse_answer(r, p.slot, &a);
		reverse_answer(r, 255, &a);
		out[i] = out[--n];
	}
	buf_free(&records);
}

/* ---- what must hold of every end ---- */

static void
check_printable(struct slice s, bool lines)
{
	for (size_t i = 0; i < s.n; i++)
		check((s.p[i] >= 0x20 && s.p[i] < 0x7f) ||
		      (lines && s.p[i] == '\n'));
}

static void
check_findings(const struct reverse_result *r, const struct run *run)
{
	static const unsigned legal[REVERSE_KINDS][8] = {
	    {0, REVERSE_PTR_MISSING, REVERSE_PTR_MISMATCH, REVERSE_TEMPFAIL,
		REVERSE_TEMPFAIL | REVERSE_BOGUS},
	    {0, REVERSE_NOT_FOUND, REVERSE_FORGED, REVERSE_TEMPFAIL,
		REVERSE_TEMPFAIL | REVERSE_BOGUS},
	    {0, REVERSE_NOT_FOUND, REVERSE_FORGED, REVERSE_TEMPFAIL,
		REVERSE_TEMPFAIL | REVERSE_BOGUS, REVERSE_NO_MX,
		REVERSE_NO_MX | REVERSE_FORGED, REVERSE_SKIPPED}};
	bool known = false;
	for (size_t i = 0; i < 8; i++)
		known = known || legal[r->kind][i] == r->findings;
	check(known);
	if (run->fault && !r->matched)
		check(!(r->findings & AGAINST));
	if (run->fault_other)
		check(!(r->findings & REVERSE_NOT_FOUND));
	check((r->findings & REVERSE_TEMPFAIL) == 0 || r->ttl == 0);
	check(r->ttl <= REVERSE_TTL_MAX);
	check(r->kind != REVERSE_PTR ||
	      (r->findings == 0) == (r->confirmed.n > 0));
	check(r->kind == REVERSE_PTR ||
	      r->matched == ((r->findings & ~(unsigned)REVERSE_NO_MX) == 0));
	check(r->evidence.n > 0 && r->evidence.n <= REVERSE_EVIDENCE_MAX);
	check_printable(r->evidence, true);
}

static void
check_judged(const struct reverse_result *r)
{
	static const struct conf_reverse_lookup all = {
	    .ptr = {CONF_ACTION_CLOSE, CONF_ACTION_CLOSE, false},
	    .helo = {CONF_ACTION_CLOSE, CONF_ACTION_CLOSE, false},
	    .mail = {
		CONF_ACTION_CLOSE, CONF_ACTION_CLOSE, CONF_ACTION_NOTE, false}};
	struct finding out[REVERSE_SAID_MAX];
	size_t n = reverse_judge(&all, r, out);
	check((n == 0) == (r->findings == 0 || r->findings == REVERSE_SKIPPED));
	for (size_t i = 0; i < n; i++) {
		check_printable(slice_str(out[i].text), false);
		check(i == n - 1 || !finding_refuses(&out[i]));
		if (r->findings & REVERSE_TEMPFAIL)
			check(out[i].code == 451 && !out[i].close);
	}
}

static void
check_headers(const struct reverse_result *r)
{
	const struct reverse_result *all[REVERSE_KINDS] = {0};
	struct buf b;
	size_t column = 0, fields = 0;
	buf_init(&b, 1 << 16);
	all[r->kind] = r;
	reverse_add_headers(&b,
	    CONF_HEADER_AUTHENTICATION_RESULTS | CONF_HEADER_X_MD,
	    SLICE("mail.contoh.id"), all);
	check(buf_err(&b) == ERR_OK);
	for (size_t i = 0; i < b.n; i++, column++) {
		if (b.p[i] != '\r') {
			check(b.p[i] < 0x7f &&
			      (b.p[i] >= 0x20 ||
				  (b.p[i] == '\t' && column == 0)));
			check(column < 998);
			continue;
		}
		check(i + 1 < b.n && b.p[i + 1] == '\n');
		fields += i + 2 == b.n || b.p[i + 2] != '\t';
		i++;
		column = (size_t)-1;
	}
	check(fields == (r->findings == REVERSE_SKIPPED ? 1 : 2));
	buf_free(&b);
}

static void
check_copy(const struct reverse_result *r)
{
	struct reverse_result *copy = reverse_result_copy(r);
	if (copy == NULL)
		return;
	check(copy->findings == r->findings && slice_eq(copy->name, r->name) &&
	      slice_eq(copy->confirmed, r->confirmed) &&
	      slice_eq(copy->evidence, r->evidence));
	free(copy);
}

/* The other orders come to the same; less patience to that, or to a fault. */
static void
check_again(const struct world *w, const struct reverse_result *first,
    unsigned patience)
{
	struct reverse r;
	struct run run;
	drive(&r, w, w->order, PATIENT, &run);
	const struct reverse_result *got = reverse_result(&r);
	check(got->findings == first->findings);
	check(got->matched == first->matched);
	check(slice_eq(got->confirmed, first->confirmed));
	check_findings(got, &run);
	drive(&r, w, w->order, patience, &run);
	got = reverse_result(&r);
	check_findings(got, &run);
	check(got->findings == first->findings ||
	      (got->findings & REVERSE_TEMPFAIL) ||
	      (got->findings == 0 &&
		  (first->findings == 0 || first->findings == REVERSE_NO_MX)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	uint8_t head = take(&in), patience = take(&in);
	struct world w = {.kind = (enum reverse_kind)(head % 3),
	    .client = {.family = head & 128 ? 6 : 4,
		.b = {32, 1, 13, 184, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}};
	size_t n = take(&in);
	w.name = slice_to(in, n);
	in = slice_from(in, n);
	n = take(&in);
	w.order = slice_to(in, n);
	w.dns = slice_from(in, n);
	struct reverse r;
	struct run run;
	drive(&r, &w, SLICE_EMPTY, PATIENT, &run);
	const struct reverse_result *got = reverse_result(&r);
	check_findings(got, &run);
	check_judged(got);
	check_headers(got);
	check_copy(got);
	check_again(&w, got, patience % 26);
	return 0;
}
