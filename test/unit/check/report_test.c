#include "check/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <openssl/evp.h>

#include "check/report_page.h"
#include "check/report_tree.h"
#include "check/tr.h"

#define OUT_MAX (1u << 20)

static const struct report_column columns[] = {
    {"stage", "Stage"}, {"ms", "Time"}, {"ok", "OK"}};

static struct report *
example(void)
{
	struct report *r = report_new(SLICE("check tls contoh.id"));
	struct report_node *root = report_root(r);
	report_number(r, root, "confidence", "Confidence", 77);
	report_flag(r, root, "null_mx", "Null MX", false);
	report_fact(r, root, "grade", "Grade",
	    value_mood(value_text(SLICE("B")), MOOD_WARN), REPORT_SCORE);
	for (int i = 0; i < 2; i++) {
		struct report_node *mx = report_section(
		    r, root, "mx", "Exchanger", true, REPORT_MATRIX);
		report_text(r, mx, "name", "Name",
		    i == 0 ? SLICE("mx1.contoh.id") : SLICE("mx2.contoh.id"));
		report_fact(r, mx, "ptr", "PTR", value_null(), REPORT_MATRIX);
		struct report_node *t = report_table(
		    r, mx, "stages", "Stages", columns, 3, REPORT_MATRIX);
		report_row(r, t,
		    (struct report_value[]){value_text(SLICE("connect")),
			value_number(r, 104), value_bool(i == 0)});
		struct report_node *d = report_transcript(
		    r, mx, "dialogue", "Dialogue", REPORT_FULL);
		report_line(r, d, 104, '>', SLICE("EHLO check.example"));
		report_line(r, d, 1205, '}', SLICE("250-one\n250 two"));
	}
	report_finding(r, "grade.tls10-offered", SEVERITY_WARN,
	    SLICE("TLS 1.0 is offered"), SLICE("Switch it off"));
	report_findingf(r, "tls.cert-expired", SEVERITY_BAD, "Renew it",
	    "Ended %d days ago", 3);
	report_findingf(r, "tls.cert-expired", SEVERITY_BAD, "Renew it",
	    "Ended %d days ago", 3);
	return r;
}

static void
expect(const struct buf *b, const char *text)
{
	assert_int_equal(buf_err(b), ERR_OK);
	if (!slice_eq(buf_slice(b), slice_str(text))) {
		print_error("%.*s", SLICE_ARG(buf_slice(b)));
		fail();
	}
}

static bool
holds(const struct buf *b, const char *part)
{
	return memmem(b->p, b->n, part, strlen(part)) != NULL;
}

/* A long label has a line of its own and does not push the others aside. */
static void
test_long_label(void **unused)
{
	(void)unused;
	struct report *r = report_new(SLICE("check self"));
	struct buf b;
	buf_init(&b, OUT_MAX);
	report_answer(r, CHECK_GOOD);
	report_text(r, report_root(r), "hostname", "Host name",
	    SLICE("mail.contoh.id"));
	report_text(r, report_root(r), "policy",
	    "https://mta-sts.DOMAIN/.well-known/mta-sts.txt",
	    SLICE("version: STSv1\nmode: enforce"));
	render_text(r, &(struct render){.level = REPORT_FULL}, &b);
	expect(&b, "check self: good\n"
		   "Host name  mail.contoh.id\n"
		   "https://mta-sts.DOMAIN/.well-known/mta-sts.txt\n"
		   "           version: STSv1\n"
		   "           mode: enforce\n");
	buf_free(&b);
	report_free(r);
}

