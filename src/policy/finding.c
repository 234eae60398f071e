#include "policy/finding.h"

#include <stdarg.h>
#include <stdio.h>

void
finding_act(struct finding *f, enum conf_action action, uint16_t code,
    const char *enhanced)
{
	f->action = action;
	f->close = action == CONF_ACTION_CLOSE;
	f->code = action < CONF_ACTION_DEFER    ? 0
		  : action == CONF_ACTION_DEFER ? 451
						: code;
	f->enhanced = action == CONF_ACTION_DEFER ? "4.7.1" : enhanced;
}

void
finding_say(struct finding *f, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
	for (char *p = f->text; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
}
