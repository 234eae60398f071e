#include "role/fetch/http.h"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

/* All fields, those behind the body too, which libcurl keeps without end. */
#define FIELDS_MAX (64u * 1024)

struct http {
	struct loop *loop;
	CURLM *multi;
	struct timer timer;
	struct buf ca;
};

struct http_get {
	struct http *http;
	CURL *easy;
	struct curl_slist *resolve, *connect, *headers;
	struct buf body;
	size_t fields; /* octets */
	bool too_large;
	bool status_only; /* of another status the body is not wanted */
	void (*done)(void *arg, const struct http_reply *reply);
	void *arg;
	char host[256];
	char error[CURL_ERROR_SIZE];
};

/* ---- libcurl on the loop ---- */

static void finish(struct http_get *g, CURLcode code);

/* Each end is told when libcurl is not on the stack. */
static void
collect(struct http *h)
{
	CURLMsg *msg;
	int left;
	while ((msg = curl_multi_info_read(h->multi, &left)) != NULL) {
		struct http_get *g = NULL;
		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &g);
		finish(g, msg->data.result);
	}
}

/* One socket of libcurl's. */
struct port {
	struct watch watch;
	struct http *http;
	curl_socket_t fd;
};

static void
on_port(void *arg, unsigned events)
{
	const struct port *p = arg;
	struct http *h = p->http;
	int running;
	int what = ((events & WATCH_READ) != 0 ? CURL_CSELECT_IN : 0) |
		   ((events & WATCH_WRITE) != 0 ? CURL_CSELECT_OUT : 0);
	/* It may end p. */
	curl_multi_socket_action(h->multi, p->fd, what, &running);
	collect(h);
}

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct http *h = arg;
	struct port *p = known;
	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (p != NULL)
			watch_close(&p->watch);
		free(p);
		return 0;
	}
	if (p == NULL) {
		p = calloc(1, sizeof(*p));
		if (p == NULL)
			return -1;
		p->http = h;
		p->fd = fd;
		if (watch_open(&p->watch, h->loop, fd, on_port, p) != ERR_OK) {
			free(p);
			return -1;
		}
		curl_multi_assign(h->multi, fd, p);
	}
	watch_set(&p->watch, (what & CURL_POLL_IN ? WATCH_READ : 0u) |
				 (what & CURL_POLL_OUT ? WATCH_WRITE : 0u));
	return 0;
}

static void
on_timer(void *arg)
{
	struct http *h = arg;
	int running;
	curl_multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(h);
}

static int
on_timeout(CURLM *multi, long after_ms, void *arg)
{
	struct http *h = arg;
	(void)multi;
	if (after_ms < 0)
		timer_stop(&h->timer);
	else
		timer_start(&h->timer, (uint64_t)after_ms);
	return 0;
}

/* ---- the library ---- */

struct http *
http_new(struct loop *loop)
{
	struct http *h = calloc(1, sizeof(*h));
	if (h == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(h);
		return NULL;
	}
	h->loop = loop;
	h->multi = curl_multi_init();
	if (h->multi == NULL) {
		free(h);
		return NULL;
	}
	timer_init(&h->timer, loop, on_timer, h);
	buf_init(&h->ca, 4u << 20);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	return h;
}

enum err
http_trust(struct http *h, struct slice pem)
{
	buf_clear(&h->ca);
	buf_add(&h->ca, pem);
	return buf_err(&h->ca);
}

/* ---- URLs ---- */

static bool
part(CURLU *u, CURLUPart what, unsigned flags, char *out, size_t size)
{
	char *text = NULL;
	bool ok = curl_url_get(u, what, &text, flags) == CURLUE_OK;
	size_t n = ok ? strlen(text) : 0;
	ok = ok && n < size;
	if (ok)
		memcpy(out, text, n + 1);
	curl_free(text);
	return ok;
}

static void
bare_host(char *host)
{
	size_t n = strlen(host);
	if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
		memmove(host, host + 1, n - 2);
		host[n - 2] = '\0';
	} else if (n > 1 && host[n - 1] == '.') {
		host[n - 1] = '\0';
	}
}

enum err
http_url_parse(const char *url, struct http_url *out, struct diag *d)
{
	char scheme[16] = "", port[8] = "", *user = NULL;
	uint64_t number = 0;
	CURLU *u = curl_url();
	bool ok =
	    u != NULL && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    part(u, CURLUPART_SCHEME, 0, scheme, sizeof(scheme)) &&
	    part(u, CURLUPART_HOST, 0, out->host, sizeof(out->host)) &&
	    part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT, port, sizeof(port)) &&
	    slice_u64(slice_str(port), &number) && number > 0 &&
	    number <= 65535;
	/* What stands in a URL is logged: no place for a password. */
	bool secret =
	    ok && curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_OK;
	curl_free(user);
	curl_url_cleanup(u);
	out->https = strcmp(scheme, "https") == 0;
	if (!ok || secret || (!out->https && strcmp(scheme, "http") != 0))
		return diag_set(d, ERR_SYNTAX, NULL,
		    "it has no address of http or https that can be asked");
	out->port = (uint16_t)number;
	bare_host(out->host);
	return ERR_OK;
}

