/* smtp_banner.h - what the first line of a mail server gives away, and whether
 * it fits the name of its address. Pure. */
#ifndef CHECK_SMTP_BANNER_H
#define CHECK_SMTP_BANNER_H

#include "base/slice.h"

/* smtp_banner_host - the name it begins with ("220 mail.contoh.id ESMTP");
 * empty: it begins with none. greeting: all lines of the reply, LF between. */
struct slice smtp_banner_host(struct slice greeting);

/* smtp_banner_version - the version of a program that stands in it, with the
 * word before it: "Exim 4.96", "Version: 10.0.14393"; empty: none. Addresses
 * and times are none. */
struct slice smtp_banner_version(struct slice greeting);

enum smtp_banner_match {
	BANNER_MATCHES,     /* the PTR name stands in it */
	BANNER_SAME_DOMAIN, /* the name it begins with is of that domain */
	BANNER_DIFFERS
};
enum smtp_banner_match smtp_banner_match(
    struct slice greeting, struct slice ptr_name);

/* smtp_domain_of - the domain that a host name is in: without its first label,
 * where what is left is still somebody's ("contoh.co.id" stays). */
struct slice smtp_domain_of(struct slice host);

/* smtp_is_masked - something in between paints over what the server says: a
 * greeting of asterisks, or "250-XXXXXXXA" where STARTTLS may have stood. Both
 * are whole replies, LF between their lines. */
bool smtp_is_masked(struct slice greeting, struct slice ehlo);
const char *smtp_masked_cure(void); /* in the reader's language */

#endif
