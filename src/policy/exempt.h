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
 * Pure; the compiled table borrows from the text it was made of. A million
 * entries take less than 200 MB and a thousand of them may have wildcards;
 * a look then takes less than 20 us. */
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
	bool broad; /* a pattern that fixes fewer than two octets or labels,
		       "*", a prefix shorter than /9, in IPv6 /17 */
};

/* exempt_parse_line - one line without its end. ERR_NOT_FOUND: blank or only a
 * comment. ERR_SYNTAX: d says what is wrong. *out borrows from line. A word
 * of digits and dots must be a whole address: "192.168.1" is an error. */
enum err exempt_parse_line(struct slice line, struct exempt_entry *out,
    struct diag *d) KURIR_MUST_CHECK;

/* exempt_lines - the next line of a file, ends and BOM taken off; false: no
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

/* exempt_compile - a table of text, or NULL out of memory or over a maximum (d
 * says which). Lines with an error are left out: each is no exemption. text
 * must outlive the table. seed keys its hashes. */
struct exempt_table *exempt_compile(
    struct slice text, const uint64_t seed[2], struct diag *d);
void exempt_free(struct exempt_table *t); /* NULL is nothing */
size_t exempt_count(const struct exempt_table *t);

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
 * number, from 0 in the order of the file, for counting hits. */
bool exempt_find(const struct exempt_table *t, const struct exempt_question *q,
    size_t *out_index);

/* exempt_entry_at - the index-th entry. */
void exempt_entry_at(
    const struct exempt_table *t, size_t index, struct exempt_entry *out);

/* exempt_add_line - an entry as a line of such a file, without its end; from a
 * file of ours it is what a .dat file of MDaemon holds. */
void exempt_add_line(struct buf *b, const struct exempt_entry *e);

#endif
