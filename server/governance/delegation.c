#include "server/governance/delegation.h"

static bool is_self(const struct principal *p, struct str person_id)
{
	return str_equal(p->person_id, person_id);
}

static bool scope_reaches(const struct admin_scope *s, struct str unit_path, int64_t platform_id)
{
	/* A unit without a path is not in the tree: nobody's. */
	if (str_is_empty(s->unit_path) || str_is_empty(unit_path) || !str_starts(unit_path, s->unit_path))
		return false;
	return s->platform_id == EVERY_PLATFORM || s->platform_id == platform_id;
}

static bool names_role(const struct admin_scope *s, int64_t role_id)
{
	for (size_t i = 0; i < s->n_roles; i++)
		if (s->roles[i] == role_id)
			return true;
	return false;
}

static bool reaches_role(const struct admin_scope *s, const struct delegation_object *object)
{
	if (s->n_roles > 0 && !names_role(s, object->role_id))
		return false;
	return object->role_id == 0 || !s->is_capped || object->rank <= s->max_rank;
}

/* Everything that a scope for these roles under this cap would reach. */
static bool reaches_roles(const struct admin_scope *s, const int64_t *roles, size_t n_roles, bool is_capped, int max_rank)
{
	if (s->is_capped && (!is_capped || max_rank > s->max_rank))
		return false;
	if (s->n_roles == 0)
		return true;
	for (size_t i = 0; i < n_roles; i++)
		if (!names_role(s, roles[i]))
			return false;
	return n_roles > 0;
}

static bool scope_has(const struct admin_scope *s, unsigned rights)
{
	return rights != 0 && (s->rights & rights) == rights;
}

int delegation_check(const struct principal *p, unsigned right, const struct delegation_object *object)
{
	if (is_self(p, object->person_id))
		return ERR_SELF_GRANT;
	for (size_t i = 0; i < p->n_scopes; i++)
		if (scope_has(&p->scopes[i], right) && scope_reaches(&p->scopes[i], object->unit_path, object->platform_id) &&
		    reaches_role(&p->scopes[i], object))
			return 0;
	return ERR_OUT_OF_SCOPE;
}

static bool ends_in_time(const struct admin_scope *s, int64_t valid_to_s)
{
	return s->valid_to_s == 0 || (valid_to_s != 0 && valid_to_s <= s->valid_to_s);
}

int delegation_check_gift(const struct principal *p, const struct delegation_gift *gift)
{
	if (is_self(p, gift->to.person_id))
		return ERR_SELF_GRANT;
	for (size_t i = 0; i < p->n_scopes; i++) {
		const struct admin_scope *s = &p->scopes[i];

		if (scope_has(s, gift->rights) && scope_has(s, RIGHT_DELEGATE) && ends_in_time(s, gift->valid_to_s) &&
		    scope_reaches(s, gift->to.unit_path, gift->to.platform_id) &&
		    reaches_roles(s, gift->roles, gift->n_roles, gift->is_capped, gift->max_rank))
			return 0;
	}
	return ERR_OUT_OF_SCOPE;
}

static bool holds_as_much(const struct principal *p, const struct admin_scope *held)
{
	for (size_t i = 0; i < p->n_scopes; i++)
		if (scope_has(&p->scopes[i], held->rights) && scope_reaches(&p->scopes[i], held->unit_path, held->platform_id) &&
		    reaches_roles(&p->scopes[i], held->roles, held->n_roles, held->is_capped, held->max_rank))
			return true;
	return false;
}

int delegation_check_account(const struct principal *p, unsigned right, const struct delegation_object *object,
                             const struct admin_scope *held, size_t n_held)
{
	int r = delegation_check(p, right, object);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n_held; i++)
		if (!holds_as_much(p, &held[i]))
			return ERR_OUT_OF_SCOPE;
	return 0;
}
