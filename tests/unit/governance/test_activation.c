/* activation_store.h: how a typed code is read. */
#include "common/model/activation_store.h"
#include "tests/unit/unit.h"

static void test_read(void **state)
{
	static const struct {
		const char *typed, *plain;
	} rows[] = {
		{ "K7QM-2XVB-9TRA", "K7QM2XVB9TRA" },
		{ "k7qm2xvb9tra", "K7QM2XVB9TRA" },
		{ " K7QM 2XVB 9TRA ", "K7QM2XVB9TRA" },
		{ "K7QM-2XVB-9TR", NULL },
		{ "K7QM-2XVB-9TRAA", NULL },
		{ "K7QM-2XVB-9TR0", NULL }, /* 0 O 1 I L are in no code */
		{ "K7QM-2XVB-9TRO", NULL },
		{ "K7QM-2XVB-9TRL", NULL },
		{ "K7QM_2XVB_9TRA", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str plain = STR_NULL;
		bool ok = activation_code_read(*state, str_c(rows[i].typed), &plain);

		assert_int_equal(ok, rows[i].plain != NULL);
		if (ok)
			assert_str_equal(plain, rows[i].plain);
	}
}

/* The alphabet's own end is no character of it. */
static void test_nul(void **state)
{
	struct str plain;

	assert_false(activation_code_read(*state, str_n("K7QM2XVB9TR\0", 12), &plain));
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT_TEST(test_read), UNIT_TEST(test_nul) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
