#include "proto/smtp/address.h"

#include <string.h>

static bool
is_atext(uint8_t c)
{
	static const char others[] = "!#$%&'*+-/=?^_`{|}~";
	return ascii_is_alnum(c) ||
	       (c != '\0' && memchr(others, c, sizeof(others) - 1) != NULL);
}

/* qtextSMTP = %d32-33 / %d35-91 / %d93-126 */
static bool
is_qtext(uint8_t c)
{
	return c >= 32 && c <= 126 && c != '"' && c != '\\';
}

/* dcontent = %d33-90 / %d94-126 */
static bool
is_dcontent(uint8_t c)
{
	return c >= 33 && c <= 126 && (c < '[' || c > ']');
}

/* sub-domain = Let-dig [Ldh-str]; Ldh-str = *( ALPHA / DIGIT / "-" ) Let-dig
 * Its length at the front of in, 0 if there is none. */
static size_t
label_length(struct slice in)
{
	size_t n = 0;
	while (n < in.n && (ascii_is_alnum(in.p[n]) || in.p[n] == '-'))
		n++;
	if (n == 0 || n > 63 || in.p[0] == '-' || in.p[n - 1] == '-')
		return 0;
	return n;
}

/* Domain = sub-domain *("." sub-domain)
 * Its length at the front of in, 0 if there is none; "a." has none. */
static size_t
domain_length(struct slice in)
{
	size_t n = 0;
	for (;;) {
		size_t label = label_length(slice_from(in, n));
		if (label == 0)
			return 0;
		n += label;
		if (n == in.n || in.p[n] != '.')
			return n;
		n++;
	}
}

bool
smtp_domain_is(struct slice s)
{
	return s.n > 0 && s.n <= SMTP_DOMAIN_MAX && domain_length(s) == s.n;
}

/* General-address-literal = Standardized-tag ":" 1*dcontent
 * Standardized-tag = Ldh-str */
static bool
general_literal(struct slice s)
{
	size_t colon = slice_find(s, ':');
	struct slice tag = slice_to(s, colon);
	struct slice rest = slice_from(s, colon + 1);
	if (tag.n == 0 || rest.n == 0 || tag.p[tag.n - 1] == '-')
		return false;
	for (size_t i = 0; i < tag.n; i++)
		if (!ascii_is_alnum(tag.p[i]) && tag.p[i] != '-')
			return false;
	for (size_t i = 0; i < rest.n; i++)
		if (!is_dcontent(rest.p[i]))
			return false;
	return true;
}

/* address-literal = "[" ( IPv4-address-literal / IPv6-address-literal /
 *                   General-address-literal ) "]" */
enum err
smtp_literal_parse(struct slice s, enum smtp_host *out_kind, struct ip *out_ip)
{
	if (s.n > SMTP_DOMAIN_MAX)
		return ERR_LIMIT;
	if (s.n < 3 || s.p[0] != '[' || s.p[s.n - 1] != ']')
		return ERR_SYNTAX;
	struct slice in = slice_of(s.p + 1, s.n - 2);
	struct ip ip = {0};
	if (slice_starts_nocase(in, SLICE("IPv6:"))) {
		struct slice text = slice_from(in, 5);
		if (slice_find(text, ':') == text.n)
			return ERR_SYNTAX;
		if (ip_parse(text, &ip) != ERR_OK)
			return ERR_SYNTAX;
		*out_kind = SMTP_HOST_IP;
	} else if (slice_find(in, ':') == in.n) {
		if (ip_parse(in, &ip) != ERR_OK)
			return ERR_SYNTAX;
		*out_kind = SMTP_HOST_IP;
	} else {
		if (!general_literal(in))
			return ERR_SYNTAX;
		*out_kind = SMTP_HOST_GENERAL;
	}
	*out_ip = ip;
	return ERR_OK;
}

/* Quoted-string = DQUOTE *QcontentSMTP DQUOTE
 * QcontentSMTP = qtextSMTP / ( "\" %d32-126 )
 * in begins with the quote. *out borrows unless a backslash is to go. */
static enum err
quoted_local(struct slice in, struct arena *a, struct slice *out, size_t *used)
{
	size_t i = 1, pairs = 0;
	while (i < in.n && in.p[i] != '"') {
		if (in.p[i] == '\\') {
			pairs++;
			i++;
			if (i == in.n || in.p[i] < 32 || in.p[i] > 126)
				return ERR_SYNTAX;
		} else if (!is_qtext(in.p[i])) {
			return ERR_SYNTAX;
		}
		i++;
	}
	if (i >= in.n || i == 1)
		return ERR_SYNTAX;
	*used = i + 1;
	if (*used > SMTP_LOCAL_MAX)
		return ERR_LIMIT;
	*out = slice_of(in.p + 1, i - 1);
	if (pairs == 0)
		return ERR_OK;
	uint8_t *plain = arena_alloc(a, out->n - pairs);
	if (plain == NULL)
		return ERR_NOMEM;
	size_t n = 0;
	for (size_t k = 1; k < i; k++) {
		if (in.p[k] == '\\')
			k++;
		plain[n++] = in.p[k];
	}
	*out = slice_of(plain, n);
	return ERR_OK;
}

/* Dot-string = Atom *("." Atom); its length at the front of in, or 0. */
static size_t
dot_string_length(struct slice in)
{
	size_t n = 0;
	for (;;) {
		size_t start = n;
		while (n < in.n && is_atext(in.p[n]))
			n++;
		if (n == start)
			return 0;
		if (n == in.n || in.p[n] != '.')
			return n;
		n++;
	}
}

