/* Roles by rule, on PostgreSQL with the rights of the server's role: what they give and take, and what is foreseen before it is saved. */
#include "server/governance/rules.h"
#include "tests/db/governance/acting.h"

static struct str one_of(struct fixture *f, const char *text)
{
	const struct str texts[] = { str_c(text) };

	return db_array(f->op.arena, texts, 1);
}

static int draft(struct fixture *f, const char *who, struct str id, const char *code, const char *unit, const char *title, const char *role)
{
	return AS(f, who, rule_draft, P_STR(id), P_NULL, P_C(code), S("Chuyên viên"), S("QĐ 1"), P_C(unit), P_NULL,
	          title ? P_STR(one_of(f, title)) : P_NULL, P_NULL, P_NULL, P_NULL,
	          P_STR(one_of(f, role)), P_NULL, P_NULL);
}

static void test_rules(void **state)
{
	struct fixture *f = *state;
	struct str id = fresh_id(&f->op);

	assert_int_equal(draft(f, "WA", fresh_id(&f->op), "R0", "40", NULL, "P02/MC"), ERR_OUT_OF_SCOPE);
	assert_int_equal(draft(f, "P2", id, "R1", "40", "Chuyên viên", "P02/NO"), ERR_UNKNOWN_ROLE);
	assert_int_equal(draft(f, "P2", id, "R1", "40", "Chuyên viên", "P02/MC"), 0);
	assert_int_equal(live_grants(), 0);
	/* The author sees what would come of it, and nothing of it stays. */
	struct db_param preview[] = { P_STR(id), P_STR(account_of(&f->op, "P2")), P_NULL }, page[] = { P_NULL, P_I64(10) };
	struct governed_list list = { .query = supposed_list, .params = page, .n_params = 2 };
	struct db_rows rows;
	json_decref(f->body);
	f->body = NULL;
	assert_int_equal(governed_suppose(&f->op, &rule_release_supposed, preview, 3, &list, &f->body, &rows), 0);
	assert_int_equal(json_get_int(f->body, "added", -1), 2);
	assert_int_equal(rows.n, 2);
	assert_int_equal(live_grants(), 0);
	assert_int_equal(AS(f, "P2", rule_release, P_STR(id), P_NULL, P_I64(1)), ERR_FOUR_EYES);
	assert_int_equal(AS(f, "P3", rule_release, P_STR(id), P_NULL, P_I64(7)), ERR_PRECONDITION_FAILED);
	assert_int_equal(AS(f, "P3", rule_release, P_STR(id), P_NULL, P_I64(1)), 0);
	assert_int_equal(json_get_int(f->body, "added", -1), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.live_grant g JOIN sen.access_grant x ON x.id = g.id WHERE x.origin = 'rule' AND x.granted_by IS NULL AND x.rule_version = 1"), 2);
	/* The same from two sources: one goes, the other stays. */
	assert_int_equal(grant_direct(f, "WA", "MC"), 0);
	assert_int_equal(live_grants(), 3);
	/* With the post it goes, with the post it comes; the epoch ends what was signed in. */
	side("UPDATE sen.post SET title = 'Trưởng phòng' WHERE person_id IN (SELECT id FROM sen.person WHERE employee_code IN ('WA', 'OTHER'))");
	assert_int_equal(live_grants(), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE revoke_reason = 'rule' AND revoked_by IS NULL"), 2);
	side("UPDATE sen.post SET title = 'Chuyên viên' WHERE person_id IN (SELECT id FROM sen.person WHERE employee_code IN ('WA', 'OTHER'))");
	assert_int_equal(live_grants(), 3);
	/* A closed platform has none; an open one again. */
	side("UPDATE sen.platform SET state = 'stopped' WHERE code = 'P02'");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE origin = 'rule' AND revoked_at IS NULL"), 0);
	side("UPDATE sen.platform SET state = 'operating' WHERE code = 'P02'");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE origin = 'rule' AND revoked_at IS NULL"), 2);
	assert_int_equal(AS(f, "P2", rule_retire, P_STR(id), P_NULL, P_I64(2)), 0);
	assert_int_equal(json_get_int(f->body, "removed", -1), 2);
	assert_int_equal(live_grants(), 1);
}

static void test_rules_and_dates(void **state)
{
	struct fixture *f = *state;
	struct str id = fresh_id(&f->op);

	assert_int_equal(draft(f, "P2", id, "R1", "16681", NULL, "P02/TK"), 0);
	assert_int_equal(AS(f, "P3", rule_release, P_STR(id), P_NULL, P_I64(1)), 0);
	assert_int_equal(live_grants(), 3);
	/* The post's end is the grant's end, a post to come gives what is to come. */
	side("UPDATE sen.post SET valid = daterange(lower(valid), sen.today() + 3) WHERE person_id = (SELECT id FROM sen.person WHERE employee_code = 'VP')");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE revoked_at IS NULL AND valid_to = sen.midnight(sen.today() + 3)"), 1);
	side("INSERT INTO sen.post SELECT id, gen_random_uuid(), (SELECT id FROM sen.unit WHERE code = '16681.VP'), 'Kiêm nhiệm', 'concurrent', daterange(sen.today() + 10, sen.today() + 20), '9/QĐ'"
	     " FROM sen.person WHERE employee_code = 'OTHER'");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE revoked_at IS NULL AND valid_from = sen.midnight(sen.today() + 10)"), 1);
	assert_int_equal(live_grants(), 3);
	side("DELETE FROM sen.post WHERE title = 'Kiêm nhiệm'; UPDATE sen.post SET valid = daterange(lower(valid), NULL)");
	/* What duties forbid is not added. */
	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	assert_int_equal(add_duty(f, "block", "unit"), 0);
	side("UPDATE sen.post SET valid = daterange(lower(valid), sen.today() + 3) WHERE person_id = (SELECT id FROM sen.person WHERE employee_code = 'VP')");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant g JOIN sen.account a ON a.id = g.account_id JOIN sen.person n ON n.id = a.person_id"
	                          " WHERE n.employee_code = 'VP' AND g.revoked_at IS NULL AND g.origin = 'rule'"), 0);
	side("UPDATE sen.post SET valid = daterange(lower(valid), NULL)");
	side("UPDATE sen.unit SET kind = 'commune' WHERE code = '16681'; UPDATE sen.unit SET kind = 'ward' WHERE code = '16681'");
}

