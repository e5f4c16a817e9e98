/*
 * client_form.h: a relying party as somebody enters it: its identifier, whose it is, and the metadata of
 * server/oidc/client_metadata.h.
 */
#pragma once

#include "common/base/json.h"
#include "common/base/op.h"

#define CLIENT_SECRET_MIN 32
#define CLIENT_SECRET_MAX 256

struct client_form {
	struct str id;
	struct str platform;    /* code of the platform whose client it is; STR_NULL: none's */
	struct str home_url;    /* the platform's address on the home page; STR_NULL: left as it is */
	json_t *metadata;       /* normal form, a reference of the caller's */
	bool has_secret;        /* it authenticates with one */
	bool secret_is_used;    /* client_secret_jwt: the secret itself is kept, sealed */
	bool administers;       /* it may ask for the scope of administrators: the operator's alone */
};

/* Checks id, home_url and what was sent of metadata, and fills in the rest.  ERR_INVALID_CLIENT_METADATA, ERR_INVALID_REDIRECT_URI. */
int client_form_check(struct op *op, const json_t *sent, struct client_form *form) _must_check_;
