#include "conf/schema.h"

#include "conf/names.h"

#include <string.h>

#define SECOND 1000ull
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define KB     1024ull
#define MB     (1024 * KB)
#define GB     (1024 * MB)

const struct conf_word conf_roles[] = {{"mx", CONF_ROLE_MX},
    {"submission", CONF_ROLE_SUBMISSION}, {"device", CONF_ROLE_DEVICE},
    {"filter-return", WORD_LATER}, {NULL, 0}};

const struct conf_word conf_tls_listen[] = {{"none", CONF_TLS_NONE},
    {"may", CONF_TLS_MAY}, {"encrypt", CONF_TLS_ENCRYPT},
    {"implicit", CONF_TLS_IMPLICIT}, {NULL, 0}};

const struct conf_word conf_tls_outbound[] = {{"none", CONF_TLS_NONE},
    {"may", CONF_TLS_MAY}, {"encrypt", CONF_TLS_ENCRYPT},
    {"verify", CONF_TLS_VERIFY}, {"fingerprint", WORD_LATER},
    {"secure", WORD_LATER}, {"dane", WORD_LATER}, {"dane-only", WORD_LATER},
    {NULL, 0}};

const struct conf_word conf_auths[] = {{"off", CONF_AUTH_OFF},
    {"offer", CONF_AUTH_OFFER}, {"require", CONF_AUTH_REQUIRE}, {NULL, 0}};

const struct conf_word conf_dnssecs[] = {{"validate", CONF_DNSSEC_VALIDATE},
    {"trust-ad", CONF_DNSSEC_TRUST_AD}, {"off", CONF_DNSSEC_OFF}, {NULL, 0}};

const struct conf_word conf_languages[] = {
    {"en", CONF_LANG_EN}, {"id", CONF_LANG_ID}, {NULL, 0}};

const struct conf_word conf_actions[] = {{"off", CONF_ACTION_OFF},
    {"note", CONF_ACTION_NOTE}, {"defer", CONF_ACTION_DEFER},
    {"reject", CONF_ACTION_REJECT}, {"close", CONF_ACTION_CLOSE}, {NULL, 0}};

/* Where taking the mail is no choice. */
const struct conf_word conf_refusals[] = {{"defer", CONF_ACTION_DEFER},
    {"reject", CONF_ACTION_REJECT}, {"close", CONF_ACTION_CLOSE}, {NULL, 0}};

const struct conf_word conf_exempt_lists[] = {{"ptr", CONF_EXEMPT_PTR},
    {"helo", CONF_EXEMPT_HELO}, {"mail", CONF_EXEMPT_MAIL}, {NULL, 0}};

static const struct conf_word presets[] = {{"none", CONF_PRESET_NONE},
    {"legitimate-sender", CONF_PRESET_LEGITIMATE}, {NULL, 0}};

static const struct conf_word result_headers[] = {
    {"authentication-results", CONF_HEADER_AUTHENTICATION_RESULTS},
    {"x-md", CONF_HEADER_X_MD}, {NULL, 0}};

static const struct conf_word masquerades[] = {{"off", CONF_MASQUERADE_OFF},
    {"note", CONF_MASQUERADE_NOTE}, {"withdraw", CONF_MASQUERADE_WITHDRAW},
    {NULL, 0}};

static const struct conf_word tls_versions[] = {{"1.0", CONF_TLS_1_0},
    {"1.1", CONF_TLS_1_1}, {"1.2", CONF_TLS_1_2}, {"1.3", CONF_TLS_1_3},
    {NULL, 0}};

static const struct conf_word device_auths[] = {{"off", CONF_DEVICE_AUTH_OFF},
    {"login-plain", CONF_DEVICE_AUTH_LOGIN_PLAIN}, {NULL, 0}};

