/* ledger_text.c - sessions for people: the dialogue and the summary. */
#include "proto/mail/date.h"
#include "store/ledger_view.h"

static void
add_stamp(
    struct buf *b, const struct ledger_view *v, uint64_t ms, ledger_zone zone)
{
	uint64_t at = v->head.time_ms + ms;
	buf_add_date_stamp(b, at, zone(at));
	buf_add_str(b, ": [");
	buf_add_id(b, v->head.id);
	buf_add_str(b, "] ");
}

static const char *const arrows[RECORD_WHO_END] = {
    [RECORD_US] = "--> ",
    [RECORD_PEER] = "<-- ",
    [RECORD_NOTE] = "*  ",
    [RECORD_EVENT] = "",
};

static const char *
ending(const struct ledger_view *v)
{
	if (v->goes_on)
		return "SMTP session goes on in a further record\n";
	if (v->verdict == RECORD_ACCEPTED || v->verdict == RECORD_DELIVERED)
		return "SMTP session successful";
	return "SMTP session terminated";
}

void
ledger_add_dialogue(
    struct buf *b, const struct ledger_view *v, ledger_zone zone)
{
	struct record_reader rd = ledger_view_items(v);
	struct record_item it;
	while (record_next(&rd, &it) == ERR_OK) {
		if (it.tag != RECORD_TAG_DIALOGUE)
			continue;
		add_stamp(b, v, it.v[0], zone);
		buf_add_str(b, arrows[it.v[1]]);
		ledger_add_shown(b, it.s[0]);
		buf_add_byte(b, '\n');
	}
	if (v->lines_left_out > 0) {
		add_stamp(b, v, v->ms, zone);
		buf_printf(b, "*  \xe2\x80\xa6 %llu lines left out\n",
		    (unsigned long long)v->lines_left_out);
	}
	add_stamp(b, v, v->ms, zone);
	buf_add_str(b, ending(v));
	if (!v->goes_on)
		buf_printf(b, " (Bytes in/out: %llu/%llu)\n",
		    (unsigned long long)v->bytes_in,
		    (unsigned long long)v->bytes_out);
}

/* pad - spaces up to that column of the line begun at start, one at least.
 * Octets above ASCII inside a character take no column. */
static void
pad(struct buf *b, size_t start, size_t column)
{
	size_t at = 0;
	for (size_t i = start; i < b->n; i++)
		at += (b->p[i] & 0xc0) != 0x80;
	do {
		buf_add_byte(b, ' ');
	} while (++at < column);
}

static void
add_way(struct buf *b, const struct ledger_view *v)
{
	struct record_reader rd = ledger_view_items(v);
	struct record_item it;
	size_t senders = 0, recipients = 0;
	struct slice to = SLICE_EMPTY;
	while (record_next(&rd, &it) == ERR_OK) {
		if (it.tag == RECORD_TAG_MAIL && senders++ == 0) {
			buf_add_byte(b, '<');
			ledger_add_shown(b, it.s[0]);
			buf_add_byte(b, '>');
		}
		if (it.tag == RECORD_TAG_RCPT && recipients++ == 0)
			to = it.s[0];
	}
	if (senders == 0)
		buf_add_byte(b, '-');
	if (recipients == 0)
		return;
	buf_add_str(b, " -> <");
	ledger_add_shown(b, to);
	buf_add_byte(b, '>');
	if (recipients > 1)
		buf_printf(b, " +%zu", recipients - 1);
}

void
ledger_add_summary(struct buf *b, const struct ledger_view *v, ledger_zone zone)
{
	size_t start = b->n;
	struct slice codes[LEDGER_CAUSES_MAX];
	size_t n = ledger_view_causes(v, codes);
	buf_add_date_stamp(b, v->head.time_ms, zone(v->head.time_ms));
	buf_add_byte(b, ' ');
	buf_add_id(b, v->head.id);
	buf_printf(b, " %-3s %-9s ", v->head.kind == RECORD_OUT ? "out" : "in",
	    record_verdict_name(v->verdict));
	if (v->tls)
		ledger_add_shown(b, v->tls_version);
	else
		buf_add_byte(b, '-');
	pad(b, start, 65);
	ledger_add_peer(b, v);
	pad(b, start, 106);
	add_way(b, v);
	for (size_t i = 0; i < n; i++) {
		buf_add_str(b, i == 0 ? "  " : " ");
		ledger_add_shown(b, codes[i]);
	}
	buf_add_byte(b, '\n');
}
