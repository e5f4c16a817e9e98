#include "provisioning/scim/shape.h"

#include "common/base/random.h"
#include "provisioning/scim/map.h"

#define PASSWORD_BYTES 24

struct desired scim_shape_want(const struct scim_shape *shape, const struct desired *want)
{
	struct desired bare = *want;

	if (!shape->has_roles)
		bare.n_roles = 0;
	if (!shape->has_enterprise)
		bare.unit_name = bare.employee_code = STR_NULL;
	if (shape->both_names && str_is_empty(bare.ho))
		bare.ho = bare.ten;
	if (shape->both_names && str_is_empty(bare.ten))
		bare.ten = bare.ho;
	return bare;
}

static bool is_address(const json_t *email, struct str mail)
{
	return str_equal_nocase(json_get_str(email, "value"), mail);
}

/* Another address in place of ours is none of ours: then it is replaced. */
static void keep_ours(json_t *user, const struct desired *want)
{
	json_t *emails = json_object_get(user, "emails"), *kept;

	if (want->mapping || !json_is_array(emails))
		return;
	kept = json_new_array();
	for (size_t i = 0; i < json_array_size(emails); i++)
		if (is_address(json_array_get(emails, i), want->mail))
			json_array_append(kept, json_array_get(emails, i));
	json_set_take(user, "emails", kept);
}

json_t *scim_shape_current(const struct scim_shape *shape, const json_t *current, const struct desired *want)
{
	json_t *seen = json_copy((json_t *)(uintptr_t)current);

	if (!json_is_object(seen))
		return seen;
	if (!shape->has_roles)
		json_object_del(seen, "roles");
	if (!shape->has_enterprise && !want->mapping)
		json_object_del(seen, SCIM_ENTERPRISE);
	if (shape->one_email)
		keep_ours(seen, want);
	return seen;
}

static void remove_text(json_t *list, const char *text)
{
	for (size_t i = json_array_size(list); i > 0; i--) {
		const char *item = json_string_value(json_array_get(list, i - 1));

		if (item && strcmp(item, text) == 0)
			json_array_remove(list, i - 1);
	}
}

/* As it came, or not at all. */
static void put_back(json_t *user, const json_t *current, const char *name)
{
	json_t *now = json_object_get(current, name);

	if (now)
		json_object_set(user, name, now);
	else
		json_object_del(user, name);
}

void scim_shape_user(struct arena *a, const struct scim_shape *shape, json_t *user, const json_t *current)
{
	json_t *emails = json_object_get(user, "emails");

	if (!shape->has_roles)
		put_back(user, current, "roles");
	if (!shape->has_enterprise) {
		put_back(user, current, SCIM_ENTERPRISE);
		if (!json_object_get(user, SCIM_ENTERPRISE))
			remove_text(json_object_get(user, "schemas"), SCIM_ENTERPRISE);
	}
	while (shape->one_email && json_array_size(emails) > 1)
		json_array_remove(emails, json_array_size(emails) - 1);
	/* Nobody knows it, and nobody shall; signing in is ours.  Every class of characters that a rule may want. */
	if (shape->has_password && !current)
		json_set_str(user, "password", random_token(a, STR("aA1!"), PASSWORD_BYTES));
}

static json_t *operation_of(const char *op, struct str path, json_t *value)
{
	json_t *operation = json_new_object();

	json_set_str(operation, "op", str_c(op));
	json_set_str(operation, "path", path);
	if (value)
		json_set_take(operation, "value", value);
	return operation;
}

static json_t *item_with(const json_t *list, const char *name, struct str text)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)(uintptr_t)list, i, item)
		if (str_equal(json_get_str(item, name), text))
			return item;
	return NULL;
}

/* The address of type work alone. */
static void email_by_value(json_t *operations, const json_t *operation, const json_t *current)
{
	json_t *ours = item_with(json_object_get(operation, "value"), "type", STR("work")), *list;

	if (item_with(json_object_get(current, "emails"), "type", STR("work"))) {
		json_array_append_new(operations, operation_of("replace", STR("emails[type eq \"work\"].value"), json_from_str(json_get_str(ours, "value"))));
		return;
	}
	list = json_new_array();
	json_array_append(list, ours);
	json_array_append_new(operations, operation_of("add", STR("emails"), list));
}

