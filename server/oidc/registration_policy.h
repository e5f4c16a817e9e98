/*
 * registration_policy.h: what the operator demands of clients that register themselves with one
 * initial access token: a JSON object of client metadata (client_metadata.h, "sen_" members too),
 * which stands in every such client, whatever it asked for.  Pure.
 *
 * "scope" is no demand but a limit: the client gets what it asked for within it, all of it when it
 * asked for nothing.  Without it: openid profile email.  Unless "sen_consent" says otherwise the
 * official is asked: who registers himself is none of the province's own platforms.
 */
#pragma once

#include "common/base/json.h"
#include "common/base/op.h"

#define REGISTRATION_SCOPE "openid profile email"

/* Of an operator's file: ERR_INVALID_CLIENT_METADATA, ERR_INVALID_REDIRECT_URI. */
int registration_policy_check(struct op *op, const json_t *policy) _must_check_;
/* What a client sent, and the policy, into the normal form that is stored; a new reference. */
int registration_policy_apply(struct op *op, const json_t *policy, const json_t *sent, json_t **ret_normal) _must_check_;
