/* metadata.h: OpenID Connect Discovery 1.0 §3 and RFC 8414: exactly what is offered. */
#pragma once

#include "common/base/json.h"
#include "server/oidc/oidc.h"

json_t *metadata_json(struct arena *a, const struct oidc_settings *settings);
