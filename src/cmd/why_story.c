#include <stdlib.h>
#include <string.h>

#include "cmd/why.h"
#include "os/clock.h"
#include "proto/mail/date.h"

#define OCTETS_MAX (64u << 20) /* of one story */

static bool
keep(struct slice bytes, void *arg)
{
	struct why_kept *k = arg;
	uint8_t *copy = malloc(bytes.n + 1);
	if (copy == NULL)
		return false;
	memcpy(copy, bytes.p, bytes.n);
	k->record[k->n++] = slice_of(copy, bytes.n);
	k->octets += bytes.n;
	return k->n < WHY_RECORDS_MAX && k->octets < OCTETS_MAX;
}

static void
kept_free(struct why_kept *k)
{
	for (size_t i = 0; i < k->n; i++)
		free((void *)(uintptr_t)k->record[i].p);
	k->n = 0;
	k->octets = 0;
}

/* tell_letter - of the surest cause of the story to the other side. */
static void
tell_letter(struct why_telling *t, const struct why *w)
{
	struct buf words;
	char ip[IP_TEXT_MAX] = "";
	if (w->n_causes == 0)
		return;
	const struct why_cause *c = &w->causes[0];
	buf_init(&words, 65536);
	for (size_t i = 0; i < c->n_evidence; i++) {
		buf_add(&words, c->evidence[i]);
		buf_add_byte(&words, '\n');
	}
	if (w->client.family != 0 && c->side == CAUSE_RECEIVING)
		ip_text(&w->client, ip);
	struct letter l = {.cause = c->code,
	    .receiving = c->side == CAUSE_RECEIVING,
	    .evidence = buf_slice(&words),
	    .ip = slice_str(ip),
	    .address = w->n_rcpts > 0 ? w->rcpts[0].address : SLICE_EMPTY,
	    .us = t->ctx->conf->hostname};
	if (w->n_steps > 0) {
		uint64_t at = w->steps[w->n_steps - 1].at_ms;
		buf_clear(&t->out);
		buf_add_date_stamp(&t->out, at, clock_utc_offset_min(at));
		l.when = buf_slice(&t->out);
	}
	why_letter(t->ctx, t->lang, &l);
	buf_free(&words);
	t->told++;
}

static void
tell(struct why_telling *t, const struct why *w, void *unused)
{
	(void)unused;
	if (t->ctx->json && t->told > 0)
		fputs(",\n ", stdout);
	if (t->letter) {
		tell_letter(t, w);
		return;
	}
	struct why_style style = {t->lang, clock_utc_offset_min,
	    cmd_colour(t->ctx, COLOUR_BOLD), cmd_colour(t->ctx, COLOUR_OFF)};
	buf_clear(&t->out);
	if (t->ctx->json) {
		why_add_json(&t->out, w, t->lang);
		why_howto_story_json(&t->out, t->lang, t->howto, w);
	} else {
		buf_add_str(&t->out, t->told > 0 ? "\n\n" : "");
		why_add_text(&t->out, w, &style);
		why_howto_story(&t->out, t->lang, t->howto, w);
	}
	struct slice text = buf_slice(&t->out);
	fwrite(text.p, 1, text.n, stdout);
	t->told++;
}

int
why_story(struct why_telling *t, id_t64 id,
    void (*use)(struct why_telling *t, const struct why *w, void *arg),
    void *arg)
{
	char text[ID_TEXT_LEN + 1];
	struct log_query q;
	struct why *w;
	id_text(id, text);
	log_query_begin(&q);
	if (!log_query_set(t->ctx, &q, "ID", "id", text) ||
	    !log_query_set(t->ctx, &q, "ID", "events", "1")) {
		buf_free(&q.args);
		return CMD_USAGE;
	}
	int code = log_query_ask(t->ctx, &q, keep, &t->kept);
	t->refused = code != CMD_GOOD;
	if (code == CMD_GOOD) {
		enum err e = why_build(id, t->kept.record, t->kept.n, &w);
		if (e == ERR_OK) {
			use(t, w, arg);
			why_free(w);
		} else {
			code = CMD_BAD;
		}
	}
	kept_free(&t->kept);
	return code;
}

int
why_tell_id(struct why_telling *t, id_t64 id)
{
	return why_story(t, id, tell, NULL);
}

int
why_no_letter(struct why_telling *t, const char *what)
{
	t->refused = true;
	return cmd_fail(t->ctx, CMD_BAD,
	    "nothing stood in the way of %s: there is nothing to write about",
	    what);
}
