/* self_tell.c - check self: every record to publish, beside what is published,
 * ready to paste. */
#include "check/self_priv.h"

#include <stdio.h>
#include <string.h>

enum state { RECORD_OK, RECORD_MISSING, RECORD_DIFFERS, RECORD_UNKNOWN };

static const char *
state_name(enum state s)
{
	static const char *const names[] = {[RECORD_OK] = N_("ok"),
	    [RECORD_MISSING] = N_("missing"),
	    [RECORD_DIFFERS] = N_("differs"),
	    [RECORD_UNKNOWN] = N_("unknown")};
	return names[s];
}

struct record {
	const char *name, *type, *value, *published;
	enum state state;
	enum check_severity severity; /* of one that is not there */
	const char *code;
};

static bool
silent(enum ipc_dns_status status)
{
	return status >= IPC_DNS_TEMPFAIL;
}

static void
add(struct self *s, struct report_node *t, const struct record *x)
{
	static const enum report_mood moods[] = {
	    MOOD_GOOD, MOOD_BAD, MOOD_BAD, MOOD_WARN};
	struct report *r = s->r;
	const struct report_value v[] = {report_valuef(r, "%s", x->name),
	    report_valuef(r, "%s", x->type), report_valuef(r, "%s", x->value),
	    x->published[0] != '\0' ? report_valuef(r, "%s", x->published)
				    : value_null(),
	    value_mood(value_word(state_name(x->state)), moods[x->state])};
	char cure[1024];
	report_row(r, t, v);
	(void)snprintf(cure, sizeof(cure), "%s %s. IN %s %s", tr("Publish:"),
	    x->name, x->type, x->value);
	switch (x->state) {
	case RECORD_OK:
		return;
	case RECORD_MISSING:
		report_findingf(r, x->code, x->severity, cure,
		    tr("%s has no %s record as it should"), x->name, x->type);
		return;
	case RECORD_DIFFERS:
		report_findingf(r, x->code, x->severity, cure,
		    tr("the %s record of %s is another than it should be: %s"),
		    x->type, x->name, x->published);
		return;
	case RECORD_UNKNOWN:
		report_findingf(r, "dns.tempfail", SEVERITY_WARN,
		    tr("Try again later; if it stays so, look at the name "
		       "servers"),
		    tr("DNS did not say what %s has as %s"), x->name, x->type);
		report_answer(r, CHECK_UNKNOWN);
		return;
	}
}

/* ---- the host name ---- */

static void
list_addresses(const struct self *s, uint8_t family, char *out, size_t max)
{
	char text[IP_TEXT_MAX];
	size_t n = 0;
	out[0] = '\0';
	for (size_t i = 0; i < s->published_n; i++) {
		if (s->published[i].family != family)
			continue;
		ip_text(&s->published[i], text);
		int k =
		    snprintf(out + n, max - n, "%s%s", n > 0 ? ", " : "", text);
		n += k > 0 && (size_t)k < max - n ? (size_t)k : 0;
	}
}

static void
tell_host(struct self *s, struct report_node *t)
{
	char list[256], ip[IP_TEXT_MAX], reverse[128], pointed[300];
	for (size_t i = 0; i < s->ip_n; i++) {
		const struct self_ip *own = &s->ip[i];
		bool four = own->ip.family == 4;
		struct buf b;
		list_addresses(s, own->ip.family, list, sizeof(list));
		ip_text(&own->ip, ip);
		struct record a = {.name = s->hostname,
		    .type = four ? "A" : "AAAA",
		    .value = ip,
		    .published = list,
		    .state = own->published ? RECORD_OK
			     : silent(four ? s->a_status : s->aaaa_status)
				 ? RECORD_UNKNOWN
			     : list[0] != '\0' ? RECORD_DIFFERS
					       : RECORD_MISSING,
		    .severity = SEVERITY_BAD,
		    .code = "self.address"};
		add(s, t, &a);
		buf_init(&b, sizeof(reverse) - 1);
		buf_add_ip_reverse(&b, &own->ip);
		memcpy(reverse, b.p, b.n);
		reverse[b.n] = '\0';
		buf_free(&b);
		(void)snprintf(pointed, sizeof(pointed), "%s.", s->hostname);
		bool same = slice_eq_nocase(
		    slice_str(own->ptr_name), slice_str(s->hostname));
		struct record ptr = {.name = reverse,
		    .type = "PTR",
		    .value = pointed,
		    .published = own->ptr_name,
		    .state = own->ptr & REVERSE_TEMPFAIL ? RECORD_UNKNOWN
			     : own->ptr == 0 && same     ? RECORD_OK
			     : own->ptr_name[0] != '\0'  ? RECORD_DIFFERS
							 : RECORD_MISSING,
		    .severity = own->ptr == 0 ? SEVERITY_WARN : SEVERITY_BAD,
		    .code = own->ptr & REVERSE_PTR_MISSING
				? "lookup.ptr-missing"
				: "lookup.ptr-mismatch"};
		add(s, t, &ptr);
	}
	if (s->ip_n > 0)
		return;
	struct record none = {.name = s->hostname,
	    .type = "A",
	    .value = "ADDRESS",
	    .published = "",
	    .state = silent(s->a_status) || silent(s->aaaa_status)
			 ? RECORD_UNKNOWN
			 : RECORD_MISSING,
	    .severity = SEVERITY_BAD,
	    .code = "self.address"};
	add(s, t, &none);
}

