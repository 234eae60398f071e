#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/check.h"
#include "os/fs.h"
#include "proto/smtp/address.h"

/* Every option of every check: where its value goes. */
static const struct check_option {
	const char *name;
	char letter;
	const char *value; /* what stands for it in the usage; NULL: a flag */
	unsigned takes;
	size_t at;
	bool many;
} options[] = {
#define AT(field) offsetof(struct check_args, field)
    {"--implicit", 0, NULL, TAKES_TLS, AT(implicit), false},
    {"--assure", 0, NULL, TAKES_TLS, AT(assure), false},
    {"--strict-starttls", 0, NULL, TAKES_TLS, AT(strict_starttls), false},
    {"--ignore-no-connect", 0, NULL, TAKES_TLS, AT(ignore_no_connect), false},
    {"--mine", 0, NULL, TAKES_RELAY, AT(mine), false},
    {"--probe-mailbox", 0, "ADDRESS[:MAILDIR]", TAKES_RELAY, AT(probe_mailbox),
	false},
    {"--source", 0, "IP", TAKES_RELAY, AT(source), true},
    {"--user", 0, "NAME", TAKES_RELAY, AT(user), false},
    {"--deadline", 0, "TIME", TAKES_RELAY, AT(deadline), false},
    {"--greylist-wait", 0, "TIME", TAKES_RELAY, AT(greylist_wait), false},
    {"--ip", 0, "IP", TAKES_IP, AT(ip), false},
    {"--helo", 0, "NAME", TAKES_IP, AT(helo), false},
    {"--selector", 0, "NAME", TAKES_SENDER, AT(selector), false},
    {"--mail-from", 0, "ADDRESS", TAKES_SPF, AT(mail_from), false},
    {"--trust", 0, "HOST", TAKES_TRUST, AT(trust), true},
    {"--zone", 0, "ZONE", TAKES_ZONE, AT(zone), true},
    {"--listen", 0, "IP:PORT", TAKES_CLIENT, AT(listen), false},
    {"--as", 0, "WORD,...", TAKES_CLIENT, AT(as), false},
    {"--count", 0, "N", TAKES_CLIENT, AT(count), false},
    {"--time", 0, "TIME", TAKES_CLIENT, AT(time), false},
    {"--cert", 0, "FILE", TAKES_CLIENT, AT(cert), false},
    {"--key", 0, "FILE", TAKES_CLIENT, AT(key), false},
    {"--file", 0, "FILE", TAKES_BATCH, AT(file), false},
    {"--public-only", 0, NULL, TAKES_BATCH, AT(public_only), false},
    {"--jobs", 0, "N", TAKES_BATCH, AT(jobs), false},
    {"--html-dir", 0, "DIR", TAKES_BATCH, AT(html_dir), false},
    {"--level", 0, "LEVEL", TAKES_ALL, AT(level), false},
    {"--lang", 0, "en|id", TAKES_ALL, AT(lang), false},
    {"--csv", 0, NULL, TAKES_ALL, AT(csv), false},
    {"--html", 0, "FILE", TAKES_ALL, AT(html), false},
    {"--on-change", 0, "FILE", TAKES_ALL, AT(on_change), false},
    {"--resolver", 0, "IP[:PORT]", TAKES_ALL, AT(resolver), false},
    {"--connect", 0, "HOST:PORT=IP:PORT", TAKES_ALL, AT(connect), true},
    {"--ca", 0, "FILE", TAKES_ALL, AT(ca), false},
    {"--from", 0, "ADDRESS", TAKES_ALL, AT(from), false},
    {"--timeout", 0, "TIME", TAKES_ALL, AT(timeout), false},
    {"--wait", 0, "TIME", TAKES_ALL, AT(wait), false},
    {"--now", 0, "UNIXTIME", TAKES_ALL, AT(now), false},
    {"--ipv4", '4', NULL, TAKES_ALL, AT(ipv4), false},
    {"--ipv6", '6', NULL, TAKES_ALL, AT(ipv6), false},
#undef AT
};
#define OPTIONS (sizeof(options) / sizeof(options[0]))

