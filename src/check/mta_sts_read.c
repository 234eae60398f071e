/* mta_sts_read.c - the record and the policy of MTA-STS as text: what they say,
 * and every mistake in them. Pure. */
#include "check/mta_sts.h"

#include <string.h>

#include "proto/dns/name.h"

const char *
sts_state_name(enum sts_state s)
{
	static const char *const names[] = {
	    "unknown", "none", "broken", "policy"};
	return names[s];
}

const char *
sts_mode_name(enum sts_mode m)
{
	static const char *const names[] = {
	    "missing", "none", "testing", "enforce"};
	return names[m];
}

/* ---- mistakes ---- */

enum mistake {
	NO_ID,
	BAD_ID,
	MANY_RECORDS,
	NO_VERSION,
	BAD_LINE,
	NO_MODE,
	BAD_MODE,
	NO_MAX_AGE,
	BAD_MAX_AGE,
	SHORT_MAX_AGE,
	NO_MX,
	BAD_MX,
	MANY_MX,
	LATE_VERSION
};

static const struct sts_mistake mistakes[] = {
    [NO_ID] = {"mta-sts.no-id", N_("the record has no id"), true},
    [BAD_ID] = {"mta-sts.bad-id",
	N_("the id of the record is not 1 to 32 letters and digits"), true},
    [MANY_RECORDS] = {"mta-sts.many-records",
	N_("there is more than one record: senders take none"), true},
    [NO_VERSION] = {"mta-sts.no-version",
	N_("the policy has no line \"version: STSv1\""), true},
    [LATE_VERSION] = {"mta-sts.version-not-first",
	N_("\"version: STSv1\" is not the first line of the policy"), false},
    [BAD_LINE] = {"mta-sts.bad-line",
	N_("the policy has a line that is not \"name: value\""), true},
    [NO_MODE] = {"mta-sts.no-mode", N_("the policy has no mode"), true},
    [BAD_MODE] = {"mta-sts.bad-mode",
	N_("the mode is none of enforce, testing and none"), true},
    [NO_MAX_AGE] = {"mta-sts.no-max-age", N_("the policy has no max_age"),
	true},
    [BAD_MAX_AGE] = {"mta-sts.bad-max-age",
	N_("max_age is no number of seconds up to 31557600"), true},
    [SHORT_MAX_AGE] = {"mta-sts.short-max-age",
	N_("max_age is shorter than a day: it protects hardly"), false},
    [NO_MX] = {"mta-sts.no-mx", N_("the policy names no mx"), true},
    [BAD_MX] = {"mta-sts.bad-mx",
	N_("an mx of the policy is no host name (a * may only be the first "
	   "label)"),
	true},
    [MANY_MX] = {"mta-sts.many-mx",
	N_("the policy has more mx lines than were looked at"), false},
};

static void
add_mistake(struct sts_policy *p, enum mistake m)
{
	for (size_t i = 0; i < p->mistake_n; i++)
		if (p->mistake[i].code == mistakes[m].code)
			return;
	if (p->mistake_n < STS_MISTAKES_MAX)
		p->mistake[p->mistake_n++] = mistakes[m];
}

const struct sts_mistake *
sts_many_records(void)
{
	return &mistakes[MANY_RECORDS];
}

/* ---- the record ----
 *
 * sts-text-record = "v=STSv1" 1*(";" *WSP field) [";"]
 * id = "id=" 1*32(ALPHA / DIGIT) */

bool
sts_record_read(
    struct slice txt, char id[33], const struct sts_mistake **mistake)
{
	*mistake = NULL;
	id[0] = '\0';
	struct slice version = slice_trim(slice_to(txt, slice_find(txt, ';')));
	if (!slice_eq(version, SLICE("v=STSv1")))
		return false;
	struct slice rest = txt;
	while (rest.n > 0) {
		size_t end = slice_find(rest, ';');
		struct slice field = slice_trim(slice_to(rest, end));
		rest = slice_from(rest, end + 1);
		if (!slice_starts(field, SLICE("id=")))
			continue;
		struct slice value = slice_from(field, 3);
		bool ok = value.n >= 1 && value.n <= 32;
		for (size_t i = 0; ok && i < value.n; i++)
			ok = ascii_is_alnum(value.p[i]);
		if (!ok) {
			*mistake = &mistakes[BAD_ID];
			return false;
		}
		memcpy(id, value.p, value.n);
		id[value.n] = '\0';
		return true;
	}
	*mistake = &mistakes[NO_ID];
	return false;
}

