/* How long the engine's records are kept: what is needed, or young, stays. */
#include "provisioning/keeping_store.h"
#include "tests/db/migrated.h"

static const char facts_sql[] =
	FACT_UNIT FACT_P02 FACT_P03
	"INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)"
	" VALUES (gen_random_uuid(), 'NV1', 'cong_chuc', 'Lê', '', 'An', 'Lê An', 'le an');"
	"INSERT INTO sen.account (id, person_id, login) SELECT gen_random_uuid(), id, 'nv1' FROM sen.person;"
	"CREATE FUNCTION me() RETURNS uuid LANGUAGE sql AS $$ SELECT id FROM sen.account $$;";

static int setup(_unused_ void **state)
{
	return migrated_open("keeping", facts_sql, 2);
}

/* Until nothing is left to be deleted. */
static void keep(struct arena *a)
{
	struct op op;
	size_t n = 1;

	op_init(&op, a, migrated_db, NULL);
	while (n > 0)
		if (keeping_run(&op, &n) < 0)
			fail_msg("%s %.*s", op.error.text, STR_ARG(op.error.detail));
	db_op_done(&op);
}

/* As the program itself may. */
static void as_provisioner(void)
{
	assert_int_equal(side_i64("SELECT has_table_privilege('sen_provisioner', 'sen.observe_run', 'DELETE')::int + has_table_privilege('sen_provisioner', 'sen.hold', 'DELETE,UPDATE')::int"
	                          " + has_table_privilege('sen_provisioner', 'sen.hold_author', 'DELETE')::int + has_table_privilege('sen_provisioner', 'sen.form_upload', 'DELETE')::int"
	                          " + has_table_privilege('sen_provisioner', 'sen.form_upload_row', 'DELETE')::int + has_table_privilege('sen_provisioner', 'sen.access_proof', 'DELETE')::int"), 6);
}

static void runs_of_the_observer(void **state)
{
	side("INSERT INTO sen.observe_run (platform_id, kind, reason, state, created_at) SELECT 2, 'list', 'schedule', s, now() - d * interval '1 day'"
	     " FROM unnest(ARRAY['complete', 'incomplete', 'failed', 'rejected', 'superseded']) s, unnest(ARRAY[200, 91, 89]) d;"
	     "INSERT INTO sen.observe_run (platform_id, kind, reason, state, created_at) VALUES (2, 'list', 'schedule', 'held', now() - interval '200 days'),"
	     " (3, 'list', 'schedule', 'complete', now() - interval '200 days'), (3, 'sample', 'schedule', 'complete', now() - interval '300 days'),"
	     " (3, 'list', 'schedule', 'listing', now() - interval '200 days')");
	keep(*state);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.observe_run WHERE platform_id = 2 AND created_at > now() - interval '90 days'"), 5);
	/* What waits for a person, what is under way, and of each platform what it was compared with last. */
	assert_int_equal(side_i64("SELECT count(*) FROM sen.observe_run WHERE created_at < now() - interval '90 days' AND state IN ('held', 'listing')"), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.observe_run WHERE platform_id = 3 AND state = 'complete'"), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.observe_run"), 9);
}

static void more_than_one_batch(void **state)
{
	side("DELETE FROM sen.observe_run; INSERT INTO sen.observe_run (platform_id, kind, reason, state, created_at)"
	     " SELECT 2, 'list', 'schedule', 'failed', now() - interval '100 days' FROM generate_series(1, 2500)");
	keep(*state);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.observe_run"), 0);
}

static void decided_holds(void **state)
{
	side("INSERT INTO sen.hold (platform_id, state, reason, decided_at, applied_at) SELECT 2, s, 'unit', now() - d * interval '1 day', now() - d * interval '1 day'"
	     " FROM unnest(ARRAY['released', 'discarded']) s, unnest(ARRAY[400, 300]) d;"
	     "INSERT INTO sen.hold (platform_id, state, reason, opened_at) VALUES (2, 'open', 'unit', now() - interval '400 days');"
	     "INSERT INTO sen.hold_author SELECT id, me() FROM sen.hold;"
	     "INSERT INTO sen.hold (platform_id, state, reason, applied_at) VALUES (3, 'discarded', 'unit', now() - interval '400 days');"
	     /* Its account still waits for somebody to change their mind. */
	     "INSERT INTO sen.binding (account_id, platform_id, want_hash, want_active, want_gen, state, hold_id)"
	     " SELECT me(), 3, gen_random_uuid(), false, 1, 6, max(id) FROM sen.hold");
	keep(*state);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.hold WHERE platform_id = 2"), 3);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.hold WHERE platform_id = 3"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.hold_author"), 3);
}

static void uploaded_lists(void **state)
{
	side("INSERT INTO sen.form_upload (platform_id, state, uploaded_by, uploaded_at) SELECT 2, s, me(), now() - d * interval '1 day'"
	     " FROM unnest(ARRAY['uploading', 'held', 'applied', 'dropped']) s, unnest(ARRAY[0, 2, 400]) d;"
	     "INSERT INTO sen.form_upload_row (platform_id, upload_id, login, active) SELECT platform_id, id, 'nv1', true FROM sen.form_upload");
	keep(*state);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.form_upload WHERE state = 'uploading'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.form_upload WHERE state = 'held'"), 3);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.form_upload"), 8);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.form_upload_row"), 8);
}

static void proofs_of_ended_access(void **state)
{
	side("DELETE FROM sen.binding; INSERT INTO sen.binding (account_id, platform_id, want_hash, want_active, want_gen) VALUES (me(), 2, gen_random_uuid(), false, 7);"
	     "INSERT INTO sen.access_proof (account_id, platform_id, gen, proved_at, operation_id, kind, what, took_down)"
	     " SELECT me(), p, g, now() - d * interval '1 day', 'o', 'read_back', 'inactive', true FROM unnest(ARRAY[2, 3]) p, unnest(ARRAY[5, 7]) g, unnest(ARRAY[400, 300]) d");
	keep(*state);
	/* The one that stands is kept however old it is. */
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_proof WHERE platform_id = 2 AND gen = 7"), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_proof WHERE platform_id = 2 AND gen = 5"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_proof WHERE platform_id = 3"), 2);
}

static void what_is_partitioned_is_dropped(void **state)
{
	(void)state;
	as_provisioner();
	assert_int_equal(side_i64("SELECT count(*) FROM sen.partition_plan WHERE parent IN ('op_log', 'outbox', 'webhook_log') AND keep_days > 0"), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(runs_of_the_observer),
		UNIT_TEST(more_than_one_batch),
		UNIT_TEST(decided_holds),
		UNIT_TEST(uploaded_lists),
		UNIT_TEST(proofs_of_ended_access),
		UNIT_TEST(what_is_partitioned_is_dropped),
	};

	return cmocka_run_group_tests_name("db/keeping", tests, setup, migrated_drop);
}
