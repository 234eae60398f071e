#include "base/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct item {
	int n;
	struct list node;
};

static void
test_list(void **unused)
{
	(void)unused;
	struct item items[5];
	struct list head;
	int sum = 0;
	list_init(&head);
	assert_true(list_empty(&head));
	assert_null(list_pop_front(&head));
	for (int i = 0; i < 5; i++) {
		items[i].n = i;
		list_push_back(&head, &items[i].node);
	}
	LIST_FOREACH (it, &head) {
		assert_int_equal(LIST_OWNER(it, struct item, node)->n, sum);
		sum++;
	}
	assert_int_equal(sum, 5);
	LIST_FOREACH_SAFE (it, &head) {
		if (LIST_OWNER(it, struct item, node)->n % 2 == 0)
			list_remove(it);
	}
	list_remove(&items[0].node); /* again: nothing */
	assert_ptr_equal(list_pop_front(&head), &items[1].node);
	assert_ptr_equal(list_pop_front(&head), &items[3].node);
	assert_true(list_empty(&head));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_list)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
