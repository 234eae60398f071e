#include "store/ledger_why.h"

#include <stdlib.h>

#define WALK_OPEN 8

/* --- recipients --- */

static struct why_rcpt *
rcpt_of(struct why *w, struct slice address)
{
	for (size_t i = 0; i < w->n_rcpts; i++)
		if (slice_eq_nocase(w->rcpts[i].address, address))
			return &w->rcpts[i];
	if (w->n_rcpts == WHY_RCPTS_MAX) {
		w->rcpts_left_out++;
		return NULL;
	}
	struct why_rcpt *r = &w->rcpts[w->n_rcpts++];
	*r = (struct why_rcpt){.address = address, .state = WHY_ACCEPTED};
	return r;
}

static void
rcpt_becomes(struct why *w, struct slice address, enum why_state state,
    struct slice reply, uint64_t next_try_ms)
{
	struct why_rcpt *r = rcpt_of(w, address);
	if (r == NULL)
		return;
	r->state = state;
	r->reply = reply;
	r->next_try_ms = next_try_ms;
}

static void
rcpt_named(struct why *w, struct slice address)
{
	for (size_t i = 0; i < w->n_rcpts; i++)
		if (slice_eq_nocase(w->rcpts[i].address, address))
			w->rcpts[i].named = true;
}

/* --- causes --- */

static struct why_cause *
cause_of(struct why *w, struct slice code, enum cause_side side)
{
	for (size_t i = 0; i < w->n_causes; i++)
		if (slice_eq(w->causes[i].code, code))
			return &w->causes[i];
	if (code.n == 0 || w->n_causes == WHY_CAUSES_MAX)
		return NULL;
	struct why_cause *c = &w->causes[w->n_causes++];
	*c = (struct why_cause){.code = code, .side = side};
	return c;
}

static void
add_evidence(struct why_cause *c, struct slice text)
{
	if (c == NULL || text.n == 0 || c->n_evidence == WHY_EVIDENCE_MAX)
		return;
	for (size_t i = 0; i < c->n_evidence; i++)
		if (slice_eq(c->evidence[i], text))
			return;
	c->evidence[c->n_evidence++] = text;
}

static void
add_evidence_lines(struct why_cause *c, struct slice lines)
{
	while (lines.n > 0) {
		size_t end = slice_find(lines, '\n');
		add_evidence(c, slice_to(lines, end));
		lines = slice_from(lines, end + 1);
	}
}

/* stops - does that word of a decision mean that mail was refused? */
static bool
stops(struct slice verdict)
{
	return slice_eq(verdict, SLICE("defer")) ||
	       slice_eq(verdict, SLICE("reject")) ||
	       slice_eq(verdict, SLICE("close"));
}

static void
take(struct slice *field, struct slice value)
{
	if (value.n > 0)
		*field = value;
}

static void
spared_by(struct why *w, const struct record_item *it)
{
	const struct why_spared s = {.rule = it->s[1],
	    .config = it->s[2],
	    .list = it->s[3],
	    .evidence = it->s[4],
	    .verdict = it->s[5]};
	for (size_t i = 0; i < w->n_spared; i++)
		if (slice_eq(w->spared[i].rule, s.rule) &&
		    slice_eq(w->spared[i].list, s.list))
			return;
	if (w->n_spared < WHY_SPARED_MAX)
		w->spared[w->n_spared++] = s;
}

/* cause_of_decision - the newest decision tells, but none that noted takes the
 * place of one that refused. A rule that is switched off explains nothing. */
static void
cause_of_decision(
    struct why *w, const struct record_item *it, enum cause_side side)
{
	if (slice_eq(it->s[5], SLICE("off")))
		return;
	if (!ledger_counts(it->s[5])) {
		spared_by(w, it);
		return;
	}
	struct why_cause *c = cause_of(w, it->s[6], side);
	if (c == NULL)
		return;
	add_evidence_lines(c, it->s[4]);
	if (stops(c->verdict) && !stops(it->s[5]))
		return;
	take(&c->stage, it->s[0]);
	take(&c->rule, it->s[1]);
	take(&c->config, it->s[2]);
	take(&c->list, it->s[3]);
	take(&c->verdict, it->s[5]);
}

static bool
contains(struct slice text, struct slice word)
{
	for (; text.n >= word.n; text = slice_from(text, 1))
		if (slice_starts(text, word))
			return true;
	return false;
}

