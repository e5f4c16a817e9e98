/* cmd_platform.c: the catalogue of shared platforms: entries and their life cycle. */

#include "common/base/url.h"
#include "server/senctl/api_call.h"

#include <inttypes.h>

#define PATH_MAX_BYTES 2048
#define FILE_MAX_BYTES 65536

static void print_line(const struct ctl *c, const json_t *p)
{
	ctl_print(c, "%-8.*s %-10.*s %.*s — %.*s%s%.*s%s", STR_ARG(api_word(p, "code")), STR_ARG(api_word(p, "kind")), STR_ARG(api_word(p, "name")),
	          STR_ARG(api_word(p, "state_word")), str_is_null(json_get_str(p, "expected_shown")) ? "" : ", ",
	          STR_ARG(json_get_str(p, "expected_shown")), json_get_bool(p, "verified", false) ? "" : " [chưa xác minh]");
}

static struct str list_path(struct ctl *c, const struct ctl_option *options, size_t n, bool overdue)
{
	struct buf path = buf_new(c->arena, PATH_MAX_BYTES);
	bool first = true;

	buf_add_c(&path, "/platforms?");
	for (size_t i = 0; i < n; i++)
		if (options[i].value && !str_is_null(*options[i].value))
			form_append(&path, &first, str_equal(str_c(options[i].name), STR("search")) ? STR("q") : str_c(options[i].name), *options[i].value);
	form_append(&path, &first, STR("overdue"), overdue ? STR("true") : STR(""));
	return buf_str(&path);
}

/* What was announced, beside what is known of it: once, at the end of the list. */
static void print_announced(const struct ctl *c, const json_t *answer)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(answer, "announced"), i, item)
		ctl_print(c, ctl_say(c, "%.*s công bố %" PRId64 " nền tảng, đã xác minh %" PRId64 " (%.*s)", "%.*s announced %" PRId64 " platforms, %" PRId64 " verified (%.*s)"),
		          STR_ARG(api_word(item, "unit_name")), json_get_int(item, "total", 0), json_get_int(item, "known", 0), STR_ARG(api_word(item, "source")));
}

static int list(struct ctl *c)
{
	struct str kind = STR_NULL, state = STR_NULL, unit = STR_NULL, search = STR_NULL, base, next = STR("");
	bool overdue = false;
	const struct ctl_option options[] = {
		{ "kind", &kind, NULL, false }, { "state", &state, NULL, false }, { "unit", &unit, NULL, false },
		{ "search", &search, NULL, false }, { "overdue", NULL, &overdue, false },
	};
	int r = ctl_options(c, options, ARRAY_LEN(options), 0, 0);

	if (r == EXIT_OK)
		r = ctl_configure(c);
	base = list_path(c, options, ARRAY_LEN(options), overdue);
	while (r == EXIT_OK && !str_is_null(next)) {
		_json_ json_t *answer = NULL;
		const json_t *item;
		size_t i;

		r = api_get(c, arena_printf(c->arena, "%.*s&after=%.*s", STR_ARG(base), STR_ARG(next)), &answer);
		if (r == EXIT_OK && c->json)
			ctl_print_json(c, answer);
		json_array_foreach(json_object_get(answer, "platforms"), i, item)
			if (!c->json)
				print_line(c, item);
		if (!c->json && str_is_null(json_get_str(answer, "next")))
			print_announced(c, answer);
		next = arena_dup(c->arena, json_get_str(answer, "next"));
	}
	return r;
}

static void print_named(const struct ctl *c, const json_t *p, const char *name, const char *vi, const char *en)
{
	if (!str_is_null(json_get_str(p, name)) && !str_is_empty(json_get_str(p, name)))
		ctl_print(c, "  %s: %.*s", ctl_say(c, vi, en), STR_ARG(json_get_str(p, name)));
}

static void print_tags(const struct ctl *c, const json_t *p, const char *name, const char *vi, const char *en)
{
	struct buf line = buf_new(c->arena, PATH_MAX_BYTES);
	const json_t *tag;
	size_t i;

	json_array_foreach(json_object_get(p, name), i, tag)
		buf_printf(&line, "%s%s", i > 0 ? ", " : "", json_string_value(tag));
	if (line.len > 0)
		ctl_print(c, "  %s: %.*s", ctl_say(c, vi, en), STR_ARG(buf_str(&line)));
}

