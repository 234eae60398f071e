#include "store/ledger_record.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAGIC      'K'
#define VERSION    1
#define HEAD_FIXED 3u
#define FIELD_MAX  512u /* octets of one field that is not dialogue */
#define ELLIPSIS   "\xe2\x80\xa6"

enum part { PART_DIALOGUE, PART_DECISION, PART_ENVELOPE, PART_FACTS };

static const size_t part_max[4] = {
    [PART_DIALOGUE] = RECORD_DIALOGUE_MAX,
    [PART_DECISION] = RECORD_DECISION_MAX,
    [PART_ENVELOPE] = RECORD_ENVELOPE_MAX,
    [PART_FACTS] = RECORD_FACTS_MAX,
};

/* The whole format: per tag, does an address lead, how many numbers and how
 * many strings follow, and from which part's budget it is paid. */
struct layout {
	bool known;
	bool ip;
	uint8_t numbers;
	uint8_t strings;
	uint8_t part;
};

static const struct layout layouts[RECORD_TAG_COUNT] = {
    [RECORD_TAG_PEER] = {true, true, 1, 0, PART_FACTS},
    [RECORD_TAG_LOCAL] = {true, true, 1, 0, PART_FACTS},
    [RECORD_TAG_HOST] = {true, false, 0, 1, PART_FACTS},
    [RECORD_TAG_PTR] = {true, false, 0, 1, PART_FACTS},
    [RECORD_TAG_HELO] = {true, false, 0, 1, PART_FACTS},
    [RECORD_TAG_LISTENER] = {true, false, 0, 1, PART_FACTS},
    [RECORD_TAG_USER] = {true, false, 0, 1, PART_FACTS},
    [RECORD_TAG_TLS] = {true, false, 2, 2, PART_FACTS},
    [RECORD_TAG_DIALOGUE] = {true, false, 2, 1, PART_DIALOGUE},
    [RECORD_TAG_MAIL] = {true, false, 0, 1, PART_ENVELOPE},
    [RECORD_TAG_RCPT] = {true, false, 1, 3, PART_ENVELOPE},
    [RECORD_TAG_MESSAGE] = {true, false, 3, 1, PART_ENVELOPE},
    [RECORD_TAG_CAUSE] = {true, false, 0, 1, PART_DECISION},
    [RECORD_TAG_DECISION] = {true, false, 0, 7, PART_DECISION},
    [RECORD_TAG_QUEUE_EVENT] = {true, false, 4, 3, PART_ENVELOPE},
    [RECORD_TAG_LEFT_OUT] = {true, false, 2, 0, PART_FACTS},
    [RECORD_TAG_END] = {true, false, 4, 0, PART_FACTS},
    [RECORD_TAG_PASSED] = {true, false, 1, 0, PART_FACTS},
};

/* --- writing --- */

static size_t
varint_size(uint64_t v)
{
	size_t n = 1;
	while (v >= 0x80) {
		v >>= 7;
		n++;
	}
	return n;
}

static uint8_t *
varint_put(uint8_t *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*p++ = (uint8_t)v;
	return p;
}

static size_t
ip_octets(uint8_t family)
{
	return family == 4 ? 4 : family == 6 ? 16 : 0;
}

static size_t
payload_size(const struct record_item *it, const struct layout *l)
{
	size_t n = l->ip ? 1 + ip_octets(it->ip.family) : 0;
	for (size_t i = 0; i < l->numbers; i++)
		n += varint_size(it->v[i]);
	for (size_t i = 0; i < l->strings; i++)
		n += varint_size(it->s[i].n) + it->s[i].n;
	return n;
}

static uint8_t *
payload_put(uint8_t *p, const struct record_item *it, const struct layout *l)
{
	if (l->ip) {
		size_t n = ip_octets(it->ip.family);
		*p++ = n == 0 ? 0 : it->ip.family;
		memcpy(p, it->ip.b, n);
		p += n;
	}
	for (size_t i = 0; i < l->numbers; i++)
		p = varint_put(p, it->v[i]);
	for (size_t i = 0; i < l->strings; i++) {
		p = varint_put(p, it->s[i].n);
		if (it->s[i].n > 0)
			memcpy(p, it->s[i].p, it->s[i].n);
		p += it->s[i].n;
	}
	return p;
}

