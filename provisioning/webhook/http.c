#include "provisioning/webhook/http.h"

#include "common/base/clock.h"
#include "common/crypto/http_signature.h"
#include "common/model/signing_keys.h"
#include "provisioning/http_fault.h"

#define KEYS_EVERY_MS 60000
#define JSON_DEPTH_MAX 8
#define SAID_MAX_BYTES 200
#define TAG "sen-webhook"

void webhook_exchange_done(struct webhook_exchange *x)
{
	json_decref(x->json);
}

/* Behind the lock. */
static int keys_refresh(struct op *op, struct webhook *w)
{
	struct keyring *keys;
	int r;

	if (w->keys && clock_mono_ms() - w->keys_ms < KEYS_EVERY_MS)
		return 0;
	r = keyring_open(op, w->config->keys, &keys);
	if (r < 0)
		return r;
	op->keys = keys;
	r = signing_keys_load(op, keys);
	op->keys = NULL;
	if (r < 0) {
		keyring_free(keys);
		return r;
	}
	keyring_free(w->keys);
	w->keys = keys;
	w->keys_ms = clock_mono_ms();
	return 0;
}

static int sign(struct call *c, const struct http_component *components, size_t n, struct http_signature *ret)
{
	struct webhook *w = c->instance;
	struct http_signer signer = { .secret = w->config->secret, .key_id = w->config->platform, .tag = TAG };
	int64_t now_s = clock_now_s();
	int r;

	if (!str_equal(w->config->signature, STR("es256")))
		return http_signature_make(c->op, &signer, components, n, now_s, ret);
	pthread_mutex_lock(&w->lock);
	r = keys_refresh(c->op, w);
	signer.secret = STR_NULL;
	signer.key = r == 0 ? keyring_signing(w->keys, JWS_ES256) : NULL;
	if (r == 0)
		r = http_signature_make(c->op, &signer, components, n, now_s, ret);
	pthread_mutex_unlock(&w->lock);
	return r;
}

static enum verdict send_signed(struct call *c, struct webhook_exchange *x)
{
	const struct webhook *w = c->instance;
	struct str digest = http_content_digest(c->op->arena, x->body);
	const struct http_component components[] = {
		{ "@method", STR("POST") },  { "@target-uri", w->config->url }, { "content-type", STR("application/json") },
		{ "content-digest", digest }, { "idempotency-key", x->key },
	};
	size_t n = str_is_null(x->key) ? 4 : 5;
	struct http_signature signature;
	struct http_header headers[6];
	int64_t began_us;
	struct http_call call = { .method = "POST", .url = w->config->url, .headers = headers, .n_headers = n + 1, .body = x->body };

	if (sign(c, components, n, &signature) < 0)
		return call_fault(c, VERDICT_NOT_DONE, "keys", "%s %.*s", c->op->error.text, STR_ARG(c->op->error.detail));
	headers[0] = (struct http_header){ STR("Content-Type"), STR("application/json") };
	headers[1] = (struct http_header){ STR("Accept"), STR("application/json") };
	headers[2] = (struct http_header){ STR("Content-Digest"), digest };
	headers[3] = (struct http_header){ STR("Signature-Input"), signature.input };
	headers[4] = (struct http_header){ STR("Signature"), signature.signature };
	headers[5] = (struct http_header){ STR("Idempotency-Key"), x->key };
	began_us = trace_begin(c);
	if (http_client_call(c->op, w->http, &call, &x->answer) < 0)
		return http_fault(c, x->kind == WEBHOOK_READ ? HTTP_READS : x->kind == WEBHOOK_CREATE ? HTTP_CREATES : HTTP_CHANGES);
	x->status = x->answer.status;
	http_note(c, &x->answer);
	x->json = str_is_empty(x->answer.body) ? NULL : json_read(x->answer.body, JSON_DEPTH_MAX, NULL);
	trace_http(c, began_us, "POST", w->config->url, NULL, x->status, x->json);
	return VERDICT_DONE;
}

enum verdict webhook_exchange(struct call *c, struct webhook_exchange *x)
{
	const struct webhook *w = c->instance;
	struct str said;
	const char *class = NULL;
	enum verdict verdict;

	op_forgive(c->op);
	c->op->db = w->db;
	if (!call_has_time(c, w->config->timeout_ms))
		return call_fault(c, VERDICT_NOT_DONE, "lease", "no time left within the lease");
	verdict = send_signed(c, x);
	if (verdict != VERDICT_DONE)
		return verdict;
	said = json_get_str(x->json, "error");
	verdict = webhook_verdict(x->kind, x->status, said, &class);
	if (x->status >= 400 && call_says_too_fast(c, x->answer.body)) {
		verdict = VERDICT_LIMITED;
		class = "limited";
	}
	if (verdict == VERDICT_DONE)
		return verdict;
	call_fault(c, verdict, class, "answered %d %.*s", x->status, (int)(said.len < SAID_MAX_BYTES ? said.len : SAID_MAX_BYTES), said.p ? said.p : "");
	c->fault.retry_after_s = x->answer.retry_after_s;
	return verdict;
}
