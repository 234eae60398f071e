/* Every allocation fails once: reading gives an error or the right result,
 * never a crash, a leak or half a configuration. */
#include <stdlib.h>

#include "text.h"

static struct {
	long left; /* allocations until one fails; negative: none does */
	bool failed;
} memory = {-1, false};

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static bool
fails(void)
{
	if (memory.left < 0)
		return false;
	if (memory.left-- > 0)
		return false;
	memory.failed = true;
	return true;
}

void *
__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

static const struct text_file good_files[] = {
    {"t", TEXT_HEAD TEXT_TLS TEXT_MX TEXT_SUBMISSION
	"include(\"more\")\n"
	"outbound { via = \"smarthost:[relay.isp.id]:587\"\n"
	" credentials = \"/a \\\"b\\\"\" bind = {192.0.2.1} }\n"},
    {"more", "trusted = {10.0.0.0/8, .mitra.example}\n"
	     "route \".example\" { via = hold }\n"
	     "sni \"a.example\" { certificate = /a key = /b }\n"
	     "reverse-lookup { headers = {x-md} ptr { missing = close } }\n"
	     "exempt \"ptr\" { file = /x sync = \"https://a.example/x\"\n"
	     " key = \"RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GF"
	     "O3\" }\n"
	     "shield \"*.b.example\" { address = {192.0.2.0/24, ::1} }\n"
	     "device \"d\" { address = {10.0.0.0/8} to = @mitra.example }\n"},
    {NULL, NULL}};

static const struct text_file bad_files[] = {
    {"t", "hostnam = a\nuser = \"X\\\"\"\nlisten \"a\" { role = mz }\n"
	  "device \"d\" { address = ::/0 } exempt \"x\" { key = RW }\ntls {\n"},
    {NULL, NULL}};

/* Fail at the n-th allocation; false when none was left to fail. */
static bool
attempt(long n, const struct text_file *files, const struct buf *want)
{
	struct conf *c = NULL;
	struct conf_report r;
	struct buf shown;

	memory.failed = false;
	memory.left = n;
	enum err e = text_conf(files, NULL, &c, &r);
	memory.left = -1;
	if (want == NULL)
		assert_int_not_equal(e, ERR_OK);
	assert_int_equal(e == ERR_OK, c != NULL);
	if (c != NULL && want != NULL) {
		buf_init(&shown, 100000);
		conf_show(c, &shown);
		assert_true(slice_eq(buf_slice(&shown), buf_slice(want)));
		buf_free(&shown);
	}
	if (!memory.failed && want != NULL)
		assert_int_equal(e, ERR_OK);
	conf_free(c);
	conf_report_free(&r);
	return memory.failed;
}

static void
good(void **state)
{
	struct conf *c = NULL;
	struct conf_report r;
	struct buf want;
	long n = 0;
	(void)state;

	assert_int_equal(text_conf(good_files, NULL, &c, &r), ERR_OK);
	buf_init(&want, 100000);
	conf_show(c, &want);
	conf_free(c);
	conf_report_free(&r);
	while (attempt(n, good_files, &want))
		n++;
	assert_true(n > 5);
	buf_free(&want);
}

static void
bad(void **state)
{
	long n = 0;
	(void)state;
	while (attempt(n, bad_files, NULL))
		n++;
	assert_true(n > 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good),
	    cmocka_unit_test(bad),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
