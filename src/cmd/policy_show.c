#include "cmd/policy_show.h"

#include <string.h>

#include "os/clock.h"
#include "proto/mail/date.h"
#include "store/ledger_view.h"

#define OUT_MAX (64u << 20)

typedef unsigned long long ull;

static const char *const lookup_names[REPLAY_LOOKUPS] = {
    [REPLAY_PTR] = "PTR",
    [REPLAY_HELO] = "HELO",
    [REPLAY_MAIL] = "MAIL",
};

/* ---- pieces of both shapes ---- */

static void
add_sender(struct buf *b, const struct replay_group *g)
{
	if (g->kind == REPLAY_DOMAIN) {
		ledger_add_shown(b, g->domain);
		return;
	}
	buf_add_ip(b, &g->net.ip);
	if (g->kind == REPLAY_NETWORK)
		buf_printf(b, "/%u", g->net.bits);
}

/* entry_of - the entry of that lookup's list which spares g a rule; false: no
 * one entry does. Only where the domain is at fault does its name stand in a
 * list: anybody may use it. */
static bool
entry_of(const struct replay_group *g, struct slice rule, struct buf *b)
{
	if (g->kind != REPLAY_DOMAIN) {
		add_sender(b, g);
	} else if (replay_lookup_of(rule) == REPLAY_MAIL &&
		   !slice_eq(rule, SLICE("reverse-lookup.mail.forged"))) {
		buf_add(b, g->domain);
	} else if (g->addresses == 1 && !g->more_addresses) {
		buf_add_ip(b, &g->address[0]);
	} else {
		return false;
	}
	return buf_err(b) == ERR_OK;
}

size_t
policy_entries(const struct replay_total *t, const struct replay_group *g,
    struct policy_entry out[CONF_EXEMPT_LISTS])
{
	unsigned seen = 0;
	size_t n = 0;
	for (size_t i = 0; i < g->hits; i++) {
		struct slice rule = t->rule[g->hit[i].rule].name;
		enum replay_lookup l = replay_lookup_of(rule);
		struct buf b;
		if (l == REPLAY_LOOKUPS || (seen & (1u << l)) != 0)
			continue;
		buf_init(&b, sizeof(out[n].text) - 1);
		if (entry_of(g, rule, &b)) {
			seen |= 1u << l;
			memcpy(out[n].text, b.p, b.n);
			out[n].text[b.n] = '\0';
			out[n++].list = (enum conf_exempt_list)l;
		}
		buf_free(&b);
	}
	return n;
}

static void
add_part(struct buf *b, const char *fmt, ull n)
{
	buf_add_str(b, b->n > 0 ? "; " : "");
	buf_printf(b, "%llu ", n);
	buf_add_str(b, fmt);
}

void
policy_add_signs(struct buf *b, const struct replay_group *g)
{
	struct buf s;
	buf_init(&s, 4096);
	if (g->messages > 0)
		add_part(&s,
		    g->messages == 1 ? "message taken" : "messages taken",
		    g->messages);
	if (g->before > 0)
		add_part(&s, "before that", g->before);
	if (g->authenticated > 0)
		add_part(&s, "sessions authenticated", g->authenticated);
	for (unsigned i = 0; i < REPLAY_LOOKUPS; i++) {
		if (g->passed[i] == 0)
			continue;
		buf_printf(&s, "%s%s lookup passed", s.n > 0 ? "; " : "",
		    lookup_names[i]);
		if (g->passed[i] < g->sessions)
			buf_printf(&s, " in %llu", (ull)g->passed[i]);
		if (i == REPLAY_PTR && g->ptr.n > 0) {
			buf_add_str(&s, " (");
			ledger_add_shown(&s, g->ptr);
			buf_add_byte(&s, ')');
		}
	}
	if (g->tls > 0)
		buf_printf(&s, "%sTLS", s.n > 0 ? "; " : "");
	buf_add(b, buf_slice(&s));
	buf_free(&s);
}

static void
add_command(struct buf *b, const struct policy_entry *e)
{
	buf_printf(b, "kurir exempt add %s %s --reason \"...\"",
	    conf_exempt_name(e->list), e->text);
}

/* ---- for people ---- */

static void
add_stamp(struct buf *b, uint64_t unix_ms)
{
	struct buf s;
	buf_init(&s, 64);
	buf_add_date_rfc3339(&s, unix_ms, clock_utc_offset_min(unix_ms));
	/* To the minute: "2018-04-23 20:39". */
	buf_add(b, slice_to(buf_slice(&s), 10));
	buf_add_byte(b, ' ');
	buf_add(b, slice_to(slice_from(buf_slice(&s), 11), 5));
	buf_free(&s);
}

