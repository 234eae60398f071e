/* abuse.h - does what a server sends look like that of an open relay or of a
 * stolen password? By the effect: traffic, refusals, a growing queue, lists.
 *
 * Pure: figures in, judgement out. Time of day decides what is usual: the
 * busiest of the last hours is held against the busiest of the same hours of
 * the days before, so that neither a night nor a newsletter every Monday is
 * taken for the rule or for the exception. Too few days are no judgement. */
#ifndef POLICY_ABUSE_H
#define POLICY_ABUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The last ABUSE_HOURS, the same with ABUSE_BEFORE and ABUSE_AFTER hours on
 * either side on each of ABUSE_DAYS days before. */
#define ABUSE_HOURS   3u
#define ABUSE_BEFORE  1u
#define ABUSE_AFTER   2u
#define ABUSE_DAYS    7u
#define ABUSE_SOURCES 8u /* the loudest ones that are compared */

/* Thresholds; doc/checks.md says them to people. */
#define ABUSE_DAYS_MIN       2u   /* fewer are too little history */
#define ABUSE_SPIKE_MIN      100u /* recipients elsewhere in an hour */
#define ABUSE_SPIKE_USUAL    5u   /* times the median of the days */
#define ABUSE_SPIKE_MOST     2u   /* times the most of any */
#define ABUSE_SHARE_MIN      50u  /* recipients of one source */
#define ABUSE_SHARE_PERCENT  50u  /* of all that one source makes up */
#define ABUSE_TRIED_MIN      50u  /* answers for recipients elsewhere */
#define ABUSE_REFUSED_WARN   20u  /* percent of these, for good */
#define ABUSE_REFUSED_BAD    50u
#define ABUSE_REPUTE_MIN     10u  /* refusals for what we are */
#define ABUSE_REPUTE_PERCENT 10u  /* of the answers */
#define ABUSE_GROWTH_MIN     100u /* recipients in an hour, and waiting */
#define ABUSE_GROWTH_TIMES   2u   /* as many added as finished */
#define ABUSE_CLOCK_MS       600000u

enum abuse_say {
	ABUSE_UNKNOWN, /* could not be judged */
	ABUSE_FINE,
	ABUSE_WARN,
	ABUSE_BAD
};

/* One series: recipients elsewhere in the busiest hour of the last ones, and
 * of those days that are known. */
struct abuse_series {
	uint64_t peak;
	uint64_t day[ABUSE_DAYS];
};

struct abuse_source {
	struct abuse_series series;
	uint64_t recipients; /* elsewhere, in all of the last hours */
};

struct abuse_facts {
	bool ledger_known;
	bool clock_back;            /* the ledger holds records of the future */
	bool day_known[ABUSE_DAYS]; /* the ledger was written then */
	struct abuse_series all;
	uint64_t recipients; /* elsewhere, in all of the last hours */
	struct abuse_source source[ABUSE_SOURCES]; /* the loudest first */
	size_t source_n;
	/* Answers for recipients elsewhere in the last hours: all, refused
	 * for good, and by reason, for good or not. */
	uint64_t tried, refused, blocklisted, rate_limited;
	bool queue_known;
	uint64_t waiting;         /* recipients in the queue */
	uint64_t added, finished; /* recipients in the last hour */
	bool lists_known;
	size_t listed; /* addresses of ours on lists */
};

struct abuse_usual {
	unsigned days;         /* that are known */
	uint64_t median, most; /* of these; of an even number the upper one */
};

struct abuse_verdict {
	enum abuse_say spike, growth, bounces, one_source, listed;
	struct abuse_usual usual;
	size_t source;      /* of one_source, or the loudest */
	bool source_spikes; /* by its own days */
	unsigned refused_percent, repute_percent, share_percent;
};

/* abuse_usual - what is usual of a series. */
void abuse_usual(const struct abuse_series *s, const bool day_known[ABUSE_DAYS],
    struct abuse_usual *out);

/* abuse_judge - a spike, the one source or a growing queue is bad only when
 * others already react to it: refusals or lists. */
void abuse_judge(const struct abuse_facts *f, struct abuse_verdict *out);

/* abuse_word - may it stand in a command that is proposed? Letters, digits
 * and "@._+=-", not "-" first, not empty: what strangers choose is not to
 * reach a shell. */
bool abuse_word(const char *p, size_t n);

#endif
