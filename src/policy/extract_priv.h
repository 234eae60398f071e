/* extract_priv.h - what the files of extract share. */
#ifndef POLICY_EXTRACT_PRIV_H
#define POLICY_EXTRACT_PRIV_H

#include "policy/extract.h"

/* extract_match - do the words stand at the front of s? Their octets, or 0. A
 * space is any white space with marks of quoting, "*" at most EXTRACT_GAP
 * octets, "#" a digit; any case. */
size_t extract_match(struct slice s, struct slice words);

/* extract_find - where they stand first in s from off on; s.n: nowhere. */
size_t extract_find(struct slice s, size_t off, const char *words);

/* extract_begins - may words whose first octet is that begin at that place? */
bool extract_begins(struct slice s, size_t at, uint8_t first);

/* ---- lines (extract_line.c) ---- */

/* extract_quote - octets of white space and marks of quoting in front. */
size_t extract_quote(struct slice line);

/* extract_is_stamped - does a line of a log begin there? */
bool extract_is_stamped(struct slice line);

/* extract_line_around - the line with the n octets at that place, or as much of
 * it as is shown; a line of a log with the lines it was wrapped into. */
struct slice extract_line_around(struct slice text, size_t at, size_t n);

/* Where in a text one is; it only moves forward. */
struct extract_place {
	size_t reply_end; /* a refusal, "550 ...", reaches to there */
	bool coded;       /* it has an enhanced status code too */
	bool footer;      /* below "-- " */
};
void extract_place_move(struct extract_place *p, struct slice text, size_t at);

/* extract_announced - is what stands there a number that somebody says, as in
 * "said: 550", "dsn=5.2.2", "error 421", and no house number? */
bool extract_announced(struct slice text, size_t at);

/* ---- weighing (extract_weigh.c) ---- */

enum extract_kind {
	EXTRACT_WORDS,
	EXTRACT_NUMBER,   /* "550" */
	EXTRACT_ENHANCED, /* "5.1.1" */
	EXTRACT_ALONE     /* "10060": says something where nothing else does */
};

struct extract_hit {
	struct extract_found f;
	size_t n;              /* octets that matched */
	int score;             /* higher is surer */
	bool resort, in_reply; /* known by a number; in a refusal */
	const char *receiving; /* the cause, when its writer refused, or NULL */
};

/* extract_score - how much words of that kind and weight say at that place;
 * 0 or less: nothing. is_short: hardly anything else stands in the text. */
int extract_score(struct slice text, const struct extract_place *p, size_t at,
    size_t n, enum extract_kind kind, int weight, bool is_short);

/* extract_weigh - leave out what others outdo, the surest first. How many. */
size_t extract_weigh(struct extract_hit *v, size_t n);

/* ---- facts ---- */

/* extract_form - as what a text is to be read. */
enum extract_form extract_form(struct slice text);

/* extract_facts - fill in what the text names near f->at, and who wrote it. */
void extract_facts(
    struct slice text, enum extract_form form, struct extract_found *f);

/* extract_report - if text is what "kurir check" printed of a fault or a
 * warning: its findings, in their order, each cause once; at most max. */
size_t extract_report(struct slice text, struct extract_found *out, size_t max);

#endif
