/* handlers.h: one handler per endpoint; see routes.c.  Parameters are declared beside each. */
#pragma once

#include "server/app.h"

#define PARAM_LIST(name) extern const struct param_spec name[]; extern const size_t n_##name

/* h_discovery.c */
int h_metadata(struct request *rq);
int h_jwks(struct request *rq);
/* h_api_resource.c */
#define API_RESOURCE "/api/v1" /* below the issuer; its metadata: RESOURCE_METADATA API_RESOURCE (RFC 9728 §3.1) */
#define RESOURCE_METADATA "/.well-known/oauth-protected-resource"
int h_api_resource(struct request *rq);
/* h_authorize.c */
extern struct param_spec authorize_params[PARAMS_MAX];
struct param_spec authorize_param(size_t i, uint8_t flags); /* of authorize_fields[i] */
int h_authorize(struct request *rq);
/* h_par.c */
extern struct param_spec par_params[PARAMS_MAX];
size_t par_params_declare(void); /* fills the list, returns its length */
int h_par(struct request *rq);
/* h_token.c */
extern struct param_spec token_params[PARAMS_MAX];
size_t token_params_declare(void);
int h_token(struct request *rq);
/* h_userinfo.c */
PARAM_LIST(userinfo_params);
int h_userinfo(struct request *rq);
/* h_introspect.c, h_revoke.c */
PARAM_LIST(token_query_params);
int h_introspect(struct request *rq);
int h_revoke(struct request *rq);
/* h_logout.c */
PARAM_LIST(logout_params);
int h_logout(struct request *rq);
/* h_register.c */
int h_register(struct request *rq);
int h_register_get(struct request *rq);
int h_register_put(struct request *rq);
int h_register_delete(struct request *rq);
/* h_login.c */
PARAM_LIST(login_params);
int h_login_page(struct request *rq);
int h_login(struct request *rq);
/* h_activate.c */
PARAM_LIST(activate_params);
int h_activate_page(struct request *rq);
int h_activate(struct request *rq);
/* h_home.c */
PARAM_LIST(home_params);
int h_home(struct request *rq);
/* h_consent.c */
PARAM_LIST(consent_params);
PARAM_LIST(take_back_params);
int h_consent(struct request *rq);
int h_consents(struct request *rq);
int h_consent_take_back(struct request *rq);
/* h_device_authorization.c */
PARAM_LIST(device_authorization_params);
int h_device_authorization(struct request *rq);
/* h_device.c */
PARAM_LIST(device_page_params);
PARAM_LIST(device_params);
int h_device_page(struct request *rq);
int h_device(struct request *rq);
/* h_bc_authorize.c */
extern struct param_spec bc_authorize_params[PARAMS_MAX];
size_t bc_authorize_params_declare(void);
int h_bc_authorize(struct request *rq);
/* h_requests.c */
PARAM_LIST(requests_page_params);
PARAM_LIST(requests_params);
int h_requests_page(struct request *rq);
int h_requests(struct request *rq);
/* h_static.c */
int h_static(struct request *rq);
/* h_health.c: admin port */
int h_healthz(struct request *rq);
int h_readyz(struct request *rq);
int h_metrics(struct request *rq);

/* guards.c */
/* Client authentication (client_auth.h): the first parameters of a route with these guards. */
enum { P_CLIENT_ID, P_CLIENT_SECRET, P_CLIENT_ASSERTION_TYPE, P_CLIENT_ASSERTION, N_CLIENT_PARAMS };
#define CLIENT_PARAMS                                                                        \
	{ "client_id", 64, PARAM_PRINTABLE | PARAM_BODY_ONLY },                              \
	{ "client_secret", 256, PARAM_SECRET | PARAM_BODY_ONLY },                            \
	{ "client_assertion_type", 128, PARAM_PRINTABLE | PARAM_BODY_ONLY },                 \
	{ "client_assertion", 8192, PARAM_SECRET | PARAM_PRINTABLE | PARAM_BODY_ONLY }
int guard_client(struct request *rq);
/* The same, but public clients are refused: introspection. */
int guard_confidential_client(struct request *rq);
/* A DPoP proof, where there is one, is good for this request: rq->proved_jkt.  A client that authenticated has used it up. */
int guard_dpop(struct request *rq);
/* Uses up the proof of a public client, before it is given anything; nothing to do is no error.  ERR_INVALID_DPOP_PROOF. */
int use_dpop(struct request *rq) _must_check_;
/* The proof of the header, STR_NULL when there is none.  ERR_INVALID_DPOP_PROOF when there are two (RFC 9449 §4.3). */
int dpop_proof_of(struct request *rq, struct str *ret_proof) _must_check_;
/* A form posted by our own pages: Origin and Sec-Fetch-Site, where sent, say so. */
int guard_same_origin(struct request *rq);

/* access.c: requests with an access token, of whatever scheme. */
struct access_claims;
/* The token of the header (or body_token), STR_NULL: there is none.  ERR_INVALID_REQUEST for two of them, or a header without one. */
int access_token_of(struct request *rq, struct str body_token, struct str *ret_token) _must_check_;
/* It came the way that its key demands, with the proof (RFC 9449 §7, RFC 8705 §3).  ERR_INVALID_TOKEN, ERR_INVALID_DPOP_PROOF. */
int access_check_binding(struct request *rq, struct str token, const struct access_claims *claims) _must_check_;
