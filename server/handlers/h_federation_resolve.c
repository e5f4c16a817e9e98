/* GET /federation/resolve.  OpenID Federation 1.0 §8.3. */

#include "server/handlers/federation.h"
#include "server/federation/authority.h"
#include "server/federation/resolve.h"

#define RESOLVE_BYTES ((size_t)8 << 20)

enum { P_SUB, P_TRUST_ANCHOR, P_ENTITY_TYPE };
const struct param_spec federation_resolve_params[] = {
	[P_SUB] = { "sub", ENTITY_ID_MAX, PARAM_REQUIRED | PARAM_PRINTABLE },
	[P_TRUST_ANCHOR] = { "trust_anchor", 4096, PARAM_REQUIRED | PARAM_MANY | PARAM_PRINTABLE },
	[P_ENTITY_TYPE] = { "entity_type", 512, PARAM_MANY | PARAM_PRINTABLE },
};
const size_t n_federation_resolve_params = ARRAY_LEN(federation_resolve_params);

/* The first of those named that is trusted here. */
static const struct trust_anchor *find_anchor(struct request *rq)
{
	struct str rest = rq_param(rq, P_TRUST_ANCHOR), id;
	const struct trust_anchor *anchor = NULL;

	while (!anchor && str_split(&rest, ' ', &id))
		anchor = federation_anchor(rq->app->federation, id);
	return anchor;
}

static int resolve(struct op *op, struct federation *f, const struct trust_anchor *anchor, const struct str *params, struct str *ret_response)
{
	struct resolved resolved;
	int r = federation_enter(op, f);

	if (r < 0)
		return r;
	r = resolve_entity(op, f, anchor, params[P_SUB], &resolved);
	federation_leave(f);
	if (r >= 0)
		r = authority_resolved(op, f, resolved.chain, resolved.n, &resolved.verdict, params[P_ENTITY_TYPE], ret_response);
	resolved_clear(&resolved);
	return r;
}

/* What strangers sent is read in memory of its own: all that can come is more than a request may use. */
static int resolve_apart(struct request *rq, const struct trust_anchor *anchor, struct str *ret_response)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new(RESOLVE_BYTES);
	struct arena *own = rq->op.arena;
	struct str response = STR_NULL;
	int r;

	rq->op.arena = scratch;
	r = resolve(&rq->op, rq->app->federation, anchor, rq->params, &response);
	rq->op.arena = own;
	rq->op.error.detail = arena_dup(own, rq->op.error.detail);
	if (r >= 0 && arena_overflowed(scratch))
		r = op_fail(&rq->op, ERR_LIMIT, "the statements on the way are too large");
	if (r >= 0)
		*ret_response = arena_dup(own, response);
	return r;
}

int h_federation_resolve(struct request *rq)
{
	const struct trust_anchor *anchor;
	struct str response;
	int r = federation_is_there(rq);

	if (r >= 0 && !federation_resolves(rq->app->federation))
		return op_fail(&rq->op, ERR_NOT_FOUND, "nothing is resolved here");
	if (r < 0)
		return r;
	anchor = find_anchor(rq);
	if (!anchor)
		return op_fail(&rq->op, ERR_INVALID_TRUST_ANCHOR, "the trust anchor is not one of this resolver");
	if (!entity_id_is_valid(rq_param(rq, P_SUB)))
		return op_fail(&rq->op, ERR_INVALID_REQUEST, "sub must be an entity identifier");
	r = resolve_apart(rq, anchor, &response);
	return r < 0 ? r : respond_bytes(rq, 200, "application/" RESOLVE_TYP, response);
}
