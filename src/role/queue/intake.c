/* intake.c - from a commit frame to the answer that lets smtpd say 250.
 *
 * The body is in hand (frame or sealed memfd) or in a spool file, which is
 * sealed, read through and synced by the pool first. Then the writer; then,
 * and only then, the answer, and the message goes on from memory. */
#include "role/queue/queue.h"

#include <stdlib.h>
#include <string.h>

#include "os/fs.h"
#include "os/log.h"
#include "os/memfd.h"

#define COMMIT_MEM     (64u << 20) /* addresses of one commit */
#define MORE_RCPTS_MAX (32u << 20)

/* Recipients that came before their commit frame. */
struct more_rcpts {
	id_t64 id;
	struct chan *from;
	struct buf packed;
};

/* A spool file somebody writes. */
struct spooling {
	id_t64 id;
	struct chan *from;
};

struct commit {
	struct txn txn;
	struct task seal;
	struct list node;
	struct queue *q;
	struct chan *from; /* NULL: gone, nobody to answer */
	struct arena mem;
	struct store_put put;
	struct store_seal sealed;
	enum err seal_err;
	struct diag diag;
	uint8_t *body;
	size_t body_n;
	uint64_t max_octets;
	bool spool;
	bool loop; /* too many hops: to be bounced, not sent */
};

void
intake_init(struct queue *q)
{
	list_init(&q->commits);
	map_init(&q->more_rcpts, q->role->seed);
	map_init(&q->spools, q->role->seed);
}

/* ---- spool files ---- */

void
intake_body_open(struct queue *q, struct chan *c, id_t64 id)
{
	struct ipc_msg m = {.type = IPC_body_answer, .fd = -1};
	struct spooling *s = calloc(1, sizeof(*s));
	struct diag d = {0};
	int fd = -1;
	enum err e = ERR_NOMEM;
	if (s != NULL && map_put_u64(&q->spools, id, s) == ERR_OK) {
		*s = (struct spooling){id, c};
		e = store_spool_create(q->store, id, &fd, &d);
		if (e != ERR_OK)
			(void)map_remove_u64(&q->spools, id);
	}
	if (e != ERR_OK)
		free(s);
	m.body_answer.msg = id;
	m.body_answer.err = (uint8_t)e;
	m.body_answer.text = slice_str(d.text);
	m.fd = fd;
	if (!role_send(c, &m) && e == ERR_OK)
		intake_body_abort(q, c, id);
	fs_close(&fd);
}

void
intake_body_abort(struct queue *q, struct chan *c, id_t64 id)
{
	struct spooling *s = map_get_u64(&q->spools, id);
	if (s == NULL || s->from != c)
		return;
	(void)map_remove_u64(&q->spools, id);
	store_spool_drop(q->store, id);
	free(s);
}

/* ---- recipients ahead of their commit ---- */

void
intake_rcpts(struct queue *q, struct chan *c, const struct ipc_rcpt_add *m)
{
	struct more_rcpts *r = map_get_u64(&q->more_rcpts, m->msg);
	if (r == NULL) {
		r = calloc(1, sizeof(*r));
		if (r == NULL)
			return; /* the commit then has too few: refused */
		*r = (struct more_rcpts){.id = m->msg, .from = c};
		buf_init(&r->packed, MORE_RCPTS_MAX);
		if (map_put_u64(&q->more_rcpts, m->msg, r) != ERR_OK) {
			free(r);
			return;
		}
	}
	if (r->from == c)
		buf_add(&r->packed, m->rcpts);
}

static struct more_rcpts *
take_more(struct queue *q, struct chan *c, id_t64 id)
{
	struct more_rcpts *r = map_get_u64(&q->more_rcpts, id);
	if (r == NULL || r->from != c)
		return NULL;
	return map_remove_u64(&q->more_rcpts, id);
}

static void
free_more(struct more_rcpts *r)
{
	if (r == NULL)
		return;
	buf_free(&r->packed);
	free(r);
}

/* ---- the commit ---- */

static void
commit_free(struct commit *k)
{
	list_remove(&k->node);
	k->q->commit_octets -= k->body_n;
	free(k->body);
	arena_reset(&k->mem);
	free(k);
}

