/* What wakes the planner, against PostgreSQL: no wake-up is lost, whoever plans at once, and what it then reads. */
#include "common/plan/facts_store.h"
#include "tests/db/bindings.h"

DB_QUERY(test_waiting, DB_READ,
	"SELECT count(*) FROM pg_locks l JOIN pg_stat_activity s USING (pid)"
	" WHERE NOT l.granted AND s.datname = current_database()");
DB_QUERY(test_hold, DB_WRITE, "UPDATE sen.account SET epoch = epoch + 1 WHERE login = 'nv1'");
DB_QUERY(test_of_nv1, DB_READ, "SELECT id FROM sen.account WHERE login = 'nv1'");

/*
 * A planner has taken the account out of the set while the fact of somebody else is not yet
 * committed: the wake-up waits for the planner and is there afterwards.
 */
static void *wake_in_a_transaction(void *arg)
{
	(void)arg;
	side("BEGIN; SELECT give('nv1'); COMMIT");
	return NULL;
}

static void no_wake_up_is_lost(void **state)
{
	const struct woken *woken;
	struct op op;
	pthread_t thread;
	size_t n;

	side("SELECT sen.wake(ARRAY(SELECT id FROM sen.account WHERE login = 'nv1'), 3::smallint)");
	op_init(&op, *state, migrated_db, NULL);
	assert_int_equal(db_begin(&op), 0);
	assert_int_equal(dirty_take(&op, 10, &woken, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(pthread_create(&thread, NULL, wake_in_a_transaction, NULL), 0);
	for (int i = 0; i < 500; i++) {
		struct db_rows rows;

		assert_int_equal(db_run(&op, &test_waiting, &rows), 0);
		if (db_i64(&rows, 0, 0) > 0)
			break;
		usleep(10000);
	}
	assert_int_equal(db_commit(&op), 0);
	db_op_done(&op);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.dirty_account"), 1);
	assert_int_equal(plan_all(*state), 2);
}

static void *reconcile_all(void *arg)
{
	_cleanup_(arena_freep) struct arena *a = arena_new((size_t)64 * 1024 * 1024);

	(void)arg;
	plan_all(a);
	return NULL;
}

/* Planners side by side, and facts that change under them: the end state is that of the facts. */
static void planners_do_not_undo_each_other(void **state)
{
	pthread_t threads[4];

	side("SELECT give('nv%')");
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, reconcile_all, NULL), 0);
	side("SELECT take('nv1%')");
	side("SELECT take('nv2%')");
	side("SELECT give('nv1%')");
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	plan_all(*state);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding b JOIN sen.account a ON a.id = b.account_id WHERE"
	                          " b.want_active <> EXISTS (SELECT FROM sen.live_grant g WHERE g.account_id = b.account_id)"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.live_grant g WHERE NOT EXISTS (SELECT FROM sen.binding b"
	                          " WHERE b.account_id = g.account_id AND b.platform_id = 2 AND b.want_active)"), 0);
}

static void a_grant_that_ends_by_its_date_wakes(void **state)
{
	size_t n = 0;
	struct op op;

	side("SELECT give('nv1'); UPDATE sen.access_grant SET valid_to = now() + interval '1 s'");
	plan_all(*state);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account a JOIN sen.access_grant g ON g.account_id = a.id"
	                          " WHERE a.next_eval_at = g.valid_to"), 1);
	op_init(&op, *state, migrated_db, NULL);
	assert_int_equal(dirty_add_due(&op, &n), 0);
	assert_int_equal(n, 0);
	side("SELECT pg_sleep(1.1)");
	assert_int_equal(dirty_add_due(&op, &n), 0);
	assert_int_equal(n, 1);
	/* Once is enough. */
	assert_int_equal(dirty_add_due(&op, &n), 0);
	assert_int_equal(n, 0);
	db_op_done(&op);
	assert_int_equal(plan_all(*state), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE NOT want_active AND prio = 0 OR state <> 1"), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE next_eval_at IS NOT NULL"), 0);
}

