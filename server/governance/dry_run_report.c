#include "server/governance/dry_run_report.h"

#include "common/plan/facts_store.h"
#include "server/governance/dry_run_guard.h"
#include "server/governance/dry_run_later.h"

#include <stdlib.h>

#define SCRATCH_BYTES ((size_t)256 << 20)

struct facts {
	struct account_facts *all; /* by account */
	size_t n;
};

struct reach {
	const struct dry_reach *all;
	size_t n;
};

struct comparison {
	struct op *op;
	struct str mail_domain, page_after;
	const struct str *ids;
	size_t n_ids, n_total;
	struct facts before, after;
	struct reach reach_before, reach_after;
	const struct dry_binding *bindings;
	size_t n_bindings;
	struct dry_dues dues;
	struct dry_later later;
	const struct dry_message *messages;
	size_t n_messages;
	const struct dry_platform *platforms;
	size_t n_platforms;
	struct dry_item *items;
	size_t n_items;
	bool is_mass;          /* its accounts are no decisions about one person by name */
	struct dry_rule *rules;
	size_t n_rules;
	const struct dry_census *census;
	size_t n_census;
	struct str not_before; /* the earliest date on which one of them changes again */
};

static int by_account(const void *a, const void *b)
{
	return str_compare(((const struct account_facts *)a)->account_id, ((const struct account_facts *)b)->account_id);
}

static int read_facts(struct comparison *c, struct facts *ret)
{
	ret->all = ARENA_ARRAY(c->op->arena, struct account_facts, c->n_ids + 1);
	for (size_t at = 0; at < c->n_ids; at += FACTS_BATCH) {
		size_t n = c->n_ids - at < FACTS_BATCH ? c->n_ids - at : FACTS_BATCH, n_read;
		const struct account_facts *read;
		int r = facts_read(c->op, c->ids + at, n, &read, &n_read);

		if (r < 0)
			return r;
		for (size_t i = 0; i < n_read; i++)
			ret->all[ret->n++] = read[i];
	}
	qsort(ret->all, ret->n, sizeof(*ret->all), by_account);
	return 0;
}

static const struct account_facts *facts_of(const struct facts *f, struct str account_id)
{
	const struct account_facts key = { .account_id = account_id };

	return f->n > 0 ? bsearch(&key, f->all, f->n, sizeof(key), by_account) : NULL;
}

