/* socket.h - stream sockets: listening, accepting, connecting, who is who.
 *
 * Nothing here blocks; all descriptors are non-blocking and close-on-exec. */
#ifndef OS_SOCKET_H
#define OS_SOCKET_H

#include <sys/types.h>

#include "base/ip.h"

struct sock_addr {
	struct ip ip; /* family 0: none, or a unix socket */
	uint16_t port;
};

/* sock_errno - what an errno of a network operation means; sock_fail - the
 * same with "VERB WHAT: REASON" and a net.* or local.io-error cause in d. */
enum err sock_errno(int errnum);
enum err sock_fail(
    struct diag *d, int errnum, const char *verb, const char *what);

/* sock_addr_text - "192.0.2.1:25", "[2001:db8::1]:25". */
#define SOCK_ADDR_TEXT_MAX (IP_TEXT_MAX + 8)
void sock_addr_text(const struct sock_addr *a, char out[SOCK_ADDR_TEXT_MAX]);

/* sock_listen - a TCP socket there; an IPv6 one takes no IPv4. ERR_EXISTS:
 * taken, and d names the holder as far as /proc shows it. */
enum err sock_listen(
    const struct sock_addr *at, int *out_fd, struct diag *d) KURIR_MUST_CHECK;

enum sock_kind { SOCK_KIND_STREAM, SOCK_KIND_SEQPACKET };

/* sock_listen_unix - at path with that mode; a socket that nobody listens on
 * any more is replaced. ERR_EXISTS: somebody does, or it is no socket. */
enum err sock_listen_unix(const char *path, enum sock_kind kind, mode_t mode,
    int *out_fd, struct diag *d) KURIR_MUST_CHECK;

/* sock_accept - the next connection; out_peer may be NULL. ERR_AGAIN: none
 * waits. ERR_LIMIT: out of descriptors, try when one was closed. */
enum err sock_accept(
    int listener, int *out_fd, struct sock_addr *out_peer) KURIR_MUST_CHECK;

/* sock_connect - begin; when *out_fd shows writable ask sock_error. from may
 * be NULL or of family 0. ERR_OK: connected at once; ERR_AGAIN: under way,
 * *out_fd is open; else *out_errno says what failed and nothing is open. */
enum err sock_connect(const struct sock_addr *to, const struct ip *from,
    int *out_fd, int *out_errno) KURIR_MUST_CHECK;
enum err sock_connect_unix(const char *path, enum sock_kind kind, int *out_fd,
    int *out_errno) KURIR_MUST_CHECK;

/* sock_error - the pending error of a socket (an errno), 0 for none. */
int sock_error(int fd);

void sock_peer(int fd, struct sock_addr *out);
void sock_local(int fd, struct sock_addr *out);

/* sock_peer_cred - who is at the other end of a unix socket. */
struct sock_cred {
	pid_t pid;
	uid_t uid;
	gid_t gid;
};
enum err sock_peer_cred(int fd, struct sock_cred *out) KURIR_MUST_CHECK;

/* sock_holder - who listens on a TCP port: "process 812 (master)", or an
 * empty text when that cannot be seen. Reads /proc. */
void sock_holder(const struct sock_addr *at, char *out, size_t max);

#endif
