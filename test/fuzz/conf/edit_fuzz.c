/* Any text, one value of it changed: what was a configuration reads back as
 * the same one with that value given by hand, and every line of a comment is
 * still there; to set it again changes nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/edit.h"

static enum err
read_input(void *ctx, const char *path, struct buf *out, struct diag *d)
{
	if (strcmp(path, "main") != 0)
		return diag_set(d, ERR_NOT_FOUND, "", "no such file");
	buf_add(out, *(const struct slice *)ctx);
	return buf_err(out);
}

/* The configuration with n values by hand, shown; false: it is none. */
static bool
show(struct slice text, const struct conf_override *set, size_t n,
    struct buf *out, struct conf **kept)
{
	struct conf_source src = {read_input, &text};
	struct conf_report r;
	struct conf *c = NULL;

	conf_report_init(&r);
	buf_init(out, CONF_TEXT_MAX);
	bool good = conf_read_with(&src, "main", set, n, &c, &r) == ERR_OK;
	if (good)
		conf_show(c, out);
	conf_report_free(&r);
	if (kept != NULL)
		*kept = c;
	else
		conf_free(c);
	return good;
}

static size_t
comments(struct slice s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '#';
	return n;
}

static void
same_as_override(
    struct slice text, const struct conf_override *set, struct slice edited)
{
	struct buf want, got;
	bool a = show(text, set, 1, &want, NULL);
	bool b = show(edited, NULL, 0, &got, NULL);
	if (a != b || !slice_eq(buf_slice(&want), buf_slice(&got)))
		abort();
	buf_free(&want);
	buf_free(&got);
	if (comments(edited) < comments(text))
		abort();
}

static void
by_name(struct slice text, const struct conf_override *set)
{
	struct buf out, again;
	buf_init(&out, CONF_TEXT_MAX + 65536);
	buf_init(&again, CONF_TEXT_MAX + 65536);
	if (conf_edit_set(text, set, true, &out) != ERR_OK)
		abort();
	same_as_override(text, set, buf_slice(&out));
	if (conf_edit_set(buf_slice(&out), set, false, &again) != ERR_OK ||
	    !slice_eq(buf_slice(&out), buf_slice(&again)))
		abort();
	buf_free(&out);
	buf_free(&again);
}

static void
by_place(struct slice text, const struct conf *c, const struct conf_override *s)
{
	struct conf_pos pos;
	struct buf out;
	if (!conf_where(c, &c->trusted, &pos))
		return;
	buf_init(&out, CONF_TEXT_MAX + 65536);
	if (conf_edit_at(text, &pos, s->value, &out) != ERR_OK)
		abort();
	same_as_override(text, s, buf_slice(&out));
	buf_free(&out);
}

static const struct conf_override sets[] = {
    {SLICE("trusted"), SLICE("{\"127.0.0.0/8\", \"192.0.2.9\"}")},
    {SLICE("trusted"), SLICE("192.0.2.9")},
    {SLICE("trusted"), SLICE("{}")},
    {SLICE("outbound.via"), SLICE("\"smarthost:[192.0.2.1]:587\"")},
    {SLICE("outbound.retry"), SLICE("{1min, 2h}")},
    {SLICE("reverse-lookup.ptr.missing"), SLICE("close")},
    {SLICE("user"), SLICE("\"mail\"")},
};

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct slice text = slice_of(p, n);
	struct conf *c = NULL;
	struct buf shown, out;
	buf_init(&out, 1u << 20);
	if (n > 65536)
		return 0;
	if (show(text, NULL, 0, &shown, &c)) {
		for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++)
			by_name(text, &sets[i]);
		by_place(text, c, &sets[0]);
		for (size_t i = 0; i < c->listen_n && i < 4; i++) {
			char name[128];
			(void)snprintf(name, sizeof(name), "listen.%.*s.auth",
			    SLICE_ARG(c->listen[i].name));
			const struct conf_override set = {
			    slice_str(name), SLICE("offer")};
			by_name(text, &set);
		}
	} else {
		(void)!conf_edit_set(text, &sets[0], true, &out);
	}
	/* The same octets as a value. */
	const struct conf_override any = {SLICE("trusted"), text};
	const struct slice base =
	    SLICE("hostname = a.example\ndomain \"a.example\" { deliver = "
		  "\"maildir:/m/%u\" }\ntrusted = ::1 # x\n");
	buf_clear(&out);
	if (conf_edit_set(base, &any, false, &out) == ERR_OK)
		same_as_override(base, &any, buf_slice(&out));
	buf_free(&out);
	buf_free(&shown);
	conf_free(c);
	return 0;
}
