/* test_send.c - the report of the test mailbox: what it tells, gathered, and
 * its way to the queue. */
#include "role/smtpd/test_mailbox.h"

#include <string.h>

#include "base/pack.h"
#include "os/clock.h"
#include "os/fs.h"
#include "os/log.h"
#include "os/memfd.h"
#include "proto/mail/header.h"

#define LINES_MAX   150u
#define SPF_WAIT_MS 8000u

/* ---- SPF ---- */

static void
spf_go(struct test_box *t)
{
	struct smtpd *d = t->s->d;
	struct chan *c = role_peer(d->role, ROLE_RESOLVER, 0);
	struct reverse_question q;
	unsigned slot;
	while (spf_next(t->spf, &slot, &q)) {
		struct ipc_msg m = {.type = IPC_dns_ask, .fd = -1};
		m.dns_ask.ask = ++d->last_ask;
		m.dns_ask.qtype = q.type;
		m.dns_ask.name = q.name;
		if (map_put_u64(&d->by_spf, m.dns_ask.ask, t) == ERR_OK)
			t->spf_asks[slot] = m.dns_ask.ask;
		if (t->spf_asks[slot] != 0 && role_send(c, &m))
			continue;
		const struct reverse_answer none = {
		    .status = REVERSE_DNS_TEMPFAIL,
		    .text = SLICE("the resolver is not there")};
		map_remove_u64(&d->by_spf, t->spf_asks[slot]);
		t->spf_asks[slot] = 0;
		spf_answer(t->spf, slot, &none);
	}
}

static void
on_spf_patience(void *arg)
{
	struct test_box *t = arg;
	spf_timeout(t->spf);
	gate_go(t->s);
}

void
test_spf_begin(struct test_box *t)
{
	struct session *s = t->s;
	struct role *r = s->d->role;
	timer_init(&t->spf_timer, r->loop, on_spf_patience, t);
	if (s->sender.n == 0)
		return;
	t->spf = spf_new(&s->peer.ip, smtp_server_helo(&s->machine),
	    buf_slice(&s->sender), s->gen->conf->hostname,
	    loop_unix_ms(r->loop) / 1000);
	if (t->spf == NULL)
		return;
	timer_start(&t->spf_timer, SPF_WAIT_MS);
	spf_go(t);
}

bool
test_spf_waits(const struct test_box *t)
{
	return t->spf != NULL && !spf_done(t->spf);
}

void
test_spf_free(struct test_box *t)
{
	timer_stop(&t->spf_timer);
	for (size_t i = 0; i < SPF_QUESTIONS_MAX; i++)
		if (t->spf_asks[i] != 0)
			dns_withdraw(t->s->d, &t->s->d->by_spf, t->spf_asks[i]);
	spf_free(t->spf);
}

bool
test_dns(struct smtpd *d, const struct ipc_dns_answer *a)
{
	struct test_box *t = map_remove_u64(&d->by_spf, a->ask);
	unsigned slot = 0;
	if (t == NULL)
		return false;
	while (slot < SPF_QUESTIONS_MAX && t->spf_asks[slot] != a->ask)
		slot++;
	if (slot == SPF_QUESTIONS_MAX)
		return true;
	t->spf_asks[slot] = 0;
	const struct reverse_answer answer = {
	    .status = a->status <= IPC_DNS_BOGUS ? (enum reverse_dns)a->status
						 : REVERSE_DNS_TEMPFAIL,
	    .ttl = a->ttl,
	    .records = a->records,
	    .text = a->text};
	spf_answer(t->spf, slot, &answer);
	spf_go(t);
	if (spf_done(t->spf))
		gate_go(t->s);
	return true;
}

/* ---- the dialogue ---- */

static const char who_of[RECORD_WHO_END] = {[RECORD_US] = '>',
    [RECORD_PEER] = '<',
    [RECORD_NOTE] = '*',
    [RECORD_EVENT] = ' '};

/* The newest lines of a record that is being written. */
static size_t
read_lines(const struct session *s, struct test_line v[LINES_MAX])
{
	struct record_head head;
	struct record_reader rd;
	struct record_item it;
	size_t n = 0;
	if (record_open(buf_slice(&s->record.b), &head, &rd) != ERR_OK)
		return 0;
	while (record_next_of(&rd, 1u << RECORD_TAG_DIALOGUE, &it) == ERR_OK) {
		if (it.v[1] == 0 || it.v[1] >= RECORD_WHO_END)
			continue;
		if (n == LINES_MAX)
			memmove(v, v + 1, --n * sizeof(*v));
		v[n++] = (struct test_line){
		    head.time_ms + it.v[0], who_of[it.v[1]], it.s[0]};
	}
	return n;
}

void
test_dialogue(const struct session *s, struct buf *out)
{
	struct test_line v[LINES_MAX];
	size_t n = read_lines(s, v);
	pack_add(out, slice_str(s->id_text));
	for (size_t i = 0; i < n; i++) {
		pack_add(out, slice_of(&v[i].unix_ms, sizeof(v[i].unix_ms)));
		pack_add(out, slice_of(&v[i].who, 1));
		pack_add(out, v[i].text);
	}
}

static size_t
unpack_lines(
    struct slice in, struct slice *out_session, struct test_line v[LINES_MAX])
{
	struct slice ms, who;
	size_t n = 0;
	if (!pack_next(&in, out_session))
		return 0;
	while (n < LINES_MAX && pack_next(&in, &ms) && pack_next(&in, &who) &&
	       pack_next(&in, &v[n].text)) {
		if (ms.n != sizeof(v[n].unix_ms) || who.n != 1)
			return n;
		memcpy(&v[n].unix_ms, ms.p, ms.n);
		v[n++].who = (char)who.p[0];
	}
	return n;
}

