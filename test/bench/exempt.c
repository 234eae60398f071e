/* exempt - how long a look into a list of exemptions takes.
 *
 *	exempt [ENTRIES [WILDCARDS]]
 *
 * Makes a list (half addresses and networks of every length, half names),
 * compiles it, and asks for clients that are in it and such that are not, each
 * with three names. A plain look at every entry stands beside it for
 * comparison. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "policy/exempt.h"

#define LOOKS 200000u

static uint64_t
now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t
next_random(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

static void
add_net(struct buf *b, uint64_t r, bool six)
{
	struct ip_net n = {.ip.family = six ? 6 : 4,
	    .bits = (uint8_t)(six          ? 17 + r % 112
			      : r % 2 == 0 ? 32
					   : 9 + r % 24)};
	for (unsigned i = 0; i < n.bits; i++)
		if ((r >> (i % 61 + 3) & 1) != 0)
			n.ip.b[i / 8] |= (uint8_t)(0x80u >> i % 8);
	buf_add_ip(b, &n.ip);
	buf_printf(b, "/%u\n", n.bits);
}

static void
make_list(struct buf *b, size_t entries, size_t wildcards)
{
	uint64_t s = 88172645463325252u;
	for (size_t i = 0; i < entries; i++) {
		uint64_t r = next_random(&s);
		if (i % 2 == 0)
			buf_printf(b, "mx%zu.d%" PRIu64 ".example ; reason=x\n",
			    i, r % 100000);
		else
			add_net(b, r, i % 8 == 1);
	}
	for (size_t i = 0; i < wildcards; i++)
		buf_printf(b,
		    i % 3 == 0   ? "*.w%zu.mitra.example\n"
		    : i % 3 == 1 ? "mail#.*.w%zu.contoh.*\n"
				 : "172.%zu.*.1##\n",
		    i % 3 == 2 ? i % 256 : i);
}

struct asked {
	char name[3][64];
	struct exempt_question q;
};

static void
make_question(struct asked *a, uint64_t r)
{
	a->q = (struct exempt_question){.today = 20270101};
	a->q.client.family = r % 4 == 0 ? 6 : 4;
	for (size_t i = 0; i < (r % 4 == 0 ? 16u : 4u); i++)
		a->q.client.b[i] = (uint8_t)(r >> (i % 7 * 8));
	snprintf(a->name[0], 64, "host%u.provider.example.net",
	    (unsigned)(r >> 20 & 0xffff));
	snprintf(a->name[1], 64, "mx%u.d%u.example",
	    (unsigned)(r >> 9 & 0xfffff), (unsigned)(r >> 33 & 0xffff));
	snprintf(
	    a->name[2], 64, "w%u.mitra.example.org", (unsigned)(r >> 5 & 1023));
	for (size_t i = 0; i < 3; i++)
		a->q.name[i] = slice_str(a->name[i]);
}

/* As little as a scan can do: read each entry, compare addresses and names. */
static bool
scan(const struct exempt_table *t, const struct exempt_question *q)
{
	for (size_t i = 0; i < exempt_count(t); i++) {
		struct exempt_entry e;
		exempt_entry_at(t, i, &e);
		if (e.what == EXEMPT_NET && ip_in_net(&q->client, &e.net))
			return true;
		for (size_t k = 0; e.what == EXEMPT_NAME && k < 3; k++)
			if (slice_eq_nocase(e.text, q->name[k]))
				return true;
	}
	return false;
}

static double
measure(
    const struct exempt_table *t, unsigned looks, bool plain, size_t *out_found)
{
	uint64_t s = 1234567, took = 0;
	*out_found = 0;
	for (unsigned i = 0; i < looks; i++) {
		struct asked a;
		size_t index;
		make_question(&a, next_random(&s));
		uint64_t from = now_ns();
		*out_found +=
		    plain ? scan(t, &a.q) : exempt_find(t, &a.q, &index);
		took += now_ns() - from;
	}
	return (double)took / looks;
}

/* The longest of the steps that a process takes between other work. */
static struct exempt_table *
compile(struct slice text, double *out_ms, double *out_step_ms)
{
	static const uint64_t seed[2] = {3, 4};
	struct exempt_table *t = exempt_begin(text, seed, NULL, NULL);
	struct diag d;
	uint64_t begin = now_ns(), longest = 0;
	enum err e = t == NULL ? ERR_NOMEM : ERR_MORE;
	while (e == ERR_MORE) {
		uint64_t from = now_ns();
		e = exempt_step(t, 4096, &d);
		uint64_t took = now_ns() - from;
		longest = took > longest ? took : longest;
	}
	*out_ms = (double)(now_ns() - begin) / 1e6;
	*out_step_ms = (double)longest / 1e6;
	return e == ERR_OK ? t : NULL;
}

int
main(int argc, char **argv)
{
	size_t entries = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
	size_t wildcards = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000;
	size_t found;
	double ms, step_ms;
	struct buf text;
	buf_init(&text, EXEMPT_TEXT_MAX);
	make_list(&text, entries, wildcards);
	struct exempt_table *t = compile(buf_slice(&text), &ms, &step_ms);
	if (t == NULL || buf_err(&text) != ERR_OK) {
		fprintf(stderr, "exempt: too large\n");
		return 1;
	}
	printf("entries            %zu (%zu with wildcards)\n", exempt_count(t),
	    wildcards);
	printf("memory             %.1f MB beside %.1f MB of text\n",
	    (double)exempt_octets(t) / 1e6, (double)text.n / 1e6);
	printf(
	    "compile            %.0f ms, longest step %.2f ms\n", ms, step_ms);
	double ns = measure(t, LOOKS, false, &found);
	printf("a look             %.2f us (%.1f %% found)\n", ns / 1000,
	    100.0 * (double)found / LOOKS);
	double plain = measure(t, 20, true, &found);
	printf("every entry        %.0f us, %.0f times as long\n", plain / 1000,
	    plain / ns);
	exempt_free(t);
	buf_free(&text);
	return ns < 20000 ? 0 : 1;
}
