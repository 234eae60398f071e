/* Who may send: lookups, exemptions, relay control, shields and devices. */
#include <stdio.h>

#include "text.h"

static struct conf *
must(const char *text)
{
	struct text_file files[] = {{"t", text}, {NULL, NULL}};
	struct conf *c = NULL;
	struct conf_report r;
	struct buf all;

	if (text_conf(files, NULL, &c, &r) != ERR_OK) {
		text_report(&r, &all);
		fail_msg("%s\n%s", text, (const char *)all.p);
	}
	conf_report_free(&r);
	return c;
}

#define EQ(slice, text) assert_true(slice_eq((slice), SLICE(text)))

/* "name=action ..." of every action that is not the named section's own. */
static void
actions(const struct conf *c, struct buf *out)
{
	const char *name;

	buf_init(out, 2000);
	for (size_t i = 0; (name = conf_action_at(i)) != NULL; i++) {
		const enum conf_action *a =
		    conf_action_find(c, slice_str(name));
		assert_non_null(a);
		buf_printf(out, "%s=%s ", name, conf_action_name(*a));
	}
	buf_add_byte(out, '\0');
}

static void
check_actions(const char *text, const char *want)
{
	struct conf *c = must(text);
	struct buf b;

	actions(c, &b);
	assert_string_equal((const char *)b.p, want);
	buf_free(&b);
	conf_free(c);
}

#define CONTROL_DEFAULTS                                                       \
	"relay-control.postmaster=reject "                                     \
	"relay-control.sender.unknown=reject "                                 \
	"relay-control.recipient.unknown=reject "                              \
	"relay-control.identity.envelope=reject "                              \
	"relay-control.identity.header=off "

static void
default_actions(void **state)
{
	(void)state;
	check_actions(TEXT_HEAD,
	    "reverse-lookup.ptr.missing=note "
	    "reverse-lookup.ptr.mismatch=note "
	    "reverse-lookup.helo.forged=note "
	    "reverse-lookup.helo.not-found=note "
	    "reverse-lookup.mail.forged=note "
	    "reverse-lookup.mail.not-found=defer "
	    "reverse-lookup.mail.no-mx=off " CONTROL_DEFAULTS);
	check_actions(TEXT_HEAD "reverse-lookup { preset = legitimate-sender }",
	    "reverse-lookup.ptr.missing=close "
	    "reverse-lookup.ptr.mismatch=close "
	    "reverse-lookup.helo.forged=note "
	    "reverse-lookup.helo.not-found=close "
	    "reverse-lookup.mail.forged=note "
	    "reverse-lookup.mail.not-found=close "
	    "reverse-lookup.mail.no-mx=reject " CONTROL_DEFAULTS);
	check_actions(TEXT_HEAD
	    "reverse-lookup { ptr { mismatch = off }\n"
	    "mail { not-found = note no-mx = off forged = defer }\n"
	    "preset = legitimate-sender }\n"
	    "relay-control { recipient { unknown = defer }\n"
	    "postmaster = off identity { header = close } }",
	    "reverse-lookup.ptr.missing=close "
	    "reverse-lookup.ptr.mismatch=off "
	    "reverse-lookup.helo.forged=note "
	    "reverse-lookup.helo.not-found=close "
	    "reverse-lookup.mail.forged=defer "
	    "reverse-lookup.mail.not-found=note "
	    "reverse-lookup.mail.no-mx=off "
	    "relay-control.postmaster=off "
	    "relay-control.sender.unknown=reject "
	    "relay-control.recipient.unknown=defer "
	    "relay-control.identity.envelope=reject "
	    "relay-control.identity.header=close ");
}

