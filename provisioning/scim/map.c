#include "provisioning/scim/map_internal.h"

#include "common/base/text.h"
#include "provisioning/scim/mapped.h"

#include <inttypes.h>

#define WANT(member) offsetof(struct desired, member)

const struct scim_place scim_places[] = {
	{ NULL, "externalId", "externalId", WANT(account_id), false, true },
	{ NULL, "userName", "userName", WANT(login), true, false },
	{ NULL, "displayName", "displayName", WANT(full_name), false, false },
	{ NULL, "title", "title", WANT(post), false, false },
	{ "name", "formatted", "name.formatted", WANT(full_name), false, false },
	{ "name", "familyName", "name.familyName", WANT(ho), false, false },
	{ "name", "middleName", "name.middleName", WANT(dem), false, false },
	{ "name", "givenName", "name.givenName", WANT(ten), false, false },
	{ SCIM_ENTERPRISE, "department", SCIM_ENTERPRISE ":department", WANT(unit_name), false, false },
	{ SCIM_ENTERPRISE, "employeeNumber", SCIM_ENTERPRISE ":employeeNumber", WANT(employee_code), false, false },
};
const size_t n_scim_places = ARRAY_LEN(scim_places);

/* With a mapping: who it is and how he signs in; its rows say the rest. */
static size_t n_places(const struct desired *want, bool is_new)
{
	if (!want->mapping)
		return n_scim_places;
	return want->login_is_theirs && !is_new ? 1 : 2;
}

struct str scim_place_wanted(const struct desired *want, const struct scim_place *p)
{
	return *(const struct str *)(const void *)((const char *)want + p->offset);
}

struct str scim_place_value(const json_t *user, const struct scim_place *p)
{
	const json_t *parent = p->parent ? json_object_get(user, p->parent) : user;

	return json_get_str(parent, p->name);
}

static bool same(struct str a, struct str b, bool nocase)
{
	return nocase ? str_equal_nocase(a, b) : text_equal_nfc(a, b);
}

static void place_set(json_t *user, const struct scim_place *p, struct str value)
{
	json_t *parent = user;

	if (p->parent) {
		parent = json_object_get(user, p->parent);
		if (!json_is_object(parent)) {
			parent = json_new_object();
			json_set_take(user, p->parent, parent);
		}
	}
	if (str_is_empty(value))
		json_object_del(parent, p->name);
	else
		json_set_str(parent, p->name, value);
}

static json_t *roles_of(const struct desired *want)
{
	json_t *roles = json_new_array();

	for (size_t i = 0; i < want->n_roles; i++) {
		json_t *role = json_new_object();

		json_set_str(role, "value", want->roles[i].code);
		if (!str_is_empty(want->roles[i].name))
			json_set_str(role, "display", want->roles[i].name);
		json_array_append_new(roles, role);
	}
	return roles;
}

/* The platform's other addresses stay; ours is the one of type work. */
static json_t *emails_of(const json_t *current, const struct desired *want)
{
	json_t *emails = json_new_array();
	json_t *ours = json_new_object();
	size_t i;
	json_t *email;

	json_set_str(ours, "value", want->mail);
	json_set_str(ours, "type", STR("work"));
	json_set_bool(ours, "primary", true);
	json_array_append_new(emails, ours);
	json_array_foreach(json_object_get(current, "emails"), i, email) {
		json_t *copy;

		if (!json_is_object(email) || str_equal(json_get_str(email, "type"), STR("work")) ||
		    str_equal_nocase(json_get_str(email, "value"), want->mail))
			continue;
		copy = json_deep_copy(email);
		json_object_del(copy, "primary");
		json_array_append_new(emails, copy);
	}
	return emails;
}

static bool has_email(const json_t *user, const struct desired *want)
{
	size_t i;
	json_t *email;

	json_array_foreach(json_object_get(user, "emails"), i, email)
		if (str_equal_nocase(json_get_str(email, "value"), want->mail))
			return true;
	return false;
}

static bool list_has_role(const json_t *roles, struct str code)
{
	size_t i;
	json_t *role;

	json_array_foreach(roles, i, role) {
		/* Some keep roles as plain strings. */
		struct str value = json_is_string(role) ? str_n(json_string_value(role), json_string_length(role))
		                                        : json_get_str(role, "value");

		if (str_equal(value, code))
			return true;
	}
	return false;
}

