/* ledger_load.h - how much was taken and sent in a span of the ledger, by the
 * hour and by who sent it.
 *
 * Pure, and of bounded memory: records go in (load_take), any number, in any
 * order; those outside the span count nothing. */
#ifndef STORE_LEDGER_LOAD_H
#define STORE_LEDGER_LOAD_H

#include "base/hash.h"
#include "store/ledger_record.h"

#define LOAD_HOURS_MAX   8u
#define LOAD_SOURCES_MAX 4096u
#define LOAD_NAME_MAX    128u

/* "Elsewhere": to a domain that is not ours. */
struct load_hour {
	uint64_t messages;   /* taken, with a recipient elsewhere */
	uint64_t recipients; /* of these, elsewhere */
	uint64_t added;      /* recipients of all messages taken or made here */
	uint64_t finished;   /* recipients that left the queue */
	/* Answers for recipients elsewhere, one an attempt. refused are those
	 * the queue gave up, expired those of them for their age. */
	uint64_t delivered, deferred, refused, expired;
	uint64_t blocklisted, rate_limited; /* among refused and deferred */
};

/* Who sends elsewhere: an account, or without one an address. */
struct load_source {
	uint8_t key[LOAD_NAME_MAX]; /* the account, or family and address */
	size_t key_n;
	struct slice user; /* of key; empty: ip */
	struct ip ip;      /* the last it came from */
	char listener[64]; /* where it came in last */
	char from[256];    /* its last reverse-path; empty: too long, or <> */
	uint64_t recipients[LOAD_HOURS_MAX], total, messages;
};

struct load {
	uint64_t begin_ms;
	unsigned hours;
	bool (*ours)(void *arg, struct slice domain);
	void *arg;
	struct load_hour hour[LOAD_HOURS_MAX];
	struct load_source *source;
	size_t source_n;
	uint64_t nobody; /* recipients of sources for which was no room */
	bool only_known; /* count those sources that are there, and no other */
	struct map by_key;
};

/* load_init - hours from begin_ms on, at most LOAD_HOURS_MAX. ours is asked
 * for the domain of each recipient that was accepted, in any case of letters.
 * ERR_NOMEM. load_free in any case. */
enum err load_init(struct load *l, const uint64_t seed[2], uint64_t begin_ms,
    unsigned hours, bool (*ours)(void *arg, struct slice domain),
    void *arg) KURIR_MUST_CHECK;
void load_free(struct load *l);

/* load_watch - from here on only the n sources of v count, from 0 on: their
 * order in l->source is that of v. */
enum err load_watch(
    struct load *l, const struct load_source *v, size_t n) KURIR_MUST_CHECK;

/* load_take - one record; damaged ones count as far as they can be read. */
void load_take(struct load *l, struct slice record);

/* load_sort - the sources with most recipients first; the end of taking. */
void load_sort(struct load *l);

#endif
