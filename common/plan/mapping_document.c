#include "common/plan/mapping_document.h"

#include "common/base/buf.h"

struct reader {
	struct arena *a;
	struct mapping *m;
	struct mapping_document_fault *fault;
};

static bool fail(struct reader *rd, struct str field, const char *text)
{
	*rd->fault = (struct mapping_document_fault){ .field = field, .text = text };
	return false;
}

static struct str field(struct reader *rd, const char *list, size_t i, const char *member)
{
	return arena_printf(rd->a, "%s[%zu].%s", list, i, member);
}

/* Nothing that is not understood: a misspelt member would be a rule that is not kept. */
static bool has_only(struct reader *rd, const json_t *object, const char *const *names, struct str prefix)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value) {
		bool is_known = false;

		for (size_t i = 0; names[i]; i++)
			is_known = is_known || strcmp(names[i], name) == 0;
		if (!is_known)
			return fail(rd, arena_printf(rd->a, "%.*s%s", STR_ARG(prefix), name), "there is no such member");
	}
	return true;
}

static bool compile(struct reader *rd, struct str source, struct str of, const struct mapping_program **ret)
{
	struct mapping_fault fault;

	if (str_is_null(source))
		return fail(rd, of, "an expression is needed");
	*ret = mapping_compile(rd->a, source, &fault);
	if (*ret)
		return true;
	*rd->fault = (struct mapping_document_fault){ .field = of, .text = fault.text, .at = fault.at, .has_at = true };
	return false;
}

static void note_facts(struct reader *rd, const struct mapping_program *p)
{
	for (int i = 0; i < MAPPING_FACTS_; i++)
		if (mapping_uses(p, (enum mapping_fact)i))
			rd->m->facts |= UINT32_C(1) << i;
}

static bool read_owner(struct str text, enum mapping_owner *ret)
{
	static const struct str names[] = { STR("ours"), STR("initial"), STR("theirs") };

	*ret = MAPPING_OURS;
	if (str_is_null(text))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_equal(names[i], text)) {
			*ret = (enum mapping_owner)i;
			return true;
		}
	return false;
}

static const char *type_fault(enum mapping_kind kind, const struct mapping_row *row, bool is_roles, bool is_login)
{
	enum mapping_type type = mapping_type_of(row->program);

	if (is_roles && (type != MAPPING_LIST || mapping_may_be_null(row->program)))
		return "roles are a list";
	if (is_login && type != MAPPING_STRING)
		return "the user name is a string";
	if (type == MAPPING_LIST && !is_roles && (kind == MAPPING_SQL || row->scim.type || row->scim.sub))
		return "no list can stand there";
	if (row->required && mapping_may_be_null(row->program))
		return "required, but it may be null: give it a value with ??";
	return NULL;
}

/* The user name is what accounts are found by, the roles are access: both are always ours. */
static bool check_row(struct reader *rd, size_t i, struct mapping_row *row)
{
	bool is_roles = str_equal(row->path, STR("roles"));
	bool is_login = str_equal(row->path, mapping_login_path(rd->m->kind));
	const char *fault;

	if ((is_roles || is_login) && row->owner != MAPPING_OURS)
		return fail(rd, field(rd, "attributes", i, "owner"), "the user name and the roles are always ours");
	row->required = row->required || is_login;
	fault = row->program ? type_fault(rd->m->kind, row, is_roles, is_login) : NULL;
	if (fault)
		return fail(rd, field(rd, "attributes", i, "value"), fault);
	if (is_roles)
		rd->m->roles = row;
	if (is_login)
		rd->m->login = row;
	return true;
}

/* Quotation marks are all that a path may hold of what JSON escapes. */
static const char *member_of(struct arena *a, struct str path)
{
	struct buf b = buf_new(a, 2 * MAPPING_PATH_MAX + 2);

	buf_add_char(&b, '=');
	for (size_t i = 0; i < path.len; i++) {
		if (path.p[i] == '"' || path.p[i] == '\\')
			buf_add_char(&b, '\\');
		buf_add_char(&b, path.p[i]);
	}
	return b.p;
}

