#include "common/crypto/password_hash.h"

#include "common/base/random.h"

#include <argon2.h>

#define MEMORY_KIB 19456
#define PASSES 2
#define LANES 1
#define SALT_LEN 16
#define HASH_LEN 32
#define SCHEME "{ARGON2}"

int password_hash(struct op *op, struct str password, struct str *ret_hash)
{
	size_t len = argon2_encodedlen(PASSES, MEMORY_KIB, LANES, SALT_LEN, HASH_LEN, Argon2_id);
	char *encoded = arena_alloc(op->arena, len);
	uint8_t salt[SALT_LEN];
	int r;

	random_bytes(salt, sizeof(salt));
	r = argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password.p, password.len, salt, sizeof(salt), HASH_LEN, encoded, len);
	if (r != ARGON2_OK)
		return op_fail_detail(op, ERR_UNAVAILABLE, "the password could not be hashed", "%s", argon2_error_message(r));
	*ret_hash = arena_printf(op->arena, SCHEME "%s", encoded);
	return 0;
}
