#include "provisioning/scim/groups.h"

#include "common/base/random.h"

#include <inttypes.h>

bool scim_has_groups(struct scim *s)
{
	return scim_roles_in(s) == SCIM_ROLES_GROUPS;
}

struct str scim_group_role(const struct scim *s, struct str name)
{
	struct str prefix = s->config->group_prefix;

	return str_starts(name, prefix) && name.len > prefix.len ? str_skip(name, prefix.len) : STR_NULL;
}

/* display may be left out: then the group is asked. */
static enum verdict name_of_group(struct call *c, struct str id, struct str *ret_name)
{
	struct scim *s = c->instance;
	struct arena *a = c->op->arena;
	struct str path = arena_printf(a, "%.*s?excludedAttributes=members", STR_ARG(scim_group_path(a, id)));
	_exchange_ struct scim_exchange x = { .kind = SCIM_READ, .method = "GET", .path = path };
	const char *name;
	json_t *known;
	enum verdict verdict;

	*ret_name = STR_NULL;
	pthread_mutex_lock(&s->lock);
	json_object_foreach(s->group_ids, name, known)
		if (str_equal(str_n(json_string_value(known), json_string_length(known)), id))
			*ret_name = arena_dup_c(a, name);
	pthread_mutex_unlock(&s->lock);
	if (!str_is_null(*ret_name))
		return VERDICT_DONE;
	verdict = scim_exchange(c, &x);
	if (verdict == VERDICT_DONE)
		*ret_name = arena_dup(a, json_get_str(x.json, "displayName"));
	return verdict == VERDICT_ABSENT ? VERDICT_DONE : verdict;
}

static enum verdict of_user(struct call *c, const json_t *user, struct scim_groups *ret)
{
	struct scim *s = c->instance;
	struct arena *a = c->op->arena;
	size_t i;
	json_t *group;

	json_array_foreach(json_object_get(user, "groups"), i, group) {
		struct str id = json_get_str(group, "value"), name = json_get_str(group, "display"), role;
		enum verdict verdict;

		if (json_is_integer(json_object_get(group, "value")))
			id = arena_printf(a, "%" PRId64, (int64_t)json_integer_value(json_object_get(group, "value")));
		if (str_is_empty(id))
			continue;
		if (str_is_empty(name)) {
			verdict = name_of_group(c, id, &name);
			if (verdict != VERDICT_DONE)
				return verdict;
		}
		role = scim_group_role(s, name);
		if (str_is_null(role))
			continue;
		scim_group_remember(s, name, id);
		scim_groups_add(ret, arena_dup(a, role), arena_dup(a, id));
	}
	return ret->is_cut ? call_fault(c, VERDICT_REFUSED, "unprovable", "more groups of ours than can be") : VERDICT_DONE;
}

/* Nobody is in a group by an id that nobody has: a server that ignores this filter would show everybody in everything. */
static enum verdict prove_filter(struct call *c)
{
	struct scim *s = c->instance;
	struct scim_groups *found = ARENA_NEW(c->op->arena, struct scim_groups);
	char nobody[UUID_TEXT_LEN + 1];
	enum verdict verdict;

	if (atomic_load(&s->is_filter_proven))
		return VERDICT_DONE;
	random_uuid(nobody);
	verdict = scim_groups_find(c, scim_filter_eq(c->op->arena, "members.value", str_c(nobody)), found);
	if (verdict != VERDICT_DONE)
		return verdict;
	if (found->n > 0)
		return call_fault(c, VERDICT_REFUSED, "unprovable", "the platform does not find groups by their members");
	atomic_store(&s->is_filter_proven, true);
	return VERDICT_DONE;
}

/* One group after the other: where members can neither be seen nor searched for. */
static enum verdict ask_each(struct call *c, struct str user_id, struct scim_groups *ret)
{
	struct arena *a = c->op->arena;
	struct scim_groups *all = ARENA_NEW(a, struct scim_groups), *found = ARENA_NEW(a, struct scim_groups);
	enum verdict verdict = scim_groups_all(c, all);

	for (size_t i = 0; verdict == VERDICT_DONE && i < all->n; i++) {
		struct str id = scim_filter_eq(a, "id", all->ids[i]), member = scim_filter_eq(a, "members", user_id);

		verdict = scim_groups_find(c, arena_printf(a, "%.*s and %.*s", STR_ARG(id), STR_ARG(member)), found);
		if (verdict == VERDICT_DONE && !str_is_null(scim_groups_id(found, all->roles[i])))
			scim_groups_add(ret, all->roles[i], all->ids[i]);
	}
	return verdict;
}

