/* files.c - files that the roles need and may not open: master reads them and
 * hands their content over, at the start and before each reload. */
#include "os/fs.h"
#include "os/memfd.h"
#include "role/master/master.h"

#include <string.h>

#define FILE_MAX   (4u << 20)
#define CA_BUNDLE  "/etc/ssl/certs/ca-certificates.crt"
#define DNS_ANCHOR "/usr/share/dns/root.key"

void
send_file(struct child *c, enum ipc_file_kind what, struct slice name,
    struct slice content)
{
	struct ipc_msg msg = {.type = IPC_file};
	if (memfd_make(content, &msg.fd) != ERR_OK) {
		master_say("out of memory for a file");
		return;
	}
	msg.file.what = (uint8_t)what;
	msg.file.name = name;
	child_send(c, &msg);
	fs_close(&msg.fd);
}

/* Read and send; a file that must be there and is not was reported by
 * files_check. */
static void
send_path(struct child *c, enum ipc_file_kind what, const char *path,
    struct slice name)
{
	struct buf text;
	struct diag d;
	buf_init(&text, FILE_MAX);
	if (fs_read_file(FS_CWD, path, FILE_MAX, &text, &d) == ERR_OK)
		send_file(c, what, name, buf_slice(&text));
	if (text.n > 0)
		explicit_bzero(text.p, text.cap);
	buf_free(&text);
}

static void
send_pair(struct child *c, const struct conf_certificate *cert)
{
	if (cert->certificate.n == 0)
		return;
	send_path(c, IPC_FILE_CERTIFICATE, (const char *)cert->certificate.p,
	    cert->certificate);
	send_path(c, IPC_FILE_KEY, (const char *)cert->key.p, cert->key);
}

void
files_send_tickets(struct master *m, struct child *c)
{
	send_file(c, IPC_FILE_TICKET_KEY, SLICE_EMPTY,
	    slice_of(m->tickets, sizeof(m->tickets)));
}

static void
send_certificates(struct master *m, struct child *c, const struct conf *conf)
{
	files_send_tickets(m, c);
	for (size_t i = 0; i < conf->listen_n; i++)
		send_pair(c, &conf->listen[i].cert);
	for (size_t i = 0; i < conf->sni_n; i++)
		send_pair(c, &conf->sni[i].cert);
}

static void
send_ca(struct child *c, const struct conf *conf)
{
	struct slice ca = conf->outbound.ca;
	if (ca.n > 0)
		send_path(c, IPC_FILE_CA, (const char *)ca.p, ca);
	else
		send_path(c, IPC_FILE_CA, CA_BUNDLE, SLICE_EMPTY);
}

static void
send_relay_files(struct child *c, const struct conf *conf)
{
	const struct conf_outbound *o = &conf->outbound;
	if (o->credentials.n > 0)
		send_path(c, IPC_FILE_CREDENTIALS,
		    (const char *)o->credentials.p, o->credentials);
	send_ca(c, conf);
}

static void
send_resolver_files(struct child *c, const struct conf *conf)
{
	send_path(c, IPC_FILE_RESOLV_CONF, "/etc/resolv.conf", SLICE_EMPTY);
	if (conf->dns.trust_anchor.n > 0)
		send_path(c, IPC_FILE_TRUST_ANCHOR,
		    (const char *)conf->dns.trust_anchor.p,
		    conf->dns.trust_anchor);
	else
		send_path(c, IPC_FILE_TRUST_ANCHOR, DNS_ANCHOR, SLICE_EMPTY);
}

void
files_send(struct master *m, struct child *c, const struct conf *conf)
{
	if (c->kind == ROLE_SMTPD)
		send_certificates(m, c, conf);
	else if (c->kind == ROLE_RELAY)
		send_relay_files(c, conf);
	else if (c->kind == ROLE_RESOLVER)
		send_resolver_files(c, conf);
	else if (c->kind == ROLE_FETCH)
		send_ca(c, conf);
}

/* ---- before anything starts ---- */

static enum err
readable(const char *what, struct slice path)
{
	struct buf text;
	struct diag d;
	if (path.n == 0)
		return ERR_OK;
	buf_init(&text, FILE_MAX);
	enum err err =
	    fs_read_file(FS_CWD, (const char *)path.p, FILE_MAX, &text, &d);
	if (text.n > 0)
		explicit_bzero(text.p, text.cap);
	buf_free(&text);
	if (err != ERR_OK)
		master_say(
		    "%s: %s; check the path and who may read it", what, d.text);
	return err;
}

static enum err
pair_readable(const struct conf_certificate *cert)
{
	enum err err = readable("certificate", cert->certificate);
	return err != ERR_OK ? err : readable("key", cert->key);
}

enum err
files_check(const struct conf *conf)
{
	enum err err = ERR_OK;
	for (size_t i = 0; i < conf->listen_n && err == ERR_OK; i++)
		if (conf->listen[i].tls != CONF_TLS_NONE)
			err = pair_readable(&conf->listen[i].cert);
	for (size_t i = 0; i < conf->sni_n && err == ERR_OK; i++)
		err = pair_readable(&conf->sni[i].cert);
	if (err == ERR_OK)
		err = readable(
		    "outbound.credentials", conf->outbound.credentials);
	if (err == ERR_OK)
		err = readable("outbound.ca", conf->outbound.ca);
	if (err == ERR_OK)
		err = readable("dns.trust-anchor", conf->dns.trust_anchor);
	if (err == ERR_OK)
		err = readable("aliases", conf->aliases);
	return err;
}
