/* sender_priv.h - what check sender has learnt; shared by sender.c, which asks,
 * and sender_tell.c, which judges. */
#ifndef CHECK_SENDER_PRIV_H
#define CHECK_SENDER_PRIV_H

#include "base/arena.h"
#include "check/blocklist.h"
#include "check/dane.h"
#include "check/mta_sts.h"
#include "check/sender.h"

#define SENDER_TXT_MAX  8 /* records of a name that are kept */
#define SENDER_IPS_MAX  6
#define SENDER_DANE_MAX 8
#define SENDER_WALK_MAX 4 /* domains above, for DMARC */
#define SENDER_KEYS_MAX 32
#define SENDER_MEMORY   (512u << 10)

/* The TXT records of one name that begin as wanted. */
struct sender_txt {
	struct sender *s;
	char name[320 + 256]; /* a selector and a domain, of any length */
	struct slice wanted;  /* what they begin with; empty: all */
	bool asked;
	enum ipc_dns_status status;
	struct slice v[SENDER_TXT_MAX];
	size_t n, total;
};

/* One address that sends, or is taken to. */
struct sender_ip {
	struct sender *s;
	struct ip ip;
	unsigned ptr, helo, mail; /* findings */
	bool helo_asked;
	char ptr_name[256], ptr_confirmed[256], helo_name[256];
	enum spf_word spf;
	char spf_mechanism[256], spf_problem[256];
	unsigned spf_lookups;
};

struct sender_host {
	struct sender *s;
	char name[256];
	struct dane_host dane;
};

struct sender {
	struct check *c;
	struct report *r;
	check_done *done;
	void *arg;
	struct check_sender_opts o;
	struct arena mem;
	char domain[256];
	struct slice helo;
	size_t waiting;
	struct defer now;
	/* what was learnt */
	enum ipc_dns_status ns, soa;
	size_t ns_n;
	bool soa_here;
	struct check_hosts hosts; /* v is ours */
	bool hosts_came;
	struct sender_txt spf, tlsrpt, dmarc[SENDER_WALK_MAX];
	struct sender_txt key[SENDER_KEYS_MAX];
	size_t dmarc_n, key_n;
	struct sender_ip ip[SENDER_IPS_MAX];
	size_t ip_n, ip_left;
	struct sender_host host[SENDER_DANE_MAX];
	size_t host_n;
	struct sts *sts;
	struct blocklist lists; /* v is ours */
};

/* sender_tell - everything that was learnt into the report. */
void sender_tell(struct sender *s);

#endif
