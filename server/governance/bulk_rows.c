#include "server/governance/bulk_rows.h"

#define BULK_ARENA ((size_t)32 << 20)

bool bulk_rows_is_fatal(int code)
{
	return code == ERR_UNAVAILABLE || code == ERR_OUTCOME_UNKNOWN || code == ERR_INTERNAL || code == ERR_LIMIT || code == ERR_OVERLOADED;
}

void bulk_rows_keep_error(struct arena *a, struct error *error)
{
	error->detail = arena_dup(a, error->detail);
	/* Also the names: a check in SQL says them. */
	for (size_t i = 0; i < error->n_args; i++) {
		error->args[i].name = arena_cstr(a, str_c(error->args[i].name));
		error->args[i].value = arena_dup(a, error->args[i].value);
	}
}

static int run_row(struct op *op, const struct principal *p, const struct bulk_rows *rows, size_t i)
{
	int r = db_savepoint(op);

	if (r == 0)
		r = rows->row(op, p, rows->context, i);
	if (r >= 0 || bulk_rows_is_fatal(r))
		return r;
	rows->errors[i] = op->error;
	op_forgive(op);
	return db_restore(op);
}

static int in_transaction(struct op *op, const struct principal *p, const struct bulk_rows *rows, bool *ret_committed)
{
	size_t n_refused = 0;
	int r = db_begin(op);

	if (r < 0)
		return r;
	for (size_t i = 0; i < rows->n && r == 0; i++) {
		rows->errors[i] = (struct error){ .code = 0 };
		r = run_row(op, p, rows, i);
		n_refused += rows->errors[i].code < 0;
	}
	*ret_committed = r == 0 && !(rows->all_or_nothing && n_refused > 0);
	if (*ret_committed)
		r = rows->record(op, p, rows->context);
	if (r < 0 || !*ret_committed) {
		db_rollback(op);
		return r;
	}
	return db_commit(op);
}

int bulk_rows_run(struct op *op, const struct principal *p, const struct bulk_rows *rows, bool *ret_committed)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new(BULK_ARENA);
	struct arena *kept = op->arena;
	int r;

	op->arena = scratch;
	r = in_transaction(op, p, rows, ret_committed);
	op->arena = kept;
	bulk_rows_keep_error(kept, &op->error);
	for (size_t i = 0; r == 0 && i < rows->n; i++)
		bulk_rows_keep_error(kept, &rows->errors[i]);
	if (r == 0 && rows->keep)
		rows->keep(kept, rows->context);
	return r;
}
