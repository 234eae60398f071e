/* blocklist.c - asking the lists, and check blocklist. */
#include "check/blocklist.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "proto/dns/message.h"

const char *
blocklist_state_name(enum blocklist_state s)
{
	static const char *const names[] = {[BLOCKLIST_WAITING] = N_("waiting"),
	    [BLOCKLIST_LISTED] = N_("listed"),
	    [BLOCKLIST_NOT_LISTED] = N_("not-listed"),
	    [BLOCKLIST_REFUSED] = N_("refused"),
	    [BLOCKLIST_DEAD] = N_("dead")};
	return names[s];
}

/* ---- what an answer means ---- */

void
blocklist_read(const struct ipc_dns_answer *a, struct blocklist_said *out)
{
	struct slice records = a->records, rdata;
	*out = (struct blocklist_said){
	    .status = (enum ipc_dns_status)a->status, .ttl = a->ttl};
	if (a->status != IPC_DNS_OK)
		return;
	while (pack_next(&records, &rdata)) {
		if (rdata.n != 4)
			continue;
		if (rdata.p[0] != 127) {
			out->foreign = true;
			continue;
		}
		out->refused =
		    out->refused || (rdata.p[1] == 255 && rdata.p[2] == 255);
		if (out->code_n == BLOCKLIST_CODES_MAX)
			continue;
		struct ip *ip = &out->code[out->code_n++];
		*ip = (struct ip){.family = 4};
		memcpy(ip->b, rdata.p, 4);
	}
}

/* RFC 5782 5: a list lists 127.0.0.2 and does not list 127.0.0.1. One that
 * was given up often lists all, or its domain belongs to somebody else. */
enum blocklist_state
blocklist_judge(const struct blocklist_said *listed,
    const struct blocklist_said *unlisted, const struct blocklist_said *subject)
{
	if (listed->refused || unlisted->refused || subject->refused ||
	    unlisted->code_n > 0)
		return BLOCKLIST_REFUSED;
	if (listed->foreign || unlisted->foreign || subject->foreign ||
	    listed->code_n == 0 || unlisted->status >= IPC_DNS_TEMPFAIL ||
	    subject->status >= IPC_DNS_TEMPFAIL)
		return BLOCKLIST_DEAD;
	return subject->code_n > 0 ? BLOCKLIST_LISTED : BLOCKLIST_NOT_LISTED;
}

/* ---- asking ---- */

struct list_run;

/* One question. */
struct list_ask {
	struct list_run *run;
	struct blocklist_said *to; /* NULL: TXT, for entry */
	struct blocklist_entry *entry;
};

/* Of one zone, once. */
struct list_controls {
	struct blocklist_said listed, unlisted, listed6, unlisted6;
};

struct list_run {
	struct check *c;
	struct blocklist b;
	struct list_controls control[BLOCKLIST_ZONES_MAX];
	char zone_name[BLOCKLIST_ZONES_MAX][256];
	struct list_ask *ask;
	size_t ask_n, ask_max, waiting;
	bool judged;
	struct defer now;
	blocklist_done *done;
	void *arg;
};

static void judge_all(struct list_run *run);

static void
list_end(struct list_run *run)
{
	run->done(run->arg, &run->b);
	defer_cancel(&run->now);
	free(run->b.v);
	free(run->ask);
	free(run);
}

static void
answered(struct list_run *run)
{
	if (--run->waiting > 0)
		return;
	if (!run->judged)
		judge_all(run);
	else
		list_end(run);
}

static void
take_reason(struct blocklist_entry *e, const struct ipc_dns_answer *a)
{
	struct slice records = a->records, rdata;
	struct buf txt;
	if (a->status != IPC_DNS_OK || !pack_next(&records, &rdata))
		return;
	struct dns_record record = {.type = DNS_TXT, .rdata = rdata};
	buf_init(&txt, 65535);
	if (dns_rdata_txt(&record, &txt) == ERR_OK && txt.n > 0) {
		size_t n = txt.n < sizeof(e->reason) - 1
			       ? txt.n
			       : sizeof(e->reason) - 1;
		memcpy(e->reason, txt.p, n);
		for (size_t i = 0; i < n; i++)
			if (e->reason[i] == '\0')
				e->reason[i] = ' ';
	}
	buf_free(&txt);
}