/* Role by role: what others have there meanwhile stays. */
static void roles_by_value(json_t *operations, const json_t *operation, const json_t *current)
{
	json_t *wanted = json_object_get(operation, "value"), *added = json_new_array(), *item;
	char path[256];
	size_t i;

	json_array_foreach(json_object_get(current, "roles"), i, item) {
		struct str code = json_get_str(item, "value");

		if (str_is_empty(code) || code.len > 100 || str_index(code, '"') >= 0 || item_with(wanted, "value", code))
			continue;
		/* cannot be cut: see the check above */
		(void)snprintf(path, sizeof(path), "roles[value eq \"%.*s\"]", STR_ARG(code));
		json_array_append_new(operations, operation_of("remove", str_c(path), NULL));
	}
	json_array_foreach(wanted, i, item)
		if (!item_with(json_object_get(current, "roles"), "value", json_get_str(item, "value")))
			json_array_append(added, item);
	if (json_array_size(added) > 0)
		json_array_append_new(operations, operation_of("add", STR("roles"), json_incref(added)));
	json_decref(added);
}

/* Some keep roles as strings: no filter finds these. */
static bool has_plain_text(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!json_is_object(json_array_get(list, i)))
			return true;
	return false;
}

static bool is_by_value(json_t *operations, const json_t *operation, const json_t *current)
{
	struct str path = json_get_str(operation, "path");

	if (!json_is_array(json_object_get(operation, "value")))
		return false;
	if (str_equal(path, STR("emails")) && str_equal(json_get_str(operation, "op"), STR("replace")))
		email_by_value(operations, operation, current);
	else if (str_equal(path, STR("roles")) && !has_plain_text(json_object_get(current, "roles")))
		roles_by_value(operations, operation, current);
	else
		return false;
	return true;
}

/* "name.familyName" and "urn:…:User:department" become members of members.  Takes over set. */
static void set_at(json_t *value, struct str path, json_t *set)
{
	struct str urn = STR(SCIM_ENTERPRISE ":"), parent = STR_NULL, rest = path;
	const char *outer = NULL;
	json_t *inner = value;
	char name[256];

	if (str_starts(path, urn)) {
		outer = SCIM_ENTERPRISE;
		rest = str_skip(path, urn.len);
	} else if (!str_starts(path, STR("urn:")) && str_index(path, '.') >= 0 && str_split(&rest, '.', &parent)) {
		(void)snprintf(name, sizeof(name), "%.*s", STR_ARG(parent));
		outer = name;
	}
	if (outer) {
		inner = json_object_get(value, outer);
		if (!inner) {
			inner = json_new_object();
			json_set_take(value, outer, inner);
		}
	}
	json_object_setn_new(inner, rest.p, rest.len, set);
}

/* A new reference; null, absent and [] are the same (RFC 7643 §2.5). */
static json_t *value_of(const json_t *operation)
{
	json_t *value = json_object_get(operation, "value");

	if (value)
		return json_incref(value);
	return str_equal(json_get_str(operation, "path"), STR("roles")) ? json_new_array() : json_null();
}

/* Only elements need a path. */
static json_t *pathless(const json_t *patch)
{
	json_t *operations = json_new_array(), *value = json_new_object(), *operation;
	size_t i;

	json_array_foreach(json_object_get(patch, "Operations"), i, operation) {
		struct str path = json_get_str(operation, "path");

		if (str_index(path, '[') < 0 && path.len < 200)
			set_at(value, path, value_of(operation));
		else
			json_array_append(operations, operation);
	}
	if (json_object_size(value) > 0) {
		operation = json_new_object();
		json_set_str(operation, "op", STR("replace"));
		json_set_take(operation, "value", json_incref(value));
		/* active stands in here: before anything else */
		json_array_insert_new(operations, 0, operation);
	}
	json_decref(value);
	return operations;
}

static json_t *by_value(const json_t *patch, const json_t *current)
{
	json_t *operations = json_new_array(), *operation;
	size_t i;

	json_array_foreach(json_object_get(patch, "Operations"), i, operation)
		if (!is_by_value(operations, operation, current))
			json_array_append(operations, operation);
	return operations;
}

static void to_capital(json_t *operations)
{
	json_t *operation;
	size_t i;

	json_array_foreach(operations, i, operation) {
		struct str op = json_get_str(operation, "op");

		json_set_str(operation, "op", str_equal(op, STR("add")) ? STR("Add") : str_equal(op, STR("remove")) ? STR("Remove") : STR("Replace"));
	}
}

json_t *scim_shape_patch(const struct scim_shape *shape, enum scim_style style, const json_t *patch, const json_t *current)
{
	json_t *shaped = json_deep_copy(patch), *operations = NULL;

	if (style == SCIM_STYLE_PATHLESS)
		operations = pathless(shaped);
	else if (style == SCIM_STYLE_VALUE)
		operations = by_value(shaped, current);
	if (operations)
		json_set_take(shaped, "Operations", operations);
	if (shape->capital)
		to_capital(json_object_get(shaped, "Operations"));
	return shaped;
}
