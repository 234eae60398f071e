/* job.c - the way of one list: when it is due, the addresses of its host, the
 * file, its signature, the verdict. Each step ends in the next one, or in
 * job_end. */
#include "role/fetch/fetch.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/clock.h"
#include "os/log.h"
#include "proto/dns/message.h"
#include "role/fetch/minisign.h"
#include "role/fetch/schedule.h"

#define MINUTE_MS 60000ull
#define HOUR_MS   (60 * MINUTE_MS)
/* After a start, so that what matters more comes first. */
#define FIRST_MS MINUTE_MS
/* A server that could not be reached is asked again before the next night. */
#define AGAIN_MS HOUR_MS
/* The clock may be set, and a machine may sleep: look at it now and then. */
#define LOOK_MS (10 * MINUTE_MS)

const struct conf_exempt *
job_section(const struct fetch *f, enum conf_exempt_list list)
{
	const struct conf_exempt *e = f->role->conf->exempts[list];
	return e != NULL && e->sync.n > 0 ? e : NULL;
}

/* ---- when ---- */

static uint64_t
now_ms(const struct fetch *f)
{
	return loop_unix_ms(f->role->loop);
}

static void
plan_tick(struct fetch *f)
{
	uint64_t now = now_ms(f), wait = LOOK_MS;
	for (size_t i = 0; i < CONF_EXEMPT_LISTS; i++) {
		const struct job *j = &f->job[i];
		if (j->due_ms == 0 || j->stage != JOB_IDLE)
			continue;
		uint64_t left = j->due_ms > now ? j->due_ms - now : 0;
		wait = left < wait ? left : wait;
	}
	timer_start(&f->tick, wait);
}

static void
on_tick(void *arg)
{
	struct fetch *f = arg;
	for (size_t i = 0; i < CONF_EXEMPT_LISTS; i++) {
		struct job *j = &f->job[i];
		if (j->due_ms != 0 && j->due_ms <= now_ms(f))
			job_start(j);
	}
	plan_tick(f);
}

static void
plan_next(struct job *j, bool unreachable)
{
	struct fetch *f = j->f;
	const struct conf_exempt *e = job_section(f, j->list);
	j->due_ms = 0;
	if (e == NULL)
		return;
	const struct schedule s = {.at_min = e->sync_at,
	    .seed = {f->role->seed[0], f->role->seed[1]},
	    .list = j->list,
	    .offset_min = clock_utc_offset_min};
	uint64_t again = now_ms(f) + AGAIN_MS;
	j->due_ms = schedule_next(&s, now_ms(f));
	if (unreachable && again < j->due_ms)
		j->due_ms = again;
}

/* A list that has no copy, or an old one, need not wait for the night. */
static void
plan_first(struct job *j)
{
	const struct conf_exempt *e = job_section(j->f, j->list);
	uint64_t now = now_ms(j->f);
	struct keep k;
	plan_next(j, false);
	if (e == NULL)
		return;
	keep_load(&k, j->f->dir, j->list);
	if (!k.present || !slice_eq(k.state.url, e->sync) ||
	    now / 1000 > k.state.last_sync + SCHEDULE_DAY_MS / 1000)
		j->due_ms = now + FIRST_MS;
	keep_free(&k);
}

/* ---- the end ---- */

/* What is known now, of the copy in force and of this try. */
static struct sync_state
new_state(const struct job *j, const struct outcome *o)
{
	struct sync_state s = j->keep.state;
	s.last_try = now_ms(j->f) / 1000;
	s.last_error = SLICE_EMPTY;
	if (o->result == FETCH_REFUSED || o->result == FETCH_UNREACHABLE) {
		s.last_error = slice_str(o->text);
		return s;
	}
	s.last_sync = s.last_try;
	s.entries = o->entries;
	if (j->stage == JOB_LIST && j->body.n == 0)
		return s; /* 304: the copy is what it was */
	s.octets = j->body.n;
	s.timestamp = j->timestamp;
	s.url = j->e->sync;
	s.key = j->e->key;
	s.etag = buf_slice(&j->etag);
	s.last_modified = buf_slice(&j->last_modified);
	return s;
}

static void
job_clear(struct job *j)
{
	timer_stop(&j->patience);
	http_cancel(j->get);
	j->get = NULL;
	keep_free(&j->keep);
	buf_free(&j->body);
	buf_free(&j->etag);
	buf_free(&j->last_modified);
	role_conf_unref(j->f->role, j->conf);
	j->conf = NULL;
	j->e = NULL;
	j->stage = JOB_IDLE;
}

