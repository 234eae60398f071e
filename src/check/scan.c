/* scan.c - which questions are put, and what the answers mean. */
#include "check/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/scan_priv.h"
#include "os/random.h"

enum { CHUNK = 110, SAME_QUESTION = 2, GIVE_UP = 6 };
enum { BRAKE_MS = 250, BRAKE_MOST_MS = 1000, BUSY_MOST = 40 };

static const uint16_t wire[GRADE_VERSIONS] = {TLS_WIRE_SSL2, TLS_WIRE_SSL3,
    TLS_WIRE_TLS10, TLS_WIRE_TLS11, TLS_WIRE_TLS12, TLS_WIRE_TLS13};

static void job_ask(struct scan_job *j);

/* ---- what is offered ---- */

static bool
of_version(const struct tls_suite_facts *f, unsigned version)
{
	if (f->tls13 != (version == GRADE_TLS13))
		return false;
	return version >= GRADE_TLS12 || !f->tls12_up;
}

/* A server in order has suites of the first rank alone. They fit into one
 * hello, so that the order in which it picks them is its own at once. */
static unsigned
rank(const struct tls_suite_facts *f)
{
	if (f->rare)
		return 2;
	return f->null || f->export_grade || f->anonymous || f->bits < 112;
}

/* All suites of every version, judged once for the whole scan. */
static void
list_suites(struct scan *s)
{
	size_t n;
	const struct tls_suite *v = tls_suites(&n);
	for (unsigned at = 0; at < 3; at++)
		for (size_t i = 0; i < n && s->suite_n < SCAN_KNOWN_MAX; i++) {
			struct tls_suite_facts f;
			struct scan_known *k = &s->suite[s->suite_n];
			tls_suite_judge(&v[i], &f);
			if (rank(&f) != at)
				continue;
			k->id = (uint16_t)v[i].id;
			for (unsigned w = 0; w < GRADE_VERSIONS; w++)
				k->of[w] = of_version(&f, w);
			s->suite_n++;
		}
}

/* The n-th part of all suites of a version: the usual ones first, so that old
 * servers see no hello they choke on. false: there is no such part. */
static bool
fill_chunk(struct scan_job *j, size_t chunk)
{
	const struct scan *s = j->scan;
	size_t at = 0;
	j->offer_n = 0;
	for (size_t i = 0; i < s->suite_n; i++) {
		if (!s->suite[i].of[j->version])
			continue;
		if (at++ / CHUNK == chunk)
			j->offer[j->offer_n++] = s->suite[i].id;
	}
	return j->offer_n > 0;
}

/* ---- asking ---- */

/* What was refused in that version may have been refused to us, not to it. */
static void
doubt(struct scan *s, unsigned version)
{
	struct scan_version *v = &s->r.version[version];
	s->doubted = true;
	v->cut = true;
	if (v->offered == GRADE_NO)
		v->offered = GRADE_UNTESTED;
}

static bool
finds_agreed(const struct scan *s)
{
	const struct scan_version *v = &s->r.version[s->o.version];
	for (size_t i = 0; i < v->suite_n; i++)
		if (v->suite[i] == s->o.suite)
			return true;
	return s->o.suite == 0 || v->offered == GRADE_UNTESTED;
}

/* Nothing at all was found, or not what a handshake had agreed on: no refusal
 * can be believed. */
static void
weigh(struct scan *s)
{
	bool any = false, heartbeat = false;
	for (unsigned i = 0; i < GRADE_VERSIONS; i++) {
		any |= s->r.version[i].offered == GRADE_YES;
		heartbeat |= s->job[i].heartbeat;
	}
	for (unsigned i = 0; i < GRADE_VERSIONS; i++)
		if (!any || !finds_agreed(s))
			doubt(s, i);
	if (s->doubted && heartbeat && s->r.heartbleed == GRADE_NO)
		s->r.heartbleed = GRADE_UNTESTED;
	if (s->doubted && s->r.client_renegotiation == GRADE_NO)
		s->r.client_renegotiation = GRADE_UNTESTED;
}

static void
scan_over(void *arg)
{
	struct scan *s = arg;
	bool old = false;
	weigh(s);
	for (unsigned i = 0; i < GRADE_TLS13; i++)
		old |= s->r.version[i].offered != GRADE_NO;
	if (!old && s->r.version[GRADE_TLS13].offered == GRADE_YES) {
		/* TLS 1.3 has none of these */
		s->r.client_renegotiation = s->r.compression = s->r.heartbleed =
		    GRADE_NO;
		s->r.secure_renegotiation = GRADE_YES;
	}
	s->done(s->arg, &s->r);
	scan_cancel(s);
}

