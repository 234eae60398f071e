/* store.h - the durable queue: what is on disk when a client hears 250.
 *
 * Engine-neutral: ids are chosen by the caller, work goes in batches, due
 * recipients are claimed under a lease that names its owner. Nothing here
 * assumes that the caller is alone, except where it says "embedded".
 *
 * Two handles. struct store is the writer: one thread, one transaction a
 * batch. struct store_reader is for lists and bodies: any number, one thread
 * each, also while a writer is at work, also from another process.
 *
 * Every function here may block on the disk; each says on what. Times are
 * Unix milliseconds and come from the caller. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"

#define STORE_HASH_LEN       32            /* SHA-256 */
#define STORE_INLINE_MAX     (256u * 1024) /* larger bodies rest in a file */
#define STORE_RECIPIENTS_MAX 50000u        /* of one message */
#define STORE_DOMAIN_MAX     255u          /* octets of a destination's name */
#define STORE_DAMAGED        "queue.body-damaged"

struct store;
struct store_reader;

struct store_options {
	/* New messages are refused (ERR_FULL) when the file system has less
	 * than this left, so that results can still be recorded. */
	uint64_t reserve_octets;
	/* Owner of the leases this process takes; not 0. Embedded: all leases
	 * found at opening belong to the dead and are given back. */
	uint32_t owner;
};

/* ---- what a message is ---- */

enum store_state {
	STORE_WAITING, /* tried when due <= now */
	STORE_HELD     /* not tried until released */
};

enum store_flag {
	STORE_8BIT = 1,     /* BODY=8BITMIME */
	STORE_UTF8 = 2,     /* SMTPUTF8 */
	STORE_TRUSTED = 4,  /* came by AUTH or from a trusted network */
	STORE_INTERNAL = 8, /* made here: a bounce or a warning */
	STORE_SPOOL = 16    /* body rests in a spool file (set by the store) */
};

/* Which words of the message the store keeps, apart from the body. */
struct store_envelope {
	id_t64 id;
	uint64_t arrived_ms;
	uint64_t size; /* octets of the body */
	uint32_t flags;
	struct slice sender; /* reverse-path without <>; empty: null */
	struct slice extra;  /* the caller's own bytes, given back unchanged */
};

struct store_recipient {
	uint32_t n; /* its number in the message, unique there */
	struct slice address;
	struct slice domain;   /* lower case; destinations are keyed by it */
	struct slice original; /* what the client named, if not the address */
	bool held;             /* put: only this one waits for its release */
};

/* ---- writer ---- */

/* store_open - open or create the queue below dir (dir/queue.db, dir/spool/),
 * take dir/queue.lock, finish what a crash left: leases of the dead are given
 * back and spool files without a row are removed.
 *
 * ERR_EXISTS       another process has this queue open
 * ERR_CORRUPT      the database is damaged, or not one of ours
 * ERR_UNSUPPORTED  written by a newer version
 * ERR_DENIED, ERR_FULL, ERR_IO, ERR_NOMEM
 * each with d filled. Blocks on opening, on a checkpoint of what the log
 * holds, and on one pass over the recipients. */
enum err store_open(const char *dir, const struct store_options *options,
    struct store **out, struct diag *d) KURIR_MUST_CHECK;

/* store_close - checkpoint, close, release the lock. Blocks on the disk. */
void store_close(struct store *s);

/* A message to be stored. All slices are borrowed until store_apply is back. */
struct store_put {
	struct store_envelope envelope;
	const struct store_recipient *recipients; /* at least one */
	size_t n_recipients;
	/* Body of at most STORE_INLINE_MAX; or, with spool set, the file made
	 * by store_spool_create and sealed by store_spool_seal. */
	struct slice body;
	const struct store_seal *spool;
	uint64_t due_ms; /* first attempt */
	bool leased;     /* born leased to options.owner: the caller tries it */
	bool held;
	/* Part of what the queue itself must say (a bounce with the removal of
	 * its recipient): not given up to save the rest when the disk is full.
	 */
	bool internal;
	/* out: ERR_OK: durable; ERR_EXISTS: the id is taken; ERR_LIMIT: no
	 * recipient or too many, body or domain too long; ERR_FULL. */
	enum err err;
};

