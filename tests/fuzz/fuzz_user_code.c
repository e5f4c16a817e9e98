/* user_code_read: what is taken is eight letters of the alphabet, in the order typed, and is read again as it is shown. */
#include "server/oidc/user_code.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

FUZZ_TARGET(a, input)
{
	struct str code, again;
	size_t at = 0;

	if (!user_code_read(a, input, &code))
		return;
	CHECK(code.len == USER_CODE_LEN && input.len <= USER_CODE_TYPED_MAX);
	for (size_t i = 0; i < code.len; i++)
		CHECK(code.p[i] && strchr("BCDFGHJKLMNPQRSTVWXZ", code.p[i]));
	for (size_t i = 0; i < input.len; i++)
		if (input.p[i] != '-' && input.p[i] != ' ')
			CHECK(at < code.len && (input.p[i] & ~0x20) == code.p[at++]);
	CHECK(at == code.len);
	CHECK(user_code_read(a, user_code_show(a, code), &again) && str_equal(again, code));
}
