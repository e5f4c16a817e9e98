/* token_query.h: parameters of requests that name a token: introspection and revocation (RFC 7662 §2.1, RFC 7009 §2.1). */
#pragma once

enum { P_TOKEN = 2, P_TOKEN_TYPE_HINT };
