#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cmocka.h>

#include "certs.h"
#include "io/conn.h"

struct side {
	struct conn *conn;
	int raw; /* instead of conn: a bare socket of the test */
	char got[4096];
	size_t got_len;
	size_t eofs;
	bool tls_done, closed;
	enum err tls_err, closed_with;
	struct diag tls_why, why;
	/* What on_data does when it has "STARTTLS\r\n". */
	struct tls_server *start;
};

struct world {
	struct loop *loop;
	struct side srv, cli;
	struct cert ca, leaf, other;
	struct tls_server *server;
	struct tls_client *client;
};

static size_t
on_data(struct conn *c, struct slice in)
{
	static const char word[] = "STARTTLS\r\n";
	struct side *s = conn_owner(c);
	size_t n = in.n;
	if (s->start != NULL && slice_starts(in, SLICE("STARTTLS\r\n"))) {
		assert_int_equal(conn_write(c, SLICE("220 go\r\n")), ERR_OK);
		assert_int_equal(conn_start_tls_server(c, s->start), ERR_OK);
		s->start = NULL;
		n = sizeof(word) - 1;
	}
	assert_true(s->got_len + n <= sizeof(s->got));
	memcpy(s->got + s->got_len, in.p, n);
	s->got_len += n;
	return n;
}

static void
on_tls(struct conn *c, enum err e, const struct diag *d)
{
	struct side *s = conn_owner(c);
	assert_false(s->tls_done);
	s->tls_done = true;
	s->tls_err = e;
	if (e != ERR_OK) {
		s->tls_why = *d;
		conn_abort(c);
		s->conn = NULL;
	}
}

static void
on_eof(struct conn *c)
{
	((struct side *)conn_owner(c))->eofs++;
}

static void
on_closed(struct conn *c, enum err e, const struct diag *d)
{
	struct side *s = conn_owner(c);
	s->closed = true;
	s->closed_with = e;
	s->why = *d;
	s->conn = NULL;
}

static const struct conn_ops ops = {.on_data = on_data,
    .on_tls = on_tls,
    .on_eof = on_eof,
    .on_closed = on_closed};

static const struct tls_ticket_secret secrets[2] = {
    {.b = "one secret of thirty-two octets"},
    {.b = "and another of the same length."},
};

static struct tls_server *
make_server(const struct cert *c, const char *kind,
    const struct tls_ticket_secret *t, size_t n)
{
	struct diag d = {0};
	struct tls_server *s = NULL;
	struct tls_server_conf conf = {.cert_pem = buf_slice(&c->cert_pem),
	    .key_pem = buf_slice(&c->key_pem),
	    .kind = slice_str(kind),
	    .tickets = t,
	    .ticket_count = n};
	if (tls_server_new(&conf, &s, &d) != ERR_OK)
		fail_msg("%s", d.text);
	return s;
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct diag d;
	w->loop = loop_new();
	w->srv.raw = w->cli.raw = -1;
	cert_make(&w->ca, &(struct cert_spec){0});
	cert_make(&w->leaf,
	    &(struct cert_spec){.name = "mail.contoh.id", .issuer = &w->ca});
	cert_make(&w->other, &(struct cert_spec){.name = "mail.lain.id"});
	w->server = make_server(&w->leaf, "mx", secrets, 1);
	struct tls_client_conf conf = {.ca_pem = buf_slice(&w->ca.cert_pem)};
	assert_int_equal(tls_client_new(&conf, &w->client, &d), ERR_OK);
	assert_true(tls_client_has_trust(w->client));
	*state = w;
	return 0;
}

static void
close_sides(struct world *w)
{
	struct side *both[2] = {&w->srv, &w->cli};
	for (int i = 0; i < 2; i++) {
		conn_abort(both[i]->conn);
		if (both[i]->raw >= 0)
			close(both[i]->raw);
		memset(both[i], 0, sizeof(*both[i]));
		both[i]->raw = -1;
	}
}

static int
teardown(void **state)
{
	struct world *w = *state;
	close_sides(w);
	loop_free(w->loop);
	tls_server_unref(w->server);
	tls_client_unref(w->client);
	cert_free(&w->ca);
	cert_free(&w->leaf);
	cert_free(&w->other);
	free(w);
	return 0;
}