#define POLITE_MS      100 /* between connections to one address */
#define SYNOPSIS_WIDTH 63  /* behind the indent that a usage has */
#define JOBS           200 /* of a file of targets, at the same time */
#define JOBS_MAX       400

static bool
taken(const struct check_option *o, const struct check_kind *k)
{
	return o->takes == TAKES_ALL || (o->takes & k->takes) != 0;
}

/* A word of the synopsis, on the next line where this one is full. */
static void
add_word(struct buf *out, size_t *column, const char *name, const char *value)
{
	size_t n = strlen(name) + 3 + (value != NULL ? strlen(value) + 1 : 0);

	if (out->n - *column + n > SYNOPSIS_WIDTH) {
		buf_add_str(out, "\n   ");
		*column = out->n;
	}
	buf_printf(out, " [%s%s%s]", name, value != NULL ? " " : "",
	    value != NULL ? value : "");
}

void
check_args_synopsis(const struct check_kind *k, struct buf *out)
{
	size_t column = out->n;

	buf_printf(out, "check %s%s%s", k->name, k->operand != NULL ? " " : "",
	    k->operand != NULL ? k->operand : "");
	for (size_t i = 0; i < OPTIONS; i++)
		if (taken(&options[i], k))
			add_word(
			    out, &column, options[i].name, options[i].value);
	add_word(out, &column, "--json", NULL);
	buf_add_byte(out, '\n');
}

/* ---- argv ---- */

static void *
place(struct check_args *a, const struct check_option *o)
{
	return (char *)a + o->at;
}

/* cmd_options keeps one value of an option: those that may stand more than
 * once are taken out of argv before. */
static int
take_many(struct check_run *run, int *argc, char **argv, int *out_code)
{
	int n = 1;

	for (int i = 1; i < *argc; i++) {
		const struct check_option *o = NULL;
		const char *value = NULL;
		if (strcmp(argv[i], "--") == 0) {
			while (i < *argc)
				argv[n++] = argv[i++];
			break;
		}
		for (size_t k = 0; k < OPTIONS && o == NULL; k++) {
			size_t len = strlen(options[k].name);
			if (!options[k].many ||
			    !taken(&options[k], run->kind) ||
			    strncmp(argv[i], options[k].name, len) != 0)
				continue;
			if (argv[i][len] == '=')
				value = argv[i] + len + 1;
			if (argv[i][len] == '=' || argv[i][len] == '\0')
				o = &options[k];
		}
		if (o == NULL) {
			argv[n++] = argv[i];
			continue;
		}
		if (value == NULL && i + 1 < *argc)
			value = argv[++i];
		struct check_words *w = place(&run->args, o);
		if (value == NULL || w->n == CHECK_CONNECTS_MAX) {
			*out_code = cmd_fail(run->ctx, CMD_USAGE,
			    value == NULL ? "check: %s needs a value"
					  : "check: too many of %s",
			    o->name);
			return -1;
		}
		w->v[w->n++] = value;
	}
	argv[n] = NULL;
	*argc = n;
	return 0;
}

/* ---- values ---- */

static int
wrong(const struct check_run *run, const char *option, const char *value,
    const char *want)
{
	return cmd_fail(
	    run->ctx, CMD_USAGE, "check: %s %s: give %s", option, value, want);
}

bool
check_args_time(const char *text, uint64_t max_ms, uint64_t *out_ms)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = {
	    {"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}, {"", 1000}};
	size_t digits = strspn(text, "0123456789");
	uint64_t n;

	if (!slice_u64(slice_of(text, digits), &n) || n > max_ms)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(text + digits, units[i].name) != 0)
			continue;
		*out_ms = n * units[i].ms;
		return *out_ms <= max_ms;
	}
	return false;
}

