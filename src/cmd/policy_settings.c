#include "cmd/policy_settings.h"

#include <sys/random.h>

#include "os/clock.h"
#include "os/fs.h"
#include "policy/reverse.h"
#include "proto/mail/date.h"

/* Lists and lookups are numbered alike. */
_Static_assert((int)REPLAY_PTR == (int)CONF_EXEMPT_PTR &&
		   (int)REPLAY_MAIL == (int)CONF_EXEMPT_MAIL &&
		   (int)REPLAY_HELO == (int)REVERSE_HELO &&
		   (int)REPLAY_MAIL == (int)REVERSE_MAIL,
    "lookups, lists and kinds in one order");

static enum reverse_kind
kind_of(enum replay_lookup lookup)
{
	return (enum reverse_kind)lookup;
}

/* ---- what the rules say ---- */

static bool
is_fault(struct slice rule)
{
	enum replay_lookup l = replay_lookup_of(rule);
	return l != REPLAY_LOOKUPS &&
	       slice_rfind(rule, '.') == sizeof("reverse-lookup") - 1;
}

static bool
action_suggest(
    const struct policy_settings *s, struct slice rule, enum conf_action *out)
{
	enum replay_lookup l = replay_lookup_of(rule);
	if (l == REPLAY_LOOKUPS)
		return false;
	bool wanted = s->lookup == REPLAY_LOOKUPS || s->lookup == l;
	*out =
	    wanted && !is_fault(rule) ? CONF_ACTION_REJECT : CONF_ACTION_NOTE;
	return true;
}

static bool
action(void *arg, struct slice rule, enum conf_action *out)
{
	const struct policy_settings *s = arg;
	if (s->suggest)
		return action_suggest(s, rule, out);
	if (is_fault(rule)) {
		bool refuses = reverse_refuses(
		    &s->test->reverse_lookup, kind_of(replay_lookup_of(rule)));
		*out = refuses ? CONF_ACTION_DEFER : CONF_ACTION_NOTE;
		return true;
	}
	const enum conf_action *a = conf_action_find(s->test, rule);
	if (a != NULL)
		*out = *a;
	return a != NULL;
}

static unsigned
spares_bits(bool authenticated, bool trusted)
{
	return (authenticated ? REPLAY_SPARES_AUTHENTICATED : 0u) |
	       (trusted ? REPLAY_SPARES_TRUSTED : 0u);
}

static unsigned
spares(void *arg, struct slice rule)
{
	const struct policy_settings *s = arg;
	const struct conf_relay_control *c = &s->test->relay_control;
	enum replay_lookup l = replay_lookup_of(rule);
	if (l != REPLAY_LOOKUPS)
		return spares_bits(
		    !s->suggest && reverse_exempts_authenticated(
				       &s->test->reverse_lookup, kind_of(l)),
		    true);
	if (slice_starts(rule, SLICE("relay-control.sender.")))
		return spares_bits(
		    c->sender.exempt_authenticated, c->sender.exempt_trusted);
	if (slice_starts(rule, SLICE("relay-control.recipient.")))
		return spares_bits(c->recipient.exempt_authenticated,
		    c->recipient.exempt_trusted);
	if (slice_eq(rule, SLICE("relay-control.postmaster")))
		return spares_bits(true, true);
	return 0;
}

/* ---- who the client is ---- */

static bool
trusted(void *arg, const struct replay_client *c)
{
	const struct policy_settings *s = arg;
	const struct conf_listen *l = conf_listen_find(s->test, c->listener);
	return ip_is_localhost(&c->ip) ||
	       conf_trusts(
		   l != NULL ? &l->trusted : &s->test->trusted, &c->ip, c->ptr);
}

/* same_entry - "FILE:LINE: ENTRY (reason)", as it was recorded: is that entry
 * still there? */
static bool
same_entry(const struct policy_settings *s, const struct exempt_table *t,
    struct slice where)
{
	struct exempt_entry e;
	size_t index;
	size_t colon =
	    slice_rfind(slice_to(where, slice_find(where, ' ')), ':');
	struct slice text = slice_trim(slice_from(where, colon + 1));
	text = slice_to(text, slice_find(text, ' '));
	if (exempt_parse_line(text, &e, NULL) != ERR_OK ||
	    !exempt_same(t, &e, &index))
		return false;
	exempt_entry_at(t, index, &e);
	return e.until == 0 || e.until >= s->today;
}

