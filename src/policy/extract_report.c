/* extract_report.c - what "kurir check" printed: its findings name their
 * causes themselves. */
#include "policy/extract_priv.h"

/* finding = ( "fault" / "warning" / "note", or in Indonesian ) SP code LF
 *           1*( 2SP text LF ) [ "  -> " cure LF ] */
static const struct {
	const char *word;
	uint8_t weight;
} marks[] = {
    {"fault ", 100},
    {"kesalahan ", 100},
    {"warning ", 90},
    {"peringatan ", 90},
    {"note ", 60},
    {"catatan ", 60},
};
#define COUNTS    90  /* a note alone is no trouble */
#define WORDS_MAX 600 /* octets of one finding */

/* Octets of white space and marks of quoting in front. */
static size_t
quote(struct slice line)
{
	size_t i = 0;
	while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\t' ||
				 line.p[i] == '>' || line.p[i] == '|'))
		i++;
	return i;
}

/* What stands in a line, without that, and without a CR. */
static struct slice
content(struct slice line)
{
	struct slice s = slice_trim(slice_from(line, quote(line)));
	if (s.n > 0 && s.p[s.n - 1] == '\r')
		s.n--;
	return slice_trim(s);
}

static enum extract_side
side_of(struct slice code)
{
	if (slice_starts(code, SLICE("tls.")))
		return EXTRACT_RECEIVER;
	return slice_starts(code, SLICE("lookup.")) ? EXTRACT_SENDER
						    : EXTRACT_BOTH;
}

/* Does a finding stand in that line? */
static bool
read_head(struct slice line, struct extract_found *f)
{
	struct slice head = content(line);
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		struct slice word = slice_str(marks[i].word);
		if (!slice_starts(head, word))
			continue;
		struct slice code = slice_from(head, word.n);
		const struct cause *c = cause_find(CAUSE_EN, code);
		if (c == NULL)
			return false;
		*f = (struct extract_found){.cause = c->code,
		    .side = side_of(code),
		    .note = {"", ""},
		    .evidence = head,
		    .weight = marks[i].weight};
		return true;
	}
	return false;
}

/* The words of the finding at text's front: to its cure, or an empty line. */
static struct slice
words_of(struct slice text)
{
	size_t at = slice_find(text, '\n') + 1, end = at;
	while (at < text.n && at < WORDS_MAX) {
		struct slice line = slice_from(text, at);
		line = slice_to(line, slice_find(line, '\n'));
		struct slice s = content(line);
		if (s.n == 0 || slice_starts(s, SLICE("->")))
			break;
		at += line.n + 1;
		end = at;
	}
	text = slice_to(text, end);
	while (text.n > 0 &&
	       (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\r'))
		text.n--;
	return slice_trim(text);
}

static bool
known(const struct extract_found *v, size_t n, const char *cause)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(slice_str(v[i].cause), slice_str(cause)))
			return true;
	return false;
}

size_t
extract_report(struct slice text, struct extract_found *out, size_t max)
{
	size_t n = 0;
	bool counts = false;
	for (size_t at = 0; at < text.n && n < max;) {
		struct extract_found f;
		struct slice rest = slice_from(text, at);
		struct slice line = slice_to(rest, slice_find(rest, '\n'));
		size_t in = quote(line);
		if (read_head(line, &f) && !known(out, n, f.cause)) {
			f.at = at + in;
			f.evidence = words_of(slice_from(rest, in));
			counts = counts || f.weight >= COUNTS;
			out[n++] = f;
		}
		at += line.n + 1;
	}
	return counts ? n : 0;
}
