#include "common/base/json.h"
#include "common/plan/plan.h"
#include "tests/unit/unit.h"

#include <string.h>

#define DOMAIN STR("nghean.example")

#define LIT(text) { text, sizeof(text) - 1 }

static const struct fact_grant on_p02[] = {
	{ 2, LIT("P02"), LIT("MC_TIEPNHAN"), LIT("Tiếp nhận"), LIT("40.1") },
	{ 2, LIT("P02"), LIT("MC_TIEPNHAN"), LIT("Tiếp nhận"), LIT("40.2") },
	{ 2, LIT("P02"), LIT("THUPHI"), LIT("Thu phí"), LIT("40.1") },
};
static const struct fact_grant on_p02_p03[] = {
	{ 2, LIT("P02"), LIT("THUPHI"), LIT("Thu phí"), LIT("40.1") },
	{ 3, LIT("P03"), LIT("NGUOIDUNG"), LIT("Người dùng"), LIT("40.1") },
};
static const int64_t bound_0_2[] = { 0, 2 };

static struct account_facts facts_of(const char *status, const struct fact_grant *grants, size_t n)
{
	return (struct account_facts){
		.account_id = STR("11111111-1111-4111-8111-111111111111"),
		.login = STR("annv"),
		.status = str_c(status),
		.employee_code = STR("NV1"),
		.ho = STR("Nguyễn"),
		.dem = STR("Văn"),
		.ten = STR("An"),
		.full_name = STR("Nguyễn Văn An"),
		.unit_code = STR("40.1"),
		.unit_name = STR("Xã Một"),
		.post = STR("Chuyên viên"),
		.grants = grants,
		.n_grants = n,
	};
}

/* Which platforms, and on or off: "0+ 2+ 3-". */
static const char *summary(struct arena *a, const struct account_facts *facts)
{
	struct str text = STR("");
	const struct desired *all;
	size_t n;

	plan_account(a, facts, DOMAIN, &all, &n);
	for (size_t i = 0; i < n; i++)
		text = arena_printf(a, "%.*s%s%d%c", STR_ARG(text), i ? " " : "", (int)all[i].platform_id,
		                    all[i].active ? '+' : '-');
	return arena_cstr(a, text);
}

