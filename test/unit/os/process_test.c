#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/log.h"
#include "os/notify.h"
#include "os/process.h"

/* Run a line of shell with a pipe as its descriptor 3; what it wrote there. */
static void
run_line(const char *line, const char *user, char *out, size_t max)
{
	int ends[2], status;
	pid_t pid;
	struct diag d = {0};
	const char *argv[] = {"sh", "-c", line, NULL};
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	struct process_fd fd = {ends[1], 3};
	struct process_conf conf = {.path = "/bin/sh",
	    .argv = argv,
	    .fds = &fd,
	    .fd_count = 1,
	    .user = user};
	assert_int_equal(process_spawn(&conf, &pid, &d), ERR_OK);
	close(ends[1]);
	size_t n = 0;
	ssize_t got;
	while ((got = read(ends[0], out + n, max - 1 - n)) > 0)
		n += (size_t)got;
	out[n] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
a_program_gets_only_what_it_should(void **state)
{
	char out[2000];
	(void)state;
	assert_int_equal(setenv("KURIR_TEST_SECRET", "x", 1), 0);
	signal(SIGPIPE, SIG_IGN);
	/* Without close-on-exec. */
	int leak = fcntl(STDIN_FILENO, F_DUPFD, 50);
	assert_int_equal(leak, 50);
	run_line("for fd in 0 1 2 3 50; do test -e /proc/self/fd/$fd && "
		 "echo $fd >&3; done; true",
	    NULL, out, sizeof(out));
	assert_string_equal(out, "0\n1\n2\n3\n");
	run_line("echo ${KURIR_TEST_SECRET-none} >&3", NULL, out, sizeof(out));
	assert_string_equal(out, "none\n");
	run_line("grep -E 'SigIgn|NoNewPrivs' /proc/self/status >&3", NULL, out,
	    sizeof(out));
	assert_non_null(strstr(out, "NoNewPrivs:\t1"));
	/* Of all that have names; 32 and 33 are the C library's own, and some
	 * versions of make leave them ignored. */
	const char *ignored = strstr(out, "SigIgn:\t");
	assert_non_null(ignored);
	assert_int_equal(
	    strtoull(ignored + 8, NULL, 16) & ~UINT64_C(0x180000000), 0);
	close(leak);
	unsetenv("KURIR_TEST_SECRET");
	signal(SIGPIPE, SIG_DFL);
}

static void
root_can_start_as_another(void **state)
{
	char out[200];
	(void)state;
	if (geteuid() != 0)
		return;
	run_line("grep -E '^(Uid|Groups)' /proc/self/status >&3", "nobody", out,
	    sizeof(out));
	struct process_ids ids;
	struct diag d;
	assert_int_equal(process_lookup("nobody", &ids, &d), ERR_OK);
	char want[60];
	snprintf(want, sizeof(want), "Uid:\t%u\t%u\t%u\t%u\nGroups:\t \n",
	    ids.uid, ids.uid, ids.uid, ids.uid);
	assert_string_equal(out, want);
}

static void
what_cannot_start_says_why(void **state)
{
	pid_t pid;
	struct diag d = {0};
	const char *argv[] = {"x", NULL};
	struct process_conf conf = {.path = "/nonexistent/x", .argv = argv};
	(void)state;
	assert_int_equal(process_spawn(&conf, &pid, &d), ERR_NOT_FOUND);
	assert_non_null(strstr(d.text, "/nonexistent/x"));
	conf.path = "/etc/passwd";
	assert_int_equal(process_spawn(&conf, &pid, &d), ERR_DENIED);
	/* Nothing is left to be reaped. */
	int status;
	assert_false(process_reap(&pid, &status));
	assert_false(process_user_exists("no-such-user-here"));
	assert_true(process_user_exists("root"));
	assert_true(process_in_group(0, "root"));
	assert_false(process_in_group(0, "no-such-group-here"));
}

static void
the_end_is_told(void **state)
{
	static const struct {
		const char *line, *want;
	} cases[] = {
	    {"exit 3", "exited with code 3"},
	    {"kill -9 $$", "was killed by signal 9"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pid_t pid, reaped;
		int status;
		char text[60];
		struct diag d;
		const char *argv[] = {"sh", "-c", cases[i].line, NULL};
		struct process_conf conf = {.path = "/bin/sh", .argv = argv};
		assert_int_equal(process_spawn(&conf, &pid, &d), ERR_OK);
		while (!process_reap(&reaped, &status))
			usleep(1000);
		assert_int_equal(reaped, pid);
		process_status_text(status, text, sizeof(text));
		assert_string_equal(text, cases[i].want);
	}
}

/* A child of ours dies with us, whatever it is doing. */
static void
children_die_with_their_parent(void **state)
{
	int ends[2], status;
	char c;
	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t parent = fork();
	if (parent == 0) {
		pid_t pid;
		struct diag d;
		const char *argv[] = {"sleep", "60", NULL};
		struct process_fd fd = {ends[1], 3};
		struct process_conf conf = {.path = "/bin/sleep",
		    .argv = argv,
		    .fds = &fd,
		    .fd_count = 1};
		_exit(process_spawn(&conf, &pid, &d) == ERR_OK ? 0 : 1);
	}
	close(ends[1]);
	assert_int_equal(waitpid(parent, &status, 0), parent);
	assert_int_equal(status, 0);
	assert_int_equal(read(ends[0], &c, 1), 0); /* the last writer is gone */
	close(ends[0]);
}

/* --- log and notify ---------------------------------------------------- */

/* One line written by log_line; journal: standard error is the journal's, or
 * another file while the journal has one too. */
enum journal { NO_JOURNAL, JOURNAL_IS_OURS, JOURNAL_IS_ANOTHER };

static void
log_into(char *out, size_t max, enum journal journal, const char *foreign)
{
	int ends[2], saved = dup(STDERR_FILENO);
	struct stat st;
	char stream[64];
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu",
	    (unsigned long long)st.st_dev,
	    (unsigned long long)st.st_ino + (journal == JOURNAL_IS_ANOTHER));
	if (journal != NO_JOURNAL)
		setenv("JOURNAL_STREAM", stream, 1);
	log_line(LOG_WARNING, "event", "helo=%s", foreign);
	unsetenv("JOURNAL_STREAM");
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	ssize_t n = read(ends[0], out, max - 1);
	out[n > 0 ? n : 0] = '\0';
	close(ends[0]);
}

/* For good: no real, effective or saved user is root, no group is left, and
 * there is no way back. */
static void
root_steps_down(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		print_message("only root has rights to step down from\n");
		skip();
	}
	static const char *const users[] = {"nobody", "no-such-user"};
	for (size_t i = 0; i < 2; i++) {
		pid_t pid = fork();
		if (pid == 0) {
			struct diag d;
			uid_t u[3];
			gid_t g[3];
			bool down = process_step_down(users[i], &d) == ERR_OK &&
				    getresuid(&u[0], &u[1], &u[2]) == 0 &&
				    getresgid(&g[0], &g[1], &g[2]) == 0;
			for (int k = 0; down && k < 3; k++)
				down = u[k] != 0 && g[k] != 0;
			_exit(down && getgroups(0, NULL) == 0 &&
				      setuid(0) != 0 && seteuid(0) != 0
				  ? 0
				  : 1);
		}
		int status = 1;
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

static void
foreign_bytes_make_no_lines(void **state)
{
	static char out[20000], big[8000];
	(void)state;
	log_into(out, sizeof(out), NO_JOURNAL, "a\nb\x1b[31m\xff");
	assert_non_null(
	    strstr(out, " warning event helo=a\\x0ab\\x1b[31m\\xff"));
	assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
	assert_true(out[0] == '2' && strstr(out, "Z ") != NULL);
	memset(big, '\n', sizeof(big) - 1);
	log_into(out, sizeof(out), JOURNAL_IS_ANOTHER, big);
	assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
	log_into(out, sizeof(out), JOURNAL_IS_OURS, "x");
	assert_memory_equal(out, "<4>", 3);
}

static void
systemd_hears_of_us(void **state)
{
	char in[200] = "", name[60];
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	(void)state;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	snprintf(name, sizeof(name), "@kurir-test-%d", (int)getpid());
	memcpy(un.sun_path + 1, name + 1, strlen(name) - 1);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&un,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) +
			    strlen(name))),
	    0);
	notify_send("READY=1"); /* to nobody */
	setenv("NOTIFY_SOCKET", name, 1);
	notify_send("READY=1");
	unsetenv("NOTIFY_SOCKET");
	assert_true(recv(fd, in, sizeof(in) - 1, MSG_DONTWAIT) > 0);
	assert_memory_equal(in, "READY=1\n", 8);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_program_gets_only_what_it_should),
	    cmocka_unit_test(root_can_start_as_another),
	    cmocka_unit_test(root_steps_down),
	    cmocka_unit_test(what_cannot_start_says_why),
	    cmocka_unit_test(the_end_is_told),
	    cmocka_unit_test(children_die_with_their_parent),
	    cmocka_unit_test(foreign_bytes_make_no_lines),
	    cmocka_unit_test(systemd_hears_of_us),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
