/* The n-th allocation fails, for every n: the machine keeps its promises (the
 * driver checks them), commits nothing it wasn't told to, and leaks nothing
 * (the sanitizer's word). Linked with --wrap=malloc,realloc,calloc. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../../replay/server/server_driver.h"

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t m);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t m);
void *__wrap_realloc(void *p, size_t n);

struct faults {
	bool armed;
	bool for_good; /* all from the n-th on, not it alone */
	unsigned left;
	unsigned failed;
	bool saw_452, saw_454, saw_421; /* the answers to it, over all n */
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

static void
arm(void *ctx)
{
	(void)ctx;
	faults.armed = true;
}

static void
disarm(void *ctx)
{
	(void)ctx;
	faults.armed = false;
}

static bool
answer(
    struct driver *d, const struct smtp_srv_action *a, struct smtp_verdict *v)
{
	(void)d;
	*v = (struct smtp_verdict){.id = SLICE("00000000000M1")};
	if (a->kind == SMTP_SRV_AUTH_START && !a->has_bytes) {
		v->kind = SMTP_SRV_CHALLENGE;
		v->bytes = SLICE("Username:");
	}
	return true;
}

static const struct {
	struct slice in;
	unsigned commits;
} dialogues[] = {
    {SLICE("EHLO k.example\r\n"
	   "AUTH LOGIN\r\nYnVkaQ==\r\n"
	   "MAIL FROM:<\"a\\\"b\"@k.example> SIZE=9 AUTH=x+2By\r\n"
	   "RCPT TO:<\"c\\d\"@contoh.id>\r\nRCPT TO:<e@contoh.id>\r\n"
	   "DATA\r\nSubject: x\r\n\r\n..y\r\n.\r\n"
	   "MAIL FROM:<>\r\nRCPT TO:<f@contoh.id>\r\nDATA\r\nz\r\n.\r\n"
	   "QUIT\r\n"),
	2},
    {SLICE("HELO k.example\r\nAUTH PLAIN AGEAYg==\r\nFOO\r\nMAIL FROM:x\r\n"
	   "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\na\nb\r\n.\r\n"),
	0},
    {SLICE("EHLO k.example\r\nNOOP\r\nHELP\r\nVRFY x\r\nAUTH LOGIN\r\n*\r\n"
	   "AUTH LOGIN\r\n!\r\nRSET\r\nSTARTTLS\r\n"),
	0},
};

static bool
has(const struct buf *b, const char *text)
{
	struct slice want = slice_str(text);
	return b->n > 0 && memmem(b->p, b->n, want.p, want.n) != NULL;
}

static unsigned
play(size_t which, unsigned nth, bool for_good)
{
	struct smtp_server_opts o = {
	    .hostname = SLICE("mail.contoh.id"),
	    .mechanisms = SLICE("PLAIN LOGIN"),
	    .tls = SMTP_SRV_TLS_MAY,
	    .auth = SMTP_SRV_AUTH_OFFER,
	    .auth_without_tls = true,
	    .limits = smtp_server_limits_default,
	};
	struct driver d;
	faults.left = nth;
	faults.for_good = for_good;
	faults.failed = 0;
	driver_init(&d, &o, answer, NULL);
	d.enter = arm;
	d.leave = disarm;
	d.now_ms = 1;
	driver_open(&d, false, NULL);
	driver_run(&d);
	driver_feed(&d, dialogues[which].in);
	if (!d.closed)
		driver_shutdown(&d);
	assert_true(d.commits <= dialogues[which].commits);
	if (faults.failed == 0)
		assert_int_equal(d.commits, dialogues[which].commits);
	unsigned failed = faults.failed;
	faults.saw_452 |= has(&d.sent, "\n452 4.3.1");
	faults.saw_454 |= has(&d.sent, "\n454 4.7.0");
	faults.saw_421 |= has(&d.sent, "421 4.3.0");
	driver_free(&d);
	return failed;
}

static void
test_nth_failure(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(dialogues) / sizeof(dialogues[0]); i++)
		for (int for_good = 0; for_good < 2; for_good++) {
			unsigned nth = 0;
			while (play(i, nth, for_good) > 0)
				nth++;
			assert_true(nth > 5);
		}
	assert_true(faults.saw_452 && faults.saw_454 && faults.saw_421);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nth_failure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
