#include "conf/value.h"

#include "conf/names.h"

#include <string.h>

/* One scalar into one item of a type. ERR_SYNTAX with why filled, or
 * ERR_LIMIT when the arena is full. */
typedef enum err (*scalar_fn)(const struct conf_option *o, struct slice s,
    struct arena *a, void *out, struct diag *why);

typedef void (*show_fn)(
    const struct conf_option *o, const void *field, struct buf *b);

struct list {
	const void *v;
	size_t n;
};

/* So much of what was found is shown; the rest of the sentence shall fit. */
#define FOUND_MAX 60

static enum err
bad(struct diag *why, struct slice found, const char *expected)
{
	return diag_set(why, ERR_SYNTAX, "", "found \"%.*s%s\", expected %s",
	    SLICE_ARG(slice_to(found, FOUND_MAX)),
	    found.n > FOUND_MAX ? "..." : "", expected);
}

bool
value_copy(struct arena *a, struct slice s, struct slice *out)
{
	uint8_t *p = arena_alloc(a, s.n + 1);
	if (p == NULL)
		return false;
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	*out = slice_of(p, s.n);
	return true;
}

bool
value_copy_lower(struct arena *a, struct slice s, struct slice *out)
{
	uint8_t *p = arena_alloc(a, s.n + 1);
	if (p == NULL)
		return false;
	for (size_t i = 0; i < s.n; i++)
		p[i] = ascii_lower(s.p[i]);
	*out = slice_of(p, s.n);
	return true;
}

/* ---- numbers with units ---- */

struct unit {
	const char *name;
	uint64_t factor;
};

/* From large to small; the last one shows every value. */
static const struct unit duration_units[] = {{"d", 86400000}, {"h", 3600000},
    {"min", 60000}, {"s", 1000}, {"ms", 1}, {NULL, 0}};
static const struct unit size_units[] = {{"TB", 1ull << 40}, {"GB", 1ull << 30},
    {"MB", 1ull << 20}, {"KB", 1ull << 10}, {"B", 1}, {NULL, 0}};
static const struct unit count_units[] = {{"", 1}, {NULL, 0}};

static bool
parse_units(struct slice s, const struct unit *u, uint64_t *out)
{
	size_t digits = 0;
	uint64_t v;

	while (digits < s.n && ascii_is_digit(s.p[digits]))
		digits++;
	if (!slice_u64(slice_to(s, digits), &v))
		return false;
	struct slice unit = slice_from(s, digits);
	for (; u->name != NULL; u++) {
		if (!slice_eq(unit, slice_str(u->name)))
			continue;
		return !__builtin_mul_overflow(v, u->factor, out);
	}
	return false;
}

static void
show_units(uint64_t v, const struct unit *u, struct buf *b)
{
	while (u->factor > 1 && (v == 0 || v % u->factor != 0))
		u++;
	buf_add_u64(b, v / u->factor);
	buf_add_str(b, u->name);
}

void
value_show_duration(uint64_t ms, struct buf *b)
{
	if (ms == 0)
		buf_add_str(b, "0s");
	else
		show_units(ms, duration_units, b);
}

void
value_show_size(uint64_t octets, struct buf *b)
{
	show_units(octets, size_units, b);
}

static enum err
read_number(const struct conf_option *o, struct slice s, const struct unit *u,
    const char *expected, void *out, struct diag *why)
{
	uint64_t v;
	if (!parse_units(s, u, &v))
		return bad(why, s, expected);
	if (v < o->min || v > o->max) {
		struct buf range;
		buf_init(&range, 100);
		show_units(o->min, u, &range);
		buf_add_str(&range, " to ");
		show_units(o->max, u, &range);
		buf_add_byte(&range, '\0');
		enum err e = bad(why, s, (const char *)range.p);
		buf_free(&range);
		return e;
	}
	memcpy(out, &v, sizeof(v));
	return ERR_OK;
}

static enum err
read_count(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	(void)a;
	return read_number(o, s, count_units, "a number", out, why);
}

static enum err
read_duration(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	(void)a;
	return read_number(o, s, duration_units,
	    "a duration such as 500ms, 30s, 5min, 4h or 5d", out, why);
}

