/* spf.c - the machines of policy/ driven over DNS, and check spf. */
#include <stdio.h>
#include <stdlib.h>

#include "check/sender.h"

/* ---- a machine and its questions ---- */

#define ASKS_MAX                                                               \
	(SPF_QUESTIONS_MAX > REVERSE_QUESTIONS_MAX ? SPF_QUESTIONS_MAX         \
						   : REVERSE_QUESTIONS_MAX)

struct drive;

struct drive_ask {
	struct drive *d;
	unsigned slot;
	struct check_dns_ask *ask;
};

struct drive {
	struct check *c;
	struct spf *spf; /* or: */
	struct reverse reverse;
	struct drive_ask ask[ASKS_MAX];
	struct timer patience;
	struct defer now;
	spf_ask_done *spf_done;
	reverse_ask_done *reverse_done;
	void *arg;
};

static bool
over(const struct drive *d)
{
	return d->spf != NULL ? spf_done(d->spf) : reverse_done(&d->reverse);
}

static bool
next(struct drive *d, unsigned *slot, struct reverse_question *q)
{
	return d->spf != NULL ? spf_next(d->spf, slot, q)
			      : reverse_next(&d->reverse, slot, q);
}

static void
end_drive(struct drive *d)
{
	timer_stop(&d->patience);
	defer_cancel(&d->now);
	for (size_t i = 0; i < ASKS_MAX; i++)
		check_dns_cancel(d->ask[i].ask);
	if (d->spf != NULL)
		d->spf_done(d->arg, spf_result(d->spf));
	else
		d->reverse_done(d->arg, reverse_result(&d->reverse));
	spf_free(d->spf);
	free(d);
}

static void on_answer(void *arg, const struct ipc_dns_answer *a);

static void
go_on(struct drive *d)
{
	struct reverse_question q;
	unsigned slot;
	while (!over(d) && next(d, &slot, &q)) {
		size_t i = 0;
		while (i < ASKS_MAX && d->ask[i].ask != NULL)
			i++;
		if (i == ASKS_MAX)
			break; /* more than a machine asks at once */
		d->ask[i] = (struct drive_ask){d, slot, NULL};
		d->ask[i].ask = check_dns_ask(
		    d->c->dns, q.type, q.name, on_answer, &d->ask[i]);
	}
	if (over(d))
		end_drive(d);
}

static void
on_answer(void *arg, const struct ipc_dns_answer *a)
{
	struct drive_ask *q = arg;
	struct drive *d = q->d;
	struct reverse_answer r = {.status = (enum reverse_dns)a->status,
	    .ttl = a->ttl,
	    .records = a->records,
	    .text = a->text};
	q->ask = NULL;
	if (d->spf != NULL)
		spf_answer(d->spf, q->slot, &r);
	else
		reverse_answer(&d->reverse, q->slot, &r);
	go_on(d);
}

static void
on_patience(void *arg)
{
	struct drive *d = arg;
	if (d->spf != NULL)
		spf_timeout(d->spf);
	else
		reverse_timeout(&d->reverse);
	end_drive(d);
}

static void
on_begin(void *arg)
{
	go_on(arg);
}

static struct drive *
new_drive(struct check *c, void *arg)
{
	struct drive *d = calloc(1, sizeof(*d));
	if (d == NULL)
		abort(); /* as check_dns_ask */
	d->c = c;
	d->arg = arg;
	timer_init(&d->patience, c->loop, on_patience, d);
	timer_start(&d->patience, SPF_PATIENCE_MS);
	defer_init(&d->now, on_begin, d);
	loop_defer(c->loop, &d->now);
	return d;
}

void
spf_ask(struct check *c, const struct ip *ip, struct slice helo,
    struct slice mail_from, spf_ask_done *done, void *arg)
{
	struct drive *d = new_drive(c, arg);
	d->spf_done = done;
	d->spf = spf_new_in(
	    ip, helo, mail_from, slice_str(c->helo), check_now_s(c), tr);
	if (d->spf == NULL)
		abort();
}

void
reverse_ask(struct check *c, enum reverse_kind kind, const struct ip *ip,
    struct slice name, reverse_ask_done *done, void *arg)
{
	struct drive *d = new_drive(c, arg);
	d->reverse_done = done;
	reverse_begin(&d->reverse, kind, ip, name);
}

/* ---- saying ---- */

static enum report_mood
mood_of(enum spf_word word)
{
	static const enum report_mood moods[] = {[SPF_NONE] = MOOD_WARN,
	    [SPF_NEUTRAL] = MOOD_WARN,
	    [SPF_PASS] = MOOD_GOOD,
	    [SPF_FAIL] = MOOD_BAD,
	    [SPF_SOFTFAIL] = MOOD_BAD,
	    [SPF_TEMPERROR] = MOOD_WARN,
	    [SPF_PERMERROR] = MOOD_BAD};
	return moods[word];
}

