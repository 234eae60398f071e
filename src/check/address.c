/* address.c - is it an address by RFC 5321 and 6531, and what are its parts. */
#include "check/check.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "proto/smtp/address.h"

#include <string.h>

/* RFC 6531 3.3: a letter beyond ASCII stands wherever atext or a letter of a
 * domain may. The grammar is that of RFC 5321 with each of them an "x". The
 * copy has as many octets, so that places agree. */
static bool
plain_copy(struct slice address, uint8_t *out)
{
	for (size_t i = 0; i < address.n;) {
		size_t n = utf8_sequence(slice_from(address, i));
		if (n == 0)
			return false;
		if (n == 1)
			out[i] = address.p[i];
		else
			memset(out + i, 'x', n);
		i += n;
	}
	return true;
}

static const char *
what_is_wrong(struct slice address, enum err e)
{
	if (e == ERR_LIMIT)
		return tr("It is longer than RFC 5321 allows: 64 octets before "
			  "the @, 255 behind it, 254 in all.");
	if (slice_rfind(address, '@') == address.n)
		return tr("There is no @ with a domain behind it.");
	return tr("It does not follow the grammar of an address (RFC 5321 "
		  "4.1.2): a dot at an end or twice in a row, a space or a "
		  "sign that needs quotes, or no valid domain.");
}

static void
tell_parts(struct report *r, struct slice address, const struct smtp_address *a)
{
	static const char *const kinds[] = {[SMTP_HOST_NONE] = "none",
	    [SMTP_HOST_NAME] = "name",
	    [SMTP_HOST_IP] = "address",
	    [SMTP_HOST_GENERAL] = "literal"};
	struct report_node *root = report_root(r);
	size_t at = slice_rfind(address, '@');
	bool utf8 = false;
	for (size_t i = 0; i < address.n; i++)
		utf8 = utf8 || address.p[i] >= 0x80;
	report_text(r, root, "local", N_("Local part"), slice_to(address, at));
	report_text(
	    r, root, "domain", N_("Domain"), slice_from(address, at + 1));
	report_text(r, root, "domain_kind", N_("Kind of domain"),
	    slice_str(kinds[a->host]));
	report_flag(
	    r, root, "quoted", N_("Quoted local part"), address.p[0] == '"');
	report_flag(r, root, "smtputf8", N_("Needs SMTPUTF8"), utf8);
	report_number(r, root, "octets", N_("Length in octets"), address.n);
	if (utf8)
		report_finding(r, "address.smtputf8", SEVERITY_INFO,
		    slice_str(tr("Servers without SMTPUTF8 (RFC 6531) cannot "
				 "take it.")),
		    SLICE_EMPTY);
	if (a->host == SMTP_HOST_NAME &&
	    slice_find(a->domain, '.') == a->domain.n)
		report_finding(r, "address.bare-domain", SEVERITY_WARN,
		    slice_str(tr("The domain is a single label: on the "
				 "Internet nobody can send there.")),
		    slice_str(tr("Write the whole domain.")));
}

void
check_address(
    struct check *c, struct slice address, check_done *done, void *arg)
{
	struct buf question;
	struct report *r = NULL;
	uint8_t copy[1024];
	struct smtp_address parts;
	struct arena mem;
	buf_init(&question, 32 + 1024);
	buf_add_str(&question, "check address ");
	buf_add(&question, slice_to(address, sizeof(copy)));
	if (buf_err(&question) == ERR_OK)
		r = report_new(buf_slice(&question));
	buf_free(&question);
	arena_init(&mem, 8192);
	enum err e =
	    address.n > sizeof(copy) ? ERR_LIMIT
	    : plain_copy(address, copy)
		? smtp_mailbox_parse(slice_of(copy, address.n), &mem, &parts)
		: ERR_SYNTAX;
	if (r != NULL && e == ERR_OK) {
		tell_parts(r, address, &parts);
		report_answer(r, CHECK_GOOD);
	} else if (r != NULL) {
		report_finding(r, "protocol.syntax", SEVERITY_BAD,
		    slice_str(what_is_wrong(address, e)), SLICE_EMPTY);
	}
	arena_reset(&mem);
	check_later(c, r, done, arg);
}
