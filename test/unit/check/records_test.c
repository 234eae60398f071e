/* DMARC, DKIM and TLSRPT records (RFC 7489 6.3, 6376 3.6.1, 8460 3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "check/sender.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* Made for this test. */
#define RSA_2048                                                               \
	"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA07IBmW45Aajs+Fcq"         \
	"oY1OeR5EqJjOcH8DpeTkgqsHEMGZtV7jhb1iS2t3gN7pV78Jwb+YfLss4tIb"         \
	"C9H5cTJBEY5C1X02A9hjPNJzDt5fayBTSs9pTKwphVyEe0JNjLSimoODp1LA"         \
	"EW9NcFTAn94WmEbykZeBmgIRHB9eapoyWlyUTaL3L6gDfhGnHIbkbUoStRTw"         \
	"29zJMsulyEpezzSJoPe/r1/QkwxgkP6YFllzQR8SnphWjFghokaqtHqlI/n/"         \
	"MYEMVaUXhvPf6iiIaF2KXiIJDWgzw8iKZkVbILEJMtWTsw9/EXm+8SFlfW03"         \
	"BIe20GeMTF3EeaJ59tTr8H2ovwIDAQAB"
#define RSA_1024                                                               \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCy/k5zalqkJbL3AxEmQTL1"         \
	"JaBLwROT+6eYrFSo9E3u7TO3wKeiYL43rgSA4lt6xHHEFo0WHumzVqBxhPsf"         \
	"lN5ArsAVHVIRP9r2F0MeWqvnfZi2yBxooHmdCpc5SsyaBDqaRUppbdn3y00w"         \
	"xVne77VdfyAEudXZsbKaQXwsUA3rrQIDAQAB"

static void
test_tags(void **state)
{
	struct slice rest = SLICE(" a = b ;; c=d=e; f ;\t");
	struct slice name, value;
	(void)state;
	assert_true(record_tag_next(&rest, &name, &value));
	assert_true(slice_eq(name, SLICE("a")) && slice_eq(value, SLICE("b")));
	assert_true(record_tag_next(&rest, &name, &value));
	assert_true(
	    slice_eq(name, SLICE("c")) && slice_eq(value, SLICE("d=e")));
	assert_true(record_tag_next(&rest, &name, &value));
	assert_true(slice_eq(name, SLICE("f")) && value.n == 0);
	assert_false(record_tag_next(&rest, &name, &value));
}

static void
test_dmarc(void **state)
{
	static const struct {
		const char *text;
		bool is, right;
		enum dmarc_policy policy, sub;
		unsigned percent;
	} cases[] = {
	    {"v=DMARC1; p=none", true, true, DMARC_NONE, DMARC_NONE, 100},
	    {"v=DMARC1;p=Quarantine;sp=reject;pct=20", true, true,
		DMARC_QUARANTINE, DMARC_REJECT, 20},
	    {"v=DMARC1 ; p = reject ; rua = mailto:a@contoh.id", true, true,
		DMARC_REJECT, DMARC_REJECT, 100},
	    {"v=DMARC1; p=reject; pct=101", true, false, DMARC_REJECT,
		DMARC_REJECT, 100},
	    {"v=DMARC1; p=reject; sp=all", true, false, DMARC_REJECT,
		DMARC_REJECT, 100},
	    {"v=DMARC1", true, false, DMARC_BROKEN, DMARC_BROKEN, 100},
	    {"v=DMARC1; p=", true, false, DMARC_BROKEN, DMARC_BROKEN, 100},
	    {"v=DMARC1; p=broken", true, false, DMARC_BROKEN, DMARC_BROKEN,
		100},
	    /* names are as they are written: %x76 (RFC 7489 6.4) */
	    {"V=DMARC1; p=none", false, false, 0, 0, 0},
	    {"v=DMARC1; P=none", true, false, DMARC_BROKEN, DMARC_BROKEN, 100},
	    {"v=dmarc1; p=none", false, false, 0, 0, 0},
	    {"v=DMARC10; p=none", false, false, 0, 0, 0},
	    {"p=none; v=DMARC1", false, false, 0, 0, 0},
	    {"", false, false, 0, 0, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dmarc_record d;
		bool is = dmarc_record_read(slice_str(cases[i].text), &d);
		if (is != cases[i].is)
			fail_msg("%s", cases[i].text);
		if (!is)
			continue;
		if ((d.wrong == NULL) != cases[i].right ||
		    d.policy != cases[i].policy || d.sub != cases[i].sub ||
		    d.percent != cases[i].percent)
			fail_msg("%s: %s", cases[i].text,
			    d.wrong != NULL ? d.wrong : "right");
	}
}

static void
test_dkim(void **state)
{
	static const struct {
		const char *text;
		bool is, revoked, testing, wrong;
		unsigned bits;
	} cases[] = {
	    {"v=DKIM1; k=ed25519; "
	     "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
		true, false, false, false, 256},
	    {"k=ed25519; t=y:s; "
	     "p=11qYAYKxCrfVS/7Ty WQHOg7hcvPapiMlrwIaaPcHURo=",
		true, false, true, false, 256},
	    {"v=DKIM1; k=ed25519; p=AAAA", true, false, false, true, 0},
	    {"v=DKIM1; p=", true, true, false, false, 0},
	    {"v=DKIM1; p=!!", true, false, false, true, 0},
	    {"v=DKIM1; p=" RSA_1024, true, false, false, false, 1024},
	    {"p=" RSA_2048 ";", true, false, false, false, 2048},
	    {"v=DKIM1; k=ed25519; p=" RSA_2048, true, false, false, true, 0},
	    {"v=DKIM1; p=A" RSA_1024, true, false, false, true, 0},
	    {"v=DKIM1; k=dsa; p=AAAA", true, false, false, true, 0},
	    {"v=DKIM2; p=AAAA", false, false, false, false, 0},
	    {"k=rsa; v=DKIM1; p=AAAA", false, false, false, false, 0},
	    {"v=spf1 -all", false, false, false, false, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dkim_record d;
		bool is = dkim_record_read(slice_str(cases[i].text), &d);
		if (is != cases[i].is)
			fail_msg("%s", cases[i].text);
		if (is && (d.revoked != cases[i].revoked ||
			      d.testing != cases[i].testing ||
			      (d.wrong != NULL) != cases[i].wrong ||
			      d.bits != cases[i].bits))
			fail_msg("%s: %u bits, %s", cases[i].text, d.bits,
			    d.wrong != NULL ? d.wrong : "right");
	}
}

static void
test_tlsrpt(void **state)
{
	struct tlsrpt_record t;
	(void)state;
	assert_true(tlsrpt_record_read(
	    SLICE("v=TLSRPTv1; rua=mailto:a@contoh.id"), &t));
	assert_null(t.wrong);
	assert_true(tlsrpt_record_read(
	    SLICE("v=TLSRPTv1;rua=https://contoh.id/tls"), &t));
	assert_null(t.wrong);
	assert_true(tlsrpt_record_read(
	    SLICE("v=TLSRPTv1; rua=http://contoh.id/tls"), &t));
	assert_non_null(t.wrong);
	assert_true(tlsrpt_record_read(SLICE("v=TLSRPTv1"), &t));
	assert_non_null(t.wrong);
	assert_false(tlsrpt_record_read(SLICE("v=TLSRPTv2; rua=mailto:a"), &t));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tags),
	    cmocka_unit_test(test_dmarc),
	    cmocka_unit_test(test_dkim),
	    cmocka_unit_test(test_tlsrpt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
