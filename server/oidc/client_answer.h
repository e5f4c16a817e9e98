/*
 * client_answer.h: claims for one client in the form that it registered: encrypted to a key of its own (JWE),
 * wherever its keys are.
 */
#pragma once

#include "server/oidc/client.h"
#include "server/oidc/oidc.h"

/*
 * Encrypts when the client wants it, else gives payload back.  cty: "JWT" around a signed token, NULL for bare
 * claims.  ERR_UNAVAILABLE: its keys cannot be had, or none of them is for this.
 */
int client_answer_encrypt(struct op *op, const struct oidc_settings *settings, const struct client *c,
                          const struct client_encryption *how, const char *cty, struct str payload, struct str *ret_answer) _must_check_;
