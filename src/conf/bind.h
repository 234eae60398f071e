/* bind.h - the tree of items into the fields of struct conf, by the schema.
 * Internal to conf/. */
#ifndef CONF_BIND_H
#define CONF_BIND_H

#include "conf/private.h"
#include "conf/tree.h"

/* bind_tree - fill c, whose priv is set up. Errors of names, values and labels
 * go to r; a field whose value is wrong stays zero. Computed defaults are not
 * filled in yet. ERR_LIMIT: the arena is full. */
enum err bind_tree(const struct tree *t, struct conf *c,
    struct conf_report *r) KURIR_MUST_CHECK;

#endif
