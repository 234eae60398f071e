/* test_mailbox.c - mail that is answered by a report on how it was sent.
 *
 * It is taken like any other, judged when it is whole, and kept nowhere: what
 * goes to the queue in its place, under its id, is the report. Role lookup
 * knows the codes and counts for all workers.
 *
 * The assure address: mail that comes with TLS is put off once, and STARTTLS
 * is not offered to the next session of that client. Such a session can bring
 * mail of that sender to that address and no other, so nobody else's mail is
 * sent in clear because of it. Who it is shows only when it is too late to
 * offer STARTTLS: sessions of others are put off, two at most (of each worker),
 * then it is offered again and that test comes to nothing. */
#include "role/smtpd/test_mailbox.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/pack.h"
#include "proto/mail/header.h"

#define HEADER_KEPT (64u << 10)
#define ASSURED_MAX 512u

/* Sessions of others that one test may put off, and how long no other test puts
 * off those of that address then. */
#define STRANGERS_MAX 2u
#define QUIET_MS      3600000u

static const struct smtp_verdict allow = {.kind = SMTP_SRV_ALLOW};

static const struct conf_test_mailbox *
conf_of(const struct session *s)
{
	return &s->gen->conf->test_mailbox;
}

/* ---- whom no STARTTLS is offered ---- */

static struct test_assured *
find_assured(
    const struct smtpd *d, const struct ip *client, struct slice sender)
{
	LIST_FOREACH (n, &d->assured) {
		struct test_assured *a =
		    LIST_OWNER(n, struct test_assured, node);
		if (a->quiet_until_ms == 0 && ip_eq(&a->client, client) &&
		    (sender.n == 0
			    ? a->strangers < STRANGERS_MAX
			    : slice_eq_nocase(buf_slice(&a->sender), sender)))
			return a;
	}
	return NULL;
}

static void
forget(struct smtpd *d, struct test_assured *a)
{
	list_remove(&a->node);
	buf_free(&a->sender);
	free(a);
	d->assured_n--;
}

/* Did a test put off enough of others there? */
static bool
is_quiet(struct smtpd *d, const struct ip *client)
{
	uint64_t now = loop_now_ms(d->role->loop);
	bool quiet = false;
	LIST_FOREACH_SAFE (n, &d->assured) {
		struct test_assured *a =
		    LIST_OWNER(n, struct test_assured, node);
		if (a->quiet_until_ms != 0 && a->quiet_until_ms <= now)
			forget(d, a);
		else if (a->strangers >= STRANGERS_MAX)
			quiet |= ip_eq(&a->client, client);
	}
	return quiet;
}

/* A session of somebody else found no STARTTLS. */
static void
count_stranger(struct session *s)
{
	if (s->stranger)
		return;
	s->stranger = true;
	LIST_FOREACH (n, &s->d->assured) {
		struct test_assured *a =
		    LIST_OWNER(n, struct test_assured, node);
		if (a->quiet_until_ms == 0 && ip_eq(&a->client, &s->peer.ip))
			a->strangers++;
	}
}

static void
test_ended(struct smtpd *d, struct test_assured *a)
{
	if (a->strangers < STRANGERS_MAX)
		forget(d, a);
	else
		a->quiet_until_ms = loop_now_ms(d->role->loop) + QUIET_MS;
}

static void
remember(struct smtpd *d, const struct ip *client, struct slice sender)
{
	if (is_quiet(d, client) || d->assured_n >= ASSURED_MAX ||
	    find_assured(d, client, sender) != NULL)
		return;
	struct test_assured *a = calloc(1, sizeof(*a));
	if (a == NULL)
		return;
	a->client = *client;
	buf_init(&a->sender, 1024);
	buf_add(&a->sender, sender);
	list_push_back(&d->assured, &a->node);
	d->assured_n++;
}

void
tests_forget(struct smtpd *d)
{
	LIST_FOREACH_SAFE (n, &d->assured)
		forget(d, LIST_OWNER(n, struct test_assured, node));
}

static bool
can_assure(const struct session *s)
{
	return s->profile->listen->role == CONF_ROLE_MX &&
	       s->profile->listen->tls == CONF_TLS_MAY;
}

