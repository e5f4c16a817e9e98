/*
 * SCIM 2.0 platforms (RFC 7643, RFC 7644).
 *
 * Written against servers as they are: a Location may be missing, a body too; a filter may be
 * ignored; paging may be ignored; an update may answer 200, 204 or with half the user.
 */
#include "provisioning/connectors/registry.h"

#include "common/base/err.h"
#include "common/base/url.h"
#include "common/net/http_client.h"
#include "provisioning/scim_http.h"

#include <stdlib.h>

#define ANSWER_MAX_BYTES ((size_t)1024 * 1024)

static int scim_open(struct op *op, const struct connector_config *config, void **ret_instance)
{
	struct http_client_config http = {
		.egress_allow = config->egress_allow,
		.ca_file = config->ca_file,
		.connect_timeout_ms = (int)config->timeout_ms,
		.total_timeout_ms = (int)config->timeout_ms,
		.max_answer_bytes = ANSWER_MAX_BYTES,
		.pool_size = (unsigned)config->concurrency,
	};
	struct http_client *client;
	struct scim *s;

	if (http_client_new(op, &http, &client) < 0)
		return op->error.code;
	s = calloc(1, sizeof(*s));
	if (!s || asprintf(&s->authorization, "Bearer %.*s", STR_ARG(config->token)) < 0)
		abort();
	s->config = config;
	s->http = client;
	s->base = config->url;
	while (str_ends(s->base, STR("/")))
		s->base.len--;
	atomic_store(&s->only_put, str_equal(config->update, STR("put")));
	*ret_instance = s;
	return 0;
}

static void scim_close(void *instance)
{
	struct scim *s = instance;

	http_client_free(s->http);
	explicit_bzero(s->authorization, str_c(s->authorization).len);
	free(s->authorization);
	free(s);
}

/* By a name or an id of ours that it carries and that is another's. */
static bool is_about_another(const json_t *user, const struct desired *want)
{
	struct str owner = json_get_str(user, "externalId"), name = json_get_str(user, "userName");

	return (!str_is_empty(owner) && !str_equal(owner, want->account_id)) || (!str_is_empty(name) && !str_equal_nocase(name, want->login));
}

static enum verdict scim_create(struct call *c, struct observed *ret)
{
	_json_ json_t *user = scim_user(c->want);
	_exchange_ struct scim_exchange x = { .kind = SCIM_CREATE, .method = "POST", .path = STR("/Users"), .body = user };
	enum verdict verdict = scim_exchange(c, &x);

	if (verdict != VERDICT_DONE)
		return verdict;
	if (is_about_another(x.json, c->want))
		return call_fault(c, VERDICT_IN_DOUBT, "answer", "the answer is about another account");
	if (scim_user_hit(x.json, c->want) == SCIM_HIT_OURS)
		scim_observe(c, x.json, arena_dup(c->op->arena, x.answer.etag), ret);
	else
		*ret = (struct observed){ .ext_id = scim_user_id(c->op->arena, x.json) };
	if (str_is_null(ret->ext_id) && !str_is_empty(x.answer.location)) {
		struct str id = scim_id_of_location(x.answer.location);

		if (!str_is_null(id) && !url_unescape(c->op->arena, id, &ret->ext_id))
			ret->ext_id = STR_NULL;
	}
	if (!str_is_null(ret->ext_id))
		return VERDICT_DONE;
	verdict = scim_look_up(c, ret);
	if (verdict == VERDICT_DONE)
		return verdict;
	return call_fault(c, VERDICT_IN_DOUBT, "answer", "%d without an id, and the account is not found", x.status);
}

static enum verdict read_user(struct call *c, struct scim_exchange *x)
{
	enum verdict verdict;

	*x = (struct scim_exchange){ .kind = SCIM_READ, .method = "GET", .path = scim_user_path(c->op->arena, c->ext_id) };
	verdict = scim_exchange(c, x);
	if (verdict == VERDICT_DONE && !json_is_object(x->json))
		return call_fault(c, VERDICT_NOT_DONE, "answer", "200 without a JSON object");
	/* A proxy or a doubled answer: what is said of somebody else proves nothing here. */
	if (verdict == VERDICT_DONE && !str_is_null(scim_user_id(c->op->arena, x->json)) &&
	    !str_equal(scim_user_id(c->op->arena, x->json), c->ext_id))
		return call_fault(c, VERDICT_NOT_DONE, "answer", "the answer is about another account");
	return verdict;
}

static enum verdict scim_read_back(struct call *c, struct observed *ret)
{
	_exchange_ struct scim_exchange x = { 0 };
	enum verdict verdict = read_user(c, &x);

	if (verdict == VERDICT_DONE)
		scim_observe(c, x.json, arena_dup(c->op->arena, x.answer.etag), ret);
	return verdict;
}

