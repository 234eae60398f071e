/* dane.c - TLSA records: asked for, compared, explained. */
#include "check/dane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "proto/dns/message.h"

struct dane_ask {
	struct check_dns_ask *ask;
	bool secure;
	dane_done *done;
	void *arg;
};

const char *
dane_state_name(enum dane_state s)
{
	static const char *const names[] = {
	    [DANE_UNKNOWN] = "unknown",
	    [DANE_NONE] = "none",
	    [DANE_INSECURE] = "insecure",
	    [DANE_BOGUS] = "bogus",
	    [DANE_UNUSABLE] = "unusable",
	    [DANE_FOUND] = "not-compared",
	    [DANE_MATCH] = "match",
	    [DANE_MISMATCH] = "mismatch",
	};
	return s <= DANE_MISMATCH ? names[s] : "unknown";
}

/* ---- asking ---- */

static void
add_record(struct dane_host *h, struct slice rdata)
{
	if (rdata.n < 3)
		return;
	struct slice data = slice_from(rdata, 3);
	if (h->n == DANE_RECORDS_MAX || data.n > sizeof(h->data) - h->data_n) {
		h->left_out++;
		return;
	}
	uint8_t *p = h->data + h->data_n;
	if (data.n > 0)
		memcpy(p, data.p, data.n);
	h->data_n += data.n;
	h->v[h->n++] = (struct cert_tlsa){
	    rdata.p[0], rdata.p[1], rdata.p[2], slice_of(p, data.n)};
}

static enum dane_state
state_of(const struct dane_host *h, const struct ipc_dns_answer *a, bool secure)
{
	switch ((enum ipc_dns_status)a->status) {
	case IPC_DNS_OK:
		break;
	case IPC_DNS_NODATA:
	case IPC_DNS_NXDOMAIN:
		return DANE_NONE;
	case IPC_DNS_BOGUS:
		return DANE_BOGUS;
	case IPC_DNS_TEMPFAIL:
	case IPC_DNS_TIMEOUT:
	default:
		return DANE_UNKNOWN;
	}
	if (h->n == 0)
		return DANE_NONE;
	if (!a->secure || !secure)
		return DANE_INSECURE;
	for (size_t i = 0; i < h->n; i++)
		if (cert_tlsa_usable(&h->v[i]))
			return DANE_FOUND;
	return DANE_UNUSABLE;
}

static void
on_answer(void *arg, const struct ipc_dns_answer *a)
{
	struct dane_ask *q = arg;
	struct dane_host *h = calloc(1, sizeof(*h));
	if (h == NULL)
		abort();
	struct slice records = a->records, rdata;
	while (a->status == IPC_DNS_OK && pack_next(&records, &rdata))
		add_record(h, rdata);
	h->ttl = a->ttl;
	h->state = state_of(h, a, q->secure);
	for (size_t i = 0; i < h->n; i++)
		h->result[i] = cert_tlsa_usable(&h->v[i]) ? CERT_TLSA_MISMATCH
							  : CERT_TLSA_UNUSABLE;
	dane_done *done = q->done;
	void *to = q->arg;
	free(q);
	done(to, h);
	free(h);
}

struct dane_ask *
dane_ask(struct check *c, const char *host, uint16_t port, bool secure,
    dane_done *done, void *arg)
{
	char name[280];
	struct dane_ask *q = calloc(1, sizeof(*q));
	if (q == NULL)
		abort(); /* as check_dns_ask */
	*q = (struct dane_ask){.secure = secure, .done = done, .arg = arg};
	(void)snprintf(name, sizeof(name), "_%u._tcp.%s", port, host);
	q->ask = check_dns_ask(c->dns, DNS_TLSA, slice_str(name), on_answer, q);
	return q;
}

void
dane_cancel(struct dane_ask *a)
{
	if (a == NULL)
		return;
	check_dns_cancel(a->ask);
	free(a);
}

