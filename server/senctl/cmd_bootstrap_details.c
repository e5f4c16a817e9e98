/* senctl bootstrap details add|list|remove: what stands in a type of authorization details (RFC 9396) */

#include "server/senctl/client_details.h"
#include "server/senctl/ctl.h"

#define DETAILS_FILE_MAX ((size_t)64 << 10)

static int details_add(struct ctl *c, const char *path)
{
	struct client_details details;
	struct str text;
	bool changed;
	int r = ctl_read_file(c, path, DETAILS_FILE_MAX, &text);

	if (r != EXIT_OK)
		return r;
	if (client_details_read(&c->op, text, &details) < 0 || client_details_put(&c->op, &details, ctl_operator(c), &changed) < 0)
		return ctl_fail_op(c);
	ctl_print(c, "%.*s: %s", STR_ARG(details.type), changed ? ctl_say(c, "đã ghi", "written") : ctl_say(c, "không đổi", "unchanged"));
	return EXIT_OK;
}

static int details_remove(struct ctl *c, struct str type)
{
	if (client_details_remove(&c->op, type, ctl_operator(c)) < 0)
		return ctl_fail_op(c);
	ctl_print(c, "%.*s: %s", STR_ARG(type), ctl_say(c, "đã xoá", "removed"));
	return EXIT_OK;
}

static int details_list(struct ctl *c)
{
	const struct client_details *details;
	_json_ json_t *list = json_new_array();
	size_t n;

	if (client_details_list(&c->op, &details, &n) < 0)
		return ctl_fail_op(c);
	for (size_t i = 0; i < n; i++) {
		json_t *item = json_read(details[i].description, 16, NULL);

		json_set_str(item, "type", details[i].type);
		json_array_append_new(list, item);
		if (!c->json)
			ctl_print(c, "%.*s", STR_ARG(details[i].type));
	}
	if (c->json)
		ctl_print_json(c, list);
	return EXIT_OK;
}

int cmd_bootstrap_details(struct ctl *c)
{
	struct str what;
	int r = ctl_options(c, NULL, 0, 2, 3);

	if (r != EXIT_OK)
		return r;
	what = str_c(c->args[1]);
	if (c->n_args != (str_equal(what, STR("list")) ? 2u : 3u))
		return ctl_usage_error(c, "senctl bootstrap %s", c->command->usage);
	r = ctl_open(c, CTL_DB);
	if (r != EXIT_OK)
		return r;
	if (str_equal(what, STR("list")))
		return details_list(c);
	if (str_equal(what, STR("add")))
		return details_add(c, c->args[2]);
	return str_equal(what, STR("remove")) ? details_remove(c, str_c(c->args[2])) : ctl_usage_error(c, "senctl bootstrap %s", c->command->usage);
}
