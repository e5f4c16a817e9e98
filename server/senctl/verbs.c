#include "server/senctl/verbs.h"

#include "common/base/url.h"

#include <inttypes.h>

#define PATH_MAX_BYTES 4096
#define FILE_MAX_BYTES 65536
#define LINE_MAX_BYTES 4000

static size_t count_args(const char *pattern)
{
	size_t n = 0;

	for (const char *p = pattern; *p; p++)
		n += *p == '{';
	return n;
}

struct str verbs_path(struct ctl *c, const char *pattern, char *const *args, size_t n_args)
{
	struct buf b = buf_new(c->arena, PATH_MAX_BYTES);
	size_t at = 0;

	for (const char *p = pattern; *p; p++) {
		if (*p == '{' && at < n_args)
			url_escape(&b, str_c(args[at++]));
		else if (*p != '{' && *p != '}')
			buf_add_char(&b, *p);
	}
	return buf_str(&b);
}

/* What people read instead of the members' names. */
static const char *label(const struct ctl *c, const char *name)
{
	static const struct {
		const char *name, *vi;
	} words[] = {
		{ "state", "trạng thái" }, { "platform", "nền tảng" }, { "with", "trùng với" }, { "kind", "loại" }, { "score", "điểm" },
		{ "reasons", "lý do" }, { "because", "khác vì" }, { "evidence", "bằng chứng" }, { "closed_by", "người đóng" }, { "unit", "đơn vị" },
		{ "unit_name", "tên đơn vị" }, { "name", "tên" }, { "vendor", "nhà cung cấp" }, { "users", "số người dùng" },
		{ "cost_per_year", "chi phí mỗi năm" }, { "contract_end", "hết hạn hợp đồng" }, { "solution", "giải pháp dùng chung" },
		{ "solutions", "giải pháp dùng chung" }, { "decision", "quyết định" }, { "replace_by", "thay bằng" }, { "until", "đến ngày" },
		{ "decision_no", "số quyết định" }, { "answer", "trả lời" }, { "title", "tiêu đề" }, { "due_on", "hạn" }, { "overdue", "quá hạn" },
		{ "conclusion", "kết luận" }, { "target", "tích hợp/thay bằng" }, { "old", "nền tảng cũ" }, { "new", "nền tảng mới" },
		{ "cutover_on", "ngày chuyển" }, { "basis", "căn cứ" }, { "roles", "vai trò" }, { "left", "còn lại" }, { "version", "phiên bản" },
		{ "description", "mô tả" }, { "features", "tính năng" }, { "functions", "chức năng" }, { "operation", "vận hành" }, { "scope", "phạm vi" },
		{ "operations", "thao tác được phép" }, { "opened_at", "giữ từ" }, { "disable", "vô hiệu hoá" }, { "delete", "xoá" }, { "change", "mất vai trò" },
		{ "reason", "lý do" }, { "about", "về" }, { "decided_by", "người quyết định" }, { "grace_days", "số ngày chờ xoá" }, { "waiting", "đang chờ" },
		{ "approved_by", "người duyệt" }, { "drawn_by", "người lập" }, { "submitted_by", "người trình" }, { "read_only_role", "vai trò chỉ đọc" },
	};

	for (size_t i = 0; i < ARRAY_LEN(words) && !c->english; i++)
		if (str_equal(str_c(words[i].name), str_c(name)))
			return words[i].vi;
	return name;
}

static struct str shown(struct ctl *c, const json_t *value)
{
	if (json_is_string(value))
		return str_n(json_string_value(value), json_string_length(value));
	if (!value || json_is_null(value))
		return STR("-");
	if (json_is_boolean(value))
		return str_c(json_is_true(value) ? ctl_say(c, "có", "yes") : ctl_say(c, "không", "no"));
	if (json_is_real(value))
		return arena_printf(c->arena, "%.1f", json_real_value(value));
	if (json_is_integer(value))
		return arena_printf(c->arena, "%lld", (long long)json_integer_value(value));
	return json_write(c->arena, value, false);
}

