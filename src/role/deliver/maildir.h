/* maildir.h - one message into a Maildir, durably.
 *
 * tmp/NAME is written and synced, then linked to new/NAME and the directory
 * is synced: whoever reads never sees half a message, and one that is there
 * stays there. The name is the caller's and says which delivery it is, so a
 * repeated one is recognised in new/, with again also in cur/, and counts as
 * done. Blocks on the disk. */
#ifndef ROLE_DELIVER_MAILDIR_H
#define ROLE_DELIVER_MAILDIR_H

#include "base/buf.h"
#include "base/err.h"

struct maildir_job {
	const char *path;  /* the Maildir; made with its parents if need be */
	const char *name;  /* unique, no slash, no leading dot */
	struct slice from; /* reverse-path, for Return-Path */
	struct slice rcpt; /* for Delivered-To */
	struct slice body; /* wire form: CR LF; or from fd */
	int fd;            /* >= 0: the body, from its beginning */
	bool again;        /* it may have been delivered before: cur/ is read */
};

/* maildir_deliver - ERR_OK: it is in new/ or was there already
 * (*out_repeated). ERR_FULL: no space, or over quota: d->cause says which;
 * other errors: local.io-error. Nothing stays in tmp/ after an error. */
enum err maildir_deliver(const struct maildir_job *j, bool *out_repeated,
    struct diag *d) KURIR_MUST_CHECK;

#endif
