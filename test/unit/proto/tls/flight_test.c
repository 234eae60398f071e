#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proto/tls/flight.h"
#include "proto/tls/hello.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* ---- suites ---- */

static void
test_suites(void **state)
{
	(void)state;
	size_t n;
	const struct tls_suite *v = tls_suites(&n);
	assert_true(n > 350);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			assert_true(v[i - 1].id < v[i].id);
		assert_ptr_equal(tls_suite_find((uint16_t)v[i].id), &v[i]);
	}
	v = tls_ssl2_suites(&n);
	for (size_t i = 0; i < n; i++)
		assert_ptr_equal(tls_ssl2_suite_find(v[i].id), &v[i]);
	assert_null(tls_suite_find(0x00ff));
	static const struct {
		uint16_t id;
		const char *openssl;
		enum tls_kx kx;
		unsigned bits;
		const char *flags; /* letters as below */
	} t[] = {
	    {0xc030, "ECDHE-RSA-AES256-GCM-SHA384", TLS_KX_ECDHE, 256, "AF2"},
	    {0xc02f, "ECDHE-RSA-AES128-GCM-SHA256", TLS_KX_ECDHE, 128, "AF2"},
	    {0xcca8, "ECDHE-RSA-CHACHA20-POLY1305", TLS_KX_ECDHE, 256, "AF2"},
	    {0xc014, "ECDHE-RSA-AES256-SHA", TLS_KX_ECDHE, 256, "FC"},
	    {0xc027, "ECDHE-RSA-AES128-SHA256", TLS_KX_ECDHE, 128, "FC2"},
	    {0x0033, "DHE-RSA-AES128-SHA", TLS_KX_DHE, 128, "FC"},
	    {0x0016, "DHE-RSA-DES-CBC3-SHA", TLS_KX_DHE, 112, "FCB"},
	    {0x000a, "DES-CBC3-SHA", TLS_KX_RSA, 112, "CB"},
	    {0x0009, "DES-CBC-SHA", TLS_KX_RSA, 56, "CB"},
	    {0x0008, "EXP-DES-CBC-SHA", TLS_KX_RSA, 40, "CBE"},
	    {0x0003, "EXP-RC4-MD5", TLS_KX_RSA, 40, "ER"},
	    {0x0005, "RC4-SHA", TLS_KX_RSA, 128, "R"},
	    {0x0064, "EXP1024-RC4-SHA", TLS_KX_RSA, 56, "ER"},
	    {0x0002, "NULL-SHA", TLS_KX_RSA, 0, "N"},
	    {0x0034, "ADH-AES128-SHA", TLS_KX_DHE, 128, "CX"},
	    {0xc018, "AECDH-AES128-SHA", TLS_KX_ECDHE, 128, "CX"},
	    {0x0041, "CAMELLIA128-SHA", TLS_KX_RSA, 128, "C"},
	    {0xc09f, "DHE-RSA-AES256-CCM", TLS_KX_DHE, 256, "AF2"},
	    {0x1301, "TLS_AES_128_GCM_SHA256", TLS_KX_ANY, 128, "AF23"},
	    {0x1303, "TLS_CHACHA20_POLY1305_SHA256", TLS_KX_ANY, 256, "AF23"},
	    {0x0007, "IDEA-CBC-SHA", TLS_KX_RSA, 128, "CB"},
	};
	for (size_t i = 0; i < COUNT(t); i++) {
		const struct tls_suite *s = tls_suite_find(t[i].id);
		struct tls_suite_facts f;
		assert_non_null(s);
		assert_string_equal(s->openssl, t[i].openssl);
		tls_suite_judge(s, &f);
		const struct {
			char letter;
			bool is;
		} flag[] = {{'A', f.aead}, {'F', f.forward_secrecy},
		    {'2', f.tls12_up}, {'3', f.tls13}, {'C', f.cbc},
		    {'B', f.block64}, {'E', f.export_grade}, {'R', f.rc4},
		    {'N', f.null}, {'X', f.anonymous}};
		for (size_t k = 0; k < COUNT(flag); k++)
			if (flag[k].is !=
			    (strchr(t[i].flags, flag[k].letter) != NULL))
				fail_msg("%s: %c", s->name, flag[k].letter);
		assert_int_equal(f.bits, t[i].bits);
		assert_int_equal(f.kx, t[i].kx);
		assert_false(f.rare);
	}
}

