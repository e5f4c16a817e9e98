/*
 * Every way in which a session ends tells each relying party of it once: what triggers put into
 * the outbox, in the transaction of the end (sessiondb.h).
 */
#include "provisioning/binding_store.h"
#include "tests/db/sessiondb.h"

#include <stdio.h>

DB_QUERY(test_end_by_hand, DB_WRITE, "UPDATE sen.session SET ended_at = now(), end_reason = 'logout' WHERE ended_at IS NULL");
DB_QUERY(test_end_by_epoch, DB_WRITE, "UPDATE sen.account SET epoch = epoch + 1 WHERE login = 'a1'");
DB_QUERY(test_end_by_grant, DB_WRITE,
         "UPDATE sen.access_grant SET revoked_at = now(), revoked_by = public.account('adm') WHERE account_id = public.account('a1') AND revoked_at IS NULL");

static void each_relying_party_of_a_session_is_told_once(void **state)
{
	(void)state;
	side("SELECT sign_in('a1', ARRAY['p02', 'p02', 'p03', 'quiet']); SELECT sign_in('a2', ARRAY['p02'])");
	side("UPDATE sen.session SET ended_at = now(), end_reason = 'logout' WHERE account_id = account('a1')");
	expect_rows(1, 1, 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.outbox o JOIN sen.session s ON s.id = o.session_id AND s.account_id = o.account_id"
	                          " WHERE o.kind = 'logout' AND o.payload = '{\"reason\": \"logout\"}' AND o.done_at IS NULL AND o.next_at <= now()"
	                          " AND s.ended_at IS NOT NULL"), 2);
	/* Touching what has ended says nothing new. */
	side("UPDATE sen.session SET ended_at = now(), last_seen_at = now() WHERE account_id = account('a1')");
	expect_rows(1, 1, 0);
}

static void what_came_of_a_session_ends_with_it(void **state)
{
	(void)state;
	side("SELECT sign_in('a1', ARRAY['p02', 'p03']); UPDATE sen.token_family SET offline = true WHERE client_id = 'p03'");
	side("UPDATE sen.session SET ended_at = now(), end_reason = 'logout'");
	expect_rows(1, 1, 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.token_family WHERE revoked_at IS NOT NULL AND client_id = 'p02'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.token_family WHERE revoked_at IS NOT NULL"), 1);
}

static void a_transaction_that_fails_tells_nobody(void **state)
{
	(void)state;
	side("SELECT sign_in('a1', ARRAY['p02'])");
	side("BEGIN; UPDATE sen.session SET ended_at = now(), end_reason = 'logout'; ROLLBACK");
	expect_rows(0, 0, 0);
}

static void changes_of_the_account_end_every_session_of_it(void **state)
{
	static const struct {
		const char *sql, *reason;
	} changes[] = {
		{ "UPDATE sen.account SET epoch = epoch + 1 WHERE login = 'a1'", "access changed" },
		{ "UPDATE sen.account SET status = 'disabled', epoch = epoch + 1 WHERE login = 'a1'", "account disabled" },
		{ "UPDATE sen.account SET status = 'suspended' WHERE login = 'a1'", "account suspended" },
	};
	char sql[256];

	(void)state;

	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		sessiondb_clean();
		side("SELECT sign_in('a1', ARRAY['p02', 'app']), sign_in('a1', ARRAY['p02', 'p03']), sign_in('a2', ARRAY['p02'])");
		/* One is over already. */
		side("SELECT sign_in('a1', ARRAY['p03'], 60)");
		side("UPDATE sen.session SET ended_at = now(), end_reason = 'logout' WHERE idle_s = 60; DELETE FROM sen.outbox");
		side(changes[i].sql);
		expect_rows(2, 1, 1);
		(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM sen.session WHERE account_id = account('a1') AND end_reason = '%s'",
		               changes[i].reason);
		assert_int_equal(side_i64(sql), 2);
		assert_int_equal(side_i64("SELECT count(*) FROM sen.session WHERE account_id = account('a2') AND ended_at IS NULL"), 1);
	}
	/* Neither the planner's note nor a name ends anything. */
	sessiondb_clean();
	side("SELECT sign_in('a1', ARRAY['p02']); UPDATE sen.account SET next_eval_at = now()");
	expect_rows(0, 0, 0);
}