static void
field(struct buf *b, const char *name)
{
	buf_printf(b, "    %-9s ", name);
}

static void
add_names(struct buf *b, const char *name, const struct replay_names *v)
{
	if (v->n == 0)
		return;
	field(b, name);
	for (size_t i = 0; i < v->n; i++) {
		buf_add_str(b, i > 0 ? ", " : "");
		ledger_add_shown(b, v->v[i]);
	}
	buf_add_str(b, v->more ? ", ...\n" : "\n");
}

static void
text_rules(
    struct buf *b, const struct replay_total *t, const struct replay_group *g)
{
	for (size_t i = 0; i < g->hits; i++) {
		const struct replay_rule *r = &t->rule[g->hit[i].rule];
		field(b, i == 0 ? "rule" : "");
		ledger_add_shown(b, r->name);
		buf_printf(b, " = %s", conf_action_name(r->now));
		if (g->hit[i].sessions != g->sessions)
			buf_printf(b, " (%llu)", (ull)g->hit[i].sessions);
		buf_add_byte(b, '\n');
	}
}

static void
text_evidence(struct buf *b, struct slice lines)
{
	for (bool first = true; lines.n > 0; first = false) {
		size_t end = slice_find(lines, '\n');
		field(b, first ? "evidence" : "");
		ledger_add_shown(b, slice_to(lines, end));
		buf_add_byte(b, '\n');
		lines = slice_from(lines, end + 1);
	}
}

static void
text_addresses(struct buf *b, const struct replay_group *g)
{
	if (g->addresses == 0)
		return;
	field(b, "addresses");
	for (size_t i = 0; i < g->addresses && i < 6; i++) {
		buf_add_str(b, i > 0 ? ", " : "");
		buf_add_ip(b, &g->address[i]);
	}
	buf_add_str(
	    b, g->addresses > 6 || g->more_addresses ? ", ...\n" : "\n");
}

static void
text_group(const struct cmd_ctx *ctx, struct buf *b,
    const struct replay_total *t, const struct replay_group *g)
{
	struct policy_entry e[CONF_EXEMPT_LISTS];
	struct buf signs;
	buf_init(&signs, 4096);
	policy_add_signs(&signs, g);
	buf_printf(b, "  %s", cmd_colour(ctx, COLOUR_BOLD));
	add_sender(b, g);
	buf_printf(b, "%s  %llu %s, ", cmd_colour(ctx, COLOUR_OFF),
	    (ull)g->sessions, g->sessions == 1 ? "session" : "sessions");
	add_stamp(b, g->first_ms);
	if (g->last_ms / 60000 != g->first_ms / 60000) {
		buf_add_str(b, " to ");
		add_stamp(b, g->last_ms);
	}
	buf_add_byte(b, '\n');
	text_rules(b, t, g);
	text_addresses(b, g);
	add_names(b, "HELO", &g->helo);
	add_names(b, "from", &g->from);
	text_evidence(b, g->evidence);
	if (signs.n > 0) {
		field(b, "good");
		buf_printf(b, "%s", cmd_colour(ctx, COLOUR_GREEN));
		buf_add(b, buf_slice(&signs));
		buf_printf(b, "%s\n", cmd_colour(ctx, COLOUR_OFF));
	}
	size_t n = g->released ? 0 : policy_entries(t, g, e);
	for (size_t i = 0; i < n; i++) {
		field(b, i == 0 ? "to spare" : "");
		add_command(b, &e[i]);
		buf_add_byte(b, '\n');
	}
	field(b, "see");
	buf_add_str(b, "kurir why ");
	buf_add_id(b, g->example);
	buf_add_str(b, "\n\n");
	buf_free(&signs);
}

