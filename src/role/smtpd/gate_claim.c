/* gate_claim.c - whom a sender claims to be: may it send at all, is it trusted
 * as one of many, does the reverse-path belong to it, does From:. */
#include "base/pack.h"
#include "role/smtpd/gate.h"

enum gate_step
gate_may_mail(struct session *s)
{
	struct relay_client client = ask_client(s);
	struct relay_verdict v;
	relay_mail(&client, &v);
	if (v.allow)
		return GATE_PASSED;
	s->gate.at = GATE_OPEN;
	ask_refuse(s, &v);
	return GATE_REFUSED;
}

/* ---- trust that many share ---- */

enum gate_step
gate_trust(struct session *s)
{
	const struct conf *c = s->gen->conf;
	struct slice domain = slice_from(
	    buf_slice(&s->sender), slice_rfind(buf_slice(&s->sender), '@') + 1);
	if (c->masquerade == CONF_MASQUERADE_OFF ||
	    !(s->trusted || s->trust_withdrawn) ||
	    smtp_server_is_authenticated(&s->machine))
		return GATE_PASSED;
	alarm_heard(s, domain);
	struct slice evidence = alarm_standing(s->d, &s->peer.ip);
	if (evidence.n == 0)
		return GATE_PASSED;
	bool withdraw = c->masquerade == CONF_MASQUERADE_WITHDRAW;
	struct finding f = {.action = CONF_ACTION_NOTE,
	    .rule = "masquerade",
	    .cause = "relay.masquerade",
	    .field = &c->masquerade};
	if (!s->gate.alarm_recorded)
		gate_record(s, "mail", &f,
		    withdraw ? SLICE("withdraw") : SLICE("note"), SLICE_EMPTY,
		    evidence);
	s->gate.alarm_recorded = true;
	if (withdraw) {
		s->trusted = false;
		s->trust_withdrawn = true;
	}
	return GATE_PASSED;
}

/* ---- one address that is claimed ---- */

static struct relay_claim
claim_of(const struct session *s, struct slice address)
{
	const struct gate *g = &s->gate;
	return (struct relay_claim){.ip = &s->peer.ip,
	    .authenticated = smtp_server_is_authenticated(&s->machine),
	    .trusted = s->trusted,
	    .trust_unknown = look_trust_unknown(s),
	    .user = buf_slice(&s->user),
	    .address = address,
	    .domain = g->claim_known ? (enum relay_domain)g->claim_class
				     : RELAY_DOMAIN_FOREIGN,
	    .exists = g->claim_known ? (enum relay_exists)g->claim_exists
				     : RELAY_EXISTS_UNKNOWN,
	    .targets = buf_slice(&s->targets)};
}

void
gate_claim(struct session *s, uint8_t dom_class, uint8_t exists)
{
	struct gate *g = &s->gate;
	if (!g->claim_asked || g->claim_known)
		return;
	g->claim_known = true;
	g->claim_class = dom_class;
	g->claim_exists = exists;
	if (buf_err(&s->targets) != ERR_OK) {
		buf_clear(&s->targets);
		g->claim_exists = RELAY_EXISTS_UNKNOWN;
	}
	gate_go(s);
}

/* Have lookup say what that address is; PASSED: it is known. */
static enum gate_step
look_up(struct session *s, struct slice address)
{
	struct gate *g = &s->gate;
	struct ipc_msg m = {.type = IPC_rcpt_ask, .fd = -1};
	struct smtp_address a;
	struct arena mem;
	if (g->claim_known)
		return GATE_PASSED;
	if (g->claim_asked)
		return GATE_WAITS;
	buf_clear(&s->targets);
	buf_clear(&s->rcpt_asked);
	buf_add(&s->rcpt_asked, address);
	g->claim_asked = true;
	const struct known_rcpt *k = known_find(s->d, address);
	if (k != NULL) {
		buf_add(&s->targets, buf_slice(&k->targets));
		g->claim_known = true;
		g->claim_class = k->dom_class;
		g->claim_exists = k->exists;
		return GATE_PASSED;
	}
	arena_init(&mem, SMTP_PATH_MAX * 4);
	bool sent = false;
	if (smtp_mailbox_parse(address, &mem, &a) != ERR_OK) {
		g->claim_known = true;
		g->claim_class = IPC_DOMAIN_FOREIGN;
		g->claim_exists = IPC_EXISTS_UNKNOWN;
		arena_reset(&mem);
		return GATE_PASSED;
	}
	m.rcpt_ask.ask = s->id;
	m.rcpt_ask.flags = IPC_RCPT_NO_VERIFY;
	m.rcpt_ask.local = a.local;
	m.rcpt_ask.domain = a.domain;
	sent = role_send(role_peer(s->d->role, ROLE_LOOKUP, 0), &m);
	arena_reset(&mem);
	return sent ? GATE_WAITS : gate_fail(s);
}