/* ---- hello ---- */

static unsigned
at16(const struct buf *b, size_t at)
{
	assert_true(at + 2 <= b->n);
	return (unsigned)b->p[at] << 8 | b->p[at + 1];
}

static void
test_hello(void **state)
{
	(void)state;
	static const uint16_t two[] = {0xc030, 0x1301};
	static const struct {
		uint16_t version;
		unsigned record, legacy, session;
	} v[] = {{TLS_WIRE_SSL3, 0x300, 0x300, 0},
	    {TLS_WIRE_TLS10, 0x301, 0x301, 0},
	    {TLS_WIRE_TLS12, 0x301, 0x303, 0},
	    {TLS_WIRE_TLS13, 0x301, 0x303, 32}};
	for (size_t i = 0; i < COUNT(v); i++) {
		struct tls_hello h = {.version = v[i].version,
		    .suites = two,
		    .suite_n = 2,
		    .sni = SLICE("mx.contoh.id")};
		struct buf b;
		buf_init(&b, TLS_HELLO_MAX);
		assert_int_equal(tls_hello_build(&h, &b), ERR_OK);
		assert_int_equal(b.p[0], 22);
		assert_int_equal(at16(&b, 1), v[i].record);
		assert_int_equal(at16(&b, 3), b.n - 5);
		assert_int_equal(b.p[5], 1);
		assert_int_equal(at16(&b, 7), b.n - 9);
		assert_int_equal(at16(&b, 9), v[i].legacy);
		assert_int_equal(b.p[43], v[i].session);
		size_t at = 44 + v[i].session;
		unsigned suites = at16(&b, at);
		/* SSL 3 has a suite for RFC 5746 */
		assert_int_equal(suites, v[i].version == TLS_WIRE_SSL3 ? 6 : 4);
		at += 2 + suites + 2;
		if (v[i].version == TLS_WIRE_SSL3)
			assert_int_equal(at, b.n);
		else
			assert_int_equal(at16(&b, at), b.n - at - 2);
		buf_free(&b);
	}
	struct tls_hello h = {.version = TLS_WIRE_TLS12, .suites = two};
	h.suite_n = 2;
	struct buf small;
	buf_init(&small, 40);
	assert_int_equal(tls_hello_build(&h, &small), ERR_LIMIT);
	buf_free(&small);
}

/* ---- flights ---- */

/* A flight being made: records of at most cut octets. */
struct made {
	uint8_t msgs[8192], wire[40000];
	size_t msgs_n, wire_n;
};

static void
put(struct made *m, uint8_t type, const void *body, size_t n)
{
	uint8_t *p = m->msgs + m->msgs_n;
	p[0] = type;
	p[1] = (uint8_t)(n >> 16);
	p[2] = (uint8_t)(n >> 8);
	p[3] = (uint8_t)n;
	memcpy(p + 4, body, n);
	m->msgs_n += 4 + n;
}

static void
record(struct made *m, uint8_t type, const void *body, size_t n)
{
	uint8_t *p = m->wire + m->wire_n;
	memcpy(
	    p, (const uint8_t[]){type, 3, 3, (uint8_t)(n >> 8), (uint8_t)n}, 5);
	memcpy(p + 5, body, n);
	m->wire_n += 5 + n;
}

static void
wrap(struct made *m, size_t cut)
{
	for (size_t i = 0; i < m->msgs_n; i += cut)
		record(m, 22, m->msgs + i,
		    m->msgs_n - i < cut ? m->msgs_n - i : cut);
}