/* ---- one question ---- */

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct http_get *g = arg;
	long status = 0;
	curl_easy_getinfo(g->easy, CURLINFO_RESPONSE_CODE, &status);
	g->status_only = status != 200;
	if (g->status_only)
		return 0;
	buf_add(&g->body, slice_of(p, size * n));
	g->too_large = buf_err(&g->body) == ERR_LIMIT;
	return buf_err(&g->body) == ERR_OK ? size * n : 0;
}

static size_t
on_field(char *p, size_t size, size_t n, void *arg)
{
	struct http_get *g = arg;
	(void)p;
	g->fields += size * n;
	return g->fields <= FIELDS_MAX ? size * n : 0;
}

static void
get_free(struct http_get *g)
{
	if (g->easy != NULL) {
		curl_multi_remove_handle(g->http->multi, g->easy);
		curl_easy_cleanup(g->easy);
	}
	curl_slist_free_all(g->connect);
	curl_slist_free_all(g->resolve);
	curl_slist_free_all(g->headers);
	buf_free(&g->body);
	free(g);
}

void
http_cancel(struct http_get *g)
{
	if (g != NULL)
		get_free(g);
}

static struct slice
header_of(CURL *easy, const char *name)
{
	struct curl_header *h;
	if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &h) != CURLHE_OK)
		return SLICE_EMPTY;
	return slice_str(h->value);
}

/* What is wrong with a certificate, by its verify result; libcurl looks at the
 * name itself. */
static const char *
cert_cause(CURL *e)
{
	long result = 0;
	curl_easy_getinfo(e, CURLINFO_SSL_VERIFYRESULT, &result);
	switch (result) {
	case X509_V_OK:
	case X509_V_ERR_UNSPECIFIED: /* it did not come to that */
	case X509_V_ERR_HOSTNAME_MISMATCH:
		return "tls.cert-name-mismatch";
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return "tls.cert-expired";
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return "tls.cert-not-yet-valid";
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return "tls.cert-self-signed";
	default:
		return "tls.cert-untrusted";
	}
}

static const char *
cause_of(CURL *e, CURLcode code)
{
	switch ((int)code) {
	case CURLE_COULDNT_CONNECT:
		return "net.refused";
	case CURLE_OPERATION_TIMEDOUT:
		return "net.timeout";
	case CURLE_PEER_FAILED_VERIFICATION:
		return cert_cause(e);
	case CURLE_SSL_CONNECT_ERROR:
		return "tls.garbage";
	case CURLE_COULDNT_RESOLVE_HOST:
		return "dns.tempfail";
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return "protocol.syntax";
	default:
		return "net.reset";
	}
}

static void
finish(struct http_get *g, CURLcode code)
{
	struct http_reply r = {.end = HTTP_FAILED};
	curl_easy_getinfo(g->easy, CURLINFO_RESPONSE_CODE, &r.status);
	bool refused = r.status != 0 && r.status != 200 &&
		       (g->status_only || code == CURLE_FILESIZE_EXCEEDED);
	if (code == CURLE_OK || refused)
		r.end = HTTP_ANSWERED;
	else if (g->too_large || code == CURLE_FILESIZE_EXCEEDED)
		r.end = HTTP_TOO_LARGE;
	r.cause = cause_of(g->easy, code);
	r.text = g->error[0] != '\0' ? g->error : curl_easy_strerror(code);
	if (g->fields > FIELDS_MAX)
		r.text = "its header is larger than 64 KB";
	r.body = buf_slice(&g->body);
	r.etag = header_of(g->easy, "ETag");
	r.last_modified = header_of(g->easy, "Last-Modified");
	r.content_type = header_of(g->easy, "Content-Type");
	r.location = header_of(g->easy, "Location");
	g->done(g->arg, &r);
	get_free(g);
}

static void
add_line(struct curl_slist **list, struct buf *b, bool *ok)
{
	buf_add_byte(b, '\0');
	struct curl_slist *more =
	    buf_err(b) == ERR_OK ? curl_slist_append(*list, (const char *)b->p)
				 : NULL;
	*ok = *ok && more != NULL;
	if (more != NULL)
		*list = more;
	buf_clear(b);
}

