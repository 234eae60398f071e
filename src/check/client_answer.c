/* client_answer.c - what the machine asks of the server that we play. */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "check/client_priv.h"
#include "proto/dns/name.h"

static bool
plays(const struct client_session *s, unsigned words)
{
	return (s->run->o.words & words) != 0;
}

void
client_answer_allow(struct client_session *s)
{
	struct smtp_verdict v = {
	    .kind = SMTP_SRV_ALLOW, .id = SLICE("DISCARDED")};
	smtp_server_verdict(&s->machine, &v);
}

static void
refuse(struct client_session *s, uint16_t code, const char *enhanced,
    const char *text)
{
	struct smtp_verdict v = {.kind = SMTP_SRV_REFUSE,
	    .code = code,
	    .enhanced = slice_str(enhanced),
	    .text = slice_str(text)};
	smtp_server_verdict(&s->machine, &v);
}

void
client_helo(struct client_session *s, struct slice name)
{
	struct slice n = slice_to(name, sizeof(s->f.name) - 1);
	if (n.n > 0)
		memcpy(s->f.name, n.p, n.n);
	s->f.name[n.n] = '\0';
	s->f.helo = true;
	/* Literals are as good as names that have a dot (RFC 5321 4.1.3). */
	s->f.name_bad =
	    name.n == 0 ||
	    (name.p[0] != '[' && (!dns_hostname_valid(name) ||
				     slice_find(name, '.') + 1 >= name.n));
	client_answer_allow(s);
}

/* ---- the envelope ---- */

/* Two parts of what a message is told by; order counts. */
static uint64_t
mix(const struct client_run *run, uint64_t a, struct slice b)
{
	struct {
		uint64_t a, b;
	} both = {a, hash_siphash(run->key, b)};
	return hash_siphash(run->key, slice_of(&both, sizeof(both)));
}

static uint64_t
mix_address(
    const struct client_run *run, uint64_t a, const struct smtp_address *x)
{
	return mix(run, mix(run, a, x->local), x->domain);
}

void
client_answer_mail(
    struct client_session *s, const struct smtp_mail *mail, bool more)
{
	s->f.mail = true;
	s->f.mail_in_clear |= s->tls == NULL;
	s->f.size |= mail->size > 0;
	s->f.eight_bit |= mail->body == SMTP_BODY_8BITMIME;
	s->f.pipelined |= more;
	s->envelope = mix_address(s->run, 0, &mail->from);
	buf_clear(&s->head);
	client_answer_allow(s);
}

/* Greylisting: who comes with the same in another session. */
static bool
was_here(const struct client_session *s, uint64_t key)
{
	const struct client_run *run = s->run;
	for (size_t i = 0; i < run->try_n; i++)
		if (run->try[i].key == key && run->try[i].session != s->index)
			return true;
	return false;
}

static void
note_try(struct client_session *s, uint64_t key, uint16_t code)
{
	struct client_run *run = s->run;
	if (run->try_n < CLIENT_TRIES_MAX)
		run->try[run->try_n++] = (struct client_try){.key = key,
		    .session = s->index,
		    .at_ms = client_now(run),
		    .code = code};
}

void
client_answer_rcpt(struct client_session *s, const struct smtp_rcpt *rcpt)
{
	uint64_t key = mix_address(s->run,
	    mix_address(s->run, 1, &smtp_server_mail(&s->machine)->from),
	    &rcpt->to);
	uint16_t code = 0;
	if (plays(s, CLIENT_UNKNOWN_USER)) {
		code = 550;
		refuse(s, code, "5.1.1", "No such mailbox here");
	} else if (plays(s, CLIENT_FULL)) {
		code = 552;
		refuse(s, code, "5.2.2", "Mailbox is full");
	} else if (plays(s, CLIENT_GREYLIST) && !was_here(s, key)) {
		code = 451;
		refuse(s, code, "4.7.1", "Greylisted, come again");
	} else if (plays(s, CLIENT_ONE_RECIPIENT) &&
		   smtp_server_recipients(&s->machine) > 0) {
		code = 452;
		refuse(s, code, "4.5.3", "Too many recipients, one a message");
	} else {
		s->envelope = mix_address(s->run, s->envelope, &rcpt->to);
		client_answer_allow(s);
	}
	note_try(s, key, code);
}

/* Nobody's password is wanted: refused before it is asked for. */
void
client_answer_auth(struct client_session *s)
{
	s->f.auth = true;
	s->f.auth_in_clear |= s->tls == NULL;
	refuse(s, 535, "5.7.8", "Nobody is let in here, this is a test");
}

/* ---- the message ---- */

void
client_answer_body(struct client_session *s)
{
	s->in_body = true;
	s->f.body.cr = s->f.body.dot = false;
	s->f.body.at_start = true;
	s->f.body.line = 0;
	client_answer_allow(s);
}

/* Silence is for the first time that a message comes. */
static bool
had_silence(const struct client_run *run, uint64_t key)
{
	for (size_t i = 0; i < run->message_n; i++)
		if (run->message[i].key == key &&
		    run->message[i].outcome == CLIENT_SILENT)
			return true;
	return false;
}

void
client_answer_commit(struct client_session *s)
{
	struct client_run *run = s->run;
	struct slice id = client_message_id(buf_slice(&s->head));
	uint64_t key = mix(run, s->envelope, id);
	bool silent = plays(s, CLIENT_NO_ANSWER) && !had_silence(run, key);
	struct client_message m = {.key = key,
	    .has_id = id.n > 0,
	    .session = s->index,
	    .at_ms = client_now(run),
	    .outcome = silent ? CLIENT_SILENT : CLIENT_TAKEN};
	if (run->message_n < CLIENT_MESSAGES_MAX) {
		run->message[run->message_n] = m;
		if (silent)
			s->silent = &run->message[run->message_n];
		run->message_n++;
	}
	s->in_body = false;
	if (silent) {
		client_session_say(
		    s, '*', slice_str(tr("no answer to the final dot")));
		s->wait = CLIENT_WAIT_DEAF;
		return;
	}
	s->f.messages++;
	client_answer_allow(s);
}

void
client_silence_over(struct client_session *s)
{
	if (s->silent != NULL)
		s->silent->waited_ms = client_now(s->run) - s->silent->at_ms;
	s->silent = NULL;
}
