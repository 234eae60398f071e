/* tree.h - configuration text to a tree of items.
 *
 *	file    = *item
 *	item    = NAME "=" value
 *	        / NAME [ string ] "{" *item "}"
 *	        / "include" "(" string ")"
 *	value   = word / string / "{" [ scalar *( "," scalar ) ] "}"
 *
 * What is included stands in the tree where the include stood. Grammar errors
 * are reported and passed over, so one run shows them all. */
#ifndef CONF_TREE_H
#define CONF_TREE_H

#include "conf/report.h"

struct conf_scalar {
	struct conf_scalar *next;
	struct slice text;
	struct conf_pos pos;
};

struct conf_item {
	struct conf_item *next;
	struct slice name;
	struct conf_pos pos;
	bool is_section;
	/* NAME = value */
	bool broken; /* no value, or half a list; reported already */
	bool is_list;
	struct conf_pos value_pos;
	struct conf_scalar *value; /* one, or a list that may be empty */
	/* NAME [LABEL] { ... } */
	bool has_label;
	struct slice label;
	struct conf_pos label_pos;
	struct conf_item *item;
};

struct tree_file {
	struct tree_file *next;
	const char *name;
	struct buf text;
};

struct tree {
	struct arena arena;     /* items, and file names */
	struct tree_file *file; /* texts the slices point into */
	size_t files;
	size_t octets; /* of all texts */
	struct conf_item *item;
};

/* tree_read - read path and its includes. Errors of grammar go to r and the
 * tree holds the rest; the return is ERR_OK then. Otherwise what the source
 * returned for path (with a message in r), ERR_NOMEM or ERR_LIMIT. tree_free
 * in every case. */
enum err tree_read(const struct conf_source *src, const char *path,
    struct tree *t, struct conf_report *r) KURIR_MUST_CHECK;
void tree_free(struct tree *t);

/* tree_value - text, which begins at pos, as what stands behind "NAME =", into
 * it->value. It borrows from text and from t. false: what is wrong is in r, or
 * t is full (*out_err is ERR_LIMIT then). */
bool tree_value(struct tree *t, struct slice text, struct conf_pos pos,
    struct conf_item *it, struct conf_report *r, enum err *out_err);

#endif
