/* credentials.h - the smart host's credentials file: lines
 * "[host]:port user:password" or "host:port user:password"; # begins a
 * comment line. Pure. */
#ifndef ROLE_RELAY_CREDENTIALS_H
#define ROLE_RELAY_CREDENTIALS_H

#include "base/err.h"
#include "base/slice.h"

/* credentials_find - for that host (name or address, any case, no brackets)
 * and port. A line without a port counts for every port; the first line that
 * fits decides. The outputs borrow from text. ERR_NOT_FOUND: none. */
enum err credentials_find(struct slice text, struct slice host, uint16_t port,
    struct slice *out_user, struct slice *out_password) KURIR_MUST_CHECK;

#endif
