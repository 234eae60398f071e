/* local.c - the deliver processes ("porters"): each writes below one mail
 * root as one user, one delivery at a time. They are asked for when there is
 * work and go by themselves when there is none. */
#include "role/queue/queue.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "os/fs.h"
#include "os/log.h"

#define PORTERS_PER_DEST 4u
#define PORTER_JOBS      2u /* one being written, one on its way */
#define NO_PORTER_MS     2000u

struct porter {
	struct list node;
	uint64_t tag;
	struct slice key; /* of its destination; in mem */
	struct arena mem;
	struct chan *chan; /* NULL: on its way */
	unsigned busy;
};

/* A job that is read and waits for a process. The parcel is kept. */
struct lodger {
	struct list node;
	struct job *job;
	uint8_t *bytes;
	struct parcel parcel;
};

void
local_init(struct queue *q)
{
	list_init(&q->porters);
}

static void
porter_free(struct porter *p)
{
	list_remove(&p->node);
	arena_reset(&p->mem);
	free(p);
}

static struct porter *
free_porter(struct queue *q, const struct dest *d, size_t *out_n)
{
	struct porter *best = NULL;
	*out_n = 0;
	LIST_FOREACH (it, &q->porters) {
		struct porter *p = LIST_OWNER(it, struct porter, node);
		if (!slice_eq(p->key, d->key))
			continue;
		++*out_n;
		if (p->chan != NULL && p->busy < PORTER_JOBS &&
		    (best == NULL || p->busy < best->busy))
			best = p;
	}
	return best;
}

static size_t
porters_in_all(const struct queue *q)
{
	size_t n = 0;
	LIST_FOREACH (it, &q->porters)
		n++;
	return n;
}

/* Ask master for one more. */
static bool
want_porter(struct queue *q, const struct dest *d)
{
	struct ipc_msg m = {.type = IPC_deliver_want, .fd = -1};
	struct porter *p = calloc(1, sizeof(*p));
	if (p == NULL)
		return false;
	arena_init(&p->mem, 16384);
	list_init(&p->node);
	p->tag = ++q->next_tag;
	m.deliver_want.tag = p->tag;
	m.deliver_want.user = d->user;
	m.deliver_want.root = d->root;
	if (!arena_slice(&p->mem, d->key, &p->key) ||
	    !role_send(q->role->master, &m)) {
		porter_free(p);
		return false;
	}
	list_push_back(&q->porters, &p->node);
	return true;
}

/* "1M2N3P4Q5R6ST.0.mail.contoh.id": from the ids alone, so that a repeated
 * delivery has the name of the first. */
static void
file_name(const struct queue *q, const struct job *j, struct buf *out)
{
	buf_add_id(out, j->letter->envelope.id);
	buf_add_byte(out, '.');
	buf_add_u64(out, j->rcpts[0].n);
	buf_add_byte(out, '.');
	struct slice host = q->role->conf->hostname;
	for (size_t i = 0; i < host.n; i++)
		buf_add_byte(out, ascii_is_alnum(host.p[i]) || host.p[i] == '-'
				      ? host.p[i]
				      : '.');
}

static enum err
maildir_of(
    struct queue *q, struct slice address, struct slice domain, struct buf *out)
{
	struct route route;
	struct slice delimiter = q->role->conf->recipient_delimiter;
	struct slice local = slice_to(address, slice_rfind(address, '@'));
	enum err e = letter_route(q, domain, &route);
	if (e != ERR_OK || route.hop.kind != NEXTHOP_MAILDIR)
		return ERR_NOT_FOUND;
	/* Mailboxes are named without regard to case and without a tag. */
	uint8_t user[256];
	if (local.n > sizeof(user))
		return ERR_SYNTAX;
	for (size_t i = 0; i < local.n; i++)
		user[i] = ascii_lower(local.p[i]);
	local = slice_of(user, local.n);
	if (delimiter.n == 1) {
		size_t at = slice_find(slice_from(local, 1), delimiter.p[0]);
		local = slice_to(local, at + 1);
	}
	return nexthop_maildir(&route.hop, local, domain, out);
}

static enum err
send_to(struct queue *q, struct porter *p, struct job *j,
    const struct parcel *parcel)
{
	struct ipc_msg m = {.type = IPC_local_job, .fd = parcel->fd};
	struct buf path, name;
	const struct rcpt *r = &j->rcpts[0];
	buf_init(&path, 4096);
	buf_init(&name, 512);
	file_name(q, j, &name);
	enum err e = maildir_of(q, r->address, r->domain, &path);
	if (e == ERR_OK)
		e = buf_err(&path) != ERR_OK ? buf_err(&path) : buf_err(&name);
	m.local_job.job = j->number;
	m.local_job.msg = j->letter->envelope.id;
	m.local_job.body_kind = (uint8_t)parcel->kind;
	m.local_job.size = j->letter->envelope.size;
	m.local_job.path = buf_slice(&path);
	m.local_job.name = buf_slice(&name);
	m.local_job.from = j->letter->envelope.sender;
	m.local_job.rcpt = r->address;
	m.local_job.body = parcel->bytes;
	if (e == ERR_OK)
		e = chan_send(p->chan, &m);
	buf_free(&path);
	buf_free(&name);
	return e;
}

static void
start(struct queue *q, struct porter *p, struct job *j,
    const struct parcel *parcel)
{
	if (j->dropped) {
		outcome_end(q, j, 0);
		return;
	}
	enum err e = send_to(q, p, j, parcel);
	if (e == ERR_OK) {
		j->state = JOB_SENT;
		j->chan = p->chan;
		p->busy++;
		return;
	}
	if (e == ERR_SYNTAX)
		outcome_one(q, j, &j->rcpts[0], IPC_FAILED,
		    SLICE("recipient.unknown"),
		    SLICE("550 5.1.1 No mailbox can have this name"),
		    SLICE_EMPTY);
	outcome_end(q, j, NO_PORTER_MS);
}

