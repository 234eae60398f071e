/* notice.c - bounces and warnings: messages from <> to the sender. */
#include "role/queue/queue.h"

#include <stdio.h>
#include <string.h>

#include "os/clock.h"
#include "os/log.h"
#include "policy/cause.h"
#include "proto/mail/bounce.h"

/* One word: "5.1.1", if that is how it looks. */
static struct slice
status_at(struct slice s)
{
	size_t n = slice_find(s, ' ');
	s = slice_to(s, n);
	if (s.n < 5 || s.n > 9 || !ascii_is_digit(s.p[0]) || s.p[1] != '.')
		return SLICE_EMPTY;
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_digit(s.p[i]) && s.p[i] != '.')
			return SLICE_EMPTY;
	return s;
}

/* "550 5.1.1 No such user", or in our own words "5.1.2 no such domain". */
static struct slice
status_in(struct slice reply)
{
	struct slice s = status_at(slice_from(reply, 4));
	return s.n > 0 ? s : status_at(reply);
}

static void
describe(const struct queue *q, const struct rcpt *r, bool delayed,
    uint64_t now_ms, struct bounce_rcpt *out)
{
	struct slice code = r->cause;
	const struct cause *en = cause_find(CAUSE_EN, code);
	const struct cause *other = q->role->conf->language == CONF_LANG_ID
					? cause_find(CAUSE_ID, code)
					: NULL;
	struct slice status = status_in(r->reply);
	/* A reply of 4xx that became final by time says 4.x.y; in a report of
	 * failure RFC 3464 2.3.4 wants the last status as it was. */
	*out = (struct bounce_rcpt){.address = r->address,
	    .original = r->original,
	    .status = status,
	    .diagnostic = r->reply,
	    .remote_mta = r->host,
	    .cause = code,
	    .last_attempt_s = now_ms / 1000};
	if (status.n == 0)
		out->status = delayed ? SLICE("4.4.7")
			      : slice_eq(code, SLICE("queue.loop"))
				  ? SLICE("5.4.6")
				  : SLICE("5.0.0");
	if (en != NULL)
		out->explain = slice_str(en->explanation);
	if (other != NULL)
		out->explain_second = slice_str(other->explanation);
}

static bool
build(struct queue *q, const struct notice *n, id_t64 id, struct arena *a,
    struct slice *out)
{
	struct bounce_rcpt *v = arena_alloc(a, n->n * sizeof(*v));
	struct buf text;
	const struct conf *conf = q->role->conf;
	if (v == NULL)
		return false;
	for (size_t i = 0; i < n->n; i++)
		describe(q, n->rcpts[i], n->delayed, n->now_ms, &v[i]);
	struct bounce b = {
	    .action = n->delayed ? BOUNCE_DELAYED : BOUNCE_FAILED,
	    .id = id,
	    .message = n->envelope->id,
	    .hostname = conf->hostname,
	    .to = n->envelope->sender,
	    .language =
		conf->language == CONF_LANG_ID ? SLICE("id") : SLICE_EMPTY,
	    .now_s = n->now_ms / 1000,
	    .arrival_s = n->envelope->arrived_ms / 1000,
	    .give_up_s =
		(n->envelope->arrived_ms + conf->outbound.expire_ms) / 1000,
	    .offset_min = clock_utc_offset_min(n->now_ms),
	    .rcpts = v,
	    .rcpts_n = n->n,
	    .headers = slice_to(n->headers, BOUNCE_HEADERS_MAX)};
	buf_init(&text, BOUNCE_MAX);
	bool ok = bounce_build(&text, &b) == ERR_OK &&
		  text.n <= STORE_INLINE_MAX &&
		  arena_slice(a, buf_slice(&text), out);
	buf_free(&text);
	return ok;
}

static struct slice
lower_domain(struct slice address, struct arena *a)
{
	struct slice d = slice_from(address, slice_rfind(address, '@') + 1),
		     out;
	uint8_t *p = d.n > 0 ? arena_alloc(a, d.n) : NULL;
	if (p == NULL)
		return SLICE_EMPTY;
	for (size_t i = 0; i < d.n; i++)
		p[i] = ascii_lower(d.p[i]);
	out = slice_of(p, d.n);
	return out;
}

