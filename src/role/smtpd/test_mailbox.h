/* test_mailbox.h - what the files of the test mailbox share. */
#ifndef ROLE_SMTPD_TEST_MAILBOX_H
#define ROLE_SMTPD_TEST_MAILBOX_H

#include "policy/spf.h"
#include "policy/test_asker.h"
#include "policy/test_report.h"
#include "role/smtpd/gate.h"

/* A mail to the test mailbox on its way. */
struct test_box {
	struct session *s;
	bool assure;         /* to the address that offers no STARTTLS */
	bool asked, told;    /* lookup: may it be answered? */
	bool unproven;       /* nothing ties its sender to the client */
	uint8_t say;         /* enum ipc_test_say, if told */
	const char *dropped; /* why there is no answer; NULL: there is */
	bool eight_bit;
	size_t kept;     /* octets of it in body.bytes */
	uint64_t octets; /* of it */
	struct spf *spf;
	struct timer spf_timer;
	uint64_t spf_asks[SPF_QUESTIONS_MAX]; /* 0: nothing outstanding */
};

/* Whom no STARTTLS is offered. */
struct test_assured {
	struct list node;
	struct ip client;
	struct buf sender;
	unsigned strangers;      /* sessions of others that it put off */
	uint64_t quiet_until_ms; /* 0: waited for; else over, kept so that
				    no other test begins there */
};

/* test_spf_begin - ask; test_spf_waits - not yet known; test_spf_free. */
void test_spf_begin(struct test_box *t);
bool test_spf_waits(const struct test_box *t);
void test_spf_free(struct test_box *t);

/* test_tell - a report without a session; dialogue as test_dialogue made it. */
void test_tell(struct smtpd *d, enum test_kind kind, struct slice sender,
    struct slice dialogue);
/* test_dialogue - of s so far, packed, the newest lines where there are too
 * many. */
void test_dialogue(const struct session *s, struct buf *out);

#endif
