/* Which groups of ours a platform has, and how one comes to be (groups.h). */
#include "provisioning/scim/groups.h"

#include "common/base/buf.h"
#include "common/base/url.h"

#include <inttypes.h>

#define PATH_MAX_BYTES 4096
#define PAGES_MAX 100
#define SCIM_GROUP "urn:ietf:params:scim:schemas:core:2.0:Group"

struct str scim_group_path(struct arena *a, struct str id)
{
	struct buf b = buf_new(a, PATH_MAX_BYTES);

	buf_add_c(&b, "/Groups/");
	url_escape(&b, id);
	return buf_str(&b);
}

static const char *name_of(struct arena *a, const struct scim *s, struct str role)
{
	return arena_printf(a, "%.*s%.*s", STR_ARG(s->config->group_prefix), STR_ARG(role)).p;
}

void scim_group_remember(struct scim *s, struct str name, struct str id)
{
	pthread_mutex_lock(&s->lock);
	json_object_setn_new(s->group_ids, name.p, name.len, json_from_str(id));
	pthread_mutex_unlock(&s->lock);
}

void scim_group_forget(struct scim *s, struct str role)
{
	struct arena *a = arena_new(PATH_MAX_BYTES);

	pthread_mutex_lock(&s->lock);
	json_object_del(s->group_ids, name_of(a, s, role));
	pthread_mutex_unlock(&s->lock);
	arena_free(a);
}

static struct str remembered(struct arena *a, struct scim *s, const char *name)
{
	struct str id;

	pthread_mutex_lock(&s->lock);
	id = arena_dup(a, json_get_str(s->group_ids, name));
	pthread_mutex_unlock(&s->lock);
	return id;
}

void scim_groups_add(struct scim_groups *groups, struct str role, struct str id)
{
	for (size_t i = 0; i < groups->n; i++)
		if (str_equal(groups->ids[i], id))
			return;
	groups->is_cut = groups->n == SCIM_GROUPS_MAX;
	if (groups->is_cut)
		return;
	groups->roles[groups->n] = role;
	groups->ids[groups->n++] = id;
}

/* Takes groups of ours from a page of groups; how many of any kind were in it that are not among seen. */
static size_t take_groups(struct call *c, const json_t *list, json_t *seen, struct scim_groups *ret)
{
	struct scim *s = c->instance;
	struct arena *a = c->op->arena;
	size_t i, n = 0;
	json_t *group;

	json_array_foreach(json_object_get(list, "Resources"), i, group) {
		struct str name = json_get_str(group, "displayName"), role = scim_group_role(s, name), id = scim_user_id(a, group);

		if (str_is_null(id) || json_object_get(seen, id.p))
			continue;
		json_set_bool(seen, id.p, true);
		n++;
		if (str_is_null(role))
			continue;
		scim_group_remember(s, name, id);
		scim_groups_add(ret, arena_dup(a, role), id);
	}
	return n;
}

static struct str page_path(struct arena *a, struct str filter, int64_t start, struct str cursor)
{
	struct buf path = buf_new(a, PATH_MAX_BYTES);

	buf_add_c(&path, "/Groups?excludedAttributes=members");
	if (!str_is_null(filter)) {
		buf_add_c(&path, "&filter=");
		url_escape(&path, filter);
	}
	if (!str_is_empty(cursor)) {
		buf_add_c(&path, "&cursor=");
		url_escape(&path, cursor);
	} else if (start > 1) {
		buf_printf(&path, "&startIndex=%" PRId64, start);
	}
	return buf_str(&path);
}

/* Groups by a filter, all of them; VERDICT_REFUSED: not all can be had. */
enum verdict scim_groups_find(struct call *c, struct str filter, struct scim_groups *ret)
{
	struct arena *a = c->op->arena;
	_json_ json_t *seen = json_new_object();
	struct str cursor = STR_NULL;
	int64_t n = 0, total = -1;

