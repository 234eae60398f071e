/* bounce_text.h - the part of a bounce that people read (see bounce.h). */
#ifndef PROTO_MAIL_BOUNCE_TEXT_H
#define PROTO_MAIL_BOUNCE_TEXT_H

#include "proto/mail/bounce.h"

/* bounce_text_add - the text in English, then in the second language. CR LF
 * lines of at most 76 columns where words allow; may hold UTF-8. */
void bounce_text_add(struct buf *out, const struct bounce *b);

/* bounce_subject - for the header: ASCII, at most 60 octets. */
struct slice bounce_subject(const struct bounce *b);

/* bounce_rcpt_status - the status code to show: the recipient's if it is
 * well-formed (RFC 3463) and of the class of the action, else X.0.0. */
struct slice bounce_rcpt_status(
    const struct bounce *b, const struct bounce_rcpt *r);

#endif
