#include "cmd/queue_json.h"

#include "proto/mail/date.h"

/* In the order in which one of them stands for the whole message. */
enum state { STATE_ACTIVE, STATE_DUE, STATE_DEFERRED, STATE_HELD };

static const char *const state_names[] = {
    [STATE_ACTIVE] = "active",
    [STATE_DUE] = "due",
    [STATE_DEFERRED] = "deferred",
    [STATE_HELD] = "held",
};

static enum state
state_of(const struct store_item_recipient *r, uint64_t now_ms)
{
	if (r->active)
		return STATE_ACTIVE;
	if (r->state == STORE_HELD)
		return STATE_HELD;
	return r->due_ms <= now_ms ? STATE_DUE : STATE_DEFERRED;
}

static void
add_text(struct buf *out, const char *name, struct slice value)
{
	buf_printf(out, "\"%s\":\"", name);
	buf_add_json(out, value);
	buf_add_byte(out, '"');
}

static void
add_text_or_null(struct buf *out, const char *name, struct slice value)
{
	if (value.n > 0)
		add_text(out, name, value);
	else
		buf_printf(out, "\"%s\":null", name);
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
add_recipient(
    const struct store_item_recipient *r, uint64_t now_ms, struct buf *out)
{
	enum state s = state_of(r, now_ms);

	buf_add_byte(out, '{');
	add_text(out, "address", r->recipient.address);
	buf_add_byte(out, ',');
	add_text_or_null(out, "original", r->recipient.original);
	buf_printf(out, ",\"state\":\"%s\",\"attempts\":%u,", state_names[s],
	    r->attempts);
	add_time(out, "next_try", s == STATE_HELD ? 0 : r->due_ms);
	buf_add_byte(out, ',');
	add_text_or_null(out, "last_reply", r->reply);
	buf_add_byte(out, ',');
	add_text_or_null(out, "cause", r->cause);
	buf_add_byte(out, '}');
}

void
queue_json_item(const struct store_item *it, uint64_t now_ms, struct buf *out)
{
	enum state all = STATE_HELD;
	char id[ID_TEXT_LEN + 1];

	for (size_t i = 0; i < it->n_recipients; i++) {
		enum state s = state_of(&it->recipients[i], now_ms);
		all = s < all ? s : all;
	}
	id_text(it->envelope.id, id);
	buf_printf(
	    out, "{\"id\":\"%s\",\"state\":\"%s\",", id, state_names[all]);
	add_text(out, "from", it->envelope.sender);
	buf_printf(
	    out, ",\"size\":%llu,", (unsigned long long)it->envelope.size);
	add_time(out, "arrived", it->envelope.arrived_ms);
	buf_add_str(out, ",\"recipients\":[");
	for (size_t i = 0; i < it->n_recipients; i++) {
		buf_add_str(out, i > 0 ? "," : "");
		add_recipient(&it->recipients[i], now_ms, out);
	}
	buf_add_str(out, "]}");
}

static void
add_number(struct buf *out, const char *name, uint64_t v)
{
	buf_printf(out, "\"%s\":", name);
	buf_add_u64(out, v);
	buf_add_byte(out, ',');
}

void
queue_json_stats(const struct store_stats *s, struct buf *out)
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
