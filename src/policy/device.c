#include "policy/device.h"

#include "policy/relay.h"

/* The longest part of a name or an address that a refusal repeats. */
#define SHOWN_MAX 64

const struct conf_device *
device_find(const struct conf *c, const struct ip *ip)
{
	const struct conf_device *best = NULL;
	unsigned best_bits = 0;
	for (size_t i = 0; i < c->device_n; i++) {
		const struct conf_nets *nets = &c->device[i].address;
		for (size_t k = 0; k < nets->n; k++) {
			if (!ip_in_net(ip, &nets->v[k]) ||
			    (best != NULL && nets->v[k].bits <= best_bits))
				continue;
			best = &c->device[i];
			best_bits = nets->v[k].bits;
		}
	}
	return best;
}

/* ---- what is said ---- */

static void
refuse(struct finding *out, const char *rule, const void *field, uint16_t code,
    const char *enhanced)
{
	*out = (struct finding){
	    .rule = rule, .cause = "device.not-allowed", .field = field};
	finding_act(out, CONF_ACTION_REJECT, code, enhanced);
}

void
device_unknown(const struct ip *ip, struct finding *out)
{
	char text[IP_TEXT_MAX];
	ip_text(ip, text);
	*out =
	    (struct finding){.rule = "device.address", .cause = "relay.denied"};
	finding_act(out, CONF_ACTION_CLOSE, 550, "5.7.1");
	finding_say(out,
	    "Only copiers, printers and scanners may send here, and %s is none "
	    "that is known",
	    text);
}

static struct slice
shown(struct slice s)
{
	return slice_to(s, SHOWN_MAX);
}

/* ---- addresses ---- */

/* Not unquoted, and no dot taken off: a device writes what it was told. */
static struct slice
domain_of(struct slice address)
{
	return slice_from(address, slice_rfind(address, '@') + 1);
}

static struct slice
local_of(struct slice address)
{
	return slice_to(address, slice_rfind(address, '@'));
}

static bool
is_whole_domain(struct slice pattern)
{
	return pattern.n > 0 && pattern.p[0] == '@';
}

/* pattern = local "@" domain / "@" domain */
static bool
matches(struct slice pattern, struct slice address)
{
	if (is_whole_domain(pattern))
		return local_of(address).n > 0 &&
		       local_of(address).n < address.n &&
		       slice_eq_nocase(
			   slice_from(pattern, 1), domain_of(address));
	return slice_eq_nocase(pattern, address);
}

/* The first pattern that the address matches; NULL: none. */
static const struct slice *
match(const struct conf_texts *patterns, struct slice address)
{
	for (size_t i = 0; i < patterns->n; i++)
		if (matches(patterns->v[i], address))
			return &patterns->v[i];
	return NULL;
}

static bool
may_be_from(
    const struct conf *c, const struct conf_device *d, struct slice from)
{
	if (d->from.n > 0)
		return match(&d->from, from) != NULL;
	return slice_find(from, '@') < from.n &&
	       conf_domain_find(c, domain_of(from)) != NULL;
}

/* ---- who it is ---- */

static bool
is_maildir(const struct conf *c, struct slice domain)
{
	const struct conf_domain *d = conf_domain_find(c, domain);
	return d != NULL && d->deliver.kind == NEXTHOP_MAILDIR;
}

/* One of both names may lack the domain: it then means the mailbox of that
 * name in any domain whose mailboxes are ours. */
static bool
is_user(const struct conf *c, struct slice wanted, struct slice user)
{
	bool bare_wanted = slice_find(wanted, '@') == wanted.n;
	bool bare_user = slice_find(user, '@') == user.n;
	if (bare_wanted == bare_user)
		return slice_eq_nocase(wanted, user);
	struct slice bare = bare_wanted ? wanted : user;
	struct slice full = bare_wanted ? user : wanted;
	return slice_eq_nocase(bare, local_of(full)) &&
	       is_maildir(c, domain_of(full));
}

static enum device_say
judge_tls(const struct conf_device *d, const struct device_facts *f,
    struct finding *out)
{
	static const char *const names[] = {[CONF_TLS_1_0] = "1.0",
	    [CONF_TLS_1_1] = "1.1",
	    [CONF_TLS_1_2] = "1.2",
	    [CONF_TLS_1_3] = "1.3"};
	if (!f->tls || f->version >= d->min_tls)
		return DEVICE_ALLOWED;
	refuse(out, "device.min-tls", &d->min_tls, 550, "5.7.1");
	finding_say(out,
	    "Device \"%.*s\" must use TLS %s or newer, and this session has "
	    "TLS %s",
	    SLICE_ARG(shown(d->name)), names[d->min_tls], names[f->version]);
	return DEVICE_REFUSED;
}

/* Without a password it is only not set up yet; another's is no accident. */
static enum device_say
judge_auth(const struct conf *c, const struct conf_device *d,
    const struct device_facts *f, struct finding *out)
{
	if (d->auth == CONF_DEVICE_AUTH_OFF)
		return DEVICE_ALLOWED;
	if (!f->authenticated) {
		refuse(out, "device.auth", &d->auth, 530, "5.7.0");
		out->cause = "auth.required";
		finding_say(out,
		    "Authentication is required of device \"%.*s\" before it "
		    "sends",
		    SLICE_ARG(shown(d->name)));
		return DEVICE_REFUSED;
	}
	if (d->user.n == 0 || is_user(c, d->user, f->user))
		return DEVICE_ALLOWED;
	refuse(out, "device.auth", &d->user, 550, "5.7.1");
	finding_say(out,
	    "Device \"%.*s\" must authenticate with its own name, not as "
	    "%.*s",
	    SLICE_ARG(shown(d->name)), SLICE_ARG(shown(f->user)));
	return DEVICE_BREACH;
}

