#include "policy/sync_state.h"

#include <string.h>

#define HEAD "kurir-sync 1\n"

/* In the order in which they stand in the file. */
static const struct field {
	const char *name;
	size_t offset;
	size_t max; /* octets of a text; 0: it is a number */
	bool cut;   /* a longer one is worth something all the same */
} fields[] = {
    {"last-sync ", offsetof(struct sync_state, last_sync), 0, false},
    {"last-try ", offsetof(struct sync_state, last_try), 0, false},
    {"entries ", offsetof(struct sync_state, entries), 0, false},
    {"octets ", offsetof(struct sync_state, octets), 0, false},
    {"timestamp ", offsetof(struct sync_state, timestamp), 0, false},
    {"url ", offsetof(struct sync_state, url), 2048, false},
    {"key ", offsetof(struct sync_state, key), 128, false},
    {"etag ", offsetof(struct sync_state, etag), 1024, false},
    {"last-modified ", offsetof(struct sync_state, last_modified), 128, false},
    {"last-error ", offsetof(struct sync_state, last_error), 1024, true},
};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static bool
is_control(uint8_t c)
{
	return c < ' ' || c == 0x7f;
}

static bool
take(const struct field *f, struct slice value, struct sync_state *s)
{
	void *at = (uint8_t *)s + f->offset;
	if (f->max == 0)
		return value.n > 0 && value.p[0] != '0' && slice_u64(value, at);
	if (value.n == 0 || value.n > f->max)
		return false;
	for (size_t i = 0; i < value.n; i++)
		if (is_control(value.p[i]))
			return false;
	memcpy(at, &value, sizeof(value));
	return true;
}

static bool
parse(struct slice file, struct sync_state *s)
{
	if (file.n > SYNC_STATE_MAX || !slice_starts(file, SLICE(HEAD)))
		return false;
	file = slice_from(file, sizeof(HEAD) - 1);
	for (size_t i = 0; file.n > 0; i++) {
		size_t end = slice_find(file, '\n');
		if (end == file.n)
			return false;
		while (i < FIELDS &&
		       !slice_starts(file, slice_str(fields[i].name)))
			i++;
		if (i == FIELDS)
			return false;
		struct slice line = slice_to(file, end);
		if (!take(&fields[i],
			slice_from(line, slice_str(fields[i].name).n), s))
			return false;
		file = slice_from(file, end + 1);
	}
	return true;
}

enum err
sync_state_parse(struct slice file, struct sync_state *out)
{
	memset(out, 0, sizeof(*out));
	if (parse(file, out))
		return ERR_OK;
	memset(out, 0, sizeof(*out));
	return ERR_SYNTAX;
}

static void
add_field(struct buf *b, const struct field *f, const struct sync_state *s)
{
	const void *at = (const uint8_t *)s + f->offset;
	struct slice text;
	uint64_t number;
	if (f->max == 0) {
		memcpy(&number, at, sizeof(number));
		if (number == 0)
			return;
		buf_add_str(b, f->name);
		buf_add_u64(b, number);
	} else {
		memcpy(&text, at, sizeof(text));
		if (text.n == 0 || (text.n > f->max && !f->cut))
			return;
		buf_add_str(b, f->name);
		text = slice_to(text, f->max);
		for (size_t i = 0; i < text.n; i++)
			buf_add_byte(
			    b, is_control(text.p[i]) ? '?' : text.p[i]);
	}
	buf_add_byte(b, '\n');
}

void
sync_state_add(struct buf *b, const struct sync_state *s)
{
	buf_add_str(b, HEAD);
	for (size_t i = 0; i < FIELDS; i++)
		add_field(b, &fields[i], s);
}