void
dane_copy(struct dane_host *to, const struct dane_host *from)
{
	size_t at = 0;
	*to = *from;
	for (size_t i = 0; i < to->n; i++) {
		to->v[i].data = slice_of(to->data + at, from->v[i].data.n);
		at += from->v[i].data.n;
	}
}

/* ---- comparing ---- */

void
dane_compare(struct dane_host *h, const struct slice *der, size_t n,
    const struct slice *names, size_t name_n, uint64_t now_s)
{
	bool match = false;
	if (n == 0 || h->n == 0)
		return;
	for (size_t i = 0; i < h->n; i++) {
		h->result[i] =
		    cert_tlsa_match(&h->v[i], der, n, names, name_n, now_s);
		match |= h->result[i] == CERT_TLSA_MATCH;
	}
	if (h->state == DANE_FOUND)
		h->state = match ? DANE_MATCH : DANE_MISMATCH;
}

/* ---- saying ---- */

static void
hex(struct slice s, char *out, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n && n + 3 < max; i++, n += 2)
		(void)snprintf(out + n, 3, "%02x", s.p[i]);
	out[n] = '\0';
}

static const struct {
	const char *key;
	const char *text;
	enum report_mood mood;
} results[] = {
    [CERT_TLSA_MATCH] = {"match", N_("matches"), MOOD_GOOD},
    [CERT_TLSA_MISMATCH] = {"mismatch", N_("does not match"), MOOD_BAD},
    [CERT_TLSA_UNUSABLE] = {"unusable", N_("cannot count"), MOOD_WARN},
    [CERT_TLSA_NAME] = {"name", N_("matches, but not the name"), MOOD_BAD},
    [CERT_TLSA_TIME] = {"time", N_("matches, but it has expired"), MOOD_BAD},
};

static void
report_records(
    struct report *r, struct report_node *in, const struct dane_host *h)
{
	static const struct report_column columns[] = {
	    {"usage", N_("Usage")},
	    {"selector", N_("Selector")},
	    {"matching", N_("Matching")},
	    {"data", N_("Data")},
	    {"result", N_("Result")},
	};
	if (h->n == 0)
		return;
	struct report_node *t = report_table(r, in, "tlsa", N_("TLSA records"),
	    columns, sizeof(columns) / sizeof(*columns), REPORT_CERT);
	for (size_t i = 0; i < h->n; i++) {
		char data[192];
		bool compared =
		    h->state == DANE_MATCH || h->state == DANE_MISMATCH;
		enum cert_tlsa_result is = h->result[i];
		hex(h->v[i].data, data, sizeof(data));
		struct report_value result =
		    compared || is == CERT_TLSA_UNUSABLE
			? value_mood(value_text(slice_str(results[is].key)),
			      results[is].mood)
			: value_null();
		const struct report_value row[] = {
		    value_number(r, h->v[i].usage),
		    value_number(r, h->v[i].selector),
		    value_number(r, h->v[i].matching),
		    report_valuef(r, "%s", data),
		    result,
		};
		report_row(r, t, row);
	}
}

