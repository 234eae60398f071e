/* Signatures made by minisign 0.11, and what is left of them when they are
 * touched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "role/fetch/minisign.h"

#define KEY   "RWRuoExzJAlRHWXs/BQZS7WR/Nk/kgi/Hu453vDJEtwWQ2kq31G4U04x"
#define OTHER "RWQLMRXnp6G/iEb2XIydPBgd520OI6ttPWn/z9QLuFWKiRQPD4gxWa2K"
#define LIST  "192.0.2.10\n*.mitra.example\n"

#define UNTRUSTED "untrusted comment: tanda tangan\n"
#define PRE_SIG                                                                \
	"RURuoExzJAlRHVJnJ1meHUHf93yyUeG3+z8O+7mxOoQybsS8gd3jiZOA89Ca6gXqfGTS" \
	"X7sYtKZ/cQZxmfvxxEnlbYOa+rOKLAU=\n"
#define PRE_COMMENT                                                            \
	"trusted comment: timestamp:1763776800\tfile:ptr.list\thashed\n"
#define PRE_GLOBAL                                                             \
	"6D0fE2P2J5+s6Te0gnkAo9EdxVY9Mu9DICWGEbsr89IC66WVi03tJOPjyAijI9efTSXI" \
	"v2iRZSkClSl1GSlfCQ==\n"
#define PREHASHED UNTRUSTED PRE_SIG PRE_COMMENT PRE_GLOBAL

#define LEGACY                                                                 \
	UNTRUSTED                                                              \
	"RWRuoExzJAlRHVKJqqdzoWvlLJ0IgRpwiYoA3qHfq2nI794jG6tJqAk37fGNz8YB7Mdu" \
	"y+oMg/ohG92gIi7j+DFakLA1Y9MPBAA=\n"                                   \
	"trusted comment: timestamp:1763776801\tfile:ptr.list\n"               \
	"5jQcUgB4R9Ew0N86IK+XufIpg+0PXGIQnCIaUJa4Y9jR3PbnSRr8opniUxz2rl6dkevO" \
	"MIZ8oDAwi2olixh8AA==\n"

/* By the other key, of the same list. */
#define FOREIGN                                                                \
	"untrusted comment: signature from minisign secret key\n"              \
	"RUQLMRXnp6G/iNEOc0GIMkFT2/bIDDoYbkr6IRYt3rtKmSuNcBFSwH60c7BAkXvTgLrz" \
	"8zWDpOOMcuYFl+PjhH1xkPxOnSfTJwc=\n" PRE_COMMENT                       \
	"INYvK/+usBT54maLcjYnrUzwujC3W2XfAIqvzr5A84EOsX7TsTfZ4NTZ3Mm9ciHrS9s3" \
	"mF7qU21k8bZwUs4QBA==\n"

/* Of an empty file, by KEY. */
#define EMPTY                                                                  \
	"untrusted comment: signature from minisign secret key\n"              \
	"RURuoExzJAlRHVjwYbtFmnLeCic+FBX8DJYMJLZfCOmug02jYtX4AS2KMb5G/WxPXptF" \
	"4OuaM7xn1b7fA0KLIHSpNsCz8uFXaA4=\n"                                   \
	"trusted comment: timestamp:1795314425\tfile:empty\thashed\n"          \
	"y7M/pTzpdBlWIpmHzQqN8SXpw+8O41D78Hf5ned4H0+SarF/yFolqU/l4nNm2zUwpGeJ" \
	"VmVSoYYrmoCGotsVDA==\n"

static enum err
verify(const char *key, struct slice sig, struct slice file)
{
	struct minisign_key k;
	struct minisign_sig s;
	struct diag d;
	assert_int_equal(minisign_key_parse(slice_str(key), &k, &d), ERR_OK);
	enum err e = minisign_sig_parse(sig, &s, &d);
	return e == ERR_OK ? minisign_verify(&k, &s, file, &d) : e;
}

