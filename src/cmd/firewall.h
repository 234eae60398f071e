/* firewall.h - the parts of `kurir firewall`: firewall.c (the verb, and what
 * it shows), firewalld.h (firewalld's files as text), firewall_files.c and
 * firewall_bound.c (all that there are), firewall_judge.c (what they say of a
 * port; pure), firewall_ports.c (our ports, and connecting to them),
 * firewall_cmd.c (firewall-cmd), firewall_check.c (the answer), firewall_show.c
 * (it in words), firewall_apply.c (what is changed).
 *
 * Lifetime: everything read borrows from the set's arena. */
#ifndef CMD_FIREWALL_H
#define CMD_FIREWALL_H

#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/firewalld.h"

#define FIREWALL_PATH_MAX  512
#define FIREWALL_FILES_MAX 4096
#define FIREWALL_SERVICE   "kurir"

/* What was asked for. */
struct firewall_args {
	const char *root; /* "" for the system itself */
	const char *zone; /* NULL: whatever is in use */
	bool yes, xml;
};

/* ---- firewall_files.c ---- */

/* One file. broken: it is there, and firewalld would not read it. */
struct firewall_file {
	struct firewall_file *next;
	struct slice name;  /* without ".xml"; NUL-terminated */
	struct slice group; /* a zone of several files: the directory */
	const char *path;   /* with the root */
	bool system;        /* below /etc, not /usr/lib */
	bool broken;
	struct firewalld_file what;
	struct firewalld_fault fault;
	struct firewall_file *hidden; /* the one of /usr/lib it stands for */
};

enum firewall_found {
	FIREWALL_FOUND,
	FIREWALL_NONE,   /* no firewalld is installed */
	FIREWALL_DENIED, /* its files may not be read */
};

/* A zone that some interface is in, and the file that says so. */
struct firewall_bound {
	struct firewall_bound *next;
	struct slice zone;
	const char *path;
};

struct firewall_set {
	struct arena mem;
	enum firewall_found found;
	struct diag why; /* of FIREWALL_DENIED */
	struct firewall_file *services, *zones, *policies;
	struct firewall_file *direct; /* NULL: no such file */
	struct slice default_zone;
	struct firewall_bound *bound;
	const struct firewall_file *spoiler; /* firewall_find_spoiler */
	unsigned spoiler_line;
	size_t files;
};

/* firewall_read - all permanent files below root. Ends with firewall_free,
 * whatever it found. false: out of memory, or more files than a maximum; said
 * already. */
bool firewall_read(
    const struct cmd_ctx *ctx, const char *root, struct firewall_set *out);
void firewall_free(struct firewall_set *set);

/* firewall_read_bound - set->bound, by the zones that were read and by the
 * files of interfaces below root. A file that may not be read makes it
 * FIREWALL_DENIED. false: out of memory, or more files than a maximum. */
bool firewall_read_bound(const char *root, struct firewall_set *set);

/* ---- firewall_judge.c ---- */

/* firewall_find - the file of that name; NULL: none. Not of several files. */
const struct firewall_file *firewall_find(
    const struct firewall_file *list, struct slice name);

/* firewall_is_zone - does the file belong to the zone? */
bool firewall_is_zone(const struct firewall_file *f, struct slice zone);

enum firewall_state { FIREWALL_OPEN, FIREWALL_CLOSED, FIREWALL_UNKNOWN };

struct firewall_verdict {
	enum firewall_state state;
	const struct firewall_file *file; /* what decided; NULL: nothing did */
	unsigned line;
	char by[200]; /* "service smtp", "nothing opens it" */
};

/* firewall_judge - is that TCP port open to everybody in the zone? Pure.
 * Nothing is "open" that a rule might close. */
void firewall_judge(const struct firewall_set *set, struct slice zone,
    uint16_t port, struct firewall_verdict *out);

/* firewall_find_spoiler - set->spoiler: the first file of the system for which
 * firewalld leaves out all of them and falls back to what it ships: broken,
 * with an element not known here, or naming a service that does not exist.
 * Pure. */
