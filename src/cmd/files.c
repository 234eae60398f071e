#include "cmd/files.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/report.h"
#include "os/fs.h"
#include "os/process.h"
#include "policy/alias.h"
#include "policy/exempt.h"

#define FILE_MAX      (4u << 20)
#define WARN_DAYS     14
#define ALIASES_ARENA (64u << 20)

struct files {
	const struct conf *conf;
	const char *path; /* of the main file */
	struct conf_report *report;
	bool serving; /* of what is legal only that which already harms */
};

static const char *
text_of(struct slice s)
{
	return (const char *)s.p;
}

static struct conf_pos
place(const struct files *f, const void *field)
{
	struct conf_pos pos = {.file = f->path, .line = 1, .column = 1};
	(void)conf_where(f->conf, field, &pos);
	return pos;
}

static const char *
mend(enum err e)
{
	switch ((int)e) {
	case ERR_NOT_FOUND:
		return "; put the file there or correct the path";
	case ERR_DENIED:
		return "; let the user who starts the server read it";
	case ERR_LIMIT:
		return "; it is too large";
	default:
		return "";
	}
}

static bool
read_file(const struct files *f, const struct slice *path, struct buf *out)
{
	struct diag d;

	diag_clear(&d);
	buf_init(out, FILE_MAX);
	enum err e = fs_read_file(FS_CWD, text_of(*path), FILE_MAX, out, &d);
	if (e == ERR_OK)
		return true;
	report_error(f->report, place(f, path), "%s%s", d.text, mend(e));
	buf_free(out);
	return false;
}

/* ---- certificates ---- */

static X509 *
parse_certificate(struct slice pem)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *x = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	return x;
}

/* No question on a terminal for a pass phrase: a server has none to type. */
static int
no_passphrase(char *out, int max, int writing, void *arg)
{
	(void)out;
	(void)max;
	(void)writing;
	(void)arg;
	return -1;
}

static EVP_PKEY *
parse_key(struct slice pem)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *k = bio == NULL ? NULL
				  : PEM_read_bio_PrivateKey(
					bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	return k;
}

static void
check_dates(
    const struct files *f, const struct conf_certificate *c, const X509 *x)
{
	time_t soon = time(NULL) + WARN_DAYS * 86400;
	struct conf_pos pos = place(f, &c->certificate);

	if (X509_cmp_current_time(X509_get0_notAfter(x)) < 0)
		report_warn(f->report, pos, "the certificate %s has expired",
		    text_of(c->certificate));
	else if (!f->serving && X509_cmp_time(X509_get0_notAfter(x), &soon) < 0)
		report_warn(f->report, pos,
		    "the certificate %s expires within %d days",
		    text_of(c->certificate), WARN_DAYS);
	if (X509_cmp_current_time(X509_get0_notBefore(x)) > 0)
		report_warn(f->report, pos,
		    "the certificate %s is not valid yet",
		    text_of(c->certificate));
}

static void
check_name(const struct files *f, const struct conf_certificate *c, X509 *x,
    struct slice host)
{
	if (!f->serving &&
	    X509_check_host(x, text_of(host), host.n, 0, NULL) != 1)
		report_warn(f->report, place(f, &c->certificate),
		    "the certificate %s does not name %s",
		    text_of(c->certificate), text_of(host));
}

/* The two files belong together and the certificate is for host. */
static void
check_certificate(
    const struct files *f, const struct conf_certificate *c, struct slice host)
{
	struct buf cert, key;

	if (c->certificate.n == 0 || c->key.n == 0)
		return;
	if (!read_file(f, &c->certificate, &cert))
		return;
	X509 *x = parse_certificate(buf_slice(&cert));
	buf_free(&cert);
	if (x == NULL) {
		report_error(f->report, place(f, &c->certificate),
		    "%s holds no certificate in PEM form",
		    text_of(c->certificate));
	} else {
		check_dates(f, c, x);
		check_name(f, c, x, host);
	}
	if (read_file(f, &c->key, &key)) {
		EVP_PKEY *k = parse_key(buf_slice(&key));
		explicit_bzero(key.p, key.n);
		buf_free(&key);
		if (k == NULL)
			report_error(f->report, place(f, &c->key),
			    "%s holds no private key in PEM form without a "
			    "pass phrase",
			    text_of(c->key));
		else if (x != NULL && X509_check_private_key(x, k) != 1)
			report_error(f->report, place(f, &c->key),
			    "the key %s is not that of the certificate %s",
			    text_of(c->key), text_of(c->certificate));
		EVP_PKEY_free(k);
	}
	X509_free(x);
	ERR_clear_error();
}

