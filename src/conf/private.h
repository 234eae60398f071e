/* private.h - what a struct conf keeps to itself. Internal to conf/. */
#ifndef CONF_PRIVATE_H
#define CONF_PRIVATE_H

#include "conf/conf.h"

struct conf_where {
	const void *field;
	struct conf_pos pos;
	bool broken; /* the value is wrong, the field is not set */
};

struct conf_private {
	struct arena arena;
	struct conf_where *where; /* sorted by field once bound */
	size_t where_n;
	struct slice first_domain; /* as written first in the file */
	struct conf_pos top;       /* front of the main file */
};

/* conf_where_find - as conf_where; NULL: a default. */
const struct conf_where *conf_where_find(
    const struct conf *c, const void *field);
/* conf_is_set - was it written, right or wrong? */
bool conf_is_set(const struct conf *c, const void *field);
/* conf_is_broken - was it written wrong, and reported? */
bool conf_is_broken(const struct conf *c, const void *field);

#endif