static void
server_hello(struct made *m, unsigned suite, struct slice extensions)
{
	uint8_t b[256] = {3, 3};
	size_t n = 34;
	b[n++] = 0;
	b[n++] = (uint8_t)(suite >> 8);
	b[n++] = (uint8_t)suite;
	b[n++] = 0;
	b[n++] = 0;
	b[n++] = (uint8_t)extensions.n;
	if (extensions.n > 0)
		memcpy(b + n, extensions.p, extensions.n);
	put(m, 2, b, n + extensions.n);
}

static enum err
read_cut(const struct made *m, size_t cut, struct tls_facts *out)
{
	struct tls_flight f;
	tls_flight_init(&f);
	enum err e = ERR_MORE;
	for (size_t i = 0; i < m->wire_n && e == ERR_MORE; i += cut)
		e = tls_flight_feed(
		    &f, slice_to(slice_of(m->wire + i, m->wire_n - i), cut));
	*out = f.facts;
	return e;
}

static void
test_flight(void **state)
{
	(void)state;
	static const size_t cuts[] = {1, 3, 7, 64, 5000};
	uint8_t dhe[2 + 128 + 2 + 1 + 2 + 128 + 2] = {0, 128, 0, 0x7f};
	memcpy(dhe + 130, (uint8_t[]){0, 1, 2, 0, 128}, 5);
	memcpy(dhe + sizeof(dhe) - 2, "\4\1", 2);
	for (size_t i = 0; i < COUNT(cuts) * COUNT(cuts); i++) {
		struct made m = {0};
		struct tls_facts t;
		server_hello(&m, 0x0033,
		    SLICE("\xff\1\0\1\0\0\43\0\0\0\27\0\0\0\17\0\1\1"));
		put(&m, 11, m.wire, 5000);
		put(&m, 12, dhe, sizeof(dhe));
		put(&m, 14, "", 0);
		wrap(&m, cuts[i / COUNT(cuts)]);
		assert_int_equal(
		    read_cut(&m, cuts[i % COUNT(cuts)], &t), ERR_OK);
		assert_true(t.hello && !t.retry && t.done && t.key_exchange);
		assert_true(t.renegotiation_info && t.ticket);
		assert_true(t.extended_master && t.heartbeat);
		assert_true(t.certificate);
		assert_int_equal(t.certificate_octets, 5000);
		assert_int_equal(t.suite, 0x0033);
		assert_int_equal(t.version, 0x0303);
		assert_int_equal(t.dh_bits, 127 * 8 - 1); /* 0, 0x7f... */
		assert_int_equal(t.signature, 0x0401);
	}
	struct made m = {0};
	struct tls_facts t;
	server_hello(&m, 0xc030, SLICE_EMPTY);
	put(&m, 12, "\3\0\35\1x\10\4\0\1s", 10);
	put(&m, 14, "", 0);
	wrap(&m, 1000);
	assert_int_equal(read_cut(&m, 1000, &t), ERR_OK);
	assert_int_equal(t.group, 29);
	assert_int_equal(t.signature, 0x0804);
	assert_false(t.renegotiation_info || t.ticket || t.heartbeat);

	/* TLS 1.3 ends with its hello */
	m = (struct made){0};
	server_hello(&m, 0x1302, SLICE("\0\53\0\2\3\4\0\63\0\2\0\30"));
	static const uint8_t retry[32] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a,
	    0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2,
	    0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2,
	    0xc8, 0xa8, 0x33, 0x9c};
	memcpy(m.msgs + 6, retry, 32);
	wrap(&m, 1000);
	assert_int_equal(read_cut(&m, 1, &t), ERR_OK);
	assert_true(t.retry);
	assert_int_equal(t.version, 0x0304);
	assert_int_equal(t.group, 24);
	assert_int_equal(t.suite, 0x1302);
}

