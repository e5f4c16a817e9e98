#include "tests/connectors/mapped.h"

#include "common/base/json.h"

static const struct place places[] = {
	{ "scim", "displayName", "title" },
	{ "ldap", "displayName", "title" },
	{ "sql", "full_name", "post" },
	{ "webhook", "full_name", "post" },
};

const struct place *place(void)
{
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (str_equal(kit.config.kind, str_c(places[i].kind)))
			return &places[i];
	fail_msg("no such kind");
	return NULL;
}

void map_to(struct desired *d, const char *row, const char *rules)
{
	struct account_facts facts = {
		.account_id = d->account_id, .login = d->login, .status = STR("active"), .employee_code = d->employee_code, .ho = d->ho, .dem = d->dem,
		.ten = d->ten, .full_name = d->full_name, .unit_code = d->unit_code, .unit_name = d->unit_name, .post = d->post, .person_kind = STR("cong_chuc"),
	};
	struct mapping_document_fault fault = { .field = STR("") };
	enum mapping_kind kind = MAPPING_SCIM;
	_json_ json_t *json = NULL;
	const struct mapping *m;
	json_t *rows, *own;
	size_t i;

	assert_true(mapping_kind_read(kit.config.kind, &kind));
	json = json_read(mapping_default(kind), 8, NULL);
	rows = json_object_get(json, "attributes");
	own = row ? json_read(str_c(row), 4, NULL) : NULL;
	if (row) {
		json_t *one;

		json_array_foreach(rows, i, one)
			if (str_equal(json_get_str(one, "path"), json_get_str(own, "path")))
				break;
		assert_true(i < json_array_size(rows));
		json_array_set_new(rows, i, own);
	}
	if (rules)
		json_object_update_new(json, json_read(str_c(rules), 6, NULL));
	m = mapping_document_read(kit.arena, json, &fault);
	if (!m)
		fail_msg("%.*s: %s", STR_ARG(fault.field), fault.text);
	d->mapping = NULL;
	if (kind == MAPPING_DIRECTORY) {
		plan_matched(kit.arena, &facts, m, d);
		/* Nobody signs in with it yet. */
		d->status = STR("pending");
	} else {
		plan_mapped(kit.arena, &facts, m, d);
	}
	random_uuid(d->hash);
}

const char *row(const char *path, const char *rest)
{
	return arena_printf(kit.arena, "{\"path\":\"%s\",%s}", path, rest).p;
}
