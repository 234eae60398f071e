#include "role/resolver/answer.h"

#include <stdio.h>

#include "base/pack.h"

#define OPTION_EDE 15

void
answer_init(struct answer *a)
{
	*a = (struct answer){.status = IPC_DNS_TEMPFAIL};
	buf_init(&a->name, DNS_NAME_TEXT_MAX);
	buf_init(&a->records, ANSWER_RECORDS_MAX);
}

void
answer_free(struct answer *a)
{
	buf_free(&a->name);
	buf_free(&a->records);
}

static void
answer_clear(struct answer *a)
{
	buf_clear(&a->name);
	buf_clear(&a->records);
	a->status = IPC_DNS_TEMPFAIL;
	a->secure = false;
	a->ttl_s = 0;
	a->text[0] = '\0';
}

enum err
answer_copy(struct answer *to, const struct answer *from)
{
	answer_clear(to);
	to->status = from->status;
	to->secure = from->secure;
	to->ttl_s = from->ttl_s;
	snprintf(to->text, sizeof(to->text), "%s", from->text);
	buf_add(&to->name, buf_slice(&from->name));
	buf_add(&to->records, buf_slice(&from->records));
	enum err e = buf_err(&to->name);
	return e != ERR_OK ? e : buf_err(&to->records);
}

