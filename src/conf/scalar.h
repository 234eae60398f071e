/* scalar.h - single values: text to the item of a type, and back. value.c has
 * the table of types that use them. Internal to conf/. */
#ifndef CONF_SCALAR_H
#define CONF_SCALAR_H

#include "conf/schema.h"
#include "conf/value.h"

/* One scalar into one item of a type. ERR_SYNTAX with why filled, ERR_LIMIT
 * when the arena is full, or ERR_NOMEM. */
typedef enum err scalar_fn(const struct conf_option *o, struct slice s,
    struct arena *a, void *out, struct diag *why);

/* The field, or of a list one item, as it would stand in the file. */
typedef void show_fn(
    const struct conf_option *o, const void *field, struct buf *b);

/* A network or a host name. */
struct trust_item {
	struct ip_net net; /* ip.family 0: a name */
	struct slice name;
};

/* So much of what was found is shown; the rest of the sentence shall fit. */
#define SCALAR_FOUND_MAX 60

/* scalar_bad - ERR_SYNTAX: found this, expected that. */
enum err scalar_bad(struct diag *why, struct slice found, const char *expected);

/* scalar_number.c */
scalar_fn scalar_bool, scalar_count, scalar_duration, scalar_interval,
    scalar_size, scalar_rate, scalar_time, scalar_word;
show_fn scalar_show_bool, scalar_show_count, scalar_show_duration,
    scalar_show_size, scalar_show_rate, scalar_show_time, scalar_show_word,
    scalar_show_words;

/* scalar_text.c */
scalar_fn scalar_path, scalar_host, scalar_address, scalar_user,
    scalar_delimiter, scalar_account, scalar_mailbox, scalar_sender, scalar_url,
    scalar_key, scalar_nexthop;
show_fn scalar_show_text, scalar_show_nexthop;

/* scalar_net.c */
scalar_fn scalar_endpoint, scalar_server, scalar_ip, scalar_net,
    scalar_trust_item;
show_fn scalar_show_endpoint, scalar_show_ip, scalar_show_net,
    scalar_show_trust;

#endif
