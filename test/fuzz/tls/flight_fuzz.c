/* A server's flight: what is learnt does not depend on how it is cut up, and
 * stays what it was; SSL 2 the same. */
#include "proto/tls/flight.h"

#include <stdlib.h>
#include <string.h>

#include "proto/tls/suites.h"

static void
cuts(struct slice in, size_t cut)
{
	struct tls_flight whole, parts;
	tls_flight_init(&whole);
	tls_flight_init(&parts);
	enum err a = tls_flight_feed(&whole, in), b = ERR_MORE;
	for (size_t i = 0; i < in.n && b == ERR_MORE; i += cut)
		b = tls_flight_feed(&parts, slice_to(slice_from(in, i), cut));
	if (a != b ||
	    memcmp(&whole.facts, &parts.facts, sizeof(whole.facts)) != 0)
		abort();
	const struct tls_facts *t = &whole.facts;
	if (whole.msg_n > TLS_FLIGHT_KEPT)
		abort();
	if (a == ERR_OK && !t->hello && !t->alert)
		abort();
	if (a == ERR_OK && !t->alert && !t->done && t->version < TLS_WIRE_TLS13)
		abort();
	(void)tls_suite_find(t->suite);
	(void)tls_group_find(t->group);
	(void)tls_alert_name(t->alert_code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	if (size == 0)
		return 0;
	cuts(in, 1);
	cuts(in, (size_t)data[0] + 1);
	struct tls_ssl2_hello h, again;
	enum err e = tls_ssl2_hello_read(in, &h);
	for (size_t i = 0; i < size; i++) {
		enum err p = tls_ssl2_hello_read(slice_to(in, i), &again);
		/* a prefix is unfinished, or has the answer of the whole */
		if (p != ERR_MORE && p != e)
			abort();
	}
	return 0;
}
