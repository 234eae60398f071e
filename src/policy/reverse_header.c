#include "policy/reverse.h"

#define LINE_GOOD   78  /* RFC 5322 2.1.1: SHOULD */
#define FOREIGN_MAX 255 /* octets of a name from outside */
#define PART_MAX    (FOREIGN_MAX + 64)

/* A field written part by part, folded between them. */
struct field {
	struct buf *out;
	struct buf part;
	size_t column;
	char memory[PART_MAX];
};

static void
field_begin(struct field *f, struct buf *out, const char *name)
{
	f->out = out;
	f->part = reverse_fixed(f->memory, sizeof(f->memory));
	f->column = slice_str(name).n + 1;
	buf_add_str(out, name);
	buf_add_byte(out, ':');
}

static void
field_part(struct field *f)
{
	if (f->column + 1 + f->part.n > LINE_GOOD) {
		buf_add(f->out, SLICE("\r\n\t"));
		f->column = 1;
	} else {
		buf_add_byte(f->out, ' ');
		f->column++;
	}
	buf_add(f->out, buf_slice(&f->part));
	f->column += f->part.n;
	buf_clear(&f->part);
}

static void
field_text(struct field *f, const char *text)
{
	buf_add_str(&f->part, text);
	field_part(f);
}

static bool
is_plain(uint8_t c)
{
	return ascii_is_alnum(c) || c == '.' || c == '-' || c == '_' ||
	       c == ':' || c == '[' || c == ']';
}

/* A name from outside: what could end a comment, a value or a line becomes
 * \xHH; cut at FOREIGN_MAX, not inside an escape. */
static void
add_foreign(struct field *f, struct slice s)
{
	static const char hex[] = "0123456789abcdef";
	size_t room = FOREIGN_MAX;
	for (size_t i = 0; i < s.n; i++) {
		size_t cost = is_plain(s.p[i]) ? 1 : 4;
		if (cost > room)
			return;
		room -= cost;
		if (cost == 1) {
			buf_add_byte(&f->part, s.p[i]);
			continue;
		}
		const uint8_t esc[4] = {'\\', 'x', (uint8_t)hex[s.p[i] >> 4],
		    (uint8_t)hex[s.p[i] & 15]};
		buf_add(&f->part, slice_of(esc, sizeof(esc)));
	}
}

/* ---- Authentication-Results (RFC 8601) ---- */

/* RFC 8601 2.7.3: permerror is for no PTR data at all. */
static const char *
iprev_text(unsigned findings)
{
	return findings == 0                      ? "iprev=pass"
	       : (findings & REVERSE_TEMPFAIL)    ? "iprev=temperror"
	       : (findings & REVERSE_PTR_MISSING) ? "iprev=permerror"
						  : "iprev=fail";
}

static void
add_authentication_results(
    struct buf *b, struct slice hostname, const struct reverse_result *ptr)
{
	struct field f;
	field_begin(&f, b, "Authentication-Results");
	add_foreign(&f, hostname);
	buf_add_byte(&f.part, ';');
	field_part(&f);
	if (ptr == NULL) {
		field_text(&f, "none");
		buf_add(b, SLICE("\r\n"));
		return;
	}
	struct slice name = ptr->confirmed.n > 0 ? ptr->confirmed : ptr->name;
	field_text(&f, iprev_text(ptr->findings));
	/* A value with colons is no token, so it is quoted (RFC 2045 5.1). */
	const char *quote = ptr->client.family == 6 ? "\"" : "";
	buf_add(&f.part, SLICE("policy.iprev="));
	buf_add_str(&f.part, quote);
	buf_add_ip(&f.part, &ptr->client);
	buf_add_str(&f.part, quote);
	field_part(&f);
	if (name.n > 0) {
		buf_add_byte(&f.part, '(');
		add_foreign(&f, name);
		buf_add_byte(&f.part, ')');
		field_part(&f);
	}
	buf_add(b, SLICE("\r\n"));
}

/* ---- the forms that filters written for MDaemon know ---- */

struct x_md {
	const char *field, *property;
};

static const struct x_md x_md[REVERSE_KINDS] = {
    [REVERSE_PTR] = {"X-MDPtrLookup-Result", "dns.ptr="},
    [REVERSE_HELO] = {"X-MDHeloLookup-Result", "smtp.helo="},
    [REVERSE_MAIL] = {"X-MDMailLookup-Result", "smtp.mail="},
};

static void
add_x_md(struct buf *b, struct slice hostname, const struct reverse_result *r)
{
	struct field f;
	bool fault = (r->findings & REVERSE_TEMPFAIL) != 0;
	bool pass = r->kind == REVERSE_PTR ? r->findings == 0 : r->matched;
	struct slice name = r->confirmed.n > 0 ? r->confirmed : r->name;
	field_begin(&f, b, x_md[r->kind].field);
	field_text(&f, fault ? "temperror" : pass ? "pass" : "hardfail");
	buf_add_str(&f.part, x_md[r->kind].property);
	add_foreign(&f, name.n > 0 ? name : SLICE("none"));
	field_part(&f);
	buf_add_str(&f.part, fault || pass ? "(ip=" : "(does not match ");
	buf_add_ip(&f.part, &r->client);
	buf_add_byte(&f.part, ')');
	field_part(&f);
	buf_add_byte(&f.part, '(');
	add_foreign(&f, hostname);
	buf_add_byte(&f.part, ')');
	field_part(&f);
	buf_add(b, SLICE("\r\n"));
}

void
reverse_add_headers(struct buf *b, unsigned headers, struct slice hostname,
    const struct reverse_result *const r[REVERSE_KINDS])
{
	if (headers & CONF_HEADER_AUTHENTICATION_RESULTS)
		add_authentication_results(b, hostname, r[REVERSE_PTR]);
	if (!(headers & CONF_HEADER_X_MD))
		return;
	for (size_t i = 0; i < REVERSE_KINDS; i++)
		if (r[i] != NULL && !(r[i]->findings & REVERSE_SKIPPED))
			add_x_md(b, hostname, r[i]);
}
