/* control.h - asking the running server, over its control socket.
 *
 * A request is a role, a verb and arguments; the arguments are packed strings
 * (base/pack.h) in pairs of name and value: "to", "a@b", "state", "held". What
 * is asked about without a name of its own has the name "id", "domain" or
 * "all". The answer is JSON objects, one a line, and an exit code with a text.
 * Blocking; a reader of the answer may stop it. */
#ifndef CMD_CONTROL_H
#define CMD_CONTROL_H

#include <jansson.h>

#include "cmd/cmd.h"
#include "ipc/messages.h"

struct control_request {
	enum role_kind role;
	const char *verb;
	struct buf args; /* packed */
	bool follow;     /* the answer may be silent for any time */
	bool told;       /* the answer: why there is none was printed */
};

void control_begin(
    struct control_request *q, enum role_kind role, const char *verb);
/* control_arg - one pair; nothing when value is NULL. */
void control_arg(
    struct control_request *q, const char *name, const char *value);

/* Called for each line; false ends the conversation (the result is then
 * CMD_GOOD). */
typedef bool (*control_line_fn)(struct slice json, void *arg);

enum control_state {
	CONTROL_ANSWERED, /* *out_code is the answer's exit code */
	CONTROL_DOWN,     /* nobody listens at the control socket */
	CONTROL_FAILED    /* said already; *out_code is CMD_UNKNOWN or so */
};

/* control_ask - send q, give each line to line, wait for the end; releases q.
 * The text of an end that is not good was printed to standard error. */
enum control_state control_ask(const struct cmd_ctx *ctx,
    struct control_request *q, control_line_fn line, void *arg, int *out_code);

/* control_json - a line of an answer as an object, to be given back with
 * json_decref; NULL if it is none. The others read one: an absent key, or one
 * of another type, is "" and 0. */
json_t *control_json(struct slice line);
const char *control_text(const json_t *o, const char *key);
long long control_number(const json_t *o, const char *key);

#endif
