/* firewalld_text.c - what is written for firewalld, and its firewalld.conf. */
#include "cmd/firewalld.h"

#include <string.h>

/* Of a file that is read twice, by us and for the proof. */
#define FILE_MEMORY (4u << 20)

/* ---- firewalld.conf ---- */

struct slice
firewalld_default_zone(struct slice text)
{
	while (text.n > 0) {
		struct slice line = slice_to(text, slice_find(text, '\n'));
		text = slice_from(text, line.n + 1);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		line = slice_trim(line);
		size_t eq = slice_find(line, '=');
		struct slice value = slice_trim(slice_from(line, eq + 1));
		if (slice_eq(
			slice_trim(slice_to(line, eq)), SLICE("DefaultZone")) &&
		    firewalld_is_name(value))
			return value;
	}
	return SLICE("public");
}

/* ---- a service ---- */

static void
add_escaped(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++) {
		switch (*s) {
		case '&':
			buf_add_str(out, "&amp;");
			break;
		case '<':
			buf_add_str(out, "&lt;");
			break;
		case '>':
			buf_add_str(out, "&gt;");
			break;
		default:
			buf_add_byte(out, (uint8_t)*s);
		}
	}
}

void
firewalld_service_text(const char *short_name, const char *description,
    const uint16_t *ports, size_t n, struct buf *out)
{
	buf_add_str(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
			 "<service>\n  <short>");
	add_escaped(out, short_name);
	buf_add_str(out, "</short>\n  <description>");
	add_escaped(out, description);
	buf_add_str(out, "</description>\n");
	for (size_t i = 0; i < n; i++) {
		buf_add_str(out, "  <port port=\"");
		buf_add_u64(out, ports[i]);
		buf_add_str(out, "\" protocol=\"tcp\"/>\n");
	}
	buf_add_str(out, "</service>\n");
}

/* ---- a zone ---- */

static const char *
end_of_line(struct slice text)
{
	size_t lf = slice_find(text, '\n');
	return lf > 0 && lf < text.n && text.p[lf - 1] == '\r' ? "\r\n" : "\n";
}

/* The blanks between the beginning of the line and at. *out_alone: nothing else
 * stands there. */
static struct slice
indent_before(struct slice text, size_t at, bool *out_alone)
{
	size_t from = at;
	while (
	    from > 0 && (text.p[from - 1] == ' ' || text.p[from - 1] == '\t'))
		from--;
	*out_alone = from > 0 && text.p[from - 1] == '\n';
	return slice_from(slice_to(text, at), from);
}

static void
add_element(struct buf *out, struct slice service)
{
	buf_add_str(out, "<service name=\"");
	buf_add(out, service);
	buf_add_str(out, "\"/>");
}

/* Before the last service, as it is indented. */
static void
add_before(struct slice text, size_t at, struct slice service, struct buf *out)
{
	bool alone;
	struct slice indent = indent_before(text, at, &alone);
	buf_add(out, slice_to(text, at));
	add_element(out, service);
	if (alone) {
		buf_add_str(out, end_of_line(text));
		buf_add(out, indent);
	}
	buf_add(out, slice_from(text, at));
}

/* As the last line of the zone. */
static void
add_last(struct slice text, const struct firewalld_file *f,
    struct slice service, struct buf *out)
{
	const char *eol = end_of_line(text);
	size_t tag_end = f->root_at + f->root_n;
	bool alone, empty = text.p[tag_end - 2] == '/';
	size_t at = f->end_at;
	if (empty) { /* <zone/> */
		buf_add(out, slice_to(text, tag_end - 2));
		buf_add_str(out, ">");
		buf_add_str(out, eol);
	} else {
		struct slice indent = indent_before(text, at, &alone);
		buf_add(out, slice_to(text, alone ? at - indent.n : at));
		if (!alone)
			buf_add_str(out, eol);
	}
	buf_add_str(out, "  ");
	add_element(out, service);
	buf_add_str(out, eol);
	if (empty) {
		buf_add_str(out, "</zone>");
		buf_add(out, slice_from(text, tag_end));
		return;
	}
	struct slice indent = indent_before(text, at, &alone);
	buf_add(out, slice_from(text, alone ? at - indent.n : at));
}

static bool
has_service(const struct firewalld_file *f, struct slice service)
{
	for (const struct firewalld_item *i = f->items; i != NULL; i = i->next)
		if (i->what == FIREWALLD_USE && slice_eq(i->name, service))
			return true;
	return false;
}

/* Is fresh what old was, and the service? */
static bool
proven(struct slice fresh, const struct firewalld_file *old,
    struct slice service, struct arena *mem)
{
	struct firewalld_file f;
	struct firewalld_fault fault;
	return firewalld_read(FIREWALLD_ZONE, fresh, mem, &f, &fault) ==
		   ERR_OK &&
	       f.n == old->n + 1 && has_service(&f, service);
}

enum err
firewalld_zone_add(struct slice text, struct slice service, struct buf *out,
    struct firewalld_fault *fault)
{
	struct firewalld_file f;
	struct arena mem;
	struct buf fresh;
	arena_init(&mem, FILE_MEMORY);
	buf_init(&fresh, FIREWALLD_TEXT_MAX);
	enum err e = firewalld_read(FIREWALLD_ZONE, text, &mem, &f, fault);
	if (e == ERR_OK && has_service(&f, service))
		e = ERR_EXISTS;
	if (e == ERR_OK && slice_find(text, '\0') < text.n)
		e = ERR_UNSUPPORTED;
	if (e == ERR_OK) {
		if (f.use_at > 0)
			add_before(text, f.use_at, service, &fresh);
		else
			add_last(text, &f, service, &fresh);
		e = buf_err(&fresh);
	}
	if (e == ERR_OK && !proven(buf_slice(&fresh), &f, service, &mem))
		e = ERR_UNSUPPORTED;
	if (e == ERR_OK) {
		buf_add(out, buf_slice(&fresh));
		e = buf_err(out);
	}
	buf_free(&fresh);
	arena_reset(&mem);
	return e;
}
