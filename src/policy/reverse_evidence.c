#include <string.h>

#include "policy/reverse.h"
#include "proto/dns/message.h"

#define LINE_MAX_OCTETS 400
#define NAMES_SHOWN     8
#define CUT_MAX         40 /* of "... and 23 further answers" */

void
reverse_add_shown(struct buf *b, struct slice s, size_t max)
{
	size_t cost = 0, whole = 0; /* whole: octets that fit before "..." */
	for (size_t i = 0; i < s.n && cost <= max; i++) {
		bool plain = s.p[i] >= 0x20 && s.p[i] < 0x7f && s.p[i] != '\\';
		cost += plain ? 1 : 4;
		if (cost + 3 <= max)
			whole = i + 1;
	}
	if (cost <= max) {
		buf_add_escaped(b, s);
		return;
	}
	buf_add_escaped(b, slice_to(s, whole));
	buf_add(b, SLICE("..."));
}

/* ---- a line: question and answer ---- */

static const char *
type_text(uint16_t type)
{
	return type == DNS_PTR  ? "PTR "
	       : type == DNS_MX ? "MX "
	       : type == DNS_A  ? "A "
				: "AAAA ";
}

static void
add_more(struct buf *b, uint64_t more)
{
	if (more == 0)
		return;
	buf_add(b, SLICE(" and "));
	buf_add_u64(b, more);
	buf_add(b, SLICE(" more"));
}

/* The names of round 2 are what round 1 brought. */
static void
add_names(struct buf *b, const struct reverse *r, const struct reverse_asked *q)
{
	uint64_t shown = 0;
	for (size_t i = r->first; i < r->n && shown < NAMES_SHOWN; i++) {
		buf_add(b, shown++ == 0 ? SLICE(" ") : SLICE(", "));
		if (q->type == DNS_MX) {
			buf_add_u64(b, r->slot[i].preference);
			buf_add_byte(b, ' ');
		}
		buf_add(b, slice_of(r->slot[i].name, r->slot[i].name_n));
	}
	if (q->roots > 0 && shown++ == 0)
		buf_add(b, SLICE(" \".\""));
	if (q->odd > 0) {
		buf_add(b, shown == 0 ? SLICE(" ") : SLICE(", "));
		buf_add_u64(b, q->odd);
		buf_add(b, SLICE(" not a host name"));
		shown += q->odd;
	}
	if (q->records + q->roots > shown)
		add_more(b, q->records + q->roots - shown);
}

static void
add_addresses(struct buf *b, const struct reverse_asked *q)
{
	for (size_t i = 0; i < q->addr_n; i++) {
		buf_add(b, i == 0 ? SLICE(" ") : SLICE(", "));
		buf_add_ip(b, &q->addr[i]);
	}
	add_more(b, q->records - q->addr_n);
}

static const char *
status_text(uint8_t status)
{
	static const char *const text[] = {
	    [REVERSE_DNS_OK] = " no usable record",
	    [REVERSE_DNS_NODATA] = " NODATA",
	    [REVERSE_DNS_NXDOMAIN] = " NXDOMAIN",
	    [REVERSE_DNS_TEMPFAIL] = " TEMPFAIL",
	    [REVERSE_DNS_TIMEOUT] = " TIMEOUT",
	    [REVERSE_DNS_BOGUS] = " BOGUS",
	};
	return text[status];
}

static void
add_answer(
    struct buf *b, const struct reverse *r, const struct reverse_asked *q)
{
	if (q->records + q->roots == 0) {
		buf_add_str(b, status_text(q->status));
		if (q->detail_n > 0) {
			buf_add(b, SLICE(" ("));
			buf_add(b, slice_of(q->detail, q->detail_n));
			buf_add_byte(b, ')');
		}
	} else if (q->type == DNS_PTR || q->type == DNS_MX) {
		add_names(b, r, q);
	} else {
		add_addresses(b, q);
	}
}

static struct slice
line(const struct reverse *r, const struct reverse_asked *q,
    char text[LINE_MAX_OCTETS])
{
	struct buf b = reverse_fixed(text, LINE_MAX_OCTETS - 4);
	buf_add_str(&b, type_text(q->type));
	buf_add(&b, slice_of(q->name, q->name_n));
	buf_add_byte(&b, ':');
	add_answer(&b, r, q);
	if (buf_err(&b) != ERR_OK) {
		memcpy(text + b.n, " ...", 4);
		b.n += 4;
	}
	return buf_slice(&b);
}

/* ---- all of them ---- */

static void
tell_remark(struct reverse *r, struct buf *b)
{
	buf_add(
	    b, r->result.kind == REVERSE_HELO ? SLICE("HELO") : SLICE("MAIL"));
	if (r->result.name.n > 0)
		buf_add_byte(b, ' ');
	reverse_add_shown(b, r->result.name, LINE_MAX_OCTETS);
	buf_add(b, SLICE(": "));
	buf_add_str(b, r->remark);
}

void
reverse_tell(struct reverse *r)
{
	struct buf b = reverse_fixed(r->evidence, sizeof(r->evidence));
	char text[LINE_MAX_OCTETS];
	uint64_t cut = 0;
	if (r->remark != NULL)
		tell_remark(r, &b);
	for (size_t i = 0; i < r->open; i++) {
		if (r->slot[i].stage != REVERSE_ANSWERED)
			continue;
		struct slice l = line(r, &r->slot[i], text);
		if (cut > 0 || b.n + 1 + l.n + CUT_MAX > b.max) {
			cut++;
			continue;
		}
		if (b.n > 0)
			buf_add_byte(&b, '\n');
		buf_add(&b, l);
	}
	if (cut > 0) {
		buf_add(&b, SLICE("\n... and "));
		buf_add_u64(&b, cut);
		buf_add(&b, SLICE(" further answers"));
	}
	r->result.evidence = buf_slice(&b);
}
