#include "proto/tls/suites.h"

#include "proto/tls/suites_table.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

#define ROW(id, name, openssl)      {id, "TLS_" name, openssl},
#define ROW_SSL2(id, name, openssl) {id, name, openssl},
static const struct tls_suite suites[] = {TLS_SUITES(ROW)};
static const struct tls_suite ssl2[] = {TLS_SSL2_SUITES(ROW_SSL2)};

const struct tls_suite *
tls_suites(size_t *out_n)
{
	*out_n = COUNT(suites);
	return suites;
}

const struct tls_suite *
tls_ssl2_suites(size_t *out_n)
{
	*out_n = COUNT(ssl2);
	return ssl2;
}

static const struct tls_suite *
find(const struct tls_suite *v, size_t n, uint32_t id)
{
	size_t lo = 0;
	while (lo < n) {
		size_t mid = lo + (n - lo) / 2;
		if (v[mid].id == id)
			return &v[mid];
		if (v[mid].id < id)
			lo = mid + 1;
		else
			n = mid;
	}
	return NULL;
}

const struct tls_suite *
tls_suite_find(uint16_t id)
{
	return find(suites, COUNT(suites), id);
}

const struct tls_suite *
tls_ssl2_suite_find(uint32_t id)
{
	return find(ssl2, COUNT(ssl2), id);
}

/* ---- what a name says ---- */

static bool
has(struct slice name, const char *word)
{
	struct slice w = slice_str(word);
	for (; name.n >= w.n; name = slice_from(name, 1))
		if (slice_starts(name, w))
			return true;
	return false;
}

/* First match counts: the special before the general. */
static const struct {
	const char *word;
	uint16_t bits;
	bool block64;
} ciphers[] = {
    {"WITH_NULL", 0, false},
    {"CK_NULL", 0, false},
    {"WITH_SHA", 0, false}, /* TLS_SHA256_SHA256 and the like */
    {"EXPORT40", 40, true},
    {"DES40", 40, true},
    {"RC4_40", 40, false},
    {"RC2_CBC_40", 40, true},
    {"RC4_56", 56, false},
    {"RC2_CBC_56", 56, true},
    {"3DES", 112, true},
    {"192_EDE3", 112, true},
    {"DES_CBC_40", 40, true},
    {"DES_", 56, true},
    {"RC4_64", 64, false},
    {"RC4_128", 128, false},
    {"RC2", 128, true},
    {"IDEA", 128, true},
    {"28147", 256, true},
    {"MAGMA", 256, true},
    {"GOST", 256, false},
    {"_256_CBC", 256, false},
    {"_256_GCM", 256, false},
    {"_256_CCM", 256, false},
    {"_256_OCB", 256, false},
    {"CHACHA20", 256, false},
};

static void
judge_cipher(struct slice name, struct tls_suite_facts *f)
{
	f->bits = 128; /* AES, Camellia, ARIA, SEED, SM4 */
	for (size_t i = 0; i < COUNT(ciphers); i++) {
		if (!has(name, ciphers[i].word))
			continue;
		f->bits = ciphers[i].bits;
		f->block64 = ciphers[i].block64;
		break;
	}
	f->null = f->bits == 0;
	f->rc4 = has(name, "RC4");
	if (f->rc4)
		f->block64 = false;
	f->cbc = has(name, "CBC");
	f->aead = has(name, "_GCM") || has(name, "_CCM") || has(name, "_OCB") ||
		  has(name, "CHACHA20");
	f->export_grade = has(name, "EXPORT");
}

static bool
any_of(struct slice name, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (has(name, words[i]))
			return true;
	return false;
}