/* Each side a connection, or raw. */
static void
open_sides(struct world *w, bool srv_raw, bool cli_raw)
{
	int fds[2];
	close_sides(w);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	struct conn_conf conf = {.ops = &ops, .owner = &w->srv};
	if (srv_raw)
		w->srv.raw = fds[0];
	else
		assert_int_equal(
		    conn_new(w->loop, fds[0], &conf, &w->srv.conn), ERR_OK);
	conf.owner = &w->cli;
	if (cli_raw)
		w->cli.raw = fds[1];
	else
		assert_int_equal(
		    conn_new(w->loop, fds[1], &conf, &w->cli.conn), ERR_OK);
}

static void
steps(struct world *w, int n)
{
	for (int i = 0; i < n; i++)
		loop_step(w->loop, 2);
}

static void
start_both(struct world *w, const struct tls_client_opts *opts)
{
	open_sides(w, false, false);
	assert_int_equal(conn_start_tls_server(w->srv.conn, w->server), ERR_OK);
	assert_int_equal(
	    conn_start_tls_client(w->cli.conn, w->client, opts), ERR_OK);
	for (int i = 0; i < 40 && !(w->srv.tls_done && w->cli.tls_done); i++)
		steps(w, 1);
	assert_true(w->srv.tls_done && w->cli.tls_done);
}

static const struct tls_client_opts verify_leaf = {
    .verify = TLS_VERIFY_PEER,
    .sni = {(const uint8_t *)"mail.contoh.id", 14},
};

static void
both_ends_agree_and_talk(void **state)
{
	struct world *w = *state;
	struct tls_info s, c;
	start_both(w, &verify_leaf);
	assert_int_equal(conn_tls(w->srv.conn, &s), ERR_OK);
	assert_int_equal(conn_tls(w->cli.conn, &c), ERR_OK);
	assert_string_equal(s.version, "TLS1_3");
	assert_string_equal(c.cipher, "TLS_AES_256_GCM_SHA384");
	assert_int_equal(c.bits_used, 256);
	assert_int_equal(c.bits_alg, 256);
	assert_true(c.verified);
	assert_false(s.verified);
	assert_string_equal(s.sni, "mail.contoh.id");
	assert_string_equal(c.peer_name, "mail.contoh.id");
	assert_true(s.has_exporter && c.has_exporter);
	assert_memory_equal(s.exporter, c.exporter, 32);
	assert_true(c.has_cert && !s.has_cert);
	assert_false(c.resumed);
	assert_int_equal(conn_write(w->cli.conn, SLICE("EHLO a\r\n")), ERR_OK);
	steps(w, 3);
	assert_memory_equal(w->srv.got, "EHLO a\r\n", 8);
	assert_int_equal(conn_write(w->srv.conn, SLICE("250 b\r\n")), ERR_OK);
	steps(w, 3);
	assert_memory_equal(w->cli.got, "250 b\r\n", 7);
}

/* Octets sent with STARTTLS are counted and gone, in both directions. */
static void
nothing_plain_survives_starttls(void **state)
{
	struct world *w = *state;
	static const char line[] =
	    "STARTTLS\r\nMAIL FROM:<evil@example.org>\r\n";
	open_sides(w, false, false);
	w->srv.start = w->server;
	assert_int_equal(
	    conn_write(w->cli.conn, slice_of(line, sizeof(line) - 1)), ERR_OK);
	steps(w, 4);
	assert_memory_equal(w->srv.got, "STARTTLS\r\n", 10);
	assert_int_equal(w->srv.got_len, 10);
	assert_memory_equal(w->cli.got, "220 go\r\n", 8);
	assert_int_equal(
	    conn_start_tls_client(w->cli.conn, w->client, &verify_leaf),
	    ERR_OK);
	steps(w, 10);
	assert_true(w->srv.tls_done);
	assert_int_equal(w->srv.tls_err, ERR_OK);
	assert_int_equal(conn_tls_dropped(w->srv.conn), 30);
	assert_int_equal(w->srv.got_len, 10);
	assert_int_equal(conn_write(w->cli.conn, SLICE("RSET\r\n")), ERR_OK);
	steps(w, 3);
	assert_int_equal(w->srv.got_len, 16);
	assert_memory_equal(w->srv.got + 10, "RSET\r\n", 6);
}

