/* trust.c - the alarm for trust that strangers share: what each smtpd hears of
 * trusted addresses is put together here, and every smtpd is told. */
#include "os/log.h"
#include "role/lookup/lookup.h"

/* How often alarms whose time is over are taken down. */
#define SWEEP_MS     30000u
#define EVIDENCE_MAX 1024u

static void
send_alarm(struct lookup *l, struct chan *c, const struct ip *ip, bool raised)
{
	struct ipc_msg m = {.type = IPC_trust_alarm, .fd = -1};
	struct buf why;
	buf_init(&why, EVIDENCE_MAX);
	if (raised)
		masquerade_evidence(l->trust, ip, &why);
	m.trust_alarm.client = *ip;
	m.trust_alarm.raised = raised;
	m.trust_alarm.text = buf_slice(&why);
	(void)role_send(c, &m);
	buf_free(&why);
}

static void
tell_all(struct lookup *l, const struct ip *ip, bool raised)
{
	for (size_t i = 0; i < ROLE_PEERS_MAX; i++)
		if (l->role->peers[ROLE_SMTPD][i] != NULL)
			send_alarm(
			    l, l->role->peers[ROLE_SMTPD][i], ip, raised);
}

static void
log_raised(const struct lookup *l, const struct ip *ip)
{
	char text[IP_TEXT_MAX];
	struct buf why;
	bool withdrawn = l->role->conf->masquerade == CONF_MASQUERADE_WITHDRAW;
	buf_init(&why, EVIDENCE_MAX);
	ip_text(ip, text);
	masquerade_evidence(l->trust, ip, &why);
	log_line(LOG_WARNING, "masquerade",
	    "client=%s cause=relay.masquerade trust=%s why=\"%.*s\"", text,
	    withdrawn ? "withdrawn" : "kept", SLICE_ARG(buf_slice(&why)));
	buf_free(&why);
}

static void
on_sweep(void *arg)
{
	struct lookup *l = arg;
	struct ip ip;
	char text[IP_TEXT_MAX];
	size_t cursor = 0;
	while (masquerade_end(l->trust, loop_now_ms(l->role->loop), &ip)) {
		ip_text(&ip, text);
		log_line(LOG_NOTICE, "masquerade-over", "client=%s", text);
		tell_all(l, &ip, false);
	}
	if (masquerade_next(l->trust, &cursor, &ip))
		timer_start(&l->trust_sweep, SWEEP_MS);
}

void
trust_init(struct lookup *l)
{
	timer_init(&l->trust_sweep, l->role->loop, on_sweep, l);
}

void
trust_seen(struct lookup *l, const struct ipc_trust_seen *m)
{
	const struct conf *conf = l->role->conf;
	if (conf->masquerade == CONF_MASQUERADE_OFF)
		return;
	if (l->trust == NULL)
		l->trust = masquerade_new(l->role->seed);
	if (l->trust == NULL ||
	    !masquerade_heard(l->trust, conf, &m->client, m->helo, m->domain,
		loop_now_ms(l->role->loop)))
		return;
	log_raised(l, &m->client);
	tell_all(l, &m->client, true);
	if (!timer_active(&l->trust_sweep))
		timer_start(&l->trust_sweep, SWEEP_MS);
}

void
trust_peer(struct lookup *l, struct chan *c)
{
	struct ip ip;
	size_t cursor = 0;
	if (chan_peer(c) != ROLE_SMTPD || l->trust == NULL)
		return;
	while (masquerade_next(l->trust, &cursor, &ip))
		send_alarm(l, c, &ip, true);
}
