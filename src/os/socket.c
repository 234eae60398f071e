#include "os/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "os/fs.h"

#define SOCK_BACKLOG 4096

union sock_any {
	struct sockaddr sa;
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

/* --- failures ---------------------------------------------------------- */

static const struct {
	int errnum;
	enum err e;
	const char *cause;
} sock_errors[] = {
    {ECONNREFUSED, ERR_CLOSED, "net.refused"},
    {ENETUNREACH, ERR_CLOSED, "net.refused"},
    {EHOSTUNREACH, ERR_CLOSED, "net.refused"},
    {ENETDOWN, ERR_CLOSED, "net.refused"},
    {EADDRNOTAVAIL, ERR_NOT_FOUND, "local.io-error"},
    {ETIMEDOUT, ERR_TIMEOUT, "net.timeout"},
    {ECONNRESET, ERR_CLOSED, "net.reset"},
    {ECONNABORTED, ERR_CLOSED, "net.reset"}, {EPIPE, ERR_CLOSED, "net.reset"},
    {ENOTCONN, ERR_CLOSED, "net.reset"}, {EADDRINUSE, ERR_EXISTS, NULL},
    {EACCES, ERR_DENIED, NULL}, {EPERM, ERR_DENIED, NULL},
    {ENOENT, ERR_NOT_FOUND, "net.refused"}, {EMFILE, ERR_LIMIT, NULL},
    {ENFILE, ERR_LIMIT, NULL}, {ENOBUFS, ERR_NOMEM, NULL},
    {ENOMEM, ERR_NOMEM, NULL},
    {EAGAIN, ERR_TEMP, "net.refused"}, /* a unix backlog that is full */
};

static size_t
sock_error_row(int errnum)
{
	size_t i = 0;
	while (i < sizeof(sock_errors) / sizeof(sock_errors[0]) &&
	       sock_errors[i].errnum != errnum)
		i++;
	return i;
}

enum err
sock_errno(int errnum)
{
	size_t i = sock_error_row(errnum);
	if (i == sizeof(sock_errors) / sizeof(sock_errors[0]))
		return ERR_IO;
	return sock_errors[i].e;
}

enum err
sock_fail(struct diag *d, int errnum, const char *verb, const char *what)
{
	size_t i = sock_error_row(errnum);
	const char *cause = "local.io-error";
	if (i < sizeof(sock_errors) / sizeof(sock_errors[0]))
		cause = sock_errors[i].cause;
	return diag_set(d, sock_errno(errnum), cause, "%s %s: %s", verb, what,
	    strerror(errnum));
}

/* --- addresses --------------------------------------------------------- */

void
sock_addr_text(const struct sock_addr *a, char out[SOCK_ADDR_TEXT_MAX])
{
	char ip[IP_TEXT_MAX];
	ip_text(&a->ip, ip);
	snprintf(out, SOCK_ADDR_TEXT_MAX,
	    a->ip.family == 6 ? "[%s]:%u" : "%s:%u", ip, (unsigned)a->port);
}

static socklen_t
addr_to_sys(const struct sock_addr *a, union sock_any *out)
{
	memset(out, 0, sizeof(*out));
	if (a->ip.family == 6) {
		out->in6.sin6_family = AF_INET6;
		out->in6.sin6_port = htons(a->port);
		memcpy(&out->in6.sin6_addr, a->ip.b, 16);
		return sizeof(out->in6);
	}
	out->in4.sin_family = AF_INET;
	out->in4.sin_port = htons(a->port);
	memcpy(&out->in4.sin_addr, a->ip.b, 4);
	return sizeof(out->in4);
}

static void
addr_from_sys(const union sock_any *s, struct sock_addr *out)
{
	memset(out, 0, sizeof(*out));
	if (s->sa.sa_family == AF_INET) {
		out->ip.family = 4;
		memcpy(out->ip.b, &s->in4.sin_addr, 4);
		out->port = ntohs(s->in4.sin_port);
	} else if (s->sa.sa_family == AF_INET6) {
		out->port = ntohs(s->in6.sin6_port);
		if (IN6_IS_ADDR_V4MAPPED(&s->in6.sin6_addr)) {
			out->ip.family = 4;
			memcpy(out->ip.b, &s->in6.sin6_addr.s6_addr[12], 4);
		} else {
			out->ip.family = 6;
			memcpy(out->ip.b, &s->in6.sin6_addr, 16);
		}
	}
}

static bool
unix_to_sys(const char *path, union sock_any *out)
{
	size_t n = strlen(path);
	memset(out, 0, sizeof(*out));
	if (n >= sizeof(out->un.sun_path))
		return false;
	out->un.sun_family = AF_UNIX;
	memcpy(out->un.sun_path, path, n);
	return true;
}

static int
sock_open(int family, int type)
{
	return socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static int
kind_type(enum sock_kind kind)
{
	return kind == SOCK_KIND_SEQPACKET ? SOCK_SEQPACKET : SOCK_STREAM;
}

/* --- listening --------------------------------------------------------- */

static enum err
listen_fail(const struct sock_addr *at, int errnum, struct diag *d)
{
	char where[SOCK_ADDR_TEXT_MAX], holder[96];
	sock_addr_text(at, where);
	if (errnum == EADDRINUSE) {
		sock_holder(at, holder, sizeof(holder));
		return diag_set(d, ERR_EXISTS, NULL,
		    "cannot listen on %s: already in use by %s", where,
		    holder[0] != '\0' ? holder : "another process");
	}
	if (errnum == EACCES)
		return diag_set(d, ERR_DENIED, NULL,
		    "cannot listen on %s: ports below 1024 need root or "
		    "CAP_NET_BIND_SERVICE",
		    where);
	return sock_fail(d, errnum, "cannot listen on", where);
}

enum err
sock_listen(const struct sock_addr *at, int *out_fd, struct diag *d)
{
	union sock_any sys;
	socklen_t len = addr_to_sys(at, &sys);
	int on = 1;
	int fd = sock_open(sys.sa.sa_family, SOCK_STREAM);
	if (fd < 0)
		return listen_fail(at, errno, d);
	/* TCP_NODELAY is inherited by what is accepted: replies are written
	 * whole, waiting for an acknowledgement only delays the next. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
	    (at->ip.family == 6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY,
				       &on, sizeof(on)) != 0) ||
	    bind(fd, &sys.sa, len) != 0 || listen(fd, SOCK_BACKLOG) != 0) {
		int errnum = errno;
		close(fd);
		return listen_fail(at, errnum, d);
	}
	*out_fd = fd;
	return ERR_OK;
}

/* Nobody listens at path: what is left there of a server that died. */
static bool
unix_is_stale(const char *path, enum sock_kind kind)
{
	struct stat st;
	if (lstat(path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return false;
	int fd, errnum = 0;
	enum err e = sock_connect_unix(path, kind, &fd, &errnum);
	if (e == ERR_OK || e == ERR_AGAIN)
		close(fd);
	return errnum == ECONNREFUSED;
}

enum err
sock_listen_unix(const char *path, enum sock_kind kind, mode_t mode,
    int *out_fd, struct diag *d)
{
	union sock_any sys;
	if (!unix_to_sys(path, &sys))
		return diag_set(d, ERR_LIMIT, NULL,
		    "cannot listen on %s: longer than %zu characters", path,
		    sizeof(sys.un.sun_path) - 1);
	int fd = sock_open(AF_UNIX, kind_type(kind));
	if (fd < 0)
		return sock_fail(d, errno, "cannot listen on", path);
	int rc = bind(fd, &sys.sa, sizeof(sys.un));
	if (rc != 0 && errno == EADDRINUSE && unix_is_stale(path, kind) &&
	    unlink(path) == 0)
		rc = bind(fd, &sys.sa, sizeof(sys.un));
	/* Between bind and chmod nobody can connect: it does not listen. */
	if (rc != 0 || chmod(path, mode) != 0 ||
	    listen(fd, SOCK_BACKLOG) != 0) {
		int errnum = errno;
		close(fd);
		if (errnum == EADDRINUSE)
			return diag_set(d, ERR_EXISTS, NULL,
			    "cannot listen on %s: already in use", path);
		return sock_fail(d, errnum, "cannot listen on", path);
	}
	*out_fd = fd;
	return ERR_OK;
}

enum err
sock_accept(int listener, int *out_fd, struct sock_addr *out_peer)
{
	union sock_any sys;
	for (;;) {
		socklen_t len = sizeof(sys);
		int fd = accept4(
		    listener, &sys.sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			*out_fd = fd;
			if (out_peer != NULL)
				addr_from_sys(&sys, out_peer);
			return ERR_OK;
		}
		switch (errno) {
		case EAGAIN:
			return ERR_AGAIN;
		case EMFILE:
		case ENFILE:
		case ENOBUFS:
		case ENOMEM:
			return ERR_LIMIT;
		case EBADF:
		case EINVAL:
		case ENOTSOCK:
		case EOPNOTSUPP:
			return ERR_BUG;
		default:
			/* EINTR, ECONNABORTED and the network's errors belong
			 * to one connection that is gone: accept(2). */
			continue;
		}
	}
}

/* --- connecting -------------------------------------------------------- */

static enum err
connect_begin(int fd, const union sock_any *sys, socklen_t len, int *out_fd,
    int *out_errno)
{
	int rc;
	do {
		rc = connect(fd, &sys->sa, len);
	} while (rc != 0 && errno == EINTR);
	if (rc != 0 && errno != EINPROGRESS) {
		*out_errno = errno;
		close(fd);
		return sock_errno(*out_errno);
	}
	*out_fd = fd;
	return rc == 0 ? ERR_OK : ERR_AGAIN;
}

enum err
sock_connect(const struct sock_addr *to, const struct ip *from, int *out_fd,
    int *out_errno)
{
	union sock_any sys, src;
	int on = 1;
	socklen_t len = addr_to_sys(to, &sys);
	int fd = sock_open(sys.sa.sa_family, SOCK_STREAM);
	if (fd < 0) {
		*out_errno = errno;
		return sock_errno(errno);
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (from != NULL && from->family != 0) {
		struct sock_addr s = {.ip = *from};
		socklen_t src_len = addr_to_sys(&s, &src);
		/* The port is chosen at connect: many sources share one. */
		setsockopt(
		    fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
		if (bind(fd, &src.sa, src_len) != 0) {
			*out_errno = errno;
			close(fd);
			return sock_errno(*out_errno);
		}
	}
	return connect_begin(fd, &sys, len, out_fd, out_errno);
}

enum err
sock_connect_unix(
    const char *path, enum sock_kind kind, int *out_fd, int *out_errno)
{
	union sock_any sys;
	if (!unix_to_sys(path, &sys)) {
		*out_errno = ENAMETOOLONG;
		return ERR_LIMIT;
	}
	int fd = sock_open(AF_UNIX, kind_type(kind));
	if (fd < 0) {
		*out_errno = errno;
		return sock_errno(errno);
	}
	return connect_begin(fd, &sys, sizeof(sys.un), out_fd, out_errno);
}

int
sock_error(int fd)
{
	int errnum = 0;
	socklen_t len = sizeof(errnum);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &errnum, &len) != 0)
		return errno;
	return errnum;
}

void
sock_peer(int fd, struct sock_addr *out)
{
	union sock_any sys = {.sa.sa_family = AF_UNSPEC};
	socklen_t len = sizeof(sys);
	if (getpeername(fd, &sys.sa, &len) != 0)
		sys.sa.sa_family = AF_UNSPEC;
	addr_from_sys(&sys, out);
}

void
sock_local(int fd, struct sock_addr *out)
{
	union sock_any sys = {.sa.sa_family = AF_UNSPEC};
	socklen_t len = sizeof(sys);
	if (getsockname(fd, &sys.sa, &len) != 0)
		sys.sa.sa_family = AF_UNSPEC;
	addr_from_sys(&sys, out);
}

enum err
sock_peer_cred(int fd, struct sock_cred *out)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
		return sock_errno(errno);
	*out = (struct sock_cred){cred.pid, cred.uid, cred.gid};
	return ERR_OK;
}