/* Is it the answer of another server, "452 4.2.2 ..."? */
static bool
is_reply(struct slice text)
{
	return text.n >= 3 && ascii_is_digit(text.p[0]) &&
	       ascii_is_digit(text.p[1]) && ascii_is_digit(text.p[2]) &&
	       (text.n == 3 || text.p[3] == ' ' || text.p[3] == '-');
}

/* side_of_sending - who has to act when mail could not be sent: a disk and a
 * mailbox are ours, unless another server spoke of its own. */
static enum cause_side
side_of_sending(struct slice cause, struct slice text)
{
	bool house = slice_starts(cause, SLICE("local.")) ||
		     slice_starts(cause, SLICE("queue.body")) ||
		     slice_starts(cause, SLICE("mailbox."));
	return house && !is_reply(text) ? CAUSE_RECEIVING : CAUSE_SENDING;
}

/* One walk over the items of a session. A cause without a decision, or whose
 * decision has no evidence, has as evidence the line it was said in, or the
 * note that names it. */
struct walk {
	struct why *w;
	enum cause_side side;
	struct slice last_line;
	struct {
		struct slice code, line;
	} open[WALK_OPEN]; /* causes still waiting for a note */
	size_t n_open;
};

static void
walk_line(struct walk *k, const struct record_item *it)
{
	k->last_line = it->s[0];
	if (it->v[1] != RECORD_NOTE)
		return;
	for (size_t i = 0; i < k->n_open; i++)
		if (contains(it->s[0], k->open[i].code))
			k->open[i].line = it->s[0];
}

static struct why_cause *
walk_cause_of(struct walk *k, struct slice code, struct slice text)
{
	return cause_of(k->w, code,
	    k->side == CAUSE_SENDING ? side_of_sending(code, text) : k->side);
}

static void
walk_cause(struct walk *k, struct slice code)
{
	if (walk_cause_of(k, code, SLICE_EMPTY) == NULL ||
	    k->n_open == WALK_OPEN)
		return;
	k->open[k->n_open].code = code;
	k->open[k->n_open++].line = k->last_line;
}

static void
walk_end(struct walk *k)
{
	for (size_t i = 0; i < k->n_open; i++) {
		struct why_cause *c = cause_of(k->w, k->open[i].code, k->side);
		if (c != NULL && c->n_evidence == 0)
			add_evidence(c, k->open[i].line);
	}
}

static void
walk_item(struct walk *k, const struct record_item *it)
{
	switch (it->tag) {
	case RECORD_TAG_DIALOGUE:
		walk_line(k, it);
		break;
	case RECORD_TAG_DECISION:
		cause_of_decision(k->w, it, k->side);
		if (it->s[4].n == 0 && ledger_counts(it->s[5]))
			walk_cause(k, it->s[6]);
		break;
	case RECORD_TAG_CAUSE:
		walk_cause(k, it->s[0]);
		break;
	case RECORD_TAG_RCPT:
		add_evidence(walk_cause_of(k, it->s[1], it->s[2]), it->s[2]);
		break;
	case RECORD_TAG_MESSAGE:
		walk_cause(k, it->s[0]);
		break;
	case RECORD_TAG_PEER:
	case RECORD_TAG_LOCAL:
	case RECORD_TAG_HOST:
	case RECORD_TAG_PTR:
	case RECORD_TAG_HELO:
	case RECORD_TAG_LISTENER:
	case RECORD_TAG_USER:
	case RECORD_TAG_TLS:
	case RECORD_TAG_MAIL:
	case RECORD_TAG_QUEUE_EVENT:
	case RECORD_TAG_LEFT_OUT:
	case RECORD_TAG_END:
	case RECORD_TAG_PASSED:
	case RECORD_TAG_COUNT:
		break;
	}
}

/* walk_session - the causes of a session; for a message those of the other
 * transactions are left out. */
static void
walk_session(struct why *w, const struct ledger_view *v)
{
	struct walk k = {.w = w,
	    .side =
		v->head.kind == RECORD_IN ? CAUSE_RECEIVING : CAUSE_SENDING};
	struct record_reader rd = ledger_view_items(v);
	struct record_item it;
	bool others = false;
	for (;;) {
		struct record_reader here = rd;
		if (record_next(&rd, &it) != ERR_OK)
			break;
		if (it.tag == RECORD_TAG_MAIL && w->message) {
			struct ledger_tx tx;
			others =
			    ledger_tx_next(&here, &tx) && tx.message != w->id;
		}
		if (!others)
			walk_item(&k, &it);
		else if (it.tag == RECORD_TAG_MESSAGE)
			others = false;
	}
	walk_end(&k);
}

