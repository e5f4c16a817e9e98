#include "common/model/unit_store.h"

#define UNIT_COLUMNS "u.id, u.code, u.name, u.name_en, u.kind, u.path, u.verified"

DB_QUERY(unit_find_q, DB_READ,
         "SELECT " UNIT_COLUMNS " FROM sen.unit u"
         " WHERE u.code = $1 AND u.valid_from <= sen.today() AND (u.valid_to IS NULL OR u.valid_to > sen.today())");
DB_QUERY(unit_of_person_q, DB_READ,
         "SELECT " UNIT_COLUMNS " FROM sen.unit u WHERE u.id = sen.home_unit($1::uuid)");

static int unit_from_rows(struct op *op, const struct db_rows *rows, struct unit *ret_unit)
{
	if (rows->n == 0)
		return op_fail(op, ERR_UNKNOWN_UNIT, "no such unit");
	*ret_unit = (struct unit){
		.id = db_i64(rows, 0, 0),
		.code = db_str(rows, 0, 1),
		.name = db_str(rows, 0, 2),
		.name_en = db_str(rows, 0, 3),
		.kind = db_str(rows, 0, 4),
		.path = db_str(rows, 0, 5),
		.verified = db_bool(rows, 0, 6),
	};
	return 0;
}

int unit_find(struct op *op, struct str code, struct unit *ret_unit)
{
	struct db_rows rows;
	int r = db_run(op, &unit_find_q, &rows, P_STR(code));

	return r < 0 ? r : unit_from_rows(op, &rows, ret_unit);
}

int unit_of_person(struct op *op, struct str person_id, struct unit *ret_unit)
{
	struct db_rows rows;
	int r = db_run(op, &unit_of_person_q, &rows, P_STR(person_id));

	return r < 0 ? r : unit_from_rows(op, &rows, ret_unit);
}
