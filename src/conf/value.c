#include "conf/value.h"

#include "conf/scalar.h"

#include <string.h>

struct list {
	const void *v;
	size_t n;
};

/* ---- the table of types ---- */

#define TEXT sizeof(struct slice), false
#define LIST true

static const struct type {
	size_t item; /* octets of what read writes */
	bool list;   /* the field is made of items by store_list */
	scalar_fn *read;
	show_fn *show; /* of an item of a list, but for TRUST and WORDS */
} types[] = {
    [TYPE_BOOL] = {sizeof(bool), false, scalar_bool, scalar_show_bool},
    [TYPE_COUNT] = {sizeof(uint64_t), false, scalar_count, scalar_show_count},
    [TYPE_DURATION] = {sizeof(uint64_t), false, scalar_duration,
	scalar_show_duration},
    [TYPE_SIZE] = {sizeof(uint64_t), false, scalar_size, scalar_show_size},
    [TYPE_RATE] = {sizeof(struct conf_rate), false, scalar_rate,
	scalar_show_rate},
    [TYPE_TIME] = {sizeof(uint64_t), false, scalar_time, scalar_show_time},
    [TYPE_WORD] = {sizeof(int), false, scalar_word, scalar_show_word},
    [TYPE_WORDS] = {sizeof(int), LIST, scalar_word, scalar_show_words},
    [TYPE_PATH] = {TEXT, scalar_path, scalar_show_text},
    [TYPE_HOST] = {TEXT, scalar_host, scalar_show_text},
    [TYPE_ADDRESS] = {TEXT, scalar_address, scalar_show_text},
    [TYPE_USER] = {TEXT, scalar_user, scalar_show_text},
    [TYPE_DELIMITER] = {TEXT, scalar_delimiter, scalar_show_text},
    [TYPE_ACCOUNT] = {TEXT, scalar_account, scalar_show_text},
    [TYPE_URL] = {TEXT, scalar_url, scalar_show_text},
    [TYPE_KEY] = {TEXT, scalar_key, scalar_show_text},
    [TYPE_NEXTHOP] = {sizeof(struct nexthop), false, scalar_nexthop,
	scalar_show_nexthop},
    [TYPE_ENDPOINTS] = {sizeof(struct conf_endpoint), LIST, scalar_endpoint,
	scalar_show_endpoint},
    [TYPE_SERVERS] = {sizeof(struct conf_endpoint), LIST, scalar_server,
	scalar_show_endpoint},
    [TYPE_IPS] = {sizeof(struct ip), LIST, scalar_ip, scalar_show_ip},
    [TYPE_NETS] = {sizeof(struct ip_net), LIST, scalar_net, scalar_show_net},
    [TYPE_MAILBOXES] = {sizeof(struct slice), LIST, scalar_mailbox,
	scalar_show_text},
    [TYPE_SENDERS] = {sizeof(struct slice), LIST, scalar_sender,
	scalar_show_text},
    [TYPE_DURATIONS] = {sizeof(uint64_t), LIST, scalar_interval,
	scalar_show_duration},
    [TYPE_TRUST] = {sizeof(struct trust_item), LIST, scalar_trust_item,
	scalar_show_trust},
    [TYPE_LATER] = {0, false, NULL, NULL},
};

bool
value_is_text(const struct conf_option *o)
{
	return types[o->type].show == scalar_show_text && !types[o->type].list;
}

/* Split the items into the two lists of struct conf_trust. */
static enum err
split_trust(const struct trust_item *v, size_t n, struct arena *a, void *field)
{
	struct conf_trust t = {0};
	struct ip_net *net = arena_alloc(a, n * sizeof(*net) + 1);
	struct slice *name = arena_alloc(a, n * sizeof(*name) + 1);

	if (net == NULL || name == NULL)
		return ERR_LIMIT;
	for (size_t i = 0; i < n; i++) {
		if (v[i].net.ip.family != 0)
			net[t.net_n++] = v[i].net;
		else
			name[t.name_n++] = v[i].name;
	}
	t.net = net;
	t.name = name;
	memcpy(field, &t, sizeof(t));
	return ERR_OK;
}

