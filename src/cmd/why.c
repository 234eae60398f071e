#include <stdlib.h>
#include <string.h>

#include "cmd/log.h"
#include "os/clock.h"
#include "policy/masquerade.h"
#include "proto/mail/date.h"
#include "store/ledger_why.h"

#define RECORDS_MAX  512         /* of one story */
#define OCTETS_MAX   (64u << 20) /* of one story */
#define SUBJECTS_MAX 200
#define SUBJECTS     20 /* stories told when not asked for more */

/* Records kept beyond their callback. */
struct kept {
	struct slice record[RECORDS_MAX];
	size_t n;
	size_t octets;
};

static bool
keep(struct slice bytes, void *arg)
{
	struct kept *k = arg;
	uint8_t *copy = malloc(bytes.n + 1);
	if (copy == NULL)
		return false;
	memcpy(copy, bytes.p, bytes.n);
	k->record[k->n++] = slice_of(copy, bytes.n);
	k->octets += bytes.n;
	return k->n < RECORDS_MAX && k->octets < OCTETS_MAX;
}

static void
kept_free(struct kept *k)
{
	for (size_t i = 0; i < k->n; i++)
		free((void *)(uintptr_t)k->record[i].p);
	k->n = 0;
	k->octets = 0;
}

struct telling {
	struct cmd_ctx *ctx;
	enum cause_lang lang;
	struct buf out;
	struct kept kept;
	size_t told;
	bool refused; /* and it was said why */
	/* What an address or a peer was found in, newest first. */
	id_t64 subject[SUBJECTS_MAX];
	size_t subjects, wanted;
	struct slice address; /* empty: sessions are the subjects */
	/* The newest of these sessions that stood in a masquerade alarm. */
	uint64_t alarm_ms; /* 0: none did */
	struct buf evidence;
};

/* ---- one story ---- */

static void
tell(struct telling *t, const struct why *w)
{
	struct why_style style = {t->lang, clock_utc_offset_min,
	    cmd_colour(t->ctx, COLOUR_BOLD), cmd_colour(t->ctx, COLOUR_OFF)};
	buf_clear(&t->out);
	if (t->ctx->json) {
		why_add_json(&t->out, w, t->lang);
	} else {
		buf_add_str(&t->out, t->told > 0 ? "\n\n" : "");
		why_add_text(&t->out, w, &style);
	}
	struct slice text = buf_slice(&t->out);
	fwrite(text.p, 1, text.n, stdout);
	t->told++;
}

/* tell_id - CMD_BAD: nothing is known of it. */
static int
tell_id(struct telling *t, id_t64 id)
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
			if (t->ctx->json && t->told > 0)
				fputs(",\n ", stdout);
			tell(t, w);
			why_free(w);
		} else {
			code = CMD_BAD;
		}
	}
	kept_free(&t->kept);
	return code;
}

/* ---- what an address or a peer took part in ---- */

static void
add_subject(struct telling *t, id_t64 id)
{
	for (size_t i = 0; i < t->subjects; i++)
		if (t->subject[i] == id)
			return;
	if (t->subjects < t->wanted)
		t->subject[t->subjects++] = id;
}

static bool
names_address(struct telling *t, struct ledger_tx tx)
{
	struct record_item it;
	if (ledger_address_match(t->address, tx.from))
		return true;
	while (ledger_tx_item(&tx, &it))
		if (it.tag == RECORD_TAG_RCPT &&
		    ledger_address_match(t->address, it.s[0]))
			return true;
	return false;
}

/* find_alarm - was that a session of a trusted address that many seem to use?
 */
static void
find_alarm(struct telling *t, const struct ledger_view *v)
{
	struct record_reader rd = ledger_view_items(v);
	struct record_item it;
	while (t->alarm_ms == 0 && record_next(&rd, &it) == ERR_OK) {
		if (it.tag != RECORD_TAG_DECISION ||
		    !slice_eq(it.s[6], SLICE("relay.masquerade")))
			continue;
		t->alarm_ms = v->head.time_ms;
		buf_add(&t->evidence, it.s[4]);
	}
}

static bool
find_subjects(struct slice bytes, void *arg)
{
	struct telling *t = arg;
	struct ledger_view v;
	struct ledger_tx tx;
	if (ledger_view_open(bytes, &v) != ERR_OK)
		return true;
	if (t->address.n == 0) {
		find_alarm(t, &v);
		add_subject(t, v.head.id);
	} else {
		struct record_reader rd = ledger_view_items(&v);
		while (ledger_tx_next(&rd, &tx))
			if (names_address(t, tx))
				add_subject(t,
				    tx.message != 0 ? tx.message : v.head.id);
	}
	return t->subjects < t->wanted;
}

