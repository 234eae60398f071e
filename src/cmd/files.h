/* files.h - does what the configuration names exist, and is it what it should
 * be? Certificates, keys, users, aliases, credentials. */
#ifndef CMD_FILES_H
#define CMD_FILES_H

#include "cmd/cmd.h"

/* files_check - add what is wrong to r, with the place in the configuration
 * (path is its main file) and what mends it. Blocks on reading the files. */
void files_check(const struct conf *c, const char *path, struct conf_report *r);

/* files_check_print - the same before serving, on standard error: errors and
 * CMD_USAGE, or CMD_GOOD and which certificate has expired. */
int files_check_print(const struct cmd_ctx *ctx);

#endif
