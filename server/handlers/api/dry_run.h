/*
 * dry_run.h: ?dry_run=all on every changing request of the administration API: it is carried out as it would be, what follows for
 * platforms is planned, and all of it is rolled back.
 *
 * guard_admin() begins, the end hook of the program ends it; handlers know nothing of it.  The answer is 200 with a media type
 * of its own, DRY_RUN_TYPE; a request that would be refused gets its refusal.  An Idempotency-Key is not looked at; the audit has one
 * record "dry_run", since the answer shows data of persons.
 *   - the parameter is part of the address, not a header: no proxy on the way can drop it and turn a dry run into the change;
 *   - a changing request with a parameter that its route does not know is refused, so that "dryrun=all" changes nothing either;
 *   - routes that say .no_dry_run refuse with 422 no_dry_run and the reason.
 */
#pragma once

#include "server/http/server.h"

#define DRY_RUN_TYPE "application/vnd.sen.dry-run+json"

/* After the principal is known. */
int dry_run_begin(struct request *rq) _must_check_;
/* When rq->response stands. */
void dry_run_end(struct request *rq, const struct http_hooks *hooks);
