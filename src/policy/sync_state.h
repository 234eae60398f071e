/* sync_state.h - what is remembered of the sync of an exempt list, as the small
 * file NAME.state beside NAME.list.
 *
 *	kurir-sync 1
 *	last-sync 1763776800
 *	url https://lists.mitra.example/ptr.list
 *	last-error the server answered 404
 *
 * Only what is known has a line. Pure. */
#ifndef POLICY_SYNC_STATE_H
#define POLICY_SYNC_STATE_H

#include "base/buf.h"

#define SYNC_STATE_MAX 8192u /* octets of such a file */

struct sync_state {
	/* Seconds since 1970; 0: never. */
	uint64_t last_sync; /* the copy was found to be current */
	uint64_t last_try;
	/* Of the copy in force. */
	uint64_t entries;
	uint64_t octets;
	uint64_t timestamp; /* the signer's; 0: none */
	struct slice url;
	struct slice key; /* that it was verified with; empty: none */
	struct slice etag;
	struct slice last_modified;
	/* Why the last try failed; empty: it did not. */
	struct slice last_error;
};

/* sync_state_parse - texts in *out borrow from file. ERR_SYNTAX: anything that
 * sync_state_add would not have written; *out is then all zero. */
enum err sync_state_parse(
    struct slice file, struct sync_state *out) KURIR_MUST_CHECK;

/* sync_state_add - as such a file. Control octets become "?"; a text that is
 * too long is cut, but an address, key or tag is then left out. */
void sync_state_add(struct buf *b, const struct sync_state *s);

#endif
