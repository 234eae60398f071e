/* queue_store.h - the questions of `kurir queue` put to the store itself, for
 * when no server is running. Read-only; blocks on the disk. */
#ifndef CMD_QUEUE_STORE_H
#define CMD_QUEUE_STORE_H

#include "cmd/control.h"

/* queue_store_ask - the same verbs ("list", "show", "stats", "count"), pairs
 * of arguments and lines as the role queue has. An exit code; what is wrong
 * was said already. */
int queue_store_ask(const struct cmd_ctx *ctx, const char *verb,
    struct slice args, control_line_fn line, void *arg);

#endif
