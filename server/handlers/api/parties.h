/* parties.h: /api/v1 of relying parties: clients, who may register some, the federation, what is on its way to them. */
#pragma once

#include "server/handlers/api/granting.h"
#include "server/parties/parties.h"

extern const struct route parties_routes[];
extern const size_t n_parties_routes;

enum { P_CLIENTS_PLATFORM, P_CLIENTS_ID, P_CLIENTS_AFTER, P_CLIENTS_LIMIT, N_CLIENTS_PARAMS };
extern const struct param_spec api_clients_params[N_CLIENTS_PARAMS];
int h_api_clients_list(struct request *rq);
int h_api_clients_add(struct request *rq);
int h_api_clients_get(struct request *rq);
int h_api_clients_change(struct request *rq);
int h_api_clients_remove(struct request *rq);
int h_api_clients_disable(struct request *rq);
int h_api_clients_enable(struct request *rq);
int h_api_client_secret_rotate(struct request *rq);
int h_api_client_secret_finish(struct request *rq);
int h_api_client_secret_cancel(struct request *rq);

int h_api_client_tokens_list(struct request *rq);
int h_api_client_tokens_add(struct request *rq);
int h_api_client_tokens_revoke(struct request *rq);
enum { P_ISSUERS_ISS, P_ISSUERS_AFTER, P_ISSUERS_LIMIT, N_ISSUERS_PARAMS };
extern const struct param_spec api_client_issuers_params[N_ISSUERS_PARAMS];
int h_api_client_issuers_list(struct request *rq);
int h_api_client_issuers_add(struct request *rq);
int h_api_client_issuers_change(struct request *rq);
int h_api_client_issuers_remove(struct request *rq);

enum { P_SUBORDINATES_ID, P_SUBORDINATES_AFTER, P_SUBORDINATES_LIMIT, N_SUBORDINATES_PARAMS };
extern const struct param_spec api_subordinates_params[N_SUBORDINATES_PARAMS];
int h_api_subordinates_list(struct request *rq);
int h_api_subordinates_add(struct request *rq);
int h_api_subordinates_change(struct request *rq);
int h_api_subordinates_remove(struct request *rq);

enum { P_OUTBOX_DESTINATION, P_OUTBOX_LOGIN, P_OUTBOX_AFTER, P_OUTBOX_LIMIT, N_OUTBOX_PARAMS };
extern const struct param_spec api_outbox_params[N_OUTBOX_PARAMS];
int h_api_outbox_list(struct request *rq);
int h_api_outbox_retry(struct request *rq);
enum { P_REPLAY_FROM, P_REPLAY_AFTER, P_REPLAY_LIMIT, N_REPLAY_PARAMS };
extern const struct param_spec api_replay_params[N_REPLAY_PARAMS];
int h_api_platform_replay(struct request *rq);

/* api_clients.c: whoever signs in through this node finds it changed; others within their next poll. */
void api_show_clients(struct request *rq);
/* The secret of the body, or STR_NULL; ERR_INVALID_VALUE: too short to be one. */
int api_client_secret(struct request *rq, struct str *secret) _must_check_;
/* A change of the client that the path names, against the version that was seen; no body. */
int api_client_settle(struct request *rq, const struct governed_kind *kind) _must_check_;
struct client_secret_kept {
	struct str hash, sealed;
};
struct client_secret_kept api_client_secret_kept(struct request *rq, struct str client_id, struct str secret);