/* Whoever holds the account's row is not waited for, and the boundary is not forgotten. */
static void an_account_in_use_is_looked_at_again(void **state)
{
	struct reconcile_report report = { 0 };
	struct db_rows rows;
	struct op op, holder;

	side("SELECT give('nv1'); UPDATE sen.access_grant SET valid_to = now() + interval '1 h'");
	op_init(&holder, *state, migrated_db, NULL);
	assert_int_equal(db_begin(&holder), 0);
	assert_int_equal(db_run(&holder, &test_hold, &rows), 0);
	op_init(&op, *state, migrated_db, NULL);
	assert_int_equal(reconcile_batch(&op, MAIL_DOMAIN, &report), 0);
	assert_int_equal(report.n_changed, 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.dirty_account"), 1);
	assert_int_equal(db_commit(&holder), 0);
	db_op_done(&holder);
	db_op_done(&op);
	plan_all(*state);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE next_eval_at > now()"), 1);
}

static void a_role_that_is_renamed_wakes_its_holders(void **state)
{
	side("SELECT give('nv1')");
	plan_all(*state);
	side("UPDATE sen.role SET name = name");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.dirty_account"), 0);
	side("UPDATE sen.role SET name = 'Tiếp nhận'");
	assert_int_equal(plan_all(*state), 1);
	side("UPDATE sen.role SET name = 'Một cửa'");
}

static void a_unit_that_is_renamed_wakes_its_people(void **state)
{
	side("SELECT give('nv1')");
	plan_all(*state);
	side("UPDATE sen.unit SET name = name");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.dirty_account"), 0);
	side("UPDATE sen.unit SET name = name || ' (mới)' WHERE code = '40'");
	assert_in_range(side_i64("SELECT count(*) FROM sen.dirty_account"), 1, INT64_MAX);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account a WHERE EXISTS (SELECT FROM sen.dirty_account d WHERE d.account_id = a.id)"
	                          " <> EXISTS (SELECT FROM sen.post p JOIN sen.unit u ON u.id = p.unit_id WHERE p.person_id = a.person_id AND u.code = '40')"), 0);
	/* In the directory and on the platform. */
	assert_int_equal(plan_all(*state), 2);
	side("UPDATE sen.unit SET name = replace(name, ' (mới)', '') WHERE code = '40'");
}

static void facts_say_names_post_and_grants(void **state)
{
	const struct account_facts *f;
	struct str ids[2];
	struct db_rows rows;
	struct op op;
	size_t n;

	side("SELECT give('nv1')");
	op_init(&op, *state, migrated_db, NULL);
	assert_int_equal(db_run(&op, &test_of_nv1, &rows), 0);
	ids[0] = db_str(&rows, 0, 0);
	ids[1] = STR("00000000-0000-4000-8000-000000000000");
	assert_int_equal(facts_read(&op, ids, 2, &f, &n), 0);
	assert_int_equal(n, 1);
	assert_str_equal(f->login, "nv1");
	assert_str_equal(f->status, "pending");
	assert_str_equal(f->ho, "Lê");
	assert_str_equal(f->unit_code, "40");
	assert_str_equal(f->post, "Chuyên viên");
	assert_int_equal(f->n_grants, 1);
	assert_str_equal(f->grants[0].platform_code, "P02");
	assert_str_equal(f->grants[0].role_name, "Một cửa");
	assert_int_equal(f->grants[0].platform_id, 2);
	assert_int_equal(f->n_bound, 0);
	assert_str_null(f->next_eval);
	db_op_done(&op);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BINDING_TEST(no_wake_up_is_lost),
		BINDING_TEST(planners_do_not_undo_each_other),
		BINDING_TEST(a_grant_that_ends_by_its_date_wakes),
		BINDING_TEST(an_account_in_use_is_looked_at_again),
		BINDING_TEST(a_role_that_is_renamed_wakes_its_holders),
		BINDING_TEST(a_unit_that_is_renamed_wakes_its_people),
		BINDING_TEST(facts_say_names_post_and_grants),
	};

	return cmocka_run_group_tests_name("provisioning/wake_ups", tests, bindings_create, migrated_drop);
}
