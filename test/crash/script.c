#include "script.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOW 1800000000000ull

/* ---- what each message is ---- */

static id_t64
id_of(unsigned k)
{
	return id_floor(NOW) + 64 + k;
}

static id_t64
bounce_of(unsigned k, unsigned n)
{
	return id_floor(NOW + 1000) + 64 + k * 2 + n;
}

static size_t
size_of(unsigned k)
{
	static const size_t sizes[] = {10, 2048, 700, 30000, 0, 5000, 9000};
	/* Those in files come to every way of leaving the queue. */
	return k % 24 == 12 || k % 24 == 22 || k % 24 == 23 ? 300000
	       : k % 16 == 9                                ? 120000
							    : sizes[k % 7];
}

static bool
in_spool(unsigned k)
{
	return size_of(k) > STORE_INLINE_MAX;
}

static void
fill(unsigned k, uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(k * 131 + i * 7 + i / 253);
}

static const char *const domains[] = {
    "a.example", "b.example", "c.example", "d.example"};

static void
recipients_of(unsigned k, struct store_recipient v[SCRIPT_RCPTS])
{
	for (unsigned n = 0; n < SCRIPT_RCPTS; n++)
		v[n] = (struct store_recipient){.n = n,
		    .address = n == 0 ? SLICE("satu@contoh.id")
				      : SLICE("dua@mitra.example"),
		    .domain = slice_str(domains[(k + n) % 4])};
}

/* ---- the child ---- */

struct child {
	struct store *s;
	int tell;
	uint8_t *bodies;
	struct store_put puts[4];
	struct store_recipient rcpts[4][SCRIPT_RCPTS];
	struct store_seal seals[4];
	unsigned next;
};

static void
tell(struct child *c, const char *word, unsigned k, unsigned n)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "%s %u %u\n", word, k, n);
	if (write(c->tell, line, (size_t)len) != len)
		_exit(9);
}

static enum err
apply(struct child *c, struct store_batch *b)
{
	struct diag d = {0};
	return store_apply(c->s, b, &d);
}

static bool
spool(struct child *c, unsigned k, const uint8_t *p, struct store_seal *out)
{
	struct diag d;
	int fd;
	bool ok = true;
	if (store_spool_create(c->s, id_of(k), &fd, &d) != ERR_OK)
		return false;
	for (size_t at = 0; ok && at < size_of(k);) {
		ssize_t n = write(fd, p + at, size_of(k) - at);
		ok = n > 0;
		at += ok ? (size_t)n : 0;
	}
	(void)close(fd);
	if (ok && store_spool_seal(c->s, id_of(k), 1 << 20, out, &d) == ERR_OK)
		return true;
	store_spool_drop(c->s, id_of(k));
	return false;
}

/* Four new messages in one batch, of which each is answered for itself. */
static void
put_some(struct child *c)
{
	struct store_put *v[4];
	unsigned ks[4];
	size_t n = 0;
	for (unsigned i = 0; i < 4 && c->next < SCRIPT_MESSAGES; i++) {
		unsigned k = c->next++;
		uint8_t *p = c->bodies + i * 300000;
		fill(k, p, size_of(k));
		recipients_of(k, c->rcpts[n]);
		c->puts[n] = (struct store_put){
		    .envelope = {.id = id_of(k),
			.arrived_ms = NOW + k,
			.sender = SLICE("pengirim@contoh.id")},
		    .recipients = c->rcpts[n],
		    .n_recipients = SCRIPT_RCPTS,
		    .due_ms = NOW + k,
		    .leased = k % 3 == 0};
		if (!in_spool(k))
			c->puts[n].body = slice_of(p, size_of(k));
		else if (spool(c, k, p, &c->seals[n]))
			c->puts[n].spool = &c->seals[n];
		else
			continue;
		tell(c, "putting", k, 0);
		ks[n] = k;
		v[n] = &c->puts[n];
		n++;
	}
	struct store_batch b = {.puts = v, .n_puts = n};
	enum err e = apply(c, &b);
	for (size_t i = 0; i < n; i++) {
		bool ok = e == ERR_OK && c->puts[i].err == ERR_OK;
		tell(c, ok ? "put" : "refused", ks[i], 0);
		if (!ok && in_spool(ks[i]))
			store_spool_drop(c->s, id_of(ks[i]));
	}
}