enum store_outcome {
	STORE_DELIVERED, /* the recipient is done and leaves the queue */
	STORE_FAILED,   /* leaves too; the caller put the bounce in the batch */
	STORE_DEFERRED, /* tried, not delivered: wait until due_ms */
	STORE_PARKED,   /* held because of cause (body damaged) */
	STORE_RETURNED  /* not tried: lease given back, attempts unchanged */
};

/* What became of one recipient. The message goes with its last recipient. */
struct store_result {
	id_t64 id;
	uint32_t n;
	enum store_outcome outcome;
	uint64_t due_ms;    /* DEFERRED and RETURNED: when next */
	uint64_t tried_ms;  /* DEFERRED: when it was tried */
	bool warned;        /* DEFERRED: its sender has now been warned */
	struct slice cause; /* code of doc/causes.md */
	struct slice reply; /* the peer's last words, or ours */
	enum err err;       /* out: ERR_NOT_FOUND: was removed meanwhile */
	bool message_gone;  /* out: that was the last one */
};

enum store_verb {
	STORE_RETRY, /* due now, also when held by no one */
	STORE_HOLD,
	STORE_RELEASE, /* held ones become due now */
	STORE_DELETE,  /* without a bounce */
	STORE_DISOWN   /* leases of `owner` are given back */
};

/* An operator's wish: for the message id, or with id 0 for every waiting
 * recipient of domain (RETRY), or with an empty domain for all. A wide one is
 * done in slices of at most limit recipients: repeat while more is set. */
struct store_control {
	enum store_verb verb;
	id_t64 id;
	struct slice domain;
	uint32_t owner;
	uint64_t now_ms;
	size_t limit;
	uint64_t changed; /* out: recipients */
	bool more;        /* out */
	enum err err;     /* out: ERR_NOT_FOUND: no such message */
};

/* One recipient under our lease. */
struct store_claimed {
	struct store_envelope envelope;
	struct store_recipient recipient;
	uint32_t attempts;    /* before this one */
	uint64_t last_try_ms; /* 0: never */
	bool warned;
	bool released; /* an operator has released it */
};

/* Claim waiting recipients with due <= now, the longest due first.
 *
 * Destinations named in skip (sorted by slice_cmp) are passed over, and at
 * most per_domain are taken of any other, so a destination with a long
 * backlog hides nobody. A call looks at a bounded number of rows and goes on
 * from where the last one stopped; more tells that something due may be left.
 */
struct store_claim {
	uint64_t now_ms;
	size_t limit;
	size_t per_domain;
	const struct slice *skip;
	size_t n_skip;
	struct arena *arena;           /* holds what is given out */
	struct store_claimed *claimed; /* out */
	size_t n_claimed;              /* out */
	bool more;                     /* out */
	uint64_t next_due_ms; /* out: earliest time after now; 0: none */
};

/* store_apply - everything in the batch in one transaction, with one sync.
 *
 * ERR_OK: durable; look at each item's err. Otherwise nothing of the batch
 * counts, and every item's err says so; results may be given again. Puts,
 * then results, then controls, then the claim.
 * ERR_FULL does not fail a batch: its client messages get ERR_FULL and the
 * rest is tried without them; if that fails too, all of it is ERR_FULL.
 *
 * After a failed sync nothing is acknowledged until the database has been
 * opened anew and all its log has reached the main file; every call tries
 * that first and answers ERR_IO until it succeeds. What the failed batch held
 * is then removed again, or its leases given back; results and internal puts
 * may stand: given again they are ERR_NOT_FOUND and ERR_EXISTS.
 *
 * Blocks on one sync of the log, now and then on a checkpoint. */
struct store_batch {
	struct store_put **puts;
	size_t n_puts;
	struct store_result **results;
	size_t n_results;
	struct store_control **controls;
	size_t n_controls;
	struct store_claim *claim;
};

enum err store_apply(
    struct store *s, struct store_batch *b, struct diag *d) KURIR_MUST_CHECK;