void
test_offer(struct session *s)
{
	if (!can_assure(s) ||
	    find_assured(s->d, &s->peer.ip, SLICE_EMPTY) == NULL)
		return;
	s->assured = true;
	s->opts = &s->profile->clear_opts;
	trace_event(s, "STARTTLS is not offered, for a test of the sender");
}

/* Whose session it was is certain only where one is waited for, and where it
 * did not begin to send. */
void
test_over(struct session *s)
{
	struct test_assured *only = NULL;
	size_t n = 0;
	if (!s->assured || s->mail_seen || !s->machine_open ||
	    smtp_server_helo(&s->machine).n == 0)
		return;
	LIST_FOREACH (node, &s->d->assured) {
		struct test_assured *a =
		    LIST_OWNER(node, struct test_assured, node);
		if (a->quiet_until_ms != 0 || !ip_eq(&a->client, &s->peer.ip))
			continue;
		only = a;
		n++;
	}
	if (n != 1)
		return;
	struct ipc_msg m = {.type = IPC_test_ask, .fd = -1};
	struct buf dialogue;
	buf_init(&dialogue, IPC_FRAME_MAX / 2);
	test_dialogue(s, &dialogue);
	m.test_ask.ask = s->id;
	m.test_ask.what = IPC_TEST_LEFT;
	m.test_ask.client = s->peer.ip;
	m.test_ask.sender = buf_slice(&only->sender);
	m.test_ask.message = buf_slice(&dialogue);
	(void)role_send(role_peer(s->d->role, ROLE_LOOKUP, 0), &m);
	buf_free(&dialogue);
}

void
test_event(struct smtpd *d, const struct ipc_test_event *e)
{
	struct test_assured *a = find_assured(d, &e->client, e->sender);
	if (e->event == IPC_TEST_ARMED)
		remember(d, &e->client, e->sender);
	else if (e->event == IPC_TEST_OVER && a != NULL)
		test_ended(d, a);
	else if (e->event == IPC_TEST_GONE)
		test_tell(d, TEST_ASSURE_GOOD, e->sender, e->dialogue);
	else if (e->event == IPC_TEST_EXPIRED)
		test_tell(d, TEST_ASSURE_UNKNOWN, e->sender, SLICE_EMPTY);
}

/* ---- RCPT ---- */

static void
refuse_rcpt(struct session *s, uint16_t code, const char *enhanced,
    const char *cause, const char *text)
{
	struct relay_verdict v = {.code = code,
	    .enhanced = enhanced,
	    .rule = "test-mailbox",
	    .field = &conf_of(s)->address};
	(void)diag_set(&v.why, ERR_DENIED, cause, "%s", text);
	trace_rcpt(s, buf_slice(&s->rcpt_asked), false, &v);
	ask_refuse(s, &v);
}

/* What the report tells is looked up, also where nothing is refused for it. */
static void
look_up(struct session *s)
{
	const struct smtp_mail *mail = smtp_server_mail(&s->machine);
	bool done = s->profile->lookups && !s->spared;
	if (s->looked[REVERSE_HELO].state == LOOK_NOT)
		look_begin(s, REVERSE_HELO, smtp_server_helo(&s->machine));
	if (mail != NULL &&
	    !(done &&
		reverse_wanted(&s->gen->conf->reverse_lookup, REVERSE_MAIL)))
		look_begin(s, REVERSE_MAIL, mail->from.domain);
}

static void
take_rcpt(struct session *s, bool assure)
{
	struct relay_verdict v = {.allow = true, .rule = "test-mailbox"};
	struct test_box *t = calloc(1, sizeof(*t));
	if (t == NULL) {
		session_refuse(s, 451, "4.3.0", "local.io-error",
		    "Temporary problem here, please try again later");
		return;
	}
	t->s = s;
	t->assure = assure;
	s->test = t;
	buf_clear(&s->rcpt_only);
	buf_add(&s->rcpt_only, buf_slice(&s->rcpt_asked));
	trace_rcpt(s, buf_slice(&s->rcpt_asked), true, &v);
	look_up(s);
	test_spf_begin(t);
	session_answer(s, &allow);
}

