/* secret.h - what is kept of a password, and checking one against it.
 *
 * Kept are a yescrypt hash for PLAIN and LOGIN, and the keys of SCRAM-SHA-256
 * (RFC 5802 section 3), neither of which gives the password back. */
#ifndef ROLE_AUTH_SECRET_H
#define ROLE_AUTH_SECRET_H

#include "base/err.h"
#include "base/slice.h"
#include "proto/auth/account.h"

/* PBKDF2 rounds of new accounts; clients have to do as many at each login. */
#define SECRET_ITERATIONS 32768u
#define SECRET_SALT_LEN   16

struct secret {
	char hash[ACCOUNT_HASH_MAX]; /* NUL-terminated */
	uint32_t iterations;
	uint8_t salt[SECRET_SALT_LEN];
	uint8_t stored_key[ACCOUNT_KEY_LEN];
	uint8_t server_key[ACCOUNT_KEY_LEN];
};

/* secret_make - from a password of 1..1024 octets of UTF-8 without NUL, with
 * fresh salts. Takes some 50 ms of CPU. ERR_SYNTAX: such a password cannot be
 * sent by AUTH; ERR_NOMEM, ERR_UNSUPPORTED (libcrypt without yescrypt). */
enum err secret_make(
    struct slice password, struct secret *out, struct diag *d) KURIR_MUST_CHECK;

/* secret_wipe - overwrite it. */
void secret_wipe(struct secret *s);

/* secret_account - s as the line of the account name; borrows from both. */
struct account secret_account(struct slice name, const struct secret *s);

/* secret_verify - does the password fit the hash? Always computes one hash,
 * some 25 ms of CPU; safe from several threads. A hash that libcrypt does not
 * know fits nothing. */
bool secret_verify(struct slice password, struct slice hash);

/* secret_hmac - HMAC-SHA-256 of data under key. */
void secret_hmac(
    struct slice key, struct slice data, uint8_t out[ACCOUNT_KEY_LEN]);

#endif
