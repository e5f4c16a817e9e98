/* client_metadata_read.c: from the stored form into the struct, and what must fit together in it. */
#include "server/oidc/client_metadata.h"

#include "common/base/url.h"
#include "common/model/subject.h"
#include "server/oidc/client_members.h"

static struct str_list list_of(struct arena *a, const json_t *array)
{
	size_t n = json_array_size(array);
	struct str *list = ARENA_ARRAY(a, struct str, n);

	for (size_t i = 0; i < n; i++)
		list[i] = arena_dup(a, member_text(json_array_get(array, i)));
	return (struct str_list){ list, n };
}

static void read_member(struct op *op, const struct client_member *m, const json_t *value, struct client *c)
{
	void *place = (char *)c + m->offset;

	switch (m->kind) {
	case MEMBER_BOOL:
		*(bool *)place = json_is_true(value);
		break;
	case MEMBER_INT:
		*(int64_t *)place = value ? json_integer_value(value) : -1;
		break;
	case MEMBER_REDIRECTS:
	case MEMBER_URIS:
	case MEMBER_WORDS:
	case MEMBER_LIST:
		*(struct str_list *)place = list_of(op->arena, value);
		break;
	case MEMBER_ALG:
		*(enum jws_alg *)place = value ? jws_alg_from_name(member_text(value)) : JWS_ALG_NONE_;
		break;
	case MEMBER_JWKS:
		*(struct str *)place = json_write(op->arena, value, false);
		break;
	default:
		*(struct str *)place = arena_dup(op->arena, member_text(value));
		break;
	}
}

static const struct {
	const char *name;
	unsigned bit;
} grants[] = {
	{ "authorization_code", GRANT_CODE },
	{ "refresh_token", GRANT_REFRESH },
	{ "client_credentials", GRANT_CLIENT_CREDENTIALS },
	{ "urn:ietf:params:oauth:grant-type:device_code", GRANT_DEVICE },
	{ "urn:ietf:params:oauth:grant-type:token-exchange", GRANT_EXCHANGE },
	{ "urn:openid:params:grant-type:ciba", GRANT_CIBA },
}, responses[] = {
	{ "code", RESPONSE_CODE },
	{ "id_token", RESPONSE_ID_TOKEN },
	{ "code id_token", RESPONSE_CODE_ID_TOKEN },
}, methods[] = {
	{ "none", CLIENT_AUTH_NONE },
	{ "client_secret_basic", CLIENT_AUTH_BASIC },
	{ "client_secret_post", CLIENT_AUTH_POST },
	{ "client_secret_jwt", CLIENT_AUTH_SECRET_JWT },
	{ "private_key_jwt", CLIENT_AUTH_PRIVATE_KEY_JWT },
	{ "tls_client_auth", CLIENT_AUTH_TLS },
	{ "self_signed_tls_client_auth", CLIENT_AUTH_SELF_SIGNED_TLS },
};

/* Names into what code asks for. */
static void read_words(struct client *c)
{
	for (size_t i = 0; i < ARRAY_LEN(grants); i++)
		if (str_list_has(c->grant_names, str_c(grants[i].name)))
			c->grants |= grants[i].bit;
	for (size_t i = 0; i < ARRAY_LEN(responses); i++)
		if (str_list_has(c->response_names, str_c(responses[i].name)))
			c->responses |= responses[i].bit;
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (str_equal(c->auth_method_name, str_c(methods[i].name)))
			c->auth_method = (enum client_auth_method)methods[i].bit;
	c->pkce_required = !str_equal(c->pkce_name, STR("optional"));
	c->pairwise = str_equal(c->subject_type_name, STR("pairwise"));
	c->opaque_access_token = str_equal(c->token_format_name, STR("opaque"));
	if (str_equal(c->profile_name, STR("fapi2")))
		c->profile = PROFILE_FAPI2;
	if (str_equal(c->profile_name, STR("fapi2_message_signing")))
		c->profile = PROFILE_FAPI2_MESSAGE_SIGNING;
}

static void default_enc(struct client_encryption *e)
{
	if (!str_is_null(e->alg) && str_is_null(e->enc))
		e->enc = STR("A256GCM");
}

static bool has_keys(const struct client *c)
{
	return !str_is_null(c->jwks) || !str_is_null(c->jwks_uri);
}

static size_t tls_names(const struct client *c)
{
	const struct str names[] = { c->tls_subject_dn, c->tls_san_dns, c->tls_san_uri, c->tls_san_ip, c->tls_san_email };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		n += !str_is_null(names[i]);
	return n;
}

static const char *find_auth_fault(const struct client *c)
{
	if (c->auth_method == CLIENT_AUTH_NONE && !c->pkce_required)
		return "a public client needs PKCE";
	if (c->auth_method == CLIENT_AUTH_NONE && client_may(c, GRANT_CLIENT_CREDENTIALS | GRANT_EXCHANGE | GRANT_CIBA))
		return "a public client may use only authorization_code, refresh_token and device_code";
	if ((c->auth_method == CLIENT_AUTH_PRIVATE_KEY_JWT || c->auth_method == CLIENT_AUTH_SELF_SIGNED_TLS) && !has_keys(c))
		return "this client authentication needs jwks or jwks_uri";
	if (c->auth_method == CLIENT_AUTH_TLS && tls_names(c) != 1)
		return "tls_client_auth needs exactly one of the tls_client_auth_ members";
	if (!str_is_null(c->jwks) && !str_is_null(c->jwks_uri))
		return "jwks and jwks_uri exclude each other";
	return NULL;
}

