/* edit.h - one value of a configuration's text changed, and nothing else:
 * comments, layout, ends of lines and what stands around stay octet for octet.
 * Pure.
 *
 * What comes out reads back as the same configuration but for that value
 * (fuzzed). A value is as it would stand behind "=": one word, "string" or
 * {list}, on one line. Where a list holds comments its items are changed one
 * by one, that the comments stay.
 *
 * Both: ERR_SYNTAX: text is no configuration, or value none; ERR_LIMIT: out or
 * memory is full. out is appended to, and is of no use after an error. */
#ifndef CONF_EDIT_H
#define CONF_EDIT_H

#include "conf/conf.h"

/* conf_edit_at - the value that stands at pos (conf_where; its file is not
 * looked at) replaced. ERR_NOT_FOUND: no value begins there. */
enum err conf_edit_at(struct slice text, const struct conf_pos *pos,
    struct slice value, struct buf *out) KURIR_MUST_CHECK;

/* conf_edit_set - the option named as in conf_override replaced or, where it
 * is not written, put behind the last one of its section; make: that section,
 * too, where there is none. What is included is not looked into: an option
 * within a section that stands in another file is ERR_NOT_FOUND without make.
 * ERR_SYNTAX: also that there is no option of that name. */
enum err conf_edit_set(struct slice text, const struct conf_override *set,
    bool make, struct buf *out) KURIR_MUST_CHECK;

#endif
