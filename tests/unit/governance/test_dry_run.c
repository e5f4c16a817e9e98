#include "server/governance/dry_run.h"
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(operations, unit_arena_setup, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(bindings_of_others_do_not_count, unit_arena_setup, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(attributes_and_what_changed, unit_arena_setup, unit_arena_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
