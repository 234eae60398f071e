/* tests.c - the test mailbox, for all workers of smtpd: codes, rates, and whose
 * server shall find no STARTTLS when it comes again. */
#include <stdlib.h>
#include <string.h>

#include "os/random.h"
#include "role/lookup/lookup.h"

#define COUNTS_MAX  8192u
#define ASSURED_MAX 256u
/* So long is a server waited for, and so long is it remembered that its mail
 * was judged: a queue tries for days, and is cleared by being taken. */
#define ASSURE_MS  (10u * 60 * 1000)
#define SETTLED_MS (5u * 24 * 3600 * 1000ull)
#define KEY_MAX    600u

/* ---- rates ---- */

struct counted {
	struct buf key;
	struct test_count n;
};

static void
drop_counted(struct tests *t, struct counted *k)
{
	map_remove(&t->counts, buf_slice(&k->key));
	buf_free(&k->key);
	free(k);
	t->count_n--;
}

static void
drop_idle(struct tests *t, uint64_t now)
{
	size_t cursor = 0;
	struct counted *k;
	while ((k = map_next(&t->counts, &cursor)) != NULL)
		if (test_rate_idle(&k->n, now))
			drop_counted(t, k);
}

/* NULL: there is no room for one more. */
static struct counted *
counted_of(struct tests *t, struct slice key, uint64_t now)
{
	struct counted *k = map_get(&t->counts, key);
	if (k != NULL)
		return k;
	if (t->count_n >= COUNTS_MAX)
		drop_idle(t, now);
	k = t->count_n >= COUNTS_MAX ? NULL : calloc(1, sizeof(*k));
	if (k == NULL)
		return NULL;
	buf_init(&k->key, KEY_MAX);
	buf_add(&k->key, key);
	if (buf_err(&k->key) == ERR_OK &&
	    map_put(&t->counts, buf_slice(&k->key), k) == ERR_OK) {
		t->count_n++;
		return k;
	}
	buf_free(&k->key);
	free(k);
	return NULL;
}

static struct counted *
counted_sender(struct tests *t, struct slice sender, uint64_t now)
{
	struct buf key;
	buf_init(&key, KEY_MAX);
	buf_add_byte(&key, '@');
	for (size_t i = 0; i < sender.n; i++)
		buf_add_byte(&key, ascii_lower(sender.p[i]));
	struct counted *k = counted_of(t, buf_slice(&key), now);
	buf_free(&key);
	return k;
}

static struct counted *
counted_network(struct tests *t, const struct ip *client, uint64_t now)
{
	struct ip net = test_network(client);
	return counted_of(t, slice_of(net.b, net.family == 4 ? 4 : 16), now);
}

/* ---- codes ---- */

static struct test_code *
find_code(struct tests *t, struct slice codes, uint64_t now)
{
	struct slice one;
	while (pack_next(&codes, &one))
		for (size_t i = 0; i < CODES_MAX; i++)
			if (t->code[i].until_ms > now &&
			    slice_eq(one, slice_str(t->code[i].text)))
				return &t->code[i];
	return NULL;
}

/* The one that ends first makes room. */
static struct test_code *
new_code(struct tests *t, uint64_t now)
{
	uint8_t random[TEST_CODE_LEN];
	struct test_code *c = &t->code[0];
	for (size_t i = 1; i < CODES_MAX; i++)
		if (t->code[i].until_ms < c->until_ms)
			c = &t->code[i];
	random_bytes(random, sizeof(random));
	test_code_text(random, c->text);
	c->until_ms = now + CODE_GOOD_MS;
	return c;
}

bool
tests_control(
    struct lookup *l, struct chan *c, bool may_change, struct slice verb)
{
	const struct conf_test_mailbox *t = &l->role->conf->test_mailbox;
	uint64_t now = loop_unix_ms(l->role->loop);
	if (!slice_eq(verb, SLICE("test-code")))
		return false;
	if (!may_change) {
		role_ctl_end(
		    c, 1, "only root and the service user may make codes");
		return true;
	}
	if (t->address.n == 0 && t->assure_address.n == 0) {
		role_ctl_end(c, 1,
		    "there is no test mailbox: set address in a test-mailbox "
		    "section of the configuration");
		return true;
	}
	const struct test_code *code = new_code(&l->tests, now);
	struct buf b;
	buf_init(&b, 4096);
	buf_printf(&b, "{\"code\":\"%s\",\"expires_ms\":%llu,\"address\":\"",
	    code->text, (unsigned long long)code->until_ms);
	buf_add_json(&b, t->address);
	buf_add_str(&b, "\",\"assure_address\":\"");
	buf_add_json(&b, t->assure_address);
	buf_add_str(&b, "\"}");
	role_ctl_line(c, buf_slice(&b));
	role_ctl_end(c, 0, "");
	buf_free(&b);
	return true;
}

