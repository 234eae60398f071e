/* Any message for `kurir sendmail`: lines end in CRLF and nothing else does, a
 * second pass changes nothing, no recipient could end a command, and no Bcc is
 * left. */
#include <stdlib.h>
#include <string.h>

#include "cmd/outgoing.h"
#include "proto/mail/header.h"

#define MAX (1u << 22)

static void
check_lines(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		bool cr = i > 0 && s.p[i - 1] == '\r';
		if ((s.p[i] == '\n') != cr)
			abort();
	}
	if (s.n > 0 && s.p[s.n - 1] != '\n')
		abort();
}

static void
check_recipients(struct slice message)
{
	struct buf b;

	buf_init(&b, MAX);
	if (outgoing_recipients(message, &b) == ERR_OK) {
		struct slice s = buf_slice(&b);
		if (s.n > 0 && s.p[s.n - 1] != '\0')
			abort();
		for (size_t i = 0; i < s.n; i++)
			if (s.p[i] == '\r' || s.p[i] == '\n' ||
			    (s.p[i] == '\0' && (i == 0 || s.p[i - 1] == '\0')))
				abort();
	}
	buf_free(&b);
}

static void
check_finish(struct slice message)
{
	const struct outgoing_sender who = {.from = SLICE("a@contoh.id"),
	    .host = SLICE("mail.contoh.id"),
	    .id = 1};
	struct buf b;

	buf_init(&b, MAX);
	if (outgoing_finish(message, &who, &b) == ERR_OK) {
		struct slice block = header_block(buf_slice(&b), false);
		if (header_count(block, SLICE("Bcc")) != 0 ||
		    header_count(block, SLICE("From")) == 0 ||
		    header_count(block, SLICE("Date")) == 0 ||
		    header_count(block, SLICE("Message-ID")) == 0)
			abort();
		check_lines(buf_slice(&b));
	}
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once, twice;

	buf_init(&once, MAX);
	buf_init(&twice, MAX);
	if (outgoing_lines(slice_of(data, size), false, &once) == ERR_OK) {
		check_lines(buf_slice(&once));
		if (outgoing_lines(buf_slice(&once), false, &twice) != ERR_OK ||
		    !slice_eq(buf_slice(&once), buf_slice(&twice)))
			abort();
		check_recipients(buf_slice(&once));
		check_finish(buf_slice(&once));
	}
	buf_free(&once);
	buf_free(&twice);
	return 0;
}
