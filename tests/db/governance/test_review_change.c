/* A reviewer's answer "change", on PostgreSQL with the rights of the server's role: a request as any other, and no answer is lost for one that waits. */
#include "server/governance/access_reviews.h"
#include "server/governance/requests.h"
#include "tests/db/governance/acting.h"
#include "tests/unit/at_once.h"

static int set_up(void **state)
{
	side("DELETE FROM sen.grant_policy WHERE role_id IS NOT NULL");
	return acting_set_up(state);
}

/* A campaign over the ward's grants, of which there is this many; the first one's item. */
static struct str begin(struct fixture *f, struct str *ret_item, size_t n)
{
	struct str id = fresh_id(&f->op);
	struct db_rows rows;

	assert_int_equal(AS(f, "P2", review_begin, P_STR(id), P_NULL, P_STR(str_n(id.p, 12)), S("Rà soát"), S("grants"), S("16681"), P_NULL, S("low"), S("2099-01-01"), S("suspend")), 0);
	assert_int_equal(AS(f, "P2", review_advance, P_STR(id), P_NULL), 0);
	assert_int_equal(db_run(&f->op, review_items, &rows, P_STR(account_of(&f->op, "WA")), P_STR(id), P_NULL, P_NULL, P_NULL, P_I64(10)), 0);
	assert_int_equal(rows.n, n);
	*ret_item = arena_dup(f->op.arena, db_str(&rows, 0, 2));
	return id;
}

static int change(struct fixture *f, struct str id, struct str item, const char *role)
{
	return AS(f, "WA", review_decide, P_STR(id), P_NULL, P_STR(item), S("change"), P_NULL, P_C(role));
}

static void policy(const char *rest)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(UNIT_ARENA_BYTES);

	side("DELETE FROM sen.grant_policy WHERE role_id IS NOT NULL");
	side(arena_cstr(a, arena_printf(a, "INSERT INTO sen.grant_policy (role_id, stages, stage_days, end_required, max_days) SELECT id, 1, 5, %s FROM sen.role WHERE code = 'TK'", rest)));
}

