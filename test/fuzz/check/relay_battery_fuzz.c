/* What an open-relay check makes of two replies: never open or closed without a
 * reason of that kind, whatever the texts; and commands from any facts are one
 * line that holds them. */
#include "check/relay_battery.h"

#include <stdlib.h>
#include <string.h>

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static uint16_t
take_code(struct slice *in)
{
	uint16_t n = 0;
	for (unsigned i = 0; i < 2 && in->n > 0; i++) {
		n = (uint16_t)(n << 8 | in->p[0]);
		*in = slice_from(*in, 1);
	}
	return n % 1000;
}

static void
judge(uint16_t mail, struct slice mail_text, uint16_t rcpt,
    struct slice rcpt_text)
{
	enum relay_class c = relay_classify(mail, mail_text, rcpt, rcpt_text);
	bool sender = mail / 100 != 2;
	uint16_t code = sender ? mail : rcpt;
	struct slice text = sender ? mail_text : rcpt_text;
	check(c != RELAY_OPEN && c != RELAY_LOST); /* by delivery alone */
	check((c == RELAY_MAY) == (mail / 100 == 2 && rcpt / 100 == 2));
	check(c != RELAY_CLOSED || code / 100 == 5);
	check(c != RELAY_NEEDS_AUTH || code == 530);
	check((c == RELAY_GREYLISTED) == (code / 100 == 4));
	if (relay_had_enough(code, text))
		check(code >= 400 && c != RELAY_CLOSED);
	if (relay_wants_tls(code, text))
		check(code == 530 && c == RELAY_UNKNOWN);
	check(relay_had_enough(421, text));
}

/* The facts are names that were checked: no "{" is in them. */
static void
lines(struct slice fact)
{
	size_t n;
	const struct relay_pair *v = relay_pairs(&n);
	const struct relay_facts f = {.sender = SLICE("a"),
	    .outside = fact,
	    .to = SLICE("uji"),
	    .domain = SLICE("luar.example"),
	    .server = fact,
	    .host = SLICE_EMPTY,
	    .local = fact,
	    .literal = SLICE("[192.0.2.1]")};
	if (slice_find(fact, '{') < fact.n || fact.n > 200)
		return;
	for (size_t i = 0; i < n; i++) {
		struct buf b;
		buf_init(&b, 4096);
		if (relay_pair_to(&v[i], &f, &b)) {
			check(buf_err(&b) == ERR_OK);
			check(slice_starts(buf_slice(&b), SLICE("RCPT TO:")));
			check(slice_find(buf_slice(&b), '{') == b.n);
		} else {
			check(b.n == 0);
		}
		buf_free(&b);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	uint16_t mail = take_code(&in), rcpt = take_code(&in);
	size_t middle = slice_find(in, '\n');
	struct slice mail_text = slice_to(in, middle);
	struct slice rcpt_text = slice_from(in, middle + 1);
	judge(mail, mail_text, rcpt, rcpt_text);
	judge(250, mail_text, rcpt, rcpt_text);
	lines(mail_text);
	return 0;
}
