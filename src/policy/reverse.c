#include "policy/reverse.h"

#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "proto/dns/message.h"

static struct slice
slot_name(const struct reverse_asked *q)
{
	return slice_of(q->name, q->name_n);
}

static bool
answered(const struct reverse_asked *q)
{
	return q->stage == REVERSE_ANSWERED;
}

static bool
failed(const struct reverse_asked *q)
{
	return answered(q) && q->status >= REVERSE_DNS_TEMPFAIL;
}

static uint16_t
own_type(const struct reverse *r)
{
	return r->result.client.family == 6 ? DNS_AAAA : DNS_A;
}

/* ---- the end ---- */

static void
finish(struct reverse *r, unsigned findings)
{
	r->result.findings = findings;
	r->done = true;
	if (findings & REVERSE_TEMPFAIL)
		r->result.ttl = 0;
	reverse_tell(r);
}

/* An end without a question. */
static void
finish_with(struct reverse *r, unsigned findings, const char *remark)
{
	r->remark = remark;
	r->result.matched = findings == 0;
	finish(r, findings);
}

/* What the failures among these slots leave; 0: there is none. */
static unsigned
faults(const struct reverse *r, size_t from, size_t to)
{
	unsigned found = 0;
	for (size_t i = from; i < to; i++) {
		if (!failed(&r->slot[i]))
			continue;
		found |= REVERSE_TEMPFAIL;
		if (r->slot[i].status == REVERSE_DNS_BOGUS)
			found |= REVERSE_BOGUS;
	}
	return found;
}

/* ---- what follows from the answers so far ---- */

/* The first name in the order of the answer is the confirmed one, whichever
 * answer came first: those before it are waited for. */
static void
look_ptr(struct reverse *r)
{
	if (!answered(&r->slot[0]))
		return;
	unsigned bad = faults(r, 0, r->n);
	if (failed(&r->slot[0]) || r->n == 1) {
		finish(r, bad != 0 ? bad : REVERSE_PTR_MISSING);
		return;
	}
	r->result.name = slot_name(&r->slot[1]);
	r->open = r->n;
	for (size_t i = 1; i < r->n; i++) {
		if (!answered(&r->slot[i]))
			return;
		if (r->slot[i].holds) {
			r->result.confirmed = slot_name(&r->slot[i]);
			finish(r, 0);
			return;
		}
	}
	finish(r, bad != 0 ? bad : REVERSE_PTR_MISMATCH);
}

enum exchangers { EXCHANGERS_WAIT, EXCHANGERS_PASS, EXCHANGERS_FAIL };

static enum exchangers
look_exchangers(struct reverse *r)
{
	bool waiting = false;
	if (!r->impatient)
		r->open = r->n;
	for (size_t i = r->first; i < r->open; i++) {
		if (r->slot[i].holds)
			return EXCHANGERS_PASS;
		waiting = waiting || !answered(&r->slot[i]);
	}
	return waiting ? EXCHANGERS_WAIT : EXCHANGERS_FAIL;
}

/* Neither the name nor an exchanger has the address. Whether there is anything
 * at all may hang on the other family. */
static void
judge_stranger(struct reverse *r, unsigned no_mx)
{
	const struct reverse_asked *mx = &r->slot[REVERSE_SLOT_MX];
	size_t own = own_type(r) == DNS_A ? REVERSE_SLOT_A : REVERSE_SLOT_AAAA;
	size_t other = REVERSE_SLOT_A + REVERSE_SLOT_AAAA - own;
	unsigned bad = faults(r, REVERSE_SLOT_MX, REVERSE_SLOT_MX + 1) |
		       faults(r, own, own + 1) | faults(r, r->first, r->open);
	bool found =
	    mx->records > 0 || mx->roots > 0 || r->slot[own].records > 0;
	if (bad == 0 && !found) {
		if (!answered(&r->slot[other]))
			return;
		bad = faults(r, other, other + 1);
		found = r->slot[other].records > 0;
	}
	if (bad != 0)
		finish(r, bad);
	else
		finish(r, found ? REVERSE_FORGED | no_mx : REVERSE_NOT_FOUND);
}

