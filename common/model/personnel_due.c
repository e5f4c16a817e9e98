#include "common/model/personnel_due.h"

DB_QUERY(account_due_run_q, DB_WRITE, "SELECT sen.account_due_run(NULL, 500, $1)");
DB_QUERY(unused_run_q, DB_WRITE, "SELECT sen.unused_run($1)");
DB_QUERY(notices_run_q, DB_WRITE, "SELECT sen.notices_run() + sen.platform_notices_run() + sen.provisioning_notices_run() + sen.personnel_notices_run() +"
	" sen.review_notices_run()");
DB_QUERY(platform_reviews_run_q, DB_WRITE, "SELECT sen.platform_reviews_run($1)");
DB_QUERY(reviews_begin_q, DB_WRITE, "SELECT sen.reviews_begin($1)");
DB_QUERY(reviews_advance_q, DB_WRITE, "SELECT sen.reviews_advance($1)");
DB_QUERY(rules_again_run_q, DB_WRITE, "SELECT sen.rules_again_run()");
DB_QUERY(shared_use_expire_q, DB_WRITE, "SELECT sen.shared_use_expire($1)");

static int run(struct op *op, const struct query *q, size_t *ret_n)
{
	struct db_rows rows;
	int r = db_run(op, q, &rows, P_C(op->id));

	*ret_n = r < 0 ? 0 : (size_t)db_i64(&rows, 0, 0);
	return r;
}

int account_due_run(struct op *op, size_t *ret_n)
{
	return run(op, &account_due_run_q, ret_n);
}

int unused_run(struct op *op, size_t *ret_n)
{
	return run(op, &unused_run_q, ret_n);
}

int notices_run(struct op *op, size_t *ret_n)
{
	struct db_rows rows = { .n = 0 };
	size_t n_begun;
	int r = platform_reviews_run(op, &n_begun);

	if (r == 0)
		r = db_run(op, &notices_run_q, &rows);
	*ret_n = r < 0 ? 0 : (size_t)db_i64(&rows, 0, 0);
	return r;
}

int platform_reviews_run(struct op *op, size_t *ret_n)
{
	return run(op, &platform_reviews_run_q, ret_n);
}

int shared_use_expire(struct op *op, size_t *ret_n)
{
	return run(op, &shared_use_expire_q, ret_n);
}

/* Batches of one round; the rest waits for the next one, so that others get their turn. */
#define REVIEW_BATCHES 20
#define AGAIN_BATCHES 20

int rules_again_run(struct op *op, size_t *ret_n)
{
	struct db_rows rows;
	int64_t n = 1;
	int r = 0;

	*ret_n = 0;
	for (int i = 0; r == 0 && n > 0 && i < AGAIN_BATCHES; i++) {
		r = db_run(op, &rules_again_run_q, &rows);
		n = r == 0 ? db_i64(&rows, 0, 0) : 0;
		*ret_n += (size_t)n;
	}
	return r;
}

int reviews_run(struct op *op, size_t *ret_n_begun, size_t *ret_n_batches)
{
	size_t n = 1;
	int r = run(op, &reviews_begin_q, ret_n_begun);

	*ret_n_batches = 0;
	for (int i = 0; r == 0 && n > 0 && i < REVIEW_BATCHES; i++) {
		r = run(op, &reviews_advance_q, &n);
		*ret_n_batches += n;
	}
	return r;
}
