/* patch_group.c: what a PATCH of a group says, without the group. */

#include "server/scim/patch.h"

struct reading {
	struct op *op;
	struct scim_group_step *steps;
	size_t n, n_ids;
};

static int add_step(struct reading *in, struct scim_group_step step)
{
	if (in->n == SCIM_GROUP_STEPS_MAX)
		return scim_fail(in->op, SCIM_TOO_MANY, "too many operations");
	in->steps[in->n++] = step;
	return 0;
}

static int read_ids(struct reading *in, const json_t *values, const struct str **ret_ids, size_t *ret_n)
{
	size_t n = json_is_array(values) ? json_array_size(values) : 1, n_ids = 0;
	struct str *ids = ARENA_ARRAY(in->op->arena, struct str, n + 1);

	in->n_ids += n;
	if (in->n_ids > SCIM_VALUES_MAX)
		return scim_fail(in->op, SCIM_TOO_MANY, "more than 1000 members in one request");
	for (size_t i = 0; i < n; i++) {
		const json_t *one = json_is_array(values) ? json_array_get(values, i) : values;
		struct str id = json_is_object(one) ? json_get_str(one, "value") :
		                json_is_string(one) ? str_n(json_string_value(one), json_string_length(one)) : STR_NULL;

		if (str_is_null(id))
			return scim_fail(in->op, SCIM_INVALID_VALUE, "a member is an object with value");
		ids[n_ids++] = arena_dup(in->op->arena, id);
	}
	*ret_ids = ids;
	*ret_n = n_ids;
	return 0;
}

/* members[value eq "a" or value eq "b"]; anything else would need the whole group. */
static int ids_of_filter(struct reading *in, const struct scim_filter *f, struct str *ids, size_t *n)
{
	if (f->op == SCIM_OR)
		return ids_of_filter(in, f->left, ids, n) < 0 ? in->op->error.code : ids_of_filter(in, f->right, ids, n);
	if (f->op != SCIM_EQ || !f->ref.sub || !str_equal(str_c(f->ref.sub->name), STR("value")))
		return scim_fail(in->op, SCIM_INVALID_FILTER, "members are chosen by value eq");
	ids[(*n)++] = f->text;
	return 0;
}

static int change_members(struct reading *in, enum scim_verb verb, const json_t *value)
{
	struct scim_group_step step = { .what = verb == SCIM_REMOVE ? SCIM_MEMBERS_REMOVE : SCIM_MEMBERS_ADD };
	bool is_nothing = !value || json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0);
	int r = 0;

	/* null says nothing of the members (Okta sends it with each renaming); [] says that there are none. */
	if ((verb == SCIM_REPLACE && json_is_array(value)) || (verb == SCIM_REMOVE && !value))
		r = add_step(in, (struct scim_group_step){ .what = SCIM_MEMBERS_CLEAR });
	if (r < 0 || is_nothing)
		return r;
	r = read_ids(in, value, &step.ids, &step.n_ids);
	return r < 0 ? r : add_step(in, step);
}

static int change_text(struct reading *in, enum scim_verb verb, const struct scim_attr *attr, const json_t *value)
{
	bool is_name = str_equal(str_c(attr->name), STR("displayName"));
	struct scim_group_step step = { .what = is_name ? SCIM_NAME_SET : SCIM_EXTERNAL_ID_SET };
	_json_ json_t *read = NULL;
	int r = verb == SCIM_REMOVE ? 0 : scim_value_read(in->op, attr, value, &read);

	if (r < 0)
		return r;
	if (!read && is_name)
		return scim_fail(in->op, SCIM_MUTABILITY, "a group has a name");
	if (read)
		step.text = arena_dup(in->op->arena, str_n(json_string_value(read), json_string_length(read)));
	return add_step(in, step);
}

static int change_chosen(struct reading *in, enum scim_verb verb, const struct scim_path *path)
{
	struct str *ids = ARENA_ARRAY(in->op->arena, struct str, SCIM_FILTER_MAX_TERMS + 1);
	struct scim_group_step step = { .what = SCIM_MEMBERS_REMOVE, .ids = ids };
	int r;

	if (verb != SCIM_REMOVE || path->ref.sub)
		return scim_fail(in->op, SCIM_MUTABILITY, "a member does not change");
	r = ids_of_filter(in, path->filter, ids, &step.n_ids);
	in->n_ids += step.n_ids;
	return r < 0 ? r : add_step(in, step);
}

static int change(struct reading *in, enum scim_verb verb, struct str name, const json_t *value)
{
	struct scim_path path;
	int r = scim_path_read(in->op, &scim_group, name, &path);

	if (r < 0)
		return r;
	if (path.ref.attr && path.ref.attr->mutability == SCIM_READ_ONLY)
		return scim_fail(in->op, SCIM_MUTABILITY, "the attribute cannot be changed so");
	if (path.filter)
		return change_chosen(in, verb, &path);
	if (path.ref.sub)
		return scim_fail(in->op, SCIM_MUTABILITY, "a member does not change");
	return path.ref.attr->multi ? change_members(in, verb, value) : change_text(in, verb, path.ref.attr, value);
}

static int change_each(struct reading *in, enum scim_verb verb, const json_t *value)
{
	const char *name;
	json_t *one;
	int r = json_is_object(value) ? 0 : scim_fail(in->op, SCIM_INVALID_VALUE, "without a path the value is an object");

	json_object_foreach((json_t *)(uintptr_t)value, name, one) {
		struct str full = str_c(name);

		if (r < 0)
			break;
		if (!str_equal_nocase(full, STR("id")) && !str_equal_nocase(full, STR("schemas")) && !str_equal_nocase(full, STR("meta")))
			r = change(in, verb, full, one);
	}
	return r;
}

int scim_group_patch_read(struct op *op, const json_t *body, const struct scim_group_step **ret_steps, size_t *ret_n)
{
	struct reading in = { .op = op, .steps = ARENA_ARRAY(op->arena, struct scim_group_step, SCIM_GROUP_STEPS_MAX) };
	const struct scim_patch_op *ops;
	size_t n;
	int r = scim_patch_read(op, body, &ops, &n);

	for (size_t i = 0; i < n && r == 0; i++)
		r = str_is_null(ops[i].path) ? change_each(&in, ops[i].verb, ops[i].value) : change(&in, ops[i].verb, ops[i].path, ops[i].value);
	*ret_steps = in.steps;
	*ret_n = in.n;
	return r;
}
