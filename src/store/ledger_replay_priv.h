/* ledger_replay_priv.h - the state of a replay; for ledger_replay*.c alone. */
#ifndef STORE_LEDGER_REPLAY_PRIV_H
#define STORE_LEDGER_REPLAY_PRIV_H

#include "base/arena.h"
#include "base/hash.h"
#include "base/list.h"
#include "store/ledger_replay.h"

#define REPLAY_FINDINGS_MAX 12
#define REPLAY_EVIDENCE     240 /* octets of evidence shown */

struct replay_finding {
	size_t rule; /* of the total */
	enum replay_lookup lookup;
	bool then; /* it stopped the mail */
	bool rcpt; /* or one recipient */
	struct slice list, evidence, domain;
	enum conf_action now; /* when nothing spares: else NOTE */
	bool spared;
};

/* A session, of one record or more. */
struct replay_session {
	struct list open;  /* in order of arrival */
	struct arena text; /* what outlives its record */
	id_t64 id;
	uint64_t time_ms;
	struct replay_client client;
	struct slice helo, ptr;
	unsigned asked;  /* lookups that a decision speaks of */
	unsigned passed; /* if it tells: those that found nothing */
	bool tells;
	bool tls, refused, mail;
	struct replay_finding f[REPLAY_FINDINGS_MAX];
	size_t n;
};

struct replay {
	const struct replay_settings *settings;
	uint64_t since_ms;
	unsigned seen; /* lookups that found something so far */
	struct replay_total total;
	struct map open; /* sessions by id */
	struct list waiting;
	size_t n_open;
	/* Senders: by address or domain; by network those that are crowds. */
	struct map by_key, by_net;
	struct replay_entry **entry;
	size_t n, crowds;
	struct arena text;
};

/* A group and the key it is found by. */
struct replay_entry {
	struct replay_group g;
	struct slice key;
};

/* replay_group_add - the session s fares otherwise now; by is the finding that
 * decides. */
void replay_group_add(struct replay *r, const struct replay_session *s,
    const struct replay_finding *by, bool released);

/* replay_group_crowds - make one of the many addresses of a network. */
void replay_group_crowds(struct replay *r);

/* replay_new_refusal - does it refuse now, and did not then? */
bool replay_new_refusal(const struct replay *r, const struct replay_finding *f);

/* replay_passed - the lookups that were made and found nothing. */
unsigned replay_passed(const struct replay *r, const struct replay_session *s);

#endif
