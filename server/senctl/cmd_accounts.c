/* cmd_accounts.c: senctl account list|add|hand-over|archive and senctl shared …, through the JSON API. */

#include "common/base/url.h"
#include "server/senctl/api_call.h"

#define PATH_MAX_BYTES 2048

static struct str text(const json_t *object, const char *name)
{
	struct str value = json_get_str(object, name);

	return str_is_null(value) ? STR("-") : value;
}

static int begin(struct ctl *c, const struct ctl_option *options, size_t n, size_t n_args)
{
	int r = ctl_options(c, options, n, n_args + 1, n_args + 1);

	return r == EXIT_OK ? ctl_configure(c) : r;
}

static int post(struct ctl *c, struct str path, const json_t *body, json_t **ret_answer)
{
	int r = api_call(c, &(struct api_call){ .method = "POST", .path = path, .body = body }, ret_answer);

	if (r == EXIT_OK && c->json && *ret_answer)
		ctl_print_json(c, *ret_answer);
	return r;
}

static void print_list(const struct ctl *c, const json_t *answer)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(answer, "accounts"), i, item)
		ctl_print(c, "%-20.*s %-13.*s %-9.*s %-10.*s %-24.*s %-14.*s %.*s %.*s", STR_ARG(text(item, "login")), STR_ARG(text(item, "kind")),
		          STR_ARG(text(item, "status")), STR_ARG(text(item, "manager")), STR_ARG(text(item, "manager_name")),
		          STR_ARG(text(item, "unit")), STR_ARG(text(item, "activated_at")), STR_ARG(text(item, "closed_at")));
	if (!str_is_null(json_get_str(answer, "next")))
		ctl_print(c, "%s: --after %.*s", ctl_say(c, "còn nữa", "there are more"), STR_ARG(json_get_str(answer, "next")));
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
	int r = begin(c, options, N, 0);

	if (r != EXIT_OK)
		return r;
	buf_add_c(&path, "/accounts?");
	for (size_t i = 0; i < N; i++)
		if (!str_is_null(v[i]))
			form_append(&path, &first, str_c(names[i]), v[i]);
	r = api_call(c, &(struct api_call){ .method = "GET", .path = buf_str(&path) }, &answer);
	if (r != EXIT_OK)
		return r;
	if (c->json)
		ctl_print_json(c, answer);
	else
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
	int r = begin(c, options, ARRAY_LEN(options), 0);

	if (r != EXIT_OK)
		return r;
	json_set_str(body, "kind", kind);
	json_set_str(body, "employee_code", code);
	json_set_str(body, "login", login);
	json_set_str(body, "reason", reason);
	json_set_str(body, "client", client);
	r = post(c, STR("/accounts"), body, &answer);
	if (r == EXIT_OK && !c->json)
		ctl_print(c, ctl_say(c, "Đã lập tài khoản %.*s (%.*s)", "Account %.*s is set up (%.*s)"), STR_ARG(text(answer, "login")),
		          STR_ARG(text(answer, "kind")));
	return r;
}

static int account_hand_over(struct ctl *c)
{
	struct str to = STR_NULL, reason = STR_NULL;
	const struct ctl_option options[] = { { "to", &to, NULL, true }, { "reason", &reason, NULL, true } };
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	int r = begin(c, options, ARRAY_LEN(options), 1);

	if (r != EXIT_OK)
		return r;
	json_set_str(body, "employee_code", to);
	json_set_str(body, "reason", reason);
	r = post(c, api_path(c, "/accounts/", str_c(c->args[1]), "/hand-over"), body, &answer);
	if (r == EXIT_OK && !c->json)
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
	int r = begin(c, options, ARRAY_LEN(options), 1);

	if (r != EXIT_OK)
		return r;
	json_set_str(body, "reason", reason);
	r = post(c, api_path(c, "/accounts/", str_c(c->args[1]), "/archive"), body, &answer);
	if (r == EXIT_OK && !c->json)
		print_changed(c, answer);
	return r;
}

static int shared_get(struct ctl *c, struct str path, json_t **ret_answer)
{
	int r = api_call(c, &(struct api_call){ .method = "GET", .path = path }, ret_answer);

	if (r == EXIT_OK && c->json)
		ctl_print_json(c, *ret_answer);
	return r;
}

static int shared_list(struct ctl *c)
{
	_json_ json_t *answer = NULL;
	const json_t *item;
	int r = begin(c, NULL, 0, 0);
	size_t i;

	if (r == EXIT_OK)
		r = shared_get(c, STR("/shared-accounts"), &answer);
	if (r != EXIT_OK || c->json)
		return r;
	json_array_foreach(json_object_get(answer, "shared_accounts"), i, item)
		ctl_print(c, "%-20.*s %-9.*s %-10.*s %-12.*s %.*s", STR_ARG(text(item, "login")), STR_ARG(text(item, "status")),
		          STR_ARG(text(item, "manager")), STR_ARG(text(item, "checked_out_by")), STR_ARG(text(item, "reason")));
	return r;
}

static int shared_uses(struct ctl *c)
{
	_json_ json_t *answer = NULL;
	const json_t *item;
	int r = begin(c, NULL, 0, 1);
	size_t i;

	if (r == EXIT_OK)
		r = shared_get(c, api_path(c, "/shared-accounts/", str_c(c->args[1]), "/uses"), &answer);
	if (r != EXIT_OK || c->json)
		return r;
	json_array_foreach(json_object_get(answer, "uses"), i, item)
		ctl_print(c, "%.*s – %.*s  %-12.*s %.*s  %.*s", STR_ARG(text(item, "out_at")), STR_ARG(text(item, "in_at")),
		          STR_ARG(text(item, "member")), STR_ARG(text(item, "member_name")), STR_ARG(text(item, "purpose")));
	return r;
}

/* approve, check-in: nothing to say beside whom it is about. */
static int shared_act(struct ctl *c)
{
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	int r = begin(c, NULL, 0, 1);

	if (r == EXIT_OK)
		r = post(c, api_path(c, "/shared-accounts/", str_c(c->args[1]), arena_printf(c->arena, "/%s", c->args[0]).p), body, &answer);
	if (r == EXIT_OK && !c->json)
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
	int r = begin(c, options, ARRAY_LEN(options), 1);

	if (r != EXIT_OK)
		return r;
	json_set_str(body, "login", login);
	r = post(c, api_path(c, "/shared-accounts/", str_c(c->args[1]), remove ? "/members/remove" : "/members"), body, &answer);
	if (r == EXIT_OK && !c->json)
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
	int r = begin(c, options, ARRAY_LEN(options), 1);

	if (r == EXIT_OK && !str_to_u64(minutes, 1440, &n))
		r = ctl_usage_error(c, "--minutes 1..1440");
	if (r != EXIT_OK)
		return r;
	json_set_str(body, "purpose", purpose);
	json_set_int(body, "minutes", (int64_t)n);
	r = post(c, api_path(c, "/shared-accounts/", str_c(c->args[1]), "/check-out"), body, &answer);
	if (r == EXIT_OK && !c->json)
		ctl_print(c, ctl_say(c, "Mã đăng nhập của %s: %.*s (đến %.*s; không hiện lại)", "Sign-in code of %s: %.*s (until %.*s; it is not shown again)"),
		          c->args[1], STR_ARG(text(answer, "code")), STR_ARG(text(answer, "until")));
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
