/* loop.h - the event loop of a process or thread: time, timers, descriptors.
 *
 * Thin over libuv, so that a test can put its own time here. One loop belongs
 * to one thread; only wake_send may be called from another. Nothing here
 * blocks but loop_run and loop_step.
 *
 * Lifetimes: timers, watches and the rest are embedded in their owner, who
 * may free them right after the stop or close call: what libuv closes later
 * is held apart. A callback may stop, close or free anything, itself
 * included. All are gone before loop_free. */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include "base/err.h"
#include "base/list.h"
#include "base/slice.h"

struct loop;

/* loop_new - NULL: out of memory or descriptors. */
struct loop *loop_new(void);
void loop_free(struct loop *l);

/* loop_run - until loop_stop, which may come from any callback. */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);
/* loop_step - one iteration, waiting at most wait_ms for an event. */
void loop_step(struct loop *l, unsigned wait_ms);

/* loop_now_ms - monotonic, as of the start of this iteration. */
uint64_t loop_now_ms(const struct loop *l);
/* loop_unix_ms - milliseconds since 1970, UTC. */
uint64_t loop_unix_ms(const struct loop *l);

/* Virtual time, for tests: from loop_set_virtual on the clock stands still
 * but for loop_advance, which moves it by ms, firing what falls due in order
 * and letting descriptors have their turn between. */
void loop_set_virtual(struct loop *l, uint64_t unix_ms);
void loop_advance(struct loop *l, uint64_t ms);

/* A buffer that whoever reads in a callback may use until it returns. */
#define LOOP_SCRATCH_SIZE 65536u
uint8_t *loop_scratch(struct loop *l);

/* Timers: one shot. Starting a running one moves it; that and stopping are
 * cheap, so one a session, moved at every command, is the way to use it. */
struct timer {
	struct loop *loop;
	void (*cb)(void *arg);
	void *arg;
	uint64_t due;                      /* 0: not running */
	uint64_t key;                      /* where the heap has it, <= due */
	struct timer *child, *next, *prev; /* of the heap */
};

void timer_init(
    struct timer *t, struct loop *l, void (*cb)(void *arg), void *arg);
void timer_start(struct timer *t, uint64_t after_ms);
void timer_stop(struct timer *t); /* nothing if not running */
bool timer_active(const struct timer *t);

/* Descriptors. The watch never closes fd; close it after watch_close. */
enum watch_events { WATCH_READ = 1, WATCH_WRITE = 2 };

struct watch {
	struct watch_handle *h; /* NULL: closed */
};

/* watch_open - fd becomes non-blocking; nothing is watched yet. cb gets the
 * events that are ready; an error or hang-up on fd shows as all that were
 * asked for, and the next read or write tells what it is. */
enum err watch_open(struct watch *w, struct loop *l, int fd,
    void (*cb)(void *arg, unsigned events), void *arg) KURIR_MUST_CHECK;
void watch_set(struct watch *w, unsigned events); /* 0: pause */
void watch_close(struct watch *w); /* nothing if closed or zeroed */

/* Signals of the process, delivered in the loop. */
struct sigwatch {
	struct sigwatch_handle *h;
};

enum err sigwatch_open(struct sigwatch *w, struct loop *l, int signum,
    void (*cb)(void *arg, int signum), void *arg) KURIR_MUST_CHECK;
void sigwatch_close(struct sigwatch *w);

/* Waking the loop from another thread. Many sends before the loop comes to
 * it are one callback. */
struct wake {
	struct wake_handle *h;
};

enum err wake_open(struct wake *w, struct loop *l, void (*cb)(void *arg),
    void *arg) KURIR_MUST_CHECK;
void wake_send(struct wake *w);  /* from any thread, until wake_close */
void wake_close(struct wake *w); /* no thread may send any more */

/* A directory: cb once things in it (created, renamed, written and closed,
 * removed, mode changed) have been still for DIRWATCH_QUIET_MS, or have gone
 * on for DIRWATCH_LATEST_MS. Watch the directory, not the file: a file
 * replaced by rename is another one. */
#define DIRWATCH_QUIET_MS  100
#define DIRWATCH_LATEST_MS 1000
struct dirwatch {
	struct dirwatch_handle *h;
	struct timer quiet;
};

enum err dirwatch_open(struct dirwatch *w, struct loop *l, const char *path,
    void (*cb)(void *arg), void *arg, struct diag *d) KURIR_MUST_CHECK;
void dirwatch_close(struct dirwatch *w);

/* Work for the end of this iteration, before the loop waits again. Queueing
 * one that is queued does nothing. */
struct defer {
	struct list node;
	void (*cb)(void *arg);
	void *arg;
};

void defer_init(struct defer *d, void (*cb)(void *arg), void *arg);
void loop_defer(struct loop *l, struct defer *d);
void defer_cancel(struct defer *d); /* nothing if not queued */

#endif