static bool is_said_already(const struct mapping_row *rows, size_t n, struct str path)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal_nocase(rows[i].path, path))
			return true;
	return false;
}

static bool read_row(struct reader *rd, const json_t *json, size_t i, struct mapping_row *rows)
{
	static const char *const members[] = { "path", "value", "owner", "required", NULL };
	struct mapping_row *row = &rows[i];
	const char *fault;

	if (!json_is_object(json))
		return fail(rd, arena_printf(rd->a, "attributes[%zu]", i), "not an object");
	if (!has_only(rd, json, members, arena_printf(rd->a, "attributes[%zu].", i)))
		return false;
	row->path = arena_dup(rd->a, json_get_str(json, "path"));
	fault = str_is_null(row->path) ? "a path is needed" : mapping_path_fault(rd->m->kind, row->path);
	if (!fault && is_said_already(rows, i, row->path))
		fault = "this path has a row already";
	if (fault)
		return fail(rd, field(rd, "attributes", i, "path"), fault);
	if (!read_owner(json_get_str(json, "owner"), &row->owner))
		return fail(rd, field(rd, "attributes", i, "owner"), "ours, theirs or initial");
	if (json_object_get(json, "required") && !json_is_boolean(json_object_get(json, "required")))
		return fail(rd, field(rd, "attributes", i, "required"), "true or false");
	row->required = json_get_bool(json, "required", false);
	row->member = member_of(rd->a, row->path);
	if (rd->m->kind == MAPPING_SCIM)
		row->scim = mapping_scim_path(rd->a, row->path);
	if (row->owner == MAPPING_THEIRS)
		return json_object_get(json, "value") || row->required ? fail(rd, field(rd, "attributes", i, "value"), "what is theirs has no value from us")
		                                                       : check_row(rd, i, row);
	if (!compile(rd, json_get_str(json, "value"), field(rd, "attributes", i, "value"), &row->program))
		return false;
	note_facts(rd, row->program);
	return check_row(rd, i, row);
}

/* What stands where, when a rule does not say it. */
static const struct {
	struct str by, value, paths[MAPPING_KINDS_];
} rule_kinds[] = {
	{ STR("external_id"), STR("account"), { [MAPPING_SCIM] = STR("externalId") } },
	{ STR("login"), STR("login"), { STR("userName"), STR("uid"), STR("login"), STR("login"), STR("uid") } },
	{ STR("employee_code"), STR("employee_code"),
	  { STR("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber"), STR("employeeNumber"), STR("employee_code"),
	    STR("employee_code"), STR("employeeNumber") } },
	{ STR("mail"), STR("mail"), { STR("emails.value"), STR("mail"), STR("mail"), STR("mail"), STR("mail") } },
	{ STR("expression"), STR_NULL, { STR_NULL } },
};

static bool read_rule_path(struct reader *rd, size_t i, struct match_rule *rule)
{
	const char *fault = str_is_null(rule->path) ? "a path is needed" : mapping_path_form_fault(rd->m->kind, rule->path);

	if (fault)
		return fail(rd, field(rd, "matching", i, "path"), fault);
	if (rd->m->kind == MAPPING_SCIM)
		rule->scim = mapping_scim_path(rd->a, rule->path);
	if (rule->scim.type)
		return fail(rd, field(rd, "matching", i, "path"), "without a filter: all values are looked at");
	return true;
}

static bool read_confidence(struct reader *rd, const json_t *json, size_t i, struct match_rule *rule)
{
	struct str confidence = json_get_str(json, "confidence");

	rule->is_strong = str_equal(confidence, STR("strong"));
	if (rule->is_strong || str_equal(confidence, STR("weak")))
		return true;
	return fail(rd, field(rd, "matching", i, "confidence"), "strong or weak");
}

