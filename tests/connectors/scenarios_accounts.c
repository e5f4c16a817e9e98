/* What a platform must hold after each kind of change. */
#include "tests/connectors/kit.h"

#include <string.h>

static void test_create(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	assert_outcome(r, OUTCOME_OK);
	assert_true(r.was_created);
	assert_false(str_is_null(r.ext_id));
	assert_there(d);
}

static void test_nothing_to_do_changes_nothing(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL), again = kit_go(d, &r);

	(void)state;
	assert_outcome(again, OUTCOME_OK);
	assert_str_equal(again.ext_id, arena_cstr(kit.arena, r.ext_id));
	assert_there(d);
}

static void test_created_twice_is_one_account(void **state)
{
	struct desired *d = kit_official("annth");

	(void)state;
	assert_outcome(kit_go(d, NULL), OUTCOME_OK);
	/* As after a crash before the completion was written: nothing is remembered. */
	assert_outcome(kit_go(d, NULL), OUTCOME_OK);
	assert_int_equal(kit_stand->count(), 1);
	assert_there(d);
}

static void test_in_doubt_and_absent_is_created(void **state)
{
	struct desired *d = kit_official("annth");
	struct result doubt = { .outcome = OUTCOME_IN_DOUBT };

	(void)state;
	assert_outcome(kit_go(d, &doubt), OUTCOME_OK);
	assert_there(d);
}

static void test_in_doubt_and_there_is_adopted(void **state)
{
	struct desired *d = kit_official("annth");
	struct result doubt = { .outcome = OUTCOME_IN_DOUBT };

	(void)state;
	assert_outcome(kit_go(d, NULL), OUTCOME_OK);
	assert_outcome(kit_go(d, &doubt), OUTCOME_OK);
	assert_int_equal(kit_stand->count(), 1);
}

/* One text after the other in one account: also that each replaces the one before. */
static void try_names(const char *const *names, size_t n)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	for (size_t i = 0; i < n; i++) {
		d->full_name = str_c(names[i]);
		r = kit_go(d, &r);
		assert_outcome(r, OUTCOME_OK);
		assert_there(d);
	}
}

static void test_names_of_every_kind(void **state)
{
	static const char *const names[] = {
		"Đặng Thị Ước Nguyện", "Ỷ Ổ Ự Ẵ Ỗ", "Moong Văn Nghệ", "Cụt", "Lê O'Brien", "Trần \"Tư\" Bình", "A\\B \\' C",
		"100% _ * ( ) & | ! =", "a,b+c=d<e>f;g#h", "Nguyễn 𠀋 Hán", "; DROP TABLE users --", "${x} $1 ? :login", "{{x}} <b>&amp;</b>",
	};

	(void)state;
	try_names(names, ARRAY_LEN(names));
}

static void test_a_name_of_120_characters(void **state)
{
	struct desired *d = kit_official("annth");
	struct str name = STR("");

	(void)state;
	for (int i = 0; i < 24; i++)
		name = arena_printf(kit.arena, "%.*s%sƯớcẢ", STR_ARG(name), i > 0 ? " " : "");
	d->full_name = name;
	assert_outcome(kit_go(d, NULL), OUTCOME_OK);
	assert_there(d);
}

static void test_a_name_of_one_part(void **state)
{
	struct desired *d = kit_official("cut");

	(void)state;
	d->ho = d->dem = STR("");
	d->ten = d->full_name = STR("Cụt");
	assert_outcome(kit_go(d, NULL), OUTCOME_OK);
	assert_there(d);
}

static void test_user_names_with_dots_and_hyphens(void **state)
{
	static const char *const logins[] = { "an.nguyen-2", "a1", "x.y.z", "abcdefghijklmnopqrstuvwxyz012345" };

	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(logins); i++) {
		struct desired *d = kit_official(logins[i]);
		bool is_too_long = kit_stand->login_max > 0 && strlen(logins[i]) > kit_stand->login_max;

		assert_outcome(kit_go(d, NULL), is_too_long ? OUTCOME_BLOCKED : OUTCOME_OK);
		if (is_too_long)
			continue;
		assert_there(d);
		n++;
	}
	assert_int_equal(kit_stand->count(), n);
}

static void test_two_of_the_same_name(void **state)
{
	struct desired *a = kit_official("annth"), *b = kit_official("annth2");

	(void)state;
	assert_outcome(kit_go(a, NULL), OUTCOME_OK);
	assert_outcome(kit_go(b, NULL), OUTCOME_OK);
	assert_there(a);
	assert_there(b);
}

static void test_a_move_to_another_unit(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	d->unit_code = STR("16690");
	d->unit_name = STR("Xã Yên Trung");
	d->post = STR("Phó Chủ tịch Ủy ban nhân dân");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_there(d);
}

static void test_nothing_clears(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	d->unit_code = d->unit_name = d->post = STR("");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_there(d);
	d->post = STR("Chuyên viên chính");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_there(d);
}

static void try_roles(const char *const *steps, size_t n)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	for (size_t i = 0; i < n; i++) {
		kit_roles(d, steps[i]);
		r = kit_go(d, &r);
		assert_outcome(r, OUTCOME_OK);
		assert_there(d);
	}
}

static void test_a_role_more(void **state)
{
	(void)state;
	try_roles((const char *const[]){ "MC,TK" }, 1);
}

