#include "server/oidc/claims_request.h"

#include "common/base/buf.h"

#define VALUES_MAX 1000

static const char *const parts[] = { "id_token", "userinfo" };

/* §5.5.1: each member is null or an object with essential, value, values. */
static bool part_is_sound(const json_t *part)
{
	const char *name;
	json_t *value;

	if (!part || json_is_null(part))
		return true;
	if (!json_is_object(part))
		return false;
	json_object_foreach((json_t *)(uintptr_t)part, name, value)
		if (!json_is_null(value) && !json_is_object(value))
			return false;
	return true;
}

int claims_request_read(struct op *op, struct str text, json_t **ret_claims)
{
	_json_ json_t *claims = NULL;

	if (str_is_null(text)) {
		*ret_claims = NULL;
		return 0;
	}
	claims = json_read(text, CLAIMS_REQUEST_DEPTH, NULL);
	if (!json_is_object(claims))
		return op_fail(op, ERR_INVALID_REQUEST, "the claims parameter is not a JSON object");
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (!part_is_sound(json_object_get(claims, parts[i])))
			return op_fail(op, ERR_INVALID_REQUEST, "the claims parameter has a member that is neither null nor an object");
	*ret_claims = TAKE_PTR(claims);
	return 0;
}

bool claims_request_has(const json_t *claims, const char *part, const char *name)
{
	return json_object_get(json_object_get(claims, part), name) != NULL;
}

struct str claims_request_value(const json_t *claims, const char *name)
{
	return json_get_str(json_object_get(json_object_get(claims, "id_token"), name), "value");
}

struct str claims_request_essential(struct arena *a, const json_t *claims, const char *name)
{
	const json_t *claim = json_object_get(json_object_get(claims, "id_token"), name);
	const json_t *values = json_object_get(claim, "values"), *value;
	struct buf b = buf_new(a, VALUES_MAX);
	size_t i;

	if (!json_get_bool(claim, "essential", false))
		return STR_NULL;
	buf_add(&b, json_get_str(claim, "value"));
	json_array_foreach(values, i, value)
		if (json_is_string(value)) {
			if (b.len > 0)
				buf_add_char(&b, ' ');
			buf_add(&b, str_n(json_string_value(value), json_string_length(value)));
		}
	return buf_str(&b);
}