static bool read_rule(struct reader *rd, const json_t *json, size_t i, struct match_rule *rule)
{
	static const char *const members[] = { "by", "path", "value", "confidence", NULL };
	struct str by = json_get_str(json, "by"), value = json_get_str(json, "value");
	size_t k = 0;

	if (!json_is_object(json))
		return fail(rd, arena_printf(rd->a, "matching[%zu]", i), "not an object");
	if (!has_only(rd, json, members, arena_printf(rd->a, "matching[%zu].", i)))
		return false;
	while (k < ARRAY_LEN(rule_kinds) && !str_equal(rule_kinds[k].by, by))
		k++;
	if (k == ARRAY_LEN(rule_kinds))
		return fail(rd, field(rd, "matching", i, "by"), "external_id, login, employee_code, mail or expression");
	if (!read_confidence(rd, json, i, rule))
		return false;
	rule->name = rule_kinds[k].by;
	rule->path = arena_dup(rd->a, json_object_get(json, "path") ? json_get_str(json, "path") : rule_kinds[k].paths[rd->m->kind]);
	if (!read_rule_path(rd, i, rule))
		return false;
	if (!str_is_null(rule_kinds[k].value) && !str_is_null(value))
		return fail(rd, field(rd, "matching", i, "value"), "only a rule by expression has one");
	if (!compile(rd, str_is_null(value) ? rule_kinds[k].value : value, field(rd, "matching", i, "value"), &rule->program))
		return false;
	note_facts(rd, rule->program);
	return mapping_type_of(rule->program) == MAPPING_STRING ? true : fail(rd, field(rd, "matching", i, "value"), "not a string");
}

static bool read_rows(struct reader *rd, const json_t *list)
{
	size_t n = json_array_size(list);
	struct mapping_row *rows = ARENA_ARRAY(rd->a, struct mapping_row, n + 1);

	if (rd->m->kind == MAPPING_DIRECTORY)
		return list ? fail(rd, STR("attributes"), "what the directory holds of an account is ours as a whole") : true;
	if (!json_is_array(list) || n == 0 || n > MAPPING_ROWS_MAX)
		return fail(rd, STR("attributes"), "a list of 1 to 48 rows");
	for (size_t i = 0; i < n; i++)
		if (!read_row(rd, json_array_get(list, i), i, rows))
			return false;
	rd->m->rows = rows;
	rd->m->n_rows = n;
	return true;
}

static bool read_rules(struct reader *rd, const json_t *list)
{
	size_t n = json_array_size(list);
	struct match_rule *rules = ARENA_ARRAY(rd->a, struct match_rule, n + 1);

	if (!list && rd->m->kind != MAPPING_DIRECTORY)
		return true;
	if (!json_is_array(list) || n > MAPPING_RULES_MAX)
		return fail(rd, STR("matching"), "a list of at most 8 rules");
	for (size_t i = 0; i < n; i++)
		if (!read_rule(rd, json_array_get(list, i), i, &rules[i]))
			return false;
	rd->m->rules = rules;
	rd->m->n_rules = n;
	return true;
}

const struct mapping *mapping_document_read(struct arena *a, const json_t *json, struct mapping_document_fault *ret_fault)
{
	static const char *const members[] = { "kind", "attributes", "matching", "match_before_create", NULL };
	struct reader rd = { .a = a, .m = ARENA_NEW(a, struct mapping), .fault = ret_fault };
	const json_t *first = json_object_get(json, "match_before_create");

	if (!json_is_object(json))
		return fail(&rd, STR("mapping"), "not an object"), NULL;
	if (!has_only(&rd, json, members, STR("")))
		return NULL;
	if (!mapping_kind_read(json_get_str(json, "kind"), &rd.m->kind))
		return fail(&rd, STR("kind"), "scim, ldap, sql, webhook or directory"), NULL;
	if (first && !json_is_boolean(first))
		return fail(&rd, STR("match_before_create"), "true or false"), NULL;
	rd.m->match_before_create = json_is_true(first);
	if (!read_rows(&rd, json_object_get(json, "attributes")) || !read_rules(&rd, json_object_get(json, "matching")))
		return NULL;
	return rd.m;
}
