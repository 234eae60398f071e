/* slice.h - a borrowed run of bytes. NUL is a byte like any other.
 *
 * Whoever hands a slice out says in its header how long it stays valid. */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice {
	const uint8_t *p;
	size_t n;
};

/* A slice over a string literal, without its NUL. */
#define SLICE(lit)  ((struct slice){(const uint8_t *)(lit), sizeof(lit) - 1})
#define SLICE_EMPTY ((struct slice){NULL, 0})

/* printf("%.*s", SLICE_ARG(s)) for logs and tests; n is cut to int range. */
#define SLICE_ARG(s)                                                           \
	(int)((s).n > 0x7fffffff ? 0x7fffffff : (s).n),                        \
	    (s).n > 0 ? (const char *)(s).p : ""

static inline struct slice
slice_of(const void *p, size_t n)
{
	return (struct slice){p, n};
}

/* slice_str - over a C string, without its NUL. NULL gives an empty slice. */
struct slice slice_str(const char *s);

bool slice_eq(struct slice a, struct slice b);
/* ASCII case folding only; other bytes compare as they are. */
bool slice_eq_nocase(struct slice a, struct slice b);
bool slice_starts(struct slice s, struct slice prefix);
bool slice_starts_nocase(struct slice s, struct slice prefix);
bool slice_ends_nocase(struct slice s, struct slice suffix);
/* <0, 0, >0 bytewise; a prefix sorts first. */
int slice_cmp(struct slice a, struct slice b);

/* slice_find - index of the first c, or s.n. slice_rfind: of the last. */
size_t slice_find(struct slice s, uint8_t c);
size_t slice_rfind(struct slice s, uint8_t c);

/* slice_from - what is left from offset on; slice_to - the first n bytes.
 * Offsets past the end give an empty slice / the whole. */
struct slice slice_from(struct slice s, size_t off);
struct slice slice_to(struct slice s, size_t n);
/* slice_trim - without SP and HTAB at both ends. */
struct slice slice_trim(struct slice s);

/* slice_u64 - an unsigned decimal number, digits only, no sign, no overflow.
 * false leaves *out untouched. */
bool slice_u64(struct slice s, uint64_t *out);

/* ASCII, independent of locale. */
bool ascii_is_digit(uint8_t c);
bool ascii_is_alpha(uint8_t c);
bool ascii_is_alnum(uint8_t c);
uint8_t ascii_lower(uint8_t c);
int ascii_hex(uint8_t c); /* 0..15, or -1 */

#endif
