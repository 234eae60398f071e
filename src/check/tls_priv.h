/* tls_priv.h - one run of check tls.
 *
 * tls.c asks (hosts, probes, scans, TLSA, MTA-STS), tls_facts.c makes facts and
 * letters of the answers, tls_report.c the whole report and tls_visit.c the
 * part of one address. */
#ifndef CHECK_TLS_PRIV_H
#define CHECK_TLS_PRIV_H

#include "base/arena.h"
#include "check/cert.h"
#include "check/check.h"
#include "check/dane.h"
#include "check/mta_sts.h"
#include "check/probe.h"
#include "check/scan.h"

#define TLS_VISITS_MAX     64
#define TLS_VISITS_ABREAST 8
#define TLS_TIMEOUT_MS     15000 /* of a step, where none is given */
#define TLS_VISIT_LAST_MS  20000 /* no visit begins later */
#define TLS_ASK_LAST_MS    40000 /* and nothing is asked */
#define TLS_VISIT_MEMORY   (384u * 1024)

struct tls_run;

/* One address of one host. Slices of r are of mem. */
struct tls_visit {
	struct tls_run *run;
	size_t host;
	struct ip ip;
	bool begun, over;
	struct arena mem;
	struct probe *probe;
	struct scan *scan;
	struct probe_result r;
	struct cert_chain *chain;   /* NULL: no certificate came */
	enum grade_known injection; /* CVE-2011-0411 */
	bool scanned;
	struct scan_result *s;
	struct cert_staple staple;
	struct grade_facts facts;
	struct grade grade;
	bool graded;   /* there is something to judge */
	bool lettered; /* all was tested, or nothing can make it better */
	struct confidence_mx confidence;
};

struct tls_host {
	struct check_host h;
	struct dane_ask *ask;
	struct dane_host dane;
	bool dane_came;
};

struct tls_run {
	struct check *c;
	struct check_tls_opts o;
	struct report *r;
	check_done *done;
	void *arg;
	char target[320], domain[256], rcpt[330], mail[330];
	bool address;             /* the target was one, with a local part */
	struct check_hosts hosts; /* v is NULL: see host */
	struct tls_host *host;
	size_t host_n;
	struct tls_visit *visit;
	size_t visit_n, left_out, abreast;
	uint64_t begun_ms;
	struct sts sts;
	bool sts_wanted, sts_came;
	size_t waiting; /* for answers */
	struct cert_trust *trust;
	struct defer begin;
};

/* tls_agreed - what its handshake agreed on, for the scan to find again. */
struct scan_opts;
void tls_agreed(const struct tls_visit *v, struct scan_opts *o);
/* tls_judge - facts, letter and confidence of a visit. */
void tls_judge(struct tls_visit *v);
bool tls_cert_ok(const struct tls_visit *v);
/* tls_stage_ok - with our own word on the certificate. */
bool tls_stage_ok(const struct tls_visit *v, enum probe_stage s);
/* tls_refused - of --assure: mail in plain text was not taken, for want of TLS.
 */
bool tls_refused(const struct tls_visit *v);
/* tls_wanted - is that reply a refusal for good for want of TLS? One for
 * another reason says nothing of it. Of tls_wanted.c. */
bool tls_wanted(uint16_t code, struct slice text);

void tls_report(struct tls_run *run);
void tls_report_visit(struct tls_run *run, const struct tls_visit *v);
/* The stapled answer, and what it means; of tls_staple.c. */
void tls_report_staple(
    struct tls_run *run, struct report_node *in, const struct tls_visit *v);
void tls_say_staple(
    struct tls_run *run, const struct tls_visit *v, const char *name);
/* What the owner of the examined server should do about that cause; of
 * tls_cure.c. "": nothing is known. */
const char *tls_cure(const char *code);
/* The part of one scan; of tls_scan_report.c. */
void tls_report_scan(struct report *r, struct report_node *in,
    const struct scan_result *s, const struct tls_visit *v);

#endif