static enum err
local_part(struct slice in, struct arena *a, struct slice *out, size_t *used)
{
	if (in.n > 0 && in.p[0] == '"')
		return quoted_local(in, a, out, used);
	size_t n = dot_string_length(in);
	if (n == 0)
		return ERR_SYNTAX;
	if (n > SMTP_LOCAL_MAX)
		return ERR_LIMIT;
	*out = slice_to(in, n);
	*used = n;
	return ERR_OK;
}

/* ( Domain / address-literal ) at the front of in. */
static enum err
host_part(struct slice in, struct smtp_address *out, size_t *used)
{
	if (in.n == 0 || in.p[0] != '[') {
		size_t n = domain_length(in);
		if (n == 0)
			return ERR_SYNTAX;
		if (n > SMTP_DOMAIN_MAX)
			return ERR_LIMIT;
		out->host = SMTP_HOST_NAME;
		out->domain = slice_to(in, n);
		*used = n;
		return ERR_OK;
	}
	size_t close = slice_find(in, ']');
	if (close == in.n)
		return ERR_SYNTAX;
	out->domain = slice_to(in, close + 1);
	*used = close + 1;
	return smtp_literal_parse(out->domain, &out->host, &out->ip);
}

/* Mailbox = Local-part "@" ( Domain / address-literal ), at the front. */
static enum err
mailbox(struct slice in, struct arena *a, struct smtp_address *out,
    size_t *out_used)
{
	size_t local_n = 0, host_n = 0;
	enum err e = local_part(in, a, &out->local, &local_n);
	if (e != ERR_OK)
		return e;
	if (local_n == in.n || in.p[local_n] != '@')
		return ERR_SYNTAX;
	e = host_part(slice_from(in, local_n + 1), out, &host_n);
	if (e != ERR_OK)
		return e;
	*out_used = local_n + 1 + host_n;
	return ERR_OK;
}

enum err
smtp_mailbox_parse(struct slice in, struct arena *a, struct smtp_address *out)
{
	struct smtp_address got = {0};
	size_t used = 0;
	enum err e = mailbox(in, a, &got, &used);
	if (e != ERR_OK)
		return e;
	if (used != in.n)
		return ERR_SYNTAX;
	if (used > SMTP_PATH_MAX - 2)
		return ERR_LIMIT;
	*out = got;
	return ERR_OK;
}

/* A-d-l = At-domain *( "," At-domain ); At-domain = "@" Domain
 * Length of A-d-l ":" at the front of in; 0: none is begun; SIZE_MAX: one is
 * begun but broken. */
static size_t
source_route_length(struct slice in)
{
	size_t n = 0;
	if (in.n == 0 || in.p[0] != '@')
		return 0;
	for (;;) {
		if (n == in.n || in.p[n] != '@')
			return SIZE_MAX;
		size_t host = domain_length(slice_from(in, n + 1));
		if (host == 0)
			return SIZE_MAX;
		n += 1 + host;
		if (n == in.n)
			return SIZE_MAX;
		n++;
		if (in.p[n - 1] == ':')
			return n;
		if (in.p[n - 1] != ',')
			return SIZE_MAX;
	}
}

/* The forms that have no mailbox: "<>" and "<Postmaster>" (RFC 5321 4.1.1.2,
 * 4.1.1.3). Their length, or 0. */
static size_t
special_path(struct slice in, enum smtp_path kind, struct smtp_address *out)
{
	if (kind == SMTP_PATH_REVERSE)
		return slice_starts(in, SLICE("<>")) ? 2 : 0;
	if (!slice_starts_nocase(in, SLICE("<postmaster>")))
		return 0;
	out->local = slice_of(in.p + 1, sizeof("postmaster") - 1);
	return sizeof("<postmaster>") - 1;
}

/* Path = "<" [ A-d-l ":" ] Mailbox ">" */
enum err
smtp_path_parse(struct slice in, enum smtp_path kind, struct arena *a,
    struct smtp_address *out, size_t *out_used)
{
	struct smtp_address got = {0};
	size_t n = special_path(in, kind, &got), box = 0;
	if (n == 0) {
		if (in.n == 0 || in.p[0] != '<')
			return ERR_SYNTAX;
		size_t route = source_route_length(slice_from(in, 1));
		if (route == SIZE_MAX)
			return ERR_SYNTAX;
		n = 1 + route;
		enum err e = mailbox(slice_from(in, n), a, &got, &box);
		if (e != ERR_OK)
			return e;
		n += box;
		if (n == in.n || in.p[n] != '>')
			return ERR_SYNTAX;
		n++;
		if (n > SMTP_PATH_MAX)
			return ERR_LIMIT;
	}
	*out = got;
	*out_used = n;
	return ERR_OK;
}

bool
smtp_address_is_null(const struct smtp_address *a)
{
	return a->local.n == 0;
}

void
buf_add_smtp_address(struct buf *b, const struct smtp_address *a)
{
	if (a->local.n == 0)
		return;
	if (dot_string_length(a->local) == a->local.n) {
		buf_add(b, a->local);
	} else {
		buf_add_byte(b, '"');
		for (size_t i = 0; i < a->local.n; i++) {
			uint8_t c = a->local.p[i];
			if (c == '"' || c == '\\')
				buf_add_byte(b, '\\');
			buf_add_byte(b, c);
		}
		buf_add_byte(b, '"');
	}
	if (a->host == SMTP_HOST_NONE)
		return;
	buf_add_byte(b, '@');
	buf_add(b, a->domain);
}

bool
smtp_address_copy(
    struct arena *a, const struct smtp_address *in, struct smtp_address *out)
{
	struct smtp_address copy = *in;
	if (!arena_slice(a, in->local, &copy.local) ||
	    !arena_slice(a, in->domain, &copy.domain))
		return false;
	*out = copy;
	return true;
}