/* The addresses that the name stands for, so that nobody else is asked. */
static bool
pin(struct http_get *g, const struct http_request *r,
    const struct http_url *url)
{
	struct buf b;
	bool ok = true;
	buf_init(&b, 2048);
	if (r->to_port != 0 && r->addr_n > 0) {
		bool v6 = r->addr[0].family == 6;
		buf_printf(&b, v6 ? "%s:%u:[" : "%s:%u:", url->host, url->port);
		buf_add_ip(&b, &r->addr[0]);
		buf_printf(&b, v6 ? "]:%u" : ":%u", r->to_port);
		add_line(&g->connect, &b, &ok);
	} else if (r->addr_n > 0) {
		buf_printf(&b, "%s:%u:", url->host, url->port);
		for (size_t i = 0; i < r->addr_n; i++) {
			bool v6 = r->addr[i].family == 6;
			buf_add_str(&b, i > 0 ? "," : "");
			buf_add_str(&b, v6 ? "[" : "");
			buf_add_ip(&b, &r->addr[i]);
			buf_add_str(&b, v6 ? "]" : "");
		}
		add_line(&g->resolve, &b, &ok);
	}
	buf_free(&b);
	return ok;
}

static bool
add_conditions(struct http_get *g, const struct http_request *r)
{
	struct buf b;
	bool ok = true;
	buf_init(&b, 4096);
	if (r->etag.n > 0) {
		buf_add_str(&b, "If-None-Match: ");
		buf_add(&b, r->etag);
		add_line(&g->headers, &b, &ok);
	}
	if (r->last_modified.n > 0) {
		buf_add_str(&b, "If-Modified-Since: ");
		buf_add(&b, r->last_modified);
		add_line(&g->headers, &b, &ok);
	}
	buf_free(&b);
	return ok;
}

/* The name has to stand among the alternative names: a CN is none (RFC 8461
 * 3.3, RFC 9525 2). libcurl would take it where there are no others. */
static CURLcode
on_ssl(CURL *easy, void *ctx, void *arg)
{
	const struct http_get *g = arg;
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);
	struct ip ip;
	(void)easy;
	X509_VERIFY_PARAM_set_hostflags(
	    param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	int ok = ip_parse(slice_str(g->host), &ip) == ERR_OK
		     ? X509_VERIFY_PARAM_set1_ip_asc(param, g->host)
		     : X509_VERIFY_PARAM_set1_host(param, g->host, 0);
	return ok == 1 ? CURLE_OK : CURLE_ABORTED_BY_CALLBACK;
}

static bool
set_options(struct http_get *g, const struct http_request *r, bool https)
{
	CURL *e = g->easy;
	struct curl_blob ca = {g->http->ca.p, g->http->ca.n, CURL_BLOB_NOCOPY};
	CURLcode bad = CURLE_OK;
#define SET(option, value)                                                     \
	do                                                                     \
		bad = bad != CURLE_OK ? bad                                    \
				      : curl_easy_setopt(e, option, value);    \
	while (0)
	SET(CURLOPT_URL, r->url);
	SET(CURLOPT_PROTOCOLS_STR, https ? "https" : "http");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_HTTP09_ALLOWED, 0L);
	SET(CURLOPT_USERAGENT, "kurir");
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)r->connect_ms);
	SET(CURLOPT_FRESH_CONNECT, 1L);
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	/* Its own ideas of where certificates are count for nothing. */
	SET(CURLOPT_CAINFO, NULL);
	SET(CURLOPT_CAPATH, NULL);
	if (ca.len > 0)
		SET(CURLOPT_CAINFO_BLOB, &ca);
	SET(CURLOPT_SSL_CTX_FUNCTION, on_ssl);
	SET(CURLOPT_SSL_CTX_DATA, g);
	SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)r->max_octets);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, g);
	SET(CURLOPT_HEADERFUNCTION, on_field);
	SET(CURLOPT_HEADERDATA, g);
	SET(CURLOPT_ERRORBUFFER, g->error);
	SET(CURLOPT_PRIVATE, g);
	SET(CURLOPT_RESOLVE, g->resolve);
	SET(CURLOPT_CONNECT_TO, g->connect);
	SET(CURLOPT_HTTPHEADER, g->headers);
#undef SET
	return bad == CURLE_OK;
}

struct http_get *
http_get(struct http *h, const struct http_request *r,
    void (*done)(void *arg, const struct http_reply *reply), void *arg)
{
	struct http_url url;
	struct http_get *g = http_url_parse(r->url, &url, NULL) == ERR_OK
				 ? calloc(1, sizeof(*g))
				 : NULL;
	if (g == NULL)
		return NULL;
	g->http = h;
	memcpy(g->host, url.host, sizeof(g->host));
	g->done = done;
	g->arg = arg;
	buf_init(&g->body, r->max_octets);
	g->easy = curl_easy_init();
	if (g->easy == NULL || !pin(g, r, &url) || !add_conditions(g, r) ||
	    !set_options(g, r, url.https) ||
	    curl_multi_add_handle(h->multi, g->easy) != CURLM_OK) {
		get_free(g);
		return NULL;
	}
	return g;
}
