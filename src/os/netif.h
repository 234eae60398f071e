/* netif.h - the addresses of this machine. */
#ifndef OS_NETIF_H
#define OS_NETIF_H

#include <stddef.h>

#include "base/ip.h"

/* netif_addresses - those of all interfaces that are up, IPv4 and IPv6, without
 * loopback and without link-local ones (they need a zone to be used). How many
 * were put into out; 0 also when the system does not tell. */
size_t netif_addresses(struct ip *out, size_t max);

#endif
