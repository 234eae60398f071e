/* spf_header.c - Received-SPF (RFC 7208 9.1).
 *
 *	header-field = "Received-SPF:" [CFWS] result FWS [comment FWS]
 *		       [ key-value-list ] CRLF */
#include "policy/spf.h"

#define VALUE_MAX                                                              \
	250 /* octets of a foreign value, so that lines stay short             \
	     */

/* What could end a value, a comment or a line becomes \xHH. */
static void
add_safe(struct buf *b, struct slice s)
{
	static const char digits[] = "0123456789abcdef";
	bool cut = s.n > VALUE_MAX;
	s = slice_to(s, VALUE_MAX);
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\' &&
		    c != '(' && c != ')') {
			buf_add_byte(b, c);
			continue;
		}
		buf_add_str(b, "\\x");
		buf_add_byte(b, (uint8_t)digits[c >> 4]);
		buf_add_byte(b, (uint8_t)digits[c & 15]);
	}
	if (cut)
		buf_add_str(b, "...");
}

static void
add_pair(struct buf *b, const char *key, struct slice value)
{
	buf_add_str(b, "\r\n\t");
	buf_add_str(b, key);
	buf_add_str(b, "=\"");
	add_safe(b, value);
	buf_add_str(b, "\";");
}

static const char *
meaning(enum spf_word word)
{
	static const char *const words[] = {
	    [SPF_NONE] = " has no SPF record, asked for ",
	    [SPF_NEUTRAL] = " says nothing of ",
	    [SPF_PASS] = " permits ",
	    [SPF_FAIL] = " does not permit ",
	    [SPF_SOFTFAIL] = " does not seem to permit ",
	    [SPF_TEMPERROR] = " could not be looked up for ",
	    [SPF_PERMERROR] = " has a record that cannot be read, for "};
	return words[word];
}

void
spf_add_received(struct buf *b, const struct spf_result *r, const struct ip *ip,
    struct slice helo, struct slice mail_from, struct slice hostname)
{
	char text[IP_TEXT_MAX];
	ip_text(ip, text);
	buf_add_str(b, "Received-SPF: ");
	buf_add_str(b, spf_word_name(r->word));
	buf_add_str(b, "\r\n\t(");
	add_safe(b, hostname);
	buf_add_str(b, ": ");
	add_safe(b, r->domain);
	buf_add_str(b, meaning(r->word));
	buf_add_str(b, text);
	buf_add_byte(b, ')');
	add_pair(b, "client-ip", slice_str(text));
	add_pair(b, "envelope-from", mail_from);
	add_pair(b, "helo", helo);
	add_pair(b, "receiver", hostname);
	add_pair(
	    b, "identity", slice_str(mail_from.n > 0 ? "mailfrom" : "helo"));
	if (r->mechanism.n > 0)
		add_pair(b, "mechanism", r->mechanism);
	if (r->problem.n > 0)
		add_pair(b, "problem", r->problem);
	buf_add_str(b, "\r\n");
}
