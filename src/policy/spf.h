/* spf.h - Sender Policy Framework (RFC 7208) as a machine that asks for DNS
 * records and is fed answers.
 *
 *	s = spf_new(ip, helo, mail_from, hostname, now_s);
 *	while (spf_next(s, &slot, &q))
 *		ask; spf_answer(s, slot, &a);     (several may be outstanding)
 *	until spf_done(s): spf_result(s)
 *
 * Complete: all mechanisms, modifiers and macros, the limits of 4.6.4 (10
 * terms with lookups, 2 void lookups, 10 names of an MX or PTR), exp=. Unlike
 * most, it can tell the way it went: which record, which mechanism, why.
 * Pure; memory bounded by SPF_MEMORY. */
#ifndef POLICY_SPF_H
#define POLICY_SPF_H

#include "base/buf.h"
#include "base/ip.h"
#include "policy/reverse.h" /* struct reverse_question, reverse_answer */

#define SPF_MEMORY        (256u << 10)
#define SPF_LOOKUPS_MAX   10
#define SPF_VOID_MAX      2
#define SPF_QUESTIONS_MAX 16 /* outstanding at once */

enum spf_word {
	SPF_NONE,
	SPF_NEUTRAL,
	SPF_PASS,
	SPF_FAIL,
	SPF_SOFTFAIL,
	SPF_TEMPERROR,
	SPF_PERMERROR
};
const char *spf_word_name(enum spf_word w); /* "softfail"; static */

/* Slices live as long as the machine. Foreign octets are not escaped. */
struct spf_result {
	enum spf_word word;
	struct slice domain;      /* whose record decided */
	struct slice record;      /* its text */
	struct slice mechanism;   /* "ip4:192.0.2.0/24", "-all"; empty: none */
	struct slice explanation; /* of fail, by exp=; or empty */
	struct slice problem;     /* of permerror and temperror, in words */
	/* The way, a line each: "contoh.id: v=spf1 mx -all",
	 * "  mx -> mail.contoh.id 192.0.2.1: no", ... */
	struct slice path;
	unsigned lookups, voids; /* used */
};

struct spf;

/* spf_new - mail_from: "local@domain"; empty: the null reverse-path, then
 * postmaster@helo is judged (2.4). hostname: ours, for %{r}. now_s for %{t}.
 * NULL: no memory. */
struct spf *spf_new(const struct ip *ip, struct slice helo,
    struct slice mail_from, struct slice hostname, uint64_t now_s);
void spf_free(struct spf *s); /* NULL is nothing */

/* spf_words - an English text in the language of whoever reads the way, the
 * problem and the advice; what stands in records stays as it is. The texts are
 * those marked N_() in spf*.c. */
typedef const char *spf_words(const char *english);

/* spf_new_in, spf_record_check_in - the same in another language; NULL:
 * English. */
struct spf *spf_new_in(const struct ip *ip, struct slice helo,
    struct slice mail_from, struct slice hostname, uint64_t now_s,
    spf_words *words);

/* As in reverse.h. */
bool spf_next(struct spf *s, unsigned *out_slot, struct reverse_question *out);
void spf_answer(struct spf *s, unsigned slot, const struct reverse_answer *a);
/* spf_timeout - patience is at its end: temperror (4.6.4: 20 s at least). */
void spf_timeout(struct spf *s);
bool spf_done(const struct spf *s);
const struct spf_result *spf_result(const struct spf *s);

/* spf_record_check - a record as text, without asking for anything: everything
 * that is wrong or unwise with it, a line each ("+all lets everybody pass",
 * "more than 10 lookups", "ptr is discouraged"). Empty: nothing. */
void spf_record_check(struct slice record, struct buf *out);
void spf_record_check_in(
    struct slice record, spf_words *words, struct buf *out);
/* spf_is_record - begins with "v=spf1" and a space or the end. */
bool spf_is_record(struct slice txt);

/* spf_add_received - "Received-SPF: pass (...) client-ip=...;" (9.1), with CR
 * LF, foreign octets escaped. */
void spf_add_received(struct buf *b, const struct spf_result *r,
    const struct ip *ip, struct slice helo, struct slice mail_from,
    struct slice hostname);

#endif
