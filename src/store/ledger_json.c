/* ledger_json.c - the `log` shape of interface 4; keys may be added, never
 * renamed. */
#include "proto/mail/date.h"
#include "store/ledger_view.h"

void
ledger_json_text(struct buf *b, const char *name, struct slice s)
{
	buf_printf(b, "\"%s\": ", name);
	if (s.n == 0) {
		buf_add_str(b, "null");
		return;
	}
	buf_add_byte(b, '"');
	buf_add_json(b, s);
	buf_add_byte(b, '"');
}

void
ledger_json_list(struct buf *b, const char *name, struct slice lines)
{
	buf_printf(b, "\"%s\": [", name);
	for (bool first = true; lines.n > 0; first = false) {
		size_t end = slice_find(lines, '\n');
		buf_add_str(b, first ? "\"" : ", \"");
		buf_add_json(b, slice_to(lines, end));
		buf_add_byte(b, '"');
		lines = slice_from(lines, end + 1);
	}
	buf_add_byte(b, ']');
}

static void
add_quoted(struct buf *b, struct slice s)
{
	buf_add_byte(b, '"');
	buf_add_json(b, s);
	buf_add_byte(b, '"');
}

static void
add_peer(struct buf *b, const struct ledger_view *v)
{
	buf_add_str(b, "\"peer\": {\"ip\": ");
	if (v->peer.ip.family == 0) {
		buf_add_str(b, "null");
	} else {
		buf_add_byte(b, '"');
		buf_add_ip(b, &v->peer.ip);
		buf_add_byte(b, '"');
	}
	buf_printf(b, ", \"port\": %u, ", v->peer.port);
	ledger_json_text(b, "host", v->host);
	buf_add_str(b, ", ");
	ledger_json_text(b, "ptr", v->ptr);
	buf_add_str(b, ", ");
	ledger_json_text(b, "helo", v->helo);
	buf_add_byte(b, '}');
}

static void
add_tls(struct buf *b, const struct ledger_view *v)
{
	if (!v->tls) {
		buf_add_str(b, "\"tls\": null");
		return;
	}
	buf_add_str(b, "\"tls\": {");
	ledger_json_text(b, "version", v->tls_version);
	buf_add_str(b, ", ");
	ledger_json_text(b, "cipher", v->tls_cipher);
	buf_printf(b, ", \"bits\": %u, \"verified\": %s}", v->tls_bits,
	    v->tls_verified ? "true" : "false");
}

/* named_before - was this recipient named by an earlier item? end is where
 * the reader stood before it. */
static bool
named_before(const struct ledger_view *v, struct slice end, struct slice to)
{
	struct record_reader rd = ledger_view_items(v);
	struct record_item it;
	while (rd.left.n > end.n && record_next(&rd, &it) == ERR_OK) {
		if (it.tag == RECORD_TAG_RCPT && slice_eq(it.s[0], to))
			return true;
	}
	return false;
}

/* add_envelope - the first sender, and every recipient once. */
static void
add_envelope(struct buf *b, const struct ledger_view *v)
{
	struct record_reader rd = ledger_view_items(v);
	struct record_item it;
	struct ledger_tx tx;
	if (ledger_tx_next(&rd, &tx)) {
		buf_add_str(b, "\"from\": ");
		add_quoted(b, tx.from);
	} else {
		buf_add_str(b, "\"from\": null");
	}
	buf_add_str(b, ", \"to\": [");
	bool first = true;
	rd = ledger_view_items(v);
	for (;;) {
		struct slice before = rd.left;
		if (record_next(&rd, &it) != ERR_OK)
			break;
		if (it.tag != RECORD_TAG_RCPT ||
		    named_before(v, before, it.s[0]))
			continue;
		buf_add_str(b, first ? "" : ", ");
		add_quoted(b, it.s[0]);
		first = false;
	}
	buf_add_byte(b, ']');
}

static void
add_recipients(struct buf *b, const struct ledger_view *v)
{
	struct record_reader rd = ledger_view_items(v);
	struct record_item it;
	bool first = true;
	buf_add_str(b, "\"recipients\": [");
	while (record_next(&rd, &it) == ERR_OK) {
		if (it.tag != RECORD_TAG_RCPT)
			continue;
		buf_add_str(b, first ? "{\"address\": " : ", {\"address\": ");
		add_quoted(b, it.s[0]);
		buf_printf(
		    b, ", \"verdict\": \"%s\", ", record_verdict_name(it.v[0]));
		ledger_json_text(b, "cause", it.s[1]);
		buf_add_str(b, ", ");
		ledger_json_text(b, "reply", it.s[2]);
		buf_add_byte(b, '}');
		first = false;
	}
	buf_add_byte(b, ']');
}

