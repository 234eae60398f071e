/* report_tree.h - how a report lies in memory, and octets made harmless; for
 * report*.c alone. */
#ifndef CHECK_REPORT_TREE_H
#define CHECK_REPORT_TREE_H

#include "check/report.h"

enum node_kind {
	NODE_SECTION,
	NODE_LIST, /* its children are sections with the same key */
	NODE_FACT,
	NODE_TABLE,
	NODE_TRANSCRIPT,
	NODE_NOWHERE /* what is put there is left out */
};

struct report_line {
	struct report_line *next;
	uint64_t ms;
	char who;
	struct slice text;
};

struct report_row {
	struct report_row *next;
	struct report_value v[]; /* one a column */
};

struct report_node {
	struct report_node *next;
	enum node_kind kind;
	enum report_level level;
	bool element; /* of a list */
	const char *key, *label;
	struct report_node *first, *last; /* of a section, of a list */
	struct report_value value;        /* of a fact */
	const struct report_column *columns;
	size_t column_n;
	struct report_row *rows, *rows_last;
	struct report_line *lines, *lines_last;
};

struct report_finding {
	struct report_finding *next;
	const char *code;
	enum check_severity severity;
	struct slice text, cure;
};

struct report {
	struct arena arena;
	struct slice question;
	struct report_node root, nowhere;
	struct report_finding *findings, *findings_last;
	size_t finding_n;
	bool answered, cut;
	enum check_answer answer;
};

#define REPORT_MEMORY       (16u << 20)
#define REPORT_FINDINGS_MAX 1000

/* "bad", "warn", "info". */
const char *report_severity_name(enum check_severity s);

/* report_finding_next - the findings, worst first: NULL begins; NULL ends. */
const struct report_finding *report_finding_next(
    const struct report *r, const struct report_finding *at);

/* report_shown - is that part one of the level, and is there something in it
 * that is? */
bool report_shown(const struct report_node *n, const struct render *how);

/* report_people - a value as people read it: "yes", "-". */
struct slice report_people(const struct report_value *v);

/* report_harmless - how many octets at the front of s may be shown as they are
 * (utf8_shown). report_foul: how many at the front make the next character
 * that may not, 0 at the end of s. */
size_t report_harmless(struct slice s);
size_t report_foul(struct slice s);

/* report_add_shown - with what is foul as \xHH. report_columns: how wide that
 * is, in characters. */
void report_add_shown(struct buf *b, struct slice s);
size_t report_columns(struct slice s);

/* report_line_next - the next line of *rest without its LF; false: none. */
bool report_line_next(struct slice *rest, struct slice *out);

#endif