static const json_t *cell(struct ctl *c, const json_t *item, const char *column)
{
	struct str path = str_c(column), part;

	while (str_split(&path, '.', &part))
		item = json_object_get(item, arena_cstr(c->arena, part));
	return item;
}

static void print_row(struct ctl *c, const struct verb *verb, const json_t *item)
{
	struct buf line = buf_new(c->arena, LINE_MAX_BYTES);

	for (size_t i = 0; i < VERB_COLUMNS_MAX && verb->columns[i]; i++)
		buf_printf(&line, "%s%.*s", i > 0 ? "  " : "", STR_ARG(shown(c, cell(c, item, verb->columns[i]))));
	ctl_print(c, "%.*s", STR_ARG(buf_str(&line)));
}

static void print_thing(struct ctl *c, const json_t *thing)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)thing, name, value) {
		const json_t *item;
		size_t i;

		if (json_is_null(value))
			continue;
		if (!json_is_array(value)) {
			ctl_print(c, "%s: %.*s", label(c, name), STR_ARG(shown(c, value)));
			continue;
		}
		ctl_print(c, "%s:", label(c, name));
		json_array_foreach(value, i, item)
			ctl_print(c, "  %.*s", STR_ARG(shown(c, item)));
	}
}

static void print_answer(struct ctl *c, const struct verb *verb, const json_t *answer)
{
	const json_t *item;
	size_t i;

	if (c->json) {
		ctl_print_json(c, answer);
		return;
	}
	if (!verb->list) {
		print_thing(c, answer);
		return;
	}
	json_array_foreach(json_object_get(answer, verb->list), i, item)
		print_row(c, verb, item);
	if (!str_is_null(json_get_str(answer, "next")))
		ctl_print(c, "%s: --after %.*s", ctl_say(c, "còn nữa", "there are more"), STR_ARG(json_get_str(answer, "next")));
}

static void set_list(json_t *body, const char *member, struct str text)
{
	json_t *list = json_new_array();
	struct str part;

	while (str_split(&text, ',', &part))
		json_array_append_new(list, json_from_str(str_trim(part)));
	json_set_take(body, member, list);
}

/* Options into the query of a GET, else into the body. */
static int add_options(struct ctl *c, const struct verb *verb, const struct str *values, struct str *path, json_t *body)
{
	struct buf query = buf_new(c->arena, PATH_MAX_BYTES);
	bool is_get = str_equal(str_c(verb->method), STR("GET")), first = true;
	uint64_t number;

	buf_add(&query, *path);
	buf_add_c(&query, "?");
	for (size_t i = 0; i < VERB_OPTIONS_MAX && verb->options[i].name; i++) {
		const struct verb_option *option = &verb->options[i];
		const char *member = option->member ? option->member : option->name;

		if (str_is_null(values[i]))
			continue;
		if (is_get)
			form_append(&query, &first, str_c(member), values[i]);
		else if (option->is_list)
			set_list(body, member, values[i]);
		else if (option->is_bool && (str_equal(values[i], STR("true")) || str_equal(values[i], STR("false"))))
			json_set_bool(body, member, str_equal(values[i], STR("true")));
		else if (option->is_bool)
			return ctl_usage_error(c, "--%s: true|false", option->name);
		else if (!option->is_number)
			json_set_str(body, member, values[i]);
		else if (str_to_u64(values[i], INT64_MAX, &number))
			json_set_int(body, member, (int64_t)number);
		else
			return ctl_usage_error(c, "--%s: %s", option->name, ctl_say(c, "phải là một số", "must be a number"));
	}
	if (is_get && !first)
		*path = buf_str(&query);
	return EXIT_OK;
}

static int read_body(struct ctl *c, const char *file, json_t **ret_body)
{
	struct str text;
	const char *reason = NULL;
	int r = ctl_read_file(c, file, FILE_MAX_BYTES, &text);

	if (r != EXIT_OK)
		return r;
	*ret_body = json_read(text, 8, &reason);
	return *ret_body ? EXIT_OK : ctl_fail(c, "%s: %s", file, reason);
}

