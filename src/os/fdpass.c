#include "os/fdpass.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A record counts in the sender's buffer with its overhead; the kernel doubles
 * what is asked for and cuts it at net.core.wmem_max (212992 by default),
 * which leaves room for records of 128 KiB. */
#define FDPASS_SNDBUF 212992

/* Room to see that there was more than one descriptor, and close them. */
#define FDPASS_FDS_SEEN 4

enum err
fdpass_pair(int out_fds[2])
{
	int fds[2];
	int size = FDPASS_SNDBUF;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
		0, fds) != 0)
		return errno == ENOMEM ? ERR_NOMEM : ERR_LIMIT;
	for (int i = 0; i < 2; i++)
		setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	out_fds[0] = fds[0];
	out_fds[1] = fds[1];
	return ERR_OK;
}

enum err
fdpass_send(int sock, struct slice record, int fd)
{
	struct iovec iov = {
	    .iov_base = (void *)(uintptr_t)record.p, .iov_len = record.n};
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	if (fd >= 0) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = control.room;
		msg.msg_controllen = sizeof(control.room);
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	ssize_t n;
	do {
		n = sendmsg(sock, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n == (ssize_t)record.n)
		return ERR_OK;
	if (n >= 0)
		return ERR_BUG; /* a record is never cut */
	switch (errno) {
	case EAGAIN:
	case ENOBUFS:
	case ETOOMANYREFS:
		return ERR_AGAIN;
	case EMSGSIZE:
		return ERR_LIMIT;
	case ENOMEM:
		return ERR_NOMEM;
	case EPIPE:
	case ECONNRESET:
	case ENOTCONN:
	case ECONNREFUSED:
		return ERR_CLOSED;
	default:
		return ERR_IO;
	}
}

/* How many descriptors came; the first is kept, the others are closed. */
static unsigned
take_fds(struct msghdr *msg, int *out_fd)
{
	unsigned count = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL;
	     c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (count++ == 0)
				*out_fd = fd;
			else
				close(fd);
		}
	}
	return count;
}

enum err
fdpass_recv(int sock, uint8_t *p, size_t max, size_t *out_n, int *out_fd)
{
	struct iovec iov = {.iov_base = p, .iov_len = max};
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(FDPASS_FDS_SEEN * sizeof(int))];
	} control;
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.room,
	    .msg_controllen = sizeof(control.room)};
	ssize_t n;
	do {
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN       ? ERR_AGAIN
		       : errno == ENOMEM     ? ERR_NOMEM
		       : errno == ECONNRESET ? ERR_CLOSED
					     : ERR_IO;
	int fd = -1;
	unsigned fds = take_fds(&msg, &fd);
	if ((msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 || fds > 1) {
		if (fd >= 0)
			close(fd);
		return ERR_LIMIT;
	}
	/* A record of no octets cannot be told from the end, and none of
	 * ours is empty. */
	if (n == 0) {
		if (fd >= 0)
			close(fd);
		return ERR_CLOSED;
	}
	*out_n = (size_t)n;
	*out_fd = fd;
	return ERR_OK;
}
