/* auth_header.h: the Authorization header: Bearer (RFC 6750 §2.1) and Basic (RFC 7617).  Pure. */
#pragma once

#include "common/base/arena.h"

/* The token when the scheme is Bearer and the token a b64token, else STR_NULL. */
struct str auth_bearer(struct str header) _pure_;
struct str auth_dpop(struct str header) _pure_; /* the same for the scheme DPoP */
/* By this scheme, whatever follows it. */
bool auth_is_bearer(struct str header) _pure_;
bool auth_is_dpop(struct str header) _pure_;
bool auth_is_basic(struct str header) _pure_;
/* By Bearer or DPoP, but followed by nothing, or by several words: a malformed request, where one word may be a bad token (RFC 6750 §3.1). */
bool auth_lacks_token(struct str header) _pure_;
/* User and password are form-decoded after the split at ':' (RFC 6749 §2.3.1). */
bool auth_basic(struct arena *a, struct str header, struct str *ret_user, struct str *ret_password) _must_check_;
