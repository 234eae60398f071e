#include "text.h"

#include "conf/schema.h"

static struct conf *
must(const struct text_file *files)
{
	struct conf *c = NULL;
	struct conf_report r;
	struct buf all;

	if (text_conf(files, NULL, &c, &r) != ERR_OK) {
		text_report(&r, &all);
		fail_msg("%s", (const char *)all.p);
	}
	conf_report_free(&r);
	return c;
}

static struct conf *
must_text(const char *text)
{
	struct text_file files[] = {{"t", text}, {NULL, NULL}};
	return must(files);
}

#define EQ(slice, text) assert_true(slice_eq((slice), SLICE(text)))

static void
defaults(void **state)
{
	struct conf *c = must_text(TEXT_HEAD TEXT_TLS TEXT_MX TEXT_SUBMISSION
	    "listen \"subs\" { address = 0.0.0.0:465 role = submission "
	    "tls = implicit }");
	(void)state;

	EQ(c->hostname, "mail.contoh.id");
	EQ(c->data_dir, "/var/lib/kurir");
	EQ(c->control, "/run/kurir/control");
	EQ(c->postmaster, "postmaster@contoh.id");
	EQ(c->user, "kurir");
	EQ(c->aliases, "");
	assert_non_null(c->aliases.p);
	EQ(c->recipient_delimiter, "+");
	EQ(c->outbound.helo, "mail.contoh.id");
	conf_free(c);
	c = must_text(TEXT_HEAD TEXT_TLS TEXT_MX TEXT_SUBMISSION
	    "listen \"subs\" { address = 0.0.0.0:465 role = submission "
	    "tls = implicit } outbound { helo = \"\" }");
	EQ(c->outbound.helo, "mail.contoh.id");
	assert_int_equal(c->trusted.net_n, 2);
	assert_int_equal(c->trusted.name_n, 0);
	assert_int_equal(c->outbound.via.kind, NEXTHOP_MX);
	assert_int_equal(c->outbound.tls, CONF_TLS_MAY);
	assert_int_equal(c->outbound.retry.n, 4);
	assert_int_equal(c->outbound.retry.v[0], 300000);
	assert_int_equal(c->outbound.expire_ms, 432000000);
	assert_int_equal(c->limits.message_size, 26214400);
	assert_int_equal(c->limits.recipients, 100);
	assert_int_equal(c->limits.command_timeout_ms, 300000);
	assert_int_equal(c->limits.data_timeout_ms, 600000);
	assert_int_equal(c->ledger.max_size, 2147483648);
	assert_true(c->ledger.dialogue);
	assert_int_equal(c->dns.dnssec, CONF_DNSSEC_VALIDATE);

	const struct conf_listen *l = conf_listen_find(c, SLICE("mx"));
	assert_non_null(l);
	assert_int_equal(l->tls, CONF_TLS_MAY);
	assert_int_equal(l->auth, CONF_AUTH_OFF);
	assert_int_equal(l->address.n, 2);
	assert_int_equal(l->address.v[1].ip.family, 6);
	assert_int_equal(l->max_size, 26214400);
	EQ(l->cert.certificate, "/c.pem");
	l = conf_listen_find(c, SLICE("sub"));
	assert_int_equal(l->auth, CONF_AUTH_REQUIRE);
	assert_int_equal(l->tls, CONF_TLS_MAY);
	l = conf_listen_find(c, SLICE("subs"));
	assert_int_equal(l->tls, CONF_TLS_IMPLICIT);
	EQ(c->domain[0].user, "kurir");
	conf_free(c);
}

