/* The walls of each role, tried by real processes: what its row of rights
 * does not grant must fail, what it grants must work; as root, and as an
 * ordinary user. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/fs.h"
#include "os/process.h"
#include "os/socket.h"
#include "role/rights.h"

#ifdef KURIR_SANITIZED
#define SECCOMP_STANDS false
#else
#define SECCOMP_STANDS true
#endif

struct place {
	char dir[64];
	char data[80], mail[80], aliases[90], socket[90];
	int tcp_listener, unix_listener, abstract_listener;
	struct sock_addr tcp;
	struct conf conf;
	struct conf_domain domain;
};

/* --- the acts: 0 done, else an errno ----------------------------------- */

static int
try_open(const char *dir, const char *name, int flags)
{
	char path[200];
	snprintf(path, sizeof(path), "%s%s", dir, name);
	int fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

#define CREATE (O_CREAT | O_WRONLY)

static int
read_outside(const struct place *p)
{
	(void)p;
	return try_open("/etc/passwd", "", O_RDONLY);
}

static int
list_root(const struct place *p)
{
	(void)p;
	return try_open("/", "", O_RDONLY | O_DIRECTORY);
}

static int
write_outside(const struct place *p)
{
	return try_open(p->dir, "/outside", CREATE);
}

static int
write_queue(const struct place *p)
{
	return try_open(p->data, "/queue/new", CREATE);
}

static int
read_queue(const struct place *p)
{
	return try_open(p->data, "/queue/file", O_RDONLY);
}

static int
write_ledger(const struct place *p)
{
	return try_open(p->data, "/ledger/new", CREATE);
}

static int
read_auth(const struct place *p)
{
	return try_open(p->data, "/auth/file", O_RDONLY);
}

static int
write_auth(const struct place *p)
{
	return try_open(p->data, "/auth/file", O_WRONLY);
}

static int
read_synced(const struct place *p)
{
	return try_open(p->data, "/exempt/file", O_RDONLY);
}

static int
write_synced(const struct place *p)
{
	return try_open(p->data, "/exempt/new", CREATE);
}

static int
write_hits(const struct place *p)
{
	return try_open(p->data, "/lookup/new", CREATE);
}

static int
read_aliases(const struct place *p)
{
	return try_open(p->aliases, "", O_RDONLY);
}

static int
write_mail(const struct place *p)
{
	char from[120], to[120];
	snprintf(from, sizeof(from), "%s/contoh.id/tmp", p->mail);
	snprintf(to, sizeof(to), "%s/contoh.id/new", p->mail);
	if ((mkdir(p->mail, 0700) != 0 && errno != EEXIST))
		return errno;
	int e = try_open(p->mail, "/contoh.id/tmp", CREATE);
	return e != 0 ? e : rename(from, to) != 0 ? errno : 0;
}

static int
connect_to(int family, const struct sockaddr *sa, socklen_t len)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	int e = connect(fd, sa, len) == 0 ? 0 : errno;
	close(fd);
	return e;
}

static int
connect_from(const struct place *p, const struct ip *from)
{
	int fd, errnum = 0;
	enum err e = sock_connect(&p->tcp, from, &fd, &errnum);
	if (e == ERR_OK || e == ERR_AGAIN)
		close(fd);
	return errnum;
}

static int
connect_tcp(const struct place *p)
{
	return connect_from(p, NULL);
}

static int
choose_source(const struct place *p)
{
	return connect_from(p, &p->tcp.ip);
}

static int
connect_unix(const struct place *p)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	memcpy(un.sun_path, p->socket, strlen(p->socket));
	return connect_to(AF_UNIX, (struct sockaddr *)&un, sizeof(un));
}

static socklen_t
abstract_name(const struct place *p, struct sockaddr_un *un)
{
	*un = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(un->sun_path + 1, p->dir, strlen(p->dir));
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   strlen(p->dir));
}

static int
connect_abstract(const struct place *p)
{
	struct sockaddr_un un;
	socklen_t len = abstract_name(p, &un);
	return connect_to(AF_UNIX, (struct sockaddr *)&un, len);
}

static int
send_udp(const struct place *p)
{
	(void)p;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	return fd < 0 ? errno : 0;
}

static int
open_raw(const struct place *p)
{
	(void)p;
	int fd = socket(AF_NETLINK, SOCK_RAW, 0);
	return fd < 0 ? errno : 0;
}

static int
listen_tcp(const struct place *p)
{
	struct sock_addr at = {.ip = p->tcp.ip};
	int fd;
	errno = 0;
	return sock_listen(&at, &fd, NULL) == ERR_OK ? 0 : EACCES;
}

