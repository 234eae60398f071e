/* Records of DMARC, DKIM and TLSRPT, and answers of DNS lists: whatever they
 * hold, what is read lies within them, a record is never two kinds, and a list
 * that says nothing right never says that an address is not listed. */
#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "check/blocklist.h"
#include "check/sender.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
within(struct slice part, struct slice all)
{
	if (part.n > 0)
		check(part.p >= all.p && part.p + part.n <= all.p + all.n);
}

static void
read_tags(struct slice txt)
{
	struct slice rest = txt, name, value;
	size_t n = 0;
	while (record_tag_next(&rest, &name, &value)) {
		within(name, txt);
		within(value, txt);
		check(slice_find(name, '=') == name.n);
		check(slice_find(value, ';') == value.n);
		check(++n <= txt.n);
	}
	check(rest.n == 0);
}

static void
read_records(struct slice txt)
{
	struct dmarc_record dmarc;
	struct dkim_record dkim;
	struct tlsrpt_record rpt;
	unsigned kinds = 0;
	if (dmarc_record_read(txt, &dmarc)) {
		kinds++;
		within(dmarc.rua, txt);
		within(dmarc.ruf, txt);
		check(dmarc.percent <= 100);
		check(dmarc.wrong != NULL || dmarc.policy != DMARC_BROKEN);
		check(dmarc_policy_name(dmarc.policy) != NULL);
	}
	if (tlsrpt_record_read(txt, &rpt)) {
		kinds++;
		within(rpt.rua, txt);
		check(rpt.wrong != NULL || rpt.rua.n > 0);
	}
	if (dkim_record_read(txt, &dkim)) {
		kinds++;
		check(dkim.revoked || dkim.wrong != NULL || dkim.bits > 0);
	}
	check(kinds <= 1);
}

static struct blocklist_said
read_said(struct slice in, struct buf *records)
{
	struct blocklist_said out;
	struct ipc_dns_answer a = {.status = in.n > 0 ? in.p[0] % 6 : 2};
	buf_clear(records);
	for (in = slice_from(in, 1); in.n > 0; in = slice_from(in, 4))
		pack_add(records, slice_to(in, 4));
	a.records = buf_slice(records);
	blocklist_read(&a, &out);
	check(out.code_n <= BLOCKLIST_CODES_MAX);
	for (size_t i = 0; i < out.code_n; i++)
		check(out.code[i].family == 4 && out.code[i].b[0] == 127);
	return out;
}

static void
judge(struct slice in)
{
	struct buf records;
	size_t third = in.n / 3;
	buf_init(&records, 1 << 20);
	struct blocklist_said two = read_said(slice_to(in, third), &records),
			      one = read_said(
				  slice_to(slice_from(in, third), third),
				  &records),
			      subject = read_said(
				  slice_from(in, 2 * third), &records);
	enum blocklist_state s = blocklist_judge(&two, &one, &subject);
	buf_free(&records);
	check(s != BLOCKLIST_WAITING);
	if (s == BLOCKLIST_LISTED || s == BLOCKLIST_NOT_LISTED) {
		check(two.code_n > 0 && one.code_n == 0);
		check(!two.refused && !two.foreign && !subject.foreign);
		check(subject.status <= IPC_DNS_NXDOMAIN);
		check((subject.code_n > 0) == (s == BLOCKLIST_LISTED));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	read_tags(in);
	read_records(in);
	judge(in);
	return 0;
}
