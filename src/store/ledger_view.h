/* ledger_view.h - a record read: its facts, its transactions, its causes; and
 * the three shapes in which `kurir log` shows a session.
 *
 * Pure. Everything borrows from the record's bytes. Foreign octets are
 * escaped in every shape: a terminal never sees a control character that a
 * peer has sent. */
#ifndef STORE_LEDGER_VIEW_H
#define STORE_LEDGER_VIEW_H

#include "store/ledger_record.h"

#define LEDGER_CAUSES_MAX 32 /* different causes of one record */

struct ledger_end_point {
	struct ip ip;
	uint16_t port;
};

struct ledger_view {
	struct slice bytes;
	struct record_head head;
	struct ledger_end_point peer, local;
	struct slice host, ptr, helo, listener, user;
	bool tls;
	struct slice tls_version, tls_cipher;
	uint32_t tls_bits;
	bool tls_verified;
	uint64_t lines_left_out, items_left_out;
	enum record_verdict verdict;
	uint64_t ms; /* how long it took */
	uint64_t bytes_in, bytes_out;
	bool goes_on; /* the session has a further record */
};

/* ledger_view_open - gather the facts. ERR_SYNTAX: record_check would not
 * have it. */
enum err ledger_view_open(
    struct slice bytes, struct ledger_view *out) KURIR_MUST_CHECK;

/* ledger_view_items - a reader before the first item. */
struct record_reader ledger_view_items(const struct ledger_view *v);

/* A transaction: what stands from MAIL to its end. */
struct ledger_tx {
	struct slice from;
	id_t64 message;              /* 0: none was made */
	enum record_verdict verdict; /* 0 when the end is missing */
	uint64_t octets;
	struct slice cause;
	struct record_reader inside; /* for ledger_tx_item */
};

/* ledger_tx_next - the next transaction after rd, which moves behind its
 * MAIL. false: no more. */
bool ledger_tx_next(struct record_reader *rd, struct ledger_tx *out);
/* ledger_tx_item - the next item of the transaction, its end excluded. */
bool ledger_tx_item(struct ledger_tx *tx, struct record_item *out);

/* ledger_counts - does a decision with that verdict count against a client? Not
 * where the rule is off, or something spared it. */
bool ledger_counts(struct slice verdict);

/* ledger_item_cause - the code an item carries, or empty. */
struct slice ledger_item_cause(const struct record_item *it);

/* ledger_view_causes - each code once, in order of appearance. How many. */
size_t ledger_view_causes(
    const struct ledger_view *v, struct slice out[LEDGER_CAUSES_MAX]);

/* ledger_add_shown - s with what is not to be shown (utf8_shown) as \xhh. */
void ledger_add_shown(struct buf *b, struct slice s);

/* Minutes of local time east of UTC at that instant. */
typedef int (*ledger_zone)(uint64_t unix_ms);

/* ledger_add_json - one object without a newline (interface 4). */
void ledger_add_json(struct buf *b, const struct ledger_view *v);

/* ledger_add_dialogue - the block of lines that admins of this field know. */
void ledger_add_dialogue(
    struct buf *b, const struct ledger_view *v, ledger_zone zone);

/* ledger_add_summary - one aligned line. */
void ledger_add_summary(
    struct buf *b, const struct ledger_view *v, ledger_zone zone);

/* Pieces the shapes share with `kurir why`. */
void ledger_add_tls(struct buf *b, const struct ledger_view *v);
/* "mail.mitra.example [203.0.113.9]:41822", as much as is known. */
void ledger_add_peer(struct buf *b, const struct ledger_view *v);
void ledger_add_end_point(struct buf *b, const struct ledger_end_point *e);
/* A JSON member: "name": "text" or null; no comma. */
void ledger_json_text(struct buf *b, const char *name, struct slice s);
void ledger_json_list(struct buf *b, const char *name, struct slice lines);

#endif
