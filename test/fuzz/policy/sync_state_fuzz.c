/* What is read as a state file is exactly what would be written. */
#include <stdlib.h>

#include "policy/sync_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sync_state s;
	struct buf b;
	struct slice file = slice_of(data, size);
	enum err e = sync_state_parse(file, &s);
	if (e != ERR_OK) {
		/* Any text of a server can be kept. */
		s = (struct sync_state){.etag = file, .last_error = file};
	}
	buf_init(&b, SYNC_STATE_MAX);
	sync_state_add(&b, &s);
	if (buf_err(&b) != ERR_OK)
		abort();
	if (e == ERR_OK && !slice_eq(buf_slice(&b), file))
		abort();
	if (sync_state_parse(buf_slice(&b), &s) != ERR_OK)
		abort();
	buf_free(&b);
	return 0;
}
