/* senctl bootstrap-admin */

#include "server/governance/bootstrap.h"
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

int cmd_bootstrap_admin(struct ctl *c)
{
	struct bootstrap_request request = { .employee_code = STR_NULL };
	const struct ctl_option options[] = {
		{ "employee-code", &request.employee_code, NULL, true },
		{ "unit", &request.unit, NULL, true },
		{ "second", NULL, &request.second, false },
	};
	struct bootstrap_result result;
	int r = ctl_options(c, options, ARRAY_LEN(options), 0, 0);

	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r == EXIT_OK)
		r = ctl_need_keys(c);
	if (r == EXIT_OK)
		r = ctl_need_db(c);
	if (r != EXIT_OK)
		return r;
	request.operator = ctl_operator(c);
	if (bootstrap_admin(&c->op, &request, &result) < 0)
		return ctl_fail_op(c);
	print_result(c, &result);
	return EXIT_OK;
}
