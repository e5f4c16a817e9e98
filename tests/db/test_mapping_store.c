/*
 * Mappings against PostgreSQL: an activation makes due whose values are others and nobody else, in batches that stop while
 * many wait; what cannot be read stops only itself; candidates and what a person chose.
 */
#include "common/plan/facts_store.h"
#include "common/plan/mapping_store.h"
#include "provisioning/match_store.h"
#include "tests/db/planned.h"

#include <string.h>

DB_QUERY(test_mapping_reads, DB_READ, "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE schemaname = 'sen' AND relname = 'binding'");
DB_QUERY(test_mapping_one, DB_READ, "SELECT id FROM sen.account WHERE login = 'nv3'");

static const char facts_sql[] =
	"INSERT INTO sen.unit (code, name, name_fold, kind, valid_from, verified)"
	" VALUES ('40', 'Nghệ An', 'nghe an', 'province', '2025-07-01', true), ('40.1', 'Sở Một', 'so mot', 'department', '2025-07-01', true);"
	"UPDATE sen.unit SET parent_id = nullif(id - 1, 0), path = CASE id WHEN 1 THEN '1.' ELSE '1.2.' END;"
	FACT_P02 FACT_P03
	"INSERT INTO sen.role (platform_id, code, name, sensitivity, verified) VALUES (2, 'MC', 'Một cửa', 'normal', true), (3, 'ND', 'Người dùng', 'normal', true);"
	"INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)"
	" SELECT gen_random_uuid(), 'NV' || i, 'cong_chuc', 'Lê', '', 'An', 'Lê An ' || i % 2, 'le an' FROM generate_series(1, 40) i;"
	"INSERT INTO sen.post SELECT id, gen_random_uuid(), 2, 'Chuyên viên', 'main', '[2025-07-01,)', 'QĐ 1' FROM sen.person;"
	"INSERT INTO sen.account (id, person_id, login) SELECT gen_random_uuid(), id, lower(employee_code) FROM sen.person;"
	"INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, granted_by)"
	" SELECT a.id, gen_random_uuid(), r.id, 1, 'QĐ', now(), g.id FROM sen.account a, sen.account g, sen.role r WHERE g.login = 'nv1' AND a.login <> 'nv1';"
	"CREATE FUNCTION activate(d text, n integer) RETURNS void LANGUAGE sql AS $$"
	" UPDATE sen.mapping SET state = 'retired' WHERE platform_id = 2 AND state = 'active';"
	" INSERT INTO sen.mapping (platform_id, number, state, document, authors, activated_at, waking)"
	" SELECT 2, n, 'active', d::jsonb, ARRAY[id], now(), true FROM sen.account WHERE login = 'nv1' $$;";

static int setup(_unused_ void **state)
{
	return migrated_open("mapping", facts_sql, 4);
}

static size_t wake(struct arena *a, int64_t batch, int64_t ceiling)
{
	struct op op;
	size_t n = 0;

	op_init(&op, a, migrated_db, NULL);
	assert_int_equal(mapping_wake_step(&op, batch, ceiling, &n), 0);
	db_op_done(&op);
	return n;
}

#define ROWS(rows) "{\"kind\":\"scim\",\"attributes\":[" rows "]}"
#define NAME "{\"path\":\"displayName\",\"value\":\"full_name\"}"

static int64_t number;

static void activate(struct arena *a, const char *document)
{
	side(arena_printf(a, "SELECT activate('%s', %d)", document, (int)++number).p);
}

