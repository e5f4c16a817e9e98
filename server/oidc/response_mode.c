#include "server/oidc/response_mode.h"

#include "server/oidc/client_metadata.h"

static const struct {
	const char *name;
	struct response_mode mode;
} modes[] = {
	{ "query", { CARRY_QUERY, false } },
	{ "fragment", { CARRY_FRAGMENT, false } },
	{ "form_post", { CARRY_FORM_POST, false } },
	{ "query.jwt", { CARRY_QUERY, true } },
	{ "fragment.jwt", { CARRY_FRAGMENT, true } },
	{ "form_post.jwt", { CARRY_FORM_POST, true } },
};

/* A type that is not offered is refused where its answer would have been looked for (RFC 6749 §4.2.2.1). */
static bool wants_fragment(struct str response_type)
{
	return scope_has(response_type, STR("token")) || scope_has(response_type, STR("id_token"));
}

static struct response_mode default_mode(const struct authorize_request *rq, enum client_response type, const struct client *client)
{
	enum response_carrier carrier = type != RESPONSE_CODE && wants_fragment(rq->response_type) ? CARRY_FRAGMENT : CARRY_QUERY;

	return (struct response_mode){ carrier, client->profile == PROFILE_FAPI2_MESSAGE_SIGNING && client->response_alg != JWS_ALG_NONE_ };
}

static bool fits(struct response_mode mode, enum client_response type, const struct authorize_request *rq)
{
	/* No browser posts a form to an application. */
	if (mode.carrier == CARRY_FORM_POST && client_redirect_uri_is_private(rq->redirect_uri))
		return false;
	/* JARM §2.3.1: query.jwt must not carry what must not stand in a query. */
	if (type == RESPONSE_ID_TOKEN)
		return mode.carrier == CARRY_FORM_POST;
	return type != RESPONSE_CODE_ID_TOKEN || mode.carrier != CARRY_QUERY;
}

/* JARM as a demand of the profile: nothing leaves unsigned. */
static bool is_allowed(struct response_mode mode, const struct client *client)
{
	return mode.is_jwt || client->profile != PROFILE_FAPI2_MESSAGE_SIGNING || client->response_alg == JWS_ALG_NONE_;
}

bool response_mode_read(const struct authorize_request *rq, const struct client *client, struct response_mode *ret_mode)
{
	enum client_response type = authorize_response_type(rq, client);

	*ret_mode = default_mode(rq, type, client);
	if (str_is_null(rq->response_mode))
		return fits(*ret_mode, type, rq);
	if (str_equal(rq->response_mode, STR("jwt"))) { /* JARM §2.3.4: the default of the type, signed */
		ret_mode->is_jwt = true;
		return fits(*ret_mode, type, rq);
	}
	for (size_t i = 0; i < ARRAY_LEN(modes); i++)
		if (str_equal(rq->response_mode, str_c(modes[i].name))) {
			if (!fits(modes[i].mode, type, rq) || !is_allowed(modes[i].mode, client))
				return false;
			*ret_mode = modes[i].mode;
			return true;
		}
	return false;
}