static int
accept_tcp(const struct place *p)
{
	int fd = accept4(p->tcp_listener, NULL, NULL, SOCK_CLOEXEC);
	return fd >= 0 || errno == EAGAIN ? 0 : errno;
}

static int
run_program(const struct place *p)
{
	char *argv[] = {(char[]){"true"}, NULL};
	(void)p;
	execve("/bin/true", argv, environ);
	return errno;
}

static int
trace_parent(const struct place *p)
{
	(void)p;
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0 ? 0 : errno;
}

static int
read_parent(const struct place *p)
{
	char in[8];
	struct iovec local = {in, sizeof(in)};
	struct iovec remote = {(void *)(uintptr_t)p, sizeof(in)};
	return process_vm_readv(getppid(), &local, 1, &remote, 1, 0) >= 0
		   ? 0
		   : errno;
}

static int
steal_descriptor(const struct place *p)
{
	(void)p;
	return syscall(SYS_pidfd_getfd, 0, 0, 0) >= 0 ? 0 : errno;
}

static int
signal_parent(const struct place *p)
{
	(void)p;
	return kill(getppid(), SIGCONT) == 0 ? 0 : errno;
}

static int
make_process(const struct place *p)
{
	(void)p;
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	return pid > 0 ? 0 : errno;
}

static void *
thread_body(void *arg)
{
	return arg;
}

static int
make_thread(const struct place *p)
{
	pthread_t t;
	(void)p;
	int e = pthread_create(&t, NULL, thread_body, NULL);
	if (e == 0)
		pthread_join(t, NULL);
	return e;
}

static int
make_code(const struct place *p)
{
	(void)p;
	void *m = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return m != MAP_FAILED ? 0 : errno;
}

static int
watch_directory(const struct place *p)
{
	char path[120];
	snprintf(path, sizeof(path), "%s/auth", p->data);
	int fd = inotify_init1(IN_CLOEXEC);
	if (fd < 0)
		return errno;
	return inotify_add_watch(fd, path, IN_MODIFY) >= 0 ? 0 : errno;
}

static int
make_memfd(const struct place *p)
{
	(void)p;
	int fd = memfd_create("x", MFD_CLOEXEC);
	return fd >= 0 ? 0 : errno;
}

/* What every role does all day. */
static int
live(const struct place *p)
{
	int fds[2];
	char c;
	(void)p;
	char *m = malloc(1 << 20);
	if (m == NULL || pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0)
		return errno;
	memset(m, 1, 1 << 20);
	if (write(fds[1], m, 1) != 1 || read(fds[0], &c, 1) != 1)
		return errno;
	free(m);
	struct stat st;
	return fstat(fds[0], &st) == 0 ? 0 : errno;
}

/* --- who may do what --------------------------------------------------- */

#define S   (1u << ROLE_SMTPD)
#define Q   (1u << ROLE_QUEUE)
#define Y   (1u << ROLE_RELAY)
#define N   (1u << ROLE_RESOLVER)
#define L   (1u << ROLE_LOOKUP)
#define A   (1u << ROLE_AUTH)
#define G   (1u << ROLE_LEDGER)
#define D   (1u << ROLE_DELIVER)
#define F   (1u << ROLE_FETCH)
#define ALL (S | Q | Y | N | L | A | G | D | F)

enum wall { LANDLOCK, SECCOMP, KILLS };

static const struct act {
	const char *name;
	int (*try)(const struct place *p);
	unsigned allowed; /* roles */
	enum wall wall;   /* what stops the others */
} acts[] = {
    {"live", live, ALL, SECCOMP},
    {"read a file outside", read_outside, 0, LANDLOCK},
    {"list the root", list_root, 0, LANDLOCK},
    {"write a file outside", write_outside, 0, LANDLOCK},
    {"read the queue", read_queue, Q, LANDLOCK},
    {"write the queue", write_queue, Q, LANDLOCK},
    {"write the ledger", write_ledger, G, LANDLOCK},
    {"read accounts", read_auth, A, LANDLOCK},
    {"write accounts", write_auth, 0, LANDLOCK},
    {"read synced lists", read_synced, L | F, LANDLOCK},
    {"write synced lists", write_synced, F, LANDLOCK},
    {"write hits", write_hits, L, LANDLOCK},
    {"read aliases", read_aliases, L, LANDLOCK},
    {"write mail", write_mail, D, LANDLOCK},
    {"connect TCP", connect_tcp, Y | N | F, LANDLOCK},
    {"choose the source address", choose_source, Y, LANDLOCK},
    {"connect unix", connect_unix, Y, SECCOMP},
    {"connect abstract unix", connect_abstract, 0, LANDLOCK},
    {"open UDP", send_udp, N, SECCOMP},
    {"open netlink", open_raw, 0, SECCOMP},
    {"listen", listen_tcp, 0, SECCOMP},
    {"accept", accept_tcp, S, SECCOMP},
    {"run a program", run_program, 0, KILLS},
    {"trace the parent", trace_parent, 0, KILLS},
    {"read the parent's memory", read_parent, 0, KILLS},
    {"take a descriptor", steal_descriptor, 0, KILLS},
    {"signal the parent", signal_parent, 0, LANDLOCK},
    {"make a process", make_process, 0, SECCOMP},
    {"make a thread", make_thread, Q | A, SECCOMP},
    {"make code", make_code, 0, SECCOMP},
    {"watch a directory", watch_directory, L | A, SECCOMP},
    {"make a memfd", make_memfd, S | Q, SECCOMP},
};

