/* senctl client issuer add|list|remove: who may vouch for software that registers itself (RFC 7591 §2.3) */

#include "server/senctl/client_issuer.h"
#include "server/senctl/ctl.h"

#define ISSUER_FILE_MAX ((size_t)64 << 10)

static int issuer_add(struct ctl *c, const char *path)
{
	struct client_issuer issuer;
	struct str text;
	bool changed;
	int r = ctl_read_file(c, path, ISSUER_FILE_MAX, &text);

	if (r != EXIT_OK)
		return r;
	if (client_issuer_read(&c->op, text, &issuer) < 0 || client_issuer_put(&c->op, &issuer, ctl_operator(c), &changed) < 0)
		return ctl_fail_op(c);
	ctl_print(c, "%.*s: %s", STR_ARG(issuer.iss), changed ? ctl_say(c, "đã ghi", "written") : ctl_say(c, "không đổi", "unchanged"));
	return EXIT_OK;
}

static int issuer_remove(struct ctl *c, struct str iss)
{
	if (client_issuer_remove(&c->op, iss, ctl_operator(c)) < 0)
		return ctl_fail_op(c);
	ctl_print(c, "%.*s: %s", STR_ARG(iss), ctl_say(c, "đã xoá", "removed"));
	return EXIT_OK;
}

static int issuer_list(struct ctl *c)
{
	const struct client_issuer *issuers;
	_json_ json_t *list = json_new_array();
	size_t n;

	if (client_issuer_list(&c->op, &issuers, &n) < 0)
		return ctl_fail_op(c);
	for (size_t i = 0; i < n; i++) {
		json_t *item = json_new_object();

		json_set_str(item, "iss", issuers[i].iss);
		json_set_take(item, "jwks", json_read(issuers[i].jwks, 16, NULL));
		json_array_append_new(list, item);
		if (!c->json)
			ctl_print(c, "%.*s", STR_ARG(issuers[i].iss));
	}
	if (c->json)
		ctl_print_json(c, list);
	return EXIT_OK;
}

int cmd_client_issuer(struct ctl *c)
{
	struct str what;
	int r = ctl_options(c, NULL, 0, 2, 3);

	if (r != EXIT_OK)
		return r;
	what = str_c(c->args[1]);
	if (c->n_args != (str_equal(what, STR("list")) ? 2u : 3u))
		return ctl_usage_error(c, "senctl client %s", c->command->usage);
	r = ctl_configure(c);
	if (r == EXIT_OK)
		r = ctl_need_db(c);
	if (r != EXIT_OK)
		return r;
	if (str_equal(what, STR("list")))
		return issuer_list(c);
	if (str_equal(what, STR("add")))
		return issuer_add(c, c->args[2]);
	return str_equal(what, STR("remove")) ? issuer_remove(c, str_c(c->args[2])) : ctl_usage_error(c, "senctl client %s", c->command->usage);
}
