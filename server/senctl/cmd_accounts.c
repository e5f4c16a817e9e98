/* cmd_accounts.c: senctl account list|add|hand-over|archive and senctl shared …, through the JSON API. */

#include "common/base/url.h"
#include "server/senctl/api_call.h"

#define PATH_MAX_BYTES 2048

static void print_list(const struct ctl *c, const json_t *answer)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(answer, "accounts"), i, item)
		ctl_print(c, "%-20.*s %-13.*s %-9.*s %-10.*s %-24.*s %-14.*s %.*s %.*s", STR_ARG(api_word(item, "login")), STR_ARG(api_word(item, "kind")),
		          STR_ARG(api_word(item, "status")), STR_ARG(api_word(item, "manager")), STR_ARG(api_word(item, "manager_name")),
		          STR_ARG(api_word(item, "unit")), STR_ARG(api_word(item, "activated_at")), STR_ARG(api_word(item, "closed_at")));
	api_print_next(c, answer);
}

static int account_list(struct ctl *c)
{
	enum { KIND, STATUS, PLATFORM, MANAGER, UNIT, UNUSED, AFTER, LIMIT, N };
	static const char *const names[N] = { "kind", "status", "platform", "manager", "unit", "unused_since", "after", "limit" };
	struct str v[N] = { STR_NULL, STR_NULL, STR_NULL, STR_NULL, STR_NULL, STR_NULL, STR_NULL, STR_NULL };
	const struct ctl_option options[N] = {
		{ "kind", &v[KIND], NULL, false }, { "status", &v[STATUS], NULL, false }, { "platform", &v[PLATFORM], NULL, false },
		{ "manager", &v[MANAGER], NULL, false }, { "unit", &v[UNIT], NULL, false }, { "unused-since", &v[UNUSED], NULL, false },
		{ "after", &v[AFTER], NULL, false }, { "limit", &v[LIMIT], NULL, false },
	};
	struct buf path = buf_new(c->arena, PATH_MAX_BYTES);
	_json_ json_t *answer = NULL;
	bool first = true;
	int r = ctl_begin(c, options, N, 1, 1);

	if (r != EXIT_OK)
		return r;
	buf_add_c(&path, "/accounts?");
	for (size_t i = 0; i < N; i++)
		if (!str_is_null(v[i]))
			form_append(&path, &first, str_c(names[i]), v[i]);
	r = api_get(c, buf_str(&path), &answer);
	if (r != EXIT_OK)
		return r;
	if (!api_printed(c, answer))
		print_list(c, answer);
	return r;
}

static int account_add(struct ctl *c)
{
	struct str kind = STR_NULL, code = STR_NULL, login = STR_NULL, reason = STR_NULL, client = STR_NULL;
	const struct ctl_option options[] = {
		{ "kind", &kind, NULL, true }, { "employee-code", &code, NULL, true }, { "login", &login, NULL, false },
		{ "reason", &reason, NULL, true }, { "client", &client, NULL, false },
	};
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	int r = ctl_begin(c, options, ARRAY_LEN(options), 1, 1);

	if (r != EXIT_OK)
		return r;
	json_set_str(body, "kind", kind);
	json_set_str(body, "employee_code", code);
	json_set_str(body, "login", login);
	json_set_str(body, "reason", reason);
	json_set_str(body, "client", client);
	r = api_post(c, STR("/accounts"), body, &answer);
	if (r == EXIT_OK && !api_printed(c, answer))
		ctl_print(c, ctl_say(c, "Đã lập tài khoản %.*s (%.*s)", "Account %.*s is set up (%.*s)"), STR_ARG(api_word(answer, "login")),
		          STR_ARG(api_word(answer, "kind")));
	return r;
}

static int account_hand_over(struct ctl *c)
{
	struct str to = STR_NULL, reason = STR_NULL, version;
	const struct ctl_option options[] = { { "to", &to, NULL, true }, { "reason", &reason, NULL, true } };
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	int r = ctl_begin(c, options, ARRAY_LEN(options), 2, 2);

	if (r != EXIT_OK)
		return r;
	json_set_str(body, "employee_code", to);
	json_set_str(body, "reason", reason);
	r = api_version(c, STR_NULL, api_path(c, "/accounts/", str_c(c->args[1]), ""), &version);
	if (r == EXIT_OK)
		r = api_call(c, &(struct api_call){ .method = "POST", .path = api_path(c, "/accounts/", str_c(c->args[1]), "/hand-over"), .body = body, .if_match = version }, &answer);
	if (r == EXIT_OK && !api_printed(c, answer))
		ctl_print(c, ctl_say(c, "Đã bàn giao %s", "%s is handed over"), c->args[1]);
	return r;
}

static void print_changed(const struct ctl *c, const json_t *answer)
{
	ctl_print(c, "%s", json_get_bool(answer, "changed", true) ? ctl_say(c, "Đã thực hiện", "Done") : ctl_say(c, "Không đổi", "Unchanged"));
}

