#include "common/plan/mapping_change.h"

static void plan_with(struct arena *a, const struct account_facts *facts, int64_t platform_id, struct str mail_domain,
                      const struct mapping *mapping, struct desired *ret)
{
	const struct mapping **by_platform = ARENA_ARRAY(a, const struct mapping *, (size_t)platform_id + 1);
	struct mapping_set set = { by_platform, ARENA_ARRAY(a, bool, (size_t)platform_id + 1), (size_t)platform_id + 1, NULL };
	struct account_facts with = *facts;

	by_platform[platform_id] = mapping;
	with.mappings = &set;
	plan_platform(a, &with, platform_id, mail_domain, ret);
}

/* Without a mapping: the values of the one that says what the connector does. */
static const struct mapping *own_mapping(struct arena *a, enum mapping_kind kind)
{
	_json_ json_t *json = json_read(mapping_default(kind), 8, NULL);
	struct mapping_document_fault fault;

	return mapping_document_read(a, json, &fault);
}

static const struct desired_value *value_at(const struct desired *d, struct str path)
{
	for (size_t i = 0; i < d->n_values; i++)
		if (str_equal(d->values[i].row->path, path))
			return &d->values[i];
	return NULL;
}

static size_t role_changes(const struct desired *now, const struct desired *next)
{
	size_t n = 0;

	if (now->n_roles != next->n_roles)
		return 1;
	for (size_t i = 0; i < next->n_roles; i++)
		n += !str_equal(now->roles[i].code, next->roles[i].code);
	return n > 0;
}

static size_t value_changes(const struct desired *now, const struct desired *next)
{
	size_t n = 0;

	for (size_t i = 0; i < next->n_values; i++) {
		const struct desired_value *v = &next->values[i], *before = value_at(now, v->row->path);
		bool is_empty = mapping_value_is_empty(&v->value);

		if (v->row->owner != MAPPING_OURS)
			continue;
		if (!before || mapping_value_is_empty(&before->value))
			n += !is_empty;
		else
			n += is_empty || !mapping_values_equal(&v->value, &before->value);
	}
	return n;
}

struct mapping_change mapping_change_of(struct arena *a, const struct account_facts *facts, int64_t platform_id, struct str mail_domain,
                                        const struct mapping *current, const struct mapping *next)
{
	struct mapping_change change = { .is_due = false };
	struct desired now, then, seen;

	plan_with(a, facts, platform_id, mail_domain, current, &now);
	plan_with(a, facts, platform_id, mail_domain, next, &then);
	if (!then.active)
		return change;
	change.is_due = !str_equal(str_c(now.hash), str_c(then.hash));
	seen = now;
	if (!current)
		plan_with(a, facts, platform_id, mail_domain, own_mapping(a, next->kind), &seen);
	change.n_changes = !str_equal(seen.login, then.login) + role_changes(&seen, &then) + value_changes(&seen, &then);
	return change;
}
