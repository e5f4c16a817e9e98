/*
 * What is told of changes as they happen, against PostgreSQL: our own writes make nothing due, others' do, whatever is under way
 * waits, many deletions at once are left to a listing, and who has lost the lease changes nothing.
 */
#include "common/base/clock.h"
#include "common/plan/facts_store.h"
#include "provisioning/observe/follow_impl.h"
#include "provisioning/scim/map.h"
#include "tests/db/planned.h"

#define N_ACCOUNTS 40

static atomic_bool is_stopping;
static const struct connector_config config = { .platform = { "P02", 3 }, .kind = { "scim", 4 } };
static const struct observed_connector of = { &config, 2, NULL };
static struct observer observer;
static struct follower follower;

DB_QUERY(test_accounts, DB_READ, "SELECT a.id FROM sen.account a WHERE login <> 'nv0' ORDER BY login");

static int setup(_unused_ void **state)
{
	int r = migrated_open("follow", PLANNED_FACTS "SELECT people(40)", 4);

	observer = (struct observer){ .db = migrated_db, .connectors = &of, .n_connectors = 1, .mail_domain = MAIL_DOMAIN, .is_stopping = &is_stopping };
	follower = (struct follower){ .observer = &observer, .of = &of };
	return r;
}

/* What each account should be, and we as the one who follows. */
struct world {
	struct arena *arena;
	struct desired wants[N_ACCOUNTS];
	size_t n;
	struct following f;
};

static void read_wants(struct world *w)
{
	struct str accounts[N_ACCOUNTS];
	const struct account_facts *facts;
	struct db_rows rows;
	struct op op;

	op_init(&op, w->arena, migrated_db, NULL);
	assert_int_equal(db_run(&op, &test_accounts, &rows), 0);
	assert_int_equal(rows.n, N_ACCOUNTS);
	for (size_t i = 0; i < rows.n; i++)
		accounts[i] = db_str(&rows, i, 0);
	assert_int_equal(facts_read(&op, accounts, rows.n, &facts, &w->n), 0);
	for (size_t i = 0; i < w->n; i++)
		plan_platform(w->arena, &facts[i], 2, MAIL_DOMAIN, &w->wants[i]);
	db_op_done(&op);
}

static void claim_row(struct world *w)
{
	bool is_ours = false;
	struct op op;

	op_init(&op, w->arena, migrated_db, NULL);
	assert_int_equal(follow_claim(&op, 2, &w->f.row, &is_ours), 0);
	assert_true(is_ours);
	db_op_done(&op);
}

static int begin(void **state)
{
	struct arena *a = arena_new((size_t)64 * 1024 * 1024);
	struct world *w = ARENA_NEW(a, struct world);

	side("DELETE FROM sen.access_grant; DELETE FROM sen.dirty_account; DELETE FROM sen.binding; DELETE FROM sen.observe_run; DELETE FROM sen.follow;"
	     " DELETE FROM sen.shadow; DELETE FROM sen.attribute_policy; DELETE FROM sen.op_log; DELETE FROM sen.dirty_account; SELECT give('nv%')");
	plan_all(a);
	side("SELECT settle()");
	w->arena = a;
	w->f = (struct following){ .follower = &follower, .connector = connector_find(config.kind), .arena = a };
	read_wants(w);
	claim_row(w);
	*state = w;
	return 0;
}

static int end(void **state)
{
	struct world *w = *state;

	arena_free(w->arena);
	return 0;
}

static const struct desired *want_of(struct world *w, const char *login)
{
	for (size_t i = 0; i < w->n; i++)
		if (str_equal(w->wants[i].login, str_c(login)))
			return &w->wants[i];
	fail_msg("no %s", login);
	return NULL;
}

static struct clue clue_of(struct world *w, const struct desired *want)
{
	_json_ json_t *user = scim_user(want);
	_json_ json_t *document = scim_attributes(w->arena, user);

	return (struct clue){ CLUE_ACCOUNT, { arena_printf(w->arena, "e-%.*s", STR_ARG(want->login)), want->account_id, want->login, STR_NULL, want->active,
		                              json_write(w->arena, document, true), STR_NULL }, clock_mono_ms() };
}

/* name NULL: as it should be. */
static void tell(struct world *w, const char *login, const char *name, bool active)
{
	struct desired want = *want_of(w, login);
	struct clue clue;

	if (name)
		want.full_name = str_c(name);
	clue = clue_of(w, &want);
	clue.listed.active = active;
	following_add(&w->f, &clue);
}

