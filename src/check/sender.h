/* sender.h - what check sender, check self and check spf share: the machines
 * of policy/ driven over DNS, and the records of a domain read. */
#ifndef CHECK_SENDER_H
#define CHECK_SENDER_H

#include "check/check.h"
#include "check/dns.h"
#include "policy/reverse.h"
#include "policy/spf.h"

/* spf_ask - one evaluation, at most SPF_PATIENCE_MS; done comes once, never
 * from within the call; *r is valid during it. NULL: out of memory. */
#define SPF_PATIENCE_MS 18000u
typedef void spf_ask_done(void *arg, const struct spf_result *r);
void spf_ask(struct check *c, const struct ip *ip, struct slice helo,
    struct slice mail_from, spf_ask_done *done, void *arg);

/* reverse_ask - the same for a reverse lookup. */
typedef void reverse_ask_done(void *arg, const struct reverse_result *r);
void reverse_ask(struct check *c, enum reverse_kind kind, const struct ip *ip,
    struct slice name, reverse_ask_done *done, void *arg);

/* spf_report - facts of a result into a section; findings are the caller's. */
void spf_report(
    struct report *r, struct report_node *in, const struct spf_result *s);

/* ---- records (records.c); pure ---- */

/* record_tag_next - "name=value" off a list with ";" between (RFC 6376 3.2),
 * without white space around; false: at its end. A part without "=" is a name
 * without value. */
bool record_tag_next(
    struct slice *rest, struct slice *out_name, struct slice *out_value);

enum dmarc_policy { DMARC_BROKEN, DMARC_NONE, DMARC_QUARANTINE, DMARC_REJECT };

struct dmarc_record {
	enum dmarc_policy policy, sub;
	uint64_t percent;
	struct slice rua, ruf;
	bool strict_dkim, strict_spf;
	const char *wrong; /* English, for tr(); NULL: nothing */
};
/* dmarc_record_read - false: it is another record. */
bool dmarc_record_read(struct slice txt, struct dmarc_record *out);
const char *dmarc_policy_name(enum dmarc_policy p);

struct dkim_record {
	const char *key_type; /* "rsa", "ed25519" */
	unsigned bits;        /* 0: unreadable */
	bool revoked, testing;
	const char *wrong;
};
/* dkim_record_read - false: it is another record. */
bool dkim_record_read(struct slice txt, struct dkim_record *out);

struct tlsrpt_record {
	struct slice rua;
	const char *wrong;
};
bool tlsrpt_record_read(struct slice txt, struct tlsrpt_record *out);

#endif
