/* service.h - questions from many, answered once each: cache, one backend,
 * questions that are equal share the work, a limit on what is under way and
 * on how long anyone waits.
 *
 * What is under way is counted for the kind of role that asked. When there is
 * no more room, what nobody waits for any more goes first; then a kind that
 * has less than its share takes from the one that has most, at once; then what
 * has waited for long gives way. So whoever has smtpd ask silent name servers
 * takes nothing from deliveries.
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

/* service_ask - answered by a call of answer, perhaps from within. kind: of
 * who. */
void service_ask(struct service *sv, enum role_kind kind, void *who,
    uint64_t ask, uint16_t qtype, struct slice name);

/* service_cancel - that question has no answer any more. If nobody else waits
 * for it, it goes on only while there is room: an answer may still be kept. */
void service_cancel(struct service *sv, const void *who, uint64_t ask);

/* service_forget - who is gone: all its questions are cancelled. */
void service_forget(struct service *sv, const void *who);

/* Questions under way that somebody waits for. */
size_t service_open(const struct service *sv);

#endif
