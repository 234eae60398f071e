/* accept.c - listening sockets, and how many sessions an address may have. */
#include "os/socket.h"
#include "role/smtpd/smtpd.h"

#include <stdlib.h>
#include <unistd.h>

/* Connections taken from one socket before others have their turn. */
#define ACCEPT_BURST 64
/* Out of descriptors: how long until we try again. */
#define ACCEPT_PAUSE_MS 200

static struct profile *
profile_of(struct smtpd *d, const struct listener *l)
{
	struct generation *g = d->current;
	for (size_t i = 0; i < g->profile_n; i++)
		if (slice_eq(g->profiles[i].listen->name, buf_slice(&l->name)))
			return &g->profiles[i];
	return NULL;
}

static bool
still_wanted(struct smtpd *d, const struct listener *l)
{
	const struct profile *p = profile_of(d, l);
	if (p == NULL)
		return false;
	const struct conf_endpoints *e = &p->listen->address;
	for (size_t i = 0; i < e->n; i++)
		if (e->v[i].port == l->local.port &&
		    ip_eq(&e->v[i].ip, &l->local.ip))
			return true;
	return false;
}

static const struct smtp_verdict too_many = {.kind = SMTP_SRV_REFUSE,
    .code = 421,
    .enhanced = {(const uint8_t *)"4.3.2", 5},
    .cause = {(const uint8_t *)"limit.rate", 10},
    .text = {(const uint8_t *)"Too many sessions here now, try again later",
	43},
    .close = true};
static const struct smtp_verdict too_many_yours = {.kind = SMTP_SRV_REFUSE,
    .code = 421,
    .enhanced = {(const uint8_t *)"4.7.0", 5},
    .cause = {(const uint8_t *)"limit.rate", 10},
    .text = {(const uint8_t *)"Too many sessions from your address, try later",
	46},
    .close = true};

static void
pause_accepting(struct listener *l)
{
	watch_set(&l->watch, 0);
	l->paused = true;
	timer_start(&l->d->resume, ACCEPT_PAUSE_MS);
}

static void
take_connection(
    struct listener *l, struct profile *p, int fd, const struct sock_addr *peer)
{
	struct smtpd *d = l->d;
	const struct conf_limits *limits = &d->current->conf->limits;
	const struct smtp_verdict *refusal = NULL;
	bool spared =
	    relay_trust(&p->listen->trusted, &peer->ip, SLICE_EMPTY, NULL);
	if (d->session_n >= d->session_max) {
		refusal = &too_many;
		pause_accepting(l);
	} else if (!counters_enter(&d->counters, limits->sessions)) {
		refusal = &too_many;
	} else if (!spared && !counters_enter_ip(&d->counters, &peer->ip,
				  limits->sessions_per_ip)) {
		counters_leave(&d->counters);
		refusal = &too_many_yours;
	}
	if (session_start(d, d->current, p, fd, peer, refusal))
		return;
	if (refusal == NULL) {
		counters_leave(&d->counters);
		if (!spared)
			counters_leave_ip(&d->counters, &peer->ip);
	}
}

static void
on_resume(void *arg)
{
	struct smtpd *d = arg;
	LIST_FOREACH (n, &d->listeners) {
		struct listener *l = LIST_OWNER(n, struct listener, node);
		if (l->paused)
			watch_set(&l->watch, WATCH_READ);
		l->paused = false;
	}
}

static void
on_acceptable(void *arg, unsigned events)
{
	struct listener *l = arg;
	struct smtpd *d = l->d;
	struct profile *p = profile_of(d, l);
	(void)events;
	for (int i = 0; i < ACCEPT_BURST && p != NULL && !l->paused; i++) {
		struct sock_addr peer;
		int fd;
		enum err err = sock_accept(l->fd, &fd, &peer);
		if (err == ERR_LIMIT)
			pause_accepting(l);
		if (err != ERR_OK)
			return;
		take_connection(l, p, fd, &peer);
	}
}

static void
listener_open(struct listener *l)
{
	struct smtpd *d = l->d;
	if (l->watch.h != NULL)
		return;
	if (watch_open(&l->watch, d->role->loop, l->fd, on_acceptable, l) !=
	    ERR_OK)
		role_fatal(d->role, "out of memory for a listener");
	watch_set(&l->watch, WATCH_READ);
}

static void
listener_close(struct listener *l)
{
	watch_close(&l->watch);
	close(l->fd);
	list_remove(&l->node);
	buf_free(&l->name);
	free(l);
}

void
listener_add(struct smtpd *d, struct slice name, int fd)
{
	struct listener *l = calloc(1, sizeof(*l));
	if (l == NULL)
		role_fatal(d->role, "out of memory for a listener");
	l->d = d;
	l->fd = fd;
	sock_local(fd, &l->local);
	buf_init(&l->name, 4096);
	buf_add(&l->name, name);
	list_push_back(&d->listeners, &l->node);
}

void
listeners_start(struct smtpd *d)
{
	timer_init(&d->resume, d->role->loop, on_resume, d);
	listeners_reloaded(d);
}

void
listeners_reloaded(struct smtpd *d)
{
	LIST_FOREACH_SAFE (n, &d->listeners) {
		struct listener *l = LIST_OWNER(n, struct listener, node);
		if (still_wanted(d, l))
			listener_open(l);
		else
			listener_close(l);
	}
}

void
listeners_stop(struct smtpd *d)
{
	timer_stop(&d->resume);
	LIST_FOREACH_SAFE (n, &d->listeners)
		listener_close(LIST_OWNER(n, struct listener, node));
}
