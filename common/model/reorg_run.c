#include "common/model/reorg_run.h"

#include "common/model/audit.h"

/* The beginning compares all facts, and the end counts what was done. */
#define STEP_MS 600000

DB_QUERY(reorg_advance_q, DB_WRITE, "SELECT id, step, n_from, n_to FROM sen.reorganisation_advance($1::integer)");

static int audit_step(struct op *op, int r, const struct reorg_step_done *done)
{
	_json_ json_t *data = json_new_object();
	struct audit_record record = { .actor = STR("system"), .data = data };

	if (r == 0 && !str_is_null(done->id)) {
		record.action = arena_printf(op->arena, "reorganisation.%.*s", STR_ARG(done->step)).p;
		record.object = arena_printf(op->arena, "reorganisation:%.*s", STR_ARG(done->id));
		json_set_int(data, "from", done->n_from);
		json_set_int(data, "to", done->n_to);
	}
	return audit_commit(op, r, record.action ? &record : NULL);
}

int reorg_run_step(struct op *op, int64_t batch, struct reorg_step_done *ret)
{
	struct reorg_step_done done = { .id = STR_NULL };
	struct db_rows rows;
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = db_take_time(op, STEP_MS);
	if (r == 0)
		r = db_run(op, &reorg_advance_q, &rows, P_I64(batch));
	if (r == 0 && rows.n == 1)
		done = (struct reorg_step_done){ .id = db_str(&rows, 0, 0), .step = db_str(&rows, 0, 1), .n_from = db_i64(&rows, 0, 2),
			.n_to = db_i64(&rows, 0, 3) };
	r = audit_step(op, r, &done);
	if (r == 0)
		*ret = done;
	return r;
}
