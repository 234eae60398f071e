#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
	enum err_class cls;
	const char *name;
} err_table[ERR_COUNT] = {
    [ERR_OK] = {ERR_CLASS_NONE, "ok"},
    [ERR_MORE] = {ERR_CLASS_NONE, "more input needed"},
    [ERR_AGAIN] = {ERR_CLASS_NONE, "would block"},
    [ERR_SYNTAX] = {ERR_CLASS_PERMANENT, "syntax error"},
    [ERR_LIMIT] = {ERR_CLASS_TEMPORARY, "limit reached"},
    [ERR_NOMEM] = {ERR_CLASS_TEMPORARY, "out of memory"},
    [ERR_NOT_FOUND] = {ERR_CLASS_PERMANENT, "not found"},
    [ERR_EXISTS] = {ERR_CLASS_PERMANENT, "exists already"},
    [ERR_DENIED] = {ERR_CLASS_PERMANENT, "not permitted"},
    [ERR_IO] = {ERR_CLASS_TEMPORARY, "input/output error"},
    [ERR_FULL] = {ERR_CLASS_TEMPORARY, "no space left"},
    [ERR_TIMEOUT] = {ERR_CLASS_TEMPORARY, "timed out"},
    [ERR_CLOSED] = {ERR_CLASS_TEMPORARY, "connection closed"},
    [ERR_TLS] = {ERR_CLASS_TEMPORARY, "TLS failure"},
    [ERR_TEMP] = {ERR_CLASS_TEMPORARY, "temporary failure"},
    [ERR_CORRUPT] = {ERR_CLASS_TEMPORARY, "stored data damaged"},
    [ERR_UNSUPPORTED] = {ERR_CLASS_PERMANENT, "not supported here"},
    [ERR_BUG] = {ERR_CLASS_BUG, "internal error"},
};

enum err_class
err_class(enum err e)
{
	if ((unsigned)e >= ERR_COUNT)
		return ERR_CLASS_BUG;
	return err_table[e].cls;
}

const char *
err_name(enum err e)
{
	if ((unsigned)e >= ERR_COUNT)
		return "unknown error";
	return err_table[e].name;
}

void
diag_clear(struct diag *d)
{
	d->cause[0] = '\0';
	d->text[0] = '\0';
}

enum err
diag_set(struct diag *d, enum err e, const char *cause, const char *fmt, ...)
{
	if (d == NULL)
		return e;
	snprintf(d->cause, sizeof(d->cause), "%s", cause != NULL ? cause : "");
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(d->text, sizeof(d->text), fmt, ap);
	va_end(ap);
	for (char *p = d->text; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	return e;
}
