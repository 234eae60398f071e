/* names.h - what counts as a name in the configuration. Pure. */
#ifndef CONF_NAMES_H
#define CONF_NAMES_H

#include "base/buf.h"

/* name_is_host - letters, digits and hyphens in labels of 1..63 octets, at
 * most 253 in all, no final dot (RFC 1123 2.1); one label is enough. A last
 * label of digits only is an address gone wrong, not a name. */
bool name_is_host(struct slice s);

/* name_is_user - a name of a system user: [a-z_][a-z0-9_-]*, up to 32. */
bool name_is_user(struct slice s);

/* name_is_address - local@host, the local part a dot-atom (RFC 5321 4.1.2). */
bool name_is_address(struct slice s);

/* name_is_account - "local@host", or a bare local part; neither may leave a
 * mail directory or hide in it. */
bool name_is_account(struct slice s);

/* name_distance - edits (insert, delete, replace, swap of neighbours) that
 * turn a into b; SIZE_MAX when one is longer than NAME_MAX_DISTANCE octets. */
#define NAME_MAX_DISTANCE 40
size_t name_distance(struct slice a, struct slice b);

/* name_nearest - the candidate that found may have meant, or NULL. */
const char *name_nearest(
    struct slice found, const char *const *candidate, size_t n);

#endif
