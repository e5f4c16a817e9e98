/*
 * Token exchange (RFC 8693) as delegation between platforms: a platform that was given a token of an official
 * asks for one with which it acts for him at another platform.
 *
 *   who        a confidential client that the token was issued to, or is meant for: a token that merely came
 *              its way is worth nothing to it; a bound one only with the proof of its key.  Where the token says who may
 *              act (may_act, by sen_may_act of its client), that client instead of those that it is meant for
 *   where to   one target, of those that the operator registered for the client (sen_exchange_audiences); where it is
 *              another client, the official must have a role on that one's platform too
 *   what       no more than the subject token has, no longer than it lasts, no refresh token, no ID token
 *   whose      sub is the official's subject towards the exchanging client, as in every token issued to it.  Were it
 *              that of the target, the exchanging client could read there how the target knows him, which is
 *              what pairwise subjects are to prevent; the target learns who he is by introspection, where it may ask.
 *   how long   it names the family that the subject token came of: whatever ends that, ends it
 */
#include "common/base/json.h"
#include "server/oidc/access_token.h"
#include "server/oidc/authorization_details.h"
#include "server/oidc/grants.h"
#include "server/oidc/official.h"

#define TYPE_ACCESS_TOKEN "urn:ietf:params:oauth:token-type:access_token"
#define ACT_CHAIN_MAX 3
#define ACT_DEPTH (ACT_CHAIN_MAX + 1)

/* Scopes that are not handed on: the administration API, and life beyond the session. */
static const char *const kept_back[] = { SCOPE_ADMIN, SCOPE_ADMIN_READ, SCOPE_OFFLINE };

DB_QUERY(exchange_audit, DB_WRITE,
	"INSERT INTO sen.audit (actor, action, account_id, object, request_id, data)"
	" VALUES ('client:' || $1::text, 'token.exchange', $2::uuid, $3::text, $4::text, jsonb_build_object('scope', $5::text, 'act', $6::jsonb))");

static int check_request(struct op *op, const struct token_request *rq)
{
	bool has_actor = !str_is_null(rq->actor_token);

	if (rq->client->auth_method == CLIENT_AUTH_NONE)
		return op_fail(op, ERR_UNAUTHORIZED_CLIENT, "a public client cannot exchange tokens");
	if (str_is_null(rq->subject_token) || str_is_null(rq->subject_token_type))
		return op_fail(op, ERR_INVALID_REQUEST, "subject_token and subject_token_type are needed");
	if (!str_equal(rq->subject_token_type, STR(TYPE_ACCESS_TOKEN)))
		return op_fail(op, ERR_INVALID_REQUEST, "subject_token_type must be that of an access token");
	if (has_actor != !str_is_null(rq->actor_token_type))
		return op_fail(op, ERR_INVALID_REQUEST, "actor_token and actor_token_type belong together");
	if (has_actor && !str_equal(rq->actor_token_type, STR(TYPE_ACCESS_TOKEN)))
		return op_fail(op, ERR_INVALID_REQUEST, "actor_token_type must be that of an access token");
	if (!str_is_null(rq->requested_token_type) && !str_equal(rq->requested_token_type, STR(TYPE_ACCESS_TOKEN)))
		return op_fail(op, ERR_INVALID_REQUEST, "requested_token_type must be that of an access token");
	return 0;
}

/* Live, and its key proved.  RFC 8693 §2.2.2: what is wrong with a token here is invalid_request. */
static int check_token(struct op *op, const struct token_request *rq, struct str token, struct access_claims *ret_claims)
{
	static const char refused[] = "a token in the request is not valid";
	int r = access_token_check(op, rq->settings->issuer, token, ret_claims);

	if (r == ERR_INVALID_TOKEN) {
		op_forgive(op);
		return op_fail_detail(op, ERR_INVALID_REQUEST, refused, "not live, or none of ours");
	}
	if (r < 0)
		return r;
	if (!snapshot_client(rq->snapshot, ret_claims->client_id))
		return op_fail_detail(op, ERR_INVALID_REQUEST, refused, "its client is gone");
	if ((!str_is_null(ret_claims->jkt) && !str_equal(ret_claims->jkt, rq->jkt)) ||
	    (!str_is_null(ret_claims->x5t) && !str_equal(ret_claims->x5t, rq->x5t)))
		return op_fail(op, ERR_INVALID_REQUEST, "a bound token comes with the proof of its key");
	return 0;
}

static bool may_act(const struct client *client, const struct access_claims *subject)
{
	if (str_equal(subject->client_id, client->id))
		return true;
	if (!str_is_null(subject->may_act))
		return str_equal(subject->may_act, client->id);
	return str_equal(subject->aud, client->id) || str_list_has(client->resources, subject->aud);
}

static int check_subject(struct op *op, const struct token_request *rq, struct access_claims *ret_claims)
{
	const struct client *client = rq->client;
	int r = check_token(op, rq, rq->subject_token, ret_claims);

	if (r < 0)
		return r;
	if (!ret_claims->has_account)
		return op_fail(op, ERR_INVALID_REQUEST, "subject_token must be one of a person");
	if (!may_act(client, ret_claims))
		return op_fail(op, ERR_INVALID_REQUEST, "subject_token is not meant for this client");
	return 0;
}