static void
one_over(struct scan *s)
{
	if (--s->open == 0)
		loop_defer(s->c->loop, &s->over);
}

static void
job_over(struct scan_job *j)
{
	j->phase = JOB_OVER;
	one_over(j->scan);
}

static void
all_found(struct scan_job *j)
{
	const struct scan_version *v = &j->scan->r.version[j->version];
	j->offer_n = v->suite_n;
	for (size_t i = 0; i < v->suite_n; i++)
		j->offer[i] = (uint16_t)v->suite[i];
}

static void
reverse(struct scan_job *j)
{
	for (size_t i = 0; i < j->offer_n / 2; i++) {
		uint16_t t = j->offer[i];
		j->offer[i] = j->offer[j->offer_n - 1 - i];
		j->offer[j->offer_n - 1 - i] = t;
	}
}

/* Ephemeral curves alone, so that the group shows. */
static void
only_curves(struct scan_job *j)
{
	size_t n = 0;
	for (size_t i = 0; i < j->offer_n; i++) {
		const struct tls_suite *s = tls_suite_find(j->offer[i]);
		struct tls_suite_facts f;
		if (s == NULL)
			continue;
		tls_suite_judge(s, &f);
		if (f.kx == TLS_KX_ECDHE || f.kx == TLS_KX_ANY)
			j->offer[n++] = j->offer[i];
	}
	j->offer_n = n;
}

static void
all_groups(struct scan_job *j)
{
	size_t n;
	const struct tls_group *g = tls_groups(&n);
	j->group_n = 0;
	for (size_t i = 0; i < n && j->group_n < SCAN_GROUPS_MAX; i++)
		/* below TLS 1.3 the finite fields are for DHE */
		if (j->version == GRADE_TLS13 || g[i].id < 256)
			j->groups[j->group_n++] = g[i].id;
}

static void
job_say(struct scan_job *j)
{
	unsigned version = j->phase == JOB_CONTROL ? j->control : j->version;
	struct tls_hello h = {
	    .version = wire[version],
	    .suites = j->offer,
	    .suite_n = j->offer_n,
	    .sni = slice_str(j->scan->host),
	    .deflate = version < GRADE_TLS13,
	    .heartbeat = version >= GRADE_TLS10,
	    .ticket = j->phase == JOB_TICKET,
	};
	enum err e;
	if (j->phase == JOB_GROUPS) {
		h.groups = j->groups;
		h.group_n = j->group_n;
	}
	random_bytes(h.random, sizeof(h.random));
	buf_clear(&j->t.hello);
	j->t.ssl2 = version == GRADE_SSL2;
	j->t.heartbleed = j->phase == JOB_HEART;
	j->t.renegotiate = j->phase == JOB_RENEGOTIATE;
	if (j->t.ssl2)
		e = tls_ssl2_hello_build(h.random, &j->t.hello);
	else
		e = tls_hello_build(&h, &j->t.hello);
	if (e == ERR_OK)
		try_start(&j->t);
	else
		job_over(j);
}

static void
job_ask(struct scan_job *j)
{
	struct scan *s = j->scan;
	struct scan_version *v = &s->r.version[j->version];
	if (s->given_up || s->r.connections >= SCAN_CONNECTIONS ||
	    loop_now_ms(s->c->loop) > s->until_ms) {
		if (!s->given_up && s->r.failed++ == 0)
			(void)snprintf(s->r.why, sizeof(s->r.why), "%s",
			    tr("it took too long"));
		s->given_up = true;
		if (j->unsure)
			doubt(s, j->version);
		if (v->offered == GRADE_YES && j->phase == JOB_CHUNKS)
			v->cut = true;
		job_over(j);
		return;
	}
	job_say(j);
}

/* ---- the phases ---- */

