/* scram.h - the server's side of one SCRAM-SHA-256(-PLUS) exchange.
 *
 * libgsasl does the protocol; it is handed the stored keys of one account, or
 * for a name without account invented ones that never fit, so that both go
 * the same way. No password is known here. */
#ifndef ROLE_AUTH_SCRAM_H
#define ROLE_AUTH_SCRAM_H

#include "base/buf.h"
#include "proto/auth/account.h"

struct Gsasl;
struct scram; /* one exchange */

#define SCRAM_MESSAGE_MAX 4096

/* Keys for names that have no account: the salt is a function of name and
 * secret, so that asking twice gives the same one, as with real accounts. */
void scram_invent(struct account *out, struct slice name,
    const uint8_t secret[ACCOUNT_KEY_LEN]);

/* scram_new - plus: the mechanism is SCRAM-SHA-256-PLUS. binding is what the
 * tls-exporter gave for this connection, empty without TLS; with it, a client
 * that says it saw no -PLUS offered ('y') is refused, since it was offered.
 * Copies what it needs of a. NULL: no memory. */
struct scram *scram_new(struct Gsasl *lib, const struct account *a, bool plus,
    struct slice binding);
void scram_free(struct scram *s); /* NULL is nothing */

/* scram_step - one message of the client; the answer is appended to out.
 * ERR_MORE    out goes to the client, who answers
 * ERR_OK      the client proved itself; out goes to it all the same
 * ERR_SYNTAX  not a SCRAM message
 * ERR_DENIED  wrong password, unknown name, or channel binding that fails
 * ERR_NOMEM */
enum err scram_step(
    struct scram *s, struct slice in, struct buf *out) KURIR_MUST_CHECK;

#endif