enum outcome { DONE = 0, REFUSED = 1, NO_WALLS = 2, STRANGE = 3, KILLED };

static enum outcome
run_act(const struct place *p, const struct act *act, enum role_kind role,
    const struct process_ids *ids)
{
	int status;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct sandbox_report report;
		struct diag d = {0};
		if (ids != NULL &&
		    (setresgid(ids->gid, ids->gid, ids->gid) != 0 ||
			setresuid(ids->uid, ids->uid, ids->uid) != 0))
			_exit(NO_WALLS);
		if (rights_enter(role, &p->conf, &report, &d) != ERR_OK) {
			fprintf(stderr, "%s\n", d.text);
			_exit(NO_WALLS);
		}
		_exit(act->try(p) == 0 ? DONE : REFUSED);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? KILLED : STRANGE;
	return (enum outcome)WEXITSTATUS(status);
}

static enum outcome
expected(const struct act *act, enum role_kind role)
{
	if ((act->allowed & 1u << role) != 0)
		return DONE;
	return act->wall == KILLS ? KILLED : REFUSED;
}

static bool
wall_is_there(const struct act *act, enum role_kind role)
{
	if ((act->allowed & 1u << role) != 0)
		return true;
	if (act->wall != LANDLOCK)
		return SECCOMP_STANDS;
	/* Of older kernels' Landlock only the files are tried. */
	int abi = sandbox_landlock_abi();
	bool files = act->try != connect_tcp && act->try != choose_source &&
		     act->try != connect_abstract && act->try != signal_parent;
	return SECCOMP_STANDS ? abi > 0 : files ? abi > 0 : abi >= 6;
}

static void
try_all(const struct place *p, const struct process_ids *ids)
{
	static const char *const words[] = {
	    "done", "refused", "no walls", "strange", "killed"};
	unsigned wrong = 0;
	for (enum role_kind r = ROLE_SMTPD; r <= ROLE_FETCH; r++) {
		for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
			const struct act *a = &acts[i];
			if (!wall_is_there(a, r))
				continue;
			enum outcome got = run_act(p, a, r, ids);
			if (got == expected(a, r))
				continue;
			wrong++;
			print_message("  %s: %s: %s, expected %s\n",
			    role_name(r), a->name, words[got],
			    words[expected(a, r)]);
		}
	}
	assert_int_equal(wrong, 0);
}

/* --- the place --------------------------------------------------------- */

static void
make_file(const char *dir, const char *name)
{
	assert_int_equal(try_open(dir, name, CREATE), 0);
}

static void
listeners_open(struct place *p)
{
	struct diag d;
	struct sockaddr_un un;
	struct sock_addr at = {.ip = {.family = 4, .b = {127, 0, 0, 1}}};
	assert_int_equal(sock_listen(&at, &p->tcp_listener, &d), ERR_OK);
	sock_local(p->tcp_listener, &p->tcp);
	assert_int_equal(sock_listen_unix(p->socket, SOCK_KIND_STREAM, 0666,
			     &p->unix_listener, &d),
	    ERR_OK);
	socklen_t len = abstract_name(p, &un);
	p->abstract_listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(
	    bind(p->abstract_listener, (struct sockaddr *)&un, len), 0);
	assert_int_equal(listen(p->abstract_listener, 99), 0);
}

static void
fill_conf(struct place *p)
{
	static char template[120];
	snprintf(template, sizeof(template), "%s/%%d/%%u", p->mail);
	p->conf.data_dir = slice_str(p->data);
	p->conf.aliases = slice_str(p->aliases);
	p->domain.name = SLICE("contoh.id");
	p->domain.deliver.kind = NEXTHOP_MAILDIR;
	p->domain.deliver.path = slice_str(template);
	p->domain.user = SLICE("nobody");
	p->conf.domain = &p->domain;
	p->conf.domain_n = 1;
}

