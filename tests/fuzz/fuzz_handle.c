/* Handles: no input is one of any kind, and a true one with anything in it changed is none. */
#include "common/crypto/keyring.h"
#include "server/session/handle.h"
#include "tests/fuzz/fuzz.h"

#define ACCOUNT STR("3f0e8a52-8f2c-4d43-9d6e-1a2b3c4d5e6f")

/* The input from a place of the true one on, which its first byte says. */
static struct str overlay(struct arena *a, struct str text, struct str input)
{
	size_t at = input.len > 0 ? (uint8_t)input.p[0] % text.len : 0;
	char *copy = arena_alloc(a, text.len);

	for (size_t i = 0; i < text.len; i++)
		copy[i] = i >= at && i - at + 1 < input.len ? input.p[i - at + 1] : text.p[i];
	return str_n(copy, text.len);
}

FUZZ_TARGET(a, input)
{
	static const enum handle_kind kinds[] = { HANDLE_SESSION, HANDLE_CODE, HANDLE_REFRESH, HANDLE_TOKEN_ID, HANDLE_DEVICE, HANDLE_CIBA };
	struct keyring *keys;
	struct handle h;
	struct op op;

	op_init(&op, a, NULL, NULL);
	op.now_s = 1700000000;
	CHECK(keyring_new(&op, STR("0123456789abcdef0123456789abcdef"), &keys) == 0);
	op.keys = keys;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		bool is_random = kinds[i] != HANDLE_REFRESH && kinds[i] != HANDLE_TOKEN_ID;
		struct str text = is_random ? handle_new(&op, kinds[i], ACCOUNT, &h) :
		                  kinds[i] == HANDLE_REFRESH ? handle_refresh(&op, ACCOUNT, STR("2023-11-14"), ACCOUNT, 1) :
		                                               handle_token_id(&op, ACCOUNT, STR("2023-11-14"), ACCOUNT);
		struct str changed = overlay(a, text, input);

		CHECK(!handle_read(&op, kinds[i], input, &h));
		CHECK(handle_read(&op, kinds[i], changed, &h) == str_equal(changed, text));
	}
	CHECK(op.error.code == 0);
	keyring_free(keys);
}