static void
on_list_answer(void *arg, const struct ipc_dns_answer *a)
{
	struct list_ask *q = arg;
	if (q->to != NULL)
		blocklist_read(a, q->to);
	else
		take_reason(q->entry, a);
	answered(q->run);
}

static void
ask(struct list_run *run, uint16_t type, struct slice name,
    struct blocklist_said *to, struct blocklist_entry *entry)
{
	if (run->ask_n == run->ask_max)
		return;
	struct list_ask *q = &run->ask[run->ask_n++];
	*q = (struct list_ask){run, to, entry};
	run->waiting++;
	(void)check_dns_ask(run->c->dns, type, name, on_list_answer, q);
}

/* "2.0.0.127.ZONE", "f...8.b.d.0.1.0.0.2.ZONE" */
static void
add_address(struct buf *b, const struct ip *ip)
{
	static const struct slice tails[] = {
	    {(const uint8_t *)".in-addr.arpa", 13},
	    {(const uint8_t *)".ip6.arpa", 9}};
	buf_add_ip_reverse(b, ip);
	for (size_t i = 0; i < 2; i++)
		if (slice_ends_nocase(buf_slice(b), tails[i])) {
			b->n -= tails[i].n;
			return;
		}
}

static void
ask_zone(struct list_run *run, size_t zone, const struct ip *ip,
    const char *name, uint16_t type, struct blocklist_said *to,
    struct blocklist_entry *entry)
{
	struct buf b;
	buf_init(&b, 1024);
	if (ip != NULL)
		add_address(&b, ip);
	else
		buf_add_str(&b, name);
	buf_add_byte(&b, '.');
	buf_add_str(&b, run->b.zone[zone].zone);
	ask(run, type, buf_slice(&b), to, entry);
	buf_free(&b);
}

static void
ask_controls(struct list_run *run, size_t zone, unsigned kinds)
{
	static const struct ip two = {.family = 4, .b = {127, 0, 0, 2}};
	static const struct ip one = {.family = 4, .b = {127, 0, 0, 1}};
	static const struct ip two6 = {
	    .family = 6, .b = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 2}};
	static const struct ip one6 = {
	    .family = 6, .b = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}};
	const struct blocklist_zone *z = &run->b.zone[zone];
	struct list_controls *c = &run->control[zone];
	if (z->kinds & BLOCKLIST_NAME) {
		ask_zone(run, zone, NULL,
		    z->control != NULL ? z->control : "test", DNS_A, &c->listed,
		    NULL);
		ask_zone(run, zone, NULL, "invalid", DNS_A, &c->unlisted, NULL);
		return;
	}
	ask_zone(run, zone, &two, NULL, DNS_A, &c->listed, NULL);
	ask_zone(run, zone, &one, NULL, DNS_A, &c->unlisted, NULL);
	if (kinds & BLOCKLIST_IP6) {
		ask_zone(run, zone, &two6, NULL, DNS_A, &c->listed6, NULL);
		ask_zone(run, zone, &one6, NULL, DNS_A, &c->unlisted6, NULL);
	}
}

static unsigned
kind_of(const struct blocklist_subject *s)
{
	return s->ip.family == 4   ? BLOCKLIST_IP4
	       : s->ip.family == 6 ? BLOCKLIST_IP6
				   : BLOCKLIST_NAME;
}

