/* buf.h - bytes being built, with a hard maximum.
 *
 * Errors stick: after a failed append (over the maximum: ERR_LIMIT, no
 * memory: ERR_NOMEM) the buffer keeps what it held, every later append does
 * nothing, and buf_err() tells. So a builder appends freely and checks once.
 * Lifetime: buf_init ... buf_free; buf_free leaves an empty buffer that can
 * be used again with the same maximum. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/err.h"
#include "base/slice.h"

struct buf {
	uint8_t *p;
	size_t n;   /* octets held */
	size_t cap; /* octets allocated */
	size_t max; /* octets it may ever hold */
	enum err err;
};

void buf_init(struct buf *b, size_t max_octets);
void buf_free(struct buf *b);
/* buf_clear - empty, error forgotten, memory kept. */
void buf_clear(struct buf *b);

enum err buf_err(const struct buf *b);
/* buf_slice - what is held; borrowed until the next change of b. */
struct slice buf_slice(const struct buf *b);

/* buf_reserve - room for n more octets at b->p + b->n. On success the caller
 * may write there and then call buf_commit(b, written). */
enum err buf_reserve(struct buf *b, size_t n) KURIR_MUST_CHECK;
void buf_commit(struct buf *b, size_t n);

void buf_add(struct buf *b, struct slice s);
void buf_add_str(struct buf *b, const char *s);
void buf_add_byte(struct buf *b, uint8_t c);
void buf_add_u64(struct buf *b, uint64_t v); /* decimal */
/* buf_add_u64_pad - decimal with leading zeros to width digits. */
void buf_add_u64_pad(struct buf *b, uint64_t v, unsigned width);
/* buf_add_escaped - printable ASCII as it is, the rest and '\' as \xHH: for
 * logs and headers that hold foreign bytes. */
void buf_add_escaped(struct buf *b, struct slice s);
/* buf_add_json - as the inside of a JSON string; bytes that are not UTF-8
 * become U+FFFD, and what a terminal obeys (utf8_shown) \uHHHH, as people read
 * JSON, too. No quotes are added. */
void buf_add_json(struct buf *b, struct slice s);
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* buf_consume - drop the first n octets. */
void buf_consume(struct buf *b, size_t n);

#endif
