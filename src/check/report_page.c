#include "check/report_page.h"

#include "check/report_tree.h"
#include "check/tr.h"

/* The policy lets this style pass by its digest and nothing else: no script,
 * no image, no request to anywhere. A test holds the two together. */
static const char style[] =
    ":root{color-scheme:light dark;--bg:#fbfbf9;--fg:#1c1f23;--dim:#5f6670;"
    "--line:#d9dbd6;--card:#fff;--good:#1b6e3c;--warn:#8a5a00;--bad:#b3261e;"
    "--we:#1f4fa3}"
    "@media(prefers-color-scheme:dark){:root{--bg:#14171a;--fg:#e6e7e4;"
    "--dim:#9aa1a9;--line:#333a40;--card:#1c2024;--good:#6fcf97;"
    "--warn:#e3b341;--bad:#ff8a80;--we:#8ab4f8}}"
    "*{box-sizing:border-box}"
    "body{margin:0;background:var(--bg);color:var(--fg);"
    "font:16px/1.5 system-ui,sans-serif}"
    "main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem 3rem}"
    "h1,h2,h3,h4,h5,h6{line-height:1.25;margin:1.6em 0 .5em;"
    "overflow-wrap:anywhere}"
    "h1{font-size:1.5rem;margin-top:0}h2{font-size:1.2rem}"
    "h3,h4,h5,h6{font-size:1rem}p{margin:.3em 0;overflow-wrap:anywhere}"
    "section section{padding-left:.75rem;border-left:2px solid var(--line)}"
    "dl{display:grid;grid-template-columns:minmax(8rem,14rem) 1fr;"
    "gap:.25rem 1rem;margin:.5rem 0}"
    "dt{color:var(--dim)}"
    "dd{margin:0;min-width:0;overflow-wrap:anywhere;white-space:pre-wrap}"
    ".wide{overflow-x:auto}"
    "table{border-collapse:collapse;font-size:.9rem;min-width:100%}"
    "th,td{text-align:left;vertical-align:top;padding:.3rem .75rem .3rem 0;"
    "border-bottom:1px solid var(--line)}"
    "th{color:var(--dim);font-weight:600}"
    "pre{overflow-x:auto;background:var(--card);border:1px solid var(--line);"
    "border-radius:6px;padding:.75rem;font:13px/1.5 ui-monospace,monospace}"
    "code{font:.9em ui-monospace,monospace;overflow-wrap:anywhere}"
    "ul{list-style:none;padding:0;margin:1rem 0}"
    "li{background:var(--card);border:1px solid var(--line);"
    "border-left-width:4px;border-radius:6px;padding:.5rem .75rem;"
    "margin:.5rem 0}"
    "li p{color:var(--fg)}.cure{color:var(--dim)!important}"
    "li.bad{border-left-color:var(--bad)}"
    "li.warn{border-left-color:var(--warn)}"
    ".good{color:var(--good)}.warn,.unknown{color:var(--warn)}"
    ".bad{color:var(--bad)}.dim{color:var(--dim)}.we{color:var(--we)}"
    ".remark{color:var(--dim)}"
    "strong{border:1px solid;border-radius:1em;padding:.1em .75em}"
    "a{color:var(--we)}"
    "@media(max-width:40rem){dl{display:block}dd{margin-bottom:.5rem}"
    "section section{padding-left:.5rem}}"
    "@media print{body{background:#fff;color:#000}pre{white-space:pre-wrap}}";

/* base64 of SHA-256. */
static const char style_digest[] =
    "2rl6vqO6fI7pkDxpqWz2CvN8mAq9F3C777v5qGHEsYw=";

const char *
page_style(void)
{
	return style;
}

void
page_text(struct buf *b, struct slice s)
{
	while (s.n > 0) {
		size_t n = report_harmless(s);
		for (size_t i = 0; i < n; i++) {
			switch (s.p[i]) {
			case '<':
				buf_add_str(b, "&lt;");
				break;
			case '>':
				buf_add_str(b, "&gt;");
				break;
			case '&':
				buf_add_str(b, "&amp;");
				break;
			case '"':
				buf_add_str(b, "&quot;");
				break;
			case '\'':
				buf_add_str(b, "&#39;");
				break;
			default:
				buf_add_byte(b, s.p[i]);
			}
		}
		s = slice_from(s, n);
		n = report_foul(s);
		if (n == 1 && s.p[0] == '\n')
			buf_add_byte(b, '\n');
		else
			report_add_shown(b, slice_to(s, n));
		s = slice_from(s, n);
	}
}

void
page_badge(struct buf *b, enum check_answer a)
{
	static const char *const words[] = {[CHECK_GOOD] = N_("good"),
	    [CHECK_BAD] = N_("bad"),
	    [CHECK_UNKNOWN] = N_("unknown")};

	buf_printf(b, "<strong class=\"%s\">", report_answer_name(a));
	page_text(b, slice_str(tr(words[a])));
	buf_add_str(b, "</strong>");
}

void
page_head(struct buf *b, struct slice title)
{
	buf_printf(b,
	    "<!doctype html>\n<html lang=\"%s\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n",
	    tr_lang() == TR_ID ? "id" : "en");
	buf_printf(b,
	    "<meta http-equiv=\"Content-Security-Policy\" "
	    "content=\"default-src 'none'; style-src 'sha256-%s'; "
	    "base-uri 'none'; form-action 'none'\">\n",
	    style_digest);
	buf_add_str(b,
	    "<meta name=\"viewport\" "
	    "content=\"width=device-width, initial-scale=1\">\n"
	    "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
	page_text(b, title);
	buf_printf(
	    b, "</title>\n<style>%s</style>\n</head>\n<body>\n<main>\n", style);
}

void
page_tail(struct buf *b)
{
	buf_add_str(b, "</main>\n</body>\n</html>\n");
}
