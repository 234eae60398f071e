/* main.c - role `deliver`: writes mail below one user's mail root, as that
 * user, one delivery at a time; ends when its channel does or when nobody has
 * wanted it for a while. */
#include <string.h>

#include "role/deliver/maildir.h"
#include "role/role.h"

#define IDLE_MS 30000u
/* A first delivery comes at once; whatever is older, or from before this
 * process, may be a repetition. */
#define FRESH_MS 1500u

struct deliver {
	struct timer idle;
	uint64_t started_ms;
};

static void
idle_over(void *arg)
{
	role_exit(arg);
}

static enum err
deliver_start(struct role *r, struct diag *d)
{
	struct deliver *s = r->state;
	(void)d;
	s->started_ms = loop_unix_ms(r->loop);
	timer_init(&s->idle, r->loop, idle_over, r);
	timer_start(&s->idle, IDLE_MS);
	return ERR_OK;
}

/* A NUL-terminated copy; false if it holds a NUL or is too long. */
static bool
text_of(struct slice s, char *out, size_t max)
{
	if (s.n == 0 || s.n >= max || slice_find(s, 0) != s.n)
		return false;
	memcpy(out, s.p, s.n);
	out[s.n] = '\0';
	return true;
}

static enum err
carry_out(
    struct role *r, const struct ipc_msg *m, bool *out_repeated, struct diag *d)
{
	const struct deliver *s = r->state;
	const struct ipc_local_job *l = &m->local_job;
	uint64_t made = id_time_ms(l->msg), now = loop_unix_ms(r->loop);
	char path[4096], name[256];
	if (!text_of(l->path, path, sizeof(path)) ||
	    !text_of(l->name, name, sizeof(name)))
		return diag_set(d, ERR_DENIED, "local.io-error",
		    "the path of the Maildir is too long");
	if ((l->body_kind == IPC_BODY_INLINE) != (m->fd < 0))
		return diag_set(d, ERR_BUG, "local.io-error",
		    "a delivery without its body");
	const struct maildir_job j = {.path = path,
	    .name = name,
	    .from = l->from,
	    .rcpt = l->rcpt,
	    .body = l->body,
	    .fd = m->fd,
	    .again = made < s->started_ms || now > made + FRESH_MS};
	return maildir_deliver(&j, out_repeated, d);
}

static void
deliver_message(struct role *r, struct chan *c, struct ipc_msg *m)
{
	struct deliver *s = r->state;
	struct ipc_msg answer = {.type = IPC_local_result, .fd = -1};
	struct diag d = {0};
	bool repeated = false;
	if (m->type != IPC_local_job)
		return;
	enum err e = carry_out(r, m, &repeated, &d);
	/* Nothing that goes wrong here is the message's fault. */
	answer.local_result.job = m->local_job.job;
	answer.local_result.outcome =
	    e == ERR_OK ? IPC_DELIVERED : IPC_DEFERRED;
	answer.local_result.cause = slice_str(d.cause);
	answer.local_result.text =
	    e != ERR_OK ? slice_str(d.text)
	    : repeated  ? SLICE("250 2.0.0 was delivered before")
			: SLICE("250 2.0.0 delivered to the Maildir");
	if (!role_send(c, &answer))
		role_exit(r);
	timer_start(&s->idle, IDLE_MS);
}

static void
deliver_peer_lost(struct role *r, struct chan *c)
{
	(void)c;
	role_exit(r);
}

static const struct role_ops deliver_ops = {.kind = ROLE_DELIVER,
    .state_size = sizeof(struct deliver),
    .start = deliver_start,
    .message = deliver_message,
    .peer_lost = deliver_peer_lost};

int
main(int argc, char **argv)
{
	return role_main(&deliver_ops, argc, argv);
}