static void
lodger_free(struct lodger *l)
{
	list_remove(&l->node);
	free(l->bytes);
	fs_close(&l->parcel.fd);
	free(l);
}

/* The bytes may go away when the caller returns, so they are copied. */
static bool
lodge(struct job *j, const struct parcel *p)
{
	struct lodger *l = calloc(1, sizeof(*l));
	if (l == NULL)
		return false;
	list_init(&l->node);
	l->job = j;
	l->parcel = *p;
	l->parcel.fd = p->fd >= 0 ? fcntl(p->fd, F_DUPFD_CLOEXEC, 0) : -1;
	l->bytes = p->bytes.n > 0 ? malloc(p->bytes.n) : NULL;
	if ((p->fd >= 0 && l->parcel.fd < 0) ||
	    (p->bytes.n > 0 && l->bytes == NULL)) {
		lodger_free(l);
		return false;
	}
	if (p->bytes.n > 0)
		memcpy(l->bytes, p->bytes.p, p->bytes.n);
	l->parcel.bytes = slice_of(l->bytes, p->bytes.n);
	list_push_back(&j->dest->lobby, &l->node);
	return true;
}

void
local_send(struct queue *q, struct job *j, const struct parcel *parcel)
{
	size_t n;
	struct porter *p = free_porter(q, j->dest, &n);
	if (p != NULL && (p->busy == 0 || n >= PORTERS_PER_DEST)) {
		start(q, p, j, parcel);
		return;
	}
	if (n < PORTERS_PER_DEST &&
	    porters_in_all(q) < q->role->conf->limits.deliveries &&
	    want_porter(q, j->dest))
		n++;
	if (p != NULL)
		start(q, p, j, parcel);
	else if (n == 0 || !lodge(j, parcel))
		outcome_end(q, j, NO_PORTER_MS);
}

static void
open_lobby(struct queue *q, struct porter *p)
{
	struct dest *d = map_get(&q->dests, p->key);
	while (d != NULL && p->chan != NULL && p->busy < PORTER_JOBS &&
	       !list_empty(&d->lobby)) {
		struct lodger *l =
		    LIST_OWNER(d->lobby.next, struct lodger, node);
		list_remove(&l->node);
		start(q, p, l->job, &l->parcel);
		lodger_free(l);
	}
}

void
local_peer(struct queue *q, struct chan *c)
{
	LIST_FOREACH (it, &q->porters) {
		struct porter *p = LIST_OWNER(it, struct porter, node);
		if (p->tag == chan_tag(c) && p->chan == NULL) {
			p->chan = c;
			open_lobby(q, p);
			return;
		}
	}
}

/* Nobody is left to come for those in the lobby: they are put off. */
static void
clear_lobby(struct queue *q, struct slice key, struct slice why)
{
	struct dest *d = map_get(&q->dests, key);
	size_t n = 0;
	if (d != NULL)
		(void)free_porter(q, d, &n);
	while (d != NULL && n == 0 && !list_empty(&d->lobby)) {
		struct lodger *l =
		    LIST_OWNER(d->lobby.next, struct lodger, node);
		struct job *j = l->job;
		lodger_free(l);
		if (why.n > 0)
			outcome_one(q, j, &j->rcpts[0], IPC_DEFERRED,
			    SLICE("local.io-error"), why, SLICE_EMPTY);
		outcome_end(q, j, NO_PORTER_MS);
	}
}

static void
porter_gone(struct queue *q, struct porter *p, struct slice why)
{
	struct arena keep = p->mem;
	struct slice key = p->key;
	list_remove(&p->node);
	free(p);
	clear_lobby(q, key, why);
	arena_reset(&keep);
}

void
local_lost(struct queue *q, struct chan *c)
{
	LIST_FOREACH_SAFE (it, &q->porters) {
		struct porter *p = LIST_OWNER(it, struct porter, node);
		if (p->chan == c)
			porter_gone(q, p, SLICE_EMPTY);
	}
}

void
local_failed(struct queue *q, uint64_t tag, struct slice text)
{
	log_line(LOG_ERROR, "deliver-failed", "why=\"%.*s\"", SLICE_ARG(text));
	LIST_FOREACH_SAFE (it, &q->porters) {
		struct porter *p = LIST_OWNER(it, struct porter, node);
		if (p->tag == tag)
			porter_gone(q, p,
			    text.n > 0 ? text : SLICE("no deliver process"));
	}
}

void
local_result(struct queue *q, struct chan *c, const struct ipc_local_result *m)
{
	struct job *j = map_get_u64(&q->jobs_by_number, m->job);
	if (j == NULL || j->state != JOB_SENT || j->chan != c ||
	    m->outcome > IPC_FAILED)
		return;
	if (m->outcome == IPC_DELIVERED)
		events_add(q, RECORD_EV_DELIVERED, j->letter->envelope.id,
		    j->rcpts[0].address, SLICE_EMPTY, m->text, 0);
	outcome_one(q, j, &j->rcpts[0], (enum ipc_outcome)m->outcome, m->cause,
	    m->text, SLICE_EMPTY);
	outcome_end(q, j, NO_PORTER_MS);
	LIST_FOREACH (it, &q->porters) {
		struct porter *p = LIST_OWNER(it, struct porter, node);
		if (p->chan != c)
			continue;
		p->busy--;
		open_lobby(q, p);
		return;
	}
}