static void an_activation_makes_due_whose_values_are_others(void **state)
{
	/* 39 accounts on P02, P03, and the directory. */
	assert_int_equal(plan_all(*state), 3 * 39);
	activate(*state, ROWS(NAME));
	assert_int_equal(wake(*state, 100, 1000), 39);
	assert_int_equal(wake(*state, 100, 1000), 0);
	assert_int_equal(plan_all(*state), 39);
	/* The same values, by another expression; then others for every second. */
	activate(*state, ROWS("{\"path\":\"displayName\",\"value\":\"trim(full_name)\"}"));
	assert_int_equal(wake(*state, 100, 1000), 39);
	assert_int_equal(plan_all(*state), 0);
	activate(*state, ROWS("{\"path\":\"displayName\",\"value\":\"replace(full_name, \\\"An 1\\\", \\\"An Một\\\")\"}"));
	assert_int_equal(wake(*state, 100, 1000), 39);
	assert_int_equal(plan_all(*state), side_i64("SELECT count(*) FROM sen.account a JOIN sen.person p ON p.id = a.person_id"
	                                            " WHERE a.login <> 'nv1' AND p.full_name LIKE '%1'"));
}

static void waking_goes_in_batches_and_waits_for_others(void **state)
{
	activate(*state, ROWS(NAME));
	assert_int_equal(wake(*state, 10, 15), 10);
	assert_int_equal(wake(*state, 10, 15), 10);
	/* More than 15 wait. */
	assert_int_equal(wake(*state, 10, 15), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.dirty_account"), 20);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.dirty_account WHERE prio = 4"), 20);
	(void)plan_all(*state);
	assert_int_equal(wake(*state, 10, 15), 10);
	assert_int_equal(wake(*state, 10, 15), 9);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.mapping WHERE waking"), 0);
	(void)plan_all(*state);
}

static int64_t bindings_read(struct op *op)
{
	struct db_rows rows;

	return db_run(op, &test_mapping_reads, &rows) == 0 && rows.n == 1 ? db_i64(&rows, 0, 0) : 0;
}

/* It is asked twice a second, whether or not there is anything to do. */
static void while_nothing_is_waking_no_binding_is_read(void **state)
{
	struct op op;
	int64_t before, after;
	size_t n = 1;

	side("ANALYZE sen.binding");
	op_init(&op, *state, migrated_db, NULL);
	assert_int_equal(db_begin(&op), 0);
	/* What the session has read and not yet reported; an assertion would leave the transaction open. */
	before = bindings_read(&op);
	(void)!mapping_wake_step(&op, 10, 1000, &n);
	after = bindings_read(&op);
	assert_int_equal(db_commit(&op), 0);
	db_op_done(&op);
	assert_int_equal(n, 0);
	assert_int_equal(after, before);
}