	*ret = (struct scim_groups){ .n = 0 };
	for (int page = 0; page < PAGES_MAX; page++) {
		_exchange_ struct scim_exchange x = { .kind = SCIM_READ, .method = "GET", .path = page_path(a, filter, n + 1, cursor) };
		enum verdict verdict = scim_exchange(c, &x);
		size_t got;

		if (verdict != VERDICT_DONE)
			return verdict == VERDICT_ABSENT ? call_fault(c, VERDICT_REFUSED, "config", "there are no groups") : verdict;
		if (!scim_is_list(x.json))
			return call_fault(c, VERDICT_NOT_DONE, "answer", "%d without a list of groups", x.status);
		got = take_groups(c, x.json, seen, ret);
		n += (int64_t)got;
		total = json_get_int(x.json, "totalResults", -1);
		cursor = arena_dup(a, json_get_str(x.json, "nextCursor"));
		if (str_is_empty(cursor) && (total < 0 || n >= total) && !ret->is_cut)
			return VERDICT_DONE;
		/* It begins anew: it knows no pages. */
		if (got == 0 || ret->is_cut)
			break;
	}
	return call_fault(c, VERDICT_REFUSED, "unprovable", "the platform shows %" PRId64 " of %" PRId64 " groups", n, total);
}

enum verdict scim_groups_all(struct call *c, struct scim_groups *ret)
{
	return scim_groups_find(c, STR_NULL, ret);
}

struct str scim_groups_id(const struct scim_groups *groups, struct str role)
{
	for (size_t i = 0; i < groups->n; i++)
		if (str_equal(groups->roles[i], role))
			return groups->ids[i];
	return STR_NULL;
}

static enum verdict look_for(struct call *c, struct str role, const char *name, struct str *ret_id)
{
	struct scim_groups *found = ARENA_NEW(c->op->arena, struct scim_groups);
	enum verdict verdict = scim_groups_find(c, scim_filter_eq(c->op->arena, "displayName", str_c(name)), found);
	size_t n = 0;

	*ret_id = scim_groups_id(found, role);
	/* A filter may be ignored, and not all be shown: what was found is found nevertheless. */
	if (verdict == VERDICT_REFUSED && !str_is_null(*ret_id))
		verdict = VERDICT_DONE;
	if (verdict != VERDICT_DONE)
		return verdict;
	for (size_t i = 0; i < found->n; i++)
		n += str_equal(found->roles[i], role);
	if (n > 1)
		return call_fault(c, VERDICT_REFUSED, "disputed", "%zu groups are named %s", n, name);
	return n == 1 ? VERDICT_DONE : VERDICT_ABSENT;
}

/* Empty: members come by changes. */
static enum verdict make(struct call *c, const char *name, struct str *ret_id)
{
	_json_ json_t *group = json_pack("{s: [s], s: s}", "schemas", SCIM_GROUP, "displayName", name);
	_exchange_ struct scim_exchange x = { .kind = SCIM_CREATE, .method = "POST", .path = STR("/Groups"), .body = group };
	enum verdict verdict = scim_exchange(c, &x);
	struct str id;

	if (verdict != VERDICT_DONE)
		return verdict;
	*ret_id = scim_user_id(c->op->arena, x.json);
	id = str_is_null(*ret_id) && !str_is_empty(x.answer.location) ? scim_id_of_location(x.answer.location) : STR_NULL;
	if (!str_is_null(id) && !url_unescape(c->op->arena, id, ret_id))
		*ret_id = STR_NULL;
	return VERDICT_DONE;
}

enum verdict scim_group_id(struct call *c, struct str role, bool may_make, struct str *ret_id)
{
	struct scim *s = c->instance;
	const char *name = name_of(c->op->arena, s, role);
	enum verdict verdict;

	*ret_id = remembered(c->op->arena, s, name);
	if (!str_is_empty(*ret_id))
		return VERDICT_DONE;
	verdict = look_for(c, role, name, ret_id);
	if (verdict != VERDICT_ABSENT || !may_make)
		return verdict;
	verdict = make(c, name, ret_id);
	/* Somebody was faster, or nobody said what it is called. */
	if (verdict == VERDICT_CONFLICT || (verdict == VERDICT_DONE && str_is_empty(*ret_id)))
		verdict = look_for(c, role, name, ret_id);
	if (verdict == VERDICT_ABSENT)
		return call_fault(c, VERDICT_NOT_DONE, "answer", "the group %s was made and is not found", name);
	/* A group twice would be found: nothing of the account is in doubt. */
	if (verdict == VERDICT_IN_DOUBT)
		verdict = VERDICT_NOT_DONE;
	if (verdict == VERDICT_DONE)
		scim_group_remember(s, str_c(name), *ret_id);
	return verdict;
}