static void
genuine(void **unused)
{
	struct minisign_sig s;
	struct diag d;
	(void)unused;
	assert_int_equal(verify(KEY, SLICE(PREHASHED), SLICE(LIST)), ERR_OK);
	assert_int_equal(verify(KEY, SLICE(LEGACY), SLICE(LIST)), ERR_OK);
	assert_int_equal(verify(OTHER, SLICE(FOREIGN), SLICE(LIST)), ERR_OK);
	assert_int_equal(verify(KEY, SLICE(EMPTY), SLICE_EMPTY), ERR_OK);
	assert_int_equal(minisign_sig_parse(SLICE(PREHASHED), &s, &d), ERR_OK);
	assert_true(s.prehashed);
	assert_int_equal(s.timestamp, 1763776800);
	assert_int_equal(minisign_sig_parse(SLICE(LEGACY), &s, &d), ERR_OK);
	assert_false(s.prehashed);
	assert_int_equal(s.timestamp, 1763776801);
}

static void
strange(void **unused)
{
	(void)unused;
	assert_int_equal(verify(KEY, SLICE(FOREIGN), SLICE(LIST)), ERR_DENIED);
	assert_int_equal(
	    verify(OTHER, SLICE(PREHASHED), SLICE(LIST)), ERR_DENIED);
	assert_int_equal(
	    verify(KEY, SLICE(PREHASHED), SLICE(LIST "\n")), ERR_DENIED);
	assert_int_equal(
	    verify(KEY, SLICE(LEGACY), SLICE(LIST "\n")), ERR_DENIED);
	assert_int_equal(
	    verify(KEY, SLICE(PREHASHED), SLICE_EMPTY), ERR_DENIED);
	assert_int_equal(verify(KEY, SLICE(EMPTY), SLICE(LIST)), ERR_DENIED);
	/* A newer comment on an older signature. */
	assert_int_equal(
	    verify(KEY,
		SLICE(UNTRUSTED PRE_SIG "trusted comment: timestamp:1863776800"
					"\tfile:ptr.list\thashed\n" PRE_GLOBAL),
		SLICE(LIST)),
	    ERR_DENIED);
}

/* Each octet of the file, and each behind "untrusted comment:" of the
 * signature, changed by one bit. */
static void
touched(void **unused)
{
	static const char *const whole[] = {PREHASHED, LEGACY};
	(void)unused;
	for (size_t w = 0; w < 2; w++) {
		char sig[600], list[] = LIST;
		size_t n = strlen(whole[w]);
		memcpy(sig, whole[w], n);
		for (size_t i = sizeof(UNTRUSTED) - 1; i + 1 < n; i++) {
			sig[i] ^= 1;
			assert_int_not_equal(
			    verify(KEY, slice_of(sig, n), SLICE(LIST)), ERR_OK);
			sig[i] ^= 1;
		}
		for (size_t i = 0; i + 1 < sizeof(list); i++) {
			list[i] ^= 1;
			assert_int_equal(verify(KEY, slice_of(sig, n),
					     slice_of(list, sizeof(list) - 1)),
			    ERR_DENIED);
			list[i] ^= 1;
		}
	}
}

static void
not_signatures(void **unused)
{
	static const struct {
		struct slice file;
		enum err e;
	} cases[] = {
	    {SLICE(""), ERR_SYNTAX},
	    {SLICE("\n\n\n\n"), ERR_SYNTAX},
	    {SLICE(UNTRUSTED PRE_SIG), ERR_SYNTAX},
	    {SLICE(UNTRUSTED PRE_SIG PRE_COMMENT), ERR_SYNTAX},
	    {SLICE(PRE_SIG PRE_COMMENT PRE_GLOBAL), ERR_SYNTAX},
	    {SLICE("comment: a\n" PRE_SIG PRE_COMMENT PRE_GLOBAL), ERR_SYNTAX},
	    {SLICE(PREHASHED "more\n"), ERR_SYNTAX},
	    {SLICE(PREHASHED "\n"), ERR_SYNTAX},
	    {SLICE(UNTRUSTED PRE_SIG "comment: a\n" PRE_GLOBAL), ERR_SYNTAX},
	    {SLICE(UNTRUSTED PRE_GLOBAL PRE_COMMENT PRE_GLOBAL), ERR_SYNTAX},
	    {SLICE(UNTRUSTED PRE_SIG PRE_COMMENT PRE_SIG), ERR_SYNTAX},
	    /* algorithm "EX" */
	    {SLICE(UNTRUSTED
		 "RVhuoExzJAlRHVJnJ1meHUHf93yyUeG3+z8O+7mxOoQybsS8gd3jiZOA89Ca"
		 "6gXqfGTSX7sYtKZ/cQZxmfvxxEnlbYOa+rOKLAU=\n" PRE_COMMENT
		     PRE_GLOBAL),
		ERR_SYNTAX},
	};
	static uint8_t large[MINISIGN_FILE_MAX + 1];
	struct minisign_sig s;
	struct diag d;
	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
		    minisign_sig_parse(cases[i].file, &s, &d), cases[i].e);
	assert_int_equal(
	    minisign_sig_parse(slice_of(large, sizeof(large)), &s, &d),
	    ERR_LIMIT);
}