static const char *find_flow_fault(const struct client *c)
{
	bool redirects = client_may(c, GRANT_CODE) || (c->responses & RESPONSE_ID_TOKEN);

	if (c->grants == 0)
		return "grant_types is empty";
	if (redirects && c->redirect_uris.n == 0)
		return "redirect_uris is missing";
	if (!client_may(c, GRANT_CODE) && (c->responses & (RESPONSE_CODE | RESPONSE_CODE_ID_TOKEN)) && c->redirect_uris.n > 0)
		return "response_types with code needs the grant type authorization_code";
	if (client_may(c, GRANT_CIBA) && str_is_null(c->ciba_mode))
		return "CIBA needs backchannel_token_delivery_mode poll or ping";
	if (str_equal(c->ciba_mode, STR("ping")) && str_is_null(c->ciba_notification_uri))
		return "CIBA ping needs backchannel_client_notification_endpoint";
	return NULL;
}

static bool has_private(struct str_list uris)
{
	for (size_t i = 0; i < uris.n; i++)
		if (client_redirect_uri_is_private(uris.p[i]))
			return true;
	return false;
}

/* RFC 8252 §8.4: schemes of their own are for native applications; §8.1: another application may take the answer, but not use it. */
static const char *find_redirect_fault(const struct client *c)
{
	if (!has_private(c->redirect_uris) && !has_private(c->post_logout_uris))
		return NULL;
	if (!str_equal(c->application_type, STR("native")))
		return "redirect_uris: a private-use URI scheme is for application_type native";
	if (!c->pkce_required || c->responses != RESPONSE_CODE)
		return "redirect_uris: a private-use URI scheme is for response type code, with PKCE";
	return NULL;
}

static const char *find_answer_fault(const struct client *c)
{
	if (c->pairwise && str_is_null(c->sector))
		return "a pairwise subject needs sector_identifier_uri, or redirect_uris of one host";
	if ((!str_is_null(c->id_token_encryption.alg) || !str_is_null(c->userinfo_encryption.alg)) && !has_keys(c))
		return "encrypted answers need jwks or jwks_uri";
	if (c->access_token_s < 10)
		return "sen_access_token_s must be from 10 to 600";
	return NULL;
}

/* Front-Channel Logout 1.0 §2: the same scheme, host and port as one of the redirect URIs; our pages open a frame to it. */
static const char *find_logout_fault(const struct client *c)
{
	struct url logout, redirect;

	if (str_is_null(c->frontchannel_logout_uri))
		return NULL;
	for (size_t i = 0; i < c->redirect_uris.n && url_parse(c->frontchannel_logout_uri, &logout); i++)
		if (url_parse(c->redirect_uris.p[i], &redirect) && str_equal(logout.scheme, redirect.scheme) && str_equal(logout.host, redirect.host) &&
		    str_equal(logout.port, redirect.port))
			return NULL;
	return "frontchannel_logout_uri must have scheme, host and port of a redirect URI";
}

static bool names_rs256(const struct client *c)
{
	const enum jws_alg algs[] = { c->assertion_alg,    c->request_alg,       c->ciba_request_alg, c->id_token_alg, c->userinfo_alg,
		                      c->introspection_alg, c->response_alg };

	for (size_t i = 0; i < ARRAY_LEN(algs); i++)
		if (algs[i] == JWS_RS256)
			return true;
	return false;
}

/* FAPI 2.0 Security Profile §5.3.2.1, §5.4.1; Message Signing §5.3 and §5.4. */
static const char *find_profile_fault(const struct client *c)
{
	if (c->profile == PROFILE_NONE)
		return NULL;
	if (c->auth_method != CLIENT_AUTH_PRIVATE_KEY_JWT && c->auth_method != CLIENT_AUTH_TLS && c->auth_method != CLIENT_AUTH_SELF_SIGNED_TLS)
		return "FAPI 2.0 demands private_key_jwt or mutual TLS";
	if (!c->dpop_bound && !c->tls_bound)
		return "FAPI 2.0 demands tokens bound by DPoP or mutual TLS";
	if (c->responses & (RESPONSE_ID_TOKEN | RESPONSE_CODE_ID_TOKEN))
		return "FAPI 2.0 allows response_type code only";
	if (c->legacy_assertion_audience || !c->pkce_required)
		return "FAPI 2.0 allows neither old assertion audiences nor requests without PKCE";
	return names_rs256(c) ? "FAPI 2.0 allows no RS256" : NULL;
}

static void apply_profile(struct client *c)
{
	if (c->profile == PROFILE_NONE)
		return;
	c->must_push = true;
	/* Rotation would lose tokens of a client that cannot store them in time: FAPI 2.0 §5.3.2.1 forbids it as a routine. */
	c->rotates_refresh = false;
	if (c->profile == PROFILE_FAPI2_MESSAGE_SIGNING)
		c->must_sign_request = true;
}

int client_metadata_read(struct op *op, const json_t *normal, struct client *c)
{
	const char *fault;

	for (size_t i = 0; i < n_client_members; i++)
		if (client_members[i].offset != MEMBER_NOWHERE)
			read_member(op, &client_members[i], json_object_get(normal, client_members[i].name), c);
	read_words(c);
	c->sector = subject_sector(op->arena, c->sector, c->sector_uri, c->redirect_uris);
	default_enc(&c->id_token_encryption);
	default_enc(&c->userinfo_encryption);
	apply_profile(c);
	fault = find_redirect_fault(c);
	if (fault)
		return op_fail(op, ERR_INVALID_REDIRECT_URI, fault);
	fault = find_auth_fault(c);
	if (!fault)
		fault = find_flow_fault(c);
	if (!fault)
		fault = find_answer_fault(c);
	if (!fault)
		fault = find_logout_fault(c);
	if (!fault)
		fault = find_profile_fault(c);
	return fault ? op_fail(op, ERR_INVALID_CLIENT_METADATA, fault) : 0;
}
