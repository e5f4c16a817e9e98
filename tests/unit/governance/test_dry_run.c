#include "server/governance/dry_run_guard.h"
#include "tests/unit/unit.h"

#define LIT(text) { text, sizeof(text) - 1 }
#define ID LIT("11111111-1111-4111-8111-111111111111")

static const struct fact_grant one[] = { { 2, LIT("P02"), LIT("MC"), LIT("Tiếp nhận"), LIT("40.1") } };
static const struct fact_grant two[] = {
	{ 2, LIT("P02"), LIT("MC"), LIT("Tiếp nhận"), LIT("40.1") },
	{ 2, LIT("P02"), LIT("TP"), LIT("Thu phí"), LIT("40.1") },
};
static const struct fact_grant elsewhere[] = { { 3, LIT("P03"), LIT("MAIL"), LIT("Thư"), LIT("40.1") } };
static const int64_t bound_on[] = { 0, 2 };

static struct account_facts facts(const struct fact_grant *grants, size_t n, bool is_bound)
{
	return (struct account_facts){
		.account_id = ID, .login = STR("annv"), .status = STR("active"), .full_name = STR("Nguyễn Văn An"), .post = STR("Chuyên viên"),
		.grants = grants, .n_grants = n, .bound = bound_on, .n_bound = is_bound ? 2 : 0,
	};
}

static const struct dry_binding there[] = { { ID, 0, true, true }, { ID, 2, true, true } };
static const struct dry_binding waiting[] = { { ID, 0, true, true }, { ID, 2, false, false } };
static const struct dry_binding behind[] = { { ID, 0, true, true }, { ID, 2, true, false } };

/* "0:update 2:create*": platform, operation, and whether an earlier change waits. */
static const char *summary(struct arena *a, const struct account_facts *before, const struct account_facts *after, const struct dry_binding *bindings)
{
	struct str text = STR("");
	const struct dry_item *items;
	size_t n;

	dry_run_account(a, STR("nghean.example"), before, after, bindings, bindings ? 2 : 0, &items, &n);
	for (size_t i = 0; i < n; i++)
		text = arena_printf(a, "%.*s%s%d:%s%s", STR_ARG(text), i ? " " : "", (int)items[i].platform_id, dry_operation_name(items[i].operation),
		                    items[i].is_pending ? "*" : "");
	return arena_cstr(a, text);
}

