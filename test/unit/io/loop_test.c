#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/loop.h"

#define TIMERS 2000

struct world {
	struct loop *loop;
	struct timer timers[TIMERS];
	uint64_t want[TIMERS]; /* when it should fire, 0: never */
	uint64_t last;
	unsigned fired;
	int calls;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	w->loop = loop_new();
	assert_non_null(w->loop);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	loop_free(w->loop);
	free(w);
	return 0;
}

struct fire {
	struct world *w;
	size_t i;
};

static void
on_fire(void *arg)
{
	struct fire *f = arg;
	uint64_t now = loop_now_ms(f->w->loop);
	assert_int_equal(now, f->w->want[f->i]);
	assert_true(now >= f->w->last);
	f->w->last = now;
	f->w->fired++;
	f->w->want[f->i] = 0;
}

/* Any mix of starting, moving either way and stopping fires each timer exactly
 * when it was last told to, in order. */
static void
timers_fire_in_order(void **state)
{
	struct world *w = *state;
	static struct fire fires[TIMERS];
	unsigned seed = 7, live = 0;
	loop_set_virtual(w->loop, 1000);
	uint64_t now = loop_now_ms(w->loop);
	for (size_t i = 0; i < TIMERS; i++) {
		fires[i] = (struct fire){w, i};
		timer_init(&w->timers[i], w->loop, on_fire, &fires[i]);
	}
	for (int step = 0; step < 20000; step++) {
		size_t i = (size_t)rand_r(&seed) % TIMERS;
		if (rand_r(&seed) % 4 == 0) {
			timer_stop(&w->timers[i]);
			w->want[i] = 0;
		} else {
			uint64_t after = 1 + (uint64_t)rand_r(&seed) % 5000;
			timer_start(&w->timers[i], after);
			w->want[i] = now + after;
		}
		assert_int_equal(timer_active(&w->timers[i]), w->want[i] != 0);
	}
	for (size_t i = 0; i < TIMERS; i++)
		live += w->want[i] != 0;
	loop_advance(w->loop, 2500);
	for (size_t i = 0; i < TIMERS; i++)
		assert_true(w->want[i] == 0 || w->want[i] > now + 2500);
	loop_advance(w->loop, 2500);
	assert_int_equal(w->fired, live);
	assert_int_equal(loop_unix_ms(w->loop), 6000);
}

static void
on_again(void *arg)
{
	struct world *w = arg;
	if (++w->calls < 3)
		timer_start(&w->timers[0], 0);
	else
		loop_stop(w->loop);
}

static void
timer_restarts_itself_in_real_time(void **state)
{
	struct world *w = *state;
	timer_init(&w->timers[0], w->loop, on_again, w);
	timer_start(&w->timers[0], 5);
	uint64_t before = loop_now_ms(w->loop);
	loop_run(w->loop);
	assert_int_equal(w->calls, 3);
	assert_in_range(loop_now_ms(w->loop) - before, 7, 5000);
}

struct pair {
	struct world *w;
	struct watch watch;
	int fds[2];
	unsigned events;
};

static void
on_watch_once(void *arg, unsigned events)
{
	struct pair *p = arg;
	p->events |= events;
	p->w->calls++;
	/* Its owner may go right after. */
	watch_close(&p->watch);
	close(p->fds[0]);
	free(p);
}

static void
watch_owner_may_vanish_in_callback(void **state)
{
	struct world *w = *state;
	struct pair *p = calloc(1, sizeof(*p));
	p->w = w;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, p->fds), 0);
	int other = p->fds[1];
	assert_int_equal(
	    watch_open(&p->watch, w->loop, p->fds[0], on_watch_once, p),
	    ERR_OK);
	watch_set(&p->watch, WATCH_READ | WATCH_WRITE);
	loop_step(w->loop, 100);
	assert_int_equal(w->calls, 1);
	/* The number may be used again at once. */
	int again = dup(other);
	struct pair q = {.w = w};
	assert_int_equal(
	    watch_open(&q.watch, w->loop, again, on_watch_once, &q), ERR_OK);
	watch_close(&q.watch);
	close(again);
	close(other);
	loop_step(w->loop, 0);
}

static void
on_watch_count(void *arg, unsigned events)
{
	struct pair *p = arg;
	p->events |= events;
	p->w->calls++;
	loop_stop(p->w->loop);
}

static void
watch_tells_hangup_to_who_waits(void **state)
{
	struct world *w = *state;
	struct pair p = {.w = w};
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, p.fds), 0);
	assert_int_equal(
	    watch_open(&p.watch, w->loop, p.fds[0], on_watch_count, &p),
	    ERR_OK);
	watch_set(&p.watch, WATCH_READ);
	assert_true((fcntl(p.fds[0], F_GETFL) & O_NONBLOCK) != 0);
	/* Unread octets at the closing side: a reset, that is POLLERR. */
	assert_int_equal(write(p.fds[0], "x", 1), 1);
	close(p.fds[1]);
	loop_step(w->loop, 100);
	assert_int_equal(p.events, WATCH_READ);
	watch_set(&p.watch, 0);
	w->calls = 0;
	loop_step(w->loop, 5);
	assert_int_equal(w->calls, 0);
	watch_close(&p.watch);
	watch_close(&p.watch);
	close(p.fds[0]);
}