void firewall_find_spoiler(struct firewall_set *set);

/* firewall_misses - does the item name a service that does not exist? */
bool firewall_misses(
    const struct firewall_set *set, const struct firewalld_item *i);

/* firewall_same_service - opens a service these TCP ports, and does it nothing
 * else? */
bool firewall_same_service(
    const struct firewall_file *service, const uint16_t *ports, size_t n);

/* firewall_service_for - the service that opens that TCP port and nothing else,
 * one of the system before one of firewalld; NULL: none. Never our own. */
const struct firewall_file *firewall_service_for(
    const struct firewall_set *set, uint16_t port);

/* ---- firewall_ports.c ---- */

#define FIREWALL_PORTS_MAX     64
#define FIREWALL_ADDRESSES_MAX 16

enum firewall_answer {
	FIREWALL_ACCEPTED,
	FIREWALL_REFUSED,
	FIREWALL_SILENT,
	FIREWALL_FAILED
};

struct firewall_try {
	struct ip ip;
	enum firewall_answer answer;
	const char *why; /* of FIREWALL_FAILED; static */
};

/* A port that listeners of ours have on an address others see. */
struct firewall_port {
	uint16_t port;
	const struct conf_listen *listen;     /* the first of them */
	bool device;                          /* all of them are for devices */
	struct ip at[FIREWALL_ADDRESSES_MAX]; /* as configured */
	size_t at_n;
	struct firewall_try tries[FIREWALL_ADDRESSES_MAX];
	size_t tries_n;
};

struct firewall_ports {
	struct firewall_port v[FIREWALL_PORTS_MAX];
	size_t n;    /* sorted by port */
	size_t lost; /* more than there is room for */
};

/* firewall_ports_of - by the configuration; loopback is left out. */
void firewall_ports_of(const struct conf *conf, struct firewall_ports *out);

/* firewall_numbers - the ports alone; returns how many. */
size_t firewall_numbers(
    const struct firewall_ports *p, uint16_t out[FIREWALL_PORTS_MAX]);

/* firewall_connect - to each port by the addresses others see. Blocks for two
 * seconds at most. */
void firewall_connect(struct firewall_ports *p);

/* firewall_somebody_listens - on that port, at loopback or our own addresses?
 * Blocks for two seconds at most. */
bool firewall_somebody_listens(uint16_t port);

const char *firewall_answer_name(enum firewall_answer a);

/* ---- firewall_cmd.c ---- */

enum firewall_cmd {
	FIREWALL_CMD_NONE,  /* there is no such program */
	FIREWALL_CMD_ENDED, /* with *out_code */
	FIREWALL_CMD_FAILED /* told in d */
};

#define FIREWALL_CMD_NOT_RUNNING 252 /* firewall-cmd(1), EXIT CODES */

/* firewall_cmd - run firewall-cmd of that root with one option. Blocks, for a
 * minute at most. */
enum firewall_cmd firewall_cmd(
    const char *root, const char *option, int *out_code, struct diag *d);

/* ---- firewall_check.c ---- */

/* firewall_look - everything that check says, as its JSON; json_decref it.
 * NULL: it could not be looked at, said already; *out_code tells. */
json_t *firewall_look(
    struct cmd_ctx *ctx, const struct firewall_args *a, int *out_code);

/* firewall_listeners - the names of our listeners on that port, as others see
 * them. */
json_t *firewall_listeners(const struct conf *conf, uint16_t port);

/* ---- firewall_show.c ---- */

void firewall_tell(const struct cmd_ctx *ctx, const json_t *answer);
int firewall_run_show(struct cmd_ctx *ctx, const struct firewall_args *a);

/* firewall_own_text - services/kurir.xml for these ports. */
void firewall_own_text(const struct firewall_ports *p, struct buf *out);

/* ---- firewall_apply.c ---- */

int firewall_run_apply(struct cmd_ctx *ctx, const struct firewall_args *a);

#endif
