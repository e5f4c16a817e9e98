#include "server/federation/metadata_policy.h"

#include "server/federation/policy_set.h"

/* In the order of application (§6.1.3.1). */
enum { OP_VALUE, OP_ADD, OP_DEFAULT, OP_ONE_OF, OP_SUBSET_OF, OP_SUPERSET_OF, OP_ESSENTIAL, N_OPS };
static const char *const names[N_OPS] = { "value", "add", "default", "one_of", "subset_of", "superset_of", "essential" };

/* The operators of one parameter; NULL: absent. */
struct rules {
	const char *parameter;
	const json_t *of[N_OPS];
};

static struct rules rules_of(const char *parameter, const json_t *policy)
{
	struct rules r = { .parameter = parameter };

	for (int i = 0; i < N_OPS; i++)
		r.of[i] = json_object_get(policy, names[i]);
	return r;
}

static int bad(struct op *op, const char *text)
{
	return op_fail(op, ERR_INVALID_METADATA, text);
}

static bool is_array_operator(int i)
{
	return i == OP_ADD || i == OP_ONE_OF || i == OP_SUBSET_OF || i == OP_SUPERSET_OF;
}

static int check_types(struct op *op, const struct rules *r)
{
	for (int i = 0; i < N_OPS; i++) {
		const json_t *value = r->of[i], *item;
		size_t k;

		if (!value || i == OP_VALUE)
			continue;
		if (i == OP_ESSENTIAL && !json_is_boolean(value))
			return bad(op, "the policy operator essential takes true or false");
		if (json_is_null(value))
			return bad(op, "a policy operator other than value has no value");
		if (!is_array_operator(i))
			continue;
		if (!json_is_array(value) || json_array_size(value) > POLICY_VALUES_MAX)
			return bad(op, "the policy operators add, one_of, subset_of and superset_of take arrays of at most 256 values");
		json_array_foreach(value, k, item)
			if (json_is_null(item) || (policy_is_words(r->parameter) && !json_is_string(item)))
				return bad(op, "an array of a policy operator holds something that no parameter can be");
	}
	return 0;
}

/* value beside the operators for arrays. */
static int check_value_set(struct op *op, const struct rules *r)
{
	_json_ json_t *set = policy_set_of(r->parameter, r->of[OP_VALUE]);

	if (!r->of[OP_ADD] && !r->of[OP_SUBSET_OF] && !r->of[OP_SUPERSET_OF])
		return 0;
	if (!set)
		return bad(op, "the policy sets one value where its other operators want an array");
	if (r->of[OP_ADD] && !policy_is_subset(r->of[OP_ADD], set))
		return bad(op, "the policy adds what is not in the value that it sets");
	if (r->of[OP_SUBSET_OF] && !policy_is_subset(set, r->of[OP_SUBSET_OF]))
		return bad(op, "the policy sets a value that is not a subset of its subset_of");
	if (r->of[OP_SUPERSET_OF] && !policy_is_subset(r->of[OP_SUPERSET_OF], set))
		return bad(op, "the policy sets a value that is not a superset of its superset_of");
	return 0;
}

/* §6.1.3.1.1: what may stand beside value. */
static int check_value(struct op *op, const struct rules *r)
{
	const json_t *value = r->of[OP_VALUE];

	if (!value)
		return 0;
	if (json_is_null(value) && (r->of[OP_DEFAULT] || json_is_true(r->of[OP_ESSENTIAL])))
		return bad(op, "the policy removes a parameter and wants it at once");
	if (r->of[OP_ONE_OF] && !policy_set_has(r->of[OP_ONE_OF], value))
		return bad(op, "the policy sets a value that is not in its one_of");
	return check_value_set(op, r);
}

static int check_combination(struct op *op, const struct rules *r)
{
	int code = check_value(op, r);

	if (code < 0)
		return code;
	if (r->of[OP_ONE_OF] && (r->of[OP_ADD] || r->of[OP_SUBSET_OF] || r->of[OP_SUPERSET_OF]))
		return bad(op, "the policy combines one_of with an operator for arrays");
	if (r->of[OP_ADD] && r->of[OP_SUBSET_OF] && !policy_is_subset(r->of[OP_ADD], r->of[OP_SUBSET_OF]))
		return bad(op, "the policy adds what is not in its subset_of");
	if (r->of[OP_SUBSET_OF] && r->of[OP_SUPERSET_OF] && !policy_is_subset(r->of[OP_SUPERSET_OF], r->of[OP_SUBSET_OF]))
		return bad(op, "the policy has a superset_of that is not within its subset_of");
	return 0;
}

static int check_rules(struct op *op, const struct rules *r)
{
	int code = check_types(op, r);

	return code < 0 ? code : check_combination(op, r);
}

int metadata_policy_check(struct op *op, const json_t *policy)
{
	const char *type, *parameter;
	json_t *parameters, *operators;

	if (!json_is_object(policy) || json_object_size(policy) > POLICY_MEMBERS_MAX)
		return bad(op, "a metadata policy is an object with at most 128 members");
	json_object_foreach((json_t *)(uintptr_t)policy, type, parameters) {
		if (!json_is_object(parameters) || json_object_size(parameters) > POLICY_MEMBERS_MAX)
			return bad(op, "the metadata policy of an entity type is an object with at most 128 members");
		json_object_foreach(parameters, parameter, operators) {
			struct rules r = rules_of(parameter, operators);
			int code;

			if (!json_is_object(operators))
				return bad(op, "the policy of a parameter is an object with operators");
			code = check_rules(op, &r);
			if (code < 0)
				return code;
		}
	}
	return 0;
}

