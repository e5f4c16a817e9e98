#include "server/governance/import_internal.h"

#include "common/base/text.h"

DB_QUERY(import_analyze_q, DB_WRITE, "SELECT sen.import_analyze()");

struct sort_key {
	const struct import_job *job;
	size_t key, key2;
};

static int compare_rows(const void *a, const void *b, void *context)
{
	const struct sort_key *by = context;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int r = str_compare(import_cell_of(by->job, x, by->key), import_cell_of(by->job, y, by->key));

	if (r == 0 && by->key2 < by->job->table.n_columns)
		r = str_compare(import_cell_of(by->job, x, by->key2), import_cell_of(by->job, y, by->key2));
	/* Rows stand in the order of their lines. */
	return r != 0 ? r : (x > y) - (x < y);
}

void import_sort(struct import_job *job, size_t key, size_t key2)
{
	struct sort_key by = { job, key, key2 };

	qsort_r(job->order, job->table.n_rows, sizeof(*job->order), compare_rows, &by);
}

bool import_same_key(const struct import_job *job, size_t row, size_t other, size_t key, size_t key2)
{
	return str_equal(import_cell_of(job, row, key), import_cell_of(job, other, key)) &&
	       (key2 >= job->table.n_columns || str_equal(import_cell_of(job, row, key2), import_cell_of(job, other, key2)));
}

void import_refuse_duplicates(struct import_job *job, size_t key, size_t key2)
{
	import_sort(job, key, key2);
	for (size_t i = 1; i < job->table.n_rows; i++) {
		size_t row = job->order[i], before = job->order[i - 1];

		if (!str_is_null(import_cell_of(job, row, key)) && import_same_key(job, row, before, key, key2))
			import_error(job->report, &(struct import_note){
				.line = job->table.rows[row].line, .column = job->table.columns[key].name, .fault = IMPORT_DUPLICATE,
				.value = arena_printf(job->op->arena, "%u", job->table.rows[before].line) });
	}
}

void import_add_cells(struct import_job *job, size_t row, json_t *object)
{
	for (size_t i = 0; i < job->table.n_columns; i++)
		json_set_str(object, job->table.columns[i].name, import_cell_of(job, row, i));
}

void import_set_folded(struct import_job *job, json_t *object, struct str name)
{
	json_set_str(object, "name_fold", text_fold(job->scratch, name));
}

struct str import_batch_json(struct import_job *job, const struct import_batch *batch,
                             void (*add)(struct import_job *job, size_t row, json_t *object))
{
	_json_ json_t *array = json_new_array();

	for (size_t i = 0; i < batch->n; i++) {
		size_t row = batch->rows[i];
		json_t *object = json_new_object();

		json_set_int(object, "line", job->table.rows[row].line);
		add(job, row, object);
		json_array_append_new(array, object);
	}
	return json_write(job->scratch, array, false);
}

void import_add_change(struct import_watch *watch, const struct import_change *change)
{
	struct import_change *kept;

	if (watch->n_changes == watch->cap_changes) {
		size_t cap = watch->cap_changes ? 2 * watch->cap_changes : 1024;

		watch->changes = arena_grow(watch->arena, watch->changes, watch->cap_changes * sizeof(*kept), cap * sizeof(*kept));
		watch->cap_changes = cap;
	}
	kept = &watch->changes[watch->n_changes++];
	*kept = *change;
	kept->key = arena_dup(watch->arena, change->key);
	kept->before = arena_dup(watch->arena, change->before);
	kept->after = arena_dup(watch->arena, change->after);
}

int import_preview(struct import_job *job, const char *what, const struct query *q, struct str json)
{
	struct import_watch *watch = job->request->watch;
	struct db_rows rows;
	int r;

	if (!watch || !watch->wants_changes || (job->only_new && !job->request->dry_run))
		return 0;
	r = import_query(job, q, json, &rows);
	for (size_t i = 0; r == 0 && i < rows.n; i++) {
		struct str before = db_str(&rows, i, 2);

		import_add_change(watch, &(struct import_change){
			.line = (unsigned)db_i64(&rows, i, 0), .what = what, .action = str_is_null(before) ? "add" : "change",
			.key = db_str(&rows, i, 1), .before = before, .after = db_str(&rows, i, 3), .of_newcomers = job->only_new });
	}
	return r;
}

