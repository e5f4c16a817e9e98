/* mapping_sample.c: facts and values as JSON, for samples; and what connectors do without a mapping, as one. */
#include "common/base/text.h"
#include "common/plan/mapping_document.h"

static bool read_text(struct arena *a, const json_t *json, struct str *ret)
{
	if (!json_is_string(json))
		return false;
	*ret = arena_dup(a, str_n(json_string_value(json), json_string_length(json)));
	return str_equal(text_compose(a, *ret), *ret);
}

static bool read_list(struct arena *a, const json_t *json, struct mapping_value *ret)
{
	struct str *items = ARENA_ARRAY(a, struct str, json_array_size(json) + 1);

	if (!json_is_array(json) || json_array_size(json) > MAPPING_LIST_MAX)
		return false;
	ret->items = items;
	ret->n = json_array_size(json);
	for (size_t i = 0; i < ret->n; i++)
		if (!read_text(a, json_array_get(json, i), &items[i]))
			return false;
	return true;
}

static bool read_fact(struct arena *a, const struct mapping_fact_kind *kind, const json_t *json, struct mapping_value *ret)
{
	*ret = (struct mapping_value){ .type = kind->type };
	if (json_is_null(json) || (json_is_string(json) && json_string_length(json) == 0)) {
		*ret = (struct mapping_value){ .type = MAPPING_NULL };
		return kind->may_be_null;
	}
	if (kind->type == MAPPING_LIST)
		return read_list(a, json, ret);
	return read_text(a, json, &ret->text) && (kind->type != MAPPING_DATE || text_is_iso_date(ret->text));
}

bool mapping_facts_read(struct arena *a, const json_t *json, struct mapping_input *ret, struct str *ret_member)
{
	const char *name;
	json_t *value;

	for (int i = 0; i < MAPPING_FACTS_; i++) {
		const struct mapping_fact_kind *kind = &mapping_facts[i];

		ret->facts[i] = (struct mapping_value){ .type = kind->may_be_null ? MAPPING_NULL : kind->type,
			                                .text = kind->type == MAPPING_STRING && !kind->may_be_null ? STR("x") : STR_NULL };
	}
	json_object_foreach((json_t *)json, name, value) {
		int i = 0;

		*ret_member = arena_dup_c(a, name);
		while (i < MAPPING_FACTS_ && !str_equal(mapping_facts[i].name, *ret_member))
			i++;
		if (i == MAPPING_FACTS_ || !read_fact(a, &mapping_facts[i], value, &ret->facts[i]))
			return false;
	}
	return json_is_object(json);
}

json_t *mapping_value_json(const struct mapping_value *v)
{
	json_t *list;

	switch (v->type) {
	case MAPPING_NULL:
		return json_null();
	case MAPPING_BOOLEAN:
		return json_boolean(v->number);
	case MAPPING_INTEGER:
		return json_integer(v->number);
	case MAPPING_STRING:
	case MAPPING_DATE:
		return json_from_str(v->text);
	case MAPPING_LIST:
		break;
	}
	list = json_new_array();
	for (size_t i = 0; i < v->n; i++)
		json_array_append_new(list, json_from_str(v->items[i]));
	return list;
}

json_t *mapping_values_json(struct arena *a, const struct mapping *m, const struct mapping_input *in)
{
	json_t *values = json_new_object();

	for (size_t i = 0; i < m->n_rows; i++) {
		struct mapping_value v;

		if (!m->rows[i].program)
			continue;
		v = mapping_eval(a, m->rows[i].program, in);
		json_set_take(values, arena_cstr(a, m->rows[i].path), mapping_value_json(&v));
	}
	for (size_t i = 0; m->kind == MAPPING_DIRECTORY && i < m->n_rules; i++) {
		struct mapping_value v = mapping_eval(a, m->rules[i].program, in);

		json_set_take(values, arena_cstr(a, m->rules[i].path), mapping_value_json(&v));
	}
	return values;
}

#define ENTERPRISE "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
#define ROW(path, value) "{\"path\":\"" path "\",\"value\":\"" value "\"}"
#define MUST(path, value) "{\"path\":\"" path "\",\"value\":\"" value "\",\"required\":true}"

struct str mapping_default(enum mapping_kind kind)
{
	static const struct str documents[MAPPING_KINDS_] = {
		[MAPPING_SCIM] = STR("{\"kind\":\"scim\",\"attributes\":[" MUST("userName", "login") "," ROW("displayName", "full_name") ","
		                     ROW("title", "post.title") "," ROW("name.formatted", "full_name") "," ROW("name.familyName", "ho") ","
		                     ROW("name.middleName", "dem") "," ROW("name.givenName", "ten") "," ROW(ENTERPRISE ":department", "unit.name") ","
		                     ROW(ENTERPRISE ":employeeNumber", "employee_code") ","
		                     "{\"path\":\"emails[type eq \\\"work\\\"].value\",\"value\":\"mail\"}," ROW("roles", "roles") "]}"),
		[MAPPING_LDAP] = STR("{\"kind\":\"ldap\",\"attributes\":[" MUST("uid", "login") "," MUST("cn", "full_name") "," MUST("sn", "ho ?? full_name") ","
		                     ROW("givenName", "ten") "," ROW("displayName", "full_name") "," ROW("mail", "mail") "," ROW("title", "post.title") ","
		                     ROW("ou", "unit.name") "," ROW("departmentNumber", "unit.code") "," ROW("roles", "roles") "]}"),
		[MAPPING_SQL] = STR("{\"kind\":\"sql\",\"attributes\":[" MUST("login", "login") "," ROW("full_name", "full_name") "," ROW("ho", "ho") ","
		                    ROW("dem", "dem") "," ROW("ten", "ten") "," ROW("mail", "mail") "," ROW("employee_code", "employee_code") ","
		                    ROW("unit_code", "unit.code") "," ROW("unit_name", "unit.name") "," ROW("post", "post.title") "," ROW("roles", "roles") "]}"),
		[MAPPING_WEBHOOK] = STR("{\"kind\":\"webhook\",\"attributes\":[" MUST("login", "login") "," ROW("full_name", "full_name") ","
		                        ROW("family_name", "ho") "," ROW("middle_name", "dem") "," ROW("given_name", "ten") "," ROW("mail", "mail") ","
		                        ROW("employee_code", "employee_code") "," ROW("unit_code", "unit.code") "," ROW("unit_name", "unit.name") ","
		                        ROW("post", "post.title") "," ROW("roles", "roles") "]}"),
		[MAPPING_DIRECTORY] = STR("{\"kind\":\"directory\",\"matching\":[]}"),
	};

	return documents[kind];
}