static void
written(void **state)
{
	struct conf *c = must_text(TEXT_HEAD
	    "# a comment\n"
	    "user=\"vmail\"trusted={10.0.0.0/8,::1,\"gate.contoh.id\",.mitra."
	    "example}#\n"
	    "listen \"plain\" { address = 192.0.2.1:25 role = mx auth = offer\n"
	    " trusted = {} max-size = 1MB }\n"
	    "recipient-delimiter = \"\"\n"
	    "postmaster = admin@contoh.id language = id\n"
	    "sni \"Mail.Lain.ID\" { certificate = /l.pem key = /l.key }\n"
	    "outbound { via = \"smarthost:[Relay.ISP.id]:587\" tls = verify\n"
	    " bind = {192.0.2.1, 2001:db8::1} credentials = \"/a \\\"b\\\\\" "
	    "}\n"
	    "dns { server = {127.0.0.1, \"[::1]:5353\"} dnssec = off }\n"
	    "ledger { dialogue = false keep = 1h }\n");
	struct ip ip;
	(void)state;

	EQ(c->user, "vmail");
	EQ(c->domain[0].user, "vmail");
	assert_int_equal(c->trusted.net_n, 2);
	assert_int_equal(c->trusted.name_n, 2);
	assert_int_equal(ip_parse(SLICE("10.1.2.3"), &ip), ERR_OK);
	assert_true(conf_trusts(&c->trusted, &ip, SLICE("")));
	assert_int_equal(ip_parse(SLICE("192.0.2.9"), &ip), ERR_OK);
	assert_false(conf_trusts(&c->trusted, &ip, SLICE("")));
	assert_true(conf_trusts(&c->trusted, &ip, SLICE("Gate.contoh.id")));
	assert_true(conf_trusts(&c->trusted, &ip, SLICE("a.mitra.example")));
	assert_false(conf_trusts(&c->trusted, &ip, SLICE(".mitra.example")));
	assert_false(conf_trusts(&c->trusted, &ip, SLICE("mitra.example")));
	assert_false(conf_trusts(&c->trusted, &ip, SLICE("xmitra.example")));

	const struct conf_listen *l = &c->listen[0];
	assert_int_equal(l->tls, CONF_TLS_NONE);
	assert_int_equal(l->auth, CONF_AUTH_OFFER);
	assert_int_equal(l->trusted.net_n, 0);
	assert_int_equal(l->max_size, 1048576);
	assert_int_equal(c->recipient_delimiter.n, 0);
	assert_int_equal(c->language, CONF_LANG_ID);
	EQ(c->outbound.via.host, "relay.isp.id");
	EQ(c->outbound.credentials, "/a \"b\\");
	assert_int_equal(c->outbound.bind.n, 2);
	assert_int_equal(c->dns.server.v[0].port, 53);
	assert_int_equal(c->dns.server.v[1].port, 5353);
	assert_non_null(conf_sni_find(c, SLICE("mail.LAIN.id")));
	assert_null(conf_sni_find(c, SLICE("lain.id")));
	conf_free(c);
}

static void
finding(void **state)
{
	struct conf *c = must_text(TEXT_HEAD
	    "domain \"b.example\" { deliver = \"relay:[10.0.0.5]\" }\n"
	    "domain \"a.example\" { deliver = \"lmtp:unix:/x\" }\n"
	    "route \"mitra.example\" { via = hold }\n"
	    "route \".mitra.example\" { via = mx }\n"
	    "route \".a.mitra.example\" { via = \"relay:[10.0.0.6]\" }\n"
	    "route \".example\" { via = \"relay:[10.0.0.7]\" }\n");
	static const struct {
		const char *domain, *route; /* NULL: none */
	} cases[] = {{"mitra.example", "mitra.example"},
	    {"MITRA.example", "mitra.example"},
	    {"x.mitra.example", ".mitra.example"},
	    {"x.y.mitra.example", ".mitra.example"},
	    {"a.mitra.example", ".mitra.example"},
	    {"x.a.mitra.example", ".a.mitra.example"},
	    {"other.example", ".example"}, {"example", NULL},
	    {"xmitra.example.org", NULL}, {"", NULL}};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct conf_route *r =
		    conf_route_find(c, slice_str(cases[i].domain));
		if ((r == NULL) != (cases[i].route == NULL) ||
		    (r != NULL &&
			!slice_eq(r->name, slice_str(cases[i].route))))
			fail_msg("%s", cases[i].domain);
	}
	assert_int_equal(c->domain_n, 3);
	EQ(c->domain[0].name, "a.example");
	EQ(c->postmaster, "postmaster@contoh.id");
	assert_non_null(conf_domain_find(c, SLICE("B.Example")));
	assert_null(conf_domain_find(c, SLICE("b.exampl")));
	assert_null(conf_domain_find(c, SLICE("b.example.")));
	assert_null(conf_domain_find(c, SLICE("")));
	conf_free(c);
}