bool
test_rcpt(struct session *s)
{
	struct slice asked = buf_slice(&s->rcpt_asked);
	bool assure = false;
	bool ours =
	    s->device == NULL && test_is_mailbox(conf_of(s), asked, &assure);
	bool theirs =
	    ours && assure && s->sender.n > 0 &&
	    find_assured(s->d, &s->peer.ip, buf_slice(&s->sender)) != NULL;
	if (s->assured && !theirs)
		count_stranger(s);
	if (s->assured && !theirs)
		refuse_rcpt(s, 450, "4.7.0", "test.come-again",
		    "No encryption is offered to this address for some "
		    "minutes, for a test its user asked for; please come "
		    "again, your mail will not be taken in clear");
	else if (s->test != NULL ||
		 (ours && smtp_server_recipients(&s->machine) > 0))
		refuse_rcpt(s, 452, "4.5.3", "limit.recipients",
		    "The test mailbox is the only recipient of a mail; send "
		    "to the others separately");
	else if (ours && assure && !can_assure(s))
		refuse_rcpt(s, 550, "5.7.1", "test.no-code",
		    "This test is made where STARTTLS is optional: send by "
		    "port 25");
	else if (ours)
		take_rcpt(s, assure);
	else
		return false;
	return true;
}

void
test_reset(struct session *s)
{
	if (s->test != NULL)
		test_spf_free(s->test);
	free(s->test);
	s->test = NULL;
}

/* ---- the body ---- */

void
test_keep(struct session *s, struct slice bytes)
{
	struct test_box *t = s->test;
	s->body.octets += bytes.n;
	t->octets += bytes.n;
	for (size_t i = 0; i < bytes.n && !t->eight_bit; i++)
		t->eight_bit = bytes.p[i] > 127;
	bytes = slice_to(bytes, HEADER_KEPT - t->kept);
	t->kept += bytes.n;
	buf_add(&s->body.bytes, bytes);
	s->d->large_bodies += bytes.n;
}

/* ---- may it be answered? ---- */

static void
message_id(struct slice header, struct buf *out)
{
	struct header_field f;
	if (header_find(header, SLICE("message-id"), &f) == ERR_OK)
		header_value_unfolded(out, slice_to(f.value, 900));
}

static bool
is_within(struct slice name, struct slice domain)
{
	return domain.n > 0 && slice_ends_nocase(name, domain) &&
	       (name.n == domain.n || name.p[name.n - domain.n - 1] == '.');
}

/* May the report go to that sender, for all that is known? Whoever may send
 * through us needs no report to send mail. DNS that is silent accuses nobody.
 */
static bool
is_proven(const struct session *s)
{
	const struct reverse_result *mail = look_result(s, REVERSE_MAIL);
	const struct reverse_result *ptr = look_result(s, REVERSE_PTR);
	struct slice sender = buf_slice(&s->sender);
	enum spf_word word =
	    s->test->spf != NULL ? spf_result(s->test->spf)->word : SPF_NONE;
	if (s->user.n > 0 || s->trusted)
		return true;
	if (word == SPF_FAIL || word == SPF_PASS || word == SPF_TEMPERROR)
		return word != SPF_FAIL;
	if (mail != NULL &&
	    (mail->matched || mail->findings & REVERSE_TEMPFAIL))
		return true;
	return ptr != NULL &&
	       (ptr->findings & REVERSE_TEMPFAIL ||
		   is_within(ptr->confirmed,
		       slice_from(sender, slice_rfind(sender, '@') + 1)));
}

static enum gate_step
ask(struct session *s, struct slice header)
{
	struct test_box *t = s->test;
	struct ipc_msg m = {.type = IPC_test_ask, .fd = -1};
	struct buf codes, message;
	buf_init(&codes, 512);
	buf_init(&message, 1024);
	test_codes(header, &codes);
	message_id(header, &message);
	m.test_ask.ask = s->id;
	m.test_ask.what = !t->assure       ? IPC_TEST_TAKE
			  : s->tls != NULL ? IPC_TEST_ARM
					   : IPC_TEST_SENT;
	t->unproven = !is_proven(s);
	if (t->unproven)
		m.test_ask.what |= IPC_TEST_UNPROVEN;
	m.test_ask.client = s->peer.ip;
	m.test_ask.sender = buf_slice(&s->sender);
	m.test_ask.codes = buf_slice(&codes);
	m.test_ask.message = buf_slice(&message);
	t->asked = true;
	bool sent = role_send(role_peer(s->d->role, ROLE_LOOKUP, 0), &m);
	buf_free(&codes);
	buf_free(&message);
	return sent ? GATE_WAITS : gate_fail(s);
}