static void print_entry(const struct ctl *c, const json_t *p)
{
	const json_t *item, *gate;
	const char *name;
	size_t i;

	print_line(c, p);
	print_named(c, p, "managing_unit", "Đơn vị quản lý", "Managing unit");
	print_named(c, p, "managing_unit_name", "Tên đơn vị quản lý", "Its name");
	print_named(c, p, "owner", "Cơ quan chủ quản", "Owner");
	print_named(c, p, "contact_name", "Đầu mối", "Contact");
	print_named(c, p, "contact", "Liên hệ", "To reach by");
	print_named(c, p, "sector", "Ngành, lĩnh vực", "Sector");
	print_named(c, p, "description", "Mô tả", "Description");
	print_named(c, p, "legal_basis", "Căn cứ pháp lý", "Legal basis");
	print_named(c, p, "completed_on", "Hoàn thành ngày", "Completed on");
	print_named(c, p, "replaced_by", "Thay thế bởi", "Replaced by");
	print_named(c, p, "note", "Ghi chú", "Note");
	print_tags(c, p, "functions", "Chức năng", "Functions");
	print_tags(c, p, "scopes", "Phạm vi", "Scopes");
	json_object_foreach((json_t *)(uintptr_t)json_object_get(p, "gates"), name, gate)
		ctl_print(c, "  %s %s: %s", ctl_say(c, "Điều kiện", "Gate"), name, json_string_value(gate));
	json_array_foreach(json_object_get(p, "plan"), i, item)
		ctl_print(c, "  %s %zu: %.*s, %.*s, %.*s", ctl_say(c, "Mốc", "Milestone"), i + 1, STR_ARG(api_word(item, "name")),
		          STR_ARG(api_word(item, "due_on")), STR_ARG(api_word(item, "responsible")));
	json_array_foreach(json_object_get(p, "roles"), i, item)
		ctl_print(c, "  %s %-20.*s %.*s", ctl_say(c, "Vai trò", "Role"), STR_ARG(api_word(item, "code")), STR_ARG(api_word(item, "name")));
}

static int show(struct ctl *c)
{
	_json_ json_t *answer = NULL;
	int r = ctl_options(c, NULL, 0, 1, 1);

	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r == EXIT_OK)
		r = api_get(c, api_path(c, "/platforms/", str_c(c->args[0]), ""), &answer);
	if (r == EXIT_OK && c->json)
		ctl_print_json(c, answer);
	else if (r == EXIT_OK)
		print_entry(c, answer);
	return r;
}

static int read_entry(struct ctl *c, const char *path, json_t **ret_entry)
{
	struct str content;
	const char *reason = NULL;
	int r = ctl_read_file(c, path, FILE_MAX_BYTES, &content);

	if (r != EXIT_OK)
		return r;
	*ret_entry = json_read(content, 6, &reason);
	if (json_is_object(*ret_entry))
		return EXIT_OK;
	return ctl_fail(c, "%s: %s", path, reason ? reason : ctl_say(c, "không phải một đối tượng JSON", "not a JSON object"));
}

static int sent(struct ctl *c, const struct api_call *call)
{
	_json_ json_t *answer = NULL;
	int r = api_call(c, call, &answer);

	if (r == EXIT_OK && c->json)
		ctl_print_json(c, answer);
	else if (r == EXIT_OK)
		print_line(c, answer);
	return r;
}

static int add(struct ctl *c)
{
	_json_ json_t *entry = NULL;
	int r = ctl_options(c, NULL, 0, 1, 1);

	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r == EXIT_OK)
		r = read_entry(c, c->args[0], &entry);
	return r != EXIT_OK ? r : sent(c, &(struct api_call){ .method = "POST", .path = STR("/platforms"), .body = entry });
}

/* Of what "show --json" prints, what can be written; empty and null members are left out. */
static json_t *writable(const json_t *entry)
{
	static const char *const names[] = { "name", "name_en", "kind", "managing_unit", "owner", "contact_name", "contact", "sector", "description", "legal_basis",
		                                 "note", "home_url", "functions", "scopes", "security_level", "expected_on", "completed_on", "target_scope" };
	json_t *body = json_new_object();

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		json_t *value = json_object_get(entry, names[i]);

		if (value && !json_is_null(value) && !(json_is_string(value) && json_string_length(value) == 0) &&
		    !(json_is_array(value) && json_array_size(value) == 0))
			json_set_take(body, names[i], json_incref(value));
	}
	return body;
}

/* The file says which version it was made from: what others have changed since is not lost. */
static int edit(struct ctl *c)
{
	_json_ json_t *entry = NULL;
	_json_ json_t *body = NULL;
	int r = ctl_options(c, NULL, 0, 2, 2);

	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r == EXIT_OK)
		r = read_entry(c, c->args[1], &entry);
	if (r != EXIT_OK)
		return r;
	if (!json_is_integer(json_object_get(entry, "version")))
		return ctl_fail(c, "%s", ctl_say(c, "tệp thiếu version; lấy tệp bằng senctl --json platform show", "the file has no version; make it with senctl --json platform show"));
	body = writable(entry);
	return sent(c, &(struct api_call){ .method = "PUT", .path = api_path(c, "/platforms/", str_c(c->args[0]), ""), .body = body,
	                                   .if_match = arena_printf(c->arena, "%" PRId64, json_get_int(entry, "version", 0)) });
}

