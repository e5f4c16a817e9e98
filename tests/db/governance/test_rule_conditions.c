/* Each condition of a rule by itself: whom it leaves out, and that a change of it is followed; what a rule may not give; a unit that is supposed to be another. */
#include "server/governance/rules.h"
#include "tests/db/governance/acting.h"

#include <stdio.h>

enum { UNIT_KINDS, TITLES, CLASSES, POST_KINDS, PERSON_KINDS, N_CONDITIONS };

static struct str one_of(struct fixture *f, const char *text)
{
	const struct str texts[] = { str_c(text) };

	return db_array(f->op.arena, texts, 1);
}

/* P02/TK in the province, on one condition. */
static int draft(struct fixture *f, struct str id, int condition, const char *value)
{
	struct db_param conditions[N_CONDITIONS] = { P_NULL, P_NULL, P_NULL, P_NULL, P_NULL };

	if (value)
		conditions[condition] = P_STR(one_of(f, value));
	return AS(f, "P2", rule_draft, P_STR(id), P_NULL, P_STR(arena_printf(f->op.arena, "R%.8s", id.p)), S("R"), S("QĐ"), S("40"), conditions[UNIT_KINDS], conditions[TITLES],
	          conditions[CLASSES], conditions[POST_KINDS], conditions[PERSON_KINDS], P_STR(one_of(f, "P02/TK")), P_NULL, P_NULL);
}

static void rule(struct fixture *f, int condition, const char *value)
{
	struct str id = fresh_id(&f->op);

	assert_int_equal(draft(f, id, condition, value), 0);
	assert_int_equal(AS(f, "P3", rule_release, P_STR(id), P_NULL, P_I64(1)), 0);
}

/* Exactly they hold it, by codes in their order. */
static void assert_held_by(const char *codes)
{
	char sql[400];

	(void)snprintf(sql, sizeof(sql), "SELECT (coalesce(string_agg(DISTINCT n.employee_code, ' ' ORDER BY n.employee_code), '') = '%s')::integer FROM sen.live_grant g"
	               " JOIN sen.account a ON a.id = g.account_id JOIN sen.person n ON n.id = a.person_id", codes);
	if (side_i64(sql) != 1)
		fail_msg("not held by exactly %s", codes);
}

static void test_classes(void **state)
{
	struct fixture *f = *state;
	struct db_param archive[] = { P_NULL, S("Văn thư"), S("VT"), P_I64(0) }, expert[] = { P_NULL, S("Chuyên viên"), S("VT"), P_I64(0) },
		   other[] = { P_NULL, S("Văn thư"), S("KHAC"), P_I64(1) };

	rule(f, CLASSES, "VT");
	assert_held_by("");
	/* The class of a title is stated: who holds a post of it has the role; another class, and it is gone. */
	assert_int_equal(as(f, "P2", &class_set, archive, ARRAY_LEN(archive), 0), 0);
	assert_held_by("VP");
	assert_int_equal(as(f, "P2", &class_set, expert, ARRAY_LEN(expert), 0), 0);
	assert_held_by("OTHER VP WA");
	assert_int_equal(as(f, "P2", &class_set, other, ARRAY_LEN(other), 0), 0);
	assert_held_by("OTHER WA");
}

static void test_post_kinds(void **state)
{
	struct fixture *f = *state;

	rule(f, POST_KINDS, "concurrent");
	assert_held_by("");
	side("INSERT INTO sen.post (person_id, id, unit_id, title, kind, valid, decision_no) SELECT n.id, gen_random_uuid(), u.id, 'Kiêm nhiệm', 'concurrent', daterange(sen.today(), NULL), '9/QĐ'"
	     " FROM sen.person n, sen.unit u WHERE n.employee_code = 'P2' AND u.code = '16690'");
	assert_held_by("P2");
	side("DELETE FROM sen.post WHERE title = 'Kiêm nhiệm'");
	assert_held_by("");
	rule(f, POST_KINDS, "main");
	assert_held_by("AD OTHER P2 P3 VP W2 WA");
}

static void test_person_kinds(void **state)
{
	struct fixture *f = *state;

	rule(f, PERSON_KINDS, "vien_chuc");
	assert_held_by("OTHER");
	side("UPDATE sen.person SET kind = 'vien_chuc' WHERE employee_code = 'W2'; UPDATE sen.person SET kind = 'cong_chuc' WHERE employee_code = 'OTHER'");
	assert_held_by("W2");
	side("UPDATE sen.person SET kind = 'cong_chuc' WHERE employee_code = 'W2'; UPDATE sen.person SET kind = 'vien_chuc' WHERE employee_code = 'OTHER'");
}

