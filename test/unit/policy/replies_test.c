/* A reply that is pasted has the cause that the client gave it. */
#include "policy/extract.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "../proto/client/replies.h"

static void
same_as_the_client(void **state)
{
	(void)state;
	struct extract_found found[EXTRACT_FOUND_MAX];
	enum extract_form form;
	size_t bad = 0;
	for (size_t i = 0; i < REPLIES; i++) {
		size_t n = extract_read(slice_str(replies[i].text), found,
		    EXTRACT_FOUND_MAX, &form);
		const char *is = n > 0 ? found[0].cause : "nothing";
		if (slice_eq(slice_str(is), slice_str(replies[i].want)))
			continue;
		print_error("\"%s\": %s, not %s\n", replies[i].text, is,
		    replies[i].want);
		bad++;
	}
	assert_int_equal(bad, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(same_as_the_client),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
