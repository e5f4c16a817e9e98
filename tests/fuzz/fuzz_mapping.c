/*
 * mapping_compile and mapping_eval: whatever the text, it is refused with a place and a reason, or evaluates on facts
 * that are there and on facts that are not: to the type that was said, null only where that was said, within the limits.
 */
#include "common/base/text.h"
#include "common/plan/mapping.h"
#include "tests/fuzz/fuzz.h"

static void check_text(struct arena *a, struct str s)
{
	CHECK(s.p && s.len <= MAPPING_TEXT_MAX && utf8_is_valid(s));
	CHECK(str_equal(text_compose(a, s), s));
}

static void check(struct arena *a, const struct mapping_program *p, const struct mapping_input *in)
{
	struct mapping_value v = mapping_eval(a, p, in);

	CHECK(v.type == mapping_type_of(p) || v.type == MAPPING_NULL);
	CHECK(v.type != MAPPING_NULL || mapping_may_be_null(p));
	CHECK(v.n <= MAPPING_LIST_MAX);
	if (v.type == MAPPING_STRING)
		check_text(a, v.text);
	for (size_t i = 0; i < v.n; i++)
		check_text(a, v.items[i]);
}

FUZZ_TARGET(a, input)
{
	static const struct str items[] = { { "LANHDAO", 7 }, { "\xC4\x90", 2 } };
	struct mapping_fault fault = { 0 };
	const struct mapping_program *p = mapping_compile(a, input, &fault);
	struct mapping_input in = { .facts = { { 0 } } };

	if (!p) {
		CHECK(fault.text && fault.at <= input.len);
		return;
	}
	CHECK(mapping_steps_of(p) <= MAPPING_STEPS_MAX);
	for (int i = 0; i < MAPPING_FACTS_; i++)
		if (!mapping_facts[i].may_be_null)
			in.facts[i] = (struct mapping_value){ .type = mapping_facts[i].type, .text = STR("") };
	check(a, p, &in);
	for (int i = 0; i < MAPPING_FACTS_; i++) {
		in.facts[i] = (struct mapping_value){ .type = mapping_facts[i].type, .text = STR("Nguyễn Văn Đức"), .items = items, .n = 2 };
		if (mapping_facts[i].type == MAPPING_DATE)
			in.facts[i].text = STR("2026-11-26");
		if (mapping_facts[i].type != MAPPING_LIST)
			in.facts[i].n = 0;
	}
	check(a, p, &in);
}