enum verdict scim_groups_of(struct call *c, const json_t *user, struct scim_groups *ret)
{
	struct scim *s = c->instance;
	struct str id = scim_user_id(c->op->arena, user);
	enum verdict verdict;

	*ret = (struct scim_groups){ .n = 0 };
	if (s->switches.of[SCIM_SW_MEMBERSHIP] == SCIM_MEMBERSHIP_USER)
		return of_user(c, user, ret);
	if (str_is_null(id))
		id = c->ext_id;
	if (s->switches.of[SCIM_SW_MEMBERSHIP] == SCIM_MEMBERSHIP_EACH)
		return ask_each(c, id, ret);
	verdict = prove_filter(c);
	return verdict == VERDICT_DONE ? scim_groups_find(c, scim_filter_eq(c->op->arena, "members.value", id), ret) : verdict;
}

static bool is_wanted(const struct desired *want, struct str role)
{
	for (size_t i = 0; want->active && i < want->n_roles; i++)
		if (str_equal(want->roles[i].code, role))
			return true;
	return false;
}

bool scim_groups_match(const struct scim_groups *groups, const struct desired *want)
{
	size_t n_wanted = want->active ? want->n_roles : 0;

	if (desired_leaves(want, "roles"))
		return true;
	if (groups->n != n_wanted)
		return false;
	for (size_t i = 0; i < groups->n; i++)
		if (!is_wanted(want, groups->roles[i]))
			return false;
	return true;
}

static enum verdict leave(struct call *c, struct str user_id, const struct scim_groups *now, size_t *ret_n)
{
	for (size_t i = 0; i < now->n; i++) {
		enum verdict verdict;

		if (is_wanted(c->want, now->roles[i]))
			continue;
		verdict = scim_member_change(c, now->ids[i], user_id, false);
		/* The group has gone, and nobody is in it. */
		if (verdict == VERDICT_ABSENT)
			scim_group_forget(c->instance, now->roles[i]);
		else if (verdict != VERDICT_DONE)
			return verdict;
		call_change(c, "group", now->roles[i], STR_NULL);
		(*ret_n)++;
	}
	return VERDICT_DONE;
}

static enum verdict enter(struct call *c, struct str user_id, struct str role)
{
	struct str group;
	enum verdict verdict = scim_group_id(c, role, true, &group);

	if (verdict == VERDICT_DONE)
		verdict = scim_member_change(c, group, user_id, true);
	if (verdict != VERDICT_ABSENT)
		return verdict;
	/* It was there once: another has its name now, or none. */
	scim_group_forget(c->instance, role);
	verdict = scim_group_id(c, role, true, &group);
	if (verdict == VERDICT_DONE)
		verdict = scim_member_change(c, group, user_id, true);
	return verdict == VERDICT_ABSENT ? call_fault(c, VERDICT_NOT_DONE, "race", "the group comes and goes") : verdict;
}

enum verdict scim_groups_bring(struct call *c, const json_t *user, bool is_new, bool *ret_changed)
{
	struct scim_groups *now = ARENA_NEW(c->op->arena, struct scim_groups);
	struct str user_id = scim_user_id(c->op->arena, user);
	enum verdict verdict;
	size_t n = 0;

	*ret_changed = false;
	if (!is_new && desired_leaves(c->want, "roles"))
		return VERDICT_DONE;
	if (str_is_null(user_id))
		user_id = c->ext_id;
	verdict = is_new ? VERDICT_DONE : scim_groups_of(c, user, now);
	/* What is to end comes first. */
	if (verdict == VERDICT_DONE)
		verdict = leave(c, user_id, now, &n);
	for (size_t i = 0; verdict == VERDICT_DONE && c->want->active && i < c->want->n_roles; i++) {
		struct str role = c->want->roles[i].code;

		if (!str_is_null(scim_groups_id(now, role)))
			continue;
		verdict = enter(c, user_id, role);
		if (verdict == VERDICT_DONE)
			call_change(c, "group", STR_NULL, role);
		n++;
	}
	*ret_changed = n > 0;
	return verdict;
}
