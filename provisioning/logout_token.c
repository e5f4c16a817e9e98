#include "provisioning/logout_token.h"

#include "common/base/random.h"
#include "common/crypto/token_sign.h"
#include "common/model/subject.h"

#define JTI_BYTES 16

int logout_token_make(struct op *op, struct str issuer, const struct destination *to, const struct outbox_item *item,
                      struct str *ret_token)
{
	_json_ json_t *claims = json_new_object();
	json_t *events = json_new_object();

	json_set_str(claims, "iss", issuer);
	json_set_str(claims, "sub", str_is_null(to->sector) ? item->account_id : subject_pairwise(op, to->sector, item->account_id));
	json_set_str(claims, "aud", to->client_id);
	json_set_int(claims, "iat", op->now_s);
	json_set_int(claims, "exp", op->now_s + LOGOUT_TOKEN_LIFE_S);
	json_set_str(claims, "jti", random_token(op->arena, STR(""), JTI_BYTES));
	json_set_str(claims, "sid", item->session_id);
	json_set_take(events, "http://schemas.openid.net/event/backchannel-logout", json_new_object());
	json_set_take(claims, "events", events);
	return token_sign(op, to->alg, "logout+jwt", claims, ret_token);
}
