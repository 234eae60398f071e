/* lookup.h - the role that knows the tables.
 *
 * Domains from the configuration, aliases from their file, account names from
 * role auth; for domains whose mailboxes are elsewhere it has a relay ask the
 * next hop. It tells who is spared a reverse lookup. It reads the directories
 * of the alias file and of the exempt lists, and sees no message. Parts: main.c
 * (life), aliases.c (the file), exempts.h (the lists), ask.c (one question),
 * resolve.h (what a recipient is, pure), verify.h (asking next hops). */
#ifndef ROLE_LOOKUP_LOOKUP_H
#define ROLE_LOOKUP_LOOKUP_H

#include "policy/masquerade.h"
#include "policy/test_asker.h"
#include "role/lookup/exempts.h"
#include "role/lookup/resolve.h"
#include "role/lookup/verify.h"
#include "role/role.h"

/* Octets of the alias file, and of its table in memory. */
#define ALIASES_TEXT_MAX   (32u << 20)
#define ALIASES_MEMORY_MAX (256u << 20)
/* One-time codes of the test mailbox at a time, and how long each is good. */
#define CODES_MAX    64u
#define CODE_GOOD_MS (24u * 3600 * 1000)
/* Memory of one answer. */
#define ANSWER_MEMORY_MAX (4u << 20)

struct aliases {
	struct arena arena;
	struct alias_table table;
	bool usable;
	uint64_t seen; /* hash of its text */
};

struct test_code {
	char text[TEST_CODE_LEN + 1];
	uint64_t until_ms; /* Unix; 0: none */
};

/* What lookup knows for the test mailbox; gone with the process. */
struct tests {
	struct test_code code[CODES_MAX];
	struct map counts; /* by sender, and by network */
	size_t count_n;
	struct list assured; /* struct assured, oldest first */
	size_t assured_n;
	struct timer sweep;
};

struct lookup {
	struct role *role;
	struct names names;
	struct names coming; /* between accounts_begin and accounts_end */
	bool names_known;
	bool names_coming;
	struct aliases aliases;
	struct aliases next;      /* of a reload that is not yet in force */
	uint64_t aliases_seen;    /* hash of the text last read, good or bad */
	struct dirwatch watch[2]; /* one is in use while the other is opened */
	unsigned watch_now;
	char walled[4096]; /* the directory that our walls let us read, or "" */
	bool elsewhere;    /* the reload names a file beyond our walls */
	struct exempts exempts;
	struct verify verify;
	struct list asks;   /* struct ask: waiting for a next hop */
	struct map devices; /* what each has sent */
	struct tests tests;
	struct masquerade *trust; /* NULL: nothing heard yet */
	struct timer trust_sweep;
	uint32_t generation;
	struct timer grace; /* of a drain */
};

/* lookup_changed - the tables are others: smtpd forgets what it kept. */
void lookup_changed(struct lookup *l);

/* ---- aliases.c ---- */
/* aliases_load - read conf's file; every error is logged, the first one is
 * said in d. No file, or none configured, is no alias. *out is the caller's
 * in any case. */
enum err aliases_load(const struct lookup *l, const struct conf *conf,
    struct aliases *out, struct diag *d) KURIR_MUST_CHECK;
void aliases_free(struct aliases *a);
/* aliases_walled - keep in mind whose directory the walls will leave open.
 * aliases_elsewhere - does conf name a file in another? */
enum err aliases_walled(
    struct lookup *l, const struct conf *conf, struct diag *d) KURIR_MUST_CHECK;
bool aliases_elsewhere(const struct lookup *l, const struct conf *conf);
/* aliases_watch - be told of changes in the directory of conf's file. */
enum err aliases_watch(
    struct lookup *l, const struct conf *conf, struct diag *d) KURIR_MUST_CHECK;

/* ---- devices.c ---- */
void device_asked(
    struct lookup *l, struct chan *c, const struct ipc_device_ask *m);

/* ---- tests.c ---- */
void tests_init(struct lookup *l);
void test_asked(struct lookup *l, struct chan *c, const struct ipc_test_ask *m);
/* tests_peer - that smtpd is new: tell it who is remembered. */
void tests_peer(struct lookup *l, struct chan *c);
/* tests_control - "test-code": make one. false: another verb. */
bool tests_control(
    struct lookup *l, struct chan *c, bool may_change, struct slice verb);

/* ---- trust.c ---- */
void trust_init(struct lookup *l);
/* trust_seen - a trusted address began a message. */
void trust_seen(struct lookup *l, const struct ipc_trust_seen *m);
/* trust_peer - that smtpd is new: tell it what alarms stand. */
void trust_peer(struct lookup *l, struct chan *c);

/* ---- ask.c ---- */
void ask_rcpt(struct lookup *l, struct chan *c, const struct ipc_rcpt_ask *m);
/* ask_drop - nobody waits at that channel any more. */
void ask_drop(struct lookup *l, const struct chan *c);

#endif
