/* check_code.h - `kurir check code`, and `kurir check sender --code`: a
 * one-time code for the test mailbox, which answers by mail how a server sends.
 */
#ifndef CMD_CHECK_CODE_H
#define CMD_CHECK_CODE_H

#include "cmd/cmd.h"

/* check_code_wanted - is that what the arguments of `kurir check` ask for? */
bool check_code_wanted(int argc, char **argv);

/* check_code - argv[0] is "check". CMD_GOOD; CMD_BAD: there is no test mailbox,
 * or the user may not; CMD_UNKNOWN: no server runs. */
int check_code(struct cmd_ctx *ctx, int argc, char **argv);

#endif
