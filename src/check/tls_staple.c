/* tls_staple.c - what the stapled answer (OCSP) means for who examines the
 * server. Nobody has to staple; what is stapled must be right. */
#include "check/tls_priv.h"

static const struct {
	const char *code, *text, *cure;
} wrong[] = {
    [CERT_STAPLE_REVOKED] = {"tls.cert-revoked",
	N_("the certificate is revoked: its authority says so in the answer "
	   "that the server itself shows (OCSP)"),
	N_("Get a new certificate with a new key, and find out why this one "
	   "was revoked")},
    [CERT_STAPLE_UNKNOWN] = {"tls.staple-wrong",
	N_("the stapled answer (OCSP) says that the authority does not know "
	   "the certificate"),
	N_("Ask the authority about this certificate, or get a new one")},
    [CERT_STAPLE_STALE] = {"tls.staple-stale",
	N_("the stapled answer (OCSP) about the certificate is too old, or "
	   "of the future"),
	N_("Look why the server does not fetch a new one from the authority, "
	   "and whether its clock is right; or switch stapling off")},
    [CERT_STAPLE_OTHER] = {"tls.staple-wrong",
	N_("the stapled answer (OCSP) is about another certificate"),
	N_("Let the server fetch the answer again after each renewal of the "
	   "certificate, or switch stapling off")},
    [CERT_STAPLE_FORGED] = {"tls.staple-wrong",
	N_("the stapled answer (OCSP) is not signed by the authority of the "
	   "certificate: it is not believed"),
	N_("Let the server fetch it from the address in the certificate, or "
	   "switch stapling off")},
    [CERT_STAPLE_REFUSED] = {"tls.staple-wrong",
	N_("the stapled answer (OCSP) only says that the authority cannot "
	   "answer"),
	N_("Let the server keep the last good answer, or switch stapling "
	   "off")},
    [CERT_STAPLE_UNREADABLE] = {"tls.staple-wrong",
	N_("what is stapled to the certificate (OCSP) cannot be read"),
	N_("Look what the server is set to staple, or switch stapling off")},
};

static bool
is_wrong(enum cert_staple_state s)
{
	return s < sizeof(wrong) / sizeof(*wrong) && wrong[s].code != NULL;
}

void
tls_say_staple(struct tls_run *run, const struct tls_visit *v, const char *name)
{
	const struct cert_staple *s = &v->staple;
	bool bad = s->must || s->state == CERT_STAPLE_REVOKED;
	if (s->state == CERT_STAPLE_NONE && s->must)
		report_findingf(run->r, "tls.staple-missing", SEVERITY_BAD,
		    tr("Switch OCSP stapling on, or get a certificate without "
		       "must-staple"),
		    tr("the certificate of %s demands that an answer of its "
		       "authority is stapled (must-staple), and none is"),
		    name);
	if (is_wrong(s->state))
		report_findingf(run->r, wrong[s->state].code,
		    bad ? SEVERITY_BAD : SEVERITY_WARN,
		    tr(wrong[s->state].cure), "%s: %s", name,
		    tr(wrong[s->state].text));
}

static void
report_time(struct report *r, struct report_node *in, const char *key,
    const char *label, uint64_t at_s)
{
	char text[32];
	if (at_s == 0)
		return;
	cert_time_text(at_s, text);
	report_fact(
	    r, in, key, label, value_text(slice_str(text)), REPORT_DETAIL);
}

void
tls_report_staple(
    struct tls_run *run, struct report_node *in, const struct tls_visit *v)
{
	const struct cert_staple *s = &v->staple;
	struct report *r = run->r;
	if (s->state == CERT_STAPLE_UNASKED)
		return;
	enum report_mood mood =
	    s->state == CERT_STAPLE_GOOD ? MOOD_GOOD
	    : s->state == CERT_STAPLE_REVOKED ||
		    (s->must && s->state == CERT_STAPLE_NONE)
		? MOOD_BAD
	    : is_wrong(s->state) ? MOOD_WARN
				 : MOOD_DIM;
	report_fact(r, in, "ocsp_staple", N_("Stapled answer (OCSP)"),
	    value_mood(value_text(slice_str(cert_staple_name(s->state))), mood),
	    REPORT_CERT);
	report_fact(r, in, "must_staple", N_("Certificate demands stapling"),
	    value_bool(s->must), REPORT_DETAIL);
	report_time(r, in, "ocsp_from", N_("Answer holds from"), s->this_s);
	report_time(r, in, "ocsp_until", N_("Answer holds until"), s->next_s);
	report_time(r, in, "ocsp_revoked", N_("Revoked since"), s->revoked_s);
}