static void
test_text(void **unused)
{
	(void)unused;
	struct report *r = example();
	struct buf b;
	buf_init(&b, OUT_MAX);
	render_text(r, &(struct render){.level = REPORT_FULL}, &b);
	expect(&b, "check tls contoh.id: bad\n"
		   "\n"
		   "fault tls.cert-expired\n"
		   "  Ended 3 days ago\n"
		   "  -> Renew it\n"
		   "\n"
		   "warning grade.tls10-offered\n"
		   "  TLS 1.0 is offered\n"
		   "  -> Switch it off\n"
		   "\n"
		   "Confidence  77\n"
		   "Null MX     no\n"
		   "Grade       B\n"
		   "\n"
		   "Exchanger mx1.contoh.id\n"
		   "  Name  mx1.contoh.id\n"
		   "  PTR   -\n"
		   "\n"
		   "  Stages\n"
		   "    Stage    Time  OK\n"
		   "    connect  104   yes\n"
		   "\n"
		   "  Dialogue\n"
		   "    [000.104] --> EHLO check.example\n"
		   "    [001.205] <~~ 250-one\n"
		   "    [001.205] <~~ 250 two\n"
		   "\n"
		   "Exchanger mx2.contoh.id\n"
		   "  Name  mx2.contoh.id\n"
		   "  PTR   -\n"
		   "\n"
		   "  Stages\n"
		   "    Stage    Time  OK\n"
		   "    connect  104   no\n"
		   "\n"
		   "  Dialogue\n"
		   "    [000.104] --> EHLO check.example\n"
		   "    [001.205] <~~ 250-one\n"
		   "    [001.205] <~~ 250 two\n");
	buf_clear(&b);
	render_text(
	    r, &(struct render){.level = REPORT_SCORE, .colour = true}, &b);
	assert_true(holds(&b, "\x1b[31mbad\x1b[0m\n"));
	assert_true(holds(&b, "\x1b[33mB\x1b[0m\n"));
	assert_false(holds(&b, "Exchanger"));
	buf_free(&b);
	report_free(r);
}

static void
test_wrapped(void **unused)
{
	(void)unused;
	struct report *r = report_new(SLICE("q"));
	struct report_node *root = report_root(r);
	struct buf b;
	report_text(r, root, "a", "A", SLICE("one two three four"));
	report_text(r, root, "bb", "BB", SLICE("line\n  mx -> no\n"));
	report_answer(r, CHECK_GOOD);
	buf_init(&b, OUT_MAX);
	render_text(r, &(struct render){.width = 14}, &b);
	expect(&b, "q: good\n"
		   "A   one two\n"
		   "    three four\n"
		   "BB  line\n"
		   "      mx -> no\n");
	buf_free(&b);
	report_free(r);
}

static void
test_json(void **unused)
{
	(void)unused;
	struct report *r = example();
	struct buf b;
	buf_init(&b, OUT_MAX);
	render_json(r, &b);
#define MX(name, ok)                                                           \
	"{\"name\":\"" name "\",\"ptr\":null,\"stages\":["                     \
	"{\"stage\":\"connect\",\"ms\":104,\"ok\":" ok "}],\"dialogue\":["     \
	"{\"ms\":104,\"who\":\">\",\"text\":\"EHLO check.example\"},"          \
	"{\"ms\":1205,\"who\":\"}\",\"text\":\"250-one\\n250 two\"}]}"
	expect(&b,
	    "{\"question\":\"check tls contoh.id\",\"answer\":\"bad\","
	    "\"confidence\":77,\"null_mx\":false,\"grade\":\"B\",\"mx\":[" MX(
		"mx1.contoh.id", "true") "," MX("mx2.contoh.id",
		"false") "],"
			 "\"findings\":[{\"code\":\"tls.cert-expired\","
			 "\"severity\":"
			 "\"bad\",\"text\":\"Ended 3 days "
			 "ago\",\"cure\":\"Renew it\"},"
			 "{\"code\":\"grade.tls10-offered\",\"severity\":"
			 "\"warn\","
			 "\"text\":\"TLS 1.0 is offered\",\"cure\":\"Switch it "
			 "off\"}]}\n");
	buf_free(&b);
	report_free(r);
}

static void
test_csv(void **unused)
{
	(void)unused;
	struct report *r = example();
	struct buf b;
	buf_init(&b, OUT_MAX);
	render_csv(r, &(struct render){.level = REPORT_MATRIX}, &b);
	expect(&b,
	    "part,value\n"
	    "question,\"check tls contoh.id\"\n"
	    "answer,bad\n"
	    "confidence,77\n"
	    "null_mx,false\n"
	    "grade,B\n"
	    "\"mx[0].name\",mx1.contoh.id\n"
	    "\"mx[0].ptr\",\n"
	    "\"mx[1].name\",mx2.contoh.id\n"
	    "\"mx[1].ptr\",\n"
	    "\n"
	    "part,code,severity,text,cure\n"
	    "findings,\"tls.cert-expired\",bad,\"Ended 3 days ago\","
	    "\"Renew it\"\n"
	    "findings,\"grade.tls10-offered\",warn,\"TLS 1.0 is offered\","
	    "\"Switch it off\"\n"
	    "\n"
	    "part,stage,ms,ok\n"
	    "\"mx[0].stages\",connect,104,true\n"
	    "\n"
	    "part,stage,ms,ok\n"
	    "\"mx[1].stages\",connect,104,false\n");
	buf_free(&b);
	report_free(r);
}

