/* Any tree of any values: JSON that parses, HTML with no tag but ours, text
 * without control characters but ours, CSV without a formula. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/utf8.h"
#include "check/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x)                                                               \
	do {                                                                   \
		if (!(x)) {                                                    \
			fprintf(stderr, "line %d: %s\n", __LINE__, #x);        \
			abort();                                               \
		}                                                              \
	} while (0)

static const struct report_column columns[] = {
    {"a", "A"}, {"b", "B <i>"}, {"c", "C"}};

/* ---- a tree from octets ---- */

static uint8_t
octet(struct slice *in)
{
	uint8_t c = in->n > 0 ? in->p[0] : 0;
	*in = slice_from(*in, 1);
	return c;
}

static struct slice
text(struct slice *in)
{
	struct slice s = slice_to(*in, octet(in) & 31);
	*in = slice_from(*in, s.n);
	return s;
}

static struct report_value
value(struct slice *in)
{
	uint8_t c = octet(in);
	return (struct report_value){(enum report_type)(c & 3),
	    (enum report_mood)((c >> 2) % 5), text(in)};
}

static const char *
key(struct slice *in, char out[3])
{
	out[0] = (char)('a' + (octet(in) & 7));
	out[1] = '\0';
	return out;
}

static void
step(struct report *r, struct report_node **at, struct slice *in)
{
	char k[3], label[40];
	struct report_node *n;
	struct report_value v[3];
	uint8_t c = octet(in);
	enum report_level level = (enum report_level)((c >> 4) % 5);
	snprintf(label, sizeof(label), "%.*s", SLICE_ARG(text(in)));
	switch (c & 7) {
	case 0:
	case 1:
		*at = report_section(r, *at, key(in, k), label, c & 1, level);
		break;
	case 2:
		*at = report_root(r);
		break;
	case 3:
		n = report_table(r, *at, key(in, k), label, columns, 3, level);
		for (int i = 0; i < 3; i++)
			v[i] = value(in);
		report_row(r, n, v);
		break;
	case 4:
		n = report_transcript(r, *at, key(in, k), label, level);
		report_line(r, n, octet(in) * 1000u, (char)octet(in), text(in));
		break;
	case 5:
		report_finding(r, label, (enum check_severity)(c / 8 % 3),
		    text(in), text(in));
		break;
	case 6:
		report_answer(r, (enum check_answer)(c / 8 % 3));
		break;
	default:
		v[0] = value(in);
		report_fact(r, *at, key(in, k), label, v[0], level);
	}
}

/* ---- what comes out ---- */

static void
check_json(const struct report *r, struct buf *b)
{
	render_json(r, b);
	CHECK(buf_err(b) == ERR_OK);
	json_error_t e;
	json_t *j = json_loadb((const char *)b->p, b->n,
	    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &e);
	if (j == NULL)
		fprintf(stderr, "%s\n%.*s\n", e.text, SLICE_ARG(buf_slice(b)));
	CHECK(j != NULL);
	CHECK(json_is_string(json_object_get(j, "answer")));
	CHECK(json_is_array(json_object_get(j, "findings")));
	json_decref(j);
}

/* No control characters but LF, UTF-8, nothing that turns the direction. */
static void
check_octets(struct slice s)
{
	while (s.n > 0) {
		size_t n = utf8_sequence(s);
		CHECK(n > 0);
		CHECK(n > 1 || s.p[0] >= ' ' || s.p[0] == '\n');
		CHECK(s.p[0] != 0x7f);
		CHECK(n != 2 || s.p[0] != 0xc2 || s.p[1] >= 0xa0);
		CHECK(n != 3 || memcmp(s.p, "\xe2\x80\xae", 3) != 0);
		s = slice_from(s, n);
	}
}

static void
check_text(const struct report *r, const struct render *how, struct buf *b)
{
	static const char *const ours[] = {"\x1b[0m", "\x1b[1m", "\x1b[2m",
	    "\x1b[31m", "\x1b[32m", "\x1b[33m"};
	struct buf bare;
	buf_init(&bare, b->max);
	buf_clear(b);
	render_text(r, how, b);
	CHECK(buf_err(b) == ERR_OK);
	struct slice s = buf_slice(b);
	while (s.n > 0) {
		size_t n = slice_find(s, 0x1b), i = 0;
		buf_add(&bare, slice_to(s, n));
		s = slice_from(s, n);
		if (s.n == 0)
			break;
		CHECK(how->colour);
		while (i < 6 && !slice_starts(s, slice_str(ours[i])))
			i++;
		CHECK(i < 6);
		s = slice_from(s, strlen(ours[i]));
	}
	check_octets(buf_slice(&bare));
	buf_free(&bare);
}

