/* form_next: what it read, written again by form_append, reads as the same pairs. */
#include "common/base/text.h"
#include "common/base/url.h"
#include "tests/fuzz/fuzz.h"

#define OUTPUT_MAX_BYTES ((size_t)1024 * 1024)

FUZZ_TARGET(a, input)
{
	struct buf written = buf_new(a, OUTPUT_MAX_BYTES);
	struct str rest = input, again, name, value, name_again, value_again;
	bool first = true;
	size_t n_pairs = 0;
	int result;

	while ((result = form_next(a, &rest, &name, &value)) == 1) {
		CHECK(utf8_is_valid(name) && utf8_is_valid(value));
		CHECK(name.len + value.len < input.len + 1);
		form_append(&written, &first, name, value);
		n_pairs++;
	}
	CHECK(buf_ok(&written) && str_is_printable_ascii(buf_str(&written)));

	/* As many pairs as were read before the end or the bad escape. */
	rest = input;
	again = buf_str(&written);
	for (size_t i = 0; i < n_pairs; i++) {
		CHECK(form_next(a, &rest, &name, &value) == 1);
		CHECK(form_next(a, &again, &name_again, &value_again) == 1);
		CHECK(str_equal(name, name_again) && str_equal(value, value_again));
	}
	CHECK(form_next(a, &again, &name_again, &value_again) == 0);
}
