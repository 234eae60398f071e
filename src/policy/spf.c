#include "policy/spf_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "proto/dns/message.h"

const char *
spf_word_name(enum spf_word w)
{
	static const char *const names[] = {[SPF_NONE] = "none",
	    [SPF_NEUTRAL] = "neutral",
	    [SPF_PASS] = "pass",
	    [SPF_FAIL] = "fail",
	    [SPF_SOFTFAIL] = "softfail",
	    [SPF_TEMPERROR] = "temperror",
	    [SPF_PERMERROR] = "permerror"};
	return names[w];
}

struct spf_frame *
spf_top(struct spf *s)
{
	return &s->frame[s->depth - 1];
}

/* ---- the way, told ---- */

/* "  TERM -> TARGET: OUTCOME" */
static void
tell_term(struct spf *s, struct slice shown, const char *outcome)
{
	struct buf b;
	buf_init(&b, SPF_RECORD_MAX + 4096);
	buf_add(&b, s->term.text);
	if (shown.n > 0) {
		buf_add_str(&b, " -> ");
		buf_add(&b, shown);
	}
	spf_line(s, "  ", buf_slice(&b), ": ", slice_str(spf_say(s, outcome)));
	buf_free(&b);
}

/* ---- the end ---- */

static void
finish(struct spf *s, enum spf_word word)
{
	s->result.word = word;
	s->result.domain = s->frame[0].domain;
	s->result.record = s->frame[0].record;
	s->doing = SPF_DO_NOTHING;
	s->n = 0;
}

/* An error ends everything, however deep it was found. */
static void
fault(struct spf *s, enum spf_word word, const char *what, struct slice about)
{
	struct buf b;
	buf_init(&b, 2048);
	buf_add(&b, slice_to(about, 1024));
	if (about.n > 0)
		buf_add_str(&b, ": ");
	what = spf_say(s, what);
	buf_add_str(&b, what);
	if (!arena_slice(&s->mem, buf_slice(&b), &s->result.problem))
		s->result.problem = slice_str(what);
	buf_free(&b);
	spf_line(s, "  ", SLICE_EMPTY, "", s->result.problem);
	finish(s, word);
}

static void
fault_memory(struct spf *s)
{
	fault(
	    s, SPF_PERMERROR, N_("records too large to be read"), SLICE_EMPTY);
}

/* ---- questions ---- */

static uint16_t
own_type(const struct spf *s)
{
	return s->v.ip.family == 6 ? DNS_AAAA : DNS_A;
}

/* ---- records ---- */

static void step(struct spf *s);

static void
open_record(struct spf *s, struct slice domain)
{
	struct spf_frame *f = spf_top(s);
	*f = (struct spf_frame){.domain = domain, .term = f->term};
	spf_put(s, SPF_DO_RECORD, DNS_TXT, domain);
}

/* Its first octets, without making a copy: most TXT records are others. */
static bool
looks_like_spf(struct slice rdata)
{
	uint8_t head[7];
	size_t n = 0;
	for (size_t i = 0; i < rdata.n && n < sizeof(head);) {
		size_t len = rdata.p[i++];
		for (; len > 0 && i < rdata.n && n < sizeof(head); len--)
			head[n++] = rdata.p[i++];
		if (len > 0)
			break;
	}
	return spf_is_record(slice_of(head, n));
}

/* 4.6: a syntax error anywhere, before anything is done. */
static bool
record_holds(struct spf *s, struct spf_frame *f)
{
	struct slice rest = spf_terms(f->record), text;
	struct spf_term t;
	while (spf_term_next(&rest, &text)) {
		const char *wrong = spf_term_parse(text, &t);
		if (wrong == NULL &&
		    ((t.kind == SPF_REDIRECT && f->redirect.n) ||
			(t.kind == SPF_EXP && f->exp.n)))
			wrong = N_("a modifier that stands there twice");
		if (wrong != NULL) {
			fault(s, SPF_PERMERROR, wrong, text);
			return false;
		}
		if (t.kind == SPF_REDIRECT)
			f->redirect = t.spec;
		else if (t.kind == SPF_EXP)
			f->exp = t.spec;
	}
	f->rest = spf_terms(f->record);
	return true;
}

