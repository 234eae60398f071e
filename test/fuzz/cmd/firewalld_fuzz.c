/* A file of firewalld by anybody, the first octet its kind: the reader takes it
 * or says why not; a zone that gets our service has everything else as before
 * and gets it once; a service made of its ports reads back as these. */
#include <stdlib.h>
#include <string.h>

#include "cmd/firewall.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool holds)
{
	if (!holds)
		abort();
}

/* Every name is whole and every port is one. */
static void
look_at_items(const struct firewalld_file *f)
{
	size_t n = 0;
	for (const struct firewalld_item *i = f->items; i != NULL;
	     i = i->next, n++) {
		demand(i->first <= i->last && i->to_first <= i->to_last);
		demand(i->line > 0 && i->name.n <= FIREWALLD_NAME_MAX);
		demand(i->what != FIREWALLD_USE || firewalld_is_name(i->name));
		demand(i->name.n == 0 || i->name.p[i->name.n] == '\0');
	}
	demand(n == f->n && n <= FIREWALLD_ITEMS_MAX);
}

static bool
same_item(const struct firewalld_item *a, const struct firewalld_item *b)
{
	return a->what == b->what && a->first == b->first &&
	       a->last == b->last && a->on == b->on && a->action == b->action &&
	       a->restricted == b->restricted && slice_eq(a->name, b->name);
}

static bool
is_ours(const struct firewalld_item *i)
{
	return i->what == FIREWALLD_USE && slice_eq(i->name, SLICE("kurir"));
}

/* The items of old, and ours once among them. */
static void
demand_one_more(
    const struct firewalld_file *old, const struct firewalld_file *fresh)
{
	const struct firewalld_item *a = old->items;
	size_t ours = 0;
	for (const struct firewalld_item *b = fresh->items; b != NULL;
	     b = b->next) {
		if (is_ours(b)) {
			ours++;
			continue;
		}
		demand(a != NULL && same_item(a, b));
		a = a->next;
	}
	demand(a == NULL && ours == 1);
}

static void
add_service(struct slice text, const struct firewalld_file *old)
{
	struct firewalld_file fresh;
	struct firewalld_fault fault;
	struct arena mem;
	struct buf once, twice;
	arena_init(&mem, 8u << 20);
	buf_init(&once, FIREWALLD_TEXT_MAX);
	buf_init(&twice, FIREWALLD_TEXT_MAX);
	enum err e = firewalld_zone_add(text, SLICE("kurir"), &once, &fault);
	demand(e != ERR_SYNTAX);
	if (e == ERR_OK) {
		demand(firewalld_read(FIREWALLD_ZONE, buf_slice(&once), &mem,
			   &fresh, &fault) == ERR_OK);
		demand_one_more(old, &fresh);
		demand(firewalld_zone_add(buf_slice(&once), SLICE("kurir"),
			   &twice, &fault) == ERR_EXISTS);
		demand(twice.n == 0);
	} else {
		demand(once.n == 0);
	}
	buf_free(&once);
	buf_free(&twice);
	arena_reset(&mem);
}

static void
make_service(const struct firewalld_file *f)
{
	uint16_t ports[FIREWALL_PORTS_MAX];
	struct firewall_file service = {.broken = false};
	struct arena mem;
	struct buf text;
	size_t n = 0;
	for (const struct firewalld_item *i = f->items;
	     i != NULL && n < FIREWALL_PORTS_MAX; i = i->next) {
		bool seen = false;
		for (size_t k = 0; k < n; k++)
			seen = seen || ports[k] == i->first;
		if (i->what == FIREWALLD_PORT && !seen)
			ports[n++] = i->first;
	}
	arena_init(&mem, 8u << 20);
	buf_init(&text, FIREWALLD_TEXT_MAX);
	firewalld_service_text("a<b>&c", "]]>", ports, n, &text);
	demand(firewalld_read(FIREWALLD_SERVICE, buf_slice(&text), &mem,
		   &service.what, &service.fault) == ERR_OK);
	demand(service.what.n == n);
	demand(firewall_same_service(&service, ports, n));
	buf_free(&text);
	arena_reset(&mem);
}

/* The verdict on any port is one, and has a reason. */
static void
judge(struct firewall_file *file, enum firewalld_kind kind)
{
	struct firewall_set set = {.found = FIREWALL_FOUND};
	struct firewall_file zone = {.name = SLICE("z"), .path = "z"};
	struct firewall_verdict v;
	file->name = kind == FIREWALLD_ZONE ? SLICE("z") : SLICE("s");
	file->path = "s";
	if (kind == FIREWALLD_SERVICE)
		set.services = file;
	else if (kind == FIREWALLD_ZONE)
		set.zones = file;
	else if (kind == FIREWALLD_POLICY)
		set.policies = file;
	else
		set.direct = file;
	if (kind != FIREWALLD_ZONE)
		set.zones = &zone;
	firewall_judge(&set, SLICE("z"), 25, &v);
	demand(v.by[0] != '\0');
	demand(!file->broken || kind == FIREWALLD_SERVICE ||
	       v.state == FIREWALL_UNKNOWN);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	enum firewalld_kind kind = (enum firewalld_kind)(1u << (data[0] & 3));
	struct slice text = slice_of(data + 1, size - 1);
	struct firewall_file f = {.broken = false};
	struct arena mem;
	arena_init(&mem, 8u << 20);
	f.broken =
	    firewalld_read(kind, text, &mem, &f.what, &f.fault) != ERR_OK;
	if (f.broken) {
		demand(f.fault.line > 0 && f.fault.text[0] != '\0');
	} else {
		look_at_items(&f.what);
		make_service(&f.what);
		if (kind == FIREWALLD_ZONE)
			add_service(text, &f.what);
	}
	judge(&f, kind);
	struct slice zone = firewalld_default_zone(text);
	demand(firewalld_is_name(zone));
	arena_reset(&mem);
	return 0;
}
