#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/handin.h"
#include "cmd/outgoing.h"
#include "os/clock.h"
#include "os/random.h"

struct options {
	bool from_header;      /* -t */
	bool ignore_dots;      /* -i, -oi */
	const char *from;      /* -f, -r; NULL: the user at hostname */
	const char *name;      /* -F */
	struct buf recipients; /* each with a NUL behind it */
};

/* The value of the option at argv[*i], joined or the next word. */
static const char *
value_of(char **argv, int argc, int *i)
{
	if (argv[*i][2] != '\0')
		return argv[*i] + 2;
	if (*i + 1 < argc)
		return argv[++*i];
	return NULL;
}

static bool
parse_one(struct cmd_ctx *ctx, struct options *o, char **argv, int argc, int *i)
{
	const char *arg = argv[*i];
	const char *value = NULL;

	switch (arg[1]) {
	case 't':
		o->from_header = true;
		return true;
	case 'i':
		o->ignore_dots = true;
		return true;
	case 'o':
		o->ignore_dots = o->ignore_dots || arg[2] == 'i';
		return true;
	case 'f':
	case 'r':
		value = o->from = value_of(argv, argc, i);
		break;
	case 'F':
		value = o->name = value_of(argv, argc, i);
		break;
	case 'c':
		value = ctx->config_path = value_of(argv, argc, i);
		break;
	case 'n':
	case 'v':
	case 'm':
		return true;
	default:
		if (strcmp(arg, "-bm") == 0)
			return true;
		cmd_fail(ctx, 0, "unknown option %s", arg);
		return false;
	}
	if (value == NULL)
		cmd_fail(ctx, 0, "%s needs a value", arg);
	return value != NULL;
}

static bool
parse(struct cmd_ctx *ctx, struct options *o, int argc, char **argv)
{
	bool ended = false;

	for (int i = 1; i < argc; i++) {
		if (!ended && strcmp(argv[i], "--") == 0) {
			ended = true;
		} else if (!ended && argv[i][0] == '-') {
			if (!parse_one(ctx, o, argv, argc, &i))
				return false;
		} else {
			outgoing_addresses(slice_str(argv[i]), &o->recipients);
		}
	}
	return buf_err(&o->recipients) == ERR_OK;
}

static enum err
read_all(int fd, struct buf *out)
{
	for (;;) {
		if (buf_reserve(out, 65536) != ERR_OK)
			return buf_err(out);
		ssize_t n = read(fd, out->p + out->n, 65536);
		if (n == 0)
			return ERR_OK;
		if (n < 0)
			return ERR_IO;
		buf_commit(out, (size_t)n);
	}
}

/* The address of the user who calls: name at hostname. */
static void
own_address(const struct cmd_ctx *ctx, struct buf *out)
{
	const struct passwd *pw = getpwuid(getuid());

	buf_add_str(out, pw != NULL ? pw->pw_name : "nobody");
	buf_add_byte(out, '@');
	buf_add(out, ctx->conf->hostname);
}

static int
finish_and_send(struct cmd_ctx *ctx, struct options *o, struct slice message,
    struct slice from)
{
	struct id_gen ids;
	uint64_t now = clock_unix_ms();
	struct buf wire;

	id_gen_init(&ids, (uint32_t)(random_u64() % ID_INSTANCES));
	struct outgoing_sender s = {.from = from,
	    .name = slice_str(o->name),
	    .host = ctx->conf->hostname,
	    .id = id_next(&ids, now),
	    .unix_s = now / 1000,
	    .offset_min = clock_utc_offset_min(now)};
	buf_init(&wire, message.n + 4096);
	int code = CMD_USAGE;
	if (outgoing_finish(message, &s, &wire) == ERR_OK) {
		struct handin h = {
		    from, buf_slice(&o->recipients), buf_slice(&wire)};
		code = handin_send(ctx, &h);
	} else {
		cmd_fail(ctx, 0, "the header of the message is damaged");
	}
	buf_free(&wire);
	return code;
}

