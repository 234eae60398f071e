#include "base/utf8.h"
#include "policy/reverse.h"

/* ---- what can be a host ---- */

static bool
host_octet(uint8_t c)
{
	return ascii_is_alnum(c) || c == '-' || c == '_';
}

size_t
reverse_host(const struct dns_name *name, char out[REVERSE_HOST_MAX])
{
	size_t n = 0;
	bool number = true;
	for (size_t i = 0; i < name->n && name->wire[i] != 0;) {
		size_t end = i + 1 + name->wire[i];
		if (n > 0)
			out[n++] = '.';
		number = true;
		for (i++; i < end; i++) {
			if (!host_octet(name->wire[i]))
				return 0;
			number = number && ascii_is_digit(name->wire[i]);
			out[n++] = (char)name->wire[i];
		}
	}
	return number ? 0 : n;
}

/* ---- names beyond ASCII (RFC 5890), by Punycode (RFC 3492) ---- */

enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700 };

static uint32_t
adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;
	delta = first ? delta / DAMP : delta / 2;
	delta += delta / points;
	for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
		delta /= BASE - T_MIN;
	return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static void
add_digit(struct buf *b, uint32_t d)
{
	buf_add_byte(b, (uint8_t)(d < 26 ? 'a' + d : '0' + d - 26));
}

static void
add_delta(struct buf *b, uint32_t delta, uint32_t bias)
{
	for (uint32_t k = BASE;; k += BASE) {
		uint32_t t = k <= bias           ? T_MIN
			     : k >= bias + T_MAX ? T_MAX
						 : k - bias;
		if (delta < t)
			break;
		add_digit(b, t + (delta - t) % (BASE - t));
		delta = (delta - t) / (BASE - t);
	}
	add_digit(b, delta);
}

/* At most 63 code points, each below 2^21: nothing here overflows 32 bits. */
static void
add_punycode(struct buf *b, const uint32_t *point, uint32_t n)
{
	uint32_t done = 0, low = 0x80, delta = 0, bias = 72;
	for (uint32_t i = 0; i < n; i++)
		if (point[i] < 0x80) {
			buf_add_byte(b, (uint8_t)point[i]);
			done++;
		}
	const uint32_t basic = done;
	if (basic > 0)
		buf_add_byte(b, '-');
	while (done < n) {
		uint32_t next = UINT32_MAX;
		for (uint32_t i = 0; i < n; i++)
			if (point[i] >= low && point[i] < next)
				next = point[i];
		delta += (next - low) * (done + 1);
		low = next;
		for (uint32_t i = 0; i < n; i++) {
			delta += point[i] < low;
			if (point[i] != low)
				continue;
			add_delta(b, delta, bias);
			bias = adapt(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
		delta++;
		low++;
	}
}

/* One octet sequence of valid UTF-8 as a number. */
static uint32_t
code_point(struct slice s, size_t n)
{
	uint32_t c = n == 1 ? s.p[0] : s.p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++)
		c = c << 6 | (s.p[i] & 0x3fu);
	return c;
}

static bool
add_label(struct buf *b, struct slice label)
{
	uint32_t point[DNS_LABEL_MAX], n = 0;
	bool ascii = true;
	for (size_t used; label.n > 0; label = slice_from(label, used)) {
		used = utf8_sequence(label);
		if (used == 0 || n == DNS_LABEL_MAX)
			return false;
		ascii = ascii && used == 1;
		point[n++] = code_point(label, used);
	}
	if (!ascii)
		buf_add(b, SLICE("xn--"));
	for (uint32_t i = 0; ascii && i < n; i++)
		buf_add_byte(b, (uint8_t)point[i]);
	if (!ascii)
		add_punycode(b, point, n);
	return true;
}

size_t
reverse_name(struct slice name, char out[REVERSE_HOST_MAX])
{
	char text[REVERSE_HOST_MAX + 1];
	struct buf b = reverse_fixed(text, sizeof(text));
	struct dns_name wire;
	for (;;) {
		size_t dot = slice_find(name, '.');
		if (!add_label(&b, slice_to(name, dot)))
			return 0;
		if (dot == name.n)
			break;
		buf_add_byte(&b, '.');
		name = slice_from(name, dot + 1);
	}
	if (buf_err(&b) != ERR_OK || slice_find(buf_slice(&b), '\\') < b.n ||
	    dns_name_parse(buf_slice(&b), &wire) != ERR_OK)
		return 0;
	return reverse_host(&wire, out);
}
