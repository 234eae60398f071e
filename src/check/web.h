/* web.h - one file by HTTPS for a check (MTA-STS policies): role fetch as a
 * child of ours. */
#ifndef CHECK_WEB_H
#define CHECK_WEB_H

#include "check/check.h"

struct check_web;

/* The answer; slices are valid during the call. */
struct check_web_answer {
	bool came; /* an HTTP answer, with whatever status */
	uint16_t status;
	struct slice type; /* media type, lower case, without parameters */
	struct slice body; /* at most 64 KiB; more: cut is true */
	bool cut;
	char cause[32]; /* where none came: net.*, tls.*, dns.* */
	char why[224];
};
typedef void check_web_done(void *arg, const struct check_web_answer *a);

/* check_web_get - https only, no redirects; opts.connect and opts.ca_pem
 * apply. done is called once, never from within the call. */
enum err check_web_get(struct check *c, struct slice url, check_web_done *done,
    void *arg) KURIR_MUST_CHECK;
void check_web_free(struct check_web *w);

#endif
