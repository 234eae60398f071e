/* test_report.h - the answer of the test mailbox: what was seen of a server
 * that sent us a mail, as a mail to the one who asked.
 *
 * Pure: facts in, mail out. Facts hold foreign octets; nothing of them can end
 * a line, a header field, an element or an attribute: all that is not
 * printable ASCII stands there as \xHH. */
#ifndef POLICY_TEST_REPORT_H
#define POLICY_TEST_REPORT_H

#include "base/id.h"
#include "policy/cause.h"
#include "policy/reverse.h"
#include "policy/spf.h"
#include "proto/mail/trace.h"

/* What the report is about. */
enum test_kind {
	TEST_ORDINARY,
	TEST_ASSURE_FAILED,  /* sent in clear, when it should not have been */
	TEST_ASSURE_GOOD,    /* would not send in clear */
	TEST_ASSURE_UNKNOWN, /* did not come again */
	TEST_KINDS
};

/* One line of the dialogue. who: '>' we, '<' they, '*' a remark, ' ' bare. */
struct test_line {
	uint64_t unix_ms;
	char who;
	struct slice text;
};

struct test_facts {
	enum test_kind kind;
	/* The mail to make. */
	struct slice hostname, mailbox, sender;
	id_t64 id;
	uint64_t unix_s;
	int offset_min;
	bool indonesian;         /* the operator's second language */
	struct slice header;     /* of what came; may be empty */
	struct slice session_id; /* of the session that is told of */
	const struct test_line *lines;
	size_t line_n;
	/* The session. Without one all below is left out. */
	bool session;
	struct ip client;
	struct slice helo;
	bool esmtp, tls, tls_offered;
	struct slice version, cipher;
	unsigned bits, bits_of;
	bool resumed, client_cert;
	struct slice client_name; /* in that certificate */
	const struct reverse_result *look[REVERSE_KINDS]; /* NULL: not known */
	const struct spf_result *spf;                     /* NULL: not judged */
	uint64_t octets;                                  /* of what came */
	uint64_t declared; /* SIZE=; 0: not declared */
	bool eight_bit;    /* octets above 127 came */
	bool body_8bit;    /* BODY=8BITMIME */
	bool pipelined;
	bool has_date, has_message_id, has_from;
	const struct trace_hop *hops; /* newest first; ours among them */
	size_t hop_n;
};

#define TEST_REPORT_MAX (512u << 10)

/* test_report_add - the whole mail, CR LF lines of at most 998 octets,
 * multipart/alternative, 7bit; cut short where there is too much to tell. */
void test_report_add(struct buf *out, const struct test_facts *f);

/* test_report_languages - in which it is told: those that Accept-Language of
 * what came puts first, else English, and the operator's second language. */
size_t test_report_languages(
    const struct test_facts *f, enum cause_lang out[CAUSE_LANGS]);

/* ---- findings ---- */

enum test_mood { TEST_GOOD, TEST_INFO, TEST_WARN, TEST_BAD };

struct test_finding {
	enum test_mood mood;
	const char *code; /* of doc/causes.md or doc/checks.md; static */
};
#define TEST_FINDINGS_MAX 24

/* test_findings - what there is to mend, the worst first; how many. */
size_t test_findings(
    const struct test_facts *f, struct test_finding out[TEST_FINDINGS_MAX]);
/* test_finding_text, test_finding_cure - in words; static. */
const char *test_finding_text(const char *code, enum cause_lang lang);
const char *test_finding_cure(const char *code, enum cause_lang lang);

#endif
