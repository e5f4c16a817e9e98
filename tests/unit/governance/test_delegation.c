/* delegation.h: who may do what; deny by default. */
#include "server/governance/delegation.h"
#include "tests/unit/unit.h"

#define ALL (RIGHT_READ | RIGHT_GRANT | RIGHT_REVOKE | RIGHT_ACTIVATE | RIGHT_DELEGATE)
#define PROVINCE "1."
#define COMMUNE "1.17."
#define DIVISION "1.17.230."
#define OTHER_COMMUNE "1.170." /* begins with the same digits */

static struct principal holding(const struct admin_scope *scopes, size_t n)
{
	return (struct principal){ .account_id = STR("a"), .person_id = STR("admin"), .scopes = scopes, .n_scopes = n };
}

static struct delegation_object object_at(const char *path, int64_t platform)
{
	return (struct delegation_object){ .person_id = STR("somebody"), .unit_path = str_c(path), .platform_id = platform };
}

static void test_check(_unused_ void **state)
{
	static const struct {
		struct admin_scope scope;
		unsigned right;
		const char *path;
		int64_t platform;
		int expected;
	} rows[] = {
		{ { .unit_path = { COMMUNE, 5 }, .platform_id = 2, .rights = ALL }, RIGHT_GRANT, COMMUNE, 2, 0 },
		{ { .unit_path = { COMMUNE, 5 }, .platform_id = 2, .rights = ALL }, RIGHT_GRANT, DIVISION, 2, 0 },
		{ { .unit_path = { COMMUNE, 5 }, .platform_id = 2, .rights = ALL }, RIGHT_GRANT, PROVINCE, 2, ERR_OUT_OF_SCOPE },
		{ { .unit_path = { COMMUNE, 5 }, .platform_id = 2, .rights = ALL }, RIGHT_GRANT, OTHER_COMMUNE, 2, ERR_OUT_OF_SCOPE },
		{ { .unit_path = { COMMUNE, 5 }, .platform_id = 2, .rights = ALL }, RIGHT_GRANT, COMMUNE, 3, ERR_OUT_OF_SCOPE },
		{ { .unit_path = { COMMUNE, 5 }, .platform_id = 2, .rights = ALL }, RIGHT_GRANT, COMMUNE, EVERY_PLATFORM, ERR_OUT_OF_SCOPE },
		{ { .unit_path = { COMMUNE, 5 }, .platform_id = EVERY_PLATFORM, .rights = ALL }, RIGHT_GRANT, COMMUNE, 3, 0 },
		{ { .unit_path = { COMMUNE, 5 }, .platform_id = EVERY_PLATFORM, .rights = ALL }, RIGHT_ACTIVATE, COMMUNE, EVERY_PLATFORM, 0 },
		{ { .unit_path = { COMMUNE, 5 }, .platform_id = 2, .rights = RIGHT_READ }, RIGHT_GRANT, COMMUNE, 2, ERR_OUT_OF_SCOPE },
		{ { .unit_path = { COMMUNE, 5 }, .platform_id = 2, .rights = ALL & ~RIGHT_REVOKE }, RIGHT_REVOKE, COMMUNE, 2, ERR_OUT_OF_SCOPE },
		/* No right asked for is no right held. */
		{ { .unit_path = { COMMUNE, 5 }, .platform_id = 2, .rights = ALL }, 0, COMMUNE, 2, ERR_OUT_OF_SCOPE },
		/* A unit outside the tree, a scope without a unit: nobody's. */
		{ { .unit_path = { COMMUNE, 5 }, .platform_id = 2, .rights = ALL }, RIGHT_GRANT, "", 2, ERR_OUT_OF_SCOPE },
		{ { .unit_path = { "", 0 }, .platform_id = 2, .rights = ALL }, RIGHT_GRANT, COMMUNE, 2, ERR_OUT_OF_SCOPE },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct principal p = holding(&rows[i].scope, 1);
		struct delegation_object object = object_at(rows[i].path, rows[i].platform);

		print_message("row %zu\n", i);
		assert_int_equal(delegation_check(&p, rows[i].right, &object), rows[i].expected);
	}
}

static void test_nobody_without_scopes(_unused_ void **state)
{
	struct principal p = holding(NULL, 0);
	struct delegation_object object = object_at(COMMUNE, 2);

	assert_int_equal(delegation_check(&p, RIGHT_READ, &object), ERR_OUT_OF_SCOPE);
}

