/* account.h - names of accounts and the file that holds their secrets.
 *
 * A name is "local@domain", or a bare local part that is then valid in every
 * maildir domain. Names are kept in lower case. What could leave a mail
 * directory or hide in it ('/', a leading dot, control bytes) is refused,
 * never mapped to something else.
 *
 * The file has one account a line; '#' at the start of a line is a comment:
 *
 *   name crypt=HASH scram-sha-256=ITERATIONS,SALT,STORED-KEY,SERVER-KEY
 *
 * HASH is what crypt(3) makes (yescrypt), the SCRAM parts are base64. Both
 * fields stand in every line, in any order; an unknown or repeated one is an
 * error, and so is a name that is not in lower case. No password can be read
 * from it. */
#ifndef PROTO_AUTH_ACCOUNT_H
#define PROTO_AUTH_ACCOUNT_H

#include "base/buf.h"

#define ACCOUNT_NAME_MAX       320 /* 64 "@" 255 (RFC 5321 4.5.3.1) */
#define ACCOUNT_LINE_MAX       2048
#define ACCOUNT_HASH_MAX       384 /* CRYPT_OUTPUT_SIZE of libxcrypt */
#define ACCOUNT_SALT_MAX       64
#define ACCOUNT_KEY_LEN        32   /* SHA-256 */
#define ACCOUNT_ITERATIONS_MIN 4096 /* RFC 7677 section 4 */
#define ACCOUNT_ITERATIONS_MAX 10000000

/* account_name - check a name and append it in lower case to out.
 *
 *   name  = local [ "@" domain ]
 *   local = dot-string of atext without "/", or UTF-8 (RFC 6531), <= 64
 *   domain= labels of letters, digits, "-", or UTF-8, <= 255
 *
 * ERR_SYNTAX: why says what is wrong, and out is unchanged; else
 * buf_err(out). why may be NULL. Pure. */
enum err account_name(
    struct slice name, struct buf *out, struct diag *why) KURIR_MUST_CHECK;

/* account_split - the parts of a checked name; *out_domain is empty for a
 * bare one. Both borrow from name. */
void account_split(
    struct slice name, struct slice *out_local, struct slice *out_domain);

struct account {
	struct slice name; /* borrows from the line; in lower case */
	struct slice hash; /* borrows from the line */
	uint32_t iterations;
	uint8_t salt[ACCOUNT_SALT_MAX];
	size_t salt_n;
	uint8_t stored_key[ACCOUNT_KEY_LEN];
	uint8_t server_key[ACCOUNT_KEY_LEN];
};

/* account_parse - one line without its LF. ERR_NOT_FOUND: a blank line or a
 * comment. ERR_SYNTAX: why->text says what is wrong, without line number.
 * *out is written only on success. Pure. */
enum err account_parse(
    struct slice line, struct account *out, struct diag *why) KURIR_MUST_CHECK;

/* account_format - append the line with its LF. ERR_SYNTAX: a field that
 * account_parse would refuse; else buf_err(b). */
enum err account_format(
    struct buf *b, const struct account *a) KURIR_MUST_CHECK;

/* account_next_line - take one line off the front of *rest and count it in
 * *line_no (which starts at 0). false at the end. A last line without LF is a
 * line; a CR before the LF is not part of it. */
bool account_next_line(
    struct slice *rest, size_t *line_no, struct slice *out_line);

#endif
