#include "store/ledger_filter.h"

static enum err
set_id(id_t64 *field, struct slice value)
{
	id_t64 id;
	enum err e = id_parse(value, &id);
	if (e == ERR_OK)
		*field = id;
	return e;
}

static enum err
set_text(struct slice *field, struct slice value)
{
	if (value.n == 0)
		return ERR_SYNTAX;
	*field = value;
	return ERR_OK;
}

static enum err
set_number(uint64_t *field, struct slice value)
{
	return slice_u64(value, field) ? ERR_OK : ERR_SYNTAX;
}

static enum err
set_flag(bool *field, struct slice value)
{
	if (!slice_eq(value, SLICE("1")))
		return ERR_SYNTAX;
	*field = true;
	return ERR_OK;
}

enum name {
	NAME_ID,
	NAME_SESSION,
	NAME_MESSAGE,
	NAME_FROM,
	NAME_TO,
	NAME_ADDRESS,
	NAME_HELO,
	NAME_IP,
	NAME_SINCE,
	NAME_UNTIL,
	NAME_VERDICT,
	NAME_EVENTS,
	NAME_NEWEST,
	NAME_FOLLOW,
	NAME_TAIL,
	NAME_COUNT
};

static const char *const names[NAME_COUNT] = {
    [NAME_ID] = "id",
    [NAME_SESSION] = "session",
    [NAME_MESSAGE] = "message",
    [NAME_FROM] = "from",
    [NAME_TO] = "to",
    [NAME_ADDRESS] = "address",
    [NAME_HELO] = "helo",
    [NAME_IP] = "ip",
    [NAME_SINCE] = "since",
    [NAME_UNTIL] = "until",
    [NAME_VERDICT] = "verdict",
    [NAME_EVENTS] = "events",
    [NAME_NEWEST] = "newest",
    [NAME_FOLLOW] = "follow",
    [NAME_TAIL] = "tail",
};

enum err
ledger_filter_set(
    struct ledger_filter *f, struct slice name, struct slice value)
{
	unsigned n = 0;
	while (n < NAME_COUNT && !slice_eq(name, slice_str(names[n])))
		n++;
	switch ((enum name)n) {
	case NAME_ID:
		return set_id(&f->id, value);
	case NAME_SESSION:
		return set_id(&f->session, value);
	case NAME_MESSAGE:
		return set_id(&f->message, value);
	case NAME_FROM:
		return set_text(&f->from, value);
	case NAME_TO:
		return set_text(&f->to, value);
	case NAME_ADDRESS:
		return set_text(&f->address, value);
	case NAME_HELO:
		return set_text(&f->helo, value);
	case NAME_IP:
		return ip_net_parse(value, &f->ip);
	case NAME_SINCE:
		return set_number(&f->since_ms, value);
	case NAME_UNTIL:
		return set_number(&f->until_ms, value);
	case NAME_VERDICT:
		return record_verdict_parse(value, &f->verdict);
	case NAME_EVENTS:
		return set_flag(&f->events, value);
	case NAME_NEWEST:
		return set_flag(&f->newest, value);
	case NAME_FOLLOW:
		return set_flag(&f->follow, value);
	case NAME_TAIL:
		return set_number(&f->tail, value);
	case NAME_COUNT:
		break;
	}
	return ERR_SYNTAX;
}

bool
ledger_address_match(struct slice pattern, struct slice address)
{
	if (slice_eq(pattern, SLICE("<>")))
		return address.n == 0;
	if (pattern.n > 0 && pattern.p[0] == '@')
		return slice_ends_nocase(address, pattern);
	return slice_eq_nocase(pattern, address);
}

/* What a record has to show: one bit for each condition on its items. */
enum need {
	NEED_ID = 1,
	NEED_SESSION = 2,
	NEED_MESSAGE = 4,
	NEED_FROM = 8,
	NEED_TO = 16,
	NEED_ADDRESS = 32,
	NEED_HELO = 64,
	NEED_IP = 128,
	NEED_VERDICT = 256
};

static unsigned
needs(const struct ledger_filter *f)
{
	unsigned n = 0;
	n |= f->id != 0 ? NEED_ID : 0;
	n |= f->session != 0 ? NEED_SESSION : 0;
	n |= f->message != 0 ? NEED_MESSAGE : 0;
	n |= f->from.n != 0 ? NEED_FROM : 0;
	n |= f->to.n != 0 ? NEED_TO : 0;
	n |= f->address.n != 0 ? NEED_ADDRESS : 0;
	n |= f->helo.n != 0 ? NEED_HELO : 0;
	n |= f->ip.ip.family != 0 ? NEED_IP : 0;
	n |= f->verdict != 0 ? NEED_VERDICT : 0;
	return n;
}

static unsigned
shown_mail(const struct ledger_filter *f, struct slice from)
{
	return (ledger_address_match(f->from, from) ? NEED_FROM : 0u) |
	       (ledger_address_match(f->address, from) ? NEED_ADDRESS : 0u);
}

static unsigned
shown_rcpt(const struct ledger_filter *f, struct slice to)
{
	return (ledger_address_match(f->to, to) ? NEED_TO : 0u) |
	       (ledger_address_match(f->address, to) ? NEED_ADDRESS : 0u);
}

static unsigned
shown_id(const struct ledger_filter *f, id_t64 id)
{
	return (f->id == id ? NEED_ID : 0u) |
	       (f->message == id ? NEED_MESSAGE : 0u);
}

/* shown - which conditions this item satisfies. */
static unsigned
shown(const struct ledger_filter *f, const struct record_item *it)
{
	switch (it->tag) {
	case RECORD_TAG_MAIL:
		return shown_mail(f, it->s[0]);
	case RECORD_TAG_RCPT:
		return shown_rcpt(f, it->s[0]);
	case RECORD_TAG_MESSAGE:
		return shown_id(f, it->v[0]);
	case RECORD_TAG_QUEUE_EVENT:
		return shown_id(f, it->v[2]);
	case RECORD_TAG_HELO:
		return slice_eq_nocase(f->helo, it->s[0]) ? NEED_HELO : 0;
	case RECORD_TAG_PEER:
		return ip_in_net(&it->ip, &f->ip) ? NEED_IP : 0;
	case RECORD_TAG_END:
		return it->v[1] == f->verdict ? NEED_VERDICT : 0;
	case RECORD_TAG_LOCAL:
	case RECORD_TAG_HOST:
	case RECORD_TAG_PTR:
	case RECORD_TAG_LISTENER:
	case RECORD_TAG_USER:
	case RECORD_TAG_TLS:
	case RECORD_TAG_DIALOGUE:
	case RECORD_TAG_CAUSE:
	case RECORD_TAG_DECISION:
	case RECORD_TAG_LEFT_OUT:
	case RECORD_TAG_PASSED:
	case RECORD_TAG_COUNT:
		break;
	}
	return 0;
}

bool
ledger_filter_match(const struct ledger_filter *f, struct slice record)
{
	struct record_head head;
	struct record_reader rd;
	struct record_item it;
	if (record_open(record, &head, &rd) != ERR_OK)
		return false;
	if (head.kind == RECORD_EVENTS && !f->events)
		return false;
	if (head.time_ms < f->since_ms ||
	    (f->until_ms != 0 && head.time_ms > f->until_ms))
		return false;
	unsigned left = needs(f);
	if (head.id == f->id)
		left &= ~(unsigned)NEED_ID;
	if (head.id == f->session)
		left &= ~(unsigned)NEED_SESSION;
	while (left != 0 && record_next(&rd, &it) == ERR_OK)
		left &= ~shown(f, &it);
	return left == 0;
}