/* Prepare the question of a phase; false: there is none to put. */
static bool
phase_begin(struct scan_job *j)
{
	struct scan *s = j->scan;
	struct scan_version *v = &s->r.version[j->version];
	all_found(j);
	switch (j->phase) {
	case JOB_REVERSE:
		reverse(j);
		if (v->suite_n < 2)
			v->server_order = GRADE_YES; /* nothing to choose */
		return v->suite_n > 1;
	case JOB_ORDER:
		if (v->server_order != GRADE_YES || j->chunks_hit < 2)
			return false;
		j->order_n = 0;
		return true;
	case JOB_TICKET:
		return j->version >= GRADE_TLS10 && j->version < GRADE_TLS13 &&
		       s->r.ticket == GRADE_UNTESTED;
	case JOB_HEART:
		return j->heartbeat;
	case JOB_GROUPS:
		only_curves(j);
		all_groups(j);
		return j->offer_n > 0 && j->version >= GRADE_TLS10;
	case JOB_RENEGOTIATE:
		/* once is enough; TLS 1.3 has none */
		if (j->version < GRADE_TLS10 || j->version == GRADE_TLS13 ||
		    s->renegotiation_asked)
			return false;
		s->renegotiation_asked = true;
		return true;
	case JOB_CONTROL:
		/* what it took before in this version, or in any other */
		j->control = v->suite_n > 0 && j->version != GRADE_SSL2
				 ? j->version
				 : s->o.version;
		j->offer[0] = j->control == j->version && v->suite_n > 0
				  ? (uint16_t)v->suite[0]
				  : s->o.suite;
		j->offer_n = 1;
		return j->unsure && j->offer[0] != 0;
	case JOB_CHUNKS:
	case JOB_OVER:
	default:
		return false;
	}
}

static void
phase_after(struct scan_job *j)
{
	const struct scan_version *v = &j->scan->r.version[j->version];
	j->tries = 0;
	if (v->suite_n == 0 && j->phase < JOB_CONTROL)
		j->phase = JOB_CONTROL - 1;
	while (++j->phase < JOB_OVER)
		if (phase_begin(j)) {
			job_ask(j);
			return;
		}
	job_over(j);
}

static bool
take_offer(struct scan_job *j, uint16_t suite)
{
	for (size_t i = 0; i < j->offer_n; i++) {
		if (j->offer[i] != suite)
			continue;
		memmove(&j->offer[i], &j->offer[i + 1],
		    (j->offer_n - i - 1) * sizeof(*j->offer));
		j->offer_n--;
		return true;
	}
	return false;
}

static void
next_chunk(struct scan_job *j)
{
	if (fill_chunk(j, ++j->chunk))
		job_ask(j);
	else
		phase_after(j);
}

/* What every hello tells besides its suite. */
static void
note_facts(struct scan_job *j, const struct tls_facts *f)
{
	struct scan_result *r = &j->scan->r;
	if (j->version == GRADE_TLS13)
		return;
	if (r->secure_renegotiation != GRADE_NO)
		r->secure_renegotiation =
		    f->renegotiation_info ? GRADE_YES : GRADE_NO;
	if (r->compression != GRADE_YES)
		r->compression = f->compression != 0 ? GRADE_YES : GRADE_NO;
	if (r->session_id != GRADE_YES)
		r->session_id = f->session_id_n > 0 ? GRADE_YES : GRADE_NO;
	if (f->heartbeat)
		j->heartbeat = true;
	else if (r->heartbleed == GRADE_UNTESTED)
		r->heartbleed = GRADE_NO;
	if (f->dh_bits != 0 && (r->dh_bits == 0 || f->dh_bits < r->dh_bits))
		r->dh_bits = f->dh_bits;
}

static void
add_group(struct scan_result *r, uint16_t group)
{
	for (size_t i = 0; i < r->group_n; i++)
		if (r->group[i] == group)
			return;
	if (group != 0 && r->group_n < SCAN_GROUPS_MAX)
		r->group[r->group_n++] = group;
}

static void
found_suite(struct scan_job *j, uint16_t suite, bool new_chunk)
{
	struct scan_version *v = &j->scan->r.version[j->version];
	v->offered = GRADE_YES;
	if (new_chunk)
		j->chunks_hit++;
	if (v->suite_n < SCAN_SUITES_MAX)
		v->suite[v->suite_n++] = suite;
}

static void
answered_groups(struct scan_job *j, uint16_t group)
{
	size_t n = 0;
	bool ours = false;
	add_group(&j->scan->r, group);
	for (size_t i = 0; i < j->group_n; i++) {
		if (j->groups[i] != group)
			j->groups[n++] = j->groups[i];
		else
			ours = true;
	}
	j->group_n = n;
	if (ours && n > 0)
		job_ask(j);
	else
		phase_after(j);
}

static void
answered_chunk(struct scan_job *j, uint16_t suite)
{
	struct scan_version *v = &j->scan->r.version[j->version];
	if (!take_offer(j, suite)) {
		/* chooses what was not offered: who knows what else it can */
		if (v->suite_n == 0)
			found_suite(j, suite, true);
		v->cut = true;
		phase_after(j);
		return;
	}
	found_suite(j, suite, j->chunks_hit <= j->chunk);
	if (j->offer_n > 0)
		job_ask(j);
	else
		next_chunk(j);
}

