/* One command as it stands, for a driver that examines a server. */
#include "proto/smtp/client/internal.h"

#define RAW_LINE_OCTETS 4096u
#define RAW_BODY_OCTETS (256u << 10)

static bool
line_is_one(struct slice line)
{
	return line.n > 0 && line.n <= RAW_LINE_OCTETS &&
	       slice_find(line, '\r') == line.n &&
	       slice_find(line, '\n') == line.n &&
	       slice_find(line, 0) == line.n;
}

/* The driver would have to begin a handshake that it knows nothing of. */
static bool
begins_tls(struct slice line)
{
	line = slice_trim(line);
	return slice_eq_nocase(
	    slice_to(line, slice_find(line, ' ')), SLICE("STARTTLS"));
}

/* Stuff body onto out, or with NULL only look whether that can be done. */
static bool
stuff(struct slice body, struct buf *out)
{
	struct smtp_stuff s;
	struct slice run;
	size_t used;
	smtp_stuff_init(&s);
	for (; body.n > 0; body = slice_from(body, used)) {
		if (smtp_stuff_next(&s, body, &run, &used) != ERR_OK)
			return false;
		if (out != NULL)
			buf_add(out, run);
	}
	if (smtp_stuff_end(&s, &run) != ERR_OK)
		return false;
	if (out != NULL)
		buf_add(out, run);
	return true;
}

bool
smtp_client_command(struct smtp_client *c, uint64_t now_ms, struct slice line,
    struct slice body)
{
	client_event_begin(c);
	if (c->state != ST_IDLE || c->ready || !line_is_one(line) ||
	    begins_tls(line) || body.n > RAW_BODY_OCTETS || !stuff(body, NULL))
		return false;
	c->state = ST_RAW;
	c->raw_body = body;
	/* Whatever it was: a message that follows begins with RSET. */
	c->dirty = true;
	client_command(c, CMD_RAW, 0, line, line);
	client_arm(c, now_ms);
	client_event_end(c);
	return true;
}

void
raw_reply(struct smtp_client *c, enum cmd cmd, const struct smtp_reply *r)
{
	if (cmd == CMD_RAW && r->code == 354) {
		(void)stuff(c->raw_body, &c->out);
		client_await(c, CMD_RAW_DOT, false);
		client_note(c, '*', SLICE("message sent, final dot"));
		return;
	}
	c->raw_body = SLICE_EMPTY;
	client_ready(c);
}