static void
result(struct child *c, unsigned k, unsigned n, enum store_outcome what)
{
	struct store_result r = {.id = id_of(k),
	    .n = n,
	    .outcome = what,
	    .due_ms = NOW + 5000,
	    .cause = SLICE("net.refused"),
	    .reply = SLICE("451 4.3.0 try later")};
	struct store_result *rp = &r;
	struct store_batch b = {.results = &rp, .n_results = 1};
	struct store_recipient to = {.address = SLICE("pengirim@contoh.id"),
	    .domain = SLICE("contoh.id")};
	struct store_put bounce = {
	    .envelope = {.id = bounce_of(k, n), .arrived_ms = NOW + 1000},
	    .recipients = &to,
	    .n_recipients = 1,
	    .body = SLICE("maaf\r\n"),
	    .due_ms = NOW * 2,
	    .internal = true};
	struct store_put *pp = &bounce;
	if (what == STORE_FAILED) {
		b.puts = &pp;
		b.n_puts = 1;
		tell(c, "bouncing", k, n);
	} else if (what == STORE_DELIVERED) {
		tell(c, "delivering", k, n);
	}
	bool ok = apply(c, &b) == ERR_OK;
	if (ok && what != STORE_DEFERRED)
		tell(c, "gone", k, n);
	else if (!ok)
		tell(c, "refused", k, n);
}

static void
control(struct child *c, unsigned k, enum store_verb verb, const char *before,
    const char *after)
{
	struct store_control x = {.verb = verb, .id = id_of(k), .now_ms = NOW};
	struct store_control *xp = &x;
	struct store_batch b = {.controls = &xp, .n_controls = 1};
	tell(c, before, k, 0);
	if (apply(c, &b) == ERR_OK && x.err == ERR_OK)
		tell(c, after, k, 0);
	else
		tell(c, "refused", k, 0);
}

static void
claim_some(struct child *c)
{
	struct arena a;
	struct store_claim claim = {
	    .now_ms = NOW + 400, .limit = 5, .per_domain = 2, .arena = &a};
	struct store_batch b = {.claim = &claim};
	arena_init(&a, 1 << 20);
	if (apply(c, &b) != ERR_OK)
		tell(c, "refused", 0, 0);
	arena_reset(&a);
}

static void
work_on(struct child *c, unsigned k)
{
	switch (k % 6) {
	case 0:
		result(c, k, 0, STORE_DELIVERED);
		result(c, k, 1, STORE_DELIVERED);
		break;
	case 1:
		result(c, k, 0, STORE_DEFERRED);
		result(c, k, 1, STORE_FAILED);
		break;
	case 2:
		control(c, k, STORE_HOLD, "holding", "held");
		break;
	case 3:
		control(c, k, STORE_HOLD, "holding", "held");
		control(c, k, STORE_RELEASE, "releasing", "released");
		result(c, k, 1, STORE_DELIVERED);
		break;
	case 4:
		control(c, k, STORE_DELETE, "deleting", "deleted");
		break;
	default:
		result(c, k, 0, STORE_DELIVERED);
	}
}

int
script_run(const char *dir, int tell_fd)
{
	struct child c = {.tell = tell_fd};
	const struct store_options o = {.owner = 7};
	struct diag d = {0};
	c.bodies = malloc(4 * 300000);
	if (c.bodies == NULL || store_open(dir, &o, &c.s, &d) != ERR_OK) {
		free(c.bodies);
		return 3;
	}
	while (c.next < SCRIPT_MESSAGES) {
		unsigned first = c.next;
		put_some(&c);
		claim_some(&c);
		if (first >= 8)
			for (unsigned k = first - 8; k < first - 4; k++)
				work_on(&c, k);
		usleep(1000); /* the checkpointer has its turns too */
	}
	store_close(c.s);
	tell(&c, "end", 0, 0);
	free(c.bodies);
	return 0;
}

