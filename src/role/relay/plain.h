/* plain.h - hosts whose TLS failed lately, so that with level "may" they are
 * not asked for it again at each message. Bounded, forgetful; no clock. */
#ifndef ROLE_RELAY_PLAIN_H
#define ROLE_RELAY_PLAIN_H

#include "base/ip.h"

#define PLAIN_HOSTS  512u
#define PLAIN_FOR_MS 3600000u /* one hour, as admins of this field expect */

struct plain_host {
	struct ip ip;
	uint16_t port;
	uint64_t until_ms; /* 0: free */
	char cause[32];
};

struct plain_hosts {
	struct plain_host v[PLAIN_HOSTS];
};

/* plain_add - remember until now_ms + PLAIN_FOR_MS; a full table forgets the
 * entry that ends first. */
void plain_add(struct plain_hosts *p, const struct ip *ip, uint16_t port,
    struct slice cause, uint64_t now_ms);

/* plain_find - why TLS is not tried there now; empty: it is. Borrows from p
 * until the next plain_add. */
struct slice plain_find(const struct plain_hosts *p, const struct ip *ip,
    uint16_t port, uint64_t now_ms);

#endif
