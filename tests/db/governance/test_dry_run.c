/*
 * What a dry run finds of what the provisioner would take up by itself, with the rights of the server's role: bindings that a release or a
 * switch makes due, the accounts of a mapping, entries of units, and work of which only the kind is known.
 */
#include "server/governance/dry_run_later.h"
#include "server/governance/dry_run_store.h"
#include "tests/db/governance/govdb.h"

#include <stdio.h>

#define ALL 100

static const char facts[] =
	"SELECT sen.accounts_ensure(ARRAY(SELECT id FROM sen.person)); UPDATE sen.person SET legal_hold = true WHERE employee_code = 'OTHER';"
	"INSERT INTO sen.unit_sync (platform_id) VALUES (0); DELETE FROM sen.unit_dirty;"
	"CREATE FUNCTION on_p02(in_state integer, who text) RETURNS void LANGUAGE sql AS $$"
	" INSERT INTO sen.binding (account_id, platform_id, want_hash, want_active, state, due_at, ext_id, seen_active)"
	" SELECT a.id, p.id, gen_random_uuid(), in_state <> 6, in_state, now() - interval '1 min', 'e', true FROM sen.account a JOIN sen.person n ON n.id = a.person_id,"
	" sen.platform p WHERE p.code = 'P02' AND n.employee_code ~ who $$;"
	"INSERT INTO sen.observe_plan (platform_id, can_list, every_s) SELECT id, true, 86400 FROM sen.platform WHERE code = 'P02'";

static int create(_unused_ void **state)
{
	int r = gov_create("dry_run");

	side(facts);
	return r;
}

struct fixture {
	struct op op;
	const struct str *ids;
	size_t n, n_total;
	struct dry_dues dues;
	struct dry_later later;
};

static int begin(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));

	gov_begin(&f->op, gov_server);
	side("DELETE FROM sen.binding; DELETE FROM sen.hold; DELETE FROM sen.mapping; DELETE FROM sen.dirty_account; DELETE FROM sen.observe_run; DELETE FROM sen.shadow;"
	     " DELETE FROM sen.provisioning_policy");
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	gov_end(&f->op);
	test_free(f);
	return 0;
}

static void try_it(struct fixture *f, const struct query *change)
{
	struct db_rows rows;

	assert_int_equal(db_dry_run(&f->op), 0);
	assert_int_equal(db_run(&f->op, change, &rows), 0);
}

/* What is found, and nothing of it left. */
static void look(struct fixture *f, size_t limit)
{
	assert_int_equal(dry_run_woken(&f->op, limit, &f->ids, &f->n, &f->n_total), 0);
	assert_int_equal(dry_run_dues(&f->op, f->ids, f->n, &f->dues), 0);
	assert_int_equal(dry_run_later(&f->op, limit, &f->later), 0);
	db_dry_run_end(&f->op);
}

static const char *kinds(const struct fixture *f)
{
	struct str text = STR("");

	for (size_t i = 0; i < f->later.kinds.n; i++)
		text = arena_printf(f->op.arena, "%.*s%s%.*s", STR_ARG(text), i > 0 ? " " : "", STR_ARG(db_str(&f->later.kinds, i, 0)));
	return arena_cstr(f->op.arena, text);
}

DB_QUERY(test_nothing, DB_WRITE, "SELECT 1");
DB_QUERY(test_release, DB_WRITE, "UPDATE sen.hold SET state = 'released', decided_at = now(), decision = 'x', version = version + 1");
DB_QUERY(test_discard, DB_WRITE, "UPDATE sen.hold SET state = 'discarded', decided_at = now(), decision = 'x', version = version + 1");

