/* handlers.h: one handler per endpoint; see routes.c.  Parameters are declared beside each. */
#pragma once

#include "server/app.h"

#define PARAM_LIST(name) extern const struct param_spec name[]; extern const size_t n_##name

/* h_discovery.c */
int h_metadata(struct request *rq);
int h_jwks(struct request *rq);
/* h_authorize.c */
extern struct param_spec authorize_params[PARAMS_MAX];
int h_authorize(struct request *rq);
/* h_token.c */
PARAM_LIST(token_params);
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
int h_login(struct request *rq);
/* h_activate.c */
PARAM_LIST(activate_params);
int h_activate_page(struct request *rq);
int h_activate(struct request *rq);
/* h_home.c */
PARAM_LIST(home_params);
int h_home(struct request *rq);
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
#define CLIENT_PARAMS                                                     \
	{ "client_id", 64, PARAM_PRINTABLE | PARAM_BODY_ONLY },           \
	{ "client_secret", 256, PARAM_SECRET | PARAM_BODY_ONLY }
int guard_client(struct request *rq);
/* The same, but public clients are refused: introspection. */
int guard_confidential_client(struct request *rq);
/* A form posted by our own pages: Origin and Sec-Fetch-Site, where sent, say so. */
int guard_same_origin(struct request *rq);
