/* Roll-out and guidance across a reorganisation, carried out by the provisioner: what has ended is no target, what succeeds stands where its parts stood. */
#include "server/governance/rollout.h"
#include "tests/db/governance/reorgdb.h"

#include <stdio.h>

/* Cells of P02 (for everybody) and P03 (for some). */
static const char cells_sql[] =
	"UPDATE sen.platform SET target_scope = 'many' WHERE code = 'P03';"
	"INSERT INTO sen.platform_rollout (platform_id, unit_id, state, planned_on, started_on, done_on, changed_by)"
	" SELECT p.id, u.id, v.state, v.planned_on::date, v.started_on::date, v.done_on::date, a.id FROM (VALUES"
	"  ('P02', '20000', 'done', '2026-03-31', '2026-01-01', '2026-02-01'), ('P02', '20001', 'done', '2026-04-30', '2026-02-01', '2026-03-01'),"
	"  ('P02', '20002', 'done', NULL, NULL, '2026-03-01'), ('P02', '20003', 'planned', '2026-12-31', NULL, NULL),"
	"  ('P02', '20004', 'done', NULL, NULL, '2026-03-01'),"
	"  ('P02', '20006', 'not_applicable', NULL, NULL, NULL), ('P02', '20007', 'done', NULL, NULL, '2026-03-01'),"
	"  ('P02', '20008', 'planned', '2026-12-31', NULL, NULL),"
	"  ('P02', '20012', 'not_applicable', NULL, NULL, NULL), ('P02', '20013', 'not_applicable', NULL, NULL, NULL),"
	"  ('P03', '20000', 'done', NULL, NULL, '2026-03-01')) v (platform, unit, state, planned_on, started_on, done_on)"
	" JOIN sen.platform p ON p.code = v.platform JOIN sen.unit u ON u.code = v.unit JOIN sen.account a ON a.login = 'annv';"
	"INSERT INTO sen.platform_guidance (platform_id, id, code, version, kind, title, url, published_by)"
	" SELECT p.id, '11111111-1111-4111-8111-111111111111', 'HD', 1, 'document', 'Hướng dẫn', 'https://x.example/1', a.id"
	" FROM sen.platform p, sen.account a WHERE p.code = 'P02' AND a.login = 'annv';"
	"INSERT INTO sen.guidance_acknowledgement (platform_id, guidance_id, unit_id, acknowledged_by)"
	" SELECT p.id, '11111111-1111-4111-8111-111111111111', u.id, a.id FROM sen.platform p, sen.unit u, sen.account a"
	" WHERE p.code = 'P02' AND a.login = 'annv' AND u.code IN ('20000', '20001', '20002')";

static void clean(void)
{
	side("DELETE FROM sen.guidance_acknowledgement; DELETE FROM sen.platform_guidance; DELETE FROM sen.platform_rollout;"
	     " UPDATE sen.platform SET target_scope = 'all' WHERE code = 'P03'");
}

static void carry_out(struct op *op, struct str steps)
{
	struct reorg r;

	draw_up(op, steps, &r);
	plan(op, &r);
	assert_int_equal(approve_as(op, "second", &r), 0);
	while (advance(5000))
		continue;
	assert_int_equal(side_i64("SELECT count(*) FROM sen.reorganisation WHERE state = 'done'"), 1);
}

static int64_t is_cell(const char *platform, const char *unit, const char *state)
{
	char sql[400];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM sen.rollout_cell c JOIN sen.platform p ON p.id = c.platform_id JOIN sen.unit u ON u.id = c.unit_id"
	               " WHERE p.code = '%s' AND u.code = '%s' AND coalesce(c.state, 'none') = '%s'", platform, unit, state);
	return side_i64(sql);
}

static int64_t targets_of(struct op *op, const char *name)
{
	json_t *summary;
	int64_t n;

	assert_int_equal(rollout_summary(op, STR("P02"), &summary), 0);
	n = json_get_int(summary, name, -1);
	json_decref(summary);
	return n;
}