/* item_put - append without asking for a budget. */
static void
item_put(struct record *r, const struct record_item *it, size_t payload)
{
	size_t whole = 1 + varint_size(payload) + payload;
	if (buf_reserve(&r->b, whole) != ERR_OK)
		return;
	uint8_t *p = r->b.p + r->b.n;
	*p++ = (uint8_t)it->tag;
	p = varint_put(p, payload);
	payload_put(p, it, &layouts[it->tag]);
	buf_commit(&r->b, whole);
}

static void
item_add(struct record *r, const struct record_item *it)
{
	const struct layout *l = &layouts[it->tag];
	size_t payload = payload_size(it, l);
	size_t whole = 1 + varint_size(payload) + payload;
	if (whole > part_max[l->part] - r->part[l->part]) {
		/* Once closed a part stays closed: no small later line may
		 * stand where a larger earlier one is missing. */
		r->part[l->part] = part_max[l->part];
		if (l->part == PART_DIALOGUE)
			r->lines_left_out++;
		else
			r->items_left_out++;
		return;
	}
	r->part[l->part] += whole;
	item_put(r, it, payload);
}

static struct slice
cut(struct slice s)
{
	return slice_to(s, FIELD_MAX);
}

void
record_init(struct record *r)
{
	*r = (struct record){0};
	buf_init(&r->b, RECORD_MAX);
}

void
record_free(struct record *r)
{
	buf_free(&r->b);
	record_init(r);
}

void
record_begin(
    struct record *r, enum record_kind kind, id_t64 id, uint64_t unix_ms)
{
	struct buf b = r->b;
	buf_clear(&b);
	*r = (struct record){.b = b, .kind = kind};
	r->start_ms = unix_ms == 0 ? 1 : unix_ms;
	if (buf_reserve(&r->b, 512) != ERR_OK)
		return;
	uint8_t *p = r->b.p;
	*p++ = MAGIC;
	*p++ = VERSION;
	*p++ = (uint8_t)kind;
	p = varint_put(p, id);
	p = varint_put(p, r->start_ms);
	buf_commit(&r->b, (size_t)(p - r->b.p));
}

bool
record_full(const struct record *r)
{
	return r->part[PART_ENVELOPE] > RECORD_ENVELOPE_MAX / 2 ||
	       r->part[PART_DIALOGUE] > RECORD_DIALOGUE_MAX / 4 * 3 ||
	       r->part[PART_DECISION] > RECORD_DECISION_MAX / 4 * 3;
}

static void
add_end_point(
    struct record *r, enum record_tag tag, const struct ip *ip, uint16_t port)
{
	struct record_item it = {.tag = tag, .ip = *ip};
	it.v[0] = port;
	item_add(r, &it);
}

static void
add_string(struct record *r, enum record_tag tag, struct slice s)
{
	struct record_item it = {.tag = tag};
	it.s[0] = cut(s);
	item_add(r, &it);
}

void
record_peer(struct record *r, const struct ip *ip, uint16_t port)
{
	add_end_point(r, RECORD_TAG_PEER, ip, port);
}

void
record_local(struct record *r, const struct ip *ip, uint16_t port)
{
	add_end_point(r, RECORD_TAG_LOCAL, ip, port);
}

void
record_host(struct record *r, struct slice name)
{
	add_string(r, RECORD_TAG_HOST, name);
}

void
record_ptr(struct record *r, struct slice name)
{
	add_string(r, RECORD_TAG_PTR, name);
}

void
record_helo(struct record *r, struct slice name)
{
	add_string(r, RECORD_TAG_HELO, name);
}

void
record_listener(struct record *r, struct slice name)
{
	add_string(r, RECORD_TAG_LISTENER, name);
}

void
record_user(struct record *r, struct slice name)
{
	add_string(r, RECORD_TAG_USER, name);
}

