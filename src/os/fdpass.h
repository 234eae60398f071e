/* fdpass.h - records over a SOCK_SEQPACKET socket, each with at most one
 * descriptor. Never blocks on a non-blocking socket. */
#ifndef OS_FDPASS_H
#define OS_FDPASS_H

#include "base/err.h"
#include "base/slice.h"

/* fdpass_pair - two connected ends, non-blocking, close-on-exec, with room
 * for records of 128 KiB. */
enum err fdpass_pair(int out_fds[2]) KURIR_MUST_CHECK;

/* fdpass_send - one record and, when fd >= 0, a copy of fd. All or nothing.
 * ERR_AGAIN    the socket is full
 * ERR_LIMIT    the record is larger than the socket takes
 * ERR_CLOSED   the peer is gone */
enum err fdpass_send(int sock, struct slice record, int fd) KURIR_MUST_CHECK;

/* fdpass_recv - the next record into p[0..max); *out_fd is its descriptor,
 * the receiver's from now on and close-on-exec, or -1.
 * ERR_AGAIN    none waits
 * ERR_CLOSED   the peer is gone
 * ERR_LIMIT    longer than max, or more than one descriptor: the record is
 *              lost, its descriptors are closed, the edge should be too */
enum err fdpass_recv(int sock, uint8_t *p, size_t max, size_t *out_n,
    int *out_fd) KURIR_MUST_CHECK;

#endif
