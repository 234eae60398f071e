/* probe_note.c - what a probe learns: lines, replies, stages. */
#include <stdlib.h>
#include <string.h>

#include "check/probe_priv.h"

#define LINES_MAX    1000u
#define REPLY_OCTETS 4096u

uint64_t
probe_now(const struct probe *p)
{
	return loop_now_ms(p->c->loop);
}

uint32_t
probe_ms(const struct probe *p)
{
	return (uint32_t)(probe_now(p) - p->begun_ms);
}

static bool
room_for_line(struct probe *p)
{
	if (p->r.line_n < p->line_cap)
		return true;
	if (p->line_cap >= LINES_MAX)
		return false;
	size_t cap = p->line_cap == 0 ? 32 : p->line_cap * 2;
	if (cap > LINES_MAX)
		cap = LINES_MAX;
	struct probe_line *v = reallocarray(p->lines, cap, sizeof(*v));
	if (v == NULL)
		return false;
	p->lines = v;
	p->line_cap = cap;
	return true;
}

void
probe_say(struct probe *p, char who, struct slice text)
{
	struct probe_line l = {.ms = probe_ms(p), .who = who};
	if (!room_for_line(p) || !arena_slice(&p->arena, text, &l.text)) {
		p->r.left_out++;
		return;
	}
	p->lines[p->r.line_n++] = l;
}

void
probe_enter(struct probe *p, enum probe_stage s)
{
	p->r.stage[s].reached = true;
}

void
probe_leave(struct probe *p, enum probe_stage s, bool ok)
{
	if (p->ended[s])
		return;
	p->ended[s] = true;
	p->r.stage[s] = (struct probe_stage_result){true, ok, probe_ms(p)};
}

/* Its lines with LF between them, in the place of in.n octets. */
static size_t
without_cr(uint8_t *out, struct slice in)
{
	size_t n = 0;
	for (size_t i = 0; i < in.n; i++)
		if (in.p[i] != '\r')
			out[n++] = in.p[i];
	while (n > 0 && out[n - 1] == '\n')
		n--;
	return n;
}

void
probe_keep_reply(
    struct probe *p, struct probe_reply *to, const struct smtp_client_action *a)
{
	struct slice raw = slice_to(a->data, REPLY_OCTETS);
	uint8_t *text = arena_alloc(&p->arena, raw.n > 0 ? raw.n : 1);
	*to = (struct probe_reply){.came = true,
	    .code = a->result.code,
	    .tls = p->in_tls,
	    .ms = probe_ms(p),
	    .took_ms = (uint32_t)(probe_now(p) - p->sent_ms)};
	if (text != NULL)
		to->text = slice_of(text, without_cr(text, raw));
}

void
probe_transcript(const struct probe_result *r, struct report *to,
    struct report_node *transcript)
{
	for (size_t i = 0; i < r->line_n; i++)
		report_line(to, transcript, r->lines[i].ms, r->lines[i].who,
		    r->lines[i].text);
}
