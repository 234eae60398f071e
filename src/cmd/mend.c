#include "cmd/mend.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What one call has to do with. */
struct mend {
	struct cmd_ctx *ctx;
	struct mend_args args;
	struct conf *first; /* as it was; what is found borrows from it */
	struct mend_history history;
	struct mend_list found;
	struct mend_proof before, after;
	enum mend_reload reload;
};

/* ---- asking ---- */

/* One line; false: the end of input. */
static bool
read_line(char *out, size_t max)
{
	if (fgets(out, (int)max, stdin) == NULL)
		return false;
	out[strcspn(out, "\r\n")] = '\0';
	return true;
}

static bool
agrees(const struct mend *m, const char *question)
{
	char line[64];
	if (m->args.yes)
		return true;
	printf("%s [y/N] ", question);
	fflush(stdout);
	if (!read_line(line, sizeof(line))) {
		putchar('\n');
		return false;
	}
	return strcmp(line, "y") == 0 || strcmp(line, "yes") == 0 ||
	       strcmp(line, "ya") == 0;
}

/* Addresses of the internet that sent for our domains may be a branch of ours,
 * or a liar: only who knows says so, and never --yes. */
static bool
ask_maybe(struct mend *m, struct mend_finding *f)
{
	char question[128], ip[IP_TEXT_MAX];
	bool changed = false;
	for (size_t i = 0; i < f->maybe_n && !m->args.yes; i++) {
		struct mend_args *a = &m->args;
		ip_text(&f->maybe[i], ip);
		(void)snprintf(question, sizeof(question),
		    "Is %s one of yours, that shall go on relaying?", ip);
		if (a->keep_n == MEND_KEEP_MAX || !agrees(m, question))
			continue;
		a->keep[a->keep_n++] = (struct ip_net){
		    f->maybe[i], f->maybe[i].family == 4 ? 32 : 128};
		changed = true;
	}
	return changed;
}

/* ---- one finding after the other ---- */

static bool
is_first(const struct mend *m, const struct mend_finding *f)
{
	for (const struct mend_finding *o = m->found.v; o < f; o++)
		if (o->state == MEND_DONE && strcmp(o->file, f->file) == 0)
			return false;
	return true;
}

static void
write_one(struct mend *m, struct mend_finding *f)
{
	struct conf *old = m->ctx->conf;
	if (mend_write(m->ctx, f, is_first(m, f)) != CMD_GOOD) {
		f->state = MEND_FAILED;
		return;
	}
	f->state = MEND_DONE;
	if (old != m->first)
		conf_free(old);
}

/* The smart host, and where it wants a user what shows that it is us. */
static void
treat_smart(struct mend *m, struct mend_finding *f)
{
	struct mend_smart s = {.user = ""};
	struct cmd_ctx *ctx = m->ctx;
	int code = mend_smart_ask(ctx, &m->args, f, &s);
	if (code == CMD_GOOD)
		code = mend_prepare(ctx, f);
	if (code == CMD_GOOD && !ctx->json)
		mend_show_lines(ctx, f);
	if (code != CMD_GOOD && code != CMD_BAD)
		f->state = MEND_FAILED;
	if (code != CMD_GOOD || m->args.dry_run || !agrees(m, "Mend it?")) {
		buf_free(&s.hop);
		return;
	}
	bool logs_in = s.user[0] != '\0';
	if (logs_in && mend_smart_store(ctx, &m->args, &s) != CMD_GOOD)
		f->state = MEND_FAILED;
	else
		write_one(m, f);
	const struct slice *now = &ctx->conf->outbound.credentials;
	if (f->state == MEND_DONE && logs_in &&
	    !slice_eq(*now, slice_str(s.file))) {
		struct mend_finding *more =
		    mend_add_credentials(&m->found, s.file);
		if (more != NULL && mend_prepare(ctx, more) == CMD_GOOD)
			write_one(m, more);
	}
	buf_free(&s.hop);
}

static void
treat(struct mend *m, struct mend_finding *f)
{
	struct cmd_ctx *ctx = m->ctx;
	bool asks = !m->args.dry_run;
	bool smart = f->kind == MEND_SMARTHOST;
	if (f->state == MEND_OPEN && !smart && mend_prepare(ctx, f) != CMD_GOOD)
		f->state = MEND_FAILED;
	if (!ctx->json)
		mend_show_finding(ctx, f);
	if (f->state == MEND_OPEN && asks && f->kind == MEND_TRUSTED &&
	    ask_maybe(m, f)) {
		mend_propose(m->first, &m->args, &m->history, f);
		if (mend_prepare(ctx, f) == CMD_GOOD)
			mend_show_finding(ctx, f);
	}
	if (f->state == MEND_OPEN && smart &&
	    (asks || m->args.smarthost != NULL))
		treat_smart(m, f);
	else if (f->state == MEND_OPEN && asks && agrees(m, "Mend it?"))
		write_one(m, f);
	if (!ctx->json)
		puts(f->state == MEND_DONE ? "Written.\n" : "");
}