/* A set of flags. */
static void
join_words(const int *v, size_t n, void *field)
{
	unsigned set = 0;
	for (size_t i = 0; i < n; i++)
		set |= (unsigned)v[i];
	memcpy(field, &set, sizeof(set));
}

static enum err
store_list(const struct conf_option *o, const void *items, size_t n,
    struct arena *a, void *field)
{
	if (o->type == TYPE_TRUST)
		return split_trust(items, n, a, field);
	if (o->type == TYPE_WORDS) {
		join_words(items, n, field);
		return ERR_OK;
	}
	struct list l = {items, n};
	memcpy(field, &l, sizeof(l));
	return ERR_OK;
}

static size_t
count_scalars(const struct conf_scalar *s)
{
	size_t n = 0;
	for (; s != NULL; s = s->next)
		n++;
	return n;
}

static bool
read_list(const struct conf_option *o, const struct conf_item *it,
    struct arena *a, void *field, struct conf_report *r, enum err *out_err)
{
	const struct type *t = &types[o->type];
	size_t n = count_scalars(it->value), i = 0;
	struct diag why;
	bool good = true;

	if (n < o->min || n > o->max) {
		report_error(r, it->value_pos,
		    "%s: found %zu values, expected %u to %u", o->name, n,
		    (unsigned)o->min, (unsigned)o->max);
		return false;
	}
	uint8_t *items = arena_alloc(a, n * t->item + 1);
	if (items == NULL) {
		*out_err = ERR_LIMIT;
		return false;
	}
	for (const struct conf_scalar *s = it->value; s != NULL; s = s->next) {
		enum err e = t->read(o, s->text, a, items + i * t->item, &why);
		if (e == ERR_SYNTAX)
			report_error(r, s->pos, "%s: %s", o->name, why.text);
		else if (e != ERR_OK)
			*out_err = e;
		good = good && e == ERR_OK;
		i++;
	}
	if (!good)
		return false;
	*out_err = store_list(o, items, n, a, field);
	return *out_err == ERR_OK;
}

bool
value_read(const struct conf_option *o, const struct conf_item *it,
    struct arena *a, void *field, struct conf_report *r, enum err *out_err)
{
	struct diag why;

	if (types[o->type].list)
		return read_list(o, it, a, field, r, out_err);
	if (it->is_list) {
		report_error(r, it->value_pos,
		    "%s: found a {list}, expected one value", o->name);
		return false;
	}
	enum err e = types[o->type].read(o, it->value->text, a, field, &why);
	if (e == ERR_SYNTAX)
		report_error(r, it->value_pos, "%s: %s", o->name, why.text);
	else if (e != ERR_OK)
		*out_err = e;
	return e == ERR_OK;
}

#define DEFAULT_ITEMS 8

enum err
value_default(const struct conf_option *o, struct arena *a, void *field)
{
	const struct type *t = &types[o->type];
	struct slice rest = slice_str(o->fallback);
	struct diag why;
	size_t n = 0;

	if (!t->list) {
		enum err e = t->read(o, rest, a, field, &why);
		return e == ERR_SYNTAX ? ERR_BUG : e;
	}
	uint8_t *items = arena_alloc(a, DEFAULT_ITEMS * t->item);
	if (items == NULL)
		return ERR_LIMIT;
	while (rest.n > 0 && n < DEFAULT_ITEMS) {
		size_t comma = slice_find(rest, ',');
		enum err e = t->read(
		    o, slice_to(rest, comma), a, items + n++ * t->item, &why);
		if (e != ERR_OK)
			return e == ERR_SYNTAX ? ERR_BUG : e;
		rest = slice_from(rest, comma + 2);
	}
	return store_list(o, items, n, a, field);
}

void
value_show(const struct conf_option *o, const void *field, struct buf *b)
{
	const struct type *t = &types[o->type];
	struct list l;

	if (!t->list || o->type == TYPE_TRUST || o->type == TYPE_WORDS) {
		t->show(o, field, b);
		return;
	}
	memcpy(&l, field, sizeof(l));
	buf_add_byte(b, '{');
	for (size_t i = 0; i < l.n; i++) {
		buf_add_str(b, i > 0 ? ", " : "");
		t->show(o, (const uint8_t *)l.v + i * t->item, b);
	}
	buf_add_byte(b, '}');
}
