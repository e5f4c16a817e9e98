/*
 * provision_run.h: one account brought to its platforms on demand, and what happened on the way.
 *
 * Asking needs the right activate over the whole account; looking, read over the person's home unit on every platform.
 * Errors: ERR_UNKNOWN_ACCOUNT also for what is beyond the scope; ERR_OUT_OF_SCOPE; ERR_SELF_GRANT; ERR_UNKNOWN_PLATFORM;
 * ERR_WRONG_STATE: a run of the account is under way; ERR_NOT_FOUND: no such run.
 */
#pragma once

#include "common/base/json.h"
#include "common/db/db.h"
#include "server/governance/principal.h"

/* platform: STR_NULL for all. */
int provision_run_ask(struct op *op, const struct principal *p, struct str login, struct str platform, struct str *ret_id) _must_check_;
/* state: waiting, running, done, or expired (nobody came to it in five minutes).  A new reference. */
int provision_run_read(struct op *op, const struct principal *p, struct str login, struct str id, json_t **ret_run) _must_check_;