static void
places(void **state)
{
	static const struct text_file files[] = {
	    {"etc/kurir.conf", TEXT_HEAD "include(\"more.conf\")\n"
					 "user = mail\n"},
	    {"etc/more.conf", "language = id\n" TEXT_MX}, {NULL, NULL}};
	struct conf *c = must(files);
	struct conf_pos pos;
	(void)state;

	assert_true(conf_where(c, &c->user, &pos));
	assert_string_equal(pos.file, "etc/kurir.conf");
	assert_int_equal(pos.line, 4);
	assert_int_equal(pos.column, 8);
	assert_true(conf_where(c, &c->language, &pos));
	assert_string_equal(pos.file, "etc/more.conf");
	assert_int_equal(pos.line, 1);
	assert_false(conf_where(c, &c->data_dir, &pos));
	assert_true(conf_where(c, &c->listen[0].role, &pos));
	assert_false(conf_where(c, &c->listen[0].auth, &pos));
	assert_string_equal(c->listen[0].pos.file, "etc/more.conf");
	assert_int_equal(c->listen[0].pos.line, 2);
	conf_free(c);

	c = must_text(
	    TEXT_HEAD "reverse-lookup {\n ptr {\n  missing = note\n} }\n"
		      "device \"d\" { address = ::1\n rate = 1/1h }\n");
	assert_true(conf_where(c, &c->reverse_lookup.ptr.missing, &pos));
	assert_int_equal(pos.line, 5);
	assert_int_equal(pos.column, 13);
	assert_false(conf_where(c, &c->reverse_lookup.ptr.mismatch, &pos));
	assert_false(conf_where(c, &c->reverse_lookup.preset, &pos));
	assert_true(conf_where(c, &c->device[0].rate, &pos));
	assert_int_equal(pos.line, 8);
	assert_false(conf_where(c, &c->device[0].max_size, &pos));
	assert_false(conf_where(c, &c->relay_control.postmaster, &pos));
	conf_free(c);
}

static void
shown(const struct conf *c, struct buf *out)
{
	buf_init(out, 1u << 20);
	conf_show(c, out);
	buf_add_byte(out, '\0');
	assert_int_equal(buf_err(out), ERR_OK);
}

/* What is shown reads back as the same. */
static void
show_round_trip(void **state)
{
	static const char *const texts[] = {TEXT_HEAD,
	    TEXT_HEAD TEXT_TLS TEXT_MX TEXT_SUBMISSION,
	    TEXT_HEAD TEXT_MX
	    "trusted = {::/0, a.example}\n"
	    "outbound { retry = {90s, 1500ms, 2h} "
	    "credentials = \"/\\\"\\\\\" via = hold }\n"
	    "route \".x\" { via = \"relay:[::1]\" }\n"
	    "dns { server = ::1 }\n"
	    "limits { message-size = 1000KB disk-reserve = 7B "
	    "}\n",
	    TEXT_HEAD
	    "reverse-lookup { preset = legitimate-sender headers = {x-md}\n"
	    "mail { no-mx = off } }\n"
	    "exempt \"Helo\" { sync = \"http://a.example:81/\" unsigned = "
	    "true sync-at = 07:05 }\n"
	    "shield \"$localdomain$\" { address = {10.0.0.0/8, ::1} }\n"
	    "shield \"*.a.example\" { address = ::1 action = close }\n"
	    "shield \"*\" { address = ::1 header = true }\n"
	    "relay-control { recipient { unknown = close } }\n"
	    "listen \"d\" { role = device address = 192.0.2.1:25 }\n"
	    "device \"d\" { address = 10.0.0.1 min-tls = 1.0 rate = 3/90s\n"
	    "from = {A@CONTOH.id, @contoh.id} user = X max-size = 64KB }\n"
	    "masquerade = off\n"};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct buf one, two;
		struct conf *c = must_text(texts[i]);
		shown(c, &one);
		conf_free(c);
		c = must_text((const char *)one.p);
		shown(c, &two);
		conf_free(c);
		assert_string_equal((char *)one.p, (char *)two.p);
		buf_free(&one);
		buf_free(&two);
	}
}

