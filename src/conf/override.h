/* override.h - values that are to stand instead of what the files say.
 * Internal to conf/. */
#ifndef CONF_OVERRIDE_H
#define CONF_OVERRIDE_H

#include "conf/tree.h"

/* override_tree - put set into the tree, each in place of what was there under
 * its name; what is wrong with their values goes to r, and the binder finds
 * what is wrong with their names. The tree borrows from set. ERR_LIMIT: the
 * tree is full. */
enum err override_tree(struct tree *t, const struct conf_override *set,
    size_t n, struct conf_report *r) KURIR_MUST_CHECK;

#endif