/* The same for what a server says too early: kept by the client while paused,
 * dropped when TLS begins. */
static void
early_words_of_a_server_are_dropped(void **state)
{
	struct world *w = *state;
	open_sides(w, true, false);
	conn_pause(w->cli.conn);
	assert_int_equal(write(w->srv.raw, "250 fake\r\n", 10), 10);
	steps(w, 2);
	conn_resume(w->cli.conn);
	conn_pause(w->cli.conn);
	assert_int_equal(
	    conn_start_tls_client(w->cli.conn, w->client, &verify_leaf),
	    ERR_OK);
	assert_int_equal(w->cli.got_len, 0);
	steps(w, 3);
	/* What still lay in the socket is no TLS. */
	assert_true(w->cli.tls_done);
	assert_string_equal(w->cli.tls_why.cause, "tls.garbage");
	assert_int_equal(w->cli.got_len, 0);
}

struct verify_case {
	const char *title;
	struct cert_spec spec;
	bool by_ca;
	const char *expect;
	const char *cause; /* NULL: verifies */
};

static const struct verify_case verify_cases[] = {
    {"right", {.name = "mail.contoh.id"}, true, "mail.contoh.id", NULL},
    {"wildcard", {.name = "*.contoh.id"}, true, "mail.contoh.id", NULL},
    {"parent", {.name = "mx1.contoh.id"}, true, ".contoh.id", NULL},
    {"rsa", {.name = "mail.contoh.id", .key = CERT_RSA2048}, true,
	"mail.contoh.id", NULL},
    {"name", {.name = "mail.lain.id"}, true, "mail.contoh.id",
	"tls.cert-name-mismatch"},
    {"partial wildcard", {.name = "*.contoh.id"}, true, "contoh.id",
	"tls.cert-name-mismatch"},
    {"expired", {"mail.contoh.id", -7200, -3600, CERT_P256, NULL}, true,
	"mail.contoh.id", "tls.cert-expired"},
    {"future", {"mail.contoh.id", 3600, 7200, CERT_P256, NULL}, true,
	"mail.contoh.id", "tls.cert-not-yet-valid"},
    {"self-signed", {.name = "mail.contoh.id"}, false, "mail.contoh.id",
	"tls.cert-self-signed"},
};

static void
certificates_are_judged(void **state)
{
	struct world *w = *state;
	for (size_t i = 0; i < sizeof(verify_cases) / sizeof(verify_cases[0]);
	     i++) {
		const struct verify_case *v = &verify_cases[i];
		struct cert cert;
		struct cert_spec spec = v->spec;
		struct tls_info info;
		struct slice expect = slice_str(v->expect);
		print_message("  %s\n", v->title);
		spec.issuer = v->by_ca ? &w->ca : NULL;
		cert_make(&cert, &spec);
		tls_server_unref(w->server);
		w->server = make_server(&cert, "mx", NULL, 0);
		struct tls_client_opts opts = {.verify = TLS_VERIFY_PEER,
		    .sni = SLICE("mail.contoh.id"),
		    .names = &expect,
		    .name_count = 1};
		start_both(w, &opts);
		if (v->cause == NULL) {
			assert_int_equal(w->cli.tls_err, ERR_OK);
		} else {
			assert_int_equal(w->cli.tls_err, ERR_TLS);
			assert_string_equal(w->cli.tls_why.cause, v->cause);
			/* And the server hears that it was refused, and why
			 * where an alert says it. */
			bool told = strcmp(v->cause, "tls.cert-expired") == 0;
			assert_string_equal(w->srv.tls_why.cause,
			    told ? v->cause : "tls.cert-untrusted");
		}
		/* Without verification it goes on, and knows. */
		opts.verify = TLS_VERIFY_NONE;
		start_both(w, &opts);
		assert_int_equal(w->cli.tls_err, ERR_OK);
		assert_int_equal(conn_tls(w->cli.conn, &info), ERR_OK);
		assert_int_equal(info.verified, v->cause == NULL);
		assert_string_equal(
		    info.verify_cause, v->cause != NULL ? v->cause : "");
		cert_free(&cert);
	}
}

