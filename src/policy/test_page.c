#include "policy/test_page.h"

#include <string.h>

#define WIDTH  76u
#define COLUMN 24u

static const char *const classes[] = {[TEST_GOOD] = "good",
    [TEST_INFO] = "info",
    [TEST_WARN] = "warn",
    [TEST_BAD] = "bad"};

/* ---- octets ---- */

static void
add_octet(struct test_page *p, uint8_t c)
{
	static const struct {
		uint8_t c;
		const char *entity;
	} special[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"},
	    {'"', "&quot;"}, {'\'', "&#39;"}};
	for (size_t i = 0; p->html && i < sizeof(special) / sizeof(special[0]);
	     i++)
		if (special[i].c == c) {
			buf_add_str(p->b, special[i].entity);
			return;
		}
	if (c < ' ' || c > '~')
		buf_printf(p->b, "\\x%02x", c);
	else
		buf_add_byte(p->b, c);
}

static void
add_text(struct test_page *p, struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		add_octet(p, s.p[i]);
}

static void
add_str(struct test_page *p, const char *s)
{
	add_text(p, slice_str(s));
}

static void
add_value(struct test_page *p, struct slice s)
{
	add_text(p, slice_to(s, TEST_VALUE_MAX));
	if (s.n > TEST_VALUE_MAX)
		buf_add_str(p->b, "...");
}

/* Our own words: escaped in HTML; in text broken at spaces, what follows the
 * first line behind so many spaces. */
static void
add_prose(struct test_page *p, const char *text, size_t column, size_t indent)
{
	struct slice rest = slice_str(text);
	if (p->html) {
		add_text(p, rest);
		return;
	}
	for (bool first = true; rest.n > 0; first = false) {
		size_t n = slice_find(rest, ' ');
		if (!first && column + 1 + n > WIDTH) {
			buf_add_byte(p->b, '\n');
			for (column = 0; column < indent; column++)
				buf_add_byte(p->b, ' ');
		} else if (!first) {
			buf_add_byte(p->b, ' ');
			column++;
		}
		add_text(p, slice_to(rest, n));
		column += n;
		rest = slice_from(rest, n + 1);
	}
}

/* ---- parts ---- */

void
test_page_begin(struct test_page *p, const char *title)
{
	if (!p->html)
		return;
	buf_add_str(p->b,
	    "<!DOCTYPE html>\n<html><head><meta charset=\"us-ascii\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" "
	    "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width\">\n"
	    "<title>");
	add_str(p, title);
	buf_add_str(p->b,
	    "</title>\n<style>:root{color-scheme:light dark}"
	    "body{font:15px/1.45 sans-serif;max-width:52em;margin:1em auto;"
	    "padding:0 1em}"
	    "th{text-align:left;vertical-align:top;padding-right:1em;"
	    "font-weight:normal;opacity:.75}"
	    "td{overflow-wrap:anywhere}"
	    "pre{overflow-x:auto;font-size:13px}"
	    "code{opacity:.75}"
	    ".good{color:#15803d}.warn{color:#b45309}.bad{color:#dc2626}"
	    "</style></head><body>\n");
}

void
test_page_end(struct test_page *p)
{
	if (p->html)
		buf_add_str(p->b, "</body></html>\n");
}

void
test_page_heading(struct test_page *p, const char *text)
{
	buf_add_str(p->b, p->html ? "<h2>" : "\n");
	add_str(p, text);
	buf_add_byte(p->b, p->html ? '<' : '\n');
	if (p->html) {
		buf_add_str(p->b, "/h2>\n");
		return;
	}
	for (size_t i = 0; i < strlen(text); i++)
		buf_add_byte(p->b, '-');
	buf_add_byte(p->b, '\n');
}

void
test_page_para(struct test_page *p, const char *text)
{
	buf_add_str(p->b, p->html ? "<p>" : "");
	add_prose(p, text, 0, 0);
	buf_add_str(p->b, p->html ? "</p>\n" : "\n");
}

void
test_page_verdict(struct test_page *p, enum test_mood mood, const char *text)
{
	if (p->html)
		buf_printf(p->b, "<p><strong class=\"%s\">", classes[mood]);
	add_prose(p, text, 0, 0);
	buf_add_str(p->b, p->html ? "</strong></p>\n" : "\n");
}

void
test_page_rows_begin(struct test_page *p)
{
	buf_add_str(p->b, p->html ? "<table>\n" : "");
}

void
test_page_row(struct test_page *p, const char *label, struct slice value)
{
	buf_add_str(p->b, p->html ? "<tr><th>" : "");
	add_str(p, label);
	buf_add_str(p->b, p->html ? "</th><td>" : " ");
	for (size_t n = strlen(label) + 1; !p->html && n < COLUMN; n++)
		buf_add_byte(p->b, ' ');
	add_value(p, value);
	buf_add_str(p->b, p->html ? "</td></tr>\n" : "\n");
}

void
test_page_rows_end(struct test_page *p)
{
	buf_add_str(p->b, p->html ? "</table>\n" : "");
}

void
test_page_finding(struct test_page *p, enum test_mood mood, const char *word,
    const char *code, const char *text, const char *before, const char *cure)
{
	if (p->html)
		buf_printf(p->b, "<p><strong class=\"%s\">", classes[mood]);
	add_str(p, word);
	buf_add_str(p->b, p->html ? "</strong> " : ": ");
	add_prose(p, text, strlen(word) + 2, 2);
	buf_add_str(p->b, p->html ? " <code>" : "\n  (");
	add_str(p, code);
	buf_add_str(p->b, p->html ? "</code>" : ")\n");
	if (cure[0] != '\0') {
		buf_add_str(p->b, p->html ? "<br>" : "  ");
		add_str(p, before);
		buf_add_str(p->b, ": ");
		add_prose(p, cure, 4 + strlen(before), 2);
		buf_add_str(p->b, p->html ? "" : "\n");
	}
	buf_add_str(p->b, p->html ? "</p>\n" : "\n");
}

void
test_page_lines_begin(struct test_page *p)
{
	buf_add_str(p->b, p->html ? "<pre>" : "");
}

void
test_page_line(struct test_page *p, struct slice front, struct slice value)
{
	add_value(p, front);
	add_value(p, value);
	buf_add_byte(p->b, '\n');
}

void
test_page_lines_end(struct test_page *p)
{
	buf_add_str(p->b, p->html ? "</pre>\n" : "");
}

/* ---- quoted-printable ---- */

void
test_page_quote(struct buf *out, struct slice text)
{
	size_t column = 0;
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		bool last = i + 1 == text.n || text.p[i + 1] == '\n';
		bool plain = c > ' ' && c <= '~' && c != '=';
		plain = plain || (c == ' ' && !last);
		if (c == '\n') {
			buf_add_str(out, "\r\n");
			column = 0;
			continue;
		}
		if (column + (plain ? 1 : 3) > WIDTH - 1) {
			buf_add_str(out, "=\r\n");
			column = 0;
		}
		if (plain)
			buf_add_byte(out, c);
		else
			buf_printf(out, "=%02X", c);
		column += plain ? 1 : 3;
	}
	if (column > 0)
		buf_add_str(out, "\r\n");
}
