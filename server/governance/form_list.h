/*
 * form_list.h: a platform's own list of accounts, as its administrator exports it: CSV (csv_table.h) with the columns
 * login (tên đăng nhập), ext_id (mã tài khoản), full_name (họ và tên), active (trạng thái), roles (vai trò), by either name.
 * Of these, login must be there.  Without a column active, who is on the list is active.
 */
#pragma once

#include "server/governance/csv_table.h"

struct form_list_row {
	struct str login, ext_id, full_name, roles; /* STR_NULL: empty, or no such column */
	bool active;
};
struct form_list {
	const struct form_list_row *rows;
	size_t n;
	bool has_roles, has_names;
};
/* false: *ret_fault says what is wrong, with the line, in lang. */
bool form_list_read(struct op *op, struct str csv, struct str lang, struct form_list *ret, struct str *ret_fault) _must_check_;
