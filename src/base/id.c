#include "base/id.h"

#include <string.h>

#define COUNTER_BITS  12
#define INSTANCE_BITS 10
#define TIME_SHIFT    (COUNTER_BITS + INSTANCE_BITS)

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void
id_gen_init(struct id_gen *g, uint32_t instance)
{
	*g = (struct id_gen){.instance = instance % ID_INSTANCES};
}

static uint64_t
since_epoch(uint64_t unix_ms)
{
	return unix_ms <= ID_EPOCH_MS ? 1 : unix_ms - ID_EPOCH_MS;
}

id_t64
id_next(struct id_gen *g, uint64_t unix_ms)
{
	/* last holds time and counter as one number: a counter that overflows
	 * carries into the time, and a clock that stands still only counts. */
	uint64_t now = since_epoch(unix_ms) << COUNTER_BITS;
	g->last = now > g->last ? now : g->last + 1;
	uint64_t counter = g->last & ((1u << COUNTER_BITS) - 1);
	return (g->last >> COUNTER_BITS) << TIME_SHIFT |
	       (uint64_t)g->instance << COUNTER_BITS | counter;
}

uint64_t
id_time_ms(id_t64 id)
{
	return (id >> TIME_SHIFT) + ID_EPOCH_MS;
}

id_t64
id_floor(uint64_t unix_ms)
{
	return since_epoch(unix_ms) << TIME_SHIFT;
}

void
id_text(id_t64 id, char out[ID_TEXT_LEN + 1])
{
	for (int i = ID_TEXT_LEN - 1; i >= 0; i--) {
		out[i] = alphabet[id & 31];
		id >>= 5;
	}
	out[ID_TEXT_LEN] = '\0';
}

void
buf_add_id(struct buf *b, id_t64 id)
{
	char text[ID_TEXT_LEN + 1];
	id_text(id, text);
	buf_add(b, slice_of(text, ID_TEXT_LEN));
}

enum err
id_parse(struct slice s, id_t64 *out)
{
	if (s.n >= 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
		s = slice_of(s.p + 1, s.n - 2);
	if (s.n != ID_TEXT_LEN)
		return ERR_SYNTAX;
	uint64_t v = 0;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		if (c >= 'a' && c <= 'z')
			c = (uint8_t)(c - 'a' + 'A');
		const char *at = c == 0 ? NULL : strchr(alphabet, c);
		if (at == NULL || v > UINT64_MAX >> 5)
			return ERR_SYNTAX;
		v = v << 5 | (uint64_t)(at - alphabet);
	}
	if (v == 0 || v > INT64_MAX)
		return ERR_SYNTAX;
	*out = v;
	return ERR_OK;
}
