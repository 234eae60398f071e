/* firewalld.h - the permanent files of firewalld, read and written.
 *
 * Pure. What a file says about TCP packets to this machine becomes items in
 * the caller's arena (firewalld.service(5), firewalld.zone(5),
 * firewalld.policies(5), firewalld.direct(5)). Files are anybody's: size,
 * depth and the number of elements have maximums, and a document type
 * declaration, and with it every entity, is refused. */
#ifndef CMD_FIREWALLD_H
#define CMD_FIREWALLD_H

#include "base/arena.h"
#include "base/buf.h"

#define FIREWALLD_TEXT_MAX  (256u * 1024)
#define FIREWALLD_NAME_MAX  128 /* of a service, a zone, an interface */
#define FIREWALLD_DEPTH_MAX 8
#define FIREWALLD_ITEMS_MAX 4096

enum firewalld_kind {
	FIREWALLD_SERVICE = 1,
	FIREWALLD_ZONE = 2,
	FIREWALLD_POLICY = 4,
	FIREWALLD_DIRECT = 8
};

enum firewalld_what {
	FIREWALLD_OTHER,        /* of a rule: nothing of TCP ports */
	FIREWALLD_ANY,          /* of a rule: every packet */
	FIREWALLD_PORT,         /* TCP ports first..last */
	FIREWALLD_PORT_NAME,    /* a TCP port by a name not known here */
	FIREWALLD_TCP,          /* all of TCP, by its protocol */
	FIREWALLD_USE,          /* the service name; in a service: include */
	FIREWALLD_SOURCE_PORT,  /* TCP packets from first..last */
	FIREWALLD_FORWARD_PORT, /* first..last go to to_first.. at name */
	FIREWALLD_INTERFACE,
	FIREWALLD_SOURCE,
	FIREWALLD_DESTINATION, /* the service counts for one address alone */
	FIREWALLD_RULE,        /* a rich rule; in direct: any rule */
	FIREWALLD_STRANGE      /* an element or attribute not known here */
};

enum firewalld_action { FIREWALLD_NONE, FIREWALLD_ACCEPT, FIREWALLD_DENY };

struct firewalld_item {
	struct firewalld_item *next; /* in the order of the file */
	enum firewalld_what what;
	unsigned line;
	uint16_t first, last;
	uint16_t to_first, to_last; /* of a forward-port; 0: the same */
	struct slice name;          /* NUL-terminated */
	/* a rule */
	enum firewalld_what on; /* ANY, OTHER, PORT, TCP, USE, ... */
	enum firewalld_action action;
	bool restricted; /* for some sources, destinations or a rate */
	bool ignored;    /* about two things, or with two actions */
	bool late;       /* a priority above 0: behind the zone's own lines */
};

enum firewalld_target {           /* of what nothing in the file speaks */
	FIREWALLD_TARGET_DEFAULT, /* a zone: refused; a policy: goes on */
	FIREWALLD_TARGET_ACCEPT,
	FIREWALLD_TARGET_REFUSE
};

struct firewalld_file {
	struct firewalld_item *items;
	size_t n;
	enum firewalld_target target;
	bool to_host; /* a policy for packets to this machine */
	/* where the text may be added to, in octets from its beginning */
	size_t root_at, root_n; /* the root's start tag */
	size_t end_at;          /* the root's end tag */
	size_t use_at;          /* the last service of a zone; 0: none */
};

struct firewalld_fault {
	unsigned line;
	char text[200]; /* one sentence without full stop */
};

/* firewalld_read - out borrows from mem.
 *
 * ERR_SYNTAX   firewalld would not read the file; *fault tells why and where
 * ERR_LIMIT    larger than a maximum, *fault tells which
 * ERR_NOMEM    the arena is full */
enum err firewalld_read(enum firewalld_kind kind, struct slice text,
    struct arena *mem, struct firewalld_file *out,
    struct firewalld_fault *fault) KURIR_MUST_CHECK;

/* firewalld_is_name - letters, digits, '_' and '-': what a service or a zone
 * may be called. */
bool firewalld_is_name(struct slice s);

/* firewalld_default_zone - the value of DefaultZone in firewalld.conf; "public"
 * if it has none, as firewalld does. Borrows from text. */
struct slice firewalld_default_zone(struct slice text);

/* firewalld_service_text - a service with these TCP ports. short_name and
 * description are escaped. */
void firewalld_service_text(const char *short_name, const char *description,
    const uint16_t *ports, size_t n, struct buf *out);

/* firewalld_zone_add - the text of a zone with the service in it, everything
 * else as it was, to the octet.
 *
 * ERR_EXISTS        it is there; out is untouched
 * ERR_SYNTAX, ...   as firewalld_read
 * ERR_UNSUPPORTED   in an encoding that is not extended ASCII */
enum err firewalld_zone_add(struct slice text, struct slice service,
    struct buf *out, struct firewalld_fault *fault) KURIR_MUST_CHECK;

#endif