/* store_count - messages in the queue. From memory; any thread. */
uint64_t store_count(const struct store *s);

/* ---- bodies in files ---- */

/* What store_spool_seal found; goes into store_put. */
struct store_seal {
	uint64_t size;
	uint8_t hash[STORE_HASH_LEN];
};

/* store_spool_create - an empty file for the body of message id, open for
 * writing, to be passed to whoever receives the body. Any thread. Blocks on
 * open. ERR_EXISTS, ERR_FULL, ERR_DENIED, ERR_IO. */
enum err store_spool_create(const struct store *s, id_t64 id, int *out_fd,
    struct diag *d) KURIR_MUST_CHECK;

/* store_spool_seal - the writer says it is done: prove it (a read lease fails
 * while any descriptor is open for writing: ERR_AGAIN), read it through,
 * sync the file and the directory. Any thread, not the loop's. Blocks on
 * reading and two syncs. */
enum err store_spool_seal(const struct store *s, id_t64 id, uint64_t max_octets,
    struct store_seal *out, struct diag *d) KURIR_MUST_CHECK;

/* store_spool_drop - the message was refused: remove its file. */
void store_spool_drop(const struct store *s, id_t64 id);

/* ---- reader ---- */

/* store_reader_open - dir as in store_open; read-only; needs no running
 * writer. ERR_NOT_FOUND: there is no queue. */
enum err store_reader_open(const char *dir, struct store_reader **out,
    struct diag *d) KURIR_MUST_CHECK;
void store_reader_close(struct store_reader *r);

/* A body that matched its recorded hash: bytes in the arena, or a descriptor
 * at offset 0 that the caller closes (fd >= 0). */
struct store_body {
	uint64_t size;
	struct slice bytes;
	int fd;
};

/* store_body - ERR_CORRUPT: it does not match what was stored, and must not
 * be sent (hold it); ERR_NOT_FOUND; ERR_IO; ERR_NOMEM. Blocks on reading all
 * of it. */
enum err store_body(struct store_reader *r, id_t64 id, struct arena *a,
    struct store_body *out, struct diag *d) KURIR_MUST_CHECK;

enum store_list_state {
	STORE_LIST_ANY,
	STORE_LIST_DUE,      /* being tried, or to be tried by now */
	STORE_LIST_DEFERRED, /* waiting for its time */
	STORE_LIST_HELD
};

/* Which messages; empty slices and 0 match all. Addresses compare without
 * regard to case. A message is listed, with all its recipients, when one
 * recipient satisfies every condition on recipients. */
struct store_filter {
	id_t64 id;
	struct slice from;
	struct slice to;
	struct slice domain;
	enum store_list_state state;
	uint64_t now_ms;
	id_t64 after; /* page on: the last id seen */
	size_t limit; /* messages; not 0 */
};

struct store_item_recipient {
	struct store_recipient recipient;
	enum store_state state;
	bool active; /* under a lease */
	bool warned;
	uint32_t attempts;
	uint64_t due_ms;
	uint64_t last_try_ms;
	struct slice cause;
	struct slice reply;
};

struct store_item {
	struct store_envelope envelope;
	struct store_item_recipient *recipients; /* by n */
	size_t n_recipients;
};

/* store_list - in order of id, that is of arrival. *out lives in the arena.
 * A page may end before limit when the arena is nearly full: ask on after the
 * last id seen until nothing comes. ERR_LIMIT: not one message fits the
 * arena. Blocks on reading. */
enum err store_list(struct store_reader *r, const struct store_filter *filter,
    struct arena *a, struct store_item **out, size_t *out_n,
    struct diag *d) KURIR_MUST_CHECK;

struct store_stats {
	uint64_t messages;
	uint64_t recipients;
	uint64_t due;
	uint64_t active;
	uint64_t deferred;
	uint64_t held;
	uint64_t octets;            /* of all bodies */
	uint64_t oldest_arrived_ms; /* 0: empty */
};

/* store_stats - one pass over the envelopes. */
enum err store_stats(struct store_reader *r, uint64_t now_ms,
    struct store_stats *out, struct diag *d) KURIR_MUST_CHECK;

#endif
