/* openapi.h: docs/openapi.json as this program was built with it. */
#pragma once

#include "common/base/str.h"

extern const struct str api_openapi_document;
