#include "common/model/ciba_ping.h"

#define PURPOSE "ciba-ping"

/* "<auth_req_id> <token>": neither holds a space. */
struct str ciba_ping_seal(struct op *op, struct str client_id, const struct ciba_ping *ping)
{
	struct str plain = arena_printf(op->arena, "%.*s %.*s", STR_ARG(ping->auth_req_id), STR_ARG(ping->token));

	return aead_seal(op->arena, keyring_key(op->keys, KEY_AT_REST), PURPOSE, client_id, plain);
}

bool ciba_ping_open(struct op *op, struct str client_id, struct str sealed, struct ciba_ping *ret_ping)
{
	struct ciba_ping ping = { 0 };

	if (!aead_open(op->arena, keyring_key(op->keys, KEY_AT_REST), PURPOSE, client_id, sealed, &ping.token) ||
	    !str_split(&ping.token, ' ', &ping.auth_req_id) || str_is_empty(ping.token))
		return false;
	*ret_ping = ping;
	return true;
}
