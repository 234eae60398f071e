/* self_abuse.h - the effect of an open relay or of a stolen password: what the
 * ledger and the queue of this server show, and the lists it stands in.
 *
 * self_abuse.c asks and reads, self_abuse_tell.c says. What cannot be read is
 * said to be not known and makes the answer of check self no worse. */
#ifndef CHECK_SELF_ABUSE_H
#define CHECK_SELF_ABUSE_H

#include "check/self_priv.h"
#include "policy/abuse.h"
#include "store/ledger_load.h"
#include "store/store.h"

#define SELF_LISTED_MAX 16

struct self_listed {
	char address[IP_TEXT_MAX];
	char zone[256];
	char url[128]; /* where to be taken off; or empty */
};

struct self_abuse {
	struct self *s;
	uint64_t now_ms;
	bool lists_asked;
	size_t lists, lists_answered; /* asked for each address */
	struct self_listed listed[SELF_LISTED_MAX];
	size_t listed_n;
	char no_ledger[256], no_queue[256]; /* why not; empty: it was read */
	bool cut;         /* there was no time for all of the ledger */
	struct load load; /* of the last hours */
	struct store_stats queue;
	struct abuse_facts facts;
	struct abuse_verdict verdict;
};

/* self_abuse_tell_all - say what *a holds. */
void self_abuse_tell_all(struct self_abuse *a);

#endif
