/* Every allocation fails once, the n-th in the n-th run: no run may crash,
 * leak, hang or feed anyone the wrong octets. Linked with --wrap for what this
 * tree allocates; OpenSSL's own allocations fail in a test of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/crypto.h>

#include "certs.h"
#include "io/conn.h"

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

/* The wrappers have nowhere else to keep it. */
static unsigned long fail_at, count;

static int
fails(void)
{
	return ++count == fail_at;
}

void *
__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

static unsigned long library_fail_at, library_count;

static int
library_fails(void)
{
	return ++library_count == library_fail_at;
}

static void *
library_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return library_fails() ? NULL : __real_malloc(n);
}

static void *
library_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return library_fails() ? NULL : __real_realloc(p, n);
}

static void
library_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

struct side {
	struct conn *conn;
	char got[64];
	size_t got_len;
	bool tls;
};

struct run {
	struct loop *loop;
	struct side srv, cli;
	struct tls_server *server;
	struct tls_client *client;
};

static size_t
on_data(struct conn *c, struct slice in)
{
	struct side *s = conn_owner(c);
	/* Only whole lines, so that something is kept at times. */
	size_t at = slice_find(in, '\n');
	size_t n = at < in.n ? at + 1 : 0;
	assert_true(s->got_len + n <= sizeof(s->got));
	memcpy(s->got + s->got_len, in.p, n);
	s->got_len += n;
	return n;
}

static void
on_tls(struct conn *c, enum err e, const struct diag *d)
{
	struct side *s = conn_owner(c);
	(void)d;
	s->tls = e == ERR_OK;
	if (e != ERR_OK) {
		conn_abort(c);
		s->conn = NULL;
	}
}

static void
on_closed(struct conn *c, enum err e, const struct diag *d)
{
	(void)e;
	(void)d;
	((struct side *)conn_owner(c))->conn = NULL;
}

static const struct conn_ops ops = {
    .on_data = on_data, .on_tls = on_tls, .on_closed = on_closed};

static void
turn(struct run *r)
{
	for (int i = 0; i < 6; i++)
		loop_step(r->loop, 0);
}

static bool
say(struct side *s, const char *text)
{
	return s->conn != NULL &&
	       conn_write(s->conn, slice_str(text)) == ERR_OK;
}

static bool
open_sides(struct run *r)
{
	int fds[2];
	struct conn_conf conf = {.ops = &ops, .owner = &r->srv};
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	if (conn_new(r->loop, fds[0], &conf, &r->srv.conn) != ERR_OK) {
		close(fds[1]);
		return false;
	}
	conf.owner = &r->cli;
	return conn_new(r->loop, fds[1], &conf, &r->cli.conn) == ERR_OK;
}

/* True: everything worked. */
static bool
talk(struct run *r)
{
	static const struct tls_client_opts opts = {
	    .sni = {(const uint8_t *)"mail.contoh.id", 14},
	    .verify = TLS_VERIFY_PEER};
	if (!open_sides(r) || !say(&r->cli, "part"))
		return false;
	turn(r);
	if (!say(&r->cli, " one\n"))
		return false;
	turn(r);
	if (r->srv.conn == NULL || r->cli.conn == NULL ||
	    conn_start_tls_server(r->srv.conn, r->server) != ERR_OK ||
	    conn_start_tls_client(r->cli.conn, r->client, &opts) != ERR_OK)
		return false;
	turn(r);
	turn(r);
	if (!say(&r->cli, "two\n") || !say(&r->srv, "three\n"))
		return false;
	turn(r);
	if (r->srv.conn != NULL)
		conn_shutdown(r->srv.conn);
	turn(r);
	return r->srv.tls && r->cli.tls && r->srv.conn == NULL;
}

/* Whatever came is the beginning of what was said. */
static void
assert_prefix(const struct side *s, const char *whole)
{
	assert_true(s->got_len <= strlen(whole));
	assert_memory_equal(s->got, whole, s->got_len);
}

static void
every_allocation_may_fail(void **state)
{
	struct run r = {0};
	struct cert ca, leaf;
	struct diag d;
	bool whole = false;
	unsigned long n = 0;
	(void)state;
	cert_make(&ca, &(struct cert_spec){0});
	cert_make(&leaf,
	    &(struct cert_spec){.name = "mail.contoh.id", .issuer = &ca});
	struct tls_server_conf sc = {.cert_pem = buf_slice(&leaf.cert_pem),
	    .key_pem = buf_slice(&leaf.key_pem)};
	struct tls_client_conf cc = {.ca_pem = buf_slice(&ca.cert_pem)};
	while (!whole) {
		assert_true(n < 1000);
		memset(&r, 0, sizeof(r));
		count = 0;
		fail_at = ++n;
		r.loop = loop_new();
		whole = r.loop != NULL &&
			tls_server_new(&sc, &r.server, &d) == ERR_OK &&
			tls_client_new(&cc, &r.client, &d) == ERR_OK &&
			talk(&r);
		fail_at = 0;
		/* A run whose failure was hidden is no run without one. */
		whole = whole && count < n;
		assert_prefix(&r.srv, "part one\ntwo\n");
		assert_prefix(&r.cli, "three\n");
		conn_abort(r.srv.conn);
		conn_abort(r.cli.conn);
		loop_free(r.loop);
		tls_server_unref(r.server);
		tls_client_unref(r.client);
	}
	print_message("  %lu allocations\n", n - 1);
	assert_true(n > 15);
	cert_free(&ca);
	cert_free(&leaf);
}

/* The dialogue with OpenSSL's n-th allocation failing; the contexts stand. */
static void
openssl_may_lack_memory(void **state)
{
	struct run r;
	struct cert ca, leaf;
	struct diag d;
	struct tls_server *server = NULL;
	struct tls_client *client = NULL;
	bool whole = false;
	(void)state;
	cert_make(&ca, &(struct cert_spec){0});
	cert_make(&leaf,
	    &(struct cert_spec){.name = "mail.contoh.id", .issuer = &ca});
	struct tls_server_conf sc = {.cert_pem = buf_slice(&leaf.cert_pem),
	    .key_pem = buf_slice(&leaf.key_pem)};
	struct tls_client_conf cc = {.ca_pem = buf_slice(&ca.cert_pem)};
	assert_int_equal(tls_server_new(&sc, &server, &d), ERR_OK);
	assert_int_equal(tls_client_new(&cc, &client, &d), ERR_OK);
	for (unsigned long n = 1; !whole; n++) {
		memset(&r, 0, sizeof(r));
		r.server = server;
		r.client = client;
		r.loop = loop_new();
		library_count = 0;
		library_fail_at = n;
		whole = talk(&r) && library_count < n;
		library_fail_at = 0;
		assert_prefix(&r.srv, "part one\ntwo\n");
		assert_prefix(&r.cli, "three\n");
		conn_abort(r.srv.conn);
		conn_abort(r.cli.conn);
		loop_free(r.loop);
	}
	print_message("  %lu allocations of OpenSSL\n", library_count);
	assert_true(library_count > 100);
	tls_server_unref(server);
	tls_client_unref(client);
	cert_free(&ca);
	cert_free(&leaf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_allocation_may_fail),
	    cmocka_unit_test(openssl_may_lack_memory),
	};
	if (CRYPTO_set_mem_functions(
		library_malloc, library_realloc, library_free) != 1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
