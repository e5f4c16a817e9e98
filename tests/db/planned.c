#include "tests/db/planned.h"

bool plan_batch(struct arena *a, struct reconcile_report *sum)
{
	struct reconcile_report report = { 0 };
	struct op op;

	op_init(&op, a, migrated_db, NULL);
	assert_int_equal(reconcile_batch(&op, MAIL_DOMAIN, &report), 0);
	db_op_done(&op);
	sum->n_accounts += report.n_accounts;
	sum->n_changed += report.n_changed;
	sum->n_as_planned += report.n_as_planned;
	return report.n_accounts > 0;
}

size_t plan_all(struct arena *a)
{
	struct reconcile_report sum = { 0 };

	while (plan_batch(a, &sum))
		continue;
	return sum.n_changed;
}

size_t claim(struct arena *a, int64_t limit, int64_t lease_s, const struct work **ret_work)
{
	struct op op;
	size_t n = 0;

	op_init(&op, a, migrated_db, NULL);
	assert_int_equal(binding_claim(&op, &(struct claim){ 2, limit, lease_s, INT16_MAX, false }, ret_work, &n), 0);
	db_op_done(&op);
	return n;
}

bool complete(struct arena *a, const struct work *work, const struct result *result)
{
	struct completion done = {
		.work = work,
		.result = result,
		.sent_hash = work->want_hash,
		.sent_active = work->want_active,
		.is_charged = true,
		.task_id = STR("test"),
	};
	struct op op;

	op_init(&op, a, migrated_db, NULL);
	assert_int_equal(completion_add(&op, &done, 1), 0);
	db_op_done(&op);
	return !done.was_fenced;
}
