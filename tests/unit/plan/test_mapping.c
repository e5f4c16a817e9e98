#include "common/base/text.h"
#include "common/plan/mapping.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

#define LIT(text) { text, sizeof(text) - 1 }
#define TEXT(s) (struct mapping_value){ .type = MAPPING_STRING, .text = STR(s) }
#define LIST(array) (struct mapping_value){ .type = MAPPING_LIST, .items = array, .n = ARRAY_LEN(array) }

static const struct str roles[] = { LIT("LANHDAO"), LIT("TIEPNHAN") };
static const struct str path[] = { LIT("40"), LIT("40.17"), LIT("40.17.5") };

static struct mapping_input an(void)
{
	return (struct mapping_input){ .facts = {
		[FACT_ACCOUNT] = TEXT("11111111-1111-4111-8111-111111111111"),
		[FACT_LOGIN] = TEXT("annv"),
		[FACT_STATUS] = TEXT("active"),
		[FACT_EMPLOYEE_CODE] = TEXT("NV-0017"),
		[FACT_HO] = TEXT("Nguyễn"),
		[FACT_DEM] = TEXT("Văn"),
		[FACT_TEN] = TEXT("Đức"),
		[FACT_FULL_NAME] = TEXT("Nguyễn Văn Đức"),
		[FACT_MAIL] = TEXT("annv@nghean.example"),
		[FACT_PERSON_KIND] = TEXT("cong_chuc"),
		[FACT_UNIT_CODE] = TEXT("40.17.5"),
		[FACT_UNIT_NAME] = TEXT("Phòng Nội vụ"),
		[FACT_UNIT_KIND] = TEXT("division"),
		[FACT_UNIT_PATH] = LIST(path),
		[FACT_POST_TITLE] = TEXT("Chuyên viên"),
		[FACT_POST_SINCE] = { .type = MAPPING_DATE, .text = STR("2026-03-01") },
		[FACT_ROLES] = LIST(roles),
		[FACT_ROLE_NAMES] = LIST(roles),
		[FACT_ROLE_UNITS] = LIST(path),
	} };
}

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

static void what_expressions_give(void **state)
{
	static const struct {
		const char *source, *want;
	} cases[] = {
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
	struct mapping_input in = an();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mapping_fault fault = { 0 };
		const struct mapping_program *p = mapping_compile(*state, str_c(cases[i].source), &fault);
		struct mapping_value v;

		if (!p)
			fail_msg("%s: at %zu: %s", cases[i].source, fault.at, fault.text);
		v = mapping_eval(*state, p, &in);
		assert_true(v.type == mapping_type_of(p) || (v.type == MAPPING_NULL && mapping_may_be_null(p)));
		if (!str_equal(shown(*state, &v), str_c(cases[i].want)))
			fail_msg("%s: %s, not %s", cases[i].source, arena_cstr(*state, shown(*state, &v)), cases[i].want);
	}
}

