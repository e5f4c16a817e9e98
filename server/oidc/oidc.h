/* oidc.h: settings of the provider: const after start.  Times in seconds. */
#pragma once

#include "common/base/str.h"

struct oidc_settings {
	struct str issuer;          /* no path, no trailing slash: byte-equal everywhere */
	int64_t code_s;             /* <= 60 */
	int64_t id_token_s;
	int64_t refresh_grace_s;    /* within it, the loser of two parallel refreshes gets the same successor */
	int64_t admin_token_s;      /* access tokens of persons who may grant */
};

/* Scopes that this provider knows. */
#define SCOPE_ADMIN "admin" /* the administration API */
