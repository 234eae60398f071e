#include "role/lookup/exempt_json.h"

#include <stdio.h>

#include "os/fs.h"
#include "proto/mail/date.h"

/* ---- pieces ---- */

static void
add_name(struct buf *b, const char *name)
{
	if (b->n > 0 && b->p[b->n - 1] != '{' && b->p[b->n - 1] != '[')
		buf_add_str(b, ", ");
	buf_add_byte(b, '"');
	buf_add_str(b, name);
	buf_add_str(b, "\": ");
}

/* An empty one is null. */
static void
add_text(struct buf *b, const char *name, struct slice text)
{
	add_name(b, name);
	if (text.n == 0) {
		buf_add_str(b, "null");
		return;
	}
	buf_add_byte(b, '"');
	buf_add_json(b, text);
	buf_add_byte(b, '"');
}

static void
add_number(struct buf *b, const char *name, uint64_t v)
{
	add_name(b, name);
	buf_add_u64(b, v);
}

static void
add_time(struct buf *b, const char *name, uint64_t unix_s)
{
	add_name(b, name);
	if (unix_s == 0) {
		buf_add_str(b, "null");
		return;
	}
	buf_add_byte(b, '"');
	buf_add_date_rfc3339(b, unix_s * 1000, 0);
	buf_add_byte(b, '"');
}

static size_t
date_text(uint32_t date, char out[16])
{
	if (date == 0)
		return 0;
	return (size_t)snprintf(out, 16, "%04u-%02u-%02u", date / 10000 % 10000,
	    date / 100 % 100, date % 100);
}

static bool
has_ended(const struct exempt_entry *e, uint64_t now_s)
{
	return e->until != 0 && e->until < exempt_today(now_s);
}

/* ---- an entry ---- */

void
exempt_json_entry(struct buf *b, enum conf_exempt_list list,
    enum exempt_source source, const struct exempt_file *f, size_t index,
    const struct hits *h, uint64_t now_s)
{
	struct exempt_entry e;
	char until[16];
	exempt_entry_at(f->table, index, &e);
	const struct hit *hit = hits_find(h, list, e.text);
	buf_add_byte(b, '{');
	add_text(b, "list", slice_str(conf_exempt_name(list)));
	add_text(b, "entry", e.text);
	add_text(b, "source",
	    source == EXEMPT_LOCAL ? SLICE("local") : SLICE("synced"));
	add_text(b, "file", slice_str(f->path));
	add_number(b, "line", e.line);
	add_text(b, "reason", e.reason);
	add_text(b, "until", slice_of(until, date_text(e.until, until)));
	add_name(b, "ended");
	buf_add_str(b, has_ended(&e, now_s) ? "true" : "false");
	add_number(b, "hits", hit == NULL ? 0 : hit->count);
	add_time(b, "last_hit", hit == NULL ? 0 : hit->last_s);
	buf_add_byte(b, '}');
}

/* ---- a list ---- */

void
exempt_sync_read(const struct conf *conf, enum conf_exempt_list list,
    struct buf *text, struct sync_state *out)
{
	char path[EXEMPT_PATH_MAX], name[32];
	struct diag d;
	snprintf(name, sizeof(name), "%s.state", conf_exempt_name(list));
	*out = (struct sync_state){.last_sync = 0};
	if (conf->exempts[list] == NULL || conf->exempts[list]->sync.n == 0 ||
	    !exempt_data_path(conf, "exempt", name, path) ||
	    fs_read_file(FS_CWD, path, SYNC_STATE_MAX, text, &d) != ERR_OK ||
	    sync_state_parse(buf_slice(text), out) != ERR_OK)
		*out = (struct sync_state){.last_sync = 0};
}

static bool
is_stale(
    const struct exempt_facts *f, const struct exempt_entry *e, char why[64])
{
	char date[16];
	const struct hit *hit = hits_find(f->hits, f->list, e->text);
	uint64_t since = hit == NULL        ? f->hits->since_s
			 : hit->last_s != 0 ? hit->last_s
					    : hit->first_s;
	if (has_ended(e, f->now_s)) {
		(void)date_text(e->until, date);
		snprintf(why, 64, "ended on %s", date);
		return true;
	}
	if (since + EXEMPT_STALE_S > f->now_s)
		return false;
	(void)date_text(exempt_today(since), date);
	snprintf(why, 64, "spared nobody since %s", date);
	return true;
}

static void
add_stale(struct buf *b, const struct exempt_facts *f)
{
	const struct exempt_file *file = f->file[EXEMPT_LOCAL];
	size_t n = file == NULL ? 0 : exempt_count(file->table), stale = 0;
	struct exempt_entry e;
	char why[64];
	if (n > EXEMPT_STALE_LOOKED)
		n = 0;
	add_name(b, "stale_entries");
	buf_add_byte(b, '[');
	for (size_t i = 0; i < n; i++) {
		exempt_entry_at(file->table, i, &e);
		if (!is_stale(f, &e, why) || ++stale > EXEMPT_STALE_SHOWN)
			continue;
		buf_add_str(b, stale > 1 ? ", {" : "{");
		add_text(b, "entry", e.text);
		add_number(b, "line", e.line);
		add_text(b, "why", slice_str(why));
		buf_add_byte(b, '}');
	}
	buf_add_byte(b, ']');
	add_number(b, "stale", stale);
}

static size_t
count_of(const struct exempt_file *f)
{
	return f == NULL ? 0 : exempt_count(f->table);
}

static void
add_trouble(struct buf *b, const struct exempt_facts *f)
{
	const struct exempt_file *local = f->file[EXEMPT_LOCAL];
	char text[EXEMPT_PATH_MAX + 256];
	const char *why = f->trouble[EXEMPT_LOCAL];
	if (why == NULL || why[0] == '\0')
		why = f->trouble[EXEMPT_SYNCED];
	if ((why == NULL || why[0] == '\0') && local != NULL &&
	    local->errors > 0) {
		snprintf(text, sizeof(text), "%s:%u: %s", local->path,
		    local->first_error.line, local->first_error.text);
		why = text;
	}
	add_number(b, "errors", local == NULL ? 0 : local->errors);
	add_text(b, "trouble", slice_str(why));
}

void
exempt_json_status(struct buf *b, const struct exempt_facts *f)
{
	const struct conf_exempt *conf = f->conf;
	size_t local = count_of(f->file[EXEMPT_LOCAL]);
	size_t synced = count_of(f->file[EXEMPT_SYNCED]);
	uint64_t last_s;
	uint64_t hits = hits_sum(f->hits, f->list, &last_s);
	buf_add_byte(b, '{');
	add_text(b, "list", slice_str(conf_exempt_name(f->list)));
	add_number(b, "entries", local + synced);
	add_number(b, "local", local);
	add_number(b, "synced", synced);
	add_text(b, "file", conf == NULL ? SLICE_EMPTY : conf->file);
	add_text(b, "url", conf == NULL ? SLICE_EMPTY : conf->sync);
	add_time(b, "last_sync", f->sync->last_sync);
	add_text(b, "last_error", f->sync->last_error);
	add_trouble(b, f);
	add_number(b, "hits", hits);
	add_time(b, "last_hit", last_s);
	add_stale(b, f);
	buf_add_byte(b, '}');
}