/* --- steps --- */

static struct why_step *
add_step(struct why *w, enum why_step_kind kind, uint64_t at_ms)
{
	if (w->n_steps == WHY_STEPS_MAX) {
		w->steps_left_out++;
		return NULL;
	}
	struct why_step *s = &w->steps[w->n_steps++];
	*s = (struct why_step){.kind = kind, .at_ms = at_ms};
	return s;
}

static enum why_state
state_of_verdict(uint64_t v)
{
	switch (v) {
	case RECORD_REFUSED:
		return WHY_REFUSED;
	case RECORD_DELIVERED:
		return WHY_DELIVERED;
	case RECORD_DEFERRED:
		return WHY_DEFERRED;
	case RECORD_FAILED:
		return WHY_FAILED;
	case RECORD_CUT:
		return WHY_CUT;
	default:
		return WHY_ACCEPTED;
	}
}

/* worse - which of two results of an attempt names it: the worse one. */
static enum why_state
worse(enum why_state a, enum why_state b)
{
	static const uint8_t rank[WHY_STATES] = {[WHY_DELIVERED] = 1,
	    [WHY_ACCEPTED] = 2,
	    [WHY_DELETED] = 3,
	    [WHY_REFUSED] = 4,
	    [WHY_FAILED] = 5,
	    [WHY_CUT] = 6,
	    [WHY_HELD] = 7,
	    [WHY_DEFERRED] = 8};
	return rank[a] >= rank[b] ? a : b;
}

static void
take_envelope(struct why *w, const struct ledger_tx *tx)
{
	if (!w->has_envelope)
		w->from = tx->from;
	w->has_envelope = true;
	if (tx->octets > 0)
		w->octets = tx->octets;
}

/* state_in - how a recipient fared, seen from the message or the session. A
 * delivery attempt that was cut is tried again; what the next hop refused has
 * failed. */
static enum why_state
state_in(const struct why *w, bool in, uint64_t verdict)
{
	enum why_state s = state_of_verdict(verdict);
	if (!in && s == WHY_REFUSED)
		return WHY_FAILED;
	if (!in && w->message && s == WHY_CUT)
		return WHY_DEFERRED;
	return s;
}

/* take_tx - a session's transaction: its recipients and how they fared. The
 * step of an attempt is as good as its worst recipient, and says the words
 * that one heard; that of a message coming in is what became of the message,
 * and of all its recipients when it was refused as a whole. */
static void
take_tx(struct why *w, struct ledger_tx *tx, bool in, struct why_step *step)
{
	struct record_item it;
	bool any = false;
	take_envelope(w, tx);
	if (step != NULL)
		step->state = state_in(w, in, tx->verdict);
	bool gone =
	    in && (tx->verdict == RECORD_REFUSED || tx->verdict == RECORD_CUT);
	while (ledger_tx_item(tx, &it)) {
		if (it.tag != RECORD_TAG_RCPT)
			continue;
		enum why_state s = state_in(w, in, it.v[0]);
		if (gone && s == WHY_ACCEPTED)
			rcpt_becomes(w, it.s[0], state_in(w, in, tx->verdict),
			    SLICE_EMPTY, 0);
		else
			rcpt_becomes(w, it.s[0], s, it.s[2], 0);
		if (in)
			rcpt_named(w, it.s[0]);
		if (step == NULL || in)
			continue;
		step->state = any ? worse(step->state, s) : s;
		if (it.s[2].n > 0 && s == step->state)
			step->text = it.s[2];
		any = true;
	}
}

static void
take_session(struct why *w, const struct ledger_view *v)
{
	bool in = v->head.kind == RECORD_IN;
	if (in && w->client.family == 0)
		w->client = v->peer.ip;
	struct record_reader rd = ledger_view_items(v);
	struct ledger_tx tx;
	struct why_step *step;
	if (!w->message) {
		step = add_step(
		    w, in ? WHY_STEP_IN : WHY_STEP_OUT, v->head.time_ms);
		while (ledger_tx_next(&rd, &tx))
			take_tx(w, &tx, in, NULL);
		if (step != NULL) {
			step->view = *v;
			step->state = state_of_verdict(v->verdict);
		}
		w->state = state_of_verdict(v->verdict);
	} else {
		while (ledger_tx_next(&rd, &tx)) {
			if (tx.message != w->id)
				continue;
			step = add_step(w, in ? WHY_STEP_IN : WHY_STEP_OUT,
			    v->head.time_ms);
			if (step != NULL)
				step->view = *v;
			take_tx(w, &tx, in, step);
		}
	}
	walk_session(w, v);
}