struct chain {
	struct world *w;
	struct defer d;
	int left;
};

static void
on_defer(void *arg)
{
	struct chain *c = arg;
	c->w->calls++;
	if (--c->left > 0)
		loop_defer(c->w->loop, &c->d);
}

/* Deferred work that defers more neither stops the loop nor waits. */
static void
deferred_work_runs_before_waiting(void **state)
{
	struct world *w = *state;
	struct chain c = {.w = w, .left = 5}, cancelled = {.w = w};
	defer_init(&c.d, on_defer, &c);
	defer_init(&cancelled.d, on_defer, &cancelled);
	loop_defer(w->loop, &c.d);
	loop_defer(w->loop, &c.d);
	loop_defer(w->loop, &cancelled.d);
	defer_cancel(&cancelled.d);
	uint64_t before = loop_now_ms(w->loop);
	for (int i = 0; i < 5; i++)
		loop_step(w->loop, w->calls < 5 ? 1000 : 0);
	assert_int_equal(w->calls, 5);
	assert_in_range(loop_now_ms(w->loop) - before, 0, 900);
}

static void
on_wake_count(void *arg)
{
	struct world *w = arg;
	w->calls++;
	loop_stop(w->loop);
}

static void *
send_wake(void *arg)
{
	for (int i = 0; i < 3; i++)
		wake_send(arg);
	return NULL;
}

static void
wake_comes_from_another_thread(void **state)
{
	struct world *w = *state;
	struct wake wake;
	pthread_t t;
	assert_int_equal(wake_open(&wake, w->loop, on_wake_count, w), ERR_OK);
	assert_int_equal(pthread_create(&t, NULL, send_wake, &wake), 0);
	loop_run(w->loop);
	pthread_join(t, NULL);
	assert_in_range(w->calls, 1, 3);
	wake_close(&wake);
}

static void
on_sig(void *arg, int signum)
{
	struct world *w = arg;
	assert_int_equal(signum, SIGUSR1);
	on_wake_count(w);
}

static void
signals_arrive_in_the_loop(void **state)
{
	struct world *w = *state;
	struct sigwatch s;
	assert_int_equal(
	    sigwatch_open(&s, w->loop, SIGUSR1, on_sig, w), ERR_OK);
	raise(SIGUSR1);
	loop_run(w->loop);
	assert_int_equal(w->calls, 1);
	sigwatch_close(&s);
}

static void
directory_changes_are_told_once(void **state)
{
	struct world *w = *state;
	struct dirwatch dw;
	struct diag d;
	char dir[] = "/tmp/kurir-loop-XXXXXX", path[64], other[64];
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/list", dir);
	snprintf(other, sizeof(other), "%s/list.new", dir);
	assert_int_equal(
	    dirwatch_open(&dw, w->loop, dir, on_wake_count, w, &d), ERR_OK);
	close(open(other, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(rename(other, path), 0);
	loop_run(w->loop);
	loop_step(w->loop, 1);
	assert_int_equal(w->calls, 1);
	dirwatch_close(&dw);
	assert_int_equal(
	    dirwatch_open(&dw, w->loop, path, on_wake_count, w, &d),
	    ERR_NOT_FOUND); /* a file */
	unlink(path);
	rmdir(dir);
	assert_int_equal(dirwatch_open(&dw, w->loop, dir, on_wake_count, w, &d),
	    ERR_NOT_FOUND);
}

/* One that never rests is told of all the same, and leaves the loop alone. */
static void
busy_directory_is_told_in_time(void **state)
{
	struct world *w = *state;
	struct dirwatch dw;
	struct diag d;
	char dir[] = "/tmp/kurir-loop-XXXXXX", path[64];
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/file", dir);
	assert_int_equal(
	    dirwatch_open(&dw, w->loop, dir, on_wake_count, w, &d), ERR_OK);
	loop_set_virtual(w->loop, 0);
	for (int i = 0; i < 30; i++) {
		close(open(path, O_CREAT | O_WRONLY, 0600));
		loop_advance(w->loop, DIRWATCH_QUIET_MS / 2);
	}
	assert_int_equal(w->calls, 1);
	loop_advance(w->loop, DIRWATCH_QUIET_MS);
	assert_int_equal(w->calls, 2);
	dirwatch_close(&dw);
	unlink(path);
	rmdir(dir);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(timers_fire_in_order),
	    T(timer_restarts_itself_in_real_time),
	    T(watch_owner_may_vanish_in_callback),
	    T(watch_tells_hangup_to_who_waits),
	    T(deferred_work_runs_before_waiting),
	    T(wake_comes_from_another_thread),
	    T(signals_arrive_in_the_loop),
	    T(directory_changes_are_told_once),
	    T(busy_directory_is_told_in_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
