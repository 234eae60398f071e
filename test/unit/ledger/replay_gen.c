#include "replay_gen.h"

#include <stdio.h>
#include <stdlib.h>

#define LISTENER "mx"

enum gen_kind
gen_kind(uint64_t i)
{
	uint64_t k = i % 100;
	return k < 3    ? GEN_SPAM
	       : k > 10 ? GEN_CLEAN
			: (enum gen_kind)(GEN_HONEST + (k - 3));
}

id_t64
gen_id(uint64_t i, uint64_t unix_ms)
{
	return id_floor(unix_ms) + 1 + i % 1024;
}

static struct ip
address_of(uint64_t i)
{
	uint64_t turn = i / 100;
	struct ip ip = {.family = 4, .b = {203, 0, 113, 0}};
	switch (gen_kind(i)) {
	case GEN_SPAM:
		ip.b[0] = 198;
		ip.b[1] = 51;
		ip.b[2] = (uint8_t)(i % 100);
		ip.b[3] = (uint8_t)(1 + turn % 100);
		return ip;
	case GEN_HONEST:
		ip.b[3] = (uint8_t)(10 + turn % 8);
		return ip;
	case GEN_SPARED:
		ip.b[3] = 20;
		return ip;
	case GEN_USER:
		ip.b[3] = 30;
		return ip;
	case GEN_HELO:
		ip.b[3] = (uint8_t)(40 + turn % 4);
		return ip;
	case GEN_NO_MX:
		ip.b[3] = (uint8_t)(50 + turn % 50);
		return ip;
	case GEN_FAULT:
		ip.b[3] = 120;
		return ip;
	case GEN_REFUSED:
		ip.b[3] = (uint8_t)(130 + turn % 2);
		return ip;
	case GEN_STRANGER:
		ip.b[3] = 140;
		return ip;
	case GEN_CLEAN:
		break;
	}
	return (struct ip){
	    .family = 6, .b = {0x20, 0x01, 0x0d, 0xb8, 0, (uint8_t)(i % 251)}};
}

static void
finding(struct record *r, const char *stage, const char *rule,
    const char *evidence, const char *list, const char *verdict,
    const char *cause)
{
	struct record_decision d = {.stage = slice_str(stage),
	    .rule = slice_str(rule),
	    .config = SLICE("/etc/kurir/kurir.conf:12"),
	    .list = slice_str(list),
	    .evidence = slice_str(evidence),
	    .verdict = slice_str(verdict),
	    .cause = slice_str(cause)};
	record_decision(r, &d);
}

static void
no_ptr(struct record *r, const struct ip *ip, const char *verdict,
    const char *list)
{
	char evidence[96];
	snprintf(evidence, sizeof(evidence),
	    "PTR %u.%u.%u.%u.in-addr.arpa: NXDOMAIN", ip->b[3], ip->b[2],
	    ip->b[1], ip->b[0]);
	finding(r, "mail", "reverse-lookup.ptr.missing", evidence, list,
	    verdict, "lookup.ptr-missing");
}

static void
forged_helo(struct record *r)
{
	finding(r, "mail", "reverse-lookup.helo.forged",
	    "MX mail.example.org: NODATA\nA mail.example.org: 192.0.2.77", "",
	    "note", "lookup.helo-forged");
}

static void
say_all(struct record *r, uint64_t t)
{
	static const char *const lines[] = {
	    "Accepting SMTP connection from [203.0.113.9:41822] to "
	    "[192.0.2.1:25]",
	    "220 mail.contoh.id ESMTP kurir", "EHLO mail.mitra.example",
	    "250-mail.contoh.id\n250-SIZE 26214400\n250-8BITMIME\n"
	    "250-PIPELINING\n250-STARTTLS\n250 ENHANCEDSTATUSCODES",
	    "MAIL FROM:<budi@mitra.example> SIZE=4711",
	    "250 2.1.0 <budi@mitra.example> ok", "RCPT TO:<siti@contoh.id>",
	    "250 2.1.5 <siti@contoh.id> ok", "DATA",
	    "354 go on, end with a dot on a line of its own", ".",
	    "250 2.0.0 queued as 0000000000000 [0000000000000]", "QUIT",
	    "221 2.0.0 bye"};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		record_dialogue(r, t + i * 3,
		    i == 0  ? RECORD_EVENT
		    : i % 2 ? RECORD_US
			    : RECORD_PEER,
		    slice_str(lines[i]));
}

