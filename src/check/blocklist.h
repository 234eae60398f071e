/* blocklist.h - DNS lists of addresses and domains (RFC 5782), for check
 * blocklist and check sender. */
#ifndef CHECK_BLOCKLIST_H
#define CHECK_BLOCKLIST_H

#include "check/check.h"
#include "check/dns.h"

#define BLOCKLIST_ZONES_MAX    64
#define BLOCKLIST_SUBJECTS_MAX 8
#define BLOCKLIST_CODES_MAX    8

enum blocklist_kind {
	BLOCKLIST_IP4 = 1,
	BLOCKLIST_IP6 = 2,
	BLOCKLIST_NAME = 4
};

struct blocklist_zone {
	const char *zone;
	unsigned kinds;      /* enum blocklist_kind */
	const char *control; /* of names: one that is listed; NULL: "test" */
	const char *url;     /* where to be taken off */
};

/* blocklist_zones - the built-in ones; doc/checks.md is the same table. */
const struct blocklist_zone *blocklist_zones(size_t *out_n);

enum blocklist_state {
	BLOCKLIST_WAITING,
	BLOCKLIST_LISTED,
	BLOCKLIST_NOT_LISTED,
	BLOCKLIST_REFUSED, /* it does not answer us, or lists everything */
	BLOCKLIST_DEAD     /* it does not list what every list must, or is
			      silent */
};
const char *blocklist_state_name(enum blocklist_state s); /* JSON */

/* What one answer of a list says; pure. */
struct blocklist_said {
	enum ipc_dns_status status;
	struct ip code[BLOCKLIST_CODES_MAX]; /* of 127/8 */
	size_t code_n;
	bool refused; /* 127.255.255.x */
	bool foreign; /* an address that no list gives */
	uint32_t ttl;
};
void blocklist_read(const struct ipc_dns_answer *a, struct blocklist_said *out);

/* blocklist_judge - from the answers for what must be listed, for what must
 * not be, and for the subject; pure. */
enum blocklist_state blocklist_judge(const struct blocklist_said *listed,
    const struct blocklist_said *unlisted,
    const struct blocklist_said *subject);

/* Who is looked for: an address, or a name. */
struct blocklist_subject {
	struct ip ip; /* family 0: the name */
	char name[256];
};

struct blocklist_entry {
	size_t subject, zone;
	enum blocklist_state state;
	struct blocklist_said said;
	char reason[256]; /* TXT */
};

struct blocklist {
	struct blocklist_subject subject[BLOCKLIST_SUBJECTS_MAX];
	size_t subject_n;
	struct blocklist_zone zone[BLOCKLIST_ZONES_MAX];
	size_t zone_n;
	struct blocklist_entry *v; /* by subject, then zone */
	size_t n;
	bool built_in;
};

/* blocklist_ask - subjects over 8 and zones over 64 are left out. zones: names;
 * none: the built-in ones. *b is valid during done, which comes once and never
 * from within the call. */
typedef void blocklist_done(void *arg, const struct blocklist *b);
void blocklist_ask(struct check *c, const struct blocklist_subject *v, size_t n,
    const struct slice *zones, size_t zone_n, blocklist_done *done, void *arg);

/* blocklist_report - the table and the findings; how many listings. *out_known
 * false: too few lists answered to say that there are none. */
size_t blocklist_report(struct report *r, struct report_node *in,
    const struct blocklist *b, bool *out_known);

#endif
