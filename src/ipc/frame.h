/* frame.h - encoding and decoding of the messages of messages.h. Pure. */
#ifndef IPC_FRAME_H
#define IPC_FRAME_H

#include "ipc/messages.h"

const char *ipc_name(enum ipc_type t); /* "rcpt_ask"; static */

/* ipc_permitted - the permit row: may `from` say t to `to`? */
bool ipc_permitted(enum ipc_type t, enum role_kind from, enum role_kind to);

/* ipc_encode - append m's frame to out (the descriptor is not encoded).
 * ERR_LIMIT  the frame would be larger than IPC_FRAME_MAX; out as before
 * ERR_NOMEM */
enum err ipc_encode(const struct ipc_msg *m, struct buf *out) KURIR_MUST_CHECK;

/* ipc_decode - the message in frame; its bytes borrow from frame. has_fd says
 * whether a descriptor came with it; out->fd is left -1.
 * ERR_SYNTAX  unknown type, cut short, trailing octets, a descriptor missing
 *             or out of place: the caller closes the edge */
enum err ipc_decode(
    struct slice frame, bool has_fd, struct ipc_msg *out) KURIR_MUST_CHECK;

#endif
