/*
 * jwe_encrypt: the input is a client's JWK Set.  Either it has a key for the algorithm, and the result
 * has five parts, or it is refused; the header never carries more than the ephemeral public key.
 */
#include "common/base/base64.h"
#include "common/base/json.h"
#include "common/crypto/jwe.h"
#include "tests/fuzz/fuzz.h"

static void check_result(struct arena *a, struct str compact)
{
	struct str rest = compact, part = STR_NULL, header = STR_NULL, text = STR_NULL;
	_json_ json_t *object = NULL;
	size_t n = 0;

	while (str_split(&rest, '.', &part))
		if (n++ == 0)
			header = part;
	CHECK(n == 5 && base64url_decode(a, header, &text));
	object = json_read(text, 4, NULL);
	CHECK(object && !json_object_get(json_object_get(object, "epk"), "d"));
	CHECK(!json_object_get(object, "kid") || str_is_printable_ascii(json_get_str(object, "kid")));
}

FUZZ_TARGET(a, input)
{
	static const char *const algs[] = { "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A256KW" };

	for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
		struct jwe_recipient to = { input, str_c(algs[i]), STR("A256GCM") };
		struct str compact = STR_NULL;
		struct op op;

		op_init(&op, a, NULL, NULL);
		if (jwe_encrypt(&op, &to, "JWT", STR("{}"), &compact) < 0)
			CHECK(op.error.code == ERR_INVALID_VALUE && str_is_null(compact));
		else
			check_result(a, compact);
	}
}
