/* relay_control.c - a server that refuses whatever we say refuses us, and says
 * nothing of who may relay: is its own postmaster refused in the same words? */
#include <stdio.h>
#include <string.h>

#include "check/relay_priv.h"

#define CONTROL_MS 60000

/* The plain stranger's pair, or the first that came so far as RCPT. */
static const struct relay_try *
sample(const struct relay_pass *p)
{
	const struct relay_try *first = NULL;
	size_t n;
	const struct relay_pair *v = relay_pairs(&n);
	for (size_t i = 0; i < n; i++) {
		const struct relay_try *t = &p->tries[i];
		if (t->state != TRY_ANSWERED || t->class != RELAY_CLOSED ||
		    t->rcpt == 0)
			continue;
		if (first == NULL || strcmp(v[i].name, "plain") == 0)
			first = t;
	}
	return first;
}

bool
relay_control_wanted(const struct relay_pass *p)
{
	size_t n;
	(void)relay_pairs(&n);
	if (p->controlled || p->user || p->void_ || p->cut)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct relay_try *t = &p->tries[i];
		if (t->state != TRY_ANSWERED)
			continue;
		/* known well enough, or not to be known */
		if (t->class > RELAY_CLOSED || t->of_relaying)
			return false;
	}
	return sample(p) != NULL;
}

struct probe *
relay_control_begin(
    struct relay_server *s, struct relay_pass *p, probe_done *done, void *arg)
{
	struct relay_check *rc = s->rc;
	char from[350], to[300];
	const bool local = s->local[0] != '\0';
	(void)snprintf(from, sizeof(from), "MAIL FROM:<%.*s>",
	    SLICE_ARG(s->facts.outside));
	(void)snprintf(to, sizeof(to), "RCPT TO:<postmaster@%s>", s->local);
	const struct probe_step steps[] = {
	    {.line = p->outside_refused ? SLICE("MAIL FROM:<>")
					: slice_str(from),
		.stop_unless_2xx = true},
	    {.line = SLICE("RCPT TO:<postmaster>")}, {.line = slice_str(to)}};
	struct probe_opts o = {.host = slice_str(s->name),
	    .tls = p->tls,
	    .steps = steps,
	    .step_n = local ? 3 : 2,
	    .total_ms = CONTROL_MS,
	    .source = p->source};
	p->controlled = true;
	p->client_refused = true; /* until it is known better */
	check_route(rc->c, o.host, rc->port, &s->ip, &o.to);
	return probe_start(rc->c, &o, done, arg);
}

/* Taken, put off or refused in other words: who may relay was the question. */
void
relay_control_judge(struct relay_pass *p, const struct probe_result *r)
{
	const struct relay_try *t = sample(p);
	bool any = false, same = false;
	for (size_t i = 1; i < r->step_n; i++) {
		const struct probe_reply *v = &r->steps[i];
		struct slice line =
		    slice_to(v->text, slice_find(v->text, '\n'));
		if (!v->came)
			continue;
		any = true;
		if (v->code / 100 != 5) {
			same = false;
			break;
		}
		same |= t != NULL && v->code == t->rcpt &&
			relay_same_words(slice_to(line, sizeof(t->reply) - 1),
			    slice_str(t->reply));
	}
	p->client_refused = !any || same;
}
