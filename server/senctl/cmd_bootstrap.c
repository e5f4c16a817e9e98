/*
 * senctl bootstrap: what an installation has before anybody can sign in to administer it, put into its database by the operator:
 * seeds, the first clients, the first administrators.  What comes later goes through the administration API.
 */

#include "server/governance/bootstrap.h"
#include "server/parties/client_entry.h"
#include "server/senctl/client_file.h"
#include "server/senctl/client_token.h"
#include "server/senctl/ctl.h"

static void print_result(const struct ctl *c, const struct bootstrap_result *result)
{
	const struct activation_code *code = &result->code;

	if (c->json) {
		_json_ json_t *json = json_new_object();

		json_set_str(json, "login", result->account.login);
		json_set_str(json, "code", code->code);
		json_set_str(json, "expires_at", code->expires_at);
		ctl_print_json(c, json);
		return;
	}
	ctl_print(c, ctl_say(c, "Tên đăng nhập: %.*s\nMã kích hoạt:  %.*s (dùng một lần, đến %.*s)\nKích hoạt tại: %.*s/activate",
	                     "User name:       %.*s\nActivation code: %.*s (once, until %.*s)\nActivate at:     %.*s/activate"),
	          STR_ARG(result->account.login), STR_ARG(code->code), STR_ARG(code->expires_at), STR_ARG(c->config.issuer));
}

static int admin(struct ctl *c)
{
	struct bootstrap_request request = { .employee_code = STR_NULL };
	const struct ctl_option options[] = {
		{ "employee-code", &request.employee_code, NULL, true },
		{ "unit", &request.unit, NULL, true },
		{ "second", NULL, &request.second, false },
	};
	struct bootstrap_result result;
	int r = ctl_options(c, options, ARRAY_LEN(options), 1, 1);

	if (r == EXIT_OK)
		r = ctl_open(c, CTL_KEYS | CTL_DB);
	if (r != EXIT_OK)
		return r;
	request.operator = ctl_operator(c);
	if (bootstrap_admin(&c->op, &request, &result) < 0)
		return ctl_fail_op(c);
	print_result(c, &result);
	return EXIT_OK;
}

static int client(struct ctl *c)
{
	struct client_file f = { .form = { .metadata = NULL } };
	struct str secret;
	bool changed = false;
	int r = ctl_options(c, NULL, 0, 2, 2);

	if (r == EXIT_OK)
		r = ctl_client_file(c, c->args[1], &f, &secret);
	if (r == EXIT_OK)
		r = ctl_open(c, CTL_KEYS | CTL_DB);
	if (r == EXIT_OK && client_entry_put(&c->op, &f.form, secret, ctl_operator(c), &changed) < 0)
		r = ctl_fail_op(c);
	json_decref(f.form.metadata);
	if (r == EXIT_OK)
		ctl_print(c, "%.*s: %s", STR_ARG(f.form.id), changed ? ctl_say(c, "đã ghi", "written") : ctl_say(c, "không đổi", "unchanged"));
	return r;
}

static int token(struct ctl *c)
{
	struct registration_file f = { .policy = NULL };
	struct str id, made;
	int r = registration_file_options(c, 1, &f);

	if (r == EXIT_OK)
		r = ctl_open(c, CTL_KEYS | CTL_DB);
	if (r == EXIT_OK && client_token_issue(&c->op, &f, ctl_operator(c), &id, &made) < 0)
		r = ctl_fail_op(c);
	json_decref(f.policy);
	return r == EXIT_OK ? registration_token_print(c, id, made) : r;
}

int cmd_bootstrap(struct ctl *c)
{
	static const struct ctl_subcommand words[] = { { "admin", admin }, { "client", client }, { "token", token }, { "import", cmd_bootstrap_import },
		                                       { "details", cmd_bootstrap_details } };

	return ctl_subcommand(c, words, ARRAY_LEN(words), NULL);
}
