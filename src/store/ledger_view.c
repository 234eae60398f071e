#include "store/ledger_view.h"

#include "base/utf8.h"

static void
view_item(struct ledger_view *v, const struct record_item *it)
{
	switch (it->tag) {
	case RECORD_TAG_PEER:
		v->peer = (struct ledger_end_point){it->ip, (uint16_t)it->v[0]};
		break;
	case RECORD_TAG_LOCAL:
		v->local =
		    (struct ledger_end_point){it->ip, (uint16_t)it->v[0]};
		break;
	case RECORD_TAG_HOST:
		v->host = it->s[0];
		break;
	case RECORD_TAG_PTR:
		v->ptr = it->s[0];
		break;
	case RECORD_TAG_HELO:
		v->helo = it->s[0];
		break;
	case RECORD_TAG_LISTENER:
		v->listener = it->s[0];
		break;
	case RECORD_TAG_USER:
		v->user = it->s[0];
		break;
	case RECORD_TAG_TLS:
		v->tls = true;
		v->tls_bits = (uint32_t)it->v[0];
		v->tls_verified = it->v[1] != 0;
		v->tls_version = it->s[0];
		v->tls_cipher = it->s[1];
		break;
	case RECORD_TAG_LEFT_OUT:
		v->lines_left_out = it->v[0];
		v->items_left_out = it->v[1];
		break;
	case RECORD_TAG_END:
		v->ms = it->v[0];
		v->verdict = (enum record_verdict)it->v[1];
		v->bytes_in = it->v[2];
		v->bytes_out = it->v[3];
		break;
	case RECORD_TAG_DIALOGUE:
	case RECORD_TAG_MAIL:
	case RECORD_TAG_RCPT:
	case RECORD_TAG_MESSAGE:
	case RECORD_TAG_CAUSE:
	case RECORD_TAG_DECISION:
	case RECORD_TAG_QUEUE_EVENT:
	case RECORD_TAG_PASSED:
	case RECORD_TAG_COUNT:
		break;
	}
}

enum err
ledger_view_open(struct slice bytes, struct ledger_view *out)
{
	struct ledger_view v = {.bytes = bytes};
	struct record_reader rd;
	struct record_item it;
	enum err e = record_check(bytes);
	if (e == ERR_OK)
		e = record_open(bytes, &v.head, &rd);
	if (e != ERR_OK)
		return e;
	while (record_next(&rd, &it) == ERR_OK)
		view_item(&v, &it);
	/* A part of a long session ends well and counts nothing yet. */
	v.goes_on =
	    v.head.kind != RECORD_EVENTS && v.bytes_in == 0 &&
	    v.bytes_out == 0 &&
	    (v.verdict == RECORD_ACCEPTED || v.verdict == RECORD_DELIVERED);
	*out = v;
	return ERR_OK;
}

struct record_reader
ledger_view_items(const struct ledger_view *v)
{
	struct record_head head;
	struct record_reader rd = {SLICE_EMPTY};
	if (record_open(v->bytes, &head, &rd) != ERR_OK)
		rd.left = SLICE_EMPTY;
	return rd;
}

bool
ledger_tx_next(struct record_reader *rd, struct ledger_tx *out)
{
	struct record_item it;
	enum err e;
	do {
		e = record_next(rd, &it);
	} while (e == ERR_OK && it.tag != RECORD_TAG_MAIL);
	if (e != ERR_OK)
		return false;
	*out = (struct ledger_tx){.from = it.s[0], .inside = *rd};
	struct record_reader ahead = *rd;
	while (record_next(&ahead, &it) == ERR_OK) {
		if (it.tag == RECORD_TAG_MAIL || it.tag == RECORD_TAG_END)
			break;
		if (it.tag != RECORD_TAG_MESSAGE)
			continue;
		out->message = it.v[0];
		out->verdict = (enum record_verdict)it.v[1];
		out->octets = it.v[2];
		out->cause = it.s[0];
		break;
	}
	return true;
}

bool
ledger_tx_item(struct ledger_tx *tx, struct record_item *out)
{
	return record_next(&tx->inside, out) == ERR_OK &&
	       out->tag != RECORD_TAG_MAIL && out->tag != RECORD_TAG_MESSAGE &&
	       out->tag != RECORD_TAG_END;
}

bool
ledger_counts(struct slice verdict)
{
	return !slice_eq(verdict, SLICE("off")) &&
	       !slice_eq(verdict, SLICE("exempt")) &&
	       !slice_eq(verdict, SLICE("authenticated"));
}

struct slice
ledger_item_cause(const struct record_item *it)
{
	switch (it->tag) {
	case RECORD_TAG_RCPT:
	case RECORD_TAG_QUEUE_EVENT:
		return it->s[1];
	case RECORD_TAG_MESSAGE:
	case RECORD_TAG_CAUSE:
		return it->s[0];
	case RECORD_TAG_DECISION:
		return ledger_counts(it->s[5]) ? it->s[6] : SLICE_EMPTY;
	case RECORD_TAG_PEER:
	case RECORD_TAG_LOCAL:
	case RECORD_TAG_HOST:
	case RECORD_TAG_PTR:
	case RECORD_TAG_HELO:
	case RECORD_TAG_LISTENER:
	case RECORD_TAG_USER:
	case RECORD_TAG_TLS:
	case RECORD_TAG_DIALOGUE:
	case RECORD_TAG_MAIL:
	case RECORD_TAG_LEFT_OUT:
	case RECORD_TAG_END:
	case RECORD_TAG_PASSED:
	case RECORD_TAG_COUNT:
		break;
	}
	return SLICE_EMPTY;
}

size_t
ledger_view_causes(
    const struct ledger_view *v, struct slice out[LEDGER_CAUSES_MAX])
{
	struct record_reader rd = ledger_view_items(v);
	struct record_item it;
	size_t n = 0;
	while (n < LEDGER_CAUSES_MAX && record_next(&rd, &it) == ERR_OK) {
		struct slice code = ledger_item_cause(&it);
		size_t i = 0;
		while (i < n && !slice_eq(out[i], code))
			i++;
		if (code.n > 0 && i == n)
			out[n++] = code;
	}
	return n;
}

void
ledger_add_shown(struct buf *b, struct slice s)
{
	while (s.n > 0) {
		size_t n;
		if (utf8_shown(s, &n))
			buf_add(b, slice_to(s, n));
		else
			for (size_t i = 0; i < n; i++)
				buf_printf(b, "\\x%02x", s.p[i]);
		s = slice_from(s, n);
	}
}

void
ledger_add_end_point(struct buf *b, const struct ledger_end_point *e)
{
	if (e->ip.family == 0)
		return;
	buf_add_byte(b, '[');
	buf_add_ip(b, &e->ip);
	buf_add_byte(b, ']');
	if (e->port != 0)
		buf_printf(b, ":%u", e->port);
}

void
ledger_add_peer(struct buf *b, const struct ledger_view *v)
{
	struct slice name = v->host.n > 0  ? v->host
			    : v->ptr.n > 0 ? v->ptr
					   : v->helo;
	ledger_add_shown(b, name);
	if (name.n > 0 && v->peer.ip.family != 0)
		buf_add_byte(b, ' ');
	ledger_add_end_point(b, &v->peer);
}

void
ledger_add_tls(struct buf *b, const struct ledger_view *v)
{
	ledger_add_shown(b, v->tls_version);
	buf_add_byte(b, ' ');
	ledger_add_shown(b, v->tls_cipher);
	buf_printf(b, " %u", v->tls_bits);
}