static void
no_record(struct spf *s, const char *what)
{
	struct slice domain = spf_top(s)->domain;
	if (s->depth > 1 || s->result.lookups > 0) {
		fault(s, SPF_PERMERROR, what, domain); /* 5.2, 6.1 */
		return;
	}
	spf_line(s, "", domain, ": ", slice_str(spf_say(s, what)));
	finish(s, SPF_NONE);
}

static const char *
fault_name(uint8_t status)
{
	return status == REVERSE_DNS_TIMEOUT ? N_("no answer of DNS in time")
	       : status == REVERSE_DNS_BOGUS
		   ? N_("DNSSEC says the answer is forged")
		   : N_("DNS failed for now");
}

static void
take_record(struct spf *s, const struct reverse_answer *a)
{
	struct spf_frame *f = spf_top(s);
	struct slice records = a->records, rdata;
	size_t found = 0;
	if (a->status >= REVERSE_DNS_TEMPFAIL) {
		fault(
		    s, SPF_TEMPERROR, fault_name(s->slot[0].status), f->domain);
		return;
	}
	if (a->status != REVERSE_DNS_OK)
		records = SLICE_EMPTY;
	while (pack_next(&records, &rdata)) {
		if (!looks_like_spf(rdata) || found++ > 0)
			continue;
		if (rdata.n > SPF_RECORD_MAX ||
		    !spf_join_txt(s, rdata, &f->record)) {
			fault_memory(s);
			return;
		}
	}
	if (found == 0) {
		no_record(s, a->status == REVERSE_DNS_NXDOMAIN
				 ? N_("the domain does not exist")
				 : N_("no SPF record"));
	} else if (found > 1) {
		f->record = SLICE_EMPTY;
		fault(s, SPF_PERMERROR, N_("more than one SPF record"),
		    f->domain);
	} else {
		spf_line(s, "", f->domain, ": ", f->record);
		if (record_holds(s, f))
			s->doing = SPF_DO_TERMS;
	}
}

/* ---- what a record comes to ---- */

/* 5.2: the include that the record of the top frame was for. */
static void
leave_include(struct spf *s, enum spf_word word)
{
	bool match = word == SPF_PASS;
	spf_line(s, "  = ", slice_str(spf_word_name(word)), "", SLICE_EMPTY);
	s->term = spf_top(s)->term;
	s->depth--;
	tell_term(s, SLICE_EMPTY, match ? N_("yes") : N_("no"));
	if (match)
		s->result.mechanism = s->term.text;
}

static void
decide(struct spf *s, enum spf_word word)
{
	s->result.mechanism = s->term.text;
	while (s->depth > 1) {
		leave_include(s, word);
		if (word != SPF_PASS) {
			s->result.mechanism = SLICE_EMPTY;
			s->doing = SPF_DO_TERMS;
			return;
		}
		word = s->term.word;
	}
	finish(s, word);
	if (word == SPF_FAIL && s->frame[0].exp.n > 0)
		s->doing = SPF_DO_EXP_BEGIN;
}

static void
matched(struct spf *s, struct slice shown)
{
	tell_term(s, shown, N_("yes"));
	decide(s, s->term.word);
}

static void
not_matched(struct spf *s, struct slice shown, const char *why)
{
	tell_term(s, shown, why);
	s->doing = SPF_DO_TERMS;
}

/* 4.6.4. */
static bool
count_lookup(struct spf *s)
{
	if (++s->result.lookups <= SPF_LOOKUPS_MAX)
		return true;
	s->result.lookups = SPF_LOOKUPS_MAX;
	fault(s, SPF_PERMERROR, N_("more than 10 terms that need DNS"),
	    s->term.text);
	return false;
}

static bool
count_void(struct spf *s, const struct reverse_answer *a)
{
	if (a->status == REVERSE_DNS_OK && a->records.n > 0)
		return true;
	if (++s->result.voids <= SPF_VOID_MAX)
		return true;
	s->result.voids = SPF_VOID_MAX;
	fault(s, SPF_PERMERROR,
	    N_("more than 2 terms whose names have no records"), s->term.text);
	return false;
}

