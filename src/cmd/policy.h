/* policy.h - the ledger's sessions under other settings, and which senders
 * deserve an exemption. */
#ifndef CMD_POLICY_H
#define CMD_POLICY_H

#include "cmd/cmd.h"

/* An entry worth considering for a list of exemptions, and why. */
struct policy_suggestion {
	enum conf_exempt_list list;
	struct slice
	    entry; /* "203.0.113.9", "2001:db8::/64", "mitra.example" */
	struct slice reason;   /* one line, as --reason takes it */
	struct slice rule;     /* what found it: "reverse-lookup.ptr.missing" */
	struct slice evidence; /* DNS question and answer; or empty */
	struct slice signs;    /* what speaks for it, in words */
	uint64_t sessions;     /* with the finding, since then */
	uint64_t messages;     /* of it that were taken, in that time */
	uint64_t before;       /* and before it */
	uint64_t authenticated;     /* of its sessions */
	uint64_t first_ms, last_ms; /* of these sessions, Unix milliseconds */
};

/* policy_suggest - senders of the ledger since then with a finding of that
 * lookup (CONF_EXEMPT_LISTS: of any) and good signs, that no entry spares yet;
 * what speaks most for itself first. Calls each until it says false; what it
 * is given lives only that long. Needs no cmd_conf before it. Blocks.
 * CMD_GOOD, or another exit code and the reason was said; that there is no
 * ledger is CMD_UNKNOWN. */
int policy_suggest(struct cmd_ctx *ctx, enum conf_exempt_list list,
    uint64_t since_ms,
    bool (*each)(const struct policy_suggestion *s, void *arg), void *arg);

#endif
