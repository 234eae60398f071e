/* alias.h - the alias file, and what an address stands for.
 *
 *   file    = *(entry / comment / blank)
 *   entry   = name ["@" domain] ":" target *("," target)
 *   target  = name / name "@" domain
 *
 * A line that begins with white space continues the one above; "#" begins a
 * comment at the start of a line or after white space. A name without domain
 * counts in every domain whose mailboxes are ours, and a target without one
 * is in the domain of the address that is being expanded. There are no pipes,
 * no files, no :include: and no catch-all. Names are compared in lower case.
 * Pure. */
#ifndef POLICY_ALIAS_H
#define POLICY_ALIAS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

#define ALIAS_DEPTH_MAX   20   /* aliases of aliases */
#define ALIAS_TARGETS_MAX 1000 /* addresses met in one expansion */

struct alias_target {
	struct slice name; /* as written */
	size_t line;
};

struct alias_entry {
	struct slice name; /* lower case */
	size_t line;
	struct alias_target *targets;
	size_t target_n;
};

/* A whole file. Lives in the arena given to alias_parse. */
struct alias_table {
	struct alias_entry *entries; /* sorted by name */
	size_t n;
};

/* Told of each error, in order of lines. text is one sentence. */
typedef void alias_report(void *arg, size_t line, const char *text);

/* alias_parse - the table in text; copies what it keeps into a. Every error
 * is reported. ERR_SYNTAX: there was one, *out is empty. ERR_NOMEM: a is at
 * its cap. */
enum err alias_parse(struct slice text, struct arena *a, alias_report *report,
    void *arg, struct alias_table *out) KURIR_MUST_CHECK;

/* alias_find - the entry of exactly this lower-case name, or NULL. */
const struct alias_entry *alias_find(
    const struct alias_table *t, struct slice name);

/* What expansion must know of the configuration. */
struct alias_rules {
	/* Do names without domain count in this domain? */
	bool (*bare)(void *arg, struct slice domain);
	/* Is it one of ours at all? Only there a name may be an alias. */
	bool (*ours)(void *arg, struct slice domain);
	void *arg;
	struct slice delimiter; /* "+": name+tag is name; empty: none */
};

struct alias_list {
	struct slice *address; /* "local@domain", each once */
	size_t n;
};

/* alias_expand - the final addresses that local@domain stands for, in the
 * order of the file; none when it is no alias. An entry that names itself
 * keeps its own mailbox; any other circle is cut where it closes.
 *
 * ERR_OK      *out lives in a.
 * ERR_LIMIT   deeper than ALIAS_DEPTH_MAX or more than ALIAS_TARGETS_MAX
 * ERR_SYNTAX  nothing but a circle; why names it
 * ERR_NOMEM   a is at its cap */
enum err alias_expand(const struct alias_table *t,
    const struct alias_rules *rules, struct slice local, struct slice domain,
    struct arena *a, struct alias_list *out, struct diag *why) KURIR_MUST_CHECK;

/* alias_detag - local without its tag: what stands before the first delimiter
 * that is not the first octet. false: no tag. */
bool alias_detag(struct slice local, struct slice delimiter, struct slice *out);

#endif