/* ---- whose server shall find no STARTTLS ---- */

struct assured {
	struct list node;
	struct ip client;
	struct buf sender, message;
	uint64_t until_ms; /* of the loop's clock */
	bool settled;      /* the answer was given */
};

static void
assured_free(struct tests *t, struct assured *a)
{
	list_remove(&a->node);
	buf_free(&a->sender);
	buf_free(&a->message);
	free(a);
	t->assured_n--;
}

static void
send_event(struct chan *c, const struct assured *a, enum ipc_test_news event,
    struct slice dialogue)
{
	struct ipc_msg m = {.type = IPC_test_event, .fd = -1};
	m.test_event.event = (uint8_t)event;
	m.test_event.client = a->client;
	m.test_event.sender = buf_slice(&a->sender);
	m.test_event.dialogue = dialogue;
	(void)role_send(c, &m);
}

static void
tell_all(struct lookup *l, const struct assured *a, enum ipc_test_news event)
{
	for (size_t i = 0; i < ROLE_PEERS_MAX; i++)
		if (l->role->peers[ROLE_SMTPD][i] != NULL)
			send_event(l->role->peers[ROLE_SMTPD][i], a, event,
			    SLICE_EMPTY);
}

static void
settle(struct lookup *l, struct assured *a)
{
	tell_all(l, a, IPC_TEST_OVER);
	a->settled = true;
	a->until_ms = loop_now_ms(l->role->loop) + SETTLED_MS;
}

static void
sweep_again(struct lookup *l, uint64_t now)
{
	uint64_t next = UINT64_MAX;
	LIST_FOREACH (n, &l->tests.assured) {
		const struct assured *a = LIST_OWNER(n, struct assured, node);
		next = a->until_ms < next ? a->until_ms : next;
	}
	timer_stop(&l->tests.sweep);
	if (next != UINT64_MAX)
		timer_start(&l->tests.sweep, next > now ? next - now : 0);
}

static void
on_sweep(void *arg)
{
	struct lookup *l = arg;
	uint64_t now = loop_now_ms(l->role->loop);
	LIST_FOREACH_SAFE (n, &l->tests.assured) {
		struct assured *a = LIST_OWNER(n, struct assured, node);
		if (a->until_ms > now)
			continue;
		if (a->settled) {
			assured_free(&l->tests, a);
			continue;
		}
		send_event(role_peer(l->role, ROLE_SMTPD, 0), a,
		    IPC_TEST_EXPIRED, SLICE_EMPTY);
		settle(l, a);
	}
	sweep_again(l, now);
}

/* Of that very mail. */
static struct assured *
find_mail(struct tests *t, struct slice sender, struct slice message)
{
	LIST_FOREACH (n, &t->assured) {
		struct assured *a = LIST_OWNER(n, struct assured, node);
		if (slice_eq_nocase(buf_slice(&a->sender), sender) &&
		    slice_eq(buf_slice(&a->message), message))
			return a;
	}
	return NULL;
}

/* Of that sender, coming from there, still waited for. */
static struct assured *
find_coming(struct tests *t, const struct ip *client, struct slice sender)
{
	LIST_FOREACH (n, &t->assured) {
		struct assured *a = LIST_OWNER(n, struct assured, node);
		if (!a->settled && ip_eq(&a->client, client) &&
		    slice_eq_nocase(buf_slice(&a->sender), sender))
			return a;
	}
	return NULL;
}

/* Those whose answer is known make room. false: there is none. */
static bool
make_room(struct tests *t)
{
	LIST_FOREACH_SAFE (n, &t->assured) {
		struct assured *a = LIST_OWNER(n, struct assured, node);
		if (t->assured_n < ASSURED_MAX)
			return true;
		if (a->settled)
			assured_free(t, a);
	}
	return t->assured_n < ASSURED_MAX;
}

