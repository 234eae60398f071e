/* exempt.h - who is spared a lookup: lists of addresses, networks and names.
 *
 *	; a comment
 *	192.0.2.10                ; reason=Old fax gateway until=2027-03-01
 *	203.0.113.0/24
 *	2001:db8:7::/48
 *	192.168.0.1##             "#" any digit, "?" any octet, "*" any run
 *	mail.mitra.example
 *	*.mitra.example
 *
 * One entry a line; CR LF, LF and a BOM are accepted; ";" begins a comment, in
 * which reason= (to the end, or to until=) and until=YYYY-MM-DD (the last day
 * it counts, UTC) are understood. These are MDaemon's ReverseXcpt.dat,
 * HeloLookupWL.dat and MailLookupWL.dat, read and written as they are.
 *
 * An exemption spares a lookup. It never lets anybody relay.
 *
 * Pure; the table borrows from the text it was made of and keeps at most 50
 *octets an entry beside it. Lines: exempt_line.c; the table: exempt.c. */
#ifndef POLICY_EXEMPT_H
#define POLICY_EXEMPT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/ip.h"

#define EXEMPT_TEXT_MAX      (64u << 20)
#define EXEMPT_LINE_MAX      1024u
#define EXEMPT_ENTRIES_MAX   2000000u
#define EXEMPT_WILDCARDS_MAX 10000u

enum exempt_what {
	EXEMPT_NET,          /* address or network: net */
	EXEMPT_IP_PATTERN,   /* "192.168.*.1#" against the address's text */
	EXEMPT_NAME,         /* host or domain, exactly */
	EXEMPT_NAME_PATTERN, /* "*.mitra.example" */
};

struct exempt_entry {
	enum exempt_what what;
	struct ip_net net;
	struct slice text;   /* the entry as written, without the comment */
	struct slice reason; /* or empty */
	uint32_t until;      /* YYYYMMDD; 0: no end */
	uint32_t line;       /* from 1 */
	/* A pattern that fixes fewer than two octets, two groups of IPv6 or two
	 * labels; a prefix shorter than /9, in IPv6 /17. */
	bool broad;
};

/* exempt_parse_line - one line without its end. ERR_NOT_FOUND: blank or only a
 * comment. ERR_SYNTAX: d (or NULL) says what is wrong. *out borrows from line;
 * its line is 0. A word of digits and dots must be a whole address:
 * "192.168.1" is an error, and so is what can match nothing. */
enum err exempt_parse_line(struct slice line, struct exempt_entry *out,
    struct diag *d) KURIR_MUST_CHECK;

/* exempt_line - the next line of a file, ends and BOM taken off; false: no
 * more. *at is where to go on; 0 at first. */
bool exempt_line(struct slice text, size_t *at, struct slice *out);

struct exempt_error {
	uint32_t line;
	char text[160];
};

/* What a file holds, without keeping it. */
struct exempt_survey {
	size_t entries;
	size_t wildcards;
	size_t broad;
	uint32_t first_broad; /* its line */
	size_t errors;
	struct exempt_error first_error;
};

/* exempt_survey - read all of text; ERR_LIMIT: larger than the maxima. */
enum err exempt_survey(
    struct slice text, struct exempt_survey *out) KURIR_MUST_CHECK;

struct exempt_table;

/* Told of each line that is no entry. */
typedef void exempt_report(void *arg, uint32_t line, const char *text);

/* exempt_begin - a table of text, still empty; NULL: no memory. text must
 * outlive it; seed keys its hashes; report may be NULL. Lines with an error
 * are left out: each is no exemption. Of two equal entries the one that lasts
 * longer counts, else the first. */
struct exempt_table *exempt_begin(struct slice text, const uint64_t seed[2],
    exempt_report *report, void *arg);

/* exempt_step - take in some more lines. ERR_MORE: call again; ERR_OK: the
 * table is whole, and only now it is of use. ERR_NOMEM, ERR_LIMIT (d says
 * which maximum): it is to be freed. */
enum err exempt_step(
    struct exempt_table *t, size_t lines, struct diag *d) KURIR_MUST_CHECK;

/* exempt_compile - both of them at once, or NULL (d says why). */
struct exempt_table *exempt_compile(
    struct slice text, const uint64_t seed[2], struct diag *d);
void exempt_free(struct exempt_table *t); /* NULL is nothing */

size_t exempt_count(const struct exempt_table *t);
/* exempt_octets - memory it takes, without the text. */
size_t exempt_octets(const struct exempt_table *t);

/* What is asked: a client's address, and names that are known to be its (their
 * addresses hold it) or that it may be exempted by (the domain of MAIL). */
struct exempt_question {
	struct ip client;
	struct slice name[3]; /* empty ones are skipped; a final dot and case
				 do not matter */
	uint32_t today;       /* YYYYMMDD; entries that ended don't count */
};

/* exempt_find - the entry that exempts: of an address the longest prefix, then
 * exact names, then patterns in the order of the file. *out_index is its
 * number, from 0 in the order of the file. */
bool exempt_find(const struct exempt_table *t, const struct exempt_question *q,
    size_t *out_index);

/* exempt_same - the entry that means the same as e, whenever it ends. */
bool exempt_same(const struct exempt_table *t, const struct exempt_entry *e,
    size_t *out_index);

/* exempt_entry_at - the index-th entry, index < exempt_count. */
void exempt_entry_at(
    const struct exempt_table *t, size_t index, struct exempt_entry *out);

/* exempt_add_line - an entry as a line of such a file, without its end; from a
 * file of ours it is what a .dat file of MDaemon holds. */
void exempt_add_line(struct buf *b, const struct exempt_entry *e);

#endif