void
tls_suite_judge(const struct tls_suite *s, struct tls_suite_facts *out)
{
	static const char *const odd[] = {"PSK", "SRP", "KRB5", "TLS_ECDH_",
	    "TLS_DH_RSA", "TLS_DH_DSS", "ECCPWD", "CECPQ1", "GOST", "FORTEZZA"};
	struct slice name = slice_str(s->name);
	struct tls_suite_facts f = {0};
	judge_cipher(name, &f);
	f.anonymous = has(name, "_anon_");
	f.psk = has(name, "PSK");
	f.tls13 = !has(name, "_WITH_") && s->id <= 0xffff;
	if (f.tls13)
		f.kx = has(name, "SHA256_SHA256") || has(name, "SHA384_SHA384")
			   ? TLS_KX_OTHER
			   : TLS_KX_ANY;
	else if (has(name, "TLS_ECDHE_") || has(name, "TLS_ECDH_anon"))
		f.kx = TLS_KX_ECDHE;
	else if (has(name, "_DHE_") || has(name, "TLS_DH_anon"))
		f.kx = TLS_KX_DHE;
	else if (any_of(name, odd, COUNT(odd)))
		f.kx = TLS_KX_OTHER;
	else
		f.kx = TLS_KX_RSA;
	f.forward_secrecy =
	    !f.anonymous &&
	    (f.kx == TLS_KX_DHE || f.kx == TLS_KX_ECDHE || f.kx == TLS_KX_ANY);
	f.tls12_up = f.tls13 || f.aead ||
		     (!f.psk && (slice_ends_nocase(name, SLICE("SHA256")) ||
				    slice_ends_nocase(name, SLICE("SHA384"))));
	f.rare = s->openssl[0] == '\0' ||
		 (any_of(name, odd, COUNT(odd)) && !has(name, "anon"));
	*out = f;
}

/* ---- groups ---- */

static const struct tls_group groups[] = {
    {1, 163, "sect163k1"},
    {2, 162, "sect163r1"},
    {3, 163, "sect163r2"},
    {4, 193, "sect193r1"},
    {5, 193, "sect193r2"},
    {6, 232, "sect233k1"},
    {7, 233, "sect233r1"},
    {8, 238, "sect239k1"},
    {9, 281, "sect283k1"},
    {10, 282, "sect283r1"},
    {11, 407, "sect409k1"},
    {12, 409, "sect409r1"},
    {13, 570, "sect571k1"},
    {14, 570, "sect571r1"},
    {15, 161, "secp160k1"},
    {16, 161, "secp160r1"},
    {17, 161, "secp160r2"},
    {18, 192, "secp192k1"},
    {19, 192, "secp192r1"},
    {20, 225, "secp224k1"},
    {21, 224, "secp224r1"},
    {22, 256, "secp256k1"},
    {23, 256, "secp256r1"},
    {24, 384, "secp384r1"},
    {25, 521, "secp521r1"},
    {26, 256, "brainpoolP256r1"},
    {27, 384, "brainpoolP384r1"},
    {28, 512, "brainpoolP512r1"},
    {29, 253, "x25519"},
    {30, 448, "x448"},
    {31, 256, "brainpoolP256r1tls13"},
    {32, 384, "brainpoolP384r1tls13"},
    {33, 512, "brainpoolP512r1tls13"},
    {256, 2048, "ffdhe2048"},
    {257, 3072, "ffdhe3072"},
    {258, 4096, "ffdhe4096"},
    {259, 6144, "ffdhe6144"},
    {260, 8192, "ffdhe8192"},
    {4587, 256, "SecP256r1MLKEM768"},
    {4588, 253, "X25519MLKEM768"},
    {4589, 384, "SecP384r1MLKEM1024"},
};

const struct tls_group *
tls_groups(size_t *out_n)
{
	*out_n = COUNT(groups);
	return groups;
}

const struct tls_group *
tls_group_find(uint16_t id)
{
	for (size_t i = 0; i < COUNT(groups); i++)
		if (groups[i].id == id)
			return &groups[i];
	return NULL;
}

const char *
tls_wire_name(uint16_t version)
{
	static const char *const names[] = {
	    "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"};
	if (version == TLS_WIRE_SSL2)
		return "SSLv2";
	if (version < TLS_WIRE_SSL3 || version > TLS_WIRE_TLS13)
		return "?";
	return names[version - TLS_WIRE_SSL3];
}