#define WITHIN(parent, field) parent, LABEL_NONE, offsetof(struct conf, field)
#define ONE(field)            WITHIN(SECTION_TOP, field)
#define MANY(label, field)                                                     \
	SECTION_TOP, label, offsetof(struct conf, field),                      \
	    sizeof(*((struct conf *)NULL)->field),                             \
	    offsetof(struct conf, field##_n)

const struct conf_section conf_sections[SECTION_COUNT] = {
    [SECTION_TOP] = {"", SECTION_TOP, LABEL_NONE},
    [SECTION_DOMAIN] = {"domain", MANY(LABEL_HOST, domain)},
    [SECTION_TLS] = {"tls", ONE(tls)},
    [SECTION_LISTEN] = {"listen", MANY(LABEL_WORD, listen)},
    [SECTION_SNI] = {"sni", MANY(LABEL_HOST, sni)},
    [SECTION_OUTBOUND] = {"outbound", ONE(outbound)},
    [SECTION_ROUTE] = {"route", MANY(LABEL_PATTERN, route)},
    [SECTION_DNS] = {"dns", ONE(dns)},
    [SECTION_LIMITS] = {"limits", ONE(limits)},
    [SECTION_LEDGER] = {"ledger", ONE(ledger)},
    [SECTION_REVERSE] = {"reverse-lookup", ONE(reverse_lookup)},
    [SECTION_REVERSE_PTR] = {"ptr",
	WITHIN(SECTION_REVERSE, reverse_lookup.ptr)},
    [SECTION_REVERSE_HELO] = {"helo",
	WITHIN(SECTION_REVERSE, reverse_lookup.helo)},
    [SECTION_REVERSE_MAIL] = {"mail",
	WITHIN(SECTION_REVERSE, reverse_lookup.mail)},
    [SECTION_EXEMPT] = {"exempt", MANY(LABEL_LOOKUP, exempt)},
    [SECTION_CONTROL] = {"relay-control", ONE(relay_control)},
    [SECTION_CONTROL_SENDER] = {"sender",
	WITHIN(SECTION_CONTROL, relay_control.sender)},
    [SECTION_CONTROL_RECIPIENT] = {"recipient",
	WITHIN(SECTION_CONTROL, relay_control.recipient)},
    [SECTION_CONTROL_IDENTITY] = {"identity",
	WITHIN(SECTION_CONTROL, relay_control.identity)},
    [SECTION_SHIELD] = {"shield", MANY(LABEL_SHIELD, shield)},
    [SECTION_DEVICE] = {"device", MANY(LABEL_WORD, device)},
    [SECTION_TEST_MAILBOX] = {"test-mailbox", ONE(test_mailbox)},
};

#define IS_NAMED(type)                                                         \
	_Static_assert(offsetof(struct type, name) ==                          \
			       offsetof(struct conf_named, name) &&            \
			   offsetof(struct type, pos) ==                       \
			       offsetof(struct conf_named, pos),               \
	    #type " begins as struct conf_named does")
IS_NAMED(conf_domain);
IS_NAMED(conf_listen);
IS_NAMED(conf_sni);
IS_NAMED(conf_route);
IS_NAMED(conf_exempt);
IS_NAMED(conf_shield);
IS_NAMED(conf_device);

const char *const conf_sections_later[] = {"tls-rule", NULL};

#define TOP(f)      offsetof(struct conf, f)
#define DOMAIN(f)   offsetof(struct conf_domain, f)
#define CERT(f)     offsetof(struct conf_certificate, f)
#define LISTEN(f)   offsetof(struct conf_listen, f)
#define SNI(f)      offsetof(struct conf_sni, f)
#define OUTBOUND(f) offsetof(struct conf_outbound, f)
#define ROUTE(f)    offsetof(struct conf_route, f)
#define DNS(f)      offsetof(struct conf_dns, f)
#define LIMITS(f)   offsetof(struct conf_limits, f)
#define LEDGER(f)   offsetof(struct conf_ledger, f)
#define REVERSE(f)  offsetof(struct conf_reverse_lookup, f)
#define PTR(f)      offsetof(struct conf_lookup_ptr, f)
#define HELO(f)     offsetof(struct conf_lookup_helo, f)
#define FROM(f)     offsetof(struct conf_lookup_mail, f)
#define EXEMPT(f)   offsetof(struct conf_exempt, f)
#define CONTROL(f)  offsetof(struct conf_relay_control, f)
#define SENDER(f)   offsetof(struct conf_relay_sender, f)
#define RCPT(f)     offsetof(struct conf_relay_recipient, f)
#define IDENTITY(f) offsetof(struct conf_relay_identity, f)
#define SHIELD(f)   offsetof(struct conf_shield, f)
#define DEVICE(f)   offsetof(struct conf_device, f)
#define TESTBOX(f)  offsetof(struct conf_test_mailbox, f)

#define REQUIRED             NULL, NULL, true
#define REQUIRED_WORD(words) NULL, words, true
#define COMPUTED(words, how) NULL, words, false, how

/* clang-format off: one row an option.
 * section, name, type, field, least, most, default, words */
const struct conf_option conf_options[] = {
    {SECTION_TOP, "hostname", TYPE_HOST, TOP(hostname), 1, 0, REQUIRED},
    {SECTION_TOP, "data-dir", TYPE_PATH, TOP(data_dir), 1, 0, "/var/lib/kurir"},
    {SECTION_TOP, "control", TYPE_PATH, TOP(control), 1, 107,
	"/run/kurir/control"},
    {SECTION_TOP, "postmaster", TYPE_ADDRESS, TOP(postmaster), 1, 0,
	COMPUTED(NULL, "postmaster at the first domain")},
    {SECTION_TOP, "user", TYPE_USER, TOP(user), 0, 0, "kurir"},
    {SECTION_TOP, "aliases", TYPE_PATH, TOP(aliases), 0, 0, ""},
    {SECTION_TOP, "recipient-delimiter", TYPE_DELIMITER,
	TOP(recipient_delimiter), 0, 0, "+"},
    {SECTION_TOP, "trusted", TYPE_TRUST, TOP(trusted), 0, 1000,
	"127.0.0.0/8, ::1"},
    {SECTION_TOP, "language", TYPE_WORD, TOP(language), 0, 0, "en",
	conf_languages},
    {SECTION_TOP, "masquerade", TYPE_WORD, TOP(masquerade), 0, 0, "note",
	masquerades},
    {SECTION_DOMAIN, "deliver", TYPE_NEXTHOP, DOMAIN(deliver), 0, 0, REQUIRED},
    {SECTION_DOMAIN, "user", TYPE_USER, DOMAIN(user), 0, 0,
	COMPUTED(NULL, "user at the top")},
    {SECTION_TLS, "certificate", TYPE_PATH, CERT(certificate), 0, 0, ""},
    {SECTION_TLS, "key", TYPE_PATH, CERT(key), 0, 0, ""},
    {SECTION_LISTEN, "address", TYPE_ENDPOINTS, LISTEN(address), 1, 64,
	REQUIRED},
    {SECTION_LISTEN, "role", TYPE_WORD, LISTEN(role), 0, 0,
	REQUIRED_WORD(conf_roles)},
    {SECTION_LISTEN, "tls", TYPE_WORD, LISTEN(tls), 0, 0,
	COMPUTED(conf_tls_listen, "may with a certificate, else none")},
    {SECTION_LISTEN, "auth", TYPE_WORD, LISTEN(auth), 0, 0,
	COMPUTED(conf_auths, "require for submission, else off")},
    {SECTION_LISTEN, "trusted", TYPE_TRUST, LISTEN(trusted), 0, 1000,
	COMPUTED(NULL, "trusted at the top")},
    {SECTION_LISTEN, "certificate", TYPE_PATH, LISTEN(cert.certificate), 0, 0,
	COMPUTED(NULL, "tls certificate")},
    {SECTION_LISTEN, "key", TYPE_PATH, LISTEN(cert.key), 0, 0,
	COMPUTED(NULL, "tls key")},
    {SECTION_LISTEN, "max-size", TYPE_SIZE, LISTEN(max_size), 64 * KB, 2 * GB,
	COMPUTED(
	    NULL, "limits message-size; for device the largest of theirs")},
    {SECTION_LISTEN, "reverse-lookup", TYPE_BOOL, LISTEN(reverse_lookup), 0, 0,
	COMPUTED(NULL, "true for mx, else false")},
    {SECTION_LISTEN, "legacy-tls", TYPE_BOOL, LISTEN(legacy_tls), 0, 0,
	COMPUTED(NULL, "true where a device has an old min-tls, else false")},
    {SECTION_LISTEN, "proxy-protocol", TYPE_LATER},
    {SECTION_SNI, "certificate", TYPE_PATH, SNI(cert.certificate), 1, 0,
	REQUIRED},
    {SECTION_SNI, "key", TYPE_PATH, SNI(cert.key), 1, 0, REQUIRED},
    {SECTION_OUTBOUND, "via", TYPE_NEXTHOP, OUTBOUND(via), 0, 0, "mx"},
    {SECTION_OUTBOUND, "tls", TYPE_WORD, OUTBOUND(tls), 0, 0, "may",
	conf_tls_outbound},
    {SECTION_OUTBOUND, "port", TYPE_COUNT, OUTBOUND(port), 1, 65535, "25"},
    {SECTION_OUTBOUND, "bind", TYPE_IPS, OUTBOUND(bind), 0, 2, ""},
    {SECTION_OUTBOUND, "helo", TYPE_HOST, OUTBOUND(helo), 0, 0,
	COMPUTED(NULL, "hostname")},
    {SECTION_OUTBOUND, "retry", TYPE_DURATIONS, OUTBOUND(retry), 1, 100,
	"5min, 15min, 1h, 4h"},
    {SECTION_OUTBOUND, "expire", TYPE_DURATION, OUTBOUND(expire_ms), SECOND,
	30 * DAY, "5d"},
    {SECTION_OUTBOUND, "warn-after", TYPE_DURATION, OUTBOUND(warn_after_ms), 0,
	30 * DAY, "4h"},
    {SECTION_OUTBOUND, "credentials", TYPE_PATH, OUTBOUND(credentials), 0, 0,
	""},
    {SECTION_OUTBOUND, "ca", TYPE_PATH, OUTBOUND(ca), 0, 0, ""},
    {SECTION_ROUTE, "via", TYPE_NEXTHOP, ROUTE(via), 0, 0, REQUIRED},
    {SECTION_DNS, "server", TYPE_SERVERS, DNS(server), 0, 8, ""},
    {SECTION_DNS, "dnssec", TYPE_WORD, DNS(dnssec), 0, 0, "validate",
	conf_dnssecs},
    {SECTION_DNS, "timeout", TYPE_DURATION, DNS(timeout_ms), 100, 5 * MINUTE,
	"5s"},
    {SECTION_DNS, "trust-anchor", TYPE_PATH, DNS(trust_anchor), 0, 0, ""},
    {SECTION_LIMITS, "message-size", TYPE_SIZE, LIMITS(message_size), 64 * KB,
	2 * GB, "25MB"},
    {SECTION_LIMITS, "recipients", TYPE_COUNT, LIMITS(recipients), 1, 100000,
	"100"},
    {SECTION_LIMITS, "sessions", TYPE_COUNT, LIMITS(sessions), 1, 1000000,
	"10000"},
    {SECTION_LIMITS, "sessions-per-ip", TYPE_COUNT, LIMITS(sessions_per_ip), 1,
	1000000, "20"},
    {SECTION_LIMITS, "errors", TYPE_COUNT, LIMITS(errors), 1, 1000, "10"},
    {SECTION_LIMITS, "auth-failures-per-ip", TYPE_COUNT,
	LIMITS(auth_failures_per_ip), 1, 1000, "10"},
    {SECTION_LIMITS, "auth-block", TYPE_DURATION, LIMITS(auth_block_ms), SECOND,
	DAY, "15min"},
    {SECTION_LIMITS, "hops", TYPE_COUNT, LIMITS(hops), 10, 1000, "50"},
    {SECTION_LIMITS, "command-timeout", TYPE_DURATION,
	LIMITS(command_timeout_ms), SECOND, HOUR, "5min"},
    {SECTION_LIMITS, "data-timeout", TYPE_DURATION, LIMITS(data_timeout_ms),
	SECOND, HOUR, "10min"},
    {SECTION_LIMITS, "handshake-timeout", TYPE_DURATION,
	LIMITS(handshake_timeout_ms), SECOND, HOUR, "30s"},
    {SECTION_LIMITS, "connect-timeout", TYPE_DURATION,
	LIMITS(connect_timeout_ms), SECOND, HOUR, "30s"},
    {SECTION_LIMITS, "greeting-timeout", TYPE_DURATION,
	LIMITS(greeting_timeout_ms), SECOND, HOUR, "5min"},
    {SECTION_LIMITS, "helo-timeout", TYPE_DURATION, LIMITS(helo_timeout_ms),
	SECOND, HOUR, "5min"},
    {SECTION_LIMITS, "mail-timeout", TYPE_DURATION, LIMITS(mail_timeout_ms),
	SECOND, HOUR, "5min"},
    {SECTION_LIMITS, "rcpt-timeout", TYPE_DURATION, LIMITS(rcpt_timeout_ms),
	SECOND, HOUR, "5min"},
    {SECTION_LIMITS, "data-init-timeout", TYPE_DURATION,
	LIMITS(data_init_timeout_ms), SECOND, HOUR, "2min"},
    {SECTION_LIMITS, "data-block-timeout", TYPE_DURATION,
	LIMITS(data_block_timeout_ms), SECOND, HOUR, "3min"},
    {SECTION_LIMITS, "data-done-timeout", TYPE_DURATION,
	LIMITS(data_done_timeout_ms), SECOND, HOUR, "10min"},
    {SECTION_LIMITS, "quit-timeout", TYPE_DURATION, LIMITS(quit_timeout_ms),
	SECOND, HOUR, "10s"},
    {SECTION_LIMITS, "fetch-timeout", TYPE_DURATION, LIMITS(fetch_timeout_ms),
	SECOND, MINUTE, "60s"},
    {SECTION_LIMITS, "connections-per-destination", TYPE_COUNT,
	LIMITS(connections_per_destination), 1, 1000, "20"},
    {SECTION_LIMITS, "messages-per-connection", TYPE_COUNT,
	LIMITS(messages_per_connection), 1, 10000, "100"},
    {SECTION_LIMITS, "recipients-per-delivery", TYPE_COUNT,
	LIMITS(recipients_per_delivery), 1, 1000, "50"},
    {SECTION_LIMITS, "deliveries", TYPE_COUNT, LIMITS(deliveries), 1, 1000,
	"20"},
    {SECTION_LIMITS, "connections", TYPE_COUNT, LIMITS(connections), 1, 100000,
	"500"},
    {SECTION_LIMITS, "smtpd-processes", TYPE_COUNT, LIMITS(smtpd_processes), 0,
	64, "0"},
    {SECTION_LIMITS, "relay-processes", TYPE_COUNT, LIMITS(relay_processes), 0,
	64, "0"},
    {SECTION_LIMITS, "disk-reserve", TYPE_SIZE, LIMITS(disk_reserve), 0,
	1024 * GB, "64MB"},
    {SECTION_LEDGER, "keep", TYPE_DURATION, LEDGER(keep_ms), HOUR, 3650 * DAY,
	"30d"},
    {SECTION_LEDGER, "max-size", TYPE_SIZE, LEDGER(max_size), MB, 1024 * GB,
	"2GB"},
    {SECTION_LEDGER, "dialogue", TYPE_BOOL, LEDGER(dialogue), 0, 0, "true"},
    {SECTION_REVERSE, "preset", TYPE_WORD, REVERSE(preset), 0, 0, "none",
	presets},
    {SECTION_REVERSE, "headers", TYPE_WORDS, REVERSE(headers), 0, 8,
	"authentication-results", result_headers},
    {SECTION_REVERSE_PTR, "missing", TYPE_WORD, PTR(missing), 0, 0, "note",
	conf_actions},
    {SECTION_REVERSE_PTR, "mismatch", TYPE_WORD, PTR(mismatch), 0, 0, "note",
	conf_actions},
    {SECTION_REVERSE_PTR, "exempt-authenticated", TYPE_BOOL,
	PTR(exempt_authenticated), 0, 0, "true"},
    {SECTION_REVERSE_HELO, "forged", TYPE_WORD, HELO(forged), 0, 0, "note",
	conf_actions},
    {SECTION_REVERSE_HELO, "not-found", TYPE_WORD, HELO(not_found), 0, 0,
	"note", conf_actions},
    {SECTION_REVERSE_HELO, "exempt-authenticated", TYPE_BOOL,
	HELO(exempt_authenticated), 0, 0, "true"},
    {SECTION_REVERSE_MAIL, "forged", TYPE_WORD, FROM(forged), 0, 0, "note",
	conf_actions},
    {SECTION_REVERSE_MAIL, "not-found", TYPE_WORD, FROM(not_found), 0, 0,
	"defer", conf_actions},
    {SECTION_REVERSE_MAIL, "no-mx", TYPE_WORD, FROM(no_mx), 0, 0, "off",
	conf_actions},
    {SECTION_REVERSE_MAIL, "exempt-authenticated", TYPE_BOOL,
	FROM(exempt_authenticated), 0, 0, "true"},
    {SECTION_EXEMPT, "file", TYPE_PATH, EXEMPT(file), 0, 0, ""},
    {SECTION_EXEMPT, "sync", TYPE_URL, EXEMPT(sync), 0, 0, ""},
    {SECTION_EXEMPT, "sync-at", TYPE_TIME, EXEMPT(sync_at), 0, 0, "00:00"},
    {SECTION_EXEMPT, "key", TYPE_KEY, EXEMPT(key), 0, 0, ""},
    {SECTION_EXEMPT, "unsigned", TYPE_BOOL, EXEMPT(unsigned_sync), 0, 0,
	"false"},
    {SECTION_CONTROL, "postmaster", TYPE_WORD, CONTROL(postmaster), 0, 0,
	"reject", conf_actions},
    {SECTION_CONTROL_SENDER, "unknown", TYPE_WORD, SENDER(unknown), 0, 0,
	"reject", conf_actions},
    {SECTION_CONTROL_SENDER, "exempt-authenticated", TYPE_BOOL,
	SENDER(exempt_authenticated), 0, 0, "true"},
    {SECTION_CONTROL_SENDER, "exempt-trusted", TYPE_BOOL,
	SENDER(exempt_trusted), 0, 0, "true"},
    {SECTION_CONTROL_RECIPIENT, "unknown", TYPE_WORD, RCPT(unknown), 0, 0,
	"reject", conf_refusals},
    {SECTION_CONTROL_RECIPIENT, "exempt-authenticated", TYPE_BOOL,
	RCPT(exempt_authenticated), 0, 0, "false"},
    {SECTION_CONTROL_RECIPIENT, "exempt-trusted", TYPE_BOOL,
	RCPT(exempt_trusted), 0, 0, "false"},
    {SECTION_CONTROL_IDENTITY, "envelope", TYPE_WORD, IDENTITY(envelope), 0, 0,
	"reject", conf_actions},
    {SECTION_CONTROL_IDENTITY, "header", TYPE_WORD, IDENTITY(header), 0, 0,
	"off", conf_actions},
    {SECTION_SHIELD, "address", TYPE_NETS, SHIELD(address), 1, 1000, REQUIRED},
    {SECTION_SHIELD, "action", TYPE_WORD, SHIELD(action), 0, 0, "reject",
	conf_actions},
    {SECTION_SHIELD, "header", TYPE_BOOL, SHIELD(header), 0, 0, "false"},
    {SECTION_SHIELD, "exempt-authenticated", TYPE_BOOL,
	SHIELD(exempt_authenticated), 0, 0, "true"},
    {SECTION_SHIELD, "exempt-trusted", TYPE_BOOL, SHIELD(exempt_trusted), 0, 0,
	"true"},
    {SECTION_DEVICE, "address", TYPE_NETS, DEVICE(address), 1, 1000, REQUIRED},
    {SECTION_DEVICE, "from", TYPE_MAILBOXES, DEVICE(from), 0, 1000, ""},
    {SECTION_DEVICE, "to", TYPE_MAILBOXES, DEVICE(to), 0, 1000, ""},
    {SECTION_DEVICE, "rate", TYPE_RATE, DEVICE(rate), 0, 0, ""},
    {SECTION_DEVICE, "max-size", TYPE_SIZE, DEVICE(max_size), 64 * KB, 2 * GB,
	COMPUTED(NULL, "limits message-size")},
    {SECTION_DEVICE, "min-tls", TYPE_WORD, DEVICE(min_tls), 0, 0, "1.2",
	tls_versions},
    {SECTION_DEVICE, "auth", TYPE_WORD, DEVICE(auth), 0, 0,
	COMPUTED(device_auths, "login-plain with a user, else off")},
    {SECTION_DEVICE, "user", TYPE_ACCOUNT, DEVICE(user), 0, 0, ""},
    {SECTION_TEST_MAILBOX, "address", TYPE_ADDRESS, TESTBOX(address), 0, 0, ""},
    {SECTION_TEST_MAILBOX, "assure-address", TYPE_ADDRESS,
	TESTBOX(assure_address), 0, 0, ""},
    {SECTION_TEST_MAILBOX, "open-to", TYPE_SENDERS, TESTBOX(open_to), 0, 1000,
	""},
    {SECTION_TEST_MAILBOX, "rate", TYPE_RATE, TESTBOX(rate), 0, 0, "10/1h"},
};
/* clang-format on */

const size_t conf_options_n = sizeof(conf_options) / sizeof(conf_options[0]);
_Static_assert(sizeof(conf_options) / sizeof(conf_options[0]) <= OPTIONS_MAX,
    "raise OPTIONS_MAX");

void *
schema_array(const struct conf *c, enum section_id s, size_t *out_n)
{
	const struct conf_section *sec = &conf_sections[s];
	const char *base = (const char *)c;
	void *v;

	*out_n = 0;
	if (sec->size == 0)
		return NULL;
	memcpy(&v, base + sec->offset, sizeof(v));
	memcpy(out_n, base + sec->count, sizeof(*out_n));
	return v;
}

void
schema_array_set(struct conf *c, enum section_id s, void *v, size_t n)
{
	const struct conf_section *sec = &conf_sections[s];
	char *base = (char *)c;
	memcpy(base + sec->offset, &v, sizeof(v));
	memcpy(base + sec->count, &n, sizeof(n));
}

const struct conf_option *
schema_option(enum section_id s, struct slice name)
{
	for (size_t i = 0; i < conf_options_n; i++)
		if (conf_options[i].section == s &&
		    slice_eq(slice_str(conf_options[i].name), name))
			return &conf_options[i];
	return NULL;
}

bool
schema_section_is(enum section_id s, struct slice name)
{
	struct slice own = slice_str(conf_sections[s].name);
	if (own.n != name.n)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (own.p[i] != (name.p[i] == '_' ? '-' : name.p[i]))
			return false;
	return true;
}

enum section_id
schema_section(enum section_id parent, struct slice name)
{
	enum section_id s = SECTION_TOP + 1;
	while (s < SECTION_COUNT && (conf_sections[s].parent != parent ||
					!schema_section_is(s, name)))
		s++;
	return s;
}

void
schema_path(enum section_id s, struct buf *out)
{
	if (conf_sections[s].parent != SECTION_TOP) {
		schema_path(conf_sections[s].parent, out);
		buf_add_byte(out, '.');
	}
	buf_add_str(out, conf_sections[s].name);
}

/* ---- names of sections ---- */

static bool
label_is_word(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_alnum(s.p[i]) &&
		    slice_find(SLICE("-_."), s.p[i]) == 3)
			return false;
	return s.n > 0 && s.n <= 64;
}

static bool
label_is_pattern(struct slice s)
{
	return name_is_host(s.n > 0 && s.p[0] == '.' ? slice_from(s, 1) : s);
}

static bool
label_is_shield(struct slice s, struct slice *out)
{
	if (slice_eq_nocase(s, SLICE(CONF_SHIELD_LOCAL))) {
		*out = SLICE(CONF_SHIELD_LOCAL);
		return true;
	}
	if (slice_starts(s, SLICE("*.")))
		*out = slice_from(s, 1);
	return slice_eq(s, SLICE("*")) || label_is_pattern(*out);
}

bool
schema_label(enum section_id s, struct slice label, struct slice *out)
{
	*out = label;
	switch (conf_sections[s].label) {
	case LABEL_NONE:
		break;
	case LABEL_WORD:
		return label_is_word(label);
	case LABEL_HOST:
		return name_is_host(label);
	case LABEL_PATTERN:
		return label_is_pattern(label);
	case LABEL_SHIELD:
		return label_is_shield(label, out);
	case LABEL_LOOKUP:
		return conf_exempt_parse(label) != CONF_EXEMPT_LISTS;
	}
	return false;
}

const char *
schema_label_expected(enum section_id s)
{
	static const char domain[] =
	    "a domain such as example.org (international ones as xn--)";
	static const char *const expected[] = {
	    [LABEL_NONE] = "none",
	    [LABEL_WORD] = "a name of letters, digits, \"-\", \"_\" and \".\"",
	    [LABEL_HOST] = domain,
	    [LABEL_PATTERN] = domain,
	    [LABEL_SHIELD] = "a domain, \".example\" for all below it, \"*\" "
			     "for all, or " CONF_SHIELD_LOCAL,
	    [LABEL_LOOKUP] = "ptr, helo or mail",
	};
	return expected[conf_sections[s].label];
}

const char *
schema_type_name(enum conf_type t)
{
	static const char *const names[] = {
	    [TYPE_BOOL] = "boolean",
	    [TYPE_COUNT] = "number",
	    [TYPE_DURATION] = "duration",
	    [TYPE_SIZE] = "size",
	    [TYPE_RATE] = "rate",
	    [TYPE_TIME] = "time",
	    [TYPE_WORD] = "word",
	    [TYPE_WORDS] = "words",
	    [TYPE_PATH] = "path",
	    [TYPE_HOST] = "host",
	    [TYPE_ADDRESS] = "address",
	    [TYPE_USER] = "user",
	    [TYPE_DELIMITER] = "character",
	    [TYPE_ACCOUNT] = "account",
	    [TYPE_URL] = "url",
	    [TYPE_KEY] = "key",
	    [TYPE_NEXTHOP] = "next-hop",
	    [TYPE_ENDPOINTS] = "endpoints",
	    [TYPE_SERVERS] = "servers",
	    [TYPE_IPS] = "addresses",
	    [TYPE_NETS] = "ranges",
	    [TYPE_MAILBOXES] = "mailboxes",
	    [TYPE_SENDERS] = "senders",
	    [TYPE_DURATIONS] = "durations",
	    [TYPE_TRUST] = "networks",
	    [TYPE_LATER] = "later",
	};
	return names[t];
}

void
schema_list(struct buf *out)
{
	for (size_t i = 0; i < conf_options_n; i++) {
		const struct conf_option *o = &conf_options[i];
		if (o->type == TYPE_LATER)
			continue;
		const char *fallback = o->fallback;
		if (fallback == NULL)
			fallback = o->required ? "required" : o->computed;
		schema_path(o->section, out);
		buf_printf(out, "\t%s\t%s\t%s\n", o->name,
		    schema_type_name(o->type), fallback);
	}
}
