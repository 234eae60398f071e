/* minisign.h - is a file what the holder of a key signed? The format of
 * minisign(1): Ed25519, a public key of one line, a signature file of four.
 *
 * No system calls; may take some milliseconds for megabytes. */
#ifndef ROLE_FETCH_MINISIGN_H
#define ROLE_FETCH_MINISIGN_H

#include "base/err.h"
#include "base/slice.h"

#define MINISIGN_FILE_MAX 16384u /* octets of a signature file */
#define MINISIGN_SIG_SIZE 64u

struct minisign_key {
	uint8_t id[8];
	uint8_t key[32];
};

struct minisign_sig {
	bool prehashed; /* "ED": over BLAKE2b-512 of the file */
	uint8_t key_id[8];
	uint8_t sig[MINISIGN_SIG_SIZE];
	uint8_t global[MINISIGN_SIG_SIZE]; /* over sig and comment */
	struct slice comment;              /* the trusted one; borrowed */
	uint64_t timestamp; /* of "timestamp:N" in it, seconds since 1970;
			       0: none */
};

/* minisign_key_parse - the second line of a minisign.pub, base64. */
enum err minisign_key_parse(struct slice line, struct minisign_key *out,
    struct diag *d) KURIR_MUST_CHECK;

/* minisign_sig_parse - a whole signature file. LF and CR LF end lines. What it
 * holds is not to be believed before minisign_verify. ERR_SYNTAX, and
 * ERR_LIMIT over MINISIGN_FILE_MAX; d says why. */
enum err minisign_sig_parse(struct slice file, struct minisign_sig *out,
    struct diag *d) KURIR_MUST_CHECK;

/* minisign_verify - is sig that key's, of file, and is its comment the
 * signer's? ERR_DENIED: no, and d says which it is that differs. ERR_NOMEM,
 * ERR_TLS: the library cannot. */
enum err minisign_verify(const struct minisign_key *key,
    const struct minisign_sig *sig, struct slice file,
    struct diag *d) KURIR_MUST_CHECK;

#endif