static bool same_roles(const json_t *user, const struct desired *want)
{
	const json_t *roles = json_object_get(user, "roles");

	if (json_array_size(roles) != want->n_roles)
		return false;
	for (size_t i = 0; i < want->n_roles; i++)
		if (!list_has_role(roles, want->roles[i].code))
			return false;
	return true;
}

bool scim_user_is_active(const json_t *user)
{
	const json_t *active = json_object_get(user, "active");

	if (json_is_string(active))
		return !str_equal_nocase(json_get_str(user, "active"), STR("false"));
	return !json_is_false(active);
}

static json_t *schemas_of(const struct desired *want)
{
	json_t *schemas = json_pack("[s]", SCIM_USER);

	if (want->mapping)
		scim_mapped_schemas(schemas, want);
	else
		json_array_append_new(schemas, json_from_str(STR(SCIM_ENTERPRISE)));
	return schemas;
}

static bool is_left(const struct desired *want, const struct scim_place *p)
{
	return !p->is_key && desired_leaves(want, p->path);
}

/* What is not in a place of its own. */
static void set_others(json_t *user, const json_t *current, const struct desired *want)
{
	json_set_take(user, "schemas", schemas_of(want));
	if (want->mapping)
		scim_mapped_set(user, want, !current);
	else if (!current || !desired_leaves(want, "emails"))
		json_set_take(user, "emails", emails_of(current, want));
	if (!current || !desired_leaves(want, "roles"))
		json_set_take(user, "roles", roles_of(want));
}

json_t *scim_user(const struct desired *want)
{
	json_t *user = json_new_object();

	for (size_t i = 0; i < n_places(want, true); i++)
		if (!str_is_empty(scim_place_wanted(want, &scim_places[i])))
			place_set(user, &scim_places[i], scim_place_wanted(want, &scim_places[i]));
	json_set_bool(user, "active", want->active);
	set_others(user, NULL, want);
	return user;
}

json_t *scim_user_over(const json_t *current, const struct desired *want)
{
	json_t *user = json_deep_copy(current);

	json_object_del(user, "id");
	json_object_del(user, "meta");
	json_object_del(user, "groups");
	if (!desired_leaves(want, "active"))
		json_set_bool(user, "active", want->active);
	if (!want->active) {
		json_object_del(user, "roles");
		return user;
	}
	for (size_t i = 0; i < n_places(want, false); i++)
		if (!is_left(want, &scim_places[i]))
			place_set(user, &scim_places[i], scim_place_wanted(want, &scim_places[i]));
	set_others(user, current, want);
	return user;
}

/* Takes over value; NULL removes. */
static void patch_add(json_t *operations, const char *path, json_t *value)
{
	json_t *operation = json_new_object();

	json_set_str(operation, "op", value ? STR("replace") : STR("remove"));
	json_set_str(operation, "path", str_c(path));
	if (value)
		json_set_take(operation, "value", value);
	json_array_append_new(operations, operation);
}

static json_t *patch_of(json_t *operations)
{
	json_t *patch;

	if (json_array_size(operations) == 0) {
		json_decref(operations);
		return NULL;
	}
	patch = json_new_object();
	json_set_take(patch, "schemas", json_pack("[s]", "urn:ietf:params:scim:api:messages:2.0:PatchOp"));
	json_set_take(patch, "Operations", operations);
	return patch;
}

/* Absent and empty are the same. */
static bool place_is_right(const json_t *current, const struct desired *want, const struct scim_place *p)
{
	struct str value = scim_place_wanted(want, p), now = scim_place_value(current, p);

	return same(value, now, p->nocase) || (str_is_empty(value) && str_is_empty(now)) || is_left(want, p);
}

json_t *scim_patch(const json_t *current, const struct desired *want)
{
	json_t *operations = json_new_array();
	bool has_roles = json_array_size(json_object_get(current, "roles")) > 0;

	/* First, so that a platform which stops half-way has stopped behind it. */
	if ((scim_user_is_active(current) != want->active || !json_object_get(current, "active")) && !desired_leaves(want, "active"))
		patch_add(operations, "active", json_boolean(want->active));
	if (!want->active) {
		if (has_roles)
			patch_add(operations, "roles", NULL);
		return patch_of(operations);
	}
	for (size_t i = 0; i < n_places(want, false); i++) {
		struct str value = scim_place_wanted(want, &scim_places[i]);

		if (!place_is_right(current, want, &scim_places[i]))
			patch_add(operations, scim_places[i].path, str_is_empty(value) ? NULL : json_from_str(value));
	}
	if (want->mapping)
		scim_mapped_patch(operations, current, want);
	else if (!has_email(current, want) && !desired_leaves(want, "emails"))
		patch_add(operations, "emails", emails_of(current, want));
	if (!same_roles(current, want) && !desired_leaves(want, "roles"))
		patch_add(operations, "roles", roles_of(want));
	return patch_of(operations);
}

