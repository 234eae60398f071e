#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "cmd/log.h"
#include "cmd/mend.h"
#include "os/clock.h"
#include "os/random.h"
#include "store/ledger_view.h"

#define RELAYERS_MAX  8192
#define STRANGERS_MAX 4096 /* of the internet: they may be without number */
#define HOSTS_MAX     4096
#define DAY_MS        86400000ull

enum seen { SEEN_OTHER, SEEN_SILENT, SEEN_REFUSED };

/* A server that mail was to go to, and what the last attempt came to. */
struct mend_host {
	struct mend_host *next;
	enum seen seen;
	char name[256];
};

/* ---- who relayed ---- */

/* One per listener and address. */
static struct slice
key_of(const struct conf *c, const struct conf_listen *l, const struct ip *ip,
    uint8_t out[24])
{
	size_t i = (size_t)(l - c->listen);
	size_t n = ip->family == 4 ? 4 : 16;
	out[0] = (uint8_t)i;
	out[1] = ip->family;
	memcpy(out + 2, ip->b, n);
	return slice_of(out, n + 2);
}

bool
mend_is_stranger(const struct ip *ip)
{
	static const struct ip_net own[] = {
	    {{4, {10}}, 8},
	    {{4, {127}}, 8},
	    {{4, {100, 64}}, 10},
	    {{4, {169, 254}}, 16},
	    {{4, {172, 16}}, 12},
	    {{4, {192, 168}}, 16},
	    {{6, {0xfc}}, 7},
	    {{6, {0xfe, 0x80}}, 10},
	};
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (ip_in_net(ip, &own[i]))
			return false;
	return !ip_is_loopback(ip);
}

/* That address through that listener; NULL: there are too many. */
static struct mend_relayer *
relayer(struct mend_history *h, const struct conf_listen *l,
    const struct ledger_view *v)
{
	struct ip ip = v->peer.ip;
	uint8_t bytes[24];
	struct slice key = key_of(h->conf, l, &ip, bytes);
	struct mend_relayer *r = map_get(&h->by_key, key);
	bool stranger = mend_is_stranger(&ip);

	if (r != NULL)
		return r;
	if (h->n == RELAYERS_MAX || (stranger && h->strangers == STRANGERS_MAX))
		return NULL;
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	memcpy(r->key, key.p, key.n);
	if (map_put(&h->by_key, slice_of(r->key, key.n), r) != ERR_OK) {
		free(r);
		return NULL;
	}
	r->ip = ip;
	r->listen = l;
	r->ours = true;
	(void)snprintf(r->ptr, sizeof(r->ptr), "%.*s", SLICE_ARG(v->ptr));
	r->next = h->relayer;
	h->relayer = r;
	h->n++;
	h->strangers += stranger;
	return r;
}

static struct slice
domain_of(struct slice address)
{
	return slice_from(address, slice_rfind(address, '@') + 1);
}

/* Did a recipient elsewhere get it? */
static bool
went_elsewhere(const struct conf *c, struct ledger_tx *tx)
{
	struct record_item it;
	bool elsewhere = false;
	while (ledger_tx_item(tx, &it)) {
		if (it.tag != RECORD_TAG_RCPT || it.v[0] != RECORD_ACCEPTED)
			continue;
		struct slice domain = domain_of(it.s[0]);
		elsewhere = elsewhere || (domain.n > 0 && conf_domain_find(c,
							      domain) == NULL);
	}
	return elsewhere;
}

static void
take_in(struct mend_history *h, const struct ledger_view *v)
{
	const struct conf_listen *l = conf_listen_find(h->conf, v->listener);
	struct record_reader rd = ledger_view_items(v);
	struct ledger_tx tx;

	if (l == NULL || l->role == CONF_ROLE_DEVICE || v->user.n > 0)
		return;
	while (ledger_tx_next(&rd, &tx)) {
		if (tx.verdict != RECORD_ACCEPTED ||
		    !went_elsewhere(h->conf, &tx))
			continue;
		struct mend_relayer *r = relayer(h, l, v);
		if (r == NULL) {
			h->left_out = true;
			return;
		}
		r->messages++;
		r->ours = r->ours &&
			  conf_domain_find(h->conf, domain_of(tx.from)) != NULL;
		if (v->head.time_ms > r->last_ms)
			r->last_ms = v->head.time_ms;
	}
}

