/* control.c - the control socket: who asks is known by the kernel, what is
 * asked is passed to the role it is for, connection and all. */
#include "os/fdpass.h"
#include "os/log.h"
#include "os/process.h"
#include "role/master/master.h"

#include <stdlib.h>
#include <unistd.h>

/* A connection that has not said what it wants yet. */
struct asker {
	struct list node;
	struct master *m;
	int fd;
	struct watch watch;
	struct timer patience;
};

#define PATIENCE_MS 5000
/* More at once are not people: everybody on this machine may knock. */
#define ASKERS_MAX 64u

static void
asker_free(struct asker *a)
{
	timer_stop(&a->patience);
	watch_close(&a->watch);
	close(a->fd);
	list_remove(&a->node);
	a->m->asker_n--;
	free(a);
}

static void
refuse(struct asker *a, uint8_t code, const char *text)
{
	struct ipc_msg msg = {.type = IPC_ctl_end, .fd = -1};
	struct buf b;
	msg.ctl_end.code = code;
	msg.ctl_end.text = slice_str(text);
	buf_init(&b, IPC_FRAME_MAX);
	if (ipc_encode(&msg, &b) != ERR_OK ||
	    fdpass_send(a->fd, buf_slice(&b), -1) != ERR_OK)
		log_line(LOG_NOTICE, "control-refusal-lost", "code=%u", code);
	buf_free(&b);
}

/* 2: may change; 1: may read; 0: neither. */
static int
rights_of(const struct master *m, uid_t uid)
{
	struct process_ids service;
	if (uid == 0 || uid == geteuid())
		return 2;
	if (process_lookup((const char *)m->conf->user.p, &service, NULL) ==
		ERR_OK &&
	    uid == service.uid)
		return 2;
	return process_in_group(uid, "kurir") ? 1 : 0;
}

static void
pass_on(struct asker *a, const struct ipc_ctl_request *r)
{
	struct master *m = a->m;
	struct sock_cred cred;
	int rights =
	    sock_peer_cred(a->fd, &cred) == ERR_OK ? rights_of(m, cred.uid) : 0;
	struct child *to = r->role < ROLE_COUNT
			       ? child_find(m, (enum role_kind)r->role)
			       : NULL;
	if (rights == 0) {
		refuse(a, 1,
		    "permission denied: only root, the service user and (to "
		    "read) members of the group kurir may ask");
	} else if (to == NULL || !to->ready) {
		refuse(a, 3, "that part of kurir is not running now");
	} else {
		struct ipc_msg msg = {.type = IPC_control, .fd = a->fd};
		msg.control.may_change = rights == 2;
		msg.control.uid = cred.uid;
		msg.control.verb = r->verb;
		msg.control.args = r->args;
		child_send(to, &msg);
	}
}

static void
on_request(void *arg, unsigned events)
{
	struct asker *a = arg;
	uint8_t *frame = malloc(IPC_FRAME_MAX);
	struct ipc_msg msg;
	size_t n = 0;
	int fd = -1;
	(void)events;
	enum err err = frame == NULL
			   ? ERR_NOMEM
			   : fdpass_recv(a->fd, frame, IPC_FRAME_MAX, &n, &fd);
	if (err == ERR_OK)
		err = ipc_decode(slice_of(frame, n), fd >= 0, &msg);
	if (fd >= 0)
		close(fd);
	if (err == ERR_OK && msg.type == IPC_ctl_request)
		pass_on(a, &msg.ctl_request);
	else if (err == ERR_OK)
		refuse(a, 2, "not a request");
	free(frame);
	if (err != ERR_AGAIN)
		asker_free(a);
}

static void
on_impatient(void *arg)
{
	asker_free(arg);
}

static void
on_connection(void *arg, unsigned events)
{
	struct master *m = arg;
	int fd;
	(void)events;
	while (sock_accept(m->control_fd, &fd, NULL) == ERR_OK) {
		struct asker *a = calloc(1, sizeof(*a));
		if (a == NULL || m->asker_n >= ASKERS_MAX) {
			free(a);
			close(fd);
			continue;
		}
		a->m = m;
		a->fd = fd;
		timer_init(&a->patience, m->loop, on_impatient, a);
		list_push_back(&m->askers, &a->node);
		m->asker_n++;
		if (watch_open(&a->watch, m->loop, fd, on_request, a) !=
		    ERR_OK) {
			asker_free(a);
			return;
		}
		watch_set(&a->watch, WATCH_READ);
		timer_start(&a->patience, PATIENCE_MS);
	}
}

void
control_start(struct master *m)
{
	if (watch_open(&m->control_watch, m->loop, m->control_fd, on_connection,
		m) != ERR_OK) {
		log_line(LOG_ERROR, "control", "cannot watch the socket");
		return;
	}
	watch_set(&m->control_watch, WATCH_READ);
}

void
control_stop(struct master *m)
{
	watch_close(&m->control_watch);
	LIST_FOREACH_SAFE (n, &m->askers)
		asker_free(LIST_OWNER(n, struct asker, node));
}