/* As long as the other role's policy lets it; where that wants an end and nothing gives one, nothing is done, and the item waits. */
static void test_end_of_policy(void **state)
{
	struct fixture *f = *state;
	struct str item, id;

	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	id = begin(f, &item, 1);
	policy("true, NULL");
	assert_int_equal(change(f, id, item, "TK"), ERR_INVALID_VALUE);
	assert_int_equal(live_grants(), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.review_item WHERE decided_by IS NULL"), 1);
	policy("true, 10");
	assert_int_equal(change(f, id, item, "TK"), 0);
	assert_int_equal(live_grants(), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_request q JOIN sen.review_item i ON i.request_id = q.id WHERE q.state = 'open'"
	                          " AND q.valid_to BETWEEN now() + interval '9 days' AND now() + interval '10 days'"), 1);
	/* The grant's own end, where that comes first. */
	side("DELETE FROM sen.request_event; DELETE FROM sen.access_request");
	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	side("UPDATE sen.access_grant SET valid_to = now() + interval '3 days' WHERE revoked_at IS NULL");
	id = begin(f, &item, 1);
	assert_int_equal(change(f, id, item, "TK"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_request WHERE valid_to < now() + interval '4 days'"), 1);
}

/* What the new role must not meet: but for the grant in whose place it comes. */
static void test_separation(void **state)
{
	struct fixture *f = *state;
	struct str item, id;

	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	assert_int_equal(add_duty(f, "block", "unit"), 0);
	side("INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, granted_by, origin, request_id) SELECT account_id, gen_random_uuid(), role_id, unit_id, basis, valid_from, granted_by,"
	     " 'request', gen_random_uuid() FROM sen.access_grant");
	id = begin(f, &item, 2);
	assert_int_equal(change(f, id, item, "TK"), ERR_SEPARATION_OF_DUTIES);
	assert_str_equal(f->op.error.args[0].value, "TN1");
	assert_int_equal(live_grants(), 2);
	side("UPDATE sen.access_grant SET revoked_at = now() WHERE id NOT IN (SELECT grant_id FROM sen.review_item ORDER BY id LIMIT 1)");
	assert_int_equal(change(f, id, item, "TK"), 0);
	assert_int_equal(live_grants(), 0);
}

/* Asked for already: the answer counts, and joins what waits; what nobody decided on in time makes room. */
static void test_joins_a_request(void **state)
{
	struct fixture *f = *state;
	struct str item, id, asked;

	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	assert_int_equal(file(f, "WA", "VP", "TK", &asked), 0);
	id = begin(f, &item, 1);
	assert_int_equal(change(f, id, item, "TK"), 0);
	assert_true(str_equal(member(f, "request"), asked));
	assert_int_equal(live_grants(), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_request"), 1);
	side("UPDATE sen.access_request SET expires_at = now()");
	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	id = begin(f, &item, 1);
	assert_int_equal(change(f, id, item, "TK"), 0);
	assert_false(str_equal(member(f, "request"), asked));
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_request WHERE state = 'open' AND expires_at > now()"), 1);
}

/* A shared account is of nobody to whom a request could give a role. */
static void test_of_others(void **state)
{
	struct fixture *f = *state;
	struct str item, id;

	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	side("ALTER TABLE sen.account DISABLE TRIGGER USER; UPDATE sen.account SET kind = 'technical', reason = 'x' WHERE id = (SELECT account_id FROM sen.access_grant)");
	id = begin(f, &item, 1);
	assert_int_equal(change(f, id, item, "TK"), ERR_INVALID_VALUE);
	assert_int_equal(live_grants(), 1);
	side("UPDATE sen.account SET kind = 'operational' WHERE kind = 'technical'; ALTER TABLE sen.account ENABLE TRIGGER USER");
}

struct hand {
	struct principal who;
	struct str id, item;
	int result;
};

/* The odd ones answer the item, the others ask for the same role. */
static void *reach(void *arg)
{
	struct hand *h = arg;
	struct db_param answer[] = { P_STR(h->id), P_STR(h->who.account_id), P_STR(h->item), S("change"), P_NULL, S("TK") };
	struct db_param asked[] = { P_STR(h->id), P_STR(h->who.account_id), S("VP"), S("P02"), S("TK"), P_NULL, S("Tờ trình"), S("Cần"), P_NULL, P_NULL };
	bool answers = !str_is_null(h->item);
	json_t *body = NULL;
	struct op op;

	gov_begin(&op, gov_server);
	h->result = answers ? governed_write(&op, &h->who, &review_decide, answer, ARRAY_LEN(answer), &body) :
	                      governed_write(&op, &h->who, &request_file, asked, ARRAY_LEN(asked), &body);
	json_decref(body);
	gov_end(&op);
	return NULL;
}

static void test_race(void **state)
{
	struct fixture *f = *state;
	struct hand hands[N_PARALLEL] = { 0 };
	struct str item, id;
	int answered = 0;

	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	id = begin(f, &item, 1);
	for (size_t i = 0; i < N_PARALLEL; i++)
		hands[i] = (struct hand){ .who = principal_of(f, i % 4 == 1 ? "P2" : "WA"), .id = i % 2 == 1 ? id : fresh_id(&f->op), .item = i % 2 == 1 ? item : STR_NULL };
	AT_ONCE(reach, hands);
	for (size_t i = 1; i < N_PARALLEL; i += 2) {
		answered += hands[i].result == 0;
		assert_true(hands[i].result == 0 || hands[i].result == ERR_WRONG_STATE || hands[i].result == ERR_CONFLICT);
	}
	assert_int_equal(answered, 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_request"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.review_item i JOIN sen.access_request q ON q.id = i.request_id WHERE i.decision = 'change'"), 1);
	assert_int_equal(live_grants(), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, acting_tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_end_of_policy), TEST(test_separation), TEST(test_joins_a_request), TEST(test_of_others), TEST(test_race),
	};

	return cmocka_run_group_tests(tests, acting_create, gov_drop);
}
