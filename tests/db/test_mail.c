/* Notices into messages: each in one, whoever gathers, with the rights of the provisioner's role. */
#include "provisioning/mail/store.h"
#include "tests/db/migrated.h"
#include "tests/unit/at_once.h"

#define N_THREADS 50
#define N_PERSONS 40

static const struct digest_rules rules = { .gather_s = 600, .daily_max = 3 };

static const char facts_sql[] =
	FACT_UNIT FACT_P02
	"INSERT INTO sen.role (platform_id, code, name, sensitivity, verified) VALUES (2, 'MC', 'Cán bộ một cửa', 'normal', true);"
	"INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)"
	" SELECT gen_random_uuid(), 'NV' || n, 'cong_chuc', 'Lê', '', 'An', 'Lê An', 'le an' FROM generate_series(1, 40) n;"
	"INSERT INTO sen.account (id, person_id, login, status) SELECT gen_random_uuid(), id, lower(employee_code), 'active' FROM sen.person;"
	"CREATE FUNCTION who(n integer) RETURNS uuid LANGUAGE sql AS $$ SELECT id FROM sen.account WHERE login = 'nv' || n $$;"
	"CREATE FUNCTION told(uuid, text, interval) RETURNS void LANGUAGE sql AS $$"
	" INSERT INTO sen.notice (account_id, kind, subject, data, created_at) SELECT $1, $2, gen_random_uuid()::text,"
	" jsonb_build_object('login', a.login, 'platform', 'P02', 'role', 'MC', 'unit', '40', 'valid_to', '2026-12-10T20:00:00Z', 'hours', 6), now() - $3"
	" FROM sen.account a WHERE a.id = $1 $$;";

DB_QUERY(test_mail_due_q, DB_READ, "SELECT EXISTS (SELECT FROM sen.notice WHERE mail_look_at <= now())");

static const char *database(void)
{
	migrated_create("mail");
	side(facts_sql);
	return dbtest_conninfo();
}

static int setup(_unused_ void **state)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(UNIT_ARENA_BYTES);
	struct str message = STR("");
	const struct db_config config = {
		.conninfo = arena_printf(a, "%s options='-c role=sen_provisioner'", database()),
		.program = DBTEST_PROGRAM,
		.pool_size = N_THREADS + 1,
		.statement_timeout_ms = 60000,
	};

	if (db_open(&config, &migrated_db, &message, a) < 0)
		fail_msg("%.*s", STR_ARG(message));
	return 0;
}

static int begin(void **state)
{
	unit_arena_setup(state);
	side("DELETE FROM sen.outbox; DELETE FROM sen.notice; DELETE FROM sen.notice_choice; UPDATE sen.account SET status = 'active'");
	return 0;
}

static struct gathered gather(struct arena *a)
{
	struct gathered g;
	struct op op;

	op_init(&op, a, migrated_db, NULL);
	if (mail_gather(&op, &rules, &g) < 0)
		fail_msg("%s %.*s", op.error.text, STR_ARG(op.error.detail));
	db_op_done(&op);
	return g;
}

static void they_wait_and_go_together(void **state)
{
	struct gathered g;

	side("SELECT told(who(1), 'grant_expires', '0'), told(who(2), 'emergency_released', '0')");
	g = gather(*state);
	assert_int_equal(g.n_notices, 2);
	assert_int_equal(g.n_messages, 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.outbox WHERE account_id = who(2) AND kind = 'mail' AND destination = 'relay'"
	                          " AND give_up_at BETWEEN now() + interval '71 hours' AND now() + interval '72 hours' AND payload = '{\"notices\": 1}'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.notice WHERE account_id = who(1) AND mail_id IS NULL AND mail_look_at BETWEEN now() + interval '590 s' AND now() + interval '600 s'"), 1);
	/* Nothing is due. */
	assert_int_equal(gather(*state).n_notices, 0);
	/* Another one comes: both are looked at, and wait for what is left. */
	side("UPDATE sen.notice SET created_at = now() - interval '8 min' WHERE account_id = who(1); SELECT told(who(1), 'review_due', '0')");
	g = gather(*state);
	assert_int_equal(g.n_notices, 2);
	assert_int_equal(g.n_messages, 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.notice WHERE account_id = who(1) AND mail_look_at BETWEEN now() + interval '110 s' AND now() + interval '120 s'"), 2);
	side("UPDATE sen.notice SET created_at = now() - interval '10 min', mail_look_at = now() WHERE account_id = who(1) AND kind = 'grant_expires'");
	g = gather(*state);
	assert_int_equal(g.n_messages, 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.notice n JOIN sen.outbox o ON o.id = n.mail_id AND o.account_id = n.account_id WHERE n.account_id = who(1) AND n.mail_look_at IS NULL"), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.outbox"), 2);
}