static void tell_of(struct world *w, enum clue_kind kind, const char *ext_id, struct str account_id, const char *login)
{
	const struct clue clue = { kind, { str_c(ext_id), account_id, login ? str_c(login) : STR_NULL, STR_NULL, true, STR("{}"), STR_NULL }, clock_mono_ms() };

	following_add(&w->f, &clue);
}

static int judge(struct world *w)
{
	struct op op;
	int err;

	op_init(&op, w->arena, migrated_db, NULL);
	err = following_judge(&w->f, &op);
	db_op_done(&op);
	return err;
}

#define COUNT_BINDINGS(where) side_i64("SELECT count(*) FROM sen.binding b JOIN sen.account a ON a.id = b.account_id WHERE platform_id = 2 AND " where)
#define COUNT_SHADOWS(where) side_i64("SELECT count(*) FROM sen.shadow WHERE platform_id = 2 AND " where)

static void test_our_own_writes_are_no_news(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < w->n; i++)
		tell(w, arena_cstr(w->arena, w->wants[i].login), NULL, true);
	assert_int_equal(judge(w), 0);
	assert_int_equal(w->f.n_clues, 0);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 0);
	assert_int_equal(COUNT_SHADOWS("situation = 'linked' AND equal_to IS NOT NULL AND diff IS NULL"), N_ACCOUNTS);
	assert_int_equal(side_i64("SELECT drifted + repaired FROM sen.follow"), 0);
}

static void test_others_changes_become_due(void **state)
{
	struct world *w = *state;

	side("INSERT INTO sen.attribute_policy VALUES (2, 'active', 'report')");
	tell(w, "nv5", "Ai Đó Khác", true);
	tell(w, "nv6", NULL, false); /* off there: only told */
	assert_int_equal(judge(w), 0);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND prio = 4 AND seen_hash <> want_hash AND login = 'nv5'"), 1);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 1);
	assert_int_equal(COUNT_SHADOWS("diff->'displayName'->>'seen' = 'Ai Đó Khác'"), 1);
	assert_int_equal(COUNT_SHADOWS("diff->'active'->>'rule' = 'report' AND NOT active"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.op_log WHERE op = 'observe' AND outcome = 'drift' AND detail LIKE '%displayName%'"), 1);
	/* Access that shall not be is ended whatever the rules say. */
	side("UPDATE sen.access_grant SET revoked_at = now(), revoked_by = (SELECT id FROM sen.account WHERE login = 'nv0')"
	     " WHERE account_id = (SELECT id FROM sen.account WHERE login = 'nv7')");
	plan_all(w->arena);
	side("SELECT settle()");
	tell(w, "nv7", NULL, true);
	assert_int_equal(judge(w), 0);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND prio = 0 AND NOT want_active AND seen_active AND login = 'nv7'"), 1);
}

/* As told, the last word counts; and what was only to be reported stays so. */
static void test_the_last_word_counts(void **state)
{
	struct world *w = *state;

	tell(w, "nv5", "Ai Đó Khác", true);
	tell(w, "nv5", NULL, true);
	assert_int_equal(w->f.n_clues, 1);
	side("INSERT INTO sen.attribute_policy VALUES (2, 'displayName', 'report'), (2, 'name.formatted', 'ignore')");
	tell(w, "nv6", "Ai Đó Khác", true);
	assert_int_equal(judge(w), 0);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 0);
	assert_int_equal(COUNT_SHADOWS("diff->'displayName'->>'rule' = 'report'"), 1);
}

static void test_what_is_under_way_waits(void **state)
{
	struct world *w = *state;

	side("UPDATE sen.binding SET state = 2, lease_until = now() + interval '60 s' WHERE account_id = (SELECT id FROM sen.account WHERE login = 'nv5')");
	tell(w, "nv5", "Ai Đó Khác", true);
	tell(w, "nv6", NULL, true);
	assert_int_equal(judge(w), 0);
	assert_int_equal(w->f.n_clues, 1);
	assert_int_equal(COUNT_SHADOWS("natural_key = 'nv5'"), 0);
	side("SELECT settle()");
	assert_int_equal(judge(w), 0);
	assert_int_equal(w->f.n_clues, 0);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND login = 'nv5'"), 1);
	/* What is due anyway is only noted. */
	tell(w, "nv5", "Ai Đó Khác", true);
	assert_int_equal(judge(w), 0);
	assert_int_equal(side_i64("SELECT repaired FROM sen.follow"), 1);
}

/* Told late: what there was before our operation.  What that one wrote is told next; when nothing comes, it is somebody else's. */
static void test_what_was_before_ours_waits_for_it(void **state)
{
	struct world *w = *state;

	side("SELECT settle('0 s')");
	tell(w, "nv5", "Trước Đó", true);
	assert_int_equal(judge(w), 0);
	assert_int_equal(w->f.n_clues, 1);
	tell(w, "nv5", NULL, true);
	assert_int_equal(judge(w), 0);
	assert_int_equal(w->f.n_clues, 0);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 0);
	tell(w, "nv6", "Ai Đó Khác", true);
	tell(w, "nv7", NULL, true);
	assert_int_equal(judge(w), 0);
	assert_int_equal(w->f.n_clues, 1);
	assert_int_equal(COUNT_SHADOWS("natural_key = 'nv6'"), 0);
	w->f.clues[0].since_ms -= 1000;
	assert_int_equal(judge(w), 0);
	assert_int_equal(w->f.n_clues, 0);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND login = 'nv6'"), 1);
	/* Gone before it was judged: whose it was is not forgotten. */
	tell(w, "nv8", "Ai Đó Khác", true);
	assert_int_equal(judge(w), 0);
	assert_int_equal(w->f.n_clues, 1);
	tell_of(w, CLUE_GONE, "e-nv8", STR_NULL, NULL);
	assert_int_equal(judge(w), 0);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND NOT seen_active AND login = 'nv8'"), 1);
}

