#include "role/auth/accounts_file.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <time.h>

#include "os/clock.h"
#include "os/fs.h"

enum err
accounts_load(
    int dir, const uint64_t seed[2], struct accounts *out, struct diag *d)
{
	struct buf text;
	struct diag why;
	size_t line;
	buf_init(&text, ACCOUNTS_TEXT_MAX);
	enum err e =
	    fs_read_file(dir, ACCOUNTS_NAME, ACCOUNTS_TEXT_MAX, &text, d);
	if (e != ERR_OK) {
		*out = (struct accounts){.n = 0};
		buf_free(&text);
		return e;
	}
	e = accounts_read(out, seed, &text, &line, &why);
	if (e == ERR_SYNTAX)
		return diag_set(d, e, "", "%s/%s:%zu: %s", ACCOUNTS_DIR,
		    ACCOUNTS_NAME, line, why.text);
	if (e != ERR_OK)
		return diag_set(d, e, "", "%s/%s: %s", ACCOUNTS_DIR,
		    ACCOUNTS_NAME, why.text);
	return ERR_OK;
}

static enum err
lock(int dir, int *out_fd, struct diag *d)
{
	uint64_t until = clock_mono_ms() + ACCOUNTS_LOCK_MS;
	for (;;) {
		enum err e = fs_lock(dir, ACCOUNTS_NAME ".lock", out_fd, d);
		if (e != ERR_EXISTS || clock_mono_ms() >= until)
			return e;
		const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
		nanosleep(&pause, NULL);
	}
}

enum err
accounts_edit_begin(
    struct accounts_edit *e, int dir, const uint64_t seed[2], struct diag *d)
{
	*e = (struct accounts_edit){.dir = dir, .lock = -1};
	enum err err = lock(dir, &e->lock, d);
	if (err == ERR_OK)
		err = accounts_load(dir, seed, &e->accounts, d);
	if (err == ERR_NOT_FOUND)
		err = ERR_OK;
	if (err != ERR_OK)
		fs_close(&e->lock);
	return err;
}

void
accounts_edit_end(struct accounts_edit *e)
{
	accounts_free(&e->accounts);
	fs_close(&e->lock);
}

/* The old text with every line of name left out, or its first one replaced by
 * a. a may be NULL. */
static enum err
rewrite(const struct accounts_edit *e, struct slice name,
    const struct account *a, struct buf *out)
{
	struct slice rest = buf_slice(&e->accounts.text), line;
	size_t no = 0;
	bool done = a == NULL;
	enum err err = ERR_OK;
	while (err == ERR_OK && account_next_line(&rest, &no, &line)) {
		struct slice first = slice_to(line, slice_find(line, ' '));
		if (!slice_eq(first, name)) {
			buf_add(out, line);
			buf_add_byte(out, '\n');
		} else if (!done) {
			err = account_format(out, a);
			done = true;
		}
	}
	if (err == ERR_OK && !done)
		err = account_format(out, a);
	return err == ERR_OK ? buf_err(out) : err;
}

static enum err
replace(struct accounts_edit *e, struct slice name, const struct account *a,
    struct diag *d)
{
	struct buf text;
	buf_init(&text, ACCOUNTS_TEXT_MAX);
	enum err err = rewrite(e, name, a, &text);
	if (err == ERR_OK)
		err = fs_write_file(
		    e->dir, ACCOUNTS_NAME, buf_slice(&text), 0600, d);
	else
		(void)diag_set(
		    d, err, "", "cannot write the account: %s", err_name(err));
	if (text.p != NULL)
		OPENSSL_cleanse(text.p, text.cap);
	buf_free(&text);
	return err;
}

enum err
accounts_edit_put(
    struct accounts_edit *e, const struct account *a, struct diag *d)
{
	return replace(e, a->name, a, d);
}

enum err
accounts_edit_remove(struct accounts_edit *e, struct slice name, struct diag *d)
{
	if (accounts_find(&e->accounts, name) == NULL)
		return diag_set(d, ERR_NOT_FOUND, "",
		    "there is no account %.*s", SLICE_ARG(name));
	return replace(e, name, NULL, d);
}
