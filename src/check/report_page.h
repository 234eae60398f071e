/* report_page.h - what all HTML pages of ours share: the head with its style
 * and its policy, text made harmless, the answer. For report*.c alone. */
#ifndef CHECK_REPORT_PAGE_H
#define CHECK_REPORT_PAGE_H

#include "check/report.h"

/* page_head - up to and with <main>. page_tail - the rest. */
void page_head(struct buf *b, struct slice title);
void page_tail(struct buf *b);

/* page_text - as the inside of an element or of a quoted attribute; LF stays,
 * what is foul is shown as \xHH. */
void page_text(struct buf *b, struct slice s);

/* page_badge - the answer as a word on its colour. */
void page_badge(struct buf *b, enum check_answer a);

/* page_style - the text of the style element, whose SHA-256 stands in the
 * policy; for the test of that. */
const char *page_style(void);

#endif
