/* replay_make DIR SESSIONS [DAYS] - a ledger of that many invented sessions,
 * the last of them now, in DIR/ledger. For measuring kurir policy replay. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "replay_gen.h"
#include "store/ledger.h"

#define BATCH 512

struct batch {
	struct slice v[BATCH];
	size_t n;
};

static void
add(void *arg, struct slice record)
{
	struct batch *b = arg;
	uint8_t *copy = malloc(record.n);
	if (copy == NULL)
		abort();
	memcpy(copy, record.p, record.n);
	b->v[b->n++] = slice_of(copy, record.n);
}

static void
append(struct ledger *l, struct batch *b, uint64_t now_ms)
{
	struct diag d;
	if (ledger_append(l, b->v, b->n, now_ms, &d) != ERR_OK) {
		fprintf(stderr, "%s\n", d.text);
		exit(1);
	}
	for (size_t i = 0; i < b->n; i++)
		free((void *)(uintptr_t)b->v[i].p);
	b->n = 0;
}

int
main(int argc, char **argv)
{
	char dir[4096];
	struct ledger *l;
	struct diag d;
	static struct batch b;
	if (argc < 3)
		return 2;
	uint64_t n = strtoull(argv[2], NULL, 10);
	uint64_t days = argc > 3 ? strtoull(argv[3], NULL, 10) : 7;
	uint64_t now = (uint64_t)time(NULL) * 1000;
	uint64_t start = now - days * 86400000;
	snprintf(dir, sizeof(dir), "%s/ledger", argv[1]);
	(void)mkdir(dir, 0700);
	if (ledger_open(dir, true, &l, &d) != ERR_OK) {
		fprintf(stderr, "%s\n", d.text);
		return 1;
	}
	for (uint64_t i = 0; i < n; i++) {
		uint64_t at = start + (now - start) / n * i;
		gen_session(i, at, true, add, &b);
		if (b.n > BATCH - 4 || i + 1 == n)
			append(l, &b, at + 1000);
	}
	ledger_close(l);
	return 0;
}
