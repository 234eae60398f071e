#include "base/ip.h"

#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

static bool
parse_v4(struct slice s, uint8_t out[4])
{
	for (int i = 0; i < 4; i++) {
		size_t dot = slice_find(s, '.');
		struct slice part = i < 3 ? slice_to(s, dot) : s;
		uint64_t v;
		if ((i < 3 && dot == s.n) || part.n > 3 ||
		    !slice_u64(part, &v) || v > 255 ||
		    (part.n > 1 && part.p[0] == '0'))
			return false;
		out[i] = (uint8_t)v;
		s = slice_from(s, dot + 1);
	}
	return true;
}

static bool
parse_group(struct slice s, uint8_t out[2])
{
	unsigned v = 0;
	if (s.n == 0 || s.n > 4)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		int d = ascii_hex(s.p[i]);
		if (d < 0)
			return false;
		v = v << 4 | (unsigned)d;
	}
	out[0] = (uint8_t)(v >> 8);
	out[1] = (uint8_t)v;
	return true;
}

/* One side of "::", or the whole: groups separated by ':', and at the end of
 * the address a dotted quad. Returns octets written, or -1. */
static int
parse_side(struct slice s, bool end, uint8_t out[16])
{
	int n = 0;
	if (s.n == 0)
		return 0;
	for (;;) {
		size_t colon = slice_find(s, ':');
		struct slice part = slice_to(s, colon);
		if (colon == s.n && slice_find(part, '.') != part.n) {
			if (!end || n > 12 || !parse_v4(part, out + n))
				return -1;
			return n + 4;
		}
		if (n > 14 || !parse_group(part, out + n))
			return -1;
		n += 2;
		if (colon == s.n)
			return n;
		s = slice_from(s, colon + 1);
	}
}

static bool
parse_v6(struct slice s, uint8_t out[16])
{
	uint8_t head[16], tail[16];
	size_t gap = s.n;
	for (size_t i = 0; i + 1 < s.n; i++)
		if (s.p[i] == ':' && s.p[i + 1] == ':') {
			gap = i;
			break;
		}
	if (gap == s.n)
		return parse_side(s, true, out) == 16;
	int h = parse_side(slice_to(s, gap), false, head);
	int t = parse_side(slice_from(s, gap + 2), true, tail);
	if (h < 0 || t < 0 || h + t > 14)
		return false;
	memset(out, 0, 16);
	memcpy(out, head, (size_t)h);
	memcpy(out + 16 - t, tail, (size_t)t);
	return true;
}

enum err
ip_parse(struct slice s, struct ip *out)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct ip ip = {0};
	if (s.n >= IP_TEXT_MAX)
		return ERR_SYNTAX;
	if (parse_v4(s, ip.b)) {
		ip.family = 4;
	} else if (parse_v6(s, ip.b)) {
		ip.family = 6;
		if (memcmp(ip.b, mapped, sizeof(mapped)) == 0) {
			memmove(ip.b, ip.b + 12, 4);
			memset(ip.b + 4, 0, 12);
			ip.family = 4;
		}
	} else {
		return ERR_SYNTAX;
	}
	*out = ip;
	return ERR_OK;
}

static unsigned
width(const struct ip *ip)
{
	return ip->family == 4 ? 32 : 128;
}

/* Zero the bits after the prefix; true if one of them was set. */
static bool
clear_host_bits(struct ip *ip, unsigned bits)
{
	bool had = false;
	for (unsigned i = bits; i < width(ip); i++) {
		uint8_t mask = (uint8_t)(0x80u >> (i % 8));
		had = had || (ip->b[i / 8] & mask) != 0;
		ip->b[i / 8] = (uint8_t)(ip->b[i / 8] & ~mask);
	}
	return had;
}

enum err
ip_net_parse(struct slice s, struct ip_net *out)
{
	struct ip_net net;
	size_t slash = slice_find(s, '/');
	if (ip_parse(slice_to(s, slash), &net.ip) != ERR_OK)
		return ERR_SYNTAX;
	uint64_t bits = width(&net.ip);
	if (slash != s.n && (!slice_u64(slice_from(s, slash + 1), &bits) ||
				bits > width(&net.ip)))
		return ERR_SYNTAX;
	net.bits = (uint8_t)bits;
	if (clear_host_bits(&net.ip, net.bits))
		return ERR_SYNTAX;
	*out = net;
	return ERR_OK;
}

bool
ip_eq(const struct ip *a, const struct ip *b)
{
	return a->family == b->family && memcmp(a->b, b->b, 16) == 0;
}

bool
ip_in_net(const struct ip *ip, const struct ip_net *net)
{
	if (ip->family != net->ip.family)
		return false;
	struct ip masked = *ip;
	clear_host_bits(&masked, net->bits);
	return ip_eq(&masked, &net->ip);
}

