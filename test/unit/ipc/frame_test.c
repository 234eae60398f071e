/* Every message of the table, there and back; and everything that must not
 * decode. */
#include "base/pack.h"
#include "ipc/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static uint64_t state = 88172645463325252u;

static uint64_t
next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static const uint8_t text[64] = "some bytes \0 with a NUL, then more of them";

static void
fill_u8(uint8_t *v)
{
	*v = (uint8_t)next_random();
}

static void
fill_u16(uint16_t *v)
{
	*v = (uint16_t)next_random();
}

static void
fill_u32(uint32_t *v)
{
	*v = (uint32_t)next_random();
}

static void
fill_u64(uint64_t *v)
{
	*v = next_random();
}

static void
fill_ip(struct ip *v)
{
	*v = (struct ip){.family = 6};
	for (size_t i = 0; i < 16; i++)
		v->b[i] = (uint8_t)next_random();
}

static void
fill_bytes(struct slice *v)
{
	*v = slice_of(text, next_random() % sizeof(text));
}

#define FILL(type, field) fill_##type(&f->field);
#define FILL_CASE(name, from, to, fd)                                          \
	case IPC_##name: {                                                     \
		struct ipc_##name *f = &m->name;                               \
		IPC_FIELDS_##name(FILL) break;                                 \
	}

static void
fill(struct ipc_msg *m, enum ipc_type t)
{
	*m = (struct ipc_msg){.type = t, .fd = -1};
	switch (t) {
		IPC_MESSAGES(FILL_CASE)
	case IPC_NONE:
	case IPC_TYPE_COUNT:
	default:
		fail();
	}
}