/* The client itself, whether it says so with a token or not: nobody acts in another's name here. */
static int check_actor(struct op *op, const struct token_request *rq)
{
	struct access_claims actor;
	int r;

	if (str_is_null(rq->actor_token))
		return 0;
	r = check_token(op, rq, rq->actor_token, &actor);
	if (r >= 0 && (actor.has_account || !str_equal(actor.client_id, rq->client->id)))
		return op_fail(op, ERR_INVALID_REQUEST, "actor_token must be the client's own");
	return r;
}

static int check_target(struct op *op, const struct token_request *rq, struct str account_id, struct str *ret_audience)
{
	struct str target = str_is_null(rq->audience) ? rq->resource : rq->audience;
	const struct client *to;
	bool has = true;
	int r = 0;

	if (str_is_null(target))
		return op_fail(op, ERR_INVALID_REQUEST, "audience or resource is needed");
	if ((!str_is_null(rq->audience) && !str_is_null(rq->resource)) || str_index(target, ' ') >= 0)
		return op_fail(op, ERR_INVALID_TARGET, "a token is for one target: ask for each in a request of its own");
	if (!str_list_has(rq->client->exchange_audiences, target))
		return op_fail(op, ERR_INVALID_TARGET, "the client may not exchange for this target");
	to = snapshot_client(rq->snapshot, target);
	if (to && to->platform_id >= 0)
		r = official_has_platform(op, account_id, to->platform_id, &has);
	if (r >= 0 && !has)
		return op_fail(op, ERR_INVALID_TARGET, "the person has no role on the target's platform");
	*ret_audience = target;
	return r;
}

static bool is_kept_back(struct str scope)
{
	for (size_t i = 0; i < ARRAY_LEN(kept_back); i++)
		if (str_equal(scope, str_c(kept_back[i])))
			return true;
	return false;
}

/* What both the subject token and the client have; asked for more, it is refused. */
static int narrow_scope(struct op *op, const struct token_request *rq, struct str granted, struct str *ret_scope)
{
	struct str rest = str_is_null(rq->scope) ? granted : rq->scope, kept = STR_NULL, part;

	while (str_split(&rest, ' ', &part)) {
		if (str_is_empty(part) || scope_has(kept, part))
			continue;
		if (scope_has(granted, part) && client_may_scope(rq->client, part) && !is_kept_back(part))
			kept = str_is_null(kept) ? part : arena_printf(op->arena, "%.*s %.*s", STR_ARG(kept), STR_ARG(part));
		else if (!str_is_null(rq->scope))
			return op_fail(op, ERR_INVALID_SCOPE, "scope exceeds what may be handed on");
	}
	if (str_is_null(kept))
		return op_fail(op, ERR_INVALID_SCOPE, "nothing of the scope may be handed on");
	*ret_scope = kept;
	return 0;
}

/* RFC 8693 §4.1: the outermost act is the present actor, those inside acted before. */
static int make_act(struct op *op, struct str actor, struct str before, struct str *ret_act)
{
	_json_ json_t *act = json_new_object();
	json_t *inner = str_is_null(before) ? NULL : json_read(before, ACT_DEPTH, NULL);
	size_t n = 1;

	for (const json_t *a = inner; a; a = json_object_get(a, "act"))
		n++;
	json_set_str(act, "sub", actor);
	if (inner)
		json_set_take(act, "act", inner);
	if (n > ACT_CHAIN_MAX || (!str_is_null(before) && !inner))
		return op_fail(op, ERR_INVALID_REQUEST, "the token has been exchanged too often");
	*ret_act = json_write(op->arena, act, false);
	return 0;
}

int grant_exchange(struct op *op, const struct token_request *rq, struct authorization *ret)
{
	struct authorization auth = { .issued_token_type = STR(TYPE_ACCESS_TOKEN) };
	struct access_claims subject;
	struct db_rows rows;
	int r = check_request(op, rq);

	if (r >= 0)
		r = check_subject(op, rq, &subject);
	if (r >= 0)
		r = check_actor(op, rq);
	if (r >= 0)
		r = check_target(op, rq, subject.family.account_id, &auth.audience);
	if (r >= 0)
		r = narrow_scope(op, rq, subject.scope, &auth.scope);
	if (r >= 0)
		r = authorization_details_narrow(op, subject.details, rq->authorization_details, &auth.extra.details);
	if (r >= 0)
		r = make_act(op, rq->client->id, subject.act, &auth.extra.act);
	if (r >= 0)
		r = db_run(op, &exchange_audit, &rows, P_STR(rq->client->id), P_STR(subject.family.account_id),
		           P_STR(arena_printf(op->arena, "audience:%.*s", STR_ARG(auth.audience))), P_C(op->id), P_STR(auth.scope),
		           P_STR(auth.extra.act));
	if (r < 0)
		return r;
	auth.account_id = subject.family.account_id;
	auth.family_on = subject.family.on;
	auth.family_id = subject.family.id;
	auth.auth_time_s = subject.state.auth_time_s;
	auth.level = subject.state.level;
	auth.not_after_s = subject.exp_s;
	*ret = auth;
	return 0;
}
