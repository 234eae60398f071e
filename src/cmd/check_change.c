#include "cmd/check_change.h"

#include <stdlib.h>
#include <string.h>

#define PATH_OCTETS_MAX 262144
#define NAME_MAX_N      200 /* of an element, in a path */
#define VALUE_MAX       300 /* of a value that is shown */
#define SENTENCE_MAX    65536

/* ---- sentences ---- */

/* "20:39:00" as a word of its own, not within an IPv6 address. */
static bool
clock_at(const char *s, size_t i)
{
	if (i > 0 && s[i - 1] != ' ' && s[i - 1] != 'T')
		return false;
	for (size_t k = 0; k < 8; k++) {
		char c = s[i + k];
		if (k % 3 == 2 ? c != ':' : c < '0' || c > '9')
			return false;
	}
	return s[i + 8] != ':' && !ascii_is_alnum((uint8_t)s[i + 8]);
}

/* A date and time alone is what it says: when a certificate ends. */
static bool
is_date(const char *s)
{
	return strspn(s, "0123456789-:.TZ+ ") == strlen(s) && strlen(s) >= 10 &&
	       s[4] == '-' && s[7] == '-';
}

static bool
is_unit(struct slice word)
{
	static const char *const units[] = {"ms", "s", "second", "seconds",
	    "minute", "minutes", "hour", "hours", "day", "days", "detik",
	    "menit", "jam", "hari", "connections", "sambungan",
	    /* how many there are of late, in the findings abuse.* */
	    "recipients", "penerima", "answers", "jawaban"};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (slice_eq(word, slice_str(units[i])))
			return true;
	return false;
}

static bool
is_calendar(struct slice word)
{
	static const char names[] =
	    "Mon Tue Wed Thu Fri Sat Sun Jan Feb Mar Apr May Jun Jul Aug Sep "
	    "Oct Nov Dec ";

	for (size_t i = 0; word.n == 3 && i + 3 < sizeof(names); i += 4)
		if (memcmp(names + i, word.p, 3) == 0)
			return true;
	return false;
}

static size_t
run_of(const char *s, bool (*is)(uint8_t c))
{
	size_t n = 0;

	while (is((uint8_t)s[n]))
		n++;
	return n;
}

/* Does a reply of a server stand in there: "250 ..." or "250-..."? */
static bool
has_reply(const char *s)
{
	for (size_t i = 0; s[i] != '\0'; i++) {
		bool begins = i == 0 || s[i - 1] == ' ' || s[i - 1] == '(';
		if (begins && s[i] >= '2' && s[i] <= '5' &&
		    ascii_is_digit((uint8_t)s[i + 1]) &&
		    ascii_is_digit((uint8_t)s[i + 2]) &&
		    (s[i + 3] == ' ' || s[i + 3] == '-'))
			return true;
	}
	return false;
}

/* Servers number their sessions in what they say: a long word of letters and
 * several digits. */
static bool
is_number_of_session(struct slice word)
{
	size_t digits = 0, letters = 0;

	for (size_t i = 0; i < word.n; i++) {
		digits += ascii_is_digit(word.p[i]);
		letters += ascii_is_alpha(word.p[i]);
	}
	return word.n >= 10 && digits >= 3 && letters >= 2;
}

static bool
is_word_octet(uint8_t c)
{
	return ascii_is_alnum(c) || c == '-' || c == '_' || c == '.';
}

/* What a sentence says beside its times: where it tells one of the clock, no
 * number and no name of a day; else none that counts a unit of time or our
 * own connections; and no numbers of sessions in replies. */
struct reading {
	bool clock, reply;
};

/* The word behind a number; of "2 of 61 connections" the last. */
static struct slice
unit_at(const char *s)
{
	static const char *const of[] = {" of ", " dari "};

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		if (strncmp(s, of[i], strlen(of[i])) == 0)
			s += strlen(of[i]) +
			     run_of(s + strlen(of[i]), ascii_is_digit);
	s += *s == ' ';
	return slice_of(s, run_of(s, ascii_is_alpha));
}

/* How much of s is read as one thing, and what it is. */
static size_t
read_piece(const struct reading *r, const char *s, struct buf *out)
{
	size_t word = run_of(s, is_word_octet);
	size_t digits = run_of(s, ascii_is_digit);
	size_t letters = run_of(s, ascii_is_alpha);

	if (r->reply && is_number_of_session(slice_of(s, word))) {
		buf_add_byte(out, '#');
		return word;
	}
	size_t n = digits > 0 ? digits : letters > 0 ? letters : 1;
	struct slice unit = unit_at(s + digits);
	/* "20261122034255": a version that is made of the time. */
	bool stamp = digits == 14 && s[0] == '2' && s[1] == '0';
	bool hide =
	    stamp || (digits > 0 && (r->clock || is_unit(unit))) ||
	    (digits == 0 && r->clock && is_calendar(slice_of(s, letters)));
	if (hide)
		buf_add_byte(out, '#');
	else
		buf_add(out, slice_of(s, n));
	return n;
}

