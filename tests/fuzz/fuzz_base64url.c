/* base64: each accepted text is the one spelling of its bytes; any bytes make the round trip. */
#include "common/base/base64.h"
#include "tests/fuzz/fuzz.h"

FUZZ_TARGET(a, input)
{
	struct str bytes;

	if (base64url_decode(a, input, &bytes))
		CHECK(str_equal(base64url_encode(a, bytes), input));
	if (base64_decode(a, input, &bytes))
		CHECK(str_equal(base64_encode(a, bytes), input));
	if (hex_decode(a, input, &bytes))
		CHECK(str_equal_nocase(hex_encode(a, bytes), input));

	CHECK(base64url_decode(a, base64url_encode(a, input), &bytes) && str_equal(bytes, input));
	CHECK(base64_decode(a, base64_encode(a, input), &bytes) && str_equal(bytes, input));
	CHECK(hex_decode(a, hex_encode(a, input), &bytes) && str_equal(bytes, input));
}