static void
check_certificates(const struct files *f)
{
	const struct conf *c = f->conf;
	struct conf_pos unused;

	check_certificate(f, &c->tls, c->hostname);
	for (size_t i = 0; i < c->listen_n; i++)
		if (conf_where(c, &c->listen[i].cert.certificate, &unused))
			check_certificate(f, &c->listen[i].cert, c->hostname);
	for (size_t i = 0; i < c->sni_n; i++)
		check_certificate(f, &c->sni[i].cert, c->sni[i].name);
}

/* ---- users ---- */

static void
check_user(const struct files *f, const struct slice *user)
{
	if (getpwnam(text_of(*user)) == NULL)
		report_error(f->report, place(f, user),
		    "there is no user \"%s\"; create it with: useradd "
		    "--system --home-dir /nonexistent --shell "
		    "/usr/sbin/nologin %s",
		    text_of(*user), text_of(*user));
}

/* Only root changes to another user. */
static void
check_users(const struct files *f)
{
	struct conf_pos unused;

	if (geteuid() != 0)
		return;
	check_user(f, &f->conf->user);
	for (size_t i = 0; i < f->conf->domain_n; i++)
		if (conf_where(f->conf, &f->conf->domain[i].user, &unused))
			check_user(f, &f->conf->domain[i].user);
}

/* ---- aliases ---- */

static void
alias_error(void *arg, size_t line, const char *text)
{
	const struct files *f = arg;
	struct conf_pos pos = {.file = text_of(f->conf->aliases),
	    .line = (uint32_t)line,
	    .column = 1};
	report_error(f->report, pos, "%s", text);
}

static void
check_targets(const struct files *f, const struct alias_entry *e)
{
	for (size_t i = 0; i < e->target_n; i++) {
		struct slice name = e->targets[i].name;
		size_t at = slice_rfind(name, '@');
		struct conf_pos pos = {.file = text_of(f->conf->aliases),
		    .line = (uint32_t)e->targets[i].line,
		    .column = 1};
		if (at != name.n &&
		    conf_domain_find(f->conf, slice_from(name, at + 1)) == NULL)
			report_warn(f->report, pos,
			    "\"%.*s\" sends mail for \"%.*s\" on to another "
			    "server",
			    SLICE_ARG(e->name), SLICE_ARG(name));
	}
}

/* The role that reads them is not root: what it will be able to read. */
static void
check_lookup_reads(const struct files *f, const struct slice *path)
{
	const char *user = "kurir-lookup";
	struct process_ids ids;
	struct stat st;

	if (!process_user_exists(user))
		user = text_of(f->conf->user);
	if (geteuid() != 0 || stat(text_of(*path), &st) != 0 ||
	    process_lookup(user, &ids, NULL) != ERR_OK)
		return;
	mode_t may = st.st_uid == ids.uid   ? S_IRUSR
		     : st.st_gid == ids.gid ? S_IRGRP
					    : S_IROTH;
	if ((st.st_mode & may) == 0)
		report_error(f->report, place(f, path),
		    "%s may not read %s; mend it with: chmod a+r %s", user,
		    text_of(*path), text_of(*path));
}

