/* Who a sender claims to be: any user, address and targets under a fixed
 * configuration that refuses whatever it can. The input is three lines - user,
 * address, targets between spaces - behind one octet of facts.
 *
 *	an authenticated user gets mail through only from an address of its own
 *	or one that could not be looked up
 *	whose shield does not hold it, and who claims nothing of ours, is asked
 *	about nothing
 *	texts are printable, replies are codes */
#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "policy/relay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static enum err
give_text(void *ctx, const char *path, struct buf *out, struct diag *d)
{
	(void)ctx;
	(void)path;
	(void)d;
	buf_add_str(out,
	    "hostname = \"mail.contoh.id\"\n"
	    "listen \"mx\" { address = {\"192.0.2.25:25\"} role = \"mx\" }\n"
	    "domain \"contoh.id\" { deliver = \"maildir:/m/%d/%u\" }\n"
	    "domain \"cabang.id\" { deliver = \"relay:[10.0.0.5]:25\" }\n"
	    "recipient-delimiter = \"+\"\n");
	return buf_err(out);
}

static struct conf *
read_conf(void)
{
	const struct conf_source src = {.read = give_text};
	struct conf_report r;
	struct conf *c = NULL;
	conf_report_init(&r);
	check(conf_read(&src, "kurir.conf", NULL, &c, &r) == ERR_OK);
	conf_report_free(&r);
	c->relay_control.sender.unknown = CONF_ACTION_CLOSE;
	c->relay_control.identity.envelope = CONF_ACTION_REJECT;
	c->relay_control.identity.header = CONF_ACTION_DEFER;
	c->relay_control.postmaster = CONF_ACTION_REJECT;
	return c;
}

static struct slice
line(struct slice *in)
{
	size_t at = slice_find(*in, '\n');
	struct slice out = slice_to(*in, at);
	*in = slice_from(*in, at + 1);
	return out;
}

static void
pack_words(struct slice in, struct buf *out)
{
	while (in.n > 0) {
		size_t at = slice_find(in, ' ');
		if (at > 0)
			pack_add(out, slice_to(in, at));
		in = slice_from(in, at + 1);
	}
}

/* Do the findings refuse? Each must be sound. */
static bool
refused(const struct finding *f, size_t n)
{
	check(n <= RELAY_FINDINGS_MAX);
	for (size_t i = 0; i < n; i++) {
		check(f[i].rule != NULL && f[i].cause != NULL);
		check(f[i].field != NULL && f[i].enhanced != NULL);
		check(finding_refuses(&f[i]) == (f[i].code >= 450));
		check(!finding_refuses(&f[i]) || i == n - 1);
		size_t len = strnlen(f[i].text, sizeof(f[i].text));
		check(len > 0 && len < sizeof(f[i].text));
		for (size_t k = 0; k < len; k++)
			check((unsigned char)f[i].text[k] >= 0x20);
	}
	return n > 0 && finding_refuses(&f[n - 1]);
}

static void
judge(const struct conf *c, const struct relay_claim *claim)
{
	struct finding f[RELAY_FINDINGS_MAX];
	bool owns = relay_user_owns(c, claim->user, claim);
	bool vague = claim->domain != RELAY_DOMAIN_FOREIGN &&
		     claim->exists == RELAY_EXISTS_UNKNOWN;
	bool mail = refused(f, relay_claim_mail(c, claim, f));
	bool header = refused(f, relay_claim_header(c, claim, f));
	if (claim->address.n == 0) {
		check(!mail && !header && !relay_claim_asks(c, claim));
		return;
	}
	if (claim->authenticated && !owns && !vague)
		check(mail && header);
	/* Owning is to be the account, or to stand for it. */
	if (owns && claim->targets.n == 0)
		check(
		    slice_starts_nocase(claim->address, SLICE("\"")) ||
		    slice_starts_nocase(claim->address,
			slice_to(claim->user, slice_rfind(claim->user, '@'))));
	if (!claim->authenticated && claim->trusted &&
	    claim->exists != RELAY_EXISTS_NO)
		check(!mail && !header);
	if (!relay_claim_asks(c, claim) && !claim->authenticated &&
	    claim->domain == RELAY_DOMAIN_FOREIGN && mail)
		check(strcmp(f[0].rule, "shield") != 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ip ip = {.family = 4, .b = {203, 0, 113, 9}};
	struct buf targets;
	if (size == 0)
		return 0;
	struct conf *c = read_conf();
	struct slice in = slice_of(data + 1, size - 1);
	struct relay_claim claim = {.ip = &ip,
	    .user = line(&in),
	    .address = line(&in),
	    .domain = (enum relay_domain)(data[0] % 4),
	    .exists = (enum relay_exists)(data[0] / 4 % 3),
	    .trusted = data[0] & 64};
	claim.authenticated = claim.user.n > 0;
	buf_init(&targets, 65536);
	pack_words(in, &targets);
	claim.targets = buf_slice(&targets);
	judge(c, &claim);
	buf_free(&targets);
	conf_free(c);
	return 0;
}
