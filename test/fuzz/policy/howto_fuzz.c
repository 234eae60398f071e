/* Texts that name a program or a topic: whatever they are, the program is one
 * of the known ones, fits the form, and each row it has is found by each of its
 * causes. The first octet is the form. */
#include "policy/howto.h"

#include <stdlib.h>

static void
check(bool ok)
{
	if (!ok)
		abort();
}

/* The row is among those of its cause, side and program. */
static bool
is_found(const struct howto *h, struct slice cause)
{
	const struct howto *g;
	size_t at = 0;
	while ((g = howto_next(cause, h->side, h->program, &at)) != NULL)
		if (g == h)
			return true;
	return false;
}

static void
rows_of(enum howto_program p)
{
	const struct howto *h;
	for (size_t i = 0; (h = howto_at(i)) != NULL; i++) {
		struct slice s = slice_str(h->causes);
		while (h->program == p && s.n > 0) {
			size_t n = slice_find(s, ' ');
			check(is_found(h, slice_to(s, n)));
			s = slice_from(s, n + 1);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n < 1 || n > 4096)
		return 0;
	struct slice text = slice_of(data + 1, n - 1);
	enum extract_form form = (enum extract_form)(data[0] % EXTRACT_FORMS);
	enum howto_program p = howto_writer(form, text);
	check(p < HOWTO_PROGRAMS);
	check(p != HOWTO_ZIMBRA || form == EXTRACT_POSTFIX);
	check(
	    form != EXTRACT_POSTFIX || p == HOWTO_POSTFIX || p == HOWTO_ZIMBRA);
	rows_of(p);
	p = howto_program(text);
	check(p == HOWTO_NONE || text.n < 16);
	const struct howto_topic *t = howto_topic(text);
	if (t != NULL)
		check(howto_topic(slice_str(t->code)) == t);
	/* A text that is no code of a row has none. */
	size_t at = 0;
	if (slice_find(text, '.') == text.n)
		check(howto_next(text, CAUSE_SENDING, HOWTO_POSTFIX, &at) ==
		      NULL);
	return 0;
}
