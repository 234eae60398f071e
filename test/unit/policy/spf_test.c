/* The examples of RFC 7208 (3, 5, 7.4, Appendices A and B) and tables written
 * from its text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "policy/spf_priv.h"
#include "spf_zone.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define NOW      1767225600

/* Appendix A, with the networks of RFC 5737, and further domains. */
static const struct spf_line zone[] = {
    {"example.com", DNS_MX, "10 mail-a.example.com"},
    {"example.com", DNS_MX, "20 mail-b.example.com"},
    {"example.com", DNS_A, "192.0.2.10"}, {"example.com", DNS_A, "192.0.2.11"},
    {"amy.example.com", DNS_A, "192.0.2.65"},
    {"bob.example.com", DNS_A, "192.0.2.66"},
    {"mail-a.example.com", DNS_A, "192.0.2.129"},
    {"mail-b.example.com", DNS_A, "192.0.2.130"},
    {"www.example.com", DNS_A, "192.0.2.10"},
    {"example.org", DNS_MX, "10 mail-c.example.org"},
    {"mail-c.example.org", DNS_A, "192.0.2.140"},
    {"10.2.0.192.in-addr.arpa", DNS_PTR, "example.com"},
    {"11.2.0.192.in-addr.arpa", DNS_PTR, "example.com"},
    {"65.2.0.192.in-addr.arpa", DNS_PTR, "amy.example.com"},
    {"66.2.0.192.in-addr.arpa", DNS_PTR, "bob.example.com"},
    {"129.2.0.192.in-addr.arpa", DNS_PTR, "mail-a.example.com"},
    {"130.2.0.192.in-addr.arpa", DNS_PTR, "mail-b.example.com"},
    {"140.2.0.192.in-addr.arpa", DNS_PTR, "mail-c.example.org"},
    {"4.0.0.10.in-addr.arpa", DNS_PTR, "bob.example.com"},
    /* what records of the tables mean */
    {"mary.mobile-users._spf.example.com", DNS_A, "127.0.0.2"},
    {"fred.mobile-users._spf.example.com", DNS_A, "127.0.0.2"},
    {"15.15.168.192.joel.remote-users._spf.example.com", DNS_A, "127.0.0.2"},
    {"pass.contoh.id", DNS_TXT, "v=spf1 +all"},
    {"fail.contoh.id", DNS_TXT, "v=spf1 -all"},
    {"soft.contoh.id", DNS_TXT, "v=spf1 ~all"},
    {"neutral.contoh.id", DNS_TXT, "v=spf1 ?all"},
    {"bad.contoh.id", DNS_TXT, "v=spf1 a:"},
    {"norecord.contoh.id", DNS_A, "192.0.2.99"},
    {"temp.contoh.id", DNS_TXT, "TEMPFAIL"},
    {"slow.contoh.id", DNS_TXT, "TIMEOUT"},
    {"temp.contoh.id", DNS_A, "TEMPFAIL"},
    {"temp.contoh.id", DNS_MX, "TEMPFAIL"},
    {"temphost.contoh.id", DNS_MX, "5 temp.contoh.id"},
    {"temphost.contoh.id", DNS_MX, "10 amy.example.com"},
    {"laterhost.contoh.id", DNS_MX, "20 temp.contoh.id"},
    {"laterhost.contoh.id", DNS_MX, "10 amy.example.com"},
    {"null.contoh.id", DNS_MX, "0 ."},
    {"six.contoh.id", DNS_AAAA, "2001:db8::5"},
    {"six.contoh.id", DNS_MX, "10 six.contoh.id"},
    {"both.contoh.id", DNS_A, "192.0.2.5"},
    {"both.contoh.id", DNS_AAAA, "2001:db8::6"},
    {"msg.contoh.id", DNS_TXT, "See http://%{d}/why?s=%{S}&i=%{i}|. %{c}%_%t"},
    {"why.contoh.id", DNS_TXT,
	"See http://%{d}/why?s=%{S}&i=%{i}| %{c} %{r}%_%%%-%{t}"},
    {"two.contoh.id", DNS_TXT, "one"}, {"two.contoh.id", DNS_TXT, "two"},
    {"name.contoh.id", DNS_TXT, "you are %{p} of %{v} %{h}"},
    {"many.contoh.id", DNS_MX, "1 a1.contoh.id"},
    {"many.contoh.id", DNS_MX, "2 a2.contoh.id"},
    {"many.contoh.id", DNS_MX, "3 a3.contoh.id"},
    {"many.contoh.id", DNS_MX, "4 a4.contoh.id"},
    {"many.contoh.id", DNS_MX, "5 a5.contoh.id"},
    {"many.contoh.id", DNS_MX, "6 a6.contoh.id"},
    {"many.contoh.id", DNS_MX, "7 a7.contoh.id"},
    {"many.contoh.id", DNS_MX, "8 a8.contoh.id"},
    {"many.contoh.id", DNS_MX, "9 a9.contoh.id"},
    {"many.contoh.id", DNS_MX, "10 a10.contoh.id"},
    {"many.contoh.id", DNS_MX, "11 amy.example.com"},
    {"ten.contoh.id", DNS_MX, "1 a1.contoh.id"},
    {"ten.contoh.id", DNS_MX, "2 a2.contoh.id"},
    {"ten.contoh.id", DNS_MX, "3 a3.contoh.id"},
    {"ten.contoh.id", DNS_MX, "4 a4.contoh.id"},
    {"ten.contoh.id", DNS_MX, "5 a5.contoh.id"},
    {"ten.contoh.id", DNS_MX, "6 a6.contoh.id"},
    {"ten.contoh.id", DNS_MX, "7 a7.contoh.id"},
    {"ten.contoh.id", DNS_MX, "8 a8.contoh.id"},
    {"ten.contoh.id", DNS_MX, "9 a9.contoh.id"},
    {"ten.contoh.id", DNS_MX, "10 amy.example.com"},
    {"6.2.0.192.in-addr.arpa", DNS_PTR, "zz.example.org"},
    {"6.2.0.192.in-addr.arpa", DNS_PTR, "sub.contoh.id"},
    {"6.2.0.192.in-addr.arpa", DNS_PTR, "contoh.id"},
    {"contoh.id", DNS_A, "192.0.2.6"},
    {"16.2.0.192.in-addr.arpa", DNS_PTR, "zz.example.org"},
    {"16.2.0.192.in-addr.arpa", DNS_PTR, "sub.contoh.id"},
    {"sub.contoh.id", DNS_A, "192.0.2.6"},
    {"sub.contoh.id", DNS_A, "192.0.2.16"},
    {"zz.example.org", DNS_A, "192.0.2.6"},
    {"zz.example.org", DNS_A, "192.0.2.16"},
    {"loop.contoh.id", DNS_TXT, "v=spf1 include:loop.contoh.id ?all"},
    {"again.contoh.id", DNS_TXT, "v=spf1 redirect=again.contoh.id"},
    {"l9.contoh.id", DNS_TXT,
	"v=spf1 a:bob.example.com a:bob.example.com a:bob.example.com "
	"a:bob.example.com a:bob.example.com a:bob.example.com "
	"a:bob.example.com a:bob.example.com a:bob.example.com ?all"},
    {"inner.contoh.id", DNS_TXT, "v=spf1 -include:pass.contoh.id +all"},
    {"exp.contoh.id", DNS_TXT, "v=spf1 -all exp=why.contoh.id"},
    {"9.2.0.192.in-addr.arpa", DNS_PTR, "TEMPFAIL"},
    {"7.2.0.192.in-addr.arpa", DNS_PTR, "liar.example.com"},
    {"liar.example.com", DNS_A, "192.0.2.8"},
    {"budi._at_.contoh.id", DNS_A, "127.0.0.1"},
    {"x\\032y.contoh.id", DNS_A, "127.0.0.1"},
    {"mail.mitra.example", DNS_TXT, "v=spf1 ip4:192.0.2.1 -all"},
    {NULL, 0, NULL}};

