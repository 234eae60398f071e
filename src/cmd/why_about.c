#include <stdlib.h>
#include <string.h>

#include "cmd/why.h"
#include "os/clock.h"
#include "policy/masquerade.h"
#include "proto/mail/date.h"

#define COUNTED_MAX 5000 /* records that are looked at */
#define SHOWN_MAX   12   /* causes that are counted in what is shown */

/* How often a cause stood in the way, and where last. */
struct cause_count {
	char code[32];
	uint64_t n;
	id_t64 newest;
};

/* What is known of an address or a peer. */
struct about {
	struct slice address;             /* empty: sessions are the subjects */
	id_t64 subject[WHY_SUBJECTS_MAX]; /* newest first */
	size_t subjects, wanted;
	uint64_t records, newest_ms, oldest_ms;
	uint64_t verdicts[RECORD_VERDICT_END];
	struct cause_count causes[LEDGER_CAUSES_MAX];
	size_t n_causes;
	/* The newest of these sessions that stood in a masquerade alarm. */
	uint64_t alarm_ms; /* 0: none did */
	struct buf evidence;
};

/* ---- finding ---- */

static void
add_subject(struct about *a, id_t64 id)
{
	for (size_t i = 0; i < a->subjects; i++)
		if (a->subject[i] == id)
			return;
	if (a->subjects < a->wanted)
		a->subject[a->subjects++] = id;
}

bool
why_names_address(struct slice address, struct ledger_tx tx)
{
	struct record_item it;
	if (ledger_address_match(address, tx.from))
		return true;
	while (ledger_tx_item(&tx, &it))
		if (it.tag == RECORD_TAG_RCPT &&
		    ledger_address_match(address, it.s[0]))
			return true;
	return false;
}

/* find_alarm - was that a session of a trusted address that many seem to use?
 */
static void
find_alarm(struct about *a, const struct ledger_view *v)
{
	struct record_reader rd = ledger_view_items(v);
	struct record_item it;
	while (a->alarm_ms == 0 && record_next(&rd, &it) == ERR_OK) {
		if (it.tag != RECORD_TAG_DECISION ||
		    !slice_eq(it.s[6], SLICE("relay.masquerade")))
			continue;
		a->alarm_ms = v->head.time_ms;
		buf_add(&a->evidence, it.s[4]);
	}
}

static void
count_cause(struct about *a, struct slice code, id_t64 id)
{
	struct cause_count *c = a->causes;
	while (c < a->causes + a->n_causes &&
	       !slice_eq(slice_str(c->code), slice_to(code, 31)))
		c++;
	if (c == a->causes + LEDGER_CAUSES_MAX)
		return;
	if (c == a->causes + a->n_causes) {
		*c = (struct cause_count){.newest = id};
		snprintf(c->code, sizeof(c->code), "%.*s", SLICE_ARG(code));
		a->n_causes++;
	}
	c->n++;
}

static void
count(struct about *a, const struct ledger_view *v)
{
	struct slice codes[LEDGER_CAUSES_MAX];
	size_t n = ledger_view_causes(v, codes);
	for (size_t i = 0; i < n; i++)
		count_cause(a, codes[i], v->head.id);
	if (a->records++ == 0)
		a->newest_ms = v->head.time_ms;
	a->oldest_ms = v->head.time_ms;
	if ((uint64_t)v->verdict < RECORD_VERDICT_END)
		a->verdicts[v->verdict]++;
}

/* Each record that names it, the newest first. */
static bool
find(struct slice bytes, void *arg)
{
	struct about *a = arg;
	struct ledger_view v;
	struct ledger_tx tx;
	if (ledger_view_open(bytes, &v) != ERR_OK)
		return true;
	count(a, &v);
	if (a->address.n == 0) {
		find_alarm(a, &v);
		add_subject(a, v.head.id);
	} else {
		struct record_reader rd = ledger_view_items(&v);
		while (ledger_tx_next(&rd, &tx))
			if (why_names_address(a->address, tx))
				add_subject(a,
				    tx.message != 0 ? tx.message : v.head.id);
	}
	return a->records < COUNTED_MAX;
}

/* ---- telling ---- */

static void
put(const struct why_telling *t)
{
	struct slice text = buf_slice(&t->out);
	fwrite(text.p, 1, text.n, stdout);
}

static void
tell_alarm(struct why_telling *t, const struct about *a, const char *ip)
{
	static const char *const words[CAUSE_LANGS][2] = {
	    {" stood in a masquerade alarm, last seen ",
		" stands in a masquerade alarm, last seen "},
	    {": pernah ada alarm masquerade, terakhir ",
		": alarm masquerade sedang berlaku, terakhir "}};
	bool stands = clock_unix_ms() < a->alarm_ms + MASQUERADE_WINDOW_MS;
	buf_clear(&t->out);
	buf_add_str(&t->out, cmd_colour(t->ctx, COLOUR_RED));
	buf_add_str(&t->out, ip);
	buf_add_str(&t->out, words[t->lang][stands]);
	buf_add_date_stamp(
	    &t->out, a->alarm_ms, clock_utc_offset_min(a->alarm_ms));
	buf_add_str(&t->out, cmd_colour(t->ctx, COLOUR_OFF));
	buf_add_str(&t->out, "\n  ");
	ledger_add_shown(&t->out, buf_slice(&a->evidence));
	buf_add_str(&t->out, "\n\n");
	put(t);
}

