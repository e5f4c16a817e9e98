/* cmd_api.c: what administrators do, through the JSON API in their own name. */

#include "server/senctl/api_call.h"

#include <inttypes.h>

int cmd_grant(struct ctl *c)
{
	struct str employee_code = STR_NULL, login = STR_NULL, platform = STR_NULL, role = STR_NULL;
	struct str unit = STR_NULL, basis = STR_NULL, from = STR_NULL, to = STR_NULL;
	const struct ctl_option options[] = {
		{ "employee-code", &employee_code, NULL, false }, { "login", &login, NULL, false }, { "platform", &platform, NULL, true },
		{ "role", &role, NULL, true }, { "unit", &unit, NULL, false }, { "basis", &basis, NULL, true },
		{ "from", &from, NULL, false }, { "to", &to, NULL, false },
	};
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	int r = ctl_begin(c, options, ARRAY_LEN(options), 0, 0);

	if (r != EXIT_OK)
		return r;
	json_set_str(body, "employee_code", employee_code);
	json_set_str(body, "login", login);
	json_set_str(body, "platform", platform);
	json_set_str(body, "role", role);
	json_set_str(body, "unit", unit);
	json_set_str(body, "basis", basis);
	json_set_str(body, "valid_from", from);
	json_set_str(body, "valid_to", to);
	r = api_post(c, STR("/grants"), body, &answer);
	if (r != EXIT_OK || api_printed(c, answer))
		return r;
	ctl_print(c, ctl_say(c, "Đã cấp %.*s trên %.*s cho %.*s, đơn vị %.*s (%.*s)", "Granted %.*s on %.*s to %.*s for unit %.*s (%.*s)"),
	          STR_ARG(json_get_str(answer, "role")), STR_ARG(json_get_str(answer, "platform")), STR_ARG(json_get_str(answer, "login")),
	          STR_ARG(json_get_str(answer, "unit")), STR_ARG(json_get_str(answer, "id")));
	return EXIT_OK;
}

static void print_revoked(const struct ctl *c, const json_t *answer)
{
	const json_t *list = json_object_get(answer, "revoked"), *item;
	int64_t beyond = json_get_int(answer, "beyond_scope", 0);
	size_t i;

	json_array_foreach(list, i, item)
		ctl_print(c, ctl_say(c, "Đã thu hồi %.*s trên %.*s, đơn vị %.*s", "Revoked %.*s on %.*s for unit %.*s"),
		          STR_ARG(json_get_str(item, "role")), STR_ARG(json_get_str(item, "platform")), STR_ARG(json_get_str(item, "unit")));
	if (json_array_size(list) == 0)
		ctl_print(c, "%s", ctl_say(c, "Không còn vai trò nào để thu hồi", "There was nothing left to revoke"));
	if (beyond > 0)
		ctl_print(c, ctl_say(c, "%" PRId64 " vai trò khác nằm ngoài phạm vi của bạn", "%" PRId64 " more are beyond your scope"), beyond);
}

int cmd_revoke(struct ctl *c)
{
	struct str login = STR_NULL, platform = STR_NULL, role = STR_NULL, grant = STR_NULL, reason = STR_NULL;
	const struct ctl_option options[] = {
		{ "login", &login, NULL, true }, { "platform", &platform, NULL, false }, { "role", &role, NULL, false },
		{ "grant", &grant, NULL, false }, { "reason", &reason, NULL, true },
	};
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	int r = ctl_begin(c, options, ARRAY_LEN(options), 0, 0);

	if (r != EXIT_OK)
		return r;
	json_set_str(body, "login", login);
	json_set_str(body, "platform", platform);
	json_set_str(body, "role", role);
	json_set_str(body, "reason", reason);
	r = api_post(c, str_is_null(grant) ? STR("/grants/revoke") : api_path(c, "/grants/", grant, "/revoke"), body, &answer);
	if (r == EXIT_OK && !api_printed(c, answer))
		print_revoked(c, answer);
	return r;
}

int cmd_activate(struct ctl *c)
{
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	int r = ctl_begin(c, NULL, 0, 1, 1);

	if (r != EXIT_OK)
		return r;
	r = api_post(c, api_path(c, "/accounts/", str_c(c->args[0]), "/activation"), body, &answer);
	if (r != EXIT_OK || api_printed(c, answer))
		return r;
	ctl_print(c, ctl_say(c, "Mã kích hoạt của %s: %.*s (dùng một lần, đến %.*s; không hiện lại)",
	                     "Activation code of %s: %.*s (once, until %.*s; it is not shown again)"),
	          c->args[0], STR_ARG(json_get_str(answer, "code")), STR_ARG(json_get_str(answer, "expires_at")));
	return EXIT_OK;
}