static void
text_groups(const struct cmd_ctx *ctx, const struct policy_asked *q,
    struct buf *b, const struct replay *r, bool released, uint64_t sessions)
{
	const struct replay_group *g;
	size_t all = 0, shown = 0;
	for (size_t i = 0; (g = replay_group_at(r, i)) != NULL; i++)
		all += g->released == released;
	if (all == 0)
		return;
	buf_printf(b, "%s%s: %zu %s, %llu %s%s\n\n",
	    cmd_colour(ctx, released ? COLOUR_GREEN : COLOUR_RED),
	    released ? "Would no longer be refused"
		     : "Would be refused, and was not",
	    all, all == 1 ? "sender" : "senders", (ull)sessions,
	    sessions == 1 ? "session" : "sessions",
	    cmd_colour(ctx, COLOUR_OFF));
	for (size_t i = 0; (g = replay_group_at(r, i)) != NULL; i++)
		if (g->released == released && shown++ < q->lines)
			text_group(ctx, b, replay_total(r), g);
	if (shown > q->lines)
		buf_printf(b,
		    "  and %zu further senders (--lines N shows "
		    "more, --json all)\n\n",
		    shown - q->lines);
}

static void
text_unjudged(struct buf *b, const struct replay_total *t)
{
	if (t->unjudged > 0)
		buf_printf(b,
		    "Of %llu sessions it cannot be said what they would "
		    "meet:\n",
		    (ull)t->unjudged);
	for (size_t i = 0; i < REPLAY_LOOKUPS; i++) {
		if (t->not_made[i] > 0)
			buf_printf(b,
			    "  %llu: nothing shows that a %s lookup was made\n",
			    (ull)t->not_made[i], lookup_names[i]);
		if (t->ended_before[i] > 0)
			buf_printf(b,
			    "  %llu: refused then, before the %s lookup\n",
			    (ull)t->ended_before[i], lookup_names[i]);
	}
	if (t->idle > 0)
		buf_printf(b,
		    "%llu sessions ended before they named a sender: no mail "
		    "of theirs is at stake.\n",
		    (ull)t->idle);
	if (t->anyway > 0)
		buf_printf(b,
		    "%llu sessions would be refused, of which nothing was "
		    "taken for other reasons.\n",
		    (ull)t->anyway);
	if (t->sessions_left_out > 0)
		buf_printf(b,
		    "%llu sessions of further senders are only counted: there "
		    "are too many.\n",
		    (ull)t->sessions_left_out);
	if (t->damaged > 0)
		buf_printf(b, "%llu records are damaged.\n", (ull)t->damaged);
}

static void
text_totals(struct buf *b, const struct replay_total *t)
{
	buf_printf(b,
	    "%llu sessions: %llu would be refused, %llu deferred, %llu spared "
	    "by an entry,\ntrust or AUTH, %llu only noted; %llu were refused "
	    "then.\n",
	    (ull)t->sessions, (ull)t->refused, (ull)t->deferred, (ull)t->spared,
	    (ull)t->noted, (ull)t->refused_then);
	if (t->rules > 0)
		buf_printf(b, "\n  %-34s %-7s %9s %9s %9s %9s\n", "rule",
		    "is now", "sessions", "then", "stopped", "new");
	for (size_t i = 0; i < t->rules; i++) {
		const struct replay_rule *r = &t->rule[i];
		buf_printf(b, "  %-34.*s %-7s %9llu %9llu %9llu %9llu\n",
		    SLICE_ARG(r->name), conf_action_name(r->now),
		    (ull)r->sessions, (ull)r->then,
		    (ull)(r->refused + r->deferred), (ull)r->victims);
	}
	buf_add_byte(b, '\n');
}

static void
show_text(const struct cmd_ctx *ctx, const struct policy_asked *q,
    struct buf *b, const struct replay *r)
{
	const struct replay_total *t = replay_total(r);
	buf_add_str(b, "From ");
	add_stamp(b, q->since_ms);
	buf_add_str(b, " to ");
	add_stamp(b, q->until_ms);
	for (size_t i = 0; i < q->sets; i++) {
		buf_add_str(b, i == 0 ? ", with " : ", ");
		ledger_add_shown(b, q->set[i].name);
		buf_add_str(b, " = ");
		ledger_add_shown(b, q->set[i].value);
	}
	buf_add_str(b, ":\n");
	text_totals(b, t);
	text_groups(ctx, q, b, r, false, t->victims);
	text_groups(ctx, q, b, r, true, t->released);
	if (t->victims == 0)
		buf_add_str(b, "Nobody would be refused who was not.\n");
	text_unjudged(b, t);
}

/* ---- for programs ---- */

static void
json_quoted(struct buf *b, struct slice s)
{
	buf_add_byte(b, '"');
	buf_add_json(b, s);
	buf_add_byte(b, '"');
}

