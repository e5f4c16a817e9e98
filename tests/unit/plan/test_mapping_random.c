/* mapping.h on programs by the grammar: whatever passes the check evaluates within bounds. */
#include "common/base/text.h"
#include "tests/unit/plan/mapped_person.h"

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
		UNIT_TEST(whatever_passes_the_check_evaluates_within_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
