/* reverse.h - is a client who it says it is? Three lookups, as machines that
 * ask for DNS records and are fed answers.
 *
 *	PTR   the address has a name, and one of its names has the address
 *	      (RFC 8601 3, iprev; forward-confirmed reverse DNS)
 *	HELO  the address is one of the HELO name's, or of its mail exchangers
 *	MAIL  the same for the domain of the reverse-path; and it has an MX
 *
 *	reverse_begin(r, kind, client, name);
 *	while (!reverse_done(r)) {
 *		while (reverse_next(r, &slot, &q))
 *			ask for q, in parallel;
 *		wait for an answer: reverse_answer(r, slot, &answer);
 *		(or patience ends: reverse_timeout(r));
 *	}
 *	reverse_judge(conf, reverse_result(r), said);
 *
 * At most two rounds, whatever the DNS says: PTR then addresses of its names;
 * MX and addresses then addresses of the exchangers. Done as soon as nothing
 * that is still to come can change the result. What is outstanding then is
 * no longer wanted: reverse_answer ignores it.
 *
 * A resolver's fault is never a finding about the client: an unanswered
 * question leaves REVERSE_TEMPFAIL, unless the rest suffices for a pass.
 *
 * Pure. A struct reverse is large (tens of KiB): it lives only as long as a
 * lookup; what is kept is its result, which reverse_result_copy makes small.
 */
#ifndef POLICY_REVERSE_H
#define POLICY_REVERSE_H

#include "base/buf.h"
#include "base/ip.h"
#include "policy/finding.h"
#include "proto/dns/name.h"

enum reverse_kind { REVERSE_PTR, REVERSE_HELO, REVERSE_MAIL, REVERSE_KINDS };

/* What was found; bits. None at all: pass. */
enum reverse_finding {
	REVERSE_PTR_MISSING = 1,  /* no PTR record, or none that is a name */
	REVERSE_PTR_MISMATCH = 2, /* none of its names has the address */
	REVERSE_NOT_FOUND = 4,    /* neither MX nor address (NODATA too) */
	REVERSE_NO_MX = 8,        /* MAIL: no MX record, or the null MX */
	REVERSE_FORGED = 16,      /* HELO, MAIL: the address is not its */
	REVERSE_TEMPFAIL = 32,    /* not known: DNS failed or was silent */
	REVERSE_BOGUS = 64,       /* beside TEMPFAIL: DNSSEC was the reason */
	REVERSE_SKIPPED = 128     /* MAIL: null reverse-path; nothing asked */
};

/* As enum ipc_dns_status, in its order. */
enum reverse_dns {
	REVERSE_DNS_OK,
	REVERSE_DNS_NODATA,
	REVERSE_DNS_NXDOMAIN,
	REVERSE_DNS_TEMPFAIL,
	REVERSE_DNS_TIMEOUT,
	REVERSE_DNS_BOGUS
};

struct reverse_question {
	uint16_t type; /* enum dns_type */
	struct slice name;
};

struct reverse_answer {
	enum reverse_dns status;
	uint32_t ttl;         /* seconds */
	struct slice records; /* base/pack.h: rdata, names uncompressed */
	struct slice text;    /* detail of a failure, or empty */
};

#define REVERSE_NAMES_MAX     20 /* PTR names tried; exchangers looked at */
#define REVERSE_QUESTIONS_MAX (3 + REVERSE_NAMES_MAX)
#define REVERSE_ADDRS_SHOWN   8
#define REVERSE_EVIDENCE_MAX  1200 /* octets */
#define REVERSE_TTL_MAX       300  /* seconds that a result is worth */

/* What came out. Slices borrow from the machine, or from the copy. */
struct reverse_result {
	enum reverse_kind kind;
	unsigned findings; /* enum reverse_finding */
	struct ip client;
	struct slice name;      /* HELO, MAIL: as asked; PTR: first PTR name */
	struct slice confirmed; /* PTR: the name that has the address */
	bool matched;           /* HELO, MAIL: the address is the name's */
	/* Question and answer a line: "PTR 9.113.0.203.in-addr.arpa: NXDOMAIN";
	 * long ones are cut and say so. */
	struct slice evidence;
	uint32_t ttl; /* seconds this holds: the least of the answers used */
};

