/* address.h - paths and mailboxes of the envelope (RFC 5321 4.1.2, 4.1.3).
 *
 * What is not in the grammar is ERR_SYNTAX; nothing is mended or guessed.
 * '%' and '!' are ordinary characters of a local part and mean nothing here.
 * ASCII only: an octet above 126 is ERR_SYNTAX. */
#ifndef PROTO_SMTP_ADDRESS_H
#define PROTO_SMTP_ADDRESS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/ip.h"

#define SMTP_LOCAL_MAX  64  /* RFC 5321 4.5.3.1.1 */
#define SMTP_DOMAIN_MAX 255 /* RFC 5321 4.5.3.1.2 */
#define SMTP_PATH_MAX   256 /* RFC 5321 4.5.3.1.3, brackets included */

enum smtp_host {
	SMTP_HOST_NONE,    /* no domain: <> or <postmaster> */
	SMTP_HOST_NAME,    /* a domain name */
	SMTP_HOST_IP,      /* [192.0.2.1] or [IPv6:2001:db8::1] */
	SMTP_HOST_GENERAL, /* [tag:text], a kind nobody has defined yet */
};

/* struct smtp_address - a mailbox, or the null reverse-path.
 * local is unquoted: "a\"b"@x and its plain spelling compare equal. domain is
 * as written, a literal with its brackets. Both borrow from the input, local
 * from the arena where a backslash had to be removed. */
struct smtp_address {
	struct slice local;
	struct slice domain;
	enum smtp_host host;
	struct ip ip; /* SMTP_HOST_IP */
};

enum smtp_path {
	SMTP_PATH_REVERSE, /* <> is allowed */
	SMTP_PATH_FORWARD, /* <postmaster> is allowed */
};

/* smtp_path_parse - the path at the front of in, from '<' to '>'. A source
 * route is recognised and dropped (RFC 5321 4.1.1.3, appendix C).
 *
 * ERR_OK      *out filled, *out_used octets belong to the path.
 * ERR_SYNTAX  not a path. ERR_LIMIT  a size of RFC 5321 4.5.3.1 exceeded.
 * ERR_NOMEM   the arena is full. Outputs are then untouched. */
enum err smtp_path_parse(struct slice in, enum smtp_path kind, struct arena *a,
    struct smtp_address *out, size_t *out_used) KURIR_MUST_CHECK;

/* smtp_mailbox_parse - all of in is Local-part "@" ( Domain / literal ),
 * without brackets. Errors as smtp_path_parse. */
enum err smtp_mailbox_parse(struct slice in, struct arena *a,
    struct smtp_address *out) KURIR_MUST_CHECK;

/* smtp_domain_is - s is Domain by RFC 5321 4.1.2, at most 255 octets, each
 * label at most 63. No trailing dot. */
bool smtp_domain_is(struct slice s);

/* smtp_literal_parse - all of s is an address-literal with its brackets. */
enum err smtp_literal_parse(struct slice s, enum smtp_host *out_kind,
    struct ip *out_ip) KURIR_MUST_CHECK;

/* smtp_address_is_null - the null reverse-path. */
bool smtp_address_is_null(const struct smtp_address *a);

/* buf_add_smtp_address - canonical text, without brackets: the local part is
 * quoted only where it must be. The null reverse-path adds nothing.
 * Parsing what was written gives the same address. */
void buf_add_smtp_address(struct buf *b, const struct smtp_address *a);

/* smtp_address_copy - *out with its bytes in the arena; false: as
 * arena_slice. */
bool smtp_address_copy(
    struct arena *a, const struct smtp_address *in, struct smtp_address *out);

#endif
