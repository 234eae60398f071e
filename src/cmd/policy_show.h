/* policy_show.h - what a replay found, for people and for programs; and which
 * entries would spare a sender. */
#ifndef CMD_POLICY_SHOW_H
#define CMD_POLICY_SHOW_H

#include "cmd/cmd.h"
#include "store/ledger_replay.h"

/* An entry that would spare a sender of one lookup. */
struct policy_entry {
	enum conf_exempt_list list;
	char text[300];
};

/* policy_entries - those that g needs for the rules it is hit by; how many.
 * None where no list has a say, or where one cannot tell which. */
size_t policy_entries(const struct replay_total *t,
    const struct replay_group *g, struct policy_entry out[CONF_EXEMPT_LISTS]);

/* policy_add_signs - "12 messages taken, 40 before; authenticated in 3; ..."
 * or nothing. */
void policy_add_signs(struct buf *b, const struct replay_group *g);

/* What was asked. */
struct policy_asked {
	uint64_t since_ms, until_ms;
	const struct conf_override *set;
	size_t sets;
	size_t lines; /* senders to show to people */
};

void policy_show(const struct cmd_ctx *ctx, const struct policy_asked *q,
    const struct replay *r);

#endif