static void
set_text(struct answer *a, const char *text)
{
	char copy[sizeof(a->text)]; /* text may be a->text itself */
	snprintf(copy, sizeof(copy), "%s", text == NULL ? "" : text);
	for (char *p = copy; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	snprintf(a->text, sizeof(a->text), "%s", copy);
}

void
answer_fail(struct answer *a, enum ipc_dns_status status, const char *text)
{
	set_text(a, text);
	buf_clear(&a->name);
	buf_clear(&a->records);
	a->status = status;
	a->secure = false;
	a->ttl_s = 0;
}

static const char *
rcode_text(unsigned rcode)
{
	switch (rcode) {
	case DNS_FORMERR:
		return "FORMERR";
	case DNS_SERVFAIL:
		return "SERVFAIL";
	case DNS_NOTIMP:
		return "NOTIMP";
	case DNS_REFUSED:
		return "REFUSED";
	default:
		return "an unexpected response code";
	}
}

/* What an extended error (RFC 8914 4) says of DNSSEC; NULL: of something else,
 * or not that it failed. */
static const char *
dnssec_text(unsigned code)
{
	static const char *const texts[] = {[6] = "SERVFAIL: DNSSEC is bogus",
	    [7] = "SERVFAIL: a DNSSEC signature has expired",
	    [8] = "SERVFAIL: a DNSSEC signature is not valid yet",
	    [9] = "SERVFAIL: a DNSKEY is missing",
	    [10] = "SERVFAIL: DNSSEC signatures are missing",
	    [11] = "SERVFAIL: a DNSKEY is not one of a zone",
	    [12] = "SERVFAIL: a proof of DNSSEC (NSEC) is missing"};

	return code < sizeof(texts) / sizeof(texts[0]) ? texts[code] : NULL;
}

/* The options of OPT are code, length, octets each; code 15 begins with the
 * number of an extended error (RFC 6891 6.1.2, RFC 8914 2). */
static const char *
bogus_text(const struct dns_message *m)
{
	struct dns_cursor c = {0};
	struct dns_record r;
	const char *text = NULL;
	while (m->edns && text == NULL && dns_message_next(m, &c, &r)) {
		struct slice s = r.type == DNS_OPT ? r.rdata : SLICE_EMPTY;
		while (text == NULL && s.n >= 4) {
			unsigned code = (unsigned)s.p[0] << 8 | s.p[1];
			struct slice data = slice_to(
			    slice_from(s, 4), (size_t)s.p[2] << 8 | s.p[3]);
			if (code == OPTION_EDE && data.n >= 2)
				text = dnssec_text(
				    (unsigned)data.p[0] << 8 | data.p[1]);
			s = slice_from(s, 4 + data.n);
		}
	}
	return text;
}

/* One record's rdata, the names in it written out in full. */
static enum err
add_record(
    const struct dns_message *m, const struct dns_record *r, struct answer *out)
{
	struct dns_name name;
	uint8_t wire[2 + DNS_NAME_MAX];
	struct slice rdata = r->rdata;
	size_t n = 0;
	if (r->type == DNS_MX) {
		uint16_t preference;
		if (dns_rdata_mx(m, r, &preference, &name) != ERR_OK)
			return ERR_SYNTAX;
		wire[n++] = (uint8_t)(preference >> 8);
		wire[n++] = (uint8_t)preference;
	} else if (r->type == DNS_NS || r->type == DNS_PTR ||
		   r->type == DNS_CNAME) {
		if (dns_rdata_name(m, r, &name) != ERR_OK)
			return ERR_SYNTAX;
	} else {
		pack_add(&out->records, rdata);
		return buf_err(&out->records);
	}
	for (size_t i = 0; i < name.n; i++)
		wire[n++] = name.wire[i];
	pack_add(&out->records, slice_of(wire, n));
	return buf_err(&out->records);
}

/* Records and the least time to live of all that was needed. */
static enum err
add_records(const struct dns_message *m, struct answer *out, size_t *out_n)
{
	struct dns_cursor c = {0};
	struct dns_record r;
	*out_n = 0;
	while (dns_answer_next(m, &c, &r)) {
		enum err e = add_record(m, &r, out);
		if (e != ERR_OK)
			return e;
		(*out_n)++;
	}
	out->ttl_s = UINT32_MAX;
	struct dns_cursor all = {0};
	while (dns_message_next(m, &all, &r)) {
		if (r.section != DNS_ANSWER)
			break;
		if (r.ttl < out->ttl_s)
			out->ttl_s = r.ttl;
	}
	return ERR_OK;
}

static bool
has_authority(const struct dns_message *m, uint16_t type)
{
	struct dns_cursor c = {0};
	struct dns_record r;
	while (dns_message_next(m, &c, &r))
		if (r.section == DNS_AUTHORITY && r.type == type)
			return true;
	return false;
}

/* Without a record of the type asked for: nothing there, or not known here? */
static enum answer_progress
read_empty(const struct dns_message *m, bool chained, struct answer *out)
{
	uint32_t chain_ttl_s = out->ttl_s, soa_ttl_s = dns_negative_ttl(m);
	if (soa_ttl_s < out->ttl_s)
		out->ttl_s = soa_ttl_s;
	out->status =
	    m->rcode == DNS_NXDOMAIN ? IPC_DNS_NXDOMAIN : IPC_DNS_NODATA;
	if (m->rcode == DNS_NXDOMAIN || has_authority(m, DNS_SOA))
		return ANSWER_FINAL;
	if (chained) {
		out->ttl_s = chain_ttl_s;
		out->status = IPC_DNS_TEMPFAIL;
		return ANSWER_FOLLOW;
	}
	/* A referral instead of an answer (RFC 1034 4.3.1). */
	if (!m->ra && !m->aa) {
		answer_fail(out, IPC_DNS_TEMPFAIL,
		    has_authority(m, DNS_NS)
			? "a referral instead of an answer"
			: "the server does not know the zone");
		return ANSWER_LAME;
	}
	return ANSWER_FINAL;
}

enum answer_progress
answer_read(const struct dns_message *m, struct answer *out)
{
	struct dns_name end;
	size_t n;
	answer_clear(out);
	if (m->rcode != DNS_NOERROR && m->rcode != DNS_NXDOMAIN) {
		const char *bogus =
		    m->rcode == DNS_SERVFAIL ? bogus_text(m) : NULL;
		answer_fail(out,
		    bogus != NULL ? IPC_DNS_BOGUS : IPC_DNS_TEMPFAIL,
		    bogus != NULL ? bogus : rcode_text(m->rcode));
		return ANSWER_LAME;
	}
	if (dns_answer_name(m, &end) != ERR_OK) {
		answer_fail(out, IPC_DNS_TEMPFAIL,
		    "the CNAME chain is a circle or too long");
		return ANSWER_FINAL;
	}
	buf_add_dns_name(&out->name, &end);
	enum err e = add_records(m, out, &n);
	if (e != ERR_OK) {
		answer_fail(out, IPC_DNS_TEMPFAIL,
		    e == ERR_SYNTAX ? "a malformed record"
				    : "too many records");
		return e == ERR_SYNTAX ? ANSWER_LAME : ANSWER_FINAL;
	}
	if (n == 0)
		return read_empty(m, !dns_name_eq(&end, &m->name), out);
	out->status = IPC_DNS_OK;
	return ANSWER_FINAL;
}
