/* users.c: /Users. */

#include "common/base/random.h"
#include "server/scim/user.h"

#include "server/governance/governance_audit.h"
#include "server/scim/patch.h"

static int answer(struct scim_call *call, struct scim_user *user, int status, struct scim_answer *ret)
{
	struct str etag;

	scim_finish(call, &scim_user, user->resource, user->created, user->changed, &etag);
	*ret = (struct scim_answer){ .status = status, .body = user->resource, .etag = etag, .location = scim_location(call, &scim_user, user->person_id) };
	return 0;
}

static int load_one(struct scim_call *call, struct str id, struct scim_user *ret)
{
	size_t n;
	int r = uuid_is_valid(id) ? scim_user_load(call->op, call->feed, &(struct scim_ids){ &id, 1, true }, ret, &n) : scim_not_found(call->op);

	return r == 0 && n == 0 ? scim_not_found(call->op) : r;
}

static int get(struct scim_call *call, struct str id, struct scim_answer *ret)
{
	struct scim_user user = { 0 };
	int r = load_one(call, id, &user);

	if (r < 0)
		return r;
	(void)answer(call, &user, 200, ret);
	if (!str_is_null(call->if_none_match) && scim_etag_matches(call->if_none_match, ret->etag)) {
		json_decref(ret->body);
		ret->body = NULL;
		ret->status = 304;
	}
	return 0;
}

static int load(struct scim_call *call, const struct str *ids, size_t *n, json_t *array)
{
	struct scim_user *users = ARENA_ARRAY(call->op->arena, struct scim_user, *n + 1);
	/* In lists only by name. */
	const struct scim_ids which = {
		ids, *n, !str_is_null(call->selection.attributes) && scim_selects(call->op->arena, &scim_user, &call->selection, SCIM_URN_OFFICIAL ":state"),
	};
	size_t n_users;
	int r = scim_user_load(call->op, call->feed, &which, users, &n_users);

	if (n_users > 0 && users[n_users - 1].is_last)
		while (*n > 1 && !str_equal(ids[*n - 1], users[n_users - 1].person_id))
			*n -= 1;
	for (size_t i = 0; i < n_users; i++) {
		scim_finish(call, &scim_user, users[i].resource, users[i].created, users[i].changed, NULL);
		json_array_append_new(array, users[i].resource);
	}
	return r;
}

/* Ends the transaction with its record; of a person who was held by the guard a note is kept. */
static int finish(struct scim_call *call, int r, const char *action, struct str person_id, struct str code)
{
	const struct governance_act act = { .action = action, .person_id = person_id, .object = code };
	json_t *data = json_new_object();

	json_set_str(data, "feed", call->feed->code);
	r = governance_commit(call->op, &call->feed->principal, r, &act, data);
	if (r == ERR_HELD)
		scim_guard_note(call->op, call->feed, person_id);
	return r;
}

/* Personnel's words for what is wrong with a statement. */
static int as_scim(struct op *op, int r)
{
	struct str field = STR_NULL;

	if (r != ERR_INVALID_VALUE && r != ERR_UNKNOWN_UNIT && r != ERR_UNKNOWN_PERSON && r != ERR_CONFLICT)
		return r;
	for (size_t i = 0; i < op->error.n_args; i++)
		if (strcmp(op->error.args[i].name, "scimType") == 0)
			return r;
		else if (strcmp(op->error.args[i].name, "field") == 0)
			field = op->error.args[i].value;
	op_forgive(op);
	if (r == ERR_UNKNOWN_PERSON)
		return op_fail(op, ERR_OUT_OF_SCOPE, "the person is beyond the scope of this source");
	if (r == ERR_CONFLICT)
		return scim_fail(op, SCIM_UNIQUENESS, "posts overlap, or a value is another's");
	(void)scim_fail(op, SCIM_INVALID_VALUE, "personnel does not accept a value: a day, a unit, or a text that is too long");
	return str_is_null(field) ? op->error.code : op_fail_arg(op, "field", field);
}

static int change(struct scim_call *call, struct scim_user *now, const json_t *resource)
{
	struct scim_stated s;
	int r = scim_user_read(call->op, call->feed, resource, now->resource, &s);

	if (r == 0)
		r = scim_user_carry_out(call->op, call->feed, now, &s);
	return r == 0 ? scim_user_update(call->op, call->feed, now, &s, resource) : r;
}

static int begin_user(struct scim_call *call, const json_t *resource, struct scim_stated *s, struct scim_user *now)
{
	struct str id;
	int r = scim_user_begin(call->op, call->feed, s, &id);

	if (r == 0)
		r = scim_user_insert(call->op, call->feed, id, s, resource);
	if (r == 0)
		r = scim_user_lock(call->op, call->feed, id, now);
	return r == 0 ? scim_user_carry_out(call->op, call->feed, now, s) : r;
}

