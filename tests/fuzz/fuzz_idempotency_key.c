/* idempotency_key_read(): what is taken as a key is short, visible and without what a quoted string would have to escape. */
#include "server/governance/idempotency_store.h"
#include "tests/fuzz/fuzz.h"

FUZZ_TARGET(a, input)
{
	struct str key = STR_NULL;

	(void)a;
	if (!idempotency_key_read(input, &key))
		return;
	CHECK(key.len > 0 && key.len <= IDEMPOTENCY_KEY_MAX);
	CHECK(str_is_printable_ascii(key));
	CHECK(str_index(key, '"') < 0 && str_index(key, '\\') < 0 && str_index(key, ' ') < 0);
}
