/* resolve.h - what a recipient is to us, by the tables alone.
 *
 * Pure: configuration, account names and aliases in; class, existence and the
 * addresses it stands for out. Where only the next hop knows, it says so. */
#ifndef ROLE_LOOKUP_RESOLVE_H
#define ROLE_LOOKUP_RESOLVE_H

#include "conf/conf.h"
#include "ipc/messages.h"
#include "policy/alias.h"
#include "role/lookup/names.h"

struct resolve_env {
	const struct conf *conf;
	const struct names *names;         /* NULL: not known yet */
	const struct alias_table *aliases; /* NULL: the file is unusable */
};

struct resolved {
	enum ipc_domain_class dom_class;
	enum ipc_exists exists;
	/* The next hop has to be asked about address; exists is what to
	 * answer without asking. */
	const struct conf_domain *verify;
	/* For a postmaster whom the next hop refuses: who gets it instead. */
	struct slice fallback;
	struct slice address;  /* local@domain, canonical text */
	struct slice *targets; /* it stands for these; none: for itself */
	size_t target_n;
	bool cacheable;  /* until the tables change */
	struct diag why; /* of UNKNOWN */
};

/* resolve_rcpt - local is unquoted, domain as written in the path, literals
 * with brackets, empty for <postmaster>. Everything *out points to lives in
 * a or in the configuration. ERR_NOMEM: a is at its cap. */
enum err resolve_rcpt(const struct resolve_env *env, struct slice local,
    struct slice domain, struct arena *a,
    struct resolved *out) KURIR_MUST_CHECK;

#endif