/* HOST:PORT=IP:PORT; without the last port the same one. */
static bool
read_connect(const char *text, struct check_connect *out)
{
	struct slice s = slice_str(text);
	size_t equals = slice_rfind(s, '=');
	struct slice from = slice_to(s, equals);
	size_t colon = slice_rfind(from, ':');
	uint64_t port = 0;

	if (equals == s.n || colon == from.n || colon == 0)
		return false;
	struct slice digits = slice_from(from, colon + 1);
	if (digits.n > 0 && (!slice_u64(digits, &port) || port > 65535))
		return false;
	out->host = slice_to(from, colon);
	if (out->host.n > 2 && out->host.p[0] == '[' &&
	    out->host.p[out->host.n - 1] == ']')
		out->host = slice_of(out->host.p + 1, out->host.n - 2);
	out->port = (uint16_t)port;
	return ip_host_port(slice_from(s, equals + 1), out->port, &out->ip,
		   &out->to_port) == ERR_OK;
}

static bool
read_from(struct check_run *run, const char *text)
{
	struct smtp_address parts;
	struct arena mem;

	if (strcmp(text, "<>") == 0 || text[0] == '\0')
		return true;
	arena_init(&mem, 8192);
	bool good = smtp_mailbox_parse(slice_str(text), &mem, &parts) == ERR_OK;
	arena_reset(&mem);
	run->opts.from = slice_str(text);
	return good;
}

static bool
read_level(const char *text, enum report_level *out)
{
	static const char *const names[] = {
	    "score", "matrix", "cert", "detail", "full"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) != 0)
			continue;
		*out = (enum report_level)i;
		return true;
	}
	return false;
}

static int
read_looks(struct check_run *run)
{
	const struct check_args *a = &run->args;

	/* Of a file of targets what one connection tells; more on demand. */
	run->render = (struct render){
	    .level = a->file != NULL ? REPORT_CERT : REPORT_DETAIL,
	    .colour = run->ctx->colour};
	const char *columns = run->ctx->colour ? getenv("COLUMNS") : NULL;
	uint64_t width;
	if (columns != NULL && slice_u64(slice_str(columns), &width) &&
	    width >= 40 && width <= 400)
		run->render.width = (unsigned)width;
	if (a->level != NULL && !read_level(a->level, &run->render.level))
		return wrong(run, "--level", a->level,
		    "score, matrix, cert, detail or full");
	if (a->lang != NULL && strcmp(a->lang, "id") != 0 &&
	    strcmp(a->lang, "en") != 0)
		return wrong(run, "--lang", a->lang, "en or id");
	if (a->lang != NULL ? a->lang[0] == 'i' : cmd_env_indonesian())
		tr_set(TR_ID);
	if (run->ctx->json && a->csv)
		return cmd_fail(
		    run->ctx, CMD_USAGE, "check: --json or --csv, not both");
	return CMD_GOOD;
}

static int
read_network(struct check_run *run)
{
	const struct check_args *a = &run->args;
	struct check_opts *o = &run->opts;
	struct diag d;
	uint64_t n = 15000;

	if (a->resolver != NULL &&
	    ip_host_port(slice_str(a->resolver), 53, &o->resolver,
		&o->resolver_port) != ERR_OK)
		return wrong(run, "--resolver", a->resolver,
		    "an address, as 192.0.2.1 or [2001:db8::1]:53");
	if (a->timeout != NULL &&
	    (!check_args_time(a->timeout, 3600000, &n) || !n))
		return wrong(run, "--timeout", a->timeout, "a time, as 15s");
	o->timeout_ms = (uint32_t)n;
	for (size_t i = 0; i < a->connect.n; i++)
		if (!read_connect(a->connect.v[i], &run->connect[i]))
			return wrong(run, "--connect", a->connect.v[i],
			    "HOST:PORT=IP:PORT");
	o->connect = run->connect;
	o->connect_n = a->connect.n;
	n = POLITE_MS;
	if (a->wait != NULL && !check_args_time(a->wait, 3600000, &n))
		return wrong(run, "--wait", a->wait, "a time, as 500ms");
	o->polite_ms = (uint32_t)n;
	o->polite_here = a->wait != NULL;
	o->stay_public = a->public_only;
	if (a->now != NULL && !slice_u64(slice_str(a->now), &o->now_s))
		return wrong(run, "--now", a->now, "seconds since 1970");
	if (a->from != NULL && !read_from(run, a->from))
		return wrong(run, "--from", a->from, "an address, or <>");
	o->ipv4 = !a->ipv6 || a->ipv4;
	o->ipv6 = !a->ipv4 || a->ipv6;
	if (a->ca == NULL)
		return CMD_GOOD;
	if (fs_read_file(FS_CWD, a->ca, run->ca.max, &run->ca, &d) != ERR_OK)
		return cmd_fail(run->ctx, CMD_USAGE, "--ca: %s", d.text);
	o->ca_pem = buf_slice(&run->ca);
	return CMD_GOOD;
}