static void
check_aliases(const struct files *f)
{
	struct buf text;
	struct arena a;
	struct alias_table t;
	struct files mine = *f;

	if (f->conf->aliases.n == 0 || !read_file(f, &f->conf->aliases, &text))
		return;
	check_lookup_reads(f, &f->conf->aliases);
	arena_init(&a, ALIASES_ARENA);
	enum err e = alias_parse(buf_slice(&text), &a, alias_error, &mine, &t);
	if (e == ERR_OK)
		for (size_t i = 0; i < t.n && !f->serving; i++)
			check_targets(f, &t.entries[i]);
	else if (e != ERR_SYNTAX)
		report_error(f->report, place(f, &f->conf->aliases),
		    "the alias file is too large");
	arena_reset(&a);
	buf_free(&text);
}

/* ---- exempt lists ---- */

/* What is wrong with a list costs an exemption, never the start. */
static void
check_list(const struct files *f, const struct conf_exempt *list)
{
	struct exempt_survey survey = {0};
	struct buf text;
	struct diag d;
	struct conf_pos pos = {.file = text_of(list->file), .column = 1};

	buf_init(&text, EXEMPT_TEXT_MAX);
	enum err e = fs_read_file(
	    FS_CWD, text_of(list->file), EXEMPT_TEXT_MAX, &text, &d);
	if (e == ERR_NOT_FOUND)
		report_warn(f->report, place(f, &list->file),
		    "%s is not there yet; \"kurir exempt add\" makes it",
		    text_of(list->file));
	else if (e != ERR_OK)
		report_error(f->report, place(f, &list->file), "%s", d.text);
	else if (exempt_survey(buf_slice(&text), &survey) != ERR_OK)
		report_error(f->report, place(f, &list->file),
		    "%s is too large", text_of(list->file));
	else if (survey.errors > 0) {
		pos.line = survey.first_error.line;
		report_warn(f->report, pos,
		    "%s; %zu lines of this list count for nothing",
		    survey.first_error.text, survey.errors);
	}
	if (e == ERR_OK && survey.broad > 0) {
		pos.line = survey.first_broad;
		report_warn(f->report, pos,
		    "this entry spares a great part of the Internet");
	}
	if (e == ERR_OK)
		check_lookup_reads(f, &list->file);
	buf_free(&text);
}

static void
check_lists(const struct files *f)
{
	for (size_t i = 0; i < f->conf->exempt_n && !f->serving; i++)
		if (f->conf->exempt[i].file.n > 0)
			check_list(f, &f->conf->exempt[i]);
}

/* ---- the rest ---- */

static void
check_secret(const struct files *f, const struct slice *path)
{
	struct stat st;

	if (path->n == 0)
		return;
	if (stat(text_of(*path), &st) != 0)
		report_error(f->report, place(f, path), "cannot open %s: %m",
		    text_of(*path));
	else if ((st.st_mode & 077) != 0)
		report_error(f->report, place(f, path),
		    "%s may be read by others; mend it with: chmod 600 %s",
		    text_of(*path), text_of(*path));
}

static void
check_readable(const struct files *f, const struct slice *path)
{
	if (path->n > 0 && access(text_of(*path), R_OK) != 0)
		report_error(f->report, place(f, path), "cannot open %s: %m",
		    text_of(*path));
}

static void
check_all(const struct files *f)
{
	check_certificates(f);
	check_users(f);
	check_aliases(f);
	check_lists(f);
	check_secret(f, &f->conf->outbound.credentials);
	check_readable(f, &f->conf->outbound.ca);
	check_readable(f, &f->conf->dns.trust_anchor);
	report_sort(f->report);
}

void
files_check(const struct conf *c, const char *path, struct conf_report *r)
{
	const struct files f = {.conf = c, .path = path, .report = r};

	check_all(&f);
}

int
files_check_print(const struct cmd_ctx *ctx)
{
	struct conf_report r;

	const struct files f = {.conf = ctx->conf,
	    .path = ctx->config_path,
	    .report = &r,
	    .serving = true};

	conf_report_init(&r);
	check_all(&f);
	int code = r.errors > 0 ? CMD_USAGE : CMD_GOOD;
	/* An error stands alone. */
	cmd_print_report(stderr, &r, r.errors == 0);
	conf_report_free(&r);
	return code;
}
