#include "server/login/account_lookup.h"

#include "common/base/text.h"

DB_QUERY(sign_in_account_select, DB_READ,
	"SELECT a.id, a.login, a.status, p.full_name,"
	" (SELECT u.name FROM sen.post po JOIN sen.unit u ON u.id = po.unit_id WHERE po.person_id = p.id AND po.kind = 'main'"
	"  AND po.valid @> (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date LIMIT 1),"
	" a.kind NOT IN ('technical', 'service') AND sen.account_has_access(a.id), a.kind = 'shared'"
	" FROM sen.account a JOIN sen.person p ON p.id = a.person_id WHERE a.login = $1::text");

struct str sign_in_name(struct arena *a, struct str typed)
{
	struct str name = arena_dup(a, str_trim(typed));
	char *p = (char *)(uintptr_t)name.p;

	for (size_t i = 0; i < name.len; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] - 'A' + 'a');
	return name;
}

int sign_in_account_find(struct op *op, struct str typed_name, struct sign_in_account *ret_account)
{
	struct str name = sign_in_name(op->arena, typed_name);
	struct db_rows rows;
	int r;

	/* An impossible name takes the same way as an unknown one. */
	if (!text_is_user_name(name))
		name = STR("-");
	r = db_run(op, &sign_in_account_select, &rows, P_STR(name));
	if (r < 0)
		return r;
	*ret_account = (struct sign_in_account){ 0 };
	if (rows.n == 0)
		return 0;
	*ret_account = (struct sign_in_account){
		.id = db_str(&rows, 0, 0),
		.login = db_str(&rows, 0, 1),
		.status = db_str(&rows, 0, 2),
		.full_name = db_str(&rows, 0, 3),
		.unit_name = db_str(&rows, 0, 4),
		.has_access = db_bool(&rows, 0, 5),
		.is_shared = db_bool(&rows, 0, 6),
	};
	return 0;
}