/* A list of both families may have its controls in one of them alone. */
static void
judge_all(struct list_run *run)
{
	run->judged = true;
	run->waiting = 1; /* for ourselves */
	for (size_t i = 0; i < run->b.n; i++) {
		struct blocklist_entry *e = &run->b.v[i];
		struct blocklist_subject *s = &run->b.subject[e->subject];
		struct list_controls *c = &run->control[e->zone];
		bool six = s->ip.family == 6 &&
			   (c->listed6.code_n > 0 || c->listed.code_n == 0);
		e->state =
		    six ? blocklist_judge(&c->listed6, &c->unlisted6, &e->said)
			: blocklist_judge(&c->listed, &c->unlisted, &e->said);
		if (e->state == BLOCKLIST_LISTED)
			ask_zone(run, e->zone, s->ip.family ? &s->ip : NULL,
			    s->name, DNS_TXT, NULL, e);
	}
	answered(run);
}

static void
use_zones(struct list_run *run, const struct slice *zones, size_t n)
{
	struct blocklist *b = &run->b;
	size_t known_n;
	const struct blocklist_zone *known = blocklist_zones(&known_n);
	b->built_in = n == 0;
	if (n == 0) {
		b->zone_n = known_n;
		memcpy(b->zone, known, known_n * sizeof(*known));
	}
	for (size_t i = 0; i < n && b->zone_n < BLOCKLIST_ZONES_MAX; i++) {
		char *name = run->zone_name[b->zone_n];
		struct slice zone = slice_to(zones[i], 255);
		if (zone.n > 0 && zone.p[zone.n - 1] == '.')
			zone.n--;
		if (zone.n == 0)
			continue;
		memcpy(name, zone.p, zone.n);
		struct blocklist_zone *z = &b->zone[b->zone_n++];
		*z = (struct blocklist_zone){
		    .zone = name, .kinds = BLOCKLIST_IP4 | BLOCKLIST_IP6};
		for (size_t k = 0; k < known_n; k++)
			if (slice_eq_nocase(zone, slice_str(known[k].zone)))
				*z = known[k];
	}
}

static void
on_list_begin(void *arg)
{
	answered(arg);
}

void
blocklist_ask(struct check *c, const struct blocklist_subject *v, size_t n,
    const struct slice *zones, size_t zone_n, blocklist_done *done, void *arg)
{
	struct list_run *run = calloc(1, sizeof(*run));
	if (run == NULL)
		abort(); /* as check_dns_ask */
	run->c = c;
	run->done = done;
	run->arg = arg;
	use_zones(run, zones, zone_n);
	run->b.subject_n =
	    n < BLOCKLIST_SUBJECTS_MAX ? n : BLOCKLIST_SUBJECTS_MAX;
	if (run->b.subject_n > 0)
		memcpy(run->b.subject, v, run->b.subject_n * sizeof(*v));
	size_t most = run->b.subject_n * run->b.zone_n;
	run->ask_max = 4 * run->b.zone_n + 2 * most;
	run->ask = calloc(run->ask_max + 1, sizeof(*run->ask));
	run->b.v = calloc(most + 1, sizeof(*run->b.v));
	if (run->ask == NULL || run->b.v == NULL)
		abort();
	run->waiting = 1; /* until the loop comes round */
	for (size_t z = 0; z < run->b.zone_n; z++) {
		unsigned kinds = 0;
		for (size_t s = 0; s < run->b.subject_n; s++) {
			unsigned kind = kind_of(&run->b.subject[s]);
			if ((run->b.zone[z].kinds & kind) == 0)
				continue;
			kinds |= kind;
			struct blocklist_entry *e = &run->b.v[run->b.n++];
			e->subject = s;
			e->zone = z;
			ask_zone(run, z,
			    kind == BLOCKLIST_NAME ? NULL
						   : &run->b.subject[s].ip,
			    run->b.subject[s].name, DNS_A, &e->said, NULL);
		}
		if (kinds != 0)
			ask_controls(run, z, kinds);
	}
	defer_init(&run->now, on_list_begin, run);
	loop_defer(c->loop, &run->now);
}

/* ---- saying ---- */

static void
subject_text(const struct blocklist_subject *s, char out[256])
{
	if (s->ip.family != 0)
		ip_text(&s->ip, out);
	else
		memcpy(out, s->name, sizeof(s->name));
}

