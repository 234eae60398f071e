/* What a reply means, kept until it is pulled; the lines of the dialogue. */
#include "proto/smtp/client/cause.h"
#include "proto/smtp/client/internal.h"

#include <string.h>

static const char *const stage_names[CMD_COUNT + 1] = {
    [CMD_GREETING] = "greeting",
    [CMD_EHLO] = "EHLO",
    [CMD_HELO] = "HELO",
    [CMD_STARTTLS] = "STARTTLS",
    [CMD_AUTH] = "AUTH",
    [CMD_RSET] = "RSET",
    [CMD_MAIL] = "MAIL",
    [CMD_RCPT] = "RCPT",
    [CMD_DATA] = "DATA",
    [CMD_DOT] = "end of data",
    [CMD_QUIT] = "QUIT",
    [CMD_RAW] = "command",
    [CMD_RAW_DOT] = "end of data",
    [STAGE_TLS] = "TLS handshake",
};

struct slice
client_stage_name(unsigned stage)
{
	return slice_str(stage_names[stage]);
}

void
client_note(struct smtp_client *c, char who, struct slice text)
{
	if (!c->o.notes || text.n > UINT16_MAX ||
	    c->notes.n + text.n + 3 > NOTES_MAX)
		return;
	/* Whole or not at all; a lost remark is no failure. */
	if (buf_reserve(&c->notes, text.n + 3) != ERR_OK) {
		c->notes.err = ERR_OK;
		return;
	}
	buf_add_byte(&c->notes, (uint8_t)who);
	buf_add_byte(&c->notes, (uint8_t)(text.n >> 8));
	buf_add_byte(&c->notes, (uint8_t)text.n);
	buf_add(&c->notes, text);
}

void
client_note_reply(struct smtp_client *c, struct slice raw)
{
	while (raw.n > 0) {
		size_t lf = slice_find(raw, '\n');
		size_t n = lf > 0 && raw.p[lf - 1] == '\r' ? lf - 1 : lf;
		client_note(c, '<', slice_to(raw, n));
		raw = slice_from(raw, lf + 1);
	}
}

/* A note of its own kind: stage and code before the lines. */
void
client_note_whole(
    struct smtp_client *c, enum cmd stage, const struct smtp_reply *r)
{
	size_t n = r->raw.n + 3;
	if (!c->o.replies || n > UINT16_MAX || c->notes.n + n + 3 > NOTES_MAX)
		return;
	if (buf_reserve(&c->notes, n + 3) != ERR_OK) {
		c->notes.err = ERR_OK;
		return;
	}
	buf_add_byte(&c->notes, NOTE_REPLY);
	buf_add_byte(&c->notes, (uint8_t)(n >> 8));
	buf_add_byte(&c->notes, (uint8_t)n);
	buf_add_byte(&c->notes, (uint8_t)stage);
	buf_add_byte(&c->notes, (uint8_t)(r->code >> 8));
	buf_add_byte(&c->notes, (uint8_t)r->code);
	buf_add(&c->notes, r->raw);
}

void
client_keep(char *out, size_t size, struct slice s)
{
	size_t n = s.n < size ? s.n : size - 1;
	if (n > 0)
		memcpy(out, s.p, n);
	out[n] = '\0';
}

static void
keep_text(struct smtp_client *c, struct verdict *v, struct slice text)
{
	v->text_at = (uint32_t)c->texts.n;
	if (text.n > TEXT_KEEP)
		text.n = TEXT_KEEP;
	if (c->texts.n + text.n > TEXTS_MAX)
		return;
	buf_add(&c->texts, text);
	v->text_n = (uint32_t)(c->texts.n - v->text_at);
}

/* RFC 2034 4: an enhanced status must be of the class of its reply. */
static bool
enhanced_fits(const struct smtp_reply *r)
{
	return r->enhanced.n > 0 &&
	       r->enhanced.p[0] == '0' + r->code / 100 % 10;
}

static struct slice
enhanced_default(const struct smtp_reply *r)
{
	switch (r->code / 100) {
	case 2:
		return SLICE("2.0.0");
	case 4:
		return SLICE("4.0.0");
	default:
		return SLICE("5.0.0");
	}
}

void
verdict_of_reply(struct smtp_client *c, struct verdict *out, enum cmd stage,
    const struct smtp_reply *r)
{
	struct buf text;
	bool good = r->code / 100 == 2;
	*out = (struct verdict){.stage = (uint8_t)stage, .code = r->code};
	out->outcome = good                 ? SMTP_CLIENT_DELIVERED
		       : r->code / 100 == 5 ? SMTP_CLIENT_FAILED
					    : SMTP_CLIENT_DEFERRED;
	buf_init(&text, REPLY_OCTETS);
	buf_add_smtp_reply_text(&text, r);
	keep_text(c, out, buf_slice(&text));
	struct slice enhanced =
	    enhanced_fits(r) ? r->enhanced : enhanced_default(r);
	client_keep(out->enhanced, sizeof(out->enhanced), enhanced);
	if (!good)
		client_keep(out->cause, sizeof(out->cause),
		    smtp_cause_of_reply(
			r->code, r->enhanced, buf_slice(&text)));
	buf_free(&text);
}

void
verdict_local(struct smtp_client *c, struct verdict *out, unsigned stage,
    enum smtp_client_outcome outcome, const char *enhanced, const char *cause,
    struct slice text)
{
	*out = (struct verdict){
	    .stage = (uint8_t)stage, .outcome = (uint8_t)outcome};
	client_keep(out->enhanced, sizeof(out->enhanced), slice_str(enhanced));
	client_keep(out->cause, sizeof(out->cause), slice_str(cause));
	keep_text(c, out, text);
}

void
verdict_show(const struct smtp_client *c, const struct verdict *v,
    struct smtp_client_result *out)
{
	out->outcome = (enum smtp_client_outcome)v->outcome;
	out->code = v->code;
	out->enhanced = slice_str(v->enhanced);
	out->cause = slice_str(v->cause);
	out->text =
	    slice_to(slice_from(buf_slice(&c->texts), v->text_at), v->text_n);
	out->stage = client_stage_name(v->stage);
}

void
verdict_restate(struct verdict *v, unsigned stage,
    enum smtp_client_outcome outcome, const char *enhanced, const char *cause)
{
	v->stage = (uint8_t)stage;
	v->outcome = (uint8_t)outcome;
	client_keep(v->enhanced, sizeof(v->enhanced), slice_str(enhanced));
	client_keep(v->cause, sizeof(v->cause), slice_str(cause));
}
