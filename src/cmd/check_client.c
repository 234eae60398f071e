/* check_client.c - kurir check client: where it listens, and what it says of
 * the way there before anybody comes. */
#include <string.h>
#include <unistd.h>

#include "cmd/check.h"
#include "os/fs.h"
#include "os/socket.h"

#define LISTEN    "127.0.0.1:2525"
#define TIME_MS   (10 * 60 * 1000u)
#define TIME_MAX  (24 * 60 * 60 * 1000u)
#define COUNT_MAX 1000u
#define PEM_MAX   (1u << 20)

static int
wrong(const struct check_run *run, const char *option, const char *value,
    const char *want)
{
	return cmd_fail(run->ctx, CMD_USAGE, "check client: %s %s: give %s",
	    option, value, want);
}

static int
wrong_word(const struct check_run *run, struct slice word)
{
	struct buf all;
	const char *name;
	unsigned bit;
	buf_init(&all, 2048);
	for (size_t i = 0; (name = client_word_name(i, &bit)) != NULL; i++)
		buf_printf(&all, "%s%s", i > 0 ? " " : "", name);
	buf_add_byte(&all, '\0');
	int code = cmd_fail(run->ctx, CMD_USAGE,
	    "check client: --as: \"%.*s\" is no word, or does not go with "
	    "another; there are: %s",
	    SLICE_ARG(slice_to(word, 40)), (const char *)all.p);
	buf_free(&all);
	return code;
}

static int
read_pair(struct check_run *run)
{
	const struct check_args *a = &run->args;
	struct diag d;
	buf_init(&run->cert, PEM_MAX);
	buf_init(&run->key, PEM_MAX);
	if (a->cert == NULL && a->key == NULL)
		return CMD_GOOD;
	if (a->cert == NULL || a->key == NULL)
		return cmd_fail(run->ctx, CMD_USAGE,
		    "check client: --cert and --key go together");
	if (fs_read_file(FS_CWD, a->cert, PEM_MAX, &run->cert, &d) != ERR_OK)
		return cmd_fail(run->ctx, CMD_USAGE, "--cert: %s", d.text);
	if (fs_read_file(FS_CWD, a->key, PEM_MAX, &run->key, &d) != ERR_OK)
		return cmd_fail(run->ctx, CMD_USAGE, "--key: %s", d.text);
	if (run->cert.n == 0 || run->key.n == 0)
		return cmd_fail(run->ctx, CMD_USAGE,
		    "check client: --cert or --key is an empty file");
	if (run->client.words & (CLIENT_SELF_SIGNED | CLIENT_EXPIRED))
		return cmd_fail(run->ctx, CMD_USAGE,
		    "check client: self-signed and expired make a certificate "
		    "of their own, without --cert");
	run->client.cert_pem = buf_slice(&run->cert);
	run->client.key_pem = buf_slice(&run->key);
	return CMD_GOOD;
}

static int
read_opts(struct check_run *run)
{
	const struct check_args *a = &run->args;
	struct check_client_opts *o = &run->client;
	struct slice word;
	uint64_t n = 1;
	if (a->as != NULL && !client_words(slice_str(a->as), &o->words, &word))
		return wrong_word(run, word);
	if (a->count != NULL &&
	    (!slice_u64(slice_str(a->count), &n) || n == 0 || n > COUNT_MAX))
		return wrong(run, "--count", a->count, "a number up to 1000");
	o->count = (unsigned)n;
	o->time_ms = TIME_MS;
	if (a->time != NULL &&
	    (!check_args_time(a->time, TIME_MAX, &o->time_ms) ||
		o->time_ms == 0))
		return wrong(
		    run, "--time", a->time, "a time up to 24h, as 10min");
	return read_pair(run);
}

/* How a server is brought to send here; on standard error, while the report
 * is for standard output. */
static void
say_where(const struct check_client_opts *o)
{
	char at[SOCK_ADDR_TEXT_MAX], ip[IP_TEXT_MAX];
	unsigned port = o->at.port;
	sock_addr_text(&o->at, at);
	ip_text(&o->at.ip, ip);
	fprintf(stderr,
	    tr("Listening on %s. Nothing is delivered or passed "
	       "on; stop with Ctrl-C.\n"),
	    at);
	fprintf(stderr,
	    tr("Point a domain of no use to it, as uji.example, and send a "
	       "message to anyone there:\n"));
	fprintf(stderr,
	    "  Postfix   transport_maps: uji.example smtp:[%s]:%u\n"
	    "  Exim      driver = manualroute, transport = remote_smtp,\n"
	    "            route_list = uji.example %s::%u byname\n"
	    "  Exchange  New-SendConnector -Name uji -AddressSpaces "
	    "uji.example\n"
	    "            -DNSRoutingEnabled $false -SmartHosts %s -Port %u\n"
	    "  MDaemon   a gateway uji.example, delivered to host %s, port "
	    "%u\n"
	    "  kurir     route \"uji.example\" { via = "
	    "\"relay:[%s]:%u\" }\n",
	    ip, port, ip, port, ip, port, ip, port, ip, port);
	fflush(stderr);
}

int
check_client_prepare(struct check_run *run, const char *operand)
{
	struct check_client_opts *o = &run->client;
	const char *at = run->args.listen != NULL ? run->args.listen : LISTEN;
	struct sock_addr want;
	struct diag d;
	int fd;
	(void)operand;
	int code = read_opts(run);
	if (code != CMD_GOOD)
		return code;
	if (ip_host_port(slice_str(at), 2525, &want.ip, &want.port) != ERR_OK)
		return wrong(run, "--listen", at,
		    "an address and a port, as 192.0.2.1:25");
	if (sock_listen(&want, &fd, &d) != ERR_OK)
		return cmd_fail(
		    run->ctx, CMD_UNKNOWN, "check client: %s", d.text);
	o->listener = fd;
	sock_local(fd, &o->at);
	say_where(o);
	return CMD_GOOD;
}

void
check_client_start(
    struct check_run *run, struct slice target, check_done *done, void *arg)
{
	(void)target;
	check_client(&run->check, &run->client, done, arg);
}