static void
verify_needs_a_name(void **state)
{
	struct world *w = *state;
	struct tls_client_opts opts = {.verify = TLS_VERIFY_PEER};
	open_sides(w, false, false);
	assert_int_equal(
	    conn_start_tls_client(w->cli.conn, w->client, &opts), ERR_SYNTAX);
}

static void
names_choose_the_certificate(void **state)
{
	struct world *w = *state;
	struct tls_info info;
	struct diag d;
	static const struct {
		const char *sni, *name;
	} cases[] = {
	    {"mail.lain.id", "mail.lain.id"},
	    {"MAIL.LAIN.ID", "mail.lain.id"},
	    {"a.banyak.id", "mail.lain.id"},
	    {"a.b.banyak.id", "mail.contoh.id"},
	    {"banyak.id", "mail.contoh.id"},
	    {"mail.contoh.id", "mail.contoh.id"},
	    {"unknown.example", "mail.contoh.id"},
	};
	static const char *const add[] = {"mail.lain.id", "*.banyak.id"};
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
		    tls_server_add_name(w->server, slice_str(add[i]),
			buf_slice(&w->other.cert_pem),
			buf_slice(&w->other.key_pem), &d),
		    ERR_OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tls_client_opts opts = {.sni = slice_str(cases[i].sni)};
		struct slice none = SLICE("nothing.example");
		opts.names = &none;
		opts.name_count = 1;
		start_both(w, &opts);
		assert_int_equal(conn_tls(w->cli.conn, &info), ERR_OK);
		assert_string_equal(info.peer_name, cases[i].name);
	}
}

/* --- failures of the handshake ----------------------------------------- */

static SSL_CTX *
raw_ctx(
    bool server, int min, int max, const char *ciphers, const struct cert *c)
{
	SSL_CTX *ctx =
	    SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, min);
	SSL_CTX_set_max_proto_version(ctx, max);
	if (ciphers != NULL)
		assert_int_equal(SSL_CTX_set_cipher_list(ctx, ciphers), 1);
	if (c != NULL) {
		SSL_CTX_use_certificate(ctx, c->x509);
		SSL_CTX_use_PrivateKey(ctx, c->pkey);
	}
	return ctx;
}

static int
fcntl_nonblock(int fd)
{
	return fcntl(fd, F_SETFL, O_NONBLOCK);
}

/* Run a plain OpenSSL peer on the raw side until ours is done. */
static void
run_raw(struct world *w, SSL *ssl, struct side *ours)
{
	SSL_set_fd(ssl, w->srv.raw >= 0 ? w->srv.raw : w->cli.raw);
	for (int i = 0; i < 20 && !ours->tls_done && !ours->closed; i++) {
		uint8_t c;
		(void)SSL_read(ssl, &c, 1);
		ERR_clear_error();
		steps(w, 1);
	}
}

