/* What config mend proposes, by who relayed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/mend.h"

#define HEAD                                                                   \
	"hostname = mail.contoh.id\n"                                          \
	"domain \"contoh.id\" { deliver = \"maildir:/m/%d/%u\" }\n"
#define MX "listen \"mx\" { address = 0.0.0.0:25 role = mx }\n"

static enum err
read_text(void *ctx, const char *path, struct buf *out, struct diag *d)
{
	(void)path;
	(void)d;
	buf_add_str(out, ctx);
	return buf_err(out);
}

static struct conf *
conf_of(const char *text)
{
	const struct conf_source src = {read_text, (void *)(uintptr_t)text};
	struct conf_report r;
	struct conf *c = NULL;
	conf_report_init(&r);
	if (conf_read(&src, "t", NULL, &c, &r) != ERR_OK)
		fail_msg("%s: %s", text, r.n > 0 ? r.v[0].text : "?");
	conf_report_free(&r);
	return c;
}

#define RELAYERS 8

struct who {
	const char *ip, *listen;
	bool ours;
};

static void
fill(struct mend_history *h, struct mend_relayer *r, const struct conf *c,
    const struct who *who)
{
	*h = (struct mend_history){.conf = c, .known = true};
	for (size_t i = 0; i < RELAYERS && who[i].ip != NULL; i++) {
		const char *l = who[i].listen != NULL ? who[i].listen : "mx";
		r[i] = (struct mend_relayer){.messages = i + 1,
		    .last_ms = 1524515940000u,
		    .ours = who[i].ours,
		    .listen = conf_listen_find(c, slice_str(l)),
		    .next = h->relayer};
		assert_int_equal(
		    ip_parse(slice_str(who[i].ip), &r[i].ip), ERR_OK);
		h->relayer = &r[i];
		h->n++;
	}
}

static void
proposals(void **state)
{
	static const struct {
		const char *text;
		struct who who[RELAYERS];
		const char *keep; /* one address */
		const char *code; /* NULL: nothing to mend */
		const char *value, *notes;
		size_t maybe;
	} cases[] = {
	    {HEAD MX, {{"203.0.113.9"}}, NULL, NULL, NULL, NULL, 0},
	    {HEAD MX "trusted = {192.0.2.0/24, \"10.0.0.0/8\"}\n", {{0}}, NULL,
		NULL, NULL, NULL, 0},
	    /* nobody: this machine */
	    {HEAD MX "trusted = {\"::/0\"}\n", {{0}}, NULL, "self.open-relay",
		"{\"127.0.0.0/8\", \"::1\"}", "Nobody relayed", 0},
	    /* what is narrow stays; what is ours and relayed, too */
	    {HEAD MX "trusted = {192.0.2.0/24, 0.0.0.0/0, .kantor.id}\n",
		{{"192.168.7.3"}, {"192.0.2.8"}}, NULL, "self.open-relay",
		"{\"192.0.2.0/24\", \"192.168.7.3\", \"127.0.0.1\", "
		"\".kantor.id\"}",
		"Relayed, and still may:\n  192.0.2.8: 2 messages, the last "
		"on 2018-04-23\n",
		0},
	    /* strangers do not, whatever they claim to be */
	    {HEAD MX "trusted = 0.0.0.0/0\n",
		{{"203.0.113.9", NULL, true}, {"198.51.100.1"}}, NULL,
		"self.open-relay", "{\"127.0.0.0/8\", \"::1\"}",
		"Relayed, and no longer may:\n  198.51.100.1: 2 messages", 1},
	    {HEAD MX "trusted = 0.0.0.0/0\n", {{"203.0.113.9", NULL, true}},
		"203.0.113.9", "self.open-relay",
		"{\"203.0.113.9\", \"127.0.0.1\"}", "still may", 0},
	    /* unless the network was named */
	    {HEAD MX "trusted = {203.0.112.0/20, 0.0.0.0/0}\n",
		{{"203.0.113.9"}, {"198.51.100.1"}}, NULL, "self.open-relay",
		"{\"203.0.113.9\", \"127.0.0.1\"}", "no longer may", 0},
	    {HEAD MX "trusted = 203.0.112.0/20\n", {{"203.0.113.9"}}, NULL,
		"self.trusted-wide", "{\"203.0.113.9\"}", "still may", 0},
	    /* many of one network are the network */
	    {HEAD MX "trusted = 0.0.0.0/0\n",
		{{"10.1.2.3"}, {"10.1.2.4"}, {"10.1.2.5"}, {"10.1.2.6"},
		    {"10.1.3.1"}},
		NULL, "self.open-relay",
		"{\"10.1.3.1\", \"10.1.2.0/24\", \"127.0.0.1\"}", "still may",
		0},
	    {HEAD MX "trusted = \"::/0\"\n", {{"fd00::1"}}, NULL,
		"self.open-relay", "{\"fd00::1\", \"::1\"}", "still may", 0},
	    /* each listener by its own */
	    {HEAD MX "listen \"own\" { address = 0.0.0.0:26 role = mx "
		     "trusted = 0.0.0.0/0 }\n",
		{{"10.0.0.1"}, {"10.0.0.2", "own"}}, NULL, "self.open-relay",
		"{\"10.0.0.2\", \"127.0.0.1\"}", "10.0.0.2", 0},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf *c = conf_of(cases[i].text);
		struct mend_relayer r[RELAYERS];
		struct mend_history h;
		struct mend_args a = {0};
		struct mend_list *l = test_calloc(1, sizeof(*l));
		fill(&h, r, c, cases[i].who);
		if (cases[i].keep != NULL)
			assert_int_equal(ip_net_parse(slice_str(cases[i].keep),
					     &a.keep[a.keep_n++]),
			    ERR_OK);
		mend_find(c, &a, &h, l);
		if (cases[i].code == NULL) {
			assert_int_equal(l->n, 0);
		} else {
			assert_int_equal(l->n, 1);
			buf_add_byte(&l->v[0].notes, '\0');
			assert_string_equal(l->v[0].code, cases[i].code);
			if (!slice_eq(buf_slice(&l->v[0].value),
				slice_str(cases[i].value)) ||
			    strstr((char *)l->v[0].notes.p, cases[i].notes) ==
				NULL ||
			    l->v[0].maybe_n != cases[i].maybe)
				fail_msg("%s\n%.*s (%zu)\n%s", cases[i].text,
				    SLICE_ARG(buf_slice(&l->v[0].value)),
				    l->v[0].maybe_n, (char *)l->v[0].notes.p);
		}
		mend_list_free(l);
		test_free(l);
		conf_free(c);
	}
}

