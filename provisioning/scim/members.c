/*
 * Members of a group, by changes (groups.h).  What several threads want of one group at a time goes as one PATCH.
 *
 * Some servers lose members that a PATCH did not name.  So the members are read before and after, once in a while and as
 * long as they can be had whole: a group that lost others than it should gets no more of them until a person has looked;
 * who is to leave it still does.
 */
#include "provisioning/scim/groups.h"

#include "common/base/clock.h"

#define COUNT_EVERY_MS 60000
#define DETAIL_BYTES 256
#define PATCH_OP "urn:ietf:params:scim:api:messages:2.0:PatchOp"

/* One thread's, on its stack; written by whoever sends it. */
struct change {
	struct combine_item item;
	struct str user_id;
	bool is_added;
	enum verdict verdict;
	const char *class;
	int64_t status, retry_after_s;
	char detail[DETAIL_BYTES];
};

static struct change *change_of(struct combine_item *item)
{
	return (struct change *)((char *)item - offsetof(struct change, item));
}

static json_t *member(struct str user_id)
{
	json_t *item = json_new_object();

	json_set_str(item, "value", user_id);
	return item;
}

static void add_operation(json_t *operations, struct str op, struct str path, json_t *value)
{
	json_t *operation = json_new_object();

	json_set_str(operation, "op", op);
	json_set_str(operation, "path", path);
	if (value)
		json_set_take(operation, "value", value);
	json_array_append_new(operations, operation);
}

static json_t *values(struct combine_item *const *items, size_t n, bool added)
{
	json_t *list = json_new_array();

	for (size_t i = 0; i < n; i++)
		if (change_of(items[i])->is_added == added)
			json_array_append_new(list, member(change_of(items[i])->user_id));
	return list;
}

/* Who leaves, first. */
static json_t *patch_of(struct call *c, struct combine_item *const *items, size_t n)
{
	const struct scim *s = c->instance;
	bool is_capital = s->switches.of[SCIM_SW_OPS] == SCIM_OPS_CAPITAL, by_value = s->switches.of[SCIM_SW_REMOVAL] == SCIM_REMOVAL_VALUE;
	struct str add = is_capital ? STR("Add") : STR("add"), remove = is_capital ? STR("Remove") : STR("remove");
	json_t *operations = json_new_array(), *added = values(items, n, true), *left = values(items, n, false), *patch;
	size_t i;
	json_t *item;

	if (by_value && json_array_size(left) > 0)
		add_operation(operations, remove, STR("members"), json_incref(left));
	json_array_foreach(left, i, item)
		if (!by_value)
			add_operation(operations, remove,
			              arena_printf(c->op->arena, "members[%.*s]", STR_ARG(scim_filter_eq(c->op->arena, "value", json_get_str(item, "value")))), NULL);
	json_decref(left);
	if (json_array_size(added) > 0)
		add_operation(operations, add, STR("members"), json_incref(added));
	json_decref(added);
	patch = json_pack("{s: [s]}", "schemas", PATCH_OP);
	json_set_take(patch, "Operations", operations);
	return patch;
}

/* An object of ids, or NULL: they cannot be had. */
static json_t *members_of(struct call *c, struct str group_id)
{
	struct str path = arena_printf(c->op->arena, "%.*s?attributes=members", STR_ARG(scim_group_path(c->op->arena, group_id)));
	_exchange_ struct scim_exchange x = { .kind = SCIM_READ, .method = "GET", .path = path, .is_plain = true };
	json_t *ids, *item;
	size_t i;

	/* A PATCH is to follow, and another look. */
	if (!call_has_time(c, 3 * ((const struct scim *)c->instance)->config->timeout_ms) || scim_exchange(c, &x) != VERDICT_DONE ||
	    !json_is_object(x.json))
		return NULL;
	ids = json_new_object();
	json_array_foreach(json_object_get(x.json, "members"), i, item) {
		struct str id = json_get_str(item, "value");

		json_object_setn_new(ids, id.p ? id.p : "", id.len, json_true());
	}
	return ids;
}

static bool leaves(struct combine_item *const *items, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (!change_of(items[i])->is_added && str_equal(change_of(items[i])->user_id, str_c(id)))
			return true;
	return false;
}

static size_t n_lost(const json_t *before, const json_t *after, struct combine_item *const *items, size_t n)
{
	const char *id;
	json_t *value;
	size_t lost = 0;

	json_object_foreach((json_t *)(uintptr_t)before, id, value)
		lost += !json_object_get(after, id) && !leaves(items, n, id);
	return lost;
}

/* Under s->lock in s->group_state: id -> when it was counted, or -1: it loses members. */
static int64_t state_of(struct scim *s, struct str group_id)
{
	int64_t state;

	pthread_mutex_lock(&s->lock);
	state = json_integer_value(json_object_getn(s->group_state, group_id.p, group_id.len));
	pthread_mutex_unlock(&s->lock);
	return state;
}

static void set_state(struct scim *s, struct str group_id, int64_t state)
{
	pthread_mutex_lock(&s->lock);
	json_object_setn_new(s->group_state, group_id.p, group_id.len, json_integer(state));
	pthread_mutex_unlock(&s->lock);
}

