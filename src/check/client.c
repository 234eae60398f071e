/* client.c - check client: the listener, and when it has seen enough. */
#include "check/client.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "check/client_priv.h"
#include "os/random.h"

#define DAY_S 86400

/* One way to begin TLS, or to fail to. */
#define STARTTLS_WORDS                                                         \
	(CLIENT_NO_STARTTLS | CLIENT_BROKEN_STARTTLS | CLIENT_IMPLICIT)

/* ---- words ---- */

static const struct {
	const char *name;
	unsigned bit;
	unsigned against; /* words that it does not go with */
} words[] = {
    {"tls-1.0", CLIENT_TLS10, CLIENT_VERSIONS},
    {"tls-1.1", CLIENT_TLS11, CLIENT_VERSIONS},
    {"tls-1.2", CLIENT_TLS12, CLIENT_VERSIONS},
    {"tls-1.3", CLIENT_TLS13, CLIENT_VERSIONS | CLIENT_WEAK},
    {"weak-ciphers", CLIENT_WEAK, CLIENT_TLS13},
    {"no-starttls", CLIENT_NO_STARTTLS, STARTTLS_WORDS},
    {"refuse-starttls", CLIENT_REFUSE_STARTTLS, STARTTLS_WORDS},
    {"close-starttls", CLIENT_CLOSE_STARTTLS, STARTTLS_WORDS},
    {"stall-starttls", CLIENT_STALL_STARTTLS, STARTTLS_WORDS},
    {"garbage-starttls", CLIENT_GARBAGE_STARTTLS, STARTTLS_WORDS},
    {"self-signed", CLIENT_SELF_SIGNED, 0},
    {"expired", CLIENT_EXPIRED, 0},
    {"client-cert", CLIENT_CERT, 0},
    {"slow", CLIENT_SLOW, 0},
    {"slow-banner", CLIENT_SLOW_BANNER, 0},
    {"greylist", CLIENT_GREYLIST, 0},
    {"one-recipient", CLIENT_ONE_RECIPIENT, 0},
    {"busy", CLIENT_BUSY, 0},
    {"full", CLIENT_FULL, CLIENT_UNKNOWN_USER},
    {"unknown-user", CLIENT_UNKNOWN_USER, CLIENT_FULL},
    {"no-answer-to-dot", CLIENT_NO_ANSWER, 0},
    {"implicit", CLIENT_IMPLICIT, STARTTLS_WORDS},
};
#define WORDS (sizeof(words) / sizeof(words[0]))

const char *
client_word_name(size_t i, unsigned *out_bit)
{
	if (i >= WORDS)
		return NULL;
	*out_bit = words[i].bit;
	return words[i].name;
}

bool
client_words(struct slice text, unsigned *out, struct slice *out_wrong)
{
	unsigned all = 0;
	while (text.n > 0) {
		size_t n = slice_find(text, ','), i = 0;
		struct slice word = slice_trim(slice_to(text, n));
		while (i < WORDS && !slice_eq(word, slice_str(words[i].name)))
			i++;
		if (i == WORDS || (all & words[i].against & ~words[i].bit)) {
			*out_wrong = word;
			return false;
		}
		all |= words[i].bit;
		text = slice_from(text, n + 1);
	}
	*out = all;
	return true;
}

/* ---- what was seen ---- */

uint64_t
client_now(const struct client_run *run)
{
	return loop_now_ms(run->c->loop) - run->begun_ms;
}

void
client_seen_now(const struct client_run *run, struct client_seen *out)
{
	*out = (struct client_seen){.words = run->o.words,
	    .own_cert = run->o.cert_pem.n > 0,
	    .session = run->facts,
	    .session_n = run->session_n,
	    .try = run->try,
	    .try_n = run->try_n,
	    .message = run->message,
	    .message_n = run->message_n,
	    .now_ms = client_now(run)};
}

/* ---- the end ---- */

static void
run_free(struct client_run *run)
{
	for (size_t i = 0; i < run->session_n; i++)
		client_session_free(run->session[i]);
	tls_server_unref(run->tls);
	free(run);
}

static void
finish(struct client_run *run, const char *why)
{
	if (run->over)
		return;
	run->over = true;
	run->why = why;
	timer_start(&run->end, 0);
}

/* From the loop, when nothing of a session is on the stack. */
static void
on_end(void *arg)
{
	struct client_run *run = arg;
	check_done *done = run->done;
	struct report *r = run->r;
	void *to = run->arg;
	run->over = true;
	if (run->why == NULL)
		run->why = N_("the time is over");
	watch_close(&run->watch);
	timer_stop(&run->end);
	for (size_t i = 0; i < 2; i++)
		sigwatch_close(&run->signals[i]);
	for (size_t i = 0; i < run->session_n; i++)
		client_session_stop(run->session[i]);
	client_tell(run);
	run_free(run);
	done(to, r);
}

void
client_session_over(struct client_run *run, struct client_session *s)
{
	struct client_seen seen;
	run->live--;
	run->carriers +=
	    s->f.messages > 0 || s->f.body.bare_lf + s->f.body.bare_cr > 0;
	client_seen_now(run, &seen);
	if (run->carriers >= run->o.count && !client_open_questions(&seen))
		finish(run, N_("as many messages as were wanted have come"));
}