static bool
exempt(void *arg, enum replay_lookup lookup, const struct replay_client *c,
    struct slice list)
{
	const struct policy_settings *s = arg;
	const struct conf_listen *l = conf_listen_find(s->test, c->listener);
	struct exempt_question q = {
	    .client = c->ip, .name = {c->ptr, c->helo}, .today = s->today};
	size_t index;
	if (l != NULL && !l->reverse_lookup)
		return true; /* nobody is looked up there */
	if (lookup == REPLAY_MAIL)
		q.name[2] = c->domain;
	for (size_t i = 0; i < POLICY_SOURCES; i++) {
		const struct exempt_table *t = s->list[lookup][i].table;
		if (t != NULL &&
		    (exempt_find(t, &q, &index) || same_entry(s, t, list)))
			return true;
	}
	return false;
}

/* ---- which lookups there are ---- */

static unsigned
lookups(const struct conf *c, struct slice listener,
    bool (*which)(const struct conf_reverse_lookup *, enum reverse_kind))
{
	const struct conf_listen *l = conf_listen_find(c, listener);
	unsigned bits = 0;
	for (unsigned i = 0; i < REPLAY_LOOKUPS; i++)
		if (l != NULL && l->reverse_lookup &&
		    which(&c->reverse_lookup, (enum reverse_kind)i))
			bits |= 1u << i;
	return bits;
}

static unsigned
refuses(void *arg, struct slice listener)
{
	const struct policy_settings *s = arg;
	return lookups(s->test, listener, reverse_refuses);
}

static unsigned
made(void *arg, struct slice listener)
{
	const struct policy_settings *s = arg;
	return lookups(s->now, listener, reverse_wanted);
}

struct replay_settings
policy_settings_ask(struct policy_settings *s, uint64_t changed_ms)
{
	return (struct replay_settings){.arg = s,
	    .action = action,
	    .spares = spares,
	    .trusted = trusted,
	    .exempt = exempt,
	    .refuses = refuses,
	    .made = made,
	    .made_since_ms = changed_ms,
	    .all = s->suggest};
}

/* ---- the lists ---- */

static int
load(const struct cmd_ctx *ctx, const char *path, struct policy_list *l)
{
	struct diag d = {0};
	uint64_t seed[2];
	enum err e = fs_read_file(FS_CWD, path, EXEMPT_TEXT_MAX, &l->text, &d);
	if (e == ERR_NOT_FOUND)
		return CMD_GOOD;
	if (e != ERR_OK)
		return cmd_fail(ctx, CMD_UNKNOWN, "%s", d.text);
	if (getrandom(seed, sizeof(seed), 0) != sizeof(seed))
		return cmd_fail(ctx, CMD_UNKNOWN, "no random numbers");
	l->table = exempt_compile(buf_slice(&l->text), seed, &d);
	return l->table != NULL
		   ? CMD_GOOD
		   : cmd_fail(ctx, CMD_UNKNOWN, "%s: %s", path, d.text);
}

static int
load_all(const struct cmd_ctx *ctx, struct policy_settings *s,
    enum conf_exempt_list list)
{
	const struct conf_exempt *e = s->test->exempts[list];
	char path[4096];
	int code = CMD_GOOD;
	if (e == NULL)
		return CMD_GOOD;
	if (e->file.n > 0)
		code = load(
		    ctx, (const char *)e->file.p, &s->list[list][POLICY_LOCAL]);
	snprintf(path, sizeof(path), "%.*s/exempt/%s.list",
	    SLICE_ARG(s->test->data_dir), conf_exempt_name(list));
	if (code == CMD_GOOD && e->sync.n > 0)
		code = load(ctx, path, &s->list[list][POLICY_SYNCED]);
	return code;
}

int
policy_settings_load(const struct cmd_ctx *ctx, const struct conf *now,
    const struct conf *test, struct policy_settings *out)
{
	struct mail_date d;
	int code = CMD_GOOD;
	*out = (struct policy_settings){.now = now, .test = test};
	mail_date_split(clock_unix_ms() / 1000, 0, &d);
	out->today = d.year * 10000 + d.month * 100u + d.day;
	for (size_t i = 0; i < CONF_EXEMPT_LISTS; i++)
		for (size_t k = 0; k < POLICY_SOURCES; k++)
			buf_init(&out->list[i][k].text, EXEMPT_TEXT_MAX);
	for (unsigned i = 0; i < CONF_EXEMPT_LISTS && code == CMD_GOOD; i++)
		code = load_all(ctx, out, (enum conf_exempt_list)i);
	return code;
}

void
policy_settings_free(struct policy_settings *s)
{
	for (size_t i = 0; i < CONF_EXEMPT_LISTS; i++) {
		for (size_t k = 0; k < POLICY_SOURCES; k++) {
			exempt_free(s->list[i][k].table);
			buf_free(&s->list[i][k].text);
		}
	}
}
