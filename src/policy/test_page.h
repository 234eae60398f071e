/* test_page.h - the text of a test report, once as plain text and once as
 * HTML, from the same calls. Internal to test_report.c. Pure.
 *
 * Lines end with LF. Every value is made harmless here: printable ASCII stays,
 * the rest is \xHH, and what means something in HTML is an entity. */
#ifndef POLICY_TEST_PAGE_H
#define POLICY_TEST_PAGE_H

#include "policy/test_report.h"

#define TEST_VALUE_MAX 200u /* octets of a foreign value that are shown */

struct test_page {
	struct buf *b;
	bool html;
};

void test_page_begin(struct test_page *p, const char *title);
void test_page_end(struct test_page *p);
void test_page_heading(struct test_page *p, const char *text);
void test_page_para(struct test_page *p, const char *text);
/* A verdict: one line, in the colour of its mood. */
void test_page_verdict(
    struct test_page *p, enum test_mood mood, const char *text);

void test_page_rows_begin(struct test_page *p);
void test_page_row(struct test_page *p, const char *label, struct slice value);
void test_page_rows_end(struct test_page *p);

/* word: what the mood is called; before: what the cure is called. */
void test_page_finding(struct test_page *p, enum test_mood mood,
    const char *word, const char *code, const char *text, const char *before,
    const char *cure);

/* Lines as they are, in a fixed width; octets beyond the maximum are left out
 * and "..." tells. */
void test_page_lines_begin(struct test_page *p);
void test_page_line(
    struct test_page *p, struct slice front, struct slice value);
void test_page_lines_end(struct test_page *p);

/* test_page_quote - text (LF lines) as quoted-printable with CR LF lines of at
 * most 76 octets (RFC 2045 6.7). */
void test_page_quote(struct buf *out, struct slice text);

#endif
