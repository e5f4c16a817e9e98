/*
 * idempotency.h: Idempotency-Key (draft-ietf-httpapi-idempotency-key-header) for every route that says .creates.
 *
 * guard_admin() begins, the end hook of the program ends it; handlers know nothing of it.
 *   - the first request with a key is carried out; while it is, others get 409 idempotency_key_in_use with Retry-After;
 *   - the same key with the same request later gets the stored answer and "Idempotent-Replayed: true";
 *   - the same key with another request gets 422 idempotency_key_reused;
 *   - a refused request (nothing was done) frees its key;
 *   - of routes that say .secret_answer only the fact is kept: 409 answer_not_kept.
 * Keys belong to the account that sent them.  Answers are kept sealed, for 24 hours.
 */
#pragma once

#include "server/http/request.h"

/* After the principal is known.  1: rq->response is the stored answer. */
int idempotency_begin(struct request *rq) _must_check_;
/* When rq->response stands. */
void idempotency_end(struct request *rq);
