/* alarm.c - what the operator must hear of: a trusted address that many seem
 * to use, a device that was stopped. */
#include "role/smtpd/smtpd.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/pack.h"
#include "os/clock.h"
#include "os/log.h"
#include "proto/mail/date.h"

#define EVIDENCE_MAX 1024u
#define REPORT_MAX   8192u

struct alarm {
	struct list node;
	struct ip ip;
	struct buf evidence;
};

static struct alarm *
find(const struct smtpd *d, const struct ip *ip)
{
	LIST_FOREACH (n, &d->alarms) {
		struct alarm *a = LIST_OWNER(n, struct alarm, node);
		if (ip_eq(&a->ip, ip))
			return a;
	}
	return NULL;
}

static void
drop(struct alarm *a)
{
	list_remove(&a->node);
	buf_free(&a->evidence);
	free(a);
}

void
alarm_trust(struct smtpd *d, const struct ipc_trust_alarm *m)
{
	struct alarm *a = find(d, &m->client);
	if (a != NULL)
		drop(a);
	if (!m->raised)
		return;
	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return;
	a->ip = m->client;
	buf_init(&a->evidence, EVIDENCE_MAX);
	buf_add(&a->evidence, slice_to(m->text, EVIDENCE_MAX));
	list_push_back(&d->alarms, &a->node);
}

struct slice
alarm_standing(const struct smtpd *d, const struct ip *ip)
{
	const struct alarm *a = find(d, ip);
	return a == NULL ? SLICE_EMPTY : buf_slice(&a->evidence);
}

void
alarms_forget(struct smtpd *d)
{
	memset(d->heard, 0, sizeof(d->heard));
	LIST_FOREACH_SAFE (n, &d->alarms)
		drop(LIST_OWNER(n, struct alarm, node));
}

/* Most messages of an address say what its last ones said. What was told is
 * told again only after others have taken its place, or after a reload. */
void
alarm_heard(struct session *s, struct slice domain)
{
	struct smtpd *d = s->d;
	struct ipc_msg m = {.type = IPC_trust_seen, .fd = -1};
	struct buf b;
	m.trust_seen.client = s->peer.ip;
	m.trust_seen.helo = smtp_server_helo(&s->machine);
	m.trust_seen.domain = domain;
	buf_init(&b, 1024);
	buf_add(&b, slice_of(s->peer.ip.b, sizeof(s->peer.ip.b)));
	pack_add(&b, m.trust_seen.helo);
	pack_add(&b, domain);
	uint64_t h = hash_siphash(d->role->seed, buf_slice(&b));
	/* Names flow off lookup's count in an hour: say them more often. */
	h ^= loop_unix_ms(d->role->loop) / (15u * 60 * 1000);
	buf_free(&b);
	uint64_t *slot = &d->heard[h % 256];
	if (*slot != h && role_send(role_peer(d->role, ROLE_LOOKUP, 0), &m))
		*slot = h;
}

void
alarm_report(struct smtpd *d, struct slice subject, struct slice text)
{
	const struct conf *c = d->current->conf;
	struct ipc_msg m = {.type = IPC_commit, .fd = -1};
	struct buf body, rcpts;
	char id[ID_TEXT_LEN + 1];
	uint64_t now = loop_unix_ms(d->role->loop);
	m.commit.msg = role_id(d->role);
	id_text(m.commit.msg, id);
	buf_init(&body, REPORT_MAX);
	buf_init(&rcpts, 2048);
	pack_add(&rcpts, c->postmaster);
	pack_add(&rcpts, SLICE_EMPTY); /* the queue asks whose mailbox it is */
	buf_add_str(&body, "Date: ");
	buf_add_date_rfc5322(&body, now / 1000, clock_utc_offset_min(now));
	buf_printf(&body,
	    "\r\nFrom: kurir <postmaster@%.*s>\r\nTo: <%.*s>\r\n"
	    "Subject: %.*s\r\nMessage-ID: <%s@%.*s>\r\n"
	    "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=us-ascii\r\n\r\n",
	    SLICE_ARG(c->hostname), SLICE_ARG(c->postmaster),
	    SLICE_ARG(subject), id, SLICE_ARG(c->hostname));
	buf_add(&body, text);
	m.commit.flags = IPC_MSG_NOTICE;
	m.commit.body_kind = IPC_BODY_INLINE;
	m.commit.size = body.n;
	m.commit.rcpts = buf_slice(&rcpts);
	m.commit.body = buf_slice(&body);
	if (buf_err(&body) != ERR_OK || buf_err(&rcpts) != ERR_OK ||
	    !role_send(role_peer(d->role, ROLE_QUEUE, 0), &m))
		log_line(LOG_ERROR, "report-lost", "subject=\"%.*s\"",
		    SLICE_ARG(subject));
	buf_free(&body);
	buf_free(&rcpts);
}