int import_check_within(struct import_job *job, const struct query *q, size_t column, struct str json)
{
	const struct import_check check = { q, IMPORT_OUT_OF_SCOPE, column, false };

	return str_is_null(job->request->within) ? 0 : import_run_check(job, &check, json);
}

int import_check_yours(struct import_job *job, const struct query *q, size_t column, struct str json)
{
	const struct import_check check = { q, IMPORT_NOT_YOURS, column, false };

	return job->request->principal && !job->only_new ? import_run_check(job, &check, json) : 0;
}

int import_next_batch(struct import_job *job)
{
	const struct import_watch *watch = job->request->watch;
	struct db_rows rows;
	size_t n = job->n_batches++;

	arena_reset(job->scratch);
	if (watch && watch->progress)
		watch->progress(watch->context, job->n_done, job->table.n_rows);
	/* 0, 1, 2, 4, 8, … */
	return (n & (n - 1)) == 0 || n == 0 ? db_run(job->op, &import_analyze_q, &rows) : 0;
}

int import_each_batch(struct import_job *job, int (*each)(struct import_job *job, const struct import_batch *batch))
{
	return import_each_whole(job, job->table.n_columns, each);
}

int import_each_whole(struct import_job *job, size_t key, int (*each)(struct import_job *job, const struct import_batch *batch))
{
	size_t n_rows = job->table.n_rows, n_columns = job->table.n_columns;

	for (size_t from = 0; from < n_rows; from = job->n_done) {
		struct import_batch batch = { &job->order[from], n_rows - from < IMPORT_BATCH_ROWS ? n_rows - from : IMPORT_BATCH_ROWS };
		int r = import_next_batch(job);

		while (key < n_columns && from + batch.n < n_rows && import_same_key(job, batch.rows[batch.n - 1], batch.rows[batch.n], key, n_columns))
			batch.n++;
		if (r == 0)
			r = each(job, &batch);
		if (r < 0)
			return r;
		job->n_done = from + batch.n;
	}
	return 0;
}

int import_query(struct import_job *job, const struct query *q, struct str json, struct db_rows *ret_rows)
{
	struct op *op = job->op;
	struct arena *kept = op->arena;
	int r;

	/* Parameters of a batch are large: they live as long as it does. */
	op->arena = job->scratch;
	r = db_run(op, q, ret_rows, P_STR(json));
	op->arena = kept;
	if (r < 0)
		op->error.detail = arena_dup(kept, op->error.detail);
	return r;
}

int import_run_check(struct import_job *job, const struct import_check *check, struct str json)
{
	const struct import_column *column = &job->table.columns[check->column];
	struct db_rows rows;
	int r = import_query(job, check->query, json, &rows);

	if (r < 0)
		return r;
	for (size_t i = 0; i < rows.n; i++) {
		struct import_note note = {
			.line = (unsigned)db_i64(&rows, i, 0),
			.column = column->name,
			.fault = check->fault,
			.value = column->is_secret ? STR_NULL : arena_dup(job->op->arena, db_str(&rows, i, 1)),
		};

		if (check->is_warning)
			import_warn(job->report, &note);
		else
			import_error(job->report, &note);
	}
	return 0;
}

int import_count_query(struct import_job *job, const struct query *q, struct str json, struct import_count *count)
{
	struct db_rows rows;
	int r = import_query(job, q, json, &rows);

	if (r < 0)
		return r;
	count->created += (size_t)db_i64(&rows, 0, 0);
	count->changed += (size_t)db_i64(&rows, 0, 1);
	return 0;
}
