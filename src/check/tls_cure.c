/* tls_cure.c - what the owner of an examined server should do. */
#include <string.h>

#include "check/tls_priv.h"
#include "policy/cause.h"

/* Where doc/causes.md speaks to a server about its client, which is not what
 * stands here: a server that was examined. */
static const struct {
	const char *code, *cure;
} owner[] = {
    {"net.closed-after-starttls",
	N_("Look in the server's log for the time of this check; often its "
	   "certificate or key is missing or cannot be read")},
    {"net.reset",
	N_("Look in the server's log for the time of this check, why it hung "
	   "up")},
    {"net.timeout",
	N_("Look whether the server runs, and whether a firewall in front of "
	   "it lets this port through")},
    {"remote.4xx", N_("Look in the server's log for the time of this check")},
    {"remote.5xx", N_("Look in the server's log for the time of this check")},
    {"tls.cert-untrusted",
	N_("Install a certificate of a public authority, with its full chain "
	   "(fullchain.pem), and reload the mail server")},
    {"tls.garbage",
	N_("Look whether the port is the right one (465 is TLS from the first "
	   "byte, 25 and 587 begin in plain text), then in the server's log")},
    {"tls.no-common-cipher",
	N_("Allow ciphers of today: ECDHE with AES-GCM or ChaCha20")},
    {"tls.no-common-version", N_("Enable TLS 1.2 and TLS 1.3")},
    {"tls.stalled",
	N_("Look in the server's log, and for a firewall or an inspection of "
	   "SMTP in front of it that swallows the handshake (Cisco \"fixup\", "
	   "antivirus), or a wrong MTU")},
    {"protocol.sync",
	N_("Let the server answer what was asked, and nothing before; look "
	   "for an inspection of SMTP in front of it")},
};

const char *
tls_cure(const char *code)
{
	for (size_t i = 0; i < sizeof(owner) / sizeof(*owner); i++)
		if (strcmp(owner[i].code, code) == 0)
			return tr(owner[i].cure);
	const struct cause *c = cause_find(
	    tr_lang() == TR_ID ? CAUSE_ID : CAUSE_EN, slice_str(code));
	return c != NULL ? c->cure[CAUSE_RECEIVING] : "";
}
