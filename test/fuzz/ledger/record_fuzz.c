/* Any bytes as a record. What record_check lets pass can be read to its end,
 * is its own only encoding, and is shown without a control character. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/ledger_filter.h"
#include "store/ledger_view.h"
#include "store/ledger_why.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static int
zone(uint64_t unix_ms)
{
	return unix_ms % 2 == 0 ? 420 : -300;
}

/* clean - nothing a terminal could act on: no C0 but newlines, no DEL, no C1,
 * and all of it UTF-8 enough for that to mean something. */
static void
clean(const struct buf *b, bool newlines)
{
	must(buf_err(b) == ERR_OK);
	for (size_t i = 0; i < b->n; i++) {
		must(b->p[i] >= 0x20 || (newlines && b->p[i] == '\n'));
		must(b->p[i] != 0x7f);
		must(b->p[i] != 0xc2 || (i + 1 < b->n && b->p[i + 1] >= 0xa0));
	}
}

static void
shapes(const struct ledger_view *v)
{
	struct buf b;
	buf_init(&b, 16 << 20);
	ledger_add_json(&b, v);
	clean(&b, false);
	buf_clear(&b);
	ledger_add_dialogue(&b, v, zone);
	clean(&b, true);
	buf_clear(&b);
	ledger_add_summary(&b, v, zone);
	clean(&b, true);
	must(slice_find(buf_slice(&b), '\n') == b.n - 1);
	buf_free(&b);
}

static void
story(id_t64 id, struct slice bytes)
{
	struct why_style style = {CAUSE_EN, zone, "", ""};
	struct slice twice[2] = {bytes, bytes};
	struct why *w;
	struct buf b;
	if (why_build(id, twice, 2, &w) != ERR_OK)
		return;
	buf_init(&b, 16 << 20);
	why_add_json(&b, w, CAUSE_ID);
	clean(&b, false);
	buf_clear(&b);
	why_add_text(&b, w, &style);
	clean(&b, true);
	buf_free(&b);
	why_free(w);
}

static void
filters(struct slice bytes, const struct ledger_view *v)
{
	struct ledger_filter f = {.events = true};
	must(ledger_filter_match(&f, bytes));
	f.session = v->head.id;
	f.since_ms = f.until_ms = v->head.time_ms;
	f.verdict = v->verdict;
	must(ledger_filter_match(&f, bytes));
	f.since_ms++;
	must(!ledger_filter_match(&f, bytes));
}

static void
without_dialogue(struct slice bytes)
{
	struct record_head head;
	struct record_reader rd;
	struct record_item it;
	struct buf b;
	buf_init(&b, RECORD_MAX);
	record_without_dialogue(bytes, &b);
	must(record_check(buf_slice(&b)) == ERR_OK);
	must(record_open(buf_slice(&b), &head, &rd) == ERR_OK);
	while (record_next(&rd, &it) == ERR_OK)
		must(it.tag != RECORD_TAG_DIALOGUE);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = slice_of(data, size);
	struct ledger_view v;
	struct record_head head;
	struct record_reader rd;
	struct record_item it;
	bool good = record_check(bytes) == ERR_OK;
	must(good == (ledger_view_open(bytes, &v) == ERR_OK));
	if (record_open(bytes, &head, &rd) != ERR_OK)
		return 0;
	while (record_next(&rd, &it) == ERR_OK) {
		if (good && it.tag == RECORD_TAG_QUEUE_EVENT)
			story(it.v[2], bytes);
		else if (good && it.tag == RECORD_TAG_MESSAGE)
			story(it.v[0], bytes);
	}
	if (!good)
		return 0;
	must(rd.left.n == 0);
	shapes(&v);
	story(head.id, bytes);
	filters(bytes, &v);
	without_dialogue(bytes);
	return 0;
}