/* What an event makes of its recipients; WHY_STATES: nothing. */
static enum why_state
state_after(enum record_what what)
{
	switch (what) {
	case RECORD_EV_DELIVERED:
		return WHY_DELIVERED;
	case RECORD_EV_DEFERRED:
		return WHY_DEFERRED;
	case RECORD_EV_FAILED:
	case RECORD_EXPIRED:
		return WHY_FAILED;
	case RECORD_HELD:
		return WHY_HELD;
	case RECORD_DELETED:
		return WHY_DELETED;
	case RECORD_QUEUED:
	case RECORD_RELEASED:
	case RECORD_RETRIED:
		return WHY_ACCEPTED;
	case RECORD_BOUNCED:
	case RECORD_WARNED:
	case RECORD_WHAT_END:
		break;
	}
	return WHY_STATES;
}

static bool
final(enum why_state s)
{
	return s == WHY_DELIVERED || s == WHY_FAILED || s == WHY_DELETED ||
	       s == WHY_REFUSED;
}

static void
take_event(struct why *w, const struct record_item *it)
{
	enum record_what what = (enum record_what)it->v[1];
	enum why_state after = state_after(what);
	struct slice rcpt = it->s[0], cause = it->s[1], text = it->s[2];
	struct why_step *s = add_step(w, WHY_STEP_EVENT, it->v[0]);
	if (s != NULL) {
		s->what = what;
		s->rcpt = rcpt;
		s->text = text;
		s->next_try_ms = it->v[3];
		s->state = after == WHY_STATES ? WHY_ACCEPTED : after;
	}
	add_evidence(cause_of(w, cause, side_of_sending(cause, text)), text);
	if (after == WHY_STATES)
		return;
	if (rcpt.n > 0) {
		rcpt_becomes(w, rcpt, after, text, it->v[3]);
		return;
	}
	for (size_t i = 0; i < w->n_rcpts; i++)
		if (!final(w->rcpts[i].state))
			rcpt_becomes(
			    w, w->rcpts[i].address, after, text, it->v[3]);
}

static void
take_events(struct why *w, const struct ledger_view *v)
{
	struct record_reader rd = ledger_view_items(v);
	struct record_item it;
	while (record_next(&rd, &it) == ERR_OK)
		if (it.tag == RECORD_TAG_QUEUE_EVENT && it.v[2] == w->id)
			take_event(w, &it);
}

/* --- the whole --- */

static struct why *
why_new(id_t64 id)
{
	struct why *w = calloc(1, sizeof(*w));
	if (w == NULL)
		return NULL;
	w->id = id;
	w->message = true;
	w->state = WHY_ACCEPTED;
	w->rcpts = calloc(WHY_RCPTS_MAX, sizeof(*w->rcpts));
	w->steps = calloc(WHY_STEPS_MAX, sizeof(*w->steps));
	w->causes = calloc(WHY_CAUSES_MAX, sizeof(*w->causes));
	if (w->rcpts == NULL || w->steps == NULL || w->causes == NULL) {
		why_free(w);
		return NULL;
	}
	return w;
}

void
why_free(struct why *w)
{
	if (w == NULL)
		return;
	free(w->rcpts);
	free(w->steps);
	free(w->causes);
	free(w);
}

/* Is a told before b? A connection that was open already when the message came
 * at came_ms counts from then on. */
static bool
is_before(const struct why_step *a, const struct why_step *b, uint64_t came_ms)
{
	uint64_t x = a->at_ms < came_ms ? came_ms : a->at_ms;
	uint64_t y = b->at_ms < came_ms ? came_ms : b->at_ms;
	if (x != y)
		return x < y;
	return a->kind == WHY_STEP_IN && b->kind != WHY_STEP_IN;
}

/* in_order - a record is written at the end of what it tells of, so a session
 * comes behind what the queue did because of it. */