/* What a transfer hands over and a retirement leaves in grace, of a rule's grant too. */
static void test_rules_and_movements(void **state)
{
	struct fixture *f = *state;
	struct str id = fresh_id(&f->op);

	assert_int_equal(draft(f, "P2", id, "R1", "16681", NULL, "P02/TK"), 0);
	assert_int_equal(AS(f, "P3", rule_release, P_STR(id), P_NULL, P_I64(1)), 0);
	assert_int_equal(live_grants(), 3);
	side("UPDATE sen.post SET valid = daterange(lower(valid), sen.today()), handover = (SELECT jsonb_build_object(id, 5) FROM sen.platform WHERE code = 'P02')"
	     " WHERE person_id = (SELECT id FROM sen.person WHERE employee_code = 'VP')");
	assert_int_equal(live_grants(), 3);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE revoked_at IS NULL AND valid_to = sen.midnight(sen.today() + 5) AND handover_days = 5"), 1);
	side("UPDATE sen.post SET handover = '{}' WHERE handover <> '{}'");
	assert_int_equal(live_grants(), 2);
	/* As a retirement of today writes it. */
	side("INSERT INTO sen.account_grace SELECT a.id, '11111111-1111-4111-8111-111111111111', r.id, now() + interval '1 month' FROM sen.account a"
	     " JOIN sen.person p ON p.id = a.person_id AND p.employee_code = 'WA', sen.role r WHERE r.code = 'TK';"
	     "UPDATE sen.post SET valid = daterange(lower(valid), sen.today()) WHERE person_id = (SELECT id FROM sen.person WHERE employee_code = 'WA');"
	     "INSERT INTO sen.account_stop (account_id, id, kind, valid_from, movement_id) SELECT a.id, '11111111-1111-4111-8111-111111111111', 'end', now(), gen_random_uuid()"
	     " FROM sen.account a JOIN sen.person p ON p.id = a.person_id AND p.employee_code = 'WA'");
	assert_int_equal(live_grants(), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.live_grant g JOIN sen.account_grace c USING (account_id, role_id)"), 1);
	assert_int_equal(AS(f, "P2", rule_retire, P_STR(id), P_NULL, P_I64(2)), 0);
	assert_int_equal(live_grants(), 1);
	side("UPDATE sen.account_grace SET until_at = now()");
	assert_int_equal(live_grants(), 0);
	side("DELETE FROM sen.account_grace; DELETE FROM sen.account_stop; UPDATE sen.post SET valid = daterange(lower(valid), NULL)");
}

static void test_rules_make_accounts(void **state)
{
	struct fixture *f = *state;
	struct str id = fresh_id(&f->op);

	gov_import("persons",
	           "employee_code,full_name,kind,birth_date,unit_code,title,post_kind,valid_from,valid_to,decision_no,national_id\n"
	           "N1,Ngô Thị Hoa,cong_chuc,,16690,Kế toán,main,2025-07-01,,8/QĐ,\n"
	           "N2,Ngô Thị Hoà,cong_chuc,,16690,Kế toán,main,2025-07-01,,9/QĐ,\n", NULL);
	assert_int_equal(draft(f, "P2", id, "KT", "40", "Kế toán", "P02/TK"), 0);
	assert_int_equal(AS(f, "P3", rule_release, P_STR(id), P_NULL, P_I64(1)), 0);
	assert_int_equal(json_get_int(f->body, "added", -1), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE login IN ('hoant', 'hoant2')"), 2);
	side("DELETE FROM sen.access_grant; DELETE FROM sen.account a USING sen.person n WHERE n.id = a.person_id AND n.employee_code IN ('N1', 'N2');"
	     " DELETE FROM sen.birthright_version; DELETE FROM sen.birthright_rule; DELETE FROM sen.post WHERE title = 'Kế toán'; DELETE FROM sen.post_version; DELETE FROM sen.person WHERE employee_code IN ('N1', 'N2')");
}

/* A rule for everybody takes longer than a statement otherwise may; as long as others do. */
static void test_rule_takes_its_time(void **state)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(UNIT_ARENA_BYTES);
	const struct db_config config = { .conninfo = arena_printf(a, "%s options='-c role=sen_server'", dbtest_conninfo()), .program = DBTEST_PROGRAM,
		.pool_size = 2, .statement_timeout_ms = 500, .audit_chain = 11 };
	struct fixture *f = *state;
	struct str rule = fresh_id(&f->op), message = STR("");
	struct db *hasty = NULL;

	assert_int_equal(db_open(&config, &hasty, &message, a), 0);
	side("CREATE FUNCTION sen.test_slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1.5); RETURN NULL; END $$;"
	     " CREATE TRIGGER test_slow AFTER INSERT ON sen.access_grant FOR EACH STATEMENT EXECUTE FUNCTION sen.test_slow()");
	assert_int_equal(AS(f, "P2", rule_draft, P_STR(rule), P_NULL, S("CV"), S("x"), S("b"), S("16681"), P_NULL, P_NULL, P_NULL, P_NULL, P_NULL, S("{P02/TK}"), P_NULL, P_NULL), 0);
	f->op.db = hasty;
	assert_int_equal(AS(f, "P3", rule_release, P_STR(rule), P_NULL, P_I64(1)), 0);
	f->op.db = gov_server;
	db_close(hasty);
	side("DROP TRIGGER test_slow ON sen.access_grant; DROP FUNCTION sen.test_slow()");
	assert_true(live_grants() > 0);
}

static struct db_rows suppose(struct fixture *f, const char *code, const struct governed_kind *kind, struct db_param *params, size_t n, size_t actor)
{
	const struct db_param list_params[] = { P_NULL, P_I64(100) };
	const struct governed_list list = { .query = supposed_list, .params = list_params, .n_params = ARRAY_LEN(list_params) };
	struct db_rows rows = { 0 };

	op_forgive(&f->op);
	json_decref(f->body);
	f->body = NULL;
	params[actor] = P_STR(account_of(&f->op, code));
	assert_int_equal(governed_suppose(&f->op, kind, params, n, &list, &f->body, &rows), 0);
	return rows;
}

/* Before saving: exactly what saving then does; and nothing of it is there before. */
static void test_rule_change_is_foreseen(void **state)
{
	struct fixture *f = *state;
	struct str rule = fresh_id(&f->op);
	struct db_param first[] = { P_STR(rule), P_NULL, P_NULL, P_NULL, P_NULL, S("16681"), P_NULL, P_NULL, P_NULL, P_NULL, P_NULL, S("{P02/TK}"), P_NULL, P_NULL };
	struct db_param other[] = { P_STR(rule), P_NULL, P_STR(rule), P_NULL, P_NULL, S("16681"), P_NULL, P_NULL, P_NULL, P_NULL, P_NULL, S("{P02/MC}"), P_NULL, P_NULL };
	struct db_rows rows = suppose(f, "P2", &rule_supposed, first, ARRAY_LEN(first), 1);
	int64_t n = (int64_t)rows.n;

	assert_true(n > 0);
	assert_int_equal(json_get_int(f->body, "added", -1), n);
	assert_int_equal(live_grants(), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.birthright_rule"), 0);
	assert_int_equal(AS(f, "P2", rule_draft, P_STR(rule), P_NULL, S("CV"), S("x"), S("b"), S("16681"), P_NULL, P_NULL, P_NULL, P_NULL, P_NULL, S("{P02/TK}"), P_NULL, P_NULL), 0);
	assert_int_equal(AS(f, "P3", rule_release, P_STR(rule), P_NULL, P_I64(1)), 0);
	assert_int_equal(live_grants(), n);
	/* The rule that is there with another role: each loses one and gets the other. */
	rows = suppose(f, "P2", &rule_supposed, other, ARRAY_LEN(other), 1);
	assert_int_equal(rows.n, 2 * n);
	assert_int_equal(json_get_int(f->body, "removed", -1), n);
	assert_int_equal(live_grants(), n);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id WHERE r.code = 'MC'"), 0);
	/* Not what is not in reach. */
	assert_int_equal(AS(f, "WA", rule_supposed, P_STR(rule), P_NULL, P_STR(rule), P_NULL, P_NULL, S("16690"), P_NULL, P_NULL, P_NULL, P_NULL, P_NULL, S("{P02/MC}"), P_NULL, P_NULL),
	                 ERR_OUT_OF_SCOPE);
}

DB_QUERY(post_of_grant_q, DB_READ, "SELECT post_id FROM sen.access_grant");
/* A grant that hangs on a post ends with it, without anything being written to it. */
static void test_post_end_is_foreseen(void **state)
{
	struct fixture *f = *state;
	struct db_rows rows;
	struct str post;

	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE post_id IS NOT NULL"), 1);
	assert_int_equal(db_run(&f->op, &post_of_grant_q, &rows), 0);
	post = arena_dup(f->op.arena, db_str(&rows, 0, 0));
	struct db_param params[] = { P_NULL, S("VP"), P_STR(post), P_STR(day(f, 5)), P_NULL, P_NULL, P_NULL, P_NULL, P_NULL };
	rows = suppose(f, "P2", &post_supposed, params, ARRAY_LEN(params), 0);
	assert_int_equal(rows.n, 1);
	json_t *json = json_read(db_str(&rows, 0, 0), 4, NULL);
	assert_str_equal(json_get_str(json, "change"), "end");
	assert_str_equal(json_get_str(json, "role"), "MC");
	json_decref(json);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.post WHERE NOT upper_inf(valid)"), 0);
}

/* One set of roles for a kind of unit: everybody in the wards, nobody of the province; whoever comes into one has it too. */
static void test_kind_of_unit(void **state)
{
	struct fixture *f = *state;
	struct str id = fresh_id(&f->op);

	assert_int_equal(AS(f, "P2", rule_draft, P_STR(id), P_NULL, S("RP"), S("Mọi phường"), S("QĐ 1"), S("40"), P_STR(one_of(f, "ward")), P_NULL, P_NULL, P_NULL, P_NULL,
	                    P_STR(one_of(f, "P02/TK")), P_NULL, P_NULL), 0);
	assert_int_equal(AS(f, "P3", rule_release, P_STR(id), P_NULL, P_I64(1)), 0);
	assert_int_equal(live_grants(), side_i64("SELECT count(*) FROM sen.standing_post o WHERE o.unit_code ~ '^16' AND o.valid @> sen.today()"));
	assert_int_equal(side_i64("SELECT count(*) FROM sen.live_grant g JOIN sen.unit u ON u.id = g.unit_id WHERE u.code = '40'"), 0);
	assert_int_equal(side_i64("SELECT count(DISTINCT left(u.code, 5)) FROM sen.live_grant g JOIN sen.unit u ON u.id = g.unit_id"), 2);
	int64_t before = live_grants();
	side("INSERT INTO sen.post SELECT id, gen_random_uuid(), (SELECT id FROM sen.unit WHERE code = '16690'), 'Kiêm nhiệm', 'concurrent', daterange(sen.today(), NULL), '9/QĐ'"
	     " FROM sen.person WHERE employee_code = 'P2'");
	assert_int_equal(live_grants(), before + 1);
	side("DELETE FROM sen.post WHERE title = 'Kiêm nhiệm'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ACTING_TEST(test_rules),
		ACTING_TEST(test_rules_and_dates),
		ACTING_TEST(test_rules_and_movements),
		ACTING_TEST(test_rules_make_accounts),
		ACTING_TEST(test_rule_takes_its_time),
		ACTING_TEST(test_rule_change_is_foreseen),
		ACTING_TEST(test_post_end_is_foreseen),
		ACTING_TEST(test_kind_of_unit),
	};

	return cmocka_run_group_tests(tests, acting_create, gov_drop);
}
