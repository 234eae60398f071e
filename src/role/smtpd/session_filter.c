/* session_filter.c - what a body goes through on its way in, before a byte of
 * it is kept: repair (a device's only), the watches, strip. */
#include "os/clock.h"
#include "role/smtpd/gate.h"

/* What a message goes through on its way in: a device's is mended, and of
 * everybody's the fields go that only we may write. */
bool
filters_begin(struct session *s)
{
	static const struct slice ours[] = {SLICE("X-MDPtrLookup-Result"),
	    SLICE("X-MDHeloLookup-Result"), SLICE("X-MDMailLookup-Result")};
	const struct conf *c = s->gen->conf;
	strip_init(
	    &s->body.strip, c->hostname, ours, sizeof(ours) / sizeof(ours[0]));
	s->body.author_wanted = gate_wants_author(s);
	if (s->body.author_wanted)
		author_watch_init(&s->body.author);
	if (s->device == NULL)
		return true;
	uint64_t now = loop_unix_ms(s->d->role->loop);
	struct repair_conf rc = {.from = buf_slice(&s->sender),
	    .to = buf_slice(&s->rcpt_only),
	    .hostname = c->hostname,
	    .id = s->body.message,
	    .unix_s = now / 1000,
	    .offset_min = clock_utc_offset_min(now)};
	s->body.repair = repair_new(&rc);
	return s->body.repair != NULL;
}

void
filters_free(struct session *s)
{
	strip_free(&s->body.strip);
	if (s->body.author_wanted)
		author_watch_free(&s->body.author);
	repair_free(s->body.repair);
	s->body.repair = NULL;
	s->body.author_wanted = false;
}

/* Through strip; whole says that nothing follows. */
static enum err
pass(struct session *s, struct slice bytes, bool whole)
{
	struct buf *out = &s->d->scratch;
	enum err err = ERR_OK;
	header_watch_feed(&s->body.header, bytes);
	if (s->body.author_wanted && !s->body.author.done)
		author_watch_feed(&s->body.author, bytes);
	if (s->body.strip.done) {
		body_keep(s, bytes);
		return ERR_OK;
	}
	buf_clear(out);
	err = strip_feed(&s->body.strip, bytes, out);
	if (err == ERR_OK && whole)
		err = strip_end(&s->body.strip, out);
	if (err == ERR_OK)
		body_keep(s, buf_slice(out));
	return err;
}

/* For the record: the message is not quite what the device sent. */
static void
tell_mended(struct session *s)
{
	struct buf words;
	unsigned what = repair_done(s->body.repair);
	if (what == 0)
		return;
	buf_init(&words, 512);
	repair_words(what, &words);
	record_note(&s->record, loop_unix_ms(s->d->role->loop),
	    "The message was mended: %.*s", SLICE_ARG(buf_slice(&words)));
	buf_free(&words);
}

enum err
filters_run(struct session *s, struct slice bytes, bool whole)
{
	struct buf mended;
	if (s->body.repair == NULL)
		return pass(s, bytes, whole);
	buf_init(&mended, 4 * BODY_BYTES_MAX);
	enum err err = repair_feed(s->body.repair, bytes, &mended);
	if (err == ERR_OK && whole) {
		err = repair_end(s->body.repair, &mended);
		tell_mended(s);
	}
	if (err == ERR_OK)
		err = pass(s, buf_slice(&mended), whole);
	buf_free(&mended);
	return err;
}
