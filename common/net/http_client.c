#include "common/net/http_client.h"

#include "common/base/clock.h"
#include "common/base/fiber.h"
#include "common/net/curl_ready.h"
#include "common/net/http_answer.h"
#include "common/net/http_request.h"
#include "common/net/http_target.h"

#include <curl/curl.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct http_client {
	struct egress *egress;
	char *ca_file; /* NULL: the system's */
	char *cert_file, *key_file; /* NULL: none */
	int connect_timeout_ms, total_timeout_ms;
	size_t max_answer_bytes;
	pthread_mutex_t lock;
	CURL **idle; /* with their open connections */
	size_t n_idle, n_idle_max;
};

/* One call, seen by libcurl's callbacks. */
struct transfer {
	struct op *op;
	const struct http_client *client;
	const struct http_call *call;
	struct http_target target;
	struct http_intake intake;
	struct curl_slist *headers, *resolve;
	size_t n_body_sent;
	bool is_started; /* the request may be on the wire */
	bool is_refused; /* an address failed the check at the socket */
	char reason[CURL_ERROR_SIZE];
};

static const char *file_of(struct op *op, struct str path)
{
	return path.len > 0 ? arena_cstr(op->arena, path) : NULL;
}

static char *kept(const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		abort();
	return copy;
}

int http_client_new(struct op *op, const struct http_client_config *config, struct http_client **ret_client)
{
	struct http_client *c;
	struct egress *egress;
	const char *ca_file = file_of(op, config->ca_file), *cert_file = file_of(op, config->cert_file), *key_file = file_of(op, config->key_file);

	assert(config->connect_timeout_ms > 0 && config->total_timeout_ms > 0 && config->max_answer_bytes > 0);
	curl_ready();
	if (ca_file && access(ca_file, R_OK) < 0)
		return op_fail_detail(op, ERR_CONFIG, "the CA file cannot be read", "%s", ca_file);
	if ((cert_file && access(cert_file, R_OK) < 0) || (key_file && access(key_file, R_OK) < 0))
		return op_fail_detail(op, ERR_CONFIG, "the client's certificate or key cannot be read", "%s", cert_file);
	if (egress_new(op, config->egress_allow, &egress) < 0)
		return op->error.code;
	c = calloc(1, sizeof(*c));
	if (!c || !(c->idle = calloc(config->pool_size + 1, sizeof(*c->idle))))
		abort();
	c->ca_file = kept(ca_file);
	c->cert_file = kept(cert_file);
	c->key_file = kept(key_file);
	c->egress = egress;
	c->connect_timeout_ms = config->connect_timeout_ms;
	c->total_timeout_ms = config->total_timeout_ms;
	c->max_answer_bytes = config->max_answer_bytes;
	c->n_idle_max = config->pool_size;
	pthread_mutex_init(&c->lock, NULL);
	*ret_client = c;
	return 0;
}

void http_client_free(struct http_client *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n_idle; i++)
		curl_easy_cleanup(c->idle[i]);
	pthread_mutex_destroy(&c->lock);
	egress_free(c->egress);
	free(c->ca_file);
	free(c->cert_file);
	free(c->key_file);
	free(c->idle);
	free(c);
}

static CURL *handle_take(struct http_client *c)
{
	CURL *curl = NULL;

	pthread_mutex_lock(&c->lock);
	if (c->n_idle > 0)
		curl = c->idle[--c->n_idle];
	pthread_mutex_unlock(&c->lock);
	if (!curl)
		curl = curl_easy_init();
	if (!curl)
		abort();
	return curl;
}

static void handle_give(struct http_client *c, CURL *curl)
{
	curl_easy_reset(curl); /* forgets every pointer into the call, keeps the connections */
	pthread_mutex_lock(&c->lock);
	if (c->n_idle < c->n_idle_max) {
		c->idle[c->n_idle++] = curl;
		curl = NULL;
	}
	pthread_mutex_unlock(&c->lock);
	if (curl)
		curl_easy_cleanup(curl);
}

/* The last check: this is the address that connect(2) gets, wherever it came from. */
static curl_socket_t open_socket(void *userdata, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *t = userdata;

	if (purpose != CURLSOCKTYPE_IPCXN || !egress_allows(t->client->egress, &address->addr)) {
		t->is_refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Connected, TLS included; from here on the server may have got the request. */
static int before_request(void *userdata, char *peer_ip, char *local_ip, int peer_port, int local_port)
{
	struct transfer *t = userdata;

	(void)peer_ip, (void)local_ip, (void)peer_port, (void)local_port;
	t->is_started = true;
	return CURL_PREREQFUNC_OK;
}

/*
 * The body comes from a callback that cannot be rewound: so libcurl cannot send it a second
 * time on its own when a kept connection breaks, and a POST happens at most once.
 */
static size_t read_body(char *data, size_t size, size_t count, void *userdata)
{
	struct transfer *t = userdata;
	struct str rest = str_skip(t->call->body, t->n_body_sent);
	size_t len = size * count < rest.len ? size * count : rest.len;

	if (len > 0)
		memcpy(data, rest.p, len);
	t->n_body_sent += len;
	return len;
}

/* Every option counts: one that this libcurl does not know must not be left out silently. */
#define SET(option, value) (ok = curl_easy_setopt(curl, (option), (value)) == CURLE_OK && ok)

static bool set_guard(CURL *curl, struct transfer *t)
{
	bool ok = true;

	SET(CURLOPT_URL, t->target.url);
	SET(CURLOPT_PATH_AS_IS, 1L); /* what was checked is what is sent */
	SET(CURLOPT_PROTOCOLS_STR, t->target.protocols);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, ""); /* not even from the environment */
	SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (t->client->ca_file) {
		SET(CURLOPT_CAINFO, t->client->ca_file);
		SET(CURLOPT_CAPATH, NULL); /* this file instead of the system's, not besides */
	}
	if (t->client->cert_file) {
		SET(CURLOPT_SSLCERT, t->client->cert_file);
		SET(CURLOPT_SSLKEY, t->client->key_file ? t->client->key_file : t->client->cert_file);
	}
	if (t->target.resolve)
		http_list_add(&t->resolve, t->target.resolve);
	SET(CURLOPT_RESOLVE, t->resolve);
	SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(CURLOPT_OPENSOCKETDATA, t);
	SET(CURLOPT_PREREQFUNCTION, before_request);
	SET(CURLOPT_PREREQDATA, t);
	return ok;
}

static bool set_limits(CURL *curl, struct transfer *t, int total_timeout_ms)
{
	bool ok = true;

	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)t->client->connect_timeout_ms);
	SET(CURLOPT_TIMEOUT_MS, (long)total_timeout_ms);
	SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)t->client->max_answer_bytes);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_HEADERFUNCTION, http_intake_header);
	SET(CURLOPT_HEADERDATA, &t->intake);
	SET(CURLOPT_WRITEFUNCTION, http_intake_body);
	SET(CURLOPT_WRITEDATA, &t->intake);
	SET(CURLOPT_ERRORBUFFER, t->reason);
	SET(CURLOPT_USERAGENT, "sen");
	return ok;
}