static void
row(struct report *r, struct report_node *t, const struct blocklist *b,
    const struct blocklist_entry *e, const char *subject)
{
	static const enum report_mood moods[] = {
	    MOOD_PLAIN, MOOD_BAD, MOOD_GOOD, MOOD_WARN, MOOD_DIM};
	const struct blocklist_zone *z = &b->zone[e->zone];
	bool listed = e->state == BLOCKLIST_LISTED;
	struct buf codes;
	buf_init(&codes, 256);
	for (size_t i = 0; i < e->said.code_n; i++) {
		if (i > 0)
			buf_add_byte(&codes, ' ');
		buf_add_ip(&codes, &e->said.code[i]);
	}
	const struct report_value v[] = {report_valuef(r, "%s", z->zone),
	    report_valuef(r, "%s", subject),
	    value_mood(
		value_word(blocklist_state_name(e->state)), moods[e->state]),
	    codes.n > 0
		? report_valuef(r, "%.*s", (int)codes.n, (const char *)codes.p)
		: value_null(),
	    e->said.status == IPC_DNS_OK ? value_number(r, e->said.ttl)
					 : value_null(),
	    e->reason[0] != '\0' ? report_valuef(r, "%s", e->reason)
				 : value_null(),
	    listed && z->url != NULL ? report_valuef(r, "%s", z->url)
				     : value_null()};
	report_row(r, t, v);
	buf_free(&codes);
}

static void
say_listed(struct report *r, const struct blocklist *b,
    const struct blocklist_entry *e, const char *subject)
{
	const struct blocklist_zone *z = &b->zone[e->zone];
	char cure[256];
	(void)snprintf(cure, sizeof(cure), "%s %s",
	    tr("Stop what it was listed for, then ask to be taken off:"),
	    z->url != NULL ? z->url : z->zone);
	if (e->reason[0] != '\0')
		report_findingf(r, "blocklist.listed", SEVERITY_BAD, cure,
		    tr("%s is listed in %s: %s"), subject, z->zone, e->reason);
	else
		report_findingf(r, "blocklist.listed", SEVERITY_BAD, cure,
		    tr("%s is listed in %s"), subject, z->zone);
}

/* Which lists could not be asked, each once, in one sentence. */
static void
say_silent(struct report *r, const struct blocklist *b,
    enum blocklist_state state, const char *code, const char *text,
    const char *cure)
{
	struct buf names;
	size_t last = BLOCKLIST_ZONES_MAX;
	buf_init(&names, 8192);
	for (size_t i = 0; i < b->n; i++) {
		if (b->v[i].state != state || b->v[i].zone == last)
			continue;
		last = b->v[i].zone;
		if (names.n > 0)
			buf_add_str(&names, ", ");
		buf_add_str(&names, b->zone[last].zone);
	}
	if (names.n > 0)
		report_findingf(r, code,
		    b->built_in ? SEVERITY_INFO : SEVERITY_WARN, cure,
		    "%s: %.*s", text, (int)names.n, (const char *)names.p);
	buf_free(&names);
}

size_t
blocklist_report(struct report *r, struct report_node *in,
    const struct blocklist *b, bool *out_known)
{
	static const struct report_column columns[] = {{"zone", N_("List")},
	    {"subject", N_("Asked for")}, {"state", N_("Answer")},
	    {"code", N_("Code")}, {"ttl", "TTL"}, {"reason", N_("Reason")},
	    {"delist", N_("To be taken off")}};
	struct report_node *t = report_table(r, in, "zones", N_("Lists"),
	    columns, sizeof(columns) / sizeof(*columns), REPORT_MATRIX);
	size_t listed = 0, good = 0;
	for (size_t i = 0; i < b->n; i++) {
		const struct blocklist_entry *e = &b->v[i];
		char subject[256];
		subject_text(&b->subject[e->subject], subject);
		row(r, t, b, e, subject);
		if (e->state == BLOCKLIST_LISTED)
			say_listed(r, b, e, subject);
		listed += e->state == BLOCKLIST_LISTED;
		good += e->state == BLOCKLIST_NOT_LISTED;
	}
	say_silent(r, b, BLOCKLIST_REFUSED, "blocklist.refused",
	    tr("These lists do not answer us, or list everything"),
	    tr("Ask by a resolver of your own: lists refuse public resolvers"));
	say_silent(r, b, BLOCKLIST_DEAD, "blocklist.dead",
	    tr("These lists do not work: what every list must hold is not in "
	       "them, or there was no answer"),
	    "");
	*out_known = b->built_in ? 2 * (good + listed) >= b->n && good > 0
				 : good + listed == b->n && b->n > 0;
	return listed;
}

