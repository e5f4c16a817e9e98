/* plan_mapped.c: the desired state where a platform has a mapping of its own. */
#include "common/base/json_out.h"
#include "common/plan/plan.h"

#include <stdlib.h>

const struct mapping *plan_mapping_of(const struct account_facts *facts, int64_t platform_id, bool *ret_is_broken)
{
	const struct mapping_set *set = facts->mappings;
	size_t i = (size_t)platform_id;

	*ret_is_broken = false;
	if (!set || platform_id < PLATFORM_DIRECTORY || i >= set->n)
		return NULL;
	*ret_is_broken = set->is_broken[i];
	return set->by_platform[i];
}

static struct mapping_value text_value(struct str s)
{
	if (str_is_empty(s))
		return (struct mapping_value){ .type = MAPPING_NULL };
	return (struct mapping_value){ .type = MAPPING_STRING, .text = s };
}

/* What must be there is a text, whatever the facts say. */
static struct mapping_value text_always(struct str s)
{
	return (struct mapping_value){ .type = MAPPING_STRING, .text = str_is_null(s) ? STR("") : s };
}

static struct mapping_value list_value(struct str *items, size_t n)
{
	return (struct mapping_value){ .type = MAPPING_LIST, .items = items, .n = n };
}

/* Units for whose work there are grants on this platform; each once. */
static struct mapping_value role_units(struct arena *a, const struct account_facts *f, int64_t platform_id)
{
	struct str *items = ARENA_ARRAY(a, struct str, f->n_grants + 1);
	size_t n = 0;

	for (size_t i = 0; i < f->n_grants; i++)
		if (f->grants[i].platform_id == platform_id && !str_list_has((struct str_list){ items, n }, f->grants[i].unit_code))
			items[n++] = f->grants[i].unit_code;
	return list_value(items, n);
}

void plan_mapping_input(struct arena *a, const struct account_facts *f, const struct desired *d, struct mapping_input *ret)
{
	struct str *codes = ARENA_ARRAY(a, struct str, d->n_roles + 1), *names = ARENA_ARRAY(a, struct str, d->n_roles + 1);

	for (size_t i = 0; i < d->n_roles; i++) {
		codes[i] = d->roles[i].code;
		names[i] = d->roles[i].name;
	}
	ret->facts[FACT_ACCOUNT] = text_always(f->account_id);
	ret->facts[FACT_LOGIN] = text_always(f->login);
	ret->facts[FACT_STATUS] = text_always(f->status);
	ret->facts[FACT_EMPLOYEE_CODE] = text_always(f->employee_code);
	ret->facts[FACT_HO] = text_value(f->ho);
	ret->facts[FACT_DEM] = text_value(f->dem);
	ret->facts[FACT_TEN] = text_always(f->ten);
	ret->facts[FACT_FULL_NAME] = text_always(f->full_name);
	ret->facts[FACT_MAIL] = text_always(d->mail);
	ret->facts[FACT_PERSON_KIND] = text_always(f->person_kind);
	ret->facts[FACT_UNIT_CODE] = text_value(f->unit_code);
	ret->facts[FACT_UNIT_NAME] = text_value(f->unit_name);
	ret->facts[FACT_UNIT_KIND] = text_value(f->unit_kind);
	ret->facts[FACT_UNIT_PATH] = (struct mapping_value){ .type = MAPPING_LIST, .items = f->unit_path.p, .n = f->unit_path.n };
	ret->facts[FACT_POST_TITLE] = text_value(f->post);
	ret->facts[FACT_POST_RANK] = text_value(f->post_rank);
	ret->facts[FACT_POST_SINCE] = text_value(f->post_since);
	if (ret->facts[FACT_POST_SINCE].type != MAPPING_NULL)
		ret->facts[FACT_POST_SINCE].type = MAPPING_DATE;
	ret->facts[FACT_ROLES] = list_value(codes, d->n_roles);
	ret->facts[FACT_ROLE_NAMES] = list_value(names, d->n_roles);
	ret->facts[FACT_ROLE_UNITS] = role_units(a, f, d->platform_id);
}

/* Into a: what evaluation gives may stand among the facts. */
static struct mapping_value kept(struct arena *a, struct mapping_value v)
{
	struct str *items;

	v.text = arena_dup(a, v.text);
	if (v.n == 0)
		return v;
	items = ARENA_ARRAY(a, struct str, v.n);
	for (size_t i = 0; i < v.n; i++)
		items[i] = arena_dup(a, v.items[i]);
	v.items = items;
	return v;
}