json_t *scim_patch_inactive(void)
{
	json_t *operations = json_new_array();

	patch_add(operations, "active", json_false());
	return patch_of(operations);
}

struct str scim_user_id(struct arena *a, const json_t *user)
{
	const json_t *id = json_object_get(user, "id");

	if (json_is_integer(id))
		return arena_printf(a, "%" PRId64, (int64_t)json_integer_value(id));
	if (!json_is_string(id) || json_string_length(id) == 0)
		return STR_NULL;
	/* Would be taken for a step in the path of a URL. */
	if (str_equal(json_get_str(user, "id"), STR(".")) || str_equal(json_get_str(user, "id"), STR("..")))
		return STR_NULL;
	return arena_dup(a, json_get_str(user, "id"));
}

bool scim_user_matches(const json_t *user, const struct desired *want)
{
	if (scim_user_is_active(user) != want->active && !desired_leaves(want, "active"))
		return false;
	if (!want->active)
		return json_array_size(json_object_get(user, "roles")) == 0;
	for (size_t i = 0; i < n_places(want, false); i++) {
		struct str now = scim_place_value(user, &scim_places[i]);

		if (!str_is_empty(now) && !is_left(want, &scim_places[i]) && !same(scim_place_wanted(want, &scim_places[i]), now, scim_places[i].nocase))
			return false;
	}
	return (same_roles(user, want) || desired_leaves(want, "roles")) && (!want->mapping || scim_mapped_matches(user, want));
}

enum scim_hit scim_user_hit(const json_t *user, const struct desired *want)
{
	if (str_equal(json_get_str(user, "externalId"), want->account_id))
		return SCIM_HIT_OURS;
	if (str_equal_nocase(json_get_str(user, "userName"), want->login))
		return SCIM_HIT_FOREIGN;
	return SCIM_HIT_NONE;
}

bool scim_list_is_whole(const json_t *list, size_t n)
{
	int64_t total = json_get_int(list, "totalResults", INT64_MAX);

	/* "0" on a list of some is a lie. */
	return total == 0 ? n == 0 : (int64_t)n >= total;
}

struct str scim_filter_eq(struct arena *a, const char *attribute, struct str value)
{
	_json_ json_t *quoted = json_from_str(value);

	return arena_printf(a, "%s eq %.*s", attribute, STR_ARG(json_write(a, quoted, false)));
}

struct str scim_id_of_location(struct str location)
{
	struct str part, last = STR_NULL;
	ptrdiff_t query = str_index(location, '?');

	if (query >= 0)
		location.len = (size_t)query;
	while (str_split(&location, '/', &part))
		if (!str_is_empty(part))
			last = part;
	return last;
}

static bool says_rate_limit(const json_t *body)
{
	return str_contains(json_get_str(body, "detail"), STR("REQUEST_LIMIT_EXCEEDED"));
}

/* Certainly not done, and another attempt may do: NULL when the status says something else. */
static const char *transient_class(int status, const json_t *body)
{
	if (status == 429 || (status >= 500 && says_rate_limit(body)))
		return "limited";
	if (status == 401 || status == 403)
		return "auth";
	return status == 412 ? "race" : NULL;
}

static bool is_answered_by_nobody(int status)
{
	return status == 408 || (status >= 500 && status != 501);
}

enum verdict scim_verdict(enum scim_request request, int status, const json_t *body, const char **ret_class)
{
	*ret_class = transient_class(status, body);
	if (*ret_class) {
		if (status == 412)
			return VERDICT_NOT_DONE;
		return status == 401 || status == 403 ? VERDICT_AUTH : VERDICT_LIMITED;
	}
	if (status >= 200 && status < 300)
		return VERDICT_DONE;
	if (status == 404 && request != SCIM_CREATE)
		return VERDICT_ABSENT;
	if (status == 409 && request == SCIM_CREATE)
		return VERDICT_CONFLICT;
	if (is_answered_by_nobody(status)) {
		*ret_class = "server";
		/* Something in between may have answered for a platform that did create. */
		return request == SCIM_CREATE ? VERDICT_IN_DOUBT : VERDICT_NOT_DONE;
	}
	*ret_class = status >= 300 && status < 400 ? "redirect" : "data";
	return VERDICT_REFUSED;
}