static void
look_domain(struct reverse *r)
{
	const struct reverse_asked *mx = &r->slot[REVERSE_SLOT_MX];
	const struct reverse_asked *own =
	    &r->slot[own_type(r) == DNS_A ? REVERSE_SLOT_A : REVERSE_SLOT_AAAA];
	bool mail = r->result.kind == REVERSE_MAIL;
	unsigned no_mx = mail && answered(mx) && !failed(mx) && mx->records == 0
			     ? REVERSE_NO_MX
			     : 0;
	r->result.matched = own->holds;
	if (own->holds && (!mail || answered(mx))) {
		finish(r, no_mx);
		return;
	}
	if (!answered(mx) || !answered(own))
		return;
	switch (look_exchangers(r)) {
	case EXCHANGERS_WAIT:
		return;
	case EXCHANGERS_PASS:
		r->result.matched = true;
		finish(r, 0);
		return;
	case EXCHANGERS_FAIL:
		judge_stranger(r, no_mx);
		return;
	}
}

static void
look(struct reverse *r)
{
	if (r->result.kind == REVERSE_PTR)
		look_ptr(r);
	else
		look_domain(r);
}

/* ---- what an answer says ---- */

static void
take_address(struct reverse *r, struct reverse_asked *q, struct slice rdata)
{
	struct ip ip = {.family = q->type == DNS_A ? 4 : 6};
	if (rdata.n != (q->type == DNS_A ? 4u : 16u))
		return;
	memcpy(ip.b, rdata.p, rdata.n);
	bool client = ip_eq(&ip, &r->result.client);
	q->records++;
	if (q->addr_n < REVERSE_ADDRS_SHOWN)
		q->addr[q->addr_n++] = ip;
	else if (client && !q->holds)
		q->addr[q->addr_n - 1] = ip;
	q->holds = q->holds || client;
}

/* A name to look up in round 2. Kept are those of lowest preference, each
 * once; among equals those that came first. */
static void
plan_host(struct reverse *r, uint16_t preference, struct slice name)
{
	struct reverse_asked *q = r->slot;
	size_t at = r->first;
	while (at < r->n && !slice_eq_nocase(slot_name(&q[at]), name))
		at++;
	if (at == r->n && r->n == r->first + REVERSE_NAMES_MAX)
		at--; /* the worst makes room, if it is worse */
	if (at < r->n) {
		if (q[at].preference <= preference)
			return;
		r->n--;
		memmove(&q[at], &q[at + 1], (r->n - at) * sizeof(*q));
	}
	at = r->n++;
	for (; at > r->first && q[at - 1].preference > preference; at--)
		q[at] = q[at - 1];
	q[at] = (struct reverse_asked){.type = own_type(r),
	    .preference = preference,
	    .name_n = (uint8_t)name.n};
	memcpy(q[at].name, name.p, name.n);
}

static void
take_name(struct reverse *r, struct reverse_asked *q, struct slice rdata)
{
	struct dns_name name;
	char text[REVERSE_HOST_MAX];
	uint16_t preference = 0;
	size_t at = 0;
	if (q->type == DNS_MX) {
		if (rdata.n < 2)
			return;
		preference = (uint16_t)(rdata.p[0] << 8 | rdata.p[1]);
		at = 2;
	}
	if (dns_name_read(rdata, &at, &name) != ERR_OK || at != rdata.n)
		return;
	if (q->type == DNS_MX && name.n == 1) {
		q->roots++; /* RFC 7505: no host */
		return;
	}
	q->records++;
	size_t n = reverse_host(&name, text);
	if (n == 0)
		q->odd++;
	else
		plan_host(r, preference, slice_of(text, n));
}

static void
take_detail(struct reverse_asked *q, struct slice text)
{
	struct buf b = reverse_fixed(q->detail, sizeof(q->detail));
	reverse_add_shown(&b, text, sizeof(q->detail));
	q->detail_n = (uint8_t)b.n;
}

static void
take(struct reverse *r, struct reverse_asked *q, const struct reverse_answer *a)
{
	struct slice records = a->records, rdata;
	q->stage = REVERSE_ANSWERED;
	q->status =
	    (uint8_t)(a->status <= REVERSE_DNS_BOGUS ? a->status
						     : REVERSE_DNS_TEMPFAIL);
	if (failed(q)) {
		take_detail(q, a->text);
		return;
	}
	if (a->ttl < r->result.ttl)
		r->result.ttl = a->ttl;
	if (a->status != REVERSE_DNS_OK)
		return;
	while (pack_next(&records, &rdata)) {
		if (q->type == DNS_PTR || q->type == DNS_MX)
			take_name(r, q, rdata);
		else
			take_address(r, q, rdata);
	}
}

/* ---- the machine ---- */

