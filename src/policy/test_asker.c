#include "policy/test_asker.h"

#include <string.h>

#include "base/pack.h"
#include "proto/mail/header.h"

/* Of one field; a longer one is left to its front. */
#define FIELD_MAX (64u << 10)

/* ---- addresses ---- */

bool
test_is_mailbox(
    const struct conf_test_mailbox *t, struct slice address, bool *out_assure)
{
	if (address.n == 0)
		return false;
	*out_assure = slice_eq_nocase(address, t->assure_address);
	return *out_assure || slice_eq_nocase(address, t->address);
}

bool
test_is_open_to(const struct conf_test_mailbox *t, struct slice sender)
{
	size_t at = slice_rfind(sender, '@');
	if (at == sender.n)
		return false;
	for (size_t i = 0; i < t->open_to.n; i++) {
		struct slice one = t->open_to.v[i];
		if (slice_eq(one, SLICE("*")) || slice_eq_nocase(one, sender))
			return true;
		if (slice_eq_nocase(one, slice_from(sender, at)))
			return true;
	}
	return false;
}

/* ---- what is never answered ---- */

static const char *
of_sender(const struct conf_test_mailbox *t, struct slice sender)
{
	static const char *const names[] = {
	    "mailer-daemon", "postmaster", "listserv", "majordomo"};
	static const char *const fronts[] = {"owner-", "bounce-", "bounces-"};
	static const char *const ends[] = {
	    "-request", "-owner", "-bounces", "-bounce"};
	struct slice local = slice_to(sender, slice_rfind(sender, '@'));
	bool assure;
	if (sender.n == 0)
		return "its sender is the null reverse-path <>";
	if (test_is_mailbox(t, sender, &assure))
		return "it names the test mailbox as its sender";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_eq_nocase(local, slice_str(names[i])))
			return "its sender is a mail system";
	for (size_t i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++)
		if (slice_starts_nocase(local, slice_str(fronts[i])))
			return "its sender is a mailing list";
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (slice_ends_nocase(local, slice_str(ends[i])))
			return "its sender is a mailing list";
	return NULL;
}

/* The first word of a value: up to white space, ";" or a comment. */
static struct slice
first_word(struct slice value)
{
	size_t from = 0, n = 0;
	while (from < value.n &&
	       (value.p[from] == ' ' || value.p[from] == '\t' ||
		   value.p[from] == '\r' || value.p[from] == '\n'))
		from++;
	value = slice_from(value, from);
	while (n < value.n && value.p[n] > ' ' && value.p[n] != ';' &&
	       value.p[n] != '(' && value.p[n] != ',')
		n++;
	return slice_to(value, n);
}

static bool
is_one_of(struct slice word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (slice_eq_nocase(word, slice_str(*words)))
			return true;
	return false;
}

static const char *
of_field(const struct header_field *f)
{
	static const char *const bulk[] = {"bulk", "list", "junk", NULL};
	static const char *const no[] = {"no", NULL};
	static const char *const none[] = {"none", "", NULL};
	static const char *const marks[] = {"x-autoreply", "x-autorespond",
	    "x-autoresponder", "x-mailing-list", "mailing-list", NULL};
	struct slice word = first_word(f->value);
	if (slice_starts_nocase(f->name, SLICE("list-")))
		return "it is from a mailing list";
	if (slice_eq_nocase(f->name, SLICE("precedence")) &&
	    is_one_of(word, bulk))
		return "its Precedence is that of bulk mail";
	if (slice_eq_nocase(f->name, SLICE("auto-submitted")) &&
	    !is_one_of(word, no))
		return "it was sent by a program (Auto-Submitted)";
	if (slice_eq_nocase(f->name, SLICE("x-auto-response-suppress")) &&
	    !is_one_of(word, none))
		return "it asks for no automatic answer";
	if (is_one_of(f->name, marks))
		return "it is an automatic answer or from a list";
	if (slice_eq_nocase(f->name, SLICE("content-type")) &&
	    slice_starts_nocase(word, SLICE("multipart/report")))
		return "it is a report itself";
	return NULL;
}

const char *
test_unanswered(
    const struct conf_test_mailbox *t, struct slice sender, struct slice header)
{
	struct header_field f;
	const char *why = of_sender(t, sender);
	size_t used;
	while (why == NULL &&
	       header_next(header, true, FIELD_MAX, &f, &used) == ERR_OK) {
		why = of_field(&f);
		header = slice_from(header, used);
	}
	return why;
}

/* ---- codes ---- */

void
test_code_text(const uint8_t random[TEST_CODE_LEN], char out[TEST_CODE_LEN + 1])
{
	static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";
	for (size_t i = 0; i < TEST_CODE_LEN; i++)
		out[i] = letters[random[i] & 31];
	out[TEST_CODE_LEN] = '\0';
}

static bool
add_code(struct buf *out, struct slice s)
{
	uint8_t code[TEST_CODE_LEN];
	s = slice_trim(s);
	if (s.n != TEST_CODE_LEN)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!ascii_is_alnum(s.p[i]))
			return false;
		code[i] = ascii_lower(s.p[i]);
	}
	pack_add(out, slice_of(code, sizeof(code)));
	return true;
}

/* subject = code / *text "(" code ")" *text */
static void
codes_of(struct slice subject, struct buf *out)
{
	unsigned n = 0;
	if (add_code(out, subject))
		return;
	while (subject.n > 0 && n < TEST_CODES_MAX) {
		subject = slice_from(subject, slice_find(subject, '(') + 1);
		size_t end = slice_find(subject, ')');
		if (end < subject.n && add_code(out, slice_to(subject, end)))
			n++;
	}
}

void
test_codes(struct slice header, struct buf *out)
{
	struct header_field f;
	struct buf subject;
	if (header_find(header, SLICE("subject"), &f) != ERR_OK)
		return;
	buf_init(&subject, FIELD_MAX);
	header_value_unfolded(&subject, slice_to(f.value, 2048));
	codes_of(slice_trim(buf_slice(&subject)), out);
	buf_free(&subject);
}

/* ---- rates ---- */

static uint64_t
each_ms(const struct conf_rate *r)
{
	uint64_t each = r->window_ms / r->count;
	return each > 0 ? each : 1;
}

/* Nothing flows off while the clock goes back. */
static uint64_t
level_at(const struct test_count *n, uint64_t now_ms)
{
	uint64_t gone = now_ms > n->at_ms ? now_ms - n->at_ms : 0;
	return n->level_ms > gone ? n->level_ms - gone : 0;
}

bool
test_rate_full(
    const struct conf_rate *r, const struct test_count *n, uint64_t now_ms)
{
	return r->count > 0 &&
	       level_at(n, now_ms) > (r->count - 1) * each_ms(r);
}

void
test_rate_take(const struct conf_rate *r, struct test_count *n, uint64_t now_ms)
{
	if (r->count == 0)
		return;
	n->level_ms = level_at(n, now_ms) + each_ms(r);
	n->at_ms = now_ms;
}

bool
test_rate_idle(const struct test_count *n, uint64_t now_ms)
{
	return level_at(n, now_ms) == 0;
}

struct ip
test_network(const struct ip *client)
{
	struct ip net = *client;
	if (net.family == 4)
		net.b[3] = 0;
	else
		memset(net.b + 8, 0, 8);
	return net;
}
