/* extract_line.c - lines of logs, and refusals, in a text that was wrapped and
 * quoted on its way. */
#include "policy/extract_priv.h"

#define LINE_BEFORE 700 /* octets shown around the words */
#define LINE_AFTER  500
#define REPLY_MAX   400 /* octets of a refusal, its words included */

size_t
extract_quote(struct slice line)
{
	size_t i = 0;
	while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\t' ||
				 line.p[i] == '>' || line.p[i] == '|'))
		i++;
	return i;
}

static bool
is_blank(struct slice line)
{
	size_t n = extract_quote(line);
	return n == line.n || line.p[n] == '\n' || line.p[n] == '\r';
}

/* ---- lines of logs ---- */

bool
extract_is_stamped(struct slice line)
{
	/* MDaemon and Exim, RFC 3339, syslog, the tables of Exchange, TAI64N */
	static const char *const stamps[] = {"####-##-## ##:##:",
	    "####-##-##T##:##:", "# ##:##:", "## ##:##:", "@40000000"};
	struct slice s = slice_to(slice_from(line, extract_quote(line)), 40);
	/* "Mon 2018-04-23", "Nov 21" */
	bool word = s.n > 4 && s.p[3] == ' ' && ascii_is_alpha(s.p[0]) &&
		    ascii_is_alpha(s.p[1]) && ascii_is_alpha(s.p[2]);
	if (word)
		s = slice_trim(slice_from(s, 4));
	for (size_t i = 0; i < sizeof(stamps) / sizeof(stamps[0]); i++) {
		struct slice w = slice_str(stamps[i]);
		bool day = w.p[0] == '#' && w.n < 10;
		if (day && !word)
			continue;
		if (w.p[0] == '@' ? slice_starts(s, w)
				  : extract_match(s, w) > 0)
			return true;
	}
	return false;
}

static size_t
line_begin(struct slice text, size_t at)
{
	while (at > 0 && text.p[at - 1] != '\n')
		at--;
	return at;
}

/* Where the line of the log begins that at stands in, wrapped or not; of
 * another text just the line. */
static size_t
find_begin(struct slice text, size_t at, bool *out_stamped)
{
	size_t first = line_begin(text, at), from = first;
	for (;;) {
		struct slice line = slice_from(text, from);
		*out_stamped = extract_is_stamped(line);
		if (*out_stamped)
			return from;
		if (from == 0 || is_blank(line) || at - from > LINE_BEFORE)
			return first;
		from = line_begin(text, from - 1);
	}
}

/* Does what begins there go on with the line before it? */
static bool
goes_on(struct slice line, bool stamped)
{
	if (is_blank(line) || extract_is_stamped(line))
		return false;
	return stamped || line.p[0] == ' ' || line.p[0] == '\t';
}

struct slice
extract_line_around(struct slice text, size_t at, size_t n)
{
	bool stamped;
	size_t from = find_begin(text, at, &stamped), to = at + n, end = to;
	if (at - from > LINE_BEFORE) {
		from = at - LINE_BEFORE;
		while (from < at && text.p[from - 1] != ' ')
			from++;
	}
	while (to < text.n && to - end < LINE_AFTER) {
		if (text.p[to] == '\n' &&
		    !goes_on(slice_from(text, to + 1), stamped))
			break;
		to++;
	}
	while (to > end && (text.p[to - 1] == '\n' || text.p[to - 1] == '\r'))
		to--;
	return slice_trim(slice_to(slice_from(text, from), to - from));
}

/* ---- refusals ---- */

