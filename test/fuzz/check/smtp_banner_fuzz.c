/* Greetings: what is found lies in the text, the host is a name, a version has
 * a digit, and a name always matches a greeting that it stands in. */
#include "check/smtp_banner.h"

#include <stdlib.h>

#include "proto/dns/name.h"

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
lies_within(struct slice part, struct slice whole)
{
	if (part.n > 0)
		check(
		    part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct slice host = smtp_banner_host(in);
	struct slice version = smtp_banner_version(in);
	struct slice domain = smtp_domain_of(in);
	bool digit = version.n == 0;
	lies_within(host, in);
	lies_within(version, in);
	lies_within(domain, in);
	check(host.n == 0 || dns_hostname_valid(host));
	for (size_t i = 0; i < version.n; i++)
		digit |= ascii_is_digit(version.p[i]);
	check(digit);
	check(slice_ends_nocase(in, domain));
	if (host.n > 0) {
		check(smtp_banner_match(in, host) == BANNER_MATCHES);
		lies_within(smtp_domain_of(host), host);
	}
	check(smtp_banner_match(in, SLICE_EMPTY) == BANNER_DIFFERS);
	return 0;
}
