/* backend.h - the two ways to get an answer: libunbound, or a plain stub.
 *
 * A backend belongs to one loop. It answers each question once, from inside
 * backend_ask or later, unless the question was let go first. */
#ifndef ROLE_RESOLVER_BACKEND_H
#define ROLE_RESOLVER_BACKEND_H

#include "io/loop.h"
#include "role/resolver/answer.h"
#include "role/resolver/settings.h"

struct backend;

typedef void backend_done(void *arg, const struct answer *a);

/* A question under way; each backend has its own struct, this in front. */
struct backend_ask {
	struct backend *b;
	backend_done *done; /* NULL: let go */
	void *arg;
};

struct backend_ops {
	struct backend *(*make)(
	    struct loop *loop, const struct settings *s, struct diag *d);
	/* Free it when its last question is over, or now if none is open. */
	void (*retire)(struct backend *b);
	/* NULL: done was called already. name is copied. */
	struct backend_ask *(*ask)(struct backend *b,
	    const struct dns_name *name, uint16_t qtype, backend_done *done,
	    void *arg);
	/* done will not be called any more. */
	void (*let_go)(struct backend_ask *q);
};

/* First in the struct of every backend. */
struct backend {
	const struct backend_ops *ops;
};

/* The engine that settings ask for; s->anchors needs to live no longer than
 * make(). unbound validates; stub asks one of the servers and believes it. */
const struct backend_ops *backend_for(enum conf_dnssec mode);

extern const struct backend_ops backend_unbound;
extern const struct backend_ops backend_stub;

#endif
