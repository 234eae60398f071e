/* devices.c - what devices have sent, counted for all workers of smtpd. */
#include "policy/device.h"
#include "role/lookup/lookup.h"

#include <stdlib.h>

/* One device; remembered by name, so that a reload forgets nothing. */
struct counted {
	struct buf name; /* the key in lookup.devices */
	struct device_count n;
};

static const struct conf_device *
find(const struct conf *c, struct slice name)
{
	for (size_t i = 0; i < c->device_n; i++)
		if (slice_eq(c->device[i].name, name))
			return &c->device[i];
	return NULL;
}

static struct counted *
counted_of(struct lookup *l, struct slice name)
{
	struct counted *k = map_get(&l->devices, name);
	if (k != NULL)
		return k;
	k = calloc(1, sizeof(*k));
	if (k == NULL)
		return NULL;
	buf_init(&k->name, 1024);
	buf_add(&k->name, name);
	if (buf_err(&k->name) == ERR_OK &&
	    map_put(&l->devices, buf_slice(&k->name), k) == ERR_OK)
		return k;
	buf_free(&k->name);
	free(k);
	return NULL;
}

void
device_asked(struct lookup *l, struct chan *c, const struct ipc_device_ask *m)
{
	const struct conf_device *d = find(l->role->conf, m->device);
	struct ipc_msg out = {.type = IPC_device_answer, .fd = -1};
	struct ipc_device_answer *a = &out.device_answer;
	struct finding why = {.text = "This device is not known any more"};
	struct counted *k = d == NULL ? NULL : counted_of(l, m->device);
	uint64_t now = loop_unix_ms(l->role->loop);
	a->ask = m->ask;
	a->breach = m->breach;
	a->say = DEVICE_REFUSED;
	if (k != NULL && !m->breach)
		a->say = (uint8_t)device_take(d, &k->n, now, &why);
	if (k != NULL && (m->breach || a->say == DEVICE_BREACH))
		a->stopped = device_breach(&k->n, now);
	a->text = slice_str(why.text);
	a->cause = slice_str(why.cause == NULL ? "device.stopped" : why.cause);
	(void)role_send(c, &out);
}