static void print_names(const struct ctl *c, const json_t *list, const char *word)
{
	const json_t *name;
	size_t i;

	json_array_foreach(list, i, name)
		ctl_print(c, "      %s: %s", word, json_string_value(name));
}

static void print_history(const struct ctl *c, const json_t *answer)
{
	const json_t *item;
	size_t i;

	ctl_print(c, "%.*s", STR_ARG(api_word(answer, "state_word")));
	json_array_foreach(json_object_get(answer, "history"), i, item)
		ctl_print(c, "  %.*s  %.*s → %.*s  %.*s  %.*s %.*s", STR_ARG(api_word(item, "at")), STR_ARG(api_word(item, "from")), STR_ARG(api_word(item, "to")),
		          STR_ARG(api_word(item, "by")), STR_ARG(api_word(item, "decision_no")), STR_ARG(api_word(item, "reason")));
	json_array_foreach(json_object_get(answer, "possible"), i, item) {
		ctl_print(c, "  → %.*s (%.*s)%s", STR_ARG(api_word(item, "to")), STR_ARG(api_word(item, "to_word")),
		          json_get_bool(item, "allowed", false) ? "" : ctl_say(c, ": chưa được", ": not yet, or not you"));
		print_names(c, json_object_get(item, "asks"), ctl_say(c, "cần nêu", "to be given"));
		print_names(c, json_object_get(item, "missing"), ctl_say(c, "còn thiếu", "missing"));
	}
}

static int history(struct ctl *c)
{
	_json_ json_t *answer = NULL;
	int r = ctl_options(c, NULL, 0, 1, 1);

	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r == EXIT_OK)
		r = api_get(c, api_path(c, "/platforms/", str_c(c->args[0]), "/transitions"), &answer);
	if (r == EXIT_OK && c->json)
		ctl_print_json(c, answer);
	else if (r == EXIT_OK)
		print_history(c, answer);
	return r;
}

/* From the version of this moment: the server's table refuses what does not follow from the state that the operator had in mind. */
static int move(struct ctl *c)
{
	struct str decision = STR_NULL, decided = STR_NULL, reason = STR_NULL, completed = STR_NULL, replacement = STR_NULL;
	const struct ctl_option options[] = {
		{ "decision", &decision, NULL, false }, { "decided", &decided, NULL, false }, { "reason", &reason, NULL, false },
		{ "completed", &completed, NULL, false }, { "replacement", &replacement, NULL, false },
	};
	_json_ json_t *entry = NULL;
	_json_ json_t *answer = NULL;
	_json_ json_t *body = json_new_object();
	int r = ctl_options(c, options, ARRAY_LEN(options), 2, 2);

	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r == EXIT_OK)
		r = api_get(c, api_path(c, "/platforms/", str_c(c->args[0]), ""), &entry);
	if (r != EXIT_OK)
		return r;
	json_set_str(body, "to", str_c(c->args[1]));
	json_set_str(body, "decision_no", decision);
	json_set_str(body, "decision_on", decided);
	json_set_str(body, "reason", reason);
	json_set_str(body, "completed_on", completed);
	json_set_str(body, "replacement", replacement);
	r = api_call(c, &(struct api_call){ .method = "POST", .path = api_path(c, "/platforms/", str_c(c->args[0]), "/transitions"), .body = body,
	                                    .if_match = arena_printf(c->arena, "%" PRId64, json_get_int(entry, "version", 0)) }, &answer);
	if (r == EXIT_OK && c->json)
		ctl_print_json(c, answer);
	else if (r == EXIT_OK)
		ctl_print(c, "%s: %.*s → %.*s", c->args[0], STR_ARG(api_word(entry, "state_word")), STR_ARG(api_word(answer, "state_word")));
	return r;
}

int cmd_platform(struct ctl *c)
{
	static const struct {
		const char *name;
		int (*run)(struct ctl *c);
	} verbs[] = {
		{ "list", list }, { "show", show }, { "add", add }, { "edit", edit }, { "history", history }, { "move", move },
		{ "gates", cmd_platform_gates }, { "gate", cmd_platform_gate }, { "rollout", cmd_platform_rollout },
		{ "replay", cmd_platform_replay }, { "role", cmd_platform_role }, { "plan", cmd_platform_plan },
	};

	for (size_t i = 0; i < ARRAY_LEN(verbs) && c->argc > 1; i++) {
		if (!str_equal(str_c(verbs[i].name), str_c(c->argv[1])))
			continue;
		c->argc--;
		c->argv++;
		return verbs[i].run(c);
	}
	return ctl_usage_error(c, "senctl platform %s", c->command->usage);
}
