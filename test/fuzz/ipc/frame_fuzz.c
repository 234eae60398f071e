/* What decodes encodes to the same octets, whatever they were. */
#include "base/pack.h"
#include "ipc/frame.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ipc_msg m;
	struct buf out;
	if (size == 0)
		return 0;
	struct slice frame = slice_of(data + 1, size - 1);
	if (ipc_decode(frame, (data[0] & 1) != 0, &m) != ERR_OK)
		return 0;
	buf_init(&out, IPC_FRAME_MAX);
	if (ipc_encode(&m, &out) != ERR_OK || !slice_eq(buf_slice(&out), frame))
		abort();
	buf_free(&out);
	(void)pack_count(frame);
	return 0;
}