/* ---- the policy ---- */

static void
read_mx(struct sts_policy *p, struct slice value)
{
	struct slice name = value;
	if (slice_starts(name, SLICE("*.")))
		name = slice_from(name, 2);
	if (!dns_hostname_valid(name) || value.n > 255) {
		add_mistake(p, BAD_MX);
		return;
	}
	if (p->mx_n == STS_MX_MAX) {
		p->mx_cut = true;
		add_mistake(p, MANY_MX);
		return;
	}
	memcpy(p->mx[p->mx_n], value.p, value.n);
	p->mx[p->mx_n++][value.n] = '\0';
}

static void
read_mode(struct sts_policy *p, struct slice value)
{
	for (enum sts_mode m = STS_NONE; m <= STS_ENFORCE; m++)
		if (slice_eq(value, slice_str(sts_mode_name(m)))) {
			if (p->mode == STS_MODE_MISSING)
				p->mode = m;
			return;
		}
	add_mistake(p, BAD_MODE);
}

static void
read_max_age(struct sts_policy *p, struct slice value)
{
	uint64_t s;
	if (p->has_max_age)
		return;
	if (!slice_u64(value, &s) || s > 31557600) {
		add_mistake(p, BAD_MAX_AGE);
		return;
	}
	p->has_max_age = true;
	p->max_age_s = s;
}

static void
read_field(
    struct sts_policy *p, struct slice name, struct slice value, bool first)
{
	if (slice_eq(name, SLICE("version"))) {
		if (slice_eq(value, SLICE("STSv1")))
			p->has_version = true;
		if (p->has_version && !first)
			add_mistake(p, LATE_VERSION);
	} else if (slice_eq(name, SLICE("mode"))) {
		read_mode(p, value);
	} else if (slice_eq(name, SLICE("max_age"))) {
		read_max_age(p, value);
	} else if (slice_eq(name, SLICE("mx"))) {
		read_mx(p, value);
	}
}

static void
judge_policy(struct sts_policy *p)
{
	if (!p->has_version)
		add_mistake(p, NO_VERSION);
	if (p->mode == STS_MODE_MISSING)
		add_mistake(p, NO_MODE);
	if (!p->has_max_age)
		add_mistake(p, NO_MAX_AGE);
	else if (p->max_age_s < 86400)
		add_mistake(p, SHORT_MAX_AGE);
	if (p->mx_n == 0 && p->mode != STS_NONE)
		add_mistake(p, NO_MX);
}

bool
sts_policy_read(struct slice text, struct sts_policy *out)
{
	memset(out, 0, sizeof(*out));
	bool first = true;
	while (text.n > 0) {
		/* LF alone ends a line too (RFC 8461 3.2, sts-policy-term) */
		size_t end = slice_find(text, '\n');
		struct slice line = slice_to(text, end);
		text = slice_from(text, end + 1);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line = slice_to(line, line.n - 1);
		line = slice_trim(line);
		if (line.n == 0)
			continue;
		size_t colon = slice_find(line, ':');
		if (colon == line.n || colon == 0)
			add_mistake(out, BAD_LINE);
		else
			read_field(out, slice_trim(slice_to(line, colon)),
			    slice_trim(slice_from(line, colon + 1)), first);
		first = false;
	}
	judge_policy(out);
	for (size_t i = 0; i < out->mistake_n; i++)
		if (out->mistake[i].bad)
			return false;
	return true;
}

bool
sts_mx_match(const struct sts_policy *p, struct slice host)
{
	if (host.n > 0 && host.p[host.n - 1] == '.')
		host = slice_to(host, host.n - 1);
	for (size_t i = 0; i < p->mx_n; i++) {
		struct slice mx = slice_str(p->mx[i]);
		if (slice_eq_nocase(mx, host))
			return true;
		size_t dot = slice_find(host, '.');
		if (slice_starts(mx, SLICE("*.")) && dot > 0 &&
		    slice_eq_nocase(slice_from(mx, 1), slice_from(host, dot)))
			return true;
	}
	return false;
}