static void the_last_role_on_a_platform_ends_its_part(void **state)
{
	(void)state;
	side("SELECT sign_in('a1', ARRAY['p02', 'p03', 'quiet', 'app']), sign_in('a1', ARRAY['p02'])");
	side("SELECT take('a1', 'MC')");
	expect_rows(0, 0, 0);
	side("SELECT take('a1', 'TP')");
	expect_rows(2, 0, 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.session WHERE ended_at IS NOT NULL"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.token_family WHERE revoked_at IS NOT NULL AND client_id IN ('p02', 'quiet')"), 3);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.token_family WHERE revoked_at IS NOT NULL"), 3);
	/* Granted and signed in there again: that part ends anew, with the session. */
	side("SELECT give('a1', 'MC'); INSERT INTO sen.token_family SELECT f.account_id, f.issued_on, gen_random_uuid(), f.client_id, f.session_id,"
	     " f.session_on, f.scope, f.auth_time, f.epoch, 0, NULL, f.expires_at FROM sen.token_family f WHERE client_id = 'p02' LIMIT 1");
	side("UPDATE sen.account SET epoch = epoch + 1");
	expect_rows(3, 1, 1);
}

static void a_role_that_runs_out_ends_its_part(void **state)
{
	struct op op;
	size_t n;

	side("SELECT sign_in('a1', ARRAY['p02', 'p03']);"
	     " UPDATE sen.access_grant g SET valid_from = now() - interval '1 h', valid_to = now() - interval '1 s' FROM sen.role r"
	     " WHERE r.id = g.role_id AND r.platform_id = 3; UPDATE sen.account SET next_eval_at = now() WHERE login = 'a1';"
	     " DELETE FROM sen.dirty_account");
	op_init(&op, *state, migrated_db, NULL);
	assert_int_equal(dirty_add_due(&op, &n), 0);
	db_op_done(&op);
	assert_int_equal(n, 1);
	expect_rows(0, 1, 0);
}

static void a_platform_that_closes_ends_its_part(void **state)
{
	(void)state;
	side("SELECT sign_in('a1', ARRAY['p02', 'p03']), sign_in('a2', ARRAY['p02'])");
	side("UPDATE sen.platform SET state = 'reviewing' WHERE id = 2");
	expect_rows(0, 0, 0);
	side("UPDATE sen.platform SET state = 'stopped' WHERE id = 2");
	expect_rows(2, 0, 0);
}

static void parallel_ends_are_one_end(void **state)
{
	static const struct query *const ends[] = { &test_end_by_hand, &test_end_by_epoch, &test_end_by_grant };
	struct task tasks[N_PARALLEL];

	(void)state;
	side("SELECT sign_in('a1', ARRAY['p02', 'p02', 'p03'])");
	for (size_t i = 0; i < N_PARALLEL; i++) {
		tasks[i] = (struct task){ .db = migrated_db, .query = ends[i % ARRAY_LEN(ends)] };
		task_start(&tasks[i]);
	}
	for (size_t i = 0; i < N_PARALLEL; i++) {
		task_join(&tasks[i]);
		if (tasks[i].code != 0)
			fail_msg("%s", tasks[i].detail);
	}
	expect_rows(1, 1, 0);
}

/* A family that is being born holds its session: the end waits for it and sees it. */
static void *end_by_hand(void *arg)
{
	task_run(arg);
	return NULL;
}

static void an_end_sees_the_family_that_is_being_born(void **state)
{
	struct task end = { .db = migrated_db, .query = &test_end_by_hand };
	pthread_t thread;

	(void)state;
	side("SELECT sign_in('a1', ARRAY[]::text[])");
	side("BEGIN; INSERT INTO sen.token_family (account_id, issued_on, id, client_id, session_id, session_on, scope, auth_time, epoch, expires_at)"
	     " SELECT s.account_id, current_date, gen_random_uuid(), 'p02', s.id, s.issued_on, 'openid', now(), s.epoch, s.expires_at"
	     " FROM sen.session s WHERE s.ended_at IS NULL FOR SHARE OF s");
	assert_int_equal(pthread_create(&thread, NULL, end_by_hand, &end), 0);
	for (int i = 0; i < 500 && side_i64("SELECT count(*) FROM pg_locks l JOIN pg_stat_activity s USING (pid)"
	                                    " WHERE NOT l.granted AND s.datname = current_database()") == 0; i++)
		usleep(10000);
	side("COMMIT");
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(end.code, 0);
	expect_rows(1, 0, 0);
}

#define SESSION_REVOKED "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
#define ACCOUNT_DISABLED "https://schemas.openid.net/secevent/risc/event-type/account-disabled"

/* Streams of p02 (both events), of p03 (one), and one of app, which hears of everybody. */
static void make_streams(void)
{
	side("DELETE FROM sen.ssf_stream; DELETE FROM sen.outbox;"
	     " UPDATE sen.oauth_client SET metadata = metadata || '{\"sen_ssf_subjects\": \"all\"}' WHERE id = 'app';"
	     " INSERT INTO sen.ssf_stream (id, client_id, slot, method, events_requested) VALUES"
	     " (gen_random_uuid(), 'p02', 1, 'poll', ARRAY['" SESSION_REVOKED "', '" ACCOUNT_DISABLED "']),"
	     " (gen_random_uuid(), 'p03', 1, 'poll', ARRAY['" SESSION_REVOKED "']),"
	     " (gen_random_uuid(), 'app', 1, 'poll', ARRAY['" SESSION_REVOKED "', '" ACCOUNT_DISABLED "'])");
}