static void
answer(struct commit *k, enum err e, const struct diag *d)
{
	struct ipc_msg m = {.type = IPC_commit_answer, .fd = -1};
	m.commit_answer.msg = k->put.envelope.id;
	m.commit_answer.err = (uint8_t)e;
	m.commit_answer.cause = slice_str(d->cause);
	m.commit_answer.text = slice_str(d->text);
	if (k->from != NULL && !role_send(k->from, &m))
		log_line(LOG_WARNING, "answer-lost", "peer=%s",
		    role_name(chan_peer(k->from)));
}

static void
refuse(struct commit *k, enum err e)
{
	char id[ID_TEXT_LEN + 1];
	id_text(k->put.envelope.id, id);
	log_line(LOG_ERROR, "commit-failed", "id=%s cause=%s why=\"%s\"", id,
	    k->diag.cause, k->diag.text[0] ? k->diag.text : err_name(e));
	if (k->spool)
		store_spool_drop(k->q->store, k->put.envelope.id);
	answer(k, e, &k->diag);
	commit_free(k);
}

static struct slice
lower_domain(struct arena *a, struct slice address, bool *ok)
{
	struct slice d = slice_from(address, slice_rfind(address, '@') + 1);
	uint8_t *p = arena_alloc(a, d.n + 1);
	*ok = p != NULL;
	for (size_t i = 0; *ok && i < d.n; i++)
		p[i] = ascii_lower(d.p[i]);
	return slice_of(p, d.n);
}

/* One recipient a final address, whoever named it how often. */
static bool
known(const struct store_recipient *v, size_t n, const struct map *seen,
    struct slice address)
{
	if (seen->slots > 0)
		return map_get(seen, address) != NULL;
	for (size_t i = 0; i < n; i++)
		if (slice_eq(v[i].address, address))
			return true;
	return false;
}

#define LINEAR_MAX 32u

static enum err
add_recipients(struct commit *k, struct slice packed, struct store_recipient *v,
    struct map *seen)
{
	struct slice address, original;
	struct route route;
	bool ok = true;
	while (pack_next(&packed, &address)) {
		size_t n = k->put.n_recipients;
		if (!pack_next(&packed, &original))
			return ERR_SYNTAX;
		if (address.n == 0 || known(v, n, seen, address))
			continue;
		struct store_recipient *r = &v[n];
		r->n = (uint32_t)n;
		if (!arena_slice(&k->mem, address, &r->address))
			return ERR_NOMEM;
		if (!slice_eq(address, original) && original.n > 0 &&
		    !arena_slice(&k->mem, original, &r->original))
			return ERR_NOMEM;
		r->domain = lower_domain(&k->mem, r->address, &ok);
		if (!ok ||
		    (n >= LINEAR_MAX && map_put(seen, r->address, r) != ERR_OK))
			return ERR_NOMEM;
		r->held = letter_route(k->q, r->domain, &route) == ERR_OK &&
			  route.hop.kind == NEXTHOP_HOLD;
		k->put.n_recipients++;
		if (n + 1 == LINEAR_MAX)
			for (size_t i = 0; i <= n; i++)
				if (map_put(seen, v[i].address, &v[i]) !=
				    ERR_OK)
					return ERR_NOMEM;
	}
	return packed.n == 0 ? ERR_OK : ERR_SYNTAX;
}

static enum err
read_recipients(struct commit *k, struct slice more, struct slice packed)
{
	struct map seen;
	long a = pack_count(more), b = pack_count(packed);
	if (a < 0 || b < 0 || a + b < 2)
		return ERR_SYNTAX;
	size_t most = (size_t)(a + b) / 2;
	if (most > STORE_RECIPIENTS_MAX)
		return ERR_LIMIT;
	struct store_recipient *v = arena_alloc(&k->mem, most * sizeof(*v));
	if (v == NULL)
		return ERR_NOMEM;
	map_init(&seen, k->q->role->seed);
	enum err e = add_recipients(k, more, v, &seen);
	if (e == ERR_OK)
		e = add_recipients(k, packed, v, &seen);
	map_free(&seen);
	k->put.recipients = v;
	return e == ERR_OK && k->put.n_recipients == 0 ? ERR_SYNTAX : e;
}