static bool
with_fd(enum ipc_type t)
{
#define FD_CASE(name, from, to, fd)                                            \
	if (t == IPC_##name)                                                   \
		return IPC_FD_##fd != IPC_FD_NONE;
	IPC_MESSAGES(FD_CASE)
	return false;
}

static void
test_round_trip(void **unused)
{
	(void)unused;
	for (int t = IPC_NONE + 1; t < IPC_TYPE_COUNT; t++)
		for (int i = 0; i < 50; i++) {
			struct ipc_msg m, back;
			struct buf a, b;
			buf_init(&a, IPC_FRAME_MAX);
			buf_init(&b, IPC_FRAME_MAX);
			fill(&m, (enum ipc_type)t);
			assert_int_equal(ipc_encode(&m, &a), ERR_OK);
			assert_int_equal(
			    ipc_decode(buf_slice(&a), with_fd(m.type), &back),
			    ERR_OK);
			assert_int_equal(back.type, t);
			assert_int_equal(ipc_encode(&back, &b), ERR_OK);
			assert_true(slice_eq(buf_slice(&a), buf_slice(&b)));
			buf_free(&a);
			buf_free(&b);
		}
}

static void
test_cut_short_or_trailing(void **unused)
{
	(void)unused;
	for (int t = IPC_NONE + 1; t < IPC_TYPE_COUNT; t++) {
		struct ipc_msg m, back;
		struct buf b;
		buf_init(&b, IPC_FRAME_MAX);
		fill(&m, (enum ipc_type)t);
		assert_int_equal(ipc_encode(&m, &b), ERR_OK);
		bool fd = with_fd(m.type);
		for (size_t n = 0; n < b.n; n++)
			assert_int_equal(
			    ipc_decode(slice_of(b.p, n), fd, &back),
			    ERR_SYNTAX);
		buf_add_byte(&b, 0);
		assert_int_equal(
		    ipc_decode(buf_slice(&b), fd, &back), ERR_SYNTAX);
		buf_free(&b);
	}
}

static void
test_descriptor_rule(void **unused)
{
	(void)unused;
	struct ipc_msg m, back;
	struct buf b;
	buf_init(&b, IPC_FRAME_MAX);
	fill(&m, IPC_rcpt_ask); /* none may travel */
	assert_int_equal(ipc_encode(&m, &b), ERR_OK);
	assert_int_equal(ipc_decode(buf_slice(&b), true, &back), ERR_SYNTAX);
	assert_int_equal(ipc_decode(buf_slice(&b), false, &back), ERR_OK);
	buf_clear(&b);
	fill(&m, IPC_peer); /* one must */
	assert_int_equal(ipc_encode(&m, &b), ERR_OK);
	assert_int_equal(ipc_decode(buf_slice(&b), false, &back), ERR_SYNTAX);
	assert_int_equal(ipc_decode(buf_slice(&b), true, &back), ERR_OK);
	buf_free(&b);
}

static void
test_unknown_type(void **unused)
{
	(void)unused;
	struct ipc_msg back;
	const uint8_t none[4] = {0, 0, 0, 0};
	const uint8_t over[4] = {IPC_TYPE_COUNT, 0, 0, 0};
	const uint8_t flagged[4] = {IPC_tables_changed, 0, 1, 0};
	assert_int_equal(ipc_decode(slice_of(none, 4), 0, &back), ERR_SYNTAX);
	assert_int_equal(ipc_decode(slice_of(over, 4), 0, &back), ERR_SYNTAX);
	assert_int_equal(
	    ipc_decode(slice_of(flagged, 4), 0, &back), ERR_SYNTAX);
}

static void
test_too_large(void **unused)
{
	(void)unused;
	static uint8_t big[IPC_FRAME_MAX];
	struct ipc_msg m = {.type = IPC_commit, .fd = -1};
	struct buf b;
	buf_init(&b, 4 * IPC_FRAME_MAX);
	m.commit.body = slice_of(big, sizeof(big));
	assert_int_equal(ipc_encode(&m, &b), ERR_LIMIT);
	assert_int_equal(b.n, 0);
	m.commit.body = slice_of(big, IPC_BODY_INLINE_MAX);
	assert_int_equal(ipc_encode(&m, &b), ERR_OK);
	buf_free(&b);
}

static const struct {
	enum ipc_type t;
	enum role_kind from, to;
	bool may;
} permits[] = {
    {IPC_commit, ROLE_SMTPD, ROLE_QUEUE, true},
    {IPC_commit, ROLE_RELAY, ROLE_QUEUE, false},
    {IPC_commit, ROLE_QUEUE, ROLE_SMTPD, false},
    {IPC_job, ROLE_QUEUE, ROLE_RELAY, true},
    {IPC_job, ROLE_SMTPD, ROLE_RELAY, false},
    {IPC_rcpt_ask, ROLE_QUEUE, ROLE_LOOKUP, true},
    {IPC_rcpt_ask, ROLE_RELAY, ROLE_LOOKUP, false},
    {IPC_rcpt_answer, ROLE_LOOKUP, ROLE_QUEUE, true},
    {IPC_rcpt_target, ROLE_LOOKUP, ROLE_QUEUE, true},
    {IPC_rcpt_answer, ROLE_SMTPD, ROLE_QUEUE, false},
    {IPC_config, ROLE_MASTER, ROLE_RESOLVER, true},
    {IPC_config, ROLE_SMTPD, ROLE_RESOLVER, false},
    {IPC_auth_result, ROLE_AUTH, ROLE_SMTPD, true},
    {IPC_auth_result, ROLE_LOOKUP, ROLE_SMTPD, false},
    {IPC_record, ROLE_SMTPD, ROLE_LEDGER, true},
    {IPC_record, ROLE_SMTPD, ROLE_QUEUE, false},
    {IPC_ctl_request, ROLE_CMD, ROLE_QUEUE, true},
    {IPC_ctl_request, ROLE_SMTPD, ROLE_QUEUE, false},
};

static void
test_permits(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(permits) / sizeof(permits[0]); i++)
		assert_int_equal(
		    ipc_permitted(permits[i].t, permits[i].from, permits[i].to),
		    permits[i].may);
	/* Nobody but master may hand out channels and configuration. */
	for (int from = 0; from < ROLE_COUNT; from++)
		for (int to = 0; to < ROLE_COUNT; to++)
			if (from != ROLE_MASTER) {
				assert_false(ipc_permitted(IPC_peer, from, to));
				assert_false(ipc_permitted(IPC_go, from, to));
			}
	assert_false(ipc_permitted(IPC_NONE, ROLE_MASTER, ROLE_SMTPD));
	assert_false(ipc_permitted(IPC_TYPE_COUNT, ROLE_MASTER, ROLE_SMTPD));
}

static void
test_pack(void **unused)
{
	(void)unused;
	struct buf b;
	struct slice in, item;
	buf_init(&b, 1000);
	pack_add(&b, SLICE("one"));
	pack_add(&b, SLICE_EMPTY);
	pack_add(&b, SLICE("three"));
	in = buf_slice(&b);
	assert_int_equal(pack_count(in), 3);
	assert_true(pack_next(&in, &item) && slice_eq(item, SLICE("one")));
	assert_true(pack_next(&in, &item) && item.n == 0);
	assert_true(pack_next(&in, &item) && slice_eq(item, SLICE("three")));
	assert_false(pack_next(&in, &item));
	assert_int_equal(in.n, 0);
	for (size_t cut = 1; cut < 9; cut++)
		if (cut != 9 && b.n - cut != 7 && b.n - cut != 11)
			assert_int_equal(
			    pack_count(slice_of(b.p, b.n - cut)), -1);
	const uint8_t huge[5] = {0xff, 0xff, 0xff, 0xff, 'x'};
	assert_int_equal(pack_count(slice_of(huge, sizeof(huge))), -1);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_cut_short_or_trailing),
	    cmocka_unit_test(test_descriptor_rule),
	    cmocka_unit_test(test_unknown_type),
	    cmocka_unit_test(test_too_large),
	    cmocka_unit_test(test_permits),
	    cmocka_unit_test(test_pack),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