/* What an edit does not name: the API would take its absence for "empty". */
static void keep(const struct verb *verb, const json_t *thing, json_t *body)
{
	for (size_t i = 0; i < VERB_OPTIONS_MAX && verb->options[i].name; i++) {
		const char *member = verb->options[i].member ? verb->options[i].member : verb->options[i].name;
		json_t *value = json_object_get(thing, member);
		bool is_empty = !value || json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0) ||
		                (json_is_array(value) && json_array_size(value) == 0);

		if (!is_empty && !json_object_get(body, member))
			json_set_take(body, member, json_incref(value));
	}
}

/* The version that a person who looks at the thing now would see. */
static int look(struct ctl *c, const struct verb *verb, json_t *body, struct str *ret_version)
{
	_json_ json_t *thing = NULL;
	int r = EXIT_OK;

	*ret_version = STR_NULL;
	if (!verb->seen)
		return r;
	r = api_get(c, verbs_path(c, verb->seen, c->args, c->n_args), &thing);
	if (r == EXIT_OK)
		*ret_version = arena_printf(c->arena, "%lld", (long long)json_get_int(thing, "version", 0));
	if (r == EXIT_OK && verb->keeps)
		keep(verb, thing, body);
	return r;
}

static int call_verb(struct ctl *c, const struct verb *verb, const struct str *values, struct str said_version)
{
	bool is_get = str_equal(str_c(verb->method), STR("GET"));
	struct str path = verbs_path(c, verb->path, c->args, c->n_args), version = STR_NULL;
	_json_ json_t *body = NULL;
	_json_ json_t *answer = NULL;
	int r = EXIT_OK;

	if (verb->from_file)
		r = read_body(c, c->args[c->n_args - 1], &body);
	if (!body)
		body = json_new_object();
	if (verb->argument)
		json_set_str(body, verb->argument, str_c(c->args[0]));
	if (r == EXIT_OK)
		r = add_options(c, verb, values, &path, body);
	if (r == EXIT_OK)
		r = look(c, verb, body, &version);
	if (verb->takes_version)
		version = said_version;
	if (r == EXIT_OK)
		r = api_call(c, &(struct api_call){ .method = verb->method, .path = path, .body = is_get ? NULL : body, .if_match = version }, &answer);
	if (r == EXIT_OK)
		print_answer(c, verb, answer);
	return r;
}

static int run_verb(struct ctl *c, const struct verb *verb)
{
	struct str values[VERB_OPTIONS_MAX];
	struct ctl_option options[VERB_OPTIONS_MAX + 1];
	struct str version = STR_NULL;
	size_t n = 0, n_args = count_args(verb->path) + (verb->argument != NULL) + verb->from_file;
	int r;

	for (; n < VERB_OPTIONS_MAX && verb->options[n].name; n++) {
		values[n] = STR_NULL;
		options[n] = (struct ctl_option){ verb->options[n].name, &values[n], NULL, verb->options[n].required };
	}
	if (verb->takes_version)
		options[n++] = (struct ctl_option){ "version", &version, NULL, true };
	/* The verb stands in the place of the command's name. */
	c->argc--;
	c->argv++;
	r = ctl_options(c, options, n, n_args, n_args);
	if (r == EXIT_OK)
		r = ctl_configure(c);
	return r == EXIT_OK ? call_verb(c, verb, values, version) : r;
}

int verbs_run(struct ctl *c, const struct verb *verbs, size_t n)
{
	struct str name = c->argc > 1 ? str_c(c->argv[1]) : STR_NULL;

	for (size_t i = 0; i < n; i++)
		if (str_equal(str_c(verbs[i].name), name))
			return run_verb(c, &verbs[i]);
	return ctl_usage_error(c, "%s: senctl %s %s", ctl_say(c, "cách dùng", "usage"), c->command->name, c->command->usage);
}
