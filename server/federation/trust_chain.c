#include "server/federation/trust_chain.h"

#include "server/federation/constraints.h"
#include "server/federation/metadata_policy.h"

static int bad(struct op *op, const char *text)
{
	return op_fail(op, ERR_INVALID_TRUST_CHAIN, text);
}

/* An entity stands in a chain by what is said of it; what is said by itself and by its superior are one. */
static bool is_loop(const struct statement *chain, size_t n)
{
	for (size_t j = 1; j < n; j++)
		for (size_t k = j + 1; k < n; k++)
			if (str_equal(chain[j].sub, chain[k].sub))
				return true;
	return false;
}

/* Which statement may stand where. */
static int check_links(struct op *op, const struct trust_anchor *anchor, const struct statement *chain, size_t n)
{
	if (n == 0 || n == 2 || n > TRUST_CHAIN_MAX)
		return bad(op, "a trust chain has one statement, or three to seven");
	if (!statement_is_configuration(&chain[0]) || !statement_is_configuration(&chain[n - 1]))
		return bad(op, "a trust chain begins and ends with an entity configuration");
	if (!str_equal(chain[n - 1].iss, anchor->id))
		return bad(op, "the trust chain does not end at the trust anchor");
	for (size_t j = 0; j + 1 < n; j++) {
		if (j > 0 && statement_is_configuration(&chain[j]))
			return bad(op, "only the ends of a trust chain are entity configurations");
		if (!str_equal(chain[j].iss, chain[j + 1].sub))
			return bad(op, "a statement of the trust chain is not by the subject of the next");
	}
	if (is_loop(chain, n))
		return bad(op, "the trust chain is a loop");
	if (n > 1 && !json_array_has_text(json_object_get(chain[0].claims, "authority_hints"), chain[1].iss))
		return bad(op, "the entity does not name its superior in authority_hints");
	return 0;
}

static int check_times(struct op *op, const struct statement *chain, size_t n, int64_t *ret_exp_s)
{
	int64_t exp_s = chain[0].exp_s;

	for (size_t j = 0; j < n; j++) {
		if (chain[j].exp_s <= op->now_s)
			return bad(op, "a statement of the trust chain has expired");
		if (chain[j].exp_s < exp_s)
			exp_s = chain[j].exp_s;
	}
	*ret_exp_s = exp_s;
	return 0;
}

/* §10.2.  The anchor's keys are ours; what it publishes must be signed by one of them. */
static int check_signatures(struct op *op, const struct trust_anchor *anchor, const struct statement *chain, size_t n)
{
	if (!statement_is_signed_by(op, &chain[n - 1], anchor->keys) || !statement_is_signed_by(op, &chain[n - 1], chain[n - 1].keys))
		return bad(op, "the trust anchor's configuration is not signed by its keys");
	if (!statement_is_signed_by(op, &chain[0], chain[0].keys))
		return bad(op, "the entity's configuration is not signed by its own keys");
	for (size_t j = 0; j + 1 < n; j++)
		if (!statement_is_signed_by(op, &chain[j], chain[j + 1].keys))
			return bad(op, "a statement of the trust chain is not signed by a key that its superior knows");
	return 0;
}

/* Each for itself (§6.2): those of statement j are about everybody below its issuer. */
static int check_constraints(struct op *op, const struct statement *chain, size_t n)
{
	for (size_t j = 1; j + 1 < n; j++) {
		const json_t *constraints = json_object_get(chain[j].claims, "constraints");

		if (!constraints_allow_path(constraints, j - 1))
			return bad(op, "the trust chain is longer than a superior allows");
		for (size_t k = 1; k <= j; k++)
			if (!constraints_allow_name(constraints, chain[k].sub))
				return bad(op, "a superior does not allow the name of an entity of the trust chain");
	}
	return 0;
}

/* §3.1.1: parameters that the immediate superior gives, of types that the entity has. */
static void lay_over(json_t *metadata, const json_t *by_superior)
{
	const char *type;
	json_t *parameters;

	json_object_foreach((json_t *)(uintptr_t)by_superior, type, parameters) {
		json_t *own = json_object_get(metadata, type);

		if (own && json_object_update(own, parameters) != 0)
			abort();
	}
}

/* §6.1.4.1: from the anchor down.  A new reference. */
static int merge_policies(struct op *op, const struct statement *chain, size_t n, json_t *merged)
{
	for (size_t j = n - 1; j-- > 1;) {
		const json_t *policy = json_object_get(chain[j].claims, "metadata_policy");
		int r = policy ? metadata_policy_check(op, policy) : 0;

		if (r >= 0 && policy)
			r = metadata_policy_merge(op, merged, policy);
		if (r < 0)
			return r;
	}
	return 0;
}

/* §6.1.4.2, §6.2.3 */
static int resolve_metadata(struct op *op, const struct statement *chain, size_t n, json_t **ret_metadata)
{
	const json_t *own = json_object_get(chain[0].claims, "metadata");
	_json_ json_t *metadata = own ? json_deep_copy(own) : json_new_object();
	_json_ json_t *policy = json_new_object();
	int r;

	assert(metadata);
	if (n > 1)
		lay_over(metadata, json_object_get(chain[1].claims, "metadata"));
	for (size_t j = 1; j + 1 < n; j++)
		constraints_strip_types(json_object_get(chain[j].claims, "constraints"), metadata);
	r = merge_policies(op, chain, n, policy);
	if (r >= 0)
		r = metadata_policy_apply(op, policy, metadata);
	if (r >= 0)
		*ret_metadata = TAKE_PTR(metadata);
	return r;
}

int trust_chain_judge(struct op *op, const struct trust_anchor *anchor, const struct statement *chain, size_t n,
                      struct trust_verdict *ret)
{
	struct trust_verdict verdict = { 0 };
	int r = check_links(op, anchor, chain, n);

	if (r >= 0)
		r = check_times(op, chain, n, &verdict.exp_s);
	if (r >= 0)
		r = check_constraints(op, chain, n);
	if (r >= 0)
		r = check_signatures(op, anchor, chain, n);
	if (r >= 0)
		r = resolve_metadata(op, chain, n, &verdict.metadata);
	if (r >= 0)
		*ret = verdict;
	return r;
}
