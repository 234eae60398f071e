/* dane.h - the TLSA records of one host, for check dane and check tls. */
#ifndef CHECK_DANE_H
#define CHECK_DANE_H

#include "check/cert.h"
#include "check/check.h"
#include "check/dns.h"

#define DANE_RECORDS_MAX 16

enum dane_state {
	DANE_UNKNOWN,  /* DNS did not say */
	DANE_NONE,     /* no record */
	DANE_INSECURE, /* records, but not by DNSSEC: they count nothing */
	DANE_BOGUS,    /* DNSSEC says they were forged: mail waits */
	DANE_UNUSABLE, /* none that may count (RFC 7672 3.1.3) */
	DANE_FOUND,    /* usable; not compared: there was no certificate */
	DANE_MATCH,
	DANE_MISMATCH
};
const char *dane_state_name(enum dane_state s); /* "match"; JSON */

struct dane_host {
	enum dane_state state;
	struct cert_tlsa v[DANE_RECORDS_MAX];
	enum cert_tlsa_result result[DANE_RECORDS_MAX];
	size_t n, left_out;
	uint32_t ttl;
	uint8_t data[4096]; /* of the records */
	size_t data_n;
};

/* dane_ask - TLSA of _port._tcp.host. secure: host's own addresses (and the MX
 * that names it) came by DNSSEC, else records are DANE_INSECURE. done comes
 * once, never from within the call. */
struct dane_ask;
typedef void dane_done(void *arg, const struct dane_host *h);
struct dane_ask *dane_ask(struct check *c, const char *host, uint16_t port,
    bool secure, dane_done *done, void *arg);
void dane_cancel(struct dane_ask *a); /* NULL is nothing */

/* dane_copy - with octets of its own. */
void dane_copy(struct dane_host *to, const struct dane_host *from);

/* dane_compare - with what the server showed; sets state and result. */
void dane_compare(struct dane_host *h, const struct slice *der, size_t n,
    const struct slice *names, size_t name_n, uint64_t now_s);

/* dane_report - records, findings and advice. host: as shown. leaf: its
 * certificate, or empty. */
void dane_report(struct report *r, struct report_node *in,
    const struct dane_host *h, const char *host, uint16_t port,
    struct slice leaf);

#endif