enum phrase { P_RECORDS, P_LEAST, P_FROM, P_TO, P_NEWEST, P_MORE, PHRASES };

static const char *const phrases[CAUSE_LANGS][PHRASES] = {
    [CAUSE_EN] = {[P_RECORDS] = "records",
	[P_LEAST] = "the newest ",
	[P_FROM] = "from",
	[P_TO] = "to",
	[P_NEWEST] = "newest",
	[P_MORE] = "All of them, a line each:"},
    [CAUSE_ID] = {[P_RECORDS] = "catatan",
	[P_LEAST] = "yang terbaru ",
	[P_FROM] = "dari",
	[P_TO] = "sampai",
	[P_NEWEST] = "terbaru",
	[P_MORE] = "Semuanya, masing-masing satu baris:"},
};

static int
by_number(const void *a, const void *b)
{
	const struct cause_count *x = a, *y = b;
	return x->n < y->n ? 1 : x->n > y->n ? -1 : strcmp(x->code, y->code);
}

/* How often what happened, before the stories. */
static void
tell_counts(struct why_telling *t, struct about *a, const char *value)
{
	const char *const *say = phrases[t->lang];
	const char *comma = "";
	buf_clear(&t->out);
	buf_printf(&t->out, "%s%s%s: %s%llu %s, %s ",
	    cmd_colour(t->ctx, COLOUR_BOLD), value,
	    cmd_colour(t->ctx, COLOUR_OFF),
	    a->records >= COUNTED_MAX ? say[P_LEAST] : "",
	    (unsigned long long)a->records, say[P_RECORDS], say[P_FROM]);
	buf_add_date_stamp(
	    &t->out, a->oldest_ms, clock_utc_offset_min(a->oldest_ms));
	buf_printf(&t->out, " %s ", say[P_TO]);
	buf_add_date_stamp(
	    &t->out, a->newest_ms, clock_utc_offset_min(a->newest_ms));
	buf_add_str(&t->out, "\n  ");
	for (uint64_t v = RECORD_ACCEPTED; v < RECORD_VERDICT_END; v++)
		if (a->verdicts[v] > 0) {
			buf_printf(&t->out, "%s%llu %s", comma,
			    (unsigned long long)a->verdicts[v],
			    record_verdict_name(v));
			comma = ", ";
		}
	buf_add_byte(&t->out, '\n');
	qsort(a->causes, a->n_causes, sizeof(a->causes[0]), by_number);
	for (size_t i = 0; i < a->n_causes && i < SHOWN_MAX; i++) {
		char id[ID_TEXT_LEN + 1];
		id_text(a->causes[i].newest, id);
		buf_printf(&t->out, "  %6llu  %-26s %s: kurir why %s\n",
		    (unsigned long long)a->causes[i].n, a->causes[i].code,
		    say[P_NEWEST], id);
	}
	buf_add_str(&t->out, "\n\n");
	put(t);
}

static void
tell_more(struct why_telling *t, const char *value, bool is_ip)
{
	buf_clear(&t->out);
	buf_printf(&t->out, "\n\n%s kurir log --%s %s --reverse",
	    phrases[t->lang][P_MORE], is_ip ? "ip" : "to", value);
	if (!is_ip)
		buf_printf(&t->out, "; kurir log --from %s --reverse", value);
	buf_add_byte(&t->out, '\n');
	put(t);
}

static int
tell_all(struct why_telling *t, struct about *a, const char *value, bool is_ip)
{
	int code = CMD_GOOD;
	bool people = !t->ctx->json && !t->letter;
	if (t->ctx->json)
		putchar('[');
	if (people && a->alarm_ms != 0)
		tell_alarm(t, a, value);
	if (people && a->records > 1)
		tell_counts(t, a, value);
	for (size_t i = 0; i < a->subjects && code != CMD_UNKNOWN; i++) {
		code = why_tell_id(t, a->subject[i]);
		if (t->letter && t->told > 0)
			break; /* about the newest of which there is one */
	}
	if (people && code != CMD_UNKNOWN && a->records > t->told)
		tell_more(t, value, is_ip);
	if (t->ctx->json)
		puts("]");
	if (code == CMD_UNKNOWN)
		return code;
	if (t->letter && t->told == 0 && a->subjects > 0)
		return why_no_letter(t, value);
	return t->told > 0 ? CMD_GOOD : CMD_BAD;
}

int
why_tell_about(struct why_telling *t, const char *value, bool is_ip)
{
	struct log_query q;
	const char *name = is_ip ? "ip" : "address";
	log_query_begin(&q);
	if (!log_query_set(t->ctx, &q, value, name, value) ||
	    !log_query_set(t->ctx, &q, value, "newest", "1")) {
		buf_free(&q.args);
		return CMD_USAGE;
	}
	struct about *a = calloc(1, sizeof(*a));
	if (a == NULL) {
		buf_free(&q.args);
		return cmd_fail(t->ctx, CMD_UNKNOWN, "out of memory");
	}
	a->wanted = t->letter ? WHY_SUBJECTS_MAX : t->wanted;
	a->address = is_ip ? SLICE_EMPTY : slice_str(value);
	buf_init(&a->evidence, 4096);
	int code = log_query_ask(t->ctx, &q, find, a);
	t->refused = code != CMD_GOOD;
	if (code == CMD_GOOD)
		code = tell_all(t, a, value, is_ip);
	buf_free(&a->evidence);
	free(a);
	return code;
}