static void test_who_is_gone_is_made_again(void **state)
{
	struct world *w = *state;

	tell(w, "nv5", NULL, true);
	tell(w, "nv6", NULL, true);
	assert_int_equal(judge(w), 0);
	tell_of(w, CLUE_GONE, "e-nv5", STR_NULL, NULL);   /* by what was seen of it */
	tell_of(w, CLUE_GONE, "e-nv8", STR_NULL, "nv8");  /* by its name */
	tell_of(w, CLUE_GONE, "e-other", STR_NULL, "nv9"); /* that is not where ours is */
	assert_int_equal(judge(w), 0);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND seen_hash IS NULL AND NOT seen_active AND login IN ('nv5', 'nv8')"), 2);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 2);
	assert_int_equal(COUNT_SHADOWS("situation = 'missing' AND ext_id = 'e-nv5'"), 1);
	tell_of(w, CLUE_LOOK, "e-nv6", STR_NULL, NULL);
	tell_of(w, CLUE_LOOK, "e-nv9", STR_NULL, NULL); /* first told of in the same breath */
	tell(w, "nv9", NULL, true);
	assert_int_equal(judge(w), 0);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND seen_hash IS NULL AND seen_active AND login IN ('nv6', 'nv9')"), 2);
}

/* Renamed, elsewhere, without our id, and on: the platform knows it all the same. */
static void test_who_was_hidden_is_looked_at(void **state)
{
	struct world *w = *state;
	const struct clue hidden = { CLUE_ACCOUNT, { STR("elsewhere"), STR_NULL, STR("khach"), STR_NULL, true, STR("{}"), STR("u-nv7") }, clock_mono_ms() };

	side("UPDATE sen.binding b SET stable_id = 'u-' || a.login FROM sen.account a WHERE a.id = b.account_id;"
	     "UPDATE sen.access_grant SET revoked_at = now(), revoked_by = (SELECT id FROM sen.account WHERE login = 'nv0')"
	     " WHERE account_id = (SELECT id FROM sen.account WHERE login = 'nv7')");
	plan_all(w->arena);
	side("SELECT settle()");
	following_add(&w->f, &hidden);
	assert_int_equal(judge(w), 0);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND prio = 0 AND NOT want_active AND login = 'nv7'"), 1);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 1);
	assert_int_equal(COUNT_SHADOWS("situation = 'unmatched'"), 0);
	/* Found under its new name, and moved to where nobody follows before that was told: gone, as far as one is told. */
	side("SELECT settle(); UPDATE sen.binding SET ext_id = 'elsewhere' WHERE stable_id = 'u-nv7'");
	tell_of(w, CLUE_GONE, "elsewhere", STR_NULL, NULL);
	assert_int_equal(judge(w), 0);
	assert_int_equal(COUNT_BINDINGS("state = 1 AND prio = 0 AND seen_hash IS NULL AND login = 'nv7'"), 1);
	side("SELECT settle(); UPDATE sen.binding SET stable_id = NULL");
	tell_of(w, CLUE_GONE, "elsewhere", STR_NULL, NULL);
	assert_int_equal(judge(w), 0);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 0);
}

