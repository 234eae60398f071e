#include "role/fetch/minisign.h"

#include <string.h>

#include <openssl/evp.h>

#include "base/base64.h"

#define KEY_SIZE  (2 + 8 + 32)
#define LINE_SIZE (2 + 8 + MINISIGN_SIG_SIZE)
#define HASH_SIZE 64

static bool
decode(struct slice text, uint8_t *out, size_t size)
{
	struct buf b;
	buf_init(&b, size);
	bool ok = base64_decode(text, &b) == ERR_OK && b.n == size;
	if (ok)
		memcpy(out, b.p, size);
	buf_free(&b);
	return ok;
}

enum err
minisign_key_parse(struct slice line, struct minisign_key *out, struct diag *d)
{
	uint8_t raw[KEY_SIZE];
	if (!decode(slice_trim(line), raw, sizeof(raw)) || raw[0] != 'E' ||
	    raw[1] != 'd')
		return diag_set(d, ERR_SYNTAX, NULL,
		    "the key is not a minisign public key (the second line "
		    "of minisign.pub)");
	memcpy(out->id, raw + 2, sizeof(out->id));
	memcpy(out->key, raw + 10, sizeof(out->key));
	return ERR_OK;
}

/* ---- the signature file ----
 *
 *	file     = "untrusted comment:" text end
 *	           base64(algorithm key-id signature) end
 *	           "trusted comment: " comment end
 *	           base64(global signature) [end]
 *	end      = [CR] LF
 */

static struct slice
take_line(struct slice *in)
{
	size_t lf = slice_find(*in, '\n');
	struct slice line = slice_to(*in, lf);
	*in = slice_from(*in, lf + 1);
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

/* "timestamp:N" among words parted by white space. */
static uint64_t
find_timestamp(struct slice comment)
{
	static const struct slice label = {
	    (const uint8_t *)"timestamp:", sizeof("timestamp:") - 1};
	uint64_t n;
	for (size_t at = 0; at < comment.n;) {
		size_t end = at;
		while (end < comment.n && comment.p[end] != ' ' &&
		       comment.p[end] != '\t')
			end++;
		struct slice word = slice_of(comment.p + at, end - at);
		if (slice_starts(word, label) &&
		    slice_u64(slice_from(word, label.n), &n))
			return n;
		at = end + 1;
	}
	return 0;
}

enum err
minisign_sig_parse(struct slice file, struct minisign_sig *out, struct diag *d)
{
	static const struct slice front = {(const uint8_t *)"trusted comment: ",
	    sizeof("trusted comment: ") - 1};
	uint8_t raw[LINE_SIZE];
	struct minisign_sig s = {0};
	if (file.n > MINISIGN_FILE_MAX)
		return diag_set(
		    d, ERR_LIMIT, NULL, "it is too large to be a signature");
	struct slice untrusted = take_line(&file);
	struct slice signature = take_line(&file);
	struct slice trusted = take_line(&file);
	struct slice global = take_line(&file);
	if (!slice_starts(untrusted, SLICE("untrusted comment:")) ||
	    !decode(signature, raw, sizeof(raw)) ||
	    !slice_starts(trusted, front) ||
	    !decode(global, s.global, sizeof(s.global)) || file.n > 0)
		return diag_set(
		    d, ERR_SYNTAX, NULL, "it is not a minisign signature");
	if (raw[0] != 'E' || (raw[1] != 'd' && raw[1] != 'D'))
		return diag_set(d, ERR_SYNTAX, NULL,
		    "it is a signature of an unknown kind");
	s.prehashed = raw[1] == 'D';
	memcpy(s.key_id, raw + 2, sizeof(s.key_id));
	memcpy(s.sig, raw + 10, sizeof(s.sig));
	s.comment = slice_from(trusted, front.n);
	s.timestamp = find_timestamp(s.comment);
	*out = s;
	return ERR_OK;
}

/* ---- verifying ---- */

/* 1: it is the key's; 0: it is not; -1: the library cannot tell. */
static int
ed25519(const struct minisign_key *key, const uint8_t sig[MINISIGN_SIG_SIZE],
    struct slice over)
{
	int got = -1;
	EVP_PKEY *k = EVP_PKEY_new_raw_public_key(
	    EVP_PKEY_ED25519, NULL, key->key, sizeof(key->key));
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	if (k != NULL && ctx != NULL &&
	    EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, k) == 1) {
		got = EVP_DigestVerify(
		    ctx, sig, MINISIGN_SIG_SIZE, over.p, over.n);
		got = got == 1 ? 1 : 0;
	}
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(k);
	return got;
}

static int
verify_file(const struct minisign_key *key, const struct minisign_sig *sig,
    struct slice file)
{
	uint8_t hash[HASH_SIZE];
	unsigned n = 0;
	if (!sig->prehashed)
		return ed25519(key, sig->sig, file);
	if (EVP_Digest(file.p, file.n, hash, &n, EVP_blake2b512(), NULL) != 1 ||
	    n != sizeof(hash))
		return -1;
	return ed25519(key, sig->sig, slice_of(hash, sizeof(hash)));
}

static int
verify_comment(const struct minisign_key *key, const struct minisign_sig *sig)
{
	struct buf b;
	int got = -1;
	buf_init(&b, MINISIGN_SIG_SIZE + MINISIGN_FILE_MAX);
	buf_add(&b, slice_of(sig->sig, sizeof(sig->sig)));
	buf_add(&b, sig->comment);
	if (buf_err(&b) == ERR_OK)
		got = ed25519(key, sig->global, buf_slice(&b));
	buf_free(&b);
	return got;
}

static void
id_text(const uint8_t id[8], char out[17])
{
	static const char hex[] = "0123456789ABCDEF";
	/* As minisign prints it: a little endian number. */
	for (unsigned i = 0; i < 8; i++) {
		out[2 * i] = hex[id[7 - i] >> 4];
		out[2 * i + 1] = hex[id[7 - i] & 15];
	}
	out[16] = '\0';
}

enum err
minisign_verify(const struct minisign_key *key, const struct minisign_sig *sig,
    struct slice file, struct diag *d)
{
	char is[17], should[17];
	if (memcmp(key->id, sig->key_id, sizeof(key->id)) != 0) {
		id_text(sig->key_id, is);
		id_text(key->id, should);
		return diag_set(d, ERR_DENIED, NULL,
		    "it was signed with the key %s, not with %s", is, should);
	}
	int good = verify_file(key, sig, file);
	if (good == 0)
		return diag_set(d, ERR_DENIED, NULL,
		    "the signature is not that of this file: one of them "
		    "was changed");
	if (good == 1)
		good = verify_comment(key, sig);
	if (good == 0)
		return diag_set(d, ERR_DENIED, NULL,
		    "the signature's trusted comment was changed");
	if (good < 0)
		return diag_set(d, ERR_TLS, NULL,
		    "the signature could not be verified by OpenSSL");
	return ERR_OK;
}
