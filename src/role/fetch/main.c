/* main.c - the role; see fetch.h. */
#include "role/fetch/fetch.h"

#include "os/fs.h"

static struct fetch *
state(struct role *r)
{
	return r->state;
}

static void
fetch_init(struct role *r)
{
	struct fetch *f = state(r);
	f->role = r;
	f->dir = -1;
	list_init(&f->controls);
	list_init(&f->webs);
	f->http = http_new(r->loop);
	jobs_init(f);
}

static enum err
fetch_open(struct role *r, struct diag *d)
{
	struct fetch *f = state(r);
	struct buf path;
	if (f->http == NULL)
		return diag_set(d, ERR_NOMEM, NULL, "libcurl does not start");
	/* Of kurir check there is no list, and no such place. */
	bool any = false;
	for (size_t i = 0; i < CONF_EXEMPT_LISTS; i++)
		any |= job_section(f, (enum conf_exempt_list)i) != NULL;
	if (!any)
		return ERR_OK;
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

static enum err
fetch_start(struct role *r, struct diag *d)
{
	(void)d;
	jobs_plan(state(r));
	return ERR_OK;
}

static enum err
fetch_file(struct role *r, enum ipc_file_kind what, struct slice name,
    struct slice content, struct diag *d)
{
	struct fetch *f = state(r);
	(void)name;
	if (what != IPC_FILE_CA || f->http == NULL)
		return ERR_OK;
	enum err err = http_trust(f->http, content);
	return err == ERR_OK ? ERR_OK
			     : diag_set(d, err, NULL,
				   "the CA certificates are too large");
}

static void
fetch_reloaded(struct role *r)
{
	jobs_plan(state(r));
}

static void
fetch_message(struct role *r, struct chan *c, struct ipc_msg *m)
{
	if (m->type == IPC_dns_answer) {
		jobs_dns_answer(state(r), &m->dns_answer);
		web_dns_answer(state(r), &m->dns_answer);
	} else if (m->type == IPC_fetch_ask) {
		web_ask(state(r), c, &m->fetch_ask);
	}
}

static void
fetch_peer_lost(struct role *r, struct chan *c)
{
	if (chan_peer(c) == ROLE_RESOLVER) {
		jobs_resolver_lost(state(r));
		web_resolver_lost(state(r));
	} else {
		web_forget(state(r), c);
	}
}

static void
fetch_control(struct role *r, struct chan *c, bool may_change,
    struct slice verb, struct slice args)
{
	control_request(state(r), c, may_change, verb, args);
}

static void
fetch_control_lost(struct role *r, struct chan *c)
{
	control_gone(state(r), c);
}

static const struct role_ops ops = {
    .kind = ROLE_FETCH,
    .state_size = sizeof(struct fetch),
    .init = fetch_init,
    .open = fetch_open,
    .start = fetch_start,
    .reloaded = fetch_reloaded,
    .file = fetch_file,
    .peer_lost = fetch_peer_lost,
    .message = fetch_message,
    .control = fetch_control,
    .control_lost = fetch_control_lost,
};

int
main(int argc, char **argv)
{
	return role_main(&ops, argc, argv);
}
