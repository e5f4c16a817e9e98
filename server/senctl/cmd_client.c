/* senctl client add|list|remove */

#include "server/senctl/client_admin.h"
#include "server/senctl/ctl.h"

#define CLIENT_FILE_MAX ((size_t)64 << 10)

/* A relative secret_file stands beside the file that names it. */
static const char *path_beside(struct ctl *c, const char *file, struct str name)
{
	const char *slash = strrchr(file, '/');

	if (str_starts(name, STR("/")) || !slash)
		return arena_cstr(c->arena, name);
	return arena_printf(c->arena, "%.*s/%.*s", (int)(slash - file), file, STR_ARG(name)).p;
}

static int client_add(struct ctl *c, const char *path)
{
	struct client_file f = { 0 };
	struct str text, secret = STR_NULL;
	bool changed;
	int r = ctl_read_file(c, path, CLIENT_FILE_MAX, &text);

	if (r != EXIT_OK)
		return r;
	if (client_file_read(&c->op, text, &f) < 0)
		return ctl_fail(c, "%s: %s%s%.*s", path, c->op.error.text, str_is_empty(c->op.error.detail) ? "" : ": ", STR_ARG(c->op.error.detail));
	_json_ _unused_ json_t *metadata = f.metadata;
	if (!str_is_null(f.secret_file))
		r = ctl_client_secret(c, path_beside(c, path, f.secret_file), &secret);
	if (r != EXIT_OK)
		return r;
	if (client_admin_put(&c->op, &f, secret, ctl_operator(c), &changed) < 0)
		return ctl_fail_op(c);
	ctl_print(c, "%.*s: %s", STR_ARG(f.id), changed ? ctl_say(c, "đã ghi", "written") : ctl_say(c, "không đổi", "unchanged"));
	return EXIT_OK;
}

static json_t *line_json(const struct client_line *line)
{
	json_t *json = json_read(line->metadata, 16, NULL);

	if (!json)
		json = json_new_object();
	json_set_str(json, "client_id", line->id);
	json_set_str(json, "platform", line->platform);
	json_set_bool(json, "enabled", line->enabled);
	if (line->has_next_secret)
		json_set_bool(json, "two_secrets", true);
	return json;
}

static int client_list(struct ctl *c)
{
	const struct client_line *lines;
	_json_ json_t *list = json_new_array();
	size_t n;

	if (client_admin_list(&c->op, &lines, &n) < 0)
		return ctl_fail_op(c);
	for (size_t i = 0; i < n; i++) {
		if (c->json)
			json_array_append_new(list, line_json(&lines[i]));
		else
			ctl_print(c, "%-24.*s %-8.*s %-20.*s %.*s%s%s", STR_ARG(lines[i].id), STR_ARG(lines[i].platform),
			          STR_ARG(lines[i].auth_method), STR_ARG(lines[i].name),
			          lines[i].enabled ? "" : ctl_say(c, " (tắt)", " (off)"),
			          lines[i].has_next_secret ? ctl_say(c, " (hai bí mật)", " (two secrets)") : "");
	}
	if (c->json)
		ctl_print_json(c, list);
	return EXIT_OK;
}

static int client_remove(struct ctl *c, struct str id)
{
	if (client_admin_remove(&c->op, id, ctl_operator(c)) < 0)
		return ctl_fail_op(c);
	ctl_print(c, "%.*s: %s", STR_ARG(id), ctl_say(c, "đã xoá", "removed"));
	return EXIT_OK;
}

static int client_own(struct ctl *c)
{
	struct str what;
	int r = ctl_options(c, NULL, 0, 1, 2);

	if (r != EXIT_OK)
		return r;
	what = str_c(c->args[0]);
	if (!((str_equal(what, STR("add")) || str_equal(what, STR("remove"))) && c->n_args == 2) && !(str_equal(what, STR("list")) && c->n_args == 1))
		return ctl_usage_error(c, "senctl client %s", c->command->usage);
	r = ctl_configure(c);
	if (r == EXIT_OK)
		r = ctl_need_keys(c);
	if (r == EXIT_OK)
		r = ctl_need_db(c);
	if (r != EXIT_OK)
		return r;
	if (str_equal(what, STR("remove")))
		return client_remove(c, str_c(c->args[1]));
	return c->n_args == 2 ? client_add(c, c->args[1]) : client_list(c);
}

int cmd_client(struct ctl *c)
{
	struct str what = c->argc > 1 ? str_c(c->argv[1]) : STR_NULL;

	if (str_equal(what, STR("token")))
		return cmd_client_token(c);
	if (str_equal(what, STR("secret")))
		return cmd_client_secret(c);
	if (str_equal(what, STR("details")))
		return cmd_client_details(c);
	return str_equal(what, STR("issuer")) ? cmd_client_issuer(c) : client_own(c);
}