/* Behind the last term: redirect (6.1), or neutral (4.7). Beside "all" nobody
 * comes here. */
static void
end_of_record(struct spf *s)
{
	struct spf_frame *f = spf_top(s);
	struct slice target;
	if (f->redirect.n == 0) {
		s->term = (struct spf_term){0};
		spf_line(s, "  ",
		    slice_str(spf_say(s, N_("no mechanism matched"))), "",
		    SLICE_EMPTY);
		decide(s, SPF_NEUTRAL);
		return;
	}
	bool good = spf_expand(s, f->redirect, &target);
	s->term = (struct spf_term){.kind = SPF_REDIRECT, .text = f->redirect};
	if (!count_lookup(s))
		return;
	spf_line(s, "  redirect=", f->redirect, " -> ", target);
	if (good)
		open_record(s, target);
	else
		fault(s, SPF_PERMERROR, N_("redirect to what is no domain"),
		    f->redirect);
}

/* ---- terms ---- */

static bool
in_network(const struct spf_term *t, const struct ip *net, const struct ip *ip)
{
	unsigned bits = net->family == 6 ? t->bits6 : t->bits4;
	if (net->family != ip->family)
		return false;
	if (memcmp(net->b, ip->b, bits / 8) != 0)
		return false;
	unsigned more = bits % 8;
	return more == 0 ||
	       ((net->b[bits / 8] ^ ip->b[bits / 8]) >> (8 - more)) == 0;
}

static void
begin_include(struct spf *s)
{
	if (s->depth == SPF_FRAMES_MAX) {
		fault_memory(s); /* the limit of lookups comes first */
		return;
	}
	tell_term(s, SLICE_EMPTY, N_("its record says"));
	s->frame[s->depth++] = (struct spf_frame){.term = s->term};
	open_record(s, s->target);
}

static bool
name_within(struct slice name, struct slice domain)
{
	return slice_eq_nocase(name, domain) ||
	       (name.n > domain.n && name.p[name.n - domain.n - 1] == '.' &&
		   slice_ends_nocase(name, domain));
}

static void
judge_ptr(struct spf *s)
{
	for (size_t i = 0; i < s->name_n; i++)
		if (name_within(s->names[i], s->target)) {
			matched(s, s->names[i]);
			return;
		}
	not_matched(s, s->name_n > 0 ? s->names[0] : SLICE_EMPTY,
	    s->name_n > 0 ? N_("no")
			  : N_("no (the address has no confirmed name)"));
}

static void
do_term(struct spf *s)
{
	struct spf_term *t = &s->term;
	bool good = spf_expand(s, t->spec, &s->target);
	if (spf_term_asks(t->kind) && !count_lookup(s))
		return;
	if (!good) {
		if (t->kind == SPF_INCLUDE)
			fault(s, SPF_PERMERROR,
			    N_("include of what is no domain"), t->text);
		else
			not_matched(s, s->target, N_("no (not a name of DNS)"));
		return;
	}
	switch (t->kind) {
	case SPF_ALL:
		matched(s, SLICE_EMPTY);
		return;
	case SPF_IP4:
	case SPF_IP6:
		if (in_network(t, &t->ip, &s->v.ip))
			matched(s, SLICE_EMPTY);
		else
			not_matched(s, SLICE_EMPTY, N_("no"));
		return;
	case SPF_INCLUDE:
		begin_include(s);
		return;
	case SPF_A:
		spf_put(s, SPF_DO_ADDRESS, own_type(s), s->target);
		return;
	case SPF_EXISTS:
		spf_put(s, SPF_DO_ADDRESS, DNS_A, s->target);
		return;
	case SPF_MX:
		spf_put(s, SPF_DO_MX, DNS_MX, s->target);
		return;
	case SPF_PTR:
		judge_ptr(s);
		return;
	case SPF_REDIRECT:
	case SPF_EXP:
	case SPF_OTHER:
		return;
	}
}