static int64_t n_reported(struct op *op, bool missing)
{
	struct principal p = gov_principal(op, "annv");
	json_t *array;
	int64_t n;

	assert_int_equal(guidance_report(op, &p, STR("P02"), STR("11111111-1111-4111-8111-111111111111"), missing, STR_NULL, 199, &array), 0);
	n = (int64_t)json_array_size(array);
	json_decref(array);
	return n;
}

static void test_merged(_unused_ void **state)
{
	static const struct {
		const char *platform, *unit, *state;
	} rows[] = {
		{ "P02", "30000", "done" }, { "P02", "30002", "in_progress" }, { "P02", "30004", "in_progress" }, { "P02", "30006", "done" },
		{ "P02", "30008", "planned" }, { "P02", "30010", "none" }, { "P02", "30012", "not_applicable" }, { "P03", "30000", "done" },
	};
	struct op op;

	gov_begin(&op, gov_server);
	side(cells_sql);
	/* 130 communes and two wards of before, without two that are not concerned and one more. */
	assert_int_equal(targets_of(&op, "targets"), 129);
	assert_int_equal(n_reported(&op, false), 3);
	carry_out(&op, merges_of(op.arena, 14));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (is_cell(rows[i].platform, rows[i].unit, rows[i].state) != 1)
			fail_msg("%s at %s is not %s", rows[i].platform, rows[i].unit, rows[i].state);
	/* The days: planned until the last of them, begun with the first, done with the last. */
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform_rollout r JOIN sen.unit u ON u.id = r.unit_id WHERE u.code = '30000' AND r.planned_on = '2026-04-30'"
	                          " AND r.started_on = '2026-01-01' AND r.done_on = '2026-03-01' AND r.note LIKE '%20000, 20001'"), 1);
	/* Nothing that has ended counts any more, and all of what came does. */
	assert_int_equal(side_i64("SELECT count(*) FROM sen.rollout_cell c JOIN sen.unit u ON u.id = c.unit_id WHERE u.valid_to IS NOT NULL"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.rollout_cell c JOIN sen.platform p ON p.id = c.platform_id AND p.code = 'P03'"), 1);
	assert_int_equal(targets_of(&op, "targets"), 129 + 3 - 7 - 1);
	assert_int_equal(targets_of(&op, "done"), 2);
	/* Both had read it; of the other two one had not.  Rows of before stay for the record. */
	assert_int_equal(side_i64("SELECT count(*) FROM sen.guidance_acknowledgement k JOIN sen.unit u ON u.id = k.unit_id WHERE u.code ~ '^30'"), 1);
	assert_int_equal(n_reported(&op, true), 129 + 3 - 7 - 1 - 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform_rollout r JOIN sen.unit u ON u.id = r.unit_id WHERE u.code ~ '^20'"), 11);
	clean();
	gov_end(&op);
}

/* A unit that takes another in is a part of itself: it was done, and is not any more. */
static void test_taken_in(_unused_ void **state)
{
	struct op op;

	gov_begin(&op, gov_server);
	side(cells_sql);
	carry_out(&op, STR("[{\"kind\": \"merge\", \"from\": [\"20002\", \"20003\"], \"into\": [{\"code\": \"20002\"}]},"
	                   " {\"kind\": \"merge\", \"from\": [\"20000\", \"20001\"], \"into\": [{\"code\": \"20000\"}]}]"));
	assert_int_equal(is_cell("P02", "20002", "in_progress"), 1);
	assert_int_equal(is_cell("P02", "20003", "planned"), 0);
	assert_int_equal(is_cell("P02", "20000", "done"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform_rollout r JOIN sen.unit u ON u.id = r.unit_id WHERE u.code = '20002' AND r.done_on IS NULL AND r.version = 2"), 1);
	clean();
	gov_end(&op);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		REORG_TEST(test_merged),
		REORG_TEST(test_taken_in),
	};

	return cmocka_run_group_tests(tests, reorgdb_create, reorgdb_drop);
}
