/* When a reorganisation is carried out, and what it leaves of before: on PostgreSQL, as the provisioner does it. */
#include "tests/db/governance/reorgdb.h"

#include <time.h>

#define MERGE "[{\"kind\": \"merge\", \"from\": [\"20000\", \"20001\"], \"into\": [{\"code\": \"30000\", \"name\": \"Xã mới\"}]}]"

static struct str in_hours(struct op *op, int hours)
{
	time_t t = (time_t)op->now_s + (time_t)hours * 3600;
	struct tm tm;

	gmtime_r(&t, &tm);
	return arena_printf(op->arena, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* Approved days ahead: nothing of it happens before its time, however often it is looked for. */
static void test_not_before_its_time(_unused_ void **state)
{
	struct principal p;
	struct reorg_draft draft;
	struct reorg r;
	struct op op;

	gov_begin(&op, gov_server);
	p = gov_principal(&op, "annv");
	draft = draft_of(&op, STR(MERGE));
	draft.execute_at = in_hours(&op, 50);
	assert_int_equal(reorganising_draw_up(&op, &p, &draft, &r), 0);
	plan(&op, &r);
	assert_int_equal(approve_as(&op, "second", &r), 0);
	for (int i = 0; i < 5; i++)
		assert_null(advance(100));
	assert_int_equal(side_i64("SELECT count(*) FROM sen.reorganisation WHERE state = 'approved' AND started_at IS NULL"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit WHERE code ~ '^30' OR valid_to IS NOT NULL"), 0);
	check_access();
	side("UPDATE sen.reorganisation SET execute_at = now() + interval '1 minute'");
	assert_null(advance(100));
	side("UPDATE sen.reorganisation SET execute_at = now()");
	assert_string_equal(advance(100), "begin");
	while (advance(100))
		continue;
	assert_int_equal(side_i64("SELECT count(*) FROM sen.reorganisation WHERE state = 'done'"), 1);
	check_access();
	gov_end(&op);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		REORG_TEST(test_not_before_its_time),
	};

	return cmocka_run_group_tests(tests, reorgdb_create, reorgdb_drop);
}
