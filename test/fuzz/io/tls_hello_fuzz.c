/* Octets where a TLS handshake belongs, at either end. However they are cut:
 * the same result with the same cause, and never an octet of plain text. The
 * same octets as PEM are judged without harm. */
#include <stdlib.h>
#include <string.h>

#include "../../unit/io/certs.h"
#include "io/tls_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

struct contexts {
	struct tls_server *server;
	struct tls_client *client;
	struct cert cert;
};

static struct contexts *
contexts_make(void)
{
	struct diag d;
	struct contexts *c = calloc(1, sizeof(*c));
	check(c != NULL);
	cert_make(&c->cert, &(struct cert_spec){.name = "mail.contoh.id"});
	struct tls_server_conf sc = {.cert_pem = buf_slice(&c->cert.cert_pem),
	    .key_pem = buf_slice(&c->cert.key_pem),
	    .kind = SLICE("mx")};
	struct tls_client_conf cc = {.ca_pem = buf_slice(&c->cert.cert_pem)};
	check(tls_server_new(&sc, &c->server, &d) == ERR_OK);
	check(tls_client_new(&cc, &c->client, &d) == ERR_OK);
	return c;
}

/* Feed in pieces; the result of the piece that decided it. */
static enum err
handshake(struct contexts *c, bool server, struct slice in, size_t piece,
    struct diag *d)
{
	struct buf wire;
	struct tls_stream *s;
	static const struct tls_client_opts opts = {
	    .sni = {(const uint8_t *)"mail.contoh.id", 14}};
	enum err e = ERR_MORE;
	buf_init(&wire, 1 << 20);
	if (server)
		check(tls_stream_server(c->server, &wire, &s) == ERR_OK);
	else
		check(tls_stream_client(c->client, &opts, &wire, &s) == ERR_OK);
	memset(d, 0, sizeof(*d));
	while (e == ERR_MORE && in.n > 0) {
		tls_stream_feed(s, slice_to(in, piece));
		in = slice_from(in, piece);
		e = tls_stream_handshake(s, d);
	}
	/* Nobody can shake hands with us by chance. */
	check(e == ERR_MORE || e == ERR_TLS);
	check(e == ERR_MORE || (d->cause[0] != '\0' && d->text[0] != '\0'));
	if (e == ERR_MORE)
		check(tls_stream_ended(s, d) != ERR_OK);
	tls_stream_free(s);
	buf_free(&wire);
	return e;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct contexts *c;
	struct diag whole, cut;
	if (c == NULL)
		c = contexts_make();
	if (size == 0 || size > 4096)
		return 0;
	struct slice in = slice_of(data + 1, size - 1);
	bool server = (data[0] & 1) == 0;
	enum err e = handshake(c, server, in, in.n + 1, &whole);
	check(handshake(c, server, in, 1, &cut) == e);
	check(strcmp(whole.cause, cut.cause) == 0);
	check(
	    tls_pem_check(in, buf_slice(&c->cert.key_pem), 1, &cut) != ERR_OK);
	(void)tls_pem_not_after(in);
	return 0;
}