static enum err
read_size(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	(void)a;
	return read_number(
	    o, s, size_units, "a size such as 64KB, 25MB or 2GB", out, why);
}

/* An interval of a list; the range of o counts its items. */
static enum err
read_interval(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	static const struct conf_option one = {.min = 1000, .max = 2592000000};
	(void)o;
	return read_duration(&one, s, a, out, why);
}

static uint64_t
as_u64(const void *field)
{
	uint64_t v;
	memcpy(&v, field, sizeof(v));
	return v;
}

static void
show_count(const struct conf_option *o, const void *field, struct buf *b)
{
	(void)o;
	buf_add_u64(b, as_u64(field));
}

static void
show_duration(const struct conf_option *o, const void *field, struct buf *b)
{
	(void)o;
	buf_add_byte(b, '"');
	value_show_duration(as_u64(field), b);
	buf_add_byte(b, '"');
}

static void
show_size(const struct conf_option *o, const void *field, struct buf *b)
{
	(void)o;
	buf_add_byte(b, '"');
	value_show_size(as_u64(field), b);
	buf_add_byte(b, '"');
}

/* ---- words ---- */

static enum err
read_bool(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	(void)o;
	(void)a;
	bool v = slice_eq(s, SLICE("true"));
	if (!v && !slice_eq(s, SLICE("false")))
		return bad(why, s, "true or false");
	memcpy(out, &v, sizeof(v));
	return ERR_OK;
}

static void
show_bool(const struct conf_option *o, const void *field, struct buf *b)
{
	bool v;
	(void)o;
	memcpy(&v, field, sizeof(v));
	buf_add_str(b, v ? "true" : "false");
}

#define WORDS_MAX 16

static enum err
bad_word(const struct conf_option *o, struct slice s, struct diag *why)
{
	const char *known[WORDS_MAX];
	size_t n = 0;
	struct buf all;

	buf_init(&all, 160);
	for (const struct conf_word *w = o->words; w->word != NULL; w++) {
		if (w->value == WORD_LATER || n == WORDS_MAX)
			continue;
		buf_add_str(&all, n > 0 ? ", " : "");
		buf_add_str(&all, w->word);
		known[n++] = w->word;
	}
	const char *near = name_nearest(s, known, n);
	enum err e = diag_set(why, ERR_SYNTAX, "",
	    "found \"%.*s\", expected one of: %.*s%s%s%s",
	    SLICE_ARG(slice_to(s, FOUND_MAX)), SLICE_ARG(buf_slice(&all)),
	    near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
	    near != NULL ? "\"?" : "");
	buf_free(&all);
	return e;
}

static enum err
read_word(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	(void)a;
	for (const struct conf_word *w = o->words; w->word != NULL; w++) {
		if (!slice_eq(s, slice_str(w->word)))
			continue;
		if (w->value == WORD_LATER)
			return diag_set(why, ERR_SYNTAX, "",
			    "\"%s\" is not in this version", w->word);
		memcpy(out, &w->value, sizeof(w->value));
		return ERR_OK;
	}
	return bad_word(o, s, why);
}

static void
show_word(const struct conf_option *o, const void *field, struct buf *b)
{
	int v;
	memcpy(&v, field, sizeof(v));
	for (const struct conf_word *w = o->words; w->word != NULL; w++)
		if (w->value == v) {
			value_show_string(slice_str(w->word), b);
			return;
		}
}

/* ---- texts ---- */

void
value_show_string(struct slice s, struct buf *b)
{
	buf_add_byte(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_add_byte(b, '\\');
		buf_add_byte(b, s.p[i]);
	}
	buf_add_byte(b, '"');
}

static void
show_text(const struct conf_option *o, const void *field, struct buf *b)
{
	struct slice s;
	(void)o;
	memcpy(&s, field, sizeof(s));
	value_show_string(s, b);
}

static enum err
keep(struct arena *a, struct slice s, bool lower, void *out)
{
	struct slice copy;
	if (lower ? !value_copy_lower(a, s, &copy) : !value_copy(a, s, &copy))
		return ERR_LIMIT;
	memcpy(out, &copy, sizeof(copy));
	return ERR_OK;
}