static void a_release_lets_go(void **state)
{
	struct fixture *f = *state;

	side("SELECT on_p02(6, '.'); INSERT INTO sen.hold (platform_id, state, reason, n_delete) SELECT id, 'open', 'platform', 2 FROM sen.platform WHERE code = 'P02';"
	     " UPDATE sen.binding SET hold_id = (SELECT max(id) FROM sen.hold);"
	     " UPDATE sen.binding b SET delete_at = now() - interval '1 day' FROM sen.account a JOIN sen.person p ON p.id = a.person_id"
	     "  WHERE a.id = b.account_id AND p.employee_code IN ('VP', 'OTHER')");
	try_it(f, &test_nothing);
	look(f, ALL);
	assert_int_equal(f->n, 0);
	try_it(f, &test_release);
	look(f, ALL);
	/* Whoever is under legal hold is deleted by no release. */
	assert_int_equal(f->n, 3);
	assert_int_equal(f->n_total, 3);
	assert_int_equal(f->dues.n, 3);
	for (size_t i = 0; i < f->dues.n; i++)
		assert_true(f->dues.all[i].is_there && !f->dues.all[i].is_active && !f->dues.all[i].is_in_doubt);
	assert_int_equal(f->dues.all[0].is_deletion + f->dues.all[1].is_deletion + f->dues.all[2].is_deletion, 1);
	assert_string_equal(kinds(f), "");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.hold WHERE state = 'open'"), 1);
	try_it(f, &test_discard);
	look(f, ALL);
	assert_int_equal(f->n, 0);
	assert_string_equal(kinds(f), "deletion");
	/* One that was released before is its own. */
	side("UPDATE sen.hold SET state = 'released', decided_at = now()");
	try_it(f, &test_nothing);
	look(f, ALL);
	assert_int_equal(f->n, 0);
}

#define POLICY(ops) \
	"INSERT INTO sen.provisioning_policy SELECT id, true, true, " ops ", 20, 2, 20, 10, 100, 30, 30, 30, 'ask' FROM sen.platform WHERE code = 'P02'"
DB_QUERY(test_switch, DB_WRITE, POLICY("true, false"));
DB_QUERY(test_switch_deletion, DB_WRITE, POLICY("true, true"));

static void a_switch_makes_due(void **state)
{
	struct fixture *f = *state;

	side("SELECT on_p02(5, 'WA|VP'); SELECT on_p02(1, 'AD'); UPDATE sen.binding SET err_class = 'not_allowed' WHERE state = 5;"
	     " UPDATE sen.binding b SET ext_id = NULL FROM sen.account a JOIN sen.person p ON p.id = a.person_id WHERE a.id = b.account_id AND p.employee_code = 'VP'");
	try_it(f, &test_switch);
	look(f, ALL);
	/* What was due before is none of it. */
	assert_int_equal(f->dues.n, 2);
	assert_int_equal(f->dues.all[0].is_in_doubt + f->dues.all[1].is_in_doubt, 1);
	assert_string_equal(kinds(f), "");
	try_it(f, &test_switch_deletion);
	look(f, ALL);
	assert_string_equal(kinds(f), "deletion");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE state = 5"), 2);
}

DB_QUERY(test_activate, DB_WRITE, "UPDATE sen.mapping SET state = 'active', activated_at = now(), activated_by = authors[1], waking = true");

static void a_mapping_wakes_its_accounts(void **state)
{
	struct fixture *f = *state;

	side("SELECT on_p02(0, '.'); UPDATE sen.binding SET want_active = false WHERE account_id = (SELECT max(account_id::text) FROM sen.binding)::uuid;"
	     " INSERT INTO sen.mapping (platform_id, number, state, document, authors, counted) SELECT p.id, 1, 'tested', '{}', ARRAY[a.id], 3 FROM sen.platform p, sen.account a"
	     "  WHERE p.code = 'P02' AND a.login = 'annv'");
	try_it(f, &test_activate);
	look(f, ALL);
	assert_int_equal(f->n, 3);
	assert_int_equal(f->n_total, 3);
	assert_int_equal(f->dues.n, 0);
	side("UPDATE sen.mapping SET counted = 77");
	try_it(f, &test_activate);
	look(f, 1);
	assert_int_equal(f->n, 1);
	assert_int_equal(f->n_total, 77);
}

DB_QUERY(test_rename, DB_WRITE, "UPDATE sen.unit SET name = 'Phường Vinh', name_fold = 'phuong vinh' WHERE code LIKE '16681%'");

static void entries_of_units_are_told(void **state)
{
	struct fixture *f = *state;

	side("INSERT INTO sen.unit_shown SELECT 0, id, name, kind, parent_id, valid_from, valid_to FROM sen.unit WHERE code <> '16681.VP'");
	try_it(f, &test_rename);
	look(f, 1);
	assert_int_equal(f->later.n_units, 2);
	assert_int_equal(f->later.units.n, 1);
	assert_true(str_contains(db_str(&f->later.units, 0, 0), STR("\"operation\": \"change\"")));
	try_it(f, &test_rename);
	look(f, ALL);
	assert_true(str_contains(db_str(&f->later.units, 1, 0), STR("\"operation\": \"create\"")));
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit_dirty"), 0);
}

