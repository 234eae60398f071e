/* ledger_record.h - one session, delivery attempt or batch of queue events as
 * the ledger keeps it: a compact run of tagged items.
 *
 * Pure code: no clock, no system call, no database. A role builds a record
 * while the session lives and hands record_end()'s bytes to the ledger in one
 * `record` frame; the ledger stores the same bytes. Items are appended in the
 * order things happened and the last one of a kind wins, so nothing has to be
 * known in advance.
 *
 *   record_begin -> record_peer, _listener, ... as they become known
 *     one transaction: record_mail -> record_rcpt* -> record_message
 *   -> record_end -> (send) -> record_free
 *
 * Every part has a cap, so that a record never passes RECORD_MAX; what does
 * not fit is left out and counted, never an error the session could feel.
 * Secrets are not to be given to it; as a second wall the text behind an AUTH
 * mechanism, and each line of a SASL exchange, is replaced by "****". */
#ifndef STORE_LEDGER_RECORD_H
#define STORE_LEDGER_RECORD_H

#include "base/buf.h"
#include "base/id.h"
#include "base/ip.h"

/* Octets: of a whole record, which fits a frame; and of its parts, envelope
 * being mail, rcpt, message and event items, facts everything else. */
#define RECORD_MAX          98304u
#define RECORD_DIALOGUE_MAX 32768u
#define RECORD_DECISION_MAX 16384u
#define RECORD_ENVELOPE_MAX 32768u
#define RECORD_FACTS_MAX    8192u
#define RECORD_LINE_MAX     640u /* of one dialogue line */

enum record_kind {
	RECORD_IN = 1, /* a session a client opened */
	RECORD_OUT,    /* a session we opened: one delivery attempt or more */
	RECORD_EVENTS, /* what the queue did with messages */
	RECORD_KIND_END
};

enum record_who {
	RECORD_US = 1, /* "-->" */
	RECORD_PEER,   /* "<--" */
	RECORD_NOTE,   /* "*": TLS details, a finding, a cause */
	RECORD_EVENT,  /* bare: connected, closed */
	RECORD_WHO_END
};

enum record_verdict {
	RECORD_ACCEPTED =
	    1,            /* in: at least one message taken, or none offered */
	RECORD_REFUSED,   /* in: nothing was taken and something was refused */
	RECORD_DELIVERED, /* out: the next hop has it */
	RECORD_DEFERRED,  /* out: will be tried again */
	RECORD_FAILED,    /* out: for good */
	RECORD_CUT,       /* the connection ended in the middle of something */
	RECORD_VERDICT_END
};

/* What happened to a message in the queue. */
enum record_what {
	RECORD_QUEUED = 1,
	RECORD_EV_DELIVERED, /* local delivery; relays record sessions */
	RECORD_EV_DEFERRED,
	RECORD_EV_FAILED,
	RECORD_BOUNCED, /* a bounce was sent: text names its message id */
	RECORD_WARNED,  /* the sender was told of the delay */
	RECORD_HELD,
	RECORD_RELEASED,
	RECORD_RETRIED, /* an operator asked for an attempt now */
	RECORD_DELETED,
	RECORD_EXPIRED,
	RECORD_WHAT_END
};

/* One decision: everything that `kurir why` needs to explain it. Empty slices
 * are allowed. Longer fields are cut. */
struct record_decision {
	struct slice stage;  /* "connect", "helo", "mail", "rcpt", "data" ... */
	struct slice rule;   /* "relay", "reverse-lookup ptr", "tls-rule" ... */
	struct slice config; /* "/etc/kurir/kurir.conf:12" */
	struct slice list;   /* "/etc/kurir/exempt/ptr.list:3: 192.0.2.#" */
	struct slice evidence; /* DNS answers and the like, one a line ("\n") */
	struct slice verdict;  /* "accept", "reject", "note" ... */
	struct slice cause;    /* a code of doc/causes.md, or empty */
};

struct record_event {
	uint64_t unix_ms;
	uint64_t next_try_ms; /* Unix milliseconds; 0: no next attempt */
	id_t64 message;
	enum record_what what;
	struct slice rcpt;  /* empty: the whole message */
	struct slice cause; /* a code, or empty */
	struct slice text;  /* the reply or the reason, for people */
};

struct record {
	struct buf b;      /* lives from record_begin to record_free */
	uint64_t start_ms; /* Unix milliseconds; 0: not begun */
	size_t part[4];    /* octets spent by each capped part */
	uint32_t lines_left_out;
	uint32_t items_left_out;
	enum record_kind kind;
	bool sasl; /* the client's next line answers a 334 */
};

/* record_init - an empty record; allocates nothing. */
void record_init(struct record *r);
/* record_free - release; the record may be begun again. */
void record_free(struct record *r);
static inline bool
record_begun(const struct record *r)
{
	return r->start_ms != 0;
}

/* record_begin - start (again) with session id id at unix_ms. A session may
 * send more than one record under its id: see record_full. For RECORD_EVENTS
 * id is any fresh id. */
void record_begin(
    struct record *r, enum record_kind kind, id_t64 id, uint64_t unix_ms);

/* record_full - true when little room is left for further transactions. The
 * caller then ends and sends this record and begins the next one with the
 * same id, giving peer, helo, user and TLS again. Worth asking after each
 * message; a session that never asks loses only detail. */
bool record_full(const struct record *r);

/* What is known about the two ends. port 0: unknown. */
void record_peer(struct record *r, const struct ip *ip, uint16_t port);
void record_local(struct record *r, const struct ip *ip, uint16_t port);
void record_host(struct record *r, struct slice name); /* out: the next hop */
void record_ptr(struct record *r, struct slice name);  /* confirmed or not */
void record_helo(struct record *r, struct slice name);
void record_listener(struct record *r, struct slice name); /* out: the route */
void record_user(struct record *r, struct slice name);
/* record_tls - version "TLSv1.3", cipher by its IANA or OpenSSL name;
 * verified: the peer's certificate was checked and matched. */
