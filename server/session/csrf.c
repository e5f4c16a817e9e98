#include "server/session/csrf.h"

#include "common/base/base64.h"
#include "common/crypto/keyring.h"

struct str csrf_token(struct op *op, const char *form, struct str cookie_secret)
{
	return base64url_encode(op->arena, keyring_hash(op->arena, op->keys, KEY_CSRF, form, cookie_secret));
}

int csrf_check(struct op *op, const char *form, struct str cookie_secret, struct str token)
{
	if (str_is_empty(cookie_secret) || str_is_null(token) ||
	    !str_equal_secret(token, csrf_token(op, form, cookie_secret)))
		return op_fail(op, ERR_CSRF, "the form does not belong to this browser session");
	return 0;
}
