/* Certificates of anybody: the first octet says where the input is cut in two.
 * What is read stays within its limits, and nothing that nobody signed is
 * trusted. */
#include "check/cert.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
limits(const struct cert_chain *c)
{
	if (c->n > CERT_CHAIN_MAX)
		abort();
	for (size_t i = 0; i < c->n; i++) {
		const struct cert *v = &c->v[i];
		if (v->name_n > CERT_NAMES_MAX ||
		    v->subject.n > CERT_TEXT_MAX || v->issuer.n > CERT_TEXT_MAX)
			abort();
		for (size_t k = 0; k < v->name_n; k++)
			if (v->names[k].n == 0 || v->names[k].n > CERT_TEXT_MAX)
				abort();
	}
}

/* Made once: the anchors of the system would cost each input 100 ms. */
static struct cert_trust *
one_anchor(void)
{
	static const char pem[] =
	    "-----BEGIN CERTIFICATE-----\n"
	    "MIIBijCCATGgAwIBAgIUMl4zJ9hJviBfroSKKNdA65HLsRwwCgYIKoZIzj0EAwIw\n"
	    "GjEYMBYGA1UEAwwPT3Rvcml0YXMgQ29udG9oMCAXDTI2MTEyMjA2MDUwOFoYDzIx\n"
	    "MjYxMDI5MDYwNTA4WjAaMRgwFgYDVQQDDA9PdG9yaXRhcyBDb250b2gwWTATBgcq\n"
	    "hkjOPQIBBggqhkjOPQMBBwNCAATg26gGw3LvtSgHJb0HJDSL2BRUGzOZ8qtGFUOo\n"
	    "EZKlzqF/ckiuQECo6+C+FAh6UzOuelaLyp77Q2OfjbujswjDo1MwUTAdBgNVHQ4E\n"
	    "FgQUd54KjBntWs7OrVJ56WIjtunwCVowHwYDVR0jBBgwFoAUd54KjBntWs7OrVJ5\n"
	    "6WIjtunwCVowDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiBFHNfp\n"
	    "5JdCZ24M6JJyagcN5ca5j+X54abD5+mmBZCDGQIgDV/qDNBYcAgMSc7Au5yjbKb0\n"
	    "Eat43kCfkvVYWrvMqFw=\n"
	    "-----END CERTIFICATE-----\n";
	static struct cert_trust *trust;
	if (trust == NULL &&
	    cert_trust_new(slice_str(pem), &trust, NULL) != ERR_OK)
		abort();
	return trust;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cert_trust *t = one_anchor();
	struct cert_chain *c = calloc(1, sizeof(*c));
	struct arena mem;
	struct slice in = slice_of(data, size);
	if (c == NULL || size == 0) {
		free(c);
		return 0;
	}
	size_t cut = (size_t)data[0] * 16;
	in = slice_from(in, 1);
	struct slice der[2] = {slice_to(in, cut), slice_from(in, cut)};
	arena_init(&mem, 256u * 1024);
	cert_chain_read(t, der, der[1].n > 0 ? 2 : 1, SLICE("mx.contoh.id"),
	    1800000000, &mem, c);
	limits(c);
	/* Nobody has the key of the one anchor. */
	if (c->trusted || c->cause == NULL || (c->name_by_cn && !c->name_match))
		abort();
	for (unsigned i = 0; i < 24; i++) {
		struct cert_tlsa r = {(uint8_t)(i / 6), (uint8_t)(i / 3 % 2),
		    (uint8_t)(i % 3), slice_to(in, 32)};
		const struct slice name = SLICE("mx.contoh.id");
		enum cert_tlsa_result is =
		    cert_tlsa_match(&r, der, 2, &name, 1, 1800000000);
		if (is == CERT_TLSA_MATCH && r.usage < 2)
			abort();
	}
	arena_reset(&mem);
	free(c);
	return 0;
}
