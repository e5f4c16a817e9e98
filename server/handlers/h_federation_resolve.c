/* GET /federation/resolve.  OpenID Federation 1.0 §8.3. */

#include "server/handlers/federation.h"
#include "server/federation/authority.h"
#include "server/federation/resolve.h"

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

static int resolve(struct request *rq, const struct trust_anchor *anchor, struct str *ret_response)
{
	struct federation *f = rq->app->federation;
	struct resolved resolved;
	int r = federation_enter(&rq->op, f);

	if (r < 0)
		return r;
	r = resolve_entity(&rq->op, f, anchor, rq_param(rq, P_SUB), &resolved);
	federation_leave(f);
	if (r >= 0)
		r = authority_resolved(&rq->op, f, resolved.chain, resolved.n, &resolved.verdict, rq_param(rq, P_ENTITY_TYPE), ret_response);
	resolved_clear(&resolved);
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
	r = resolve(rq, anchor, &response);
	return r < 0 ? r : respond_bytes(rq, 200, "application/" RESOLVE_TYP, response);
}
