#include "common/model/platform_store.h"

#define PLATFORM_COLUMNS                                                                        \
	"p.id, p.code, p.name, p.name_en, p.kind, p.state, p.managing_unit, p.note, p.expected_on," \
	" p.verified, sen.platform_is_open(p.state)"
#define ROLE_COLUMNS "r.id, r.platform_id, r.code, r.name, r.level, r.sensitivity, r.verified"

DB_QUERY(platform_find_q, DB_READ, "SELECT " PLATFORM_COLUMNS " FROM sen.platform p WHERE p.code = $1 AND p.id <> 0");
DB_QUERY(role_find_q, DB_READ,
         "SELECT " ROLE_COLUMNS " FROM sen.role r WHERE r.platform_id = $1::smallint AND r.code = $2 AND r.retired_at IS NULL");

static struct platform platform_from_row(const struct db_rows *rows, size_t i)
{
	return (struct platform){
		.id = db_i64(rows, i, 0),
		.code = db_str(rows, i, 1),
		.name = db_str(rows, i, 2),
		.name_en = db_str(rows, i, 3),
		.kind = db_str(rows, i, 4),
		.state = db_str(rows, i, 5),
		.managing_unit = db_str(rows, i, 6),
		.note = db_str(rows, i, 7),
		.expected_on = db_str(rows, i, 8),
		.verified = db_bool(rows, i, 9),
		.is_open = db_bool(rows, i, 10),
	};
}

static struct role role_from_row(const struct db_rows *rows, size_t i)
{
	return (struct role){
		.id = db_i64(rows, i, 0),
		.platform_id = db_i64(rows, i, 1),
		.code = db_str(rows, i, 2),
		.name = db_str(rows, i, 3),
		.level = db_str(rows, i, 4),
		.sensitivity = db_str(rows, i, 5),
		.verified = db_bool(rows, i, 6),
	};
}

int platform_find(struct op *op, struct str code, struct platform *ret_platform)
{
	struct db_rows rows;
	int r = db_run(op, &platform_find_q, &rows, P_STR(code));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_UNKNOWN_PLATFORM, "no such platform");
	*ret_platform = platform_from_row(&rows, 0);
	return 0;
}

int role_find(struct op *op, int64_t platform_id, struct str code, struct role *ret_role)
{
	struct db_rows rows;
	int r = db_run(op, &role_find_q, &rows, P_I64(platform_id), P_STR(code));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_UNKNOWN_ROLE, "the platform has no such role");
	*ret_role = role_from_row(&rows, 0);
	return 0;
}

struct str platform_state_word(struct str state)
{
	static const struct {
		struct str state, word;
	} words[] = {
		{ STR("proposed"), STR("Đề xuất") },       { STR("appraised"), STR("Thẩm định") },
		{ STR("approved"), STR("Được duyệt") },    { STR("building"), STR("Đang xây dựng") },
		{ STR("completed"), STR("Hoàn thành") },   { STR("deploying"), STR("Đang triển khai") },
		{ STR("operating"), STR("Vận hành") },     { STR("reviewing"), STR("Rà soát") },
		{ STR("replacing"), STR("Đang thay thế") }, { STR("stopped"), STR("Dừng") },
		{ STR("refused"), STR("Không chấp thuận") },
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_equal(words[i].state, state))
			return words[i].word;
	return state;
}

struct str platform_expected_text(struct arena *a, const struct platform *platform)
{
	struct str day = platform->expected_on;

	if (day.len != 10)
		return STR_NULL;
	return arena_printf(a, "%.2s/%.4s", day.p + 5, day.p);
}

int platform_refuse_closed(struct op *op, const struct platform *platform)
{
	struct str expected = platform_expected_text(op->arena, platform);

	(void)op_fail(op, ERR_PLATFORM_CLOSED, "the platform is not in a state that admits accounts");
	(void)op_fail_arg(op, "platform", platform->name);
	(void)op_fail_arg(op, "state", platform_state_word(platform->state));
	return op_fail_arg(op, "expected", str_is_null(expected) ? STR("chưa xác định") : expected);
}