static enum err
read_body(struct commit *k, struct ipc_msg *m)
{
	struct buf b;
	enum err e = ERR_OK;
	switch ((enum ipc_body)m->commit.body_kind) {
	case IPC_BODY_INLINE:
		k->body_n = m->commit.body.n;
		k->body = malloc(k->body_n + 1);
		if (k->body == NULL) {
			k->body_n = 0;
			return ERR_NOMEM;
		}
		if (k->body_n > 0)
			memcpy(k->body, m->commit.body.p, k->body_n);
		break;
	case IPC_BODY_MEMFD:
		if (m->fd < 0 || !memfd_sealed(m->fd))
			return ERR_DENIED;
		buf_init(&b, STORE_INLINE_MAX + 1);
		e = fs_read_fd(m->fd, STORE_INLINE_MAX, &b, &k->diag);
		k->body = b.p;
		k->body_n = b.n;
		break;
	case IPC_BODY_SPOOL:
		k->spool = true;
		break;
	default:
		e = ERR_SYNTAX;
	}
	k->put.body = slice_of(k->body, k->body_n);
	k->q->commit_octets += k->body_n;
	return e;
}

static uint32_t
store_flags(uint8_t ipc_flags)
{
	uint32_t f = 0;
	if (ipc_flags & IPC_MSG_8BIT)
		f |= STORE_8BIT;
	if (ipc_flags & (IPC_MSG_AUTHENTICATED | IPC_MSG_TRUSTED))
		f |= STORE_TRUSTED;
	if (ipc_flags & IPC_MSG_NOTICE)
		f |= STORE_INTERNAL;
	return f;
}

/* ---- after the writer ---- */

static void
go_on(struct queue *q, struct commit *k)
{
	struct letter *l = letter_new(q, &k->put.envelope);
	size_t n = k->put.n_recipients;
	struct claimed_rcpt *v =
	    l != NULL ? arena_alloc(&l->mem, n * sizeof(*v)) : NULL;
	for (size_t i = 0; v != NULL && i < n; i++) {
		const struct store_recipient *from = &k->put.recipients[i];
		struct rcpt *r = &v[i].rcpt;
		r->n = from->n;
		if (!arena_slice(&l->mem, from->address, &r->address) ||
		    (from->domain.n > 0 &&
			!arena_slice(&l->mem, from->domain, &r->domain)) ||
		    (from->original.n > 0 &&
			!arena_slice(&l->mem, from->original, &r->original)))
			v = NULL;
	}
	if (v == NULL) {
		for (size_t i = 0; i < n; i++)
			outcome_return(q, k->put.envelope.id,
			    &k->put.recipients[i].n, 1, 1000);
		if (l != NULL)
			letter_unref(q, l);
		return;
	}
	if (k->body != NULL) {
		l->body = k->body;
		l->body_n = k->body_n;
		q->bodies += k->body_n;
		k->body = NULL; /* its octets are counted there now */
	}
	if (k->loop)
		letter_fail(q, l, v, n, SLICE("queue.loop"),
		    SLICE("554 5.4.6 This message has passed too many servers: "
			  "mail loop"));
	else
		letter_jobs(q, l, v, n);
	letter_unref(q, l);
}

static void
committed(struct txn *txn, void *arg)
{
	struct queue *q = arg;
	struct commit *k = LIST_OWNER(txn, struct commit, txn);
	enum err e = txn->err != ERR_OK ? txn->err : k->put.err;
	if (e != ERR_OK) {
		k->diag = txn->diag;
		if (e == ERR_FULL)
			(void)diag_set(
			    &k->diag, e, "local.disk-full", "the disk is full");
		refuse(k, e);
		return;
	}
	struct diag none = {0};
	answer(k, ERR_OK, &none);
	q->accepted++;
	if (k->put.leased)
		go_on(q, k);
	else
		backlog_wake(q);
	commit_free(k);
}