/* ---- check blocklist ---- */

struct list_check {
	struct check *c;
	struct report *r;
	const struct slice *zones;
	size_t zone_n;
	check_done *done;
	void *arg;
	struct blocklist_subject self; /* a domain: itself */
};

static void
end_check(struct list_check *k)
{
	check_done *done = k->done;
	struct report *r = k->r;
	void *arg = k->arg;
	free(k);
	done(arg, r);
}

static void
on_lists(void *arg, const struct blocklist *b)
{
	struct list_check *k = arg;
	bool known = false;
	size_t n = blocklist_report(k->r, report_root(k->r), b, &known);
	report_number(k->r, report_root(k->r), "listed", N_("Listings"), n);
	report_answer(k->r, n > 0   ? CHECK_BAD
			    : known ? CHECK_GOOD
				    : CHECK_UNKNOWN);
	end_check(k);
}

static void
on_list_hosts(void *arg, const struct check_hosts *h)
{
	struct list_check *k = arg;
	struct blocklist_subject v[BLOCKLIST_SUBJECTS_MAX];
	size_t n = 0, left = 0;
	memset(v, 0, sizeof(v));
	if (h->domain[0] != '\0') {
		memcpy(v[n++].name, h->domain, sizeof(h->domain));
	}
	for (size_t i = 0; i < h->n; i++)
		for (size_t a = 0; a < h->v[i].addr_n; a++) {
			bool had = false;
			for (size_t s = 0; s < n; s++)
				had = had || ip_eq(&v[s].ip, &h->v[i].addr[a]);
			if (!had && n < BLOCKLIST_SUBJECTS_MAX)
				v[n++].ip = h->v[i].addr[a];
			else
				left += !had;
		}
	size_t addresses = n - (h->domain[0] != '\0');
	if (addresses == 0) {
		report_findingf(k->r,
		    h->status == IPC_DNS_NXDOMAIN ? "dns.nxdomain"
						  : "dns.tempfail",
		    SEVERITY_WARN, "", "%s",
		    tr("no address was found to look for in the lists"));
		report_answer(k->r, CHECK_UNKNOWN);
	}
	if (left > 0)
		report_findingf(k->r, "blocklist.left-out", SEVERITY_WARN, "",
		    tr("%zu further addresses were not looked for"), left);
	blocklist_ask(k->c, v, n, k->zones, k->zone_n, on_lists, k);
}

void
check_blocklist(struct check *c, struct slice target, const struct slice *zones,
    size_t zones_n, check_done *done, void *arg)
{
	struct list_check *k = calloc(1, sizeof(*k));
	struct buf question;
	if (k == NULL)
		abort(); /* as check_dns_ask */
	*k = (struct list_check){.c = c,
	    .zones = zones,
	    .zone_n = zones_n,
	    .done = done,
	    .arg = arg};
	buf_init(&question, 1024);
	buf_add_str(&question, "check blocklist ");
	buf_add(&question, slice_to(target, 900));
	k->r = report_new(buf_slice(&question));
	buf_free(&question);
	if (k->r == NULL)
		abort();
	report_text(k->r, report_root(k->r), "target", N_("Asked for"), target);
	check_hosts_find(c, target, 25, on_list_hosts, k);
}
