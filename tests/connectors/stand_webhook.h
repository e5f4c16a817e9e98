/* stand_webhook.h: the receiver of docs/integrate/webhook.md, and the file that stands for its database. */
#pragma once

#include "common/base/json.h"
#include "tests/connectors/stand_command.h"

/* What it has; a new reference. */
json_t *webhook_file(struct arena *a);
void webhook_file_write(struct arena *a, const json_t *all);
/* The HTTP status of a request by curl with these further arguments. */
struct str webhook_status(struct arena *a, const char *const *arguments, size_t n);

extern const struct scenarios scenarios_webhook;
