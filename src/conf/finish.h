/* finish.h - the defaults that depend on other values. Internal to conf/. */
#ifndef CONF_FINISH_H
#define CONF_FINISH_H

#include "conf/private.h"

/* finish - fill them in once all is bound. Values that are missing because of
 * an error stay empty. ERR_LIMIT: the arena is full. */
enum err finish(struct conf *c) KURIR_MUST_CHECK;

#endif
