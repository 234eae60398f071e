/* accounts.h - the accounts file in memory.
 *
 * A table is read whole and then constant; a changed file makes a new one.
 * Names and hashes borrow from the text it owns. */
#ifndef ROLE_AUTH_ACCOUNTS_H
#define ROLE_AUTH_ACCOUNTS_H

#include "base/buf.h"
#include "base/hash.h"
#include "proto/auth/account.h"

#define ACCOUNTS_TEXT_MAX (256u << 20)

struct accounts {
	struct buf text;
	struct account *v; /* as in the file */
	size_t n;
	struct map by_name;  /* struct account by its name */
	struct map by_local; /* by local part: one, or that it is ambiguous */
};

/* accounts_read - take over *text (left empty) and read it. ERR_SYNTAX: why
 * says what is wrong in which line ("line 3: ..."), ERR_NOMEM; text is then
 * freed and *out empty. */
enum err accounts_read(struct accounts *out, const uint64_t seed[2],
    struct buf *text, size_t *out_line, struct diag *why) KURIR_MUST_CHECK;
void accounts_free(struct accounts *t);

/* accounts_find - the account of exactly this name in lower case, or NULL. */
const struct account *accounts_find(
    const struct accounts *t, struct slice name);

/* accounts_login - the account that a client means: the name itself; the bare
 * local part of a name in a maildir domain (is_maildir says which they are);
 * or the only account with that local part. NULL: none. */
const struct account *accounts_login(const struct accounts *t,
    struct slice name, bool (*is_maildir)(void *arg, struct slice domain),
    void *arg);

#endif