/* The order counts once all is in it; till then what was found stands. */
static void
answered_order(struct scan_job *j, uint16_t suite)
{
	struct scan_version *v = &j->scan->r.version[j->version];
	if (!take_offer(j, suite)) {
		v->server_order = GRADE_UNTESTED;
		phase_after(j);
		return;
	}
	j->order[j->order_n++] = suite;
	if (j->offer_n > 0) {
		job_ask(j);
		return;
	}
	memcpy(v->suite, j->order, j->order_n * sizeof(*v->suite));
	phase_after(j);
}

static void
answered(struct scan_job *j, const struct tls_facts *f)
{
	struct scan_version *v = &j->scan->r.version[j->version];
	if (j->phase != JOB_RENEGOTIATE && j->phase != JOB_CONTROL)
		note_facts(j, f);
	switch (j->phase) {
	case JOB_CHUNKS:
		answered_chunk(j, f->suite);
		return;
	case JOB_ORDER:
		answered_order(j, f->suite);
		return;
	case JOB_REVERSE:
		v->server_order =
		    f->suite == v->suite[0] ? GRADE_YES : GRADE_NO;
		break;
	case JOB_TICKET:
		j->scan->r.ticket = f->ticket ? GRADE_YES : GRADE_NO;
		break;
	case JOB_HEART:
		j->scan->r.heartbleed = GRADE_YES;
		break;
	case JOB_GROUPS:
		answered_groups(j, f->group);
		return;
	case JOB_RENEGOTIATE:
		j->scan->r.client_renegotiation = GRADE_YES;
		break;
	case JOB_CONTROL: /* it does: what was refused was refused for good */
		break;
	case JOB_OVER:
	default:
		return;
	}
	phase_after(j);
}

static void
refused(struct scan_job *j, const struct try_result *r)
{
	struct scan_version *v = &j->scan->r.version[j->version];
	bool version = r->facts.alert && r->facts.alert_code == 70;
	if (j->phase == JOB_CONTROL)
		doubt(j->scan, j->version);
	else if (j->phase != JOB_HEART && j->phase != JOB_RENEGOTIATE)
		j->unsure |= !version || v->suite_n > 0;
	if (j->phase == JOB_ORDER)
		v->server_order = GRADE_UNTESTED;
	if (j->phase == JOB_CHUNKS && (v->suite_n > 0 || !version) &&
	    j->version != GRADE_SSL2) {
		next_chunk(j);
		return;
	}
	if (j->phase == JOB_RENEGOTIATE)
		j->scan->r.client_renegotiation = GRADE_NO;
	if (j->phase == JOB_HEART && j->scan->r.heartbleed != GRADE_YES)
		j->scan->r.heartbleed = GRADE_NO;
	phase_after(j);
}

static void
answered_ssl2(struct scan_job *j, const struct tls_ssl2_hello *h)
{
	struct scan_version *v = &j->scan->r.version[GRADE_SSL2];
	v->offered = GRADE_YES;
	for (size_t i = 0; i < h->cipher_n; i++)
		v->suite[v->suite_n++] = h->cipher[i];
	job_over(j);
}

/* A server that is busy is asked again, and all more slowly from then on. */
static bool
again_later(struct scan *s, const struct try_result *r)
{
	if (!r->busy || s->busy == BUSY_MOST)
		return false;
	s->busy++;
	s->brake_ms = s->brake_ms < BRAKE_MS ? BRAKE_MS : 2 * s->brake_ms;
	if (s->brake_ms > BRAKE_MOST_MS)
		s->brake_ms = BRAKE_MOST_MS;
	return true;
}

/* It did not come to an answer: once more, then the rest is unknown. */
static void
failed(struct scan_job *j, const struct try_result *r)
{
	struct scan *s = j->scan;
	struct scan_version *v = &s->r.version[j->version];
	const char *why = r->why;
	if (again_later(s, r)) {
		job_ask(j);
		return;
	}
	s->r.failed++;
	(void)snprintf(
	    s->r.why, sizeof(s->r.why), "%s", why != NULL ? tr(why) : "");
	if (++s->failures >= GIVE_UP)
		s->given_up = true;
	if (++j->tries < SAME_QUESTION) {
		job_ask(j);
		return;
	}
	if (j->phase == JOB_CONTROL)
		doubt(s, j->version);
	if (j->phase == JOB_ORDER)
		v->server_order = GRADE_UNTESTED;
	if (j->phase == JOB_CHUNKS) {
		v->cut = true;
		if (v->suite_n == 0)
			v->offered = GRADE_UNTESTED;
		job_over(j);
		return;
	}
	phase_after(j);
}