static void
defaults(void **state)
{
	struct conf *c = must(TEXT_HEAD TEXT_MX);
	(void)state;

	assert_int_equal(c->reverse_lookup.preset, CONF_PRESET_NONE);
	assert_int_equal(
	    c->reverse_lookup.headers, CONF_HEADER_AUTHENTICATION_RESULTS);
	assert_true(c->reverse_lookup.ptr.exempt_authenticated);
	assert_true(c->reverse_lookup.helo.exempt_authenticated);
	assert_true(c->reverse_lookup.mail.exempt_authenticated);
	assert_true(c->relay_control.sender.exempt_authenticated);
	assert_true(c->relay_control.sender.exempt_trusted);
	assert_false(c->relay_control.recipient.exempt_authenticated);
	assert_false(c->relay_control.recipient.exempt_trusted);
	assert_int_equal(c->masquerade, CONF_MASQUERADE_NOTE);
	assert_int_equal(c->limits.fetch_timeout_ms, 60000);
	assert_int_equal(c->exempt_n, 0);
	for (int i = 0; i < CONF_EXEMPT_LISTS; i++)
		assert_null(c->exempts[i]);
	assert_int_equal(c->device_n, 0);
	assert_int_equal(c->shield_n, 0);
	assert_true(c->listen[0].reverse_lookup);
	assert_false(c->listen[0].legacy_tls);
	conf_free(c);

	c = must(TEXT_HEAD "reverse-lookup { preset = legitimate-sender }\n");
	assert_true(c->reverse_lookup.ptr.exempt_authenticated);
	assert_true(c->reverse_lookup.helo.exempt_authenticated);
	assert_false(c->reverse_lookup.mail.exempt_authenticated);
	conf_free(c);
	c = must(TEXT_HEAD
	    "reverse-lookup { preset = legitimate-sender headers = {}\n"
	    "mail { exempt-authenticated = true } }\n");
	assert_true(c->reverse_lookup.mail.exempt_authenticated);
	assert_int_equal(c->reverse_lookup.headers, 0);
	conf_free(c);
}

#define KEY "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"

static void
exempts(void **state)
{
	struct conf *c = must(TEXT_HEAD
	    "exempt \"PTR\" { file = /e/ptr.list\n"
	    "sync = \"https://lists.contoh.id:8443/ptr.list\"\n"
	    "sync-at = 23:59 key = \"" KEY "\" }\n"
	    "exempt \"helo\" { sync = \"http://[2001:db8::1]/h\"\n"
	    "unsigned = true }\n"
	    "reverse-lookup { headers = {x-md, authentication-results} }\n");
	const struct conf_exempt *e = c->exempts[CONF_EXEMPT_PTR];
	(void)state;

	assert_non_null(e);
	EQ(e->name, "ptr");
	EQ(e->file, "/e/ptr.list");
	EQ(e->sync, "https://lists.contoh.id:8443/ptr.list");
	EQ(e->key, KEY);
	assert_int_equal(e->sync_at, 23 * 60 + 59);
	assert_false(e->unsigned_sync);
	e = c->exempts[CONF_EXEMPT_HELO];
	assert_non_null(e);
	EQ(e->file, "");
	assert_non_null(e->file.p);
	assert_int_equal(e->sync_at, 0);
	assert_true(e->unsigned_sync);
	assert_null(c->exempts[CONF_EXEMPT_MAIL]);
	assert_int_equal(c->reverse_lookup.headers,
	    CONF_HEADER_AUTHENTICATION_RESULTS | CONF_HEADER_X_MD);
	conf_free(c);

	assert_int_equal(conf_exempt_parse(SLICE("Mail")), CONF_EXEMPT_MAIL);
	assert_int_equal(conf_exempt_parse(SLICE("")), CONF_EXEMPT_LISTS);
	assert_int_equal(conf_exempt_parse(SLICE("ptrs")), CONF_EXEMPT_LISTS);
	assert_string_equal(conf_exempt_name(CONF_EXEMPT_HELO), "helo");
}

