/* scan.h - what a server's TLS can do: versions, ciphers in its order, groups,
 * and the old sins.
 *
 * Says hellos of its own (proto/tls) on one connection each, behind STARTTLS
 * or at once, a few at a time; a version whose first hello is refused costs no
 * more than that. Hanging up on a hello refuses it, as long as the hello of
 * the handshake that worked before still works afterwards. What could not be
 * found out is GRADE_UNTESTED. */
#ifndef CHECK_SCAN_H
#define CHECK_SCAN_H

#include "check/check.h"
#include "policy/grade.h"
#include "proto/tls/suites.h"

#define SCAN_SUITES_MAX  200
#define SCAN_GROUPS_MAX  48
#define SCAN_PARALLEL    6   /* connections to one address at a time */
#define SCAN_CONNECTIONS 700 /* to one address in all */
#define SCAN_TIME_MS     60000
#define SCAN_STAPLE_MAX  16384          /* octets of a stapled answer */
#define SCAN_CHAIN_MAX   (192u * 1024u) /* and of the chain it is for */

struct scan_version {
	enum grade_known offered;
	uint32_t suite[SCAN_SUITES_MAX]; /* in the server's order, where it has
					    one, else in ours */
	size_t suite_n;
	enum grade_known server_order;
	bool cut; /* there may be more than was found */
};

struct scan_result {
	struct scan_version version[GRADE_VERSIONS];
	uint16_t group[SCAN_GROUPS_MAX]; /* elliptic curves and ffdhe */
	size_t group_n;
	unsigned dh_bits; /* the weakest DH group; 0: none is used */
	enum grade_known secure_renegotiation, client_renegotiation,
	    compression, heartbleed, session_id, ticket;
	/* What was stapled to the certificate (OCSP); empty: nothing. The
	 * chain of that handshake, as pack.h has lists. Of the scan: valid as
	 * *r is. */
	bool staple_asked;
	struct slice staple, staple_chain;
	unsigned connections, failed;
	char why[128]; /* of the last connection that failed */
};

struct scan_opts {
	struct sock_addr to; /* after check_route */
	struct slice host;   /* SNI; empty: none */
	bool implicit;       /* no STARTTLS */
	/* What a handshake agreed on a moment ago: the scan must find it, too.
	 * suite 0: there was none. */
	enum grade_version version;
	uint16_t suite;
	uint32_t total_ms; /* nothing is asked later; 0: SCAN_TIME_MS */
};

/* scan_start - done comes once, never from within the call; *r is valid during
 * it. NULL: no memory. */
struct scan;
typedef void scan_done(void *arg, const struct scan_result *r);
struct scan *scan_start(
    struct check *c, const struct scan_opts *o, scan_done *done, void *arg);
void scan_cancel(struct scan *s); /* NULL is nothing */

#endif
