/* GET /federation/list.  OpenID Federation 1.0 §8.2. */

#include "server/handlers/federation.h"
#include "server/federation/subordinate.h"

/* Filters by what is not known here; §8.2.1 has an error of its own for them. */
enum { P_ENTITY_TYPE, P_TRUST_MARKED, P_TRUST_MARK_TYPE, P_INTERMEDIATE };
const struct param_spec federation_list_params[] = {
	[P_ENTITY_TYPE] = { "entity_type", 512, PARAM_MANY | PARAM_PRINTABLE },
	[P_TRUST_MARKED] = { "trust_marked", 16, PARAM_PRINTABLE },
	[P_TRUST_MARK_TYPE] = { "trust_mark_type", 512, PARAM_PRINTABLE },
	[P_INTERMEDIATE] = { "intermediate", 16, PARAM_PRINTABLE },
};
const size_t n_federation_list_params = ARRAY_LEN(federation_list_params);

int h_federation_list(struct request *rq)
{
	_json_ json_t *list = NULL;
	int r = federation_is_there(rq);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n_federation_list_params; i++)
		if (!str_is_null(rq_param(rq, i)))
			return op_fail(&rq->op, ERR_UNSUPPORTED_PARAMETER, "the list has no filters");
	r = subordinate_list(&rq->op, &list);
	return r < 0 ? r : respond_json(rq, 200, list);
}
