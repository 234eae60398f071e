/* ledger_filter.h - which records of the ledger are asked for.
 *
 * Pure. A filter is set from pairs of words, so that the command line, the
 * control socket and the tests all say it the same way. */
#ifndef STORE_LEDGER_FILTER_H
#define STORE_LEDGER_FILTER_H

#include "store/ledger_record.h"

struct ledger_filter {
	id_t64 id;            /* a session's or a message's; 0: any */
	id_t64 session;       /* 0: any */
	id_t64 message;       /* 0: any */
	struct slice from;    /* an address, "@domain", "<>"; empty: any */
	struct slice to;      /* an address or "@domain"; empty: any */
	struct slice address; /* as sender or recipient; empty: any */
	struct slice helo;    /* empty: any */
	struct ip_net ip;     /* of the peer; family 0: any */
	uint64_t since_ms;    /* begun at or after; 0: any */
	uint64_t until_ms;    /* begun at or before; 0: any */
	enum record_verdict verdict; /* 0: any */
	bool events;                 /* queue events too, not only sessions */
	bool newest;                 /* newest first */
	bool follow;                 /* and then what comes */
	uint64_t tail;               /* only the newest so many; 0: all */
};

/* ledger_filter_set - one condition by its name, which is that of the option
 * of kurir log: "from", "since" (Unix milliseconds), "follow" ("1") ... A text
 * value is borrowed as long as f lives.
 * ERR_SYNTAX: no such name, or not a value for it; f is as before. */
enum err ledger_filter_set(struct ledger_filter *f, struct slice name,
    struct slice value) KURIR_MUST_CHECK;

/* ledger_filter_match - does the well-formed record satisfy all conditions? */
bool ledger_filter_match(const struct ledger_filter *f, struct slice record);

/* ledger_address_match - pattern (an address, "@domain", "<>") against an
 * address, without regard to ASCII case. */
bool ledger_address_match(struct slice pattern, struct slice address);

#endif
