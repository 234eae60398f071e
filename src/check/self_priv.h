/* self_priv.h - what check self has learnt; shared by self.c, which asks DNS,
 * self_listen.c, which connects to our own listeners, and self_tell.c, which
 * judges. */
#ifndef CHECK_SELF_PRIV_H
#define CHECK_SELF_PRIV_H

#include "check/cert.h"
#include "check/dane.h"
#include "check/mta_sts.h"
#include "check/probe.h"
#include "check/sender.h"
#include "conf/conf.h"

#define SELF_DOMAINS_MAX 32
#define SELF_LISTEN_MAX  32
#define SELF_IPS_MAX     4
#define SELF_OWN_MAX     64
#define SELF_DER_MAX     (128u << 10) /* of a chain, in octets */

/* One address of a listener. */
struct self_listen {
	struct self *s;
	const struct conf_listen *conf;
	struct ip ip;       /* as connected to */
	struct ip endpoint; /* as in the configuration */
	uint16_t port;
	bool came;       /* the greeting */
	bool esmtp, tls; /* a session in TLS came about */
	char cause[32], why[224];
	bool relay_tried;  /* from a source that is not trusted */
	uint16_t relay[2]; /* replies to RCPT: from <>, from a domain of ours */
	char relay_text[256];
	struct slice der[CERT_CHAIN_MAX]; /* as it came, leaf first */
	size_t der_n;
	struct arena mem; /* of der and chain */
	struct cert_chain chain;
};

/* TXT records that begin with wanted. */
struct self_txt {
	struct self *s;
	const char *wanted;
	enum ipc_dns_status status;
	size_t n;
	char first[1024];
};

struct self_domain {
	struct self *s;
	char name[256];
	enum ipc_dns_status mx_status;
	bool mx_here; /* our host name is one of them */
	char mx[512]; /* those that there are */
	struct self_txt spf, dmarc, tlsrpt;
	enum sts_state sts;
	enum sts_mode sts_mode;
	char sts_id[33];
	size_t spf_asked, spf_passed, spf_unknown;
};

struct self_ip {
	struct self *s;
	struct ip ip;
	unsigned ptr;
	bool published; /* by the host name */
	char ptr_name[256];
};

struct self {
	struct check *c;
	const struct conf *conf;
	struct report *r;
	check_done *done;
	void *arg;
	unsigned phase;
	size_t waiting;
	struct defer now;
	char hostname[256];
	struct cert_trust *trust;
	struct ip own[SELF_OWN_MAX]; /* addresses of this machine */
	size_t own_n;
	enum ipc_dns_status a_status, aaaa_status;
	struct ip published[SELF_IPS_MAX];
	size_t published_n;
	bool host_secure;
	struct self_ip ip[SELF_IPS_MAX];
	size_t ip_n;
	struct dane_host dane;
	bool dane_came;
	struct self_listen *listen;
	size_t listen_n;
	struct self_domain *domain;
	size_t domain_n, domain_left;
	struct self_abuse *abuse; /* self_abuse.h; NULL: none yet */
};

/* self_answered - one of what is waited for has come. */
void self_answered(struct self *s);

/* self_listen_all - connect to every listener. */
void self_listen_all(struct self *s);
void self_listen_tell(struct self *s);

/* self_shown - the listener whose certificates count: of port 25, or any; NULL:
 * none was seen. self_leaf - its own; empty: none. */
const struct self_listen *self_shown(const struct self *s);
struct slice self_leaf(const struct self *s);

/* self_public - may it stand in public DNS? */
bool self_public(const struct ip *ip);

/* self_abuse_ask - whether our addresses are in blocklists. self_abuse_tell -
 * with that, what ledger and queue show; blocks on reading them. */
void self_abuse_ask(struct self *s);
void self_abuse_tell(struct self *s);
void self_abuse_free(struct self *s);

void self_tell(struct self *s);

#endif