/* min 1: shall not be empty. max: octets, 0 for 4095. */
static enum err
read_path(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	size_t max = o->max == 0 ? 4095 : (size_t)o->max;
	if ((s.n == 0 && o->min > 0) || (s.n > 0 && s.p[0] != '/') ||
	    slice_find(s, '\0') != s.n)
		return bad(why, s, "an absolute path, one that begins with /");
	if (s.n > max)
		return diag_set(why, ERR_SYNTAX, "",
		    "found a path of %zu octets, expected at most %zu", s.n,
		    max);
	return keep(a, s, false, out);
}

static enum err
read_host(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	(void)o;
	if (!name_is_host(s))
		return bad(why, s, "a host name such as mail.example.org");
	return keep(a, s, true, out);
}

static enum err
read_address(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	(void)o;
	if (!name_is_address(s))
		return bad(why, s, "an address such as admin@example.org");
	return keep(a, s, false, out);
}

static enum err
read_user(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	(void)o;
	if (!name_is_user(s))
		return bad(why, s,
		    "the name of a system user: a-z, 0-9, \"_\", \"-\"");
	return keep(a, s, false, out);
}

static enum err
read_delimiter(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	(void)o;
	if (s.n > 1 || (s.n == 1 && slice_find(SLICE("+-_=#"), s.p[0]) == 5))
		return bad(why, s, "one of + - _ = # or \"\" for none");
	return keep(a, s, false, out);
}

static enum err
read_nexthop(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	struct nexthop h;
	(void)o;
	enum err e = nexthop_parse(s, &h, why);
	if (e != ERR_OK)
		return e;
	if (!value_copy(a, h.path, &h.path) ||
	    !value_copy_lower(a, h.host, &h.host))
		return ERR_LIMIT;
	memcpy(out, &h, sizeof(h));
	return ERR_OK;
}

static void
show_nexthop(const struct conf_option *o, const void *field, struct buf *b)
{
	struct nexthop h;
	struct buf text;
	(void)o;
	memcpy(&h, field, sizeof(h));
	buf_init(&text, 8192);
	nexthop_text(&h, &text);
	value_show_string(buf_slice(&text), b);
	buf_free(&text);
}

/* ---- addresses ---- */

static enum err
read_endpoint_port(struct slice s, uint16_t port, void *out, struct diag *why)
{
	struct conf_endpoint ep = {0};
	if (ip_host_port(s, port, &ep.ip, &ep.port) != ERR_OK || ep.port == 0)
		return bad(why, s,
		    port == 0
			? "address:port such as 0.0.0.0:25 or [::]:25"
			: "an address such as 192.0.2.1 or [2001:db8::1]:53");
	memcpy(out, &ep, sizeof(ep));
	return ERR_OK;
}

static enum err
read_endpoint(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	(void)o;
	(void)a;
	return read_endpoint_port(s, 0, out, why);
}

static enum err
read_server(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	struct conf_endpoint ep = {.port = 53};
	(void)o;
	(void)a;
	if (ip_parse(s, &ep.ip) == ERR_OK) {
		memcpy(out, &ep, sizeof(ep));
		return ERR_OK;
	}
	return read_endpoint_port(s, 53, out, why);
}

static enum err
read_ip(const struct conf_option *o, struct slice s, struct arena *a, void *out,
    struct diag *why)
{
	struct ip ip;
	(void)o;
	(void)a;
	if (ip_parse(s, &ip) != ERR_OK)
		return bad(why, s, "an address such as 192.0.2.1");
	memcpy(out, &ip, sizeof(ip));
	return ERR_OK;
}

/* A network or a host name, told apart by the caller through .bits. */
struct trust_item {
	struct ip_net net; /* ip.family 0: a name */
	struct slice name;
};

static enum err
read_trust_item(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	struct trust_item t = {0};
	(void)o;
	if (ip_net_parse(s, &t.net) != ERR_OK) {
		bool parent = s.n > 0 && s.p[0] == '.';
		if (!name_is_host(parent ? slice_from(s, 1) : s))
			return bad(why, s,
			    "a network such as 192.0.2.0/24 (no host bits "
			    "set), an address, a host name or .parent");
		if (!value_copy_lower(a, s, &t.name))
			return ERR_LIMIT;
	}
	memcpy(out, &t, sizeof(t));
	return ERR_OK;
}

