/* old_encoding_of() and the rest: any bytes; what is plain ASCII is never old, and what is not UTF-8 never proper. */
#include "common/base/text.h"
#include "server/governance/old_encoding.h"
#include "tests/fuzz/fuzz.h"

FUZZ_TARGET(a, input)
{
	enum old_encoding is = old_encoding_of(input);
	bool is_ascii = true;

	(void)a;
	for (size_t i = 0; i < input.len; i++)
		is_ascii = is_ascii && (unsigned char)input.p[i] < 0x80;
	CHECK(is >= OLD_ENCODING_NONE && is <= OLD_ENCODING_UNKNOWN);
	CHECK(!is_ascii || !utf8_is_valid(input) || is == OLD_ENCODING_NONE);
	CHECK(utf8_is_valid(input) || is != OLD_ENCODING_NONE);
	if (utf8_is_valid(input) && is_ascii)
		CHECK(!old_encoding_has_split_tones(input));
}