static const struct {
	enum report_mood mood;
	enum check_severity severity;
	const char *code, *text, *cure;
	const char *bare; /* cure where no certificate was seen; or NULL */
} said[] = {
    [DANE_UNKNOWN] = {MOOD_WARN, SEVERITY_WARN, "dns.tempfail",
	N_("DNS did not say whether there are TLSA records"),
	N_("Try again later; if it stays so, look at the name servers")},
    [DANE_NONE] = {MOOD_DIM, SEVERITY_INFO, "dane.none",
	N_("there are no TLSA records"),
	N_("Sign the zone with DNSSEC and publish the record below"),
	N_("Sign the zone with DNSSEC and publish a record \"3 1 1\" of the "
	   "server's key")},
    [DANE_INSECURE] = {MOOD_BAD, SEVERITY_BAD, "dane.insecure",
	N_("there are TLSA records, but not by DNSSEC: nobody heeds them"),
	N_("Sign the zone of the MX record and the zone of the host")},
    [DANE_BOGUS] = {MOOD_BAD, SEVERITY_BAD, "dns.bogus",
	N_("DNSSEC says that the answer was forged: senders keep their mail"),
	N_("Mend the signatures of the zone at once")},
    [DANE_UNUSABLE] = {MOOD_BAD, SEVERITY_BAD, "tls.dane-unusable",
	N_("no TLSA record may count for mail: only usages 2 and 3 with a "
	   "digest of the right length do"),
	N_("Publish the record below"),
	N_("Publish a record \"3 1 1\" of the server's key")},
    [DANE_FOUND] = {MOOD_WARN, SEVERITY_WARN, "dane.not-compared",
	N_("there are TLSA records, but no certificate to compare them with"),
	N_("Offer STARTTLS: senders with DANE do not deliver without")},
    [DANE_MATCH] = {MOOD_GOOD, SEVERITY_INFO, NULL, NULL, NULL},
    [DANE_MISMATCH] = {MOOD_BAD, SEVERITY_BAD, "tls.dane-mismatch",
	N_("no TLSA record matches the certificate: senders with DANE keep "
	   "their mail"),
	N_("Publish the record below beside the old one, wait for its TTL, "
	   "then take the old one out")},
};

static void
report_advice(struct report *r, struct report_node *in,
    const struct dane_host *h, const char *host, uint16_t port,
    struct slice leaf)
{
	uint8_t digest[32];
	char data[72];
	if (!cert_tlsa_311(leaf, digest))
		return;
	hex(slice_of(digest, sizeof(digest)), data, sizeof(data));
	report_fact(r, in, "publish", N_("Record for this certificate"),
	    report_valuef(r, "_%u._tcp.%s. IN TLSA 3 1 1 %s", port, host, data),
	    REPORT_CERT);
	bool leaf_key = false;
	for (size_t i = 0; i < h->n; i++)
		leaf_key |= h->v[i].usage == 3 && h->v[i].selector == 1;
	if (h->state == DANE_MATCH && h->n == 1)
		report_findingf(r, "dane.no-rollover", SEVERITY_INFO,
		    tr("Before the key changes, publish the record of the next "
		       "key beside this one and wait for the TTL; or keep the "
		       "key when the certificate is renewed"),
		    tr("%s: there is one TLSA record: when the key changes, "
		       "mail stops until it is replaced"),
		    host);
	if (h->state == DANE_MATCH && !leaf_key && h->n > 0 &&
	    h->v[0].usage == 3)
		report_findingf(r, "dane.certificate-pinned", SEVERITY_INFO,
		    tr("Publish 3 1 1, the digest of the key, and keep the key "
		       "when the certificate is renewed"),
		    tr("%s: the TLSA record is of the certificate and has to "
		       "change with each renewal"),
		    host);
}

void
dane_report(struct report *r, struct report_node *in, const struct dane_host *h,
    const char *host, uint16_t port, struct slice leaf)
{
	report_fact(r, in, "state", "DANE",
	    value_mood(value_text(slice_str(dane_state_name(h->state))),
		said[h->state].mood),
	    REPORT_SCORE);
	if (h->n > 0)
		report_fact(r, in, "ttl", N_("TTL"), value_number(r, h->ttl),
		    REPORT_DETAIL);
	report_records(r, in, h);
	const char *cure = leaf.n == 0 && said[h->state].bare != NULL
			       ? said[h->state].bare
			       : said[h->state].cure;
	if (said[h->state].code != NULL)
		report_findingf(r, said[h->state].code, said[h->state].severity,
		    tr(cure), "%s: %s", host, tr(said[h->state].text));
	if (h->state == DANE_UNKNOWN)
		report_answer(r, CHECK_UNKNOWN);
	report_advice(r, in, h, host, port, leaf);
}