static void
add_causes(struct buf *b, const struct ledger_view *v)
{
	struct slice codes[LEDGER_CAUSES_MAX];
	size_t n = ledger_view_causes(v, codes);
	buf_add_str(b, "\"causes\": [");
	for (size_t i = 0; i < n; i++) {
		buf_add_str(b, i == 0 ? "" : ", ");
		add_quoted(b, codes[i]);
	}
	buf_add_byte(b, ']');
}

static void
add_messages(struct buf *b, const struct ledger_view *v)
{
	struct record_reader rd = ledger_view_items(v);
	struct ledger_tx tx;
	struct buf all;
	size_t n = 0;
	buf_init(&all, b->max);
	buf_add_str(b, "\"message\": ");
	while (ledger_tx_next(&rd, &tx)) {
		if (tx.message == 0)
			continue;
		buf_add_str(&all, n++ == 0 ? "\"" : ", \"");
		buf_add_id(&all, tx.message);
		buf_add_byte(&all, '"');
		if (n == 1)
			buf_add(b, buf_slice(&all));
	}
	if (n == 0)
		buf_add_str(b, "null");
	buf_add_str(b, ", \"messages\": [");
	buf_add(b, buf_slice(&all));
	buf_add_byte(b, ']');
	buf_free(&all);
}

static void
add_decision(struct buf *b, const struct record_item *it)
{
	static const char *const names[4] = {"stage", "rule", "config", "list"};
	buf_add_byte(b, '{');
	for (size_t i = 0; i < 4; i++) {
		ledger_json_text(b, names[i], it->s[i]);
		buf_add_str(b, ", ");
	}
	ledger_json_list(b, "evidence", it->s[4]);
	buf_add_str(b, ", ");
	ledger_json_text(b, "verdict", it->s[5]);
	buf_add_str(b, ", ");
	ledger_json_text(b, "cause", it->s[6]);
	buf_add_byte(b, '}');
}

static void
add_line(struct buf *b, const struct record_item *it)
{
	buf_printf(b, "{\"ms\": %llu, \"who\": \"%s\", \"text\": ",
	    (unsigned long long)it->v[0], record_who_name(it->v[1]));
	add_quoted(b, it->s[0]);
	buf_add_byte(b, '}');
}

/* add_items - a list of all items with that tag. */
static void
add_items(struct buf *b, const struct ledger_view *v, const char *name,
    enum record_tag tag, void (*add)(struct buf *, const struct record_item *))
{
	struct record_reader rd = ledger_view_items(v);
	struct record_item it;
	bool first = true;
	buf_printf(b, "\"%s\": [", name);
	while (record_next(&rd, &it) == ERR_OK) {
		if (it.tag != tag)
			continue;
		buf_add_str(b, first ? "" : ", ");
		add(b, &it);
		first = false;
	}
	buf_add_byte(b, ']');
}

void
ledger_add_json(struct buf *b, const struct ledger_view *v)
{
	buf_add_str(b, "{\"id\": \"");
	buf_add_id(b, v->head.id);
	buf_printf(b, "\", \"direction\": \"%s\", \"time\": \"",
	    v->head.kind == RECORD_OUT ? "out" : "in");
	buf_add_date_rfc3339(b, v->head.time_ms, 0);
	buf_printf(b, "\", \"duration_ms\": %llu, ", (unsigned long long)v->ms);
	add_peer(b, v);
	buf_add_str(b, ", ");
	ledger_json_text(b, "listener", v->listener);
	buf_add_str(b, ", ");
	add_envelope(b, v);
	buf_add_str(b, ", ");
	add_recipients(b, v);
	buf_add_str(b, ", ");
	ledger_json_text(b, "user", v->user);
	buf_add_str(b, ", ");
	add_tls(b, v);
	buf_printf(
	    b, ", \"verdict\": \"%s\", ", record_verdict_name(v->verdict));
	add_causes(b, v);
	buf_add_str(b, ", ");
	add_messages(b, v);
	buf_printf(b, ", \"bytes_in\": %llu, \"bytes_out\": %llu, ",
	    (unsigned long long)v->bytes_in, (unsigned long long)v->bytes_out);
	add_items(b, v, "decisions", RECORD_TAG_DECISION, add_decision);
	buf_add_str(b, ", ");
	add_items(b, v, "dialogue", RECORD_TAG_DIALOGUE, add_line);
	buf_printf(b, ", \"dialogue_left_out\": %llu}",
	    (unsigned long long)v->lines_left_out);
}