static void end_all(struct call *c, enum verdict verdict, struct combine_item *const *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct change *change = change_of(items[i]);
		struct str detail = c->fault.detail;

		change->verdict = verdict;
		change->class = c->fault.class;
		change->status = c->status;
		change->retry_after_s = c->fault.retry_after_s;
		(void)snprintf(change->detail, sizeof(change->detail), "%.*s", (int)(detail.len < DETAIL_BYTES - 1 ? detail.len : DETAIL_BYTES - 1),
		               detail.p ? detail.p : "");
	}
}

/* Who is no member any more cannot be removed, some say: that is as wanted. */
static bool is_gone_already(const struct scim_exchange *x, struct combine_item *const *items, size_t n)
{
	return n == 1 && !change_of(items[0])->is_added && x->status == 400 && str_equal(json_get_str(x->json, "scimType"), STR("noTarget"));
}

static bool is_too_much(const struct scim_exchange *x)
{
	return x->status == 413 || (x->status == 400 && str_equal(json_get_str(x->json, "scimType"), STR("tooMany")));
}

static void send_changes(struct call *c, struct str group_id, struct combine_item *const *items, size_t n);

static void send_halves(struct call *c, struct str group_id, struct combine_item *const *items, size_t n)
{
	send_changes(c, group_id, items, n / 2);
	send_changes(c, group_id, items + n / 2, n - n / 2);
}

/* 202: it goes on; each account is read again afterwards. */
static enum verdict patch_group(struct call *c, struct str group_id, struct combine_item *const *items, size_t n, bool *ret_too_much)
{
	struct scim *s = c->instance;
	_json_ json_t *patch = patch_of(c, items, n);
	_exchange_ struct scim_exchange x = { .kind = SCIM_CHANGE, .method = "PATCH", .path = scim_group_path(c->op->arena, group_id), .body = patch };
	enum verdict verdict = scim_exchange(c, &x);

	x.body = NULL;
	*ret_too_much = false;
	if (verdict == VERDICT_REFUSED && is_gone_already(&x, items, n))
		return VERDICT_DONE;
	/* Whatever it is: one of them may be nobody there, and the others are not to suffer from it. */
	*ret_too_much = verdict == VERDICT_REFUSED && n > 1;
	if (*ret_too_much && is_too_much(&x))
		(void)scim_learn_half(&s->chunk, (int64_t)n, 1);
	return verdict;
}

static void send_changes(struct call *c, struct str group_id, struct combine_item *const *items, size_t n)
{
	struct scim *s = c->instance;
	int64_t now_ms = clock_mono_ms(), state = state_of(s, group_id);
	bool is_counted = state >= 0 && (state == 0 || now_ms - state > COUNT_EVERY_MS), is_too_much_now;
	_json_ json_t *before = is_counted ? members_of(c, group_id) : NULL, *after = NULL;
	enum verdict verdict = patch_group(c, group_id, items, n, &is_too_much_now);
	size_t lost;

	if (is_too_much_now) {
		send_halves(c, group_id, items, n);
		return;
	}
	if (verdict == VERDICT_DONE && is_counted) {
		after = before ? members_of(c, group_id) : NULL;
		lost = after ? n_lost(before, after, items, n) : 0;
		set_state(s, group_id, lost > 0 ? -1 : now_ms);
		if (lost > 0)
			verdict = call_fault(c, VERDICT_REFUSED, "lost_members", "%zu others are no members any more since our change; nobody is added any more", lost);
	}
	end_all(c, verdict, items, n);
}

static void send_together(void *context, const struct combine_item *mine, struct combine_item *const *items, size_t n)
{
	(void)mine;
	send_changes(context, items[0]->key, items, n);
}

static size_t chunk_of(struct scim *s)
{
	int64_t chunk = s->switches.of[SCIM_SW_CHUNK], learned = atomic_load(&s->chunk);

	if (learned > 0 && learned < chunk)
		chunk = learned;
	return chunk < COMBINE_MAX ? (size_t)chunk : COMBINE_MAX;
}

enum verdict scim_member_change(struct call *c, struct str group_id, struct str user_id, bool is_added)
{
	struct scim *s = c->instance;
	struct change change = { .item = { .key = group_id, .bytes = 1 }, .user_id = user_id, .is_added = is_added, .verdict = VERDICT_NOT_DONE };
	struct combine_how how = {
		.max = chunk_of(s),
		.max_bytes = SIZE_MAX,
		.lanes = 1,
		.deadline_ms = c->deadline_ms - 2 * s->config->timeout_ms,
		.send = send_together,
		.context = c,
	};

	if (is_added && state_of(s, group_id) < 0)
		return call_fault(c, VERDICT_REFUSED, "lost_members", "the group loses members by our changes: nobody is added");
	if (!combine_run(&s->members, &change.item, &how))
		return call_fault(c, VERDICT_NOT_DONE, "lease", "no time left within the lease");
	c->status = change.status;
	if (change.verdict == VERDICT_DONE)
		return VERDICT_DONE;
	call_fault(c, change.verdict, change.class ? change.class : "absent", "%s", change.detail);
	c->fault.retry_after_s = change.retry_after_s;
	return change.verdict;
}
