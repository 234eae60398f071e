/* help.h - a queue in a directory of its own, for the tests of the store. */
#ifndef TEST_STORE_HELP_H
#define TEST_STORE_HELP_H

#include "store/store.h"

#define NOW 1800000000000ull

struct bench {
	char dir[64];
	struct store *s;
	struct store_reader *r;
	struct arena a;
	struct diag d;
};

/* For cmocka's setup and teardown: *state is a struct bench, opened. */
int bench_begin(void **state);
int bench_end(void **state);

void bench_open(struct bench *b);
void bench_close(struct bench *b);
/* bench_sql - run on the database from outside, as damage would come. */
void bench_sql(struct bench *b, const char *sql);
/* bench_ask - one number from the database. */
long bench_ask(struct bench *b, const char *sql);

/* A put of one recipient at domain, with a body of size octets that depend
 * on the id. Everything in the arena of b. */
struct store_put *bench_put(
    struct bench *b, id_t64 id, const char *domain, size_t size);
struct slice bench_body(struct bench *b, id_t64 id, size_t size);

/* bench_apply - one put, result, control or claim as a batch of its own. */
enum err apply_put(struct bench *b, struct store_put *p);
enum err apply_result(struct bench *b, struct store_result *r);
enum err apply_control(struct bench *b, struct store_control *c);
enum err apply_claim(struct bench *b, struct store_claim *c);

/* bench_claim - up to limit of what is due at now_ms, per_domain of each. */
struct store_claim bench_claim(
    struct bench *b, uint64_t now_ms, size_t limit, size_t per_domain);

#endif
