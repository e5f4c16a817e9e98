/* Access that is looked at afterwards, on PostgreSQL with the rights of the server's role: emergencies and campaigns of review. */
#include "server/governance/access_reviews.h"
#include "server/governance/emergencies.h"
#include "tests/db/governance/acting.h"

static void test_emergency(void **state)
{
	struct fixture *f = *state;
	struct str id = fresh_id(&f->op), late = fresh_id(&f->op);

#define ASK(who, id_, hours) AS(f, who, emergency_ask, P_STR(id_), P_NULL, S("VP"), S("P02"), S("MC"), P_NULL, S("Hệ thống hỏng"), P_I64(hours))
	assert_int_equal(ASK("WA", id, 73), ERR_INVALID_VALUE);
	assert_int_equal(ASK("OTHER", id, 5), ERR_OUT_OF_SCOPE);
	assert_int_equal(ASK("WA", id, 5), 0);
	assert_int_equal(live_grants(), 0);
	assert_int_equal(AS(f, "WA", emergency_release, P_STR(id), P_NULL, P_I64(1)), ERR_FOUR_EYES);
	assert_int_equal(AS(f, "OTHER", emergency_release, P_STR(id), P_NULL, P_I64(1)), ERR_OUT_OF_SCOPE);
	assert_int_equal(AS(f, "W2", emergency_release, P_STR(id), P_NULL, P_I64(1)), 0);
	assert_int_equal(AS(f, "P2", emergency_release, P_STR(id), P_NULL, P_I64(2)), ERR_WRONG_STATE);
	assert_int_equal(live_grants(), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'emergency.release' AND data ->> 'alarm' = 'true'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE valid_to <= granted_at + interval '72 hours'"), 1);
	assert_int_equal(AS(f, "WA", emergency_review, P_STR(id), P_NULL, P_I64(2), S("justified"), S("đã xem")), ERR_FOUR_EYES);
	assert_int_equal(AS(f, "P3", emergency_review, P_STR(id), P_NULL, P_I64(2), S("unjustified"), S("đã xem")), 0);
	assert_int_equal(live_grants(), 0);
	assert_int_equal(ASK("WA", late, 5), 0);
	side("UPDATE sen.emergency SET asked_at = now() - interval '25 hours' WHERE released_at IS NULL");
	assert_int_equal(AS(f, "W2", emergency_release, P_STR(late), P_NULL, P_I64(1)), ERR_WRONG_STATE);
}

static void test_reviews(void **state)
{
	struct fixture *f = *state;
	struct racer racers[N_PARALLEL] = { 0 };
	struct str id = fresh_id(&f->op), item;
	struct db_rows rows;

	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	assert_int_equal(grant_direct(f, "OTHER", "MC"), 0);
	assert_int_equal(AS(f, "WA", review_begin, P_STR(id), P_NULL, S("R2026"), S("Rà soát"), S("grants"), S("40"), P_NULL, S("low"), S("2099-01-01T00:00:00Z"), S("suspend")),
	                 ERR_OUT_OF_SCOPE);
	assert_int_equal(AS(f, "P2", review_begin, P_STR(id), P_NULL, S("R2026"), S("Rà soát"), S("grants"), S("40"), P_NULL, S("low"), S("2099-01-01T00:00:00Z"), S("suspend")), 0);
	assert_int_equal(AS(f, "P2", review_advance, P_STR(id), P_NULL), 0);
	assert_str_equal(member(f, "state"), "open");
	assert_int_equal(AS(f, "P2", review_advance, P_STR(id), P_NULL), ERR_WRONG_STATE);
	assert_int_equal(db_run(&f->op, review_items, &rows, P_STR(account_of(&f->op, "WA")), P_STR(id), P_NULL, P_NULL, P_NULL, P_I64(10)), 0);
	assert_int_equal(rows.n, 1);
	item = db_str(&rows, 0, 2);
	assert_int_equal(AS(f, "OTHER", review_decide, P_STR(id), P_NULL, P_STR(item), S("keep"), P_NULL, P_NULL), ERR_NOT_FOUND);
	/* The deadline passes: what nobody answered for does not count any more, without anybody's doing. */
	side("UPDATE sen.review_campaign SET deadline = now(); UPDATE sen.access_grant SET suspended_at = now()");
	assert_int_equal(live_grants(), 0);
	for (size_t i = 0; i < N_PARALLEL; i++)
		racers[i] = (struct racer){ .id = id, .item = item, .who = principal_of(f, i % 2 == 0 ? "WA" : "P3"), .kind = &review_decide };
	assert_int_equal(run_race(racers), 1);
	assert_int_equal(live_grants(), 1);
	assert_int_equal(AS(f, "P2", review_advance, P_STR(id), P_NULL), 0);
	assert_int_equal(AS(f, "P2", review_advance, P_STR(id), P_NULL), 0);
	assert_str_equal(member(f, "state"), "closed");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.review_item WHERE decision = 'none'"), 1);
	/* A change: the old goes, the new is asked for. */
	id = fresh_id(&f->op);
	assert_int_equal(AS(f, "P2", review_begin, P_STR(id), P_NULL, S("R2"), S("Rà soát"), S("grants"), S("16681"), P_NULL, S("low"), S("2099-01-01T00:00:00Z"), S("keep")), 0);
	assert_int_equal(AS(f, "P2", review_advance, P_STR(id), P_NULL), 0);
	assert_int_equal(db_run(&f->op, review_items, &rows, P_STR(account_of(&f->op, "WA")), P_STR(id), P_NULL, P_NULL, P_NULL, P_I64(10)), 0);
	assert_int_equal(rows.n, 1);
	assert_int_equal(AS(f, "WA", review_decide, P_STR(id), P_NULL, P_STR(db_str(&rows, 0, 2)), S("change"), S("đổi"), S("TK")), 0);
	assert_int_equal(live_grants(), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_request WHERE state = 'open'"), 1);
}

static void test_review_of_accounts(void **state)
{
	struct fixture *f = *state;
	struct str id = fresh_id(&f->op);

	assert_int_equal(AS(f, "P2", review_begin, P_STR(id), P_NULL, S("A1"), S("Tài khoản"), S("accounts"), S("16690"), P_NULL, S("low"), S("2099-01-01T00:00:00Z"), S("suspend")), 0);
	assert_int_equal(AS(f, "P2", review_advance, P_STR(id), P_NULL), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.review_item"), 1);
	side("UPDATE sen.review_campaign SET deadline = now()");
	assert_int_equal(AS(f, "P2", review_advance, P_STR(id), P_NULL), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE status = 'suspended' AND epoch = 2"), 1);
	struct db_rows rows;
	assert_int_equal(db_run(&f->op, review_items, &rows, P_STR(account_of(&f->op, "P3")), P_STR(id), P_NULL, P_NULL, P_NULL, P_I64(10)), 0);
	assert_int_equal(AS(f, "P3", review_decide, P_STR(id), P_NULL, P_STR(db_str(&rows, 0, 2)), S("keep"), P_NULL, P_NULL), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account WHERE status = 'suspended'"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ACTING_TEST(test_emergency),
		ACTING_TEST(test_reviews),
		ACTING_TEST(test_review_of_accounts),
	};

	return cmocka_run_group_tests(tests, acting_create, gov_drop);
}
