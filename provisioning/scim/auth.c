#include "provisioning/scim/auth.h"

#include "common/base/base64.h"
#include "common/base/clock.h"
#include "common/base/url.h"
#include "provisioning/http_fault.h"

#include <string.h>

#define JSON_DEPTH_MAX 8
#define FORM_MAX_BYTES 8192
#define DEFAULT_LIFE_S 300
#define LIFE_MAX_S 86400
#define EARLY_S 30

static bool is(const struct connector_config *config, const char *auth)
{
	return str_equal(config->auth, str_c(auth));
}

static bool url_is_good(struct str text)
{
	struct url url;

	return url_parse(text, &url) && !url.has_userinfo && !url.has_fragment;
}

const char *scim_auth_fault(const struct connector_config *config)
{
	if (str_is_empty(config->cert_file) != str_is_empty(config->key_file))
		return "cert_file and key_file belong together";
	if (is(config, "bearer") || str_is_empty(config->auth))
		return str_is_empty(config->token) ? "token_file is needed" : NULL;
	if (is(config, "basic"))
		return str_is_empty(config->user) || str_is_empty(config->password) ? "auth = basic needs user and password_file" : NULL;
	if (is(config, "tls"))
		return str_is_empty(config->cert_file) ? "auth = tls needs cert_file and key_file" : NULL;
	if (!is(config, "oauth2"))
		return "auth must be bearer, basic, oauth2 or tls";
	if (!url_is_good(config->token_url) || str_is_empty(config->client_id))
		return "auth = oauth2 needs token_url and client_id";
	return str_is_empty(config->secret) && str_is_empty(config->cert_file) ? "auth = oauth2 needs secret_file, or a certificate" : NULL;
}

/* true: it fits. */
static bool keep(struct scim_auth *auth, struct str header)
{
	if (header.len >= sizeof(auth->header))
		return false;
	explicit_bzero(auth->header, auth->header_len);
	memcpy(auth->header, header.p, header.len);
	auth->header_len = header.len;
	auth->serial++;
	return true;
}

static struct str basic(struct arena *a, struct str user, struct str password)
{
	return arena_printf(a, "Basic %.*s", STR_ARG(base64_encode(a, arena_printf(a, "%.*s:%.*s", STR_ARG(user), STR_ARG(password)))));
}

void scim_auth_init(struct scim_auth *auth, const struct connector_config *config, struct http_client *http)
{
	struct arena *a = arena_new(4 * SCIM_AUTH_MAX_BYTES);

	*auth = (struct scim_auth){ .config = config, .http = http, .is_renewable = is(config, "oauth2") };
	pthread_mutex_init(&auth->lock, NULL);
	if (is(config, "basic"))
		(void)keep(auth, basic(a, config->user, config->password));
	else if (!auth->is_renewable && !is(config, "tls"))
		(void)keep(auth, arena_printf(a, "Bearer %.*s", STR_ARG(config->token)));
	arena_free(a);
}

void scim_auth_done(struct scim_auth *auth)
{
	explicit_bzero(auth->header, sizeof(auth->header));
	pthread_mutex_destroy(&auth->lock);
}

static struct str form_escaped(struct arena *a, struct str text)
{
	struct buf b = buf_new(a, FORM_MAX_BYTES);

	url_escape(&b, text);
	return buf_str(&b);
}

static struct str request_of(struct arena *a, const struct connector_config *config)
{
	struct buf form = buf_new(a, FORM_MAX_BYTES);
	bool first = true;

	form_append(&form, &first, STR("grant_type"), STR("client_credentials"));
	if (!str_is_empty(config->scope))
		form_append(&form, &first, STR("scope"), config->scope);
	/* RFC 8705 §2: the certificate says it, the form says who it should be. */
	if (str_is_empty(config->secret))
		form_append(&form, &first, STR("client_id"), config->client_id);
	return buf_str(&form);
}

static enum verdict take_token(struct call *c, struct scim_auth *auth, const struct http_answer *answer)
{
	_json_ json_t *json = json_read(answer->body, JSON_DEPTH_MAX, NULL);
	struct str token = json_get_str(json, "access_token"), said = json_get_str(json, "error");
	int64_t life_s = json_get_int(json, "expires_in", DEFAULT_LIFE_S), early_s;

	c->status = answer->status;
	if (answer->status == 429 || answer->status >= 500) {
		call_fault(c, answer->status == 429 ? VERDICT_LIMITED : VERDICT_DOWN, "token", "the token server answered %d", answer->status);
		c->fault.retry_after_s = answer->retry_after_s;
		return answer->status == 429 ? VERDICT_LIMITED : VERDICT_DOWN;
	}
	if (answer->status != 200 || str_is_empty(token) || !str_is_printable_ascii(token) || str_index(token, ' ') >= 0)
		return call_fault(c, VERDICT_AUTH, "token", "the token server answered %d %.*s", answer->status,
		                  (int)(said.len < 64 ? said.len : 64), said.p ? said.p : "");
	if (life_s < 1 || life_s > LIFE_MAX_S)
		life_s = DEFAULT_LIFE_S;
	early_s = life_s / 5 < EARLY_S ? life_s / 5 : EARLY_S;
	if (!keep(auth, arena_printf(c->op->arena, "Bearer %.*s", STR_ARG(token))))
		return call_fault(c, VERDICT_AUTH, "token", "the token is too long");
	auth->renew_ms = clock_mono_ms() + (life_s - early_s) * 1000;
	return VERDICT_DONE;
}

/* Nothing has been sent to the platform yet, whatever comes of this. */
static enum verdict fetch_token(struct call *c, struct scim_auth *auth)
{
	const struct connector_config *config = auth->config;
	struct arena *a = c->op->arena;
	struct http_header headers[3] = { { STR("Accept"), STR("application/json") }, { STR("Content-Type"), STR("application/x-www-form-urlencoded") } };
	struct http_call call = { .method = "POST", .url = config->token_url, .headers = headers, .n_headers = 2, .body = request_of(a, config) };
	struct http_answer answer = { .status = 0 };
	enum verdict verdict;

	/* RFC 6749 §2.3.1: both encoded as in a form, first. */
	if (!str_is_empty(config->secret))
		headers[call.n_headers++] = (struct http_header){ STR("Authorization"), basic(a, form_escaped(a, config->client_id), form_escaped(a, config->secret)) };
	op_forgive(c->op);
	if (http_client_call(c->op, auth->http, &call, &answer) == 0)
		return take_token(c, auth, &answer);
	verdict = http_fault(c, HTTP_READS);
	return verdict == VERDICT_NOT_DONE ? VERDICT_DOWN : verdict;
}

enum verdict scim_auth_header(struct call *c, struct scim_auth *auth, struct str *ret_header, uint64_t *ret_serial)
{
	enum verdict verdict = VERDICT_DONE;

	/* Who comes meanwhile waits for the one new token. */
	pthread_mutex_lock(&auth->lock);
	if (auth->is_renewable && clock_mono_ms() >= auth->renew_ms)
		verdict = fetch_token(c, auth);
	*ret_header = arena_dup(c->op->arena, str_n(auth->header, auth->header_len));
	*ret_serial = auth->serial;
	pthread_mutex_unlock(&auth->lock);
	return verdict;
}

bool scim_auth_refused(struct scim_auth *auth, uint64_t serial)
{
	bool may_help = auth->is_renewable;

	pthread_mutex_lock(&auth->lock);
	if (may_help && auth->serial == serial)
		auth->renew_ms = 0;
	pthread_mutex_unlock(&auth->lock);
	return may_help;
}