/* One fact of that value, rendered; part stands in what comes out. */
static void
rendered(struct slice value, const char *text, const char *json,
    const char *csv, const char *html)
{
	struct report *r = report_new(SLICE("q"));
	struct render how = {.width = 1000};
	struct buf b;
	report_text(r, report_root(r), "k", "K", value);
	buf_init(&b, OUT_MAX);
	render_text(r, &how, &b);
	assert_true(holds(&b, text));
	buf_clear(&b);
	render_json(r, &b);
	if (!holds(&b, json))
		print_error("%.*s\n", SLICE_ARG(buf_slice(&b)));
	assert_true(holds(&b, json));
	buf_clear(&b);
	render_csv(r, &how, &b);
	assert_true(holds(&b, csv));
	buf_clear(&b);
	render_html(r, &how, &b);
	assert_true(holds(&b, html));
	buf_free(&b);
	report_free(r);
}

static void
test_harmless(void **unused)
{
	(void)unused;
	rendered(SLICE("\x1b]0;x\x07"), "K  \\x1B]0;x\\x07\n",
	    "\"k\":\"\\u001b]0;x\\u0007\"", "k,\"\\x1B]0;x\\x07\"\n",
	    ">\\x1B]0;x\\x07<");
	rendered(SLICE("a\xc2\x9b"
		       "2J\xff\x7f\r\0z"),
	    "K  a\\xC2\\x9B2J\\xFF\\x7F\\x0D\\x00z\n",
	    "\"a\\u009b2J\xef\xbf\xbd\\u007f\\r\\u0000z\"",
	    "\"a\\xC2\\x9B2J\\xFF\\x7F\\x0D\\x00z\"",
	    ">a\\xC2\\x9B2J\\xFF\\x7F\\x0D\\x00z<");
	rendered(SLICE("\xe2\x80\xae"
		       "di.hotnoc\xe2\x81\xa9\xe2\x80\xa8"),
	    "K  \\xE2\\x80\\xAEdi.hotnoc\\xE2\\x81\\xA9\\xE2\\x80\\xA8\n",
	    "\"\\u202edi.hotnoc\\u2069\\u2028\"",
	    "\"\\xE2\\x80\\xAEdi.hotnoc\\xE2\\x81\\xA9\\xE2\\x80\\xA8\"",
	    "\\xE2\\x80\\xAEdi.hotnoc");
	rendered(SLICE("<script>alert('x\"&')</script>"),
	    "<script>alert('x\"&')</script>\n",
	    "<script>alert('x\\\"&')</script>",
	    "\"<script>alert('x\"\"&')</script>\"",
	    ">&lt;script&gt;alert(&#39;x&quot;&amp;&#39;)&lt;/script&gt;<");
	rendered(SLICE("caf\xc3\xa9 \xe6\x97\xa5"),
	    "K  caf\xc3\xa9 \xe6\x97\xa5", "\"caf\xc3\xa9 \xe6\x97\xa5\"",
	    "\"caf\xc3\xa9 \xe6\x97\xa5\"", ">caf\xc3\xa9 \xe6\x97\xa5<");
	rendered(SLICE("=HYPERLINK(\"x\")"), "=HYPERLINK", "=HYPERLINK",
	    "k,\"'=HYPERLINK(\"\"x\"\")\"\n", "=HYPERLINK");
	rendered(
	    SLICE(" \n-1+1"), "-1+1", "-1+1", "k,\" \\x0A-1+1\"\n", "-1+1");
	rendered(SLICE("\xef\xbc\x9d"
		       "1"),
	    "1", "1",
	    "k,\"'\xef\xbc\x9d"
	    "1\"\n",
	    "1");
	rendered(SLICE("a;b,c"), "a;b,c", "a;b,c", "k,\"a;b,c\"\n", "a;b,c");
	/* where ";" or "|" separates, or a line ends whatever is quoted */
	rendered(SLICE("x\";=A(1);b;-1| \"@c,=d"), ";=A(1)", ";=A(1)",
	    "k,\"x\"\";'=A(1);b;'-1|' \"\"@c,=d\"\n", ";=A(1)");
	rendered(SLICE("x;\xef\xbc\x8b"
		       "1"),
	    "x;", "x;",
	    "k,\"x;'\xef\xbc\x8b"
	    "1\"\n",
	    "x;");
	rendered(SLICE("x\r\n=A()"), "=A()", "=A()", "k,\"x\\x0D\\x0A=A()\"\n",
	    "=A()");
}

