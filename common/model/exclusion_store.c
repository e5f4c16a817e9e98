#include "common/model/exclusion_store.h"

#include "common/db/columns.h"

DB_QUERY(exclusions_find_q, DB_READ,
	"SELECT w.n FROM unnest($1::uuid[], $2::text[], $3::bigint[]) w (stream_id, sub, n)"
	" JOIN sen.ssf_excluded x ON x.stream_id = w.stream_id AND x.sub = w.sub");

int exclusions_find(struct op *op, struct exclusion *all, size_t n)
{
	struct columns c = columns_new(op->arena, n, 3);
	struct db_rows rows;
	int r;

	if (n == 0)
		return 0;
	for (size_t i = 0; i < n; i++) {
		columns_text(&c, 0, i, all[i].stream_id);
		columns_text(&c, 1, i, all[i].sub);
		columns_int(&c, 2, i, (int64_t)i);
		all[i].is_excluded = false;
	}
	r = db_run(op, &exclusions_find_q, &rows, columns_param(&c, 0), columns_param(&c, 1), columns_param(&c, 2));
	for (size_t i = 0; r == 0 && i < rows.n; i++)
		all[db_i64(&rows, i, 0)].is_excluded = true;
	return r;
}