static void
ask_name(struct spf *s, enum spf_doing after)
{
	char text[DNS_NAME_TEXT_MAX];
	struct slice name;
	struct buf b = {
	    .p = (uint8_t *)text, .cap = sizeof(text), .max = sizeof(text)};
	buf_add_ip_reverse(&b, &s->v.ip);
	s->after = after;
	if (arena_slice(&s->mem, buf_slice(&b), &name))
		spf_put(s, SPF_DO_PTR, DNS_PTR, name);
	else
		fault_memory(s);
}

static void
next_term(struct spf *s)
{
	struct spf_frame *f = spf_top(s);
	struct slice before = f->rest, text;
	if (!spf_term_next(&f->rest, &text)) {
		if (!s->names_known && spf_macro_wants_name(f->redirect))
			ask_name(s, SPF_DO_TERMS);
		else
			end_of_record(s);
		return;
	}
	if (spf_term_parse(text, &s->term) != NULL) {
		fault_memory(s); /* it was read before: cannot be */
		return;
	}
	if (s->term.kind >= SPF_REDIRECT)
		return;
	if (!s->names_known &&
	    (s->term.kind == SPF_PTR || spf_macro_wants_name(s->term.spec))) {
		f->rest = before;
		ask_name(s, SPF_DO_TERMS);
		return;
	}
	do_term(s);
}

/* ---- answers ---- */

static void
take_addresses(
    struct spf *s, struct spf_asked *q, const struct reverse_answer *a)
{
	static const struct spf_term host = {.bits4 = 32, .bits6 = 128};
	bool ptr = s->doing == SPF_DO_PTR_HOSTS;
	struct slice records = a->records, rdata;
	size_t octets = q->type == DNS_A ? 4 : 16, n = 0;
	struct buf b;
	buf_init(&b, 512);
	if (a->status != REVERSE_DNS_OK)
		records = SLICE_EMPTY;
	for (; pack_next(&records, &rdata); n++) {
		struct ip ip = {.family = octets == 4 ? 4 : 6};
		if (rdata.n != octets)
			continue;
		memcpy(ip.b, rdata.p, octets);
		bool hit = (!ptr && s->term.kind == SPF_EXISTS) ||
			   in_network(ptr ? &host : &s->term, &ip, &s->v.ip);
		if ((hit && !q->match) || n < 4) {
			buf_add_byte(&b, ' ');
			buf_add_ip(&b, &ip);
		}
		q->match = q->match || hit;
	}
	if (n == 0)
		buf_add_str(&b, spf_say(s, a->status == REVERSE_DNS_NXDOMAIN
					       ? N_(" (does not exist)")
					       : N_(" (no address)")));
	else if (n > 4)
		buf_add_str(&b, " ...");
	if (!arena_slice(&s->mem, buf_slice(&b), &q->shown))
		q->shown = SLICE_EMPTY;
	buf_free(&b);
}

/* The names of an MX or PTR answer. false: of MX there are too many. */
static bool
take_names(struct spf *s, const struct reverse_answer *a)
{
	struct slice records = a->records, rdata;
	bool mx = s->doing == SPF_DO_MX;
	size_t skip = mx ? 2 : 0;
	if (a->status != REVERSE_DNS_OK)
		records = SLICE_EMPTY;
	s->n = 0;
	while (pack_next(&records, &rdata)) {
		struct dns_name name;
		size_t at = skip;
		if (rdata.n <= skip ||
		    dns_name_read(rdata, &at, &name) != ERR_OK ||
		    at != rdata.n || name.n < 2)
			continue;
		if (s->n == SPF_NAMES_MAX)
			return !mx;
		struct slice text = spf_name_text(s, &name);
		if (text.n == 0)
			continue;
		spf_plan(s, own_type(s), text);
		uint16_t preference = 0;
		if (mx)
			preference = (uint16_t)(rdata.p[0] << 8 | rdata.p[1]);
		unsigned i = s->n - 1;
		struct spf_asked q = s->slot[i];
		q.preference = preference;
		for (; i > 0 && s->slot[i - 1].preference > preference; i--)
			s->slot[i] = s->slot[i - 1];
		s->slot[i] = q;
	}
	return true;
}

