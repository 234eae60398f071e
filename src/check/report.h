/* report.h - what a check found, once, for every form it is shown in: text for
 * a terminal, JSON, CSV, HTML.
 *
 * A report is a tree: sections hold facts (one value with a name), tables,
 * transcripts and further sections; findings belong to the whole report. Each
 * part has a key, which is its name in JSON (stable, English, lower case, "_"
 * between words), and a label for people, which goes through tr(). Values are
 * bytes that may come from a server: the renderers make them harmless, nobody
 * else does.
 *
 * Everything is copied into the report's arena, which has a maximum; what does
 * not fit is left out and report_cut() tells. Pure. */
#ifndef CHECK_REPORT_H
#define CHECK_REPORT_H

#include "base/arena.h"
#include "base/buf.h"

enum check_answer { CHECK_GOOD, CHECK_BAD, CHECK_UNKNOWN };
enum check_severity { SEVERITY_INFO, SEVERITY_WARN, SEVERITY_BAD };
/* How much of a report is shown (kurir check --level); in rising order. A part
 * of a level is shown from that level on. */
enum report_level {
	REPORT_SCORE,
	REPORT_MATRIX,
	REPORT_CERT,
	REPORT_DETAIL,
	REPORT_FULL
};

enum report_type {
	VALUE_TEXT,   /* JSON string */
	VALUE_WORD,   /* the same, a word of ours: people read it translated */
	VALUE_NUMBER, /* JSON number: text holds decimal digits */
	VALUE_BOOL,   /* text is "true" or "false"; people read yes or no */
	VALUE_NULL    /* not known: null; people read "-" */
};

/* How a value strikes the eye. */
enum report_mood { MOOD_PLAIN, MOOD_GOOD, MOOD_WARN, MOOD_BAD, MOOD_DIM };

struct report_value {
	enum report_type type;
	enum report_mood mood;
	struct slice text;
};

struct report;
struct report_node; /* a section, a table or a transcript; lives in its report
		     */

/* report_new - question: what was asked, in one line: "check tls contoh.id".
 * NULL: no memory. */
struct report *report_new(struct slice question);
void report_free(struct report *r); /* NULL is nothing */
bool report_cut(const struct report *r);

/* The root section; parts of it are keys of the JSON object itself. */
struct report_node *report_root(struct report *r);

/* A key is one thing in its section: the same section again is the one there
 * is, the same fact again replaces it, another kind of thing is left out.
 *
 * report_section - list false: an object under that key. list true: one more
 * element of an array of objects under that key; its first fact, if it is
 * text, stands in its heading ("Exchanger mail.contoh.id"). */
struct report_node *report_section(struct report *r, struct report_node *in,
    const char *key, const char *label, bool list, enum report_level level);

void report_fact(struct report *r, struct report_node *in, const char *key,
    const char *label, struct report_value v, enum report_level level);
/* report_rest - a key that programs find in any case: null, or an empty array,
 * unless something was said under it. People see it at REPORT_FULL, or not. */
void report_rest(struct report *r, struct report_node *in, const char *key,
    const char *label, bool array);
/* Short forms of report_fact at REPORT_SCORE with MOOD_PLAIN. */
void report_text(struct report *r, struct report_node *in, const char *key,
    const char *label, struct slice text);
void report_number(struct report *r, struct report_node *in, const char *key,
    const char *label, uint64_t n);
void report_flag(struct report *r, struct report_node *in, const char *key,
    const char *label, bool yes);

/* A table: an array of objects in JSON, lines in CSV. columns: key and label
 * of each, n of them; a row has a value for each. */
struct report_column {
	const char *key, *label;
};
#define REPORT_COLUMNS_MAX 16
struct report_node *report_table(struct report *r, struct report_node *in,
    const char *key, const char *label, const struct report_column *columns,
    size_t n, enum report_level level);
void report_row(
    struct report *r, struct report_node *table, const struct report_value *v);

/* A transcript: timed lines. who: '>' we, '<' the server, '~' and '}' the same
 * inside TLS, '*' a remark, ' ' bare text. In text "[000.104] --> EHLO", inside
 * TLS "~~>" and "<~~". JSON: {ms, who, text}. */
struct report_node *report_transcript(struct report *r, struct report_node *in,
    const char *key, const char *label, enum report_level level);
void report_line(struct report *r, struct report_node *transcript, uint64_t ms,
    char who, struct slice text);

/* report_finding - code: of doc/causes.md or of doc/checks.md; text and cure in
 * the language of the report (tr was called already), cure may be empty. The
 * same code and text twice is one. */
void report_finding(struct report *r, const char *code,
    enum check_severity severity, struct slice text, struct slice cure);
void report_findingf(struct report *r, const char *code,
    enum check_severity severity, const char *cure, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* report_answer - the worst of what was said so far and a: BAD stands above
 * UNKNOWN, UNKNOWN above GOOD. Findings of SEVERITY_BAD imply BAD. Before
 * any answer was given a report is UNKNOWN: a check that did not get to its
 * end never says good. */
void report_answer(struct report *r, enum check_answer a);
enum check_answer report_verdict(const struct report *r);

/* report_get - the text of a fact of the root; false: there is none, or it is
 * not known. report_count - how many findings of that severity. Borrowed from
 * the report. */
bool report_get(const struct report *r, const char *key, struct slice *out);
size_t report_count(const struct report *r, enum check_severity severity);
/* report_code - of the i-th finding, worst first; NULL: there are no more. */
const char *report_code(const struct report *r, size_t i);
/* report_answer_name - "good", "bad", "unknown"; static. */
const char *report_answer_name(enum check_answer a);

/* Values. report_valuef prints into the report's arena. */
struct report_value value_text(struct slice s);
/* value_word - static, marked by N_(). */
struct report_value value_word(const char *word);
struct report_value value_number(struct report *r, uint64_t n);
struct report_value value_bool(bool yes);
struct report_value value_null(void);
struct report_value value_mood(struct report_value v, enum report_mood m);
struct report_value report_valuef(struct report *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- renderers (report_text.c, report_json.c, report_html.c, report_csv.c) */

/* Whatever bytes a report holds, what comes out is harmless to what reads it:
 * text has no control character but LF and our own colours, HTML no element
 * or attribute but ours, CSV no formula; foreign control characters, those
 * that turn the direction of writing and what is not UTF-8 stand there as
 * \xHH (in JSON as \u escapes and U+FFFD). */

struct render {
	enum report_level level;
	unsigned width; /* of the terminal; 0: 80 */
	bool colour;
};
void render_text(
    const struct report *r, const struct render *how, struct buf *out);
/* One JSON object: question, answer, then the parts, then findings. */
void render_json(const struct report *r, struct buf *out);
void render_csv(
    const struct report *r, const struct render *how, struct buf *out);
/* One line for a batch: target,answer,findings. */
void render_csv_line(
    struct slice target, const struct report *r, struct buf *out);
/* A whole page that loads nothing: style inside, no script, light and dark,
 * readable at phone width; a strict Content-Security-Policy in a meta
 * element. */
void render_html(
    const struct report *r, const struct render *how, struct buf *out);

/* The page of a batch: a line a target, each with a link to its file, whose
 * name may hold letters, digits, ".", "-" and "_" alone (else: no link). */
struct render_entry {
	struct slice target, file;
	enum check_answer answer;
	size_t faults, warnings;
};
void render_index(struct slice title, const struct render_entry *v, size_t n,
    struct buf *out);

#endif
