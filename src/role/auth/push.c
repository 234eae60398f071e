#include "role/auth/auth.h"

void
push_begin(struct auth *a, struct chan *to)
{
	if (to == NULL)
		return;
	a->push.to = to;
	a->push.active = true;
	a->push.begun = false;
	a->push.next = 0;
	a->push.generation++;
	push_more(a);
}

void
push_stop(struct auth *a)
{
	a->push.to = NULL;
	a->push.active = false;
}

/* The frame that comes next; false: the last one has been sent. */
static bool
next_frame(const struct auth_push *p, const struct accounts *accounts,
    struct ipc_msg *m)
{
	*m = (struct ipc_msg){.fd = -1};
	if (!p->begun) {
		m->type = IPC_accounts_begin;
		m->accounts_begin.generation = p->generation;
	} else if (p->next < accounts->n) {
		m->type = IPC_account_name;
		m->account_name.name = accounts->v[p->next].name;
	} else if (p->next == accounts->n) {
		m->type = IPC_accounts_end;
		m->accounts_end.generation = p->generation;
	} else
		return false;
	return true;
}

void
push_more(struct auth *a)
{
	struct auth_push *p = &a->push;
	struct ipc_msg m;
	while (p->active && !chan_blocked(p->to)) {
		if (!next_frame(p, &a->accounts, &m)) {
			p->active = false;
			return;
		}
		enum err e = chan_send(p->to, &m);
		if (e == ERR_LIMIT)
			return; /* goes on when it is writable */
		if (e != ERR_OK) {
			push_stop(a);
			return;
		}
		if (p->begun)
			p->next++;
		p->begun = true;
	}
}