static void
read_words(const struct check_words *w, struct slice *out)
{
	for (size_t i = 0; i < w->n; i++)
		out[i] = slice_str(w->v[i]);
}

/* What single checks take. */
static int
read_own(struct check_run *run)
{
	const struct check_args *a = &run->args;
	uint64_t n = JOBS;

	if (a->ip != NULL && ip_parse(slice_str(a->ip), &run->ip) != ERR_OK)
		return wrong(run, "--ip", a->ip, "an address, as 192.0.2.1");
	for (size_t i = 0; i < a->source.n; i++)
		if (ip_parse(slice_str(a->source.v[i]), &run->source[i]) !=
		    ERR_OK)
			return wrong(run, "--source", a->source.v[i],
			    "an address of this host");
	run->greylist_wait_ms = 330000;
	if (a->greylist_wait != NULL &&
	    !check_args_time(a->greylist_wait, 3600000, &run->greylist_wait_ms))
		return wrong(run, "--greylist-wait", a->greylist_wait,
		    "a time, as 6min");
	run->deadline_ms = 120000;
	if (a->deadline != NULL &&
	    (!check_args_time(a->deadline, 3600000, &run->deadline_ms) ||
		run->deadline_ms == 0))
		return wrong(run, "--deadline", a->deadline, "a time, as 2min");
	if (a->jobs != NULL &&
	    (!slice_u64(slice_str(a->jobs), &n) || n == 0 || n > JOBS_MAX))
		return wrong(run, "--jobs", a->jobs, "a number up to 400");
	run->jobs = (unsigned)n;
	read_words(&a->zone, run->zone);
	read_words(&a->trust, run->trust);
	if (a->file == NULL && (a->jobs != NULL || a->html_dir != NULL))
		return cmd_fail(run->ctx, CMD_USAGE,
		    "check: --jobs and --html-dir go with --file");
	if (a->file != NULL && a->html != NULL)
		return cmd_fail(run->ctx, CMD_USAGE,
		    "check: with --file give --html-dir, not --html");
	return CMD_GOOD;
}

int
check_args_read(
    struct check_run *run, int argc, char **argv, int *out_n, int *out_code)
{
	struct cmd_option v[OPTIONS + 1];
	size_t n = 0;

	if (take_many(run, &argc, argv, out_code) < 0)
		return -1;
	for (size_t i = 0; i < OPTIONS; i++) {
		const struct check_option *o = &options[i];
		if (o->many || !taken(o, run->kind))
			continue;
		v[n] = (struct cmd_option){o->name, o->letter, NULL, NULL};
		if (o->value != NULL)
			v[n].value = place(&run->args, o);
		else
			v[n].flag = place(&run->args, o);
		n++;
	}
	v[n] = (struct cmd_option){NULL, 0, NULL, NULL};
	*out_n = cmd_options(run->ctx, argc, argv, v, out_code);
	if (*out_n < 0)
		return -1;
	*out_code = read_looks(run);
	if (*out_code == CMD_GOOD)
		*out_code = read_network(run);
	if (*out_code == CMD_GOOD)
		*out_code = read_own(run);
	return *out_code == CMD_GOOD ? CMD_GOOD : -1;
}
