#include "server/governance/dry_run.h"

#define DOCUMENT_DEPTH 8

const char *dry_operation_name(enum dry_operation operation)
{
	static const char *const names[DRY_OPERATIONS_] = {
		[DRY_NOTHING] = "nothing", [DRY_CREATE] = "create", [DRY_UPDATE] = "update", [DRY_DISABLE] = "disable", [DRY_DELETE] = "delete",
		[DRY_LOOK_UP] = "look_up",
	};

	return names[operation];
}

const char *dry_fate_name(enum dry_fate fate)
{
	static const char *const names[] = { [DRY_SENT] = "sent", [DRY_HELD] = "held", [DRY_NOT_ALLOWED] = "not_allowed" };

	return names[fate];
}

static const struct desired *desired_on(const struct desired *all, size_t n, int64_t platform_id)
{
	for (size_t i = 0; i < n; i++)
		if (all[i].platform_id == platform_id)
			return &all[i];
	return NULL;
}

static const struct dry_binding *binding_on(const struct dry_binding *all, size_t n, struct str account_id, int64_t platform_id)
{
	for (size_t i = 0; i < n; i++)
		if (all[i].platform_id == platform_id && str_equal(all[i].account_id, account_id))
			return &all[i];
	return NULL;
}

static enum dry_operation operation_of(const struct desired *before, const struct desired *after, const struct dry_binding *binding)
{
	bool is_there = binding && binding->is_there;

	if (before ? str_equal(str_c(before->hash), str_c(after->hash)) : !after->active)
		return DRY_NOTHING;
	if (after->active)
		return is_there ? DRY_UPDATE : DRY_CREATE;
	return is_there ? DRY_DISABLE : DRY_LOOK_UP;
}

void dry_run_account(struct arena *a, struct str mail_domain, const struct account_facts *before, const struct account_facts *after,
                     const struct dry_binding *bindings, size_t n_bindings, const struct dry_item **ret_items, size_t *ret_n)
{
	const struct desired *old = NULL, *new;
	struct dry_item *items;
	size_t n_old = 0, n_new, n = 0;

	if (before)
		plan_account(a, before, mail_domain, &old, &n_old);
	plan_account(a, after, mail_domain, &new, &n_new);
	items = ARENA_ARRAY(a, struct dry_item, n_old + n_new + 1);
	for (size_t i = 0; i < n_new; i++) {
		const struct dry_binding *binding = binding_on(bindings, n_bindings, after->account_id, new[i].platform_id);
		const struct desired *was = desired_on(old, n_old, new[i].platform_id);

		items[n] = (struct dry_item){
			.platform_id = new[i].platform_id, .operation = operation_of(was, &new[i], binding),
			.account_id = after->account_id, .login = after->login,
			.before = was ? was->document : STR_NULL, .after = new[i].document, .is_pending = binding && !binding->is_settled,
			.facts_before = before, .facts_after = after,
		};
		n += items[n].operation != DRY_NOTHING;
	}
	*ret_items = items;
	*ret_n = n;
}

static bool is_told(const struct dry_list *list, int64_t platform_id)
{
	for (size_t i = list->from; i < list->n; i++)
		if (list->items[i].platform_id == platform_id)
			return true;
	return false;
}

static enum dry_operation due_operation(const struct dry_due *due)
{
	if (due->is_in_doubt)
		return DRY_LOOK_UP;
	if (due->is_active)
		return due->is_there ? DRY_UPDATE : DRY_CREATE;
	if (!due->is_there)
		return DRY_LOOK_UP;
	return due->is_deletion ? DRY_DELETE : DRY_DISABLE;
}

void dry_run_due(struct arena *a, struct str mail_domain, const struct account_facts *after, struct dry_dues dues, struct dry_list *list)
{
	const struct desired *planned;
	size_t n_planned;

	if (dues.n == 0)
		return;
	plan_account(a, after, mail_domain, &planned, &n_planned);
	for (size_t i = 0; i < dues.n; i++) {
		const struct dry_due *due = &dues.all[i];
		const struct desired *wanted = desired_on(planned, n_planned, due->platform_id);

		if (is_told(list, due->platform_id))
			continue;
		list->items[list->n++] = (struct dry_item){
			.platform_id = due->platform_id, .operation = due_operation(due), .account_id = after->account_id, .login = after->login,
			.before = STR_NULL, .after = wanted ? wanted->document : STR("{}"), .is_pending = true,
		};
	}
}

static json_t *attributes_of(struct str document)
{
	json_t *json = str_is_null(document) ? NULL : json_read(document, DOCUMENT_DEPTH, NULL);

	/* The mapping's version and the account are no attributes. */
	if (json) {
		(void)json_object_del(json, "v");
		(void)json_object_del(json, "account");
	}
	return json;
}

void dry_run_attributes(json_t *item, struct str before, struct str after)
{
	json_t *old = attributes_of(before), *new = attributes_of(after), *changed = json_new_array(), *value;
	const char *name;

	json_object_foreach(new, name, value)
		if (!json_equal(value, json_object_get(old, name)))
			json_array_append_new(changed, json_from_str(str_c(name)));
	json_object_foreach(old, name, value)
		if (!json_object_get(new, name))
			json_array_append_new(changed, json_from_str(str_c(name)));
	json_set_take(item, "before", old ? old : json_null());
	json_set_take(item, "after", new ? new : json_null());
	json_set_take(item, "changed", changed);
}

int dry_item_order(const void *a, const void *b)
{
	const struct dry_item *x = a, *y = b;

	if (x->platform_id != y->platform_id)
		return x->platform_id < y->platform_id ? -1 : 1;
	return str_compare(x->login, y->login);
}

bool dry_run_after_is_good(struct str after)
{
	ptrdiff_t colon = str_index(after, ':');

	return colon > 0 && (size_t)colon + 1 < after.len;
}
