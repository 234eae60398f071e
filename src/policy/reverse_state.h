/* reverse_state.h - what struct reverse holds. For reverse*.c, and for names
 * spf*.c; others see it only so that they can embed it. It is no value: its
 * result borrows from it, so it stays where it was begun. */
#ifndef POLICY_REVERSE_STATE_H
#define POLICY_REVERSE_STATE_H

#define REVERSE_HOST_MAX   253 /* octets of a host name as text */
#define REVERSE_DETAIL_MAX 64

enum reverse_stage { REVERSE_PLANNED, REVERSE_ASKED, REVERSE_ANSWERED };

/* The slots that every HELO and MAIL lookup has; in a PTR lookup the first
 * is the PTR question. Behind them, one for each name to look up. */
enum { REVERSE_SLOT_MX, REVERSE_SLOT_A, REVERSE_SLOT_AAAA };

struct reverse_asked {
	uint16_t type;       /* enum dns_type */
	uint16_t preference; /* of an exchanger */
	uint8_t stage;       /* enum reverse_stage */
	uint8_t status;      /* enum reverse_dns; when answered */
	bool holds;          /* the client is one of the addresses */
	uint8_t addr_n;
	uint8_t name_n, detail_n;
	uint32_t records; /* that could be used; of MX without "." */
	uint32_t odd;     /* PTR, MX: names that are no host names */
	uint32_t roots;   /* MX: "." */
	struct ip addr[REVERSE_ADDRS_SHOWN];
	char name[REVERSE_HOST_MAX];
	char detail[REVERSE_DETAIL_MAX]; /* of a failure; printable */
};

struct reverse {
	struct reverse_result result;
	bool done;
	bool impatient;     /* no further question is to be asked */
	uint8_t first;      /* slot of the first name of round 2 */
	uint8_t n;          /* slots in use */
	uint8_t open;       /* slots below may be asked */
	const char *remark; /* instead of questions, for the evidence */
	struct reverse_asked slot[REVERSE_QUESTIONS_MAX];
	char name[DNS_NAME_MAX];
	char evidence[REVERSE_EVIDENCE_MAX];
};

/* reverse_fixed - a buffer over memory of the caller, all it will ever have. */
static inline struct buf
reverse_fixed(void *p, size_t n)
{
	return (struct buf){.p = p, .cap = n, .max = n};
}

/* reverse_add_shown - s as printable ASCII within max octets; what is cut ends
 * in "...". */
void reverse_add_shown(struct buf *b, struct slice s, size_t max);

/* reverse_tell - write the evidence from the slots. */
void reverse_tell(struct reverse *r);

/* reverse_host - name as text into out, if it is one that a host can have:
 * letters, digits, hyphens and, as many live with them, underscores; the last
 * label not a number. Octets, or 0. */
size_t reverse_host(const struct dns_name *name, char out[REVERSE_HOST_MAX]);

/* reverse_name - the same for a name that a client gave: labels beyond ASCII in
 * their xn-- form (RFC 5890; taken to be normal, as RFC 6531 asks), a final dot
 * taken off. Escapes of DNS text mean nothing there. Octets, or 0. */
size_t reverse_name(struct slice name, char out[REVERSE_HOST_MAX]);

#endif
