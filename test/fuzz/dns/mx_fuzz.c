/* MX selection: hosts by preference, each once; addresses each once, never
 * our own, never behind our own; a verdict for every answer. */
#include "proto/dns/mx.h"

#include <stdlib.h>
#include <string.h>

#define RECORDS 40

static struct ip
ip_of(uint8_t v)
{
	return (struct ip){(v & 1) != 0 ? 6 : 4, {v, 1, 2, 3}};
}

static void
check_list(const struct mx_list *l)
{
	if (l->n == 0 || l->n > MX_HOSTS_MAX)
		abort();
	for (size_t i = 0; i < l->n; i++) {
		if (i > 0 &&
		    l->hosts[i].preference < l->hosts[i - 1].preference)
			abort();
		for (size_t k = 0; k < i; k++)
			if (dns_name_eq(&l->hosts[i].name, &l->hosts[k].name))
				abort();
	}
}

static void
check_targets(
    const struct mx_list *l, const struct mx_targets *t, const struct ip *own)
{
	uint16_t cut = UINT16_MAX;
	bool loop = false;
	for (size_t i = 0; i < l->n && !loop; i++)
		for (size_t k = 0; k < l->hosts[i].addrs_n; k++)
			if (ip_eq(&l->hosts[i].addrs[k], own)) {
				loop = true;
				cut = l->hosts[i].preference;
			}
	for (size_t i = 0; i < t->n; i++) {
		if (t->t[i].host >= l->n || ip_eq(&t->t[i].ip, own))
			abort();
		if (loop && l->hosts[t->t[i].host].preference >= cut)
			abort();
		if (i > 0 && t->t[i].host < t->t[i - 1].host)
			abort();
		for (size_t k = 0; k < i; k++)
			if (ip_eq(&t->t[i].ip, &t->t[k].ip))
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mx_record records[RECORDS];
	static struct mx_list list;
	struct mx_targets targets;
	struct dns_name domain = {4, "\2id"};
	size_t n = 0, i = 4;
	if (size < 4)
		return 0;
	for (; i + 1 < size && n < RECORDS && n < data[3]; i += 2, n++) {
		records[n].preference = data[i] & 15;
		records[n].host = (struct dns_name){3, {1, data[i + 1] & 63}};
		if (data[i + 1] == 255)
			records[n].host = (struct dns_name){1, {0}};
	}
	uint64_t seed = data[1];
	enum mx_verdict v = mx_hosts(
	    &domain, (enum dns_answer)(data[0] % 5), records, n, seed, &list);
	if (v != MX_OK)
		return mx_verdict_cause(v).n == 0 ? (abort(), 0) : 0;
	check_list(&list);
	for (size_t h = 0; h < list.n && i < size; h++, i++) {
		list.hosts[h].a = (enum dns_answer)(data[i] % 5);
		list.hosts[h].aaaa = (enum dns_answer)(data[i] / 8 % 5);
		for (size_t k = 0; k < data[i] / 64u && i + k < size; k++)
			list.hosts[h].addrs[list.hosts[h].addrs_n++] =
			    ip_of(data[i + k]);
	}
	struct ip own = ip_of(data[2]);
	struct mx_self self = {&own, 1, SLICE_EMPTY};
	v = mx_targets(&list, &self, true, (data[1] & 1) != 0, seed, &targets);
	if ((v == MX_OK) != (targets.n > 0))
		abort();
	check_targets(&list, &targets, &own);
	return 0;
}
