#include "conf/names.h"
#include "conf/scalar.h"

#include <string.h>

enum err
scalar_bad(struct diag *why, struct slice found, const char *expected)
{
	return diag_set(why, ERR_SYNTAX, "", "found \"%.*s%s\", expected %s",
	    SLICE_ARG(slice_to(found, SCALAR_FOUND_MAX)),
	    found.n > SCALAR_FOUND_MAX ? "..." : "", expected);
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
		return scalar_bad(why, s, expected);
	if (v < o->min || v > o->max) {
		struct buf range;
		buf_init(&range, 100);
		show_units(o->min, u, &range);
		buf_add_str(&range, " to ");
		show_units(o->max, u, &range);
		buf_add_byte(&range, '\0');
		enum err e = scalar_bad(why, s, (const char *)range.p);
		buf_free(&range);
		return e;
	}
	memcpy(out, &v, sizeof(v));
	return ERR_OK;
}

enum err
scalar_count(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	(void)a;
	return read_number(o, s, count_units, "a number", out, why);
}

enum err
scalar_duration(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	(void)a;
	return read_number(o, s, duration_units,
	    "a duration such as 500ms, 30s, 5min, 4h or 5d", out, why);
}

enum err
scalar_size(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	(void)a;
	return read_number(
	    o, s, size_units, "a size such as 64KB, 25MB or 2GB", out, why);
}

/* An interval of a list; the range of o counts its items. */
enum err
scalar_interval(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	static const struct conf_option one = {.min = 1000, .max = 2592000000};
	(void)o;
	return scalar_duration(&one, s, a, out, why);
}

static uint64_t
as_u64(const void *field)
{
	uint64_t v;
	memcpy(&v, field, sizeof(v));
	return v;
}

void
scalar_show_count(const struct conf_option *o, const void *field, struct buf *b)
{
	(void)o;
	buf_add_u64(b, as_u64(field));
}

void
scalar_show_duration(
    const struct conf_option *o, const void *field, struct buf *b)
{
	(void)o;
	buf_add_byte(b, '"');
	value_show_duration(as_u64(field), b);
	buf_add_byte(b, '"');
}

void
scalar_show_size(const struct conf_option *o, const void *field, struct buf *b)
{
	(void)o;
	buf_add_byte(b, '"');
	value_show_size(as_u64(field), b);
	buf_add_byte(b, '"');
}

/* ---- so many in so long, and times of the day ---- */

static const char rate_expected[] =
    "a rate such as 200/1d or 10/1h, or \"\" for no limit";

static bool
parse_rate(struct slice s, struct conf_rate *out)
{
	size_t slash = slice_find(s, '/');

	*out = (struct conf_rate){0, duration_units[0].factor};
	if (s.n == 0)
		return true;
	return slice_u64(slice_to(s, slash), &out->count) && out->count > 0 &&
	       out->count <= 1000000000 &&
	       parse_units(
		   slice_from(s, slash + 1), duration_units, &out->window_ms) &&
	       out->window_ms >= 1000 && out->window_ms <= 2592000000;
}

enum err
scalar_rate(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	struct conf_rate rate;
	(void)o;
	(void)a;
	if (!parse_rate(s, &rate))
		return scalar_bad(why, s, rate_expected);
	memcpy(out, &rate, sizeof(rate));
	return ERR_OK;
}

void
scalar_show_rate(const struct conf_option *o, const void *field, struct buf *b)
{
	struct conf_rate rate;
	(void)o;
	memcpy(&rate, field, sizeof(rate));
	buf_add_byte(b, '"');
	if (rate.count > 0) {
		buf_add_u64(b, rate.count);
		buf_add_byte(b, '/');
		value_show_duration(rate.window_ms, b);
	}
	buf_add_byte(b, '"');
}

/* HH:MM to minutes after midnight. */
enum err
scalar_time(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	uint64_t hour, minute;
	(void)o;
	(void)a;
	if (s.n != 5 || s.p[2] != ':' || !slice_u64(slice_to(s, 2), &hour) ||
	    !slice_u64(slice_from(s, 3), &minute) || hour > 23 || minute > 59)
		return scalar_bad(why, s, "a time of the day, 00:00 to 23:59");
	hour = hour * 60 + minute;
	memcpy(out, &hour, sizeof(hour));
	return ERR_OK;
}

void
scalar_show_time(const struct conf_option *o, const void *field, struct buf *b)
{
	uint64_t v = as_u64(field);
	(void)o;
	buf_add_byte(b, '"');
	buf_add_u64_pad(b, v / 60, 2);
	buf_add_byte(b, ':');
	buf_add_u64_pad(b, v % 60, 2);
	buf_add_byte(b, '"');
}

/* ---- words ---- */

enum err
scalar_bool(const struct conf_option *o, struct slice s, struct arena *a,
    void *out, struct diag *why)
{
	(void)o;
	(void)a;
	bool v = slice_eq(s, SLICE("true"));
	if (!v && !slice_eq(s, SLICE("false")))
		return scalar_bad(why, s, "true or false");
	memcpy(out, &v, sizeof(v));
	return ERR_OK;
}

void
scalar_show_bool(const struct conf_option *o, const void *field, struct buf *b)
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
	    SLICE_ARG(slice_to(s, SCALAR_FOUND_MAX)),
	    SLICE_ARG(buf_slice(&all)), near != NULL ? "; did you mean \"" : "",
	    near != NULL ? near : "", near != NULL ? "\"?" : "");
	buf_free(&all);
	return e;
}

enum err
scalar_word(const struct conf_option *o, struct slice s, struct arena *a,
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

void
scalar_show_word(const struct conf_option *o, const void *field, struct buf *b)
{
	int v;
	memcpy(&v, field, sizeof(v));
	for (const struct conf_word *w = o->words; w->word != NULL; w++)
		if (w->value == v) {
			value_show_string(slice_str(w->word), b);
			return;
		}
}

void
scalar_show_words(const struct conf_option *o, const void *field, struct buf *b)
{
	const char *between = "";
	unsigned set;

	memcpy(&set, field, sizeof(set));
	buf_add_byte(b, '{');
	for (const struct conf_word *w = o->words; w->word != NULL; w++) {
		if (w->value == WORD_LATER || (set & (unsigned)w->value) == 0)
			continue;
		buf_add_str(b, between);
		value_show_string(slice_str(w->word), b);
		between = ", ";
	}
	buf_add_byte(b, '}');
}
