/*
 * The digest of what a plan rests on: each fact counts, and where it is the same the plan is the same, of thousands of facts
 * that are alike.
 */
#include "common/plan/plan.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#define DOMAIN STR("nghean.example")
#define LIT(text) { text, sizeof(text) - 1 }
#define N_PAIRS 4000

static const struct fact_grant on_p02[] = { { 2, LIT("P02"), LIT("MC"), LIT("Một cửa"), LIT("40.1") }, { 2, LIT("P02"), LIT("TP"), LIT("Thu phí"), LIT("40.1") } };
static const struct fact_grant changed[][2] = {
	{ { 3, LIT("P02"), LIT("MC"), LIT("Một cửa"), LIT("40.1") }, { 2, LIT("P02"), LIT("TP"), LIT("Thu phí"), LIT("40.1") } },
	{ { 2, LIT("P03"), LIT("MC"), LIT("Một cửa"), LIT("40.1") }, { 2, LIT("P02"), LIT("TP"), LIT("Thu phí"), LIT("40.1") } },
	{ { 2, LIT("P02"), LIT("M"), LIT("Một cửa"), LIT("40.1") }, { 2, LIT("P02"), LIT("TP"), LIT("Thu phí"), LIT("40.1") } },
	{ { 2, LIT("P02"), LIT("MC"), LIT("Một"), LIT("40.1") }, { 2, LIT("P02"), LIT("TP"), LIT("Thu phí"), LIT("40.1") } },
	{ { 2, LIT("P02"), LIT("MC"), LIT("Một cửa"), LIT("40.2") }, { 2, LIT("P02"), LIT("TP"), LIT("Thu phí"), LIT("40.1") } },
};
static const int64_t bound[] = { 0, 2 };

static struct account_facts base(void)
{
	return (struct account_facts){
		.account_id = STR("11111111-1111-4111-8111-111111111111"), .login = STR("annv"), .status = STR("active"), .employee_code = STR("NV1"),
		.ho = STR("Nguyễn"), .dem = STR("Văn"), .ten = STR("An"), .full_name = STR("Nguyễn Văn An"), .person_kind = STR("cong_chuc"),
		.unit_code = STR("40.1"), .unit_name = STR("Xã Một"), .post = STR("Chuyên viên"), .unit_kind = STR("commune"), .post_rank = STR("staff"),
		.post_since = STR("2025-07-01"), .grants = on_p02, .n_grants = 2, .bound = bound, .n_bound = 2,
	};
}

static const char *digest_in(struct arena *a, const struct account_facts *f, struct str domain)
{
	char *digest = arena_alloc(a, UUID_TEXT_LEN + 1);

	plan_digest(a, f, f->bound, f->n_bound, domain, digest);
	return digest;
}

static const char *digest_of(struct arena *a, const struct account_facts *f)
{
	return digest_in(a, f, DOMAIN);
}

static void each_fact_counts(void **state)
{
	static struct str path[] = { LIT("40"), LIT("40.1") };
	struct account_facts f[64], b = base();
	const char *digests[64];
	struct str *texts[] = { &b.account_id, &b.login, &b.status, &b.employee_code, &b.ho, &b.dem, &b.ten, &b.full_name, &b.person_kind,
		                &b.unit_code, &b.unit_name, &b.post, &b.unit_kind, &b.post_rank, &b.post_since };
	size_t n = 0;

	/* A new member of the facts belongs into plan_digest(), and here. */
	assert_int_equal(sizeof(struct account_facts), 17 * sizeof(struct str) + sizeof(struct str_list) + 7 * 8);
	f[n++] = base();
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct str was = *texts[i];

		*texts[i] = STR("x");
		f[n++] = b;
		*texts[i] = STR("");
		f[n++] = b;
		*texts[i] = STR_NULL;
		f[n++] = b;
		*texts[i] = was;
	}
	for (size_t i = 0; i < ARRAY_LEN(changed); i++) {
		b.grants = changed[i];
		f[n++] = b;
	}
	b = base();
	b.n_grants = 1;
	f[n++] = b;
	b = base();
	b.n_bound = 1;
	f[n++] = b;
	b = base();
	b.has_scope = true;
	f[n++] = b;
	b = base();
	b.unit_path = (struct str_list){ path, 2 };
	f[n++] = b;
	b.unit_path.n = 1;
	f[n++] = b;
	for (size_t i = 0; i < n; i++) {
		digests[i] = digest_of(*state, &f[i]);
		assert_string_equal(digests[i], digest_of(*state, &f[i]));
		for (size_t k = 0; k < i; k++)
			if (strcmp(digests[i], digests[k]) == 0)
				fail_msg("%zu and %zu", i, k);
	}
	assert_string_not_equal(digests[0], digest_in(*state, &f[0], STR("x.example")));
}