bool
ip_is_loopback(const struct ip *ip)
{
	static const uint8_t one[16] = {[15] = 1};
	if (ip->family == 4)
		return ip->b[0] == 127;
	return ip->family == 6 && memcmp(ip->b, one, 16) == 0;
}

bool
ip_is_localhost(const struct ip *ip)
{
	static const uint8_t one[4] = {127, 0, 0, 1};
	if (ip->family == 4)
		return memcmp(ip->b, one, sizeof(one)) == 0;
	return ip_is_loopback(ip);
}

static unsigned
group(const struct ip *ip, int i)
{
	return (unsigned)ip->b[2 * i] << 8 | ip->b[2 * i + 1];
}

/* RFC 5952 4.2: the longest run of two or more zero groups, the first of
 * equals, is "::". */
static void
longest_zero_run(const struct ip *ip, int *start, int *len)
{
	*start = -1;
	*len = 1;
	for (int i = 0; i < 8; i++) {
		int n = 0;
		while (i + n < 8 && group(ip, i + n) == 0)
			n++;
		if (n > *len) {
			*start = i;
			*len = n;
		}
		i += n;
	}
}

static void
add_hex_group(struct buf *b, unsigned g)
{
	bool started = false;
	for (int shift = 12; shift >= 0; shift -= 4) {
		unsigned d = g >> shift & 15;
		started = started || d != 0 || shift == 0;
		if (started)
			buf_add_byte(b, (uint8_t)hex_digits[d]);
	}
}

void
buf_add_ip(struct buf *b, const struct ip *ip)
{
	if (ip->family == 0) {
		buf_add_str(b, "unknown");
		return;
	}
	if (ip->family == 4) {
		for (int i = 0; i < 4; i++) {
			if (i > 0)
				buf_add_byte(b, '.');
			buf_add_u64(b, ip->b[i]);
		}
		return;
	}
	int start, len;
	longest_zero_run(ip, &start, &len);
	for (int i = 0; i < 8; i++) {
		if (i == start) {
			buf_add_str(b, "::");
			i += len - 1;
			continue;
		}
		if (i > 0 && i != start + len)
			buf_add_byte(b, ':');
		else if (i > 0 && start < 0)
			buf_add_byte(b, ':');
		add_hex_group(b, group(ip, i));
	}
}

void
ip_text(const struct ip *ip, char out[IP_TEXT_MAX])
{
	struct buf b;
	buf_init(&b, IP_TEXT_MAX - 1);
	buf_add_ip(&b, ip);
	size_t n = b.n;
	if (n > 0)
		memcpy(out, b.p, n);
	out[n] = '\0';
	buf_free(&b);
}

void
buf_add_ip_literal(struct buf *b, const struct ip *ip)
{
	if (ip->family == 6)
		buf_add_str(b, "IPv6:");
	buf_add_ip(b, ip);
}

void
buf_add_ip_reverse(struct buf *b, const struct ip *ip)
{
	if (ip->family == 4) {
		for (int i = 3; i >= 0; i--) {
			buf_add_u64(b, ip->b[i]);
			buf_add_byte(b, '.');
		}
		buf_add_str(b, "in-addr.arpa");
		return;
	}
	for (int i = 15; i >= 0; i--) {
		uint8_t quad[4] = {(uint8_t)hex_digits[ip->b[i] & 15], '.',
		    (uint8_t)hex_digits[ip->b[i] >> 4], '.'};
		buf_add(b, slice_of(quad, sizeof(quad)));
	}
	buf_add_str(b, "ip6.arpa");
}

static enum err
parse_port(struct slice s, uint16_t *out)
{
	uint64_t v;
	if (s.n > 5 || !slice_u64(s, &v) || v == 0 || v > 65535)
		return ERR_SYNTAX;
	*out = (uint16_t)v;
	return ERR_OK;
}

enum err
ip_host_port(struct slice s, uint16_t default_port, struct ip *out_ip,
    uint16_t *out_port)
{
	struct slice host = s, port = SLICE_EMPTY;
	bool has_port = false;
	if (s.n > 0 && s.p[0] == '[') {
		size_t close = slice_find(s, ']');
		if (close == s.n)
			return ERR_SYNTAX;
		host = slice_of(s.p + 1, close - 1);
		port = slice_from(s, close + 1);
		if (port.n > 0) {
			if (port.p[0] != ':')
				return ERR_SYNTAX;
			port = slice_from(port, 1);
			has_port = true;
		}
	} else {
		size_t colon = slice_find(s, ':');
		if (colon != s.n && slice_rfind(s, ':') == colon) {
			host = slice_to(s, colon);
			port = slice_from(s, colon + 1);
			has_port = true;
		}
	}
	struct ip ip;
	uint16_t p = default_port;
	if (ip_parse(host, &ip) != ERR_OK)
		return ERR_SYNTAX;
	if (has_port ? parse_port(port, &p) != ERR_OK : default_port == 0)
		return ERR_SYNTAX;
	*out_ip = ip;
	*out_port = p;
	return ERR_OK;
}
