#include "role/relay/credentials.h"

/* "[host]:port", "host:port", "[host]", "host" */
static bool
host_fits(struct slice word, struct slice host, uint16_t port)
{
	uint64_t n;
	struct slice name, rest;
	if (slice_starts(word, SLICE("["))) {
		size_t end = slice_find(word, ']');
		name = slice_from(slice_to(word, end), 1);
		rest = slice_from(word, end + 1);
	} else {
		size_t colon = slice_rfind(word, ':');
		name = slice_to(word, colon);
		rest = slice_from(word, colon);
	}
	if (!slice_eq_nocase(name, host))
		return false;
	return rest.n == 0 ||
	       (rest.p[0] == ':' && slice_u64(slice_from(rest, 1), &n) &&
		   n == port);
}

enum err
credentials_find(struct slice text, struct slice host, uint16_t port,
    struct slice *out_user, struct slice *out_password)
{
	while (text.n > 0) {
		size_t lf = slice_find(text, '\n');
		struct slice line = slice_to(text, lf);
		text = slice_from(text, lf + 1);
		if (slice_ends_nocase(line, SLICE("\r")))
			line.n--;
		line = slice_trim(line);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		size_t gap = 0;
		while (
		    gap < line.n && line.p[gap] != ' ' && line.p[gap] != '\t')
			gap++;
		struct slice secret = slice_trim(slice_from(line, gap));
		size_t colon = slice_find(secret, ':');
		if (colon == 0 || colon == secret.n ||
		    !host_fits(slice_to(line, gap), host, port))
			continue;
		*out_user = slice_to(secret, colon);
		*out_password = slice_from(secret, colon + 1);
		return ERR_OK;
	}
	return ERR_NOT_FOUND;
}
