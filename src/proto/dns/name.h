/* name.h - domain names, on the wire and as text (RFC 1035).
 *
 * A name is kept uncompressed in wire form: at most 255 octets, labels of at
 * most 63, the root label at its end. Case is kept and ignored in
 * comparisons (RFC 4343). Pure. */
#ifndef PROTO_DNS_NAME_H
#define PROTO_DNS_NAME_H

#include "base/buf.h"

#define DNS_NAME_MAX      255
#define DNS_LABEL_MAX     63
#define DNS_NAME_TEXT_MAX 1009 /* every octet as \DDD, and the dots */

struct dns_name {
	uint8_t n; /* octets, the root's zero included; 0: not set */
	uint8_t wire[DNS_NAME_MAX];
};

/* dns_name_parse - from text: labels separated by dots, a final dot allowed,
 * "." is the root, \DDD a decimal octet, \X that character. ERR_SYNTAX: an
 * empty or too long label, a bad escape; ERR_LIMIT: over 255 octets. */
enum err dns_name_parse(
    struct slice text, struct dns_name *out) KURIR_MUST_CHECK;

/* buf_add_dns_name - as text without the final dot ("." for the root). Dots
 * and backslashes inside labels and all that is not printable ASCII are
 * escaped, so the text is one word on one line. */
void buf_add_dns_name(struct buf *b, const struct dns_name *name);

/* dns_name_read - a name of the message msg that begins at *offset, with
 * compression undone (RFC 1035 4.1.4). Pointers must point backwards, so no
 * loop is possible. *offset moves behind the name as it stands there.
 * ERR_SYNTAX: malformed; outputs untouched. */
enum err dns_name_read(
    struct slice msg, size_t *offset, struct dns_name *out) KURIR_MUST_CHECK;

bool dns_name_eq(const struct dns_name *a, const struct dns_name *b);
/* dns_name_within - name is zone or below it. */
bool dns_name_within(const struct dns_name *name, const struct dns_name *zone);
size_t dns_name_labels(const struct dns_name *name); /* root: 0 */

/* dns_hostname_valid - letters, digits, inner hyphens in labels of 1..63, at
 * most 253 octets, the last label not all digits (RFC 1123 2.1); a final dot
 * is not accepted. */
bool dns_hostname_valid(struct slice s);

#endif
