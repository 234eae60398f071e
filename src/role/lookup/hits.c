#include "role/lookup/hits.h"

#include <stdlib.h>
#include <string.h>

#include "policy/exempt.h"

#define HEAD "kurir-hits 1 "

/* An entry and its key: a letter for the list, and the text. */
struct node {
	struct hit hit;
	size_t key_n;
	uint8_t key[];
};

void
hits_init(struct hits *h, const uint64_t seed[2], uint64_t now_s)
{
	*h = (struct hits){.since_s = now_s};
	map_init(&h->map, seed);
}

void
hits_free(struct hits *h)
{
	size_t cursor = 0;
	struct node *n;
	while ((n = map_next(&h->map, &cursor)) != NULL)
		free(n);
	map_free(&h->map);
	h->n = 0;
}

/* The key in the caller's octets; n == 0: the entry is too long for one. */
static struct slice
key_in(uint8_t out[EXEMPT_LINE_MAX + 1], enum conf_exempt_list list,
    struct slice entry)
{
	if (entry.n > EXEMPT_LINE_MAX)
		return SLICE_EMPTY;
	out[0] = (uint8_t)('a' + list);
	if (entry.n > 0)
		memcpy(out + 1, entry.p, entry.n);
	return slice_of(out, entry.n + 1);
}

static struct node *
node_find(const struct hits *h, enum conf_exempt_list list, struct slice entry)
{
	uint8_t octets[EXEMPT_LINE_MAX + 1];
	struct slice key = key_in(octets, list, entry);
	return key.n == 0 ? NULL : map_get(&h->map, key);
}

static struct node *
node_make(struct hits *h, enum conf_exempt_list list, struct slice entry)
{
	uint8_t octets[EXEMPT_LINE_MAX + 1];
	struct slice key = key_in(octets, list, entry);
	struct node *n = key.n == 0 ? NULL : map_get(&h->map, key);
	if (n != NULL || key.n == 0 || h->n >= HITS_MAX)
		return n;
	n = calloc(1, sizeof(*n) + key.n);
	if (n == NULL)
		return NULL;
	memcpy(n->key, key.p, key.n);
	n->key_n = key.n;
	n->hit.list = list;
	n->hit.entry = slice_of(n->key + 1, key.n - 1);
	if (map_put(&h->map, slice_of(n->key, n->key_n), n) != ERR_OK) {
		free(n);
		return NULL;
	}
	h->n++;
	h->changed = true;
	return n;
}

const struct hit *
hits_find(const struct hits *h, enum conf_exempt_list list, struct slice entry)
{
	const struct node *n = node_find(h, list, entry);
	return n == NULL ? NULL : &n->hit;
}

void
hits_seen(struct hits *h, enum conf_exempt_list list, struct slice entry,
    uint64_t now_s)
{
	struct node *n = node_make(h, list, entry);
	if (n != NULL && n->hit.first_s == 0)
		n->hit.first_s = now_s;
}

void
hits_count(struct hits *h, enum conf_exempt_list list, struct slice entry,
    uint64_t now_s)
{
	struct node *n = node_make(h, list, entry);
	if (n == NULL)
		return;
	if (n->hit.first_s == 0)
		n->hit.first_s = now_s;
	n->hit.count++;
	n->hit.last_s = now_s;
	h->changed = true;
}

void
hits_keep(struct hits *h, enum conf_exempt_list list,
    bool (*is)(void *arg, struct slice entry), void *arg)
{
	size_t cursor = 0;
	struct node *n;
	while ((n = map_next(&h->map, &cursor)) != NULL) {
		if (n->hit.list != list || is(arg, n->hit.entry))
			continue;
		(void)map_remove(&h->map, slice_of(n->key, n->key_n));
		free(n);
		h->n--;
		h->changed = true;
	}
}

uint64_t
hits_sum(const struct hits *h, enum conf_exempt_list list, uint64_t *out_last_s)
{
	uint64_t sum = 0;
	size_t cursor = 0;
	const struct node *n;
	*out_last_s = 0;
	while ((n = map_next(&h->map, &cursor)) != NULL) {
		if (n->hit.list != list)
			continue;
		sum += n->hit.count;
		if (n->hit.last_s > *out_last_s)
			*out_last_s = n->hit.last_s;
	}
	return sum;
}

/* ---- the file ---- */

static struct slice
next_word(struct slice *line)
{
	struct slice word = slice_to(*line, slice_find(*line, ' '));
	*line = slice_from(*line, word.n + 1);
	return word;
}

static bool
parse_line(struct hits *h, struct slice line)
{
	uint64_t count, last_s, first_s;
	enum conf_exempt_list list = conf_exempt_parse(next_word(&line));
	if (list == CONF_EXEMPT_LISTS || !slice_u64(next_word(&line), &count) ||
	    !slice_u64(next_word(&line), &last_s) ||
	    !slice_u64(next_word(&line), &first_s) || line.n == 0 ||
	    slice_find(line, ' ') < line.n)
		return false;
	struct node *n = node_make(h, list, line);
	if (n == NULL)
		return false;
	n->hit.count = count;
	n->hit.last_s = last_s;
	n->hit.first_s = first_s;
	return true;
}

bool
hits_parse(struct hits *h, struct slice file)
{
	struct slice head = slice_to(file, slice_find(file, '\n'));
	uint64_t since_s;
	bool whole = true;
	if (!slice_starts(head, SLICE(HEAD)) ||
	    !slice_u64(slice_from(head, sizeof(HEAD) - 1), &since_s))
		return false;
	h->since_s = since_s;
	file = slice_from(file, head.n + 1);
	while (file.n > 0) {
		struct slice line = slice_to(file, slice_find(file, '\n'));
		file = slice_from(file, line.n + 1);
		whole = parse_line(h, line) && whole;
	}
	h->changed = false;
	return whole;
}

void
hits_add_file(struct buf *b, const struct hits *h)
{
	size_t cursor = 0;
	const struct node *n;
	buf_add_str(b, HEAD);
	buf_add_u64(b, h->since_s);
	buf_add_byte(b, '\n');
	while ((n = map_next(&h->map, &cursor)) != NULL) {
		const uint64_t v[] = {
		    n->hit.count, n->hit.last_s, n->hit.first_s};
		buf_add_str(b, conf_exempt_name(n->hit.list));
		for (size_t i = 0; i < 3; i++) {
			buf_add_byte(b, ' ');
			buf_add_u64(b, v[i]);
		}
		buf_add_byte(b, ' ');
		buf_add(b, n->hit.entry);
		buf_add_byte(b, '\n');
	}
}
