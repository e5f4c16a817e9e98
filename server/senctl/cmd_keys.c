/* senctl keys list | rotate | destroy: the signing keys of the installation. */

#include "common/model/signing_keys.h"
#include "server/senctl/ctl.h"

#include <time.h>

/* Every node has read the JWKS anew by then: they look ten times a second. */
#define NODES_READ_S 2

static struct str time_text(struct ctl *c, int64_t s)
{
	time_t t = (time_t)s;
	struct tm tm;
	char text[32];

	if (s == 0)
		return STR("-");
	localtime_r(&t, &tm);
	return arena_dup(c->arena, str_n(text, strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm)));
}

static const char *state_text(const struct ctl *c, enum key_state state)
{
	switch (state) {
	case KEY_PUBLISHED:
		return ctl_say(c, "đã công bố", "published");
	case KEY_ACTIVE:
		return ctl_say(c, "đang ký", "active");
	case KEY_RETIRING:
		return ctl_say(c, "chỉ còn xác minh", "retiring");
	case KEY_DESTROYED:
		return ctl_say(c, "đã huỷ", "destroyed");
	}
	return "";
}

static json_t *key_json(const struct signing_key *k)
{
	json_t *object = json_new_object();

	json_set_str(object, "kid", k->kid);
	json_set_str(object, "alg", str_c(jws_alg_name(k->facts.alg)));
	json_set_str(object, "state", str_c(key_state_name(k->facts.state)));
	json_set_int(object, "published_at", k->published_s);
	if (k->activated_s)
		json_set_int(object, "activated_at", k->activated_s);
	if (k->retiring_s)
		json_set_int(object, "retiring_at", k->retiring_s);
	if (k->destroyed_s)
		json_set_int(object, "destroyed_at", k->destroyed_s);
	return object;
}

static int keys_list(struct ctl *c)
{
	_json_ json_t *list = json_new_array();
	const struct signing_key *keys;
	int64_t now_s;
	size_t n;

	if (signing_key_all(&c->op, &keys, &n, &now_s) < 0)
		return ctl_fail_op(c);
	for (size_t i = 0; i < n; i++) {
		if (c->json)
			json_array_append_new(list, key_json(&keys[i]));
		else
			ctl_print(c, "%.*s  %-5s  %.*s  %s", STR_ARG(keys[i].kid), jws_alg_name(keys[i].facts.alg),
			          STR_ARG(time_text(c, keys[i].facts.since_s)), state_text(c, keys[i].facts.state));
	}
	if (c->json)
		ctl_print_json(c, list);
	return EXIT_OK;
}

static bool has_state(const struct signing_key *keys, size_t n, enum jws_alg alg, enum key_state state)
{
	for (size_t i = 0; i < n; i++)
		if (keys[i].facts.alg == alg && keys[i].facts.state == state)
			return true;
	return false;
}

/* Of one algorithm, or of all that have a key that signs. */
static unsigned algs_to_rotate(const struct signing_key *keys, size_t n, enum jws_alg only)
{
	unsigned algs = 0;

	for (enum jws_alg alg = JWS_ES256; alg < JWS_ALG_COUNT; alg++)
		if (only == alg || (only == JWS_ALG_NONE_ && has_state(keys, n, alg, KEY_ACTIVE)))
			algs |= JWS_ALG_BIT(alg);
	return algs;
}

static int publish_successors(struct ctl *c, unsigned algs, const struct signing_key *keys, size_t n, size_t *ret_n)
{
	for (enum jws_alg alg = JWS_ES256; alg < JWS_ALG_COUNT; alg++) {
		if (!(algs & JWS_ALG_BIT(alg)) || has_state(keys, n, alg, KEY_PUBLISHED))
			continue;
		if (signing_key_publish(&c->op, alg, ctl_operator(c)) < 0)
			return ctl_fail_op(c);
		++*ret_n;
	}
	return EXIT_OK;
}

static void say_published(const struct ctl *c, size_t n)
{
	if (n == 0)
		ctl_print(c, "%s", ctl_say(c, "khoá kế tiếp đã được công bố từ trước và sẽ tự bắt đầu ký; không có gì thay đổi",
		                           "the successors are published already and will sign by themselves; nothing changed"));
	else
		ctl_print(c, ctl_say(c, "đã công bố khoá kế tiếp; sau %d giây khoá đó bắt đầu ký", "published the successors; they sign after %d seconds"),
		          SIGNING_KEY_PUBLISH_S);
}

