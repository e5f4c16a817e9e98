/*
 * SCIM 2.0 platforms (RFC 7643, RFC 7644): what a connector does, by the parts in provisioning/scim_*.c.
 *
 * Written against servers as they are: a Location may be missing, a body too; a filter may be
 * ignored; paging may be ignored; an update may answer 200, 204 or with half the user.
 */
#include "provisioning/connectors/registry.h"

#include "common/base/err.h"
#include "common/base/url.h"
#include "common/net/http_client.h"
#include "provisioning/scim/events.h"
#include "provisioning/scim/groups.h"
#include "provisioning/scim/write.h"

#include <stdlib.h>

#define ANSWER_MAX_BYTES ((size_t)1024 * 1024)

static void make_locks(struct scim *s)
{
	pthread_mutex_init(&s->asking, NULL);
	pthread_mutex_init(&s->lock, NULL);
	pthread_mutex_init(&s->hearing, NULL);
	combine_init(&s->bulk);
	combine_init(&s->members);
}

static int scim_open(struct op *op, const struct connector_config *config, void **ret_instance)
{
	struct http_client_config http = {
		.egress_allow = config->egress_allow,
		.ca_file = config->ca_file,
		.cert_file = config->cert_file,
		.key_file = config->key_file,
		.connect_timeout_ms = (int)config->timeout_ms,
		.total_timeout_ms = (int)config->timeout_ms,
		.max_answer_bytes = ANSWER_MAX_BYTES,
		.pool_size = (unsigned)config->concurrency,
	};
	struct scim_switches switches;
	const char *fault = scim_profile_read(op->arena, config->profile, config->switches, &switches);
	struct http_client *client;
	struct scim *s;

	if (fault)
		return op_fail_detail(op, ERR_CONFIG, "the switches of a SCIM platform", "%s", fault);
	if (http_client_new(op, &http, &client) < 0)
		return op->error.code;
	s = calloc(1, sizeof(*s));
	if (!s)
		abort();
	s->config = config;
	s->http = client;
	s->switches = switches;
	s->base = config->url;
	while (str_ends(s->base, STR("/")))
		s->base.len--;
	s->group_ids = json_new_object();
	s->group_state = json_new_object();
	s->answers = json_new_object();
	s->acks = json_new_array();
	make_locks(s);
	scim_auth_init(&s->auth, config, client);
	atomic_store(&s->only_put, str_equal(config->update, STR("put")) || switches.of[SCIM_SW_PATCH] == SCIM_NO);
	*ret_instance = s;
	return 0;
}

static void scim_close(void *instance)
{
	struct scim *s = instance;

	http_client_free(s->http);
	scim_auth_done(&s->auth);
	combine_done(&s->bulk);
	combine_done(&s->members);
	pthread_mutex_destroy(&s->asking);
	pthread_mutex_destroy(&s->lock);
	pthread_mutex_destroy(&s->hearing);
	json_decref(s->group_ids);
	json_decref(s->group_state);
	json_decref(s->answers);
	json_decref(s->acks);
	free(s);
}

/* By a name or an id of ours that it carries and that is another's. */
static bool is_about_another(const json_t *user, const struct desired *want)
{
	struct str owner = json_get_str(user, "externalId"), name = json_get_str(user, "userName");

	return (!str_is_empty(owner) && !str_equal(owner, want->account_id)) || (!str_is_empty(name) && !str_equal_nocase(name, want->login));
}

/* The id, by the body or the Location (relative, or not of a user at all). */
static void take_id(struct call *c, const struct scim_exchange *x, struct observed *ret)
{
	struct str id;

	if (!str_is_null(ret->ext_id) || str_is_empty(x->answer.location))
		return;
	id = scim_id_of_location(x->answer.location);
	if (!str_is_null(id) && (x->status == 202 || !url_unescape(c->op->arena, id, &ret->ext_id)))
		ret->ext_id = STR_NULL;
}

/* It is said to be made, and not said what it is called there: now, or (202) in a while. */
static enum verdict find_made(struct call *c, const struct scim_exchange *x, struct observed *ret)
{
	int64_t ms = 0;
	enum verdict verdict;

	do
		verdict = scim_look_up(c, ret);
	while (verdict == VERDICT_ABSENT && x->status == 202 && scim_pause(c, &ms));
	if (verdict == VERDICT_DONE)
		return verdict;
	return call_fault(c, VERDICT_IN_DOUBT, "answer", "%d without an id, and the account is not found", x->status);
}

/* It is there, so whatever comes of its groups, it has its identifier. */
static enum verdict enter_groups(struct call *c, struct observed *ret)
{
	_json_ json_t *user = json_new_object();
	bool is_changed;
	enum verdict verdict;