static int by_code(const void *a, const void *b)
{
	return str_compare(((const struct desired_role *)a)->code, ((const struct desired_role *)b)->code);
}

/* Codes as the platform calls them: sorted, each once. */
static void take_roles(struct arena *a, struct desired *d, const struct mapping_value *v)
{
	struct desired_role *roles = ARENA_ARRAY(a, struct desired_role, v->n + 1);
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++) {
		struct str name = STR("");

		/* A name belongs to the code that we know. */
		for (size_t k = 0; k < d->n_roles; k++)
			if (str_equal(d->roles[k].code, v->items[i]))
				name = d->roles[k].name;
		if (v->items[i].len > 0)
			roles[n++] = (struct desired_role){ arena_dup(a, v->items[i]), name };
	}
	qsort(roles, n, sizeof(*roles), by_code);
	d->n_roles = 0;
	for (size_t i = 0; i < n; i++)
		if (i == 0 || !str_equal(roles[i].code, roles[d->n_roles - 1].code))
			roles[d->n_roles++] = roles[i];
	d->roles = roles;
}

static void take_row(struct arena *a, const struct mapping *m, const struct mapping_row *row, const struct mapping_input *in,
                     struct desired *d, struct desired_value *values)
{
	struct mapping_value v;

	if (!row->program)
		return;
	v = kept(a, mapping_eval(a, row->program, in));
	if (row->required && mapping_value_is_empty(&v) && str_is_null(d->fault))
		d->fault = arena_printf(a, "%.*s is required and is empty", STR_ARG(row->path));
	if (row == m->login)
		d->login = mapping_value_is_empty(&v) ? d->login : v.text;
	else if (row == m->roles)
		take_roles(a, d, &v);
	else
		values[d->n_values++] = (struct desired_value){ row, v };
}

static void take_matches(struct arena *a, const struct mapping *m, const struct mapping_input *in, struct desired *d)
{
	struct mapping_value *matches = ARENA_ARRAY(a, struct mapping_value, m->n_rules + 1);

	for (size_t i = 0; i < m->n_rules; i++)
		matches[i] = kept(a, mapping_eval(a, m->rules[i].program, in));
	d->matches = matches;
}

static void add_value(struct arena *a, struct json_out *o, const char *name, const struct mapping_value *v)
{
	if (v->type == MAPPING_STRING || v->type == MAPPING_DATE) {
		json_out_str(o, name, v->text);
		return;
	}
	_json_ json_t *json = mapping_value_json(v);

	json_out_raw(o, name, json_write(a, json, true));
}

/* What is enforced: what is sent once only does not make anything due again. */
static struct str document(struct arena *a, const struct desired *d)
{
	struct json_out o = json_out_begin(a);

	json_out_str(&o, "account", d->account_id);
	json_out_bool(&o, "active", d->active);
	json_out_str(&o, "fault", d->fault);
	if (!d->login_is_theirs)
		json_out_str(&o, "login", d->login);
	json_out_raw(&o, "roles", plan_roles_json(a, d));
	json_out_int(&o, "v", PLAN_MAPPED_VERSION);
	/* Of the platform's own names, each with a sign that those above do not have. */
	for (size_t i = 0; i < d->n_values; i++)
		if (d->values[i].row->owner == MAPPING_OURS)
			add_value(a, &o, d->values[i].row->member, &d->values[i].value);
	return json_out_end(&o);
}

void plan_matched(struct arena *a, const struct account_facts *facts, const struct mapping *m, struct desired *d)
{
	struct mapping_input in;

	plan_mapping_input(a, facts, d, &in);
	d->mapping = m;
	take_matches(a, m, &in, d);
}

void plan_mapped(struct arena *a, const struct account_facts *facts, const struct mapping *m, struct desired *d)
{
	struct desired_value *values = ARENA_ARRAY(a, struct desired_value, m->n_rows);
	struct mapping_input in;

	plan_mapping_input(a, facts, d, &in);
	d->mapping = m;
	d->login_is_theirs = !m->login;
	/* An expression would see a part of them only. */
	if ((m->facts >> FACT_ROLES & 1) && d->n_roles > MAPPING_LIST_MAX)
		d->fault = STR("more roles than a mapping can hold");
	for (size_t i = 0; i < m->n_rows; i++)
		take_row(a, m, &m->rows[i], &in, d, values);
	d->values = values;
	take_matches(a, m, &in, d);
	if (d->active)
		d->document = document(a, d);
	/* Whatever is missing: access ends. */
	else
		d->fault = STR_NULL;
}
