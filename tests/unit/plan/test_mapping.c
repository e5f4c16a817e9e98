/* mapping.h: what expressions give, what is refused and where, and the limits of both. */
#include "tests/unit/plan/mapped_person.h"

static struct str shown(struct arena *a, const struct mapping_value *v)
{
	struct str text = STR("[");

	switch (v->type) {
	case MAPPING_NULL:
		return STR("null");
	case MAPPING_STRING:
	case MAPPING_DATE:
		return v->text;
	case MAPPING_BOOLEAN:
		return v->number ? STR("true") : STR("false");
	case MAPPING_INTEGER:
		return arena_printf(a, "%d", (int)v->number);
	case MAPPING_LIST:
		break;
	}
	for (size_t i = 0; i < v->n; i++)
		text = arena_printf(a, "%.*s%s%.*s", STR_ARG(text), i ? "," : "", STR_ARG(v->items[i]));
	return arena_printf(a, "%.*s]", STR_ARG(text));
}

static const struct {
	const char *source, *want;
} given[] = {
	{ "login", "annv" },
	{ "full_name + \" (\" + unit.name + \")\"", "Nguyễn Văn Đức (Phòng Nội vụ)" },
	{ "fold(full_name)", "Nguyen Van Duc" },
	{ "lower(ten) + \".\" + lower(fold(ho))", "đức.nguyen" },
	{ "upper(unit.name)", "PHÒNG NỘI VỤ" },
	{ "left(ho, 4)", "Nguy" },
	{ "left(ho, 5)", "Nguyễ" },
	{ "left(ho, -3)", "" },
	{ "left(ho, 99)", "Nguyễn" },
	{ "right(ho, 2)", "ễn" },
	{ "right(ho, -1)", "" },
	{ "substr(ho, 2, 3)", "guy" },
	{ "substr(ho, 0, 2)", "Ng" },
	{ "substr(ho, 7, 2)", "" },
	{ "replace(employee_code, \"-\", \"\")", "NV0017" },
	{ "replace(login, \"\", \"x\")", "annv" },
	{ "replace(\"aaa\", \"a\", \"aa\")", "aaaaaa" },
	{ "before(mail, \"@\")", "annv" },
	{ "after(mail, \"@\")", "nghean.example" },
	{ "before(login, \"@\")", "annv" },
	{ "after(login, \"@\")", "" },
	{ "trim(\"  a b \")", "a b" },
	{ "join(\", \", post.title, post.rank, unit.name)", "Chuyên viên, Phòng Nội vụ" },
	{ "join(\"/\", unit.path)", "40/40.17/40.17.5" },
	{ "join(\"/\", post.rank, \"\")", "" },
	{ "post.rank", "null" },
	{ "post.rank ?? \"staff\"", "staff" },
	{ "post.rank ?? null ?? login", "annv" },
	{ "post.rank + \"x\"", "null" },
	{ "post.rank = null", "true" },
	{ "post.rank != null", "false" },
	{ "post.rank < \"x\"", "false" },
	{ "login = \"annv\" and not (status = \"pending\")", "true" },
	{ "not login = \"x\" and true", "true" },
	{ "false and true or true", "true" },
	{ "1 < 2", "true" },
	{ "-5 >= -5", "true" },
	{ "length(ho)", "6" },
	{ "length(post.rank)", "0" },
	{ "count(roles)", "2" },
	{ "text(count(roles))", "2" },
	{ "has(roles, \"LANHDAO\")", "true" },
	{ "has(roles, \"KHAC\")", "false" },
	{ "has_role(\"TIEPNHAN\") and not has_role(\"X\")", "true" },
	{ "first(roles)", "LANHDAO" },
	{ "if has(roles, \"LANHDAO\") then \"boss\" else if count(roles) > 0 then \"user\" else null", "boss" },
	{ "if post.rank = \"x\" then \"a\" else \"b\" + \"c\"", "bc" },
	{ "(if null then \"a\" else \"b\") + \"c\"", "bc" },
	{ "map(roles, {\"LANHDAO\": \"manager\", \"TIEPNHAN\": \"clerk\"})", "[manager,clerk]" },
	{ "map(roles, {\"LANHDAO\": \"manager\"})", "[manager]" },
	{ "map(roles, {\"LANHDAO\": \"manager\", else: same})", "[manager,TIEPNHAN]" },
	{ "map(roles, {\"X\": null, else: \"user\"})", "[user]" },
	{ "map(unit.kind, {\"division\": \"PB\", else: \"KHAC\"})", "PB" },
	{ "map(unit.kind, {\"province\": \"T\"})", "null" },
	{ "list(login, post.rank, roles)", "[annv,LANHDAO,TIEPNHAN]" },
	{ "format(post.since, \"dd/MM/yyyy\")", "01/03/2026" },
	{ "post.since > date(\"2026-01-31\")", "true" },
	{ "date(\"2026-02-30\")", "null" },
	{ "starts(login, \"an\") and ends(login, \"nv\") and contains(mail, \"@\")", "true" },
	{ "\"\\\"\\\\\"", "\"\\" },
	{ " \t\r\n( ( login ) ) ", "annv" },
	/* What joins across the seam is composed: e + U+0302 */
	{ "left(\"e\", 1) + \"\xCC\x82x\"", "\xC3\xAAx" },
};

