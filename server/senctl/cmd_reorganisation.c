/* cmd_reorganisation.c: reorganisations, through the JSON API. */

#include "common/base/url.h"
#include "server/senctl/api_call.h"

#define PATH_MAX_BYTES 4096
#define FILE_MAX_BYTES ((size_t)512 * 1024)
#define FILE_DEPTH 12

static long long number(const json_t *object, const char *name)
{
	return (long long)json_get_int(object, name, 0);
}

static const char *state_word(const struct ctl *c, struct str state)
{
	static const struct { const char *state, *vi; } words[] = {
		{ "draft", "dự thảo" },     { "planned", "đã lập phương án" }, { "approved", "đã duyệt" },   { "running", "đang thực hiện" },
		{ "done", "đã thực hiện" }, { "stale", "phải lập lại phương án" }, { "withdrawn", "đã rút" },
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_equal(state, str_c(words[i].state)))
			return c->english ? words[i].state : words[i].vi;
	return "-";
}

static void print_line(const struct ctl *c, const json_t *r)
{
	ctl_print(c, "%.*s  %s  %.*s  %.*s (%.*s)", STR_ARG(api_word(r, "id")), state_word(c, json_get_str(r, "state")), STR_ARG(api_word(r, "execute_at")),
	          STR_ARG(api_word(r, "title")), STR_ARG(api_word(r, "decision_no")));
}

static void print_whole(const struct ctl *c, const json_t *r)
{
	const json_t *report = json_object_get(r, "report");

	print_line(c, r);
	ctl_print(c, ctl_say(c, "  phiên bản %lld; %lld thao tác, %lld việc phải giải quyết, đã làm %lld", "  version %lld; %lld operations, %lld to be settled, %lld done"),
	          number(r, "version"), number(r, "operations"), number(r, "blocking"), number(r, "done"));
	ctl_print(c, ctl_say(c, "  lập: %.*s; lập phương án: %.*s; duyệt: %.*s", "  drawn up by %.*s; planned by %.*s; approved by %.*s"),
	          STR_ARG(api_word(r, "drawn_up_by")), STR_ARG(api_word(r, "planned_by")), STR_ARG(api_word(r, "approved_by")));
	ctl_print(c, ctl_say(c, "  phương án: %.*s", "  plan: %.*s"), STR_ARG(api_word(r, "plan_hash")));
	if (json_object_size(report) > 0)
		ctl_print(c, ctl_say(c, "  kết quả: %lld người, %lld tài khoản, %lld ngoại lệ", "  result: %lld persons, %lld accounts, %lld exceptions"),
		          number(report, "persons"), number(report, "accounts"), number(report, "exceptions"));
}

static int answer(struct ctl *c, const struct api_call *call)
{
	_json_ json_t *json = NULL;
	int r = api_call(c, call, &json);

	if (r != EXIT_OK)
		return r;
	if (c->json)
		ctl_print_json(c, json);
	else
		print_whole(c, json);
	return EXIT_OK;
}

static struct str path_of(struct ctl *c, const char *after)
{
	return api_path(c, "/reorganisations/", str_c(c->args[1]), after);
}

/* A change without more words than these. */
static int change(struct ctl *c, const char *verb, const json_t *body)
{
	struct api_call call = { .method = "POST", .path = path_of(c, verb), .body = body };
	int r = api_version(c, STR_NULL, path_of(c, ""), &call.if_match);

	return r == EXIT_OK ? answer(c, &call) : r;
}

static int read_file(struct ctl *c, const char *path, json_t **ret)
{
	const char *reason = NULL;
	struct str content;
	int r = ctl_read_file(c, path, FILE_MAX_BYTES, &content);

	if (r != EXIT_OK)
		return r;
	*ret = json_read(content, FILE_DEPTH, &reason);
	return *ret ? EXIT_OK : ctl_fail(c, "%s: %s", path, reason ? reason : "JSON");
}

static int add(struct ctl *c)
{
	_json_ json_t *body = NULL;
	int r = ctl_begin(c, NULL, 0, 2, 2);

	if (r == EXIT_OK)
		r = read_file(c, c->args[1], &body);
	return r == EXIT_OK ? answer(c, &(struct api_call){ .method = "POST", .path = STR("/reorganisations"), .body = body }) : r;
}

static int edit(struct ctl *c)
{
	struct str version = STR_NULL;
	const struct ctl_option options[] = { { "version", &version, NULL, false } };
	struct api_call call = { .method = "PUT" };
	_json_ json_t *body = NULL;
	int r = ctl_begin(c, options, ARRAY_LEN(options), 3, 3);

	if (r == EXIT_OK)
		r = read_file(c, c->args[2], &body);
	if (r == EXIT_OK)
		r = api_version(c, version, path_of(c, ""), &call.if_match);
	if (r != EXIT_OK)
		return r;
	call.path = path_of(c, "");
	call.body = body;
	return answer(c, &call);
}

static int show(struct ctl *c)
{
	int r = ctl_begin(c, NULL, 0, 2, 2);

	return r == EXIT_OK ? answer(c, &(struct api_call){ .method = "GET", .path = path_of(c, "") }) : r;
}

static int plan(struct ctl *c)
{
	_json_ json_t *body = json_new_object();
	int r = ctl_begin(c, NULL, 0, 2, 2);

	return r == EXIT_OK ? change(c, "/plan", body) : r;
}

static int approve(struct ctl *c)
{
	struct str hash = STR_NULL;
	const struct ctl_option options[] = { { "plan", &hash, NULL, true } };
	_json_ json_t *body = json_new_object();
	int r = ctl_begin(c, options, ARRAY_LEN(options), 2, 2);

	json_set_str(body, "plan_hash", hash);
	return r == EXIT_OK ? change(c, "/approve", body) : r;
}

