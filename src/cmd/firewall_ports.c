#include "cmd/firewall.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/netif.h"
#include "os/socket.h"

#define CONNECT_MS 2000
#define JOBS_MAX   256

/* ---- ours ---- */

static bool
is_any(const struct ip *ip)
{
	static const uint8_t any[16];
	return memcmp(ip->b, any, ip->family == 6 ? 16 : 4) == 0;
}

static struct firewall_port *
port_of(struct firewall_ports *p, uint16_t port)
{
	size_t at = 0;
	while (at < p->n && p->v[at].port < port)
		at++;
	if (at < p->n && p->v[at].port == port)
		return &p->v[at];
	if (p->n == FIREWALL_PORTS_MAX) {
		p->lost++;
		return NULL;
	}
	memmove(&p->v[at + 1], &p->v[at], (p->n - at) * sizeof(p->v[0]));
	p->n++;
	p->v[at] = (struct firewall_port){.port = port, .device = true};
	return &p->v[at];
}

static void
add_endpoint(struct firewall_ports *p, const struct conf_listen *l,
    const struct conf_endpoint *e)
{
	if (ip_is_loopback(&e->ip))
		return;
	struct firewall_port *x = port_of(p, e->port);
	if (x == NULL)
		return;
	x->device = x->device && l->role == CONF_ROLE_DEVICE;
	if (x->at_n < FIREWALL_ADDRESSES_MAX)
		x->at[x->at_n++] = e->ip;
}

void
firewall_ports_of(const struct conf *conf, struct firewall_ports *out)
{
	*out = (struct firewall_ports){.n = 0};
	for (size_t i = 0; i < conf->listen_n; i++) {
		const struct conf_listen *l = &conf->listen[i];
		for (size_t k = 0; k < l->address.n; k++)
			add_endpoint(out, l, &l->address.v[k]);
	}
}

size_t
firewall_numbers(
    const struct firewall_ports *p, uint16_t out[FIREWALL_PORTS_MAX])
{
	for (size_t i = 0; i < p->n; i++)
		out[i] = p->v[i].port;
	return p->n;
}

/* ---- connecting ---- */

struct job {
	struct firewall_try *try;
	int fd; /* -1: answered */
};

const char *
firewall_answer_name(enum firewall_answer a)
{
	static const char *const names[] = {
	    [FIREWALL_ACCEPTED] = "open",
	    [FIREWALL_REFUSED] = "refused",
	    [FIREWALL_SILENT] = "no-answer",
	    [FIREWALL_FAILED] = "failed",
	};
	return names[a];
}

static void
answered(struct job *j, int errnum)
{
	struct firewall_try *t = j->try;
	if (errnum == 0) {
		t->answer = FIREWALL_ACCEPTED;
	} else if (errnum == ECONNREFUSED) {
		t->answer = FIREWALL_REFUSED;
	} else if (errnum == ETIMEDOUT) {
		t->answer = FIREWALL_SILENT;
	} else {
		t->answer = FIREWALL_FAILED;
		t->why = strerrordesc_np(errnum);
	}
	if (j->fd >= 0)
		close(j->fd);
	j->fd = -1;
}

static void
begin(struct job *j, struct firewall_try *t, uint16_t port)
{
	const struct sock_addr to = {t->ip, port};
	int errnum = 0;
	*j = (struct job){t, -1};
	t->answer = FIREWALL_SILENT;
	enum err e = sock_connect(&to, NULL, &j->fd, &errnum);
	if (e == ERR_OK)
		answered(j, 0);
	else if (e != ERR_AGAIN) {
		j->fd = -1;
		answered(j, errnum);
	}
}

/* Wait for all of them, together. */
static void
finish(struct job *jobs, size_t n)
{
	struct pollfd fds[JOBS_MAX];
	uint64_t end = clock_mono_ms() + CONNECT_MS;
	for (;;) {
		uint64_t now = clock_mono_ms();
		size_t open = 0;
		for (size_t i = 0; i < n; i++) {
			fds[i] = (struct pollfd){jobs[i].fd, POLLOUT, 0};
			open += jobs[i].fd >= 0 ? 1 : 0;
		}
		if (open == 0 || now >= end)
			break;
		if (poll(fds, n, (int)(end - now)) < 0 && errno != EINTR)
			break;
		for (size_t i = 0; i < n; i++)
			if (jobs[i].fd >= 0 && fds[i].revents != 0)
				answered(&jobs[i], sock_error(jobs[i].fd));
	}
	for (size_t i = 0; i < n; i++)
		if (jobs[i].fd >= 0)
			answered(&jobs[i], ETIMEDOUT);
}

static void
add_try(struct firewall_port *p, const struct ip *ip)
{
	for (size_t i = 0; i < p->tries_n; i++)
		if (ip_eq(&p->tries[i].ip, ip))
			return;
	if (p->tries_n < FIREWALL_ADDRESSES_MAX)
		p->tries[p->tries_n++] = (struct firewall_try){.ip = *ip};
}

/* By every address that others see; of a listener on one, by that. */
static void
choose(struct firewall_port *p, const struct ip *own, size_t own_n)
{
	for (size_t i = 0; i < p->at_n; i++) {
		if (!is_any(&p->at[i])) {
			add_try(p, &p->at[i]);
			continue;
		}
		for (size_t k = 0; k < own_n; k++)
			if (own[k].family == p->at[i].family)
				add_try(p, &own[k]);
	}
}

void
firewall_connect(struct firewall_ports *p)
{
	struct ip own[FIREWALL_ADDRESSES_MAX];
	struct job jobs[JOBS_MAX];
	size_t own_n = netif_addresses(own, FIREWALL_ADDRESSES_MAX), n = 0;
	for (size_t i = 0; i < p->n; i++) {
		struct firewall_port *x = &p->v[i];
		choose(x, own, own_n);
		if (n + x->tries_n > JOBS_MAX)
			x->tries_n = JOBS_MAX - n;
		for (size_t k = 0; k < x->tries_n; k++)
			begin(&jobs[n++], &x->tries[k], x->port);
	}
	finish(jobs, n);
}

bool
firewall_somebody_listens(uint16_t port)
{
	static const struct ip loopback[] = {{4, {127, 0, 0, 1}},
	    {6, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}};
	struct ip own[FIREWALL_ADDRESSES_MAX];
	struct job jobs[FIREWALL_ADDRESSES_MAX];
	struct firewall_port p = {.port = port};
	size_t own_n = netif_addresses(own, FIREWALL_ADDRESSES_MAX);
	for (size_t i = 0; i < 2; i++)
		add_try(&p, &loopback[i]);
	for (size_t i = 0; i < own_n; i++)
		add_try(&p, &own[i]);
	for (size_t i = 0; i < p.tries_n; i++)
		begin(&jobs[i], &p.tries[i], port);
	finish(jobs, p.tries_n);
	for (size_t i = 0; i < p.tries_n; i++)
		if (p.tries[i].answer == FIREWALL_ACCEPTED)
			return true;
	return false;
}
