/* ledger_replay.h - the sessions of the ledger judged again under other
 * settings: who would be refused that was not, who would no longer be.
 *
 * Pure. The records of one session may be several, among those of others:
 * they are put together by its id. What the settings under test say is asked
 * of the caller, who has read them.
 *
 *	r = replay_new(&settings, seed, since_ms);
 *	each record, oldest first:      replay_take(r, bytes);
 *	replay_judged(r);
 *	each record, from the beginning of the ledger, if replay_wants_signs(r):
 *	                                replay_take_signs(r, bytes);
 *	replay_sort(r); replay_total(r); replay_group_at(r, i) ...
 *
 * Nothing is claimed of a lookup that was not made: such sessions are counted.
 * Memory is bounded: the senders over REPLAY_GROUPS_MAX are only counted, and
 * of the sessions told in parts that wait for their end the oldest are judged
 * by what is known. */
#ifndef STORE_LEDGER_REPLAY_H
#define STORE_LEDGER_REPLAY_H

#include "policy/finding.h"
#include "store/ledger_record.h"

#define REPLAY_GROUPS_MAX 20000u
#define REPLAY_OPEN_MAX   16384u /* sessions in parts at the same time */
#define REPLAY_RULES_MAX  64u
#define REPLAY_CROWD      32u /* more addresses of one /24 or /64: one sender */
#define REPLAY_SHOWN      3u  /* names, and rules of a sender, kept */

enum replay_lookup { REPLAY_PTR, REPLAY_HELO, REPLAY_MAIL, REPLAY_LOOKUPS };

/* replay_lookup_of - of a rule "reverse-lookup.ptr..."; REPLAY_LOOKUPS: it is
 * none of theirs. */
enum replay_lookup replay_lookup_of(struct slice rule);

/* A client as the record shows it. */
struct replay_client {
	struct ip ip;
	struct slice listener;
	struct slice ptr;    /* its name, if confirmed */
	struct slice helo;   /* its HELO name, if that has its address */
	struct slice domain; /* of MAIL */
	bool authenticated;
};

/* Whom a rule spares; bits. */
enum replay_spares {
	REPLAY_SPARES_AUTHENTICATED = 1,
	REPLAY_SPARES_TRUSTED = 2
};

/* What the settings under test say, and those in force. */
struct replay_settings {
	void *arg;
	/* The action of a rule; of "reverse-lookup.ptr" alone, that of a fault
	 * of the resolver. false: no such rule; it is left out. */
	bool (*action)(void *arg, struct slice rule, enum conf_action *out);
	unsigned (*spares)(void *arg, struct slice rule);
	/* Is the client trusted, or this host itself? */
	bool (*trusted)(void *arg, const struct replay_client *c);
	/* Does an entry of that lookup's list spare it? list: the entry that
	 * did so then, or empty. */
	bool (*exempt)(void *arg, enum replay_lookup lookup,
	    const struct replay_client *c, struct slice list);
	/* Which lookups may refuse at that listener, and which are made there
	 * now; bits 1 << lookup. */
	unsigned (*refuses)(void *arg, struct slice listener);
	unsigned (*made)(void *arg, struct slice listener);
	/* Since when that is so. In old records a pass leaves no trace: that
	 * a lookup was made before is believed only once one found something.
	 */
	uint64_t made_since_ms;
	/* Whatever was done then: each that these settings refuse is a victim.
	 */
	bool all;
};

/* What is counted of one rule, in sessions. */
struct replay_rule {
	struct slice name;
	enum conf_action now;
	uint64_t sessions; /* with such a finding */
	uint64_t then;     /* it refused or deferred them then */
	uint64_t refused, deferred, noted, spared; /* now */
	uint64_t
	    victims; /* newly refused by it, that were not refused at all */
};

struct replay_total {
	uint64_t records, damaged;
	uint64_t sessions; /* that clients opened, since then */
	/* By the worst that befalls them now. */
	uint64_t refused, deferred, noted, spared;
	uint64_t refused_then; /* by one of these rules */
	uint64_t victims;      /* refused or deferred now and not then */
	uint64_t anyway; /* these too, but for another reason nothing of theirs
			    was taken */
	uint64_t released; /* refused then, and now no more */
	uint64_t idle;     /* ended before MAIL, with nothing found: no mail of
			      theirs is at stake, and nothing is judged */
	/* Nothing can be said of these, by lookup: it was not made, or the
	 * session had been refused before. */
	uint64_t not_made[REPLAY_LOOKUPS], ended_before[REPLAY_LOOKUPS];
	uint64_t unjudged;          /* sessions among these, each once */
	uint64_t sessions_left_out; /* of victims and released: no room */
	struct replay_rule rule[REPLAY_RULES_MAX];
	size_t rules;
};

enum replay_sender { REPLAY_ADDRESS, REPLAY_NETWORK, REPLAY_DOMAIN };

struct replay_names {
	struct slice v[REPLAY_SHOWN];
	size_t n;
	bool more;
};

struct replay_hits {
	size_t rule; /* of struct replay_total */
	uint64_t sessions;
};

/* A sender, with its sessions that fare otherwise now. */
struct replay_group {
	enum replay_sender kind;
	struct ip_net net;   /* ADDRESS, NETWORK */
	struct slice domain; /* DOMAIN */
	bool released;       /* else it is a victim */
	uint64_t sessions, refused, deferred;
	uint64_t first_ms, last_ms;
	id_t64 example; /* the newest of them */
	struct replay_hits hit[REPLAY_SHOWN];
	size_t hits;
	struct replay_names helo, from; /* HELO names, domains of MAIL */
	struct slice evidence;          /* of the first finding, cut */
	struct ip *address; /* of a NETWORK or DOMAIN, as many as are kept */
	size_t addresses;
	bool more_addresses;
	/* What speaks for it. */
	struct slice ptr;            /* a confirmed name */
	uint64_t authenticated, tls; /* of its sessions, each */
	uint64_t passed[REPLAY_LOOKUPS], failed[REPLAY_LOOKUPS];
	uint64_t messages, before; /* taken from it: since then, and earlier */
};

struct replay;

/* replay_new - NULL: no memory. settings are borrowed. */
struct replay *replay_new(const struct replay_settings *settings,
    const uint64_t seed[2], uint64_t since_ms);
void replay_free(struct replay *r); /* NULL is nothing */

void replay_take(struct replay *r, struct slice record);
void replay_judged(struct replay *r);
bool replay_wants_signs(const struct replay *r);
void replay_take_signs(struct replay *r, struct slice record);

/* replay_sort - who would be refused first; among them what speaks most for
 * itself, then the most sessions. */
void replay_sort(struct replay *r);

const struct replay_total *replay_total(const struct replay *r);
/* replay_group_at - NULL behind the last. */
const struct replay_group *replay_group_at(const struct replay *r, size_t i);

/* replay_signs - how much speaks for a sender; 0: nothing. */
unsigned replay_signs(const struct replay_group *g);

#endif
