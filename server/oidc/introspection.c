#include "server/oidc/introspection.h"

#include "common/base/json_out.h"
#include "server/oidc/access_token.h"
#include "server/oidc/acr.h"
#include "server/session/handle.h"

static const struct str inactive = STR("{\"active\":false}");

/* The client that it was issued to, a resource server that it is meant for, or who may ask about all. */
static bool may_ask(const struct client *caller, const struct access_claims *c)
{
	return caller->may_introspect || str_equal(caller->id, c->client_id) || str_equal(caller->id, c->aud) || str_list_has(caller->resources, c->aud);
}

static struct str access_answer(struct op *op, const struct introspection *in, const struct access_claims *c)
{
	struct json_out answer = json_out_begin(op->arena);

	json_out_bool(&answer, "active", true);
	json_out_str(&answer, "iss", in->issuer);
	json_out_str(&answer, "aud", c->aud);
	json_out_str(&answer, "sub", c->sub);
	json_out_str(&answer, "client_id", c->client_id);
	json_out_str(&answer, "username", c->has_account ? c->state.login : STR_NULL);
	json_out_str(&answer, "scope", c->scope);
	json_out_str(&answer, "token_type", str_is_null(c->jkt) ? STR("Bearer") : STR("DPoP"));
	json_out_int(&answer, "iat", c->iat_s);
	json_out_int(&answer, "exp", c->exp_s);
	if (c->has_account) {
		json_out_int(&answer, "auth_time", c->state.auth_time_s);
		json_out_str(&answer, "acr", str_c(acr_name(c->state.level)));
	}
	json_out_str(&answer, "jti", c->jti);
	json_out_raw(&answer, "cnf", access_token_cnf(op, c->jkt, c->x5t));
	json_out_raw(&answer, "authorization_details", c->details);
	json_out_raw(&answer, "act", c->act);
	json_out_raw(&answer, "may_act", access_token_actor(op, c->may_act));
	return json_out_end(&answer);
}

static int introspect_access(struct op *op, const struct introspection *in, struct str token, struct str *ret_answer)
{
	struct access_claims c;
	int r = access_token_check(op, in->issuer, token, &c);

	if (r == ERR_INVALID_TOKEN || (r >= 0 && (!may_ask(in->caller, &c) || !snapshot_client(in->snapshot, c.client_id)))) {
		op_forgive(op);
		*ret_answer = inactive;
		return 0;
	}
	if (r < 0)
		return r;
	*ret_answer = access_answer(op, in, &c);
	return 0;
}

/* A refresh token is only its own client's business. */
static int introspect_refresh(struct op *op, const struct introspection *in, const struct handle *h, struct str *ret_answer)
{
	struct family_state state;
	struct json_out answer;
	int r = family_live(op, &(struct family_key){ h->account_id, h->on, h->family_id }, &state);

	if (r == ERR_INVALID_TOKEN || (r >= 0 && (state.generation != h->generation || !str_equal(state.client_id, in->caller->id)))) {
		op_forgive(op);
		*ret_answer = inactive;
		return 0;
	}
	if (r < 0)
		return r;
	answer = json_out_begin(op->arena);
	json_out_bool(&answer, "active", true);
	json_out_str(&answer, "iss", in->issuer);
	json_out_str(&answer, "sub", client_subject(op, in->caller, h->account_id));
	json_out_str(&answer, "client_id", in->caller->id);
	json_out_str(&answer, "username", state.login);
	json_out_str(&answer, "scope", state.scope);
	json_out_int(&answer, "exp", state.expires_at_s);
	*ret_answer = json_out_end(&answer);
	return 0;
}

int introspect(struct op *op, const struct introspection *in, struct str token, struct str *ret_answer)
{
	struct handle h;

	if (handle_read(op, HANDLE_REFRESH, token, &h))
		return introspect_refresh(op, in, &h, ret_answer);
	return introspect_access(op, in, token, ret_answer);
}

int revoke_token(struct op *op, struct str issuer, const struct client *caller, struct str token)
{
	static const char reason[] = "revoked by client";
	struct access_claims c;
	struct handle h;

	if (handle_read(op, HANDLE_REFRESH, token, &h))
		return family_revoke(op, &(struct family_key){ h.account_id, h.on, h.family_id }, caller->id, reason);
	if (!access_token_read(op, issuer, token, &c))
		return 0;
	/* RFC 7009 §2.1.  The token itself says it: nothing is told of its state. */
	if (!str_equal(c.client_id, caller->id))
		return op_fail(op, ERR_INVALID_GRANT, "the token was issued to another client");
	/* Who exchanged a token gives up that one, not what others have. */
	return c.has_account && !access_token_is_exchanged(&c) ? family_revoke(op, &c.family, caller->id, reason) : access_token_revoke(op, &c);
}
