#include "conf/schema.h"

#include <string.h>

#define SECOND 1000ull
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define KB     1024ull
#define MB     (1024 * KB)
#define GB     (1024 * MB)

const struct conf_word conf_roles[] = {{"mx", CONF_ROLE_MX},
    {"submission", CONF_ROLE_SUBMISSION}, {"device", WORD_LATER},
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

#define ONE(field) LABEL_NONE, offsetof(struct conf, field)
#define MANY(label, field)                                                     \
	label, offsetof(struct conf, field),                                   \
	    sizeof(*((struct conf *)NULL)->field),                             \
	    offsetof(struct conf, field##_n)

const struct conf_section conf_sections[SECTION_COUNT] = {
    [SECTION_TOP] = {"", LABEL_NONE},
    [SECTION_DOMAIN] = {"domain", MANY(LABEL_HOST, domain)},
    [SECTION_TLS] = {"tls", ONE(tls)},
    [SECTION_LISTEN] = {"listen", MANY(LABEL_WORD, listen)},
    [SECTION_SNI] = {"sni", MANY(LABEL_HOST, sni)},
    [SECTION_OUTBOUND] = {"outbound", ONE(outbound)},
    [SECTION_ROUTE] = {"route", MANY(LABEL_PATTERN, route)},
    [SECTION_DNS] = {"dns", ONE(dns)},
    [SECTION_LIMITS] = {"limits", ONE(limits)},
    [SECTION_LEDGER] = {"ledger", ONE(ledger)},
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

const char *const conf_sections_later[] = {
    "tls-rule", "reverse-lookup", "exempt", "device", "test-mailbox", NULL};

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

#define REQUIRED             NULL, NULL, true
#define REQUIRED_WORD(words) NULL, words, true
#define COMPUTED(words, how) NULL, words, false, how

/* clang-format off: one row an option.
 * section, name, type, field, least, most, default, words */
const struct conf_option conf_options[] = {
    {SECTION_TOP, "hostname", TYPE_HOST, TOP(hostname), 0, 0, REQUIRED},
    {SECTION_TOP, "data-dir", TYPE_PATH, TOP(data_dir), 1, 0, "/var/lib/kurir"},
    {SECTION_TOP, "control", TYPE_PATH, TOP(control), 1, 107,
	"/run/kurir/control"},
    {SECTION_TOP, "postmaster", TYPE_ADDRESS, TOP(postmaster), 0, 0,
	COMPUTED(NULL, "postmaster at the first domain")},
    {SECTION_TOP, "user", TYPE_USER, TOP(user), 0, 0, "kurir"},
    {SECTION_TOP, "aliases", TYPE_PATH, TOP(aliases), 0, 0, ""},
    {SECTION_TOP, "recipient-delimiter", TYPE_DELIMITER,
	TOP(recipient_delimiter), 0, 0, "+"},
    {SECTION_TOP, "trusted", TYPE_TRUST, TOP(trusted), 0, 1000,
	"127.0.0.0/8, ::1"},
    {SECTION_TOP, "language", TYPE_WORD, TOP(language), 0, 0, "en",
	conf_languages},
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
	COMPUTED(NULL, "limits message-size")},
    {SECTION_LISTEN, "reverse-lookup", TYPE_LATER},
    {SECTION_LISTEN, "proxy-protocol", TYPE_LATER},
    {SECTION_LISTEN, "legacy-tls", TYPE_LATER},
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
    {SECTION_LIMITS, "fetch-timeout", TYPE_LATER},
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

enum section_id
schema_section(struct slice name)
{
	enum section_id s = SECTION_DOMAIN;
	while (s < SECTION_COUNT &&
	       !slice_eq(slice_str(conf_sections[s].name), name))
		s++;
	return s;
}

const char *
schema_type_name(enum conf_type t)
{
	static const char *const names[] = {
	    [TYPE_BOOL] = "boolean",
	    [TYPE_COUNT] = "number",
	    [TYPE_DURATION] = "duration",
	    [TYPE_SIZE] = "size",
	    [TYPE_WORD] = "word",
	    [TYPE_PATH] = "path",
	    [TYPE_HOST] = "host",
	    [TYPE_ADDRESS] = "address",
	    [TYPE_USER] = "user",
	    [TYPE_DELIMITER] = "character",
	    [TYPE_NEXTHOP] = "next-hop",
	    [TYPE_ENDPOINTS] = "endpoints",
	    [TYPE_SERVERS] = "servers",
	    [TYPE_IPS] = "addresses",
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
		buf_printf(out, "%s\t%s\t%s\t%s\n",
		    conf_sections[o->section].name, o->name,
		    schema_type_name(o->type), fallback);
	}
}
