/* token_query.h: parameters of requests that name a token: introspection and revocation (RFC 7662 §2.1, RFC 7009 §2.1). */
#pragma once

#include "server/handlers/handlers.h"

enum { P_TOKEN = N_CLIENT_PARAMS, P_TOKEN_TYPE_HINT };
