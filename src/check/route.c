#include "check/check.h"

#include "os/clock.h"

uint64_t
check_now_s(const struct check *c)
{
	return c->opts->now_s != 0 ? c->opts->now_s : clock_unix_ms() / 1000;
}

void
check_route(const struct check *c, struct slice host, uint16_t port,
    const struct ip *ip, struct sock_addr *out)
{
	*out = (struct sock_addr){.ip = *ip, .port = port};
	for (size_t i = 0; i < c->opts->connect_n; i++) {
		const struct check_connect *to = &c->opts->connect[i];
		if ((to->port != 0 && to->port != port) ||
		    !slice_eq_nocase(to->host, host))
			continue;
		*out = (struct sock_addr){.ip = to->ip, .port = to->to_port};
		return;
	}
}
