/* log.h - the records of the ledger: from the running server, or from the
 * file when there is none. */
#ifndef CMD_LOG_H
#define CMD_LOG_H

#include "cmd/cmd.h"
#include "store/ledger_filter.h"

/* A question: pairs of name and value as of ledger_filter_set. */
struct log_query {
	struct ledger_filter filter; /* as the pairs say; borrows them */
	struct buf args;             /* the pairs, packed */
};

void log_query_begin(struct log_query *q);
/* log_query_set - false: the value is wrong, and that was said. Nothing when
 * value is NULL; else it is kept by reference until the question is asked. */
bool log_query_set(const struct cmd_ctx *ctx, struct log_query *q,
    const char *option, const char *name, const char *value);

/* log_query_ask - call each for every record until it says false; releases q.
 * CMD_GOOD, or another exit code and the reason was said. Blocks. */
int log_query_ask(const struct cmd_ctx *ctx, struct log_query *q,
    bool (*each)(struct slice bytes, void *arg), void *arg);

/* log_lost - how many records were lost for want of room, as far as can be
 * found out. */
uint64_t log_lost(const struct cmd_ctx *ctx);

/* log_time - a point in time as people write it, in local time: RFC 3339,
 * "2018-04-23", "2018-04-23 20:39", "today", "yesterday", "2h" (ago),
 * "@SECONDS". false: it is none. */
bool log_time(const char *text, uint64_t now_ms, uint64_t *out_ms);

#endif
