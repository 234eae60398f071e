#include <string.h>

#include "policy/alias.h"
#include "proto/auth/account.h"

/* An address met on the way. */
struct node {
	struct slice address; /* local@domain, as written */
	struct slice key;     /* the same in lower case */
	unsigned depth;
	bool final; /* it is a mailbox, not an alias */
};

struct expansion {
	const struct alias_table *table;
	const struct alias_rules *rules;
	struct arena *arena;
	struct node *nodes; /* ALIAS_TARGETS_MAX of them, first come first */
	size_t n;
};

bool
alias_detag(struct slice local, struct slice delimiter, struct slice *out)
{
	if (delimiter.n != 1)
		return false;
	for (size_t i = 1; i < local.n; i++) {
		if (local.p[i] != delimiter.p[0])
			continue;
		*out = slice_to(local, i);
		return true;
	}
	return false;
}

static enum err
lower_copy(struct arena *a, struct slice s, struct slice *out)
{
	uint8_t *p = arena_alloc(a, s.n);
	if (p == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < s.n; i++)
		p[i] = ascii_lower(s.p[i]);
	*out = slice_of(p, s.n);
	return ERR_OK;
}

/* local "@" domain in the arena. */
static enum err
join(
    struct arena *a, struct slice local, struct slice domain, struct slice *out)
{
	size_t n = local.n + 1 + domain.n;
	uint8_t *p = arena_alloc(a, n);
	if (p == NULL)
		return ERR_NOMEM;
	if (local.n > 0)
		memcpy(p, local.p, local.n);
	p[local.n] = '@';
	if (domain.n > 0)
		memcpy(p + local.n + 1, domain.p, domain.n);
	*out = slice_of(p, n);
	return ERR_OK;
}

/* The entry for local@domain, where key is both in lower case. */
static const struct alias_entry *
find_exact(const struct expansion *x, struct slice key, struct slice local,
    struct slice domain)
{
	const struct alias_entry *e = alias_find(x->table, key);
	/* A quoted local part may hold an "@" and must not pass for a name
	 * with a domain. */
	if (e == NULL && slice_find(local, '@') == local.n &&
	    x->rules->bare(x->rules->arg, domain))
		e = alias_find(x->table, local);
	return e;
}

/* The same, and then without the tag. */
static enum err
find_entry(
    struct expansion *x, struct slice key, const struct alias_entry **out)
{
	struct slice local, domain, base, base_key;
	account_split(key, &local, &domain);
	*out = NULL;
	if (!x->rules->ours(x->rules->arg, domain))
		return ERR_OK;
	*out = find_exact(x, key, local, domain);
	if (*out != NULL || !alias_detag(local, x->rules->delimiter, &base))
		return ERR_OK;
	enum err e = join(x->arena, base, domain, &base_key);
	if (e == ERR_OK)
		*out = find_exact(x, base_key, base, domain);
	return e;
}

static struct node *
find_node(struct expansion *x, struct slice key)
{
	for (size_t i = 0; i < x->n; i++)
		if (slice_eq(x->nodes[i].key, key))
			return &x->nodes[i];
	return NULL;
}

static enum err
add_node(struct expansion *x, struct slice address, struct slice key,
    unsigned depth, struct diag *why)
{
	if (x->n == ALIAS_TARGETS_MAX)
		return diag_set(why, ERR_LIMIT, "",
		    "the alias stands for more than %d addresses",
		    ALIAS_TARGETS_MAX);
	if (depth > ALIAS_DEPTH_MAX)
		return diag_set(why, ERR_LIMIT, "",
		    "aliases of aliases are deeper than %d", ALIAS_DEPTH_MAX);
	x->nodes[x->n++] =
	    (struct node){.address = address, .key = key, .depth = depth};
	return ERR_OK;
}

static enum err
follow(struct expansion *x, size_t from, struct slice target, struct diag *why)
{
	struct slice local, domain, name, address = target, key;
	enum err e = ERR_OK;
	account_split(target, &name, &domain);
	if (domain.n == 0) {
		account_split(x->nodes[from].address, &local, &domain);
		e = join(x->arena, name, domain, &address);
	}
	if (e == ERR_OK)
		e = lower_copy(x->arena, address, &key);
	if (e != ERR_OK)
		return e;
	if (slice_eq(key, x->nodes[from].key)) {
		x->nodes[from].final = true;
		return ERR_OK;
	}
	if (find_node(x, key) != NULL)
		return ERR_OK;
	return add_node(x, address, key, x->nodes[from].depth + 1, why);
}

static enum err
collect(const struct expansion *x, struct alias_list *out, struct diag *why)
{
	struct alias_list l = {.n = 0};
	l.address = arena_alloc(x->arena, x->n * sizeof(*l.address));
	if (l.address == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < x->n; i++)
		if (x->nodes[i].final)
			l.address[l.n++] = x->nodes[i].address;
	if (l.n == 0)
		return diag_set(why, ERR_SYNTAX, "",
		    "the alias %.*s leads back to itself and nowhere else",
		    SLICE_ARG(x->nodes[0].key));
	*out = l;
	return ERR_OK;
}

static enum err
expand_all(struct expansion *x, struct diag *why)
{
	for (size_t i = 0; i < x->n; i++) {
		const struct alias_entry *entry;
		enum err e = find_entry(x, x->nodes[i].key, &entry);
		if (e != ERR_OK)
			return e;
		if (entry == NULL) {
			x->nodes[i].final = true;
			continue;
		}
		for (size_t t = 0; t < entry->target_n; t++) {
			e = follow(x, i, entry->targets[t].name, why);
			if (e != ERR_OK)
				return e;
		}
	}
	return ERR_OK;
}

enum err
alias_expand(const struct alias_table *t, const struct alias_rules *rules,
    struct slice local, struct slice domain, struct arena *a,
    struct alias_list *out, struct diag *why)
{
	struct expansion x = {.table = t, .rules = rules, .arena = a};
	struct slice address, key;
	const struct alias_entry *entry;
	enum err e = join(a, local, domain, &address);
	if (e == ERR_OK)
		e = lower_copy(a, address, &key);
	if (e == ERR_OK)
		e = find_entry(&x, key, &entry);
	if (e != ERR_OK)
		return e;
	if (entry == NULL) {
		*out = (struct alias_list){.n = 0};
		return ERR_OK;
	}
	x.nodes = arena_alloc(a, ALIAS_TARGETS_MAX * sizeof(*x.nodes));
	if (x.nodes == NULL)
		return ERR_NOMEM;
	e = add_node(&x, address, key, 0, why);
	if (e == ERR_OK)
		e = expand_all(&x, why);
	return e != ERR_OK ? e : collect(&x, out, why);
}
