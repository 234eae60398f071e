/* schema.h - every section and option there is, in one table. Internal to
 * conf/, but for the listing that the manual is checked against.
 *
 * The table drives reading, ranges, defaults, conf_show and the listing: an
 * option is added by one row here and one field in conf.h. */
#ifndef CONF_SCHEMA_H
#define CONF_SCHEMA_H

#include "conf/conf.h"

enum conf_type {
	TYPE_BOOL,      /* bool */
	TYPE_COUNT,     /* uint64_t */
	TYPE_DURATION,  /* uint64_t, ms */
	TYPE_SIZE,      /* uint64_t, octets */
	TYPE_RATE,      /* struct conf_rate */
	TYPE_TIME,      /* uint64_t, minutes after midnight */
	TYPE_WORD,      /* an enum */
	TYPE_WORDS,     /* unsigned, a set of flags */
	TYPE_PATH,      /* struct slice, absolute or empty */
	TYPE_HOST,      /* struct slice */
	TYPE_ADDRESS,   /* struct slice; with min 0 it may be empty */
	TYPE_USER,      /* struct slice */
	TYPE_DELIMITER, /* struct slice */
	TYPE_ACCOUNT,   /* struct slice, or empty */
	TYPE_URL,       /* struct slice, http or https, or empty */
	TYPE_KEY,       /* struct slice, minisign's, or empty */
	TYPE_NEXTHOP,   /* struct nexthop */
	TYPE_ENDPOINTS, /* struct conf_endpoints, a port is required */
	TYPE_SERVERS,   /* struct conf_endpoints, port 53 if none */
	TYPE_IPS,       /* struct conf_ips */
	TYPE_NETS,      /* struct conf_nets */
	TYPE_MAILBOXES, /* struct conf_texts, "a@d" or "@d" */
	TYPE_SENDERS,   /* the same, or "*"; "d" is "@d" */
	TYPE_DURATIONS, /* struct conf_durations */
	TYPE_TRUST,     /* struct conf_trust */
	TYPE_LATER      /* known, but not in this version */
};

struct conf_word {
	const char *word;
	int value; /* WORD_LATER: known, but not in this version */
};
#define WORD_LATER (-1)

enum section_id {
	SECTION_TOP,
	SECTION_DOMAIN,
	SECTION_TLS,
	SECTION_LISTEN,
	SECTION_SNI,
	SECTION_OUTBOUND,
	SECTION_ROUTE,
	SECTION_DNS,
	SECTION_LIMITS,
	SECTION_LEDGER,
	SECTION_REVERSE,
	SECTION_REVERSE_PTR,
	SECTION_REVERSE_HELO,
	SECTION_REVERSE_MAIL,
	SECTION_EXEMPT,
	SECTION_CONTROL,
	SECTION_CONTROL_SENDER,
	SECTION_CONTROL_RECIPIENT,
	SECTION_CONTROL_IDENTITY,
	SECTION_SHIELD,
	SECTION_DEVICE,
	SECTION_TEST_MAILBOX,
	SECTION_COUNT
};

enum label_kind {
	LABEL_NONE,    /* NAME { } */
	LABEL_WORD,    /* NAME "letters, digits, - _ ." { } */
	LABEL_HOST,    /* NAME "host or domain" { } */
	LABEL_PATTERN, /* the same, or ".parent" */
	LABEL_SHIELD,  /* the same, "*" or CONF_SHIELD_LOCAL */
	LABEL_LOOKUP   /* NAME "ptr", "helo" or "mail" { } */
};

/* A section within another one has no name of its own, and neither has the
 * other: so each of them is one struct at one place. */
struct conf_section {
	const char *name;
	enum section_id parent; /* SECTION_TOP: in none */
	enum label_kind label;  /* not LABEL_NONE: may be repeated */
	size_t offset; /* in struct conf: of its struct, or of its array */
	size_t size;   /* of one element; 0: no array */
	size_t count;  /* offset of the array's length in struct conf */
};

struct conf_option {
	enum section_id section;
	const char *name;
	enum conf_type type;
	size_t offset;        /* in the struct of its section */
	uint64_t min, max;    /* of a number; of the items of a list */
	const char *fallback; /* default as text, lists with ", "; NULL: none,
				 computed, or required */
	const struct conf_word *words; /* TYPE_WORD, TYPE_WORDS */
	bool required;
	const char *computed; /* for people: how a NULL fallback is filled */
};

extern const struct conf_section conf_sections[SECTION_COUNT];
extern const struct conf_option conf_options[];
extern const size_t conf_options_n;
#define OPTIONS_MAX 160 /* more than conf_options_n, for tables beside it */

/* The first two members of every struct of a section with a name. */
struct conf_named {
	struct slice name;
	struct conf_pos pos;
};

/* The array of a section with a name: *out_n elements of size octets. NULL for
 * a section without. */
void *schema_array(const struct conf *c, enum section_id s, size_t *out_n);
/* schema_array_set - give the conf its array. */
void schema_array_set(struct conf *c, enum section_id s, void *v, size_t n);

/* Sections that are known, but not in this version; ends with NULL. */
extern const char *const conf_sections_later[];

extern const struct conf_word conf_roles[], conf_tls_listen[],
    conf_tls_outbound[], conf_auths[], conf_dnssecs[], conf_languages[],
    conf_actions[], conf_refusals[], conf_exempt_lists[];

const struct conf_option *schema_option(enum section_id s, struct slice name);
/* schema_section_is - is that the section's name? "_" in it is let pass for
 * "-". schema_section - the one of that name in parent; SECTION_COUNT: none. */
bool schema_section_is(enum section_id s, struct slice name);
enum section_id schema_section(enum section_id parent, struct slice name);
/* schema_path - "listen", "reverse-lookup.ptr"; "" for the top. */
void schema_path(enum section_id s, struct buf *out);

/* schema_label - may a section have this name? *out is the one that it is
 * known by (".example" for the shield "*.example"), in the case given. */
bool schema_label(enum section_id s, struct slice label, struct slice *out);
/* schema_label_expected - what it may be, for people. */
const char *schema_label_expected(enum section_id s);

const char *schema_type_name(enum conf_type t);

/* schema_list - one line an option: section, name, type, default, separated
 * by tabs. */
void schema_list(struct buf *out);

#endif