/* Both have the operator: a new reference, or NULL where they contradict each other. */
static json_t *merge_values(int i, const json_t *superior, const json_t *subordinate)
{
	json_t *merged;

	switch (i) {
	case OP_ADD:
	case OP_SUPERSET_OF:
		return policy_union(superior, subordinate);
	case OP_SUBSET_OF:
		return policy_intersection(superior, subordinate);
	case OP_ONE_OF:
		merged = policy_intersection(superior, subordinate);
		if (json_array_size(merged) > 0)
			return merged;
		json_decref(merged);
		return NULL;
	case OP_ESSENTIAL:
		return json_boolean(json_is_true(superior) || json_is_true(subordinate));
	default:
		return json_equal(superior, subordinate) ? json_incref((json_t *)(uintptr_t)superior) : NULL;
	}
}

static json_t *copy_of(const json_t *value)
{
	json_t *copy = json_deep_copy(value);

	assert(copy);
	return copy;
}

static int merge_parameter(struct op *op, const char *parameter, json_t *superior, const json_t *subordinate)
{
	struct rules merged;

	for (int i = 0; i < N_OPS; i++) {
		const json_t *above = json_object_get(superior, names[i]), *below = json_object_get(subordinate, names[i]);
		json_t *value;

		if (!below)
			continue;
		value = above ? merge_values(i, above, below) : copy_of(below);
		if (!value)
			return bad(op, "a subordinate's metadata policy contradicts that of a superior");
		json_set_take(superior, names[i], value);
	}
	merged = rules_of(parameter, superior);
	return check_rules(op, &merged);
}

int metadata_policy_merge(struct op *op, json_t *superior, const json_t *subordinate)
{
	const char *type, *parameter;
	json_t *parameters, *operators;

	json_object_foreach((json_t *)(uintptr_t)subordinate, type, parameters) {
		json_t *above = json_object_get(superior, type);

		if (!above) {
			json_set_take(superior, type, copy_of(parameters));
			continue;
		}
		json_object_foreach(parameters, parameter, operators) {
			json_t *present = json_object_get(above, parameter);
			int code = 0;

			if (present)
				code = merge_parameter(op, parameter, present, operators);
			else
				json_set_take(above, parameter, copy_of(operators));
			if (code < 0)
				return code;
		}
	}
	return 0;
}

/* What a scope is as a parameter of metadata: the text, even where the operator has an array. */
static json_t *written(const struct rules *r, const json_t *value)
{
	if (json_is_array(value))
		return policy_set_written(r->parameter, (json_t *)(uintptr_t)value);
	return json_incref((json_t *)(uintptr_t)value);
}

/* value, add, default: what makes a parameter. */
static int apply_modifiers(struct op *op, const struct rules *r, json_t *metadata)
{
	const json_t *present;

	if (json_is_null(r->of[OP_VALUE]))
		json_object_del(metadata, r->parameter);
	else if (r->of[OP_VALUE])
		json_set_take(metadata, r->parameter, written(r, r->of[OP_VALUE]));
	present = json_object_get(metadata, r->parameter);
	/* An absent parameter that may not be there stays away: add is within value, so it is empty then. */
	if (r->of[OP_ADD] && !json_is_null(r->of[OP_VALUE])) {
		_json_ json_t *set = present ? policy_set_of(r->parameter, present) : json_new_array();
		_json_ json_t *all = set ? policy_union(set, r->of[OP_ADD]) : NULL;

		if (!all)
			return bad(op, "the policy adds values to a parameter that is no array");
		json_set_take(metadata, r->parameter, policy_set_written(r->parameter, all));
	}
	if (r->of[OP_DEFAULT] && !json_object_get(metadata, r->parameter))
		json_set_take(metadata, r->parameter, written(r, r->of[OP_DEFAULT]));
	return 0;
}

/* subset_of and superset_of, of a parameter that is there. */
static int apply_sets(struct op *op, const struct rules *r, json_t *metadata)
{
	_json_ json_t *set = policy_set_of(r->parameter, json_object_get(metadata, r->parameter)), *rest = NULL;

	if (!set)
		return bad(op, "the policy wants an array where the metadata has none");
	rest = r->of[OP_SUBSET_OF] ? policy_intersection(set, r->of[OP_SUBSET_OF]) : json_incref(set);
	if (r->of[OP_SUBSET_OF])
		json_set_take(metadata, r->parameter, policy_set_written(r->parameter, rest));
	if (r->of[OP_SUPERSET_OF] && !policy_is_subset(r->of[OP_SUPERSET_OF], rest))
		return bad(op, "the metadata lacks values that the policy wants");
	return 0;
}

static int apply_parameter(struct op *op, const struct rules *r, json_t *metadata)
{
	int code = apply_modifiers(op, r, metadata);
	const json_t *present;

	if (code < 0)
		return code;
	present = json_object_get(metadata, r->parameter);
	if (!present)
		return json_is_true(r->of[OP_ESSENTIAL]) ? bad(op, "the metadata lacks a parameter that the policy wants") : 0;
	if (r->of[OP_ONE_OF] && !policy_set_has(r->of[OP_ONE_OF], present))
		return bad(op, "the metadata has a value that the policy does not allow");
	if (r->of[OP_SUBSET_OF] || r->of[OP_SUPERSET_OF])
		return apply_sets(op, r, metadata);
	return 0;
}

int metadata_policy_apply(struct op *op, const json_t *policy, json_t *metadata)
{
	const char *type, *parameter;
	json_t *parameters, *operators;

	json_object_foreach((json_t *)(uintptr_t)policy, type, parameters) {
		json_t *target = json_object_get(metadata, type);

		if (!target)
			continue;
		json_object_foreach(parameters, parameter, operators) {
			struct rules r = rules_of(parameter, operators);
			int code = apply_parameter(op, &r, target);

			if (code < 0)
				return code;
		}
	}
	return 0;
}
