/* report.h - collecting what is wrong: for conf/, and for checks that need
 * the system and so stand above it (cmd/).
 *
 *	report_error(r, pos, "found \"%.*s\"", SLICE_ARG(s));
 *
 * Texts are copied into the report's arena; a message that does not fit is
 * counted as lost, and an error counts as one even then. */
#ifndef CONF_REPORT_H
#define CONF_REPORT_H

#include "conf/conf.h"

#define REPORT_MAX      1000u /* messages kept */
#define REPORT_TEXT_MAX 1024u /* octets of one */

void report_add(struct conf_report *r, enum conf_severity severity,
    struct conf_pos pos, const struct buf *text);

#define REPORT(r, severity, pos, ...)                                          \
	do {                                                                   \
		struct buf report_text;                                        \
		buf_init(&report_text, REPORT_TEXT_MAX);                       \
		buf_printf(&report_text, __VA_ARGS__);                         \
		report_add((r), (severity), (pos), &report_text);              \
		buf_free(&report_text);                                        \
	} while (0)

#define report_error(r, pos, ...) REPORT(r, CONF_ERROR, pos, __VA_ARGS__)
#define report_warn(r, pos, ...)  REPORT(r, CONF_WARNING, pos, __VA_ARGS__)

/* report_sort - by file as first seen, then line and column; stable. */
void report_sort(struct conf_report *r);

#endif