/* A bare name, as cron and timers write: root is the postmaster, others live
 * in the first domain of the configuration. "postmaster" needs none. */
static void
qualify(const struct conf *conf, struct slice name, struct buf *out)
{
	bool root = slice_eq_nocase(name, SLICE("root"));
	if (slice_find(name, '@') < name.n ||
	    slice_eq_nocase(name, SLICE("postmaster"))) {
		buf_add(out, name);
	} else if (root) {
		buf_add(out, conf->postmaster.n > 0 ? conf->postmaster
						    : SLICE("postmaster"));
	} else {
		buf_add(out, name);
		buf_add_byte(out, '@');
		buf_add(out,
		    conf->domain_n > 0 ? conf->domain[0].name : conf->hostname);
	}
	buf_add_byte(out, '\0');
}

static enum err
qualify_all(const struct conf *conf, struct buf *recipients)
{
	struct buf all;
	buf_init(&all, 2u << 20);
	struct slice rest = buf_slice(recipients);
	while (rest.n > 0) {
		size_t n = slice_find(rest, '\0');
		qualify(conf, slice_to(rest, n), &all);
		rest = slice_from(rest, n + 1);
	}
	enum err e = buf_err(&all);
	buf_clear(recipients);
	buf_add(recipients, buf_slice(&all));
	buf_free(&all);
	return e != ERR_OK ? e : buf_err(recipients);
}

/* Nothing that could end the command it is put into. */
static bool
is_plain(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return slice_eq(s, SLICE("<>")) || slice_find(s, '>') == s.n;
}

static int
send_message(struct cmd_ctx *ctx, struct options *o, struct slice message)
{
	struct buf from;
	enum err e = ERR_OK;

	if (o->from_header)
		e = outgoing_recipients(message, &o->recipients);
	if (e != ERR_OK)
		return cmd_fail(
		    ctx, CMD_USAGE, "the header of the message is damaged");
	if (o->recipients.n == 0)
		return cmd_fail(ctx, CMD_USAGE,
		    "no recipient: name one, or use -t and a To field");
	if (qualify_all(ctx->conf, &o->recipients) != ERR_OK)
		return cmd_fail(ctx, CMD_USAGE, "too many recipients");
	if (o->from != NULL && !is_plain(slice_str(o->from)))
		return cmd_fail(ctx, CMD_USAGE, "-f: that is no address");
	buf_init(&from, 1024);
	if (o->from == NULL)
		own_address(ctx, &from);
	else if (strcmp(o->from, "<>") != 0)
		buf_add_str(&from, o->from);
	int code = finish_and_send(ctx, o, message, buf_slice(&from));
	buf_free(&from);
	return code;
}

static int
run(struct cmd_ctx *ctx, struct options *o)
{
	struct buf text, message;
	int code = cmd_conf(ctx);

	if (code != CMD_GOOD)
		return code;
	size_t max = ctx->conf->limits.message_size;
	buf_init(&text, max + 131072);
	buf_init(&message, 2 * max);
	enum err e = read_all(STDIN_FILENO, &text);
	if (e == ERR_OK)
		e = outgoing_lines(buf_slice(&text), !o->ignore_dots, &message);
	buf_free(&text);
	if (e == ERR_OK)
		code = send_message(ctx, o, buf_slice(&message));
	else
		code = cmd_fail(
		    ctx, CMD_BAD, "cannot take the message: %s", err_name(e));
	buf_free(&message);
	return code;
}

int
cmd_sendmail(struct cmd_ctx *ctx, int argc, char **argv)
{
	struct options o = {0};

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		(void)cmd_usage(ctx);
		return CMD_GOOD;
	}
	buf_init(&o.recipients, 1u << 20);
	int code = parse(ctx, &o, argc, argv) ? run(ctx, &o) : cmd_usage(ctx);
	buf_free(&o.recipients);
	return code;
}
