#include "role/rights.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "os/clock.h"
#include "os/process.h"

/* Paths by their meaning; the configuration says where they are. */
enum rights_place {
	PLACE_NONE,
	PLACE_QUEUE,   /* data-dir/queue */
	PLACE_LEDGER,  /* data-dir/ledger */
	PLACE_AUTH,    /* data-dir/auth */
	PLACE_ALIASES, /* the directory of the aliases file, if there is one */
	PLACE_MAIL,    /* the fixed fronts of this user's Maildir templates */
	PLACE_EXEMPT,  /* data-dir/exempt */
	PLACE_LISTS,   /* the directories of the exempt lists there are */
	PLACE_LOOKUP,  /* data-dir/lookup */
	PLACE_RANDOM,  /* the random device, which SQLite opens */
};

#define RIGHTS_PLACES 4
/* More Maildir templates than that are granted by none. */
#define RIGHTS_PATHS 64

struct rights {
	struct {
		enum rights_place place;
		unsigned rights; /* enum sandbox_right */
	} places[RIGHTS_PLACES];
	bool connect_tcp, bind_tcp;
	unsigned calls;           /* enum sandbox_calls */
	uint64_t max_file_octets; /* RLIMIT_FSIZE; 0: no limit */
};

#define RW (SANDBOX_READ | SANDBOX_WRITE)

/* A message of the largest size that can be configured, and its headers. */
#define SPOOL_FILE_MAX (2ull << 30)
/* Twice what fetch takes from the network. */
#define FETCHED_FILE_MAX (16ull << 20)
/* More than role lookup has to say of its hits. */
#define HITS_FILE_MAX (32ull << 20)

/* clang-format off */
static const struct rights table[ROLE_COUNT] = {
	[ROLE_SMTPD] = {
		.calls = SANDBOX_SYS_ACCEPT | SANDBOX_SYS_MEMFD,
		.max_file_octets = SPOOL_FILE_MAX,
	},
	[ROLE_QUEUE] = {
		.places = {{PLACE_QUEUE, RW}, {PLACE_RANDOM, SANDBOX_READ}},
		.calls = SANDBOX_SYS_FILE_WRITE | SANDBOX_SYS_THREAD |
		    SANDBOX_SYS_MEMFD | SANDBOX_SYS_LEASE,
	},
	/* binds to choose its source address; cannot listen */
	[ROLE_RELAY] = {
		.connect_tcp = true,
		.bind_tcp = true,
		.calls = SANDBOX_SYS_CONNECT_TCP | SANDBOX_SYS_CONNECT_UNIX,
	},
	[ROLE_RESOLVER] = {
		.connect_tcp = true,
		.calls = SANDBOX_SYS_CONNECT_TCP | SANDBOX_SYS_CONNECT_UDP,
	},
	[ROLE_LOOKUP] = {
		.places = {{PLACE_ALIASES, SANDBOX_READ},
		    {PLACE_LISTS, SANDBOX_READ}, {PLACE_EXEMPT, SANDBOX_READ},
		    {PLACE_LOOKUP, RW}},
		.calls = SANDBOX_SYS_FILE_READ | SANDBOX_SYS_FILE_WRITE |
		    SANDBOX_SYS_INOTIFY,
		.max_file_octets = HITS_FILE_MAX,
	},
	[ROLE_AUTH] = {
		.places = {{PLACE_AUTH, SANDBOX_READ}},
		.calls = SANDBOX_SYS_FILE_READ | SANDBOX_SYS_INOTIFY |
		    SANDBOX_SYS_THREAD,
	},
	[ROLE_LEDGER] = {
		.places = {{PLACE_LEDGER, RW}, {PLACE_RANDOM, SANDBOX_READ}},
		.calls = SANDBOX_SYS_FILE_WRITE,
	},
	[ROLE_FETCH] = {
		.places = {{PLACE_EXEMPT, RW}},
		.connect_tcp = true,
		.calls = SANDBOX_SYS_CONNECT_TCP | SANDBOX_SYS_FILE_WRITE,
		.max_file_octets = FETCHED_FILE_MAX,
	},
	[ROLE_DELIVER] = {
		.places = {{PLACE_MAIL, RW}},
		.calls = SANDBOX_SYS_FILE_WRITE,
	},
};
/* clang-format on */

/* Paths being collected; each is its own allocation. */
struct paths {
	struct sandbox_path v[RIGHTS_PATHS];
	char *text[RIGHTS_PATHS];
	size_t n;
};

static enum err
add_path(struct paths *p, struct slice front, const char *name, unsigned rights,
    struct diag *d)
{
	struct buf b;
	buf_init(&b, 4096);
	buf_add(&b, front);
	buf_add_str(&b, name);
	buf_add_byte(&b, '\0');
	/* Hundreds of domains may lie below one directory. */
	for (size_t i = 0; buf_err(&b) == ERR_OK && i < p->n; i++) {
		if (strcmp(p->text[i], (const char *)b.p) == 0 &&
		    p->v[i].rights == rights) {
			buf_free(&b);
			return ERR_OK;
		}
	}
	if (buf_err(&b) != ERR_OK || p->n == RIGHTS_PATHS) {
		buf_free(&b);
		return diag_set(d, ERR_LIMIT, NULL,
		    "too many or too long paths to give access to");
	}
	/* The buffer's memory becomes the path's. */
	p->text[p->n] = (char *)b.p;
	p->v[p->n].path = p->text[p->n];
	p->v[p->n].rights = rights;
	p->n++;
	return ERR_OK;
}

