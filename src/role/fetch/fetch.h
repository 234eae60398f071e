/* fetch.h - the role that asks web servers: the nightly sync of exempt lists.
 *
 * It runs only when some list has a URL, and nothing waits for it. */
#ifndef ROLE_FETCH_FETCH_H
#define ROLE_FETCH_FETCH_H

#include "role/role.h"

struct fetch {
	struct role *role;
	int dir; /* data-dir/exempt */
};

#endif
