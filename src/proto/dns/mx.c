#include "proto/dns/mx.h"

#include <string.h>

struct verdict_row {
	const char *cause, *enhanced;
	bool permanent;
};

static const struct verdict_row verdicts[] = {
    [MX_OK] = {"", "", false},
    [MX_NXDOMAIN] = {"dns.nxdomain", "5.1.2", true},
    [MX_NULL] = {"dns.null-mx", "5.1.10", true},
    [MX_TEMPFAIL] = {"dns.tempfail", "4.4.3", false},
    [MX_BOGUS] = {"dns.bogus", "4.7.0", false},
    [MX_LOOP] = {"queue.loop", "5.4.6", true},
};

struct slice
mx_verdict_cause(enum mx_verdict v)
{
	return slice_str(verdicts[v].cause);
}

struct slice
mx_verdict_enhanced(enum mx_verdict v)
{
	return slice_str(verdicts[v].enhanced);
}

bool
mx_verdict_is_permanent(enum mx_verdict v)
{
	return verdicts[v].permanent;
}

/* splitmix64: spreads one seed over many small choices. */
static uint64_t
random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static bool
list_has(const struct mx_list *list, const struct dns_name *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (dns_name_eq(&list->hosts[i].name, name))
			return true;
	return false;
}

static void
list_add(struct mx_list *list, uint16_t preference, const struct dns_name *name)
{
	struct mx_host *h = &list->hosts[list->n++];
	*h = (struct mx_host){.preference = preference,
	    .a = DNS_ANSWER_TEMPFAIL,
	    .aaaa = DNS_ANSWER_TEMPFAIL};
	h->name = *name;
}

/* The record to take next: the lowest preference among names not yet listed;
 * among equals a random one. NULL: none left. */
static const struct mx_record *
pick(const struct mx_list *list, const struct mx_record *records, size_t n,
    uint64_t *random)
{
	const struct mx_record *best = NULL;
	uint64_t equals = 0;
	for (size_t i = 0; i < n; i++) {
		const struct mx_record *r = &records[i];
		if (r->host.n <= 1 || list_has(list, &r->host))
			continue;
		if (best == NULL || r->preference < best->preference) {
			best = r;
			equals = 1;
		} else if (r->preference == best->preference &&
			   random_next(random) % ++equals == 0) {
			best = r;
		}
	}
	return best;
}

/* RFC 7505: a single MX whose host is the root. Among other records the root
 * is no host; such a record is passed over. */
static bool
is_null_mx(const struct mx_record *records, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (records[i].host.n > 1)
			return false;
	return n > 0;
}

enum mx_verdict
mx_hosts(const struct dns_name *domain, enum dns_answer answer,
    const struct mx_record *records, size_t n, uint64_t seed,
    struct mx_list *out)
{
	const struct mx_record *r;
	out->n = 0;
	out->implicit = false;
	switch (answer) {
	case DNS_ANSWER_NXDOMAIN:
		return MX_NXDOMAIN;
	case DNS_ANSWER_TEMPFAIL:
		return MX_TEMPFAIL;
	case DNS_ANSWER_BOGUS:
		return MX_BOGUS;
	case DNS_ANSWER_NODATA:
	case DNS_ANSWER_OK:
		break;
	}
	if (answer == DNS_ANSWER_NODATA || n == 0) {
		out->implicit = true;
		list_add(out, 0, domain);
		return MX_OK;
	}
	if (is_null_mx(records, n))
		return MX_NULL;
	while (
	    out->n < MX_HOSTS_MAX && (r = pick(out, records, n, &seed)) != NULL)
		list_add(out, r->preference, &r->host);
	return MX_OK;
}

static bool
is_self(const struct mx_host *h, const struct mx_self *self)
{
	struct dns_name own;
	if (self->name.n > 0 && dns_name_parse(self->name, &own) == ERR_OK &&
	    dns_name_eq(&own, &h->name))
		return true;
	for (size_t i = 0; i < h->addrs_n; i++)
		for (size_t k = 0; k < self->ips_n; k++)
			if (ip_eq(&h->addrs[i], &self->ips[k]))
				return true;
	return false;
}

static bool
targets_have(const struct mx_targets *t, const struct ip *ip)
{
	for (size_t i = 0; i < t->n; i++)
		if (ip_eq(&t->t[i].ip, ip))
			return true;
	return false;
}

/* The addresses of one family of h, not listed yet, shuffled into out. */
static size_t
family(const struct mx_host *h, uint8_t fam, const struct mx_targets *t,
    uint64_t *random, struct ip *out)
{
	size_t n = 0;
	for (size_t i = 0; i < h->addrs_n && i < MX_ADDRS_MAX; i++)
		if (h->addrs[i].family == fam && !targets_have(t, &h->addrs[i]))
			out[n++] = h->addrs[i];
	for (size_t i = n; i > 1; i--) {
		size_t k = (size_t)(random_next(random) % i);
		struct ip swap = out[i - 1];
		out[i - 1] = out[k];
		out[k] = swap;
	}
	return n;
}

static void
target_add(struct mx_targets *t, size_t host, const struct ip *ip)
{
	if (t->n < MX_TARGETS_MAX && !targets_have(t, ip))
		t->t[t->n++] = (struct mx_target){(uint8_t)host, *ip};
}

static void
host_targets(const struct mx_list *list, size_t host, bool ipv4, bool ipv6,
    uint64_t *random, struct mx_targets *out)
{
	struct ip v4[MX_ADDRS_MAX], v6[MX_ADDRS_MAX];
	const struct mx_host *h = &list->hosts[host];
	size_t n4 = ipv4 ? family(h, 4, out, random, v4) : 0;
	size_t n6 = ipv6 ? family(h, 6, out, random, v6) : 0;
	for (size_t i = 0; i < n4 || i < n6; i++) {
		if (i < n6)
			target_add(out, host, &v6[i]);
		if (i < n4)
			target_add(out, host, &v4[i]);
	}
}

/* Why a list has no target: a failed look-up is temporary, whatever the other
 * hosts say. */
static enum mx_verdict
why_empty(const struct mx_list *list, size_t n)
{
	enum mx_verdict v = MX_NXDOMAIN;
	for (size_t i = 0; i < n; i++) {
		const struct mx_host *h = &list->hosts[i];
		if (h->a == DNS_ANSWER_TEMPFAIL ||
		    h->aaaa == DNS_ANSWER_TEMPFAIL)
			return MX_TEMPFAIL;
		if (h->a == DNS_ANSWER_BOGUS || h->aaaa == DNS_ANSWER_BOGUS)
			v = MX_BOGUS;
	}
	return v;
}

enum mx_verdict
mx_targets(const struct mx_list *list, const struct mx_self *self, bool ipv4,
    bool ipv6, uint64_t seed, struct mx_targets *out)
{
	size_t n = list->n;
	bool loop = false;
	out->n = 0;
	for (size_t i = 0; i < n; i++) {
		if (!is_self(&list->hosts[i], self))
			continue;
		/* Hosts are in order: cut from the first of its preference. */
		loop = true;
		uint16_t cut = list->hosts[i].preference;
		for (n = 0; list->hosts[n].preference < cut;)
			n++;
		break;
	}
	if (n == 0 && loop)
		return MX_LOOP;
	for (size_t i = 0; i < n; i++)
		host_targets(list, i, ipv4, ipv6, &seed, out);
	return out->n > 0 ? MX_OK : why_empty(list, n);
}
