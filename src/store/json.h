/* json.h - messages of the queue as people and scripts see them: the objects
 * of `kurir queue`. Pure. */
#ifndef STORE_JSON_H
#define STORE_JSON_H

#include "store/store.h"

/* store_json_item - {id, state, from, size, arrived, recipients: [{address,
 * original, state, attempts, next_try, last_reply, cause}]} on one line. A
 * recipient is active (being tried), due, deferred or held; the message has
 * the first of these that one of its recipients has. */
void store_json_item(
    const struct store_item *m, uint64_t now_ms, struct buf *out);

/* store_json_stats - {messages, recipients, due, active, deferred, held,
 * octets, oldest}. */
void store_json_stats(const struct store_stats *s, struct buf *out);

#endif
