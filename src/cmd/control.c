#include "cmd/control.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/pack.h"
#include "ipc/frame.h"
#include "os/socket.h"

#define ARGS_MAX 65536u
/* A server that is alive answers sooner, whatever it has to do. */
#define SILENCE_MAX_MS 60000

void
control_begin(struct control_request *q, enum role_kind role, const char *verb)
{
	*q = (struct control_request){.role = role, .verb = verb};
	buf_init(&q->args, ARGS_MAX);
}

void
control_arg(struct control_request *q, const char *name, const char *value)
{
	if (value == NULL)
		return;
	pack_add(&q->args, slice_str(name));
	pack_add(&q->args, slice_str(value));
}

static bool
is_down(int errnum)
{
	return errnum == ENOENT || errnum == ECONNREFUSED ||
	       errnum == ECONNRESET || errnum == ENOTDIR;
}

/* A full backlog (ERR_AGAIN) is a busy server: give it a second. */
static int
connect_patiently(const char *path, int *out_fd)
{
	const struct timespec pause = {0, 50000000};
	int errnum = 0;

	for (int i = 0; i < 20; i++) {
		enum err e = sock_connect_unix(
		    path, SOCK_KIND_SEQPACKET, out_fd, &errnum);
		if (e == ERR_OK)
			return 0;
		if (e != ERR_AGAIN)
			return errnum;
		close(*out_fd);
		nanosleep(&pause, NULL);
	}
	return EAGAIN;
}

static enum control_state
connect_to(const struct cmd_ctx *ctx, int *out_fd, int *out_code)
{
	const char *path = (const char *)ctx->conf->control.p;
	int errnum = connect_patiently(path, out_fd);

	if (errnum == 0)
		return CONTROL_ANSWERED;
	if (is_down(errnum))
		return CONTROL_DOWN;
	*out_code = CMD_UNKNOWN;
	if (errnum == EACCES || errnum == EPERM)
		cmd_fail(ctx, 0,
		    "%s: only root, the service user and the group kurir may "
		    "ask the server",
		    path);
	else
		cmd_fail(ctx, 0, "%s: %s", path, strerror(errnum));
	return CONTROL_FAILED;
}

static enum err
send_request(int fd, const struct control_request *q)
{
	struct ipc_msg m = {.type = IPC_ctl_request,
	    .fd = -1,
	    .ctl_request = {.role = (uint8_t)q->role,
		.verb = slice_str(q->verb),
		.args = buf_slice(&q->args)}};
	struct buf frame;

	buf_init(&frame, IPC_FRAME_MAX);
	enum err e = buf_err(&q->args);
	if (e == ERR_OK)
		e = ipc_encode(&m, &frame);
	if (e == ERR_OK && send(fd, frame.p, frame.n, MSG_NOSIGNAL) < 0)
		e = ERR_CLOSED;
	buf_free(&frame);
	return e;
}

/* The next frame into buffer. wait_ms < 0: however long it takes. */
static enum err
receive(int fd, int wait_ms, uint8_t *buffer, struct ipc_msg *out)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int ready = poll(&p, 1, wait_ms);

	if (ready < 0)
		return errno == EINTR ? ERR_AGAIN : ERR_IO;
	if (ready == 0)
		return ERR_TIMEOUT;
	ssize_t n = recv(fd, buffer, IPC_FRAME_MAX, MSG_DONTWAIT);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? ERR_AGAIN
							 : ERR_CLOSED;
	if (n == 0)
		return ERR_CLOSED;
	enum err e = ipc_decode(slice_of(buffer, (size_t)n), false, out);
	if (e == ERR_OK && out->type != IPC_ctl_line &&
	    out->type != IPC_ctl_end)
		e = ERR_SYNTAX;
	return e;
}

static int
conversation(const struct cmd_ctx *ctx, struct control_request *q, int fd,
    uint8_t *buffer, control_line_fn line, void *arg)
{
	int wait_ms = q->follow ? -1 : SILENCE_MAX_MS;
	enum err e = send_request(fd, q);

	while (e == ERR_OK || e == ERR_AGAIN) {
		struct ipc_msg m;
		e = receive(fd, wait_ms, buffer, &m);
		if (e != ERR_OK)
			continue;
		if (m.type == IPC_ctl_line) {
			if (!line(m.ctl_line.json, arg))
				return CMD_GOOD;
			continue;
		}
		if (m.ctl_end.text.n > 0 && m.ctl_end.code != CMD_GOOD) {
			fprintf(stderr, "%s: ", ctx->program);
			cmd_print_safe(stderr, m.ctl_end.text);
			fputc('\n', stderr);
			q->told = true;
		}
		return m.ctl_end.code;
	}
	if (e == ERR_CLOSED)
		return cmd_fail(ctx, CMD_UNKNOWN,
		    "the server closed the connection before its answer was "
		    "complete");
	return cmd_fail(
	    ctx, CMD_UNKNOWN, "no answer from the server: %s", err_name(e));
}

enum control_state
control_ask(const struct cmd_ctx *ctx, struct control_request *q,
    control_line_fn line, void *arg, int *out_code)
{
	int fd = -1;
	uint8_t *buffer = malloc(IPC_FRAME_MAX);
	enum control_state s = CONTROL_FAILED;

	*out_code = CMD_UNKNOWN;
	if (buffer == NULL)
		cmd_fail(ctx, 0, "out of memory");
	else
		s = connect_to(ctx, &fd, out_code);
	if (s == CONTROL_ANSWERED) {
		*out_code = conversation(ctx, q, fd, buffer, line, arg);
		close(fd);
	}
	free(buffer);
	buf_free(&q->args);
	return s;
}

json_t *
control_json(struct slice line)
{
	return json_loadb((const char *)line.p, line.n, 0, NULL);
}

const char *
control_text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s != NULL ? s : "";
}

long long
control_number(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}