static void
on_try(struct scan_try *t, const struct try_result *r)
{
	struct scan_job *j = (struct scan_job *)(void *)t;
	struct scan_version *v = &j->scan->r.version[j->version];
	unsigned version = j->phase == JOB_CONTROL ? j->control : j->version;
	if (r->outcome == TRY_FAILED) {
		failed(j, r);
		return;
	}
	j->scan->failures = 0;
	j->scan->brake_ms -= j->scan->brake_ms / 8;
	j->tries = 0;
	if (v->offered == GRADE_UNTESTED)
		v->offered = GRADE_NO;
	if (r->outcome == TRY_REFUSED) {
		refused(j, r);
	} else if (j->t.ssl2) {
		answered_ssl2(j, &r->ssl2);
	} else if (j->phase != JOB_RENEGOTIATE &&
		   r->facts.version != wire[version]) {
		/* it talks of another version */
		v->cut |= j->phase == JOB_CHUNKS && v->suite_n > 0;
		if (j->phase == JOB_ORDER)
			v->server_order = GRADE_UNTESTED;
		if (j->phase == JOB_CONTROL)
			doubt(j->scan, j->version);
		phase_after(j);
	} else {
		answered(j, &r->facts);
	}
}

/* A handshake that does not come about leaves this one question open. */
static void
on_stapled(struct scan_try *t, const struct try_result *r)
{
	struct scan *s = t->scan;
	if (again_later(s, r)) {
		try_start(t);
		return;
	}
	if (r->outcome != TRY_ANSWERED && ++s->stapled_tries < SAME_QUESTION &&
	    !s->given_up && loop_now_ms(s->c->loop) <= s->until_ms) {
		try_start(t);
		return;
	}
	s->r.staple_asked = r->outcome == TRY_ANSWERED &&
			    buf_err(&s->staple) == ERR_OK &&
			    buf_err(&s->staple_chain) == ERR_OK;
	if (s->r.staple_asked) {
		s->r.staple = buf_slice(&s->staple);
		s->r.staple_chain = buf_slice(&s->staple_chain);
	}
	one_over(s);
}

static void
ask_staple(struct scan *s)
{
	buf_init(&s->staple, SCAN_STAPLE_MAX);
	buf_init(&s->staple_chain, SCAN_CHAIN_MAX);
	try_init(&s->stapled, s, on_stapled);
	s->stapled.staple = true;
	s->open++;
	try_start(&s->stapled);
}

/* ---- the whole ---- */

struct scan *
scan_start(
    struct check *c, const struct scan_opts *o, scan_done *done, void *arg)
{
	struct ip ip;
	struct scan *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->c = c;
	s->o = *o;
	s->done = done;
	s->arg = arg;
	s->until_ms = loop_now_ms(c->loop) +
		      (o->total_ms > 0 ? o->total_ms : SCAN_TIME_MS);
	defer_init(&s->over, scan_over, s);
	if (o->host.n < sizeof(s->host) && ip_parse(o->host, &ip) != ERR_OK)
		memcpy(s->host, o->host.p, o->host.n);
	s->r.secure_renegotiation = s->r.client_renegotiation =
	    s->r.compression = s->r.heartbleed = s->r.session_id = s->r.ticket =
		GRADE_UNTESTED;
	list_suites(s);
	for (unsigned i = 0; i < GRADE_VERSIONS; i++) {
		struct scan_job *j = &s->job[i];
		j->scan = s;
		j->version = i;
		s->r.version[i].offered = s->r.version[i].server_order =
		    GRADE_UNTESTED;
		try_init(&j->t, s, on_try);
		s->open++;
	}
	for (unsigned i = 0; i < GRADE_VERSIONS; i++) {
		if (i != GRADE_SSL2)
			(void)fill_chunk(&s->job[i], 0);
		job_ask(&s->job[i]);
	}
	ask_staple(s);
	return s;
}

void
scan_cancel(struct scan *s)
{
	if (s == NULL)
		return;
	defer_cancel(&s->over);
	try_close(&s->stapled);
	buf_free(&s->stapled.hello);
	buf_free(&s->stapled.ssl2_in);
	buf_free(&s->staple);
	buf_free(&s->staple_chain);
	for (unsigned i = 0; i < GRADE_VERSIONS; i++) {
		try_close(&s->job[i].t);
		buf_free(&s->job[i].t.hello);
		buf_free(&s->job[i].t.ssl2_in);
	}
	free(s);
}