static void what_is_never_told(void **state)
{
	side("SELECT told(who(1), 'grant_expires', '1 hour'), told(who(2), 'grant_expires', '4 days'), told(who(3), 'grant_expires', '1 hour'),"
	     " told(who(3), 'account_disabled', '1 hour'), told(who(4), 'grant_expires', '1 hour'), told(who(4), 'account_unused', '1 hour');"
	     "UPDATE sen.notice SET read_at = now() WHERE account_id = who(1); UPDATE sen.account SET status = 'disabled' WHERE id = who(3);"
	     "INSERT INTO sen.notice_choice (account_id, mail) VALUES (who(4), 'required')");
	assert_int_equal(gather(*state).n_messages, 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.notice WHERE mail_look_at IS NOT NULL"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.notice WHERE mail_id IS NOT NULL AND (account_id = who(3) AND kind = 'account_disabled' OR account_id = who(4) AND kind = 'account_unused')"), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.notice WHERE mail_id IS NOT NULL"), 2);
}

/* Accounts that are no person's own have no mailbox; an administrator's is the person's. */
static void where_accounts_are_written_to(void **state)
{
	side("INSERT INTO sen.account (id, person_id, login, kind, status, reason) SELECT gen_random_uuid(), person_id, k.login, k.kind, 'active', 'r' FROM sen.account,"
	     " (VALUES ('shared1', 'shared'), ('admin1', 'administrator')) k (login, kind) WHERE sen.account.login = 'nv1';"
	     "SELECT told(id, 'emergency_released', '0') FROM sen.account WHERE login IN ('shared1', 'admin1')");
	assert_int_equal(gather(*state).n_messages, 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.outbox o JOIN sen.account a ON a.id = o.account_id WHERE a.login = 'admin1' AND sen.mailbox_of(a.id) = 'nv1'"), 1);
}

static void a_day_has_its_limit(void **state)
{
	for (int i = 0; i < 5; i++) {
		side("SELECT told(who(1), 'grant_expires', '1 hour')");
		(void)gather(*state);
	}
	assert_int_equal(side_i64("SELECT count(*) FROM sen.outbox"), 3);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.notice WHERE mail_look_at BETWEEN now() + interval '23 hours' AND now() + interval '24 hours'"), 2);
	/* One that told nothing was none; tomorrow is another day. */
	side("UPDATE sen.outbox SET outcome = 'void', done_at = now() WHERE id = (SELECT min(id::text)::uuid FROM sen.outbox); UPDATE sen.notice SET mail_look_at = now() WHERE mail_id IS NULL");
	assert_int_equal(gather(*state).n_messages, 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.notice WHERE mail_id IS NULL"), 0);
}

static const struct outbox_item *claimed(struct arena *a, size_t *ret_n)
{
	const struct outbox_quota quota = { STR(MAIL_RELAY), 100 };
	const struct outbox_request rq = { &quota, 1, 100, 30 };
	const struct outbox_item *items = NULL;
	struct op op;

	op_init(&op, a, migrated_db, NULL);
	assert_int_equal(outbox_claim(&op, OUTBOX_MAIL, &rq, &items, ret_n), 0);
	db_op_done(&op);
	return items;
}

static struct mail_content content_of(struct arena *a, const struct outbox_item *item)
{
	struct mail_content content;
	struct op op;

	op_init(&op, a, migrated_db, NULL);
	if (mail_content_read(&op, item, &content) < 0)
		fail_msg("%s %.*s", op.error.text, STR_ARG(op.error.detail));
	db_op_done(&op);
	return content;
}

static void what_a_message_tells(void **state)
{
	const struct outbox_item *item;
	struct mail_content content;
	size_t n;

	side("SELECT told(who(1), 'grant_expires', '1 hour'), told(who(1), 'emergency_released', '0'), told(who(1), 'review_due', '10 min')");
	side("UPDATE sen.notice SET data = jsonb_build_object('name', 'Rà soát quý IV', 'deadline', '2026-12-31T17:00:00Z') WHERE kind = 'review_due'");
	assert_int_equal(gather(*state).n_messages, 1);
	item = claimed(*state, &n);
	assert_int_equal(n, 1);
	content = content_of(*state, item);
	assert_str_equal(content.login, "nv1");
	assert_str_equal(content.mailbox, "nv1");
	assert_int_equal(content.n, 3);
	/* The day in Việt Nam. */
	assert_str_equal(content.lines[0].until, "11/12/2026");
	assert_true(content.lines[0].is_own);
	assert_str_equal(content.lines[0].platform, "Hai");
	assert_str_equal(content.lines[0].role, "Cán bộ một cửa");
	assert_str_equal(content.lines[0].unit, "Nghệ An");
	assert_str_equal(content.lines[1].review, "Rà soát quý IV");
	assert_str_equal(content.lines[1].until, "01/01/2027");
	assert_str_null(content.lines[1].platform);
	assert_false(content.lines[1].is_own);
	assert_str_equal(content.lines[2].hours, "6");
	/* Read since. */
	side("UPDATE sen.notice SET read_at = now() WHERE kind <> 'review_due'");
	assert_int_equal(content_of(*state, item).n, 1);
	/* And off since. */
	side("UPDATE sen.account SET status = 'suspended' WHERE id = who(1)");
	assert_int_equal(content_of(*state, item).n, 0);
}

static bool is_anything_due(struct arena *a)
{
	struct db_rows rows;
	struct op op;

	op_init(&op, a, migrated_db, NULL);
	assert_int_equal(db_run(&op, &test_mail_due_q, &rows), 0);
	db_op_done(&op);
	return db_bool(&rows, 0, 0);
}

static void *gather_all(void *arg)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(UNIT_ARENA_BYTES * 4);
	size_t *total = arg;

	/* Most of them find somebody else at it. */
	while (is_anything_due(a)) {
		*total += gather(a).n_messages;
		arena_reset(a);
	}
	return NULL;
}

static void each_notice_is_in_one_message(void **state)
{
	size_t totals[N_THREADS] = { 0 }, sum = 0, n;

	side("SELECT told(who(n), k, '1 hour') FROM generate_series(1, 40) n, unnest(ARRAY['grant_expires', 'review_due', 'account_unused']) k, generate_series(1, 5)");
	AT_ONCE(gather_all, totals);
	for (size_t i = 0; i < N_THREADS; i++)
		sum += totals[i];
	assert_int_equal(sum, N_PERSONS);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.outbox"), N_PERSONS);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.notice WHERE mail_id IS NOT NULL AND mail_look_at IS NULL"), 15 * N_PERSONS);
	assert_int_equal(side_i64("SELECT count(DISTINCT n.mail_id) FROM sen.notice n JOIN sen.outbox o ON o.id = n.mail_id AND o.account_id = n.account_id"), N_PERSONS);
	(void)claimed(*state, &n);
	assert_int_equal(n, N_PERSONS);
	(void)claimed(*state, &n);
	assert_int_equal(n, 0);
}

