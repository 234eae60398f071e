#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "role/lookup/verify.h"

static const uint64_t seed[2] = {7, 8};

/* A relay that only notes what it is asked. */
struct relay {
	unsigned asked;
	uint64_t last;
	bool gone;
};

static const void *
on_send(void *arg, uint64_t ask, struct slice nexthop, struct slice address)
{
	struct relay *r = arg;
	assert_true(nexthop.n > 0 && address.n > 0);
	if (r->gone)
		return NULL;
	r->asked++;
	r->last = ask;
	return r;
}

struct waiter {
	struct verify_waiter w;
	unsigned told;
	enum ipc_exists exists;
	char cause[32];
};

static void
on_done(struct verify_waiter *w, const struct verify_answer *a)
{
	struct waiter *x = LIST_OWNER(w, struct waiter, w);
	x->told++;
	x->exists = a->exists;
	memset(x->cause, 0, sizeof(x->cause));
	memcpy(x->cause, a->cause.p, a->cause.n < 31 ? a->cause.n : 31);
}

static struct waiter
new_waiter(void)
{
	return (struct waiter){.w = {.done = on_done}};
}

struct fixture {
	struct loop *loop;
	struct relay relay;
	struct verify verify;
};

static int
setup(void **state)
{
	static struct fixture f;
	f = (struct fixture){.loop = loop_new()};
	loop_set_virtual(f.loop, 1700000000000ull);
	verify_init(&f.verify, f.loop, seed, on_send, &f.relay);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	verify_free(&f->verify);
	loop_free(f->loop);
	return 0;
}

static void
ask(struct fixture *f, const char *address, struct waiter *w)
{
	verify_ask(
	    &f->verify, SLICE("relay:[10.0.0.5]"), slice_str(address), &w->w);
}

static void
say(struct fixture *f, enum ipc_exists exists)
{
	const struct verify_answer a = {.exists = exists,
	    .cause = SLICE("remote.5xx"),
	    .text = SLICE("550 no")};
	verify_answered(&f->verify, f->relay.last, &a);
}

static void
test_one_question_for_many(void **state)
{
	struct fixture *f = *state;
	struct waiter a = new_waiter(), b = new_waiter(), c = new_waiter();
	ask(f, "budi@cabang.id", &a);
	ask(f, "budi@cabang.id", &b);
	ask(f, "ani@cabang.id", &c);
	assert_int_equal(f->relay.asked, 2);
	say(f, IPC_EXISTS_NO); /* for ani */
	assert_int_equal(a.told + b.told, 0);
	assert_int_equal(c.told, 1);
	assert_int_equal(c.exists, IPC_EXISTS_NO);
	assert_string_equal(c.cause, "remote.5xx");
	verify_forget(&a.w);
	f->relay.last--;
	say(f, IPC_EXISTS_YES);
	assert_int_equal(a.told, 0);
	assert_int_equal(b.told, 1);
	assert_int_equal(b.exists, IPC_EXISTS_YES);
	say(f, IPC_EXISTS_NO); /* twice: nobody asked */
	assert_int_equal(b.told, 1);
}

static void
kept_for(
    struct fixture *f, const char *address, enum ipc_exists exists, uint64_t ms)
{
	struct waiter w = new_waiter();
	unsigned before = f->relay.asked;
	ask(f, address, &w);
	say(f, exists);
	assert_int_equal(f->relay.asked, before + 1);
	loop_advance(f->loop, ms - 1);
	ask(f, address, &w);
	assert_int_equal(f->relay.asked, before + 1);
	assert_int_equal(w.told, 2);
	assert_int_equal(w.exists, exists);
	assert_string_equal(w.cause, "remote.5xx");
	loop_advance(f->loop, 1);
	ask(f, address, &w);
	assert_int_equal(f->relay.asked, before + 2);
	say(f, exists);
}

static void
test_memory(void **state)
{
	struct fixture *f = *state;
	kept_for(f, "y@cabang.id", IPC_EXISTS_YES, VERIFY_YES_MS);
	kept_for(f, "n@cabang.id", IPC_EXISTS_NO, VERIFY_NO_MS);
	kept_for(f, "u@cabang.id", IPC_EXISTS_UNKNOWN, VERIFY_UNKNOWN_MS);
	verify_clear(&f->verify);
	struct waiter w = new_waiter();
	unsigned before = f->relay.asked;
	ask(f, "y@cabang.id", &w);
	assert_int_equal(f->relay.asked, before + 1);
	verify_clear(&f->verify);
	assert_int_equal(w.exists, IPC_EXISTS_UNKNOWN);
}

static void
test_patience(void **state)
{
	struct fixture *f = *state;
	struct waiter w = new_waiter();
	ask(f, "budi@cabang.id", &w);
	loop_advance(f->loop, VERIFY_PATIENCE_MS - 1);
	assert_int_equal(w.told, 0);
	loop_advance(f->loop, 1);
	assert_int_equal(w.told, 1);
	assert_int_equal(w.exists, IPC_EXISTS_UNKNOWN);
	assert_string_equal(w.cause, "net.timeout");
	/* A late answer is still worth something. */
	say(f, IPC_EXISTS_YES);
	ask(f, "budi@cabang.id", &w);
	assert_int_equal(w.told, 2);
	assert_int_equal(w.exists, IPC_EXISTS_YES);
	assert_int_equal(f->relay.asked, 1);
}

static void
test_relay_gone(void **state)
{
	struct fixture *f = *state;
	struct waiter w = new_waiter();
	f->relay.gone = true;
	ask(f, "budi@cabang.id", &w);
	assert_int_equal(w.told, 1);
	assert_int_equal(w.exists, IPC_EXISTS_UNKNOWN);
	f->relay.gone = false;
	ask(f, "budi@cabang.id", &w);
	verify_lost(&f->verify, &f->relay);
	assert_int_equal(w.told, 2);
	assert_int_equal(w.exists, IPC_EXISTS_UNKNOWN);
	ask(f, "budi@cabang.id", &w); /* not kept: another may know */
	assert_int_equal(f->relay.asked, 2);
	say(f, IPC_EXISTS_YES);
	assert_int_equal(w.exists, IPC_EXISTS_YES);
}

static void
test_bounded(void **state)
{
	struct fixture *f = *state;
	struct waiter first = new_waiter(), w = new_waiter();
	char address[32] = "x000000@cabang.id";
	ask(f, "first@cabang.id", &first);
	for (unsigned i = 0; i < VERIFY_ENTRIES; i++) {
		for (unsigned d = 0, n = i; d < 6; d++, n /= 10)
			address[6 - d] = (char)('0' + n % 10);
		ask(f, address, &w);
		say(f, IPC_EXISTS_YES);
		w = new_waiter();
	}
	assert_int_equal(f->verify.n, VERIFY_ENTRIES);
	/* The oldest had to go, and was told so. */
	assert_int_equal(first.told, 1);
	assert_int_equal(first.exists, IPC_EXISTS_UNKNOWN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_one_question_for_many, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_patience, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_relay_gone, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bounded, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