/* ---- what became of mail to others ---- */

/* What one attempt came to. */
static enum seen
seen_of(const struct ledger_view *v)
{
	struct slice cause[LEDGER_CAUSES_MAX];
	size_t n = ledger_view_causes(v, cause);
	for (size_t i = 0; i < n && v->verdict != RECORD_DELIVERED; i++) {
		if (slice_eq(cause[i], SLICE("net.timeout")) ||
		    slice_eq(cause[i], SLICE("net.refused")))
			return SEEN_SILENT;
		if (slice_eq(cause[i], SLICE("remote.ptr-required")) ||
		    slice_eq(cause[i], SLICE("remote.blocklisted")))
			return SEEN_REFUSED;
	}
	return SEEN_OTHER;
}

static void
take_out(struct mend_history *h, const struct ledger_view *v)
{
	struct mend_host *host = map_get(&h->by_host, v->host);

	if (host == NULL) {
		if (v->host.n == 0 || v->host.n >= sizeof(host->name) ||
		    h->by_host.used == HOSTS_MAX ||
		    (host = calloc(1, sizeof(*host))) == NULL)
			return;
		memcpy(host->name, v->host.p, v->host.n);
		if (map_put(&h->by_host, slice_str(host->name), host) !=
		    ERR_OK) {
			free(host);
			return;
		}
		host->next = h->host;
		h->host = host;
	}
	host->seen = seen_of(v);
}

static void
sum_up(struct mend_history *h)
{
	for (const struct mend_host *o = h->host; o != NULL; o = o->next) {
		h->out.hosts++;
		h->out.silent += o->seen == SEEN_SILENT;
		h->out.refused += o->seen == SEEN_REFUSED;
		if (o->seen != SEEN_OTHER)
			(void)snprintf(h->out.example, sizeof(h->out.example),
			    "%s", o->name);
	}
}

/* ---- reading ---- */

static bool
take(struct slice bytes, void *arg)
{
	struct mend_history *h = arg;
	struct ledger_view v;
	if (ledger_view_open(bytes, &v) != ERR_OK)
		return true;
	if (v.head.kind == RECORD_IN)
		take_in(h, &v);
	else if (v.head.kind == RECORD_OUT)
		take_out(h, &v);
	return true;
}

static bool
ignore(struct slice bytes, void *arg)
{
	(void)bytes;
	(void)arg;
	return true;
}

static int
ask(const struct cmd_ctx *ctx, const char *name, const char *value,
    bool (*each)(struct slice bytes, void *arg), void *arg)
{
	struct log_query q;
	log_query_begin(&q);
	if (log_query_set(ctx, &q, name, name, value))
		return log_query_ask(ctx, &q, each, arg);
	buf_free(&q.args);
	return CMD_UNKNOWN;
}

void
mend_history_read(const struct cmd_ctx *ctx, struct mend_history *h)
{
	uint64_t seed[2] = {random_u64(), random_u64()};
	uint64_t since_ms = clock_unix_ms() - MEND_DAYS * DAY_MS;
	char text[24], none[ID_TEXT_LEN + 1];

	*h = (struct mend_history){.conf = ctx->conf};
	map_init(&h->by_key, seed);
	map_init(&h->by_host, seed);
	(void)snprintf(
	    text, sizeof(text), "%llu", (unsigned long long)since_ms);
	/* Asked about one session, the server writes what it holds back. */
	id_text(1, none);
	h->known = ask(ctx, "session", none, ignore, NULL) == CMD_GOOD &&
		   ask(ctx, "since", text, take, h) == CMD_GOOD;
	sum_up(h);
}

void
mend_history_free(struct mend_history *h)
{
	while (h->relayer != NULL) {
		struct mend_relayer *next = h->relayer->next;
		free(h->relayer);
		h->relayer = next;
	}
	while (h->host != NULL) {
		struct mend_host *next = h->host->next;
		free(h->host);
		h->host = next;
	}
	map_free(&h->by_key);
	map_free(&h->by_host);
}
