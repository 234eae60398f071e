/* handin.h - a message to our own server by SMTP, the plain and blocking way.
 */
#ifndef CMD_HANDIN_H
#define CMD_HANDIN_H

#include "cmd/cmd.h"

struct handin {
	struct slice from;       /* reverse-path; empty: null */
	struct slice recipients; /* each with a NUL behind it */
	struct slice message;    /* CRLF lines */
};

/* handin_send - to the first listener of ctx->conf that takes mail from this
 * host without AUTH. An exit code; each refusal was said on standard error. */
int handin_send(const struct cmd_ctx *ctx, const struct handin *h);

#endif
