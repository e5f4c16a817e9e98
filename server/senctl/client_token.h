/* client_token.h: an initial access token as the operator of a fresh installation gives it out, before there is an administrator. */
#pragma once

#include "common/db/db.h"
#include "server/senctl/registration_file.h"

/* *ret_token is shown once: only its hash is kept. */
int client_token_issue(struct op *op, const struct registration_file *f, struct str operator, struct str *ret_id, struct str *ret_token) _must_check_;