/* A message that nobody took is a fact that others see. */
static void what_was_refused_is_audited(void **state)
{
	const struct outbox_item *item;
	struct outbox_end end = { .outcome = OUTBOX_REFUSED, .detail = STR("the mail server refused: 550 no such user") };
	struct op op;
	size_t n;

	side("SELECT told(who(1), 'emergency_released', '0')");
	(void)gather(*state);
	item = claimed(*state, &n);
	end.item = item;
	op_init(&op, *state, migrated_db, NULL);
	assert_int_equal(outbox_complete(&op, &end, 1, &n), 0);
	db_op_done(&op);
	assert_int_equal(n, 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'mail.refused' AND account_id = who(1) AND object = 'relay' AND data->>'detail' LIKE '%550%'"), 1);
	/* It is not put into another message. */
	assert_int_equal(gather(*state).n_notices, 0);
}

#define MAIL_TEST(f) cmocka_unit_test_setup_teardown(f, begin, unit_arena_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MAIL_TEST(they_wait_and_go_together), MAIL_TEST(what_is_never_told), MAIL_TEST(where_accounts_are_written_to), MAIL_TEST(a_day_has_its_limit),
		MAIL_TEST(what_a_message_tells), MAIL_TEST(each_notice_is_in_one_message), MAIL_TEST(what_was_refused_is_audited),
	};

	return cmocka_run_group_tests_name("provisioning/mail/store", tests, setup, migrated_drop);
}
