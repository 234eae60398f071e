/* samples.h - the sessions that the golden tests show: one that fails in the
 * TLS handshake, one that brings a message, one that tries to deliver it, and
 * what the queue says of it. */
#ifndef TEST_UNIT_LEDGER_SAMPLES_H
#define TEST_UNIT_LEDGER_SAMPLES_H

#include "store/ledger_record.h"

#define SAMPLE_T       1524490740774ull /* 2018-04-23T20:39:00.774+07:00 */
#define SAMPLE_MESSAGE (id_floor(SAMPLE_T) + 100)

static inline int
sample_zone(uint64_t unix_ms)
{
	(void)unix_ms;
	return 420;
}

static inline void
sample_begin(struct record *r, enum record_kind kind, unsigned n)
{
	struct ip peer = {.family = 4, .b = {203, 0, 113, 9}};
	struct ip us = {.family = 4, .b = {192, 0, 2, 1}};
	record_begin(
	    r, kind, id_floor(SAMPLE_T) + n, SAMPLE_T + (n - 1) * 1000);
	if (kind == RECORD_EVENTS)
		return;
	record_peer(r, &peer, (uint16_t)(41821 + n));
	record_local(r, &us, 25);
	record_listener(r, SLICE("mx"));
}

/* A handshake that fails: the cause stands before the note that tells it. */
static inline void
sample_tls(struct record *r)
{
	uint64_t t = SAMPLE_T;
	sample_begin(r, RECORD_IN, 1);
	record_dialogue(r, t, RECORD_EVENT,
	    SLICE("Accepting SMTP connection from [203.0.113.9:41822] to "
		  "[192.0.2.1:25]"));
	record_dialogue(
	    r, t, RECORD_US, SLICE("220 mail.contoh.id ESMTP kurir\r\n"));
	record_dialogue(r, t + 4, RECORD_PEER, SLICE("STARTTLS"));
	record_cause(r, SLICE("tls.no-common-cipher"));
	record_note(r, t + 16,
	    "TLS negotiation failed: no common cipher (peer offered RC4); "
	    "cause tls.no-common-cipher");
}

/* Two recipients, one of them unknown, then the message. */
static inline void
sample_in(struct record *r)
{
	struct record_decision d = {.stage = SLICE("rcpt"),
	    .rule = SLICE("relay"),
	    .config = SLICE("/etc/kurir/kurir.conf:2"),
	    .evidence = SLICE("accounts: 12 names\naliases: 3 names"),
	    .verdict = SLICE("reject"),
	    .cause = SLICE("recipient.unknown")};
	sample_begin(r, RECORD_IN, 2);
	record_ptr(r, SLICE("mail.mitra.example"));
	record_helo(r, SLICE("mail.mitra.example"));
	record_tls(
	    r, SLICE("TLSv1.3"), SLICE("TLS_AES_256_GCM_SHA384"), 256, true);
	record_dialogue(r, SAMPLE_T + 1002, RECORD_PEER,
	    SLICE("\x1b[31mEHLO\x07 caf\xc3\xa9\xff\xc2\x9b"));
	record_mail(r, SLICE("a@mitra.example"));
	record_rcpt(
	    r, SLICE("b@contoh.id"), RECORD_ACCEPTED, SLICE_EMPTY, SLICE_EMPTY);
	record_rcpt(r, SLICE("x@contoh.id"), RECORD_REFUSED,
	    SLICE("recipient.unknown"), SLICE("550 5.1.1 no such mailbox"));
	record_decision(r, &d);
	record_message(r, SAMPLE_MESSAGE, RECORD_ACCEPTED, 2048, SLICE_EMPTY);
}

static inline void
sample_out(struct record *r)
{
	struct ip mx;
	sample_begin(r, RECORD_OUT, 3);
	if (ip_parse(SLICE("2001:db8::25"), &mx) == ERR_OK)
		record_peer(r, &mx, 25);
	record_host(r, SLICE("mx.contoh.id"));
	record_dialogue(
	    r, SAMPLE_T + 2003, RECORD_US, SLICE("RCPT TO:<b@contoh.id>"));
	record_mail(r, SLICE("a@mitra.example"));
	record_rcpt(r, SLICE("b@contoh.id"), RECORD_DEFERRED,
	    SLICE("remote.greylisted"), SLICE("451 4.7.1 come back later"));
	record_message(r, SAMPLE_MESSAGE, RECORD_DEFERRED, 2048, SLICE_EMPTY);
}

static inline void
sample_event(struct record *r, enum record_what what, uint64_t next_ms)
{
	struct record_event e = {.unix_ms = SAMPLE_T + 3000,
	    .next_try_ms = next_ms,
	    .message = SAMPLE_MESSAGE,
	    .what = what,
	    .rcpt = SLICE("b@contoh.id"),
	    .cause = SLICE("remote.greylisted"),
	    .text = SLICE("451 4.7.1 come back later")};
	sample_begin(r, RECORD_EVENTS, 4);
	record_event(r, &e);
}

#endif
