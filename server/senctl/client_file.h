/*
 * client_file.h: a relying party as an operator describes it in a JSON file: the metadata of
 * server/oidc/client_metadata.h, and beside them
 *
 *   {"client_id", "platform", "home_url", "secret_file"}
 *
 * platform is the code of the platform whose client it is; its roles are then what the scope
 * "roles" gives.  home_url is the platform's address on the home page.
 */
#pragma once

#include "server/parties/client_form.h"

struct client_file {
	struct client_form form;
	struct str secret_file; /* STR_NULL: a client that authenticates without a secret */
};

/* ERR_INVALID_CLIENT_METADATA, ERR_INVALID_REDIRECT_URI with the reason; strings in op->arena. */
int client_file_read(struct op *op, struct str text, struct client_file *ret_client) _must_check_;