static void
tell_tlsa(struct self *s, struct report_node *t)
{
	char name[300], value[80] = "3 1 1 ", has[80] = "";
	uint8_t digest[32];
	size_t n = strlen(value);
	if (!cert_tlsa_311(self_leaf(s), digest))
		return;
	for (size_t i = 0; i < sizeof(digest); i++, n += 2)
		(void)snprintf(value + n, 3, "%02x", digest[i]);
	(void)snprintf(name, sizeof(name), "_25._tcp.%s", s->hostname);
	enum dane_state is = s->dane_came ? s->dane.state : DANE_UNKNOWN;
	if (is != DANE_NONE)
		(void)snprintf(has, sizeof(has), "%s", dane_state_name(is));
	struct record tlsa = {.name = name,
	    .type = "TLSA",
	    .value = value,
	    .published = has,
	    .state = is == DANE_MATCH     ? RECORD_OK
		     : is == DANE_NONE    ? RECORD_MISSING
		     : is == DANE_UNKNOWN ? RECORD_UNKNOWN
					  : RECORD_DIFFERS,
	    .severity = is == DANE_NONE       ? SEVERITY_INFO
			: is == DANE_INSECURE ? SEVERITY_WARN
					      : SEVERITY_BAD,
	    .code = is == DANE_NONE       ? "dane.none"
		    : is == DANE_INSECURE ? "dane.insecure"
		    : is == DANE_BOGUS    ? "dns.bogus"
					  : "tls.dane-mismatch"};
	add(s, t, &tlsa);
}

/* ---- domains ---- */

static enum state
txt_state(const struct self_txt *x, bool good)
{
	return silent(x->status)   ? RECORD_UNKNOWN
	       : x->n == 0         ? RECORD_MISSING
	       : x->n == 1 && good ? RECORD_OK
				   : RECORD_DIFFERS;
}

static void
tell_spf(struct self *s, struct report_node *t, const struct self_domain *d)
{
	bool good = spf_is_record(slice_str(d->spf.first)) &&
		    d->spf_asked == d->spf_passed;
	struct record spf = {.name = d->name,
	    .type = "TXT",
	    .value = "\"v=spf1 mx -all\"",
	    .published = d->spf.first,
	    .state = d->spf.n == 1 && d->spf_unknown > 0
			 ? RECORD_UNKNOWN
			 : txt_state(&d->spf, good),
	    .severity = SEVERITY_BAD,
	    .code = d->spf.n == 0  ? "spf.none"
		    : d->spf.n > 1 ? "spf.permerror"
				   : "sender.spf-not-covered"};
	add(s, t, &spf);
}

static void
tell_texts(struct self *s, struct report_node *t, const struct self_domain *d)
{
	char name[300], value[400];
	struct dmarc_record dmarc = {0};
	struct tlsrpt_record rpt = {0};
	int mail = s->conf->postmaster.n > 0 ? (int)s->conf->postmaster.n : 0;
	const char *whom = (const char *)s->conf->postmaster.p;
	bool good = dmarc_record_read(slice_str(d->dmarc.first), &dmarc) &&
		    dmarc.wrong == NULL;
	(void)snprintf(name, sizeof(name), "_dmarc.%s", d->name);
	(void)snprintf(value, sizeof(value),
	    "\"v=DMARC1; p=quarantine; rua=mailto:%.*s\"", mail, whom);
	struct record x = {.name = name,
	    .type = "TXT",
	    .value = value,
	    .published = d->dmarc.first,
	    .state = txt_state(&d->dmarc, good),
	    .severity = SEVERITY_WARN,
	    .code = d->dmarc.n == 0 ? "dmarc.none" : "dmarc.broken"};
	add(s, t, &x);
	good = tlsrpt_record_read(slice_str(d->tlsrpt.first), &rpt) &&
	       rpt.wrong == NULL;
	(void)snprintf(name, sizeof(name), "_smtp._tls.%s", d->name);
	(void)snprintf(value, sizeof(value), "\"v=TLSRPTv1; rua=mailto:%.*s\"",
	    mail, whom);
	x.published = d->tlsrpt.first;
	x.state = txt_state(&d->tlsrpt, good);
	x.severity = d->tlsrpt.n == 0 ? SEVERITY_INFO : SEVERITY_WARN;
	x.code = d->tlsrpt.n == 0 ? "tlsrpt.none" : "tlsrpt.broken";
	add(s, t, &x);
}