static void
plan(struct reverse *r, uint16_t type, struct slice name)
{
	struct reverse_asked *q = &r->slot[r->n++];
	q->type = type;
	q->name_n = (uint8_t)name.n;
	memcpy(q->name, name.p, name.n);
	r->first = r->open = r->n;
}

static void
begin_ptr(struct reverse *r)
{
	char text[REVERSE_HOST_MAX];
	struct buf b = reverse_fixed(text, sizeof(text));
	buf_add_ip_reverse(&b, &r->result.client);
	plan(r, DNS_PTR, buf_slice(&b));
}

/* "[192.0.2.1]", "[IPv6:2001:db8::1]" (RFC 5321 4.1.3); IPv6 without its tag is
 * understood. */
static bool
literal(struct slice name, struct ip *out)
{
	if (name.n < 2 || name.p[0] != '[' || name.p[name.n - 1] != ']')
		return false;
	struct slice in = slice_of(name.p + 1, name.n - 2);
	bool tagged = slice_starts_nocase(in, SLICE("IPv6:"));
	if (tagged)
		in = slice_from(in, 5);
	return (!tagged || slice_find(in, ':') < in.n) &&
	       ip_parse(in, out) == ERR_OK;
}

static void
begin_domain(struct reverse *r, struct slice name)
{
	char text[REVERSE_HOST_MAX];
	struct ip ip;
	size_t n;
	r->result.name = slice_of(
	    r->name, name.n < sizeof(r->name) ? name.n : sizeof(r->name));
	if (name.n > 0)
		memcpy(r->name, name.p, r->result.name.n);
	if (name.n == 0 && r->result.kind == REVERSE_MAIL) {
		finish_with(r, REVERSE_SKIPPED, "null reverse-path");
	} else if (literal(name, &ip)) {
		bool same = ip_eq(&ip, &r->result.client);
		finish_with(r, same ? 0 : REVERSE_FORGED, "address literal");
	} else if ((n = reverse_name(name, text)) == 0) {
		finish_with(r, REVERSE_NOT_FOUND, "not a name of DNS");
	} else {
		plan(r, DNS_MX, slice_of(text, n));
		plan(r, DNS_A, slice_of(text, n));
		plan(r, DNS_AAAA, slice_of(text, n));
	}
}

void
reverse_begin(struct reverse *r, enum reverse_kind kind,
    const struct ip *client, struct slice name)
{
	*r = (struct reverse){
	    .result = {
		.kind = kind, .client = *client, .ttl = REVERSE_TTL_MAX}};
	if (kind == REVERSE_PTR)
		begin_ptr(r);
	else
		begin_domain(r, name);
}

bool
reverse_next(
    struct reverse *r, unsigned *out_slot, struct reverse_question *out)
{
	for (unsigned i = 0; !r->done && i < r->open; i++) {
		struct reverse_asked *q = &r->slot[i];
		if (q->stage != REVERSE_PLANNED)
			continue;
		q->stage = REVERSE_ASKED;
		*out_slot = i;
		*out = (struct reverse_question){q->type, slot_name(q)};
		return true;
	}
	return false;
}

void
reverse_answer(struct reverse *r, unsigned slot, const struct reverse_answer *a)
{
	if (r->done || slot >= r->open || r->slot[slot].stage != REVERSE_ASKED)
		return;
	take(r, &r->slot[slot], a);
	look(r);
}

void
reverse_timeout(struct reverse *r)
{
	if (r->done)
		return;
	r->impatient = true;
	for (size_t i = 0; i < r->open; i++) {
		if (answered(&r->slot[i]))
			continue;
		r->slot[i].stage = REVERSE_ANSWERED;
		r->slot[i].status = REVERSE_DNS_TIMEOUT;
	}
	look(r);
}

bool
reverse_done(const struct reverse *r)
{
	return r->done;
}

const struct reverse_result *
reverse_result(const struct reverse *r)
{
	return &r->result;
}

static struct slice
copy_behind(uint8_t **at, struct slice s)
{
	struct slice to = slice_of(*at, s.n);
	if (s.n > 0)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return to;
}

struct reverse_result *
reverse_result_copy(const struct reverse_result *r)
{
	struct reverse_result *to =
	    malloc(sizeof(*to) + r->name.n + r->confirmed.n + r->evidence.n);
	if (to == NULL)
		return NULL;
	uint8_t *at = (uint8_t *)(to + 1);
	*to = *r;
	to->name = copy_behind(&at, r->name);
	to->confirmed = copy_behind(&at, r->confirmed);
	to->evidence = copy_behind(&at, r->evidence);
	return to;
}