static void what_is_refused_and_where(void **state)
{
	static const struct {
		const char *source;
		size_t at;
	} cases[] = {
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

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mapping_fault fault = { .at = 9999 };

		if (mapping_compile(*state, str_c(cases[i].source), &fault))
			fail_msg("%s is accepted", cases[i].source);
		assert_non_null(fault.text);
		if (fault.at != cases[i].at)
			fail_msg("%s: fault at %zu, not %zu: %s", cases[i].source, fault.at, cases[i].at, fault.text);
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

static struct str repeated(struct arena *a, const char *begin, const char *part, size_t n, const char *end)
{
	size_t len = strlen(part);
	char *text = arena_alloc(a, n * len + 1);

	for (size_t i = 0; i < n; i++)
		memcpy(text + i * len, part, len);
	return arena_printf(a, "%s%.*s%s", begin, (int)(n * len), text, end);
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

/* Programs by the grammar, right and wrong in type, from a seed. */
struct source {
	struct arena *a;
	uint64_t seed;
};

static uint32_t roll(struct source *s, uint32_t n)
{
	s->seed = s->seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(s->seed >> 33) % n;
}

static const char *pick(struct source *s, const char *const *words, uint32_t n)
{
	return words[roll(s, n)];
}

static struct str grow(struct source *s, int depth)
{
	static const char *const leaves[] = { "login", "unit.name", "post.rank", "ho", "roles", "unit.path", "post.since", "\"ế x\"", "\"\"", "\"\xCC\x82 no\"",
		                              "3", "-1", "true", "null", "mail", "\"a\"" };
	static const char *const one[] = { "lower", "upper", "fold", "trim", "length", "count", "first", "text", "date" };
	static const char *const two[] = { "left", "right", "before", "after", "join", "list", "has", "starts", "ends", "contains" };
	static const char *const operators[] = { "+", "+", "??", "=", "!=", "<", ">=", "and", "or" };

	if (depth == 0 || roll(s, 8) == 0)
		return str_c(pick(s, leaves, ARRAY_LEN(leaves)));
	struct str x = grow(s, depth - 1), y = grow(s, depth - 1), z = grow(s, depth - 1);

	switch (roll(s, 9)) {
	case 0:
	case 1:
		return arena_printf(s->a, "%s(%.*s)", pick(s, one, ARRAY_LEN(one)), STR_ARG(x));
	case 2:
	case 3:
		return arena_printf(s->a, "%s(%.*s, %.*s)", pick(s, two, ARRAY_LEN(two)), STR_ARG(x), STR_ARG(y));
	case 4:
		return arena_printf(s->a, "%s(%.*s, %.*s, %.*s)", roll(s, 2) ? "replace" : "substr", STR_ARG(x), STR_ARG(y), STR_ARG(z));
	case 5:
		return arena_printf(s->a, "map(%.*s, {\"annv\": \"ế\", \"TIEPNHAN\": null, else: %s})", STR_ARG(x), roll(s, 2) ? "same" : "\"d\"");
	case 6:
		return arena_printf(s->a, "(if %.*s then %.*s else %.*s)", STR_ARG(x), STR_ARG(y), STR_ARG(z));
	default:
		return arena_printf(s->a, "(%.*s %s %.*s)", STR_ARG(x), pick(s, operators, ARRAY_LEN(operators)), STR_ARG(y));
	}
}

static struct mapping_input random_facts(struct source *s)
{
	static const char *const parts[] = { "ế", "Đ", "a", " ", "ư", "\xED\x95\x9C", "Z", "9", "\xF0\x9F\x98\x80", "." };
	struct mapping_input in = an();

	for (int i = 0; i < MAPPING_FACTS_; i++) {
		if (mapping_facts[i].may_be_null && roll(s, 3) == 0)
			in.facts[i] = (struct mapping_value){ 0 };
		else if (mapping_facts[i].type == MAPPING_STRING && roll(s, 2) == 0)
			in.facts[i].text = repeated(s->a, "", pick(s, parts, ARRAY_LEN(parts)), roll(s, 20) == 0 ? 2000 : roll(s, 40), "");
		else if (mapping_facts[i].type == MAPPING_LIST && roll(s, 3) == 0)
			in.facts[i].n = 0;
	}
	return in;
}

static void assert_text_is_sound(struct arena *a, struct str s)
{
	assert_false(str_is_null(s));
	assert_true(s.len <= MAPPING_TEXT_MAX);
	assert_true(utf8_is_valid(s));
	assert_true(str_equal(text_compose(a, s), s));
}

static void whatever_passes_the_check_evaluates_within_bounds(void **state)
{
	size_t n_accepted = 0;

	for (uint64_t seed = 0; seed < 20000; seed++) {
		_cleanup_(arena_freep) struct arena *a = arena_new(UNIT_ARENA_BYTES);
		struct source s = { a, seed };
		struct mapping_fault fault;
		const struct mapping_program *p = mapping_compile(a, grow(&s, 3), &fault);

		if (!p)
			continue;
		n_accepted++;
		assert_true(mapping_steps_of(p) <= MAPPING_STEPS_MAX);
		for (int i = 0; i < 4; i++) {
			struct mapping_input in = random_facts(&s);
			struct mapping_value v = mapping_eval(a, p, &in);

			assert_true(v.type == mapping_type_of(p) || v.type == MAPPING_NULL);
			assert_true(v.type != MAPPING_NULL || mapping_may_be_null(p));
			if (v.type == MAPPING_STRING)
				assert_text_is_sound(a, v.text);
			assert_true(v.n <= MAPPING_LIST_MAX);
			for (size_t k = 0; k < v.n; k++)
				assert_text_is_sound(a, v.items[k]);
		}
	}
	/* Else it proves little. */
	assert_true(n_accepted > 1000);
	(void)state;
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
		UNIT_TEST(whatever_passes_the_check_evaluates_within_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
