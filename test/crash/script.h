/* script.h - what the child of the crash test does to a queue, and how the
 * parent recognises afterwards what it did.
 *
 * The child runs script_run on a directory and tells on a descriptor, one
 * line a fact, what it is about to do and what was acknowledged. The parent
 * collects the lines and, whatever happened to the child, script_check says
 * whether the queue keeps the contract. */
#ifndef TEST_CRASH_SCRIPT_H
#define TEST_CRASH_SCRIPT_H

#include "store/store.h"

#define SCRIPT_MESSAGES 120
#define SCRIPT_RCPTS    2

/* Facts about one recipient, as the child told them. */
struct fact {
	bool tried;   /* a result that removes it was given to the store */
	bool gone;    /* ... and acknowledged */
	bool bounced; /* it is FAILED, with a bounce in the same batch */
	bool held;    /* a hold was acknowledged, no release given since */
	bool maybe;   /* a hold or release was given: either is right */
};

struct facts {
	bool put[SCRIPT_MESSAGES];
	bool tried[SCRIPT_MESSAGES];
	bool deleted[SCRIPT_MESSAGES]; /* delete was given */
	bool deleted_ok[SCRIPT_MESSAGES];
	struct fact rcpt[SCRIPT_MESSAGES][SCRIPT_RCPTS];
	bool ended;       /* the child came to its end */
	unsigned refused; /* answers that were no OK */
};

/* script_run - exit code: 0 came to the end, whatever was refused; 3 the
 * store could not be opened; others: a fault of the store. */
int script_run(const char *dir, int tell_fd);

/* script_hear - one line of the child. */
void script_hear(struct facts *f, const char *line);

/* script_check - open the queue and compare. false: why says what is wrong.
 * *out_kept: acknowledged messages found, *out_extra: such that are there
 * although nobody was told so (a duplicate at worst). */
bool script_check(const char *dir, const struct facts *f, unsigned *out_kept,
    unsigned *out_extra, char *why, size_t why_max);

#endif