static void
assert_refused(struct world *w, bool ours_is_server, SSL_CTX *ctx,
    const char *cause, const char *words)
{
	SSL *ssl = SSL_new(ctx);
	struct side *ours = ours_is_server ? &w->srv : &w->cli;
	open_sides(w, !ours_is_server, ours_is_server);
	int raw = ours_is_server ? w->cli.raw : w->srv.raw;
	assert_int_equal(fcntl_nonblock(raw), 0);
	if (ours_is_server) {
		SSL_set_connect_state(ssl);
		assert_int_equal(
		    conn_start_tls_server(ours->conn, w->server), ERR_OK);
	} else {
		SSL_set_accept_state(ssl);
		assert_int_equal(
		    conn_start_tls_client(ours->conn, w->client, &verify_leaf),
		    ERR_OK);
	}
	run_raw(w, ssl, ours);
	const struct diag *why = ours->tls_done && ours->tls_err != ERR_OK
				     ? &ours->tls_why
				     : &ours->why;
	assert_string_equal(why->cause, cause);
	if (strstr(why->text, words) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", why->text, words);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}

static void
no_common_version(void **state)
{
	struct world *w = *state;
	assert_refused(w, true,
	    raw_ctx(false, TLS1_VERSION, TLS1_1_VERSION, NULL, NULL),
	    "tls.no-common-version", "offered TLS 1.0, TLS 1.1");
	assert_refused(w, false,
	    raw_ctx(true, TLS1_VERSION, TLS1_1_VERSION, NULL, &w->leaf),
	    "tls.no-common-version", "");
}

static void
no_common_cipher(void **state)
{
	struct world *w = *state;
	assert_refused(w, true,
	    raw_ctx(false, TLS1_2_VERSION, TLS1_2_VERSION,
		"AES128-SHA:CAMELLIA128-SHA", NULL),
	    "tls.no-common-cipher", "AES128-SHA CAMELLIA128-SHA");
	assert_refused(w, false,
	    raw_ctx(true, TLS1_2_VERSION, TLS1_2_VERSION, "CAMELLIA128-SHA",
		&w->leaf),
	    "tls.no-common-cipher", "");
}

static void
client_certificate_required(void **state)
{
	struct world *w = *state;
	for (int v = TLS1_2_VERSION; v <= TLS1_3_VERSION; v++) {
		SSL_CTX *ctx = raw_ctx(true, v, v, NULL, &w->leaf);
		SSL_CTX_set_verify(ctx,
		    SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
		if (v == TLS1_2_VERSION) {
			assert_refused(w, false, ctx,
			    "tls.client-cert-required", "client certificate");
			continue;
		}
		/* Under 1.3 the refusal comes after our handshake is over. */
		SSL *ssl = SSL_new(ctx);
		open_sides(w, true, false);
		assert_int_equal(fcntl_nonblock(w->srv.raw), 0);
		SSL_set_accept_state(ssl);
		assert_int_equal(
		    conn_start_tls_client(w->cli.conn, w->client, &verify_leaf),
		    ERR_OK);
		run_raw(w, ssl, &w->cli);
		assert_int_equal(w->cli.tls_err, ERR_OK);
		(void)SSL_read(ssl, &(char){0}, 1);
		steps(w, 3);
		assert_true(w->cli.closed);
		assert_string_equal(
		    w->cli.why.cause, "tls.client-cert-required");
		SSL_free(ssl);
		SSL_CTX_free(ctx);
	}
}

struct raw_case {
	bool ours_is_server;
	struct slice says; /* the peer's octets; none: closes at once */
	const char *cause;
};

#define BYTES(lit)                                                             \
	{                                                                      \
		(const uint8_t *)(lit), sizeof(lit) - 1                        \
	}
static const struct raw_case raw_cases[] = {
    {true, BYTES("EHLO mail.contoh.id\r\n"), "tls.garbage"},
    {true, BYTES("GET / HTTP/1.0\r\n\r\n"), "tls.garbage"},
    {true, BYTES("\x80\x2e\x01\x03\x01 an SSLv2 hello of sorts"),
	"tls.garbage"},
    {true,
	BYTES("\x16\x03\x01\x00\x05"
	      "hello"),
	"tls.garbage"},
    {true, BYTES("\x00\x00\x00\x00\x00\x00\x00\x00\x00"), "tls.garbage"},
    {true, BYTES("\x16\x03\x01\x02"), "net.reset"},
    {true, {NULL, 0}, "net.reset"},
    {false, BYTES("220 not TLS at all\r\n"), "tls.garbage"},
    {false, BYTES("\x16\x03\x03\x00\x7a"), "net.reset"},
    {false, {NULL, 0}, "net.closed-after-starttls"},
};

static void
garbage_and_silence(void **state)
{
	struct world *w = *state;
	for (size_t i = 0; i < sizeof(raw_cases) / sizeof(raw_cases[0]); i++) {
		const struct raw_case *r = &raw_cases[i];
		struct side *ours = r->ours_is_server ? &w->srv : &w->cli;
		open_sides(w, !r->ours_is_server, r->ours_is_server);
		int raw = r->ours_is_server ? w->cli.raw : w->srv.raw;
		if (r->ours_is_server)
			assert_int_equal(
			    conn_start_tls_server(ours->conn, w->server),
			    ERR_OK);
		else
			assert_int_equal(conn_start_tls_client(ours->conn,
					     w->client, &verify_leaf),
			    ERR_OK);
		if (r->says.n > 0)
			assert_int_equal(write(raw, r->says.p, r->says.n),
			    (ssize_t)r->says.n);
		shutdown(raw, SHUT_WR);
		steps(w, 4);
		assert_true(ours->tls_done);
		print_message(
		    "  %s: %s\n", ours->tls_why.cause, ours->tls_why.text);
		assert_string_equal(ours->tls_why.cause, r->cause);
	}
}

static void
a_stall_is_explained(void **state)
{
	struct world *w = *state;
	struct diag d;
	open_sides(w, true, false);
	assert_int_equal(
	    conn_start_tls_client(w->cli.conn, w->client, &verify_leaf),
	    ERR_OK);
	steps(w, 2);
	assert_false(w->cli.tls_done);
	conn_tls_stalled(w->cli.conn, &d);
	assert_string_equal(d.cause, "tls.stalled");
}

/* --- the end of TLS ---------------------------------------------------- */

/* After close_notify nothing is read, whatever it is. */
static void
dead_after_close_notify(void **state)
{
	struct world *w = *state;
	SSL_CTX *ctx =
	    raw_ctx(false, TLS1_2_VERSION, TLS1_3_VERSION, NULL, NULL);
	SSL *ssl = SSL_new(ctx);
	open_sides(w, false, true);
	assert_int_equal(fcntl_nonblock(w->cli.raw), 0);
	SSL_set_connect_state(ssl);
	assert_int_equal(conn_start_tls_server(w->srv.conn, w->server), ERR_OK);
	run_raw(w, ssl, &w->srv);
	assert_int_equal(w->srv.tls_err, ERR_OK);
	assert_int_equal(SSL_write(ssl, "MAIL\r\n", 6), 6);
	assert_int_equal(SSL_shutdown(ssl), 0);
	assert_int_equal(write(w->cli.raw, "RCPT TO:<a>\r\n", 13), 13);
	steps(w, 4);
	assert_int_equal(w->srv.got_len, 6);
	assert_int_equal(w->srv.eofs, 1);
	/* Still under TLS, the answers may go out. */
	assert_int_equal(conn_write(w->srv.conn, SLICE("250 ok\r\n")), ERR_OK);
	conn_shutdown(w->srv.conn);
	steps(w, 4);
	assert_int_equal(w->srv.got_len, 6);
	char in[16] = "";
	assert_int_equal(SSL_read(ssl, in, sizeof(in)), 8);
	assert_string_equal(in, "250 ok\r\n");
	assert_int_equal(SSL_read(ssl, in, sizeof(in)), 0);
	assert_int_equal(SSL_get_error(ssl, 0), SSL_ERROR_ZERO_RETURN);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}

static void
a_cut_is_not_an_end(void **state)
{
	struct world *w = *state;
	start_both(w, &verify_leaf);
	steps(w, 2);
	conn_abort(w->cli.conn);
	w->cli.conn = NULL;
	steps(w, 3);
	assert_int_equal(w->srv.eofs, 0);
	assert_true(w->srv.closed);
	assert_int_equal(w->srv.closed_with, ERR_CLOSED);
	assert_string_equal(w->srv.why.cause, "net.reset");
}

static void
shutdown_says_close_notify(void **state)
{
	struct world *w = *state;
	start_both(w, &verify_leaf);
	assert_int_equal(conn_write(w->srv.conn, SLICE("221\r\n")), ERR_OK);
	conn_shutdown(w->srv.conn);
	steps(w, 4);
	assert_true(w->srv.closed);
	assert_int_equal(w->srv.closed_with, ERR_OK);
	assert_int_equal(w->cli.got_len, 5);
	assert_int_equal(w->cli.eofs, 1);
}

/* Megabytes both ways through small buffers, order kept. */
static void
much_data_arrives_in_order(void **state)
{
	struct world *w = *state;
	static uint8_t block[30000];
	size_t sent = 0, rounds = 0;
	SSL_CTX *ctx =
	    raw_ctx(false, TLS1_3_VERSION, TLS1_3_VERSION, NULL, NULL);
	SSL *ssl = SSL_new(ctx);
	open_sides(w, false, true);
	assert_int_equal(fcntl_nonblock(w->cli.raw), 0);
	SSL_set_connect_state(ssl);
	assert_int_equal(conn_start_tls_server(w->srv.conn, w->server), ERR_OK);
	run_raw(w, ssl, &w->srv);
	size_t got = 0;
	while (got < 2000000 && rounds++ < 100000) {
		uint8_t in[20000];
		if (sent < 2000000 && conn_room(w->srv.conn) >= sizeof(block)) {
			for (size_t i = 0; i < sizeof(block); i++)
				block[i] = (uint8_t)((sent + i) % 253);
			assert_int_equal(conn_write(w->srv.conn,
					     slice_of(block, sizeof(block))),
			    ERR_OK);
			sent += sizeof(block);
		}
		loop_step(w->loop, 0);
		int n = SSL_read(ssl, in, sizeof(in));
		for (int i = 0; i < n; i++)
			assert_int_equal(in[i], (got + (size_t)i) % 253);
		got += n > 0 ? (size_t)n : 0;
	}
	assert_true(got >= 2000000);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}

/* --- tickets ----------------------------------------------------------- */

/* One handshake of a bare client; its session afterwards. */
static bool
ticket_round(struct world *w, int version, SSL_SESSION *with, SSL_SESSION **out)
{
	SSL_CTX *ctx = raw_ctx(false, version, version, NULL, NULL);
	SSL *ssl = SSL_new(ctx);
	open_sides(w, false, true);
	assert_int_equal(fcntl_nonblock(w->cli.raw), 0);
	SSL_set_connect_state(ssl);
	if (with != NULL)
		SSL_set_session(ssl, with);
	assert_int_equal(conn_start_tls_server(w->srv.conn, w->server), ERR_OK);
	run_raw(w, ssl, &w->srv);
	assert_int_equal(w->srv.tls_err, ERR_OK);
	(void)SSL_read(ssl, &(char){0}, 1); /* the ticket */
	struct tls_info info;
	assert_int_equal(conn_tls(w->srv.conn, &info), ERR_OK);
	bool resumed = SSL_session_reused(ssl) == 1;
	assert_int_equal(info.resumed, resumed);
	if (out != NULL)
		*out = SSL_get1_session(ssl);
	SSL_shutdown(ssl);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	return resumed;
}

static void
use_server(struct world *w, const char *kind, const struct tls_ticket_secret *t,
    size_t n)
{
	tls_server_unref(w->server);
	w->server = make_server(&w->leaf, kind, t, n);
}

/* What a server context takes to see what a client puts up with. */
static void
servers_to_try_clients_on(void **state)
{
	struct world *w = *state;
	struct tls_server_conf conf = {.cert_pem = buf_slice(&w->leaf.cert_pem),
	    .key_pem = buf_slice(&w->leaf.key_pem),
	    .max_version = TLS_V1_2};
	struct tls_client_conf any = {.min_version = TLS_V1_0, .examine = true};
	struct tls_info t;
	struct diag d;
	tls_server_unref(w->server);
	assert_int_equal(tls_server_new(&conf, &w->server, &d), ERR_OK);
	start_both(w, &(struct tls_client_opts){0});
	assert_int_equal(conn_tls(w->srv.conn, &t), ERR_OK);
	assert_string_equal(t.version, "TLS1_2");
	close_sides(w);
	/* An old one alone, to a client that takes it. */
	conf.min_version = conf.max_version = TLS_V1_0;
	conf.legacy = true;
	tls_server_unref(w->server);
	assert_int_equal(tls_server_new(&conf, &w->server, &d), ERR_OK);
	tls_client_unref(w->client);
	assert_int_equal(tls_client_new(&any, &w->client, &d), ERR_OK);
	start_both(w, &(struct tls_client_opts){0});
	assert_int_equal(conn_tls(w->srv.conn, &t), ERR_OK);
	assert_string_equal(t.version, "TLS1_0");
	close_sides(w);
	/* A client without a certificate where one is demanded. */
	conf = (struct tls_server_conf){.cert_pem = conf.cert_pem,
	    .key_pem = conf.key_pem,
	    .max_version = TLS_V1_2,
	    .want_cert = true};
	tls_server_unref(w->server);
	assert_int_equal(tls_server_new(&conf, &w->server, &d), ERR_OK);
	start_both(w, &(struct tls_client_opts){0});
	assert_int_equal(w->srv.tls_err, ERR_TLS);
}

static void
tickets_go_between_workers_not_kinds(void **state)
{
	struct world *w = *state;
	for (int v = TLS1_2_VERSION; v <= TLS1_3_VERSION; v++) {
		SSL_SESSION *session = NULL;
		use_server(w, "mx", secrets, 1);
		assert_false(ticket_round(w, v, NULL, &session));
		use_server(w, "mx", secrets, 1); /* another worker */
		assert_true(ticket_round(w, v, session, NULL));
		use_server(w, "submission", secrets, 1);
		assert_false(ticket_round(w, v, session, NULL));
		use_server(w, "mx", secrets + 1, 1);
		assert_false(ticket_round(w, v, session, NULL));
		/* Rotated: the new one first, the old still taken. */
		struct tls_ticket_secret both[2] = {secrets[1], secrets[0]};
		tls_server_set_tickets(w->server, both, 2);
		assert_true(ticket_round(w, v, session, NULL));
		use_server(w, "mx", NULL, 0);
		assert_false(ticket_round(w, v, session, NULL));
		SSL_SESSION_free(session);
	}
}

/* --- pairs ------------------------------------------------------------- */

static void
pairs_are_checked(void **state)
{
	struct world *w = *state;
	struct cert expired, weak;
	uint64_t now = (uint64_t)time(NULL);
	cert_make(&expired, &(struct cert_spec){"mail.contoh.id", -7200, -3600,
				CERT_P256, &w->ca});
	cert_make(&weak,
	    &(struct cert_spec){.name = "mail.contoh.id", .key = CERT_RSA1024});
	struct slice leaf = buf_slice(&w->leaf.cert_pem),
		     key = buf_slice(&w->leaf.key_pem);
	const struct {
		struct slice cert, key;
		const char *words; /* NULL: fine */
	} cases[] = {
	    {leaf, key, NULL},
	    {leaf, buf_slice(&w->other.key_pem),
		"the key does not belong to the certificate of mail.contoh"},
	    {buf_slice(&expired.cert_pem), buf_slice(&expired.key_pem),
		"expired on"},
	    {buf_slice(&weak.cert_pem), buf_slice(&weak.key_pem), "too short"},
	    {SLICE("no certificate"), key, "certificate file"},
	    {SLICE_EMPTY, key, "certificate file"},
	    {leaf, SLICE("-----BEGIN PRIVATE KEY-----\nAAAA\n"), "key file"},
	    {leaf, SLICE("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA\n"),
		"passphrase"},
	    {key, leaf, "certificate file"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct diag d = {0};
		enum err e =
		    tls_pem_check(cases[i].cert, cases[i].key, now, &d);
		print_message("  %s\n", d.text);
		assert_int_equal(e, cases[i].words == NULL ? ERR_OK : ERR_TLS);
		assert_non_null(strstr(
		    d.text, cases[i].words != NULL ? cases[i].words : ""));
	}
	assert_in_range(tls_pem_not_after(leaf), now + 3500, now + 3700);
	assert_int_equal(tls_pem_not_after(SLICE("x")), 0);
	struct tls_server_conf conf = {
	    .cert_pem = leaf, .key_pem = buf_slice(&w->other.key_pem)};
	struct tls_server *s;
	struct diag d;
	assert_int_equal(tls_server_new(&conf, &s, &d), ERR_TLS);
	cert_free(&expired);
	cert_free(&weak);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(both_ends_agree_and_talk),
	    T(nothing_plain_survives_starttls),
	    T(early_words_of_a_server_are_dropped),
	    T(certificates_are_judged),
	    T(verify_needs_a_name),
	    T(names_choose_the_certificate),
	    T(no_common_version),
	    T(servers_to_try_clients_on),
	    T(no_common_cipher),
	    T(client_certificate_required),
	    T(garbage_and_silence),
	    T(a_stall_is_explained),
	    T(dead_after_close_notify),
	    T(a_cut_is_not_an_end),
	    T(shutdown_says_close_notify),
	    T(much_data_arrives_in_order),
	    T(tickets_go_between_workers_not_kinds),
	    T(pairs_are_checked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
