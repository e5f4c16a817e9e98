#include "server/oidc/introspection.h"

#include "server/oidc/access_token.h"
#include "server/oidc/family.h"
#include "server/session/handle.h"

static json_t *inactive(void)
{
	json_t *answer = json_new_object();

	json_set_bool(answer, "active", false);
	return answer;
}

static bool may_ask(const struct client *caller, struct str client_id)
{
	return caller->may_introspect || str_equal(caller->id, client_id);
}

static int introspect_access(struct op *op, struct str issuer, const struct client *caller, struct str token, json_t **ret_answer)
{
	struct access_claims c;
	json_t *answer;
	int r = access_token_check(op, issuer, token, &c);

	if (r == ERR_INVALID_TOKEN || (r >= 0 && !may_ask(caller, c.client_id))) {
		op_forgive(op);
		*ret_answer = inactive();
		return 0;
	}
	if (r < 0)
		return r;
	answer = json_new_object();
	json_set_bool(answer, "active", true);
	json_set_str(answer, "iss", issuer);
	json_set_str(answer, "aud", issuer);
	json_set_str(answer, "sub", c.sub);
	json_set_str(answer, "client_id", c.client_id);
	json_set_str(answer, "username", c.login);
	json_set_str(answer, "scope", c.scope);
	json_set_str(answer, "token_type", STR("Bearer"));
	json_set_int(answer, "iat", c.iat_s);
	json_set_int(answer, "exp", c.exp_s);
	json_set_int(answer, "auth_time", c.auth_time_s);
	json_set_str(answer, "jti", c.jti);
	*ret_answer = answer;
	return 0;
}

/* A refresh token is only its own client's business. */
static int introspect_refresh(struct op *op, struct str issuer, const struct client *caller, const struct handle *h, json_t **ret_answer)
{
	struct family_state state;
	json_t *answer;
	int r = family_live(op, &(struct family_key){ h->account_id, h->on, h->family_id, caller->id }, &state);

	if (r == ERR_INVALID_TOKEN || (r >= 0 && state.generation != h->generation)) {
		op_forgive(op);
		*ret_answer = inactive();
		return 0;
	}
	if (r < 0)
		return r;
	answer = json_new_object();
	json_set_bool(answer, "active", true);
	json_set_str(answer, "iss", issuer);
	json_set_str(answer, "sub", client_subject(op, caller, h->account_id));
	json_set_str(answer, "client_id", caller->id);
	json_set_str(answer, "username", state.login);
	json_set_str(answer, "scope", state.scope);
	json_set_int(answer, "exp", state.expires_at_s);
	*ret_answer = answer;
	return 0;
}

int introspect(struct op *op, struct str issuer, const struct client *caller, struct str token, json_t **ret_answer)
{
	struct handle h;

	if (handle_read(op, HANDLE_REFRESH, token, &h))
		return introspect_refresh(op, issuer, caller, &h, ret_answer);
	return introspect_access(op, issuer, caller, token, ret_answer);
}

int revoke_token(struct op *op, struct str issuer, const struct client *caller, struct str token)
{
	struct access_claims c;
	struct handle h;

	if (handle_read(op, HANDLE_REFRESH, token, &h))
		return family_revoke(op, &(struct family_key){ h.account_id, h.on, h.family_id, caller->id }, "revoked by client");
	if (access_token_read(op, issuer, token, &c) && str_equal(c.client_id, caller->id))
		return family_revoke(op, &(struct family_key){ c.account_id, c.family_on, c.family_id, c.client_id }, "revoked by client");
	return 0;
}
