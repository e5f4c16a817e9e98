#include "server/login/account_lookup.h"

#include "common/base/text.h"

struct str sign_in_name(struct arena *a, struct str typed)
{
	struct str name = arena_dup(a, str_trim(typed));
	char *p = (char *)(uintptr_t)name.p;

	for (size_t i = 0; i < name.len; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] - 'A' + 'a');
	return name;
}

struct str sign_in_login(struct arena *a, struct str typed)
{
	struct str name = sign_in_name(a, typed);

	/* An impossible name takes the same way as an unknown one. */
	return text_is_user_name(name) ? name : STR("-");
}

struct sign_in_account sign_in_account_from_row(const struct db_rows *rows, size_t row, size_t first)
{
	return (struct sign_in_account){
		.id = db_str(rows, row, first),
		.login = db_str(rows, row, first + 1),
		.status = db_str(rows, row, first + 2),
		.has_access = db_bool(rows, row, first + 3),
		.is_shared = db_bool(rows, row, first + 4),
	};
}