/* ---- the parent ---- */

void
script_hear(struct facts *f, const char *line)
{
	char word[16];
	unsigned k, n;
	if (sscanf(line, "%15s %u %u", word, &k, &n) != 3 ||
	    k >= SCRIPT_MESSAGES || n >= SCRIPT_RCPTS)
		return;
	struct fact *r = f->rcpt[k];
	if (strcmp(word, "putting") == 0)
		f->tried[k] = true;
	else if (strcmp(word, "put") == 0)
		f->put[k] = true;
	else if (strcmp(word, "delivering") == 0)
		r[n].tried = true;
	else if (strcmp(word, "bouncing") == 0)
		r[n].tried = r[n].bounced = true;
	else if (strcmp(word, "gone") == 0)
		r[n].gone = true;
	else if (strcmp(word, "deleting") == 0)
		f->deleted[k] = true;
	else if (strcmp(word, "deleted") == 0)
		f->deleted_ok[k] = true;
	else if (strcmp(word, "end") == 0)
		f->ended = true;
	else if (strcmp(word, "refused") == 0)
		f->refused++;
	for (unsigned i = 0; i < SCRIPT_RCPTS; i++) {
		if (strcmp(word, "holding") == 0 ||
		    strcmp(word, "releasing") == 0)
			r[i].maybe = true;
		else if (strcmp(word, "held") == 0)
			r[i].held = !(r[i].maybe = false);
		else if (strcmp(word, "released") == 0)
			r[i].held = r[i].maybe = false;
	}
}

struct checking {
	const struct facts *f;
	struct store_reader *r;
	struct arena a;
	char *why;
	size_t why_max;
	unsigned kept, extra;
};

static bool
wrong(struct checking *c, unsigned k, const char *what)
{
	(void)snprintf(c->why, c->why_max, "message %u: %s", k, what);
	return false;
}

static struct store_item *
find(struct checking *c, id_t64 id)
{
	struct store_filter f = {.id = id, .limit = 1, .now_ms = NOW};
	struct store_item *v = NULL;
	struct diag d;
	size_t n = 0;
	if (store_list(c->r, &f, &c->a, &v, &n, &d) != ERR_OK)
		return NULL;
	return n == 1 ? v : NULL;
}

static bool
right_body(struct checking *c, unsigned k)
{
	struct store_body body;
	struct diag d;
	uint8_t *want = arena_alloc(&c->a, 300001);
	uint8_t *got = arena_alloc(&c->a, 300001);
	fill(k, want, size_of(k));
	if (store_body(c->r, id_of(k), &c->a, &body, &d) != ERR_OK)
		return false;
	if (body.size != size_of(k))
		return false;
	if (body.fd < 0)
		return size_of(k) == 0 ||
		       memcmp(body.bytes.p, want, size_of(k)) == 0;
	ssize_t n = read(body.fd, got, 300001);
	(void)close(body.fd);
	return n == (ssize_t)size_of(k) && memcmp(got, want, size_of(k)) == 0;
}

static const struct store_item_recipient *
rcpt_in(const struct store_item *m, unsigned n)
{
	for (size_t i = 0; m != NULL && i < m->n_recipients; i++)
		if (m->recipients[i].recipient.n == n)
			return &m->recipients[i];
	return NULL;
}

/* One recipient: there unless it was sent away, gone once that was
 * acknowledged; its bounce there exactly when it is gone. */
static bool
check_rcpt(
    struct checking *c, unsigned k, unsigned n, const struct store_item *m)
{
	const struct fact *f = &c->f->rcpt[k][n];
	const struct store_item_recipient *r = rcpt_in(m, n);
	if (r != NULL && f->gone)
		return wrong(c, k, "an acknowledged result is lost");
	if (r == NULL && c->f->put[k] && !f->tried && !c->f->deleted[k])
		return wrong(c, k, "a recipient is lost");
	if (r != NULL && r->active)
		return wrong(c, k, "a lease outlived its owner");
	if (r != NULL && c->f->put[k] && !f->maybe &&
	    (r->state == STORE_HELD) != f->held)
		return wrong(c, k, "held is not what was acknowledged");
	bool bounce = find(c, bounce_of(k, n)) != NULL;
	if (f->bounced && c->f->put[k] && bounce != (r == NULL))
		return wrong(c, k, "recipient and bounce do not agree");
	if (!f->bounced && bounce)
		return wrong(c, k, "a bounce that nobody asked for");
	return true;
}