int cmd_unlock(struct ctl *c)
{
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	int r = ctl_begin(c, NULL, 0, 1, 1);

	if (r == EXIT_OK)
		r = api_post(c, api_path(c, "/accounts/", str_c(c->args[0]), "/unlock"), body, &answer);
	if (r == EXIT_OK && !api_printed(c, answer))
		ctl_print(c, ctl_say(c, "Đã mở khoá đăng nhập của %s", "Sign-in of %s is unlocked"), c->args[0]);
	return r;
}

/* seen: the account as it is now is what is changed. */
static int change_state(struct ctl *c, const char *verb, bool seen)
{
	struct str reason = STR_NULL, version = STR_NULL;
	const struct ctl_option options[] = { { "reason", &reason, NULL, true } };
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	int r = ctl_begin(c, options, ARRAY_LEN(options), 1, 1);

	if (r != EXIT_OK)
		return r;
	json_set_str(body, "reason", reason);
	if (seen)
		r = api_version(c, STR_NULL, api_path(c, "/accounts/", str_c(c->args[0]), ""), &version);
	if (r == EXIT_OK)
		r = api_call(c, &(struct api_call){ .method = "POST", .path = api_path(c, "/accounts/", str_c(c->args[0]), verb), .body = body, .if_match = version }, &answer);
	if (r != EXIT_OK || api_printed(c, answer))
		return r;
	ctl_print(c, "%s: %.*s%s", c->args[0], STR_ARG(json_get_str(answer, "status")),
	          json_get_bool(answer, "changed", false) ? "" : ctl_say(c, " (không đổi)", " (unchanged)"));
	return EXIT_OK;
}

int cmd_disable(struct ctl *c)
{
	return change_state(c, "/disable", false);
}

int cmd_enable(struct ctl *c)
{
	return change_state(c, "/enable", true);
}

static void set_list(json_t *body, const char *member, struct str text)
{
	json_t *list = json_new_array();
	struct str word;

	while (str_split(&text, ',', &word))
		json_array_append_new(list, json_from_str(word));
	json_set_take(body, member, list);
}

int cmd_delegate(struct ctl *c)
{
	struct str login = STR_NULL, unit = STR_NULL, platform = STR_NULL, rights = STR_NULL, roles = STR_NULL, cap = STR_NULL, to = STR_NULL;
	const struct ctl_option options[] = {
		{ "login", &login, NULL, true }, { "unit", &unit, NULL, true }, { "platform", &platform, NULL, false },
		{ "rights", &rights, NULL, true }, { "roles", &roles, NULL, false }, { "max-sensitivity", &cap, NULL, false }, { "to", &to, NULL, false },
	};
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	int r = ctl_begin(c, options, ARRAY_LEN(options), 0, 0);

	if (r != EXIT_OK)
		return r;
	set_list(body, "rights", rights);
	if (!str_is_null(roles))
		set_list(body, "roles", roles);
	json_set_str(body, "login", login);
	json_set_str(body, "unit", unit);
	json_set_str(body, "platform", platform);
	json_set_str(body, "max_sensitivity", cap);
	json_set_str(body, "valid_to", to);
	r = api_post(c, STR("/admin-scopes"), body, &answer);
	if (r != EXIT_OK || api_printed(c, answer))
		return r;
	if (json_object_get(answer, "asked_by")) {
		ctl_print(c, ctl_say(c, "Phạm vi này phải do hai người giao: chờ người thứ hai giao đúng như vậy trước %.*s (%.*s)",
		                     "This scope is given by two: it waits for a second person who gives the same before %.*s (%.*s)"),
		          STR_ARG(json_get_str(answer, "expires_at")), STR_ARG(json_get_str(answer, "id")));
		return EXIT_OK;
	}
	ctl_print(c, ctl_say(c, "Đã giao phạm vi cho %.*s tại đơn vị %.*s (%.*s)", "Delegated to %.*s at unit %.*s (%.*s)"),
	          STR_ARG(json_get_str(answer, "login")), STR_ARG(json_get_str(answer, "unit")), STR_ARG(json_get_str(answer, "id")));
	return EXIT_OK;
}

int cmd_undelegate(struct ctl *c)
{
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	int r = ctl_begin(c, NULL, 0, 1, 1);

	if (r != EXIT_OK)
		return r;
	r = api_post(c, api_path(c, "/admin-scopes/", str_c(c->args[0]), "/revoke"), body, &answer);
	if (r != EXIT_OK || api_printed(c, answer))
		return r;
	ctl_print(c, "%s", json_get_bool(answer, "changed", false) ? ctl_say(c, "Đã rút phạm vi", "The scope is taken back") :
	                                                             ctl_say(c, "Phạm vi đã được rút từ trước", "It was taken back before"));
	return EXIT_OK;
}