static bool
is_announcing(struct slice word)
{
	static const char *const words[] = {"said", "says", "error", "err",
	    "code", "status", "reply", "replied", "response", "responded",
	    "returned", "returns", "answer", "answered", "smtp", "with",
	    "reject", "rejected", "got", "received", "message", "kode",
	    "jawaban", "dijawab", "menjawab", "balasan", "respon", "pesan",
	    "pesannya", "dengan"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (slice_eq_nocase(word, slice_str(words[i])))
			return true;
	return false;
}

bool
extract_announced(struct slice text, size_t at)
{
	size_t i = at, to;
	while (i > 0 && (text.p[i - 1] == ' ' || text.p[i - 1] == '\t'))
		i--;
	if (i == 0 || text.p[i - 1] == '\n')
		return true;
	if (!ascii_is_alnum(text.p[i - 1])) {
		/* "said: 550", "'550", "<-- 550", "(550", "dsn=5", "#5" */
		static const char touching[] = "#=['\"(<*/_\\";
		bool touches = i == at;
		for (size_t k = 0; touches && k < sizeof(touching) - 1; k++)
			if ((char)text.p[i - 1] == touching[k])
				return true;
		return text.p[i - 1] == ':' || text.p[i - 1] == ';' ||
		       text.p[i - 1] == '>' || text.p[i - 1] == '-' ||
		       text.p[i - 1] == '|' || text.p[i - 1] == '*' ||
		       text.p[i - 1] == '<' ||
		       (touches && text.p[i - 1] == ',');
	}
	for (to = i; i > 0 && ascii_is_alnum(text.p[i - 1]) && to - i < 16;)
		i--;
	return is_announcing(slice_to(slice_from(text, i), to - i));
}

/* status = class 2*( "." 1*3DIGIT ) (RFC 3463); the octets, or 0. */
static size_t
status_octets(struct slice s)
{
	size_t at = 1;
	if (s.n < 5 || (s.p[0] != '4' && s.p[0] != '5'))
		return 0;
	for (int part = 0; part < 2; part++) {
		size_t n = 0;
		if (at == s.n || s.p[at++] != '.')
			return 0;
		for (; at < s.n && ascii_is_digit(s.p[at]); at++)
			n++;
		if (n == 0 || n > 3)
			return 0;
	}
	return at;
}

/* A refusal begins there: "550 5.1.1 ", "550-5.7.25", "554 No". */
static bool
is_refusal(struct slice text, size_t at, bool *out_coded)
{
	struct slice s = slice_from(text, at);
	size_t n = 3;
	if (s.n < 3 || (s.p[0] != '4' && s.p[0] != '5') || s.p[1] > '7' ||
	    !ascii_is_digit(s.p[1]) || !ascii_is_digit(s.p[2]))
		return false;
	if (s.n > 3 && (ascii_is_alnum(s.p[3]) || (s.p[3] == '.' && s.n > 4 &&
						      ascii_is_digit(s.p[4]))))
		return false;
	if (!extract_begins(text, at, '#') || !extract_announced(text, at))
		return false;
	while (n < s.n && n < 8 &&
	       (s.p[n] == ' ' || s.p[n] == '-' || s.p[n] == '#' ||
		   s.p[n] == '\'' || s.p[n] == '"' || s.p[n] == '_' ||
		   s.p[n] == '\t'))
		n++;
	*out_coded = status_octets(slice_from(s, n)) > 0;
	return true;
}

/* "-- " and what stands below it is nobody's log. */
static bool
is_signature(struct slice line)
{
	size_t n = extract_quote(line);
	struct slice s = slice_to(slice_from(line, n), 4);
	return slice_starts(s, SLICE("-- \n")) ||
	       slice_starts(s, SLICE("--\n"));
}

void
extract_place_move(struct extract_place *p, struct slice text, size_t at)
{
	bool coded;
	if (at == 0 || text.p[at - 1] == '\n') {
		struct slice line = slice_from(text, at);
		bool stamped = extract_is_stamped(line);
		if (is_signature(line))
			p->footer = true;
		else if (stamped)
			p->footer = false;
		if (p->footer || stamped || is_blank(line))
			p->reply_end = at;
	}
	/* "said: 550 ... (in reply to RCPT TO command)" */
	if (text.p[at] == '(' &&
	    slice_starts(slice_from(text, at), SLICE("(in reply to")))
		p->reply_end = at;
	if (is_refusal(text, at, &coded)) {
		p->reply_end = at + REPLY_MAX;
		p->coded = coded;
	}
}
