/* Whether the test mailbox can do its work. */
#include "conf/check.h"

static struct slice
domain_of(struct slice address)
{
	return slice_from(address, slice_rfind(address, '@') + 1);
}

static void
check_address(const struct check *k, const struct slice *address)
{
	if (address->n > 0 &&
	    conf_domain_find(k->c, domain_of(*address)) == NULL)
		report_error(k->r, check_at(k, address, k->c->priv->top),
		    "the test mailbox \"%.*s\" is in no domain of ours: mail "
		    "to it never comes here",
		    SLICE_ARG(*address));
}

static bool
is_open_to_all(const struct conf_test_mailbox *t)
{
	for (size_t i = 0; i < t->open_to.n; i++)
		if (slice_eq(t->open_to.v[i], SLICE("*")))
			return true;
	return false;
}

/* A listener that offers STARTTLS and does not insist on it. */
static bool
has_choice(const struct conf *c)
{
	for (size_t i = 0; i < c->listen_n; i++)
		if (c->listen[i].role == CONF_ROLE_MX &&
		    c->listen[i].tls == CONF_TLS_MAY)
			return true;
	return false;
}

static void
check_assure(const struct check *k, const struct conf_test_mailbox *t)
{
	struct conf_pos pos = check_at(k, &t->assure_address, k->c->priv->top);

	if (slice_eq_nocase(t->address, t->assure_address))
		report_error(k->r, pos,
		    "address and assure-address are the same, and one mail "
		    "cannot be answered in both ways");
	if (!has_choice(k->c))
		report_warn(k->r, pos,
		    "assure-address has no use: no mx listener has tls = may");
	if (is_open_to_all(t))
		report_warn(k->r, check_at(k, &t->open_to, pos),
		    "with assure-address, open-to = \"*\" lets anybody hold "
		    "up the mail of those who share his server, minutes at a "
		    "time");
}

void
check_test_mailbox(struct check *k)
{
	const struct conf_test_mailbox *t = &k->c->test_mailbox;

	check_address(k, &t->address);
	check_address(k, &t->assure_address);
	if (t->assure_address.n > 0)
		check_assure(k, t);
	if (t->rate.count == 0 && conf_is_set(k->c, &t->rate) &&
	    !conf_is_broken(k->c, &t->rate))
		report_warn(k->r, check_at(k, &t->rate, k->c->priv->top),
		    "without a rate anybody may have the test mailbox send "
		    "any number of reports");
	if (t->address.n == 0 && t->assure_address.n == 0 && t->open_to.n > 0)
		report_warn(k->r, check_at(k, &t->open_to, k->c->priv->top),
		    "open-to has no effect: there is no test mailbox");
}
