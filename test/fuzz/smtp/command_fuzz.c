/* Commands: no argument crashes a parser, what is refused leaves the output
 * alone, what is accepted keeps to its limits. */
#include "proto/smtp/command.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(c) ((c) ? (void)0 : abort())

static void
check_mail(struct slice arg, bool lenient, struct arena *mem)
{
	struct smtp_mail m = {.size = 77};
	enum err e = smtp_mail_parse(arg, lenient, mem, &m);
	if (e != ERR_OK) {
		MUST(m.size == 77 && m.from.local.p == NULL);
		MUST(e == ERR_SYNTAX || e == ERR_LIMIT || e == ERR_UNSUPPORTED);
		return;
	}
	MUST(m.auth.n <= 500 && (m.has_auth || m.auth.n == 0));
	MUST(m.from.local.n > 0 || m.from.host == SMTP_HOST_NONE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena mem;
	struct slice line = slice_of(data, size);
	struct smtp_command c = smtp_command_split(line);
	struct smtp_rcpt r;
	struct smtp_auth a;
	MUST(c.verb < SMTP_VERB_COUNT);
	MUST(c.name.n + c.arg.n <= size);
	MUST(slice_eq(slice_trim(c.arg), c.arg));
	arena_init(&mem, 8192);
	for (unsigned lenient = 0; lenient < 2; lenient++) {
		check_mail(c.arg, lenient != 0, &mem);
		if (smtp_rcpt_parse(c.arg, lenient != 0, &mem, &r) == ERR_OK)
			MUST(r.to.local.n > 0);
	}
	if (smtp_auth_parse(c.arg, &a) == ERR_OK)
		MUST(a.mech.n > 0 && a.mech.n <= 20);
	if (smtp_helo_is(c.arg))
		MUST(c.arg.n > 0 && c.arg.n <= 255);
	arena_reset(&mem);
	return 0;
}