void
spf_report(struct report *r, struct report_node *in, const struct spf_result *s)
{
	report_fact(r, in, "result", N_("Result"),
	    value_mood(value_text(slice_str(spf_word_name(s->word))),
		mood_of(s->word)),
	    REPORT_SCORE);
	if (s->mechanism.n > 0)
		report_text(r, in, "mechanism", N_("Mechanism"), s->mechanism);
	if (s->problem.n > 0)
		report_text(r, in, "problem", N_("Problem"), s->problem);
	report_text(r, in, "domain", N_("Domain"), s->domain);
	if (s->record.n > 0)
		report_text(r, in, "record", N_("Record"), s->record);
	report_number(r, in, "lookups", N_("Lookups (of 10)"), s->lookups);
	report_number(
	    r, in, "void_lookups", N_("Void lookups (of 2)"), s->voids);
	report_text(r, in, "path", N_("The way"), s->path);
	if (s->explanation.n > 0)
		report_text(
		    r, in, "explanation", "explanation:", s->explanation);
}

/* ---- check spf ---- */

struct spf_check {
	struct report *r;
	check_done *done;
	void *arg;
};

static const char *
meaning(enum spf_word word)
{
	static const char *const words[] = {
	    [SPF_NONE] = N_("The domain has no SPF record: it does not say who "
			    "may send for it."),
	    [SPF_NEUTRAL] = N_("The record says nothing of this address."),
	    [SPF_PASS] = N_("The address may send for this domain."),
	    [SPF_FAIL] = N_("The address may not send for this domain: "
			    "receivers may refuse its mail."),
	    [SPF_SOFTFAIL] = N_("The address should not send for this domain: "
				"receivers may mark its mail."),
	    [SPF_TEMPERROR] = N_("DNS did not answer; receivers try again "
				 "later."),
	    [SPF_PERMERROR] = N_("The record is wrong: receivers treat the "
				 "domain as if it had none, or refuse.")};
	return tr(words[word]);
}

static const char *
cure_of(enum spf_word word)
{
	if (word == SPF_FAIL || word == SPF_SOFTFAIL || word == SPF_NEUTRAL)
		return tr("If it is one of your senders, add it to the record: "
			  "ip4:ADDRESS, ip6:ADDRESS, a, mx or the include of "
			  "its provider.");
	if (word == SPF_NONE)
		return tr("Publish a TXT record at the domain: \"v=spf1 mx "
			  "-all\", and whoever else sends for it before -all.");
	if (word == SPF_PERMERROR)
		return tr("Mend what is named above.");
	return "";
}

static void
say_advice(struct report *r, struct slice record)
{
	struct buf b;
	buf_init(&b, 16384);
	spf_record_check_in(record, tr, &b);
	for (struct slice rest = buf_slice(&b); rest.n > 0;) {
		size_t n = slice_find(rest, '\n');
		report_finding(r, "spf.record", SEVERITY_WARN,
		    slice_to(rest, n), SLICE_EMPTY);
		rest = slice_from(rest, n + 1);
	}
	buf_free(&b);
}

static void
on_spf(void *arg, const struct spf_result *s)
{
	static const enum check_severity severities[] = {
	    [SPF_NONE] = SEVERITY_WARN,
	    [SPF_NEUTRAL] = SEVERITY_WARN,
	    [SPF_PASS] = SEVERITY_INFO,
	    [SPF_FAIL] = SEVERITY_BAD,
	    [SPF_SOFTFAIL] = SEVERITY_BAD,
	    [SPF_TEMPERROR] = SEVERITY_WARN,
	    [SPF_PERMERROR] = SEVERITY_BAD};
	struct spf_check *k = arg;
	char code[32];
	(void)snprintf(code, sizeof(code), "spf.%s", spf_word_name(s->word));
	spf_report(k->r, report_root(k->r), s);
	report_finding(k->r, code, severities[s->word],
	    slice_str(meaning(s->word)), slice_str(cure_of(s->word)));
	if (s->record.n > 0)
		say_advice(k->r, s->record);
	report_answer(k->r, s->word == SPF_PASS ? CHECK_GOOD : CHECK_UNKNOWN);
	check_done *done = k->done;
	struct report *r = k->r;
	void *to = k->arg;
	free(k);
	done(to, r);
}

void
check_spf(struct check *c, const struct ip *ip, struct slice helo,
    struct slice mail_from, check_done *done, void *arg)
{
	struct spf_check *k = calloc(1, sizeof(*k));
	struct buf question;
	if (k == NULL)
		abort();
	buf_init(&question, 2048);
	buf_add_str(&question, "check spf --ip ");
	buf_add_ip(&question, ip);
	buf_add_str(&question, " --helo ");
	buf_add(&question, slice_to(helo, 600));
	buf_add_str(&question, " --mail-from ");
	buf_add(&question, slice_to(mail_from, 600));
	*k = (struct spf_check){report_new(buf_slice(&question)), done, arg};
	buf_free(&question);
	if (k->r == NULL)
		abort();
	if (mail_from.n >= 2 && mail_from.p[0] == '<' &&
	    mail_from.p[mail_from.n - 1] == '>')
		mail_from = slice_of(mail_from.p + 1, mail_from.n - 2);
	spf_ask(c, ip, helo, mail_from, on_spf, k);
}
