/* handlers.h: one handler per endpoint; see routes.c.  Parameters are declared beside each. */
#pragma once

#include "server/app.h"

#define PARAM_LIST(name) extern const struct param_spec name[]; extern const size_t n_##name

/* h_discovery.c */
int h_metadata(struct request *rq);
int h_jwks(struct request *rq);
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
/* h_static.c */
int h_static(struct request *rq);
/* h_health.c: admin port */
int h_healthz(struct request *rq);
int h_readyz(struct request *rq);
int h_metrics(struct request *rq);

/* guards.c */
/* Client authentication (RFC 6749 §2.3): params 0 and 1 of the route are client_id and client_secret. */
#define P_CLIENT_ID 0
#define P_CLIENT_SECRET 1
#define N_CLIENT_PARAMS 2
#define CLIENT_PARAMS                                                     \
	{ "client_id", 64, PARAM_PRINTABLE | PARAM_BODY_ONLY },           \
	{ "client_secret", 256, PARAM_SECRET | PARAM_BODY_ONLY }
int guard_client(struct request *rq);
/* The same, but public clients are refused: introspection. */
int guard_confidential_client(struct request *rq);
/* A form posted by our own pages: Origin and Sec-Fetch-Site, where sent, say so. */
int guard_same_origin(struct request *rq);