/* ---- to the queue ---- */

/* From the null reverse-path, so that nothing ever comes back. */
static bool
commit(struct chan *queue, const struct test_facts *f, id_t64 session)
{
	struct ipc_msg m = {.type = IPC_commit, .fd = -1};
	struct buf body, rcpts;
	int fd = -1;
	buf_init(&body, IPC_BODY_MEMFD_MAX);
	buf_init(&rcpts, 2048);
	pack_add(&rcpts, f->sender);
	pack_add(&rcpts, SLICE_EMPTY); /* the queue asks whose mailbox it is */
	test_report_add(&body, f);
	m.commit.msg = f->id;
	m.commit.session = session;
	m.commit.flags = IPC_MSG_NOTICE;
	m.commit.size = body.n;
	m.commit.client = f->client;
	m.commit.rcpts = buf_slice(&rcpts);
	m.commit.body_kind = IPC_BODY_INLINE;
	bool ok = buf_err(&body) == ERR_OK && buf_err(&rcpts) == ERR_OK;
	if (body.n <= IPC_BODY_INLINE_MAX) {
		m.commit.body = buf_slice(&body);
	} else {
		m.commit.body_kind = IPC_BODY_MEMFD;
		ok = ok && memfd_make(buf_slice(&body), &fd) == ERR_OK;
		m.fd = fd;
	}
	ok = ok && role_send(queue, &m);
	fs_close(&fd);
	buf_free(&body);
	buf_free(&rcpts);
	return ok;
}

static void
fill_mail(struct test_facts *f, const struct smtpd *d, const struct conf *c)
{
	const struct conf_test_mailbox *t = &c->test_mailbox;
	uint64_t now = loop_unix_ms(d->role->loop);
	f->hostname = c->hostname;
	f->mailbox = f->kind == TEST_ORDINARY ? t->address : t->assure_address;
	f->unix_s = now / 1000;
	f->offset_min = clock_utc_offset_min(now);
	f->indonesian = c->language == CONF_LANG_ID;
}

void
test_tell(struct smtpd *d, enum test_kind kind, struct slice sender,
    struct slice dialogue)
{
	struct test_facts f = {
	    .kind = kind, .sender = sender, .id = role_id(d->role)};
	struct test_line lines[LINES_MAX];
	fill_mail(&f, d, d->current->conf);
	f.lines = lines;
	f.line_n = unpack_lines(dialogue, &f.session_id, lines);
	if (!commit(role_peer(d->role, ROLE_QUEUE, 0), &f, 0))
		log_line(LOG_ERROR, "report-lost", "kind=%d", (int)kind);
}

static void
fill_session(struct test_facts *f, struct session *s)
{
	const struct tls_info *tls = s->tls;
	f->client = s->peer.ip;
	f->helo = smtp_server_helo(&s->machine);
	f->esmtp = smtp_server_is_esmtp(&s->machine);
	f->tls_offered = s->opts->tls != SMTP_SRV_TLS_NONE;
	f->tls = tls != NULL;
	if (tls != NULL) {
		f->version = slice_str(tls->version);
		f->cipher = slice_str(tls->cipher);
		f->bits = tls->bits_used;
		f->bits_of = tls->bits_alg;
		f->resumed = tls->resumed;
		f->client_cert = tls->has_cert;
		f->client_name = slice_str(tls->peer_name);
	}
	for (unsigned k = 0; k < REVERSE_KINDS; k++)
		f->look[k] = look_result(s, (enum reverse_kind)k);
	f->pipelined = s->pipelined;
}

static void
fill_message(struct test_facts *f, const struct session *s,
    struct trace_hop hops[TRACE_HOPS_MAX])
{
	const struct smtp_mail *mail = smtp_server_mail(&s->machine);
	const struct header_watch *w = &s->body.header;
	f->header = header_block(buf_slice(&s->body.bytes), false);
	f->octets = s->test->octets;
	f->declared = mail == NULL ? 0 : mail->size;
	f->body_8bit = mail != NULL && mail->body == SMTP_BODY_8BITMIME;
	f->eight_bit = s->test->eight_bit;
	f->has_date = w->date > 0;
	f->has_from = w->from > 0;
	f->has_message_id = w->message_id > 0;
	f->hops = hops;
	f->hop_n = trace_read(f->header, hops, TRACE_HOPS_MAX);
}

bool
test_send(struct session *s, struct chan *queue)
{
	struct test_line lines[LINES_MAX];
	struct trace_hop hops[TRACE_HOPS_MAX];
	struct test_facts f = {
	    .kind = s->test->assure ? TEST_ASSURE_FAILED : TEST_ORDINARY,
	    .sender = buf_slice(&s->sender),
	    .id = s->body.message,
	    .session_id = slice_str(s->id_text),
	    .session = true,
	    .lines = lines};
	fill_mail(&f, s->d, s->gen->conf);
	fill_session(&f, s);
	fill_message(&f, s, hops);
	if (s->test->spf != NULL)
		f.spf = spf_result(s->test->spf);
	f.line_n = read_lines(s, lines);
	if (commit(queue, &f, s->id))
		return true;
	f.line_n = 0; /* all the rest fits */
	return commit(queue, &f, s->id);
}
