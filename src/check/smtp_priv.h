/* smtp_priv.h - check smtp inside: smtp.c asks, smtp_tell.c judges and
 * reports. */
#ifndef CHECK_SMTP_PRIV_H
#define CHECK_SMTP_PRIV_H

#include "check/check.h"
#include "check/dns.h"
#include "check/probe.h"
#include "policy/reverse.h"

#define SMTP_SERVERS_MAX 16

/* The steps of the session, in their order. Those of a transaction come first:
 * some servers hang up on a client that guesses. */
enum smtp_step {
	STEP_MAIL,
	STEP_POSTMASTER,        /* RCPT TO:<postmaster>, RFC 5321 4.5.1 */
	STEP_POSTMASTER_DOMAIN, /* RFC 2142 5 */
	STEP_ABUSE,
	STEP_RELAY, /* somebody whom it cannot be responsible for */
	STEP_RSET,
	STEP_VRFY,
	STEP_VRFY_NOBODY,
	STEP_EXPN,
	STEP_ETRN,
	STEP_COUNT
};

struct smtp_check;

struct smtp_server {
	struct smtp_check *sc;
	char name[256]; /* of the host; an address where one was named */
	struct ip ip;
	uint16_t preference;
	bool implicit;
	struct report_node *section;
	struct report_node *tests; /* its table */
	struct reverse *reverse;
	struct reverse_ask {
		struct smtp_server *s;
		struct check_dns_ask *ask;
		unsigned slot;
	} asks[REVERSE_QUESTIONS_MAX];
	struct probe *probe;
	bool without_tls; /* second session: TLS failed in the first */
	size_t step_at[STEP_COUNT]; /* 1 + index in the probe; 0: not run */
	/* Of the first session, when TLS failed. */
	char tls_cause[32], tls_why[224];
};

struct smtp_check {
	struct check *c;
	struct report *r;
	check_done *done;
	void *arg;
	char target[512];
	char domain[256]; /* that mail to it is for; empty: not known */
	uint16_t port;
	struct smtp_server *servers;
	size_t server_n, left;
	bool reached; /* a connection to any of them */
	struct check_dns_ask *domain_ask;
	struct defer over;
};

/* smtp_tell_hosts - what is wrong before any server: the names. false: there is
 * nobody to ask. */
bool smtp_tell_hosts(struct smtp_check *sc, const struct check_hosts *h);
/* smtp_tell_server - everything about one server, its two look-ups done. */
void smtp_tell_server(struct smtp_server *s, const struct probe_result *p);

#endif