static int activate_successors(struct ctl *c, unsigned algs)
{
	for (enum jws_alg alg = JWS_ES256; alg < JWS_ALG_COUNT; alg++)
		if ((algs & JWS_ALG_BIT(alg)) && signing_key_activate(&c->op, alg, ctl_operator(c)) < 0)
			return ctl_fail_op(c);
	return EXIT_OK;
}

static int keys_rotate(struct ctl *c, struct str alg_name, bool at_once)
{
	enum jws_alg only = jws_alg_from_name(alg_name);
	const struct signing_key *keys;
	int64_t now_s;
	unsigned algs;
	size_t n, n_published = 0;
	int r;

	if (!str_is_null(alg_name) && only == JWS_ALG_NONE_)
		return ctl_usage_error(c, "--alg ES256|PS256|RS256|EdDSA");
	if (signing_key_all(&c->op, &keys, &n, &now_s) < 0)
		return ctl_fail_op(c);
	algs = algs_to_rotate(keys, n, only);
	if (algs == 0)
		return ctl_fail(c, "%s", ctl_say(c, "chưa có khoá ký nào; hãy chạy sen-server một lần", "there is no signing key yet; run sen-server once"));
	r = publish_successors(c, algs, keys, n, &n_published);
	if (r != EXIT_OK)
		return r;
	if (!at_once) {
		say_published(c, n_published);
		return EXIT_OK;
	}
	nanosleep(&(struct timespec){ .tv_sec = NODES_READ_S }, NULL);
	r = activate_successors(c, algs);
	if (r == EXIT_OK)
		ctl_print(c, "%s", ctl_say(c, "khoá mới đang ký; khoá cũ chỉ còn xác minh", "the new keys sign; the old ones only verify"));
	return r;
}

static int keys_destroy(struct ctl *c, const char *kid)
{
	if (signing_key_destroy(&c->op, str_c(kid), ctl_operator(c)) < 0)
		return ctl_fail_op(c);
	ctl_print(c, "%s: %s", kid, ctl_say(c, "đã huỷ", "destroyed"));
	return EXIT_OK;
}

struct keys_request {
	struct str what, alg;
	bool at_once;
};

static bool is_request(const struct ctl *c, const struct keys_request *rq)
{
	size_t n_args = str_equal(rq->what, STR("destroy")) ? 2 : 1;

	if (str_equal(rq->what, STR("rotate")))
		return c->n_args == n_args;
	return c->n_args == n_args && !rq->at_once && str_is_null(rq->alg) &&
	       (str_equal(rq->what, STR("list")) || str_equal(rq->what, STR("destroy")));
}

/* Where keys are made and end. */
static int need_token(struct ctl *c)
{
	struct key_source source = { .master_secret = c->config.master_secret };

	if (pkcs11_open(&c->op, &c->config.pkcs11, &c->token) < 0)
		return ctl_fail_op(c);
	source.token = c->token;
	c->keys = keyring_free(c->keys);
	if (keyring_open(&c->op, &source, &c->keys) < 0)
		return ctl_fail_op(c);
	c->op.keys = c->keys;
	return EXIT_OK;
}

int cmd_keys(struct ctl *c)
{
	struct keys_request rq = { STR_NULL, STR_NULL, false };
	const struct ctl_option options[] = { { "alg", &rq.alg, NULL, false }, { "now", NULL, &rq.at_once, false } };
	int r = ctl_options(c, options, ARRAY_LEN(options), 1, 2);

	if (r != EXIT_OK)
		return r;
	rq.what = str_c(c->args[0]);
	if (!is_request(c, &rq))
		return ctl_usage_error(c, "senctl keys %s", c->command->usage);
	r = ctl_open(c, CTL_KEYS | CTL_DB);
	if (r != EXIT_OK)
		return r;
	if (str_equal(rq.what, STR("list")))
		return keys_list(c);
	r = need_token(c);
	if (r != EXIT_OK)
		return r;
	return str_equal(rq.what, STR("rotate")) ? keys_rotate(c, rq.alg, rq.at_once) : keys_destroy(c, c->args[1]);
}
