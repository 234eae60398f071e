/* replay_gen.h - a ledger of invented sessions, as many as are asked for, of
 * which it is known what other settings would make. */
#ifndef TEST_UNIT_LEDGER_REPLAY_GEN_H
#define TEST_UNIT_LEDGER_REPLAY_GEN_H

#include "store/ledger_record.h"

/* Of each hundred sessions, by their number modulo 100; all from clients of
 * listener "mx" that send one message, under rules that only note. */
enum gen_kind {
	GEN_SPAM,    /* 0-2: no PTR, HELO forged; 3 networks of 100 addresses */
	GEN_HONEST,  /* 3: no PTR, all else passes; 8 addresses, by turns */
	GEN_SPARED,  /* 4: no PTR, an entry of the list spares it */
	GEN_USER,    /* 5: no PTR, authenticated */
	GEN_HELO,    /* 6: HELO forged alone; 4 addresses */
	GEN_NO_MX,   /* 7: the sender's domain has no MX; 5 domains */
	GEN_FAULT,   /* 8: PTR could not be looked up */
	GEN_REFUSED, /* 9: no PTR, and hung up on for that; 2 addresses */
	GEN_STRANGER, /* 10: no PTR, but nothing was taken for other reasons */
	GEN_CLEAN,    /* 11-99; each tenth is told in two parts */
};

enum gen_kind gen_kind(uint64_t i);

/* gen_session - the i-th session, begun at unix_ms, each record of it given to
 * each. dialogue: with what was said, as a server of ours records it. */
void gen_session(uint64_t i, uint64_t unix_ms, bool dialogue,
    void (*each)(void *arg, struct slice record), void *arg);

/* gen_id - of the i-th session. */
id_t64 gen_id(uint64_t i, uint64_t unix_ms);

#endif
