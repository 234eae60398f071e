/* A body on its way to a file, with fakes in the place of the session, the
 * filters and the channels: whatever the queue answers, the session goes on or
 * ends once. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "role/smtpd/smtpd.h"

#define MESSAGE 77u

/* One session alone, whose client takes no more replies: the first thing that
 * is said to it ends the session. */
struct world {
	struct smtpd d;
	struct role role;
	struct generation gen;
	struct profile profile;
	struct conf conf;
	struct conf_listen listen;
	struct session *s; /* NULL: ended */
	unsigned refused, judged;
};

static struct world *
world_of(const struct session *s)
{
	return (struct world *)(void *)s->d;
}

/* ---- fakes ---- */

void
session_pump(struct session *s)
{
	struct world *w = world_of(s);
	assert_ptr_equal(w->s, s); /* else it is used after its end */
	if (s->pumping)
		return;
	map_remove_u64(&w->d.by_id, MESSAGE);
	if (s->body.spool_fd >= 0)
		close(s->body.spool_fd);
	buf_free(&s->body.bytes);
	smtp_server_free(&s->machine);
	free(s);
	w->s = NULL;
}

void
session_answer(struct session *s, const struct smtp_verdict *v)
{
	struct world *w = world_of(s);
	s->waiting = WAIT_NOTHING;
	w->refused += v->kind == SMTP_SRV_REFUSE;
	session_pump(s);
}

void
session_refuse(struct session *s, uint16_t code, const char *enhanced,
    const char *cause, const char *text)
{
	struct smtp_verdict v = {.kind = SMTP_SRV_REFUSE};
	(void)code;
	(void)enhanced;
	(void)cause;
	(void)text;
	session_answer(s, &v);
}

struct session *
session_find(struct smtpd *d, id_t64 id)
{
	return map_get_u64(&d->by_id, id);
}

void
gate_commit(struct session *s)
{
	struct smtp_verdict v = {.kind = SMTP_SRV_ALLOW};
	world_of(s)->judged++;
	session_answer(s, &v);
}

bool
filters_begin(struct session *s)
{
	(void)s;
	return true;
}

enum err
filters_run(struct session *s, struct slice bytes, bool whole)
{
	(void)whole;
	body_keep(s, bytes);
	return ERR_OK;
}

void
filters_free(struct session *s)
{
	(void)s;
}

const struct reverse_result *
look_result(const struct session *s, enum reverse_kind kind)
{
	(void)s;
	(void)kind;
	return NULL;
}

struct slice
look_ptr_name(const struct session *s)
{
	(void)s;
	return SLICE_EMPTY;
}

void
test_keep(struct session *s, struct slice bytes)
{
	(void)s;
	(void)bytes;
}

void
test_reset(struct session *s)
{
	(void)s;
}

bool
test_dropped(struct session *s)
{
	(void)s;
	return false;
}

bool
test_send(struct session *s, struct chan *queue)
{
	(void)s;
	(void)queue;
	return false;
}

void
trace_message(struct session *s, bool accepted, struct slice cause)
{
	(void)s;
	(void)accepted;
	(void)cause;
}

struct chan *
role_peer(struct role *r, enum role_kind kind, uint64_t hint)
{
	(void)kind;
	(void)hint;
	return (struct chan *)(void *)r;
}

bool
role_send(struct chan *c, const struct ipc_msg *m)
{
	(void)c;
	(void)m;
	return true;
}

id_t64
role_id(struct role *r)
{
	(void)r;
	return MESSAGE;
}

/* ---- the world ---- */

/* A message over what stays in memory; ending: all of it has come. */
static void
begin(struct world *w, bool ending)
{
	static const uint64_t seed[2] = {3, 4};
	static const struct smtp_server_opts opts = {
	    .hostname = {(const uint8_t *)"mail.contoh.id", 14}};
	memset(w, 0, sizeof(*w));
	w->d.role = &w->role;
	w->gen.conf = &w->conf;
	w->profile.listen = &w->listen;
	map_init(&w->d.by_id, seed);
	struct session *s = calloc(1, sizeof(*s));
	assert_non_null(s);
	w->s = s;
	s->d = &w->d;
	s->gen = &w->gen;
	s->profile = &w->profile;
	smtp_server_open(&s->machine, &opts, SLICE("S"), false, NULL);
	s->body.open = true;
	s->body.ending = ending;
	s->body.message = MESSAGE;
	s->body.spool_fd = -1;
	buf_init(&s->body.bytes, BODY_BYTES_MAX);
	assert_int_equal(map_put_u64(&w->d.by_id, MESSAGE, s), ERR_OK);
	uint8_t *big = calloc(1, IPC_BODY_MEMFD_MAX + 1);
	assert_non_null(big);
	body_keep(s, slice_of(big, IPC_BODY_MEMFD_MAX + 1));
	free(big);
	assert_int_equal(s->waiting, WAIT_SPOOL);
}

static void
finish(struct world *w)
{
	assert_null(w->s);
	map_free(&w->d.by_id);
}

static void
answer(struct world *w, int fd, enum err err)
{
	struct ipc_msg m = {.type = IPC_body_answer, .fd = fd};
	m.body_answer.msg = MESSAGE;
	m.body_answer.err = (uint8_t)err;
	body_answer(&w->d, &m);
	if (m.fd >= 0)
		close(m.fd);
}

/* ---- tests ---- */

static void
test_no_file(void **state)
{
	(void)state;
	for (int ending = 0; ending < 2; ending++) {
		struct world w;
		begin(&w, ending != 0);
		answer(&w, -1, ERR_FULL);
		assert_int_equal(w.refused, ending);
		finish(&w);
	}
}

static void
test_a_file(void **state)
{
	(void)state;
	struct world w;
	begin(&w, true);
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	answer(&w, fd, ERR_OK);
	assert_int_equal(w.judged, 1);
	assert_int_equal(w.refused, 0);
	finish(&w);
}

static void
test_a_file_that_takes_nothing(void **state)
{
	(void)state;
	struct world w;
	begin(&w, true);
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	answer(&w, fd, ERR_OK);
	assert_int_equal(w.refused, 1);
	assert_int_equal(w.judged, 0);
	finish(&w);
}

static void
test_the_queue_is_gone(void **state)
{
	(void)state;
	for (int ending = 0; ending < 2; ending++) {
		struct world w;
		begin(&w, ending != 0);
		body_lost(w.s);
		assert_int_equal(w.refused, ending);
		finish(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_file),
	    cmocka_unit_test(test_a_file),
	    cmocka_unit_test(test_a_file_that_takes_nothing),
	    cmocka_unit_test(test_the_queue_is_gone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
