#include "server/governance/catalogue_common.h"

#include "server/governance/governance_audit.h"

#define JSON_DEPTH 8
#define PLACE_SQL \
	"SELECT p.id, p.version, sen.catalogue_covers($1::uuid, $2, p.managing_unit_id, p.id) FROM sen.platform p WHERE p.code = $3"
#define NOT_ZERO " AND p.id <> 0"
#define LOCKED " FOR NO KEY UPDATE OF p"

DB_QUERY(catalogue_find_q, DB_READ, PLACE_SQL NOT_ZERO);
DB_QUERY(catalogue_lock_q, DB_WRITE, PLACE_SQL NOT_ZERO LOCKED);
DB_QUERY(catalogue_find_any_q, DB_READ, PLACE_SQL);
DB_QUERY(catalogue_lock_any_q, DB_WRITE, PLACE_SQL LOCKED);

int catalogue_rows(struct op *op, const struct db_rows *rows, json_t **ret_array)
{
	_json_ json_t *array = json_new_array();

	for (size_t i = 0; i < rows->n; i++) {
		json_t *item = json_read(db_str(rows, i, 0), JSON_DEPTH, NULL);

		if (!item)
			return op_fail(op, ERR_INTERNAL, "a row is not JSON");
		json_array_append_new(array, item);
	}
	*ret_array = json_incref(array);
	return 0;
}

json_t *catalogue_data(const char *name, struct str value)
{
	json_t *data = json_new_object();

	json_set_str(data, name, value);
	return data;
}

int catalogue_commit(struct op *op, const struct principal *p, int r, const char *action, struct str object, json_t *data)
{
	const struct governance_act act = { .action = action, .object = object };

	if (r < 0)
		json_decref(data);
	else
		r = governance_audit(op, p, &act, data);
	if (r >= 0)
		return db_commit(op);
	db_rollback(op);
	return r;
}

static int find(struct op *op, const struct query *q, const struct principal *p, const char *right, struct str code,
                struct catalogue_place *ret)
{
	struct db_rows rows;
	int r = db_run_params(op, q, (struct db_param[]){ P_STR(p->account_id), P_C(right), P_STR(code) }, 3, &rows);

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_UNKNOWN_PLATFORM, "no such platform");
	*ret = (struct catalogue_place){ .id = db_i64(&rows, 0, 0), .version = db_i64(&rows, 0, 1), .may = db_bool(&rows, 0, 2) };
	return 0;
}

int catalogue_find(struct op *op, const struct principal *p, const char *right, struct str code, struct catalogue_place *ret)
{
	return find(op, &catalogue_find_q, p, right, code, ret);
}

int catalogue_lock(struct op *op, const struct principal *p, const char *right, struct str code, struct catalogue_place *ret)
{
	return find(op, &catalogue_lock_q, p, right, code, ret);
}

int catalogue_find_any(struct op *op, const struct principal *p, const char *right, struct str code, struct catalogue_place *ret)
{
	return find(op, &catalogue_find_any_q, p, right, code, ret);
}

int catalogue_lock_any(struct op *op, const struct principal *p, const char *right, struct str code, struct catalogue_place *ret)
{
	return find(op, &catalogue_lock_any_q, p, right, code, ret);
}

int catalogue_check(struct op *op, const struct catalogue_place *place, int64_t version)
{
	if (!place->may)
		return op_fail(op, ERR_OUT_OF_SCOPE, "the managing unit is not within your scope");
	if (version >= 0 && version != place->version)
		return op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
	return 0;
}
