/* gate.h - the steps of session_gate.c, which are in several files. */
#ifndef ROLE_SMTPD_GATE_H
#define ROLE_SMTPD_GATE_H

#include "role/smtpd/smtpd.h"

enum gate_step {
	GATE_PASSED,
	GATE_WAITS,  /* gate_go will be called */
	GATE_REFUSED /* the machine has its verdict */
};

/* session_gate.c */
enum gate_step gate_refuse(struct session *s, const struct finding *f);
enum gate_step gate_fail(struct session *s); /* 451: a role is not there */
/* gate_findings - record them all, up to the first that refuses. */
enum gate_step gate_findings(struct session *s, const struct finding *v,
    size_t n, struct slice evidence);

/* gate_claim.c: who the sender claims to be */
enum gate_step gate_may_mail(struct session *s);
enum gate_step gate_trust(struct session *s);
enum gate_step gate_sender(struct session *s);
enum gate_step gate_author(struct session *s);

/* gate_device.c: copiers and printers */
enum gate_step gate_device_mail(struct session *s);
enum gate_step gate_device_rate(struct session *s);
/* gate_device_author - one address of its From:, held to what its envelope
 * may say. */
enum gate_step gate_device_author(struct session *s, struct slice author);

/* test_mailbox.c */
enum gate_step gate_test(struct session *s);

/* gate_wants_author - must From: be read? */
bool gate_wants_author(const struct session *s);
/* device_may_rcpt - false: *v is the refusal. */
bool device_may_rcpt(
    struct session *s, struct slice to, bool ours, struct relay_verdict *v);

#endif
