#include "role/auth/secret.h"

#include <crypt.h>
#include <gsasl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "os/random.h"
#include "proto/auth/sasl.h"

/* A C string of s for libcrypt; to be wiped and freed. */
static char *
copy_text(struct slice s)
{
	char *p = malloc(s.n + 1);
	if (p == NULL)
		return NULL;
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

static void
wipe_text(char *p, size_t n)
{
	if (p != NULL)
		OPENSSL_cleanse(p, n);
	free(p);
}

/* crypt_rn into out; false: libcrypt refuses the setting, or no memory. */
static bool
hash_password(
    struct slice password, const char *setting, char out[ACCOUNT_HASH_MAX])
{
	/* 32 KiB: too large for a stack. */
	struct crypt_data *data = calloc(1, sizeof(*data));
	char *text = copy_text(password);
	bool good = false;
	if (data != NULL && text != NULL) {
		const char *h =
		    crypt_rn(text, setting, data, (int)sizeof(*data));
		good = h != NULL && h[0] != '*' && strlen(h) < ACCOUNT_HASH_MAX;
		if (good)
			memcpy(out, h, strlen(h) + 1);
	}
	wipe_text(text, password.n);
	if (data != NULL)
		OPENSSL_cleanse(data, sizeof(*data));
	free(data);
	return good;
}

bool
secret_verify(struct slice password, struct slice hash)
{
	char setting[ACCOUNT_HASH_MAX], computed[ACCOUNT_HASH_MAX];
	if (hash.n >= sizeof(setting))
		return false;
	memcpy(setting, hash.p, hash.n);
	setting[hash.n] = '\0';
	bool good = hash_password(password, setting, computed) &&
		    strlen(computed) == hash.n &&
		    CRYPTO_memcmp(computed, setting, hash.n) == 0;
	OPENSSL_cleanse(computed, sizeof(computed));
	return good;
}

void
secret_hmac(struct slice key, struct slice data, uint8_t out[ACCOUNT_KEY_LEN])
{
	unsigned n = ACCOUNT_KEY_LEN;
	if (HMAC(EVP_sha256(), key.p, (int)key.n, data.p, data.n, out, &n) ==
	    NULL)
		abort();
}

/* The password as SCRAM hashes it (RFC 5802 section 2.2); one that SASLprep
 * does not take is used as it is, as clients do. */
static char *
prepared(struct slice password)
{
	char *text = copy_text(password), *out = NULL;
	if (text == NULL)
		return NULL;
	int rc = gsasl_saslprep(text, 0, &out, NULL);
	if (rc != GSASL_OK)
		return text;
	wipe_text(text, password.n);
	return out;
}

static enum err
make_scram(struct slice password, struct secret *s)
{
	uint8_t salted[ACCOUNT_KEY_LEN], client_key[ACCOUNT_KEY_LEN];
	char *text = prepared(password);
	if (text == NULL)
		return ERR_NOMEM;
	s->iterations = SECRET_ITERATIONS;
	random_bytes(s->salt, sizeof(s->salt));
	int rc =
	    PKCS5_PBKDF2_HMAC(text, (int)strlen(text), s->salt, SECRET_SALT_LEN,
		(int)s->iterations, EVP_sha256(), sizeof(salted), salted);
	wipe_text(text, strlen(text));
	if (rc != 1)
		return ERR_NOMEM;
	struct slice key = slice_of(salted, sizeof(salted));
	secret_hmac(key, SLICE("Client Key"), client_key);
	secret_hmac(key, SLICE("Server Key"), s->server_key);
	rc = EVP_Digest(client_key, sizeof(client_key), s->stored_key, NULL,
	    EVP_sha256(), NULL);
	OPENSSL_cleanse(salted, sizeof(salted));
	OPENSSL_cleanse(client_key, sizeof(client_key));
	return rc == 1 ? ERR_OK : ERR_NOMEM;
}

enum err
secret_make(struct slice password, struct secret *out, struct diag *d)
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	char seed[32];
	struct secret s = {.iterations = 0};
	if (sasl_login_text(SASL_LOGIN_ASK_PASSWORD, password) != ERR_OK)
		return diag_set(d, ERR_SYNTAX, "",
		    "the password must be 1 to %d octets of UTF-8",
		    SASL_PASSWORD_MAX);
	random_bytes(seed, sizeof(seed));
	if (crypt_gensalt_rn("$y$", 0, seed, (int)sizeof(seed), setting,
		(int)sizeof(setting)) == NULL)
		return diag_set(d, ERR_UNSUPPORTED, "",
		    "libcrypt on this system has no yescrypt");
	if (!hash_password(password, setting, s.hash))
		return diag_set(
		    d, ERR_NOMEM, "", "the password could not be hashed");
	enum err e = make_scram(password, &s);
	if (e == ERR_OK)
		*out = s;
	else
		(void)diag_set(
		    d, e, "", "the SCRAM keys could not be computed");
	secret_wipe(&s);
	return e;
}

void
secret_wipe(struct secret *s)
{
	OPENSSL_cleanse(s, sizeof(*s));
}

struct account
secret_account(struct slice name, const struct secret *s)
{
	struct account a = {
	    .name = name,
	    .hash = slice_str(s->hash),
	    .iterations = s->iterations,
	    .salt_n = SECRET_SALT_LEN,
	};
	memcpy(a.salt, s->salt, SECRET_SALT_LEN);
	memcpy(a.stored_key, s->stored_key, ACCOUNT_KEY_LEN);
	memcpy(a.server_key, s->server_key, ACCOUNT_KEY_LEN);
	return a;
}