static void operations(void **state)
{
	const struct account_facts none = facts(NULL, 0, false), none_bound = facts(NULL, 0, true);
	const struct account_facts first = facts(one, 1, false), first_bound = facts(one, 1, true), more_bound = facts(two, 2, true);
	const struct account_facts moved_bound = facts(elsewhere, 1, true);
	struct account_facts disabled = first_bound, renamed = first_bound;

	disabled.status = STR("disabled");
	renamed.full_name = STR("Nguyễn Văn Ân");
	const struct {
		const struct account_facts *before, *after;
		const struct dry_binding *bindings;
		const char *want;
	} cases[] = {
		{ NULL, &first, NULL, "0:create 2:create" },          /* a new account */
		{ &none, &first, NULL, "0:create 2:create" },
		{ &none, &none, NULL, "" },
		{ &first, &first, NULL, "" },                         /* wanted already, only not planned yet */
		{ &first_bound, &first_bound, there, "" },
		{ &first_bound, &more_bound, there, "0:update 2:update" },
		{ &first_bound, &renamed, there, "0:update 2:update" },
		{ &first_bound, &none_bound, there, "0:disable 2:disable" },
		{ &first_bound, &disabled, there, "0:disable 2:disable" },
		{ &disabled, &first_bound, there, "0:update 2:update" }, /* on again */
		{ &disabled, &renamed, there, "0:update 2:update" },
		{ &none_bound, &disabled, there, "" },                /* what is off stays off, and is not told of a new name */
		{ &first_bound, &more_bound, waiting, "0:update 2:create*" },
		{ &first_bound, &none_bound, waiting, "0:disable 2:look_up*" },
		{ &first_bound, &more_bound, behind, "0:update 2:update*" },
		{ &first_bound, &moved_bound, there, "0:update 2:disable 3:create" },
		{ NULL, &none, NULL, "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *got = summary(*state, cases[i].before, cases[i].after, cases[i].bindings);

		if (!str_equal(str_c(got), str_c(cases[i].want)))
			fail_msg("case %zu: %s, expected %s", i, got, cases[i].want);
	}
}

/* A binding of somebody else is none of this account's. */
static void bindings_of_others_do_not_count(void **state)
{
	static const struct dry_binding others[] = { { LIT("22222222-2222-4222-8222-222222222222"), 0, true, true },
		                                     { LIT("22222222-2222-4222-8222-222222222222"), 2, true, true } };
	const struct account_facts none = facts(NULL, 0, false), first = facts(one, 1, false);

	assert_string_equal(summary(*state, &none, &first, others), "0:create 2:create");
}

static void attributes_and_what_changed(void **state)
{
	_json_ json_t *item = json_new_object();
	struct str text;

	dry_run_attributes(item, STR("{\"account\":\"x\",\"active\":true,\"post\":\"A\",\"roles\":[{\"code\":\"MC\"}],\"v\":1}"),
	                   STR("{\"account\":\"x\",\"active\":true,\"post\":\"B\",\"roles\":[{\"code\":\"MC\"}],\"v\":2}"));
	text = json_write(*state, item, true);
	assert_true(str_contains(text, STR("\"changed\":[\"post\"]")));
	assert_false(str_contains(text, STR("account")));
	dry_run_attributes(item, STR_NULL, STR("{\"account\":\"x\",\"active\":true,\"v\":1}"));
	assert_string_equal(arena_cstr(*state, json_write(*state, item, true)), "{\"after\":{\"active\":true},\"before\":null,\"changed\":[\"active\"]}");
	dry_run_attributes(item, STR("{\"active\":true,\"post\":\"A\",\"v\":1}"), STR("{\"active\":false,\"v\":1}"));
	assert_true(str_contains(json_write(*state, item, true), STR("\"changed\":[\"active\",\"post\"]")));
}

#define PEOPLE 12

/* A dozen of a unit, who were in role MC; half of them, or as many as said, would be off, the others lose a role or gain one. */
static void fate_of_a_mass_change(void **state)
{
	static const struct account_facts was = { .unit_code = LIT("40.1"), .grants = two, .n_grants = 2 };
	static const struct account_facts loses_one = { .grants = one, .n_grants = 1 }, is_off = { .n_grants = 0 };
	static const struct fact_grant other[] = { { 2, LIT("P02"), LIT("MC"), LIT("Tiếp nhận"), LIT("40.1") }, { 2, LIT("P02"), LIT("XX"), LIT("Khác"), LIT("40.1") } };
	static const struct account_facts changes = { .grants = other, .n_grants = 2 };
	static const struct guard_limits loose = { 1000, 100, 1, 100, 1, 100, 100 };
	const struct {
		const char *name;
		size_t n_off, n_losing, n_changing; /* the rest is as it was, but for the name */
		struct dry_rule rule;
		bool by_name;
		size_t held, not_allowed;
		const char *reason;
	} cases[] = {
		{ "few", 2, 0, 0, { .platform_id = 2, .ops = 7, .is_open = true, .n_live = 12, .limits = { 5, 10, 20, 10, 200, 30, 100 } }, false, 0, 0, NULL },
		{ "too many of the platform", 6, 2, 0, { .platform_id = 2, .ops = 7, .is_open = true, .n_live = 12, .limits = { 5, 10, 20, 10, 200, 30, 100 } }, false, 6, 0, "platform" },
		{ "with those of the last hour", 2, 0, 0, { .platform_id = 2, .ops = 7, .is_open = true, .n_live = 12, .n_passed = 4, .limits = { 5, 10, 20, 10, 200, 30, 100 } }, false, 2, 0, "platform" },
		{ "each by name", 6, 2, 0, { .platform_id = 2, .ops = 7, .is_open = true, .n_live = 12, .limits = { 5, 10, 20, 10, 200, 30, 100 } }, true, 0, 0, NULL },
		{ "of a unit", 3, 0, 0, { .platform_id = 2, .ops = 7, .is_open = true, .n_live = 1000, .limits = { 20, 2, 12, 20, 200, 30, 100 } }, false, 3, 0, "unit" },
		{ "of a role: who gains another goes on", 0, 6, 2, { .platform_id = 2, .ops = 7, .is_open = true, .n_live = 1000, .limits = { 1000, 100, 1000, 100, 10, 50, 100 } }, false, 6, 0, "role" },
		{ "of memberships: who is off and who gains another goes on as it would", 0, 6, 2,
		  { .platform_id = 2, .ops = 7, .is_open = true, .n_live = 1000, .n_memberships = 24, .limits = { 5, 100, 1000, 100, 200, 30, 20 } }, false, 6, 0, "memberships" },
		{ "few of the memberships", 0, 5, 2, { .platform_id = 2, .ops = 7, .is_open = true, .n_live = 1000, .n_memberships = 24, .limits = { 5, 100, 1000, 100, 200, 30, 20 } }, false, 0, 0, NULL },
		{ "with the memberships of the last hour", 0, 3, 0,
		  { .platform_id = 2, .ops = 7, .is_open = true, .n_live = 1000, .n_memberships = 24, .n_passed_roles = 4, .limits = { 5, 100, 1000, 100, 200, 30, 20 } },
		  false, 3, 0, "memberships" },
		{ "a hold is open: all that takes away joins it", 1, 1, 1, { .platform_id = 2, .ops = 7, .is_open = true, .has_hold = true, .n_live = 1000, .limits = loose }, false, 2, 0, "platform" },
		{ "the platform closes, and asks", 2, 0, 0, { .platform_id = 2, .ops = 7, .on_removal = STR("ask"), .n_live = 1000, .limits = loose }, false, 2, 0, "removal" },
		{ "the platform closes, and disables", 2, 0, 0, { .platform_id = 2, .ops = 7, .on_removal = STR("disable"), .n_live = 1000, .limits = loose }, false, 0, 0, NULL },
		{ "disabling is switched off", 2, 1, 0, { .platform_id = 2, .ops = 3, .is_open = true, .n_live = 1000, .limits = loose }, false, 0, 2, NULL },
		{ "changing is switched off", 2, 1, 1, { .platform_id = 2, .ops = 5, .is_open = true, .n_live = 1000, .limits = loose }, false, 0, 10, NULL },
		{ "held, and would not be done anyway", 6, 0, 0, { .platform_id = 2, .ops = 3, .is_open = true, .n_live = 12, .limits = { 5, 10, 20, 10, 200, 30, 100 } }, false, 0, 6, "platform" },
	};
	const struct dry_census census[] = {
		{ 2, false, LIT("40.1"), PEOPLE, 0 }, { 2, true, LIT("MC"), PEOPLE, 0 }, { 2, true, LIT("TP"), PEOPLE, 0 }, { 3, false, LIT("40.1"), 1, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dry_item items[PEOPLE];
		struct dry_held why;
		size_t held = 0, not_allowed = 0;

		for (size_t k = 0; k < PEOPLE; k++) {
			bool off = k < cases[i].n_off, losing = k - cases[i].n_off < cases[i].n_losing;
			bool changing = k - cases[i].n_off - cases[i].n_losing < cases[i].n_changing;

			items[k] = (struct dry_item){ .platform_id = 2, .operation = off ? DRY_DISABLE : DRY_UPDATE, .is_counted = !cases[i].by_name, .facts_before = &was,
				                      .facts_after = off ? &is_off : losing ? &loses_one : changing ? &changes : &was };
		}
		why = dry_run_judge(*state, &cases[i].rule, census, ARRAY_LEN(census), items, PEOPLE);
		for (size_t k = 0; k < PEOPLE; k++) {
			held += items[k].fate == DRY_HELD;
			not_allowed += items[k].fate == DRY_NOT_ALLOWED;
		}
		if (held != cases[i].held || not_allowed != cases[i].not_allowed || (why.reason == NULL) != (cases[i].reason == NULL) ||
		    (why.reason && !str_equal(str_c(why.reason), str_c(cases[i].reason))))
			fail_msg("%s: %zu held by %s, %zu not allowed", cases[i].name, held, why.reason ? why.reason : "nobody", not_allowed);
	}
}

/* "2:disable*": what is done for bindings that are due, where no item speaks of the platform yet. */
static void what_is_due_by_itself(void **state)
{
	const struct account_facts now = facts(one, 1, true);
	const struct {
		struct dry_due due;
		const char *want;
	} cases[] = {
		{ { ID, 2, .is_there = true, .is_active = true }, "2:update" },
		{ { ID, 2, .is_active = true }, "2:create" },
		{ { ID, 2, .is_there = true }, "2:disable" },
		{ { ID, 2, .is_there = true, .is_deletion = true }, "2:delete" },
		{ { ID, 2, .is_deletion = true }, "2:look_up" },
		{ { ID, 2, .is_there = true, .is_active = true, .is_in_doubt = true }, "2:look_up" },
		{ { ID, 0, .is_there = true }, NULL }, /* told already */
		{ { ID, 7, .is_there = true, .is_active = true }, "7:update" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dry_item items[2] = { { .platform_id = 0, .operation = DRY_UPDATE } };
		struct dry_list list = { items, 1, 0 };

		dry_run_due(*state, STR("nghean.example"), &now, (struct dry_dues){ &cases[i].due, 1 }, &list);
		assert_int_equal(list.n, cases[i].want ? 2 : 1);
		if (!cases[i].want)
			continue;
		assert_str_equal(arena_printf(*state, "%d:%s", (int)items[1].platform_id, dry_operation_name(items[1].operation)), cases[i].want);
		assert_true(items[1].is_pending && str_is_null(items[1].before));
		assert_true(str_contains(items[1].after, cases[i].due.platform_id == 7 ? STR("{}") : STR("MC")));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(operations, unit_arena_setup, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(bindings_of_others_do_not_count, unit_arena_setup, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(attributes_and_what_changed, unit_arena_setup, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(what_is_due_by_itself, unit_arena_setup, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(fate_of_a_mass_change, unit_arena_setup, unit_arena_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