struct word_case {
	const char *record; /* of contoh.id */
	const char *ip;
	enum spf_word word;
};

struct run {
	struct spf *s;
	const struct spf_result *r;
	unsigned asked;
};

static struct run
run_zone(const struct spf_line *z, const char *ip, const char *helo,
    const char *from, bool newest)
{
	struct ip addr;
	struct run run;
	assert_int_equal(ip_parse(slice_str(ip), &addr), ERR_OK);
	run.s = spf_new(&addr, slice_str(helo), slice_str(from),
	    SLICE("mx.mitra.example"), NOW);
	assert_non_null(run.s);
	run.asked = zone_run(run.s, z, newest);
	run.r = spf_result(run.s);
	return run;
}

static struct run
run_record(const char *record, const char *ip, const char *from, bool newest)
{
	struct spf_line z[COUNT(zone) + 1];
	memcpy(z + 1, zone, sizeof(zone));
	z[0] = (struct spf_line){"contoh.id", DNS_TXT, record};
	return run_zone(z, ip, "mail.contoh.id", from, newest);
}

static void
check_word(const struct word_case *c, const char *from)
{
	for (int newest = 0; newest < 2; newest++) {
		struct run run = run_record(c->record, c->ip, from, newest);
		if (run.r->word != c->word)
			fail_msg("\"%s\" for %s: %s, not %s\n%.*s", c->record,
			    c->ip, spf_word_name(run.r->word),
			    spf_word_name(c->word), SLICE_ARG(run.r->path));
		assert_true(run.r->path.n > 0);
		assert_true(
		    (run.r->problem.n > 0) == (run.r->word >= SPF_TEMPERROR));
		spf_free(run.s);
	}
}

static void
check_words(const struct word_case *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_word(&v[i], "budi@contoh.id");
}

/* ---- Appendix A and B ---- */