static bool patch_is_unknown(const struct scim_exchange *x)
{
	struct str type = json_get_str(x->json, "scimType");

	return x->status == 405 || x->status == 501 ||
	       (x->status == 400 && (str_equal(type, STR("noTarget")) || str_equal(type, STR("invalidPath"))));
}

static enum verdict put_user(struct call *c, const json_t *current, struct scim_exchange *x)
{
	_json_ json_t *user = scim_user_over(current, c->want);
	enum verdict verdict;

	*x = (struct scim_exchange){
		.kind = SCIM_CHANGE, .method = "PUT", .path = scim_user_path(c->op->arena, c->ext_id), .body = user
	};
	verdict = scim_exchange(c, x);
	x->body = NULL;
	return verdict;
}

/* Reads, sends what differs.  Also takes an account down: the desired document says so. */
static enum verdict scim_update(struct call *c, struct observed *ret)
{
	struct scim *s = c->instance;
	_exchange_ struct scim_exchange now = { 0 };
	_exchange_ struct scim_exchange x = { .kind = SCIM_CHANGE, .method = "PATCH" };
	_json_ json_t *patch = NULL;
	struct str owner;
	enum verdict verdict = read_user(c, &now);

	if (verdict != VERDICT_DONE)
		return verdict;
	owner = json_get_str(now.json, "externalId");
	if (!str_is_empty(owner) && !str_equal(owner, c->want->account_id))
		return call_fault(c, VERDICT_CONFLICT, "conflict", "the platform's id now belongs to another account");
	patch = scim_patch(now.json, c->want);
	if (!patch) {
		scim_observe(c, now.json, arena_dup(c->op->arena, now.answer.etag), ret);
		return VERDICT_DONE;
	}
	scim_note_changes(c, now.json, patch);
	if (!atomic_load(&s->only_put)) {
		x.path = scim_user_path(c->op->arena, c->ext_id);
		x.body = patch;
		verdict = scim_exchange(c, &x);
		if (verdict == VERDICT_REFUSED && (x.status == 405 || x.status == 501))
			atomic_store(&s->only_put, true);
	}
	if (atomic_load(&s->only_put) || (verdict == VERDICT_REFUSED && patch_is_unknown(&x))) {
		json_decref(x.json);
		verdict = put_user(c, now.json, &x);
	}
	if (verdict == VERDICT_DONE && scim_user_hit(x.json, c->want) == SCIM_HIT_OURS)
		scim_observe(c, x.json, arena_dup(c->op->arena, x.answer.etag), ret);
	return verdict;
}

/*
 * A platform that will not have an empty list of roles must still let go of the account.  Whether it really will not have it
 * is asked twice: the refusal may have been the answer to another request.
 */
static enum verdict scim_disable(struct call *c, struct observed *ret)
{
	enum verdict verdict = scim_update(c, ret);
	_json_ json_t *patch = NULL;
	_exchange_ struct scim_exchange x = { .kind = SCIM_CHANGE, .method = "PATCH" };

	if (verdict != VERDICT_REFUSED)
		return verdict;
	patch = scim_patch_inactive();
	x.path = scim_user_path(c->op->arena, c->ext_id);
	x.body = patch;
	verdict = scim_exchange(c, &x);
	if (verdict != VERDICT_DONE)
		return verdict;
	verdict = scim_update(c, ret);
	return verdict == VERDICT_REFUSED ? VERDICT_DONE : verdict;
}

/* Only what carries our account id: an identifier may have gone to somebody else. */
static enum verdict scim_remove(struct call *c, _unused_ struct observed *ret)
{
	_exchange_ struct scim_exchange now = { 0 };
	_exchange_ struct scim_exchange x = { .kind = SCIM_CHANGE, .method = "DELETE", .path = scim_user_path(c->op->arena, c->ext_id) };
	enum verdict verdict = read_user(c, &now);

	if (verdict != VERDICT_DONE)
		return verdict;
	if (!str_equal(json_get_str(now.json, "externalId"), c->want->account_id))
		return call_fault(c, VERDICT_CONFLICT, "disputed", "the account there does not carry our id; it is not deleted");
	return scim_exchange(c, &x);
}

static json_t *scim_expect(struct arena *a, void *instance, const struct desired *want)
{
	(void)instance;
	return scim_expected(a, want);
}

const struct connector connector_scim = {
	.kind = "scim",
	.open = scim_open,
	.close = scim_close,
	.look_up = scim_look_up,
	.create = scim_create,
	.update = scim_update,
	.disable = scim_disable,
	.read_back = scim_read_back,
	.remove = scim_remove,
	.list = scim_list,
	.expect = scim_expect,
	.match = scim_match,
	.adopt = scim_adopt,
};
