#include "proto/dns/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define L63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"
#define L61 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghi"

struct text_row {
	const char *in;
	enum err want;
	const char *wire; /* with the root's zero supplied by the literal */
	size_t n;
	const char *text; /* NULL: as in */
};

static const struct text_row texts[] = {
    {"contoh.id", ERR_OK, "\6contoh\2id", 11, NULL},
    {"contoh.id.", ERR_OK, "\6contoh\2id", 11, "contoh.id"},
    {".", ERR_OK, "", 1, NULL},
    {"a\\.b.c", ERR_OK, "\3a.b\1c", 7, NULL},
    {"a\\000b", ERR_OK, "\3a\0b", 5, NULL},
    {"\\255\\032x", ERR_OK, "\3\xff x", 5, NULL},
    {"\\\\", ERR_OK, "\1\\", 3, NULL},
    {"\\x", ERR_OK, "\1x", 3, "x"},
    {"", ERR_SYNTAX, NULL, 0, NULL},
    {"..", ERR_SYNTAX, NULL, 0, NULL},
    {".a", ERR_SYNTAX, NULL, 0, NULL},
    {"a..b", ERR_SYNTAX, NULL, 0, NULL},
    {"a\\", ERR_SYNTAX, NULL, 0, NULL},
    {"a\\25", ERR_SYNTAX, NULL, 0, NULL},
    {"a\\256", ERR_SYNTAX, NULL, 0, NULL},
    {L63 "x", ERR_SYNTAX, NULL, 0, NULL},
    {L63 "." L63 "." L63 "." L61, ERR_OK, NULL, 255, NULL},
    {L63 "." L63 "." L63 "." L61 ".", ERR_OK, NULL, 255,
	L63 "." L63 "." L63 "." L61},
    {L63 "." L63 "." L63 "." L61 "x", ERR_LIMIT, NULL, 0, NULL},
    {L63 "." L63 "." L63 "." L61 ".x", ERR_LIMIT, NULL, 0, NULL},
};

static void
text(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const struct text_row *r = &texts[i];
		struct dns_name name = {0};
		struct buf b;
		assert_int_equal(
		    dns_name_parse(slice_str(r->in), &name), r->want);
		assert_int_equal(name.n, r->n);
		if (r->want != ERR_OK)
			continue;
		if (r->wire != NULL)
			assert_memory_equal(name.wire, r->wire, r->n);
		buf_init(&b, DNS_NAME_TEXT_MAX);
		buf_add_dns_name(&b, &name);
		const char *want = r->text == NULL ? r->in : r->text;
		assert_true(slice_eq(buf_slice(&b), slice_str(want)));
		buf_free(&b);
	}
}

struct wire_row {
	const char *msg;
	size_t msg_n, at;
	enum err want;
	const char *text;
	size_t end;
};

#define MSG(s) s, sizeof(s) - 1

static const struct wire_row wires[] = {
    {MSG("\2id\0"), 0, ERR_OK, "id", 4},
    {MSG("\2id\0\1a\xc0\0!"), 4, ERR_OK, "a.id", 8},
    {MSG("\2id\0\1a\xc0\0\1b\xc0\4"), 8, ERR_OK, "b.a.id", 12},
    {MSG("\0"), 0, ERR_OK, ".", 1},
    {MSG("\0\xc0\0"), 1, ERR_OK, ".", 3},
    {MSG(""), 0, ERR_SYNTAX, NULL, 0},
    {MSG("\2id"), 0, ERR_SYNTAX, NULL, 0},
    {MSG("\3id"), 0, ERR_SYNTAX, NULL, 0},
    {MSG("\xc0"), 0, ERR_SYNTAX, NULL, 0},
    {MSG("\xc0\0"), 0, ERR_SYNTAX, NULL, 0},
    {MSG("\0\xc0\1"), 1, ERR_SYNTAX, NULL, 0},
    {MSG("\1a\xc0\0"), 0, ERR_SYNTAX, NULL, 0},      /* loop */
    {MSG("\xc0\2\xc0\0"), 2, ERR_SYNTAX, NULL, 0},   /* loop of two */
    {MSG("\1a\xc0\4\1b\0"), 0, ERR_SYNTAX, NULL, 0}, /* forwards */
    {MSG("\x40zz\0"), 0, ERR_SYNTAX, NULL, 0},
    {MSG("\x80zz\0"), 0, ERR_SYNTAX, NULL, 0},
};

