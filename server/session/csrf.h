/*
 * csrf.h: tokens that bind a form to the browser that was shown it.
 *
 * token = MAC(form, secret of a cookie): a sealed session handle, or before sign-in the flow cookie.
 */
#pragma once

#include "common/base/op.h"

struct str csrf_token(struct op *op, const char *form, struct str cookie_secret);
/* ERR_CSRF unless token is csrf_token() of the same form and cookie. */
int csrf_check(struct op *op, const char *form, struct str cookie_secret, struct str token) _must_check_;
