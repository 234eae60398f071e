/* spool.h - bodies too large for a row: one file a message, named by its id.
 *
 * Order: the file is synced, then the directory, then the row is committed; on
 * removal the row goes first, then the file. So a file without a row is
 * rubbish and start-up removes it, and a row without a file is damage. */
#ifndef STORE_SPOOL_H
#define STORE_SPOOL_H

#include <openssl/evp.h>
#include <sqlite3.h>

#include "store/store.h"

/* spool_open - the directory spool/ below dir, made if need be. */
enum err spool_open(int dir, int *out_fd, struct diag *d) KURIR_MUST_CHECK;

/* spool_sweep - remove every file that has_row (a statement that takes an id
 * and gives a row if it is known) does not know. Blocks on the disk. */
enum err spool_sweep(
    int spool, sqlite3_stmt *has_row, struct diag *d) KURIR_MUST_CHECK;

/* spool_hash - read fd from its beginning to its end; leaves the offset at 0.
 * ERR_LIMIT: more than max_octets. */
enum err spool_hash(int fd, const EVP_MD *md, uint64_t max_octets,
    struct store_seal *out, struct diag *d) KURIR_MUST_CHECK;

/* spool_read - open the file read-only and check it against want. */
enum err spool_read(int spool, id_t64 id, const EVP_MD *md,
    const struct store_seal *want, int *out_fd,
    struct diag *d) KURIR_MUST_CHECK;

void spool_remove(int spool, id_t64 id);

#endif