/* Somebody has deleted a whole branch: no rush of creations, but a listing, which has its guard. */
static void test_many_are_gone_at_once(void **state)
{
	struct world *w = *state;

	for (int i = 1; i <= 25; i++)
		tell_of(w, CLUE_GONE, arena_printf(w->arena, "e-nv%d", i).p, STR_NULL, arena_printf(w->arena, "nv%d", i).p);
	assert_int_equal(judge(w), 0);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 0);
	assert_true(w->f.mark.is_unsure);
}

static void test_strangers_are_told_of(void **state)
{
	struct world *w = *state;
	struct str nv6 = want_of(w, "nv6")->account_id;

	tell(w, "nv5", NULL, true);
	assert_int_equal(judge(w), 0);
	tell_of(w, CLUE_ACCOUNT, "e-x", STR_NULL, "khach");
	tell_of(w, CLUE_ACCOUNT, "e-y", STR_NULL, "nv9");
	tell_of(w, CLUE_ACCOUNT, "e-nv5", nv6, "nv5"); /* the id of another one of ours */
	assert_int_equal(judge(w), 0);
	assert_int_equal(COUNT_SHADOWS("situation = 'unmatched' AND ext_id = 'e-x'"), 1);
	assert_int_equal(COUNT_SHADOWS("situation = 'unlinked' AND ext_id = 'e-y'"), 1);
	assert_int_equal(COUNT_SHADOWS("situation = 'collision' AND ext_id = 'e-nv5'"), 1);
	/* Whose id it carries is looked at: it stands under another identifier. */
	assert_int_equal(COUNT_BINDINGS("state = 1 AND login = 'nv6'"), 1);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 1);
}

static void test_who_lost_the_lease_changes_nothing(void **state)
{
	struct world *w = *state;
	const struct follow_mark mark = { .cursor = STR("c1"), .is_connected = true, .is_unsure = true };
	struct follow old = w->f.row;
	bool is_ours = true;
	struct op op;

	op_init(&op, w->arena, migrated_db, NULL);
	assert_int_equal(follow_keep(&op, &old, &mark), 0);
	assert_int_equal(follow_claim(&op, 2, &w->f.row, &is_ours), 0);
	assert_false(is_ours);
	side("UPDATE sen.follow SET lease_until = now() - interval '1 s'");
	claim_row(w);
	assert_int_equal(w->f.row.lease_token, old.lease_token + 1);
	assert_str_equal(w->f.row.cursor, "c1");
	assert_int_equal(follow_keep(&op, &old, &mark), ERR_CONFLICT);
	op_forgive(&op);
	assert_int_equal(follow_end(&op, &old, "x", STR(""), true), ERR_CONFLICT);
	db_op_done(&op);
	w->f.row.lease_token = old.lease_token;
	tell(w, "nv5", "Ai Đó Khác", true);
	assert_int_equal(judge(w), ERR_CONFLICT);
	w->f.n_clues = 0;
	tell_of(w, CLUE_GONE, "e-nv8", STR_NULL, "nv8");
	assert_int_equal(judge(w), ERR_CONFLICT);
	assert_int_equal(COUNT_BINDINGS("state <> 0"), 0);
	assert_int_equal(COUNT_SHADOWS("true"), 0);
	/* A cursor that is worth nothing is forgotten. */
	w->f.row.lease_token = old.lease_token + 1;
	op_init(&op, w->arena, migrated_db, NULL);
	assert_int_equal(follow_end(&op, &w->f.row, "cursor", STR("ahead"), true), 0);
	db_op_done(&op);
	claim_row(w);
	assert_str_equal(w->f.row.cursor, "");
}

#define FOLLOW_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLLOW_TEST(test_our_own_writes_are_no_news),
		FOLLOW_TEST(test_others_changes_become_due),
		FOLLOW_TEST(test_the_last_word_counts),
		FOLLOW_TEST(test_what_is_under_way_waits),
		FOLLOW_TEST(test_who_is_gone_is_made_again),
		FOLLOW_TEST(test_many_are_gone_at_once),
		FOLLOW_TEST(test_strangers_are_told_of),
		FOLLOW_TEST(test_who_was_hidden_is_looked_at),
		FOLLOW_TEST(test_who_lost_the_lease_changes_nothing),
		FOLLOW_TEST(test_what_was_before_ours_waits_for_it),
	};

	return cmocka_run_group_tests(tests, setup, migrated_drop);
}
