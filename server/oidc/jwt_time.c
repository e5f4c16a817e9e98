#include "server/oidc/jwt_time.h"

#define TIME_MAX_S ((int64_t)1 << 53)

bool jwt_time_get(const json_t *claims, const char *name, int64_t *ret_time_s)
{
	const json_t *value = json_object_get(claims, name);

	if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > TIME_MAX_S)
		return false;
	*ret_time_s = json_integer_value(value);
	return true;
}

bool jwt_has_begun(const json_t *claims, int64_t now_s)
{
	static const char *const names[] = { "iat", "nbf" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		int64_t time_s;

		if (json_object_get(claims, names[i]) && (!jwt_time_get(claims, names[i], &time_s) || time_s > now_s + JWT_AHEAD_MAX_S))
			return false;
	}
	return true;
}
