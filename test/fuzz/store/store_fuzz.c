/* Random histories of a queue against a model of it.
 *
 * Asserted: each item's answer is what the model says; a claim gives only what
 * waits, is due, is not under a lease and not to be skipped, at most limit and
 * per_domain of it; counts agree; after closing and opening again every
 * message has its recipients, states and body, and no lease is left. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store.h"

#define MESSAGES 12u
#define RCPTS    3u
#define NOW      1800000000000ull
#define OWNER    7u

#define CHECK(x)                                                               \
	do {                                                                   \
		if (!(x))                                                      \
			abort();                                               \
	} while (0)

struct model_rcpt {
	bool there, held, leased, warned;
	uint64_t due;
	uint32_t attempts;
};

struct model {
	bool there;
	uint8_t size;
	struct model_rcpt r[RCPTS];
};

struct history {
	char dir[64];
	struct store *s;
	struct model m[MESSAGES];
	uint64_t now;
	struct arena a;
};

static const char *const domains[] = {"a.example", "b.example", "c.example"};

static struct slice
domain_of(unsigned k, unsigned n)
{
	return slice_str(domains[(k + n) % 3]);
}

static struct slice
body_of(unsigned k, uint8_t size, uint8_t out[256])
{
	for (unsigned i = 0; i < size; i++)
		out[i] = (uint8_t)(k * 37 + i);
	return slice_of(out, size);
}

static void
open_store(struct history *h)
{
	const struct store_options o = {.owner = OWNER};
	struct diag d;
	CHECK(store_open(h->dir, &o, &h->s, &d) == ERR_OK);
}

static bool
gone(const struct model *m)
{
	for (unsigned n = 0; n < RCPTS; n++)
		if (m->r[n].there)
			return false;
	return true;
}

static void
apply(struct history *h, struct store_batch *b)
{
	struct diag d;
	CHECK(store_apply(h->s, b, &d) == ERR_OK);
	uint64_t count = 0;
	for (unsigned k = 0; k < MESSAGES; k++)
		count += h->m[k].there;
	CHECK(store_count(h->s) == count);
}

static void
put(struct history *h, unsigned k, uint8_t x)
{
	struct store_recipient v[RCPTS];
	uint8_t body[256];
	size_t n = 1 + x % RCPTS;
	struct model *m = &h->m[k];
	bool taken = m->there;
	for (unsigned i = 0; i < n; i++)
		v[i] = (struct store_recipient){.n = i,
		    .address = SLICE("x@contoh.id"),
		    .domain = domain_of(k, i),
		    .held = (x & 4) != 0 && i == 1};
	struct store_put p = {.envelope = {.id = k + 1, .arrived_ms = NOW},
	    .recipients = v,
	    .n_recipients = n,
	    .body = body_of(k, x, body),
	    .due_ms = h->now + (x & 0x30) * 100,
	    .leased = (x & 8) != 0,
	    .held = (x & 0x40) != 0};
	struct store_put *pp = &p;
	struct store_batch b = {.puts = &pp, .n_puts = 1};
	if (!taken) {
		*m = (struct model){.there = true, .size = x};
		for (unsigned i = 0; i < n; i++)
			m->r[i] = (struct model_rcpt){.there = true,
			    .held = p.held || v[i].held,
			    .leased = p.leased,
			    .due = p.due_ms};
	}
	apply(h, &b);
	CHECK(p.err == (taken ? ERR_EXISTS : ERR_OK));
}

static void
result(struct history *h, unsigned k, unsigned n, uint8_t x)
{
	struct model_rcpt *r = &h->m[k].r[n];
	struct store_result v = {.id = k + 1,
	    .n = n,
	    .outcome = (enum store_outcome)(x % 5),
	    .due_ms = h->now + x,
	    .warned = (x & 0x80) != 0,
	    .cause = SLICE("net.refused"),
	    .reply = slice_of(&x, 1)};
	struct store_result *vp = &v;
	struct store_batch b = {.results = &vp, .n_results = 1};
	bool there = r->there, last = false;
	if (there &&
	    (v.outcome == STORE_DELIVERED || v.outcome == STORE_FAILED)) {
		r->there = false;
		last = gone(&h->m[k]);
		h->m[k].there = !last;
	}
	r->leased = false;
	r->held |= v.outcome == STORE_PARKED;
	if (v.outcome == STORE_DEFERRED || v.outcome == STORE_RETURNED)
		r->due = v.due_ms;
	r->attempts += v.outcome == STORE_DEFERRED;
	r->warned |= v.outcome == STORE_DEFERRED && v.warned;
	apply(h, &b);
	CHECK(v.err == (there ? ERR_OK : ERR_NOT_FOUND));
	CHECK(v.message_gone == last);
}

static void
change(struct history *h, struct model_rcpt *r, enum store_verb verb)
{
	if (verb == STORE_RETRY && !r->leased && !r->held)
		r->due = h->now;
	if (verb == STORE_RELEASE && r->held) {
		r->held = false;
		r->due = h->now;
	}
	if (verb == STORE_HOLD)
		r->held = true;
	if (verb == STORE_DISOWN)
		r->leased = false;
	if (verb == STORE_DELETE)
		r->there = false;
}

static void
control(struct history *h, unsigned k, uint8_t x)
{
	struct store_control c = {.verb = (enum store_verb)(x % 5),
	    .id = k + 1,
	    .owner = OWNER,
	    .now_ms = h->now,
	    .limit = 100};
	struct store_control *cp = &c;
	struct store_batch b = {.controls = &cp, .n_controls = 1};
	bool there = h->m[k].there, wide = c.verb == STORE_DISOWN;
	if (wide)
		c.id = 0;
	for (unsigned i = 0; i < MESSAGES; i++)
		for (unsigned n = 0; n < RCPTS && (wide || i == k); n++)
			if (h->m[i].r[n].there)
				change(h, &h->m[i].r[n], c.verb);
	if (c.verb == STORE_DELETE)
		h->m[k].there = false;
	apply(h, &b);
	CHECK(c.err == (there || wide ? ERR_OK : ERR_NOT_FOUND));
}

static void
claim(struct history *h, uint8_t x)
{
	const struct slice skip[] = {SLICE("b.example")};
	struct store_claim c = {.now_ms = h->now,
	    .limit = 1 + x % 8,
	    .per_domain = 1 + x / 8 % 4,
	    .skip = skip,
	    .n_skip = x >> 7,
	    .arena = &h->a};
	struct store_batch b = {.claim = &c};
	size_t each[3] = {0}, could = 0;
	apply(h, &b);
	CHECK(c.n_claimed <= c.limit);
	for (size_t i = 0; i < c.n_claimed; i++) {
		unsigned k = (unsigned)c.claimed[i].envelope.id - 1;
		unsigned n = c.claimed[i].recipient.n;
		CHECK(k < MESSAGES && n < RCPTS);
		struct model_rcpt *r = &h->m[k].r[n];
		CHECK(r->there && !r->held && !r->leased && r->due <= h->now);
		CHECK(c.claimed[i].attempts == r->attempts);
		CHECK(c.claimed[i].warned == r->warned);
		CHECK(++each[(k + n) % 3] <= c.per_domain);
		CHECK(c.n_skip == 0 || (k + n) % 3 != 1);
		r->leased = true;
	}
	for (unsigned k = 0; k < MESSAGES; k++)
		for (unsigned n = 0; n < RCPTS; n++) {
			const struct model_rcpt *r = &h->m[k].r[n];
			could += r->there && !r->held && !r->leased &&
				 r->due <= h->now &&
				 each[(k + n) % 3] < c.per_domain &&
				 (c.n_skip == 0 || (k + n) % 3 != 1);
		}
	CHECK(could == 0 || c.n_claimed == c.limit);
	arena_reset(&h->a);
}

static void
compare(struct history *h, struct store_reader *r, unsigned k)
{
	const struct model *m = &h->m[k];
	struct store_filter f = {.id = k + 1, .limit = 1, .now_ms = h->now};
	struct store_item *v = NULL;
	struct store_body body;
	struct diag d;
	uint8_t want[256];
	size_t n = 0, i = 0;
	CHECK(store_list(r, &f, &h->a, &v, &n, &d) == ERR_OK);
	CHECK(n == m->there);
	enum err e = store_body(r, k + 1, &h->a, &body, &d);
	CHECK(e == (m->there ? ERR_OK : ERR_NOT_FOUND));
	if (!m->there)
		return;
	CHECK(slice_eq(body.bytes, body_of(k, m->size, want)));
	for (unsigned x = 0; x < RCPTS; x++) {
		if (!m->r[x].there)
			continue;
		CHECK(i < v->n_recipients);
		const struct store_item_recipient *got = &v->recipients[i++];
		CHECK(got->recipient.n == x && !got->active);
		CHECK((got->state == STORE_HELD) == m->r[x].held);
		CHECK(got->due_ms == m->r[x].due);
		CHECK(got->attempts == m->r[x].attempts);
	}
	CHECK(i == v->n_recipients);
}

static void
again(struct history *h)
{
	struct store_reader *r = NULL;
	struct diag d;
	store_close(h->s);
	open_store(h);
	CHECK(store_reader_open(h->dir, &r, &d) == ERR_OK);
	for (unsigned k = 0; k < MESSAGES; k++) {
		for (unsigned n = 0; n < RCPTS; n++)
			h->m[k].r[n].leased = false;
		compare(h, r, k);
	}
	store_reader_close(r);
	arena_reset(&h->a);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct history h = {.now = NOW};
	(void)snprintf(h.dir, sizeof(h.dir), "%s/kurir-fuzz-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	CHECK(mkdtemp(h.dir) != NULL);
	arena_init(&h.a, 1 << 20);
	open_store(&h);
	for (n = n < 600 ? n : 600; n >= 3; p += 3, n -= 3) {
		unsigned k = p[1] % MESSAGES;
		if (p[0] % 8 < 3)
			put(&h, k, p[2]);
		else if (p[0] % 8 < 5)
			result(&h, k, p[1] / MESSAGES % RCPTS, p[2]);
		else if (p[0] % 8 == 5)
			claim(&h, p[2]);
		else if (p[0] % 8 == 6)
			control(&h, k, p[2]);
		else if (p[0] < 0x20)
			again(&h);
		else
			h.now += p[2];
	}
	again(&h);
	store_close(h.s);
	(void)nftw(h.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}