static void
in_order(struct why *w)
{
	uint64_t came_ms = 0;
	for (size_t i = 0; i < w->n_steps && came_ms == 0; i++)
		if (w->steps[i].kind == WHY_STEP_IN)
			came_ms = w->steps[i].at_ms;
	for (size_t i = 1; i < w->n_steps; i++) {
		struct why_step s = w->steps[i];
		size_t to = i;
		for (; to > 0 && is_before(&s, &w->steps[to - 1], came_ms);
		     to--)
			w->steps[to] = w->steps[to - 1];
		w->steps[to] = s;
	}
}

/* finish - sum up the recipients. One that stands for others (an alias) is
 * never tried itself: it does not count once such others were met. */
static void
finish(struct why *w)
{
	bool expanded = false, any = false, gone = false;
	for (size_t i = 0; i < w->n_rcpts; i++)
		expanded = expanded || !w->rcpts[i].named;
	for (size_t i = 0; w->message && i < w->n_rcpts; i++) {
		const struct why_rcpt *r = &w->rcpts[i];
		if (expanded && r->named && r->state == WHY_ACCEPTED)
			continue;
		/* What never came into the queue counts only when nothing
		 * did. */
		bool out = r->state == WHY_REFUSED || r->state == WHY_CUT;
		if (out && any)
			continue;
		w->state =
		    (out ? gone : any) ? worse(w->state, r->state) : r->state;
		any = any || !out;
		gone = gone || out;
	}
}

enum err
why_build(id_t64 id, const struct slice *records, size_t n, struct why **out)
{
	struct why *w = why_new(id);
	struct ledger_view v;
	if (w == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < n; i++)
		if (ledger_view_open(records[i], &v) == ERR_OK &&
		    v.head.kind != RECORD_EVENTS && v.head.id == id)
			w->message = false;
	for (size_t i = 0; i < n; i++) {
		if (ledger_view_open(records[i], &v) != ERR_OK)
			continue;
		if (v.head.kind == RECORD_EVENTS)
			take_events(w, &v);
		else if (w->message || v.head.id == id)
			take_session(w, &v);
	}
	if (w->n_steps == 0) {
		why_free(w);
		return ERR_NOT_FOUND;
	}
	in_order(w);
	finish(w);
	*out = w;
	return ERR_OK;
}

const char *
why_state_name(enum why_state s)
{
	static const char *const names[WHY_STATES] = {
	    [WHY_REFUSED] = "refused",
	    [WHY_ACCEPTED] = "accepted",
	    [WHY_DELIVERED] = "delivered",
	    [WHY_DEFERRED] = "deferred",
	    [WHY_FAILED] = "failed",
	    [WHY_HELD] = "held",
	    [WHY_DELETED] = "deleted",
	    [WHY_CUT] = "cut",
	};
	return s < WHY_STATES ? names[s] : "unknown";
}

/* ---- cures ---- */

/* place_of - does a place to be filled in begin at text + i? In a command it
 * stands behind the list or the option that it belongs to. */
static size_t
place_of(struct slice text, size_t i, const char *place)
{
	static const char *const before[] = {
	    " ptr ", " helo ", " mail ", " --ip "};
	struct slice name = slice_str(place);
	struct slice head = slice_to(text, i), rest = slice_from(text, i);
	if (!slice_starts(rest, name) ||
	    (rest.n > name.n && ascii_is_alnum(rest.p[name.n])))
		return 0;
	for (size_t k = 0; k < sizeof(before) / sizeof(before[0]); k++)
		if (slice_ends_nocase(head, slice_str(before[k])))
			return name.n;
	return 0;
}

void
why_add_cure(struct buf *b, const struct why *w, const struct why_cause *c,
    enum cause_side side, enum cause_lang lang)
{
	const struct cause *known = cause_find(lang, c->code);
	if (known == NULL)
		return;
	struct slice text = slice_str(known->cure[side]);
	struct slice domain =
	    slice_from(w->from, slice_rfind(w->from, '@') + 1);
	for (size_t i = 0, n; i < text.n; i += n) {
		if (w->client.family != 0 &&
		    (n = place_of(text, i, "IP")) != 0) {
			buf_add_ip(b, &w->client);
		} else if (domain.n > 0 &&
			   (n = place_of(text, i, "DOMAIN")) != 0) {
			ledger_add_shown(b, domain);
		} else {
			n = 1;
			buf_add_byte(b, text.p[i]);
		}
	}
}
