/* The n-th allocation fails, for every n, and then all from the n-th on: each
 * recipient still gets one result, or all get none and NEED_FRESH comes;
 * nothing is called delivered that was not; nothing leaks (the sanitizer's
 * word). Linked with --wrap=malloc,realloc,calloc. */
#include "proto/smtp/client/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t m);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t m);
void *__wrap_realloc(void *p, size_t n);

struct faults {
	bool armed, for_good;
	unsigned left, failed;
};

/* The wrapped functions have no argument to carry it. */
static struct faults faults;

static bool
fails(void)
{
	if (!faults.armed)
		return false;
	if (faults.left > 0) {
		faults.left--;
		return false;
	}
	if (faults.failed > 0 && !faults.for_good)
		return false;
	faults.failed++;
	return true;
}

void *
__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t m)
{
	return fails() ? NULL : __real_calloc(n, m);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

struct play {
	struct smtp_client *c;
	unsigned results[3], message, delivered;
	bool ready, want_body, over, again, dot;
};

static void
pull(struct play *p)
{
	struct smtp_client_action a;
	while (smtp_client_next(p->c, &a)) {
		volatile uint8_t touched = 0;
		for (size_t i = 0; i < a.data.n; i++)
			touched = (uint8_t)(touched ^ a.data.p[i]);
		p->ready |= a.kind == SMTP_CLIENT_READY;
		p->want_body |= a.kind == SMTP_CLIENT_WANT_BODY;
		p->over |= a.kind == SMTP_CLIENT_CLOSE;
		p->again |= a.kind == SMTP_CLIENT_NEED_FRESH;
		if (a.kind == SMTP_CLIENT_SEND &&
		    slice_ends_nocase(a.data, SLICE("\r\n.\r\n")))
			p->dot = true;
		if (a.kind != SMTP_CLIENT_RESULT)
			continue;
		p->results[a.rcpt]++;
		if (a.result.outcome == SMTP_CLIENT_DELIVERED) {
			assert_true(p->dot);
			p->delivered++;
		}
	}
}

static void
peer(struct play *p, const char *text)
{
	smtp_client_bytes(p->c, 0, slice_str(text));
	pull(p);
}

static void
message(struct play *p)
{
	static const struct slice to[] = {{(const uint8_t *)"a@b.example", 11},
	    {(const uint8_t *)"c@b.example", 11},
	    {(const uint8_t *)"bad>@b.example", 14}};
	struct smtp_client_message m = {.from = SLICE("s@contoh.id"),
	    .rcpts = to,
	    .rcpts_n = 3,
	    .size_octets = 5};
	if (!p->ready)
		return;
	p->ready = p->dot = false;
	memset(p->results, 0, sizeof(p->results));
	smtp_client_message(p->c, 0, &m);
	pull(p);
	peer(p, "250 ok\r\n250 2.1.5 ok\r\n550 5.1.1 no such user\r\n");
	peer(p, "354 go\r\n");
	if (p->want_body) {
		p->want_body = false;
		smtp_client_body(p->c, 0, SLICE("x\r\n.y\r\n"), true);
		pull(p);
	}
	peer(p, "250 2.0.0 kept\r\n");
	if (!p->ready && !p->over) {
		smtp_client_closed(p->c, 0, SLICE_EMPTY);
		pull(p);
	}
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(p->results[i], p->again ? 0 : 1);
}

static unsigned
play(void)
{
	struct play p = {0};
	struct smtp_client_options o = {.notes = true,
	    .in_tls = true,
	    .helo = SLICE("mail.contoh.id"),
	    .user = SLICE("budi"),
	    .password = SLICE("rahasia"),
	    .timeouts = smtp_client_timeouts_default};
	faults.armed = true;
	p.c = smtp_client_new(&o, 0);
	if (p.c != NULL) {
		peer(&p, "220 hi\r\n");
		peer(&p, "250-hi\r\n250-PIPELINING\r\n250-SIZE 100\r\n"
			 "250 AUTH PLAIN\r\n");
		peer(&p, "235 welcome\r\n");
		message(&p);
		message(&p);
		if (!p.over)
			smtp_client_quit(p.c, 0);
		pull(&p);
		peer(&p, "221 bye\r\n");
	}
	faults.armed = false;
	smtp_client_free(p.c);
	return p.delivered;
}

static void
every_allocation(void **state)
{
	(void)state;
	for (int for_good = 0; for_good < 2; for_good++) {
		unsigned n = 0;
		do {
			faults = (struct faults){
			    .for_good = for_good != 0, .left = n++};
			unsigned delivered = play();
			assert_in_range(delivered, 0, 2);
			if (faults.failed == 0)
				assert_int_equal(delivered, 2);
		} while (faults.failed > 0);
		assert_true(n > 10);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
