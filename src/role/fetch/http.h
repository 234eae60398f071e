/* http.h - one GET at a time and place, by libcurl on our loop.
 *
 * What libcurl may do is narrowed: the scheme of the URL and nothing else, no
 * redirect, no proxy, HTTP/1.1, no name looked up but those given, no
 * connection kept. Its library is set up before the walls (http_new) and opens
 * no file behind them. */
#ifndef ROLE_FETCH_HTTP_H
#define ROLE_FETCH_HTTP_H

#include "base/buf.h"
#include "base/ip.h"
#include "io/loop.h"

#define HTTP_ADDRS_MAX 16

struct http;

/* http_new - once in a process. NULL: no memory, or libcurl cannot. */
struct http *http_new(struct loop *loop);
/* http_trust - CA certificates for https, PEM; copied. */
enum err http_trust(struct http *h, struct slice pem) KURIR_MUST_CHECK;

struct http_url {
	bool https;
	char host[256]; /* without the brackets of an address, nor final dot */
	uint16_t port;
};

/* http_url_parse - ERR_SYNTAX: no http or https URL, or one with a name and
 * password in it. */
enum err http_url_parse(
    const char *url, struct http_url *out, struct diag *d) KURIR_MUST_CHECK;

struct http_request {
	const char *url;
	const struct ip *addr; /* of its host, to be tried in turn */
	size_t addr_n;
	uint16_t to_port; /* instead of the URL's; 0: that */
	/* Of what is there already; both empty: unconditional. */
	struct slice etag;
	struct slice last_modified;
	size_t max_octets;
	uint64_t connect_ms; /* for all addresses together */
};

enum http_end {
	HTTP_ANSWERED,  /* status and the rest are set */
	HTTP_TOO_LARGE, /* over max_octets, however it was sent */
	HTTP_FAILED,    /* no whole answer: text says why */
};

struct http_reply {
	enum http_end end;
	long status;
	struct slice body; /* of status 200 only */
	struct slice etag;
	struct slice last_modified;
	struct slice content_type;
	struct slice location; /* of a redirect */
	const char *text;
	const char *cause; /* of HTTP_FAILED: a code of doc/causes.md */
};

struct http_get;

/* http_get - ask; done is called once, never from within, with what is valid
 * until it returns. NULL: no memory, or no URL. All in *r is copied. */
struct http_get *http_get(struct http *h, const struct http_request *r,
    void (*done)(void *arg, const struct http_reply *reply), void *arg);
/* http_cancel - done will not be called. NULL is nothing. Not from done. */
void http_cancel(struct http_get *g);

#endif