/* What stands before the last slash before end; "/" for a file in the root,
 * "." for one without any directory. */
static struct slice
directory_of(struct slice path)
{
	size_t slash = slice_rfind(path, '/');
	if (slash == path.n)
		return SLICE(".");
	return slash == 0 ? SLICE("/") : slice_to(path, slash);
}

/* Roles run as users of their own only when master is another user: root. */
static bool
users_apply(void)
{
	char path[32];
	struct stat st;
	snprintf(path, sizeof(path), "/proc/%ld", (long)getppid());
	return stat(path, &st) != 0 || st.st_uid != geteuid();
}

static enum err
add_mail(
    struct paths *p, const struct conf *conf, unsigned rights, struct diag *d)
{
	bool own_only = users_apply();
	for (size_t i = 0; i < conf->domain_n; i++) {
		const struct conf_domain *dom = &conf->domain[i];
		struct process_ids ids;
		if (dom->deliver.kind != NEXTHOP_MAILDIR)
			continue;
		if (own_only && (process_lookup((const char *)dom->user.p, &ids,
				     NULL) != ERR_OK ||
				    ids.uid != geteuid()))
			continue;
		struct slice fixed = slice_to(
		    dom->deliver.path, slice_find(dom->deliver.path, '%'));
		enum err e = add_path(p, directory_of(fixed), "", rights, d);
		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

/* One that is not there cannot be opened for anybody; its reader starts anew
 * once it is. */
static enum err
add_lists(
    struct paths *p, const struct conf *conf, unsigned rights, struct diag *d)
{
	enum err e = ERR_OK;
	for (size_t i = 0; e == ERR_OK && i < CONF_EXEMPT_LISTS; i++) {
		const struct conf_exempt *x = conf->exempts[i];
		char path[4096];
		struct stat st;
		if (x == NULL || x->file.n == 0)
			continue;
		struct slice dir = directory_of(x->file);
		snprintf(path, sizeof(path), "%.*s", SLICE_ARG(dir));
		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			e = add_path(p, dir, "", rights, d);
		/* And where it leads, if it is a link. */
		char *real = realpath((const char *)x->file.p, NULL);
		if (e == ERR_OK && real != NULL)
			e = add_path(
			    p, directory_of(slice_str(real)), "", rights, d);
		free(real);
	}
	return e;
}

/* Made by master; below kurir check, which has no lists, it is not there. */
static enum err
add_exempt(
    struct paths *p, const struct conf *conf, unsigned rights, struct diag *d)
{
	char path[4096];
	struct stat st;
	snprintf(path, sizeof(path), "%.*s/exempt", SLICE_ARG(conf->data_dir));
	if (stat(path, &st) != 0 && errno == ENOENT)
		return ERR_OK;
	return add_path(p, conf->data_dir, "/exempt", rights, d);
}

static enum err
add_place(struct paths *p, const struct conf *conf, enum rights_place place,
    unsigned rights, struct diag *d)
{
	switch (place) {
	case PLACE_NONE:
		return ERR_OK;
	case PLACE_QUEUE:
		return add_path(p, conf->data_dir, "/queue", rights, d);
	case PLACE_LEDGER:
		return add_path(p, conf->data_dir, "/ledger", rights, d);
	case PLACE_AUTH:
		return add_path(p, conf->data_dir, "/auth", rights, d);
	case PLACE_ALIASES:
		if (conf->aliases.n == 0)
			return ERR_OK;
		return add_path(p, directory_of(conf->aliases), "", rights, d);
	case PLACE_MAIL:
		return add_mail(p, conf, rights, d);
	case PLACE_EXEMPT:
		return add_exempt(p, conf, rights, d);
	case PLACE_LISTS:
		return add_lists(p, conf, rights, d);
	case PLACE_LOOKUP:
		return add_path(p, conf->data_dir, "/lookup", rights, d);
	case PLACE_RANDOM:
		return add_path(p, SLICE("/dev/urandom"), "", rights, d);
	}
	return ERR_BUG;
}

/* An exploited process cannot fill the disk by one file; past the limit a
 * write fails with EFBIG, as on a full disk, instead of a signal. */
static enum err
limit_files(uint64_t max_octets, struct diag *d)
{
	struct rlimit limit = {max_octets, max_octets};
	if (max_octets == 0)
		return ERR_OK;
	if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR ||
	    setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return diag_set(
		    d, ERR_DENIED, NULL, "cannot limit the size of files");
	return ERR_OK;
}

enum err
rights_enter(enum role_kind role, const struct conf *conf,
    struct sandbox_report *out, struct diag *d)
{
	struct paths paths = {.n = 0};
	if ((unsigned)role >= ROLE_COUNT || table[role].calls == 0)
		return diag_set(d, ERR_BUG, NULL, "a role without rights");
	const struct rights *r = &table[role];
	/* The C library reads the zone file at its first use of local time,
	 * which even a UTC time stamp is. */
	(void)clock_utc_offset_min(clock_unix_ms());
	enum err e = limit_files(r->max_file_octets, d);
	for (size_t i = 0; e == ERR_OK && i < RIGHTS_PLACES; i++)
		e = add_place(
		    &paths, conf, r->places[i].place, r->places[i].rights, d);
	struct sandbox_conf walls = {.paths = paths.v,
	    .path_count = paths.n,
	    .connect_tcp = r->connect_tcp,
	    .bind_tcp = r->bind_tcp,
	    .calls = r->calls};
	if (e == ERR_OK)
		e = sandbox_enter(&walls, out, d);
	for (size_t i = 0; i < paths.n; i++)
		free(paths.text[i]);
	return e;
}
