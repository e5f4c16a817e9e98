/* audit.h: what was tampered with is found, and where. */
#include "common/model/audit.h"

#include "tests/db/governance/govdb.h"

static int create(_unused_ void **state)
{
	return gov_create("audit");
}

/* Chain 7 with 5 records, beside those of the set-up. */
static int set_up(_unused_ void **state)
{
	side("ALTER TABLE sen.audit DISABLE TRIGGER audit_refuse; DELETE FROM sen.audit WHERE chain = 7;"
	     " DELETE FROM sen.audit_head WHERE chain = 7; ALTER TABLE sen.audit ENABLE TRIGGER audit_refuse");
	side("SET sen.audit_chain = '7'");
	for (int i = 0; i < 5; i++)
		side("INSERT INTO sen.audit (actor, action, object, request_id, data) VALUES ('system', 'test', 'Đối tượng', 'r', '{\"a\": [1, \"é\"]}')");
	return 0;
}

static void verify(struct op *op, struct audit_verdict *ret_verdict)
{
	const struct audit_verdict *verdicts;
	size_t n;

	assert_int_equal(audit_verify(op, &verdicts, &n), 0);
	for (size_t i = 0; i < n; i++) {
		if (verdicts[i].chain == 7)
			*ret_verdict = verdicts[i];
		else
			assert_null(verdicts[i].fault);
	}
}

static void test_whole(_unused_ void **state)
{
	struct audit_verdict v = { .chain = -1 };
	struct op op;

	gov_begin(&op, gov_owner);
	verify(&op, &v);
	assert_int_equal(v.chain, 7);
	assert_null(v.fault);
	assert_int_equal(v.n_records, 5);
	assert_int_equal(v.last_seq, 5);
	gov_end(&op);
}

/* What audit_add() writes is in order too: data in jsonb's own form, names in Vietnamese, the chain of its connection. */
static void test_add(_unused_ void **state)
{
	_json_ json_t *data = json_new_object();
	const struct audit_record record = { .actor = STR("operator:test"), .action = "test.add", .object = STR("Phường “Thành Vinh”"), .data = data };
	struct audit_verdict v;
	struct op op;

	json_set_str(data, "lý do", STR("một\nhai\t\"ba\""));
	json_set_int(data, "n", 1);
	gov_begin(&op, gov_server);
	assert_int_equal(db_begin(&op), 0);
	assert_int_equal(audit_add(&op, &record), 0);
	assert_int_equal(db_commit(&op), 0);
	gov_end(&op);
	gov_begin(&op, gov_owner);
	verify(&op, &v);
	gov_end(&op);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'test.add' AND chain IN (10, 11)"), 1);
}

static void test_tampered(_unused_ void **state)
{
	static const struct {
		const char *sql;
		int64_t at;
	} rows[] = {
		{ "UPDATE sen.audit SET actor = 'account:x' WHERE chain = 7 AND seq = 3", 3 },
		{ "UPDATE sen.audit SET data = '{}' WHERE chain = 7 AND seq = 1", 1 },
		{ "UPDATE sen.audit SET at = at - interval '1 second' WHERE chain = 7 AND seq = 2", 2 },
		{ "UPDATE sen.audit SET account_id = gen_random_uuid() WHERE chain = 7 AND seq = 5", 5 },
		{ "DELETE FROM sen.audit WHERE chain = 7 AND seq = 3", 3 },
		{ "DELETE FROM sen.audit WHERE chain = 7 AND seq = 5", 5 },                     /* the tail is cut */
		{ "DELETE FROM sen.audit WHERE chain = 7", 1 },
		{ "DELETE FROM sen.audit WHERE chain = 7 AND seq <= 2", 3 },                    /* the beginning is */
		{ "UPDATE sen.audit_head SET hash = sha256('x') WHERE chain = 7", 5 },
		{ "DELETE FROM sen.audit_head WHERE chain = 7", 0 },
		{ "UPDATE sen.audit_head SET seq = 9 WHERE chain = 7", 6 },
		/* A changed record with a hash that fits it: the next one does not. */
		{ "UPDATE sen.audit a SET object = 'x', hash = sha256((SELECT hash FROM sen.audit WHERE chain = 7 AND seq = 2)"
		  " || convert_to(sen.audit_text((a.at, a.chain, a.seq, a.actor, a.action, a.account_id, 'x', a.request_id, a.data, a.hash)::sen.audit), 'UTF8'))"
		  " WHERE chain = 7 AND seq = 3", 4 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct audit_verdict v = { .chain = -1 };
		struct op op;

		set_up(NULL);
		print_message("%s\n", rows[i].sql);
		side("ALTER TABLE sen.audit DISABLE TRIGGER audit_refuse");
		side(rows[i].sql);
		gov_begin(&op, gov_owner);
		verify(&op, &v);
		gov_end(&op);
		side("ALTER TABLE sen.audit ENABLE TRIGGER audit_refuse");
		assert_int_equal(v.chain, 7);
		assert_non_null(v.fault);
		assert_int_equal(v.fault_seq, rows[i].at);
	}
	set_up(NULL);
}

/* Programs can neither change nor delete. */
static void test_append_only(_unused_ void **state)
{
	assert_int_equal(side_i64("SELECT has_table_privilege('sen_server', 'sen.audit', 'INSERT')::int"
	                          " - has_table_privilege('sen_server', 'sen.audit', 'UPDATE, DELETE, TRUNCATE')::int"
	                          " - has_table_privilege('sen_provisioner', 'sen.audit', 'UPDATE, DELETE, TRUNCATE')::int"), 1);
	side("DO $$ BEGIN UPDATE sen.audit SET actor = 'x'; RAISE 'changed'; EXCEPTION WHEN raise_exception THEN"
	     " IF SQLERRM <> 'audit records are append-only' THEN RAISE; END IF; END $$");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_whole, set_up),
		cmocka_unit_test_setup(test_add, set_up),
		cmocka_unit_test_setup(test_tampered, set_up),
		cmocka_unit_test_setup(test_append_only, set_up),
	};

	return cmocka_run_group_tests(tests, create, gov_drop);
}
