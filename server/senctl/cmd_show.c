/* cmd_show.c: looking at persons, accounts, grants and platforms, as far as one's scope reaches. */

#include "common/base/url.h"
#include "server/senctl/api_call.h"

#define PATH_MAX_BYTES 2048

int cmd_grants(struct ctl *c)
{
	_json_ json_t *answer = NULL;
	const json_t *item;
	int r = ctl_begin(c, NULL, 0, 1, 1);
	size_t i;

	if (r == EXIT_OK)
		r = api_get_all(c, api_path(c, "/grants?login=", str_c(c->args[0]), ""), "grants", &answer);
	if (r != EXIT_OK || api_printed(c, answer))
		return r;
	json_array_foreach(json_object_get(answer, "grants"), i, item)
		ctl_print(c, "%-8.*s %-6.*s %-20.*s %-14.*s %.*s – %.*s  %.*s", STR_ARG(api_word(item, "state")), STR_ARG(api_word(item, "platform")),
		          STR_ARG(api_word(item, "role")), STR_ARG(api_word(item, "unit")), STR_ARG(api_word(item, "valid_from")),
		          STR_ARG(api_word(item, "valid_to")), STR_ARG(api_word(item, "id")));
	return EXIT_OK;
}

int cmd_person_search(struct ctl *c)
{
	struct str after = STR_NULL;
	const struct ctl_option options[] = { { "after", &after, NULL, false } };
	struct buf path = buf_new(c->arena, PATH_MAX_BYTES);
	_json_ json_t *answer = NULL;
	const json_t *item;
	bool first = true;
	size_t i;
	int r = ctl_begin(c, options, ARRAY_LEN(options), 2, 2);

	if (r == EXIT_OK && !str_equal(str_c(c->args[0]), STR("search")))
		r = ctl_usage_error(c, "senctl person search …");
	if (r != EXIT_OK)
		return r;
	buf_add_c(&path, "/persons?");
	form_append(&path, &first, STR("q"), str_c(c->args[1]));
	if (!str_is_null(after))
		form_append(&path, &first, STR("after"), after);
	r = api_get(c, buf_str(&path), &answer);
	if (r != EXIT_OK || api_printed(c, answer))
		return r;
	json_array_foreach(json_object_get(answer, "persons"), i, item)
		ctl_print(c, "%-12.*s %-12.*s %-9.*s %.*s — %.*s, %.*s", STR_ARG(api_word(item, "employee_code")), STR_ARG(api_word(item, "login")),
		          STR_ARG(api_word(item, "status")), STR_ARG(api_word(item, "full_name")), STR_ARG(api_word(item, "title")),
		          STR_ARG(api_word(item, "unit_name")));
	api_print_next(c, answer);
	return EXIT_OK;
}

/* Of a platform without any interface. */
static void print_form(const struct ctl *c, const json_t *binding)
{
	const json_t *waits = json_object_get(binding, "waits_for"), *confirmed = json_object_get(binding, "confirmed");

	if (waits)
		ctl_print(c, ctl_say(c, "         chờ phiếu %lld, dòng %lld", "         waits for form %lld, line %lld"), (long long)json_get_int(waits, "form", 0),
		          (long long)json_get_int(waits, "line", 0));
	if (confirmed)
		ctl_print(c, "         %s %.*s, %.*s", str_equal(json_get_str(confirmed, "how"), STR("list")) ? ctl_say(c, "theo danh sách của nền tảng do", "by the platform's list, from")
		                                                                                      : ctl_say(c, "xác nhận bởi", "confirmed by"),
		          STR_ARG(api_word(confirmed, "by")), STR_ARG(api_word(confirmed, "at")));
}

static void print_account(const struct ctl *c, const json_t *answer)
{
	const json_t *person = json_object_get(answer, "person"), *item;
	size_t i;

	ctl_print(c, "%.*s (%.*s): %.*s, %.*s", STR_ARG(api_word(answer, "login")), STR_ARG(api_word(answer, "status")),
	          STR_ARG(api_word(person, "full_name")), STR_ARG(api_word(person, "employee_code")));
	json_array_foreach(json_object_get(person, "posts"), i, item)
		ctl_print(c, "  %.*s, %.*s (%.*s – %.*s)", STR_ARG(api_word(item, "title")), STR_ARG(api_word(item, "unit_name")),
		          STR_ARG(api_word(item, "valid_from")), STR_ARG(api_word(item, "valid_to")));
	json_array_foreach(json_object_get(answer, "bindings"), i, item) {
		ctl_print(c, "  %-6.*s %-10.*s %s %.*s%s%.*s", STR_ARG(api_word(item, "platform")), STR_ARG(api_word(item, "state")),
		          ctl_say(c, "thực tế:", "seen:"), STR_ARG(api_word(item, "seen")), str_is_null(json_get_str(item, "error")) ? "" : ", ",
		          STR_ARG(json_get_str(item, "error")));
		print_form(c, item);
	}
	json_array_foreach(json_object_get(answer, "scopes"), i, item)
		ctl_print(c, "  %s %.*s, %s %.*s (%.*s)", ctl_say(c, "quản trị đơn vị", "administers unit"), STR_ARG(api_word(item, "unit")),
		          ctl_say(c, "nền tảng", "platform"), STR_ARG(api_word(item, "platform")), STR_ARG(api_word(item, "id")));
}

int cmd_account_show(struct ctl *c)
{
	_json_ json_t *answer = NULL;
	int r = ctl_begin(c, NULL, 0, 1, 2);

	if (r == EXIT_OK && c->n_args == 2 && !str_equal(str_c(c->args[0]), STR("show")))
		r = ctl_usage_error(c, "senctl account show NAME");
	if (r == EXIT_OK)
		r = api_get(c, api_path(c, "/accounts/", str_c(c->args[c->n_args - 1]), ""), &answer);
	if (r == EXIT_OK && !api_printed(c, answer))
		print_account(c, answer);
	return r;
}

static void print_platforms(const struct ctl *c, const json_t *answer)
{
	const json_t *item, *role;
	size_t i, k;

	json_array_foreach(json_object_get(answer, "platforms"), i, item) {
		ctl_print(c, "%-6.*s %.*s — %.*s%s", STR_ARG(api_word(item, "code")), STR_ARG(api_word(item, "name")), STR_ARG(api_word(item, "state_word")),
		          json_get_bool(item, "verified", false) ? "" : " [chưa xác minh]");
		json_array_foreach(json_object_get(item, "roles"), k, role)
			ctl_print(c, "         %-20.*s %.*s%s", STR_ARG(api_word(role, "code")), STR_ARG(api_word(role, "name")),
			          json_get_bool(role, "verified", false) ? "" : " [chưa xác minh]");
	}
}

/* Page by page. */
int cmd_platforms(struct ctl *c)
{
	struct str path = STR("/platforms");
	int r = ctl_begin(c, NULL, 0, 0, 0);

	while (r == EXIT_OK && !str_is_null(path)) {
		_json_ json_t *answer = NULL;
		struct str next;

		r = api_get(c, path, &answer);
		if (r == EXIT_OK && !api_printed(c, answer))
			print_platforms(c, answer);
		next = json_get_str(answer, "next");
		path = str_is_null(next) ? STR_NULL : arena_printf(c->arena, "/platforms?after=%.*s", STR_ARG(next));
	}
	return r;
}