static void
place_open(struct place *p)
{
	struct diag d;
	char sub[140];
	static const char *const dirs[] = {"data/queue", "data/ledger",
	    "data/auth", "data/exempt", "data/lookup", "etc", "mail/contoh.id"};
	memset(p, 0, sizeof(*p));
	snprintf(p->dir, sizeof(p->dir), "/tmp/kurir-walls-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	assert_int_equal(chmod(p->dir, 0777), 0);
	snprintf(p->data, sizeof(p->data), "%s/data", p->dir);
	snprintf(p->mail, sizeof(p->mail), "%s/mail", p->dir);
	snprintf(p->aliases, sizeof(p->aliases), "%s/etc/aliases", p->dir);
	snprintf(p->socket, sizeof(p->socket), "%s/socket", p->dir);
	mode_t old = umask(0);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(sub, sizeof(sub), "%s/%s", p->dir, dirs[i]);
		assert_int_equal(fs_mkdirs(sub, 0777, &d), ERR_OK);
	}
	umask(old);
	make_file(p->data, "/queue/file");
	make_file(p->data, "/auth/file");
	make_file(p->data, "/exempt/file");
	make_file(p->aliases, "");
	listeners_open(p);
	fill_conf(p);
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *f)
{
	(void)st;
	(void)kind;
	(void)f;
	return remove(path);
}

/* Everything belongs to nobody, that is to the user of that name. */
static int
give_one(const char *path, const struct stat *st, int kind, struct FTW *f)
{
	struct process_ids ids;
	(void)st;
	(void)kind;
	(void)f;
	if (process_lookup("nobody", &ids, NULL) != ERR_OK)
		return -1;
	return lchown(path, ids.uid, ids.gid);
}

static void
place_close(struct place *p)
{
	close(p->tcp_listener);
	close(p->unix_listener);
	close(p->abstract_listener);
	nftw(p->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void
each_role_as_we_are(void **state)
{
	struct place p;
	(void)state;
	place_open(&p);
	try_all(&p, NULL);
	place_close(&p);
}

static void
each_role_as_an_ordinary_user(void **state)
{
	struct place p;
	struct process_ids ids;
	struct diag d;
	(void)state;
	if (geteuid() != 0)
		return; /* that is who we are */
	assert_int_equal(process_lookup("nobody", &ids, &d), ERR_OK);
	place_open(&p);
	assert_int_equal(nftw(p.dir, give_one, 16, FTW_PHYS), 0);
	try_all(&p, &ids);
	place_close(&p);
}

static void
the_report_says_what_stands(void **state)
{
	struct place p;
	int status;
	(void)state;
	place_open(&p);
	pid_t pid = fork();
	if (pid == 0) {
		struct sandbox_report r;
		struct diag d;
		if (rights_enter(ROLE_QUEUE, &p.conf, &r, &d) != ERR_OK)
			_exit(1);
		bool ok =
		    r.uid == geteuid() &&
		    (r.landlock_abi == 0 || strcmp(r.root, "2 paths") == 0) &&
		    r.seccomp == (SECCOMP_STANDS ? SANDBOX_SECCOMP_ON
						 : SANDBOX_SECCOMP_LOG);
		_exit(ok ? 0 : 2);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	place_close(&p);
}

/* A wall that cannot stand is an error: a path that is missing, a thread that
 * would stay outside, a role without a row. */
static void
a_wall_that_fails_is_fatal(void **state)
{
	struct place p;
	struct sandbox_report r;
	struct diag d;
	int status;
	(void)state;
	place_open(&p);
	assert_int_equal(rights_enter(ROLE_MASTER, &p.conf, &r, &d), ERR_BUG);
	p.conf.data_dir = SLICE("/nonexistent");
	pid_t pid = fork();
	if (pid == 0)
		_exit(rights_enter(ROLE_QUEUE, &p.conf, &r, &d) ==
				  ERR_NOT_FOUND &&
			      strstr(d.text, "/nonexistent/queue") != NULL
			  ? 0
			  : 1);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	pid = fork();
	if (pid == 0) {
		pthread_t t;
		pthread_create(
		    &t, NULL, (void *(*)(void *))(void *)pause, NULL);
		_exit(rights_enter(ROLE_SMTPD, &p.conf, &r, &d) == ERR_BUG ? 0
									   : 1);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	place_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_role_as_we_are),
	    cmocka_unit_test(each_role_as_an_ordinary_user),
	    cmocka_unit_test(the_report_says_what_stands),
	    cmocka_unit_test(a_wall_that_fails_is_fatal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
