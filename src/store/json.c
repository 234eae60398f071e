#include "store/json.h"

#include "proto/mail/date.h"

/* In the order in which one of them stands for the whole message. */
static const char *const states[] = {"active", "due", "deferred", "held"};

static unsigned
state_of(const struct store_item_recipient *r, uint64_t now_ms)
{
	if (r->active)
		return 0;
	if (r->state == STORE_HELD)
		return 3;
	return r->due_ms <= now_ms ? 1 : 2;
}

/* A string, or null when there is none. */
static void
add_text(struct buf *out, const char *name, struct slice v, bool or_null)
{
	buf_printf(out, "\"%s\":", name);
	if (v.n == 0 && or_null) {
		buf_add_str(out, "null");
		return;
	}
	buf_add_byte(out, '"');
	buf_add_json(out, v);
	buf_add_byte(out, '"');
}

static void
add_time(struct buf *out, const char *name, uint64_t unix_ms)
{
	buf_printf(out, "\"%s\":", name);
	if (unix_ms == 0) {
		buf_add_str(out, "null");
		return;
	}
	buf_add_byte(out, '"');
	buf_add_date_rfc3339(out, unix_ms, 0);
	buf_add_byte(out, '"');
}

static void
add_number(struct buf *out, const char *name, uint64_t v)
{
	buf_printf(out, "\"%s\":", name);
	buf_add_u64(out, v);
	buf_add_byte(out, ',');
}

static void
add_recipient(
    const struct store_item_recipient *r, uint64_t now_ms, struct buf *out)
{
	bool held = r->state == STORE_HELD && !r->active;
	buf_add_byte(out, '{');
	add_text(out, "address", r->recipient.address, false);
	buf_add_byte(out, ',');
	add_text(out, "original", r->recipient.original, true);
	buf_printf(out, ",\"state\":\"%s\",", states[state_of(r, now_ms)]);
	add_number(out, "attempts", r->attempts);
	add_time(out, "next_try", held ? 0 : r->due_ms);
	buf_add_byte(out, ',');
	add_text(out, "last_reply", r->reply, true);
	buf_add_byte(out, ',');
	add_text(out, "cause", r->cause, true);
	buf_add_byte(out, '}');
}

void
store_json_item(const struct store_item *m, uint64_t now_ms, struct buf *out)
{
	unsigned all = 3;
	for (size_t i = 0; i < m->n_recipients; i++) {
		unsigned s = state_of(&m->recipients[i], now_ms);
		all = s < all ? s : all;
	}
	buf_add_str(out, "{\"id\":\"");
	buf_add_id(out, m->envelope.id);
	buf_printf(out, "\",\"state\":\"%s\",", states[all]);
	add_text(out, "from", m->envelope.sender, false);
	buf_add_byte(out, ',');
	add_number(out, "size", m->envelope.size);
	add_time(out, "arrived", m->envelope.arrived_ms);
	buf_add_str(out, ",\"recipients\":[");
	for (size_t i = 0; i < m->n_recipients; i++) {
		if (i > 0)
			buf_add_byte(out, ',');
		add_recipient(&m->recipients[i], now_ms, out);
	}
	buf_add_str(out, "]}");
}

void
store_json_stats(const struct store_stats *s, struct buf *out)
{
	buf_add_byte(out, '{');
	add_number(out, "messages", s->messages);
	add_number(out, "recipients", s->recipients);
	add_number(out, "due", s->due);
	add_number(out, "active", s->active);
	add_number(out, "deferred", s->deferred);
	add_number(out, "held", s->held);
	add_number(out, "octets", s->octets);
	add_time(out, "oldest", s->oldest_arrived_ms);
	buf_add_byte(out, '}');
}
