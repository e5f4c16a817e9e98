#include "server/oidc/client_members.h"

#define AT(field) offsetof(struct client, field)
#define NOWHERE MEMBER_NOWHERE
#define SIGNING "ES256|PS256|EdDSA|RS256"
#define ENCRYPTION_ALGS "RSA-OAEP-256|ECDH-ES|ECDH-ES+A256KW"
#define ENCRYPTION_ENCS "A256GCM|A128GCM"
#define URI_MAX 512

const struct client_member client_members[] = {
	/* RFC 7591 §2 */
	{ "redirect_uris", MEMBER_REDIRECTS, AT(redirect_uris), URI_MAX, NULL, "[]" },
	{ "token_endpoint_auth_method", MEMBER_WORD, AT(auth_method_name), 64,
	  "client_secret_basic|client_secret_post|client_secret_jwt|private_key_jwt|tls_client_auth|self_signed_tls_client_auth|none",
	  "\"client_secret_basic\"" },
	{ "grant_types", MEMBER_WORDS, AT(grant_names), 64,
	  "authorization_code|refresh_token|client_credentials|urn:ietf:params:oauth:grant-type:device_code"
	  "|urn:ietf:params:oauth:grant-type:token-exchange|urn:openid:params:grant-type:ciba",
	  "[\"authorization_code\"]" },
	{ "response_types", MEMBER_WORDS, AT(response_names), 64, "code|id_token|code id_token", "[\"code\"]" },
	{ "client_name", MEMBER_TEXT, AT(name), 256, NULL, NULL },
	{ "client_uri", MEMBER_URI, AT(client_uri), URI_MAX, NULL, NULL },
	{ "logo_uri", MEMBER_URI, AT(logo_uri), URI_MAX, NULL, NULL },
	{ "policy_uri", MEMBER_URI, AT(policy_uri), URI_MAX, NULL, NULL },
	{ "tos_uri", MEMBER_URI, AT(tos_uri), URI_MAX, NULL, NULL },
	{ "scope", MEMBER_TEXT, AT(scope), 1000, NULL, "\"openid\"" },
	{ "contacts", MEMBER_LIST, NOWHERE, 256, NULL, NULL },
	{ "jwks_uri", MEMBER_URI, AT(jwks_uri), URI_MAX, NULL, NULL },
	{ "jwks", MEMBER_JWKS, AT(jwks), 16384, NULL, NULL },
	{ "software_id", MEMBER_TEXT, NOWHERE, 256, NULL, NULL },
	{ "software_version", MEMBER_TEXT, NOWHERE, 256, NULL, NULL },
	{ "software_statement", MEMBER_TEXT, NOWHERE, 8192, NULL, NULL },
	/* OpenID Connect Registration 1.0 §2 */
	{ "application_type", MEMBER_WORD, AT(application_type), 16, "web|native", "\"web\"" },
	{ "sector_identifier_uri", MEMBER_URI, AT(sector_uri), URI_MAX, NULL, NULL },
	{ "subject_type", MEMBER_WORD, AT(subject_type_name), 16, "public|pairwise", "\"public\"" },
	{ "id_token_signed_response_alg", MEMBER_ALG, AT(id_token_alg), 16, SIGNING, "\"ES256\"" },
	{ "id_token_encrypted_response_alg", MEMBER_WORD, AT(id_token_encryption.alg), 16, ENCRYPTION_ALGS, NULL },
	{ "id_token_encrypted_response_enc", MEMBER_WORD, AT(id_token_encryption.enc), 16, ENCRYPTION_ENCS, NULL },
	{ "userinfo_signed_response_alg", MEMBER_ALG, AT(userinfo_alg), 16, SIGNING, NULL },
	{ "userinfo_encrypted_response_alg", MEMBER_WORD, AT(userinfo_encryption.alg), 16, ENCRYPTION_ALGS, NULL },
	{ "userinfo_encrypted_response_enc", MEMBER_WORD, AT(userinfo_encryption.enc), 16, ENCRYPTION_ENCS, NULL },
	{ "request_object_signing_alg", MEMBER_ALG, AT(request_alg), 16, SIGNING, NULL },
	{ "token_endpoint_auth_signing_alg", MEMBER_ALG, AT(assertion_alg), 16, SIGNING "|HS256", NULL },
	{ "default_max_age", MEMBER_INT, AT(default_max_age_s), 1000000000, NULL, NULL },
	{ "require_auth_time", MEMBER_BOOL, NOWHERE, 0, NULL, NULL }, /* auth_time is always there */
	{ "default_acr_values", MEMBER_LIST, AT(default_acr), 128, NULL, NULL },
	{ "initiate_login_uri", MEMBER_URI, AT(initiate_login_uri), URI_MAX, NULL, NULL },
	{ "request_uris", MEMBER_URIS, AT(request_uris), URI_MAX, NULL, NULL },
	/* logout */
	{ "post_logout_redirect_uris", MEMBER_REDIRECTS, AT(post_logout_uris), URI_MAX, NULL, NULL },
	{ "backchannel_logout_uri", MEMBER_URI, AT(backchannel_logout_uri), URI_MAX, NULL, NULL },
	{ "backchannel_logout_session_required", MEMBER_BOOL, NOWHERE, 0, NULL, NULL }, /* a logout token has sid whenever there is a session */
	{ "frontchannel_logout_uri", MEMBER_URI, AT(frontchannel_logout_uri), URI_MAX, NULL, NULL },
	{ "frontchannel_logout_session_required", MEMBER_BOOL, AT(frontchannel_session), 0, NULL, NULL },
	/* the other RFCs */
	{ "require_pushed_authorization_requests", MEMBER_BOOL, AT(must_push), 0, NULL, NULL },
	{ "require_signed_request_object", MEMBER_BOOL, AT(must_sign_request), 0, NULL, NULL },
	{ "authorization_details_types", MEMBER_LIST, AT(details_types), 64, NULL, NULL },
	{ "dpop_bound_access_tokens", MEMBER_BOOL, AT(dpop_bound), 0, NULL, NULL },
	{ "tls_client_certificate_bound_access_tokens", MEMBER_BOOL, AT(tls_bound), 0, NULL, NULL },
	{ "tls_client_auth_subject_dn", MEMBER_TEXT, AT(tls_subject_dn), 512, NULL, NULL },
	{ "tls_client_auth_san_dns", MEMBER_TEXT, AT(tls_san_dns), 255, NULL, NULL },
	{ "tls_client_auth_san_uri", MEMBER_TEXT, AT(tls_san_uri), URI_MAX, NULL, NULL },
	{ "tls_client_auth_san_ip", MEMBER_TEXT, AT(tls_san_ip), 64, NULL, NULL },
	{ "tls_client_auth_san_email", MEMBER_TEXT, AT(tls_san_email), 255, NULL, NULL },
	{ "introspection_signed_response_alg", MEMBER_ALG, AT(introspection_alg), 16, SIGNING, NULL },
	{ "authorization_signed_response_alg", MEMBER_ALG, AT(response_alg), 16, SIGNING, NULL },
	{ "backchannel_token_delivery_mode", MEMBER_WORD, AT(ciba_mode), 8, "poll|ping", NULL },
	{ "backchannel_client_notification_endpoint", MEMBER_URI, AT(ciba_notification_uri), URI_MAX, NULL, NULL },
	{ "backchannel_authentication_request_signing_alg", MEMBER_ALG, AT(ciba_request_alg), 16, SIGNING, NULL },
	/* ours */
	{ "sen_pkce", MEMBER_WORD, AT(pkce_name), 16, "required|optional", "\"required\"" },
	{ "sen_profile", MEMBER_WORD, AT(profile_name), 32, "fapi2|fapi2_message_signing", NULL },
	{ "sen_consent", MEMBER_BOOL, AT(must_consent), 0, NULL, NULL },
	{ "sen_sector", MEMBER_TEXT, AT(sector), 255, NULL, NULL },
	{ "sen_may_introspect", MEMBER_BOOL, AT(may_introspect), 0, NULL, NULL },
	{ "sen_access_token_s", MEMBER_INT, AT(access_token_s), 600, NULL, "300" },
	{ "sen_access_token_format", MEMBER_WORD, AT(token_format_name), 8, "jwt|opaque", "\"jwt\"" },
	{ "sen_rotate_refresh", MEMBER_BOOL, AT(rotates_refresh), 0, NULL, "true" },
	{ "sen_ssf_subjects", MEMBER_WORD, NOWHERE, 8, "own|all", NULL }, /* read by the database: sen.ssf_signal() */
	{ "sen_resources", MEMBER_LIST, AT(resources), URI_MAX, NULL, NULL },
	{ "sen_exchange_audiences", MEMBER_LIST, AT(exchange_audiences), URI_MAX, NULL, NULL },
	{ "sen_may_act", MEMBER_TEXT, AT(may_act), 64, NULL, NULL },
	{ "sen_legacy_assertion_audience", MEMBER_BOOL, AT(legacy_assertion_audience), 0, NULL, NULL },
};
const size_t n_client_members = ARRAY_LEN(client_members);