static void
job_end(struct job *j, struct outcome *o)
{
	struct diag d;
	struct fetch *f = j->f;
	if (o->result != FETCH_TAKEN && o->result != FETCH_UNCHANGED)
		o->entries = j->keep.state.entries;
	const struct sync_state s = new_state(j, o);
	if (keep_write_state(f->dir, j->list, &s, &d) != ERR_OK)
		log_line(LOG_ERROR, "sync-state-lost", "list=%s why=\"%s\"",
		    conf_exempt_name(j->list), d.text);
	plan_next(j, o->result == FETCH_UNREACHABLE);
	control_tell(f, j->list, j->e, o);
	job_clear(j);
	plan_tick(f);
}

static void __attribute__((format(printf, 3, 4)))
job_fail(struct job *j, enum fetch_result result, const char *fmt, ...)
{
	struct outcome o = {.result = result};
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(o.text, sizeof(o.text), fmt, ap);
	va_end(ap);
	job_end(j, &o);
}

static void
on_patience(void *arg)
{
	struct job *j = arg;
	http_cancel(j->get);
	j->get = NULL;
	job_fail(j, FETCH_UNREACHABLE,
	    "it did not come whole within %llu s (limits.fetch-timeout)",
	    (unsigned long long)j->conf->limits.fetch_timeout_ms / 1000);
}

/* ---- the verdict ---- */

static void
take(struct job *j, struct slice old)
{
	struct outcome o = {.result = FETCH_TAKEN};
	struct diag d = {0};
	struct slice text = buf_slice(&j->body);
	const struct judge_old before = {old, j->same_url};
	enum err e = judge_list(text, &before, &o.entries, &d);
	if (e == ERR_OK)
		e = difference_make(old, text, &o.diff);
	if (e == ERR_NOMEM)
		diag_set(&d, e, NULL, "out of memory");
	if (e == ERR_OK && j->keep.present && slice_eq(old, text))
		o.result = FETCH_UNCHANGED;
	else if (e == ERR_OK)
		e = keep_write_list(j->f->dir, j->list, text, &d);
	if (e != ERR_OK) {
		job_fail(j, FETCH_REFUSED, "%s", d.text);
		return;
	}
	snprintf(o.text, sizeof(o.text), "%zu entries", o.entries);
	job_end(j, &o);
}

static void
judge(struct job *j)
{
	struct buf old;
	buf_init(&old, EXEMPT_TEXT_MAX);
	keep_list(j->f->dir, j->list, &old);
	take(j, buf_slice(&old));
	buf_free(&old);
}

/* Half of all the time, so that a dead address leaves some for another. */
static uint64_t
connect_ms(const struct job *j)
{
	const struct conf_limits *l = &j->conf->limits;
	uint64_t half = l->fetch_timeout_ms / 2;
	return l->connect_timeout_ms < half ? l->connect_timeout_ms : half;
}

/* ---- the signature ---- */

static bool
answered(struct job *j, const struct http_reply *r, const char *what)
{
	if (r->end == HTTP_FAILED)
		job_fail(j, FETCH_UNREACHABLE, "%s%s", what, r->text);
	else if (r->end == HTTP_TOO_LARGE)
		job_fail(j, FETCH_REFUSED, "%sit is larger than %s", what,
		    j->stage == JOB_LIST ? "8 MB" : "a signature");
	else if (r->status / 100 == 3 && r->location.n > 0)
		job_fail(j, FETCH_REFUSED,
		    "%sthe server answered %ld, a redirect to %.*s; redirects "
		    "are not followed: put the final URL into the "
		    "configuration",
		    what, r->status,
		    (int)(r->location.n < 200 ? r->location.n : 200),
		    (const char *)r->location.p);
	else if (r->status != 200)
		job_fail(j, FETCH_REFUSED, "%sthe server answered %ld", what,
		    r->status);
	else
		return true;
	return false;
}

