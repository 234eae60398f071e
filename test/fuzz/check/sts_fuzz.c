/* An MTA-STS policy and record of anybody: what may be honoured has a mode, an
 * age and a name; lengths hold; a host that matches stands in the policy. */
#include "check/mta_sts.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
record(struct slice in)
{
	const struct sts_mistake *m;
	char id[33];
	bool ok = sts_record_read(in, id, &m);
	if (ok != (id[0] != '\0') || (ok && m != NULL))
		abort();
	for (size_t i = 0; id[i] != '\0'; i++)
		if (!ascii_is_alnum((uint8_t)id[i]))
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sts_policy p;
	struct slice in = slice_of(data, size);
	record(in);
	bool good = sts_policy_read(in, &p);
	if (p.mx_n > STS_MX_MAX || p.mistake_n > STS_MISTAKES_MAX)
		abort();
	if (good &&
	    (p.mode == STS_MODE_MISSING || !p.has_max_age || !p.has_version ||
		p.max_age_s > 31557600 || (p.mx_n == 0 && p.mode != STS_NONE)))
		abort();
	for (size_t i = 0; i < p.mx_n; i++) {
		struct slice mx = slice_str(p.mx[i]);
		bool star = slice_starts(mx, SLICE("*."));
		if (!star && !sts_mx_match(&p, mx))
			abort();
	}
	if (p.mx_n == 0 && sts_mx_match(&p, in))
		abort();
	return 0;
}
