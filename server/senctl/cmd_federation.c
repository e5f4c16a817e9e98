/* senctl federation add|list|remove */

#include "server/senctl/ctl.h"
#include "server/senctl/federation_admin.h"

static int federation_add(struct ctl *c, const char *path)
{
	struct subordinate s;
	bool changed = false;
	struct str text;
	int r = ctl_read_file(c, path, SUBORDINATE_FILE_MAX, &text);

	if (r != EXIT_OK)
		return r;
	if (subordinate_read(&c->op, text, &s) < 0)
		return ctl_fail(c, "%s: %s%s%.*s", path, c->op.error.text, str_is_empty(c->op.error.detail) ? "" : ": ", STR_ARG(c->op.error.detail));
	if (str_equal(s.entity_id, c->config.issuer))
		return ctl_fail(c, "%s: %s", path, ctl_say(c, "entity_id là chính máy chủ này", "entity_id is this server itself"));
	if (federation_admin_put(&c->op, &s, ctl_operator(c), &changed) < 0)
		return ctl_fail_op(c);
	ctl_print(c, "%.*s: %s", STR_ARG(s.entity_id), changed ? ctl_say(c, "đã ghi", "written") : ctl_say(c, "không đổi", "unchanged"));
	return EXIT_OK;
}

static json_t *line_json(const struct subordinate *s)
{
	json_t *json = json_new_object();

	json_set_str(json, "entity_id", s->entity_id);
	json_set_take(json, "jwks", json_read(s->jwks, 10, NULL));
	if (!str_is_null(s->metadata_policy))
		json_set_take(json, "metadata_policy", json_read(s->metadata_policy, 10, NULL));
	json_set_bool(json, "enabled", s->enabled);
	return json;
}

static int federation_show(struct ctl *c)
{
	_json_ json_t *list = json_new_array();
	const struct subordinate *lines;
	size_t n;

	if (federation_admin_list(&c->op, &lines, &n) < 0)
		return ctl_fail_op(c);
	for (size_t i = 0; i < n; i++) {
		if (c->json)
			json_array_append_new(list, line_json(&lines[i]));
		else
			ctl_print(c, "%.*s%s", STR_ARG(lines[i].entity_id), lines[i].enabled ? "" : ctl_say(c, " (tắt)", " (off)"));
	}
	if (c->json)
		ctl_print_json(c, list);
	return EXIT_OK;
}

static int federation_remove(struct ctl *c, struct str entity_id)
{
	if (federation_admin_remove(&c->op, entity_id, ctl_operator(c)) < 0)
		return ctl_fail_op(c);
	ctl_print(c, "%.*s: %s", STR_ARG(entity_id), ctl_say(c, "đã xoá", "removed"));
	return EXIT_OK;
}

int cmd_federation(struct ctl *c)
{
	struct str what;
	int r = ctl_options(c, NULL, 0, 1, 2);

	if (r != EXIT_OK)
		return r;
	what = str_c(c->args[0]);
	if (!((str_equal(what, STR("add")) || str_equal(what, STR("remove"))) && c->n_args == 2) && !(str_equal(what, STR("list")) && c->n_args == 1))
		return ctl_usage_error(c, "senctl federation %s", c->command->usage);
	r = ctl_configure(c);
	if (r == EXIT_OK)
		r = ctl_need_db(c);
	if (r != EXIT_OK)
		return r;
	if (str_equal(what, STR("remove")))
		return federation_remove(c, str_c(c->args[1]));
	return c->n_args == 2 ? federation_add(c, c->args[1]) : federation_show(c);
}
