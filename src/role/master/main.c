/* master - the parent of all roles; started by kurir serve.
 *
 * usage: master -c FILE --libexec DIR */
#include "os/fs.h"
#include "os/log.h"
#include "os/process.h"
#include "os/random.h"
#include "role/master/master.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define TICKET_ROTATE_MS (12u * 3600 * 1000)

void
master_say(const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "kurir: %s\n", text);
}

static void
on_signal(void *arg, int signum)
{
	struct master *m = arg;
	if (signum == SIGCHLD)
		children_reap(m);
	else if (signum == SIGHUP)
		life_reload(m);
	else
		life_drain(m);
}

static enum err
watch_signals(struct master *m)
{
	static const int signals[] = {SIGCHLD, SIGHUP, SIGTERM, SIGINT};
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		enum err err = sigwatch_open(
		    &m->sig[i], m->loop, signals[i], on_signal, m);
		if (err != ERR_OK)
			return err;
	}
	signal(SIGPIPE, SIG_IGN);
	return ERR_OK;
}

/* Tickets of the last two secrets are still accepted: a session resumes for
 * at least a day. */
static void
on_ticket_time(void *arg)
{
	struct master *m = arg;
	memmove(m->tickets[1], m->tickets[0], 2 * sizeof(m->tickets[0]));
	random_bytes(m->tickets[0], sizeof(m->tickets[0]));
	LIST_FOREACH (n, &m->children) {
		struct child *c = LIST_OWNER(n, struct child, node);
		if (c->kind == ROLE_SMTPD)
			files_send_tickets(m, c);
	}
	timer_start(&m->ticket_timer, TICKET_ROTATE_MS);
}

static void
set_limits(void)
{
	struct rlimit r = {0, 0};
	if (!process_many_files())
		log_line(LOG_WARNING, "file-limit", "not raised");
	/* No core of a process that holds keys. */
	if (setrlimit(RLIMIT_CORE, &r) != 0)
		log_line(LOG_WARNING, "core-limit", "not lowered");
	prctl(PR_SET_DUMPABLE, 0);
}

static enum err
prepare(struct master *m)
{
	enum err err = setup_read_conf(m, &m->conf, &m->bundle);
	if (err == ERR_OK)
		err = files_check(m->conf);
	if (err == ERR_OK)
		err = setup_dirs(m->conf);
	if (err == ERR_OK)
		err = setup_lock(m);
	if (err == ERR_OK)
		err = setup_listen(m, m->conf);
	if (err == ERR_OK)
		err = setup_control(m);
	return err;
}

static int
serve(struct master *m)
{
	set_limits();
	m->generation = m->offered = 1;
	if (prepare(m) != ERR_OK)
		return 2;
	m->loop = loop_new();
	if (m->loop == NULL || watch_signals(m) != ERR_OK ||
	    children_init(m) != ERR_OK) {
		master_say("out of memory or descriptors");
		return 2;
	}
	random_bytes(m->tickets, sizeof(m->tickets));
	random_bytes(&m->instances, sizeof(m->instances));
	timer_init(&m->ticket_timer, m->loop, on_ticket_time, m);
	timer_start(&m->ticket_timer, TICKET_ROTATE_MS);
	life_start(m);
	loop_run(m->loop);
	unlink((const char *)m->conf->control.p);
	/* What kept it from starting was the last word. */
	if (m->exit_code == 0)
		log_line(LOG_INFO, "stopped", "code=0");
	return m->exit_code;
}

int
main(int argc, char **argv)
{
	struct master m = {.control_fd = -1, .lock_fd = -1, .counters_fd = -1};
	list_init(&m.children);
	list_init(&m.bound);
	list_init(&m.askers);
	buf_init(&m.bundle, CONF_BUNDLE_MAX);
	buf_init(&m.next_bundle, CONF_BUNDLE_MAX);
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "-c") == 0)
			m.conf_path = argv[i + 1];
		else if (strcmp(argv[i], "--libexec") == 0)
			m.libexec = argv[i + 1];
	}
	if (m.conf_path == NULL || m.libexec == NULL) {
		fprintf(stderr, "usage: master -c FILE --libexec DIR; "
				"use kurir serve\n");
		return 2;
	}
	return serve(&m);
}
