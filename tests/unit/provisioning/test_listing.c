/* When a listing goes on, and when it may count as whole: whatever platforms do. */
#include "provisioning/observe/listing.h"
#include "tests/unit/unit.h"

struct step {
	size_t n, n_new;
	int64_t total;
	bool has_next;
};

static struct listing l;

/* Takes the pages until the listing stops; how many were taken. */
static size_t take(const struct step *steps, size_t n)
{
	l = listing_new();
	for (size_t i = 0; i < n; i++) {
		struct list_page page = { .n = steps[i].n, .total = steps[i].total, .next = steps[i].has_next ? STR("x") : STR_NULL };

		if (!listing_goes_on(&l, &page, steps[i].n_new))
			return i + 1;
	}
	return n;
}

static void fault_is(const char *fault, enum list_proof proof)
{
	const char *is = listing_fault(&l, proof);

	assert_true(!fault == !is);
	if (fault)
		assert_string_equal(is, fault);
}

static void test_by_count(void **state)
{
	static const struct step whole[] = { { 100, 100, 250, true }, { 100, 100, 250, true }, { 50, 50, 250, false } };
	static const struct step page_lost[] = { { 100, 100, 250, true }, { 50, 50, 250, false } };
	static const struct step repeated[] = { { 100, 100, 250, true }, { 100, 0, 250, true }, { 100, 0, 250, true } };
	static const struct step overlap[] = { { 100, 100, 150, true }, { 100, 50, 150, false } };
	static const struct step no_total[] = { { 100, 100, -1, true }, { 50, 50, -1, false } };
	static const struct step empty_page[] = { { 100, 100, 250, true }, { 0, 0, 250, true }, { 50, 50, 250, false } };
	static const struct step nothing[] = { { 0, 0, 0, false } };

	(void)state;
	assert_int_equal(take(whole, 3), 3);
	fault_is(NULL, LIST_BY_COUNT);
	assert_int_equal(take(page_lost, 2), 2);
	fault_is("count", LIST_BY_COUNT);
	assert_int_equal(take(repeated, 3), 2);
	fault_is("repeated", LIST_BY_COUNT);
	/* All have been seen, however often. */
	assert_int_equal(take(overlap, 2), 2);
	fault_is(NULL, LIST_BY_COUNT);
	assert_int_equal(take(no_total, 2), 2);
	fault_is("unproven", LIST_BY_COUNT);
	assert_int_equal(take(empty_page, 3), 2);
	fault_is("count", LIST_BY_COUNT);
	assert_int_equal(take(nothing, 1), 1);
	fault_is(NULL, LIST_BY_COUNT);
}

/* One was removed from a page already read: another moved there, past us, and the count is right all the same. */
static void test_changed_meanwhile(void **state)
{
	static const struct step steps[] = { { 50, 50, 100, true }, { 49, 49, 99, false } };

	(void)state;
	take(steps, 2);
	assert_int_equal(l.listed, 99);
	fault_is("changed", LIST_BY_COUNT);
	fault_is("changed", LIST_BY_END);
}

static void test_by_end(void **state)
{
	static const struct step whole[] = { { 500, 500, -1, true }, { 20, 20, -1, false } };
	static const struct step with_total[] = { { 500, 500, 520, true }, { 19, 19, -1, false } };
	static const struct step overlap[] = { { 500, 500, -1, true }, { 20, 19, -1, false } };
	static const struct step more_than_said[] = { { 500, 500, 20, false } };

	(void)state;
	take(whole, 2);
	fault_is(NULL, LIST_BY_END);
	take(with_total, 2);
	fault_is("count", LIST_BY_END);
	take(overlap, 2);
	fault_is("overlap", LIST_BY_END);
	/* The total of a page for that of all: nothing that could be believed. */
	take(more_than_said, 1);
	fault_is("count", LIST_BY_END);
}

static void test_short(void **state)
{
	static const struct {
		struct listing_size size;
		bool is_short;
	} cases[] = {
		{ { 1000, 1000, 1200, 1200, 90 }, false },
		{ { 1000, 899, 1200, 1200, 90 }, true },
		{ { 1000, 900, 1200, 1200, 90 }, false },
		/* Others' accounts count as well: the list of before is the measure. */
		{ { 10, 10, 500, 1200, 90 }, true },
		/* Few accounts: one or two may go. */
		{ { 5, 3, 5, 5, 90 }, false },
		{ { 5, 2, 5, 5, 90 }, true },
		{ { 3, 0, 0, 3, 90 }, true },
		{ { 0, 0, 0, 0, 90 }, false },
		{ { 1000, 0, 0, 1000, 0 }, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (listing_is_short(&cases[i].size) != cases[i].is_short)
			fail_msg("case %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_by_count), cmocka_unit_test(test_changed_meanwhile), cmocka_unit_test(test_by_end),
		                            cmocka_unit_test(test_short) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
