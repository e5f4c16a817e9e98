#include "server/oidc/acr.h"

static const char *const names[] = { NULL, "LoA1" };

const char *acr_name(int64_t level)
{
	return level > 0 && level < (int64_t)ARRAY_LEN(names) ? names[level] : NULL;
}

int64_t acr_level(struct str name)
{
	for (size_t i = 1; i < ARRAY_LEN(names); i++)
		if (str_equal(name, str_c(names[i])))
			return (int64_t)i;
	return 0;
}

int64_t acr_least_level(struct str list)
{
	int64_t least = 0;
	struct str part;

	while (str_split(&list, ' ', &part)) {
		int64_t level = acr_level(part);

		if (level > 0 && (least == 0 || level < least))
			least = level;
	}
	return least;
}