static enum gate_step
refuse(struct session *s, enum conf_action action, uint16_t code,
    const char *enhanced, const char *cause, const char *text)
{
	struct finding f = {.rule = "test-mailbox",
	    .cause = cause,
	    .field = &conf_of(s)->open_to};
	finding_act(&f, action, code, enhanced);
	f.code = code;
	f.enhanced = enhanced;
	finding_say(&f, "%s", text);
	gate_record(s, "data", &f, slice_str(conf_action_name(action)),
	    SLICE_EMPTY, SLICE_EMPTY);
	return gate_refuse(s, &f);
}

static enum gate_step
drop(struct session *s, const char *why)
{
	struct finding f = {.rule = "test-mailbox",
	    .action = CONF_ACTION_NOTE,
	    .cause = "",
	    .field = &conf_of(s)->address};
	s->test->dropped = why;
	gate_record(s, "data", &f, SLICE("off"), SLICE_EMPTY, slice_str(why));
	record_note(&s->record, loop_unix_ms(s->d->role->loop),
	    "The test mailbox does not answer: %s", why);
	return GATE_PASSED;
}

static enum gate_step
told(struct session *s)
{
	static const char unproven[] =
	    "Neither SPF nor DNS ties your address to the domain of the "
	    "sender, so a report goes there only for a valid code in the "
	    "Subject";
	const struct test_box *t = s->test;
	switch ((enum ipc_test_say)t->say) {
	case IPC_TEST_YES:
		break;
	case IPC_TEST_SETTLED:
		return drop(s, "the answer to this very mail was given");
	case IPC_TEST_TOO_MANY:
		return refuse(s, CONF_ACTION_DEFER, 450, "4.7.1", "limit.rate",
		    "The test mailbox has answered enough for now, please try "
		    "again later");
	case IPC_TEST_NO_CODE:
	default:
		if (t->unproven)
			return refuse(s, CONF_ACTION_REJECT, 550, "5.7.1",
			    "test.no-code", unproven);
		return refuse(s, CONF_ACTION_REJECT, 550, "5.7.1",
		    "test.no-code",
		    "The test mailbox answers only mail with a valid code in "
		    "its Subject, which its administrator gives out");
	}
	if (t->assure && s->tls != NULL)
		return refuse(s, CONF_ACTION_DEFER, 450, "4.7.0",
		    "test.come-again",
		    "Come again, no STARTTLS will be offered to you for a few "
		    "minutes");
	return GATE_PASSED;
}

enum gate_step
gate_test(struct session *s)
{
	struct test_box *t = s->test;
	if (t == NULL || t->dropped != NULL)
		return GATE_PASSED;
	if (t->told)
		return told(s);
	if (t->asked || test_spf_waits(t))
		return GATE_WAITS;
	for (unsigned k = 0; k < REVERSE_KINDS; k++)
		if (s->looked[k].state == LOOK_ASKED)
			return GATE_WAITS;
	struct slice header = header_block(buf_slice(&s->body.bytes), false);
	const char *why =
	    test_unanswered(conf_of(s), buf_slice(&s->sender), header);
	return why != NULL ? drop(s, why) : ask(s, header);
}

void
test_answer(struct smtpd *d, const struct ipc_test_answer *a)
{
	struct session *s = session_find(d, a->ask);
	if (s == NULL || s->test == NULL || !s->test->asked || s->test->told)
		return;
	s->test->told = true;
	s->test->say = a->say;
	gate_go(s);
}

bool
test_lookup_lost(const struct session *s)
{
	return s->test != NULL && s->test->asked && !s->test->told;
}

/* ---- the end ---- */

bool
test_dropped(struct session *s)
{
	char text[160];
	if (s->test == NULL || s->test->dropped == NULL)
		return false;
	(void)snprintf(text, sizeof(text),
	    "taken, but no report will come, because %s", s->test->dropped);
	const struct smtp_verdict taken = {
	    .kind = SMTP_SRV_ALLOW, .text = slice_str(text)};
	record_message(&s->record, s->body.message, RECORD_ACCEPTED,
	    s->body.octets, SLICE_EMPTY);
	s->accepted++;
	s->body.committed = true;
	body_abort(s);
	session_answer(s, &taken);
	return true;
}
