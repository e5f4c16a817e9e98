#include "server/oidc/authorization_details.h"

#include "server/oidc/details_type.h"

/* RFC 9396 §2.2 */
static const char *const text_lists[] = { "locations", "actions", "datatypes", "privileges" };

static int bad(struct op *op, const char *text)
{
	return op_fail(op, ERR_INVALID_AUTHORIZATION_DETAILS, text);
}

static bool is_text_list(const json_t *value)
{
	const json_t *item;
	size_t i;

	if (!value)
		return true;
	if (!json_is_array(value))
		return false;
	json_array_foreach(value, i, item)
		if (!json_is_string(item))
			return false;
	return true;
}

static int check_one(struct op *op, const struct client *client, const json_t *detail)
{
	struct str type = json_get_str(detail, "type");
	const struct details_type *described;
	const char *fault;

	if (!json_is_object(detail) || str_is_empty(type))
		return bad(op, "each of authorization_details must be an object with a type");
	if (!str_list_has(client->details_types, type))
		return bad(op, "the type is not one that this client has registered");
	for (size_t i = 0; i < ARRAY_LEN(text_lists); i++)
		if (!is_text_list(json_object_get(detail, text_lists[i])))
			return bad(op, "locations, actions, datatypes and privileges must be arrays of texts");
	if (json_object_get(detail, "identifier") && !json_is_string(json_object_get(detail, "identifier")))
		return bad(op, "identifier must be a text");
	described = details_type_find(client->details_described, type);
	fault = described ? details_type_fault(op->arena, described, detail) : NULL;
	return fault ? bad(op, fault) : 0;
}

static json_t *read_array(struct str text)
{
	json_t *details = json_read(text, DETAILS_DEPTH, NULL);

	if (!json_is_array(details) || json_array_size(details) == 0 || json_array_size(details) > DETAILS_MAX) {
		json_decref(details);
		return NULL;
	}
	return details;
}

int authorization_details_check(struct op *op, const struct client *client, struct str text)
{
	_json_ json_t *details = NULL;
	const json_t *detail;
	size_t i;

	if (str_is_null(text))
		return 0;
	details = read_array(text);
	if (!details)
		return bad(op, "authorization_details must be an array of one to ten objects");
	json_array_foreach(details, i, detail) {
		int r = check_one(op, client, detail);

		if (r < 0)
			return r;
	}
	return 0;
}

struct str authorization_details_limit(struct arena *a, const struct client *client, struct str granted)
{
	_json_ json_t *details = str_is_null(granted) ? NULL : read_array(granted);
	size_t n = json_array_size(details);

	for (size_t i = n; i > 0; i--)
		if (!str_list_has(client->details_types, json_get_str(json_array_get(details, i - 1), "type")))
			json_array_remove(details, i - 1);
	if (json_array_size(details) == n)
		return granted;
	return json_array_size(details) == 0 ? STR_NULL : json_write(a, details, false);
}

static bool has(const json_t *details, const json_t *wanted)
{
	const json_t *detail;
	size_t i;

	json_array_foreach(details, i, detail)
		if (json_equal((json_t *)(uintptr_t)detail, (json_t *)(uintptr_t)wanted))
			return true;
	return false;
}

int authorization_details_narrow(struct op *op, struct str granted, struct str requested, struct str *ret_details)
{
	_json_ json_t *all = NULL, *some = NULL;
	const json_t *detail;
	size_t i;

	if (str_is_null(requested)) {
		*ret_details = granted;
		return 0;
	}
	all = str_is_null(granted) ? NULL : read_array(granted);
	some = read_array(requested);
	if (!some)
		return bad(op, "authorization_details must be an array of one to ten objects");
	json_array_foreach(some, i, detail)
		if (!has(all, detail))
			return bad(op, "authorization_details exceed what was granted");
	*ret_details = json_write(op->arena, some, false);
	return 0;
}