static void
test_answers(void **unused)
{
	(void)unused;
	static const struct {
		int said[3]; /* -1: nothing */
		enum check_answer want;
	} cases[] = {
	    {{-1, -1, -1}, CHECK_UNKNOWN},
	    {{CHECK_GOOD, -1, -1}, CHECK_GOOD},
	    {{CHECK_GOOD, CHECK_UNKNOWN, CHECK_GOOD}, CHECK_UNKNOWN},
	    {{CHECK_UNKNOWN, CHECK_BAD, CHECK_GOOD}, CHECK_BAD},
	    {{CHECK_BAD, CHECK_UNKNOWN, -1}, CHECK_BAD},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct report *r = report_new(SLICE("q"));
		for (int k = 0; k < 3; k++)
			if (cases[i].said[k] >= 0)
				report_answer(
				    r, (enum check_answer)cases[i].said[k]);
		assert_int_equal(report_verdict(r), cases[i].want);
		report_finding(r, "c", SEVERITY_WARN, SLICE("t"), SLICE(""));
		assert_int_equal(report_verdict(r), cases[i].want);
		report_finding(r, "c", SEVERITY_BAD, SLICE("u"), SLICE(""));
		assert_int_equal(report_verdict(r), CHECK_BAD);
		assert_int_equal(report_count(r, SEVERITY_BAD), 1);
		report_free(r);
	}
}