/* What a notice is about stands beside its envelope. */
static bool
name_original(id_t64 id, struct arena *a, struct slice *out)
{
	char text[ID_TEXT_LEN + 1];
	id_text(id, text);
	return arena_slice(a, slice_str(text), out);
}

void
notice_dropped(
    struct queue *q, const struct store_envelope *e, const struct rcpt *r)
{
	char text[ID_TEXT_LEN + 1], story[512];
	id_t64 original;
	id_text(e->id, text);
	log_line(LOG_WARNING, "notice-dropped",
	    "id=%s to=<%.*s> cause=%.*s why=\"the sender is <>; %.*s\"", text,
	    SLICE_ARG(r->address), SLICE_ARG(r->cause), SLICE_ARG(r->reply));
	if ((e->flags & STORE_INTERNAL) == 0 ||
	    id_parse(e->extra, &original) != ERR_OK)
		return;
	(void)snprintf(story, sizeof(story), "%s dropped: %.*s", text,
	    SLICE_ARG(slice_to(r->reply, 400)));
	events_add(q, RECORD_BOUNCED, original, r->address, SLICE_EMPTY,
	    slice_str(story), 0);
}

bool
notice_forward(struct queue *q, const struct job *j, struct slice body,
    struct arena *a, struct store_put *out)
{
	const struct store_envelope *e = &j->letter->envelope;
	struct store_recipient *v = arena_alloc(a, j->n_targets * sizeof(*v));
	if (v == NULL)
		return false;
	for (size_t i = 0; i < j->n_targets; i++) {
		v[i] = (struct store_recipient){.n = (uint32_t)i};
		v[i].domain = lower_domain(j->targets[i], a);
		if (v[i].domain.n == 0 ||
		    !arena_slice(a, j->targets[i], &v[i].address) ||
		    !arena_slice(a, j->rcpts[0].address, &v[i].original))
			return false;
	}
	*out = (struct store_put){.recipients = v,
	    .n_recipients = j->n_targets,
	    .body = body,
	    .due_ms = queue_now(q),
	    .internal = true};
	out->envelope = (struct store_envelope){.id = role_id(q->role),
	    .arrived_ms = e->arrived_ms,
	    .size = e->size,
	    .flags = STORE_INTERNAL};
	return e->extra.n == 0 ||
	       arena_slice(a, e->extra, &out->envelope.extra);
}

bool
notice_put(struct queue *q, const struct notice *n, struct arena *a,
    struct store_put *out)
{
	char text[ID_TEXT_LEN + 1];
	id_text(n->envelope->id, text);
	if (n->envelope->sender.n == 0) {
		/* RFC 5321 6.1: nobody is told about a notice. */
		for (size_t i = 0; i < n->n && !n->delayed; i++)
			notice_dropped(q, n->envelope, n->rcpts[i]);
		return false;
	}
	struct store_recipient *to = arena_alloc(a, sizeof(*to));
	struct slice body = SLICE_EMPTY;
	id_t64 id = role_id(q->role);
	if (to == NULL || !build(q, n, id, a, &body)) {
		log_line(LOG_ERROR, "notice-lost", "id=%s", text);
		return false;
	}
	to->address = n->envelope->sender;
	to->domain = lower_domain(n->envelope->sender, a);
	*out = (struct store_put){.recipients = to,
	    .n_recipients = 1,
	    .body = body,
	    .due_ms = n->now_ms,
	    .internal = true};
	/* The text of the envelope must outlive the letter. */
	struct slice about;
	if (!arena_slice(a, n->envelope->sender, &to->address) ||
	    !name_original(n->envelope->id, a, &about))
		return false;
	out->envelope = (struct store_envelope){.id = id,
	    .arrived_ms = n->now_ms,
	    .size = body.n,
	    .flags = STORE_INTERNAL,
	    .extra = about};
	id_text(id, text);
	events_add(q, n->delayed ? RECORD_WARNED : RECORD_BOUNCED,
	    n->envelope->id, n->envelope->sender, SLICE_EMPTY, slice_str(text),
	    0);
	return true;
}
