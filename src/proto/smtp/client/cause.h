/* cause.h - what a refusal of another server means.
 *
 * Servers say why in three ways: a reply code, an enhanced status (RFC 3463)
 * and words. A table of the three gives the stable code of doc/causes.md. */
#ifndef PROTO_SMTP_CLIENT_CAUSE_H
#define PROTO_SMTP_CLIENT_CAUSE_H

#include "base/slice.h"

/* smtp_cause_of_reply - never empty; "remote.4xx" or "remote.5xx" when nothing
 * better is known. enhanced and text may be empty. Static. */
struct slice smtp_cause_of_reply(
    uint16_t code, struct slice enhanced, struct slice text);

#endif