static void
timeless(const char *s, struct buf *out)
{
	struct reading r = {.reply = has_reply(s)};
	size_t len = strlen(s);

	for (size_t i = 0; !r.clock && i + 8 <= len; i++)
		r.clock = clock_at(s, i);
	r.clock = r.clock && !is_date(s);
	while (*s != '\0')
		s += read_piece(&r, s, out);
}

bool
check_change_same(const char *a, const char *b)
{
	struct buf x, y;

	if (strcmp(a, b) == 0)
		return true;
	buf_init(&x, SENTENCE_MAX);
	buf_init(&y, SENTENCE_MAX);
	timeless(a, &x);
	timeless(b, &y);
	bool same = buf_err(&x) == ERR_OK && buf_err(&y) == ERR_OK &&
		    slice_eq(buf_slice(&x), buf_slice(&y));
	buf_free(&x);
	buf_free(&y);
	return same;
}

/* ---- trees ---- */

struct change {
	json_t *found;
	struct buf path;
	bool failed;
};

/* Numbers that are another each time, by their whole names: of a policy's
 * "max_age" a change counts; and the object "figures", which is such numbers.
 */
static bool
is_noise(const char *key, const json_t *value)
{
	static const char *const keys[] = {"ms", "connect_ms", "greeting_ms",
	    "transaction_ms", "ttl", "connections"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(key, keys[i]) == 0)
			return json_is_number(value) || json_is_null(value);
	return json_is_object(value) && strcmp(key, "figures") == 0;
}

static bool
is_transcript(const json_t *array)
{
	const json_t *first = json_array_get(array, 0);

	return json_object_get(first, "ms") != NULL &&
	       json_object_get(first, "who") != NULL &&
	       json_object_get(first, "text") != NULL;
}

/* Elements that are compared: a dialogue has none. */
static size_t
elements(const json_t *array)
{
	return is_transcript(array) ? 0 : json_array_size(array);
}

/* A member that may as well not be there. */
static bool
is_nothing(const char *key, const json_t *value)
{
	return is_noise(key, value) ||
	       (json_is_array(value) && elements(value) == 0);
}

/* jansson walks an object only by a pointer it could write through. */
static json_t *
unconst(const json_t *j)
{
	return (json_t *)(uintptr_t)j;
}

static void
add(struct change *c, const json_t *before, const json_t *now)
{
	json_t *part = c->path.n > 0
			   ? json_stringn((const char *)c->path.p, c->path.n)
			   : json_string("");
	json_t *change = json_object();

	if (part == NULL || change == NULL ||
	    json_object_set_new(change, "part", part) != 0 ||
	    json_object_set_new(change, "before",
		before != NULL ? json_deep_copy(before) : json_null()) != 0 ||
	    json_object_set_new(change, "now",
		now != NULL ? json_deep_copy(now) : json_null()) != 0 ||
	    json_array_append_new(c->found, change) != 0)
		c->failed = true;
}

static void compare(struct change *c, const json_t *before, const json_t *now);

static void
compare_objects(struct change *c, const json_t *before, const json_t *now)
{
	size_t was = c->path.n;

	/* The same walk twice: what is there now, then what is no more. */
	for (int gone = 0; gone < 2; gone++) {
		json_t *all = unconst(gone ? before : now), *each;
		const char *key;
		json_object_foreach(all, key, each)
		{
			const json_t *other =
			    json_object_get(gone ? now : before, key);
			if (gone && other != NULL)
				continue;
			if (is_nothing(key, each) &&
			    (other == NULL || is_nothing(key, other)))
				continue;
			buf_printf(&c->path, "%s%s", was > 0 ? "." : "", key);
			if (gone)
				add(c, each, NULL);
			else if (other == NULL)
				add(c, NULL, each);
			else
				compare(c, other, each);
			c->path.n = was;
		}
	}
}

/* What tells an element of an array from its neighbours: its first text. */
static const char *
name_of(const json_t *element)
{
	json_t *value;
	const char *key;

	if (json_is_string(element))
		return json_string_value(element);
	json_object_foreach(unconst(element), key,
	    value) if (json_is_string(value)) return json_string_value(value);
	return "";
}

static bool
same_element(const json_t *a, const json_t *b)
{
	const char *x = json_string_value(json_object_get(a, "text"));
	const char *y = json_string_value(json_object_get(b, "text"));

	if (strcmp(name_of(a), name_of(b)) != 0)
		return false;
	return x == NULL || y == NULL || check_change_same(x, y);
}

/* The element of other that is each: of several alike, the one that as many
 * stand before. */
