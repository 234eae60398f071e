/* spf_text.c - names that a record makes, TXT records, and the way told. */
#include "policy/spf_state.h"

#include <string.h>

#include "proto/dns/message.h"

/* ---- the way, told ---- */

const char *
spf_say(const struct spf *s, const char *english)
{
	return s->words != NULL ? s->words(english) : english;
}

void
spf_line(struct spf *s, const char *what, struct slice text, const char *then,
    struct slice more)
{
	size_t n = 4 * s->depth + text.n + more.n + 128;
	if (s->path.n + n > SPF_PATH_MAX) {
		if (s->path.n > 0 && s->path.p[s->path.n - 1] != '.')
			buf_add_str(&s->path, "\n...");
		s->result.path = buf_slice(&s->path);
		return;
	}
	if (s->path.n > 0)
		buf_add_byte(&s->path, '\n');
	for (size_t i = 1; i < s->depth; i++)
		buf_add_str(&s->path, "    ");
	buf_add_str(&s->path, what);
	buf_add(&s->path, text);
	buf_add_str(&s->path, then);
	buf_add(&s->path, more);
	s->result.path = buf_slice(&s->path);
}

/* ---- names ---- */

/* Labels between dots, as they came from the expansion: octets, no escapes. */
static bool
name_of(struct slice text, struct dns_name *out)
{
	size_t n = 0, from = 0;
	if (text.n > 0 && text.p[text.n - 1] == '.')
		text.n--;
	for (size_t i = 0; i <= text.n; i++) {
		if (i < text.n && text.p[i] != '.')
			continue;
		size_t len = i - from;
		if (len == 0 || len > DNS_LABEL_MAX ||
		    n + 1 + len + 1 > DNS_NAME_MAX)
			return false;
		out->wire[n++] = (uint8_t)len;
		memcpy(out->wire + n, text.p + from, len);
		n += len;
		from = i + 1;
	}
	out->wire[n++] = 0;
	out->n = (uint8_t)n;
	return true;
}

struct slice
spf_name_text(struct spf *s, const struct dns_name *name)
{
	uint8_t text[DNS_NAME_TEXT_MAX];
	struct buf b = {.p = text, .cap = sizeof(text), .max = sizeof(text)};
	struct slice out = SLICE_EMPTY;
	buf_add_dns_name(&b, name);
	if (!arena_slice(&s->mem, buf_slice(&b), &out))
		return SLICE_EMPTY;
	return out;
}

/* 5.5, 7.2: of the validated names the domain itself, else one below it, else
 * any. */
static struct slice
validated_name(const struct spf *s, struct slice domain)
{
	struct slice below = SLICE_EMPTY;
	for (size_t i = 0; i < s->name_n; i++) {
		struct slice name = s->names[i];
		if (slice_eq_nocase(name, domain))
			return name;
		if (below.n == 0 && name.n > domain.n &&
		    name.p[name.n - domain.n - 1] == '.' &&
		    slice_ends_nocase(name, domain))
			below = name;
	}
	if (below.n > 0)
		return below;
	return s->name_n > 0 ? s->names[0] : SLICE("unknown");
}

bool
spf_expand(struct spf *s, struct slice spec, struct slice *out)
{
	struct slice domain = spf_top(s)->domain;
	struct dns_name name;
	struct buf b;
	*out = domain;
	if (spec.n == 0)
		return true;
	s->v.domain = domain;
	s->v.name = validated_name(s, domain);
	buf_init(&b, 65536);
	spf_macro_expand(spec, &s->v, &b);
	struct slice text = buf_slice(&b);
	if (text.n > 0 && text.p[text.n - 1] == '.')
		text.n--;
	while (text.n > SPF_DOMAIN_MAX) /* 7.3: cut at the left */
		text = slice_from(text, slice_find(text, '.') + 1);
	bool good = buf_err(&b) == ERR_OK && name_of(text, &name);
	if (!arena_slice(&s->mem, good ? text : slice_to(text, 64), out)) {
		*out = SLICE_EMPTY;
		good = false;
	}
	buf_free(&b);
	return good;
}

void
spf_put(struct spf *s, enum spf_doing doing, uint16_t type, struct slice plain)
{
	struct dns_name name;
	s->n = 0;
	s->doing = doing;
	if (name_of(plain, &name))
		spf_plan(s, type, spf_name_text(s, &name));
}

void
spf_plan(struct spf *s, uint16_t type, struct slice name)
{
	if (s->n < SPF_QUESTIONS_MAX && name.n > 0)
		s->slot[s->n++] =
		    (struct spf_asked){.type = type, .name = name};
}

bool
spf_join_txt(struct spf *s, struct slice rdata, struct slice *out)
{
	uint8_t *to = arena_alloc(&s->mem, rdata.n > 0 ? rdata.n : 1);
	size_t n = 0;
	if (to == NULL)
		return false;
	for (size_t i = 0; i < rdata.n;) {
		size_t len = rdata.p[i++];
		if (len > rdata.n - i)
			return false;
		memcpy(to + n, rdata.p + i, len);
		n += len;
		i += len;
	}
	*out = slice_of(to, n);
	return true;
}