static void test_a_role_less(void **state)
{
	(void)state;
	try_roles((const char *const[]){ "MC,TK", "TK" }, 2);
}

static void test_another_role(void **state)
{
	(void)state;
	try_roles((const char *const[]){ "TK", "LD" }, 2);
}

static void test_a_role_with_a_table_of_its_own(void **state)
{
	(void)state;
	try_roles((const char *const[]){ "ADMIN", "ADMIN,MC", "MC", "ADMIN" }, 4);
}

static void test_no_role_at_all(void **state)
{
	(void)state;
	try_roles((const char *const[]){ "", "MC", "" }, 3);
}

static void test_all_roles_and_back(void **state)
{
	(void)state;
	try_roles((const char *const[]){ "ADMIN,LD,MC,TK", "MC", "ADMIN,LD,MC,TK" }, 3);
}

static void test_roles_of_others_are_left(void **state)
{
	struct desired *a = kit_official("annth"), *b = kit_official("binhnv");
	struct result r;

	(void)state;
	kit_roles(b, "ADMIN,TK");
	r = kit_go(a, NULL);
	assert_outcome(kit_go(b, NULL), OUTCOME_OK);
	kit_roles(a, "");
	assert_outcome(kit_go(a, &r), OUTCOME_OK);
	assert_there(a);
	assert_there(b);
}

static void test_disable(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	kit_roles(d, "ADMIN,MC,TK");
	r = kit_go(d, NULL);
	kit_off(d);
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_OK);
	assert_true(r.was_disabled);
	assert_off(d);
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_off(d);
}

static void test_disable_without_an_identifier(void **state)
{
	struct desired *d = kit_official("annth");

	(void)state;
	assert_outcome(kit_go(d, NULL), OUTCOME_OK);
	kit_off(d);
	assert_outcome(kit_go(d, NULL), OUTCOME_OK);
	assert_off(d);
}

static void test_disable_of_what_never_was(void **state)
{
	struct desired *d = kit_official("annth");

	(void)state;
	kit_off(d);
	assert_outcome(kit_go(d, NULL), OUTCOME_OK);
	assert_int_equal(kit_stand->count(), 0);
}

static void test_enable_again(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);
	struct str ext_id = r.ext_id;

	(void)state;
	kit_off(d);
	r = kit_go(d, &r);
	d->active = true;
	kit_roles(d, "MC,TK");
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_OK);
	assert_there(d);
	assert_str_equal(r.ext_id, arena_cstr(kit.arena, ext_id));
}

static void test_on_and_off_and_on(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	for (int i = 0; i < 20; i++) {
		d->active = i % 2 == 1;
		kit_roles(d, d->active ? "MC" : "");
		r = kit_go(d, &r);
		assert_outcome(r, OUTCOME_OK);
	}
	assert_there(d);
	assert_int_equal(kit_stand->count(), 1);
}

static void test_a_new_user_name(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	d->login = STR("annth.moi");
	r = kit_go(d, &r);
	if (!kit_stand->renames) {
		assert_outcome(r, OUTCOME_BLOCKED);
		assert_int_equal(kit_stand->look(kit.arena, "annth").n, 1);
		return;
	}
	assert_outcome(r, OUTCOME_OK);
	assert_there(d);
	assert_int_equal(kit_stand->look(kit.arena, "annth").n, 0);
}

static void test_a_role_that_is_not_there(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	kit_roles(d, "MC,NOSUCH");
	r = kit_go(d, &r);
	if (!kit_stand->knows_roles) {
		assert_outcome(r, OUTCOME_OK);
		return;
	}
	assert_outcome(r, OUTCOME_BLOCKED);
	assert_int_equal(kit_stand->look(kit.arena, "annth").n, 1);
}

static const struct CMUnitTest tests[] = {
	SCENARIO(test_create),
	SCENARIO(test_nothing_to_do_changes_nothing),
	SCENARIO(test_created_twice_is_one_account),
	SCENARIO(test_in_doubt_and_absent_is_created),
	SCENARIO(test_in_doubt_and_there_is_adopted),
	SCENARIO(test_names_of_every_kind),
	SCENARIO(test_a_name_of_120_characters),
	SCENARIO(test_a_name_of_one_part),
	SCENARIO(test_user_names_with_dots_and_hyphens),
	SCENARIO(test_two_of_the_same_name),
	SCENARIO(test_a_move_to_another_unit),
	SCENARIO(test_nothing_clears),
	SCENARIO(test_a_role_more),
	SCENARIO(test_a_role_less),
	SCENARIO(test_another_role),
	SCENARIO(test_a_role_with_a_table_of_its_own),
	SCENARIO(test_no_role_at_all),
	SCENARIO(test_all_roles_and_back),
	SCENARIO(test_roles_of_others_are_left),
	SCENARIO(test_disable),
	SCENARIO(test_disable_without_an_identifier),
	SCENARIO(test_disable_of_what_never_was),
	SCENARIO(test_enable_again),
	SCENARIO(test_on_and_off_and_on),
	SCENARIO(test_a_new_user_name),
	SCENARIO(test_a_role_that_is_not_there),
};
const struct scenarios scenarios_accounts = { "accounts", tests, ARRAY_LEN(tests) };
