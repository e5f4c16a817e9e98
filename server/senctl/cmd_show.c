/* cmd_show.c: looking at persons, accounts, grants and platforms, as far as one's scope reaches. */

#include "common/base/url.h"
#include "server/senctl/api_call.h"

#define PATH_MAX_BYTES 2048

static int get(struct ctl *c, struct str path, json_t **ret_answer)
{
	int r = ctl_configure(c);

	if (r == EXIT_OK)
		r = api_call(c, &(struct api_call){ .method = "GET", .path = path }, ret_answer);
	if (r == EXIT_OK && c->json)
		ctl_print_json(c, *ret_answer);
	return r;
}

static struct str text(const json_t *object, const char *name)
{
	struct str value = json_get_str(object, name);

	return str_is_null(value) ? STR("-") : value;
}

int cmd_grants(struct ctl *c)
{
	_json_ json_t *answer = NULL;
	const json_t *item;
	int r = ctl_options(c, NULL, 0, 1, 1);
	size_t i;

	if (r == EXIT_OK)
		r = get(c, api_path(c, "/grants?login=", str_c(c->args[0]), ""), &answer);
	if (r != EXIT_OK || c->json)
		return r;
	json_array_foreach(json_object_get(answer, "grants"), i, item)
		ctl_print(c, "%-8.*s %-6.*s %-20.*s %-14.*s %.*s – %.*s  %.*s", STR_ARG(text(item, "state")), STR_ARG(text(item, "platform")),
		          STR_ARG(text(item, "role")), STR_ARG(text(item, "unit")), STR_ARG(text(item, "valid_from")),
		          STR_ARG(text(item, "valid_to")), STR_ARG(text(item, "id")));
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
	int r = ctl_options(c, options, ARRAY_LEN(options), 2, 2);

	if (r == EXIT_OK && !str_equal(str_c(c->args[0]), STR("search")))
		r = ctl_usage_error(c, "senctl person search …");
	if (r != EXIT_OK)
		return r;
	buf_add_c(&path, "/persons?");
	form_append(&path, &first, STR("q"), str_c(c->args[1]));
	if (!str_is_null(after))
		form_append(&path, &first, STR("after"), after);
	r = get(c, buf_str(&path), &answer);
	if (r != EXIT_OK || c->json)
		return r;
	json_array_foreach(json_object_get(answer, "persons"), i, item)
		ctl_print(c, "%-12.*s %-12.*s %-9.*s %.*s — %.*s, %.*s", STR_ARG(text(item, "employee_code")), STR_ARG(text(item, "login")),
		          STR_ARG(text(item, "status")), STR_ARG(text(item, "full_name")), STR_ARG(text(item, "title")),
		          STR_ARG(text(item, "unit_name")));
	if (!str_is_null(json_get_str(answer, "next")))
		ctl_print(c, "%s: --after %.*s", ctl_say(c, "còn nữa", "there are more"), STR_ARG(json_get_str(answer, "next")));
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
		          STR_ARG(text(confirmed, "by")), STR_ARG(text(confirmed, "at")));
}

static void print_account(const struct ctl *c, const json_t *answer)
{
	const json_t *person = json_object_get(answer, "person"), *item;
	size_t i;

	ctl_print(c, "%.*s (%.*s): %.*s, %.*s", STR_ARG(text(answer, "login")), STR_ARG(text(answer, "status")),
	          STR_ARG(text(person, "full_name")), STR_ARG(text(person, "employee_code")));
	json_array_foreach(json_object_get(person, "posts"), i, item)
		ctl_print(c, "  %.*s, %.*s (%.*s – %.*s)", STR_ARG(text(item, "title")), STR_ARG(text(item, "unit_name")),
		          STR_ARG(text(item, "valid_from")), STR_ARG(text(item, "valid_to")));
	json_array_foreach(json_object_get(answer, "bindings"), i, item) {
		ctl_print(c, "  %-6.*s %-10.*s %s %.*s%s%.*s", STR_ARG(text(item, "platform")), STR_ARG(text(item, "state")),
		          ctl_say(c, "thực tế:", "seen:"), STR_ARG(text(item, "seen")), str_is_null(json_get_str(item, "error")) ? "" : ", ",
		          STR_ARG(json_get_str(item, "error")));
		print_form(c, item);
	}
	json_array_foreach(json_object_get(answer, "scopes"), i, item)
		ctl_print(c, "  %s %.*s, %s %.*s (%.*s)", ctl_say(c, "quản trị đơn vị", "administers unit"), STR_ARG(text(item, "unit")),
		          ctl_say(c, "nền tảng", "platform"), STR_ARG(text(item, "platform")), STR_ARG(text(item, "id")));
}

int cmd_account_show(struct ctl *c)
{
	_json_ json_t *answer = NULL;
	int r = ctl_options(c, NULL, 0, 1, 2);

	if (r == EXIT_OK && c->n_args == 2 && !str_equal(str_c(c->args[0]), STR("show")))
		r = ctl_usage_error(c, "senctl account show NAME");
	if (r == EXIT_OK)
		r = get(c, api_path(c, "/accounts/", str_c(c->args[c->n_args - 1]), ""), &answer);
	if (r == EXIT_OK && !c->json)
		print_account(c, answer);
	return r;
}

static void print_platforms(const struct ctl *c, const json_t *answer)
{
	const json_t *item, *role;
	size_t i, k;

	json_array_foreach(json_object_get(answer, "platforms"), i, item) {
		ctl_print(c, "%-6.*s %.*s — %.*s%s", STR_ARG(text(item, "code")), STR_ARG(text(item, "name")), STR_ARG(text(item, "state_word")),
		          json_get_bool(item, "verified", false) ? "" : " [chưa xác minh]");
		json_array_foreach(json_object_get(item, "roles"), k, role)
			ctl_print(c, "         %-20.*s %.*s%s", STR_ARG(text(role, "code")), STR_ARG(text(role, "name")),
			          json_get_bool(role, "verified", false) ? "" : " [chưa xác minh]");
	}
}

/* Page by page. */
int cmd_platforms(struct ctl *c)
{
	struct str path = STR("/platforms");
	int r = ctl_options(c, NULL, 0, 0, 0);

	while (r == EXIT_OK && !str_is_null(path)) {
		_json_ json_t *answer = NULL;
		struct str next;

		r = get(c, path, &answer);
		if (r == EXIT_OK && !c->json)
			print_platforms(c, answer);
		next = json_get_str(answer, "next");
		path = str_is_null(next) ? STR_NULL : arena_printf(c->arena, "/platforms?after=%.*s", STR_ARG(next));
	}
	return r;
}