static void
line_ends(void **unused)
{
	struct buf b;
	(void)unused;
	buf_init(&b, MINISIGN_FILE_MAX);
	for (const char *p = PREHASHED; *p != '\0'; p++) {
		if (*p == '\n')
			buf_add_byte(&b, '\r');
		buf_add_byte(&b, (uint8_t)*p);
	}
	assert_int_equal(verify(KEY, buf_slice(&b), SLICE(LIST)), ERR_OK);
	buf_free(&b);
	assert_int_equal(
	    verify(KEY, slice_to(SLICE(PREHASHED), sizeof(PREHASHED) - 2),
		SLICE(LIST)),
	    ERR_OK);
}

static void
keys(void **unused)
{
	static const char *const wrong[] = {"",
	    "RWQ=", "RURuoExzJAlRHWXs/BQZS7WR/Nk/kgi/Hu453vDJEtwWQ2kq31G4U04x",
	    "RWRuoExzJAlRHWXs/BQZS7WR/Nk/kgi/Hu453vDJEtwWQ2kq31G4U04xAAAA",
	    "RWRuoExzJAlRHWXs/BQZS7WR/Nk/kgi/Hu453vDJEtwWQ2kq31G4U04",
	    "untrusted comment: minisign public key 1D510924734CA06E"};
	struct minisign_key k;
	struct diag d;
	(void)unused;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(
		    minisign_key_parse(slice_str(wrong[i]), &k, &d),
		    ERR_SYNTAX);
	assert_int_equal(
	    minisign_key_parse(SLICE(" " KEY "\t"), &k, &d), ERR_OK);
	assert_int_equal(k.id[0], 0x6e);
	/* The message names keys as minisign(1) does. */
	struct minisign_sig s;
	assert_int_equal(minisign_sig_parse(SLICE(FOREIGN), &s, &d), ERR_OK);
	assert_int_equal(minisign_verify(&k, &s, SLICE(LIST), &d), ERR_DENIED);
	assert_string_equal(d.text, "it was signed with the key "
				    "88BFA1A7E715310B, not with "
				    "1D510924734CA06E");
}

static void
timestamps(void **unused)
{
	static const struct {
		const char *comment;
		uint64_t want;
	} cases[] = {
	    {"timestamp:7", 7},
	    {"file:a\ttimestamp:7\thashed", 7},
	    {"a timestamp:7 b", 7},
	    {"", 0},
	    {"timestamp:", 0},
	    {"timestamp:7x", 0},
	    {"timestamp:-7", 0},
	    {"xtimestamp:7", 0},
	    {"file:timestamp:9", 0},
	    {"timestamp:99999999999999999999", 0},
	};
	struct minisign_sig s;
	struct diag d;
	struct buf b;
	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_init(&b, MINISIGN_FILE_MAX);
		buf_add_str(&b, UNTRUSTED PRE_SIG "trusted comment: ");
		buf_add_str(&b, cases[i].comment);
		buf_add_str(&b, "\n" PRE_GLOBAL);
		assert_int_equal(
		    minisign_sig_parse(buf_slice(&b), &s, &d), ERR_OK);
		assert_int_equal(s.timestamp, cases[i].want);
		buf_free(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(genuine),
	    cmocka_unit_test(strange),
	    cmocka_unit_test(touched),
	    cmocka_unit_test(not_signatures),
	    cmocka_unit_test(line_ends),
	    cmocka_unit_test(keys),
	    cmocka_unit_test(timestamps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