static void
json_time(struct buf *b, const char *name, uint64_t unix_ms)
{
	buf_printf(b, "\"%s\": \"", name);
	buf_add_date_rfc3339(b, unix_ms, 0);
	buf_add_str(b, "\", ");
}

static void
json_number(struct buf *b, const char *name, uint64_t n)
{
	buf_printf(b, "\"%s\": %llu, ", name, (ull)n);
}

static void
json_names(struct buf *b, const char *name, const struct replay_names *v)
{
	buf_printf(b, "\"%s\": [", name);
	for (size_t i = 0; i < v->n; i++) {
		buf_add_str(b, i > 0 ? ", " : "");
		json_quoted(b, v->v[i]);
	}
	buf_add_str(b, "], ");
}

static void
json_addresses(struct buf *b, const struct replay_group *g)
{
	const struct ip *v =
	    g->kind == REPLAY_ADDRESS ? &g->net.ip : g->address;
	size_t n = g->kind == REPLAY_ADDRESS ? 1 : g->addresses;
	buf_add_str(b, "\"addresses\": [");
	for (size_t i = 0; i < n; i++) {
		buf_add_str(b, i > 0 ? ", \"" : "\"");
		buf_add_ip(b, &v[i]);
		buf_add_byte(b, '"');
	}
	buf_printf(
	    b, "], \"more\": %s, ", g->more_addresses ? "true" : "false");
}

static void
json_hits(
    struct buf *b, const struct replay_total *t, const struct replay_group *g)
{
	buf_add_str(b, "\"rules\": [");
	for (size_t i = 0; i < g->hits; i++) {
		const struct replay_rule *r = &t->rule[g->hit[i].rule];
		buf_add_str(b, i > 0 ? ", {\"rule\": " : "{\"rule\": ");
		json_quoted(b, r->name);
		buf_printf(b, ", \"action\": \"%s\", \"sessions\": %llu}",
		    conf_action_name(r->now), (ull)g->hit[i].sessions);
	}
	buf_add_str(b, "], ");
}

static void
json_signs(struct buf *b, const struct replay_group *g)
{
	bool first = true;
	buf_add_str(b, "\"signs\": {");
	json_number(b, "messages", g->messages);
	json_number(b, "messages_before", g->before);
	json_number(b, "authenticated", g->authenticated);
	json_number(b, "tls", g->tls);
	ledger_json_text(b, "ptr", g->ptr);
	buf_add_str(b, ", \"passed\": [");
	for (unsigned i = 0; i < REPLAY_LOOKUPS; i++) {
		if (g->passed[i] == 0)
			continue;
		buf_printf(b, "%s\"%s\"", first ? "" : ", ",
		    conf_exempt_name((enum conf_exempt_list)i));
		first = false;
	}
	buf_printf(b, "], \"weight\": %u}, ", replay_signs(g));
}

static void
json_entries(
    struct buf *b, const struct replay_total *t, const struct replay_group *g)
{
	struct policy_entry e[CONF_EXEMPT_LISTS];
	struct buf command;
	size_t n = g->released ? 0 : policy_entries(t, g, e);
	buf_init(&command, 1024);
	buf_add_str(b, "\"exempt\": [");
	for (size_t i = 0; i < n; i++) {
		buf_printf(b,
		    "%s{\"list\": \"%s\", \"entry\": ", i > 0 ? ", " : "",
		    conf_exempt_name(e[i].list));
		json_quoted(b, slice_str(e[i].text));
		buf_clear(&command);
		add_command(&command, &e[i]);
		buf_add_str(b, ", ");
		ledger_json_text(b, "command", buf_slice(&command));
		buf_add_byte(b, '}');
	}
	buf_add_byte(b, ']');
	buf_free(&command);
}

static void
json_group(
    struct buf *b, const struct replay_total *t, const struct replay_group *g)
{
	static const char *const kinds[] = {"address", "network", "domain"};
	buf_add_str(b, "{\"sender\": \"");
	struct buf name;
	buf_init(&name, 512);
	add_sender(&name, g);
	buf_add_json(b, buf_slice(&name));
	buf_free(&name);
	buf_printf(b, "\", \"kind\": \"%s\", ", kinds[g->kind]);
	json_addresses(b, g);
	json_number(b, "sessions", g->sessions);
	json_number(b, "refused", g->refused);
	json_number(b, "deferred", g->deferred);
	json_time(b, "first", g->first_ms);
	json_time(b, "last", g->last_ms);
	buf_add_str(b, "\"session\": \"");
	buf_add_id(b, g->example);
	buf_add_str(b, "\", ");
	json_hits(b, t, g);
	json_names(b, "helo", &g->helo);
	json_names(b, "from", &g->from);
	ledger_json_list(b, "evidence", g->evidence);
	buf_add_str(b, ", ");
	json_signs(b, g);
	json_entries(b, t, g);
	buf_add_byte(b, '}');
}

