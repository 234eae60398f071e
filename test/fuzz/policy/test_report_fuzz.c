/* Any mail to the test mailbox, from any client: who is answered is decided
 * within bounds, and the report has no octet, line, field or element in it that
 * is not ours. */
#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "policy/test_asker.h"
#include "policy/test_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

/* Line by line; the input's octets go round and round. */
static struct slice
take(struct slice *in)
{
	size_t n = slice_find(*in, '\n');
	struct slice out = slice_to(*in, n);
	*in = slice_from(*in, n + 1);
	return out;
}

static void
ask(struct slice in)
{
	static const struct slice open[] = {
	    {(const uint8_t *)"@mitra.example", 14}};
	struct conf_test_mailbox t = {.address = SLICE("check@contoh.id"),
	    .assure_address = SLICE("assure@contoh.id"),
	    .open_to = {open, 1}};
	struct slice sender = take(&in), code;
	struct buf codes;
	size_t n = 0;
	buf_init(&codes, 4096);
	const char *why = test_unanswered(&t, sender, in);
	check(sender.n > 0 || why != NULL);
	check(why == NULL || why[0] != '\0');
	test_codes(in, &codes);
	struct slice rest = buf_slice(&codes);
	check(buf_err(&codes) == ERR_OK);
	for (; pack_next(&rest, &code); n++) {
		check(code.n == TEST_CODE_LEN);
		for (size_t i = 0; i < code.n; i++)
			check(ascii_is_alnum(code.p[i]) &&
			      code.p[i] == ascii_lower(code.p[i]));
	}
	check(rest.n == 0 && n <= TEST_CODES_MAX);
	if (test_is_open_to(&t, sender))
		check(slice_ends_nocase(sender, SLICE("@mitra.example")));
	buf_free(&codes);
}

/* Only these may follow a "<" of the HTML part. */
static bool
is_ours(struct slice at)
{
	static const char *const tags[] = {"!DOCTYPE html>", "html>", "head>",
	    "meta ", "title>", "style>", "body>", "h2>", "p>", "p><", "strong ",
	    "table>", "tr>", "th>", "td>", "code>", "br>", "pre>", "/html>",
	    "/head>", "/title>", "/style>", "/body>", "/h2>", "/p>", "/strong>",
	    "/table>", "/tr>", "/th>", "/td>", "/code>", "/pre>"};
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (slice_starts(at, slice_str(tags[i])))
			return true;
	return false;
}

static void
check_html(struct slice quoted)
{
	struct buf b;
	buf_init(&b, 4 * TEST_REPORT_MAX);
	for (size_t i = 0; i < quoted.n; i++) {
		if (quoted.p[i] != '=') {
			buf_add_byte(&b, quoted.p[i]);
			continue;
		}
		check(i + 2 < quoted.n);
		if (quoted.p[i + 1] != '\r')
			buf_add_byte(
			    &b, (uint8_t)(ascii_hex(quoted.p[i + 1]) * 16 +
					  ascii_hex(quoted.p[i + 2])));
		i += 2;
	}
	struct slice all = buf_slice(&b);
	for (size_t i = 0; i < all.n; i++)
		if (all.p[i] == '<')
			check(is_ours(slice_from(all, i + 1)));
	buf_free(&b);
}

static void
check_mail(struct slice mail)
{
	static const char *const fields[] = {"Date: ", "From: ", "To: ",
	    "Subject: ", "Message-ID: ", "In-Reply-To: ", "References: ",
	    "Auto-Submitted: ", "X-Auto-Response-Suppress: ", "MIME-Version: ",
	    "Content-Type: multipart/alternative"};
	struct slice rest = mail;
	size_t line = 0;
	bool header = true;
	for (size_t i = 0; i < mail.n; i++) {
		uint8_t c = mail.p[i];
		check((c >= ' ' && c <= '~') || c == '\r' || c == '\n');
		check(c != '\n' || (i > 0 && mail.p[i - 1] == '\r'));
		line = c == '\n' ? 0 : line + 1;
		check(line <= 999);
	}
	while (rest.n > 0 && header) {
		bool known = false;
		struct slice one = take(&rest);
		header = one.n > 1;
		for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
			known =
			    known || slice_starts(one, slice_str(fields[i]));
		check(known || !header);
	}
	/* No foreign value has an end of line, so this is ours. */
	struct slice front = SLICE("quoted-printable\r\n\r\n");
	size_t at = 0;
	while (at < rest.n && !slice_starts(slice_from(rest, at), front))
		at++;
	check(at < rest.n);
	at += front.n;
	size_t end = rest.n;
	while (!slice_starts(slice_from(rest, end), SLICE("--=_")))
		end--;
	check_html(slice_of(rest.p + at, end - at));
}

static void
report(uint64_t bits, struct slice in)
{
	struct reverse_result look[REVERSE_KINDS];
	struct test_line lines[8];
	struct trace_hop hops[8];
	struct spf_result spf = {.word = (enum spf_word)(bits % 7)};
	struct test_facts f = {.kind = (enum test_kind)(bits / 7 % TEST_KINDS),
	    .hostname = SLICE("mail.contoh.id"),
	    .mailbox = SLICE("check@contoh.id"),
	    .id = bits | 1,
	    .session = (bits & 1) != 0,
	    .esmtp = (bits & 2) != 0,
	    .tls = (bits & 4) != 0,
	    .tls_offered = (bits & 8) != 0,
	    .client_cert = (bits & 16) != 0,
	    .indonesian = (bits & 32) != 0,
	    .spf = (bits & 64) != 0 ? &spf : NULL,
	    .header = in,
	    .lines = lines,
	    .line_n = bits >> 8 & 7,
	    .hops = hops,
	    .octets = bits};
	struct buf out;
	memset(look, 0, sizeof(look));
	f.sender = take(&in);
	f.helo = take(&in);
	f.version = take(&in);
	f.cipher = take(&in);
	f.client_name = f.session_id = take(&in);
	spf.domain = take(&in);
	spf.problem = take(&in);
	spf.path = in;
	for (unsigned k = 0; k < REVERSE_KINDS; k++) {
		look[k].findings = (unsigned)(bits >> (16 + 8 * k)) & 0xff;
		look[k].name = look[k].confirmed = take(&in);
		look[k].evidence = in;
		f.look[k] = &look[k];
	}
	for (size_t i = 0; i < f.line_n; i++)
		lines[i] = (struct test_line){bits, '<', take(&in)};
	f.hop_n = trace_read(f.header, hops, 8);
	buf_init(&out, 4 * TEST_REPORT_MAX);
	test_report_add(&out, &f);
	check(buf_err(&out) == ERR_OK);
	check_mail(buf_slice(&out));
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t bits = 0;
	if (size < sizeof(bits))
		return 0;
	memcpy(&bits, data, sizeof(bits));
	struct slice in = slice_of(data + sizeof(bits), size - sizeof(bits));
	ask(in);
	report(bits, in);
	return 0;
}
