/* spf_macro.c - macros (RFC 7208 7).
 *
 *	macro-string = *( macro-expand / macro-literal )
 *	macro-expand = ( "%{" macro-letter transformers *delimiter "}" )
 *		       / "%%" / "%_" / "%-"
 *	transformers = *DIGIT [ "r" ]
 *	delimiter    = "." / "-" / "+" / "," / "/" / "_" / "="
 *	macro-literal = %x21-24 / %x26-7E */
#include "policy/spf_priv.h"

#define PARTS_MAX  700 /* of the longest value; they count from the right */
#define VALUE_MAX  1024
#define LETTERS    "slodiphv"
#define LETTERS_IN "slodiphvcrt" /* of exp= texts */

struct macro {
	uint8_t literal; /* when letter is 0 */
	uint8_t letter;  /* lower case */
	bool upper, reverse;
	uint32_t keep; /* rightmost parts; 0: all */
	struct slice delimiters;
};

static bool
one_of(uint8_t c, struct slice set)
{
	return slice_find(set, c) < set.n;
}

/* Behind "%{". NULL: *in is behind "}". */
static const char *
take_braces(struct slice *in, struct macro *m)
{
	size_t i = 1;
	if (in->n == 0 || !one_of(ascii_lower(in->p[0]), SLICE(LETTERS_IN)))
		return N_("a macro letter that does not exist");
	*m = (struct macro){.letter = ascii_lower(in->p[0]),
	    .upper = in->p[0] != ascii_lower(in->p[0])};
	bool digits = false;
	for (; i < in->n && ascii_is_digit(in->p[i]); i++) {
		digits = true;
		if (m->keep < 100000)
			m->keep = m->keep * 10 + (uint32_t)(in->p[i] - '0');
	}
	if (digits && m->keep == 0)
		return N_("a macro that keeps 0 parts");
	if (i < in->n && ascii_lower(in->p[i]) == 'r') {
		m->reverse = true;
		i++;
	}
	size_t from = i;
	while (i < in->n && one_of(in->p[i], SLICE(".-+,/_=")))
		i++;
	m->delimiters = slice_of(in->p + from, i - from);
	if (i == in->n || in->p[i] != '}')
		return N_("a macro that does not end in \"}\"");
	*in = slice_from(*in, i + 1);
	return NULL;
}

/* The next octet or macro; in is not empty. */
static const char *
take(struct slice *in, struct macro *m)
{
	*m = (struct macro){.literal = in->p[0]};
	*in = slice_from(*in, 1);
	if (m->literal != '%')
		return NULL;
	uint8_t c = in->n > 0 ? in->p[0] : 0;
	*in = slice_from(*in, 1);
	switch (c) {
	case '{':
		return take_braces(in, m);
	case '%':
		return NULL;
	case '_':
		m->literal = ' ';
		return NULL;
	case '-':
		m->literal = 0; /* "%20" */
		return NULL;
	default:
		return N_("a \"%\" that begins no macro");
	}
}

const char *
spf_macro_check(struct slice s, enum spf_macro_place place)
{
	struct slice letters = SLICE(LETTERS);
	struct macro m;
	while (s.n > 0) {
		if ((s.p[0] <= ' ' || s.p[0] >= 0x7f) &&
		    !(s.p[0] == ' ' && place == SPF_IN_TEXT))
			return N_("a character that may not stand there");
		const char *wrong = take(&s, &m);
		if (wrong != NULL)
			return wrong;
		if (m.letter != 0 && place == SPF_IN_DOMAIN &&
		    !one_of(m.letter, letters))
			return N_("a macro that only an explanation may have");
	}
	return NULL;
}

bool
spf_macro_wants_name(struct slice s)
{
	struct macro m;
	while (s.n > 0)
		if (take(&s, &m) == NULL && m.letter == 'p')
			return true;
	return false;
}