enum device_say
device_mail(const struct conf *c, const struct conf_device *d,
    const struct device_facts *f, struct slice from, struct finding *out)
{
	enum device_say say = judge_tls(d, f, out);
	if (say == DEVICE_ALLOWED)
		say = judge_auth(c, d, f, out);
	if (say != DEVICE_ALLOWED || may_be_from(c, d, from))
		return say;
	refuse(out, "device.from", &d->from, 550, "5.7.1");
	finding_say(out, "Device \"%.*s\" may not send mail from <%.*s>",
	    SLICE_ARG(shown(d->name)), SLICE_ARG(shown(from)));
	return DEVICE_BREACH;
}

/* ---- to whom ---- */

/* A local part that names a way onwards, for a server behind us that might
 * follow it: only where just this address was allowed. */
static bool
routes(const struct conf *c, struct slice to)
{
	return relay_routes(local_of(to)) && !is_maildir(c, domain_of(to));
}

enum device_say
device_rcpt(const struct conf *c, const struct conf_device *d, struct slice to,
    bool ours, struct finding *out)
{
	const struct slice *pattern = match(&d->to, to);
	bool exact = pattern != NULL && !is_whole_domain(*pattern);
	bool allowed = d->to.n > 0 ? pattern != NULL : ours;
	if (allowed && (exact || !routes(c, to)))
		return DEVICE_ALLOWED;
	refuse(out, "device.to", &d->to, 550, "5.7.1");
	finding_say(out, "Device \"%.*s\" may not send mail to <%.*s>",
	    SLICE_ARG(shown(d->name)), SLICE_ARG(shown(to)));
	return DEVICE_BREACH;
}

/* ---- how much ---- */

/* What one message counts. */
static uint64_t
each_ms(const struct conf_rate *r)
{
	uint64_t each = r->window_ms / r->count;
	return each > 0 ? each : 1;
}

/* Nothing flows off while the clock goes back. */
static uint64_t
level_at(const struct device_count *n, uint64_t now_ms)
{
	uint64_t gone = now_ms > n->at_ms ? now_ms - n->at_ms : 0;
	return n->level_ms > gone ? n->level_ms - gone : 0;
}

uint64_t
device_stopped(const struct device_count *n, uint64_t now_ms)
{
	if (n->stopped_ms <= now_ms)
		return 0;
	uint64_t left = n->stopped_ms - now_ms;
	/* So far back has the clock gone that it says nothing. */
	if (left > 2 * (uint64_t)DEVICE_BREACH_WINDOW_MS)
		return 0;
	return left < DEVICE_BREACH_WINDOW_MS ? left : DEVICE_BREACH_WINDOW_MS;
}

bool
device_breach(struct device_count *n, uint64_t now_ms)
{
	if (device_stopped(n, now_ms) > 0)
		return false;
	if (now_ms > n->breach_ms &&
	    now_ms - n->breach_ms >= DEVICE_BREACH_WINDOW_MS) {
		n->breaches = 0;
		n->breach_ms = now_ms;
	}
	if (now_ms < n->breach_ms)
		n->breach_ms = now_ms;
	if (++n->breaches < DEVICE_BREACHES)
		return false;
	n->breaches = 0;
	n->stopped_ms = now_ms + DEVICE_BREACH_WINDOW_MS;
	return true;
}

static void
refuse_for_now(
    struct finding *out, const char *rule, const char *cause, const void *field)
{
	*out = (struct finding){.rule = rule, .cause = cause, .field = field};
	finding_act(out, CONF_ACTION_DEFER, 0, NULL);
}

enum device_say
device_take(const struct conf_device *d, struct device_count *n,
    uint64_t now_ms, struct finding *out)
{
	uint64_t wait = device_stopped(n, now_ms);
	if (wait > 0) {
		refuse_for_now(out, "device", "device.stopped", NULL);
		finding_say(out,
		    "Device \"%.*s\" left its pattern too often and is stopped "
		    "for %llu more minutes",
		    SLICE_ARG(shown(d->name)),
		    (unsigned long long)((wait + 59999) / 60000));
		return DEVICE_REFUSED;
	}
	if (d->rate.count == 0)
		return DEVICE_ALLOWED;
	uint64_t level = level_at(n, now_ms), each = each_ms(&d->rate);
	if (level > (d->rate.count - 1) * each) {
		refuse_for_now(out, "device.rate", "limit.rate", &d->rate);
		finding_say(out,
		    "Device \"%.*s\" has sent its %llu messages for now, "
		    "please try again later",
		    SLICE_ARG(shown(d->name)),
		    (unsigned long long)d->rate.count);
		return DEVICE_BREACH;
	}
	n->level_ms = level + each;
	n->at_ms = now_ms;
	return DEVICE_ALLOWED;
}
