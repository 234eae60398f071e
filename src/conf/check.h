/* check.h - what a single value cannot tell: whether the values fit together.
 * Internal to conf/. */
#ifndef CONF_CHECK_H
#define CONF_CHECK_H

#include "conf/private.h"
#include "conf/report.h"

struct check {
	const struct conf *c;
	struct conf_report *r;
	enum err err; /* ERR_NOMEM: not all could be checked */
};

/* check_all - errors and warnings about values that do not go together. */
enum err check_all(
    const struct conf *c, struct conf_report *r) KURIR_MUST_CHECK;

/* check_at - where field was written, else where its section is. */
struct conf_pos check_at(
    const struct check *k, const void *field, struct conf_pos section);

/* check_add_net - "192.0.2.0/24" into b, which is new. */
void check_add_net(struct buf *b, const struct ip_net *n);

/* check_senders.c: who may send. */
void check_lookups(struct check *k);
void check_exempts(struct check *k);
void check_control(struct check *k);
void check_shields(struct check *k);
void check_devices(struct check *k);

/* check_test.c */
void check_test_mailbox(struct check *k);

#endif
