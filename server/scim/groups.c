/* groups.c: /Groups: a source's own lists of its users.  Members are rows; a change touches those that it names. */

#include "server/scim/group.h"

#include "common/base/random.h"
#include "common/base/text.h"
#include "server/governance/governance_audit.h"

static struct str etag_of(struct arena *a, const struct scim_group_row *group)
{
	return arena_printf(a, "W/\"g%lld\"", (long long)group->version);
}

static int check_authority(struct scim_call *call)
{
	if (call->feed->authority & SCIM_OF_GROUPS)
		return 0;
	return op_fail(call->op, ERR_OUT_OF_SCOPE, "this source has no groups");
}

static int to_json(struct scim_call *call, const struct scim_group_row *group, json_t **ret)
{
	json_t *resource = json_new_object(), *meta = json_new_object();

	json_set_str(resource, "id", group->id);
	json_set_str(resource, "displayName", group->display_name);
	json_set_str(resource, "externalId", group->external_id);
	if (group->n_members > 0)
		json_set_take(resource, "members", json_incref(group->members));
	json_set_str(meta, "resourceType", STR("Group"));
	json_set_str(meta, "created", group->created);
	json_set_str(meta, "lastModified", group->changed);
	json_set_str(meta, "location", scim_location(call, &scim_group, group->id));
	json_set_str(meta, "version", etag_of(call->op->arena, group));
	json_set_take(resource, "meta", meta);
	scim_select(call->op->arena, &scim_group, &call->selection, resource);
	json_set_take(resource, "schemas", scim_schemas_of(&scim_group, resource));
	*ret = resource;
	return 0;
}

static int load(struct scim_call *call, const struct str *ids, size_t *n, json_t *array)
{
	struct scim_group_row *groups = ARENA_ARRAY(call->op->arena, struct scim_group_row, *n + 1);
	bool with_members = scim_selects(call->op->arena, &scim_group, &call->selection, "members");
	size_t n_groups = 0;
	int r = with_members ? scim_group_fit(call->op, call->feed, ids, n) : 0;

	if (r == 0)
		r = scim_group_load(call->op, call->feed, ids, *n, groups, &n_groups);
	if (r == 0 && with_members)
		r = scim_group_load_members(call->op, call->feed, groups, n_groups);
	for (size_t i = 0; i < n_groups; i++) {
		json_t *resource;

		if (r == 0)
			r = to_json(call, &groups[i], &resource);
		if (r == 0)
			json_array_append_new(array, resource);
		json_decref(groups[i].members);
	}
	return r;
}

static int answer(struct scim_call *call, struct str id, int status, struct scim_answer *ret)
{
	_json_ json_t *array = json_new_array();
	struct scim_group_row group;
	size_t n;
	int r = scim_group_load(call->op, call->feed, &id, 1, &group, &n);

	if (r == 0 && n == 0)
		r = scim_not_found(call->op);
	if (r == 0)
		r = load(call, &id, &n, array);
	if (r < 0)
		return r;
	*ret = (struct scim_answer){ .status = status, .body = json_incref(json_array_get(array, 0)), .etag = etag_of(call->op->arena, &group),
		                      .location = scim_location(call, &scim_group, id) };
	return 0;
}

/* The change is done: more members than one answer shows are left out, and are no error. */
static int answer_changed(struct scim_call *call, struct str id, struct scim_answer *ret)
{
	int r = answer(call, id, 200, ret);

	if (r != ERR_BAD_REQUEST)
		return r;
	op_forgive(call->op);
	call->selection = (struct scim_selection){ .excluded = STR("members") };
	return answer(call, id, 200, ret);
}

static int get(struct scim_call *call, struct str id, struct scim_answer *ret)
{
	int r = uuid_is_valid(id) ? answer(call, id, 200, ret) : scim_not_found(call->op);

	if (r == 0 && !str_is_null(call->if_none_match) && scim_etag_matches(call->if_none_match, ret->etag)) {
		json_decref(ret->body);
		ret->body = NULL;
		ret->status = 304;
	}
	return r;
}

static int finish(struct scim_call *call, int r, const char *action, struct str id)
{
	const struct governance_act act = { .action = action, .object = id };
	json_t *data = json_new_object();

	json_set_str(data, "feed", call->feed->code);
	return governance_commit(call->op, &call->feed->principal, r, &act, data);
}

