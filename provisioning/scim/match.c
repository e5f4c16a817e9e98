/* match.c: accounts of a SCIM platform that may be ours, by a rule of matching, and how one becomes ours (http.h). */
#include "provisioning/scim/write.h"

#include "provisioning/match.h"
#include "provisioning/scim/mapped.h"

static struct candidate candidate_of(struct call *c, const struct match_rule *rule, const json_t *user)
{
	struct str owner = json_get_str(user, "externalId");
	struct arena *a = c->op->arena;

	return (struct candidate){
		.ext_id = scim_user_id(a, user),
		.label = arena_dup(a, str_is_null(json_get_str(user, "userName")) ? STR("") : json_get_str(user, "userName")),
		.rule = rule,
		/* What looks like an id of ours: another tool's mark is none, and is written over. */
		.is_linked = uuid_is_valid(owner) && !str_equal(owner, c->want->account_id),
	};
}

static bool is_proven(const struct scim *s, struct str path)
{
	for (size_t i = 0; i < SCIM_PROVEN_MAX; i++) {
		const char *proven = atomic_load(&s->proven[i]);

		if (proven && str_equal(str_c(proven), path))
			return true;
	}
	return false;
}

/* Paths of mappings stay as long as the program. */
static void note_proven(struct scim *s, struct str path)
{
	for (size_t i = 0; i < SCIM_PROVEN_MAX; i++) {
		const char *none = NULL;

		if (atomic_compare_exchange_strong(&s->proven[i], &none, path.p))
			return;
	}
}

static bool list_has_id(struct arena *a, const json_t *list, struct str id)
{
	size_t i;
	json_t *user;

	json_array_foreach(json_object_get(list, "Resources"), i, user)
		if (str_equal(scim_user_id(a, user), id))
			return true;
	return false;
}

/*
 * "Nobody" from a server that does not understand the path (an attribute of an extension, say) would make second accounts:
 * so a user who has a value there must be found by it.  Where nobody seen has one, there is nothing to be found.
 */
static enum verdict prove(struct call *c, const struct match_rule *rule)
{
	_exchange_ struct scim_exchange page = { .kind = SCIM_READ, .method = "GET", .path = STR("/Users?startIndex=1&count=50") };
	_exchange_ struct scim_exchange found = { 0 };
	enum verdict verdict = scim_exchange(c, &page);
	struct str text = STR_NULL, id = STR_NULL;
	size_t i;
	json_t *user;

	if (verdict != VERDICT_DONE)
		return verdict;
	json_array_foreach(json_object_get(page.json, "Resources"), i, user) {
		text = scim_path_text(user, &rule->scim);
		id = scim_user_id(c->op->arena, user);
		if (!str_is_empty(text) && !str_is_null(id))
			break;
	}
	if (str_is_empty(text) || str_is_null(id))
		return VERDICT_DONE;
	verdict = scim_search(c, scim_filter_eq(c->op->arena, rule->path.p, text), 1, &found);
	if (verdict != VERDICT_DONE)
		return verdict;
	if (!list_has_id(c->op->arena, found.json, id))
		return call_fault(c, VERDICT_REFUSED, "unprovable", "the platform does not find by %.*s what it has", STR_ARG(rule->path));
	note_proven(c->instance, rule->path);
	return VERDICT_DONE;
}

enum verdict scim_match(struct call *c, size_t rule_index, struct candidates *all)
{
	const struct match_rule *rule = &c->want->mapping->rules[rule_index];
	struct str value = c->want->matches[rule_index].text;
	bool nocase = str_equal(rule->path, STR("userName")) || str_equal(rule->path, STR("emails.value"));
	_exchange_ struct scim_exchange x = { 0 };
	enum verdict verdict = scim_search(c, scim_filter_eq(c->op->arena, rule->path.p, value), 1, &x);
	const json_t *users = json_object_get(x.json, "Resources");
	bool filter_held = true;
	size_t i, n;
	json_t *user;

	if (verdict != VERDICT_DONE)
		return verdict;
	n = json_array_size(users);
	if (!json_is_array(users) && json_get_int(x.json, "totalResults", -1) != 0)
		return call_fault(c, VERDICT_REFUSED, "unprovable", "the platform does not search by %.*s", STR_ARG(rule->path));
	json_array_foreach((json_t *)users, i, user) {
		struct candidate hit = candidate_of(c, rule, user);

		if (str_is_null(hit.ext_id) || !scim_path_has(user, &rule->scim, value, nocase))
			filter_held = false;
		else
			match_add(all, hit);
	}
	/* Without a filter that holds, or the end of the list, there may be more of them. */
	if (!scim_is_whole(c->instance, x.json, n) || (!filter_held && json_get_int(x.json, "totalResults", -1) < 0))
		return call_fault(c, VERDICT_REFUSED, "unprovable", "the platform does not show all accounts with that %.*s", STR_ARG(rule->path));
	return all->n_hits > 0 || is_proven(c->instance, rule->path) ? VERDICT_DONE : prove(c, rule);
}

/* What it was before is looked at: between the search and now somebody may have taken it. */
enum verdict scim_adopt(struct call *c, struct observed *ret)
{
	_exchange_ struct scim_exchange now = { .kind = SCIM_READ, .method = "GET", .path = scim_user_path(c->op->arena, c->ext_id) };
	_exchange_ struct scim_exchange x = { 0 };
	_json_ json_t *patch = NULL, *user = NULL;
	enum verdict verdict = scim_exchange(c, &now);
	struct str owner;

	if (verdict != VERDICT_DONE)
		return verdict;
	owner = json_get_str(now.json, "externalId");
	if (uuid_is_valid(owner) && !str_equal(owner, c->want->account_id))
		return call_fault(c, VERDICT_CONFLICT, "conflict", "the account belongs to another one of ours");
	patch = json_pack("{s: [s], s: [{s: s, s: s, s: o}]}", "schemas", "urn:ietf:params:scim:api:messages:2.0:PatchOp", "Operations", "op", "replace",
	                  "path", "externalId", "value", json_from_str(c->want->account_id));
	x = (struct scim_exchange){ .kind = SCIM_CHANGE, .method = "PATCH", .path = scim_user_path(c->op->arena, c->ext_id), .body = patch,
		                   .if_match = scim_version(c, &now) };
	verdict = scim_exchange(c, &x);
	x.body = NULL;
	if (verdict == VERDICT_REFUSED) {
		/* No PATCH there, or not of this: the whole user as it is, with our id. */
		user = json_deep_copy(now.json);
		json_object_del(user, "meta");
		json_object_del(user, "groups");
		json_set_str(user, "externalId", c->want->account_id);
		json_decref(x.json);
		x = (struct scim_exchange){ .kind = SCIM_CHANGE, .method = "PUT", .path = scim_user_path(c->op->arena, c->ext_id), .body = user,
			                   .if_match = scim_version(c, &now) };
		verdict = scim_exchange(c, &x);
		x.body = NULL;
	}
	if (verdict == VERDICT_DONE)
		*ret = (struct observed){ .ext_id = c->ext_id };
	return verdict;
}