static void
json_groups(
    struct buf *b, const char *name, const struct replay *r, bool released)
{
	const struct replay_group *g;
	bool first = true;
	buf_printf(b, "\"%s\": [", name);
	for (size_t i = 0; (g = replay_group_at(r, i)) != NULL; i++) {
		if (g->released != released)
			continue;
		buf_add_str(b, first ? "" : ",\n  ");
		json_group(b, replay_total(r), g);
		first = false;
	}
	buf_add_str(b, "], ");
}

static void
json_rules(struct buf *b, const struct replay_total *t)
{
	buf_add_str(b, "\"rules\": [");
	for (size_t i = 0; i < t->rules; i++) {
		const struct replay_rule *r = &t->rule[i];
		buf_add_str(b, i > 0 ? ", {\"rule\": " : "{\"rule\": ");
		json_quoted(b, r->name);
		buf_printf(
		    b, ", \"action\": \"%s\", ", conf_action_name(r->now));
		json_number(b, "sessions", r->sessions);
		json_number(b, "refused_then", r->then);
		json_number(b, "refused", r->refused);
		json_number(b, "deferred", r->deferred);
		json_number(b, "noted", r->noted);
		json_number(b, "spared", r->spared);
		buf_printf(b, "\"victims\": %llu}", (ull)r->victims);
	}
	buf_add_str(b, "], ");
}

static void
json_unjudged(struct buf *b, const struct replay_total *t)
{
	bool first = true;
	buf_printf(b, "\"unjudged\": {\"sessions\": %llu, \"reasons\": [",
	    (ull)t->unjudged);
	for (unsigned i = 0; i < REPLAY_LOOKUPS; i++) {
		const uint64_t n[] = {t->not_made[i], t->ended_before[i]};
		static const char *const why[] = {"not-made", "refused-before"};
		for (size_t k = 0; k < 2; k++) {
			if (n[k] == 0)
				continue;
			buf_printf(b,
			    "%s{\"lookup\": \"%s\", \"reason\": \"%s\", "
			    "\"sessions\": %llu}",
			    first ? "" : ", ",
			    conf_exempt_name((enum conf_exempt_list)i), why[k],
			    (ull)n[k]);
			first = false;
		}
	}
	buf_add_str(b, "]}");
}

static void
show_json(const struct policy_asked *q, struct buf *b, const struct replay *r)
{
	const struct replay_total *t = replay_total(r);
	buf_add_byte(b, '{');
	json_time(b, "since", q->since_ms);
	json_time(b, "until", q->until_ms);
	buf_add_str(b, "\"set\": {");
	for (size_t i = 0; i < q->sets; i++) {
		buf_add_str(b, i > 0 ? ", " : "");
		json_quoted(b, q->set[i].name);
		buf_add_str(b, ": ");
		json_quoted(b, q->set[i].value);
	}
	buf_add_str(b, "}, ");
	json_number(b, "sessions", t->sessions);
	json_number(b, "refused", t->refused);
	json_number(b, "deferred", t->deferred);
	json_number(b, "noted", t->noted);
	json_number(b, "spared", t->spared);
	json_number(b, "refused_then", t->refused_then);
	json_number(b, "newly_refused", t->victims);
	json_number(b, "no_longer_refused", t->released);
	json_number(b, "refused_anyway", t->anyway);
	json_number(b, "without_sender", t->idle);
	json_number(b, "left_out", t->sessions_left_out);
	json_number(b, "damaged", t->damaged);
	json_rules(b, t);
	json_groups(b, "victims", r, false);
	json_groups(b, "released", r, true);
	json_unjudged(b, t);
	buf_add_str(b, "}\n");
}

void
policy_show(const struct cmd_ctx *ctx, const struct policy_asked *q,
    const struct replay *r)
{
	struct buf b;
	buf_init(&b, OUT_MAX);
	if (ctx->json)
		show_json(q, &b, r);
	else
		show_text(ctx, q, &b, r);
	struct slice text = buf_slice(&b);
	fwrite(text.p, 1, text.n, stdout);
	buf_free(&b);
}
