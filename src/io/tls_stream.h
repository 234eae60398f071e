/* tls_stream.h - one TLS connection as a filter between two runs of bytes.
 * Only conn.c uses it. No system calls: the wire side is a borrowed slice in
 * and a buffer out. */
#ifndef IO_TLS_STREAM_H
#define IO_TLS_STREAM_H

#include "base/buf.h"
#include "io/tls.h"

struct tls_stream;

/* The contexts are referenced until tls_stream_free. wire is where encrypted
 * octets are appended; it outlives the stream. */
enum err tls_stream_server(struct tls_server *s, struct buf *wire,
    struct tls_stream **out) KURIR_MUST_CHECK;
enum err tls_stream_client(struct tls_client *c,
    const struct tls_client_opts *opts, struct buf *wire,
    struct tls_stream **out) KURIR_MUST_CHECK;
void tls_stream_free(struct tls_stream *s); /* NULL is nothing */

/* tls_stream_feed - encrypted octets from the peer, borrowed until the calls
 * below have answered ERR_MORE. */
void tls_stream_feed(struct tls_stream *s, struct slice wire);

/* tls_stream_handshake - ERR_OK: done. ERR_MORE: feed. ERR_TLS: failed, d
 * says why, and wire may hold an alert for the peer. */
enum err tls_stream_handshake(
    struct tls_stream *s, struct diag *d) KURIR_MUST_CHECK;

/* tls_stream_ended - the peer's connection ended during the handshake: what
 * that means. */
enum err tls_stream_ended(const struct tls_stream *s, struct diag *d);
void tls_stream_stalled(const struct tls_stream *s, struct diag *d);

/* tls_stream_read - ERR_OK: *out_n > 0 octets. ERR_MORE: feed. ERR_CLOSED:
 * the peer ended TLS properly. ERR_TLS: broken, see d. */
enum err tls_stream_read(struct tls_stream *s, uint8_t *p, size_t max,
    size_t *out_n, struct diag *d) KURIR_MUST_CHECK;

/* tls_stream_write - encrypt all of in onto wire. ERR_MORE: not now, a
 * handshake message must come first; nothing was taken. */
enum err tls_stream_write(
    struct tls_stream *s, struct slice in, struct diag *d) KURIR_MUST_CHECK;

/* tls_stream_finish - append our close_notify. */
void tls_stream_finish(struct tls_stream *s);

void tls_stream_info(const struct tls_stream *s, struct tls_info *out);
/* tls_stream_chain - append the peer's certificates as they came, leaf first:
 * DER, packed (base/pack.h). */
void tls_stream_chain(const struct tls_stream *s, struct buf *out);

#endif
