/* tls_wanted.c - is a refusal for want of TLS, or of something else? */
#include "check/tls_priv.h"

static bool
is_alnum(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

/* An address, a host or a URL: what stands in it is a name. */
static bool
is_name(struct slice word)
{
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] == '@' ||
		    (word.p[i] == '.' && i > 0 && i + 1 < word.n &&
			is_alnum(word.p[i - 1]) && is_alnum(word.p[i + 1])))
			return true;
	return false;
}

static bool
is_one_of(struct slice part, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq_nocase(part, slice_str(words[i])))
			return true;
	return false;
}

/* Does a word of that list stand in the text, by itself? */
static bool
says(struct slice text, const char *const *words, size_t n)
{
	for (size_t at = 0; at < text.n;) {
		size_t end = at;
		while (end < text.n && text.p[end] > ' ')
			end++;
		struct slice word = slice_of(text.p + at, end - at);
		for (size_t i = 0, k; i < word.n && !is_name(word); i = k + 1) {
			for (k = i; k < word.n && is_alnum(word.p[k]);)
				k++;
			if (is_one_of(slice_of(word.p + i, k - i), words, n))
				return true;
		}
		at = end + 1;
	}
	return false;
}

#define SAYS(text, words)                                                      \
	says((text), (words), sizeof(words) / sizeof((words)[0]))

bool
tls_wanted(uint16_t code, struct slice text)
{
	static const char *const tls[] = {"TLS", "STARTTLS", "SSL",
	    "encryption", "encrypted", "encrypt", "unencrypted", "cleartext",
	    "plaintext"};
	static const char *const login[] = {"auth", "authenticate",
	    "authenticated", "authentication", "login", "log", "authorized",
	    "SASL"};
	if (code < 500 || code > 599)
		return false;
	if (SAYS(text, tls) || code == 523 || code == 538)
		return true;
	return code == 530 && !SAYS(text, login);
}