static const struct dry_reach *reach_of(const struct reach *r, struct str account_id)
{
	size_t from = 0, to = r->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (str_compare(r->all[middle].account_id, account_id) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from < r->n && str_equal(r->all[from].account_id, account_id) ? &r->all[from] : NULL;
}

/* Likewise of what is due. */
static struct dry_dues dues_of(const struct comparison *c, struct str account_id)
{
	size_t from = 0, to = c->dues.n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (str_compare(c->dues.all[middle].account_id, account_id) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	for (to = from; to < c->dues.n && str_equal(c->dues.all[to].account_id, account_id);)
		to++;
	return (struct dry_dues){ c->dues.all + from, to - from };
}

/* The first of an account among those sorted by it; *ret_n: how many. */
static const struct dry_binding *bindings_of(const struct comparison *c, struct str account_id, size_t *ret_n)
{
	size_t from = 0, to = c->n_bindings;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (str_compare(c->bindings[middle].account_id, account_id) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	for (to = from; to < c->n_bindings && str_equal(c->bindings[to].account_id, account_id);)
		to++;
	*ret_n = to - from;
	return c->bindings + from;
}

/* Who could see the account before may see what becomes of it; a new one, whoever sees it then. */
static bool may_see(const struct comparison *c, const struct dry_item *item)
{
	const struct dry_reach *reach = reach_of(&c->reach_before, item->account_id);

	if (!facts_of(&c->before, item->account_id))
		reach = reach_of(&c->reach_after, item->account_id);
	return reach && dry_reach_covers(reach, item->platform_id);
}

static int read_after(struct comparison *c, const struct principal *p)
{
	int r = dry_run_woken(c->op, DRY_ACCOUNTS_MAX, &c->ids, &c->n_ids, &c->n_total);

	if (r == 0)
		r = read_facts(c, &c->after);
	if (r == 0)
		r = dry_run_dues(c->op, c->ids, c->n_ids, &c->dues);
	if (r == 0)
		r = dry_run_later(c->op, DRY_LISTED_MAX, &c->later);
	if (r == 0)
		r = dry_run_reach(c->op, p, c->ids, c->n_ids, &c->reach_after.all, &c->reach_after.n);
	if (r == 0)
		r = dry_run_messages(c->op, &c->messages, &c->n_messages);
	if (r == 0)
		r = dry_run_platforms(c->op, &c->platforms, &c->n_platforms);
	if (r == 0)
		r = dry_run_is_mass(c->op, &c->is_mass);
	/* Of the rules those that count then: a switch, or the end of a platform, may be the very change. */
	if (r == 0)
		r = dry_run_rules(c->op, &c->rules, &c->n_rules);
	return r;
}

static int read_before(struct comparison *c, const struct principal *p)
{
	int r = read_facts(c, &c->before);

	if (r == 0)
		r = dry_run_reach(c->op, p, c->ids, c->n_ids, &c->reach_before.all, &c->reach_before.n);
	if (r == 0)
		r = dry_run_bindings(c->op, c->ids, c->n_ids, &c->bindings, &c->n_bindings);
	return r;
}

static void note_date(struct comparison *c, struct str date)
{
	if (str_is_null(c->not_before) || str_compare(date, c->not_before) < 0)
		c->not_before = date;
}

static void compare(struct comparison *c)
{
	struct dry_list list = { 0 };
	size_t n_max = 1 + c->dues.n;

	for (size_t i = 0; i < c->after.n; i++)
		n_max += 1 + c->after.all[i].n_grants + c->after.all[i].n_bound;
	list.items = ARENA_ARRAY(c->op->arena, struct dry_item, n_max);
	c->not_before = c->later.not_before;
	for (size_t i = 0; i < c->after.n; i++) {
		const struct account_facts *after = &c->after.all[i], *before = facts_of(&c->before, after->account_id);
		const struct dry_item *items;
		size_t n, n_bound;
		const struct dry_binding *bound = bindings_of(c, after->account_id, &n_bound);

		list.from = list.n;
		dry_run_account(c->op->arena, c->mail_domain, before, after, bound, n_bound, &items, &n);
		for (size_t k = 0; k < n; k++) {
			list.items[list.n] = items[k];
			list.items[list.n++].is_counted = c->is_mass;
		}
		dry_run_due(c->op->arena, c->mail_domain, after, dues_of(c, after->account_id), &list);
		if (!str_is_null(after->next_eval) && !(before && str_equal(before->next_eval, after->next_eval)))
			note_date(c, after->next_eval);
	}
	c->items = list.items;
	c->n_items = list.n;
	qsort(c->items, c->n_items, sizeof(*c->items), dry_item_order);
}

/* What there is now of what the guard counts. */
static int read_census(struct comparison *c)
{
	int r = dry_run_memberships(c->op, c->rules, c->n_rules, c->items, c->n_items);

	return r < 0 ? r : dry_run_census(c->op, c->items, c->n_items, &c->census, &c->n_census);
}

/* The operations on a platform are one behind the other. */
static struct dry_item *items_on(const struct comparison *c, int64_t platform_id, size_t *ret_n)
{
	size_t from = 0, to;

	while (from < c->n_items && c->items[from].platform_id != platform_id)
		from++;
	for (to = from; to < c->n_items && c->items[to].platform_id == platform_id;)
		to++;
	*ret_n = to - from;
	return c->items + from;
}

static void judge(const struct comparison *c, const struct dry_platform *platform, json_t *json)
{
	const struct dry_rule *rule = NULL;
	struct dry_held held;
	int64_t n_held = 0, n_not_allowed = 0;
	size_t n;
	struct dry_item *items = items_on(c, platform->id, &n);

	for (size_t i = 0; i < c->n_rules && !rule; i++)
		if (c->rules[i].platform_id == platform->id)
			rule = &c->rules[i];
	if (!rule)
		return;
	held = dry_run_judge(c->op->arena, rule, c->census, c->n_census, items, n);
	for (size_t i = 0; i < n; i++) {
		n_held += items[i].fate == DRY_HELD;
		n_not_allowed += items[i].fate == DRY_NOT_ALLOWED;
	}
	json_set_int(json, "held", n_held);
	json_set_str(json, "held_by", str_c(held.reason));
	json_set_str(json, "held_about", held.about);
	json_set_int(json, "not_allowed", n_not_allowed);
	json_set_take(json, "delete_after_days", rule->ops & 8 ? json_integer(rule->grace_days) : json_null());
}

static struct str code_of(const struct comparison *c, int64_t platform_id)
{
	for (size_t i = 0; i < c->n_platforms; i++)
		if (c->platforms[i].id == platform_id)
			return c->platforms[i].code;
	return STR("");
}

static json_t *count(const struct comparison *c, const struct dry_platform *platform)
{
	int64_t counts[DRY_OPERATIONS_] = { 0 }, not_shown = 0, n = 0;
	json_t *json;

	for (size_t i = 0; i < c->n_items; i++) {
		if (c->items[i].platform_id != platform->id)
			continue;
		n++;
		counts[c->items[i].operation]++;
		not_shown += !may_see(c, &c->items[i]);
	}
	if (n == 0)
		return NULL;
	json = json_new_object();
	json_set_str(json, "platform", platform->code);
	json_set_str(json, "name", platform->name);
	for (size_t i = DRY_CREATE; i < DRY_OPERATIONS_; i++)
		json_set_int(json, dry_operation_name((enum dry_operation)i), counts[i]);
	json_set_int(json, "not_shown", not_shown);
	judge(c, platform, json);
	return json;
}

static json_t *describe(const struct comparison *c, const struct dry_item *item)
{
	json_t *json = json_new_object();

	json_set_str(json, "platform", code_of(c, item->platform_id));
	json_set_str(json, "login", item->login);
	json_set_str(json, "operation", str_c(dry_operation_name(item->operation)));
	json_set_bool(json, "pending", item->is_pending);
	json_set_str(json, "fate", str_c(dry_fate_name(item->fate)));
	dry_run_attributes(json, item->before, item->after);
	return json;
}

/* "2026-12-01 17:00:00+00" as the interchange format has it. */
static json_t *moment(struct arena *a, struct str stamp)
{
	ptrdiff_t space = str_is_null(stamp) ? -1 : str_index(stamp, ' ');

	if (space < 0 || !str_ends(stamp, STR("+00")))
		return json_null();
	return json_from_str(arena_printf(a, "%.*sT%.*sZ", (int)space, stamp.p, (int)(stamp.len - (size_t)space - 4), stamp.p + space + 1));
}

/* Operations stand by platform and login, so that a page begins where the one before ended, though all is worked out anew for each. */
static bool is_after(const struct comparison *c, const struct dry_item *item)
{
	struct str login = c->page_after, platform;
	struct dry_item last = { .platform_id = -1 };

	if (str_is_null(c->page_after))
		return true;
	(void)str_split(&login, ':', &platform);
	for (size_t i = 0; i < c->n_platforms; i++)
		if (str_equal(c->platforms[i].code, platform))
			last.platform_id = c->platforms[i].id;
	last.login = login;
	return dry_item_order(&last, item) < 0;
}

static void list_operations(const struct comparison *c, json_t *report)
{
	json_t *operations = json_new_array();
	struct str last = STR_NULL;
	size_t n_listed = 0, left_off = 0;

	for (size_t i = 0; i < c->n_items; i++) {
		const struct dry_item *item = &c->items[i];

		if (!may_see(c, item) || !is_after(c, item))
			continue;
		if (n_listed == DRY_LISTED_MAX) {
			left_off++;
			continue;
		}
		json_array_append_new(operations, describe(c, item));
		last = arena_printf(c->op->arena, "%.*s:%.*s", STR_ARG(code_of(c, item->platform_id)), STR_ARG(item->login));
		n_listed++;
	}
	json_set_take(report, "operations", operations);
	json_set_int(report, "left_off", (int64_t)left_off);
	json_set_take(report, "next", left_off > 0 ? json_from_str(last) : json_null());
}

static void write(const struct comparison *c, json_t *report)
{
	json_t *platforms = json_new_array(), *accounts = json_new_object();
	bool is_complete = c->n_ids == c->n_total && c->later.kinds.n == 0;

	for (size_t i = 0; i < c->n_platforms; i++) {
		json_t *counted = count(c, &c->platforms[i]);

		if (counted)
			json_array_append_new(platforms, counted);
	}
	json_set_int(accounts, "woken", (int64_t)c->n_total);
	json_set_int(accounts, "planned", (int64_t)c->n_ids);
	json_set_take(report, "accounts", accounts);
	json_set_bool(report, "complete", is_complete);
	json_set_bool(report, "sends_nothing", is_complete && c->n_items == 0 && c->n_messages == 0 && c->later.n_units == 0);
	json_set_take(report, "platforms", platforms);
	json_set_take(report, "messages", dry_messages_json(c->messages, c->n_messages));
	list_operations(c, report);
	dry_run_later_write(c->op, &c->later, report);
	json_set_take(report, "not_before", moment(c->op->arena, c->not_before));
}

int dry_run_report(struct op *op, const struct principal *p, const struct dry_question *question, json_t *report)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new(SCRATCH_BYTES);
	struct arena *arena = op->arena;
	struct comparison c = { .op = op, .mail_domain = question->mail_domain, .page_after = question->after };
	int r;

	op->arena = scratch;
	r = read_after(&c, p);
	db_dry_run_end(op);
	if (r == 0)
		r = read_before(&c, p);
	if (r == 0)
		compare(&c);
	if (r == 0)
		r = read_census(&c);
	if (r == 0)
		write(&c, report);
	/* The detail of an error is read when the scratch is gone. */
	if (!str_is_null(op->error.detail))
		op->error.detail = arena_dup(arena, op->error.detail);
	op->arena = arena;
	return r;
}