static void test_nobody_for_themself(_unused_ void **state)
{
	const struct admin_scope all = { .unit_path = STR(PROVINCE), .platform_id = EVERY_PLATFORM, .rights = ALL };
	struct principal p = holding(&all, 1);
	struct delegation_object object = object_at(COMMUNE, 2);
	struct delegation_gift gift;

	object.person_id = STR("admin");
	gift = (struct delegation_gift){ .to = object, .rights = RIGHT_READ };
	assert_int_equal(delegation_check(&p, RIGHT_GRANT, &object), ERR_SELF_GRANT);
	assert_int_equal(delegation_check_gift(&p, &gift), ERR_SELF_GRANT);
	assert_int_equal(delegation_check_account(&p, RIGHT_ACTIVATE, &object, NULL, 0), ERR_SELF_GRANT);
}

static void test_gift(_unused_ void **state)
{
	static const struct admin_scope own = {
		.unit_path = { COMMUNE, 5 }, .platform_id = 2, .rights = RIGHT_READ | RIGHT_GRANT | RIGHT_DELEGATE, .valid_to_s = 1000 };
	static const struct {
		const char *path;
		int64_t platform;
		unsigned rights;
		int64_t valid_to_s;
		int expected;
	} rows[] = {
		{ COMMUNE, 2, RIGHT_READ | RIGHT_GRANT, 1000, 0 },
		{ DIVISION, 2, RIGHT_READ | RIGHT_GRANT | RIGHT_DELEGATE, 999, 0 },
		{ COMMUNE, 2, RIGHT_REVOKE, 1000, ERR_OUT_OF_SCOPE },              /* a right not held */
		{ COMMUNE, 2, RIGHT_READ, 1001, ERR_OUT_OF_SCOPE },                /* beyond one's own end */
		{ COMMUNE, 2, RIGHT_READ, 0, ERR_OUT_OF_SCOPE },                   /* without end */
		{ PROVINCE, 2, RIGHT_READ, 1000, ERR_OUT_OF_SCOPE },               /* above one's own subtree */
		{ COMMUNE, EVERY_PLATFORM, RIGHT_READ, 1000, ERR_OUT_OF_SCOPE },   /* more platforms */
		{ COMMUNE, 3, RIGHT_READ, 1000, ERR_OUT_OF_SCOPE },
		{ COMMUNE, 2, 0, 1000, ERR_OUT_OF_SCOPE },
	};
	struct principal p = holding(&own, 1);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct delegation_gift gift = {
			.to = object_at(rows[i].path, rows[i].platform), .rights = rows[i].rights, .valid_to_s = rows[i].valid_to_s };

		print_message("row %zu\n", i);
		assert_int_equal(delegation_check_gift(&p, &gift), rows[i].expected);
	}
}

/* One scope with the right to delegate and another with the right to grant do not add up. */
static void test_gift_is_not_put_together(_unused_ void **state)
{
	const struct admin_scope scopes[] = {
		{ .unit_path = STR(PROVINCE), .platform_id = EVERY_PLATFORM, .rights = RIGHT_READ | RIGHT_DELEGATE },
		{ .unit_path = STR(COMMUNE), .platform_id = 2, .rights = RIGHT_GRANT },
	};
	struct principal p = holding(scopes, ARRAY_LEN(scopes));
	struct delegation_gift gift = { .to = object_at(COMMUNE, 2), .rights = RIGHT_GRANT };

	assert_int_equal(delegation_check_gift(&p, &gift), ERR_OUT_OF_SCOPE);
}

/* Who may set an account's password can be that account. */
static void test_account(_unused_ void **state)
{
	const struct admin_scope own = { .unit_path = STR(COMMUNE), .platform_id = EVERY_PLATFORM, .rights = RIGHT_READ | RIGHT_ACTIVATE };
	const struct admin_scope lesser = { .unit_path = STR(DIVISION), .platform_id = 2, .rights = RIGHT_READ };
	const struct admin_scope wider = { .unit_path = STR(PROVINCE), .platform_id = 2, .rights = RIGHT_READ };
	const struct admin_scope stronger = { .unit_path = STR(DIVISION), .platform_id = 2, .rights = RIGHT_GRANT };
	const struct admin_scope several[] = { lesser, wider };
	struct principal p = holding(&own, 1);
	struct delegation_object object = object_at(DIVISION, EVERY_PLATFORM);

	assert_int_equal(delegation_check_account(&p, RIGHT_ACTIVATE, &object, NULL, 0), 0);
	assert_int_equal(delegation_check_account(&p, RIGHT_ACTIVATE, &object, &lesser, 1), 0);
	assert_int_equal(delegation_check_account(&p, RIGHT_ACTIVATE, &object, &wider, 1), ERR_OUT_OF_SCOPE);
	assert_int_equal(delegation_check_account(&p, RIGHT_ACTIVATE, &object, &stronger, 1), ERR_OUT_OF_SCOPE);
	assert_int_equal(delegation_check_account(&p, RIGHT_ACTIVATE, &object, several, 2), ERR_OUT_OF_SCOPE);
	assert_int_equal(delegation_check_account(&p, RIGHT_REVOKE, &object, NULL, 0), ERR_OUT_OF_SCOPE);
}