	json_set_str(user, "id", ret->ext_id);
	c->ext_id = ret->ext_id;
	verdict = scim_groups_bring(c, user, true, &is_changed);
	*ret = (struct observed){ .ext_id = c->ext_id };
	/* Not of the account itself. */
	return verdict == VERDICT_CONFLICT || verdict == VERDICT_ABSENT ? VERDICT_NOT_DONE : verdict;
}

static enum verdict create_user(struct call *c, struct observed *ret)
{
	struct scim *s = c->instance;
	struct scim_shape shape = scim_shape(s);
	struct desired want = scim_shape_want(&shape, c->want);
	_json_ json_t *user = scim_user(&want);
	_exchange_ struct scim_exchange x = { .kind = SCIM_CREATE, .method = "POST", .path = STR("/Users"), .body = user };
	enum verdict verdict;

	scim_shape_user(c->op->arena, &shape, user, NULL);
	verdict = scim_exchange(c, &x);
	x.body = NULL;
	if (verdict != VERDICT_DONE)
		return verdict;
	if (is_about_another(x.json, c->want))
		return call_fault(c, VERDICT_IN_DOUBT, "answer", "the answer is about another account");
	if (scim_user_hit(x.json, c->want) == SCIM_HIT_OURS)
		scim_observe(c, x.json, arena_dup(c->op->arena, x.answer.etag), ret);
	else
		*ret = (struct observed){ .ext_id = scim_user_id(c->op->arena, x.json) };
	take_id(c, &x, ret);
	return str_is_null(ret->ext_id) ? find_made(c, &x, ret) : VERDICT_DONE;
}

static enum verdict scim_create(struct call *c, struct observed *ret)
{
	enum verdict verdict = scim_discover(c);

	if (verdict == VERDICT_DONE)
		verdict = create_user(c, ret);
	return verdict == VERDICT_DONE && scim_has_groups(c->instance) ? enter_groups(c, ret) : verdict;
}

static enum verdict scim_read_back(struct call *c, struct observed *ret)
{
	_exchange_ struct scim_exchange x = { 0 };
	struct scim_groups *groups;
	enum verdict verdict = scim_read_user(c, &x);

	if (verdict != VERDICT_DONE)
		return verdict;
	scim_observe(c, x.json, arena_dup(c->op->arena, x.answer.etag), ret);
	if (!scim_has_groups(c->instance))
		return VERDICT_DONE;
	groups = ARENA_NEW(c->op->arena, struct scim_groups);
	verdict = scim_groups_of(c, x.json, groups);
	ret->matches = ret->matches && verdict == VERDICT_DONE && scim_groups_match(groups, c->want);
	return verdict;
}

/* Takes access away, and no more. */
static enum verdict make_inactive(struct call *c)
{
	struct scim_shape shape = scim_shape(c->instance);
	_json_ json_t *plain = scim_patch_inactive(), *patch = scim_shape_patch(&shape, shape.style, plain, NULL);
	_exchange_ struct scim_exchange x = { .kind = SCIM_CHANGE, .method = "PATCH", .path = scim_user_path(c->op->arena, c->ext_id), .body = patch };
	enum verdict verdict = scim_exchange(c, &x);

	x.body = NULL;
	return verdict;
}

/*
 * A platform that will not have an empty list of roles must still let go of the account.  Whether it really will not have it
 * is asked twice: the refusal may have been the answer to another request.
 */
static enum verdict scim_disable(struct call *c, struct observed *ret)
{
	enum verdict verdict = scim_update(c, ret);

	if (verdict != VERDICT_REFUSED)
		return verdict;
	verdict = make_inactive(c);
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
	enum verdict verdict = scim_read_user(c, &now);
	int64_t ms = 0;

	if (verdict != VERDICT_DONE)
		return verdict;
	if (!str_equal(json_get_str(now.json, "externalId"), c->want->account_id))
		return call_fault(c, VERDICT_CONFLICT, "disputed", "the account there does not carry our id; it is not deleted");
	x.if_match = scim_version(c, &now);
	verdict = scim_exchange(c, &x);
	if (verdict != VERDICT_DONE || x.status != 202)
		return verdict;
	/* It goes on: the account is gone when it is gone. */
	while (scim_pause(c, &ms)) {
		scim_exchange_done(&now);
		if (scim_read_user(c, &now) == VERDICT_ABSENT)
			return VERDICT_DONE;
	}
	return call_fault(c, VERDICT_IN_DOUBT, "pending", "DELETE was answered 202, and the account is still there");
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
	.notices = scim_notices,
};