static int create(struct scim_call *call, const json_t *body, struct scim_answer *ret)
{
	_json_ json_t *resource = NULL;
	struct scim_user now = { 0 }, user = { 0 };
	struct scim_stated s;
	int r = scim_resource_read(call->op, &scim_user, body, &resource);

	if (r == 0)
		r = scim_user_read(call->op, call->feed, resource, NULL, &s);
	if (r == 0)
		r = scim_begin(call->op);
	if (r < 0)
		return r;
	r = as_scim(call->op, begin_user(call, resource, &s, &now));
	if (r == 0)
		r = scim_user_update(call->op, call->feed, &now, &s, resource);
	json_decref(now.resource);
	r = finish(call, r, "feed.user.create", now.person_id, s.employee_code);
	if (r == 0)
		r = load_one(call, now.person_id, &user);
	return r == 0 ? answer(call, &user, 201, ret) : r;
}

/* How a change makes the new resource of the old one. */
enum how { BY_PUT, BY_PATCH };

/* What is stated, and cannot be left out: taken away, or null, it is as it was. */
static void keep_stated(json_t *resource, const json_t *now)
{
	static const char *const stated[] = { "active", "userType" };

	for (size_t i = 0; i < ARRAY_LEN(stated); i++)
		if (!json_object_get(resource, stated[i]) && json_object_get(now, stated[i]))
			json_object_set(resource, stated[i], json_object_get(now, stated[i]));
}

static int make(struct scim_call *call, enum how how, const struct scim_user *now, const json_t *body, json_t **ret)
{
	int r;

	if (how == BY_PUT)
		return scim_resource_replace(call->op, &scim_user, now->resource, body, ret);
	*ret = json_deep_copy(now->resource);
	r = scim_patch_apply(call->op, &scim_user, *ret, body);
	keep_stated(*ret, now->resource);
	return r;
}

static int change_locked(struct scim_call *call, enum how how, struct scim_user *now, const json_t *body, bool *ret_changed)
{
	_json_ json_t *new = NULL;
	int r = scim_check_match(call, scim_etag(call->op->arena, now->resource));

	if (r == 0)
		r = make(call, how, now, body, &new);
	*ret_changed = r == 0 && !scim_is_unchanged(now->resource, new);
	return *ret_changed ? as_scim(call->op, change(call, now, new)) : r;
}

static int change_user(struct scim_call *call, enum how how, struct str id, const json_t *body, struct scim_answer *ret)
{
	struct scim_user now = { 0 }, user = { 0 };
	bool changed = false;
	int r = uuid_is_valid(id) ? scim_begin(call->op) : scim_not_found(call->op);

	if (r < 0)
		return r;
	r = scim_user_lock(call->op, call->feed, id, &now);
	if (r == 0)
		r = change_locked(call, how, &now, body, &changed);
	json_decref(now.resource);
	if (r == 0 && !changed)
		db_rollback(call->op);
	else
		r = finish(call, r, "feed.user.change", id, now.employee_code);
	if (r == 0)
		r = load_one(call, id, &user);
	return r == 0 ? answer(call, &user, 200, ret) : r;
}

static int replace(struct scim_call *call, struct str id, const json_t *body, struct scim_answer *ret)
{
	return change_user(call, BY_PUT, id, body, ret);
}

static int patch(struct scim_call *call, struct str id, const json_t *body, struct scim_answer *ret)
{
	return change_user(call, BY_PATCH, id, body, ret);
}

static int remove_locked(struct scim_call *call, struct scim_user *now)
{
	struct str movement;
	int r = scim_check_match(call, scim_etag(call->op->arena, now->resource));

	if (r == 0 && !(call->feed->authority & SCIM_OF_ACTIVE))
		r = op_fail(call->op, ERR_OUT_OF_SCOPE, "this source does not say who works here");
	if (r == 0)
		r = scim_user_stop(call->op, call->feed, now, NULL, &movement);
	return r == 0 ? scim_user_forget(call->op, call->feed, now, movement) : r;
}

/* The person has vanished from the source: suspended for somebody to look, never deleted. */
static int remove_user(struct scim_call *call, struct str id, struct scim_answer *ret)
{
	struct scim_user now = { 0 };
	int r = uuid_is_valid(id) ? scim_begin(call->op) : scim_not_found(call->op);

	if (r < 0)
		return r;
	r = scim_user_lock(call->op, call->feed, id, &now);
	if (r == 0)
		r = remove_locked(call, &now);
	json_decref(now.resource);
	*ret = (struct scim_answer){ .status = 204 };
	return finish(call, r, "feed.user.delete", id, now.employee_code);
}

const struct scim_service scim_users = { &scim_user, create, get, replace, patch, remove_user, load };