static void what_cannot_be_read_stops_only_itself(void **state)
{
	int64_t due = side_i64("SELECT count(*) FROM sen.binding WHERE platform_id = 2 AND state = 1");

	activate(*state, ROWS("{\"path\":\"displayName\",\"value\":\"of_the_future(full_name)\"}"));
	side("UPDATE sen.person SET full_name = 'Lê Bình'");
	/* P03 and the directory follow; P02 stays as it was. */
	assert_int_equal(plan_all(*state), 2 * 39);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE platform_id = 2 AND state = 1"), due);
	/* Access ends all the same. */
	side("UPDATE sen.access_grant SET revoked_at = now(), revoked_by = account_id WHERE role_id = 1 AND account_id ="
	     " (SELECT id FROM sen.account WHERE login = 'nv2')");
	assert_int_equal(plan_all(*state), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE platform_id = 2 AND NOT want_active AND prio = 0"), 1);
}

static void facts_of_the_unit_are_read_where_they_are_asked_for(void **state)
{
	const struct account_facts *facts;
	const struct mapping_set *set;
	struct desired d;
	bool needs_path;
	struct db_rows rows;
	struct str id;
	size_t n;
	struct op op;

	activate(*state, ROWS("{\"path\":\"department\",\"value\":\"join(\\\"/\\\", unit.path, unit.kind, format(post.since, \\\"yyyy\\\"), post.rank, person.kind)\"}"));
	op_init(&op, *state, migrated_db, NULL);
	assert_int_equal(mapping_set_read(&op, &set, &needs_path), 0);
	assert_true(needs_path);
	assert_int_equal(db_run(&op, &test_mapping_one, &rows), 0);
	id = db_str(&rows, 0, 0);
	assert_int_equal(facts_read(&op, &id, 1, &facts, &n), 0);
	plan_platform(*state, facts, 2, MAIL_DOMAIN, &d);
	assert_int_equal(d.n_values, 1);
	assert_str_equal(d.values[0].value.text, "40/40.1/department/2025/staff/cong_chuc");
	db_op_done(&op);
	/* Whoever is below is woken when a unit above gets another code. */
	(void)plan_all(*state);
	side("UPDATE sen.unit SET code = '41' WHERE id = 1");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.dirty_account"), 40);
	(void)plan_all(*state);
}

static void a_person_chooses_among_what_was_seen(void **state)
{
	static const struct match_rule rule = { .name = { "mail", 4 }, .is_strong = false };
	struct candidates all = { .n = 2, .items = { { .ext_id = STR("a"), .label = STR("cũ"), .rule = &rule },
		                                     { .ext_id = STR("b"), .label = STR(""), .rule = &rule, .is_linked = true } } };
	struct result result = { .outcome = OUTCOME_BLOCKED, .op = "match", .candidates = &all, .fault = { .class = "disputed", .detail = STR("2") } };
	const struct work *work;
	const struct str *chosen;
	struct completion done;
	size_t n = 0;
	struct op op;

	op_init(&op, *state, migrated_db, NULL);
	assert_int_equal(binding_claim(&op, &(struct claim){ 2, 1, 60, INT16_MAX, false }, &work, &n), 0);
	assert_int_equal(n, 1);
	done = (struct completion){ .work = work, .result = &result, .sent_hash = work->want_hash, .sent_active = true, .task_id = STR("t") };
	assert_int_equal(completion_add(&op, &done, 1), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.match_candidate WHERE rule = 'mail' AND NOT strong"), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.match_candidate WHERE linked"), 1);
	assert_int_equal(match_chosen_read(&op, 2, &work->account_id, 1, &chosen), 0);
	assert_str_null(chosen[0]);
	side("UPDATE sen.match_candidate SET chosen_at = now(), chosen_by = account_id WHERE ext_id = 'a'");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.match_candidate c WHERE c.ext_id = 'a' AND sen.binding_ask_again(c.account_id, c.platform_id)"), 1);
	assert_int_equal(match_chosen_read(&op, 2, &work->account_id, 1, &chosen), 0);
	assert_str_equal(chosen[0], "a");
	/* It is the account: audited, and no more to choose from.  In doubt it comes first, whoever else waits. */
	side("UPDATE sen.binding SET state = 0 WHERE platform_id = 2 AND state = 1");
	assert_int_equal(binding_claim(&op, &(struct claim){ 2, 1, 60, INT16_MAX, false }, &work, &n), 0);
	assert_int_equal(n, 1);
	assert_true(work->in_doubt);
	result = (struct result){ .outcome = OUTCOME_OK, .op = "update", .ext_id = STR("a"), .was_adopted = true, .adopted_by = "person" };
	done = (struct completion){ .work = work, .result = &result, .sent_hash = work->want_hash, .sent_active = true, .task_id = STR("t") };
	assert_int_equal(completion_add(&op, &done, 1), 0);
	db_op_done(&op);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.match_candidate"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'platform_account.adopt' AND data ->> 'rule' = 'person'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE ext_id = 'a' AND state = 0"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(an_activation_makes_due_whose_values_are_others),
		UNIT_TEST(waking_goes_in_batches_and_waits_for_others),
		UNIT_TEST(while_nothing_is_waking_no_binding_is_read),
		UNIT_TEST(what_cannot_be_read_stops_only_itself),
		UNIT_TEST(facts_of_the_unit_are_read_where_they_are_asked_for),
		UNIT_TEST(a_person_chooses_among_what_was_seen),
	};

	return cmocka_run_group_tests(tests, setup, migrated_drop);
}