static const struct word_case appendix[] = {
    {"v=spf1 +all", "192.0.2.129", SPF_PASS},
    {"v=spf1 a:example.com -all", "192.0.2.10", SPF_PASS},
    {"v=spf1 a:example.com -all", "192.0.2.11", SPF_PASS},
    {"v=spf1 a:example.com -all", "192.0.2.129", SPF_FAIL},
    {"v=spf1 a:example.org -all", "192.0.2.10", SPF_FAIL},
    {"v=spf1 mx:example.com -all", "192.0.2.129", SPF_PASS},
    {"v=spf1 mx:example.com -all", "192.0.2.130", SPF_PASS},
    {"v=spf1 mx:example.com -all", "192.0.2.10", SPF_FAIL},
    {"v=spf1 mx:example.org -all", "192.0.2.140", SPF_PASS},
    {"v=spf1 mx:example.com mx:example.org -all", "192.0.2.140", SPF_PASS},
    {"v=spf1 mx:example.com/30 mx:example.org/30 -all", "192.0.2.131",
	SPF_PASS},
    {"v=spf1 mx:example.com/30 mx:example.org/30 -all", "192.0.2.141",
	SPF_PASS},
    {"v=spf1 mx:example.com/30 mx:example.org/30 -all", "192.0.2.144",
	SPF_FAIL},
    {"v=spf1 ptr:example.com -all", "192.0.2.65", SPF_PASS},
    {"v=spf1 ptr:example.com -all", "192.0.2.140", SPF_FAIL},
    {"v=spf1 ptr:example.com -all", "10.0.0.4", SPF_FAIL},
    {"v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.65", SPF_FAIL},
    {"v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.129", SPF_PASS},
    {"v=spf1 mx:example.com a:bob.example.com "
     "exists:%{ir}.%{l1r+-}._spf.%{d} redirect=fail.contoh.id",
	"192.0.2.66", SPF_PASS},
    /* B.3: exists by user */
    {"v=spf1 mx exists:%{ir}.%{l1r+}.remote-users._spf.example.com -all",
	"192.168.15.15", SPF_FAIL},
};

static void
test_appendix(void **state)
{
	static const struct word_case joel = {
	    "v=spf1 exists:%{ir}.%{l1r+}.remote-users._spf.example.com -all",
	    "192.168.15.15", SPF_PASS};
	static const struct word_case fred = {
	    "v=spf1 exists:%{l1r+}.mobile-users._spf.example.com -all",
	    "192.0.2.200", SPF_PASS};
	(void)state;
	check_words(appendix, COUNT(appendix));
	check_word(&joel, "joel@contoh.id");
	check_word(&fred, "fred@contoh.id");
	check_word(&fred, "fred+tag@contoh.id");
}

/* ---- records and syntax ---- */