void
record_tls(struct record *r, struct slice version, struct slice cipher,
    unsigned bits, bool verified)
{
	struct record_item it = {.tag = RECORD_TAG_TLS};
	it.v[0] = bits;
	it.v[1] = verified;
	it.s[0] = cut(version);
	it.s[1] = cut(cipher);
	item_add(r, &it);
}

void
record_passed(struct record *r, unsigned lookups)
{
	struct record_item it = {.tag = RECORD_TAG_PASSED};
	it.v[0] = lookups;
	item_add(r, &it);
}

/* --- dialogue --- */

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* auth_public - how much of an AUTH command may be kept: the verb and the
 * mechanism. line.n when it is not AUTH or has no initial response. */
static size_t
auth_public(struct slice line)
{
	size_t i = 0;
	while (i < line.n && is_blank(line.p[i]))
		i++;
	if (!slice_starts_nocase(slice_from(line, i), SLICE("AUTH")))
		return line.n;
	i += 4;
	if (i >= line.n || !is_blank(line.p[i]))
		return line.n;
	while (i < line.n && is_blank(line.p[i]))
		i++;
	while (i < line.n && !is_blank(line.p[i]))
		i++;
	return slice_trim(slice_from(line, i)).n == 0 ? line.n : i;
}

/* sasl_prompt - the two challenges of AUTH LOGIN, which say nothing. */
static bool
sasl_prompt(struct slice line)
{
	struct slice text = slice_trim(slice_from(line, 4));
	return text.n == 0 || slice_eq(text, SLICE("VXNlcm5hbWU6")) ||
	       slice_eq(text, SLICE("UGFzc3dvcmQ6"));
}

/* masked - how many octets of line may be kept; sets r->sasl. */
static size_t
masked(struct record *r, enum record_who who, struct slice line)
{
	enum record_who server = r->kind == RECORD_IN ? RECORD_US : RECORD_PEER;
	if (who != RECORD_US && who != RECORD_PEER)
		return line.n;
	if (who == server) {
		r->sasl = slice_starts(line, SLICE("334"));
		return r->sasl && !sasl_prompt(line) ? 4 : line.n;
	}
	if (r->sasl) {
		r->sasl = false;
		return slice_eq(slice_trim(line), SLICE("*")) ? line.n : 0;
	}
	return auth_public(line);
}

/* cut_line - at a character's boundary, with an ellipsis. */
static size_t
cut_line(uint8_t *out, struct slice line)
{
	size_t n = RECORD_LINE_MAX - (sizeof(ELLIPSIS) - 1);
	while (n > 0 && (line.p[n] & 0xc0) == 0x80)
		n--;
	memcpy(out, line.p, n);
	memcpy(out + n, ELLIPSIS, sizeof(ELLIPSIS) - 1);
	return n + sizeof(ELLIPSIS) - 1;
}

static void
add_line(struct record *r, uint64_t ms, enum record_who who, struct slice line)
{
	uint8_t tmp[RECORD_LINE_MAX];
	struct record_item it = {.tag = RECORD_TAG_DIALOGUE};
	size_t keep = masked(r, who, line);
	it.v[0] = ms;
	it.v[1] = who;
	it.s[0] = line;
	if (keep < line.n) {
		static const char stars[] = " ****";
		size_t skip = keep == 0 || line.p[keep - 1] == ' ' ? 1 : 0;
		keep = keep > RECORD_LINE_MAX / 2 ? RECORD_LINE_MAX / 2 : keep;
		memcpy(tmp, line.p, keep);
		memcpy(tmp + keep, stars + skip, sizeof(stars) - 1 - skip);
		it.s[0] = slice_of(tmp, keep + sizeof(stars) - 1 - skip);
	} else if (line.n > RECORD_LINE_MAX) {
		it.s[0] = slice_of(tmp, cut_line(tmp, line));
	}
	item_add(r, &it);
}

