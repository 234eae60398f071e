/* accounts_file.h - the accounts file on disk: DATA-DIR/auth/accounts.
 *
 * Read by the role, which may not write it; changed by kurir(1), under a lock
 * and by replacing it whole, so that a reader sees the old or the new one.
 * Mode 0600; the owner is whoever owns the directory. May block on the disk,
 * and on the lock for at most ACCOUNTS_LOCK_MS. */
#ifndef ROLE_AUTH_ACCOUNTS_FILE_H
#define ROLE_AUTH_ACCOUNTS_FILE_H

#include "role/auth/accounts.h"

#define ACCOUNTS_DIR     "auth"
#define ACCOUNTS_NAME    "accounts"
#define ACCOUNTS_LOCK_MS 5000

/* accounts_load - read the file in dir (a descriptor of DATA-DIR/auth).
 * ERR_NOT_FOUND: there is none yet; ERR_SYNTAX: d says which line. *out is
 * then empty. */
enum err accounts_load(int dir, const uint64_t seed[2], struct accounts *out,
    struct diag *d) KURIR_MUST_CHECK;

/* A change in hand: from accounts_edit_begin to accounts_edit_end. */
struct accounts_edit {
	int dir;
	int lock;
	struct accounts accounts; /* as it stood at the beginning */
};

/* accounts_edit_begin - lock and read the file in dir. dir stays the
 * caller's and open. ERR_EXISTS: another change is in hand. */
enum err accounts_edit_begin(struct accounts_edit *e, int dir,
    const uint64_t seed[2], struct diag *d) KURIR_MUST_CHECK;
void accounts_edit_end(struct accounts_edit *e);

/* accounts_edit_put - write the file with this account added or replaced;
 * comments and the order stay. Durable when it returns. */
enum err accounts_edit_put(struct accounts_edit *e, const struct account *a,
    struct diag *d) KURIR_MUST_CHECK;

/* accounts_edit_remove - write it without this account. ERR_NOT_FOUND. */
enum err accounts_edit_remove(struct accounts_edit *e, struct slice name,
    struct diag *d) KURIR_MUST_CHECK;

#endif
