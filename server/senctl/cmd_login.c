/*
 * senctl login: the authorization code flow of a native program (RFC 8252) with PKCE S256
 * (RFC 7636), as the public client "senctl".
 */

#include "common/base/base64.h"
#include "common/base/random.h"
#include "common/base/url.h"
#include "common/crypto/digest.h"
#include "server/senctl/loopback.h"
#include "server/senctl/token.h"

#define URL_MAX 4096
#define FORM_MAX 16384
#define TIMEOUT_S 300
#define TIMEOUT_MAX_S 3600

struct login {
	struct token_endpoints endpoints;
	struct str redirect_uri, state, verifier;
};

/* is_fresh: by a sign-in for this, not by one that the browser still has (RFC 9470 §4). */
static struct str authorize_url(struct ctl *c, const struct login *l, bool is_fresh)
{
	struct str challenge = base64url_encode(c->arena, sha256_str(c->arena, l->verifier));
	struct buf url = buf_new(c->arena, URL_MAX);
	bool first = true;

	buf_add(&url, l->endpoints.authorization);
	buf_add_char(&url, '?');
	form_append(&url, &first, STR("response_type"), STR("code"));
	form_append(&url, &first, STR("client_id"), STR("senctl"));
	form_append(&url, &first, STR("redirect_uri"), l->redirect_uri);
	form_append(&url, &first, STR("scope"), STR("openid admin"));
	form_append(&url, &first, STR("state"), l->state);
	form_append(&url, &first, STR("code_challenge"), challenge);
	form_append(&url, &first, STR("code_challenge_method"), STR("S256"));
	if (is_fresh)
		form_append(&url, &first, STR("prompt"), STR("login"));
	return buf_str(&url);
}

/* RFC 9207: the answer says whose it is, errors too. */
static int read_answer(struct ctl *c, struct str query, struct str *ret_code)
{
	struct str error = query_value(c->arena, query, "error"), code = query_value(c->arena, query, "code");

	if (!str_equal(query_value(c->arena, query, "iss"), c->config.issuer))
		return ctl_fail(c, "%s", ctl_say(c, "câu trả lời không phải của máy chủ đăng nhập này", "the answer is not of this issuer"));
	if (!str_is_null(error))
		return ctl_fail(c, "%s: %.*s", ctl_say(c, "máy chủ từ chối", "the server refused"), STR_ARG(error));
	if (str_is_null(code))
		return ctl_fail(c, "%s", ctl_say(c, "câu trả lời không có mã", "the answer has no code"));
	*ret_code = code;
	return EXIT_OK;
}

static int redeem(struct ctl *c, const struct login *l, struct str code)
{
	struct buf form = buf_new(c->arena, FORM_MAX);
	struct token_set tokens;
	bool first = true;
	int r;

	form_append(&form, &first, STR("grant_type"), STR("authorization_code"));
	form_append(&form, &first, STR("client_id"), STR("senctl"));
	form_append(&form, &first, STR("code"), code);
	form_append(&form, &first, STR("redirect_uri"), l->redirect_uri);
	form_append(&form, &first, STR("code_verifier"), l->verifier);
	r = token_request(c, l->endpoints.token, buf_str(&form), &tokens);
	if (r == EXIT_OK)
		r = token_save(c, &tokens);
	if (r == EXIT_OK)
		ctl_print(c, "%s", ctl_say(c, "Đã đăng nhập.", "Signed in."));
	return r;
}

static int run_login(struct ctl *c, struct loopback *listener, int timeout_s, bool is_fresh)
{
	struct login l = {
		.redirect_uri = arena_printf(c->arena, "http://127.0.0.1:%u/callback", listener->port),
		.state = random_token(c->arena, STR(""), 32),
		.verifier = random_token(c->arena, STR(""), 32),
	};
	struct str query, code, url;
	int r = token_discover(c, &l.endpoints);

	if (r != EXIT_OK)
		return r;
	url = authorize_url(c, &l, is_fresh);
	ctl_print(c, "%s\n\n  %.*s\n", ctl_say(c, "Mở địa chỉ này trong trình duyệt trên chính máy này:", "Open this address in a browser on this machine:"),
	          STR_ARG(url));
	r = loopback_wait(c, listener, l.state, timeout_s, &query);
	if (r == EXIT_OK)
		r = read_answer(c, query, &code);
	return r == EXIT_OK ? redeem(c, &l, code) : r;
}

int cmd_login(struct ctl *c)
{
	struct str timeout = STR_NULL;
	bool is_fresh = false;
	const struct ctl_option options[] = { { "timeout", &timeout, NULL, false }, { "fresh", NULL, &is_fresh, false } };
	struct loopback listener;
	uint64_t timeout_s = TIMEOUT_S;
	int r = ctl_options(c, options, ARRAY_LEN(options), 0, 0);

	if (r != EXIT_OK)
		return r;
	if (!str_is_null(timeout) && !str_to_u64(timeout, TIMEOUT_MAX_S, &timeout_s))
		return ctl_usage_error(c, "--timeout 1..%d", TIMEOUT_MAX_S);
	r = ctl_configure(c);
	if (r == EXIT_OK)
		r = ctl_need_http(c);
	if (r == EXIT_OK)
		r = loopback_open(c, &listener);
	if (r != EXIT_OK)
		return r;
	r = run_login(c, &listener, (int)timeout_s, is_fresh);
	loopback_close(&listener);
	return r;
}

int cmd_logout(struct ctl *c)
{
	int r = ctl_options(c, NULL, 0, 0, 0);

	if (r == EXIT_OK)
		r = token_forget(c);
	if (r == EXIT_OK)
		ctl_print(c, "%s", ctl_say(c, "Đã quên phiên đăng nhập trên máy này.", "The sign-in on this machine is forgotten."));
	return r;
}
