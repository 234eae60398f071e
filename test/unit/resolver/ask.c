/* ask.c - ask the resolver's service from the command line, for tests.
 *
 *   resolver_ask --server IP:PORT [--server ...] [--dnssec MODE]
 *                [--anchors FILE] [--timeout MS] [--times N] NAME TYPE ...
 *
 * All questions are asked at once. One line an answer, in order of arrival:
 *   NAME TYPE STATUS secure|insecure TTL OWNER COUNT TEXT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "os/fs.h"
#include "role/resolver/service.h"

#define ASKS_MAX 4096

struct run {
	struct loop *loop;
	struct settings settings;
	const char *name[ASKS_MAX], *type[ASKS_MAX];
	size_t asked, answered, times;
};

static const struct {
	const char *name;
	uint16_t type;
} types[] = {{"A", DNS_A}, {"NS", DNS_NS}, {"CNAME", DNS_CNAME},
    {"PTR", DNS_PTR}, {"MX", DNS_MX}, {"TXT", DNS_TXT}, {"AAAA", DNS_AAAA},
    {"TLSA", DNS_TLSA}};

static const char *const statuses[] = {
    "ok", "nodata", "nxdomain", "tempfail", "timeout", "bogus"};

static uint16_t
type_of(const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (strcmp(name, types[i].name) == 0)
			return types[i].type;
	fprintf(stderr, "%s: unknown type\n", name);
	exit(2);
}

static void
on_answer(
    void *arg, void *who, uint64_t ask, uint16_t qtype, const struct answer *a)
{
	struct run *r = arg;
	(void)who;
	(void)qtype;
	printf("%s %s %s %s %u %.*s %ld %s\n", r->name[ask], r->type[ask],
	    statuses[a->status], a->secure ? "secure" : "insecure", a->ttl_s,
	    SLICE_ARG(a->name.n > 0 ? buf_slice(&a->name) : SLICE("-")),
	    pack_count(buf_slice(&a->records)), a->text);
	fflush(stdout);
	if (++r->answered == r->asked * r->times)
		loop_stop(r->loop);
}

static void
add_server(struct run *r, const char *text)
{
	struct conf_endpoint *e = &r->settings.server[r->settings.servers];
	if (r->settings.servers == SETTINGS_SERVERS_MAX ||
	    ip_host_port(slice_str(text), 53, &e->ip, &e->port) != ERR_OK) {
		fprintf(stderr, "%s: not an address\n", text);
		exit(2);
	}
	r->settings.servers++;
}

int
main(int argc, char **argv)
{
	static struct run r;
	static const uint64_t seed[2] = {3, 4};
	struct buf anchors;
	struct diag d = {0};
	int i;
	r.settings.timeout_ms = 2000;
	r.settings.dnssec = CONF_DNSSEC_OFF;
	r.times = 1;
	buf_init(&anchors, 65536);
	for (i = 1; i + 1 < argc && argv[i][0] == '-'; i += 2) {
		const char *v = argv[i + 1];
		if (strcmp(argv[i], "--server") == 0)
			add_server(&r, v);
		else if (strcmp(argv[i], "--timeout") == 0)
			r.settings.timeout_ms = strtoull(v, NULL, 10);
		else if (strcmp(argv[i], "--times") == 0)
			r.times = strtoull(v, NULL, 10);
		else if (strcmp(argv[i], "--dnssec") == 0)
			r.settings.dnssec = v[0] == 'v'   ? CONF_DNSSEC_VALIDATE
					    : v[0] == 't' ? CONF_DNSSEC_TRUST_AD
							  : CONF_DNSSEC_OFF;
		else if (fs_read_file(FS_CWD, v, 65536, &anchors, &d) == ERR_OK)
			r.settings.own_anchors = true;
	}
	r.settings.anchors = buf_slice(&anchors);
	for (; i + 1 < argc && r.asked < ASKS_MAX; i += 2) {
		r.name[r.asked] = argv[i];
		r.type[r.asked++] = argv[i + 1];
	}
	r.loop = loop_new();
	struct service *sv =
	    service_new(r.loop, &r.settings, seed, on_answer, &r, &d);
	if (sv == NULL || r.asked == 0) {
		fprintf(stderr, "%s\n", d.text);
		return 2;
	}
	for (size_t t = 0; t < r.times; t++)
		for (size_t k = 0; k < r.asked; k++)
			service_ask(sv, ROLE_CMD, &r, k, type_of(r.type[k]),
			    slice_str(r.name[k]));
	if (r.answered < r.asked * r.times)
		loop_run(r.loop);
	service_free(sv);
	loop_step(r.loop, 0);
	loop_free(r.loop);
	buf_free(&anchors);
	return 0;
}