void
record_dialogue(
    struct record *r, uint64_t unix_ms, enum record_who who, struct slice text)
{
	uint64_t ms = unix_ms > r->start_ms ? unix_ms - r->start_ms : 0;
	while (text.n > 0) {
		size_t end = slice_find(text, '\n');
		struct slice line = slice_to(text, end);
		text = slice_from(text, end + 1);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		add_line(r, ms, who, line);
	}
}

void
record_note(struct record *r, uint64_t unix_ms, const char *fmt, ...)
{
	char text[RECORD_LINE_MAX];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	size_t len = (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1;
	record_dialogue(r, unix_ms, RECORD_NOTE, slice_of(text, len));
}

/* --- transactions, decisions, events --- */

void
record_mail(struct record *r, struct slice from)
{
	add_string(r, RECORD_TAG_MAIL, from);
}

void
record_rcpt(struct record *r, struct slice to, enum record_verdict v,
    struct slice cause, struct slice reply)
{
	struct record_item it = {.tag = RECORD_TAG_RCPT};
	it.v[0] = v;
	it.s[0] = cut(to);
	it.s[1] = cut(cause);
	it.s[2] = cut(reply);
	item_add(r, &it);
}

void
record_message(struct record *r, id_t64 message, enum record_verdict v,
    uint64_t octets, struct slice cause)
{
	struct record_item it = {.tag = RECORD_TAG_MESSAGE};
	it.v[0] = message;
	it.v[1] = v;
	it.v[2] = octets;
	it.s[0] = cut(cause);
	item_add(r, &it);
}

void
record_cause(struct record *r, struct slice code)
{
	if (code.n > 0)
		add_string(r, RECORD_TAG_CAUSE, code);
}

void
record_decision(struct record *r, const struct record_decision *d)
{
	struct record_item it = {.tag = RECORD_TAG_DECISION,
	    .s = {cut(d->stage), cut(d->rule), cut(d->config), cut(d->list),
		slice_to(d->evidence, 2 * FIELD_MAX), cut(d->verdict),
		cut(d->cause)}};
	item_add(r, &it);
}

void
record_event(struct record *r, const struct record_event *e)
{
	struct record_item it = {.tag = RECORD_TAG_QUEUE_EVENT,
	    .v = {e->unix_ms, e->what, e->message, e->next_try_ms},
	    .s = {cut(e->rcpt), cut(e->cause), cut(e->text)}};
	item_add(r, &it);
}

enum err
record_end(struct record *r, uint64_t unix_ms, enum record_verdict v,
    uint64_t bytes_in, uint64_t bytes_out, struct slice *out)
{
	if (r->lines_left_out > 0 || r->items_left_out > 0) {
		struct record_item it = {.tag = RECORD_TAG_LEFT_OUT};
		it.v[0] = r->lines_left_out;
		it.v[1] = r->items_left_out;
		item_put(r, &it, payload_size(&it, &layouts[it.tag]));
	}
	struct record_item it = {.tag = RECORD_TAG_END};
	it.v[0] = unix_ms > r->start_ms ? unix_ms - r->start_ms : 0;
	it.v[1] = v;
	it.v[2] = bytes_in;
	it.v[3] = bytes_out;
	item_put(r, &it, payload_size(&it, &layouts[it.tag]));
	if (buf_err(&r->b) != ERR_OK)
		return buf_err(&r->b);
	*out = buf_slice(&r->b);
	return ERR_OK;
}

/* --- reading --- */

/* varint_get - only the shortest form of a number, so that a record has one
 * encoding. */
static bool
varint_get(struct slice *s, uint64_t *out)
{
	uint64_t v = 0;
	for (size_t i = 0; i < s->n && i < 10; i++) {
		uint8_t c = s->p[i];
		if (i == 9 && c > 1)
			return false;
		v |= (uint64_t)(c & 0x7f) << (7 * i);
		if ((c & 0x80) == 0) {
			if (c == 0 && i > 0)
				return false;
			*s = slice_from(*s, i + 1);
			*out = v;
			return true;
		}
	}
	return false;
}

static bool
take(struct slice *s, size_t n, struct slice *out)
{
	if (n > s->n)
		return false;
	*out = slice_to(*s, n);
	*s = slice_from(*s, n);
	return true;
}

static bool
ip_get(struct slice *s, struct ip *out)
{
	struct slice b;
	if (!take(s, 1, &b))
		return false;
	*out = (struct ip){.family = b.p[0]};
	if (b.p[0] != 0 && b.p[0] != 4 && b.p[0] != 6)
		return false;
	size_t n = ip_octets(b.p[0]);
	if (!take(s, n, &b))
		return false;
	memcpy(out->b, b.p, n);
	return true;
}

enum err
record_open(
    struct slice bytes, struct record_head *out_head, struct record_reader *out)
{
	if (bytes.n < HEAD_FIXED || bytes.n > RECORD_MAX ||
	    bytes.p[0] != MAGIC || bytes.p[1] != VERSION || bytes.p[2] == 0 ||
	    bytes.p[2] >= RECORD_KIND_END)
		return ERR_SYNTAX;
	struct slice left = slice_from(bytes, HEAD_FIXED);
	uint64_t id, time_ms;
	if (!varint_get(&left, &id) || !varint_get(&left, &time_ms))
		return ERR_SYNTAX;
	if (id == 0 || id > INT64_MAX || time_ms == 0 || time_ms > INT64_MAX)
		return ERR_SYNTAX;
	out_head->kind = (enum record_kind)bytes.p[2];
	out_head->id = id;
	out_head->time_ms = time_ms;
	out->left = left;
	return ERR_OK;
}

static bool
payload_get(struct slice s, const struct layout *l, struct record_item *it)
{
	if (l->ip && !ip_get(&s, &it->ip))
		return false;
	for (size_t i = 0; i < l->numbers; i++)
		if (!varint_get(&s, &it->v[i]))
			return false;
	for (size_t i = 0; i < l->strings; i++) {
		uint64_t n;
		if (!varint_get(&s, &n) || n > s.n ||
		    !take(&s, (size_t)n, &it->s[i]))
			return false;
	}
	return s.n == 0;
}

enum err
record_next_of(struct record_reader *rd, uint32_t tags, struct record_item *out)
{
	struct slice left = rd->left, payload;
	while (left.n > 0) {
		uint8_t tag = left.p[0];
		uint64_t n;
		left = slice_from(left, 1);
		if (!varint_get(&left, &n) || n > left.n ||
		    !take(&left, (size_t)n, &payload))
			return ERR_SYNTAX;
		if (tag >= RECORD_TAG_COUNT || !layouts[tag].known)
			continue; /* of a later version */
		if ((tags & (1u << tag)) == 0)
			continue;
		*out = (struct record_item){.tag = (enum record_tag)tag};
		if (!payload_get(payload, &layouts[tag], out))
			return ERR_SYNTAX;
		rd->left = left;
		return ERR_OK;
	}
	rd->left = left;
	return ERR_NOT_FOUND;
}

enum err
record_next(struct record_reader *rd, struct record_item *out)
{
	struct record_item it;
	enum err e = record_next_of(rd, UINT32_MAX, &it);
	if (e == ERR_OK)
		*out = it;
	return e;
}

static bool
in_range(uint64_t v, uint64_t end)
{
	return v > 0 && v < end;
}

static bool
item_sane(const struct record_item *it, enum record_kind kind)
{
	switch (it->tag) {
	case RECORD_TAG_PEER:
	case RECORD_TAG_LOCAL:
		return it->v[0] <= UINT16_MAX;
	case RECORD_TAG_DIALOGUE:
		return in_range(it->v[1], RECORD_WHO_END) &&
		       it->s[0].n <= RECORD_LINE_MAX;
	case RECORD_TAG_RCPT:
		return in_range(it->v[0], RECORD_VERDICT_END);
	case RECORD_TAG_MESSAGE:
		return in_range(it->v[1], RECORD_VERDICT_END) &&
		       it->v[0] <= INT64_MAX;
	case RECORD_TAG_QUEUE_EVENT:
		return in_range(it->v[1], RECORD_WHAT_END) &&
		       in_range(it->v[2], INT64_MAX) && it->v[0] <= INT64_MAX &&
		       it->v[3] <= INT64_MAX;
	case RECORD_TAG_END:
		return in_range(it->v[1], RECORD_VERDICT_END) ||
		       (kind == RECORD_EVENTS && it->v[1] == 0);
	case RECORD_TAG_PASSED:
		return it->v[0] <= (RECORD_LOOKUP_PTR | RECORD_LOOKUP_HELO |
				       RECORD_LOOKUP_MAIL);
	case RECORD_TAG_HOST:
	case RECORD_TAG_PTR:
	case RECORD_TAG_HELO:
	case RECORD_TAG_LISTENER:
	case RECORD_TAG_USER:
	case RECORD_TAG_TLS:
	case RECORD_TAG_MAIL:
	case RECORD_TAG_CAUSE:
	case RECORD_TAG_DECISION:
	case RECORD_TAG_LEFT_OUT:
	case RECORD_TAG_COUNT:
		return true;
	}
	return false;
}

enum err
record_check(struct slice bytes)
{
	struct record_head head;
	struct record_reader rd;
	struct record_item it;
	enum err e = record_open(bytes, &head, &rd);
	bool ended = false;
	if (e != ERR_OK)
		return e;
	while ((e = record_next(&rd, &it)) == ERR_OK) {
		if (ended || !item_sane(&it, head.kind))
			return ERR_SYNTAX;
		ended = it.tag == RECORD_TAG_END;
	}
	return e == ERR_NOT_FOUND && ended ? ERR_OK : ERR_SYNTAX;
}

void
record_without_dialogue(struct slice bytes, struct buf *out)
{
	struct record_head head;
	struct record_reader rd;
	struct record_item it;
	if (record_open(bytes, &head, &rd) != ERR_OK)
		return;
	buf_add(out, slice_to(bytes, bytes.n - rd.left.n));
	for (;;) {
		struct slice before = rd.left;
		if (record_next(&rd, &it) != ERR_OK)
			break;
		if (it.tag != RECORD_TAG_DIALOGUE)
			buf_add(out, slice_to(before, before.n - rd.left.n));
	}
}

/* --- names --- */

static const char *const verdict_names[RECORD_VERDICT_END] = {
    [RECORD_ACCEPTED] = "accepted",
    [RECORD_REFUSED] = "refused",
    [RECORD_DELIVERED] = "delivered",
    [RECORD_DEFERRED] = "deferred",
    [RECORD_FAILED] = "failed",
    [RECORD_CUT] = "cut",
};

static const char *const who_names[RECORD_WHO_END] = {
    [RECORD_US] = "us",
    [RECORD_PEER] = "peer",
    [RECORD_NOTE] = "note",
    [RECORD_EVENT] = "event",
};

static const char *const what_names[RECORD_WHAT_END] = {
    [RECORD_QUEUED] = "queued",
    [RECORD_EV_DELIVERED] = "delivered",
    [RECORD_EV_DEFERRED] = "deferred",
    [RECORD_EV_FAILED] = "failed",
    [RECORD_BOUNCED] = "bounced",
    [RECORD_WARNED] = "warned",
    [RECORD_HELD] = "held",
    [RECORD_RELEASED] = "released",
    [RECORD_RETRIED] = "retried",
    [RECORD_DELETED] = "deleted",
    [RECORD_EXPIRED] = "expired",
};

const char *
record_verdict_name(uint64_t v)
{
	return v < RECORD_VERDICT_END ? verdict_names[v] : NULL;
}

const char *
record_who_name(uint64_t who)
{
	return who < RECORD_WHO_END ? who_names[who] : NULL;
}

const char *
record_what_name(uint64_t what)
{
	return what < RECORD_WHAT_END ? what_names[what] : NULL;
}

enum err
record_verdict_parse(struct slice name, enum record_verdict *out)
{
	for (unsigned v = 1; v < RECORD_VERDICT_END; v++)
		if (slice_eq_nocase(name, slice_str(verdict_names[v]))) {
			*out = (enum record_verdict)v;
			return ERR_OK;
		}
	return ERR_SYNTAX;
}
