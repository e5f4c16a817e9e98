#include "server/http/cookie.h"

#include <inttypes.h>

/* cookie-octet = %x21 / %x23-2B / %x2D-3A / %x3C-5B / %x5D-7E (RFC 6265 §4.1.1) */
static bool is_cookie_value(struct str value)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if (c <= 0x20 || c >= 0x7f || c == '"' || c == ',' || c == ';' || c == '\\')
			return false;
	}
	return true;
}

/* Looks into one field; false once the answer can only be "none". */
static bool find_in_field(struct str field, struct str name, struct str *value)
{
	struct str rest = field, part;

	while (str_split(&rest, ';', &part)) {
		struct str pair = str_trim(part);
		ptrdiff_t equals = str_index(pair, '=');

		if (equals < 0 || !str_equal(str_n(pair.p, (size_t)equals), name))
			continue;

		struct str found = str_skip(pair, (size_t)equals + 1);

		if (!is_cookie_value(found) || (!str_is_null(*value) && !str_equal(*value, found)))
			return false;
		*value = found;
	}
	return true;
}

struct str cookie_find(const struct fields *fields, struct str name)
{
	struct str value = STR_NULL;

	for (size_t i = 0; i < fields->n; i++) {
		if (!str_equal_nocase(fields->list[i].name, STR("Cookie")))
			continue;
		if (!find_in_field(fields->list[i].value, name, &value))
			return STR_NULL;
	}
	return value;
}

struct str cookie_format(struct arena *a, const char *name, struct str value, int64_t max_age_s)
{
	struct str attributes = STR("Path=/; Secure; HttpOnly; SameSite=Lax");

	assert(is_cookie_value(value));
	if (max_age_s < 0)
		return arena_printf(a, "%s=%.*s; %.*s", name, STR_ARG(value), STR_ARG(attributes));
	return arena_printf(a, "%s=%.*s; Max-Age=%" PRId64 "; %.*s", name, STR_ARG(value), max_age_s,
	                    STR_ARG(attributes));
}