static void
bundles(void **state)
{
	static const struct text_file files[] = {
	    {"e/k", TEXT_HEAD "include(\"m\")\ninclude(\"/abs\")\n"},
	    {"e/m", TEXT_MX}, {"/abs", "language = id"}, {NULL, NULL}};
	struct conf *c = NULL, *d = NULL;
	struct conf_report r;
	struct buf bundle, one, two;
	(void)state;

	buf_init(&bundle, 100000);
	assert_int_equal(text_conf(files, &bundle, &c, &r), ERR_OK);
	conf_report_free(&r);
	conf_report_init(&r);
	assert_int_equal(conf_read_bundle(buf_slice(&bundle), &d, &r), ERR_OK);
	shown(c, &one);
	shown(d, &two);
	assert_string_equal((char *)one.p, (char *)two.p);
	assert_string_equal(d->listen[0].pos.file, "e/m");
	conf_free(c);
	conf_free(d);
	d = NULL;
	for (size_t n = 0; n < bundle.n; n++) {
		enum err e =
		    conf_read_bundle(slice_to(buf_slice(&bundle), n), &d, &r);
		assert_true(e == ERR_CORRUPT || e == ERR_SYNTAX);
	}
	conf_report_free(&r);
	buf_free(&bundle);
	buf_free(&one);
	buf_free(&two);
}

/* Files that include each other without end, or too many times. */
static void
include_limits(void **state)
{
	static const struct text_file deep[] = {
	    {"a", "include(\"b\")"}, {"b", "include(\"a\")"}, {NULL, NULL}};
	static const struct text_file many[] = {
	    {"a", "include(b)include(b)include(b)include(b)include(b)"},
	    {"b", "include(c)include(c)include(c)include(c)include(c)"},
	    {"c", "include(d)include(d)include(d)include(d)include(d)"},
	    {"d", "include(e)include(e)include(e)include(e)include(e)"},
	    {"e", ""}, {NULL, NULL}};
	struct conf *c = NULL;
	struct conf_report r;
	(void)state;

	assert_int_equal(text_conf(deep, NULL, &c, &r), ERR_SYNTAX);
	conf_report_free(&r);
	assert_int_equal(text_conf(many, NULL, &c, &r), ERR_LIMIT);
	assert_true(r.errors > 0);
	conf_report_free(&r);
}

/* Every row of the schema is well-formed and its default parses. */
static void
schema(void **state)
{
	struct buf b;
	(void)state;

	for (size_t i = 0; i < conf_options_n; i++) {
		const struct conf_option *o = &conf_options[i];
		assert_ptr_equal(
		    schema_option(o->section, slice_str(o->name)), o);
		if (o->type == TYPE_LATER)
			continue;
		assert_true(
		    o->fallback != NULL || o->required || o->computed != NULL);
		assert_int_equal(o->type == TYPE_WORD || o->type == TYPE_WORDS,
		    o->words != NULL);
	}
	buf_init(&b, 100000);
	schema_list(&b);
	assert_int_equal(buf_err(&b), ERR_OK);
	buf_add_byte(&b, '\0');
	assert_non_null(
	    strstr((char *)b.p, "\tdata-dir\tpath\t/var/lib/kurir\n"));
	assert_non_null(strstr((char *)b.p, "listen\trole\tword\trequired\n"));
	assert_null(strstr((char *)b.p, "proxy-protocol"));
	assert_non_null(strstr(
	    (char *)b.p, "reverse-lookup.mail\tnot-found\tword\tdefer\n"));
	buf_free(&b);
}

/* conf_action_at names every action there is one of. */
static void
action_names(void **state)
{
	struct buf b;
	size_t n = 0;
	(void)state;

	for (size_t i = 0; i < conf_options_n; i++) {
		const struct conf_option *o = &conf_options[i];
		if ((o->words != conf_actions && o->words != conf_refusals) ||
		    conf_sections[o->section].size > 0)
			continue;
		buf_init(&b, 100);
		schema_path(o->section, &b);
		buf_printf(&b, ".%s", o->name);
		buf_add_byte(&b, '\0');
		assert_non_null(conf_action_at(n));
		assert_string_equal(conf_action_at(n), (const char *)b.p);
		n++;
		buf_free(&b);
	}
	assert_int_equal(n, 12);
	assert_null(conf_action_at(n));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(defaults),
	    cmocka_unit_test(written),
	    cmocka_unit_test(finding),
	    cmocka_unit_test(places),
	    cmocka_unit_test(show_round_trip),
	    cmocka_unit_test(bundles),
	    cmocka_unit_test(include_limits),
	    cmocka_unit_test(schema),
	    cmocka_unit_test(action_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