static bool set_request(CURL *curl, struct transfer *t)
{
	const struct http_call *call = t->call;
	bool ok = true;

	SET(CURLOPT_HTTPHEADER, t->headers);
	if (http_is_method(call, "HEAD")) {
		SET(CURLOPT_NOBODY, 1L);
	} else if (http_is_method(call, "GET") || (http_is_method(call, "DELETE") && str_is_null(call->body))) {
		SET(CURLOPT_HTTPGET, 1L);
	} else {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
		SET(CURLOPT_READFUNCTION, read_body);
		SET(CURLOPT_READDATA, t);
		/* Without a body there is nothing that cannot be rewound, see read_body(). */
		SET(CURLOPT_FRESH_CONNECT, call->body.len == 0 ? 1L : 0L);
	}
	if (!http_is_safe(call))
		SET(CURLOPT_CUSTOMREQUEST, call->method);
	return ok;
}

static int fail(struct transfer *t, CURLcode code)
{
	const char *reason = t->reason[0] ? t->reason : curl_easy_strerror(code);

	if (t->is_refused)
		return op_fail(t->op, ERR_CONFIG, "the address of the host is not allowed");
	if (t->intake.is_too_large || code == CURLE_FILESIZE_EXCEEDED)
		return op_fail(t->op, ERR_LIMIT, "the answer is too large");
	if (t->is_started && !http_is_safe(t->call))
		return op_fail_detail(t->op, ERR_OUTCOME_UNKNOWN, "the answer was lost after sending", "curl %d: %s",
		                      (int)code, reason);
	return op_fail_detail(t->op, ERR_UNAVAILABLE, "no answer from the server", "curl %d: %s", (int)code, reason);
}

static int perform(struct transfer *t, CURL *curl, int timeout_ms)
{
	CURLcode code;
	long status = 0;

	if (http_make_headers(t->op, t->call, &t->headers) < 0)
		return t->op->error.code;
	if (!set_guard(curl, t) || !set_limits(curl, t, timeout_ms) || !set_request(curl, t))
		return op_fail(t->op, ERR_INTERNAL, "libcurl lacks an option");
	code = curl_easy_perform(curl);
	if (code != CURLE_OK)
		return fail(t, code);
	if (curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status < 200 || status > 599)
		return fail(t, CURLE_WEIRD_SERVER_REPLY);
	t->intake.answer.status = (int)status;
	t->intake.answer.body = buf_str(&t->intake.body);
	return 0;
}

static int call_now(struct op *op, struct http_client *c, const struct http_call *call, struct http_answer *ret_answer)
{
	struct transfer t = { .op = op, .client = c, .call = call };
	int64_t start_ms = clock_mono_ms(), left_ms;
	CURL *curl;
	int result;

	if (http_check_call(op, call) < 0 || http_target_find(op, c->egress, call->url, c->total_timeout_ms, &t.target) < 0)
		return op->error.code;
	left_ms = c->total_timeout_ms - (clock_mono_ms() - start_ms);
	if (left_ms <= 0)
		return op_fail(op, ERR_UNAVAILABLE, "the name was not resolved in time");
	t.intake = (struct http_intake){
		.op = op,
		.answer = HTTP_ANSWER_NONE,
		.body = buf_new(op->arena, c->max_answer_bytes),
	};
	curl = handle_take(c);
	result = perform(&t, curl, (int)left_ms);
	handle_give(c, curl);
	curl_slist_free_all(t.headers);
	curl_slist_free_all(t.resolve);
	if (result == 0)
		*ret_answer = t.intake.answer;
	return result;
}

struct calling {
	struct op *op;
	struct http_client *client;
	const struct http_call *call;
	struct http_answer *ret_answer;
	int result;
};

static void call_blocking(void *arg)
{
	struct calling *c = arg;

	c->result = call_now(c->op, c->client, c->call, c->ret_answer);
}

int http_client_call(struct op *op, struct http_client *c, const struct http_call *call, struct http_answer *ret_answer)
{
	struct calling calling = { op, c, call, ret_answer, 0 };

	fiber_block(call_blocking, &calling);
	return calling.result;
}