/* ---- the whole ---- */

static bool
any_relay(const struct mend *m)
{
	for (size_t i = 0; i < m->found.n; i++)
		if (m->found.v[i].kind == MEND_TRUSTED)
			return true;
	return false;
}

static size_t
count(const struct mend *m, enum mend_state s)
{
	size_t n = 0;
	for (size_t i = 0; i < m->found.n; i++)
		n += m->found.v[i].state == s;
	return n;
}

static void
prove(struct mend *m, const char *title, bool patiently, struct mend_proof *p)
{
	if (!m->ctx->json && isatty(STDERR_FILENO))
		fputs("kurir: asking our own listeners ...\n", stderr);
	mend_prove(m->ctx, patiently, p);
	if (!m->ctx->json) {
		mend_show_proof(m->ctx, title, p);
		putchar('\n');
	}
}

static void
take_effect(struct mend *m)
{
	if (count(m, MEND_DONE) == 0)
		return;
	m->reload = mend_reload(m->ctx);
	if (m->reload == MEND_RELOAD_DOWN && !m->ctx->json)
		puts("No server runs: nothing was tested. Once it does: kurir "
		     "check self");
	if (m->reload == MEND_RELOAD_TOLD && any_relay(m))
		prove(m, "Relaying, after", true, &m->after);
}

/* Nothing is called good that was not seen to be. */
static int
outcome(const struct mend *m)
{
	if (count(m, MEND_DONE) < m->found.n || m->after.open)
		return CMD_BAD;
	if (m->reload == MEND_RELOAD_FAILED || !m->history.known ||
	    (m->after.tried && !m->after.known))
		return CMD_UNKNOWN;
	return CMD_GOOD;
}

static void
say_outcome(const struct mend *m)
{
	size_t left = m->found.n - count(m, MEND_DONE);
	if (m->found.n == 0)
		puts("There is nothing to mend.");
	else if (left > 0)
		printf("%zu of %zu %s not mended.\n", left, m->found.n,
		    left == 1 ? "is" : "are");
	if (m->after.open)
		puts("It still relays for strangers: see whether the server "
		     "took the new configuration (its log), or what stands "
		     "before it.");
	else if (m->after.tried && !m->after.known)
		puts(
		    "Whether it is closed now was not seen from here. Ask from "
		    "another host: kurir check relay HOST --mine");
	else if (m->after.tried)
		puts("It no longer relays for strangers.");
}

static void
work(struct mend *m)
{
	int pid;
	mend_history_read(m->ctx, &m->history);
	mend_find(m->first, &m->args, &m->history, &m->found);
	if (any_relay(m) && mend_running(m->ctx, &pid))
		prove(m, "Relaying, now", false, &m->before);
	for (size_t i = 0; i < m->found.n; i++)
		treat(m, &m->found.v[i]);
	take_effect(m);
}

/* --keep "192.0.2.1, 198.51.100.0/24" */
static int
read_keep(const struct cmd_ctx *ctx, struct mend_args *a)
{
	struct slice rest = slice_str(a->keep_text);
	while (rest.n > 0) {
		size_t comma = slice_find(rest, ',');
		struct slice one = slice_trim(slice_to(rest, comma));
		rest = slice_from(rest, comma + 1);
		if (a->keep_n == MEND_KEEP_MAX ||
		    ip_net_parse(one, &a->keep[a->keep_n]) != ERR_OK)
			return cmd_fail(ctx, CMD_USAGE,
			    "--keep: %.*s is no address and no network such "
			    "as 192.0.2.0/24",
			    SLICE_ARG(one));
		a->keep_n++;
	}
	return CMD_GOOD;
}

int
mend_run(struct cmd_ctx *ctx, const struct mend_args *a)
{
	struct mend *m = calloc(1, sizeof(*m));
	if (m == NULL)
		return cmd_fail(ctx, CMD_UNKNOWN, "out of memory");
	m->ctx = ctx;
	m->args = *a;
	/* A program that reads the answer cannot be asked. */
	m->args.dry_run = a->dry_run || (ctx->json && !a->yes);
	int code = read_keep(ctx, &m->args);
	if (code == CMD_GOOD)
		code = cmd_conf(ctx);
	if (code != CMD_GOOD) {
		free(m);
		return code;
	}
	m->first = ctx->conf;
	work(m);
	code = outcome(m);
	if (ctx->json)
		mend_show_json(
		    ctx, &m->found, m->reload, &m->before, &m->after);
	else
		say_outcome(m);
	mend_proof_free(&m->before);
	mend_proof_free(&m->after);
	mend_list_free(&m->found);
	mend_history_free(&m->history);
	if (ctx->conf != m->first)
		conf_free(m->first);
	free(m);
	return code;
}
