/* session_name.c - the client's name: PTR, then forward confirmation. Asked
 * when the connection comes, needed when the first body begins; a resolver
 * that does not answer in time costs a name, never a message. */
#include "proto/dns/message.h"
#include "proto/dns/name.h"
#include "role/smtpd/smtpd.h"

#define NAMES_MAX 20u /* PTR names that are tried */

static void
settle(struct session *s)
{
	s->name.state = NAME_KNOWN;
	timer_stop(&s->name_timer);
	buf_free(&s->name.candidates);
	buf_free(&s->name.trying);
	if (!s->trusted && s->name.confirmed.n > 0)
		s->trusted =
		    relay_trust(&s->profile->listen->trusted, &s->peer.ip,
			buf_slice(&s->name.confirmed), &s->trust_evidence);
	if (s->waiting == WAIT_NAME)
		body_begin_named(s);
}

void
name_give_up(struct session *s)
{
	if (s->name.state != NAME_KNOWN)
		settle(s);
}

static bool
ask_dns(struct session *s, uint16_t type, struct slice name)
{
	struct role *r = s->d->role;
	struct ipc_msg m = {.type = IPC_dns_ask, .fd = -1};
	m.dns_ask.ask = s->id;
	m.dns_ask.qtype = type;
	m.dns_ask.name = name;
	return role_send(role_peer(r, ROLE_RESOLVER, 0), &m);
}

void
ask_name(struct session *s)
{
	struct buf reverse;
	if (ip_is_localhost(&s->peer.ip)) {
		buf_add_str(&s->name.confirmed, "localhost");
		settle(s);
		return;
	}
	buf_init(&reverse, 128);
	buf_add_ip_reverse(&reverse, &s->peer.ip);
	s->name.state = NAME_ASKED_PTR;
	timer_start(&s->name_timer, s->gen->conf->dns.timeout_ms);
	if (!ask_dns(s, DNS_PTR, buf_slice(&reverse)))
		settle(s);
	buf_free(&reverse);
}

static void
try_next(struct session *s)
{
	struct slice left = buf_slice(&s->name.candidates), name;
	if (!pack_next(&left, &name)) {
		settle(s);
		return;
	}
	buf_clear(&s->name.trying);
	buf_add(&s->name.trying, name);
	buf_consume(&s->name.candidates, s->name.candidates.n - left.n);
	s->name.state = NAME_ASKED_ADDRESS;
	if (!ask_dns(s, s->peer.ip.family == 6 ? DNS_AAAA : DNS_A,
		buf_slice(&s->name.trying)))
		settle(s);
}

static void
take_ptr(struct session *s, const struct ipc_dns_answer *a)
{
	struct slice records = a->records, rdata;
	struct buf text;
	buf_init(&text, DNS_NAME_TEXT_MAX);
	while (s->name.tried < NAMES_MAX && pack_next(&records, &rdata)) {
		struct dns_name name;
		size_t at = 0;
		if (dns_name_read(rdata, &at, &name) != ERR_OK)
			continue;
		buf_clear(&text);
		buf_add_dns_name(&text, &name);
		if (!dns_hostname_valid(buf_slice(&text)))
			continue;
		s->name.tried++;
		if (s->record.start_ms != 0)
			record_ptr(&s->record, buf_slice(&text));
		pack_add(&s->name.candidates, buf_slice(&text));
	}
	buf_free(&text);
	try_next(s);
}

static bool
holds_peer(struct session *s, struct slice records)
{
	size_t n = s->peer.ip.family == 6 ? 16 : 4;
	struct slice rdata;
	while (pack_next(&records, &rdata))
		if (slice_eq(rdata, slice_of(s->peer.ip.b, n)))
			return true;
	return false;
}

void
name_answer(struct session *s, const struct ipc_dns_answer *a)
{
	if (s->name.state == NAME_ASKED_PTR && a->qtype == DNS_PTR) {
		if (a->status == IPC_DNS_OK)
			take_ptr(s, a);
		else
			settle(s);
	} else if (s->name.state == NAME_ASKED_ADDRESS && a->qtype != DNS_PTR) {
		if (a->status != IPC_DNS_OK || !holds_peer(s, a->records)) {
			try_next(s);
			return;
		}
		buf_add(&s->name.confirmed, buf_slice(&s->name.trying));
		record_ptr(&s->record, buf_slice(&s->name.confirmed));
		settle(s);
	}
}
