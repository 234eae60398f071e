/* crash.c - the queue under every kill and every failure.
 *
 *	crash LIBFAULT [--short]
 *
 * Runs the script once to count its file operations, then again and again: it
 * is killed before, after and in the middle of the n-th operation, or that
 * operation (or all from it on, or every sync) fails. Each time the queue is
 * opened again and compared with what had been acknowledged. With --short a
 * sample of the n is taken. Prints a line a kind and the tally last. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "script.h"

struct kind {
	const char *name;
	const char *what;    /* FAULT_DO */
	const char *lasting; /* FAULT_FOR */
	const char *only;    /* FAULT_ONLY or NULL */
	bool dies;
	unsigned full, brief; /* so many points at most */
};

static const struct kind kinds[] = {
    {"kill-before", "before", "1", NULL, true, 4000, 40},
    {"kill-after", "after", "1", NULL, true, 4000, 40},
    {"kill-half-written", "half", "1", NULL, true, 4000, 25},
    {"io-error-once", "5", "1", NULL, false, 600, 25},
    {"io-error-lasting", "5", "0", NULL, false, 200, 8},
    {"disk-full-once", "28", "1", NULL, false, 400, 20},
    {"disk-full-for-a-while", "28", "40", NULL, false, 400, 20},
    {"disk-full-lasting", "28", "0", NULL, false, 200, 8},
    {"sync-fails-once", "5", "1", "sync", false, 400, 30},
    {"sync-finds-disk-full", "28", "1", "sync", false, 400, 20},
    {"sync-fails-for-a-while", "5", "3", "sync", false, 400, 20},
    {"out-of-memory", "12", "1", "alloc", false, 1500, 40},
};

struct world {
	const char *self, *fault;
	char dir[64];
	char queue[96], counter[96];
};

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(path);
}

static void
clean(const char *dir)
{
	(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void
become_child(const struct world *w, const struct kind *k, long at, int out)
{
	char number[32];
	(void)snprintf(number, sizeof(number), "%ld", at);
	(void)setenv("FAULT_AT", number, 1);
	(void)setenv("FAULT_DO", k->what, 1);
	(void)setenv("FAULT_FOR", k->lasting, 1);
	(void)setenv("FAULT_COUNT", w->counter, 1);
	if (k->only != NULL)
		(void)setenv("FAULT_ONLY", k->only, 1);
	(void)setenv("LD_PRELOAD", w->fault, 1);
	(void)dup2(out, 3);
	(void)execl(w->self, w->self, "--child", w->queue, (const char *)NULL);
	_exit(8);
}

/* Run the script with a fault at operation `at`. The child's wait status. */
static int
run_child(const struct world *w, const struct kind *k, long at, struct facts *f)
{
	int fds[2], status = 0;
	char line[128];
	memset(f, 0, sizeof(*f));
	clean(w->queue);
	(void)mkdir(w->queue, 0700);
	if (pipe(fds) != 0)
		exit(2);
	pid_t pid = fork();
	if (pid == 0) {
		(void)close(fds[0]);
		become_child(w, k, at, fds[1]);
	}
	(void)close(fds[1]);
	FILE *in = fdopen(fds[0], "r");
	while (in != NULL && fgets(line, sizeof(line), in) != NULL)
		if (strchr(line, '\n') != NULL)
			script_hear(f, line);
	if (in != NULL)
		(void)fclose(in);
	(void)waitpid(pid, &status, 0);
	return status;
}

static long
count_operations(const struct world *w, const struct kind *k)
{
	struct facts f;
	long n = 0;
	int status = run_child(w, k, 0, &f);
	FILE *in = fopen(w->counter, "r");
	if (in != NULL) {
		if (fscanf(in, "%ld", &n) != 1)
			n = 0;
		(void)fclose(in);
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 && f.ended ? n : 0;
}

struct totals {
	unsigned points, died, refused, kept, extra;
};

static bool
one_point(
    const struct world *w, const struct kind *k, long at, struct totals *t)
{
	struct facts f;
	char why[200] = "";
	unsigned kept = 0, extra = 0;
	int status = run_child(w, k, at, &f);
	bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	bool ok = k->dies ? killed || code == 0 : code == 0 || code == 3;
	if (!ok)
		(void)snprintf(why, sizeof(why),
		    "the store ended by itself, status %#x", status);
	else
		ok =
		    script_check(w->queue, &f, &kept, &extra, why, sizeof(why));
	if (!ok)
		printf("     %s at operation %ld: %s\n", k->name, at, why);
	t->points++;
	t->died += killed;
	t->refused += f.refused;
	t->kept += kept;
	t->extra += extra;
	return ok;
}

static bool
run_kind(const struct world *w, const struct kind *k, bool brief)
{
	struct totals t = {0};
	long n = count_operations(w, k);
	unsigned most = brief ? k->brief : k->full;
	unsigned failures = n == 0;
	long step = n > (long)most ? n / (long)most : 1;
	for (long at = 1; at <= n && failures < 5; at += step)
		failures += !one_point(w, k, at, &t);
	printf("%s crash/%s: %u of %ld operations, %u deaths, %u answers "
	       "refused, %u acknowledged messages found, %u more than "
	       "acknowledged, %u points with a loss or other fault\n",
	    failures == 0 ? "ok  " : "FAIL", k->name, t.points, n, t.died,
	    t.refused, t.kept, t.extra, failures);
	(void)fflush(stdout);
	return failures == 0;
}

int
main(int argc, char **argv)
{
	struct world w = {.dir = "/tmp/kurir-crash-XXXXXX"};
	unsigned passed = 0, failed = 0;
	if (argc == 3 && strcmp(argv[1], "--child") == 0)
		return script_run(argv[2], 3);
	if (argc < 2) {
		fprintf(stderr, "usage: crash LIBFAULT [--short]\n");
		return 2;
	}
	bool brief = argc > 2 && strcmp(argv[2], "--short") == 0;
	const char *only = argc > 3 ? argv[3] : NULL;
	w.self = "/proc/self/exe";
	w.fault = argv[1];
	if (mkdtemp(w.dir) == NULL)
		return 2;
	(void)snprintf(w.queue, sizeof(w.queue), "%s/queue", w.dir);
	(void)snprintf(w.counter, sizeof(w.counter), "%s/operations", w.dir);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (only != NULL && strcmp(only, kinds[i].name) != 0)
			continue;
		bool ok = run_kind(&w, &kinds[i], brief);
		passed += ok;
		failed += !ok;
	}
	clean(w.dir);
	printf("%u passed, %u failed, 0 skipped\n", passed, failed);
	return failed > 0;
}
