#include "server/scim/patch.h"

static struct str text_of(const json_t *json)
{
	return str_n(json_string_value(json), json_string_length(json));
}

/* A member whatever the case of its name; *ret_twice: two of them. */
static const json_t *member(const json_t *object, const char *wanted, bool *ret_twice)
{
	const json_t *found = NULL;
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
		if (str_equal_nocase(str_c(name), str_c(wanted))) {
			*ret_twice = *ret_twice || found;
			found = value;
		}
	return found;
}

static bool read_verb(const json_t *json, enum scim_verb *ret_verb)
{
	static const struct str verbs[] = { STR("add"), STR("remove"), STR("replace") };

	for (size_t i = 0; i < ARRAY_LEN(verbs) && json_is_string(json); i++)
		if (str_equal_nocase(text_of(json), verbs[i])) {
			*ret_verb = (enum scim_verb)i;
			return true;
		}
	return false;
}

static int read_op(struct op *op, const json_t *json, struct scim_patch_op *ret)
{
	bool twice = false;
	const json_t *path;

	if (!json_is_object(json) || !read_verb(member(json, "op", &twice), &ret->verb))
		return scim_fail(op, SCIM_INVALID_SYNTAX, "an operation is add, remove or replace");
	path = member(json, "path", &twice);
	ret->value = member(json, "value", &twice);
	if (twice)
		return scim_fail(op, SCIM_INVALID_SYNTAX, "a name stands twice");
	if (path && !json_is_string(path) && !json_is_null(path))
		return scim_fail(op, SCIM_INVALID_PATH, "a path is text");
	ret->path = json_is_string(path) && json_string_length(path) > 0 ? arena_dup(op->arena, text_of(path)) : STR_NULL;
	if (str_is_null(ret->path) && ret->verb == SCIM_REMOVE)
		return scim_fail(op, SCIM_NO_TARGET, "remove needs a path");
	if (!ret->value && ret->verb != SCIM_REMOVE)
		return scim_fail(op, SCIM_INVALID_VALUE, "add and replace need a value");
	return 0;
}

static bool names_patch(const json_t *body)
{
	bool twice = false;
	const json_t *schemas = member(body, "schemas", &twice);

	for (size_t i = 0; i < json_array_size(schemas); i++)
		if (json_is_string(json_array_get(schemas, i)) && str_equal_nocase(text_of(json_array_get(schemas, i)), STR(SCIM_URN_PATCH)))
			return true;
	return false;
}

int scim_patch_read(struct op *op, const json_t *body, const struct scim_patch_op **ret_ops, size_t *ret_n)
{
	bool twice = false;
	const json_t *list = member(body, "Operations", &twice);
	struct scim_patch_op *ops;

	if (!names_patch(body) || !json_is_array(list) || json_array_size(list) == 0 || twice)
		return scim_fail(op, SCIM_INVALID_SYNTAX, "a PatchOp with Operations is needed");
	if (json_array_size(list) > SCIM_PATCH_MAX_OPS)
		return scim_fail(op, SCIM_TOO_MANY, "more than 100 operations");
	ops = ARENA_ARRAY(op->arena, struct scim_patch_op, json_array_size(list));
	for (size_t i = 0; i < json_array_size(list); i++) {
		int r = read_op(op, json_array_get(list, i), &ops[i]);

		if (r < 0)
			return r;
	}
	*ret_ops = ops;
	*ret_n = json_array_size(list);
	return 0;
}
