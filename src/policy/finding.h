/* finding.h - something a rule found about a client or a message, and what the
 * configuration says is to be done about it.
 *
 * Rules are named by the option that holds their action, so that a record of
 * findings can be judged again under other settings (kurir policy replay). */
#ifndef POLICY_FINDING_H
#define POLICY_FINDING_H

#include "conf/conf.h"

struct finding {
	enum conf_action action;
	const char *rule;  /* "reverse-lookup.ptr.missing"; static */
	const char *cause; /* "lookup.ptr-missing"; static */
	const void *field; /* of the configuration, for conf_where; or NULL */
	uint16_t code;     /* of the refusal; 0: nothing is refused */
	const char *enhanced; /* static */
	bool close;           /* and hang up */
	char text[224];       /* plain words, no final full stop */
};

/* finding_refuses - does the mail stop here? */
static inline bool
finding_refuses(const struct finding *f)
{
	return f->action >= CONF_ACTION_DEFER;
}

/* finding_act - the reply that action means: 451 4.7.1; code enhanced; the same
 * and close; or none. */
void finding_act(struct finding *f, enum conf_action action, uint16_t code,
    const char *enhanced);

/* finding_say - printf into f->text; control octets become "?". */
void finding_say(struct finding *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
