/* extract_priv.h - what extract.c and extract_facts.c share. */
#ifndef POLICY_EXTRACT_PRIV_H
#define POLICY_EXTRACT_PRIV_H

#include "policy/extract.h"

/* extract_match - do the words stand at the front of s? Their octets, or 0. A
 * space is any white space with marks of quoting, "*" at most EXTRACT_GAP
 * octets, "#" a digit; any case. */
size_t extract_match(struct slice s, struct slice words);

/* extract_find - where they stand first in s from off on; s.n: nowhere. */
size_t extract_find(struct slice s, size_t off, const char *words);

/* extract_form - as what a text is to be read. */
enum extract_form extract_form(struct slice text);

/* extract_facts - fill in what the text names near f->at, and who wrote it. */
void extract_facts(
    struct slice text, enum extract_form form, struct extract_found *f);

/* extract_report - if text is what "kurir check" printed of a fault or a
 * warning: its findings, in their order, each cause once; at most max. */
size_t extract_report(struct slice text, struct extract_found *out, size_t max);

#endif
