/* keep.c - what is on disk of a list. */
#include "role/fetch/fetch.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "os/fs.h"
#include "os/log.h"

#define NAME_MAX_OCTETS 32
/* What another role reads, and no secret. */
#define MODE 0644

static void
name_of(
    enum conf_exempt_list list, const char *suffix, char out[NAME_MAX_OCTETS])
{
	snprintf(out, NAME_MAX_OCTETS, "%s.%s", conf_exempt_name(list), suffix);
}

void
keep_load(struct keep *k, int dir, enum conf_exempt_list list)
{
	char name[NAME_MAX_OCTETS];
	struct stat st;
	struct diag d;
	memset(k, 0, sizeof(*k));
	buf_init(&k->text, SYNC_STATE_MAX);
	name_of(list, "list", name);
	k->present = fstatat(dir, name, &st, 0) == 0 && S_ISREG(st.st_mode);
	k->octets = k->present ? (uint64_t)st.st_size : 0;
	name_of(list, "state", name);
	enum err e = fs_read_file(dir, name, SYNC_STATE_MAX, &k->text, &d);
	if (e == ERR_NOT_FOUND)
		return;
	if (e == ERR_OK)
		e = sync_state_parse(buf_slice(&k->text), &k->state);
	if (e != ERR_OK)
		log_line(LOG_WARNING, "sync-state-unusable", "list=%s why=%s",
		    conf_exempt_name(list), err_name(e));
}

void
keep_free(struct keep *k)
{
	buf_free(&k->text);
	memset(k, 0, sizeof(*k));
}

void
keep_list(int dir, enum conf_exempt_list list, struct buf *out)
{
	char name[NAME_MAX_OCTETS];
	struct diag d;
	name_of(list, "list", name);
	enum err e = fs_read_file(dir, name, out->max, out, &d);
	if (e == ERR_OK || e == ERR_NOT_FOUND)
		return;
	buf_clear(out);
	log_line(LOG_WARNING, "synced-list-unreadable", "list=%s why=\"%s\"",
	    conf_exempt_name(list), d.text);
}

enum err
keep_write_list(
    int dir, enum conf_exempt_list list, struct slice text, struct diag *d)
{
	char name[NAME_MAX_OCTETS];
	name_of(list, "list", name);
	return fs_write_file(dir, name, text, MODE, d);
}

enum err
keep_write_state(int dir, enum conf_exempt_list list,
    const struct sync_state *s, struct diag *d)
{
	char name[NAME_MAX_OCTETS];
	struct buf b;
	buf_init(&b, SYNC_STATE_MAX);
	sync_state_add(&b, s);
	enum err e = buf_err(&b);
	name_of(list, "state", name);
	if (e == ERR_OK)
		e = fs_write_file(dir, name, buf_slice(&b), MODE, d);
	else
		diag_set(d, e, NULL, "out of memory");
	buf_free(&b);
	return e;
}