/* 7.3: of IPv6 the nibbles with dots between. */
static void
add_ip(struct buf *b, const struct ip *ip)
{
	static const char digits[] = "0123456789abcdef";
	if (ip->family != 6) {
		buf_add_ip(b, ip);
		return;
	}
	for (size_t i = 0; i < 32; i++) {
		unsigned octet = ip->b[i / 2];
		if (i > 0)
			buf_add_byte(b, '.');
		buf_add_byte(
		    b, (uint8_t)digits[i % 2 == 0 ? octet >> 4 : octet & 15]);
	}
}

static void
add_value(struct buf *b, uint8_t letter, const struct spf_macro_values *v)
{
	switch (letter) {
	case 's':
		buf_add(b, v->local);
		buf_add_byte(b, '@');
		buf_add(b, v->sender_domain);
		break;
	case 'l':
		buf_add(b, v->local);
		break;
	case 'o':
		buf_add(b, v->sender_domain);
		break;
	case 'd':
		buf_add(b, v->domain);
		break;
	case 'i':
		add_ip(b, &v->ip);
		break;
	case 'p':
		buf_add(b, v->name);
		break;
	case 'v':
		buf_add_str(b, v->ip.family == 6 ? "ip6" : "in-addr");
		break;
	case 'h':
		buf_add(b, v->helo);
		break;
	case 'c':
		buf_add_ip(b, &v->ip);
		break;
	case 'r':
		buf_add(b, v->hostname);
		break;
	default:
		buf_add_u64(b, v->now_s);
		break;
	}
}

/* RFC 3986 2.3: what is not unreserved is %XX. */
static void
add_url(struct buf *b, struct slice s)
{
	static const char digits[] = "0123456789ABCDEF";
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (ascii_is_alnum(c) || one_of(c, SLICE("-._~"))) {
			buf_add_byte(b, c);
			continue;
		}
		buf_add_byte(b, '%');
		buf_add_byte(b, (uint8_t)digits[c >> 4]);
		buf_add_byte(b, (uint8_t)digits[c & 15]);
	}
}

/* Split at the delimiters, turned round, the rightmost kept, dots between. */
static void
transform(struct buf *b, const struct macro *m, struct slice value)
{
	struct slice part[PARTS_MAX], by = m->delimiters;
	size_t n = 0, from = 0;
	if (by.n == 0)
		by = SLICE(".");
	for (size_t i = 0; i <= value.n && n < PARTS_MAX; i++) {
		if (i < value.n && !one_of(value.p[i], by))
			continue;
		part[n++] = slice_of(value.p + from, i - from);
		from = i + 1;
	}
	size_t keep = m->keep == 0 || m->keep > n ? n : m->keep;
	for (size_t i = n - keep; i < n; i++) {
		if (i > n - keep)
			buf_add_byte(b, '.');
		buf_add(b, part[m->reverse ? n - 1 - i : i]);
	}
}

static void
expand_one(
    const struct macro *m, const struct spf_macro_values *v, struct buf *out)
{
	struct buf value, changed;
	buf_init(&value, VALUE_MAX);
	buf_init(&changed, VALUE_MAX);
	add_value(&value, m->letter, v);
	if (m->keep == 0 && !m->reverse && m->delimiters.n == 0)
		buf_add(&changed, buf_slice(&value));
	else
		transform(&changed, m, buf_slice(&value));
	if (m->upper)
		add_url(out, buf_slice(&changed));
	else
		buf_add(out, buf_slice(&changed));
	buf_free(&value);
	buf_free(&changed);
}

void
spf_macro_expand(
    struct slice s, const struct spf_macro_values *v, struct buf *out)
{
	struct macro m;
	while (s.n > 0 && buf_err(out) == ERR_OK) {
		if (take(&s, &m) != NULL)
			return;
		if (m.letter != 0)
			expand_one(&m, v, out);
		else if (m.literal == 0)
			buf_add_str(out, "%20");
		else
			buf_add_byte(out, m.literal);
	}
}
