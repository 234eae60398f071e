/* why_named.c - our own records of whom a pasted text names. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/why.h"
#include "os/clock.h"

#define NAMES_MAX   12   /* of one text */
#define KIND_MAX    5    /* of one kind */
#define RECORDS_MAX 3    /* of one name */
#define LOOKED_MAX  2000 /* records that are compared */
#define NAME_MAX_   320
#define HOUR_MS     3600000u

enum kind { NAME_ID, NAME_ADDRESS, NAME_IP };

static const char *const kinds[] = {
    [NAME_ID] = "id", [NAME_ADDRESS] = "address", [NAME_IP] = "ip"};

struct named_record {
	id_t64 session, subject;
	uint64_t distance; /* from the time of the text */
	struct buf line;
};

struct name {
	enum kind kind;
	char text[NAME_MAX_ + 1];
	bool of_then; /* the records are of the text's time */
	struct named_record record[RECORDS_MAX];
	size_t n;
};

struct why_named {
	struct name name[NAMES_MAX];
	size_t n;
	uint64_t then_ms; /* 0: the text does not say */
	bool zoned;       /* it is sure by the hour */
	/* While asking: */
	struct name *asked;
	size_t looked;
};

/* ---- whom ---- */

static void
add_name(struct why_named *w, enum kind kind, struct slice text)
{
	size_t of_kind = 0;
	if (text.n > NAME_MAX_)
		return;
	for (size_t i = 0; i < w->n; i++) {
		of_kind += w->name[i].kind == kind;
		if (slice_eq_nocase(slice_str(w->name[i].text), text))
			return;
	}
	if (w->n == NAMES_MAX || of_kind == KIND_MAX)
		return;
	struct name *m = &w->name[w->n++];
	m->kind = kind;
	snprintf(m->text, sizeof(m->text), "%.*s", SLICE_ARG(text));
}

/* Words that may be ids of ours: "[06A8F2A6QZ3RC]", "queued as 06A8F2...". */
static void
find_ids(struct why_named *w, struct slice s)
{
	for (size_t i = 0; i < s.n;) {
		struct slice word = slice_from(s, i);
		size_t n = 0;
		bool digit = false;
		id_t64 id;
		while (n < word.n && ascii_is_alnum(word.p[n]))
			digit |= ascii_is_digit(word.p[n++]);
		if (n == ID_TEXT_LEN && digit &&
		    id_parse(slice_to(word, n), &id) == ERR_OK)
			add_name(w, NAME_ID, slice_to(word, n));
		i += n + 1;
	}
}

/* What stands near the cause is asked for first. */
static void
find_names(struct why_named *w, struct slice text)
{
	struct slice name;
	size_t at = 0;
	find_ids(w, text);
	while (w->n < NAMES_MAX && extract_next_address(text, &at, &name))
		add_name(w, NAME_ADDRESS, name);
	at = 0;
	while (w->n < NAMES_MAX && extract_next_ip(text, &at, &name))
		add_name(w, NAME_IP, name);
}

/* ---- when ---- */

/* The year that is not said is the last that makes it no future. */
static uint64_t
unix_ms(const struct extract_time *t, uint64_t now_ms)
{
	time_t now = (time_t)(now_ms / 1000), at;
	struct tm today, tm = {.tm_mon = (int)t->month - 1,
			     .tm_mday = (int)t->day,
			     .tm_hour = (int)t->hour,
			     .tm_min = (int)t->minute,
			     .tm_sec = (int)t->second,
			     .tm_isdst = -1};
	if (localtime_r(&now, &today) == NULL)
		return 0;
	tm.tm_year = t->year > 0 ? (int)t->year - 1900 : today.tm_year;
	struct tm last = tm;
	if (t->zoned)
		at = timegm(&tm) - t->zone_min * 60;
	else
		at = mktime(&tm);
	if (t->year == 0 && at > now + 86400) {
		last.tm_year--;
		at = mktime(&last);
	}
	return at > 0 ? (uint64_t)at * 1000 : 0;
}

static void
find_time(struct why_named *w, struct slice then, struct slice text)
{
	struct extract_time t;
	if (!extract_time(then, &t) && !extract_time(text, &t))
		return;
	w->then_ms = unix_ms(&t, clock_unix_ms());
	w->zoned = t.zoned;
}

/* ---- asking ---- */