static struct slice
shown_answer(struct spf *s, const struct spf_asked *q)
{
	struct slice out = SLICE_EMPTY;
	struct buf b;
	buf_init(&b, 2048);
	buf_add(&b, q->name);
	buf_add(&b, q->shown);
	if (!arena_slice(&s->mem, buf_slice(&b), &out))
		out = SLICE_EMPTY;
	buf_free(&b);
	return out;
}

static void
judge_hosts(struct spf *s)
{
	unsigned n = s->n;
	for (unsigned i = 0; i < n; i++) {
		struct spf_asked *q = &s->slot[i];
		if (q->status >= REVERSE_DNS_TEMPFAIL) {
			fault(s, SPF_TEMPERROR, fault_name(q->status), q->name);
			return;
		}
		if (q->match) {
			matched(s, shown_answer(s, q));
			return;
		}
		tell_term(s, shown_answer(s, q), N_("no"));
	}
	s->doing = SPF_DO_TERMS;
}

static void
judge_names(struct spf *s)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->slot[i].match && s->name_n < SPF_NAMES_MAX)
			s->names[s->name_n++] = s->slot[i].name;
	s->names_known = true;
	s->doing = s->after;
	s->n = 0;
}

static void
judge_mx(struct spf *s, const struct reverse_answer *a)
{
	if (!count_void(s, a))
		return;
	if (!take_names(s, a))
		fault(s, SPF_PERMERROR, N_("more than 10 mail exchangers"),
		    s->term.text);
	else if (s->n == 0)
		not_matched(s, s->target, N_("no (it has no MX)"));
	else
		s->doing = SPF_DO_MX_HOSTS;
}

static void
judge_address(struct spf *s, const struct reverse_answer *a)
{
	struct spf_asked *q = &s->slot[0];
	if (!count_void(s, a))
		return;
	take_addresses(s, q, a);
	if (q->match)
		matched(s, shown_answer(s, q));
	else
		not_matched(s, shown_answer(s, q), N_("no"));
}

static bool
all_answered(const struct spf *s)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->slot[i].stage != SPF_ANSWERED)
			return false;
	return true;
}

/* One question, one answer: what follows from it. */
static void
take_single(struct spf *s, const struct reverse_answer *a)
{
	uint8_t status = s->slot[0].status;
	bool ptr = s->doing == SPF_DO_PTR;
	if (ptr) { /* 5.5: an error is no name */
		if (status >= REVERSE_DNS_TEMPFAIL || !take_names(s, a))
			s->n = 0;
		s->doing = SPF_DO_PTR_HOSTS;
		if (s->n == 0)
			judge_names(s);
		return;
	}
	if (status >= REVERSE_DNS_TEMPFAIL && s->doing != SPF_DO_EXP) {
		fault(s, SPF_TEMPERROR, fault_name(status), s->slot[0].name);
		return;
	}
	if (s->doing == SPF_DO_RECORD)
		take_record(s, a);
	else if (s->doing == SPF_DO_MX)
		judge_mx(s, a);
	else if (s->doing == SPF_DO_EXP)
		spf_explain_txt(s, a);
	else
		judge_address(s, a);
}

/* Whatever can be done without a question. */
static void
step(struct spf *s)
{
	for (;;) {
		if (s->doing == SPF_DO_TERMS)
			next_term(s);
		else if ((s->doing == SPF_DO_EXP_BEGIN && !spf_explain(s)) ||
			 (s->doing == SPF_DO_EXP_TEXT && !spf_explain_make(s)))
			ask_name(s, s->doing);
		else
			break;
	}
	if (s->doing == SPF_DO_NOTHING || s->n > 0)
		return;
	if (s->result.word == SPF_FAIL)
		finish(s, SPF_FAIL); /* but for the explanation */
	else
		fault_memory(s);
}

/* ---- the machine ---- */

bool
spf_next(struct spf *s, unsigned *out_slot, struct reverse_question *out)
{
	for (unsigned i = 0; i < s->n; i++) {
		struct spf_asked *q = &s->slot[i];
		if (q->stage != SPF_PLANNED)
			continue;
		q->stage = SPF_ASKED;
		*out_slot = i;
		*out = (struct reverse_question){q->type, q->name};
		return true;
	}
	return false;
}