static void
wire(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wires) / sizeof(wires[0]); i++) {
		const struct wire_row *r = &wires[i];
		struct dns_name name = {0}, want;
		size_t at = r->at;
		assert_int_equal(
		    dns_name_read(slice_of(r->msg, r->msg_n), &at, &name),
		    r->want);
		if (r->want != ERR_OK) {
			assert_int_equal(at, r->at);
			assert_int_equal(name.n, 0);
			continue;
		}
		assert_int_equal(at, r->end);
		assert_int_equal(
		    dns_name_parse(slice_str(r->text), &want), ERR_OK);
		assert_true(dns_name_eq(&name, &want));
	}
}

/* A name may be put together from pointers only up to 255 octets. */
static void
wire_too_long(void **state)
{
	(void)state;
	uint8_t msg[400];
	struct dns_name name;
	size_t at = 0;
	msg[0] = 0;
	for (size_t n = 1; n + 64 < sizeof(msg); n += 64)
		msg[n] = 63;
	/* four labels of 63 and a pointer to the root: 257 octets */
	msg[257] = 0xc0;
	msg[258] = 0;
	at = 1;
	assert_int_equal(
	    dns_name_read(slice_of(msg, 259), &at, &name), ERR_SYNTAX);
	at = 65;
	assert_int_equal(dns_name_read(slice_of(msg, 259), &at, &name), ERR_OK);
	assert_int_equal(name.n, 193);
	/* 254 octets of labels and the root: 255 is the limit, 256 is over */
	msg[193] = 61;
	msg[255] = 0;
	at = 1;
	assert_int_equal(dns_name_read(slice_of(msg, 256), &at, &name), ERR_OK);
	assert_int_equal(name.n, 255);
	msg[193] = 62;
	msg[256] = 0;
	at = 1;
	assert_int_equal(
	    dns_name_read(slice_of(msg, 257), &at, &name), ERR_SYNTAX);
}

static void
compare(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		bool eq, within;
		size_t labels;
	} rows[] = {
	    {"Contoh.ID", "contoh.id", true, true, 2},
	    {"a.contoh.id", "contoh.id", false, true, 3},
	    {"acontoh.id", "contoh.id", false, false, 2},
	    {"id", "contoh.id", false, false, 1},
	    {"id", ".", false, true, 1},
	    {".", ".", true, true, 0},
	    {".", "id", false, false, 0},
	    {"x\\006contoh.id", "contoh.id", false, false, 2},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dns_name a, b;
		assert_int_equal(
		    dns_name_parse(slice_str(rows[i].a), &a), ERR_OK);
		assert_int_equal(
		    dns_name_parse(slice_str(rows[i].b), &b), ERR_OK);
		assert_int_equal(dns_name_eq(&a, &b), rows[i].eq);
		assert_int_equal(dns_name_within(&a, &b), rows[i].within);
		assert_int_equal(dns_name_labels(&a), rows[i].labels);
	}
}

static void
hostname(void **state)
{
	(void)state;
	static const struct {
		const char *s;
		bool ok;
	} rows[] = {
	    {"mail.contoh.id", true},
	    {"localhost", true},
	    {"1.2.3.4a", true},
	    {"3com.example", true},
	    {"x-y.example", true},
	    {"", false},
	    {".", false},
	    {"contoh.id.", false},
	    {"a..b", false},
	    {"-a.example", false},
	    {"a-.example", false},
	    {"a_b.example", false},
	    {"192.0.2.1", false},
	    {"a b", false},
	    {L63 ".id", true},
	    {L63 "x.id", false},
	    {L63 "." L63 "." L63 "." L61, true},
	    {L63 "." L63 "." L63 "." L61 "x", false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
		    dns_hostname_valid(slice_str(rows[i].s)), rows[i].ok);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(text),
	    cmocka_unit_test(wire),
	    cmocka_unit_test(wire_too_long),
	    cmocka_unit_test(compare),
	    cmocka_unit_test(hostname),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