static uint64_t
distance(const struct why_named *w, uint64_t ms)
{
	if (w->then_ms == 0)
		return 0; /* as they come */
	return ms > w->then_ms ? ms - w->then_ms : w->then_ms - ms;
}

static bool
is_shown(const struct why_named *w, id_t64 session)
{
	for (size_t i = 0; i < w->n; i++)
		for (size_t k = 0; k < w->name[i].n; k++)
			if (w->name[i].record[k].session == session)
				return true;
	return false;
}

/* The message that it was about, or the session. */
static id_t64
subject_of(const struct ledger_view *v, const struct name *m)
{
	struct record_reader rd = ledger_view_items(v);
	struct ledger_tx tx;
	id_t64 id;
	if (m->kind == NAME_ID && id_parse(slice_str(m->text), &id) == ERR_OK)
		return id;
	while (m->kind == NAME_ADDRESS && ledger_tx_next(&rd, &tx))
		if (tx.message != 0 &&
		    why_names_address(slice_str(m->text), tx))
			return tx.message;
	return v->head.id;
}

/* Keep the nearest in time; of equally near ones those that came first. */
static bool
look(struct slice bytes, void *arg)
{
	struct why_named *w = arg;
	struct name *m = w->asked;
	struct ledger_view v;
	size_t at = m->n;
	if (ledger_view_open(bytes, &v) != ERR_OK || is_shown(w, v.head.id))
		return true;
	uint64_t far = distance(w, v.head.time_ms);
	while (at > 0 && m->record[at - 1].distance > far)
		at--;
	if (at < RECORDS_MAX) {
		if (m->n == RECORDS_MAX)
			buf_free(&m->record[--m->n].line);
		for (size_t i = m->n; i > at; i--)
			m->record[i] = m->record[i - 1];
		struct named_record *r = &m->record[at];
		*r = (struct named_record){.session = v.head.id,
		    .subject = subject_of(&v, m),
		    .distance = far};
		buf_init(&r->line, 65536);
		ledger_add_summary(&r->line, &v, clock_utc_offset_min);
		m->n++;
	}
	if (w->then_ms == 0 && m->n == RECORDS_MAX)
		return false;
	return ++w->looked < LOOKED_MAX;
}

/* Ask for one name; around that time, or (span_ms 0) for the newest. */
static int
ask(struct why_telling *t, struct why_named *w, struct name *m,
    uint64_t span_ms)
{
	struct log_query q;
	char since[24], until[24];
	uint64_t then = w->then_ms;
	snprintf(since, sizeof(since), "%llu",
	    (unsigned long long)(then > span_ms ? then - span_ms : 0));
	snprintf(
	    until, sizeof(until), "%llu", (unsigned long long)(then + span_ms));
	w->asked = m;
	w->looked = 0;
	log_query_begin(&q);
	bool good =
	    log_query_set(t->ctx, &q, m->text, kinds[m->kind], m->text) &&
	    log_query_set(t->ctx, &q, m->text, "newest", "1");
	if (span_ms > 0)
		good = good &&
		       log_query_set(t->ctx, &q, m->text, "since", since) &&
		       log_query_set(t->ctx, &q, m->text, "until", until);
	if (!good) {
		buf_free(&q.args);
		return CMD_GOOD; /* then nothing is known of it */
	}
	return log_query_ask(t->ctx, &q, look, w);
}

static int
ask_for(struct why_telling *t, struct why_named *w, struct name *m)
{
	int code = CMD_GOOD;
	if (w->then_ms > 0) {
		/* Whose clock it was, one cannot see. */
		code = ask(t, w, m, (w->zoned ? 2 : 15) * HOUR_MS);
		m->of_then = m->n > 0;
	}
	if (code == CMD_GOOD && m->n == 0) {
		uint64_t then = w->then_ms;
		w->then_ms = 0;
		code = ask(t, w, m, 0);
		w->then_ms = then;
	}
	return code;
}

int
why_named_find(struct why_telling *t, struct slice text, struct slice then,
    struct why_named **out)
{
	struct why_named *w = calloc(1, sizeof(*w));
	int code = CMD_GOOD;
	*out = NULL;
	if (w == NULL)
		return cmd_fail(t->ctx, CMD_UNKNOWN, "out of memory");
	find_time(w, then, text);
	/* Those near the cause first. */
	find_names(w, then);
	find_names(w, text);
	size_t known = 0;
	for (size_t i = 0; i < w->n && code == CMD_GOOD; i++) {
		code = ask_for(t, w, &w->name[i]);
		known += w->name[i].n;
	}
	if (code == CMD_GOOD && known > 0)
		*out = w;
	else
		why_named_free(w);
	return code;
}

