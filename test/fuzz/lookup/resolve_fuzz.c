/* A recipient, any octets on both sides of the "@": what is not one of our
 * domains is foreign, what exists is in the tables, and what it stands for is
 * an address that parses. */
#include <stdlib.h>

#include "proto/smtp/address.h"
#include "role/lookup/resolve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char conf_text[] =
    "hostname = \"mail.contoh.id\"\n"
    "listen \"mx\" { address = {\"192.0.2.25:25\"} role = \"mx\" }\n"
    "domain \"contoh.id\" { deliver = \"maildir:/m/%d/%u\" }\n"
    "domain \"pabrik.id\" { deliver = \"lmtp:unix:/run/lmtp\" }\n"
    "domain \"cabang.id\" { deliver = \"relay:[10.0.0.5]:25\" }\n";

static const char alias_text[] =
    "abuse: budi\nsemua: budi, ani@mitra.example\nputar: putar\n"
    "gudang@cabang.id: budi@contoh.id\nhantu: tiada\n";

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static enum err
read_memory(void *ctx, const char *path, struct buf *out, struct diag *d)
{
	(void)ctx;
	(void)path;
	(void)d;
	buf_add_str(out, conf_text);
	return buf_err(out);
}

static void
ignore(void *arg, size_t line, const char *text)
{
	(void)arg;
	(void)line;
	(void)text;
	abort();
}

static bool
is_ours(struct slice domain)
{
	static const char *const ours[] = {"contoh.id", "pabrik.id",
	    "cabang.id", "mail.contoh.id", "[192.0.2.25]"};
	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		if (slice_eq_nocase(domain, slice_str(ours[i])))
			return true;
	return domain.n == 0;
}

static void
check_answer(struct slice domain, const struct resolved *r, struct arena *a)
{
	/* "[IPv6:::ffff:192.0.2.25]" is our address as well. */
	bool literal = domain.n > 0 && domain.p[0] == '[';
	check((r->dom_class == IPC_DOMAIN_FOREIGN) == !is_ours(domain) ||
	      literal);
	if (r->dom_class == IPC_DOMAIN_FOREIGN)
		check(r->exists == IPC_EXISTS_NO && r->target_n == 0);
	check(r->verify == NULL || r->dom_class == IPC_DOMAIN_LMTP ||
	      r->dom_class == IPC_DOMAIN_GATEWAY);
	if (r->dom_class == IPC_DOMAIN_MAILDIR && r->exists == IPC_EXISTS_YES)
		check(r->target_n > 0);
	for (size_t i = 0; i < r->target_n; i++) {
		struct smtp_address address;
		check(smtp_mailbox_parse(r->targets[i], a, &address) == ERR_OK);
	}
	check((r->exists == IPC_EXISTS_UNKNOWN) == (r->why.text[0] != '\0'));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t seed[2] = {1, 2};
	struct slice in = slice_of(data, size);
	const struct conf_source src = {.read = read_memory};
	struct conf_report report;
	struct conf *conf;
	struct names names;
	struct alias_table aliases;
	struct arena a;
	struct resolved r;
	conf_report_init(&report);
	check(conf_read(&src, "x", NULL, &conf, &report) == ERR_OK);
	conf_report_free(&report);
	names_init(&names, seed);
	check(names_add(&names, SLICE("budi@contoh.id")) == ERR_OK);
	check(names_add(&names, SLICE("ani")) == ERR_OK);
	arena_init(&a, 16 << 20);
	check(alias_parse(slice_str(alias_text), &a, ignore, NULL, &aliases) ==
	      ERR_OK);
	const struct resolve_env env = {
	    .conf = conf, .names = &names, .aliases = &aliases};
	size_t at = slice_rfind(in, '@');
	struct slice domain = slice_from(in, at + 1);
	enum err e = resolve_rcpt(&env, slice_to(in, at), domain, &a, &r);
	check(e == ERR_OK || e == ERR_LIMIT);
	if (e == ERR_OK)
		check_answer(domain, &r, &a);
	arena_reset(&a);
	names_free(&names);
	conf_free(conf);
	return 0;
}
