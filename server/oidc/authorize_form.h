/* authorize_form.h: an authorization request as form-encoded text and back: for sealed flows and pushed requests. */
#pragma once

#include "server/oidc/authorize.h"

#define AUTHORIZE_FORM_MAX 32768

/* "" for an empty request; fails the buffer's limit only past AUTHORIZE_FORM_MAX, then STR_NULL. */
struct str authorize_form_write(struct op *op, const struct authorize_request *rq);
bool authorize_form_read(struct op *op, struct str text, struct authorize_request *ret_request) _must_check_;
