/* ledger_why_json.c - the `why` shape of interface 4. */
#include "proto/mail/date.h"
#include "store/ledger_why.h"

static void
add_quoted(struct buf *b, struct slice s)
{
	buf_add_byte(b, '"');
	buf_add_json(b, s);
	buf_add_byte(b, '"');
}

static void
add_time(struct buf *b, const char *name, uint64_t unix_ms)
{
	buf_printf(b, "\"%s\": ", name);
	if (unix_ms == 0) {
		buf_add_str(b, "null");
		return;
	}
	buf_add_byte(b, '"');
	buf_add_date_rfc3339(b, unix_ms, 0);
	buf_add_byte(b, '"');
}

/* add_rule - the rule and where it stands, as one text or null. */
static void
add_rule(struct buf *b, const struct why_cause *c)
{
	struct buf rule;
	buf_init(&rule, 4096);
	buf_add(&rule, c->rule);
	if (c->config.n > 0) {
		buf_add_str(&rule, rule.n > 0 ? " (" : "(");
		buf_add(&rule, c->config);
		buf_add_byte(&rule, ')');
	}
	if (c->list.n > 0) {
		buf_add_str(&rule, rule.n > 0 ? ", " : "");
		buf_add(&rule, c->list);
	}
	ledger_json_text(b, "rule", buf_slice(&rule));
	buf_free(&rule);
}

/* add_cure - a member, with a comma before it. */
static void
add_cure(struct buf *b, const char *name, const struct why *w,
    const struct why_cause *c, enum cause_side side, enum cause_lang lang)
{
	struct buf cure;
	buf_init(&cure, 4096);
	why_add_cure(&cure, w, c, side, lang);
	buf_add_str(b, ", ");
	ledger_json_text(b, name, buf_slice(&cure));
	buf_free(&cure);
}

static void
add_cause(struct buf *b, const struct why *w, const struct why_cause *c,
    enum cause_lang lang)
{
	const struct cause *text = cause_find(lang, c->code);
	const struct {
		const char *name;
		struct slice value;
	} members[] = {{"config", c->config}, {"list", c->list},
	    {"stage", c->stage}, {"verdict", c->verdict}};
	buf_add_str(b, "{\"code\": ");
	add_quoted(b, c->code);
	buf_add_str(b, ", \"text\": ");
	add_quoted(b, text != NULL ? slice_str(text->explanation) : c->code);
	buf_add_str(b, ", \"evidence\": [");
	for (size_t i = 0; i < c->n_evidence; i++) {
		buf_add_str(b, i == 0 ? "" : ", ");
		add_quoted(b, c->evidence[i]);
	}
	buf_add_str(b, "], ");
	add_rule(b, c);
	add_cure(b, "cure", w, c, c->side, lang);
	add_cure(b, "cure_sender", w, c, CAUSE_SENDING, lang);
	add_cure(b, "cure_receiver", w, c, CAUSE_RECEIVING, lang);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		buf_add_str(b, ", ");
		ledger_json_text(b, members[i].name, members[i].value);
	}
	buf_add_byte(b, '}');
}

static void
add_spared(struct buf *b, const struct why_spared *s)
{
	const struct {
		const char *name;
		struct slice value;
	} members[] = {{"rule", s->rule}, {"config", s->config},
	    {"list", s->list}, {"verdict", s->verdict}};
	buf_add_byte(b, '{');
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		ledger_json_text(b, members[i].name, members[i].value);
		buf_add_str(b, ", ");
	}
	ledger_json_list(b, "evidence", s->evidence);
	buf_add_byte(b, '}');
}

static void
add_rcpt(struct buf *b, const struct why_rcpt *r)
{
	buf_add_str(b, "{\"address\": ");
	add_quoted(b, r->address);
	buf_printf(b, ", \"state\": \"%s\", ", why_state_name(r->state));
	ledger_json_text(b, "reply", r->reply);
	buf_add_str(b, ", ");
	add_time(b, "next_try", r->next_try_ms);
	buf_add_byte(b, '}');
}

static void
add_session(struct buf *b, const struct ledger_view *v)
{
	struct buf tmp;
	buf_init(&tmp, 4096);
	buf_add_str(b, "\"session\": \"");
	buf_add_id(b, v->head.id);
	buf_add_str(b, "\", ");
	ledger_add_peer(&tmp, v);
	ledger_json_text(b, "peer", buf_slice(&tmp));
	buf_add_str(b, ", ");
	buf_clear(&tmp);
	if (v->tls)
		ledger_add_tls(&tmp, v);
	ledger_json_text(b, "tls", buf_slice(&tmp));
	buf_add_str(b, ", ");
	buf_free(&tmp);
}

static void
add_step(struct buf *b, const struct why_step *s)
{
	buf_add_byte(b, '{');
	add_time(b, "time", s->at_ms);
	buf_printf(b, ", \"what\": \"%s\", ",
	    s->kind == WHY_STEP_EVENT ? record_what_name(s->what)
	    : s->kind == WHY_STEP_IN  ? "received"
				      : "attempt");
	if (s->kind != WHY_STEP_EVENT)
		add_session(b, &s->view);
	buf_printf(b, "\"result\": \"%s\", ", why_state_name(s->state));
	ledger_json_text(b, "recipient", s->rcpt);
	buf_add_str(b, ", ");
	ledger_json_text(b, "text", s->text);
	buf_add_str(b, ", ");
	add_time(b, "next_try", s->next_try_ms);
	buf_add_byte(b, '}');
}

/* add_messages - those a session carried. */
static void
add_messages(struct buf *b, const struct why *w)
{
	struct ledger_tx tx;
	bool first = true;
	for (size_t i = 0; !w->message && i < w->n_steps; i++) {
		struct record_reader rd = ledger_view_items(&w->steps[i].view);
		while (ledger_tx_next(&rd, &tx)) {
			if (tx.message == 0)
				continue;
			buf_add_str(b, first ? "\"" : ", \"");
			buf_add_id(b, tx.message);
			buf_add_byte(b, '"');
			first = false;
		}
	}
}

void
why_add_json(struct buf *b, const struct why *w, enum cause_lang lang)
{
	buf_add_str(b, "{\"id\": \"");
	buf_add_id(b, w->id);
	buf_printf(b, "\", \"kind\": \"%s\", \"verdict\": \"%s\", \"from\": ",
	    w->message ? "message" : "session", why_state_name(w->state));
	if (w->has_envelope)
		add_quoted(b, w->from);
	else
		buf_add_str(b, "null");
	buf_printf(b, ", \"size\": %llu, \"causes\": [",
	    (unsigned long long)w->octets);
	for (size_t i = 0; i < w->n_causes; i++) {
		buf_add_str(b, i == 0 ? "" : ", ");
		add_cause(b, w, &w->causes[i], lang);
	}
	buf_add_str(b, "], \"spared\": [");
	for (size_t i = 0; i < w->n_spared; i++) {
		buf_add_str(b, i == 0 ? "" : ", ");
		add_spared(b, &w->spared[i]);
	}
	buf_add_str(b, "], \"recipients\": [");
	for (size_t i = 0; i < w->n_rcpts; i++) {
		buf_add_str(b, i == 0 ? "" : ", ");
		add_rcpt(b, &w->rcpts[i]);
	}
	buf_add_str(b, "], \"steps\": [");
	for (size_t i = 0; i < w->n_steps; i++) {
		buf_add_str(b, i == 0 ? "" : ", ");
		add_step(b, &w->steps[i]);
	}
	buf_add_str(b, "], \"messages\": [");
	add_messages(b, w);
	buf_add_str(b, "]}");
}
