#include "common/base/arena.h"
#include "tests/unit/unit.h"

#include <stdalign.h>
#include <string.h>

static void test_alloc_is_zeroed_and_aligned(void **state)
{
	for (size_t size = 0; size < 700; size++) {
		char *p = arena_alloc(*state, size);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xa5, size);
	}
}

static void test_allocations_do_not_overlap(void **state)
{
	enum { N = 300 };
	unsigned char *p[N];

	/* Sizes around those of the blocks, so that several kinds of block come about. */
	for (unsigned i = 0; i < N; i++) {
		p[i] = arena_alloc(*state, (size_t)i * 37 + 1);
		memset(p[i], (int)(i & 0xff), (size_t)i * 37 + 1);
	}
	for (unsigned i = 0; i < N; i++)
		for (size_t j = 0; j < (size_t)i * 37 + 1; j++)
			assert_int_equal(p[i][j], i & 0xff);
}

static void test_reset_wipes_and_keeps_first_block(void **state)
{
	struct arena *a = *state;
	char *first = arena_alloc(a, 100);

	memset(first, 'x', 100);
	assert_non_null(arena_alloc(a, 100000));
	assert_int_equal(arena_used(a), 100100);
	arena_reset(a);
	assert_int_equal(arena_used(a), 0);

	/* The same address again, and what was there is gone. */
	char *again = arena_alloc(a, 100);

	assert_ptr_equal(again, first);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(again[i], 0);
}

static void test_overflow_mark(void **state)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(1000);

	(void)state;
	arena_alloc(a, 1000);
	assert_false(arena_overflowed(a));
	assert_non_null(arena_alloc(a, 1));
	assert_true(arena_overflowed(a));
	assert_non_null(arena_alloc(a, 2999));
	arena_reset(a);
	assert_false(arena_overflowed(a));
}

static void allocate_too_much(void *argument)
{
	struct arena *a = arena_new(1000);

	arena_alloc(a, 3000);
	arena_alloc(a, *(size_t *)argument);
}

static void grow_too_much(void *argument)
{
	struct arena *a = arena_new(1000);
	void *p = arena_alloc(a, 10);

	arena_grow(a, p, 10, *(size_t *)argument);
}

static void multiply_too_much(void *argument)
{
	struct arena *a = arena_new(SIZE_MAX);

	arena_alloc_array(a, SIZE_MAX / 8, *(size_t *)argument);
}

static void test_aborts_past_four_budgets(void **state)
{
	size_t just_right = 1000, one_more = 1001, enormous = SIZE_MAX - 3;

	(void)state;
	assert_int_equal(unit_signal_of(allocate_too_much, &just_right), 0);
	assert_aborts(allocate_too_much, &one_more);
	assert_aborts(allocate_too_much, &enormous);
	assert_aborts(grow_too_much, &enormous);
	assert_aborts(multiply_too_much, &one_more);
}

static void nul_inside(void *argument)
{
	arena_cstr(argument, STR("a\0b"));
}

static void test_copies(void **state)
{
	char source[] = "Quý";
	struct str copy = arena_dup(*state, str_n(source, 3));

	source[0] = 'x';
	assert_int_equal(copy.len, 3);
	assert_int_equal(copy.p[3], '\0');
	assert_memory_equal(copy.p, "Qu\xc3", 3);
	assert_str_null(arena_dup(*state, STR_NULL));
	assert_str_null(arena_dup_c(*state, NULL));
	assert_str_equal(arena_dup(*state, STR("")), "");
	assert_string_equal(arena_cstr(*state, str_n("abcdef", 3)), "abc");
	assert_null(arena_cstr(*state, STR_NULL));
	assert_aborts(nul_inside, *state);
}

static void test_printf(void **state)
{
	struct str s = arena_printf(*state, "%d-%.*s", 42, STR_ARG(STR("đ")));

	assert_str_equal(s, "42-đ");
	assert_int_equal(s.p[s.len], '\0');
	assert_int_equal(arena_printf(*state, "%*d", 20000, 1).len, 20000);
	assert_str_equal(arena_printf(*state, "%s", ""), "");
}

static void test_grow_keeps_content_and_zeroes_rest(void **state)
{
	size_t size = 8;
	char *p = arena_alloc(*state, size);

	memcpy(p, "12345678", 8);
	for (size_t next = 9; next < 70000; next = next * 3 / 2) {
		p = arena_grow(*state, p, size, next);
		assert_memory_equal(p, "12345678", 8);
		for (size_t i = 8; i < next; i++)
			assert_int_equal(p[i], 0);
		size = next;
	}
}

static void test_grow_does_not_run_into_the_next(void **state)
{
	char *p = arena_alloc(*state, 16);
	char *other = arena_alloc(*state, 16);

	memset(p, 'p', 16);
	memset(other, 'o', 16);
	p = arena_grow(*state, p, 16, 64);
	memset(p, 'p', 64);
	for (size_t i = 0; i < 16; i++)
		assert_int_equal(other[i], 'o');
}

static void test_free_accepts_null(void **state)
{
	(void)state;
	assert_null(arena_free(NULL));
}

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>

static void test_free_space_is_poisoned(void **state)
{
	char *p = arena_alloc(*state, 24);

	assert_false(__asan_address_is_poisoned(p + 23));
	assert_true(__asan_address_is_poisoned(p + 24));
	arena_reset(*state);
	assert_true(__asan_address_is_poisoned(p));
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_alloc_is_zeroed_and_aligned),
		UNIT_TEST(test_allocations_do_not_overlap),
		UNIT_TEST(test_reset_wipes_and_keeps_first_block),
		UNIT_TEST(test_overflow_mark),
		UNIT_TEST(test_aborts_past_four_budgets),
		UNIT_TEST(test_copies),
		UNIT_TEST(test_printf),
		UNIT_TEST(test_grow_keeps_content_and_zeroes_rest),
		UNIT_TEST(test_grow_does_not_run_into_the_next),
		UNIT_TEST(test_free_accepts_null),
#ifdef __SANITIZE_ADDRESS__
		UNIT_TEST(test_free_space_is_poisoned),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