static const struct word_case syntax[] = {
    {"v=spf1", "192.0.2.1", SPF_NEUTRAL},
    {"v=spf1 ", "192.0.2.1", SPF_NEUTRAL},
    {"v=spf1   -all  ", "192.0.2.1", SPF_FAIL},
    {"V=SpF1 -ALL", "192.0.2.1", SPF_FAIL},
    {"v=spf10 -all", "192.0.2.1", SPF_NONE},
    {"v=spf1-all", "192.0.2.1", SPF_NONE},
    {" v=spf1 -all", "192.0.2.1", SPF_NONE},
    {"v=sp|f1 ip4:192|.0.2.1 -all", "192.0.2.1", SPF_PASS},
    {"v=spf1|-all", "192.0.2.1", SPF_NONE},
    {"v=spf1\t-all", "192.0.2.1", SPF_NONE},
    {"v=spf1 a\t-all", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 -all\xc2\xa0", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 moo -all", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 +all moo", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 -all:x.contoh.id", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 -all/8", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 -all.", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 ++all", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 -", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 include", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 include:", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 include:pass.contoh.id/24", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 exists", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 exists:both.contoh.id/24", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 ptr:", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 ptr/0", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 a:", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 mx:", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 a/", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 a/33", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 a/024", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 a/08", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 a//129", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 a/24//", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 a//64/24", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 a:example.com:8080", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 a:museum", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 a:museum.", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 a:111.222.33.44", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 a:contoh.id-", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 a:contoh.-id", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 a:x%contoh.id", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 a:%{x}.contoh.id", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 a:%{d0}.contoh.id", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 a:%{d.contoh.id", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 a:%{d*}.contoh.id", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 a:%(d).contoh.id", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 a:%{c}.contoh.id", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 a:%{t}.contoh.id", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 a:%{d}contoh", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 ip4", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 ip4:", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 ip4:192.0.2", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 ip4:192.0.2.1/33", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 ip4:192.0.2.1//32", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 ip4:192.0.2.1/", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 ip4:192.0.2.01", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 ip4:192.0.2.1:25", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 ip4:2001:db8::1", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 ip6:192.0.2.1", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 ip6:2001:db8::/129", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 ip6:2001:db8:::1", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 redirect=", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 redirect:fail.contoh.id", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 +redirect=fail.contoh.id", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 redirect=fail.contoh.id redirect=pass.contoh.id", "192.0.2.1",
	SPF_PERMERROR},
    {"v=spf1 exp=why.contoh.id exp=why.contoh.id -all", "192.0.2.1",
	SPF_PERMERROR},
    {"v=spf1 exp= -all", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 moo= -all", "192.0.2.1", SPF_FAIL},
    {"v=spf1 moo.Cow-far_far=man:dog/cat -all", "192.0.2.1", SPF_FAIL},
    {"v=spf1 default=%{x} -all", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 default=%abc -all", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 a=b -all", "192.0.2.1", SPF_FAIL},
    {"v=spf1 1up=foo -all", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 =all -all", "192.0.2.1", SPF_PERMERROR},
};

/* ---- mechanisms ---- */

static const struct word_case mechanisms[] = {
    {"v=spf1 ?all", "192.0.2.1", SPF_NEUTRAL},
    {"v=spf1 ~all", "192.0.2.1", SPF_SOFTFAIL},
    {"v=spf1 all -all", "192.0.2.1", SPF_PASS},
    {"v=spf1 ip4:192.0.2.0/24", "192.0.2.255", SPF_PASS},
    {"v=spf1 ip4:192.0.2.7/24", "192.0.2.255", SPF_PASS},
    {"v=spf1 ip4:192.0.2.0/25 -all", "192.0.2.128", SPF_FAIL},
    {"v=spf1 ip4:0.0.0.0/0 -all", "192.0.2.128", SPF_PASS},
    {"v=spf1 ip4:0.0.0.0/0 -all", "2001:db8::1", SPF_FAIL},
    {"v=spf1 ip6:::/0 -all", "2001:db8::1", SPF_PASS},
    {"v=spf1 ip6:::/0 -all", "192.0.2.1", SPF_FAIL},
    {"v=spf1 ip6:::ffff:192.0.2.1 -all", "192.0.2.1", SPF_FAIL},
    {"v=spf1 IP6:2001:DB8::/32 -all", "2001:db8:ffff::1", SPF_PASS},
    {"v=spf1 ip6:2001:db8::/33 -all", "2001:db8:ffff::1", SPF_FAIL},
    {"v=spf1 ip4:192.0.2.1 -all", "::ffff:192.0.2.1", SPF_PASS},
    {"v=spf1 a:both.contoh.id -all", "192.0.2.5", SPF_PASS},
    {"v=spf1 a:both.contoh.id -all", "2001:db8::6", SPF_PASS},
    {"v=spf1 a:both.contoh.id -all", "2001:db8::7", SPF_FAIL},
    {"v=spf1 a:both.contoh.id/24//127 -all", "2001:db8::7", SPF_PASS},
    {"v=spf1 a:both.contoh.id/24//127 -all", "192.0.2.77", SPF_PASS},
    {"v=spf1 a:both.contoh.id//127 -all", "192.0.2.77", SPF_FAIL},
    {"v=spf1 a:both.contoh.id/0 -all", "203.0.113.1", SPF_PASS},
    {"v=spf1 a:BOTH.contoh.id. -all", "192.0.2.5", SPF_PASS},
    {"v=spf1 a:temp.contoh.id -all", "192.0.2.5", SPF_TEMPERROR},
    {"v=spf1 ip4:192.0.2.5 a:temp.contoh.id -all", "192.0.2.5", SPF_PASS},
    {"v=spf1 a:nothere.contoh.id -all", "192.0.2.5", SPF_FAIL},
    {"v=spf1 a:six.contoh.id -all", "192.0.2.5", SPF_FAIL},
    {"v=spf1 mx:six.contoh.id -all", "2001:db8::5", SPF_PASS},
    {"v=spf1 mx:temp.contoh.id -all", "192.0.2.5", SPF_TEMPERROR},
    {"v=spf1 mx:temphost.contoh.id -all", "192.0.2.65", SPF_TEMPERROR},
    {"v=spf1 mx:laterhost.contoh.id -all", "192.0.2.65", SPF_PASS},
    {"v=spf1 mx:laterhost.contoh.id -all", "192.0.2.67", SPF_TEMPERROR},
    {"v=spf1 mx:null.contoh.id -all", "192.0.2.5", SPF_FAIL},
    {"v=spf1 mx:amy.example.com -all", "192.0.2.65", SPF_FAIL},
    {"v=spf1 mx:many.contoh.id -all", "192.0.2.65", SPF_PERMERROR},
    {"v=spf1 mx:ten.contoh.id -all", "192.0.2.65", SPF_PASS},
    {"v=spf1 a -all", "192.0.2.6", SPF_PASS},
    {"v=spf1 ptr -all", "192.0.2.16", SPF_PASS},
    {"v=spf1 ptr -all", "192.0.2.65", SPF_FAIL},
    {"v=spf1 ptr:xample.com -all", "192.0.2.65", SPF_FAIL},
    {"v=spf1 ptr:EXAMPLE.com -all", "192.0.2.65", SPF_PASS},
    {"v=spf1 ptr:example.com -all", "192.0.2.7", SPF_FAIL},
    {"v=spf1 ptr:example.com -all", "192.0.2.9", SPF_FAIL},
    {"v=spf1 ptr:example.com -all", "203.0.113.9", SPF_FAIL},
    {"v=spf1 exists:both.contoh.id -all", "2001:db8::1", SPF_PASS},
    {"v=spf1 exists:six.contoh.id -all", "2001:db8::1", SPF_FAIL},
    {"v=spf1 exists:%{l}._at_.%{o} -all", "192.0.2.1", SPF_PASS},
    {"v=spf1 exists:%{l}..%{o} -all", "192.0.2.1", SPF_FAIL},
    {"v=spf1 exists:x%_y.%{d} -all", "192.0.2.1", SPF_PASS},
    {"v=spf1 exists:%{p}.contoh.id a:%{p} -all", "192.0.2.65", SPF_PASS},
};

/* ---- include, redirect, limits ---- */

static const struct word_case nested[] = {
    {"v=spf1 include:pass.contoh.id -all", "192.0.2.1", SPF_PASS},
    {"v=spf1 -include:pass.contoh.id +all", "192.0.2.1", SPF_FAIL},
    {"v=spf1 ~include:pass.contoh.id +all", "192.0.2.1", SPF_SOFTFAIL},
    {"v=spf1 include:fail.contoh.id ~all", "192.0.2.1", SPF_SOFTFAIL},
    {"v=spf1 include:soft.contoh.id -all", "192.0.2.1", SPF_FAIL},
    {"v=spf1 include:neutral.contoh.id -all", "192.0.2.1", SPF_FAIL},
    {"v=spf1 include:inner.contoh.id ?all", "192.0.2.1", SPF_NEUTRAL},
    {"v=spf1 include:norecord.contoh.id -all", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 include:nothere.contoh.id -all", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 include:bad.contoh.id -all", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 include:temp.contoh.id -all", "192.0.2.1", SPF_TEMPERROR},
    {"v=spf1 include:slow.contoh.id -all", "192.0.2.1", SPF_TEMPERROR},
    {"v=spf1 include:%{l}..id -all", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 ip4:192.0.2.1 include:bad.contoh.id -all", "192.0.2.1", SPF_PASS},
    {"v=spf1 redirect=fail.contoh.id", "192.0.2.1", SPF_FAIL},
    {"v=spf1 redirect=fail.contoh.id ip4:192.0.2.1", "192.0.2.1", SPF_PASS},
    {"v=spf1 redirect=fail.contoh.id ?all", "192.0.2.1", SPF_NEUTRAL},
    {"v=spf1 redirect=norecord.contoh.id", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 redirect=temp.contoh.id", "192.0.2.1", SPF_TEMPERROR},
    {"v=spf1 Redirect=SOFT.contoh.id", "192.0.2.1", SPF_SOFTFAIL},
    {"v=spf1 include:again.contoh.id -all", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 include:loop.contoh.id -all", "192.0.2.1", SPF_PERMERROR},
    {"v=spf1 include:l9.contoh.id -all", "192.0.2.1", SPF_FAIL},
    {"v=spf1 include:l9.contoh.id a:both.contoh.id -all", "192.0.2.5",
	SPF_PERMERROR},
    {"v=spf1 include:l9.contoh.id redirect=pass.contoh.id", "192.0.2.5",
	SPF_PERMERROR},
    {"v=spf1 include:l9.contoh.id ip4:192.0.2.5 a:both.contoh.id", "192.0.2.5",
	SPF_PASS},
    {"v=spf1 exists:n1.contoh.id a:n2.contoh.id +all", "192.0.2.5", SPF_PASS},
    {"v=spf1 exists:n1.contoh.id a:n2.contoh.id mx:n3.contoh.id +all",
	"192.0.2.5", SPF_PERMERROR},
};

static void
test_syntax(void **state)
{
	(void)state;
	check_words(syntax, COUNT(syntax));
}

static void
test_mechanisms(void **state)
{
	(void)state;
	check_words(mechanisms, COUNT(mechanisms));
}

static void
test_nested(void **state)
{
	(void)state;
	check_words(nested, COUNT(nested));
}

/* ---- who is judged ---- */

static void
test_identity(void **state)
{
	static const struct {
		const char *helo, *from;
		enum spf_word word;
	} cases[] = {
	    {"mail.mitra.example", "", SPF_PASS},
	    {"mail.mitra.example", "budi@fail.contoh.id", SPF_FAIL},
	    {"mail.mitra.example", "budi@fail.contoh.id.", SPF_FAIL},
	    {"mail.mitra.example", "@pass.contoh.id", SPF_PASS},
	    {"mail.mitra.example", "pass.contoh.id", SPF_PASS},
	    {"mail.mitra.example", "\"a@b\"@pass.contoh.id", SPF_PASS},
	    {"mail.mitra.example", "budi@nothere.contoh.id", SPF_NONE},
	    {"mail.mitra.example", "budi@norecord.contoh.id", SPF_NONE},
	    {"mail.mitra.example", "budi@temp.contoh.id", SPF_TEMPERROR},
	    {"mail.mitra.example", "budi@bad.contoh.id", SPF_PERMERROR},
	    {"mail.mitra.example", "budi@localhost", SPF_NONE},
	    {"mail.mitra.example", "budi@[192.0.2.1]", SPF_NONE},
	    {"mail.mitra.example", "budi@a..contoh.id", SPF_NONE},
	    {"[192.0.2.1]", "", SPF_NONE},
	    {"", "", SPF_NONE},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct run run = run_zone(
		    zone, "192.0.2.1", cases[i].helo, cases[i].from, false);
		if (run.r->word != cases[i].word)
			fail_msg("<%s> %s: %s", cases[i].from, cases[i].helo,
			    spf_word_name(run.r->word));
		spf_free(run.s);
	}
	static const struct spf_line two[] = {
	    {"contoh.id", DNS_TXT, "v=spf1 +all"},
	    {"contoh.id", DNS_TXT, "google-site-verification=x"},
	    {"contoh.id", DNS_TXT, "V=SPF1 -all"}, {NULL, 0, NULL}};
	struct run run = run_zone(two, "192.0.2.1", "x", "a@contoh.id", false);
	assert_int_equal(run.r->word, SPF_PERMERROR);
	spf_free(run.s);
}

/* ---- macros: RFC 7208 7.4 ---- */

struct macro_case {
	const char *macro, *want;
	bool six;
};

static const struct macro_case macros[] = {
    {"%{s}", "strong-bad@email.example.com", false},
    {"%{o}", "email.example.com", false},
    {"%{d}", "email.example.com", false},
    {"%{d4}", "email.example.com", false},
    {"%{d3}", "email.example.com", false},
    {"%{d2}", "example.com", false},
    {"%{d1}", "com", false},
    {"%{dr}", "com.example.email", false},
    {"%{d2r}", "example.email", false},
    {"%{l}", "strong-bad", false},
    {"%{l-}", "strong.bad", false},
    {"%{lr}", "strong-bad", false},
    {"%{lr-}", "bad.strong", false},
    {"%{l1r-}", "strong", false},
    {"%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com", false},
    {"%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com", false},
    {"%{lr-}.lp.%{ir}.%{v}._spf.%{d2}",
	"bad.strong.lp.3.2.0.192.in-addr._spf.example.com", false},
    {"%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}",
	"3.2.0.192.in-addr.strong.lp._spf.example.com", false},
    {"%{d2}.trusted-domains.example.net",
	"example.com.trusted-domains.example.net", false},
    {"%{ir}.%{v}._spf.%{d2}",
	"1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."
	"ip6._spf.example.com",
	true},
    {"%{S}", "strong-bad%40email.example.com", false},
    {"%{h}|%{c}|%{r}|%{t}",
	"mx.example.org|192.0.2.3|mx.mitra.example|1767225600", false},
    {"%{c}", "2001:db8::cb01", true},
    {"%%%_%-", "% %20", false},
    {"%{p}", "unknown", false},
    {"%{D1R}", "email", false},
    {"%{d200}", "email.example.com", false},
    {"%{o.-}", "email.example.com", false},
    {"%{l,+-}x", "strong.badx", false},
    {"as it is: \"{}\"", "as it is: \"{}\"", false},
};

static void
test_macros(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(macros); i++) {
		const struct macro_case *c = &macros[i];
		char text[256];
		size_t n = 0;
		for (const char *p = c->macro; *p != '\0'; p++)
			text[n++] = *p == '|' ? ' ' : *p;
		text[n] = '\0';
		struct spf_line z[] = {{"email.example.com", DNS_TXT,
					   "v=spf1 -all exp=x.example.com"},
		    {"x.example.com", DNS_TXT, text}, {NULL, 0, NULL}};
		struct run run = run_zone(z,
		    c->six ? "2001:db8::cb01" : "192.0.2.3", "mx.example.org",
		    "strong-bad@email.example.com", false);
		char want[256];
		for (n = 0; c->want[n] != '\0'; n++)
			want[n] = c->want[n] == '|' ? ' ' : c->want[n];
		if (!slice_eq(run.r->explanation, slice_of(want, n)))
			fail_msg("%s: \"%.*s\"", c->macro,
			    SLICE_ARG(run.r->explanation));
		spf_free(run.s);
	}
}

static void
test_macro_values(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"%{L}", "a~b_c.d-e%3D%2F%22%00"},
	    {"%{l_}", "a~b.c.d-e=/\"\0"},
	    {"%{l1r_-}", "a~b"},
	};
	struct spf_macro_values v = {
	    .local = {(const uint8_t *)"a~b_c.d-e=/\"\0", 13}};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf b;
		buf_init(&b, 256);
		spf_macro_expand(slice_str(cases[i].text), &v, &b);
		if (i == 1)
			assert_memory_equal(b.p, cases[i].want, 13);
		else if (!slice_eq(buf_slice(&b), slice_str(cases[i].want)))
			fail_msg("%s: %.*s", cases[i].text,
			    SLICE_ARG(buf_slice(&b)));
		buf_free(&b);
	}
	/* However many parts there are, the rightmost are kept (7.3). */
	uint8_t dots[300];
	struct buf b;
	memset(dots, '.', sizeof(dots));
	memcpy(dots + sizeof(dots) - 4, ".y.z", 4);
	v.local = slice_of(dots, sizeof(dots));
	buf_init(&b, 64);
	spf_macro_expand(SLICE("%{l2}"), &v, &b);
	assert_true(slice_eq(buf_slice(&b), SLICE("y.z")));
	buf_free(&b);
	struct run run = run_record("v=spf1 exists:%{l}.example.com -all",
	    "192.0.2.1", "@contoh.id", false);
	assert_non_null(
	    memmem(run.r->path.p, run.r->path.n, "postmaster.example", 18));
	spf_free(run.s);
}

/* ---- explanations ---- */

static void
test_explanation(void **state)
{
	static const struct {
		const char *record, *ip, *want;
	} cases[] = {
	    {"v=spf1 exp=why.contoh.id -all", "192.0.2.1",
		"See http://contoh.id/why?s=budi%40contoh.id&i=192.0.2.1 "
		"192.0.2.1 mx.mitra.example %%201767225600"},
	    {"v=spf1 exp=why.contoh.id ~all", "192.0.2.1", ""},
	    {"v=spf1 exp=msg.contoh.id -all", "192.0.2.1", ""},
	    {"v=spf1 exp=two.contoh.id -all", "192.0.2.1", ""},
	    {"v=spf1 exp=temp.contoh.id -all", "192.0.2.1", ""},
	    {"v=spf1 exp=nothere.contoh.id -all", "192.0.2.1", ""},
	    {"v=spf1 exp=%{l}..contoh.id -all", "192.0.2.1", ""},
	    /* 6.2: of an include none, of a redirect its own */
	    {"v=spf1 include:exp.contoh.id -all", "192.0.2.1", ""},
	    {"v=spf1 exp=two.contoh.id redirect=exp.contoh.id", "192.0.2.65",
		"See http://exp.contoh.id/why?s=budi%40contoh.id&i=192.0.2.65 "
		"192.0.2.65 mx.mitra.example %%201767225600"},
	    {"v=spf1 exp=name.contoh.id -all", "192.0.2.65",
		"you are amy.example.com of in-addr mail.contoh.id"},
	    {"v=spf1 exp=name.contoh.id -all", "192.0.2.6",
		"you are contoh.id of in-addr mail.contoh.id"},
	    {"v=spf1 exp=name.contoh.id -all", "192.0.2.16",
		"you are sub.contoh.id of in-addr mail.contoh.id"},
	    {"v=spf1 exp=name.contoh.id -all", "192.0.2.7",
		"you are unknown of in-addr mail.contoh.id"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct run run = run_record(
		    cases[i].record, cases[i].ip, "budi@contoh.id", false);
		if (!slice_eq(run.r->explanation, slice_str(cases[i].want)))
			fail_msg("%s: \"%.*s\"", cases[i].record,
			    SLICE_ARG(run.r->explanation));
		spf_free(run.s);
	}
}

/* ---- the way ---- */

static void
assert_slice(struct slice s, const char *want)
{
	if (!slice_eq(s, slice_str(want)))
		fail_msg("\"%.*s\" instead of \"%s\"", SLICE_ARG(s), want);
}

static void
test_path(void **state)
{
	(void)state;
	struct run run = run_record("v=spf1 mx:example.com "
				    "include:inner.contoh.id -all",
	    "192.0.2.1", "budi@contoh.id", true);
	assert_slice(run.r->path,
	    "contoh.id: v=spf1 mx:example.com include:inner.contoh.id -all\n"
	    "  mx:example.com -> mail-a.example.com 192.0.2.129: no\n"
	    "  mx:example.com -> mail-b.example.com 192.0.2.130: no\n"
	    "  include:inner.contoh.id: its record says\n"
	    "    inner.contoh.id: v=spf1 -include:pass.contoh.id +all\n"
	    "      -include:pass.contoh.id: its record says\n"
	    "        pass.contoh.id: v=spf1 +all\n"
	    "          +all: yes\n"
	    "          = pass\n"
	    "      -include:pass.contoh.id: yes\n"
	    "      = fail\n"
	    "  include:inner.contoh.id: no\n"
	    "  -all: yes");
	assert_slice(run.r->mechanism, "-all");
	assert_slice(run.r->domain, "contoh.id");
	assert_int_equal(run.r->lookups, 3);
	assert_int_equal(run.r->voids, 0);
	spf_free(run.s);
	run = run_record("v=spf1 a:nothere.contoh.id redirect=soft.contoh.id",
	    "192.0.2.1", "budi@contoh.id", true);
	assert_slice(run.r->domain, "soft.contoh.id");
	assert_slice(run.r->record, "v=spf1 ~all");
	assert_slice(run.r->mechanism, "~all");
	assert_int_equal(run.r->lookups, 2);
	assert_int_equal(run.r->voids, 1);
	spf_free(run.s);
	run = run_record(
	    "v=spf1 ip4:192.0.2.9 moo", "192.0.2.9", "@contoh.id", true);
	assert_slice(run.r->problem, "moo: a mechanism that does not exist");
	assert_slice(run.r->mechanism, "");
	assert_int_equal(run.asked, 1);
	spf_free(run.s);
}

/* Names over 253 octets lose labels at their left (7.3); labels over 63 make
 * a name that cannot be asked for. */
static void
test_long_names(void **state)
{
	static const char macro[] = "%{d}.";
	char domain[128], record[128], name[512];
	(void)state;
	memset(domain, 'a', 60);
	memcpy(domain + 60, ".contoh.id", 11);
	struct buf b;
	buf_init(&b, sizeof(record) - 1);
	buf_add_str(&b, "v=spf1 exists:");
	for (int i = 0; i < 4; i++)
		buf_add_str(&b, macro);
	buf_add_str(&b, "example.org -all");
	memcpy(record, b.p, b.n);
	record[b.n] = '\0';
	buf_free(&b);
	buf_init(&b, sizeof(name) - 1);
	buf_add_str(&b, "contoh.id.");
	for (int i = 0; i < 3; i++) {
		buf_add_str(&b, domain);
		buf_add_byte(&b, '.');
	}
	buf_add_str(&b, "example.org");
	memcpy(name, b.p, b.n);
	name[b.n] = '\0';
	buf_free(&b);
	struct spf_line z[] = {{domain, DNS_TXT, record},
	    {name, DNS_A, "127.0.0.1"}, {NULL, 0, NULL}};
	char from[140] = "b@";
	memcpy(from + 2, domain, 71);
	struct run run = run_zone(z, "192.0.2.1", "x", from, false);
	assert_int_equal(run.r->word, SPF_PASS);
	spf_free(run.s);
}

static void
test_timeout(void **state)
{
	struct ip ip = {.family = 4, .b = {192, 0, 2, 1}};
	struct reverse_question q;
	unsigned slot;
	(void)state;
	struct spf *s =
	    spf_new(&ip, SLICE("x"), SLICE("a@contoh.id"), SLICE("y"), NOW);
	assert_true(spf_next(s, &slot, &q));
	assert_false(spf_next(s, &slot, &q));
	assert_int_equal(q.type, DNS_TXT);
	assert_slice(q.name, "contoh.id");
	spf_timeout(s);
	assert_true(spf_done(s));
	assert_int_equal(spf_result(s)->word, SPF_TEMPERROR);
	struct reverse_answer late = {.status = REVERSE_DNS_NXDOMAIN};
	spf_answer(s, slot, &late);
	assert_int_equal(spf_result(s)->word, SPF_TEMPERROR);
	spf_free(s);
}

/* ---- advice and header ---- */

static void
test_advice(void **state)
{
	static const struct {
		const char *record, *want;
	} cases[] = {
	    {"v=spf1 mx -all", ""},
	    {"v=spf1 redirect=_spf.mitra.example", ""},
	    {"v=spf2 mx -all", "it does not begin with \"v=spf1 \""},
	    {"v=spf1 +all", "+all lets everybody pass"},
	    {"v=spf1 mx ?all", "?all says nothing of anybody else"},
	    {"v=spf1 mx", "there is no \"all\" at its end: nothing is said of "
			  "anybody else"},
	    {"v=spf1 -all mx", "what stands behind \"all\" counts nothing"},
	    {"v=spf1 ptr -all", "ptr is discouraged (RFC 7208 5.5)"},
	    {"v=spf1 ip4:0.0.0.0/1 -all",
		"ip4:0.0.0.0/1: lets a large part of the Internet pass"},
	    {"v=spf1 ipv4:192.0.2.1 -all",
		"ipv4:192.0.2.1: a mechanism that does not exist"},
	    {"v=spf1 mx a include:a.id include:b.id include:c.id include:d.id "
	     "include:e.id include:f.id include:g.id include:h.id a:i.id -all",
		"more than 10 lookups"},
	    {"v=spf1 mx a include:a.id include:b.id include:c.id include:d.id "
	     "include:e.id include:f.id include:g.id include:h.id "
	     "redirect=i.id",
		"more than 10 lookups"},
	    {"v=spf1 redirect=a.id -all", "redirect counts nothing beside "
					  "\"all\""},
	    {"v=spf1 redirect=a.id redirect=b.id",
		"redirect=b.id: redirect stands there twice"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf b;
		buf_init(&b, 4096);
		spf_record_check(slice_str(cases[i].record), &b);
		assert_slice(buf_slice(&b), cases[i].want);
		buf_free(&b);
	}
}

static void
test_received(void **state)
{
	struct buf b;
	struct ip ip = {.family = 4, .b = {192, 0, 2, 1}};
	struct spf_result r = {.word = SPF_SOFTFAIL,
	    .domain = SLICE("contoh.id"),
	    .mechanism = SLICE("~all")};
	(void)state;
	buf_init(&b, 4096);
	spf_add_received(&b, &r, &ip, SLICE("a\r\nb\")"), SLICE("b@contoh.id"),
	    SLICE("mx.mitra.example"));
	assert_slice(buf_slice(&b),
	    "Received-SPF: softfail\r\n"
	    "\t(mx.mitra.example: contoh.id does not seem to permit "
	    "192.0.2.1)\r\n"
	    "\tclient-ip=\"192.0.2.1\";\r\n"
	    "\tenvelope-from=\"b@contoh.id\";\r\n"
	    "\thelo=\"a\\x0d\\x0ab\\x22\\x29\";\r\n"
	    "\treceiver=\"mx.mitra.example\";\r\n"
	    "\tidentity=\"mailfrom\";\r\n"
	    "\tmechanism=\"~all\";\r\n");
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_appendix),
	    cmocka_unit_test(test_syntax),
	    cmocka_unit_test(test_mechanisms),
	    cmocka_unit_test(test_nested),
	    cmocka_unit_test(test_identity),
	    cmocka_unit_test(test_macros),
	    cmocka_unit_test(test_macro_values),
	    cmocka_unit_test(test_explanation),
	    cmocka_unit_test(test_path),
	    cmocka_unit_test(test_long_names),
	    cmocka_unit_test(test_timeout),
	    cmocka_unit_test(test_advice),
	    cmocka_unit_test(test_received),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