static int withdraw(struct ctl *c)
{
	struct str reason = STR_NULL;
	const struct ctl_option options[] = { { "reason", &reason, NULL, true } };
	_json_ json_t *body = json_new_object();
	int r = ctl_begin(c, options, ARRAY_LEN(options), 2, 2);

	json_set_str(body, "reason", reason);
	return r == EXIT_OK ? change(c, "/withdraw", body) : r;
}

/* ---- lists ---- */

static void print_operation(const struct ctl *c, const json_t *o)
{
	struct str what = json_get_str(o, "kind");

	ctl_print(c, "%6lld %-11.*s %-12.*s %-12.*s %-6.*s %-16.*s %-14.*s -> %-14.*s %s", number(o, "n"), STR_ARG(str_is_null(what) ? api_word(o, "why") : what),
	          STR_ARG(api_word(o, "employee_code")), STR_ARG(api_word(o, "login")), STR_ARG(api_word(o, "platform")),
	          STR_ARG(str_is_null(json_get_str(o, "role")) ? api_word(o, "title") : api_word(o, "role")), STR_ARG(api_word(o, "from")), STR_ARG(api_word(o, "to")),
	          json_get_bool(o, "further", false) ? ctl_say(c, "(rộng hơn trước)", "(reaches further)") : "");
}

static void print_finding(const struct ctl *c, const json_t *f)
{
	ctl_print(c, "%6lld %-14.*s %-12.*s %-12.*s %-12.*s %s", number(f, "n"), STR_ARG(api_word(f, "code")), STR_ARG(api_word(f, "unit")),
	          STR_ARG(api_word(f, "employee_code")), STR_ARG(api_word(f, "login")),
	          json_get_bool(f, "blocking", false) ? ctl_say(c, "(phải giải quyết)", "(blocks)") : "");
}

static int page(struct ctl *c, struct str path, const char *member, void (*print)(const struct ctl *c, const json_t *item))
{
	_json_ json_t *json = NULL;
	const json_t *item;
	size_t i;
	int r = api_get(c, path, &json);

	if (r != EXIT_OK)
		return r;
	if (c->json) {
		ctl_print_json(c, json);
		return EXIT_OK;
	}
	json_array_foreach(json_object_get(json, member), i, item)
		print(c, item);
	if (!str_is_null(json_get_str(json, "next")))
		ctl_print(c, "%s: --after %.*s", ctl_say(c, "còn nữa", "there are more"), STR_ARG(json_get_str(json, "next")));
	return EXIT_OK;
}

static int view(struct ctl *c, const char *verb, const char *member, void (*print)(const struct ctl *c, const json_t *item))
{
	struct str kind = STR_NULL, employee_code = STR_NULL, login = STR_NULL, after = STR_NULL;
	const struct ctl_option options[] = {
		{ "kind", &kind, NULL, false }, { "employee-code", &employee_code, NULL, false }, { "login", &login, NULL, false },
		{ "after", &after, NULL, false },
	};
	struct buf path = buf_new(c->arena, PATH_MAX_BYTES);
	bool first = false;
	int r = ctl_begin(c, options, ARRAY_LEN(options), 2, 2);

	if (r != EXIT_OK)
		return r;
	const struct { const char *name; struct str value; } parts[] = {
		{ "kind", kind }, { "employee_code", employee_code }, { "login", login }, { "after", after },
	};
	buf_add(&path, path_of(c, verb));
	buf_add_c(&path, "?limit=100");
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (!str_is_null(parts[i].value))
			form_append(&path, &first, str_c(parts[i].name), parts[i].value);
	return page(c, buf_str(&path), member, print);
}

static int preview(struct ctl *c)
{
	return view(c, "/operations", "operations", print_operation);
}

static int findings(struct ctl *c)
{
	return view(c, "/findings", "findings", print_finding);
}

static int exceptions(struct ctl *c)
{
	return view(c, "/exceptions", "exceptions", print_operation);
}

static int list(struct ctl *c)
{
	struct str state = STR_NULL, after = STR_NULL;
	const struct ctl_option options[] = { { "state", &state, NULL, false }, { "after", &after, NULL, false } };
	struct buf path = buf_new(c->arena, PATH_MAX_BYTES);
	bool first = false;
	int r = ctl_begin(c, options, ARRAY_LEN(options), 1, 1);

	if (r != EXIT_OK)
		return r;
	buf_add_c(&path, "/reorganisations?limit=100");
	if (!str_is_null(state))
		form_append(&path, &first, STR("state"), state);
	if (!str_is_null(after))
		form_append(&path, &first, STR("after"), after);
	return page(c, buf_str(&path), "reorganisations", print_line);
}

int cmd_reorganisation(struct ctl *c)
{
	static const struct { const char *name; int (*run)(struct ctl *c); } verbs[] = {
		{ "list", list }, { "show", show }, { "add", add }, { "edit", edit }, { "plan", plan }, { "preview", preview },
		{ "findings", findings }, { "approve", approve }, { "withdraw", withdraw }, { "exceptions", exceptions },
	};

	for (size_t i = 0; c->argc > 1 && i < ARRAY_LEN(verbs); i++)
		if (str_equal(str_c(c->argv[1]), str_c(verbs[i].name)))
			return verbs[i].run(c);
	return ctl_usage_error(c, "senctl reorganisation list | show | add | edit | plan | preview | findings | approve | withdraw | exceptions");
}
