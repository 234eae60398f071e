#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/check.h"

/* ---- one question with a limit ---- */

struct ask {
	struct check_run *run;
	check_done *done;
	void *arg;
	struct timer limit;
	bool over;
	size_t target_n;
	uint8_t target[];
};

/* An answer without what a check would have found. NULL: no memory. */
static struct report *
know_nothing(const struct check_run *run, struct slice target)
{
	struct buf q;

	buf_init(&q, 4096);
	buf_printf(&q, "check %s", run->kind->name);
	if (target.n > 0)
		buf_add_byte(&q, ' ');
	buf_add(&q, slice_to(target, 2048));
	struct report *r = report_new(buf_slice(&q));
	buf_free(&q);
	if (r != NULL)
		report_answer(r, CHECK_UNKNOWN);
	return r;
}

/* What could not be found out may be so for want of DNS. */
static void
say_no_dns(const struct check_run *run, struct report *r)
{
	if (r == NULL || run->check.no_dns[0] == '\0' ||
	    report_verdict(r) != CHECK_UNKNOWN)
		return;
	report_findingf(r, "check.no-dns", SEVERITY_WARN,
	    tr("Install the programs of the server beside kurir: make install, "
	       "or the whole package."),
	    tr("No name could be looked up: %s"), run->check.no_dns);
}

static void
on_done(void *arg, struct report *r)
{
	struct ask *a = arg;
	check_done *done = a->done;
	void *to = a->arg;
	bool over = a->over;

	timer_stop(&a->limit);
	a->run->hung -= over;
	say_no_dns(a->run, r);
	check_say_root(a->run, r);
	free(a);
	if (over)
		report_free(r);
	else
		done(to, r);
}

/* Every check has times of its own for all it does; this one is for a mistake
 * of ours, which must not become a good answer either. */
static void
on_limit(void *arg)
{
	struct ask *a = arg;

	a->over = true;
	a->run->hung++;
	struct report *r =
	    know_nothing(a->run, slice_of(a->target, a->target_n));
	if (r != NULL)
		report_findingf(r, "check.too-long", SEVERITY_WARN, NULL,
		    tr("There was no answer after %u seconds."),
		    a->run->kind->limit_s);
	a->done(a->arg, r);
}

/* A line of a file that names nothing which could be asked. */
static void
on_no_target(void *arg)
{
	struct ask *a = arg;
	check_done *done = a->done;
	void *to = a->arg;
	struct report *r =
	    know_nothing(a->run, slice_of(a->target, a->target_n));

	if (r != NULL) {
		report_answer(r, CHECK_BAD);
		report_findingf(r, "check.no-target", SEVERITY_BAD, NULL,
		    tr("This is none of %s."), a->run->kind->operand);
	}
	free(a);
	done(to, r);
}

bool
check_ask(
    struct check_run *run, struct slice target, check_done *done, void *arg)
{
	struct ask *a = calloc(1, sizeof(*a) + target.n);

	if (a == NULL)
		return false;
	*a = (struct ask){.run = run, .done = done, .arg = arg};
	a->target_n = target.n;
	if (target.n > 0)
		memcpy(a->target, target.p, target.n);
	if ((run->kind->takes & TAKES_HOST) != 0 &&
	    !check_target_ok(run->kind, target)) {
		timer_init(&a->limit, run->check.loop, on_no_target, a);
		timer_start(&a->limit, 0);
		return true;
	}
	uint64_t limit_ms = run->kind->limit_s * 1000u;
	if (run->kind->takes & TAKES_RELAY)
		limit_ms += run->greylist_wait_ms;
	if (run->kind->takes & TAKES_CLIENT)
		limit_ms += run->client.time_ms;
	timer_init(&a->limit, run->check.loop, on_limit, a);
	timer_start(&a->limit, limit_ms);
	run->kind->start(run, slice_of(a->target, a->target_n), on_done, a);
	return true;
}

int
check_begin(struct check_run *run)
{
	struct diag d;
	int code = check_step_down(run);

	if (code != CMD_GOOD)
		return code;
	if (check_open(&run->check, &run->opts, &d) != ERR_OK)
		return cmd_fail(run->ctx, CMD_UNKNOWN, "check: %s", d.text);
	return CMD_GOOD;
}

void
check_end(struct check_run *run)
{
	if (run->hung == 0)
		check_close(&run->check);
}

/* ---- one for the terminal ---- */

struct one {
	struct check_run *run;
	struct slice target;
	struct report *report;
	bool came;
	struct timer clock;
	unsigned seconds;
	bool shown;
};

#define SHOW_MS 1000

/* A check of many steps takes its time: say so to who waits. */
static void
on_clock(void *arg)
{
	struct one *o = arg;

	o->seconds++;
	o->shown = true;
	fprintf(stderr, "\r\x1b[K%s ", o->run->kind->name);
	cmd_print_safe(stderr, slice_to(o->target, 60));
	fprintf(stderr, " ... %u s%s", o->seconds,
	    o->run->check.at[0] != '\0' ? ", " : "");
	cmd_print_safe(stderr, slice_str(o->run->check.at));
	fflush(stderr);
	timer_start(&o->clock, SHOW_MS);
}

static void
on_report(void *arg, struct report *r)
{
	struct one *o = arg;

	o->report = r;
	o->came = true;
	timer_stop(&o->clock);
	if (o->shown)
		fputs("\r\x1b[K", stderr);
	loop_stop(o->run->check.loop);
}

/* For a program that reads the answer there is one in any case. */
static int
not_begun(struct check_run *run, struct slice target, const struct diag *d)
{
	struct report *r = run->ctx->json ? know_nothing(run, target) : NULL;
	int code = cmd_fail(run->ctx, CMD_UNKNOWN, "check: %s", d->text);

	if (r == NULL)
		return code;
	report_findingf(
	    r, "check.not-begun", SEVERITY_WARN, NULL, "%s", d->text);
	(void)check_show(run, r);
	report_free(r);
	return code;
}

int
check_run_one(struct check_run *run, struct slice target)
{
	struct one o = {.run = run, .target = target};
	struct diag d;
	int code = check_step_down(run);

	if (code != CMD_GOOD)
		return code;
	if (check_open(&run->check, &run->opts, &d) != ERR_OK)
		return not_begun(run, target, &d);
	timer_init(&o.clock, run->check.loop, on_clock, &o);
	if (isatty(STDERR_FILENO))
		timer_start(&o.clock, SHOW_MS);
	if (check_ask(run, target, on_report, &o) && !o.came)
		loop_run(run->check.loop);
	if (o.report == NULL) {
		code = cmd_fail(run->ctx, CMD_UNKNOWN, "out of memory");
	} else {
		code = check_show(run, o.report);
		if (code == CMD_GOOD)
			code = check_exit(run, o.report);
	}
	report_free(o.report);
	check_end(run);
	return code;
}
