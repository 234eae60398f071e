#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/mend.h"
#include "os/clock.h"
#include "os/socket.h"

#define ANSWER_MAX  (4u << 20)
#define PATIENCE_MS 10000u
#define PAUSE_MS    500u

/* ---- the running server ---- */

bool
mend_running(const struct cmd_ctx *ctx, int *out_pid)
{
	const char *path = (const char *)ctx->conf->control.p;
	struct ucred cred = {0};
	socklen_t n = sizeof(cred);
	int fd = -1, errnum;

	*out_pid = 0;
	enum err e = sock_connect_unix(path, SOCK_KIND_SEQPACKET, &fd, &errnum);
	if (e != ERR_OK && e != ERR_AGAIN)
		return false;
	/* Who listens there is the parent of the server. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) == 0 &&
	    cred.pid > 1)
		*out_pid = cred.pid;
	close(fd);
	return true;
}

enum mend_reload
mend_reload(const struct cmd_ctx *ctx)
{
	int pid;
	if (!mend_running(ctx, &pid))
		return MEND_RELOAD_DOWN;
	if (pid != 0 && kill(pid, SIGHUP) == 0)
		return MEND_RELOAD_TOLD;
	cmd_fail(ctx, 0,
	    "the running server could not be told to read its configuration "
	    "again: send it SIGHUP (systemctl reload kurir)");
	return MEND_RELOAD_FAILED;
}

/* ---- check self ---- */

/* The same program as this one: it has its own rights and its own end. */
static void
run_check(const struct cmd_ctx *ctx, int fd)
{
	const struct conf_endpoints *dns = &ctx->conf->dns.server;
	char resolver[IP_TEXT_MAX + 16];
	const char *argv[] = {"kurir", "check", "self", "--json", "-c",
	    ctx->config_path, NULL, NULL, NULL};
	struct buf b;

	buf_init(&b, sizeof(resolver) - 1);
	if (dns->n > 0) {
		bool six = dns->v[0].ip.family == 6;
		buf_add_str(&b, six ? "[" : "");
		buf_add_ip(&b, &dns->v[0].ip);
		buf_printf(&b, "%s:%u", six ? "]" : "", dns->v[0].port);
		(void)snprintf(resolver, sizeof(resolver), "%.*s",
		    SLICE_ARG(buf_slice(&b)));
		argv[6] = "--resolver";
		argv[7] = resolver;
	}
	if (dup2(fd, STDOUT_FILENO) >= 0)
		execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
	_exit(CMD_UNKNOWN);
}

static bool
ask_check(const struct cmd_ctx *ctx, struct buf *out)
{
	int fds[2], status;
	if (pipe(fds) != 0)
		return false;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		close(fds[0]);
		run_check(ctx, fds[1]);
	}
	close(fds[1]);
	while (pid > 0 && buf_reserve(out, 65536) == ERR_OK) {
		ssize_t n = read(fds[0], out->p + out->n, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		buf_commit(out, (size_t)n);
	}
	close(fds[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0;
}

/* ---- what it says of relaying ---- */

static void
copy_members(json_t *to, const json_t *from, const char *const *keys)
{
	json_t *o = json_object();
	for (; *keys != NULL; keys++)
		json_object_set(o, *keys, json_object_get(from, *keys));
	json_array_append_new(to, o);
}

static bool
is(const json_t *o, const char *key, const char *word)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s != NULL && strcmp(s, word) == 0;
}

/* That one on loopback was not tested is but an "info": nobody else gets
 * there. */
static void
take_findings(struct mend_proof *p, const json_t *all)
{
	static const char *const codes[] = {"self.open-relay",
	    "self.trusted-wide", "self.relay-not-tested", "self.relay-unknown",
	    "self.listener-down"};
	static const char *const keys[] = {"code", "text", NULL};
	const json_t *one;
	size_t i;
	json_array_foreach(all, i, one)
	{
		for (size_t k = 0; k < sizeof(codes) / sizeof(*codes); k++)
			if (is(one, "code", codes[k]))
				copy_members(p->findings, one, keys);
		p->open = p->open || is(one, "code", "self.open-relay");
		p->unseen =
		    p->unseen || ((is(one, "code", "self.relay-not-tested") ||
				      is(one, "code", "self.relay-unknown")) &&
				     !is(one, "severity", "info"));
	}
}

/* Known: every listener was tried, and one at least. */
static void
take_listeners(struct mend_proof *p, const json_t *all)
{
	static const char *const keys[] = {
	    "name", "address", "port", "relay", NULL};
	const json_t *one;
	size_t i, closed = 0;
	json_array_foreach(all, i, one)
	{
		copy_members(p->listeners, one, keys);
		closed += is(one, "relay", "closed");
		p->unseen = p->unseen || is(one, "relay", "unknown") ||
			    json_is_false(json_object_get(one, "reachable"));
	}
	p->known = closed > 0 && !p->unseen;
}

static void
prove_once(const struct cmd_ctx *ctx, struct mend_proof *out)
{
	struct buf b;
	json_error_t why;
	mend_proof_free(out);
	buf_init(&b, ANSWER_MAX);
	*out = (struct mend_proof){
	    .findings = json_array(), .listeners = json_array()};
	out->tried = ask_check(ctx, &b);
	json_t *answer = json_loadb((const char *)b.p, b.n, 0, &why);
	take_findings(out, json_object_get(answer, "findings"));
	take_listeners(out, json_object_get(answer, "listeners"));
	json_decref(answer);
	buf_free(&b);
}

void
mend_prove(const struct cmd_ctx *ctx, bool patiently, struct mend_proof *out)
{
	const struct timespec pause = {0, PAUSE_MS * 1000000l};
	uint64_t end = clock_unix_ms() + PATIENCE_MS;
	*out = (struct mend_proof){0};
	if (patiently)
		nanosleep(&pause, NULL);
	prove_once(ctx, out);
	while (patiently && out->open && clock_unix_ms() < end) {
		nanosleep(&pause, NULL);
		prove_once(ctx, out);
	}
}

void
mend_proof_free(struct mend_proof *p)
{
	json_decref(p->findings);
	json_decref(p->listeners);
	p->findings = p->listeners = NULL;
}
