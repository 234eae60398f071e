/* fetch.h - the role that asks web servers: the sync of exempt lists.
 *
 * It runs only where some list has a URL, and nothing waits for it. A list goes
 * through job.c: addresses of the host, the file, its signature, the verdict
 * (judge.h), the disk (keep.c). Whatever is wrong, the copy that is in force
 * stays, and NAME.state says why.
 *
 *	job.c      the way of one list; when it is due
 *	keep.c     NAME.list and NAME.state below data-dir/exempt
 *	web.c      single files for kurir check
 *	control.c  commands of kurir(1), and what is told of a result */
#ifndef ROLE_FETCH_FETCH_H
#define ROLE_FETCH_FETCH_H

#include "policy/sync_state.h"
#include "role/fetch/http.h"
#include "role/fetch/judge.h"
#include "role/role.h"

enum job_stage { JOB_IDLE, JOB_ADDRESSES, JOB_LIST, JOB_SIGNATURE };

/* What is on disk of a list; the slices of state borrow from text. */
struct keep {
	struct buf text;
	struct sync_state state;
	bool present; /* there is a copy in force */
	uint64_t octets;
};

struct job {
	struct fetch *f;
	enum conf_exempt_list list;
	uint64_t due_ms; /* since 1970; 0: never */
	/* While it runs, from here on. */
	enum job_stage stage;
	const struct conf *conf;
	const struct conf_exempt *e;
	struct keep keep;
	bool same_url; /* as that of the copy in force */
	bool conditional;
	struct timer patience;
	struct http_url url;
	struct ip addr[HTTP_ADDRS_MAX];
	size_t addr_n;
	uint64_t ask; /* of A; that of AAAA is one more */
	unsigned asked;
	bool unknown; /* DNS failed for one of them */
	struct http_get *get;
	struct buf body, etag, last_modified;
	uint64_t timestamp; /* of the signature */
};

enum fetch_result {
	FETCH_TAKEN,
	FETCH_UNCHANGED,
	FETCH_REFUSED,
	FETCH_UNREACHABLE
};

/* How a job ended; lines borrow from what the job holds. */
struct outcome {
	enum fetch_result result;
	char text[512];
	size_t entries; /* of the copy that is in force now */
	struct difference diff;
};

struct fetch {
	struct role *role;
	int dir; /* data-dir/exempt */
	struct http *http;
	struct job job[CONF_EXEMPT_LISTS];
	uint64_t asks; /* numbers of questions to the resolver */
	struct timer tick;
	struct list controls; /* struct ask of control.c */
	struct list webs;     /* struct web of web.c */
};

/* job.c */
void jobs_init(struct fetch *f);
/* jobs_plan - by the configuration in force; what runs begins anew. */
void jobs_plan(struct fetch *f);
/* job_start - at once, unless it runs already. */
void job_start(struct job *j);
void jobs_dns_answer(struct fetch *f, const struct ipc_dns_answer *a);
void jobs_resolver_lost(struct fetch *f);
/* The section of a list that has a URL; NULL: none. */
const struct conf_exempt *job_section(
    const struct fetch *f, enum conf_exempt_list list);

/* keep.c */
/* keep_load - a state that cannot be read counts as none. */
void keep_load(struct keep *k, int dir, enum conf_exempt_list list);
void keep_free(struct keep *k);
/* keep_list - append the copy in force to out; none: nothing. */
void keep_list(int dir, enum conf_exempt_list list, struct buf *out);
enum err keep_write_list(int dir, enum conf_exempt_list list, struct slice text,
    struct diag *d) KURIR_MUST_CHECK;
enum err keep_write_state(int dir, enum conf_exempt_list list,
    const struct sync_state *s, struct diag *d) KURIR_MUST_CHECK;

/* web.c */
void web_ask(struct fetch *f, struct chan *c, const struct ipc_fetch_ask *a);
void web_dns_answer(struct fetch *f, const struct ipc_dns_answer *a);
void web_resolver_lost(struct fetch *f);
/* web_forget - c is gone, nobody waits for what it asked. */
void web_forget(struct fetch *f, struct chan *c);

/* control.c */
void control_request(struct fetch *f, struct chan *c, bool may_change,
    struct slice verb, struct slice args);
void control_gone(struct fetch *f, struct chan *c);
/* control_tell - the log, and those who wait for that list. */
void control_tell(struct fetch *f, enum conf_exempt_list list,
    const struct conf_exempt *e, const struct outcome *o);

#endif