static void test_unit_kinds(void **state)
{
	struct fixture *f = *state;

	rule(f, UNIT_KINDS, "ward");
	/* What lies in a ward is of a ward. */
	assert_held_by("OTHER VP W2 WA");
	side("UPDATE sen.unit SET kind = 'commune' WHERE code = '16690'");
	assert_held_by("VP W2 WA");
	side("UPDATE sen.unit SET kind = 'ward' WHERE code = '16690'");
	assert_held_by("OTHER VP W2 WA");
}

/* Nobody gets a privileged role by birthright: neither drawn so, nor come to be so before it is released. */
static void test_privileged(void **state)
{
	struct fixture *f = *state;
	struct str id = fresh_id(&f->op);

	side("UPDATE sen.role SET sensitivity = 'privileged' WHERE code = 'TK'");
	assert_int_equal(draft(f, fresh_id(&f->op), TITLES, NULL), ERR_INVALID_VALUE);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.birthright_rule"), 0);
	side("UPDATE sen.role SET sensitivity = 'low' WHERE code = 'TK'");
	assert_int_equal(draft(f, id, TITLES, NULL), 0);
	side("UPDATE sen.role SET sensitivity = 'privileged' WHERE code = 'TK'");
	assert_int_equal(AS(f, "P3", rule_release, P_STR(id), P_NULL, P_I64(1)), ERR_INVALID_VALUE);
	assert_held_by("");
	side("UPDATE sen.role SET sensitivity = 'low' WHERE code = 'TK'");
	assert_int_equal(AS(f, "P3", rule_release, P_STR(id), P_NULL, P_I64(1)), 0);
	assert_held_by("AD OTHER P2 P3 VP W2 WA");
}

/* "add VP" and the like, in their order. */
static void assert_supposed(struct fixture *f, const char *who, const char *unit, const char *kind, const char *parent, const char *expected)
{
	const struct db_param page[] = { P_NULL, P_I64(100) };
	const struct governed_list list = { .query = supposed_list, .params = page, .n_params = ARRAY_LEN(page) };
	const struct db_param params[] = { P_STR(account_of(&f->op, who)), P_C(unit), kind ? P_C(kind) : P_NULL, parent ? P_C(parent) : P_NULL };
	struct str found = STR("");
	struct db_rows rows = { 0 };

	op_forgive(&f->op);
	json_decref(f->body);
	f->body = NULL;
	assert_int_equal(governed_suppose(&f->op, &unit_supposed, params, ARRAY_LEN(params), &list, &f->body, &rows), 0);
	for (size_t i = 0; i < rows.n; i++) {
		json_t *row = json_read(db_str(&rows, i, 0), 4, NULL);

		found = arena_printf(f->op.arena, "%.*s%s%.*s %.*s", STR_ARG(found), found.len > 0 ? ", " : "", STR_ARG(json_get_str(row, "change")),
		                     STR_ARG(json_get_str(row, "employee_code")));
		json_decref(row);
	}
	assert_str_equal(found, expected);
}

/* What would change if a unit were of another kind, or lay elsewhere: to the single grant, and nothing of it is there afterwards. */
static void test_unit_is_supposed(void **state)
{
	struct fixture *f = *state;
	const struct db_param beyond[] = { P_STR(account_of(&f->op, "OTHER")), S("16681"), S("commune"), P_NULL };
	struct governed_list nothing = { 0 };
	struct db_rows rows;
	int64_t before;

	rule(f, UNIT_KINDS, "commune");
	assert_held_by("");
	assert_supposed(f, "P2", "16681", "commune", NULL, "add VP, add W2, add WA");
	assert_held_by("");
	assert_supposed(f, "P2", "16681.VP", "commune", NULL, "add VP");
	side("DELETE FROM sen.birthright_version; DELETE FROM sen.birthright_rule");
	rule(f, UNIT_KINDS, "ward");
	before = live_grants();
	assert_supposed(f, "P2", "16681", "commune", NULL, "remove VP, remove W2, remove WA");
	/* Out of the wards, and from one into another: what it gives is the same. */
	assert_supposed(f, "P2", "16681.VP", NULL, "40", "remove VP");
	assert_int_equal(live_grants(), before);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit WHERE code = '16681.VP' AND parent_id = (SELECT id FROM sen.unit WHERE code = '16681')"), 1);
	op_forgive(&f->op);
	json_decref(f->body);
	f->body = NULL;
	assert_int_equal(governed_suppose(&f->op, &unit_supposed, beyond, ARRAY_LEN(beyond), &nothing, &f->body, &rows), ERR_OUT_OF_SCOPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ACTING_TEST(test_classes),      ACTING_TEST(test_post_kinds), ACTING_TEST(test_person_kinds),
		ACTING_TEST(test_unit_kinds),   ACTING_TEST(test_privileged), ACTING_TEST(test_unit_is_supposed),
	};

	return cmocka_run_group_tests(tests, acting_create, gov_drop);
}