static void
check_signature(struct job *j, struct slice file)
{
	struct minisign_key key;
	struct minisign_sig sig;
	struct diag d = {0};
	enum err e = minisign_key_parse(j->e->key, &key, &d);
	if (e == ERR_OK)
		e = minisign_sig_parse(file, &sig, &d);
	if (e == ERR_OK)
		e = minisign_verify(&key, &sig, buf_slice(&j->body), &d);
	if (e != ERR_OK) {
		job_fail(j, FETCH_REFUSED, "signature: %s", d.text);
		return;
	}
	if (slice_eq(j->keep.state.key, j->e->key) && j->same_url &&
	    sig.timestamp < j->keep.state.timestamp) {
		job_fail(j, FETCH_REFUSED,
		    "signature: it is older (timestamp:%llu) than that of the "
		    "list in force (timestamp:%llu)",
		    (unsigned long long)sig.timestamp,
		    (unsigned long long)j->keep.state.timestamp);
		return;
	}
	j->timestamp = sig.timestamp;
	judge(j);
}

static void
on_signature(void *arg, const struct http_reply *r)
{
	struct job *j = arg;
	j->get = NULL;
	if (answered(j, r, "signature: "))
		check_signature(j, r->body);
}

static void
ask_signature(struct job *j)
{
	struct buf url;
	buf_init(&url, 4096);
	buf_add(&url, j->e->sync);
	buf_add_str(&url, ".minisig");
	buf_add_byte(&url, '\0');
	const struct http_request q = {.url = (const char *)url.p,
	    .addr = j->addr,
	    .addr_n = j->addr_n,
	    .max_octets = MINISIGN_FILE_MAX,
	    .connect_ms = connect_ms(j)};
	j->stage = JOB_SIGNATURE;
	if (buf_err(&url) == ERR_OK)
		j->get = http_get(j->f->http, &q, on_signature, j);
	buf_free(&url);
	if (j->get == NULL)
		job_fail(j, FETCH_UNREACHABLE, "out of memory");
}

/* ---- the list ---- */

static void
on_list(void *arg, const struct http_reply *r)
{
	struct job *j = arg;
	j->get = NULL;
	if (r->end == HTTP_ANSWERED && r->status == 304 && j->conditional) {
		struct outcome o = {.result = FETCH_UNCHANGED,
		    .text = "the server says that it did not change",
		    .entries = j->keep.state.entries};
		job_end(j, &o);
		return;
	}
	if (!answered(j, r, ""))
		return;
	if (slice_starts_nocase(r->content_type, SLICE("text/html")) ||
	    slice_starts_nocase(r->content_type, SLICE("application/xhtml"))) {
		job_fail(j, FETCH_REFUSED,
		    "it is a web page (%.*s), not a list",
		    (int)(r->content_type.n < 80 ? r->content_type.n : 80),
		    (const char *)r->content_type.p);
		return;
	}
	buf_add(&j->body, r->body);
	buf_add(&j->etag, r->etag);
	buf_add(&j->last_modified, r->last_modified);
	if (buf_err(&j->body) != ERR_OK)
		job_fail(j, FETCH_UNREACHABLE, "out of memory");
	else if (j->e->key.n > 0)
		ask_signature(j);
	else
		judge(j);
}

static void
ask_list(struct job *j)
{
	const struct sync_state *s = &j->keep.state;
	struct http_request q = {.url = (const char *)j->e->sync.p,
	    .addr = j->addr,
	    .addr_n = j->addr_n,
	    .max_octets = JUDGE_OCTETS_MAX,
	    .connect_ms = connect_ms(j)};
	/* Only what was judged by the same rules is worth keeping. */
	j->conditional = j->same_url && j->keep.present &&
			 slice_eq(s->key, j->e->key) &&
			 s->octets == j->keep.octets &&
			 (s->etag.n > 0 || s->last_modified.n > 0);
	if (j->conditional) {
		q.etag = s->etag;
		q.last_modified = s->last_modified;
	}
	j->stage = JOB_LIST;
	j->get = http_get(j->f->http, &q, on_list, j);
	if (j->get == NULL)
		job_fail(j, FETCH_UNREACHABLE, "out of memory");
}

/* ---- addresses ---- */

static void
add_addresses(struct job *j, struct slice records, bool v6)
{
	struct slice rdata;
	size_t want = v6 ? 16 : 4;
	while (pack_next(&records, &rdata)) {
		if (rdata.n != want || j->addr_n == HTTP_ADDRS_MAX)
			continue;
		struct ip *ip = &j->addr[j->addr_n++];
		*ip = (struct ip){.family = v6 ? 6 : 4};
		memcpy(ip->b, rdata.p, want);
	}
}