static void
tell_sts(struct self *s, struct report_node *t, const struct self_domain *d)
{
	char name[300], value[80], has[80] = "";
	uint64_t now = check_now_s(s->c);
	char when[32];
	cert_time_text(now, when);
	(void)snprintf(name, sizeof(name), "_mta-sts.%s", d->name);
	(void)snprintf(value, sizeof(value),
	    "\"v=STSv1; id=%.4s%.2s%.2s%.2s%.2s%.2s\"", when, when + 5,
	    when + 8, when + 11, when + 14, when + 17);
	if (d->sts == STS_POLICY)
		(void)snprintf(has, sizeof(has), "id=%s mode=%s", d->sts_id,
		    sts_mode_name(d->sts_mode));
	else if (d->sts == STS_BROKEN)
		(void)snprintf(has, sizeof(has), "%s", sts_state_name(d->sts));
	struct record x = {.name = name,
	    .type = "TXT",
	    .value = value,
	    .published = has,
	    .state = d->sts == STS_POLICY    ? RECORD_OK
		     : d->sts == STS_NO      ? RECORD_MISSING
		     : d->sts == STS_UNKNOWN ? RECORD_UNKNOWN
					     : RECORD_DIFFERS,
	    .severity = d->sts == STS_NO ? SEVERITY_INFO : SEVERITY_BAD,
	    .code = d->sts == STS_NO ? "mta-sts.none" : "mta-sts.broken"};
	add(s, t, &x);
}

static void
tell_domain(struct self *s, struct report_node *t, const struct self_domain *d)
{
	char value[300];
	(void)snprintf(value, sizeof(value), "10 %s.", s->hostname);
	struct record mx = {.name = d->name,
	    .type = "MX",
	    .value = value,
	    .published = d->mx,
	    .state = silent(d->mx_status) ? RECORD_UNKNOWN
		     : d->mx_here         ? RECORD_OK
		     : d->mx[0] != '\0'   ? RECORD_DIFFERS
					  : RECORD_MISSING,
	    /* Another host may well receive for us. */
	    .severity = d->mx[0] != '\0' ? SEVERITY_WARN : SEVERITY_BAD,
	    .code =
		d->mx[0] != '\0' ? "self.mx-elsewhere" : "lookup.mail-no-mx"};
	add(s, t, &mx);
	tell_spf(s, t, d);
	tell_texts(s, t, d);
	tell_sts(s, t, d);
}

/* The file that goes with the MTA-STS record. */
static void
tell_policy(struct self *s)
{
	struct report *r = s->r;
	char text[512];
	(void)snprintf(text, sizeof(text),
	    "version: STSv1\nmode: enforce\nmx: %s\nmax_age: 604800",
	    s->hostname);
	report_text(r, report_root(r), "mta_sts_policy",
	    N_("https://mta-sts.DOMAIN/.well-known/mta-sts.txt"),
	    slice_str(text));
}

void
self_tell(struct self *s)
{
	static const struct report_column columns[] = {{"name", N_("Name")},
	    {"type", N_("Type")}, {"value", N_("To publish")},
	    {"published", N_("Published")}, {"state", N_("State")}};
	struct report *r = s->r;
	report_text(r, report_root(r), "hostname", N_("Host name"),
	    slice_str(s->hostname));
	self_listen_tell(s);
	struct report_node *t =
	    report_table(r, report_root(r), "records", N_("DNS records"),
		columns, sizeof(columns) / sizeof(*columns), REPORT_SCORE);
	tell_host(s, t);
	for (size_t i = 0; i < s->domain_n; i++)
		tell_domain(s, t, &s->domain[i]);
	tell_tlsa(s, t);
	if (s->domain_n > 0)
		tell_policy(s);
	self_abuse_tell(s);
	if (s->domain_left > 0) {
		report_findingf(r, "self.domains-left-out", SEVERITY_WARN, "",
		    tr("%zu further domains were not looked at"),
		    s->domain_left);
		report_answer(r, CHECK_UNKNOWN);
	}
	/* Silent DNS was told as such. */
	if (s->ip_n == 0 && !silent(s->a_status) && !silent(s->aaaa_status))
		report_findingf(r, "self.no-address", SEVERITY_BAD,
		    tr("Set hostname to a name that has the address of this "
		       "server"),
		    tr("%s has no address, and the configuration names none "
		       "that others can reach"),
		    s->hostname);
	report_answer(r, CHECK_GOOD);
}