struct reverse;

#include "policy/reverse_state.h"

/* reverse_begin - name: of HELO, or the domain of the reverse-path (empty: the
 * null one); ignored for PTR. Address literals ("[192.0.2.1]") need no
 * question: they match or are forged. A name beyond ASCII is asked for in its
 * xn-- form; one that cannot be a name of DNS is not found. */
void reverse_begin(struct reverse *r, enum reverse_kind kind,
    const struct ip *client, struct slice name);

/* reverse_next - the next question to ask; false: none now. *out borrows from
 * r until it is begun anew. */
bool reverse_next(
    struct reverse *r, unsigned *out_slot, struct reverse_question *out);

/* reverse_answer - of the question in that slot; a second one, or one that was
 * never asked, is ignored. Anything in the records that is not of the type
 * asked for is ignored. */
void reverse_answer(
    struct reverse *r, unsigned slot, const struct reverse_answer *a);

/* reverse_timeout - all that is outstanding has timed out, and nothing more is
 * to be asked: r is done. */
void reverse_timeout(struct reverse *r);

bool reverse_done(const struct reverse *r);
const struct reverse_result *reverse_result(const struct reverse *r);

/* reverse_result_copy - one allocation, released with free(); NULL: no memory.
 */
struct reverse_result *reverse_result_copy(const struct reverse_result *r);

/* ---- what to do about it ---- */

#define REVERSE_SAID_MAX 3

/* reverse_judge - the findings in MDaemon's order: not found, then no MX, then
 * forged; the first that refuses ends it. Rules are named as their options:
 * "reverse-lookup.ptr.missing". TEMPFAIL ("reverse-lookup.ptr", field the
 * lookup's own section struct) is DEFER, 451 4.4.3, if any action of that
 * lookup refuses, else NOTE. Findings whose action is OFF are given too, for
 * the record. defer is 451 4.7.1, reject 501 5.7.1, close the same and hang
 * up. Returns how many. */
size_t reverse_judge(const struct conf_reverse_lookup *c,
    const struct reverse_result *r, struct finding out[REVERSE_SAID_MAX]);

/* reverse_wanted - is any action of that lookup other than OFF? */
bool reverse_wanted(
    const struct conf_reverse_lookup *c, enum reverse_kind kind);
/* reverse_refuses - may that lookup refuse? */
bool reverse_refuses(
    const struct conf_reverse_lookup *c, enum reverse_kind kind);
bool reverse_exempts_authenticated(
    const struct conf_reverse_lookup *c, enum reverse_kind kind);

/* ---- what the recipient sees ---- */

/* reverse_add_headers - the header fields that tell the results r[kind] (NULL:
 * not looked up), complete with CR LF:
 *
 *	Authentication-Results: HOSTNAME; iprev=pass policy.iprev=192.0.2.1
 *		(mail.contoh.id)                        (RFC 8601 2.7.3, 3)
 *	X-MDPtrLookup-Result: pass dns.ptr=NAME (ip=IP) (HOSTNAME)
 *	X-MDHeloLookup-Result: hardfail smtp.helo=NAME (does not match IP)
 *		(HOSTNAME)
 *
 * headers: enum conf_result_header. iprev is permerror without a PTR, fail when
 * none of its names has the address; without a PTR lookup the results are
 * "none". X-MD is "pass" when the address is the name's, and "temperror" when
 * that is not known; a PTR without name is dns.ptr=none. Skipped lookups have
 * no field. What could end a value, a comment or a line becomes \xHH. */
void reverse_add_headers(struct buf *b, unsigned headers, struct slice hostname,
    const struct reverse_result *const r[REVERSE_KINDS]);

#endif
