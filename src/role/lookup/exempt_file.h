/* exempt_file.h - one file of an exempt list: read, compiled, and shared by
 * those who look into it. The local one is the administrator's, the synced one
 * is data-dir/exempt/NAME.list, replaced by role fetch. */
#ifndef ROLE_LOOKUP_EXEMPT_FILE_H
#define ROLE_LOOKUP_EXEMPT_FILE_H

#include "conf/conf.h"
#include "policy/exempt.h"

/* What an administrator wrote goes before what was fetched. */
enum exempt_source { EXEMPT_LOCAL, EXEMPT_SYNCED, EXEMPT_SOURCES };

#define EXEMPT_PATH_MAX 4096u /* with the NUL */

/* exempt_file_path - where that file is; false: the configuration has none of
 * that kind (synced: no URL), or it is too long. */
bool exempt_file_path(const struct conf *conf, enum conf_exempt_list list,
    enum exempt_source source, char out[EXEMPT_PATH_MAX]);
/* exempt_data_path - data-dir/DIR/NAME; false: too long. */
bool exempt_data_path(const struct conf *conf, const char *dir,
    const char *name, char out[EXEMPT_PATH_MAX]);

struct exempt_file {
	unsigned refs;
	struct exempt_table *table; /* of use once exempt_file_step was OK */
	struct buf text;
	size_t errors; /* lines that are no entries */
	struct exempt_error first_error;
	void (*complain)(
	    const struct exempt_file *f, uint32_t line, const char *text);
	char path[EXEMPT_PATH_MAX];
};

/* exempt_file_read - all of it into memory; nothing is compiled yet. Blocks on
 * the disk. complain (or NULL) is told of each line that is no entry.
 * ERR_NOT_FOUND and other errors of the file with d; ERR_NOMEM. *out has one
 * reference. */
enum err exempt_file_read(const char *path, const uint64_t seed[2],
    void (*complain)(
	const struct exempt_file *f, uint32_t line, const char *text),
    struct exempt_file **out, struct diag *d) KURIR_MUST_CHECK;

/* exempt_file_step - as exempt_step; SIZE_MAX lines: all there are. */
enum err exempt_file_step(
    struct exempt_file *f, size_t lines, struct diag *d) KURIR_MUST_CHECK;

struct exempt_file *exempt_file_ref(struct exempt_file *f);
void exempt_file_unref(struct exempt_file *f); /* NULL is nothing */

/* exempt_today - YYYYMMDD, UTC. */
uint32_t exempt_today(uint64_t unix_s);

#endif