static void
on_signal(void *arg, int signum)
{
	(void)signum;
	finish(arg, N_("it was stopped by hand"));
}

/* ---- the listener ---- */

static void
on_knock(void *arg, unsigned events)
{
	struct client_run *run = arg;
	struct sock_addr peer;
	int fd;
	(void)events;
	while (
	    !run->over && sock_accept(run->o.listener, &fd, &peer) == ERR_OK) {
		if (run->live >= CLIENT_LIVE_MAX ||
		    run->session_n == CLIENT_SESSIONS_MAX) {
			run->turned_away++;
			close(fd);
			continue;
		}
		(void)client_session_begin(run, fd, &peer);
	}
}

/* ---- what it is like ---- */

static void
choose_opts(struct client_run *run)
{
	unsigned w = run->o.words;
	run->opts = (struct smtp_server_opts){
	    .hostname = slice_str(run->c->helo),
	    .mechanisms = SLICE("PLAIN LOGIN"),
	    .role = SMTP_SRV_MX,
	    .tls = w & CLIENT_IMPLICIT      ? SMTP_SRV_TLS_IMPLICIT
		   : w & CLIENT_NO_STARTTLS ? SMTP_SRV_TLS_NONE
					    : SMTP_SRV_TLS_MAY,
	    .auth = SMTP_SRV_AUTH_OFFER,
	    .ask_helo = true,
	    .limits = smtp_server_limits_default,
	};
	/* What is wrong with a message shall be said, not refused. */
	run->opts.limits.data_line_octets = 0;
}

static void
choose_versions(unsigned w, struct tls_server_conf *conf)
{
	static const struct {
		unsigned word;
		enum tls_version version;
	} t[] = {
	    {CLIENT_TLS10, TLS_V1_0},
	    {CLIENT_TLS11, TLS_V1_1},
	    {CLIENT_TLS12, TLS_V1_2},
	    {CLIENT_TLS13, TLS_V1_3},
	};
	conf->weak = (w & CLIENT_WEAK) != 0;
	if (conf->weak) {
		conf->min_version = TLS_V1_0;
		conf->max_version = TLS_V1_2;
	}
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		if (w & t[i].word)
			conf->min_version = conf->max_version = t[i].version;
	conf->legacy = (w & (CLIENT_TLS10 | CLIENT_TLS11)) != 0;
	conf->want_cert = (w & CLIENT_CERT) != 0;
}

static enum err
choose_tls(struct client_run *run, struct diag *d)
{
	unsigned w = run->o.words;
	struct tls_server_conf conf = {
	    .cert_pem = run->o.cert_pem,
	    .key_pem = run->o.key_pem,
	    .kind = SLICE("check client"),
	};
	struct client_cert own = {0};
	choose_versions(w, &conf);
	if (conf.cert_pem.n == 0) {
		struct slice name = w & CLIENT_SELF_SIGNED
					? SLICE("another-name.invalid")
					: slice_str(run->c->helo);
		bool ended = (w & CLIENT_EXPIRED) != 0;
		if (client_cert_make(name, ended ? -30 * DAY_S : -DAY_S,
			ended ? -DAY_S : 30 * DAY_S, &own) != ERR_OK)
			return diag_set(
			    d, ERR_TLS, NULL, "no certificate could be made");
		conf.cert_pem = buf_slice(&own.cert_pem);
		conf.key_pem = buf_slice(&own.key_pem);
	}
	enum err e = tls_server_new(&conf, &run->tls, d);
	client_cert_free(&own);
	return e;
}

/* ---- the beginning ---- */

static enum err
begin(struct client_run *run, struct diag *d)
{
	static const int signals[] = {SIGINT, SIGTERM};
	choose_opts(run);
	enum err e = choose_tls(run, d);
	if (e == ERR_OK)
		e = watch_open(
		    &run->watch, run->c->loop, run->o.listener, on_knock, run);
	for (size_t i = 0; e == ERR_OK && i < 2; i++)
		e = sigwatch_open(
		    &run->signals[i], run->c->loop, signals[i], on_signal, run);
	if (e == ERR_OK)
		watch_set(&run->watch, WATCH_READ);
	return e;
}

void
check_client(struct check *c, const struct check_client_opts *o,
    check_done *done, void *arg)
{
	struct client_run *run = calloc(1, sizeof(*run));
	struct report *r = report_new(SLICE("check client"));
	struct diag d = {0};
	if (run == NULL || r == NULL)
		abort(); /* as check_dns_ask */
	*run = (struct client_run){
	    .c = c, .o = *o, .r = r, .done = done, .arg = arg};
	run->begun_ms = loop_now_ms(c->loop);
	random_bytes(run->key, sizeof(run->key));
	timer_init(&run->end, c->loop, on_end, run);
	if (begin(run, &d) == ERR_OK) {
		timer_start(&run->end, o->time_ms);
		return;
	}
	report_findingf(r, "check.not-begun", SEVERITY_WARN, NULL, "%s",
	    d.text[0] != '\0' ? d.text : tr("out of memory"));
	report_answer(r, CHECK_UNKNOWN);
	watch_close(&run->watch);
	for (size_t i = 0; i < 2; i++)
		sigwatch_close(&run->signals[i]);
	run_free(run);
	check_later(c, r, done, arg);
}