static void
write_it(struct queue *q, struct commit *k)
{
	bool any_held = false;
	for (size_t i = 0; i < k->put.n_recipients; i++)
		any_held |= k->put.recipients[i].held;
	k->put.leased = k->loop || (!any_held && !q->role->draining &&
				       letter_room(q, k->put.recipients,
					   k->put.n_recipients));
	k->txn.puts = &k->put;
	k->txn.n_puts = 1;
	k->txn.done = committed;
	writer_give(&q->writer, &k->txn);
}

static void
seal(struct task *task, struct store_reader *r, struct diag *d)
{
	struct commit *k = LIST_OWNER(task, struct commit, seal);
	(void)r;
	(void)d;
	k->seal_err = store_spool_seal(k->q->store, k->put.envelope.id,
	    k->max_octets, &k->sealed, &k->diag);
}

static void
was_sealed(struct task *task, void *arg)
{
	struct queue *q = arg;
	struct commit *k = LIST_OWNER(task, struct commit, seal);
	if (k->seal_err != ERR_OK) {
		refuse(k, k->seal_err);
		return;
	}
	k->put.spool = &k->sealed;
	k->put.envelope.size = k->sealed.size;
	write_it(q, k);
}

static enum err
read_commit(struct commit *k, struct chan *c, struct ipc_msg *m)
{
	struct queue *q = k->q;
	struct more_rcpts *more = take_more(q, c, m->commit.msg);
	struct spooling *s = map_get_u64(&q->spools, m->commit.msg);
	enum err e = read_recipients(k,
	    more != NULL ? buf_slice(&more->packed) : SLICE_EMPTY,
	    m->commit.rcpts);
	if (e == ERR_OK && more != NULL)
		e = buf_err(&more->packed);
	free_more(more);
	if (e == ERR_OK)
		e = read_body(k, m);
	if (e == ERR_OK && k->spool && (s == NULL || s->from != c))
		e = ERR_DENIED;
	k->spool = k->spool && e != ERR_DENIED;
	if (k->spool)
		free(map_remove_u64(&q->spools, m->commit.msg));
	if (e == ERR_OK && m->commit.from.n > 0 &&
	    !arena_slice(&k->mem, m->commit.from, &k->put.envelope.sender))
		e = ERR_NOMEM;
	return e;
}

void
intake_commit(struct queue *q, struct chan *c, struct ipc_msg *m)
{
	struct commit *k = calloc(1, sizeof(*k));
	if (k == NULL)
		role_fatal(q->role, "out of memory for a message");
	k->q = q;
	k->from = c;
	arena_init(&k->mem, COMMIT_MEM);
	list_push_back(&q->commits, &k->node);
	uint64_t now = queue_now(q);
	k->put.envelope = (struct store_envelope){.id = m->commit.msg,
	    .arrived_ms = now,
	    .size = m->commit.size,
	    .flags = store_flags(m->commit.flags)};
	k->put.due_ms = now;
	k->loop = (m->commit.flags & IPC_MSG_LOOP) != 0;
	/* The message plus the fields we add: the exact size is smtpd's to
	 * mind. */
	k->max_octets = m->commit.size;
	enum err e = q->commit_octets > IN_FLIGHT_MAX
			 ? diag_set(&k->diag, ERR_TEMP, "local.io-error",
			       "too much is being written already")
			 : read_commit(k, c, m);
	if (e != ERR_OK) {
		refuse(k, e);
		return;
	}
	if (!k->spool) {
		write_it(q, k);
		return;
	}
	k->seal.run = seal;
	k->seal.done = was_sealed;
	pool_give(&q->pool, &k->seal);
}

void
intake_lost(struct queue *q, struct chan *c)
{
	size_t cursor = 0;
	struct spooling *s;
	struct more_rcpts *r;
	LIST_FOREACH (it, &q->commits) {
		struct commit *k = LIST_OWNER(it, struct commit, node);
		if (k->from == c)
			k->from = NULL;
	}
	while ((s = map_next(&q->spools, &cursor)) != NULL)
		if (s->from == c)
			intake_body_abort(q, c, s->id);
	cursor = 0;
	while ((r = map_next(&q->more_rcpts, &cursor)) != NULL)
		if (r->from == c) {
			(void)map_remove_u64(&q->more_rcpts, r->id);
			free_more(r);
		}
}