void
spf_answer(struct spf *s, unsigned slot, const struct reverse_answer *a)
{
	if (slot >= s->n || s->slot[slot].stage != SPF_ASKED)
		return;
	struct spf_asked *q = &s->slot[slot];
	q->stage = SPF_ANSWERED;
	q->status =
	    (uint8_t)(a->status <= REVERSE_DNS_BOGUS ? a->status
						     : REVERSE_DNS_TEMPFAIL);
	if (s->doing != SPF_DO_MX_HOSTS && s->doing != SPF_DO_PTR_HOSTS) {
		take_single(s, a);
	} else {
		take_addresses(s, q, a);
		if (!all_answered(s))
			return;
		if (s->doing == SPF_DO_MX_HOSTS)
			judge_hosts(s);
		else
			judge_names(s);
	}
	step(s);
}

void
spf_timeout(struct spf *s)
{
	if (s->doing == SPF_DO_NOTHING)
		return;
	bool known = s->result.word == SPF_FAIL;
	if (known)
		finish(s, SPF_FAIL); /* but for the explanation */
	else
		fault(s, SPF_TEMPERROR, N_("no end within the time allowed"),
		    SLICE_EMPTY);
}

bool
spf_done(const struct spf *s)
{
	return s->doing == SPF_DO_NOTHING;
}

const struct spf_result *
spf_result(const struct spf *s)
{
	return &s->result;
}

/* 4.3: who is judged. */
static bool
read_sender(struct spf *s, struct slice helo, struct slice mail_from)
{
	char text[REVERSE_HOST_MAX];
	size_t at = slice_rfind(mail_from, '@');
	struct slice local = SLICE("postmaster"), domain = helo;
	if (mail_from.n > 0) {
		domain = at < mail_from.n ? slice_from(mail_from, at + 1)
					  : mail_from;
		if (at < mail_from.n && at > 0)
			local = slice_to(mail_from, at);
	}
	if (!arena_slice(&s->mem, slice_to(local, 320), &s->v.local) ||
	    !arena_slice(&s->mem, slice_to(domain, 320), &s->given_domain) ||
	    !arena_slice(&s->mem, slice_to(helo, 320), &s->v.helo))
		return false;
	size_t n = reverse_name(s->given_domain, text);
	struct slice name = slice_of(text, n);
	if (n == 0 || slice_find(name, '.') == n ||
	    !arena_slice(&s->mem, name, &s->v.sender_domain)) {
		s->v.sender_domain = s->given_domain;
		return false;
	}
	return true;
}

struct spf *
spf_new(const struct ip *ip, struct slice helo, struct slice mail_from,
    struct slice hostname, uint64_t now_s)
{
	return spf_new_in(ip, helo, mail_from, hostname, now_s, NULL);
}

struct spf *
spf_new_in(const struct ip *ip, struct slice helo, struct slice mail_from,
    struct slice hostname, uint64_t now_s, spf_words *words)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct spf *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	arena_init(&s->mem, SPF_MEMORY);
	buf_init(&s->path, 2 * SPF_PATH_MAX);
	s->v.ip = *ip;
	s->v.now_s = now_s;
	s->words = words;
	if (ip->family == 6 && memcmp(ip->b, mapped, 12) == 0) {
		s->v.ip = (struct ip){.family = 4};
		memcpy(s->v.ip.b, ip->b + 12, 4);
	}
	s->depth = 1;
	bool judged = read_sender(s, helo, mail_from);
	if (!arena_slice(&s->mem, slice_to(hostname, 320), &s->v.hostname))
		s->v.hostname = SLICE_EMPTY;
	if (s->v.hostname.n == 0)
		s->v.hostname = SLICE("unknown"); /* 7.3 */
	s->frame[0].domain = s->v.sender_domain;
	if (judged) {
		open_record(s, s->v.sender_domain);
		step(s);
	} else {
		spf_line(s, "", s->given_domain, ": ",
		    slice_str(spf_say(
			s, N_("not a domain that could have a record"))));
		finish(s, SPF_NONE);
	}
	return s;
}

void
spf_free(struct spf *s)
{
	if (s == NULL)
		return;
	arena_reset(&s->mem);
	buf_free(&s->path);
	free(s);
}