static bool
check_message(struct checking *c, unsigned k)
{
	const struct facts *f = c->f;
	arena_reset(&c->a);
	struct store_item *m = find(c, id_of(k));
	bool all_tried = true;
	for (unsigned n = 0; n < SCRIPT_RCPTS; n++)
		all_tried &= f->rcpt[k][n].tried;
	if (m == NULL && f->put[k] && !all_tried && !f->deleted[k])
		return wrong(c, k, "an acknowledged message is lost");
	if (m != NULL && !f->tried[k])
		return wrong(c, k, "a message that nobody put");
	if (m != NULL && f->deleted_ok[k])
		return wrong(c, k, "a deleted message is back");
	if (m != NULL && !right_body(c, k))
		return wrong(c, k, "the body is not what was put");
	if (m != NULL && m->n_recipients == 0)
		return wrong(c, k, "a message without recipients");
	for (unsigned n = 0; n < SCRIPT_RCPTS; n++)
		if (!check_rcpt(c, k, n, m))
			return false;
	c->kept += m != NULL && f->put[k];
	c->extra += m != NULL && !f->put[k];
	return true;
}

static int
first_text(void *arg, int n, char **v, char **names)
{
	(void)n;
	(void)names;
	(void)snprintf(arg, 64, "%s", v[0] != NULL ? v[0] : "");
	return 1;
}

static bool
check_file(struct checking *c, const char *dir)
{
	char path[300], answer[64] = "";
	sqlite3 *db;
	(void)snprintf(path, sizeof(path), "%s/queue.db", dir);
	if (sqlite3_open(path, &db) == SQLITE_OK)
		(void)sqlite3_exec(
		    db, "PRAGMA integrity_check", first_text, answer, NULL);
	(void)sqlite3_close(db);
	return strcmp(answer, "ok") == 0 ||
	       wrong(c, 0, answer[0] ? answer : "integrity_check fails");
}

/* Files in spool/ are exactly those of messages that are there. */
static bool
check_spool(struct checking *c, const char *dir)
{
	char path[300];
	id_t64 id;
	struct dirent *e;
	bool ok = true;
	(void)snprintf(path, sizeof(path), "%s/spool", dir);
	DIR *d = opendir(path);
	while (d != NULL && ok && (e = readdir(d)) != NULL) {
		arena_reset(&c->a);
		if (e->d_name[0] != '.' &&
		    (id_parse(slice_str(e->d_name), &id) != ERR_OK ||
			find(c, id) == NULL))
			ok = wrong(c, 0, "a spool file without a row");
	}
	if (d != NULL)
		(void)closedir(d);
	return ok;
}

bool
script_check(const char *dir, const struct facts *f, unsigned *out_kept,
    unsigned *out_extra, char *why, size_t why_max)
{
	struct checking c = {.f = f, .why = why, .why_max = why_max};
	const struct store_options o = {.owner = 8};
	struct store *s = NULL;
	struct diag d = {0};
	enum err e = store_open(dir, &o, &s, &d);
	if (e == ERR_OK)
		e = store_reader_open(dir, &c.r, &d);
	if (e != ERR_OK) {
		(void)snprintf(why, why_max, "cannot open again: %s", d.text);
		store_close(s);
		return false;
	}
	arena_init(&c.a, 16 << 20);
	bool ok = check_file(&c, dir);
	for (unsigned k = 0; ok && k < SCRIPT_MESSAGES; k++)
		ok = check_message(&c, k);
	ok = ok && check_spool(&c, dir);
	arena_reset(&c.a);
	store_reader_close(c.r);
	store_close(s);
	*out_kept = c.kept;
	*out_extra = c.extra;
	return ok;
}
