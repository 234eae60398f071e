/* ub_loop.h - libunbound's pluggable event base on our loop. */
#ifndef ROLE_RESOLVER_UB_LOOP_H
#define ROLE_RESOLVER_UB_LOOP_H

#include "io/loop.h"

struct ub_event_base;

/* ub_loop_new - NULL: out of memory. Freed after the context is deleted. */
struct ub_event_base *ub_loop_new(struct loop *loop);
void ub_loop_free(struct ub_event_base *base);

#endif
