/* No octets but the signer's own are taken for the signer's. */
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "role/fetch/minisign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILE_TEXT "192.0.2.10\n*.mitra.example\n"

/* What the corpus holds: the signed parts of the two that are genuine. */
static const char *const genuine[] = {
    "timestamp:1763776800\tfile:ptr.list\thashed",
    "timestamp:1763776801\tfile:ptr.list",
};

static void
check_parsed(const struct minisign_sig *s, struct slice file)
{
	struct minisign_sig again;
	struct diag d;
	struct buf b;
	uint8_t raw[10] = {'E', s->prehashed ? 'D' : 'd'};
	memcpy(raw + 2, s->key_id, 8);
	if (s->comment.n > 0 &&
	    (s->comment.p < file.p ||
		s->comment.p + s->comment.n > file.p + file.n))
		abort();
	/* Written anew it says the same. */
	buf_init(&b, 2 * MINISIGN_FILE_MAX);
	buf_add_str(&b, "untrusted comment:\n");
	struct buf line;
	buf_init(&line, 128);
	buf_add(&line, slice_of(raw, sizeof(raw)));
	buf_add(&line, slice_of(s->sig, sizeof(s->sig)));
	buf_add_base64(&b, buf_slice(&line));
	buf_add_str(&b, "\ntrusted comment: ");
	buf_add(&b, s->comment);
	buf_add_str(&b, "\n");
	buf_add_base64(&b, slice_of(s->global, sizeof(s->global)));
	buf_free(&line);
	if (minisign_sig_parse(buf_slice(&b), &again, &d) != ERR_OK ||
	    again.timestamp != s->timestamp ||
	    again.prehashed != s->prehashed ||
	    memcmp(again.sig, s->sig, sizeof(s->sig)) != 0 ||
	    memcmp(again.global, s->global, sizeof(s->global)) != 0 ||
	    memcmp(again.key_id, s->key_id, sizeof(s->key_id)) != 0 ||
	    !slice_eq(again.comment, s->comment))
		abort();
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct slice key_line = {
	    (const uint8_t *)"RWRuoExzJAlRHWXs/BQZS7WR/Nk/kgi/Hu453vDJEtwWQ2kq"
			     "31G4U04x",
	    56};
	struct slice file = slice_of(data, size);
	struct minisign_key key, other;
	struct minisign_sig s;
	struct diag d;
	if (minisign_key_parse(file, &other, &d) == ERR_OK && size < 56)
		abort();
	if (minisign_key_parse(key_line, &key, &d) != ERR_OK)
		abort();
	if (minisign_sig_parse(file, &s, &d) != ERR_OK)
		return 0;
	check_parsed(&s, file);
	enum err e = minisign_verify(&key, &s, SLICE(FILE_TEXT), &d);
	if (e == ERR_OK && !slice_eq(s.comment, slice_str(genuine[0])) &&
	    !slice_eq(s.comment, slice_str(genuine[1])))
		abort();
	if (e == ERR_OK &&
	    minisign_verify(&key, &s, SLICE(FILE_TEXT "x"), &d) != ERR_DENIED)
		abort();
	return 0;
}
