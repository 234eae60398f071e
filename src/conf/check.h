/* check.h - what a single value cannot tell: computed defaults, and whether
 * the values fit together. Internal to conf/. */
#ifndef CONF_CHECK_H
#define CONF_CHECK_H

#include "conf/private.h"

/* check_finish - fill in the defaults that depend on other values. Values that
 * are missing because of an error stay empty. ERR_LIMIT: the arena is full. */
enum err check_finish(struct conf *c) KURIR_MUST_CHECK;

/* check_all - errors and warnings about values that do not go together. */
void check_all(const struct conf *c, struct conf_report *r);

#endif
