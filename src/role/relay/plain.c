#include "role/relay/plain.h"

#include <string.h>

void
plain_add(struct plain_hosts *p, const struct ip *ip, uint16_t port,
    struct slice cause, uint64_t now_ms)
{
	struct plain_host *h = &p->v[0];
	for (size_t i = 0; i < PLAIN_HOSTS; i++) {
		struct plain_host *e = &p->v[i];
		if (e->until_ms != 0 && e->port == port && ip_eq(&e->ip, ip)) {
			h = e;
			break;
		}
		if (e->until_ms < h->until_ms)
			h = e;
	}
	*h = (struct plain_host){*ip, port, now_ms + PLAIN_FOR_MS, ""};
	cause = slice_to(cause, sizeof(h->cause) - 1);
	if (cause.n > 0)
		memcpy(h->cause, cause.p, cause.n);
}

struct slice
plain_find(const struct plain_hosts *p, const struct ip *ip, uint16_t port,
    uint64_t now_ms)
{
	for (size_t i = 0; i < PLAIN_HOSTS; i++) {
		const struct plain_host *e = &p->v[i];
		if (e->until_ms > now_ms && e->port == port &&
		    ip_eq(&e->ip, ip))
			return slice_str(e->cause);
	}
	return SLICE_EMPTY;
}