static void
test_bad(void **state)
{
	(void)state;
	struct made m = {0};
	struct tls_facts t;
	record(&m, 21, "\2\50", 2);
	assert_int_equal(read_cut(&m, 1, &t), ERR_OK);
	assert_true(t.alert);
	assert_int_equal(t.alert_code, 40);
	assert_string_equal(tls_alert_name(t.alert_code), "handshake_failure");

	static const struct slice bad[] = {SLICE("220 mx.contoh.id\r\n"),
	    SLICE("\26\2\0\0\1"), SLICE("\26\3\3\0\0"),
	    SLICE("\26\3\3\377\377"), SLICE("\26\3\3\0\4\13\0\0\0"),
	    SLICE("\26\3\3\0\5\2\0\0\1\3"), SLICE("\27\3\3\0\1x"),
	    SLICE("\26\3\3\0\2\2\0\25\3\3\0\2\2\50")};
	for (size_t i = 0; i < COUNT(bad); i++) {
		memcpy(m.wire, bad[i].p, m.wire_n = bad[i].n);
		if (read_cut(&m, 1, &t) != ERR_SYNTAX ||
		    read_cut(&m, 100, &t) != ERR_SYNTAX)
			fail_msg("case %zu", i);
	}
	/* a flight without end */
	struct tls_flight f;
	tls_flight_init(&f);
	m = (struct made){0};
	server_hello(&m, 0x0033, SLICE_EMPTY);
	wrap(&m, 1000);
	assert_int_equal(
	    tls_flight_feed(&f, slice_of(m.wire, m.wire_n)), ERR_MORE);
	uint8_t chunk[5 + 16384] = {22, 3, 3, 0x40, 0, 11, 0xff, 0xff, 0xff};
	enum err e = ERR_MORE;
	for (int i = 0; i < 100 && e == ERR_MORE; i++)
		e = tls_flight_feed(&f, slice_of(chunk, sizeof(chunk)));
	assert_int_equal(e, ERR_LIMIT);
}

static void
test_heartbeat(void **state)
{
	(void)state;
	struct tls_flight f;
	tls_flight_init(&f);
	assert_int_equal(tls_flight_rest(&f, SLICE("\30\3\3\0\3\2\0")), ERR_OK);
	assert_true(f.facts.heartbeat_answer);
	struct buf b;
	buf_init(&b, 64);
	assert_int_equal(tls_heartbeat_build(0x303, &b), ERR_OK);
	assert_memory_equal(b.p, "\30\3\3\0\3\1\100\0", 8);
	buf_free(&b);
}

static void
test_ssl2(void **state)
{
	(void)state;
	static const struct slice hello =
	    SLICE("\x80\x15\4\0\1\0\2\0\3\0\6\0\1crt\1\0\x80\7\0\xc0i");
	struct tls_ssl2_hello h;
	for (size_t i = 0; i < hello.n; i++)
		assert_int_equal(
		    tls_ssl2_hello_read(slice_to(hello, i), &h), ERR_MORE);
	assert_int_equal(tls_ssl2_hello_read(hello, &h), ERR_OK);
	assert_int_equal(h.cipher_n, 2);
	assert_int_equal(h.cipher[1], 0x0700c0);
	static const struct slice bad[] = {SLICE("\25\3\0"),
	    SLICE("\x80\x3\0\0\1"), SLICE("\x80\x5\4\0\1\0\2")};
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(tls_ssl2_hello_read(bad[i], &h), ERR_SYNTAX);
	struct buf b;
	uint8_t challenge[16] = {0};
	buf_init(&b, 256);
	assert_int_equal(tls_ssl2_hello_build(challenge, &b), ERR_OK);
	assert_int_equal(((b.p[0] & 0x7f) << 8 | b.p[1]), b.n - 2);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_suites),
	    cmocka_unit_test(test_hello),
	    cmocka_unit_test(test_flight),
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_heartbeat),
	    cmocka_unit_test(test_ssl2),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
