/* SPF: whatever records say and whatever DNS answers, an evaluation ends within
 * its bound of questions, with the same word in whatever order answers come;
 * nothing passes without a mechanism that did, an error has its reason; what is
 * told of it stays within its bounds, and the header field is one field. */
#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "policy/spf.h"
#include "proto/dns/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ten terms of at most eleven questions each, the record of each, the PTR and
 * its names, the explanation, the first record. */
#define QUESTIONS_MAX (10 * 11 + 10 + 11 + 1 + 1)

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static uint8_t
take(struct slice *in)
{
	uint8_t c = in->n > 0 ? in->p[0] : 0;
	*in = slice_from(*in, 1);
	return c;
}

struct world {
	struct ip ip;
	struct slice helo, from;
	struct slice dns; /* lines; all answers are made of them */
};

static struct slice
line_of(struct slice dns, const struct reverse_question *q, uint32_t which)
{
	uint32_t h = q->type + which * 7, lines = 1;
	for (size_t i = 0; i < q->name.n; i++)
		h = h * 31 + ascii_lower(q->name.p[i]);
	for (size_t i = 0; i < dns.n; i++)
		lines += dns.p[i] == '\n';
	for (h %= lines; h > 0; h--)
		dns = slice_from(dns, slice_find(dns, '\n') + 1);
	return slice_to(dns, slice_find(dns, '\n'));
}

static void
add_txt(struct buf *records, struct slice text)
{
	struct buf b;
	buf_init(&b, 1 << 17);
	for (; text.n > 0; text = slice_from(text, 200)) {
		size_t n = text.n < 200 ? text.n : 200;
		buf_add_byte(&b, (uint8_t)n);
		buf_add(&b, slice_to(text, n));
	}
	pack_add(records, buf_slice(&b));
	buf_free(&b);
}

static void
add_names(struct buf *records, uint16_t type, struct slice line)
{
	while (line.n > 0) {
		size_t end = slice_find(line, ' ');
		struct dns_name name;
		uint8_t rdata[2 + DNS_NAME_MAX] = {0, take(&line)};
		size_t n = type == DNS_MX ? 2 : 0;
		struct slice word = slice_to(line, end > 0 ? end - 1 : 0);
		line = slice_from(line, end);
		if (dns_name_parse(word, &name) != ERR_OK)
			continue;
		memcpy(rdata + n, name.wire, name.n);
		pack_add(records, slice_of(rdata, n + name.n));
	}
}

static struct reverse_answer
answer_to(const struct world *w, const struct reverse_question *q,
    struct buf *records)
{
	struct slice line = line_of(w->dns, q, 0);
	struct reverse_answer a = {.status = REVERSE_DNS_OK};
	buf_clear(records);
	if (line.n > 0 && line.p[0] >= '0' && line.p[0] <= '5')
		a.status = (enum reverse_dns)(line.p[0] - '0');
	if (q->type == DNS_TXT) {
		add_txt(records, line);
		if (line.n % 5 == 4)
			add_txt(records, line_of(w->dns, q, 1));
	} else if (q->type == DNS_MX || q->type == DNS_PTR) {
		add_names(records, q->type, line);
	} else if (line.n % 3 == 0) {
		pack_add(
		    records, slice_of(w->ip.b, w->ip.family == 6 ? 16 : 4));
	} else {
		pack_add(records, slice_to(line, q->type == DNS_A ? 4 : 16));
	}
	a.records = buf_slice(records);
	if (line.n % 11 == 7)
		a.records = slice_from(a.records, 1); /* damaged */
	return a;
}

static enum spf_word
drive(struct spf *s, const struct world *w, bool newest, unsigned patience)
{
	struct {
		unsigned slot;
		struct reverse_question q;
	} out[SPF_QUESTIONS_MAX + 1];
	struct buf records;
	unsigned asked = 0;
	size_t n = 0;
	buf_init(&records, 1 << 20);
	while (!spf_done(s)) {
		while (spf_next(s, &out[n].slot, &out[n].q)) {
			check(++asked <= QUESTIONS_MAX);
			check(++n <= SPF_QUESTIONS_MAX);
			check(out[n - 1].q.name.n > 0);
		}
		check(n > 0);
		if (patience-- == 0) {
			spf_timeout(s);
			check(spf_done(s));
			break;
		}
		size_t i = newest ? n - 1 : 0;
		struct reverse_answer a = answer_to(w, &out[i].q, &records);
		unsigned slot = out[i].slot;
		n--;
		memmove(&out[i], &out[i + 1], (n - i) * sizeof(*out));
		spf_answer(s, slot, &a);
		spf_answer(s, 99, &a);
	}
	buf_free(&records);
	return spf_result(s)->word;
}

static void
check_result(const struct spf_result *r)
{
	check((r->problem.n > 0) == (r->word >= SPF_TEMPERROR));
	check(r->word != SPF_PASS || r->mechanism.n > 0);
	check(r->word != SPF_FAIL || r->mechanism.n > 0);
	check(r->explanation.n == 0 || r->word == SPF_FAIL);
	check(r->path.n > 0 && r->path.n <= 40000);
	check(r->lookups <= SPF_LOOKUPS_MAX && r->voids <= SPF_VOID_MAX);
	check(spf_word_name(r->word) != NULL);
}

static void
check_field(const struct world *w, const struct spf_result *r)
{
	struct buf b;
	size_t column = 0;
	buf_init(&b, 1 << 16);
	spf_add_received(&b, r, &w->ip, w->helo, w->from, SLICE("mx.example"));
	check(buf_err(&b) == ERR_OK && b.n > 2);
	for (size_t i = 0; i < b.n; i++, column++) {
		if (b.p[i] != '\r') {
			check(b.p[i] < 0x7f &&
			      (b.p[i] >= 0x20 ||
				  (b.p[i] == '\t' && column == 0)));
			check(column < 2000);
			continue;
		}
		check(i + 1 < b.n && b.p[i + 1] == '\n');
		check(i + 2 == b.n || b.p[i + 2] == '\t');
		i++;
		column = (size_t)-1;
	}
	buf_free(&b);
}

static enum spf_word
run(const struct world *w, bool newest, unsigned patience)
{
	struct spf *s =
	    spf_new(&w->ip, w->helo, w->from, SLICE("mx.example"), 1);
	if (s == NULL)
		return SPF_NONE;
	enum spf_word word = drive(s, w, newest, patience);
	check_result(spf_result(s));
	check_field(w, spf_result(s));
	spf_free(s);
	return word;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_of(data, size);
	uint8_t head = take(&in), patience = take(&in);
	struct world w = {.ip = {.family = head & 1 ? 6 : 4,
			      .b = {192, 0, 2, 1, 5, 6, 7, 8, 9}}};
	w.helo = slice_to(in, slice_find(in, '\n'));
	in = slice_from(in, w.helo.n + 1);
	w.from = slice_to(in, slice_find(in, '\n'));
	w.dns = slice_from(in, w.from.n + 1);
	enum spf_word word = run(&w, false, 1000);
	check(run(&w, true, 1000) == word);
	run(&w, head & 2, patience);
	struct buf b;
	buf_init(&b, 1 << 20);
	spf_record_check(w.dns, &b);
	check(buf_err(&b) == ERR_OK || w.dns.n > 4096);
	for (size_t i = 0; i < b.n; i++)
		check(b.p[i] == '\n' || (b.p[i] >= 0x20 && b.p[i] < 0x7f));
	buf_free(&b);
	return 0;
}
