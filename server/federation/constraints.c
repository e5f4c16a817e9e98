#include "server/federation/constraints.h"

#define NAMES_MAX 64
#define NAME_MAX_LEN 255

/* NULL: absent, which is fine. */
static bool names_are_valid(const json_t *names)
{
	const json_t *name;
	size_t i;

	if (!names)
		return true;
	if (!json_is_array(names) || json_array_size(names) > NAMES_MAX)
		return false;
	json_array_foreach(names, i, name)
		if (str_is_empty(json_text(name)) || json_text(name).len > NAME_MAX_LEN || !str_is_printable_ascii(json_text(name)))
			return false;
	return true;
}

static bool types_are_valid(const json_t *types)
{
	return names_are_valid(types) && !json_array_has_text(types, STR(FEDERATION_ENTITY));
}

bool constraints_are_valid(const json_t *constraints)
{
	const json_t *path = json_object_get(constraints, "max_path_length"), *names = json_object_get(constraints, "naming_constraints");

	if (!json_is_object(constraints) || (path && (!json_is_integer(path) || json_integer_value(path) < 0)))
		return false;
	if (names && (!json_is_object(names) || !names_are_valid(json_object_get(names, "permitted")) ||
	              !names_are_valid(json_object_get(names, "excluded"))))
		return false;
	return types_are_valid(json_object_get(constraints, "allowed_entity_types"));
}

bool constraints_allow_path(const json_t *constraints, size_t n_intermediates)
{
	const json_t *path = json_object_get(constraints, "max_path_length");

	return !path || n_intermediates <= (uint64_t)json_integer_value(path);
}

/* ".example.com" takes any number of labels before it, and at least one; "example.com" is that host alone. */
static bool host_matches(struct str host, struct str name)
{
	if (!str_starts(name, STR(".")))
		return str_equal_nocase(host, name);
	return host.len > name.len && str_equal_nocase(str_skip(host, host.len - name.len), name);
}

static bool any_matches(const json_t *names, struct str host)
{
	const json_t *name;
	size_t i;

	json_array_foreach(names, i, name)
		if (host_matches(host, json_text(name)))
			return true;
	return false;
}

bool constraints_allow_name(const json_t *constraints, struct str entity_id)
{
	const json_t *names = json_object_get(constraints, "naming_constraints");
	const json_t *permitted = json_object_get(names, "permitted"), *excluded = json_object_get(names, "excluded");
	bool is_ip;
	struct str host = entity_id_host(entity_id, &is_ip);

	if (!permitted && !excluded)
		return true;
	return !is_ip && !any_matches(excluded, host) && (!permitted || any_matches(permitted, host));
}

void constraints_strip_types(const json_t *constraints, json_t *metadata)
{
	const json_t *allowed = json_object_get(constraints, "allowed_entity_types");
	const char *type;
	json_t *value;
	void *next;

	if (!allowed)
		return;
	json_object_foreach_safe(metadata, next, type, value)
		if (!str_equal(str_c(type), STR(FEDERATION_ENTITY)) && !json_array_has_text(allowed, str_c(type)))
			json_object_del(metadata, type);
}
