/* main.c - the role; see fetch.h. */
#include "role/fetch/fetch.h"

#include "os/fs.h"

static enum err
fetch_open(struct role *r, struct diag *d)
{
	struct fetch *f = r->state;
	struct buf path;
	f->role = r;
	buf_init(&path, 4096);
	buf_add(&path, r->conf->data_dir);
	buf_add_str(&path, "/exempt");
	buf_add_byte(&path, '\0');
	enum err err = buf_err(&path);
	if (err == ERR_OK)
		err = fs_open_dir(FS_CWD, (const char *)path.p, &f->dir, d);
	buf_free(&path);
	return err;
}

static void
fetch_message(struct role *r, struct chan *c, struct ipc_msg *m)
{
	(void)r;
	(void)c;
	(void)m;
}

static const struct role_ops ops = {
    .kind = ROLE_FETCH,
    .state_size = sizeof(struct fetch),
    .open = fetch_open,
    .message = fetch_message,
};

int
main(int argc, char **argv)
{
	return role_main(&ops, argc, argv);
}
