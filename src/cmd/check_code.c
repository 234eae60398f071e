#include "cmd/check_code.h"

#include <jansson.h>
#include <string.h>

#include "check/tr.h"
#include "cmd/control.h"
#include "os/clock.h"
#include "proto/mail/date.h"

/* The options may stand anywhere: "sender --json --code". */
bool
check_code_wanted(int argc, char **argv)
{
	const char *kind = NULL;
	bool code = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-c") == 0)
			i++;
		else if (strcmp(argv[i], "--code") == 0)
			code = true;
		else if (argv[i][0] != '-' && kind == NULL)
			kind = argv[i];
	}
	return kind != NULL && (strcmp(kind, "code") == 0 ||
				   (strcmp(kind, "sender") == 0 && code));
}

struct told {
	const struct cmd_ctx *ctx;
	bool any;
};

static const char *
text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s == NULL ? "" : s;
}

static void
print_people(const json_t *o)
{
	uint64_t until =
	    (uint64_t)json_integer_value(json_object_get(o, "expires_ms"));
	const char *address = text_of(o, "address");
	const char *assure = text_of(o, "assure_address");
	struct buf when;

	buf_init(&when, 64);
	buf_add_date_rfc3339(&when, until, clock_utc_offset_min(until));
	printf("%s\n\n", text_of(o, "code"));
	if (address[0] != '\0')
		printf(tr("Send a mail to %s with this code as its Subject, "
			  "or in parentheses within a longer one. A report "
			  "on how your server sends comes back to the "
			  "sender.\n"),
		    address);
	if (assure[0] != '\0')
		printf(tr("To find out whether your server would send "
			  "without encryption, send it to %s.\n"),
		    assure);
	printf(tr("The code is good once, until %.*s.\n"),
	    SLICE_ARG(buf_slice(&when)));
	buf_free(&when);
}

/* expires_ms is for us; scripts get a time as everywhere. */
static void
print_json(json_t *o)
{
	uint64_t until =
	    (uint64_t)json_integer_value(json_object_get(o, "expires_ms"));
	struct buf when;

	buf_init(&when, 64);
	buf_add_date_rfc3339(&when, until, clock_utc_offset_min(until));
	json_object_set_new(
	    o, "expires", json_stringn((const char *)when.p, when.n));
	json_object_del(o, "expires_ms");
	json_dumpf(o, stdout, JSON_INDENT(2));
	putchar('\n');
	buf_free(&when);
}

static bool
on_line(struct slice line, void *arg)
{
	struct told *t = arg;
	json_t *o = json_loadb((const char *)line.p, line.n, 0, NULL);

	if (!json_is_object(o)) {
		json_decref(o);
		return true;
	}
	t->any = true;
	if (t->ctx->json)
		print_json(o);
	else
		print_people(o);
	json_decref(o);
	return true;
}

int
check_code(struct cmd_ctx *ctx, int argc, char **argv)
{
	const char *lang = NULL;
	bool code_flag = false;
	const struct cmd_option options[] = {
	    {.name = "--code", .flag = &code_flag},
	    {.name = "--lang", .value = &lang}, {.name = NULL}};
	struct control_request q;
	struct told t = {.ctx = ctx};
	int code;
	int n = cmd_options(ctx, argc, argv, options, &code);

	if (n < 0)
		return code;
	if (n != 1)
		return cmd_usage(ctx);
	if (lang != NULL && strcmp(lang, "en") != 0 && strcmp(lang, "id") != 0)
		return cmd_fail(ctx, CMD_USAGE, "--lang is en or id");
	if (lang != NULL)
		tr_set(strcmp(lang, "id") == 0 ? TR_ID : TR_EN);
	if (cmd_conf(ctx) != CMD_GOOD)
		return CMD_USAGE;
	control_begin(&q, ROLE_LOOKUP, "test-code");
	switch (control_ask(ctx, &q, on_line, &t, &code)) {
	case CONTROL_ANSWERED:
		if (code == CMD_GOOD && !t.any)
			return cmd_fail(
			    ctx, CMD_UNKNOWN, "the server gave no code");
		return code;
	case CONTROL_DOWN:
		return cmd_fail(ctx, CMD_UNKNOWN,
		    "no server runs: codes are made by the one that will "
		    "answer");
	case CONTROL_FAILED:
	default:
		return code;
	}
}