DB_QUERY(test_ask_for_a_list, DB_WRITE, "INSERT INTO sen.observe_run (platform_id, kind, reason) SELECT platform_id, 'list', 'request' FROM sen.observe_plan");
DB_QUERY(test_plan_lists, DB_WRITE, "UPDATE sen.observe_plan SET every_s = 3600");
DB_QUERY(test_adopt, DB_WRITE, "UPDATE sen.shadow SET decision = 'adopt', decision_state = 'decided', decided_at = now()");
DB_QUERY(test_ignore, DB_WRITE, "UPDATE sen.shadow SET decision = 'ignore', decision_state = 'decided', decided_at = now()");
DB_QUERY(test_unused, DB_WRITE, "UPDATE sen.personnel_policy SET unused_disable_days = unused_report_days");
#define DUE_AT(when) \
	"INSERT INTO sen.account_due (account_id, due_at, status, revoke, movement_id, actor) SELECT id, " when ", 'disabled', true, gen_random_uuid(), id FROM sen.account WHERE login = 'annv'"
DB_QUERY(test_due_now, DB_WRITE, DUE_AT("now()"));
DB_QUERY(test_due_later, DB_WRITE, DUE_AT("'2099-01-01T00:00:00Z'"));

static void of_the_rest_the_kind_is_known(void **state)
{
	static const struct {
		const struct query *change;
		const char *kinds, *not_before;
	} cases[] = {
		{ &test_nothing, "", NULL },
		{ &test_ask_for_a_list, "listing", NULL },
		{ &test_plan_lists, "listing", NULL },
		{ &test_adopt, "finding", NULL },
		{ &test_ignore, "", NULL },
		{ &test_unused, "policy", NULL },
		{ &test_due_now, "movement", NULL },
		{ &test_due_later, "", "2099-01-01 00:00:00+00" },
	};
	struct fixture *f = *state;

	side("INSERT INTO sen.shadow (platform_id, ext_id, situation, last_run) SELECT platform_id, 'x', 'unmatched', 1 FROM sen.observe_plan");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		try_it(f, cases[i].change);
		look(f, ALL);
		assert_string_equal(kinds(f), cases[i].kinds);
		if (cases[i].not_before)
			assert_str_equal(f->later.not_before, cases[i].not_before);
		else
			assert_true(str_is_null(f->later.not_before));
	}
}

/*
 * What the server may write and the provisioner may read is how one gives the other work.  A table that is not in this list is a way of
 * which a dry run knows nothing: look at what the provisioner does with its rows, and at dry_run_later.c.
 */
static void every_way_to_the_provisioner_is_known(_unused_ void **state)
{
	static const char known[] =
		/* wake accounts, or write messages, by trigger */
		"'access_grant', 'account', 'account_grace', 'account_stop', 'admin_scope', 'outbox', 'person', 'platform', 'post', 'role', 'session', 'unit',"
		/* told by dry_run_store.c, dry_run_later.c */
		" 'attribute_policy', 'hold', 'mapping', 'match_candidate', 'observe_item', 'observe_plan', 'observe_run', 'provisioning_policy', 'shadow',"
		/* refused */
		" 'provision_run', 'reorganisation',"
		/* when and how, not what; or nothing on a platform */
		" 'audit', 'birthright_rule', 'form_setting', 'form_upload', 'form_upload_row', 'movement', 'notice', 'notice_choice', 'oauth_client', 'platform_limit',"
		" 'signing_key', 'ssf_excluded', 'ssf_stream'";
	char sql[2048];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM pg_class c WHERE c.relnamespace = 'sen'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
	               " AND (has_table_privilege('sen_server', c.oid, 'INSERT') OR has_any_column_privilege('sen_server', c.oid, 'UPDATE')"
	               "  OR has_table_privilege('sen_server', c.oid, 'DELETE')) AND has_any_column_privilege('sen_provisioner', c.oid, 'SELECT')"
	               " AND c.relname NOT IN (%s)", known);
	assert_int_equal(side_i64(sql), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(a_release_lets_go),
		T(a_switch_makes_due),
		T(a_mapping_wakes_its_accounts),
		T(entries_of_units_are_told),
		T(of_the_rest_the_kind_is_known),
		T(every_way_to_the_provisioner_is_known),
	};

	return cmocka_run_group_tests(tests, create, gov_drop);
}
