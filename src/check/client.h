/* client.h - `kurir check client`: how somebody else's server sends. We are the
 * server, one of a kind that the words choose: old, broken, slow; the report
 * tells what the client made of it.
 *
 * Drives proto/smtp/server, the machine that receives mail; what goes against
 * it (silence, garbage behind 220) is done around it. Messages are taken and
 * thrown away: nothing is delivered or passed on. */
#ifndef CHECK_CLIENT_H
#define CHECK_CLIENT_H

#include "check/check.h"

/* What the server is like: bits. */
enum client_word {
	CLIENT_TLS10 = 1u << 0, /* that version alone */
	CLIENT_TLS11 = 1u << 1,
	CLIENT_TLS12 = 1u << 2,
	CLIENT_TLS13 = 1u << 3,
	CLIENT_WEAK = 1u << 4,        /* ciphers */
	CLIENT_NO_STARTTLS = 1u << 5, /* not offered */
	CLIENT_REFUSE_STARTTLS = 1u << 6,
	CLIENT_CLOSE_STARTTLS = 1u << 7, /* behind 220 */
	CLIENT_STALL_STARTTLS = 1u << 8,
	CLIENT_GARBAGE_STARTTLS = 1u << 9,
	CLIENT_SELF_SIGNED = 1u << 10, /* and for another name */
	CLIENT_EXPIRED = 1u << 11,
	CLIENT_CERT = 1u << 12, /* one of the client's is demanded */
	CLIENT_SLOW = 1u << 13, /* each reply */
	CLIENT_SLOW_BANNER = 1u << 14,
	CLIENT_GREYLIST = 1u << 15,
	CLIENT_ONE_RECIPIENT = 1u << 16,
	CLIENT_BUSY = 1u << 17,
	CLIENT_FULL = 1u << 18,
	CLIENT_UNKNOWN_USER = 1u << 19,
	CLIENT_NO_ANSWER = 1u << 20, /* to the final dot */
	CLIENT_IMPLICIT = 1u << 21,
};
#define CLIENT_VERSIONS                                                        \
	(CLIENT_TLS10 | CLIENT_TLS11 | CLIENT_TLS12 | CLIENT_TLS13)
#define CLIENT_BROKEN_STARTTLS                                                 \
	(CLIENT_REFUSE_STARTTLS | CLIENT_CLOSE_STARTTLS |                      \
	    CLIENT_STALL_STARTTLS | CLIENT_GARBAGE_STARTTLS)

/* client_words - "greylist,tls-1.0" as bits; empty: 0. false: *out_wrong is
 * what is no word, or does not go with another. Pure. */
bool client_words(struct slice text, unsigned *out, struct slice *out_wrong);
/* client_word_name - of the i-th; NULL: there are no more. */
const char *client_word_name(size_t i, unsigned *out_bit);

struct check_client_opts {
	int listener; /* a listening socket; stays the caller's */
	struct sock_addr at;
	unsigned words;
	unsigned count; /* of messages, then it ends */
	uint64_t time_ms;
	struct slice cert_pem, key_pem; /* empty: made for the occasion */
	uint32_t slow_ms, banner_ms;    /* 0: 10 s, 30 s */
};

void check_client(struct check *c, const struct check_client_opts *o,
    check_done *done, void *arg);

#endif