void
jobs_dns_answer(struct fetch *f, const struct ipc_dns_answer *a)
{
	struct job *j = NULL;
	for (size_t i = 0; i < CONF_EXEMPT_LISTS; i++)
		if (f->job[i].stage == JOB_ADDRESSES &&
		    f->job[i].ask == (a->ask & ~1ull))
			j = &f->job[i];
	unsigned which = 1u << (a->ask & 1);
	if (j == NULL || (j->asked & which) == 0)
		return;
	j->asked &= ~which;
	if (a->status == IPC_DNS_OK)
		add_addresses(j, a->records, which == 2);
	else if (a->status != IPC_DNS_NODATA && a->status != IPC_DNS_NXDOMAIN)
		j->unknown = true;
	if (j->asked != 0)
		return;
	if (j->addr_n > 0)
		ask_list(j);
	else
		job_fail(j, FETCH_UNREACHABLE,
		    j->unknown ? "the name %s could not be looked up"
			       : "the name %s has no address",
		    j->url.host);
}

static bool
send_question(struct job *j, uint64_t ask, uint16_t type)
{
	struct ipc_msg m = {.type = IPC_dns_ask, .fd = -1};
	m.dns_ask.ask = ask;
	m.dns_ask.qtype = type;
	m.dns_ask.name = slice_str(j->url.host);
	return role_send(role_peer(j->f->role, ROLE_RESOLVER, 0), &m);
}

static void
ask_addresses(struct job *j)
{
	j->stage = JOB_ADDRESSES;
	j->ask = j->f->asks += 2;
	j->asked = 3;
	if (!send_question(j, j->ask, DNS_A) ||
	    !send_question(j, j->ask + 1, DNS_AAAA))
		job_fail(j, FETCH_UNREACHABLE,
		    "names cannot be looked up: the resolver does not run");
}

void
jobs_resolver_lost(struct fetch *f)
{
	for (size_t i = 0; i < CONF_EXEMPT_LISTS; i++)
		if (f->job[i].stage == JOB_ADDRESSES)
			job_fail(&f->job[i], FETCH_UNREACHABLE,
			    "the name %s could not be looked up",
			    f->job[i].url.host);
}

/* ---- the beginning ---- */

static void
job_begin(struct job *j, const struct conf_exempt *e)
{
	struct diag d = {0};
	struct ip ip;
	j->conf = role_conf_ref(j->f->role);
	j->e = e;
	j->addr_n = 0;
	j->unknown = false;
	j->timestamp = 0;
	buf_init(&j->body, JUDGE_OCTETS_MAX);
	buf_init(&j->etag, 1024);
	buf_init(&j->last_modified, 128);
	keep_load(&j->keep, j->f->dir, j->list);
	j->same_url =
	    j->keep.present &&
	    (j->keep.state.url.n == 0 || slice_eq(j->keep.state.url, e->sync));
	timer_start(&j->patience, j->conf->limits.fetch_timeout_ms);
	if (http_url_parse((const char *)e->sync.p, &j->url, &d) != ERR_OK) {
		job_fail(j, FETCH_REFUSED, "%s", d.text);
	} else if (ip_parse(slice_str(j->url.host), &ip) == ERR_OK) {
		ask_list(j);
	} else if (strcmp(j->url.host, "localhost") == 0) {
		/* RFC 6761 6.3: no question for DNS */
		add_addresses(j, SLICE("\4\0\0\0\x7f\0\0\1"), false);
		ask_list(j);
	} else {
		ask_addresses(j);
	}
}

void
job_start(struct job *j)
{
	const struct conf_exempt *e = job_section(j->f, j->list);
	if (j->stage == JOB_IDLE && e != NULL)
		job_begin(j, e);
}

void
jobs_plan(struct fetch *f)
{
	for (size_t i = 0; i < CONF_EXEMPT_LISTS; i++) {
		struct job *j = &f->job[i];
		bool running = j->stage != JOB_IDLE;
		if (running && job_section(f, j->list) == NULL)
			job_fail(j, FETCH_UNREACHABLE,
			    "it is not to be synced any more");
		else if (running)
			job_clear(j);
		plan_first(j);
		if (running)
			job_start(j);
	}
	plan_tick(f);
}

void
jobs_init(struct fetch *f)
{
	for (unsigned i = 0; i < CONF_EXEMPT_LISTS; i++) {
		struct job *j = &f->job[i];
		j->f = f;
		j->list = (enum conf_exempt_list)i;
		timer_init(&j->patience, f->role->loop, on_patience, j);
	}
	timer_init(&f->tick, f->role->loop, on_tick, f);
}