void record_tls(struct record *r, struct slice version, struct slice cipher,
    unsigned bits, bool verified);

/* Lookups of the client; bits. */
#define RECORD_LOOKUP_PTR  1u
#define RECORD_LOOKUP_HELO 2u
#define RECORD_LOOKUP_MAIL 4u
/* record_passed - those that were made and found nothing against it; what
 * the others found is told by decisions. With this in a record, be it 0, of
 * no other lookup is to be believed that it passed; records from before it was
 * written do not have it. */
void record_passed(struct record *r, unsigned lookups);

/* record_dialogue - text said by who at unix_ms; more lines in one text
 * (CR LF, LF) become a line each, an empty text nothing. */
void record_dialogue(
    struct record *r, uint64_t unix_ms, enum record_who who, struct slice text);
/* record_note - printf into a RECORD_NOTE line (at most RECORD_LINE_MAX). */
void record_note(struct record *r, uint64_t unix_ms, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A transaction. record_mail opens it; record_rcpt names each recipient asked
 * for, refused ones too (cause and reply may be empty); record_message closes
 * it with the message's id, or 0 when none was made. */
void record_mail(struct record *r, struct slice from);
void record_rcpt(struct record *r, struct slice to, enum record_verdict v,
    struct slice cause, struct slice reply);
void record_message(struct record *r, id_t64 message, enum record_verdict v,
    uint64_t octets, struct slice cause);

/* record_cause - a cause of the session as a whole; repeated ones are shown
 * once. A decision's cause counts by itself. */
void record_cause(struct record *r, struct slice code);
void record_decision(struct record *r, const struct record_decision *d);
void record_event(struct record *r, const struct record_event *e);

/* record_end - close with the outcome. *out borrows from r until the next
 * call on r. ERR_NOMEM: memory ran out while building; the caller counts one
 * lost record and goes on. */
enum err record_end(struct record *r, uint64_t unix_ms, enum record_verdict v,
    uint64_t bytes_in, uint64_t bytes_out, struct slice *out) KURIR_MUST_CHECK;

/* --- reading --- */

enum record_tag {
	RECORD_TAG_PEER = 1, /* ip; v0 port */
	RECORD_TAG_LOCAL,    /* ip; v0 port */
	RECORD_TAG_HOST,     /* s0 */
	RECORD_TAG_PTR,      /* s0 */
	RECORD_TAG_HELO,     /* s0 */
	RECORD_TAG_LISTENER, /* s0 */
	RECORD_TAG_USER,     /* s0 */
	RECORD_TAG_TLS,      /* v0 bits, v1 verified; s0 version, s1 cipher */
	RECORD_TAG_DIALOGUE, /* v0 ms since begin, v1 who; s0 text */
	RECORD_TAG_MAIL,     /* s0 reverse-path */
	RECORD_TAG_RCPT,     /* v0 verdict; s0 to, s1 cause, s2 reply */
	RECORD_TAG_MESSAGE,  /* v0 id, v1 verdict, v2 octets; s0 cause */
	RECORD_TAG_CAUSE,    /* s0 */
	RECORD_TAG_DECISION, /* s0..s6 in the order of struct record_decision */
	RECORD_TAG_QUEUE_EVENT, /* v0 Unix ms, v1 what, v2 id, v3 next try;
				 * s0 rcpt, s1 cause, s2 text */
	RECORD_TAG_LEFT_OUT,    /* v0 dialogue lines, v1 other items */
	RECORD_TAG_END,    /* v0 ms, v1 verdict, v2 bytes in, v3 bytes out */
	RECORD_TAG_PASSED, /* v0 lookups that found nothing; see record_passed
			    */
	RECORD_TAG_COUNT   /* at most 32 */
};

struct record_item {
	enum record_tag tag;
	struct ip ip;
	uint64_t v[4];
	struct slice s[7]; /* borrow from the record's bytes */
};

struct record_head {
	enum record_kind kind;
	id_t64 id;
	uint64_t time_ms;
};

struct record_reader {
	struct slice left;
};

/* record_open - check the head and stand before the first item. ERR_SYNTAX:
 * not a record, or of another version. */
enum err record_open(struct slice bytes, struct record_head *out_head,
    struct record_reader *out) KURIR_MUST_CHECK;
/* record_next - the next item of a known tag. ERR_NOT_FOUND: no more.
 * ERR_SYNTAX: damaged; nothing after it can be read. */
enum err record_next(
    struct record_reader *rd, struct record_item *out) KURIR_MUST_CHECK;
/* record_next_of - the same, of the tags whose bits 1 << tag are set; what is
 * between is stepped over unread. *out is spoilt by an error. */
enum err record_next_of(struct record_reader *rd, uint32_t tags,
    struct record_item *out) KURIR_MUST_CHECK;
/* record_check - the whole record is well-formed, has its end, and every
 * enumeration in it is in range: what the ledger asks before it stores. */
enum err record_check(struct slice bytes) KURIR_MUST_CHECK;

/* record_without_dialogue - append to out the well-formed record bytes, its
 * dialogue left away. */
void record_without_dialogue(struct slice bytes, struct buf *out);

/* Names in JSON and for --verdict; NULL for a number out of range. */
const char *record_verdict_name(uint64_t v);
const char *record_who_name(uint64_t who);
const char *record_what_name(uint64_t what);
/* record_verdict_parse - ERR_SYNTAX when it is none of the names. */
enum err record_verdict_parse(
    struct slice name, enum record_verdict *out) KURIR_MUST_CHECK;

#endif