/* Scopes for some roles, and with a cap. */
static void test_roles(_unused_ void **state)
{
	static const int64_t two[] = { 7, 8 }, one[] = { 8 }, strange[] = { 9 };
	static const struct {
		struct admin_scope scope;
		int64_t role;
		int rank;
		int expected;
	} rows[] = {
		{ { .roles = two, .n_roles = 2 }, 7, RANK_NORMAL, 0 },
		{ { .roles = two, .n_roles = 2 }, 9, RANK_LOW, ERR_OUT_OF_SCOPE },
		/* Some roles are not the platform as a whole. */
		{ { .roles = two, .n_roles = 2 }, 0, RANK_LOW, ERR_OUT_OF_SCOPE },
		{ { .is_capped = true, .max_rank = RANK_NORMAL }, 7, RANK_NORMAL, 0 },
		{ { .is_capped = true, .max_rank = RANK_NORMAL }, 7, RANK_HIGH, ERR_OUT_OF_SCOPE },
		{ { .is_capped = true, .max_rank = RANK_LOW }, 0, RANK_LOW, 0 },
		{ { .roles = two, .n_roles = 2, .is_capped = true, .max_rank = RANK_LOW }, 7, RANK_PRIVILEGED, ERR_OUT_OF_SCOPE },
		{ { .roles = NULL }, 7, RANK_PRIVILEGED, 0 },
	};
	static const struct {
		struct admin_scope scope;
		struct delegation_gift gift;
		int expected;
	} gifts[] = {
		{ { .roles = two, .n_roles = 2 }, { .roles = one, .n_roles = 1 }, 0 },
		{ { .roles = two, .n_roles = 2 }, { .roles = strange, .n_roles = 1 }, ERR_OUT_OF_SCOPE },
		{ { .roles = two, .n_roles = 2 }, { .n_roles = 0 }, ERR_OUT_OF_SCOPE }, /* every role is more than two */
		{ { .is_capped = true, .max_rank = RANK_HIGH }, { .is_capped = true, .max_rank = RANK_HIGH }, 0 },
		{ { .is_capped = true, .max_rank = RANK_HIGH }, { .is_capped = true, .max_rank = RANK_PRIVILEGED }, ERR_OUT_OF_SCOPE },
		{ { .is_capped = true, .max_rank = RANK_HIGH }, { .is_capped = false }, ERR_OUT_OF_SCOPE },
		{ { .is_capped = false }, { .is_capped = true, .max_rank = RANK_PRIVILEGED }, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct admin_scope scope = rows[i].scope;
		struct delegation_object object = object_at(DIVISION, 2);

		scope.unit_path = STR(COMMUNE);
		scope.platform_id = 2;
		scope.rights = ALL;
		object.role_id = rows[i].role;
		object.rank = rows[i].rank;
		struct principal p = holding(&scope, 1);
		print_message("row %zu\n", i);
		assert_int_equal(delegation_check(&p, RIGHT_GRANT, &object), rows[i].expected);
	}
	for (size_t i = 0; i < ARRAY_LEN(gifts); i++) {
		struct admin_scope scope = gifts[i].scope;
		struct delegation_gift gift = gifts[i].gift;

		scope.unit_path = STR(COMMUNE);
		scope.platform_id = 2;
		scope.rights = ALL;
		gift.to = object_at(DIVISION, 2);
		gift.rights = RIGHT_GRANT;
		struct principal p = holding(&scope, 1);
		print_message("gift %zu\n", i);
		assert_int_equal(delegation_check_gift(&p, &gift), gifts[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_nobody_without_scopes),
		cmocka_unit_test(test_nobody_for_themself),
		cmocka_unit_test(test_gift),
		cmocka_unit_test(test_gift_is_not_put_together),
		cmocka_unit_test(test_account),
		cmocka_unit_test(test_roles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
