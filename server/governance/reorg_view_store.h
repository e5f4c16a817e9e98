/* reorg_view_store.h: a plan to look at, page by page: to the single account and role. */
#pragma once

#include "common/db/db.h"

struct reorg_op_row {
	int64_t n;
	struct str kind, employee_code, full_name, login, platform, role, title;
	struct str from_code, from_name, to_code, to_name;
	bool is_further;
	int64_t share; /* per mille; 0: not a successor */
};
struct reorg_finding_row {
	int64_t n, step;
	struct str code, employee_code, full_name, login, unit_code, rule_code;
	bool is_blocking;
};

struct reorg_view {
	struct str id;
	int64_t after; /* 0: from the first */
	struct str kind, employee_code, login; /* STR_NULL: any */
	size_t limit;
};
/* One more than the limit says that there is another page. */
int reorg_view_ops(struct op *op, const struct reorg_view *v, const struct reorg_op_row **ret, size_t *ret_n) _must_check_;
int reorg_view_findings(struct op *op, const struct reorg_view *v, const struct reorg_finding_row **ret, size_t *ret_n) _must_check_;
/* What could not be carried out: as reorg_view_ops(), kind being why. */
int reorg_view_exceptions(struct op *op, const struct reorg_view *v, const struct reorg_op_row **ret, size_t *ret_n) _must_check_;