static void what_expressions_give(void **state)
{
	struct mapping_input in = an();

	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		struct mapping_fault fault = { 0 };
		const struct mapping_program *p = mapping_compile(*state, str_c(given[i].source), &fault);
		struct mapping_value v;

		if (!p)
			fail_msg("%s: at %zu: %s", given[i].source, fault.at, fault.text);
		v = mapping_eval(*state, p, &in);
		assert_true(v.type == mapping_type_of(p) || (v.type == MAPPING_NULL && mapping_may_be_null(p)));
		if (!str_equal(shown(*state, &v), str_c(given[i].want)))
			fail_msg("%s: %s, not %s", given[i].source, arena_cstr(*state, shown(*state, &v)), given[i].want);
	}
}

static const struct {
	const char *source;
	size_t at;
} refused[] = {
	{ "", 0 },
	{ "  ", 2 },
	{ "logn", 0 },
	{ "unit.nam", 0 },
	{ "login +", 7 },
	{ "login login", 6 },
	{ "(login", 0 },
	{ "login)", 5 },
	{ "login, ho", 5 },
	{ "if true then login", 0 },
	{ "if true else login", 8 },
	{ "if login then ho else dem", 0 },
	{ "then login", 0 },
	{ "a = not b", 0 },
	{ "login = not true", 8 },
	{ "login + if true then ho else ho", 8 },
	{ "login = ho = dem", 11 },
	{ "login = 1", 6 },
	{ "login + 1", 8 },
	{ "roles = roles", 6 },
	{ "roles + login", 0 },
	{ "true < false", 5 },
	{ "login and true", 0 },
	{ "lower()", 6 },
	{ "lower(login, ho)", 0 },
	{ "lower(1)", 6 },
	{ "lower(roles)", 6 },
	{ "system(login)", 0 },
	{ "has_role()", 9 },
	{ "has_role(1)", 9 },
	{ "has_role(\"A\", \"B\")", 0 },
	{ "map(login)", 0 },
	{ "map(login, ho)", 11 },
	{ "map(login, {})", 12 },
	{ "map(login, {\"a\": \"b\", \"a\": \"c\"})", 30 },
	{ "map(login, {\"a\": ho})", 17 },
	{ "map(login, {\"a\": \"b\"", 20 },
	{ "map(1, {\"a\": \"b\"})", 0 },
	{ "{\"a\": \"b\"}", 0 },
	{ "format(post.since, login)", 0 },
	{ "format(post.since, \"%s\")", 0 },
	{ "format(login, \"dd\")", 7 },
	{ "\"abc", 0 },
	{ "\"a\\n\"", 3 },
	{ "\"a\xff\"", 0 },
	{ "\"e\xCC\x82\"", 0 },
	{ "\"a\x01\"", 0 },
	{ "12345678901", 0 },
	{ "- 1", 0 },
	{ "login; ho", 5 },
	{ "login.", 5 },
	{ "not", 3 },
	{ "??", 0 },
};

static void what_is_refused_and_where(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct mapping_fault fault = { .at = 9999 };

		if (mapping_compile(*state, str_c(refused[i].source), &fault))
			fail_msg("%s is accepted", refused[i].source);
		assert_non_null(fault.text);
		if (fault.at != refused[i].at)
			fail_msg("%s: fault at %zu, not %zu: %s", refused[i].source, fault.at, refused[i].at, fault.text);
	}
}

