/* policy_settings.h - two configurations and their exempt lists as a replay
 * asks for them. */
#ifndef CMD_POLICY_SETTINGS_H
#define CMD_POLICY_SETTINGS_H

#include "cmd/cmd.h"
#include "policy/exempt.h"
#include "store/ledger_replay.h"

enum policy_source { POLICY_LOCAL, POLICY_SYNCED, POLICY_SOURCES };

struct policy_list {
	struct buf text;
	struct exempt_table *table; /* NULL: no such file */
};

struct policy_settings {
	const struct conf *now;  /* as the sessions were recorded under */
	const struct conf *test; /* that they are judged by */
	struct policy_list list[CONF_EXEMPT_LISTS][POLICY_SOURCES];
	uint32_t today; /* YYYYMMDD */
	/* Of suggestions: every finding of this lookup refuses, of
	 * REPLAY_LOOKUPS those of any; nothing else does. */
	bool suggest;
	enum replay_lookup lookup;
};

/* policy_settings_load - now and test are borrowed; reads the lists of test.
 * CMD_GOOD, or the exit code and the reason was said. policy_settings_free in
 * any case. */
int policy_settings_load(const struct cmd_ctx *ctx, const struct conf *now,
    const struct conf *test, struct policy_settings *out);
void policy_settings_free(struct policy_settings *s);

/* policy_settings_ask - the questions of a replay; s is borrowed. changed_ms:
 * since when the configuration is as it is. */
struct replay_settings policy_settings_ask(
    struct policy_settings *s, uint64_t changed_ms);

#endif
