#include "proto/tls/hello.h"

#include <string.h>

static void
add16(struct buf *b, unsigned v)
{
	buf_add_byte(b, (uint8_t)(v >> 8));
	buf_add_byte(b, (uint8_t)v);
}

/* A length of two octets that is filled in when what it counts is there. */
static size_t
begin16(struct buf *b)
{
	size_t at = b->n;
	add16(b, 0);
	return at;
}

static void
end16(struct buf *b, size_t at)
{
	if (buf_err(b) != ERR_OK)
		return;
	size_t n = b->n - at - 2;
	b->p[at] = (uint8_t)(n >> 8);
	b->p[at + 1] = (uint8_t)n;
}

static size_t
extension(struct buf *b, unsigned type)
{
	add16(b, type);
	return begin16(b);
}

static void
add_list16(struct buf *b, const uint16_t *v, size_t n)
{
	size_t at = begin16(b);
	for (size_t i = 0; i < n; i++)
		add16(b, v[i]);
	end16(b, at);
}

static void
add_sni(struct buf *b, struct slice name)
{
	if (name.n == 0 || name.n > 255)
		return;
	size_t ext = extension(b, 0);
	size_t list = begin16(b);
	buf_add_byte(b, 0);
	size_t host = begin16(b);
	buf_add(b, name);
	end16(b, host);
	end16(b, list);
	end16(b, ext);
}

static void
add_groups(struct buf *b, const struct tls_hello *h)
{
	size_t ext = extension(b, 10);
	if (h->group_n > 0) {
		add_list16(b, h->groups, h->group_n);
	} else {
		size_t n, at = begin16(b);
		const struct tls_group *g = tls_groups(&n);
		/* newest last: what a mail server would choose comes first */
		static const uint16_t first[] = {29, 23, 24, 25, 30};
		for (size_t i = 0; i < sizeof(first) / sizeof(*first); i++)
			add16(b, first[i]);
		for (size_t i = 0; i < n; i++)
			if (g[i].id < 23 ||
			    (g[i].id > 25 && g[i].id != 29 && g[i].id != 30))
				add16(b, g[i].id);
		end16(b, at);
	}
	end16(b, ext);
	ext = extension(b, 11); /* points: uncompressed and the others */
	buf_add(b, SLICE("\3\0\1\2"));
	end16(b, ext);
}

static void
add_signatures(struct buf *b)
{
	/* every pair that anybody signs with; the strong ones first */
	static const uint16_t sig[] = {0x0403, 0x0503, 0x0603, 0x0807, 0x0808,
	    0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501,
	    0x0601, 0x0303, 0x0301, 0x0203, 0x0201, 0x0402, 0x0202, 0x0101};
	size_t ext = extension(b, 13);
	add_list16(b, sig, sizeof(sig) / sizeof(*sig));
	end16(b, ext);
}

static void
add_tls13(struct buf *b)
{
	size_t ext = extension(b, 43); /* supported_versions */
	buf_add(b, SLICE("\2\3\4"));
	end16(b, ext);
	ext = extension(b, 45); /* psk_key_exchange_modes */
	buf_add(b, SLICE("\1\1"));
	end16(b, ext);
	ext = extension(b, 51); /* key_share: an empty list */
	add16(b, 0);
	end16(b, ext);
}

static void
add_extensions(struct buf *b, const struct tls_hello *h)
{
	size_t all = begin16(b);
	add_sni(b, h->sni);
	add_groups(b, h);
	if (h->version >= TLS_WIRE_TLS12)
		add_signatures(b);
	if (h->version >= TLS_WIRE_TLS13) {
		add_tls13(b);
	} else {
		size_t ext = extension(b, 0xff01); /* RFC 5746 */
		buf_add_byte(b, 0);
		end16(b, ext);
		ext = extension(b, 23); /* RFC 7627 */
		end16(b, ext);
		if (h->ticket) {
			ext = extension(b, 35);
			end16(b, ext);
		}
	}
	if (h->heartbeat) {
		size_t ext = extension(b, 15);
		buf_add_byte(b, 1);
		end16(b, ext);
	}
	/* Some servers hang on records of 256 to 511 octets (RFC 7685). */
	if (b->n >= 256 && b->n < 520) {
		size_t ext = extension(b, 21);
		while (b->n < 520 && buf_err(b) == ERR_OK)
			buf_add_byte(b, 0);
		end16(b, ext);
	}
	end16(b, all);
}

static void
add_suites(struct buf *b, const struct tls_hello *h)
{
	size_t at = begin16(b);
	for (size_t i = 0; i < h->suite_n; i++)
		add16(b, h->suites[i]);
	if (h->version == TLS_WIRE_SSL3)
		add16(b, 0x00ff); /* what RFC 5746 has for want of extensions */
	if (h->fallback_scsv)
		add16(b, 0x5600);
	end16(b, at);
}

enum err
tls_hello_build(const struct tls_hello *h, struct buf *out)
{
	struct buf b;
	buf_init(&b, TLS_HELLO_MAX);
	unsigned legacy =
	    h->version > TLS_WIRE_TLS12 ? TLS_WIRE_TLS12 : h->version;
	buf_add_byte(&b, 22);
	add16(&b, legacy > TLS_WIRE_TLS10 ? TLS_WIRE_TLS10 : legacy);
	size_t record = begin16(&b);
	buf_add_byte(&b, 1);
	buf_add_byte(&b, 0);
	size_t hello = begin16(&b);
	add16(&b, legacy);
	buf_add(&b, slice_of(h->random, sizeof(h->random)));
	if (h->version >= TLS_WIRE_TLS13) {
		/* as RFC 8446 D.4 has it for what stands between */
		buf_add_byte(&b, 32);
		buf_add(&b, slice_of(h->random, 32));
	} else {
		buf_add_byte(&b, 0);
	}
	add_suites(&b, h);
	buf_add(&b, h->deflate ? SLICE("\2\1\0") : SLICE("\1\0"));
	if (h->version > TLS_WIRE_SSL3)
		add_extensions(&b, h);
	end16(&b, hello);
	end16(&b, record);
	enum err e = buf_err(&b);
	if (e == ERR_OK) {
		buf_add(out, buf_slice(&b));
		e = buf_err(out);
	}
	buf_free(&b);
	return e;
}

enum err
tls_ssl2_hello_build(const uint8_t challenge[16], struct buf *b)
{
	size_t n;
	const struct tls_suite *v = tls_ssl2_suites(&n);
	size_t len = 9 + 3 * n + 16;
	add16(b, (unsigned)(0x8000 | len));
	buf_add_byte(b, 1); /* CLIENT-HELLO */
	add16(b, TLS_WIRE_SSL2);
	add16(b, (unsigned)(3 * n));
	add16(b, 0); /* session id */
	add16(b, 16);
	for (size_t i = 0; i < n; i++) {
		buf_add_byte(b, (uint8_t)(v[i].id >> 16));
		add16(b, v[i].id & 0xffff);
	}
	buf_add(b, slice_of(challenge, 16));
	return buf_err(b);
}

enum err
tls_heartbeat_build(uint16_t version, struct buf *b)
{
	buf_add_byte(b, 24);
	add16(b, version);
	add16(b, 3);
	buf_add_byte(b, 1); /* request */
	add16(b, 0x4000);   /* claims 16 KiB and holds none */
	return buf_err(b);
}