void
why_named_free(struct why_named *w)
{
	if (w == NULL)
		return;
	for (size_t i = 0; i < w->n; i++)
		for (size_t k = 0; k < w->name[i].n; k++)
			buf_free(&w->name[i].record[k].line);
	free(w);
}

/* ---- telling ---- */

enum phrase { P_OURS, P_THEN, P_NEWEST, P_WHOLE, PHRASES };

static const char *const phrases[CAUSE_LANGS][PHRASES] = {
    [CAUSE_EN] = {[P_OURS] = "Our own records of what it names",
	[P_THEN] = "at about that time",
	[P_NEWEST] = "the newest",
	[P_WHOLE] = "The whole of one of them: kurir why ID"},
    [CAUSE_ID] = {[P_OURS] =
		      "Catatan kita sendiri tentang yang disebut di situ",
	[P_THEN] = "di sekitar waktu itu",
	[P_NEWEST] = "yang terbaru",
	[P_WHOLE] = "Cerita lengkapnya: kurir why ID"},
};

/* Whom it names, but for ids: their stories are told whole. */
static void
add_lines(struct why_telling *t, const struct why_named *w)
{
	const char *const *say = phrases[t->lang];
	bool any = false;
	for (size_t i = 0; i < w->n; i++) {
		const struct name *m = &w->name[i];
		if (m->n == 0 || m->kind == NAME_ID)
			continue;
		buf_add_str(&t->out, "  ");
		ledger_add_shown(&t->out, slice_str(m->text));
		buf_printf(
		    &t->out, ", %s\n", say[m->of_then ? P_THEN : P_NEWEST]);
		for (size_t k = 0; k < m->n; k++) {
			buf_add_str(&t->out, "    ");
			buf_add(&t->out, buf_slice(&m->record[k].line));
		}
		any = true;
	}
	if (any)
		buf_printf(&t->out, "  %s\n", say[P_WHOLE]);
}

void
why_named_text(struct why_telling *t, const struct why_named *w)
{
	buf_clear(&t->out);
	buf_printf(&t->out, "\n%s%s%s\n", cmd_colour(t->ctx, COLOUR_BOLD),
	    phrases[t->lang][P_OURS], cmd_colour(t->ctx, COLOUR_OFF));
	add_lines(t, w);
	struct slice text = buf_slice(&t->out);
	fwrite(text.p, 1, text.n, stdout);
	for (size_t i = 0; i < w->n; i++) {
		const struct name *m = &w->name[i];
		if (m->kind != NAME_ID || m->n == 0)
			continue;
		t->told = 1; /* an empty line before it */
		(void)why_tell_id(t, m->record[0].subject);
	}
}

/* Was the story of that record told before? */
static bool
is_told(const struct why_named *w, size_t name, size_t record)
{
	id_t64 subject = w->name[name].record[record].subject;
	for (size_t i = 0; i <= name; i++)
		for (size_t k = 0; k < w->name[i].n; k++) {
			if (i == name && k == record)
				return false;
			if (w->name[i].record[k].subject == subject)
				return true;
		}
	return false;
}

static void
add_story(struct why_telling *t, const struct why *w, void *arg)
{
	why_add_json(arg, w, t->lang);
}

void
why_named_json(struct why_telling *t, const struct why_named *w, struct buf *b)
{
	const char *comma = "";
	buf_add_byte(b, '[');
	for (size_t i = 0; w != NULL && i < w->n; i++) {
		const struct name *m = &w->name[i];
		for (size_t k = 0; k < m->n; k++) {
			size_t before = b->n;
			if (is_told(w, i, k))
				continue;
			buf_printf(b, "%s{", comma);
			ledger_json_text(b, "named", slice_str(m->text));
			buf_printf(b, ", \"of_then\": %s, \"story\": ",
			    m->of_then ? "true" : "false");
			size_t front = b->n;
			(void)why_story(t, m->record[k].subject, add_story, b);
			if (b->n == front)
				b->n = before; /* it is there no more */
			else
				buf_add_byte(b, '}');
			comma = b->n > front ? ",\n  " : comma;
		}
	}
	buf_add_byte(b, ']');
}