static bool
is_ours(struct slice tag)
{
	static const char *const ours[] = {"!doctype html", "html lang=\"en\"",
	    "head", "/head", "meta charset=\"utf-8\"",
	    ("meta name=\"viewport\" content=\"width=device-width, "
	     "initial-scale=1\""),
	    "meta name=\"referrer\" content=\"no-referrer\"", "title", "/title",
	    "style", "/style", "body", "/body", "main", "/main", "/html",
	    "section", "/section", "h1", "/h1", "h2", "/h2", "h3", "/h3", "h4",
	    "/h4", "h5", "/h5", "h6", "/h6", "p", "/p", "p class=\"cure\"", "b",
	    "/b", "code", "/code", "ul", "/ul", "/li", "li class=\"dim\"",
	    "li class=\"warn\"", "li class=\"bad\"", "dl", "/dl", "dt", "/dt",
	    "/dd", "div class=\"wide\"", "/div", "table", "/table", "tr", "/tr",
	    "th", "/th", "/td", "pre", "/pre", "/span", "/strong",
	    "strong class=\"good\"", "strong class=\"bad\"",
	    "strong class=\"unknown\"", "span class=\"we\"",
	    "span class=\"they\"", "span class=\"remark\"",
	    "span class=\"plain\""};
	static const char *const moods[] = {
	    "plain\"", "good\"", "warn\"", "bad\"", "dim\""};
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (slice_eq(tag, slice_str(ours[i])))
			return true;
	if (!slice_starts(tag, SLICE("dd class=\"")) &&
	    !slice_starts(tag, SLICE("td class=\"")))
		return false;
	for (size_t i = 0; i < sizeof(moods) / sizeof(moods[0]); i++)
		if (slice_eq(slice_from(tag, 10), slice_str(moods[i])))
			return true;
	return false;
}

static void
check_html(const struct report *r, const struct render *how, struct buf *b)
{
	unsigned policies = 0;
	buf_clear(b);
	render_html(r, how, b);
	CHECK(buf_err(b) == ERR_OK);
	struct slice s = buf_slice(b);
	check_octets(s);
	while (s.n > 0) {
		s = slice_from(s, slice_find(s, '<'));
		if (s.n == 0)
			break;
		struct slice tag = slice_to(s, slice_find(s, '>'));
		CHECK(tag.n < s.n);
		s = slice_from(s, tag.n + 1);
		tag = slice_from(tag, 1);
		if (slice_starts(tag,
			SLICE("meta http-equiv=\"Content-Security-Policy\" "
			      "content=\"default-src 'none'; style-src "
			      "'sha256-")))
			policies++;
		else
			CHECK(is_ours(tag));
	}
	CHECK(policies == 1);
}

/* A table to whom splits at commas, and to whom splits at semicolons or bars
 * without heeding quotes that stand within a field. */
static void
check_csv(const struct report *r, const struct render *how, struct buf *b)
{
	bool quoted = false, begins = true;
	buf_clear(b);
	render_csv(r, how, b);
	CHECK(buf_err(b) == ERR_OK);
	struct slice s = buf_slice(b);
	check_octets(s);
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		CHECK(c != '\n' || !quoted);
		CHECK(
		    !begins || (c != '=' && c != '+' && c != '-' && c != '@'));
		quoted = quoted != (c == '"');
		if (c == ';' || c == '|' || c == '\n' || (c == ',' && !quoted))
			begins = true;
		else if (c != ' ' && c != '"')
			begins = false;
	}
	CHECK(!quoted);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	uint8_t c = octet(&in);
	struct render how = {
	    (enum report_level)(c % 5), c & 64 ? 0u : 20u, (c & 128) != 0};
	struct report *r = report_new(text(&in));
	CHECK(r != NULL);
	struct report_node *at = report_root(r);
	for (int i = 0; i < 200 && in.n > 0; i++)
		step(r, &at, &in);
	struct buf b;
	buf_init(&b, 64u << 20);
	check_json(r, &b);
	check_text(r, &how, &b);
	check_html(r, &how, &b);
	check_csv(r, &how, &b);
	buf_free(&b);
	report_free(r);
	return 0;
}
