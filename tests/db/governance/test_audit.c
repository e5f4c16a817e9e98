/* audit.h: what was tampered with is found, and where. */
#include "common/model/audit.h"
#include "common/model/audit_checkpoint.h"

#include "tests/db/governance/govdb.h"

DB_QUERY(test_last_jws_q, DB_READ, "SELECT jws FROM sen.audit_checkpoint ORDER BY n DESC LIMIT 1");

static int create(_unused_ void **state)
{
	struct jwk *key;
	struct op op;

	gov_create("audit");
	gov_begin(&op, NULL);
	assert_int_equal(jwk_generate(&op, JWS_ES256, &key), 0);
	keyring_add_signing(gov_keys, key, true);
	gov_end(&op);
	return 0;
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

static const struct audit_checkpoint_rule always = { .every_s = 0, .every_records = 1 };

static void checkpoint(void)
{
	struct op op;
	bool made;

	gov_begin(&op, gov_server);
	assert_int_equal(audit_checkpoint_maintain(&op, &always, &made), 0);
	assert_true(made);
	gov_end(&op);
}

static void forget_checkpoints(void)
{
	side("ALTER TABLE sen.audit_checkpoint DISABLE TRIGGER audit_refuse; DELETE FROM sen.audit_checkpoint;"
	     " ALTER TABLE sen.audit_checkpoint ENABLE TRIGGER audit_refuse; ALTER TABLE sen.audit_dropped DISABLE TRIGGER audit_refuse;"
	     " DELETE FROM sen.audit_dropped; ALTER TABLE sen.audit_dropped ENABLE TRIGGER audit_refuse");
}

static void add_record(void)
{
	side("SET sen.audit_chain = '7'; INSERT INTO sen.audit (actor, action, object, request_id) VALUES ('system', 'test', 'x', 'r')");
}

static struct audit_checkpoint_verdict verify_checkpoints(void)
{
	struct audit_checkpoint_verdict v;
	struct op op;

	gov_begin(&op, gov_owner);
	assert_int_equal(audit_checkpoint_verify(&op, &v), 0);
	gov_end(&op);
	return v;
}

static void test_checkpoints(_unused_ void **state)
{
	const struct audit_checkpoint_rule patient = { .every_s = 3600, .every_records = 3 };
	struct audit_checkpoint_verdict v;
	struct op op;
	bool made;

	forget_checkpoints();
	checkpoint();
	gov_begin(&op, gov_server);
	/* Nothing new, then too little, then enough. */
	assert_int_equal(audit_checkpoint_maintain(&op, &always, &made), 0);
	assert_false(made);
	add_record();
	assert_int_equal(audit_checkpoint_maintain(&op, &patient, &made), 0);
	assert_false(made);
	add_record();
	add_record();
	assert_int_equal(audit_checkpoint_maintain(&op, &patient, &made), 0);
	assert_true(made);
	gov_end(&op);
	v = verify_checkpoints();
	assert_null(v.fault);
	assert_int_equal(v.n_checkpoints, 2);
}

/* What a verifier of chains alone cannot see: the end of a chain, its head set back to fit, is cut off. */
#define REWIND "DELETE FROM sen.audit WHERE chain = 7 AND seq > 3; UPDATE sen.audit_head SET seq = 3," \
	" hash = (SELECT hash FROM sen.audit WHERE chain = 7 AND seq = 3) WHERE chain = 7"

static void test_checkpoints_see(_unused_ void **state)
{
	static const struct {
		const char *sql;
		int64_t n;
	} rows[] = {
		{ REWIND, 1 },
		{ "DELETE FROM sen.audit WHERE chain = 7; DELETE FROM sen.audit_head WHERE chain = 7", 1 },
		/* A new chain in the place of the old one. */
		{ REWIND "; SET sen.audit_chain = '7'; INSERT INTO sen.audit (actor, action, object, request_id) VALUES ('a', 'b', 'c', 'd'), ('a', 'b', 'c', 'd')", 1 },
		{ "DELETE FROM sen.audit_checkpoint WHERE n = 1", 1 },
		{ "DELETE FROM sen.audit_checkpoint WHERE n = 2", 2 },
		{ "UPDATE sen.audit_checkpoint SET jws = (SELECT jws FROM sen.audit_checkpoint WHERE n = 3) WHERE n = 2", 2 },
		{ "UPDATE sen.audit_checkpoint SET mac = sha256(mac) WHERE n = 3", 3 },
		{ "UPDATE sen.audit_checkpoint SET jwk = '{}' WHERE n = 1", 1 },
		{ "UPDATE sen.audit_checkpoint a SET n = 7 - a.n WHERE n > 1 AND n < 3", 2 },
		/* As if a partition had gone, though all of it is young. */
		{ "INSERT INTO sen.audit_dropped (chain, seq, hash, partition) SELECT 7, 5, hash, 'audit_202001' FROM sen.audit WHERE chain = 7 AND seq = 7;"
		  " DELETE FROM sen.audit WHERE chain = 7 AND seq <= 7", 1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct audit_checkpoint_verdict v;

		set_up(NULL);
		forget_checkpoints();
		for (int k = 0; k < 3; k++) {
			add_record();
			checkpoint();
		}
		assert_null(verify_checkpoints().fault);
		print_message("%s\n", rows[i].sql);
		side("ALTER TABLE sen.audit DISABLE TRIGGER audit_refuse; ALTER TABLE sen.audit_checkpoint DISABLE TRIGGER audit_refuse");
		side(rows[i].sql);
		side("ALTER TABLE sen.audit ENABLE TRIGGER audit_refuse; ALTER TABLE sen.audit_checkpoint ENABLE TRIGGER audit_refuse");
		v = verify_checkpoints();
		assert_non_null(v.fault);
		assert_int_equal(v.fault_n, rows[i].n);
	}
	set_up(NULL);
	forget_checkpoints();
}

/* Records from before the first checkpoint, gone as if with a partition: what is left of the chain is too young to begin late. */
static void test_invented_drop(_unused_ void **state)
{
	struct audit_verdict v = { .chain = -1 };
	struct op op;

	side("INSERT INTO sen.audit_dropped (chain, seq, hash, partition) SELECT 7, 2, hash, 'audit_202001' FROM sen.audit WHERE chain = 7 AND seq = 2;"
	     " ALTER TABLE sen.audit DISABLE TRIGGER audit_refuse; DELETE FROM sen.audit WHERE chain = 7 AND seq <= 2;"
	     " ALTER TABLE sen.audit ENABLE TRIGGER audit_refuse");
	gov_begin(&op, gov_owner);
	verify(&op, &v);
	gov_end(&op);
	assert_non_null(v.fault);
	assert_int_equal(v.fault_seq, 3);
	set_up(NULL);
	forget_checkpoints();
}

/* The last checkpoints cut off: only a copy that was kept elsewhere tells. */
static void test_kept_checkpoints(_unused_ void **state)
{
	struct db_rows rows;
	struct op op;

	set_up(NULL);
	forget_checkpoints();
	checkpoint();
	add_record();
	checkpoint();
	gov_begin(&op, gov_owner);
	assert_int_equal(db_run(&op, &test_last_jws_q, &rows), 0);
	assert_int_equal(audit_checkpoint_compare(&op, db_str(&rows, 0, 0)), 0);
	side("ALTER TABLE sen.audit_checkpoint DISABLE TRIGGER audit_refuse; DELETE FROM sen.audit_checkpoint WHERE n = 2;"
	     " ALTER TABLE sen.audit_checkpoint ENABLE TRIGGER audit_refuse");
	assert_null(verify_checkpoints().fault);
	assert_int_equal(audit_checkpoint_compare(&op, db_str(&rows, 0, 0)), ERR_NOT_FOUND);
	op_forgive(&op);
	assert_int_equal(audit_checkpoint_compare(&op, STR("a.b.c")), ERR_INVALID_VALUE);
	gov_end(&op);
}

/* Old partitions go, and the chain is whole behind them. */
static void test_dropped_partitions(_unused_ void **state)
{
	struct audit_verdict v = { .chain = -1 };
	struct op op;

	set_up(NULL);
	forget_checkpoints();
	/* Records of two years ago in a partition of theirs. */
	side("CREATE TABLE sen.audit_202410 PARTITION OF sen.audit FOR VALUES FROM ('2024-10-01') TO ('2024-11-01')");
	side("ALTER TABLE sen.audit DISABLE TRIGGER audit_refuse; DELETE FROM sen.audit WHERE chain = 7; DELETE FROM sen.audit_head WHERE chain = 7;"
	     " ALTER TABLE sen.audit ENABLE TRIGGER audit_refuse; SET sen.audit_chain = '7'");
	for (int i = 0; i < 3; i++)
		side("INSERT INTO sen.audit (at, actor, action, object, request_id) VALUES ('2024-10-11', 'system', 'test', 'alt', 'r')");
	for (int i = 0; i < 2; i++)
		add_record();
	/* What is left is old enough for its beginning to be gone. */
	side("UPDATE sen.partition_plan SET keep_days = 60 WHERE parent = 'audit'");
	side("SELECT sen.partitions_maintain()");
	assert_int_equal(side_i64("SELECT seq FROM sen.audit_dropped WHERE chain = 7"), 3);
	gov_begin(&op, gov_owner);
	verify(&op, &v);
	gov_end(&op);
	assert_null(v.fault);
	assert_int_equal(v.first_seq, 4);
	checkpoint();
	assert_null(verify_checkpoints().fault);
	/* The first that is left is linked to what is gone. */
	side("ALTER TABLE sen.audit_dropped DISABLE TRIGGER audit_refuse; UPDATE sen.audit_dropped SET hash = sha256(hash) WHERE chain = 7;"
	     " ALTER TABLE sen.audit_dropped ENABLE TRIGGER audit_refuse");
	gov_begin(&op, gov_owner);
	verify(&op, &v);
	gov_end(&op);
	assert_non_null(v.fault);
	assert_int_equal(v.fault_seq, 4);
	side("UPDATE sen.partition_plan SET keep_days = 366 WHERE parent = 'audit'");
	set_up(NULL);
	forget_checkpoints();
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
		cmocka_unit_test_setup(test_checkpoints, set_up),
		cmocka_unit_test(test_checkpoints_see),
		cmocka_unit_test_setup(test_invented_drop, set_up),
		cmocka_unit_test(test_kept_checkpoints),
		cmocka_unit_test(test_dropped_partitions),
		cmocka_unit_test_setup(test_append_only, set_up),
	};

	return cmocka_run_group_tests(tests, create, gov_drop);
}
