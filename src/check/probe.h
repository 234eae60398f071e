/* probe.h - one SMTP session with one address, for what can be learnt of it.
 *
 * Drives proto/smtp/client, the machine that delivers mail. Goes connect,
 * greeting, EHLO, STARTTLS, EHLO, then the steps it was given, QUIT, and
 * notes every line with its time. A server that lies, drips, never ends a
 * reply or speaks first costs at most the time of each step. */
#ifndef CHECK_PROBE_H
#define CHECK_PROBE_H

#include "check/check.h"
#include "os/socket.h"

enum probe_tls {
	PROBE_TLS_IF_OFFERED, /* STARTTLS where it is; goes on in plain if not
			       */
	PROBE_TLS_NEVER,
	PROBE_TLS_ONLY, /* the session ends where there is none */
	PROBE_TLS_IMPLICIT
};

/* One command after the greeting and EHLO. A line that is no command of a
 * transaction (VRFY, an odd RCPT) goes out as it stands. */
struct probe_step {
	struct slice line;    /* without CR LF; "DATA" is followed by body */
	struct slice body;    /* wire form without dots stuffed */
	bool stop_unless_2xx; /* 3xx for DATA */
	unsigned skip;        /* steps behind it that make no sense unless 2xx:
				 left out, their replies did not come */
};

struct probe_opts {
	struct sock_addr to; /* after check_route */
	struct slice host;   /* for SNI and name checks; empty: none */
	enum probe_tls tls;
	const struct probe_step *steps; /* copied */
	size_t step_n;
	bool inject;       /* "EHLO" behind STARTTLS in one packet (RFC 3207 6,
			      CVE-2011-0411): does it answer inside TLS? Then no
			      step is run */
	uint32_t total_ms; /* for the whole session; 0: no limit but those of
			      its steps */
	struct ip source;  /* family 0: as check says */
	struct slice user, password; /* AUTH after TLS with a certificate that
					holds, else the session ends before
					it; empty: none */
};
#define PROBE_STEPS_MAX 128

enum probe_stage {
	PROBE_ANSWER,  /* TCP connection */
	PROBE_CONNECT, /* 220 */
	PROBE_HELO,    /* 250 to EHLO (or HELO) */
	PROBE_TLS,     /* STARTTLS offered and 220; implicit: the port speaks
			  TLS */
	PROBE_CERT,    /* chain and name are right */
	PROBE_SECURE,  /* handshake done and EHLO works inside */
	PROBE_FROM,    /* first MAIL step */
	PROBE_TO,      /* first RCPT step */
	PROBE_STAGES
};

struct probe_stage_result {
	bool reached, ok;
	uint32_t ms; /* since the connection was begun, when it ended */
};

struct probe_reply {
	bool came;
	uint16_t code;
	bool tls;
	uint32_t ms;       /* when, since the beginning */
	uint32_t took_ms;  /* since the command was sent */
	struct slice text; /* all lines, LF between; at most 4 KiB */
};

struct probe_line {
	uint32_t ms;
	char who; /* of report_line */
	struct slice text;
};

/* A certificate of the chain as it came, leaf first: DER. */
#define PROBE_CERTS_MAX 16

struct probe_result {
	struct probe_stage_result stage[PROBE_STAGES];
	struct probe_reply greeting, ehlo, ehlo_tls, starttls;
	const struct probe_reply *steps; /* of opts.steps */
	size_t step_n;
	bool esmtp;
	bool starttls_offered; /* "250-STARTTLS" or "250 STARTTLS" */
	bool speaks_first;     /* octets before their time (protocol.sync) */
	bool tls;              /* the session was in TLS */
	struct tls_info tls_info;
	const struct slice *certs;
	size_t cert_n;
	bool injected; /* opts.inject: it did answer */
	/* Why it ended before its end: a cause code and words; empty: it did
	 * not. */
	char cause[32];
	char why[224];
	const struct probe_line *lines;
	size_t line_n;
	uint32_t total_ms;
	size_t left_out; /* lines over the maximum */
	/* Lines before this one came before TLS was up: where certificates
	 * belong in the dialogue. 0: it never was. */
	size_t tls_line;
};

/* probe_start - done is called once, never from within the call; *r is valid
 * during it. NULL: no memory, done is not called. */
struct probe;
typedef void probe_done(void *arg, const struct probe_result *r);
struct probe *probe_start(
    struct check *c, const struct probe_opts *o, probe_done *done, void *arg);
void probe_cancel(struct probe *p); /* NULL is nothing */

/* probe_end - now, for want of time: done is called with what was learnt until
 * here. NULL is nothing. */
void probe_end(struct probe *p);
/* probe_steps_over - of its steps, so far. */
size_t probe_steps_over(const struct probe *p);

/* probe_transcript - the dialogue into a report. */
void probe_transcript(const struct probe_result *r, struct report *to,
    struct report_node *transcript);

#endif