static bool
remember(struct lookup *l, const struct ipc_test_ask *m)
{
	struct tests *t = &l->tests;
	struct assured *a = make_room(t) ? calloc(1, sizeof(*a)) : NULL;
	if (a == NULL)
		return false;
	a->client = m->client;
	buf_init(&a->sender, KEY_MAX);
	buf_init(&a->message, 1024);
	buf_add(&a->sender, m->sender);
	buf_add(&a->message, m->message);
	a->until_ms = loop_now_ms(l->role->loop) + ASSURE_MS;
	list_push_back(&t->assured, &a->node);
	t->assured_n++;
	if (buf_err(&a->sender) != ERR_OK || buf_err(&a->message) != ERR_OK) {
		assured_free(t, a);
		return false;
	}
	tell_all(l, a, IPC_TEST_ARMED);
	sweep_again(l, loop_now_ms(l->role->loop));
	return true;
}

/* ---- questions ---- */

/* Whoever guesses at codes is counted, too. */
static enum ipc_test_say
take(struct lookup *l, const struct ipc_test_ask *m, bool unproven)
{
	const struct conf_test_mailbox *conf = &l->role->conf->test_mailbox;
	uint64_t now = loop_unix_ms(l->role->loop);
	struct tests *t = &l->tests;
	struct counted *network = counted_network(t, &m->client, now);
	bool open = !unproven && test_is_open_to(conf, m->sender);
	struct test_code *code = open ? NULL : find_code(t, m->codes, now);
	if (network == NULL || test_rate_full(&conf->rate, &network->n, now))
		return IPC_TEST_TOO_MANY;
	test_rate_take(&conf->rate, &network->n, now);
	if (!open && code == NULL)
		return IPC_TEST_NO_CODE;
	struct counted *sender = counted_sender(t, m->sender, now);
	if (sender == NULL || test_rate_full(&conf->rate, &sender->n, now))
		return IPC_TEST_TOO_MANY;
	if (m->what == IPC_TEST_ARM && !remember(l, m))
		return IPC_TEST_TOO_MANY;
	test_rate_take(&conf->rate, &sender->n, now);
	if (code != NULL)
		code->until_ms = 0;
	return IPC_TEST_YES;
}

static enum ipc_test_say
judge(struct lookup *l, const struct ipc_test_ask *m, bool unproven)
{
	struct assured *a = NULL;
	if (m->what == IPC_TEST_ARM)
		a = find_mail(&l->tests, m->sender, m->message);
	else if (m->what == IPC_TEST_SENT)
		a = find_coming(&l->tests, &m->client, m->sender);
	if (a == NULL)
		return take(l, m, unproven);
	if (m->what == IPC_TEST_SENT) {
		tell_all(l, a, IPC_TEST_OVER);
		assured_free(&l->tests, a);
		return IPC_TEST_YES;
	}
	if (!a->settled)
		return IPC_TEST_YES;
	assured_free(&l->tests, a);
	return IPC_TEST_SETTLED;
}

void
test_asked(struct lookup *l, struct chan *c, const struct ipc_test_ask *m)
{
	struct ipc_msg out = {.type = IPC_test_answer, .fd = -1};
	struct ipc_test_ask known = *m;
	known.what &= (uint8_t)~IPC_TEST_UNPROVEN;
	if (m->what == IPC_TEST_LEFT) {
		struct assured *a =
		    find_coming(&l->tests, &m->client, m->sender);
		if (a == NULL)
			return; /* another session was first */
		send_event(c, a, IPC_TEST_GONE, m->message);
		settle(l, a);
		return;
	}
	out.test_answer.ask = m->ask;
	out.test_answer.say = (uint8_t)judge(l, &known, m->what != known.what);
	(void)role_send(c, &out);
}

void
tests_peer(struct lookup *l, struct chan *c)
{
	if (chan_peer(c) != ROLE_SMTPD)
		return;
	LIST_FOREACH (n, &l->tests.assured) {
		struct assured *a = LIST_OWNER(n, struct assured, node);
		if (!a->settled)
			send_event(c, a, IPC_TEST_ARMED, SLICE_EMPTY);
	}
}

void
tests_init(struct lookup *l)
{
	map_init(&l->tests.counts, l->role->seed);
	list_init(&l->tests.assured);
	timer_init(&l->tests.sweep, l->role->loop, on_sweep, l);
}
