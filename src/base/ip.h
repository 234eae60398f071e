/* ip.h - IPv4 and IPv6 addresses and networks as values.
 *
 * An IPv4-mapped IPv6 address (::ffff:a.b.c.d) is stored as IPv4, so one
 * client is one address whichever socket it came in by. */
#ifndef BASE_IP_H
#define BASE_IP_H

#include "base/buf.h"

struct ip {
	uint8_t family; /* 0 none, 4, 6 */
	uint8_t b[16];  /* network order; the first 4 for IPv4 */
};

struct ip_net {
	struct ip ip; /* host bits are zero */
	uint8_t bits; /* 0..32, 0..128 */
};

#define IP_TEXT_MAX 46 /* with the NUL */

/* ip_parse - dotted quad (no leading zeros) or RFC 4291 text, no zone. */
enum err ip_parse(struct slice s, struct ip *out) KURIR_MUST_CHECK;
/* ip_net_parse - "10.0.0.0/8", "::1"; a lone address is a host network; host
 * bits that are set are ERR_SYNTAX. */
enum err ip_net_parse(struct slice s, struct ip_net *out) KURIR_MUST_CHECK;

bool ip_eq(const struct ip *a, const struct ip *b);
bool ip_in_net(const struct ip *ip, const struct ip_net *net);
bool ip_is_loopback(const struct ip *ip);
/* Exactly 127.0.0.1 or ::1. */
bool ip_is_localhost(const struct ip *ip);

/* ip_text - RFC 5952 text with a NUL. */
void ip_text(const struct ip *ip, char out[IP_TEXT_MAX]);
void buf_add_ip(struct buf *b, const struct ip *ip);
/* RFC 5321 4.1.3 address literal without brackets: "192.0.2.1",
 * "IPv6:2001:db8::1". */
void buf_add_ip_literal(struct buf *b, const struct ip *ip);
/* ip_reverse_name - "1.2.0.192.in-addr.arpa" / the nibbles of ip6.arpa. */
void buf_add_ip_reverse(struct buf *b, const struct ip *ip);

/* ip_host_port - "192.0.2.1:25", "[2001:db8::1]:25"; without a port *out_port
 * is default_port (0: a port is required). */
enum err ip_host_port(struct slice s, uint16_t default_port, struct ip *out_ip,
    uint16_t *out_port) KURIR_MUST_CHECK;

#endif