/* More than half, and three or more: else it is their trouble. */
static void
smart_host(void **state)
{
	static const struct {
		const char *via, *ask;
		struct mend_outgoing out;
		const char *code;
	} cases[] = {
	    {"mx", NULL, {.hosts = 3, .silent = 3}, "mend.port-blocked"},
	    {"mx", NULL, {.hosts = 5, .silent = 3}, "mend.port-blocked"},
	    {"mx", NULL, {.hosts = 6, .silent = 3}, NULL},
	    {"mx", NULL, {.hosts = 2, .silent = 2}, NULL},
	    {"mx", NULL, {.hosts = 5, .silent = 1, .refused = 3},
		"mend.not-welcome"},
	    {"\"smarthost:[192.0.2.1]:587\"", NULL, {.hosts = 3, .silent = 3},
		NULL},
	    {"hold", NULL, {.hosts = 3, .silent = 3}, NULL},
	    {"mx", "192.0.2.1", {.hosts = 0}, "mend.smarthost"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[512];
		(void)snprintf(text, sizeof(text), "%soutbound { via = %s }\n",
		    HEAD, cases[i].via);
		struct conf *c = conf_of(text);
		struct mend_history h = {
		    .conf = c, .known = true, .out = cases[i].out};
		struct mend_args a = {.smarthost = cases[i].ask};
		struct mend_list *l = test_calloc(1, sizeof(*l));
		mend_find(c, &a, &h, l);
		if (l->n != (cases[i].code != NULL))
			fail_msg("case %zu: %zu", i, l->n);
		if (l->n > 0)
			assert_string_equal(l->v[0].code, cases[i].code);
		mend_list_free(l);
		test_free(l);
		conf_free(c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(proposals),
	    cmocka_unit_test(smart_host),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
