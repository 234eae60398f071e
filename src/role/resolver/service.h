/* service.h - questions from many, answered once each: cache, one backend,
 * questions that are equal share the work, a limit on what is under way and
 * on how long anyone waits.
 *
 * Belongs to one loop. Who asks is an opaque pointer and a number. */
#ifndef ROLE_RESOLVER_SERVICE_H
#define ROLE_RESOLVER_SERVICE_H

#include "io/loop.h"
#include "role/resolver/backend.h"

struct service;

/* name: the question's, or where its CNAMEs led. Valid until return. */
typedef void service_answer(
    void *arg, void *who, uint64_t ask, uint16_t qtype, const struct answer *a);

/* service_new - makes the backend too, before the walls: it may read files.
 * NULL: d says why. */
struct service *service_new(struct loop *loop, const struct settings *s,
    const uint64_t seed[2], service_answer *answer, void *arg, struct diag *d);
void service_free(struct service *sv);

/* service_switch - other settings and a backend made for them, which becomes
 * ours: what is under way is finished by the old one, the cache is emptied. */
void service_switch(
    struct service *sv, const struct settings *s, struct backend *b);

/* service_ask - answered by a call of answer, perhaps from within. */
void service_ask(struct service *sv, void *who, uint64_t ask, uint16_t qtype,
    struct slice name);

/* service_forget - who is gone: its questions are dropped. */
void service_forget(struct service *sv, const void *who);

size_t service_open(const struct service *sv); /* questions under way */

#endif
