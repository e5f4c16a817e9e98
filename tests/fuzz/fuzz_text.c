/* Unicode: normalising and folding are stable, and folding does not see the spelling. */
#include "common/base/text.h"
#include "common/base/utf8.h"
#include "tests/fuzz/fuzz.h"

static void check_code_points(struct str s)
{
	size_t n = 0;
	uint32_t code = 0;

	while (s.len > 0) {
		size_t len = utf8_decode(s, &code);

		CHECK(len > 0 && len <= 4);
		CHECK(code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff));
		s = str_skip(s, len);
		n++;
	}
	CHECK(n <= 65536);
}

FUZZ_TARGET(a, input)
{
	struct str normal, again;
	struct str user_name = text_user_name(a, input, input.len > 0 ? (unsigned char)input.p[0] : 0);

	CHECK(text_is_user_name(user_name));
	(void)text_looks_like_tcvn3(input);
	if (text_is_iso_date(input))
		CHECK(input.len == 10 && str_is_printable_ascii(input));
	if (!utf8_is_valid(input)) {
		CHECK(!text_normalise(a, input, &normal));
		return;
	}
	check_code_points(input);

	struct str folded = text_fold(a, input);

	CHECK(utf8_is_valid(folded));
	CHECK(str_equal(text_fold(a, folded), folded));
	if (!text_normalise(a, input, &normal))
		return;
	CHECK(utf8_is_valid(normal));
	CHECK(text_normalise(a, normal, &again) && str_equal(normal, again));
	CHECK(!str_starts(normal, STR(" ")) && !str_ends(normal, STR(" ")) && !str_contains(normal, STR("  ")));
	CHECK(str_equal(text_fold(a, normal), folded));
}
