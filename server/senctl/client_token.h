/* client_token.h: initial access tokens, with which clients register themselves: as the operator gives them out. */
#pragma once

#include "common/base/json.h"
#include "common/db/db.h"

#define CLIENT_TOKEN_USES_MAX 100000
#define CLIENT_TOKEN_DAYS_MAX 3660

struct client_token_request {
	struct str label;
	struct str platform; /* code; STR_NULL: whoever registers is no platform's */
	json_t *policy;      /* server/oidc/registration_policy.h, checked */
	int64_t uses, days;
	struct str operator;
};
/* *ret_token is shown once: only its hash is kept. */
int client_token_add(struct op *op, const struct client_token_request *request, struct str *ret_id, struct str *ret_token) _must_check_;
/* ERR_NOT_FOUND: no such token, or revoked before.  Clients registered with it stay. */
int client_token_revoke(struct op *op, struct str id, struct str operator) _must_check_;

struct client_token_line {
	struct str id, label, platform, expires_on, policy;
	int64_t uses_left, clients;
	bool is_live;
};
int client_token_list(struct op *op, const struct client_token_line **ret_lines, size_t *ret_n) _must_check_;
