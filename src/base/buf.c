#include "base/buf.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

void
buf_init(struct buf *b, size_t max_octets)
{
	*b = (struct buf){.max = max_octets};
}

void
buf_free(struct buf *b)
{
	free(b->p);
	buf_init(b, b->max);
}

void
buf_clear(struct buf *b)
{
	b->n = 0;
	b->err = ERR_OK;
}

enum err
buf_err(const struct buf *b)
{
	return b->err;
}

struct slice
buf_slice(const struct buf *b)
{
	return slice_of(b->p, b->n);
}

enum err
buf_reserve(struct buf *b, size_t n)
{
	if (b->err != ERR_OK)
		return b->err;
	if (n > b->max - b->n)
		return b->err = ERR_LIMIT;
	if (n <= b->cap - b->n)
		return ERR_OK;
	size_t want = b->cap < 64 ? 64 : b->cap * 2;
	if (want < b->n + n)
		want = b->n + n;
	if (want > b->max)
		want = b->max;
	uint8_t *p = realloc(b->p, want);
	if (p == NULL)
		return b->err = ERR_NOMEM;
	b->p = p;
	b->cap = want;
	return ERR_OK;
}

void
buf_commit(struct buf *b, size_t n)
{
	b->n += n;
}

void
buf_add(struct buf *b, struct slice s)
{
	if (s.n == 0 || buf_reserve(b, s.n) != ERR_OK)
		return;
	memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
}

void
buf_add_str(struct buf *b, const char *s)
{
	buf_add(b, slice_str(s));
}

void
buf_add_byte(struct buf *b, uint8_t c)
{
	buf_add(b, slice_of(&c, 1));
}

void
buf_add_u64(struct buf *b, uint64_t v)
{
	buf_add_u64_pad(b, v, 1);
}

void
buf_add_u64_pad(struct buf *b, uint64_t v, unsigned width)
{
	uint8_t tmp[32];
	size_t i = sizeof(tmp);
	unsigned done = 0;
	do {
		tmp[--i] = (uint8_t)('0' + v % 10);
		v /= 10;
		done++;
	} while (i > 0 && (v != 0 || done < width));
	buf_add(b, slice_of(tmp + i, sizeof(tmp) - i));
}

void
buf_add_escaped(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (c >= 0x20 && c < 0x7f && c != '\\') {
			buf_add_byte(b, c);
			continue;
		}
		uint8_t esc[4] = {'\\', 'x', (uint8_t)hex_digits[c >> 4],
		    (uint8_t)hex_digits[c & 15]};
		buf_add(b, slice_of(esc, sizeof(esc)));
	}
}

static void
json_control(struct buf *b, uint8_t c)
{
	static const char short_names[] = "btnvfr";
	if (c >= 8 && c <= 13 && c != 11) {
		uint8_t esc[2] = {'\\', (uint8_t)short_names[c - 8]};
		buf_add(b, slice_of(esc, sizeof(esc)));
		return;
	}
	uint8_t esc[6] = {'\\', 'u', '0', '0', (uint8_t)hex_digits[c >> 4],
	    (uint8_t)hex_digits[c & 15]};
	buf_add(b, slice_of(esc, sizeof(esc)));
}

/* Above ASCII; what a terminal obeys (utf8_shown) is below U+10000. */
static void
json_character(struct buf *b, struct slice s, size_t *out_octets)
{
	bool shown = utf8_shown(s, out_octets);
	struct slice c = slice_to(s, *out_octets);

	if (shown)
		buf_add(b, c);
	else if (utf8_sequence(s) == 0)
		buf_add(b, SLICE("\xef\xbf\xbd"));
	else
		buf_printf(b, "\\u%04x", (unsigned)utf8_code(c));
}

void
buf_add_json(struct buf *b, struct slice s)
{
	size_t i = 0;
	while (i < s.n) {
		size_t run = i;
		while (run < s.n && s.p[run] >= 0x20 && s.p[run] < 0x7f &&
		       s.p[run] != '"' && s.p[run] != '\\')
			run++;
		buf_add(b, slice_of(s.p + i, run - i));
		if ((i = run) == s.n)
			break;
		uint8_t c = s.p[i];
		if (c == '"' || c == '\\') {
			uint8_t esc[2] = {'\\', c};
			buf_add(b, slice_of(esc, sizeof(esc)));
			i++;
		} else if (c < 0x20 || c == 0x7f) {
			json_control(b, c);
			i++;
		} else {
			size_t n;
			json_character(b, slice_from(s, i), &n);
			i += n;
		}
	}
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	/* vsnprintf writes a NUL after the text: reserve room for it too. */
	if (n < 0 || buf_reserve(b, (size_t)n + 1) != ERR_OK)
		return;
	va_start(ap, fmt);
	vsnprintf((char *)b->p + b->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
}

void
buf_consume(struct buf *b, size_t n)
{
	if (n >= b->n) {
		b->n = 0;
		return;
	}
	memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}