static void what_no_plan_rests_on_does_not_count(void **state)
{
	struct account_facts a = base(), b = base();

	b.next_eval = STR("2027-01-01");
	b.next_eval_is_new = true;
	b.digest = STR("x");
	assert_string_equal(digest_of(*state, &a), digest_of(*state, &b));
}

static void words_do_not_run_together(void **state)
{
	struct account_facts a = base(), b = base();

	a.ho = STR("ab");
	a.dem = STR("c");
	b.ho = STR("a");
	b.dem = STR("bc");
	assert_string_not_equal(digest_of(*state, &a), digest_of(*state, &b));
}

/* That of a platform where the account is; whatever it says. */
static void the_version_of_a_mapping_counts(void **state)
{
	const struct mapping *const none[4] = { NULL };
	const bool whole[4] = { false }, broken[4] = { false, false, true, false };
	const struct str first[4] = { STR_NULL, STR_NULL, LIT("1.1.1"), LIT("1.1.1") }, second[4] = { STR_NULL, STR_NULL, LIT("1.2.1"), LIT("1.1.1") };
	const struct str elsewhere[4] = { STR_NULL, STR_NULL, LIT("1.1.1"), LIT("2.1.1") };
	const struct mapping_set sets[] = { { none, whole, 4, first }, { none, whole, 4, second }, { none, broken, 4, first }, { none, whole, 4, elsewhere } };
	const char *digests[ARRAY_LEN(sets) + 1];
	struct account_facts f = base();

	digests[ARRAY_LEN(sets)] = digest_of(*state, &f);
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		f.mappings = &sets[i];
		digests[i] = digest_of(*state, &f);
	}
	assert_string_not_equal(digests[0], digests[1]);
	assert_string_not_equal(digests[0], digests[2]);
	assert_string_not_equal(digests[0], digests[4]);
	assert_string_equal(digests[0], digests[3]);
	/* On a platform where nothing is granted any more, too. */
	f.n_grants = 0;
	f.mappings = &sets[0];
	digests[0] = digest_of(*state, &f);
	f.mappings = &sets[1];
	assert_string_not_equal(digests[0], digest_of(*state, &f));
}

static unsigned seed = 20261126;

static size_t pick(size_t n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

static struct str one_of(const char *const *words, size_t n)
{
	size_t i = pick(n + 1);

	return i == n ? STR_NULL : str_c(words[i]);
}

/* Of few words, so that many are alike. */
static struct account_facts any(struct arena *a)
{
	static const char *const words[] = { "", "a", "b" }, *const statuses[] = { "active", "pending", "disabled" };
	static const int64_t platforms[] = { 0, 2, 3 };
	struct account_facts f = base();
	struct fact_grant *grants = ARENA_ARRAY(a, struct fact_grant, 2);

	f.ho = one_of(words, 1);
	f.post = one_of(words, 2);
	f.status = str_c(statuses[pick(3)]);
	f.n_bound = 1 + pick(2);
	f.bound = platforms;
	f.has_scope = pick(4) == 0;
	f.n_grants = pick(2);
	f.grants = grants;
	for (size_t i = 0; i < f.n_grants; i++)
		grants[i] = (struct fact_grant){ .platform_id = i == 0 ? 2 : 2 + (int64_t)pick(2), .platform_code = STR("P"), .role_code = i == 0 ? STR("A") : STR("B"),
			                         .role_name = one_of(words, 2), .unit_code = STR("40") };
	return f;
}

static bool is_same_plan(struct arena *a, const struct account_facts *f, const struct account_facts *g)
{
	const struct desired *x, *y;
	size_t n_x, n_y;

	plan_account(a, f, DOMAIN, &x, &n_x);
	plan_account(a, g, DOMAIN, &y, &n_y);
	for (size_t i = 0; n_x == n_y && i < n_x; i++)
		if (x[i].platform_id != y[i].platform_id || x[i].active != y[i].active || strcmp(x[i].hash, y[i].hash) != 0)
			return false;
	return n_x == n_y;
}

static void the_same_digest_is_the_same_plan(void **state)
{
	size_t n_same = 0, n_other = 0;

	(void)state;
	for (size_t i = 0; i < N_PAIRS; i++) {
		_cleanup_(arena_freep) struct arena *a = arena_new(UNIT_ARENA_BYTES);
		struct account_facts f = any(a), g = any(a);
		bool same_digest = strcmp(digest_of(a, &f), digest_of(a, &g)) == 0;

		if (same_digest)
			assert_true(is_same_plan(a, &f, &g));
		n_same += same_digest;
		n_other += !is_same_plan(a, &f, &g);
	}
	/* Both happen often enough to say something. */
	assert_true(n_same > 20 && n_other > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(each_fact_counts),
		UNIT_TEST(what_no_plan_rests_on_does_not_count),
		UNIT_TEST(words_do_not_run_together),
		UNIT_TEST(the_version_of_a_mapping_counts),
		UNIT_TEST(the_same_digest_is_the_same_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