static void
tell_alarm(struct telling *t, const char *ip)
{
	static const char *const words[CAUSE_LANGS][2] = {
	    {" stood in a masquerade alarm, last seen ",
		" stands in a masquerade alarm, last seen "},
	    {": pernah ada alarm masquerade, terakhir ",
		": alarm masquerade sedang berlaku, terakhir "}};
	bool stands = clock_unix_ms() < t->alarm_ms + MASQUERADE_WINDOW_MS;
	buf_clear(&t->out);
	buf_add_str(&t->out, cmd_colour(t->ctx, COLOUR_RED));
	buf_add_str(&t->out, ip);
	buf_add_str(&t->out, words[t->lang][stands]);
	buf_add_date_stamp(
	    &t->out, t->alarm_ms, clock_utc_offset_min(t->alarm_ms));
	buf_add_str(&t->out, cmd_colour(t->ctx, COLOUR_OFF));
	buf_add_str(&t->out, "\n  ");
	ledger_add_shown(&t->out, buf_slice(&t->evidence));
	buf_add_str(&t->out, "\n\n");
	struct slice text = buf_slice(&t->out);
	fwrite(text.p, 1, text.n, stdout);
}

static int
tell_many(struct telling *t, const char *name, const char *value)
{
	struct log_query q;
	log_query_begin(&q);
	if (!log_query_set(t->ctx, &q, value, name, value) ||
	    !log_query_set(t->ctx, &q, value, "newest", "1")) {
		buf_free(&q.args);
		return CMD_USAGE;
	}
	int code = log_query_ask(t->ctx, &q, find_subjects, t);
	t->refused = code != CMD_GOOD;
	if (code != CMD_GOOD)
		return code;
	if (t->ctx->json)
		putchar('[');
	else if (t->alarm_ms != 0)
		tell_alarm(t, value);
	for (size_t i = 0; i < t->subjects && code != CMD_UNKNOWN; i++)
		code = tell_id(t, t->subject[i]);
	if (t->ctx->json)
		puts("]");
	if (code == CMD_UNKNOWN)
		return code;
	return t->told > 0 ? CMD_GOOD : CMD_BAD;
}

/* ---- the verb ---- */

static int
tell_about(struct telling *t, const char *what)
{
	struct slice s = slice_str(what);
	struct ip ip;
	id_t64 id;
	int code;
	if (id_parse(s, &id) == ERR_OK) {
		code = tell_id(t, id);
		if (t->ctx->json && t->told > 0)
			putchar('\n');
	} else if (ip_parse(s, &ip) == ERR_OK) {
		code = tell_many(t, "ip", what);
	} else if (slice_find(s, '@') < s.n) {
		t->address = s;
		code = tell_many(t, "address", what);
	} else {
		return cmd_fail(t->ctx, CMD_USAGE,
		    "%s is neither an ID, nor an address, nor an IP", what);
	}
	return code;
}

static int
nothing_known(struct cmd_ctx *ctx, const char *what)
{
	uint64_t lost = log_lost(ctx);
	if (lost == 0)
		return cmd_fail(ctx, CMD_BAD, "nothing is known of %s", what);
	return cmd_fail(ctx, CMD_BAD,
	    "nothing is known of %s (%llu records were lost: the disk was "
	    "full, or the ledger fell behind)",
	    what, (unsigned long long)lost);
}

static bool
choose_lang(const struct cmd_ctx *ctx, const char *name, enum cause_lang *out)
{
	if (name == NULL)
		*out =
		    ctx->conf->language == CONF_LANG_ID ? CAUSE_ID : CAUSE_EN;
	else if (strcmp(name, "en") == 0)
		*out = CAUSE_EN;
	else if (strcmp(name, "id") == 0)
		*out = CAUSE_ID;
	else
		return false;
	return true;
}

int
cmd_why(struct cmd_ctx *ctx, int argc, char **argv)
{
	const char *lang = NULL, *lines = NULL;
	const struct cmd_option options[] = {
	    {"--lang", 0, &lang, NULL},
	    {"--lines", 'n', &lines, NULL},
	    {NULL, 0, NULL, NULL},
	};
	uint64_t wanted = SUBJECTS;
	int code;
	int n = cmd_options(ctx, argc, argv, options, &code);
	if (n < 0)
		return code;
	if (n != 1 ||
	    (lines != NULL && (!slice_u64(slice_str(lines), &wanted) ||
				  wanted == 0 || wanted > SUBJECTS_MAX)))
		return cmd_usage(ctx);
	code = cmd_conf(ctx);
	if (code != CMD_GOOD)
		return code;
	struct telling *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return cmd_fail(ctx, CMD_UNKNOWN, "out of memory");
	t->ctx = ctx;
	t->wanted = (size_t)wanted;
	buf_init(&t->out, 64u << 20);
	buf_init(&t->evidence, 4096);
	if (choose_lang(ctx, lang, &t->lang))
		code = tell_about(t, argv[1]);
	else
		code = cmd_fail(ctx, CMD_USAGE, "--lang: en or id");
	if (code == CMD_BAD && t->told == 0 && !t->refused)
		code = nothing_known(ctx, argv[1]);
	buf_free(&t->out);
	buf_free(&t->evidence);
	free(t);
	return code;
}
