/*
 * authorize_response.h: what goes back to the client, put into the form that it asked for: parameters in
 * query, fragment or form (RFC 6749 §4.1.2, OAuth 2.0 Form Post Response Mode), or one signed "response"
 * (JARM); iss in each (RFC 9207).
 */
#pragma once

#include "common/base/url.h"
#include "server/oidc/oidc.h"
#include "server/oidc/response_mode.h"

#define RESPONSE_PARAMS_MAX 8

struct response_params {
	struct { const char *name; struct str value; } list[RESPONSE_PARAMS_MAX];
	size_t n;
};
/* Nothing for STR_NULL. */
void response_params_add(struct response_params *params, const char *name, struct str value);

struct authorize_response {
	struct response_mode mode;
	struct response_params params; /* of the form, when mode.carrier is CARRY_FORM_POST */
	struct str location;           /* else: where to */
};

/* Adds state and iss, signs where the mode wants it.  ERR_LIMIT when the address would be too long. */
int authorize_response_make(struct op *op, const struct oidc_settings *settings, const struct client *client,
                            const struct authorize_request *request, struct response_params *params,
                            struct authorize_response *ret_response) _must_check_;