static void null_is_known_before(void **state)
{
	static const struct {
		const char *source;
		bool may_be_null;
	} cases[] = {
		{ "login", false },
		{ "unit.name", true },
		{ "unit.name ?? login", false },
		{ "login ?? unit.name", false },
		{ "unit.name ?? post.title", true },
		{ "login + unit.name", true },
		{ "join(\" \", unit.name)", false },
		{ "if unit.name = null then login else unit.name", true },
		{ "if true then login else null", true },
		{ "map(login, {\"a\": \"b\"})", true },
		{ "map(login, {\"a\": \"b\", else: same})", false },
		{ "map(login, {\"a\": null, else: same})", true },
		{ "map(unit.code, {\"a\": \"b\", else: \"c\"})", true },
		{ "map(roles, {\"a\": \"b\"})", false },
		{ "first(roles)", true },
		{ "date(login)", true },
		{ "lower(login)", false },
		{ "lower(unit.name)", true },
		{ "unit.name = null", false },
		{ "null", true },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mapping_fault fault;
		const struct mapping_program *p = mapping_compile(*state, str_c(cases[i].source), &fault);

		assert_non_null(p);
		if (mapping_may_be_null(p) != cases[i].may_be_null)
			fail_msg("%s", cases[i].source);
	}
}

static bool compiles(struct arena *a, struct str source)
{
	struct mapping_fault fault;

	return mapping_compile(a, source, &fault) != NULL;
}

static void size_has_limits(void **state)
{
	assert_true(compiles(*state, repeated(*state, "", "(", 63, "login") /* no end */) == false);
	assert_true(compiles(*state, arena_printf(*state, "%.*s%.*s", STR_ARG(repeated(*state, "", "(", 63, "login")), STR_ARG(repeated(*state, "", ")", 63, "")))));
	assert_false(compiles(*state, arena_printf(*state, "%.*s%.*s", STR_ARG(repeated(*state, "", "(", 65, "login")), STR_ARG(repeated(*state, "", ")", 65, "")))));
	assert_true(compiles(*state, repeated(*state, "1=1", " and 1=1", 60, "")));
	assert_false(compiles(*state, repeated(*state, "1=1", " and 1=1", 70, "")));
	assert_true(compiles(*state, repeated(*state, "login", " ", 4091, "")));
	assert_false(compiles(*state, repeated(*state, "login", " ", 4092, "")));
}

/* Steps are bounded: a table over a list costs its entries for every string of the list. */
static void steps_have_a_limit(void **state)
{
	struct str table = STR("{\"k0\": \"v\"");
	struct str once, all;

	for (int i = 1; i < 4; i++)
		table = arena_printf(*state, "%.*s, \"k%d\": \"v\"", STR_ARG(table), i);
	once = arena_printf(*state, "count(map(roles, %.*s})) = 1", STR_ARG(table));
	all = once;
	assert_true(compiles(*state, all));
	for (int i = 0; i < 31; i++)
		all = arena_printf(*state, "%.*s or %.*s", STR_ARG(all), STR_ARG(once));
	assert_false(compiles(*state, all));
}

static void results_are_cut_at_a_character(void **state)
{
	struct mapping_input in = an();
	struct str long_text = repeated(*state, "", "ế", 682, ""); /* 3 bytes each: 2046 */
	struct mapping_fault fault;
	struct mapping_value v;

	in.facts[FACT_UNIT_NAME].text = long_text;
	v = mapping_eval(*state, mapping_compile(*state, STR("unit.name + unit.name"), &fault), &in);
	assert_int_equal(v.text.len, 2046);
	v = mapping_eval(*state, mapping_compile(*state, STR("replace(unit.name, \"ế\", \"abcdefgh\")"), &fault), &in);
	assert_int_equal(v.text.len, MAPPING_TEXT_MAX);
	v = mapping_eval(*state, mapping_compile(*state, STR("join(unit.name, unit.name, unit.name, roles)"), &fault), &in);
	assert_int_equal(v.text.len, 2046);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(what_expressions_give),
		UNIT_TEST(what_is_refused_and_where),
		UNIT_TEST(null_is_known_before),
		UNIT_TEST(size_has_limits),
		UNIT_TEST(steps_have_a_limit),
		UNIT_TEST(results_are_cut_at_a_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
