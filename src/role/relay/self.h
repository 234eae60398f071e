/* self.h - is that us? Mail sent to one of our own listeners is a loop;
 * another port or another address of this host is not. Pure. */
#ifndef ROLE_RELAY_SELF_H
#define ROLE_RELAY_SELF_H

#include "conf/conf.h"

/* self_is_listener - ip and port are those of a listener, as far as can be
 * told before connecting: written out, or a wildcard and a loopback address. */
bool self_is_listener(const struct conf *c, const struct ip *ip, uint16_t port);

/* self_is_connected - the same, knowing the address at our end: when it is
 * the one at the other end too, the peer is this very host. */
bool self_is_connected(const struct conf *c, const struct ip *ip, uint16_t port,
    const struct ip *local);

#endif
