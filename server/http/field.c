#include "server/http/field.h"

struct str field_get(const struct fields *fields, struct str name)
{
	for (size_t i = 0; i < fields->n; i++)
		if (str_equal_nocase(fields->list[i].name, name))
			return fields->list[i].value;
	return STR_NULL;
}

size_t field_count(const struct fields *fields, struct str name)
{
	size_t count = 0;

	for (size_t i = 0; i < fields->n; i++)
		count += str_equal_nocase(fields->list[i].name, name);
	return count;
}

bool field_is_tchar(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	return c != '\0' && str_index(STR("!#$%&'*+-.^_`|~"), c) >= 0;
}

struct str media_type(struct str content_type)
{
	struct str rest = content_type, type = STR_NULL;

	str_split(&rest, ';', &type);
	return str_trim(type);
}

bool media_type_is_utf8(struct str content_type)
{
	struct str rest = content_type, part = STR_NULL;
	struct str prefix = STR("charset=");

	str_split(&rest, ';', &part);
	while (str_split(&rest, ';', &part)) {
		struct str parameter = str_trim(part);

		if (parameter.len < prefix.len || !str_equal_nocase(str_n(parameter.p, prefix.len), prefix))
			continue;

		struct str charset = str_skip(parameter, prefix.len);

		if (!str_equal_nocase(charset, STR("utf-8")) && !str_equal_nocase(charset, STR("\"utf-8\"")))
			return false;
	}
	return true;
}
