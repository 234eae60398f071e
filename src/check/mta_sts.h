/* mta_sts.h - the MTA-STS policy of a domain (RFC 8461), for check mta-sts and
 * check tls. */
#ifndef CHECK_MTA_STS_H
#define CHECK_MTA_STS_H

#include "check/check.h"
#include "check/dns.h"

#define STS_MX_MAX       32
#define STS_MISTAKES_MAX 16

enum sts_mode { STS_MODE_MISSING, STS_NONE, STS_TESTING, STS_ENFORCE };

struct sts_mistake {
	const char *code; /* "mta-sts.no-id" */
	const char *text; /* English, for tr() */
	bool bad;         /* senders will not honour the policy */
};

struct sts_policy {
	enum sts_mode mode;
	char mx[STS_MX_MAX][256];
	size_t mx_n;
	bool mx_cut; /* it has more lines */
	uint64_t max_age_s;
	bool has_version, has_max_age;
	struct sts_mistake mistake[STS_MISTAKES_MAX];
	size_t mistake_n;
};

/* sts_policy_read - what the text says, and every mistake in it. Pure. true:
 * a sender may honour it (RFC 8461 3.2). */
bool sts_policy_read(struct slice text, struct sts_policy *out);

/* sts_record_read - the TXT record: "v=STSv1; id=20260101;". Pure. false:
 * none, *mistake says why (NULL: it is another record). */
bool sts_record_read(
    struct slice txt, char id[33], const struct sts_mistake **mistake);

/* sts_many_records - the mistake of having more than one. */
const struct sts_mistake *sts_many_records(void);

/* sts_mx_match - "*.mitra.example" stands for one label (RFC 8461 4.1). */
bool sts_mx_match(const struct sts_policy *p, struct slice host);

enum sts_state {
	STS_UNKNOWN, /* DNS did not say */
	STS_NO,      /* no record */
	STS_BROKEN,  /* a record, but no policy that counts */
	STS_POLICY   /* see policy */
};
const char *sts_state_name(enum sts_state s);
const char *sts_mode_name(enum sts_mode m);

struct sts {
	enum sts_state state;
	bool dns_nxdomain;
	char id[33];
	size_t records; /* TXT records that begin with v=STSv1 */
	const struct sts_mistake *record_mistake;
	bool fetched;
	uint16_t status;
	char cause[32], why[224];
	char type[64];
	bool cut;
	struct sts_policy policy;
};

/* sts_ask - the record, then the policy by HTTPS. done comes once, never from
 * within the call. */
struct sts_ask;
typedef void sts_done(void *arg, const struct sts *s);
struct sts_ask *sts_ask(
    struct check *c, struct slice domain, sts_done *done, void *arg);

/* sts_report - facts and findings; hosts: the MX, compared with the policy. */
void sts_report(struct report *r, struct report_node *in, const struct sts *s,
    const struct check_host *hosts, size_t host_n);

#endif
