/*
 * acr.h: how strong a sign-in is (OIDC Core §2 acr, RFC 9470): ordered levels and their names.
 *
 * LoA1 is the name that the national portal uses for a sign-in with one factor.  Pure.
 */
#pragma once

#include "common/base/str.h"

#define ACR_LEVEL_MAX 1 /* that this server can bring about */

/* NULL: no such level. */
const char *acr_name(int64_t level);
/* The level of a name, 0 when it is none of ours. */
int64_t acr_level(struct str name);
/* The least level among space-separated names, 0 when none is ours. */
int64_t acr_least_level(struct str names);
