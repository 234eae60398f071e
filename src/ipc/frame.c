#include "ipc/frame.h"

#include <string.h>

static const char *const role_names[ROLE_COUNT] = {
    [ROLE_MASTER] = "master",
    [ROLE_SMTPD] = "smtpd",
    [ROLE_QUEUE] = "queue",
    [ROLE_RELAY] = "relay",
    [ROLE_RESOLVER] = "resolver",
    [ROLE_LOOKUP] = "lookup",
    [ROLE_AUTH] = "auth",
    [ROLE_LEDGER] = "ledger",
    [ROLE_DELIVER] = "deliver",
    [ROLE_FETCH] = "fetch",
    [ROLE_CMD] = "cmd",
};

#define ROW(name, from, to, fd) [IPC_##name] = {#name, from, to, IPC_FD_##fd},
static const struct {
	const char *name;
	unsigned from, to;
	enum ipc_fd fd;
} rows[IPC_TYPE_COUNT] = {
    [IPC_NONE] = {"none", 0, 0, IPC_FD_NONE}, IPC_MESSAGES(ROW)};

const char *
role_name(enum role_kind r)
{
	return (unsigned)r < ROLE_COUNT ? role_names[r] : "unknown";
}

const char *
ipc_name(enum ipc_type t)
{
	return (unsigned)t < IPC_TYPE_COUNT ? rows[t].name : "unknown";
}

bool
ipc_permitted(enum ipc_type t, enum role_kind from, enum role_kind to)
{
	if ((unsigned)t >= IPC_TYPE_COUNT || (unsigned)from >= ROLE_COUNT ||
	    (unsigned)to >= ROLE_COUNT)
		return false;
	return (rows[t].from >> from & 1) != 0 && (rows[t].to >> to & 1) != 0;
}

static void
put_le(struct buf *b, uint64_t v, size_t n)
{
	uint8_t tmp[8];
	for (size_t i = 0; i < n; i++)
		tmp[i] = (uint8_t)(v >> (8 * i));
	buf_add(b, slice_of(tmp, n));
}

static void
put_u8(struct buf *b, const uint8_t *v)
{
	put_le(b, *v, 1);
}

static void
put_u16(struct buf *b, const uint16_t *v)
{
	put_le(b, *v, 2);
}

static void
put_u32(struct buf *b, const uint32_t *v)
{
	put_le(b, *v, 4);
}

static void
put_u64(struct buf *b, const uint64_t *v)
{
	put_le(b, *v, 8);
}

static void
put_ip(struct buf *b, const struct ip *v)
{
	put_le(b, v->family, 1);
	buf_add(b, slice_of(v->b, sizeof(v->b)));
}

static void
put_bytes(struct buf *b, const struct slice *v)
{
	if (v->n > IPC_FRAME_MAX) {
		b->err = ERR_LIMIT;
		return;
	}
	put_le(b, v->n, 4);
	buf_add(b, *v);
}

#define PUT(type, field) put_##type(out, &f->field);
#define ENCODE(name, from, to, fd)                                             \
	case IPC_##name: {                                                     \
		const struct ipc_##name *f = &m->name;                         \
		IPC_FIELDS_##name(PUT) break;                                  \
	}

enum err
ipc_encode(const struct ipc_msg *m, struct buf *out)
{
	size_t before = out->n;
	put_le(out, (uint64_t)m->type, 2);
	put_le(out, 0, 2);
	switch (m->type) {
		IPC_MESSAGES(ENCODE)
	case IPC_NONE:
	case IPC_TYPE_COUNT:
	default:
		out->n = before;
		return ERR_BUG;
	}
	enum err err = buf_err(out);
	if (err == ERR_OK && out->n - before > IPC_FRAME_MAX)
		err = ERR_LIMIT;
	if (err != ERR_OK) {
		out->n = before;
		out->err = ERR_OK;
	}
	return err;
}

static bool
get_le(struct slice *in, size_t n, uint64_t *out)
{
	if (in->n < n)
		return false;
	uint64_t v = 0;
	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)in->p[i] << (8 * i);
	*in = slice_from(*in, n);
	*out = v;
	return true;
}

#define GET_INT(type, n)                                                       \
	static bool get_u##n(struct slice *in, type *out)                      \
	{                                                                      \
		uint64_t v;                                                    \
		if (!get_le(in, n / 8, &v))                                    \
			return false;                                          \
		*out = (type)v;                                                \
		return true;                                                   \
	}
GET_INT(uint8_t, 8)
GET_INT(uint16_t, 16)
GET_INT(uint32_t, 32)
GET_INT(uint64_t, 64)

static bool
get_ip(struct slice *in, struct ip *out)
{
	if (in->n < 17)
		return false;
	uint8_t family = in->p[0];
	if (family != 0 && family != 4 && family != 6)
		return false;
	out->family = family;
	memcpy(out->b, in->p + 1, sizeof(out->b));
	*in = slice_from(*in, 17);
	return true;
}

static bool
get_bytes(struct slice *in, struct slice *out)
{
	uint64_t n;
	if (!get_le(in, 4, &n) || n > in->n)
		return false;
	*out = slice_to(*in, n);
	*in = slice_from(*in, n);
	return true;
}

#define GET(type, field) ok = ok && get_##type(&frame, &f->field);
#define DECODE(name, from, to, fd)                                             \
	case IPC_##name: {                                                     \
		struct ipc_##name *f = &m.name;                                \
		IPC_FIELDS_##name(GET) break;                                  \
	}

enum err
ipc_decode(struct slice frame, bool has_fd, struct ipc_msg *out)
{
	uint64_t type, zero;
	if (frame.n > IPC_FRAME_MAX || !get_le(&frame, 2, &type) ||
	    !get_le(&frame, 2, &zero) || zero != 0 || type == IPC_NONE ||
	    type >= IPC_TYPE_COUNT)
		return ERR_SYNTAX;
	enum ipc_fd fd = rows[type].fd;
	if (has_fd ? fd == IPC_FD_NONE : fd == IPC_FD_MUST)
		return ERR_SYNTAX;
	struct ipc_msg m = {.type = (enum ipc_type)type, .fd = -1};
	bool ok = true;
	switch (m.type) {
		IPC_MESSAGES(DECODE)
	case IPC_NONE:
	case IPC_TYPE_COUNT:
	default:
		return ERR_SYNTAX;
	}
	if (!ok || frame.n != 0)
		return ERR_SYNTAX;
	*out = m;
	return ERR_OK;
}
