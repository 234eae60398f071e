/* value.h - the types of values: text to field, field to text. Internal to
 * conf/. */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include "conf/schema.h"
#include "conf/tree.h"

/* value_read - it (NAME = value) into the field of its type, checked against
 * the range of o. Texts are copied into a. false: every error is in r, or the
 * arena is full (*out_err is ERR_LIMIT then); the field is untouched. */
bool value_read(const struct conf_option *o, const struct conf_item *it,
    struct arena *a, void *field, struct conf_report *r, enum err *out_err);

/* value_default - o->fallback into the field. ERR_LIMIT: the arena is full;
 * ERR_BUG: the table holds a default that does not parse. */
enum err value_default(
    const struct conf_option *o, struct arena *a, void *field) KURIR_MUST_CHECK;

/* value_is_text - is the field a struct slice? */
bool value_is_text(const struct conf_option *o);

/* value_show - as it would stand after "NAME = ". */
void value_show(const struct conf_option *o, const void *field, struct buf *b);

void value_show_duration(uint64_t ms, struct buf *b); /* without quotes */
void value_show_size(uint64_t octets, struct buf *b);
void value_show_string(struct slice s, struct buf *b); /* quoted, escaped */

/* value_copy - s into a, with a NUL after it; false over the cap. */
bool value_copy(struct arena *a, struct slice s, struct slice *out);
bool value_copy_lower(struct arena *a, struct slice s, struct slice *out);

#endif
