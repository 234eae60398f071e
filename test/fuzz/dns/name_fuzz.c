/* Names: what is read from the wire can be written as text and read back; what
 * is parsed from text is a name again. */
#include "proto/dns/name.h"

#include <stdlib.h>
#include <string.h>

static void
round_trip(const struct dns_name *name)
{
	struct dns_name again;
	struct buf text;
	size_t at = 0;
	buf_init(&text, DNS_NAME_TEXT_MAX);
	buf_add_dns_name(&text, name);
	if (buf_err(&text) != ERR_OK)
		abort();
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] <= 0x20 || text.p[i] >= 0x7f)
			abort();
	if (dns_name_parse(buf_slice(&text), &again) != ERR_OK ||
	    again.n != name->n || memcmp(again.wire, name->wire, name->n) != 0)
		abort();
	if (dns_name_read(slice_of(name->wire, name->n), &at, &again) !=
		ERR_OK ||
	    at != name->n || !dns_name_eq(&again, name) ||
	    !dns_name_within(&again, name))
		abort();
	if (dns_name_labels(name) > 127)
		abort();
	buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	struct dns_name name;
	size_t at = size > 0 ? data[0] : 0, from = at;
	if (dns_name_read(in, &at, &name) == ERR_OK) {
		if (at <= from || at > size)
			abort();
		round_trip(&name);
	}
	if (dns_name_parse(in, &name) == ERR_OK)
		round_trip(&name);
	if (dns_hostname_valid(in) && dns_name_parse(in, &name) != ERR_OK)
		abort();
	return 0;
}