/* found - what the lookups say of that session. */
static void
found(struct record *r, uint64_t i, const struct ip *ip)
{
	char text[96];
	switch (gen_kind(i)) {
	case GEN_SPAM:
		no_ptr(r, ip, "note", "");
		forged_helo(r);
		break;
	case GEN_HONEST:
	case GEN_USER:
	case GEN_STRANGER:
		no_ptr(r, ip, "note", "");
		break;
	case GEN_SPARED:
		no_ptr(r, ip, "exempt",
		    "/etc/kurir/exempt/ptr.list:3: 203.0.113.20 (old fax)");
		break;
	case GEN_HELO:
		forged_helo(r);
		break;
	case GEN_NO_MX:
		snprintf(text, sizeof(text),
		    "MX tanpa%llu.example: NODATA\nA tanpa%llu.example: "
		    "192.0.2.5",
		    (unsigned long long)(i / 100 % 5),
		    (unsigned long long)(i / 100 % 5));
		finding(r, "mail", "reverse-lookup.mail.no-mx", text, "",
		    "note", "lookup.mail-no-mx");
		break;
	case GEN_FAULT:
		finding(r, "mail", "reverse-lookup.ptr",
		    "PTR 120.113.0.203.in-addr.arpa: TIMEOUT", "", "note",
		    "dns.tempfail");
		break;
	case GEN_REFUSED:
		no_ptr(r, ip, "close", "");
		break;
	case GEN_CLEAN:
		break;
	}
}

static void
give(struct record *r, uint64_t unix_ms, enum record_verdict v, bool last,
    void (*each)(void *arg, struct slice record), void *arg)
{
	struct slice bytes;
	if (record_end(r, unix_ms, v, last ? 1500 : 0, last ? 900 : 0,
		&bytes) != ERR_OK)
		abort();
	each(arg, bytes);
	record_free(r);
}

static void
begin(struct record *r, uint64_t i, uint64_t unix_ms, const struct ip *ip)
{
	struct ip us = {.family = 4, .b = {192, 0, 2, 1}};
	record_begin(r, RECORD_IN, gen_id(i, unix_ms), unix_ms);
	record_peer(r, ip, 41822);
	record_local(r, &us, 25);
	record_listener(r, SLICE(LISTENER));
}

static void
transaction(struct record *r, uint64_t i, uint64_t unix_ms, const struct ip *ip)
{
	enum gen_kind kind = gen_kind(i);
	char from[64];
	if (kind == GEN_NO_MX)
		snprintf(from, sizeof(from), "info@tanpa%llu.example",
		    (unsigned long long)(i / 100 % 5));
	else
		snprintf(from, sizeof(from), "budi@mitra.example");
	record_mail(r, slice_str(from));
	found(r, i, ip);
	if (kind == GEN_REFUSED)
		return;
	record_rcpt(r, SLICE("siti@contoh.id"),
	    kind == GEN_STRANGER ? RECORD_REFUSED : RECORD_ACCEPTED,
	    kind == GEN_STRANGER ? SLICE("recipient.unknown") : SLICE_EMPTY,
	    SLICE_EMPTY);
	if (kind != GEN_STRANGER)
		record_message(r, gen_id(i, unix_ms) + 2048, RECORD_ACCEPTED,
		    4711, SLICE_EMPTY);
}

void
gen_session(uint64_t i, uint64_t unix_ms, bool dialogue,
    void (*each)(void *arg, struct slice record), void *arg)
{
	enum gen_kind kind = gen_kind(i);
	struct ip ip = address_of(i);
	struct record r;
	bool parts = kind == GEN_HONEST || (kind == GEN_CLEAN && i % 10 == 0);
	record_init(&r);
	begin(&r, i, unix_ms, &ip);
	if (kind == GEN_CLEAN || kind == GEN_HELO || kind == GEN_NO_MX)
		record_ptr(&r, SLICE("mail.mitra.example"));
	if (kind == GEN_USER)
		record_user(&r, SLICE("budi@contoh.id"));
	record_tls(
	    &r, SLICE("TLSv1.3"), SLICE("TLS_AES_256_GCM_SHA384"), 256, false);
	if (dialogue)
		say_all(&r, unix_ms);
	record_helo(&r, SLICE("mail.mitra.example"));
	transaction(&r, i, unix_ms, &ip);
	if (parts) {
		give(&r, unix_ms + 400, RECORD_ACCEPTED, false, each, arg);
		begin(&r, i, unix_ms, &ip);
	}
	give(&r, unix_ms + 900,
	    kind == GEN_REFUSED || kind == GEN_STRANGER ? RECORD_REFUSED
							: RECORD_ACCEPTED,
	    true, each, arg);
}
