#include "server/governance/csv_cell.h"
#include "server/governance/form_list.h"
#include "tests/unit/unit.h"

static struct form_list read_good(struct arena *a, const char *csv)
{
	struct form_list list = { 0 };
	struct str fault = STR("");
	struct op op;

	op_init(&op, a, NULL, NULL);
	if (!form_list_read(&op, str_c(csv), STR("vi"), &list, &fault))
		fail_msg("%.*s", STR_ARG(fault));
	return list;
}

static struct str read_bad(struct arena *a, const char *csv)
{
	struct form_list list = { 0 };
	struct str fault = STR("");
	struct op op;

	op_init(&op, a, NULL, NULL);
	assert_false(form_list_read(&op, str_c(csv), STR("vi"), &list, &fault));
	return fault;
}

static void either_language_and_every_separator(void **state)
{
	static const char *const files[] = {
		"login,full_name,active,roles\nannth,Lê Ánh,1,MC\n",
		"\xEF\xBB\xBFTên đăng nhập;Họ và tên;Trạng thái;Vai trò\r\nannth;Lê Ánh;Đang hoạt động;MC\r\n",
		"roles\tactive\tlogin\tfull_name\nMC\ttrue\tannth\tLê Ánh\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct form_list list = read_good(*state, files[i]);

		assert_int_equal(list.n, 1);
		assert_str_equal(list.rows[0].login, "annth");
		assert_str_equal(list.rows[0].full_name, "Lê Ánh");
		assert_str_equal(list.rows[0].roles, "MC");
		assert_true(list.rows[0].active && list.has_roles && list.has_names);
	}
}

static void who_is_listed_is_active_unless_it_says_otherwise(void **state)
{
	struct form_list list = read_good(*state, "login,active\na,\nb,0\nc,Đã khóa\nd,yes\n");

	assert_int_equal(list.n, 4);
	assert_true(list.rows[0].active);
	assert_false(list.rows[1].active);
	assert_false(list.rows[2].active);
	assert_true(list.rows[3].active);
	assert_false(list.has_roles);
}

static void faults_name_the_line(void **state)
{
	assert_true(str_starts(read_bad(*state, "login,active\na,1\nb,có lẽ\n"), STR("dòng 3")));
	assert_true(str_starts(read_bad(*state, "login,active\n,1\n"), STR("dòng 2")));
	read_bad(*state, "");
	read_bad(*state, "login\n\"a\n");
	read_bad(*state, "login,mật khẩu\na,b\n");
}

static struct str cell(struct arena *a, const char *value)
{
	struct buf b = buf_new(a, 1000);

	csv_cell(&b, str_c(value), true);
	return buf_str(&b);
}

static void formulas_become_text(void **state)
{
	static const char *const formulas[] = { "=1+1", "+84", "-1", "@SUM(A1)", "\t=1", "\r=1" };

	for (size_t i = 0; i < ARRAY_LEN(formulas); i++)
		assert_true(str_starts(cell(*state, formulas[i]), STR("\"'")));
	assert_str_equal(cell(*state, "Lê \"Tư\", An"), "\"Lê \"\"Tư\"\", An\"");
	assert_str_equal(cell(*state, "1=1"), "\"1=1\"");
	assert_str_equal(cell(*state, ""), "\"\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(either_language_and_every_separator),
		UNIT_TEST(who_is_listed_is_active_unless_it_says_otherwise),
		UNIT_TEST(faults_name_the_line),
		UNIT_TEST(formulas_become_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
