/* tls_scan_report.c - versions, ciphers and groups of one address. */
#include <stdio.h>

#include "check/tls_priv.h"

static const uint16_t wire[GRADE_VERSIONS] = {TLS_WIRE_SSL2, TLS_WIRE_SSL3,
    TLS_WIRE_TLS10, TLS_WIRE_TLS11, TLS_WIRE_TLS12, TLS_WIRE_TLS13};

static struct report_value
known(enum grade_known k, bool good)
{
	if (k == GRADE_UNTESTED)
		return value_null();
	return value_mood(value_bool(k == GRADE_YES),
	    (k == GRADE_YES) == good ? MOOD_GOOD : MOOD_BAD);
}

static void
report_versions(
    struct report *r, struct report_node *in, const struct scan_result *s)
{
	static const struct report_column columns[] = {
	    {"protocol", N_("Protocol")}, {"offered", N_("Offered")},
	    {"ciphers", N_("Ciphers")}, {"server_order", N_("Server chooses")}};
	struct report_node *t = report_table(
	    r, in, "protocols", N_("Protocols"), columns, 4, REPORT_DETAIL);
	for (unsigned i = 0; i < GRADE_VERSIONS; i++) {
		const struct scan_version *v = &s->version[i];
		bool yes = v->offered == GRADE_YES;
		const struct report_value row[] = {
		    value_text(slice_str(tls_wire_name(wire[i]))),
		    known(v->offered, i >= GRADE_TLS12),
		    value_number(r, v->suite_n),
		    yes && v->server_order != GRADE_UNTESTED
			? value_bool(v->server_order == GRADE_YES)
			: value_null(),
		};
		report_row(r, t, row);
	}
}

static void
report_ciphers(
    struct report *r, struct report_node *in, const struct scan_result *s)
{
	static const struct report_column columns[] = {
	    {"protocol", N_("Protocol")}, {"cipher", N_("Cipher")},
	    {"name", N_("Registered name")}, {"bits", N_("Bits")},
	    {"aead", N_("AEAD")}, {"forward_secrecy", N_("Forward secrecy")}};
	struct report_node *t = report_table(r, in, "ciphers",
	    N_("Ciphers, in the server's order"), columns, 6, REPORT_DETAIL);
	for (unsigned i = 0; i < GRADE_VERSIONS; i++) {
		const struct scan_version *v = &s->version[GRADE_TLS13 - i];
		for (size_t k = 0; k < v->suite_n; k++) {
			const struct tls_suite *c =
			    GRADE_TLS13 - i == GRADE_SSL2
				? tls_ssl2_suite_find(v->suite[k])
				: tls_suite_find((uint16_t)v->suite[k]);
			struct tls_suite_facts f = {0};
			if (c != NULL)
				tls_suite_judge(c, &f);
			const struct report_value row[] = {
			    value_text(slice_str(
				tls_wire_name(wire[GRADE_TLS13 - i]))),
			    c != NULL ? value_text(slice_str(
					    c->openssl[0] != '\0' ? c->openssl
								  : c->name))
				      : report_valuef(r, "0x%04X", v->suite[k]),
			    c != NULL ? value_text(slice_str(c->name))
				      : value_null(),
			    value_number(r, f.bits),
			    value_bool(f.aead),
			    value_bool(f.forward_secrecy),
			};
			report_row(r, t, row);
		}
	}
}

static void
report_groups(
    struct report *r, struct report_node *in, const struct scan_result *s)
{
	static const struct report_column columns[] = {
	    {"group", N_("Group")}, {"bits", N_("Bits")}};
	struct report_node *t = report_table(r, in, "groups",
	    N_("Key exchange groups, in the server's order"), columns, 2,
	    REPORT_DETAIL);
	for (size_t i = 0; i < s->group_n; i++) {
		const struct tls_group *g = tls_group_find(s->group[i]);
		const struct report_value row[] = {
		    g != NULL ? value_text(slice_str(g->name))
			      : report_valuef(r, "%u", s->group[i]),
		    g != NULL ? value_number(r, g->bits) : value_null(),
		};
		report_row(r, t, row);
	}
	if (s->dh_bits > 0)
		report_fact(r, in, "dh_bits",
		    N_("Bits of the Diffie-Hellman group"),
		    value_number(r, s->dh_bits), REPORT_DETAIL);
}

/* What was not found out, and why. */
static void
report_untested(struct report *r, const struct scan_result *s, const char *host)
{
	bool whole = true;
	for (unsigned i = 0; i < GRADE_VERSIONS; i++)
		whole &= s->version[i].offered != GRADE_UNTESTED &&
			 !s->version[i].cut;
	if (s->failed > 0)
		report_findingf(r, "tls.not-all-tested", SEVERITY_WARN,
		    tr("Ask again later, or with --timeout longer; the server "
		       "may limit connections from one address"),
		    tr("%s: %u of %u connections failed (%s): not everything "
		       "was found out"),
		    host, s->failed, s->connections, s->why);
	else if (!whole)
		report_findingf(r, "tls.not-all-tested", SEVERITY_WARN,
		    tr("Ask again later, or with --timeout longer; the server "
		       "may limit connections from one address"),
		    tr("%s refused what it had taken a moment before, or "
		       "contradicted itself: not everything was found out"),
		    host);
}

void
tls_report_scan(struct report *r, struct report_node *in,
    const struct scan_result *s, const struct tls_visit *v)
{
	report_versions(r, in, s);
	report_ciphers(r, in, s);
	report_groups(r, in, s);
	const struct {
		const char *key, *label;
		enum grade_known is;
		bool good;
	} facts[] = {
	    {"secure_renegotiation", N_("Secure renegotiation"),
		s->secure_renegotiation, true},
	    {"client_renegotiation", N_("Clients may renegotiate"),
		s->client_renegotiation, false},
	    {"compression", N_("Compression"), s->compression, false},
	    {"heartbleed", N_("Heartbleed"), s->heartbleed, false},
	    {"session_id", N_("Resumption by session ID"), s->session_id, true},
	    {"session_ticket", N_("Resumption by ticket"), s->ticket, true},
	};
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
		report_fact(r, in, facts[i].key, facts[i].label,
		    known(facts[i].is, facts[i].good), REPORT_DETAIL);
	report_fact(r, in, "connections", N_("Connections made"),
	    value_number(r, s->connections), REPORT_FULL);
	report_untested(r, s, v->run->host[v->host].h.name);
}