static void
show_endpoint(const struct conf_option *o, const void *item, struct buf *b)
{
	struct conf_endpoint ep;
	(void)o;
	memcpy(&ep, item, sizeof(ep));
	buf_add_str(b, ep.ip.family == 6 ? "\"[" : "\"");
	buf_add_ip(b, &ep.ip);
	buf_add_str(b, ep.ip.family == 6 ? "]:" : ":");
	buf_add_u64(b, ep.port);
	buf_add_byte(b, '"');
}

static void
show_ip(const struct conf_option *o, const void *item, struct buf *b)
{
	struct ip ip;
	(void)o;
	memcpy(&ip, item, sizeof(ip));
	buf_add_byte(b, '"');
	buf_add_ip(b, &ip);
	buf_add_byte(b, '"');
}

static void
show_net(const struct ip_net *net, struct buf *b)
{
	buf_add_byte(b, '"');
	buf_add_ip(b, &net->ip);
	if (net->bits != (net->ip.family == 4 ? 32 : 128)) {
		buf_add_byte(b, '/');
		buf_add_u64(b, net->bits);
	}
	buf_add_byte(b, '"');
}

static void
show_trust(const struct conf_option *o, const void *field, struct buf *b)
{
	struct conf_trust t;
	(void)o;
	memcpy(&t, field, sizeof(t));
	buf_add_byte(b, '{');
	for (size_t i = 0; i < t.net_n; i++) {
		buf_add_str(b, i > 0 ? ", " : "");
		show_net(&t.net[i], b);
	}
	for (size_t i = 0; i < t.name_n; i++) {
		buf_add_str(b, i + t.net_n > 0 ? ", " : "");
		value_show_string(t.name[i], b);
	}
	buf_add_byte(b, '}');
}

/* ---- the table of types ---- */

static const struct type {
	size_t item; /* octets of what read writes */
	bool list;   /* the field is {pointer, count} of items, or trust */
	scalar_fn read;
	show_fn show; /* of an item of a list, but for trust */
} types[] = {
    [TYPE_BOOL] = {sizeof(bool), false, read_bool, show_bool},
    [TYPE_COUNT] = {sizeof(uint64_t), false, read_count, show_count},
    [TYPE_DURATION] = {sizeof(uint64_t), false, read_duration, show_duration},
    [TYPE_SIZE] = {sizeof(uint64_t), false, read_size, show_size},
    [TYPE_WORD] = {sizeof(int), false, read_word, show_word},
    [TYPE_PATH] = {sizeof(struct slice), false, read_path, show_text},
    [TYPE_HOST] = {sizeof(struct slice), false, read_host, show_text},
    [TYPE_ADDRESS] = {sizeof(struct slice), false, read_address, show_text},
    [TYPE_USER] = {sizeof(struct slice), false, read_user, show_text},
    [TYPE_DELIMITER] = {sizeof(struct slice), false, read_delimiter, show_text},
    [TYPE_NEXTHOP] = {sizeof(struct nexthop), false, read_nexthop,
	show_nexthop},
    [TYPE_ENDPOINTS] = {sizeof(struct conf_endpoint), true, read_endpoint,
	show_endpoint},
    [TYPE_SERVERS] = {sizeof(struct conf_endpoint), true, read_server,
	show_endpoint},
    [TYPE_IPS] = {sizeof(struct ip), true, read_ip, show_ip},
    [TYPE_DURATIONS] = {sizeof(uint64_t), true, read_interval, show_duration},
    [TYPE_TRUST] = {sizeof(struct trust_item), true, read_trust_item,
	show_trust},
    [TYPE_LATER] = {0, false, NULL, NULL},
};

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

static enum err
store_list(const struct conf_option *o, const void *items, size_t n,
    struct arena *a, void *field)
{
	if (o->type == TYPE_TRUST)
		return split_trust(items, n, a, field);
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

	if (!t->list || o->type == TYPE_TRUST) {
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
