#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/log.h"
#include "cmd/why_text.h"
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
	bool letter; /* to the other side, instead of the story */
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

/* tell_letter - of the surest cause of the story to the other side. */
static void
tell_letter(struct telling *t, const struct why *w)
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
tell(struct telling *t, const struct why *w)
{
	if (t->letter) {
		tell_letter(t, w);
		return;
	}
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

/* Does it look like something of ours, and not like a text? */
static bool
is_ours(struct slice s)
{
	struct ip ip;
	id_t64 id;
	bool word = true;
	for (size_t i = 0; i < s.n; i++)
		word = word && s.p[i] > ' ' && s.p[i] != '<';
	return word &&
	       (id_parse(s, &id) == ERR_OK || ip_parse(s, &ip) == ERR_OK ||
		   (slice_find(s, '@') < s.n && s.n < 320));
}

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
	} else {
		t->address = s;
		code = tell_many(t, "address", what);
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

/* ---- words, files, standard input ---- */

/* choose_lang - what --lang says, or the configuration, or the environment. A
 * text needs no configuration. */
static bool
choose_lang(const struct cmd_ctx *ctx, const char *name, enum cause_lang *out)
{
	const char *env = getenv("LC_ALL");
	if (env == NULL || *env == '\0')
		env = getenv("LC_MESSAGES");
	if (env == NULL || *env == '\0')
		env = getenv("LANG");
	if (name == NULL && ctx->conf != NULL)
		*out =
		    ctx->conf->language == CONF_LANG_ID ? CAUSE_ID : CAUSE_EN;
	else if (name == NULL)
		*out = env != NULL && strncmp(env, "id", 2) == 0 ? CAUSE_ID
								 : CAUSE_EN;
	else if (strcmp(name, "en") == 0)
		*out = CAUSE_EN;
	else if (strcmp(name, "id") == 0)
		*out = CAUSE_ID;
	else
		return false;
	return true;
}

/* read_given - the words of the command line, or what they name: a file, "-"
 * for standard input, which stands also for no words at all. */
static int
read_given(
    struct cmd_ctx *ctx, int n, char **words, struct buf *text, bool *out_cut)
{
	struct stat st;
	FILE *from = NULL;
	if (n == 0 || (n == 1 && strcmp(words[0], "-") == 0))
		from = stdin;
	else if (n == 1 && stat(words[0], &st) == 0 && !S_ISDIR(st.st_mode))
		from = fopen(words[0], "rbe");
	else if (n == 1 && strchr(words[0], '/') != NULL &&
		 strchr(words[0], ' ') == NULL)
		return cmd_fail(
		    ctx, CMD_USAGE, "%s: there is no such file", words[0]);
	else
		for (int i = 0; i < n; i++) {
			buf_add_str(text, i > 0 ? " " : "");
			buf_add_str(text, words[i]);
		}
	if (from == NULL && text->n > 0)
		return CMD_GOOD;
	enum err e = from == NULL ? ERR_IO : why_text_read(from, text, out_cut);
	if (from != NULL && from != stdin)
		fclose(from);
	if (e != ERR_OK)
		return cmd_fail(ctx, CMD_UNKNOWN, "%s: it cannot be read",
		    n > 0 ? words[0] : "standard input");
	/* Nothing on the command line, and nothing behind it. */
	if (n == 0 && slice_trim(buf_slice(text)).n == 0)
		return cmd_usage(ctx);
	return CMD_GOOD;
}

/* tell_session - the story of a session of ours that a text named, where the
 * ledger knows it. */
static void
tell_session(struct telling *t, struct slice session)
{
	id_t64 id;
	if (t->ctx->json || t->letter || t->ctx->conf == NULL ||
	    id_parse(session, &id) != ERR_OK)
		return;
	t->told = 1; /* an empty line before it */
	(void)tell_id(t, id);
}

static int
tell_text(struct telling *t, struct slice raw, bool cut)
{
	struct why_text w = {.lang = t->lang, .letter = t->letter, .cut = cut};
	struct buf text;
	int code = CMD_UNKNOWN;
	buf_init(&text, EXTRACT_CLEAN_MAX);
	if (t->ctx->conf != NULL)
		w.us = t->ctx->conf->hostname;
	if (extract_clean(raw, &text) != ERR_OK)
		(void)cmd_fail(t->ctx, code, "out of memory");
	else
		code = why_text_tell(t->ctx, buf_slice(&text), &w);
	if (code == CMD_GOOD) {
		tell_session(t, w.session);
		t->told++;
	}
	buf_free(&text);
	return code;
}

/* tell_given - n words. What is of ours is looked up; what is not, or is not
 * known there, is read as text. */
static int
tell_given(struct telling *t, const char *lang, int n, char **words)
{
	struct cmd_ctx *ctx = t->ctx;
	struct buf text;
	bool cut = false, ours = n == 1 && is_ours(slice_str(words[0]));
	int code = CMD_GOOD;
	if (ours || access(ctx->config_path, R_OK) == 0)
		code = cmd_conf(ctx);
	if (code != CMD_GOOD)
		return code;
	if (!choose_lang(ctx, lang, &t->lang))
		return cmd_fail(ctx, CMD_USAGE, "--lang: en or id");
	if (ours) {
		code = tell_about(t, words[0]);
		if (code != CMD_BAD || t->told > 0 || t->refused)
			return code;
	}
	buf_init(&text, EXTRACT_TEXT_MAX + 1);
	code = read_given(ctx, n, words, &text, &cut);
	if (code == CMD_GOOD)
		code = tell_text(t, buf_slice(&text), cut);
	if (code == CMD_BAD && ours)
		code = nothing_known(ctx, words[0]);
	else if (code == CMD_BAD)
		code = cmd_fail(ctx, CMD_BAD,
		    "nothing in that text is known; give the whole bounce, or "
		    "the lines of the log around it");
	buf_free(&text);
	return code;
}

/* ---- the verb ---- */

int
cmd_why(struct cmd_ctx *ctx, int argc, char **argv)
{
	const char *lang = NULL, *lines = NULL;
	bool letter = false;
	const struct cmd_option options[] = {
	    {"--lang", 0, &lang, NULL},
	    {"--lines", 'n', &lines, NULL},
	    {"--letter", 0, NULL, &letter},
	    {NULL, 0, NULL, NULL},
	};
	uint64_t wanted = SUBJECTS;
	int code;
	int n = cmd_options(ctx, argc, argv, options, &code);
	if (n < 0)
		return code;
	if ((n == 0 && isatty(STDIN_FILENO)) ||
	    (lines != NULL && (!slice_u64(slice_str(lines), &wanted) ||
				  wanted == 0 || wanted > SUBJECTS_MAX)))
		return cmd_usage(ctx);
	struct telling *t = calloc(1, sizeof(*t));
	if (t == NULL)
		return cmd_fail(ctx, CMD_UNKNOWN, "out of memory");
	t->ctx = ctx;
	t->letter = letter;
	t->wanted = letter ? 1 : (size_t)wanted;
	buf_init(&t->out, 64u << 20);
	buf_init(&t->evidence, 4096);
	code = tell_given(t, lang, n, argv + 1);
	buf_free(&t->out);
	buf_free(&t->evidence);
	free(t);
	return code;
}