static void
devices(void **state)
{
	struct conf *c = must(TEXT_HEAD TEXT_TLS
	    "device \"copier-lt2\" { address = {192.0.2.50, 2001:db8:1::/64, "
	    "192.0.2.50}\n"
	    " from = {Copier@CONTOH.id} to = {@Contoh.id, a@mitra.example}\n"
	    " rate = 200/1d max-size = 20MB min-tls = 1.0 user = Copier }\n"
	    "device \"fax\" { address = 192.0.2.51 max-size = 40MB }\n"
	    "listen \"d\" { role = device address = 192.0.2.1:25\n"
	    " legacy-tls = true }\n"
	    "listen \"e\" { role = device address = 192.0.2.2:25\n"
	    " max-size = 1MB tls = none }\n");
	const struct conf_device *d = &c->device[0];
	(void)state;

	assert_int_equal(c->device_n, 2);
	EQ(d->name, "copier-lt2");
	assert_int_equal(d->address.n, 3);
	assert_int_equal(d->address.v[1].bits, 64);
	assert_int_equal(d->from.n, 1);
	EQ(d->from.v[0], "Copier@contoh.id");
	assert_int_equal(d->to.n, 2);
	EQ(d->to.v[0], "@contoh.id");
	assert_int_equal(d->rate.count, 200);
	assert_int_equal(d->rate.window_ms, 86400000);
	assert_int_equal(d->max_size, 20 << 20);
	assert_int_equal(d->min_tls, CONF_TLS_1_0);
	assert_int_equal(d->auth, CONF_DEVICE_AUTH_LOGIN_PLAIN);
	EQ(d->user, "copier");
	d = &c->device[1];
	assert_int_equal(d->from.n, 0);
	assert_int_equal(d->to.n, 0);
	assert_int_equal(d->rate.count, 0);
	assert_int_not_equal(d->rate.window_ms, 0);
	assert_int_equal(d->min_tls, CONF_TLS_1_2);
	assert_int_equal(d->auth, CONF_DEVICE_AUTH_OFF);
	EQ(d->user, "");

	const struct conf_listen *l = conf_listen_find(c, SLICE("d"));
	assert_int_equal(l->role, CONF_ROLE_DEVICE);
	assert_int_equal(l->tls, CONF_TLS_MAY);
	assert_int_equal(l->auth, CONF_AUTH_OFF);
	assert_int_equal(l->max_size, 40 << 20);
	assert_false(l->reverse_lookup);
	assert_true(l->legacy_tls);
	l = conf_listen_find(c, SLICE("e"));
	assert_int_equal(l->max_size, 1 << 20);
	assert_int_equal(l->tls, CONF_TLS_NONE);
	assert_true(l->legacy_tls);
	conf_free(c);

	c = must(TEXT_HEAD
	    "limits { message-size = 7MB }\n"
	    "device \"d\" { address = ::1 }\n"
	    "listen \"d\" { role = device address = 192.0.2.1:25 }\n");
	assert_int_equal(c->listen[0].max_size, 7 << 20);
	assert_int_equal(c->device[0].max_size, 7 << 20);
	assert_int_equal(c->listen[0].tls, CONF_TLS_NONE);
	assert_false(c->listen[0].legacy_tls);
	conf_free(c);

	c = must(TEXT_HEAD TEXT_MX
	    "device \"d\" { address = ::1 min-tls = 1.1 }\n"
	    "listen \"no\" { role = device address = 192.0.2.1:26\n"
	    " legacy-tls = false reverse-lookup = true }\n");
	assert_false(conf_listen_find(c, SLICE("mx"))->legacy_tls);
	assert_false(conf_listen_find(c, SLICE("no"))->legacy_tls);
	assert_true(conf_listen_find(c, SLICE("no"))->reverse_lookup);
	conf_free(c);
}

static void
shields(void **state)
{
	struct conf *c = must(TEXT_HEAD
	    "shield \"contoh.ID\" { address = 192.0.2.0/24 }\n"
	    "shield \"*.Contoh.id\" { address = 192.0.2.0/24 action = note\n"
	    " header = true exempt-authenticated = false\n"
	    " exempt-trusted = false }\n"
	    "shield \"*\" { address = 192.0.2.7 }\n"
	    "shield \"$LocalDomain$\" { address = 10.0.0.0/8 }\n");
	(void)state;

	assert_int_equal(c->shield_n, 4);
	EQ(c->shield[0].name, CONF_SHIELD_LOCAL);
	EQ(c->shield[1].name, "*");
	EQ(c->shield[2].name, ".contoh.id");
	EQ(c->shield[3].name, "contoh.id");
	assert_int_equal(c->shield[2].action, CONF_ACTION_NOTE);
	assert_true(c->shield[2].header);
	assert_false(c->shield[2].exempt_authenticated);
	assert_false(c->shield[2].exempt_trusted);
	assert_int_equal(c->shield[3].action, CONF_ACTION_REJECT);
	assert_false(c->shield[3].header);
	assert_true(c->shield[3].exempt_authenticated);
	assert_true(c->shield[3].exempt_trusted);
	assert_int_equal(c->shield[3].address.v[0].bits, 24);
	conf_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(default_actions),
	    cmocka_unit_test(defaults),
	    cmocka_unit_test(exempts),
	    cmocka_unit_test(devices),
	    cmocka_unit_test(shields),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
