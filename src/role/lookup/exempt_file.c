#include "role/lookup/exempt_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "os/fs.h"

bool
exempt_data_path(const struct conf *conf, const char *dir, const char *name,
    char out[EXEMPT_PATH_MAX])
{
	int n = snprintf(out, EXEMPT_PATH_MAX, "%s/%s/%s",
	    (const char *)conf->data_dir.p, dir, name);
	return n > 0 && (size_t)n < EXEMPT_PATH_MAX;
}

bool
exempt_file_path(const struct conf *conf, enum conf_exempt_list list,
    enum exempt_source source, char out[EXEMPT_PATH_MAX])
{
	const struct conf_exempt *x = conf->exempts[list];
	char name[16];
	if (x == NULL)
		return false;
	if (source == EXEMPT_SYNCED) {
		snprintf(name, sizeof(name), "%s.list", conf_exempt_name(list));
		return x->sync.n > 0 &&
		       exempt_data_path(conf, "exempt", name, out);
	}
	if (x->file.n == 0 || x->file.n >= EXEMPT_PATH_MAX)
		return false;
	memcpy(out, x->file.p, x->file.n);
	out[x->file.n] = '\0';
	return true;
}

static void
on_error(void *arg, uint32_t line, const char *text)
{
	struct exempt_file *f = arg;
	if (f->errors++ == 0) {
		f->first_error.line = line;
		snprintf(f->first_error.text, sizeof(f->first_error.text),
		    "%.*s", (int)sizeof(f->first_error.text) - 1, text);
	}
	if (f->complain != NULL)
		f->complain(f, line, text);
}

enum err
exempt_file_read(const char *path, const uint64_t seed[2],
    void (*complain)(
	const struct exempt_file *f, uint32_t line, const char *text),
    struct exempt_file **out, struct diag *d)
{
	struct exempt_file *f = calloc(1, sizeof(*f));
	if (f == NULL)
		return diag_set(d, ERR_NOMEM, "", "out of memory");
	f->refs = 1;
	f->complain = complain;
	snprintf(f->path, sizeof(f->path), "%s", path);
	buf_init(&f->text, EXEMPT_TEXT_MAX);
	enum err e = fs_read_file(FS_CWD, path, EXEMPT_TEXT_MAX, &f->text, d);
	if (e == ERR_OK) {
		f->table = exempt_begin(buf_slice(&f->text), seed, on_error, f);
		if (f->table == NULL)
			e = diag_set(d, ERR_NOMEM, "", "out of memory");
	}
	if (e == ERR_OK)
		*out = f;
	else
		exempt_file_unref(f);
	return e;
}

enum err
exempt_file_step(struct exempt_file *f, size_t lines, struct diag *d)
{
	enum err e = exempt_step(f->table, lines, d);
	while (e == ERR_MORE && lines == SIZE_MAX)
		e = exempt_step(f->table, lines, d);
	return e;
}

struct exempt_file *
exempt_file_ref(struct exempt_file *f)
{
	f->refs++;
	return f;
}

void
exempt_file_unref(struct exempt_file *f)
{
	if (f == NULL || --f->refs > 0)
		return;
	exempt_free(f->table);
	buf_free(&f->text);
	free(f);
}

uint32_t
exempt_today(uint64_t unix_s)
{
	time_t t = (time_t)unix_s;
	struct tm tm;
	if (gmtime_r(&t, &tm) == NULL)
		return 0;
	return (uint32_t)((tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 +
			  tm.tm_mday);
}