static void expect_events(const char *event, int64_t p02, int64_t p03, int64_t app)
{
	static const char *const clients[] = { "p02", "p03", "app" };
	const int64_t wanted[] = { p02, p03, app };

	for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
		char sql[400];

		(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM sen.outbox o JOIN sen.ssf_stream s ON s.id::text = o.destination"
		               " WHERE o.kind = 'ssf' AND o.done_at IS NULL AND s.client_id = '%s' AND o.payload->>'event' = '%s'", clients[i], event);
		if (side_i64(sql) != wanted[i])
			fail_msg("%s at %s: not %ld", event, clients[i], (long)wanted[i]);
	}
}

static void streams_hear_of_sessions_that_they_had_a_part_in(void **state)
{
	(void)state;
	make_streams();
	side("SELECT sign_in('a1', ARRAY['p02', 'p02']), sign_in('a2', ARRAY['quiet'])");
	side("UPDATE sen.session SET ended_at = now(), end_reason = 'logout'");
	expect_events(SESSION_REVOKED, 1, 0, 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.outbox WHERE kind = 'ssf' AND payload->'data'->>'initiating_entity' = 'user'"), 3);
	/* One part of a session: only its receiver. */
	make_streams();
	side("SELECT sign_in('a1', ARRAY['p02', 'p03']); SELECT take('a1', 'ND')");
	expect_events(SESSION_REVOKED, 0, 1, 0);
	side("UPDATE sen.session SET ended_at = now(), end_reason = 'expired' WHERE ended_at IS NULL");
	expect_events(SESSION_REVOKED, 1, 1, 1);
}

static void streams_hear_of_accounts_that_they_know(void **state)
{
	(void)state;
	make_streams();
	side("UPDATE sen.account SET status = 'disabled', epoch = epoch + 1 WHERE login = 'a1'");
	/* p03 did not ask for it. */
	expect_events(ACCOUNT_DISABLED, 1, 0, 1);
	side("DELETE FROM sen.access_grant WHERE account_id = account('a2'); UPDATE sen.account SET status = 'suspended' WHERE login = 'a2'");
	expect_events(ACCOUNT_DISABLED, 1, 0, 2);
	/* From one closed state to another is no news. */
	side("UPDATE sen.account SET status = 'disabled' WHERE login = 'a2'");
	expect_events(ACCOUNT_DISABLED, 1, 0, 2);
}

static void a_stream_that_stops_keeps_nothing(void **state)
{
	(void)state;
	make_streams();
	side("UPDATE sen.ssf_stream SET status = 'paused' WHERE client_id = 'p02'; UPDATE sen.account SET status = 'disabled' WHERE login = 'a1'");
	expect_events(ACCOUNT_DISABLED, 1, 0, 1);
	side("UPDATE sen.ssf_stream SET status = 'disabled' WHERE client_id = 'p02'; DELETE FROM sen.ssf_stream WHERE client_id = 'app'");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.outbox WHERE kind = 'ssf' AND done_at IS NULL"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.outbox WHERE outcome = 'void'"), 2);
	side("UPDATE sen.account SET status = 'active' WHERE login = 'a1'; UPDATE sen.account SET status = 'disabled' WHERE login = 'a1'");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.outbox WHERE kind = 'ssf' AND done_at IS NULL"), 0);
	side("DELETE FROM sen.ssf_stream");
}

#define ENDS_TEST(f) cmocka_unit_test_setup_teardown(f, sessiondb_begin, unit_arena_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ENDS_TEST(each_relying_party_of_a_session_is_told_once),
		ENDS_TEST(what_came_of_a_session_ends_with_it),
		ENDS_TEST(a_transaction_that_fails_tells_nobody),
		ENDS_TEST(changes_of_the_account_end_every_session_of_it),
		ENDS_TEST(the_last_role_on_a_platform_ends_its_part),
		ENDS_TEST(a_role_that_runs_out_ends_its_part),
		ENDS_TEST(a_platform_that_closes_ends_its_part),
		ENDS_TEST(parallel_ends_are_one_end),
		ENDS_TEST(an_end_sees_the_family_that_is_being_born),
		ENDS_TEST(streams_hear_of_sessions_that_they_had_a_part_in),
		ENDS_TEST(streams_hear_of_accounts_that_they_know),
		ENDS_TEST(a_stream_that_stops_keeps_nothing),
	};

	return cmocka_run_group_tests_name("session ends", tests, sessiondb_setup, migrated_drop);
}