static int account_archive(struct ctl *c)
{
	struct str reason = STR_NULL;
	const struct ctl_option options[] = { { "reason", &reason, NULL, true } };
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	int r = ctl_begin(c, options, ARRAY_LEN(options), 2, 2);

	if (r != EXIT_OK)
		return r;
	json_set_str(body, "reason", reason);
	r = api_post(c, api_path(c, "/accounts/", str_c(c->args[1]), "/archive"), body, &answer);
	if (r == EXIT_OK && !api_printed(c, answer))
		print_changed(c, answer);
	return r;
}

static int shared_list(struct ctl *c)
{
	_json_ json_t *answer = NULL;
	const json_t *item;
	int r = ctl_begin(c, NULL, 0, 1, 1);
	size_t i;

	if (r == EXIT_OK)
		r = api_get(c, STR("/shared-accounts"), &answer);
	if (r != EXIT_OK || api_printed(c, answer))
		return r;
	json_array_foreach(json_object_get(answer, "shared_accounts"), i, item)
		ctl_print(c, "%-20.*s %-9.*s %-10.*s %-12.*s %.*s", STR_ARG(api_word(item, "login")), STR_ARG(api_word(item, "status")),
		          STR_ARG(api_word(item, "manager")), STR_ARG(api_word(item, "checked_out_by")), STR_ARG(api_word(item, "reason")));
	return r;
}

static int shared_uses(struct ctl *c)
{
	_json_ json_t *answer = NULL;
	const json_t *item;
	int r = ctl_begin(c, NULL, 0, 2, 2);
	size_t i;

	if (r == EXIT_OK)
		r = api_get_all(c, api_path(c, "/shared-accounts/", str_c(c->args[1]), "/uses"), "uses", &answer);
	if (r != EXIT_OK || api_printed(c, answer))
		return r;
	json_array_foreach(json_object_get(answer, "uses"), i, item)
		ctl_print(c, "%.*s – %.*s  %-12.*s %.*s  %.*s", STR_ARG(api_word(item, "out_at")), STR_ARG(api_word(item, "in_at")),
		          STR_ARG(api_word(item, "member")), STR_ARG(api_word(item, "member_name")), STR_ARG(api_word(item, "purpose")));
	return r;
}

/* approve, check-in: nothing to say beside whom it is about. */
static int shared_act(struct ctl *c)
{
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	int r = ctl_begin(c, NULL, 0, 2, 2);

	if (r == EXIT_OK)
		r = api_post(c, api_path(c, "/shared-accounts/", str_c(c->args[1]), arena_printf(c->arena, "/%s", c->args[0]).p), body, &answer);
	if (r == EXIT_OK && !api_printed(c, answer))
		print_changed(c, answer);
	return r;
}

static int shared_member(struct ctl *c)
{
	struct str login = STR_NULL;
	bool remove = false;
	const struct ctl_option options[] = { { "login", &login, NULL, true }, { "remove", NULL, &remove, false } };
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	int r = ctl_begin(c, options, ARRAY_LEN(options), 2, 2);

	if (r != EXIT_OK)
		return r;
	json_set_str(body, "login", login);
	r = api_post(c, api_path(c, "/shared-accounts/", str_c(c->args[1]), remove ? "/members/remove" : "/members"), body, &answer);
	if (r == EXIT_OK && !api_printed(c, answer))
		print_changed(c, answer);
	return r;
}

static int shared_check_out(struct ctl *c)
{
	struct str purpose = STR_NULL, minutes = STR_NULL;
	const struct ctl_option options[] = { { "purpose", &purpose, NULL, true }, { "minutes", &minutes, NULL, true } };
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	uint64_t n;
	int r = ctl_begin(c, options, ARRAY_LEN(options), 2, 2);

	if (r == EXIT_OK && !str_to_u64(minutes, 1440, &n))
		r = ctl_usage_error(c, "--minutes 1..1440");
	if (r != EXIT_OK)
		return r;
	json_set_str(body, "purpose", purpose);
	json_set_int(body, "minutes", (int64_t)n);
	r = api_post(c, api_path(c, "/shared-accounts/", str_c(c->args[1]), "/check-out"), body, &answer);
	if (r == EXIT_OK && !api_printed(c, answer))
		ctl_print(c, ctl_say(c, "Mã đăng nhập của %s: %.*s (đến %.*s; không hiện lại)", "Sign-in code of %s: %.*s (until %.*s; it is not shown again)"),
		          c->args[1], STR_ARG(api_word(answer, "code")), STR_ARG(api_word(answer, "until")));
	return r;
}

int cmd_account(struct ctl *c)
{
	static const struct ctl_subcommand list[] = {
		{ "list", account_list }, { "add", account_add }, { "hand-over", account_hand_over }, { "archive", account_archive },
	};

	return ctl_subcommand(c, list, ARRAY_LEN(list), cmd_account_show);
}

int cmd_shared(struct ctl *c)
{
	static const struct ctl_subcommand list[] = {
		{ "list", shared_list }, { "uses", shared_uses }, { "approve", shared_act }, { "check-in", shared_act },
		{ "check-out", shared_check_out }, { "member", shared_member },
	};

	return ctl_subcommand(c, list, ARRAY_LEN(list), NULL);
}