/* One key is one thing, and what a report cannot hold never ends it. */
static void
test_keys_and_limits(void **unused)
{
	(void)unused;
	struct report *r = report_new(SLICE("q"));
	struct report_node *root = report_root(r), *s;
	struct slice text;
	struct buf b;
	report_text(r, root, "k", "K", SLICE("first"));
	report_text(r, root, "k", "K", SLICE("second"));
	assert_true(report_get(r, "k", &text));
	assert_true(slice_eq(text, SLICE("second")));
	assert_false(report_get(r, "none", &text));
	s = report_section(r, root, "s", "S", false, REPORT_SCORE);
	assert_ptr_equal(
	    s, report_section(r, root, "s", "S", false, REPORT_SCORE));
	assert_false(report_cut(r));
	report_text(r, root, "answer", "A", SLICE("good"));
	assert_true(report_cut(r));
	s = report_section(r, root, "k", "K", true, REPORT_SCORE);
	report_text(r, s, "x", "X", SLICE("nowhere"));
	report_row(r, s, NULL);
	report_line(r, s, 0, ' ', SLICE("nowhere"));
	static uint8_t big[1u << 20];
	memset(big, 'x', sizeof(big));
	s = report_section(r, root, "s", "S", false, REPORT_SCORE);
	for (char key[8] = "a"; key[0] <= 'z'; key[0]++)
		report_text(r, s, key, "K", slice_of(big, sizeof(big)));
	for (int i = 0; i < 2000; i++)
		report_findingf(r, "c", SEVERITY_INFO, NULL, "%d", i);
	report_finding(r, "c", SEVERITY_BAD, SLICE("one more"), SLICE(""));
	assert_int_equal(report_verdict(r), CHECK_BAD);
	buf_init(&b, 64u << 20);
	render_json(r, &b);
	assert_false(holds(&b, "nowhere"));
	json_t *j =
	    json_loadb((const char *)b.p, b.n, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(j);
	assert_true(json_is_true(json_object_get(j, "cut")));
	json_decref(j);
	buf_free(&b);
	report_free(r);
}

static void
test_html(void **unused)
{
	(void)unused;
	struct report *r = example();
	struct buf b;
	uint8_t hash[32], text[64];
	buf_init(&b, OUT_MAX);
	render_html(r, &(struct render){.level = REPORT_FULL}, &b);
	/* The policy names the style that stands there. */
	EVP_Digest(
	    page_style(), strlen(page_style()), hash, NULL, EVP_sha256(), NULL);
	EVP_EncodeBlock(text, hash, sizeof(hash));
	if (!holds(&b, (const char *)text))
		print_error("the digest of the style is %s\n", text);
	assert_true(holds(&b, (const char *)text));
	assert_true(holds(&b, "default-src 'none'; style-src 'sha256-"));
	assert_true(holds(&b, "<h2>Exchanger mx1.contoh.id</h2>"));
	assert_true(holds(&b, "<td class=\"plain\">104</td>"));
	assert_true(
	    holds(&b, "<span class=\"they\">[001.205] &lt;~~ 250 two</span>"));
	assert_false(holds(&b, "http:"));
	assert_false(holds(&b, "//"));
	buf_clear(&b);
	const struct render_entry v[] = {
	    {SLICE("contoh.id"), SLICE("contoh.id.html"), CHECK_GOOD, 0, 1},
	    {SLICE("<x>"), SLICE("../x"), CHECK_BAD, 2, 0}};
	render_index(SLICE("check tls"), v, 2, &b);
	assert_true(holds(&b, "<a href=\"contoh.id.html\">contoh.id</a>"));
	assert_true(holds(&b, "<td>&lt;x&gt;</td>"));
	assert_false(holds(&b, "../x"));
	buf_free(&b);
	report_free(r);
}

/* Words beside each other in a report's memory stay words. */
static void
test_words(void **unused)
{
	(void)unused;
	static const struct report_column two[] = {
	    {"a", "Key"}, {"b", "State"}};
	static const char *const words[][2] = {
	    {"not-listed", "ok"}, {"ok", "dead"}, {"closed", "missing"}};
	struct report *r = report_new(SLICE("q"));
	struct buf b;
	buf_init(&b, OUT_MAX);
	struct report_node *t =
	    report_table(r, report_root(r), "w", "Key", two, 2, REPORT_SCORE);
	for (size_t i = 0; i < 3; i++) {
		const struct report_value v[] = {
		    value_word(words[i][0]), value_word(words[i][1])};
		report_row(r, t, v);
	}
	tr_set(TR_ID);
	render_text(r, &(struct render){.level = REPORT_SCORE}, &b);
	tr_set(TR_EN);
	assert_true(holds(&b, "  tidak terdaftar  ok\n"
			      "  ok               mati\n"
			      "  tertutup         belum ada\n"));
	buf_free(&b);
	report_free(r);
}

static void
test_language(void **unused)
{
	(void)unused;
	struct report *r = report_new(SLICE("q"));
	struct buf b;
	buf_init(&b, OUT_MAX);
	report_flag(r, report_root(r), "k", "Target", true);
	report_fact(r, report_root(r), "s", "State", value_word("missing"),
	    REPORT_SCORE);
	report_text(r, report_root(r), "t", "Type", SLICE("missing"));
	tr_set(TR_ID);
	render_text(r, &(struct render){.level = REPORT_SCORE}, &b);
	expect(&b, "q: tidak diketahui\nSasaran  ya\nKeadaan  belum ada\n"
		   "Jenis    missing\n");
	buf_clear(&b);
	/* Programs read the same word in any language. */
	render_json(r, &b);
	assert_true(holds(&b, "\"s\":\"missing\",\"t\":\"missing\""));
	buf_clear(&b);
	render_html(r, &(struct render){.level = REPORT_SCORE}, &b);
	assert_true(holds(&b, "<html lang=\"id\">"));
	assert_string_equal(tr("not in the table"), "not in the table");
	assert_string_equal(tr(""), "");
	tr_set(TR_EN);
	assert_string_equal(tr("yes"), "yes");
	buf_free(&b);
	report_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_text),
	    cmocka_unit_test(test_long_label), cmocka_unit_test(test_wrapped),
	    cmocka_unit_test(test_json), cmocka_unit_test(test_csv),
	    cmocka_unit_test(test_harmless), cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_keys_and_limits), cmocka_unit_test(test_html),
	    cmocka_unit_test(test_language), cmocka_unit_test(test_words)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