/* The steps that make a group what a body says: its name and members as a whole. */
static int steps_of(struct scim_call *call, const json_t *resource, bool is_new, struct scim_group_step *steps, size_t *ret_n)
{
	const json_t *members = json_object_get(resource, "members");
	size_t n = json_array_size(members), k = 0;
	struct str *ids = ARENA_ARRAY(call->op->arena, struct str, n + 1);

	for (size_t i = 0; i < n; i++)
		ids[i] = arena_dup(call->op->arena, json_get_str(json_array_get(members, i), "value"));
	if (!is_new) {
		steps[k++] = (struct scim_group_step){ .what = SCIM_NAME_SET, .text = arena_dup(call->op->arena, json_get_str(resource, "displayName")) };
		steps[k++] = (struct scim_group_step){ .what = SCIM_EXTERNAL_ID_SET, .text = arena_dup(call->op->arena, json_get_str(resource, "externalId")) };
		steps[k++] = (struct scim_group_step){ .what = SCIM_MEMBERS_CLEAR };
	}
	if (n > 0)
		steps[k++] = (struct scim_group_step){ .what = SCIM_MEMBERS_ADD, .ids = ids, .n_ids = n };
	*ret_n = k;
	return 0;
}

static int create(struct scim_call *call, const json_t *body, struct scim_answer *ret)
{
	_json_ json_t *resource = NULL;
	struct scim_group_step steps[4];
	struct scim_group_row group = { 0 };
	char uuid[UUID_TEXT_LEN + 1];
	size_t n = 0;
	int r = check_authority(call);

	if (r == 0)
		r = scim_resource_read(call->op, &scim_group, body, &resource);
	if (r == 0)
		r = steps_of(call, resource, true, steps, &n);
	if (r == 0)
		r = scim_begin(call->op);
	if (r < 0)
		return r;
	random_uuid(uuid);
	group.id = arena_dup_c(call->op->arena, uuid);
	group.display_name = arena_dup(call->op->arena, json_get_str(resource, "displayName"));
	group.external_id = arena_dup(call->op->arena, json_get_str(resource, "externalId"));
	r = scim_group_insert(call->op, call->feed, &group);
	if (r == 0)
		r = scim_group_apply(call->op, call->feed, &group, steps, n);
	r = finish(call, r, "feed.group.create", group.id);
	return r < 0 ? r : answer(call, group.id, 201, ret);
}

/* What a PUT leaves out of members is not said (a client renames and sends null); [] says that there are none. */
static size_t without_members(const json_t *body, struct scim_group_step *steps, size_t n)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)body, name, value)
		if (str_equal_nocase(str_c(name), STR("members")) && !json_is_null(value))
			return n;
	(void)steps;
	return 2;
}

static int change(struct scim_call *call, struct str id, const struct scim_group_step *steps, size_t n)
{
	struct scim_group_row group = { 0 };
	int r = check_authority(call);

	if (r == 0)
		r = uuid_is_valid(id) ? scim_begin(call->op) : scim_not_found(call->op);
	if (r < 0)
		return r;
	r = scim_group_lock(call->op, call->feed, id, &group);
	if (r == 0)
		r = scim_check_match(call, etag_of(call->op->arena, &group));
	if (r == 0)
		r = scim_group_apply(call->op, call->feed, &group, steps, n);
	return finish(call, r, "feed.group.change", id);
}

static int replace(struct scim_call *call, struct str id, const json_t *body, struct scim_answer *ret)
{
	_json_ json_t *resource = NULL;
	struct scim_group_step steps[4];
	size_t n = 0;
	int r = scim_resource_read(call->op, &scim_group, body, &resource);

	if (r == 0)
		r = steps_of(call, resource, false, steps, &n);
	if (r == 0)
		r = change(call, id, steps, without_members(body, steps, n));
	return r < 0 ? r : answer_changed(call, id, ret);
}

/* RFC 7644 §3.5.2: 204, unless attributes are asked for. */
static int patch(struct scim_call *call, struct str id, const json_t *body, struct scim_answer *ret)
{
	const struct scim_group_step *steps;
	size_t n;
	int r = scim_group_patch_read(call->op, body, &steps, &n);

	if (r == 0)
		r = change(call, id, steps, n);
	if (r < 0)
		return r;
	*ret = (struct scim_answer){ .status = 204 };
	return str_is_null(call->selection.attributes) ? 0 : answer_changed(call, id, ret);
}

static int remove_group(struct scim_call *call, struct str id, struct scim_answer *ret)
{
	static const struct scim_group_step clear = { .what = SCIM_MEMBERS_CLEAR };
	struct scim_group_row group = { 0 };
	int r = check_authority(call);

	if (r == 0)
		r = uuid_is_valid(id) ? scim_begin(call->op) : scim_not_found(call->op);
	if (r < 0)
		return r;
	r = scim_group_lock(call->op, call->feed, id, &group);
	if (r == 0)
		r = scim_check_match(call, etag_of(call->op->arena, &group));
	if (r == 0)
		r = scim_group_apply(call->op, call->feed, &group, &clear, 1);
	if (r == 0)
		r = scim_group_forget(call->op, call->feed, id);
	*ret = (struct scim_answer){ .status = 204 };
	return finish(call, r, "feed.group.delete", id);
}

const struct scim_service scim_groups = { &scim_group, create, get, replace, patch, remove_group, load };
