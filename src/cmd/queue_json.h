/* queue_json.h - a message of the queue as the JSON object of `queue list`.
 *
 * The role queue answers in the same shape; this is for reading the store
 * while it is not running. Pure. */
#ifndef CMD_QUEUE_JSON_H
#define CMD_QUEUE_JSON_H

#include "store/store.h"

/* queue_json_item - {id, state, from, size, arrived, recipients: [{address,
 * original, state, attempts, next_try, last_reply, cause}]} on one line. A
 * recipient is active (being tried), due, deferred or held; the message has
 * the first of these that one of its recipients has. */
void queue_json_item(
    const struct store_item *it, uint64_t now_ms, struct buf *out);

/* queue_json_stats - {messages, recipients, due, active, deferred, held,
 * octets, oldest}. */
void queue_json_stats(const struct store_stats *s, struct buf *out);

#endif