enum gate_step
gate_sender(struct session *s)
{
	struct slice sender = buf_slice(&s->sender);
	struct finding v[RELAY_FINDINGS_MAX];
	struct relay_claim claim = claim_of(s, sender);
	if (sender.n == 0 || s->device != NULL)
		return GATE_PASSED;
	if (relay_claim_asks(s->gen->conf, &claim)) {
		enum gate_step step = look_up(s, sender);
		if (step != GATE_PASSED)
			return step;
		claim = claim_of(s, sender);
	}
	size_t n = relay_claim_mail(s->gen->conf, &claim, v);
	return gate_findings(s, v, n, SLICE_EMPTY);
}

/* ---- From: ---- */

bool
gate_wants_author(const struct session *s)
{
	const struct conf *c = s->gen->conf;
	if (s->device != NULL)
		return true;
	if (smtp_server_is_authenticated(&s->machine) &&
	    c->relay_control.identity.header != CONF_ACTION_OFF)
		return true;
	for (size_t i = 0; i < c->shield_n; i++)
		if (c->shield[i].header)
			return true;
	return false;
}

/* Many a copier names itself without an address: it may, unless it was told
 * its addresses. */
static bool
names_itself(struct session *s, const struct author_watch *w)
{
	struct slice from = buf_slice(&w->from);
	if (s->device == NULL || w->fields > 1 || w->overlong ||
	    slice_find(from, '@') < from.n)
		return false;
	if (s->device->from.n > 0 && w->fields > 0)
		pack_add(&s->gate.authors,
		    from.n > 0 ? slice_to(from, 64) : SLICE("?"));
	return true;
}

/* A From: that cannot be read, or is there twice, is nobody's. */
static void
read_authors(struct session *s)
{
	struct gate *g = &s->gate;
	const struct author_watch *w = &s->body.author;
	g->authors_read = true;
	buf_free(&g->authors);
	if (names_itself(s, w))
		return;
	if (w->fields != 1 || w->overlong ||
	    author_addresses(buf_slice(&w->from), AUTHORS_MAX, &g->authors) !=
		ERR_OK) {
		buf_clear(&g->authors);
		if (w->fields > 0)
			pack_add(&g->authors, SLICE("?"));
	}
}

enum gate_step
gate_author(struct session *s)
{
	struct gate *g = &s->gate;
	struct finding v[RELAY_FINDINGS_MAX];
	if (!s->body.author_wanted)
		return GATE_PASSED;
	if (!g->authors_read)
		read_authors(s);
	for (;;) {
		struct slice left = buf_slice(&g->authors), author;
		if (!pack_next(&left, &author))
			return GATE_PASSED;
		if (s->device != NULL) {
			enum gate_step step = gate_device_author(s, author);
			if (step != GATE_PASSED)
				return step;
			buf_consume(&g->authors, g->authors.n - left.n);
			continue;
		}
		struct relay_claim claim = claim_of(s, author);
		if (relay_claim_asks(s->gen->conf, &claim)) {
			enum gate_step step = look_up(s, author);
			if (step != GATE_PASSED)
				return step;
			claim = claim_of(s, author);
		}
		size_t n = relay_claim_header(s->gen->conf, &claim, v);
		enum gate_step step = gate_findings(s, v, n, author);
		if (step != GATE_PASSED)
			return step;
		g->claim_asked = g->claim_known = false;
		buf_consume(&g->authors, g->authors.n - left.n);
	}
}