static void who_is_wanted_where(void **state)
{
	static const struct {
		const char *status;
		const struct fact_grant *grants;
		size_t n_grants;
		bool has_scope, is_bound;
		const char *want;
	} cases[] = {
		{ "active", on_p02, 3, false, false, "0+ 2+" },
		{ "pending", on_p02, 3, false, false, "0+ 2+" },
		{ "active", on_p02_p03, 2, false, false, "0+ 2+ 3+" },
		{ "suspended", on_p02_p03, 2, false, false, "" },
		{ "suspended", on_p02_p03, 2, false, true, "0- 2-" },
		{ "disabled", on_p02, 3, true, true, "0- 2-" },
		/* nothing left: off, where there was something */
		{ "active", NULL, 0, false, true, "0- 2-" },
		{ "active", NULL, 0, false, false, "" },
		/* an administrator has an account, but not on platforms */
		{ "active", NULL, 0, true, false, "0+" },
		{ "active", NULL, 0, true, true, "0+ 2-" },
		{ "active", on_p02_p03 + 1, 1, false, true, "0+ 2- 3+" },
		/* a status that is not known is no access */
		{ "ACTIVE", on_p02, 3, true, false, "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct account_facts f = facts_of(cases[i].status, cases[i].grants, cases[i].n_grants);

		f.has_scope = cases[i].has_scope;
		if (cases[i].is_bound) {
			f.bound = bound_0_2;
			f.n_bound = ARRAY_LEN(bound_0_2);
		}
		assert_string_equal(summary(*state, &f), cases[i].want);
	}
}

static struct desired on_platform(struct arena *a, const struct account_facts *f, int64_t platform)
{
	struct desired d;

	plan_platform(a, f, platform, DOMAIN, &d);
	return d;
}

static void the_document_says_what_the_platform_needs(void **state)
{
	struct account_facts f = facts_of("active", on_p02, 3);
	struct desired d = on_platform(*state, &f, 2);

	assert_str_equal(d.document,
	                 "{\"account\":\"11111111-1111-4111-8111-111111111111\",\"active\":true,\"dem\":\"Văn\","
	                 "\"employee\":\"NV1\",\"ho\":\"Nguyễn\",\"login\":\"annv\",\"mail\":\"annv@nghean.example\","
	                 "\"name\":\"Nguyễn Văn An\",\"post\":\"Chuyên viên\",\"roles\":[{\"code\":\"MC_TIEPNHAN\","
	                 "\"name\":\"Tiếp nhận\"},{\"code\":\"THUPHI\",\"name\":\"Thu phí\"}],\"status\":\"\",\"ten\":\"An\","
	                 "\"unit\":\"40.1\",\"unit_name\":\"Xã Một\",\"v\":1}");
	assert_true(uuid_is_valid(str_c(d.hash)));
	/* The first 16 bytes of SHA-256 of exactly that text; fixed, since bindings compare across releases. */
	assert_string_equal(d.hash, "2ee6ff48-497f-35db-0462-1e93a6ac9d26");
	assert_int_equal(d.n_roles, 2);
}

static void the_directory_names_the_platform_of_each_role(void **state)
{
	struct account_facts f = facts_of("pending", on_p02_p03, 2);
	struct desired d = on_platform(*state, &f, PLATFORM_DIRECTORY);

	assert_int_equal(d.n_roles, 2);
	assert_str_equal(d.roles[0].code, "P02:THUPHI");
	assert_str_equal(d.roles[1].code, "P03:NGUOIDUNG");
	assert_str_equal(d.status, "pending");
}

/* What must and what must not make a platform's account due. */
static void hashes_change_with_what_matters(void **state)
{
	struct account_facts f = facts_of("active", on_p02_p03, 2), g = f;
	struct desired p02 = on_platform(*state, &f, 2), dir = on_platform(*state, &f, 0);

	g.status = STR("pending");
	assert_string_equal(on_platform(*state, &g, 2).hash, p02.hash);
	assert_string_not_equal(on_platform(*state, &g, 0).hash, dir.hash);
	g = f;
	g.n_grants = 1; /* P03 goes */
	assert_string_equal(on_platform(*state, &g, 2).hash, p02.hash);
	assert_string_not_equal(on_platform(*state, &g, 0).hash, dir.hash);
	g = f;
	g.unit_name = STR("Xã Hai");
	assert_string_not_equal(on_platform(*state, &g, 2).hash, p02.hash);
	g = f;
	g.next_eval = STR("2030-01-01 00:00:00+00");
	g.bound = bound_0_2;
	g.n_bound = 2;
	assert_string_equal(on_platform(*state, &g, 2).hash, p02.hash);
	/* No main post, and an empty one, are the same. */
	g = f;
	g.unit_code = g.unit_name = g.post = STR_NULL;
	p02 = on_platform(*state, &g, 2);
	g.unit_code = g.unit_name = g.post = STR("");
	assert_string_equal(on_platform(*state, &g, 2).hash, p02.hash);
}

static void what_is_off_does_not_change_any_more(void **state)
{
	struct account_facts f = facts_of("suspended", on_p02, 3);
	struct desired d = on_platform(*state, &f, 2);

	f.full_name = STR("Nguyễn Văn Bình");
	f.status = STR("disabled");
	assert_string_equal(on_platform(*state, &f, 2).hash, d.hash);
	assert_int_equal(on_platform(*state, &f, 2).n_roles, 0);
}

static void revocations_go_first(void **state)
{
	struct desired d = { .active = false, .is_bound = true };

	(void)state;
	assert_int_equal(plan_priority(&d, 4), 0);
	d.active = true;
	assert_int_equal(plan_priority(&d, 0), 0);
	assert_int_equal(plan_priority(&d, 1), 1);
	assert_int_equal(plan_priority(&d, 2), 1);
	assert_int_equal(plan_priority(&d, 3), 3);
	d.is_bound = false;
	assert_int_equal(plan_priority(&d, 0), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(who_is_wanted_where),
		UNIT_TEST(the_document_says_what_the_platform_needs),
		UNIT_TEST(the_directory_names_the_platform_of_each_role),
		UNIT_TEST(hashes_change_with_what_matters),
		UNIT_TEST(what_is_off_does_not_change_any_more),
		cmocka_unit_test(revocations_go_first),
	};

	return cmocka_run_group_tests_name("provisioning/plan", tests, NULL, NULL);
}