static const json_t *
counterpart(const json_t *array, size_t index, const json_t *other)
{
	const json_t *each = json_array_get(array, index);
	size_t before = 0, n = elements(other);

	for (size_t i = 0; i < index; i++)
		before += same_element(each, json_array_get(array, i));
	for (size_t i = 0; i < n; i++) {
		const json_t *e = json_array_get(other, i);
		if (same_element(each, e) && before-- == 0)
			return e;
	}
	return NULL;
}

/* The name, cut between characters. */
static void
add_index(struct buf *path, const char *name, size_t i)
{
	size_t n = strnlen(name, NAME_MAX_N);

	while (n > 0 && ((uint8_t)name[n] & 0xc0) == 0x80)
		n--;
	if (n > 0)
		buf_printf(path, "[%.*s]", (int)n, name);
	else
		buf_printf(path, "[%zu]", i);
}

static void
compare_arrays(struct change *c, const json_t *before, const json_t *now)
{
	size_t was = c->path.n;

	for (int gone = 0; gone < 2; gone++) {
		const json_t *all = gone ? before : now;
		const json_t *others = gone ? now : before;
		for (size_t i = 0; i < elements(all); i++) {
			const json_t *each = json_array_get(all, i);
			const json_t *other = counterpart(all, i, others);
			const char *name = name_of(each);
			if (gone && other != NULL)
				continue;
			add_index(&c->path, name, i);
			if (gone)
				add(c, each, NULL);
			else if (other == NULL)
				add(c, NULL, each);
			else
				compare(c, other, each);
			c->path.n = was;
		}
	}
}

static void
compare(struct change *c, const json_t *before, const json_t *now)
{
	if (json_is_object(before) && json_is_object(now)) {
		compare_objects(c, before, now);
	} else if (json_is_array(before) && json_is_array(now)) {
		compare_arrays(c, before, now);
	} else if (json_is_string(before) && json_is_string(now)) {
		if (!check_change_same(
			json_string_value(before), json_string_value(now)))
			add(c, before, now);
	} else if (!json_equal(before, now)) {
		add(c, before, now);
	}
}

void
check_change_strip(json_t *answer)
{
	json_t *value;
	const char *key;
	void *next;
	size_t i;

	if (is_transcript(answer))
		(void)json_array_clear(answer);
	json_array_foreach(answer, i, value) check_change_strip(value);
	json_object_foreach_safe(answer, next, key, value)
	{
		if (is_nothing(key, value))
			(void)json_object_del(answer, key);
		else
			check_change_strip(value);
	}
}

json_t *
check_change_find(const json_t *before, const json_t *now)
{
	struct change c = {.found = json_array()};

	if (c.found == NULL)
		return NULL;
	buf_init(&c.path, PATH_OCTETS_MAX);
	compare(&c, before, now);
	buf_free(&c.path);
	if (c.failed) {
		json_decref(c.found);
		return NULL;
	}
	return c.found;
}

/* ---- lines ---- */

static void
add_value(struct buf *out, const json_t *v)
{
	/* Of a whole answer, that of a target of a batch, the word. */
	const json_t *answer = json_object_get(v, "answer");
	char *text = json_dumps(
	    answer != NULL ? answer : v, JSON_ENCODE_ANY | JSON_COMPACT);
	struct slice s = slice_str(text);

	buf_add(out, slice_to(s, VALUE_MAX));
	if (s.n > VALUE_MAX)
		buf_add_str(out, " ...");
	free(text);
}

static void
add_line(
    struct buf *out, const char *part, const json_t *before, const json_t *now)
{
	const json_t *one = json_is_null(now) ? before : now;
	const char *code = json_string_value(json_object_get(one, "code"));
	const char *text = json_string_value(json_object_get(one, "text"));
	const char *cure = json_string_value(json_object_get(one, "cure"));

	buf_printf(out, "%s ",
	    json_is_null(before) ? "+"
	    : json_is_null(now)  ? "-"
				 : "!");
	if (code != NULL && text != NULL) {
		buf_printf(out, "%s: %s", code, text);
		if (json_is_null(before) && cure != NULL && *cure != '\0')
			buf_printf(out, " -> %s", cure);
	} else {
		buf_printf(out, "%s: ", part);
		if (!json_is_null(before))
			add_value(out, before);
		if (!json_is_null(before) && !json_is_null(now))
			buf_add_str(out, " -> ");
		if (!json_is_null(now))
			add_value(out, now);
	}
}

void
check_change_text(const json_t *changes, struct buf *out)
{
	for (size_t i = 0; i < json_array_size(changes); i++) {
		const json_t *c = json_array_get(changes, i);
		size_t from = out->n;
		add_line(out, json_string_value(json_object_get(c, "part")),
		    json_object_get(c, "before"), json_object_get(c, "now"));
		for (size_t k = from; k < out->n; k++)
			if (out->p[k] == '\n')
				out->p[k] = ' ';
		buf_add_byte(out, '\n');
	}
}
