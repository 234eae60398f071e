#include "proto/dns/name.h"

#include <string.h>

/* One octet of a label from text; moves *i behind it. */
static enum err
parse_octet(struct slice t, size_t *i, uint8_t *out)
{
	uint64_t v;
	if (t.p[*i] != '\\') {
		*out = t.p[(*i)++];
		return ERR_OK;
	}
	struct slice rest = slice_from(t, *i + 1);
	if (rest.n == 0)
		return ERR_SYNTAX;
	if (!ascii_is_digit(rest.p[0])) {
		*out = rest.p[0];
		*i += 2;
		return ERR_OK;
	}
	if (rest.n < 3 || !slice_u64(slice_to(rest, 3), &v) || v > 255)
		return ERR_SYNTAX;
	*out = (uint8_t)v;
	*i += 4;
	return ERR_OK;
}

enum err
dns_name_parse(struct slice text, struct dns_name *out)
{
	struct dns_name name = {0};
	size_t len_at = 0, n = 1, i = 0;
	if (text.n == 0)
		return ERR_SYNTAX;
	if (slice_eq(text, SLICE(".")))
		text.n = 0;
	while (i < text.n) {
		uint8_t c = text.p[i];
		if (c == '.') {
			if (n == len_at + 1)
				return ERR_SYNTAX;
			i++;
			if (i == text.n)
				break;
			name.wire[len_at] = (uint8_t)(n - len_at - 1);
			len_at = n++;
		} else {
			if (parse_octet(text, &i, &c) != ERR_OK ||
			    n - len_at > DNS_LABEL_MAX)
				return ERR_SYNTAX;
			name.wire[n++] = c;
		}
		if (n >= DNS_NAME_MAX)
			return ERR_LIMIT;
	}
	name.wire[len_at] = (uint8_t)(n - len_at - 1);
	if (n > 1)
		name.wire[n++] = 0;
	name.n = (uint8_t)n;
	*out = name;
	return ERR_OK;
}

static void
add_octet(struct buf *b, uint8_t c)
{
	if (c == '.' || c == '\\') {
		buf_add_byte(b, '\\');
		buf_add_byte(b, c);
	} else if (c > 0x20 && c < 0x7f) {
		buf_add_byte(b, c);
	} else {
		buf_add_byte(b, '\\');
		buf_add_u64_pad(b, c, 3);
	}
}

void
buf_add_dns_name(struct buf *b, const struct dns_name *name)
{
	size_t i = 0;
	if (name->n <= 1)
		buf_add_byte(b, '.');
	while (i < name->n && name->wire[i] != 0) {
		size_t end = i + 1 + name->wire[i];
		if (i > 0)
			buf_add_byte(b, '.');
		for (i++; i < end; i++)
			add_octet(b, name->wire[i]);
	}
}

enum err
dns_name_read(struct slice msg, size_t *offset, struct dns_name *out)
{
	struct dns_name name = {0};
	size_t at = *offset, end = 0, n = 0;
	size_t floor = at; /* a pointer must point before what it is read for */
	for (;;) {
		if (at >= msg.n)
			return ERR_SYNTAX;
		uint8_t len = msg.p[at];
		if (len >= 0xc0) {
			if (at + 1 >= msg.n)
				return ERR_SYNTAX;
			size_t to = (size_t)(len & 0x3f) << 8 | msg.p[at + 1];
			if (end == 0)
				end = at + 2;
			if (to >= floor)
				return ERR_SYNTAX;
			at = floor = to;
			continue;
		}
		if (len > DNS_LABEL_MAX || at + 1 + len > msg.n ||
		    n + 1 + len > DNS_NAME_MAX)
			return ERR_SYNTAX;
		memcpy(name.wire + n, msg.p + at, (size_t)len + 1);
		n += (size_t)len + 1;
		at += (size_t)len + 1;
		if (len == 0)
			break;
	}
	name.n = (uint8_t)n;
	*out = name;
	*offset = end == 0 ? at : end;
	return ERR_OK;
}

static struct slice
wire(const struct dns_name *name)
{
	return slice_of(name->wire, name->n);
}

/* Length octets are below 64, so folding letters leaves them alone. */
bool
dns_name_eq(const struct dns_name *a, const struct dns_name *b)
{
	return slice_eq_nocase(wire(a), wire(b));
}

bool
dns_name_within(const struct dns_name *name, const struct dns_name *zone)
{
	size_t i = 0;
	while (i < name->n && (size_t)name->n - i > zone->n)
		i += (size_t)name->wire[i] + 1;
	return zone->n > 0 && i < name->n &&
	       slice_eq_nocase(slice_from(wire(name), i), wire(zone));
}

size_t
dns_name_labels(const struct dns_name *name)
{
	size_t n = 0;
	for (size_t i = 0; i < name->n && name->wire[i] != 0; n++)
		i += (size_t)name->wire[i] + 1;
	return n;
}

static bool
host_label_valid(struct slice l)
{
	if (l.n == 0 || l.n > DNS_LABEL_MAX || l.p[0] == '-' ||
	    l.p[l.n - 1] == '-')
		return false;
	for (size_t i = 0; i < l.n; i++)
		if (!ascii_is_alnum(l.p[i]) && l.p[i] != '-')
			return false;
	return true;
}

bool
dns_hostname_valid(struct slice s)
{
	uint64_t number;
	if (s.n == 0 || s.n > DNS_NAME_MAX - 2)
		return false;
	for (;;) {
		size_t dot = slice_find(s, '.');
		struct slice label = slice_to(s, dot);
		if (!host_label_valid(label))
			return false;
		if (dot == s.n)
			return !slice_u64(label, &number);
		s = slice_from(s, dot + 1);
	}
}
