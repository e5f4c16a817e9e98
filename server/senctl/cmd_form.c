/* cmd_form.c: senctl form: request forms of platforms without any interface, through the administration API. */

#include "common/base/base64.h"
#include "common/base/random.h"
#include "server/senctl/verbs.h"

#include <stdio.h>

#define LIST_MAX_BYTES ((size_t)64 << 20)
#define PART_BYTES ((size_t)200000)
#define LINES_MAX 500

/* "1-12,15" as numbers; false: not such a thing. */
static bool lines_read(struct str text, json_t *array)
{
	struct str part, from;

	while (text.len > 0 && str_split(&text, ',', &part)) {
		uint64_t first, last;

		if (!str_split(&part, '-', &from) || !str_to_u64(str_trim(from), 100000, &first))
			return false;
		last = first;
		if (part.len > 0 && !str_to_u64(str_trim(part), 100000, &last))
			return false;
		for (uint64_t n = first; n <= last; n++) {
			if (json_array_size(array) >= LINES_MAX)
				return false;
			json_array_append_new(array, json_integer((json_int_t)n));
		}
	}
	return json_array_size(array) > 0;
}

static struct str form_path(struct ctl *c, const char *after)
{
	return arena_printf(c->arena, "%.*s%s", STR_ARG(verbs_path(c, "/platforms/{}/forms/{}", c->args + 1, 2)), after);
}

static void print_form(struct ctl *c, const json_t *form)
{
	const json_t *line;
	size_t i;

	if (c->json) {
		ctl_print_json(c, form);
		return;
	}
	ctl_print(c, ctl_say(c, "Phiếu %lld, %.*s: %.*s, còn %lld dòng chờ, hạn %.*s, người phụ trách %.*s", "Form %lld, %.*s: %.*s, %lld lines wait, due %.*s, officer %.*s"),
	          (long long)json_get_int(form, "number", 0), STR_ARG(json_get_str(form, "platform")), STR_ARG(json_get_str(form, "state")),
	          (long long)json_get_int(form, "waiting", 0), STR_ARG(json_get_str(form, "due_at")), STR_ARG(json_get_str(form, "officer")));
	json_array_foreach(json_object_get(form, "lines"), i, line)
		ctl_print(c, "%4lld  %-8.*s %-9.*s %-20.*s %.*s  %.*s", (long long)json_get_int(line, "line", 0), STR_ARG(json_get_str(line, "operation")),
		          STR_ARG(json_get_str(line, "state")), STR_ARG(json_get_str(line, "login")), STR_ARG(json_get_str(line, "full_name")),
		          STR_ARG(json_get_str(line, "note")));
}

static int decide(struct ctl *c, const char *after, bool has_note)
{
	struct str lines = STR_NULL, note = STR_NULL;
	const struct ctl_option options[] = { { "lines", &lines, NULL, true }, { "note", &note, NULL, true } };
	_json_ json_t *body = json_new_object();
	_json_ json_t *answer = NULL;
	json_t *array = json_new_array();
	int r = ctl_options(c, options, has_note ? 2 : 1, 3, 3);

	json_set_take(body, "lines", array);
	json_set_str(body, "note", note);
	if (r == EXIT_OK && !lines_read(lines, array))
		r = ctl_usage_error(c, "--lines 1-12,15");
	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r == EXIT_OK)
		r = api_post(c, form_path(c, after), body, &answer);
	if (r == EXIT_OK)
		print_form(c, answer);
	return r;
}

static int confirm(struct ctl *c)
{
	return decide(c, "/confirm", false);
}

static int refuse(struct ctl *c)
{
	return decide(c, "/refuse", true);
}

static int again(struct ctl *c)
{
	return decide(c, "/again", false);
}

static int show(struct ctl *c)
{
	_json_ json_t *answer = NULL;
	int r = ctl_options(c, NULL, 0, 3, 3);

	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r == EXIT_OK)
		r = api_get(c, form_path(c, ""), &answer);
	if (r == EXIT_OK)
		print_form(c, answer);
	return r;
}

static int export(struct ctl *c)
{
	bool csv = false, html = false;
	const struct ctl_option options[] = { { "csv", NULL, &csv, false }, { "html", NULL, &html, false } };
	json_t *none;
	struct str file;
	int r = ctl_options(c, options, ARRAY_LEN(options), 3, 3);

	if (r == EXIT_OK && csv == html)
		r = ctl_usage_error(c, "--csv | --html");
	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r == EXIT_OK)
		r = api_call(c, &(struct api_call){ .method = "GET", .path = form_path(c, csv ? "/csv" : "/html"), .raw = &file }, &none);
	if (r == EXIT_OK && fwrite(file.p, 1, file.len, stdout) != file.len)
		r = ctl_fail(c, "%s", ctl_say(c, "không ghi được", "cannot write"));
	return r;
}

/* How many bytes of whole rows, at most max; a line end within quotes ends no row. */
static size_t whole_rows(struct str csv, size_t max)
{
	bool quoted = false;
	size_t end = 0;

	if (csv.len <= max)
		return csv.len;
	for (size_t i = 0; i < max; i++) {
		quoted = quoted != (csv.p[i] == '"');
		if (csv.p[i] == '\n' && !quoted)
			end = i + 1;
	}
	return end;
}

static size_t header_bytes(struct str csv)
{
	size_t i = 0;

	while (i < csv.len && csv.p[i] != '\n')
		i++;
	return i < csv.len ? i + 1 : i;
}

static int send_part(struct ctl *c, struct str id, struct str csv, bool more, struct str taken_at, json_t **ret)
{
	_json_ json_t *body = json_new_object();
	struct api_call call = { .method = "POST", .body = body, .key = STR_NULL };

	json_set_str(body, "data", base64url_encode(c->arena, csv));
	json_set_bool(body, "more", more);
	if (!str_is_null(id)) {
		call.path = arena_printf(c->arena, "%.*s/%.*s/more", STR_ARG(verbs_path(c, "/platforms/{}/form-lists", c->args + 1, 1)), STR_ARG(id));
		return api_call(c, &call, ret);
	}
	json_set_str(body, "taken_at", taken_at);
	call.path = verbs_path(c, "/platforms/{}/form-lists", c->args + 1, 1);
	return api_call(c, &call, ret);
}

/* Parts of whole rows, each with the header row. */
static int send_all(struct ctl *c, struct str csv, struct str taken_at, json_t **ret)
{
	struct str header = str_n(csv.p, header_bytes(csv)), rest = str_skip(csv, header.len), id = STR_NULL;
	int r = EXIT_OK;

	do {
		size_t n = whole_rows(rest, PART_BYTES);
		bool more = n < rest.len;

		if (n == 0 && rest.len > 0)
			return ctl_usage_error(c, "%s", ctl_say(c, "một dòng của danh sách quá dài", "a row of the list is too long"));
		json_decref(*ret);
		*ret = NULL;
		r = send_part(c, id, arena_printf(c->arena, "%.*s%.*s", STR_ARG(header), (int)n, rest.p), more, taken_at, ret);
		rest = str_skip(rest, n);
		id = r == EXIT_OK ? arena_dup(c->arena, json_get_str(*ret, "id")) : STR_NULL;
	} while (r == EXIT_OK && rest.len > 0);
	return r;
}

static void print_list(struct ctl *c, const json_t *list)
{
	const json_t *report = json_object_get(list, "report"), *item;
	size_t i;

	if (c->json) {
		ctl_print_json(c, list);
		return;
	}
	ctl_print(c, ctl_say(c, "%.*s: %.*s, %lld dòng, có %lld trên %lld tài khoản đã biết", "%.*s: %.*s, %lld rows, %lld of %lld known accounts"),
	          STR_ARG(json_get_str(list, "id")), STR_ARG(json_get_str(list, "state")), (long long)json_get_int(list, "rows", 0),
	          (long long)json_get_int(list, "listed", 0), (long long)json_get_int(list, "known", 0));
	json_array_foreach(json_object_get(report, "settled"), i, item)
		ctl_print(c, "  %s %lld: %.*s", ctl_say(c, "đã thực hiện, phiếu", "done, form"), (long long)json_get_int(item, "form", 0),
		          STR_ARG(json_write(c->arena, json_object_get(item, "lines"), false)));
	json_array_foreach(json_object_get(report, "not_shown"), i, item)
		ctl_print(c, "  %s %lld/%lld: %.*s", ctl_say(c, "chưa thấy, phiếu", "not shown, form"), (long long)json_get_int(item, "form", 0),
		          (long long)json_get_int(item, "line", 0), STR_ARG(json_get_str(item, "login")));
	json_array_foreach(json_object_get(report, "drift"), i, item)
		ctl_print(c, "  %s: %.*s", ctl_say(c, "khác với đã xác nhận", "not as confirmed"), STR_ARG(json_get_str(item, "login")));
	json_array_foreach(json_object_get(list, "foreign"), i, item)
		ctl_print(c, "  %s: %s", ctl_say(c, "không phải của hệ thống này", "not ours"), json_string_value(item));
}

static int upload(struct ctl *c)
{
	struct str taken_at = STR_NULL, csv;
	const struct ctl_option options[] = { { "taken-at", &taken_at, NULL, false } };
	_json_ json_t *answer = NULL;
	int r = ctl_options(c, options, ARRAY_LEN(options), 3, 3);

	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r == EXIT_OK)
		r = ctl_read_file(c, c->args[2], LIST_MAX_BYTES, &csv);
	if (r == EXIT_OK)
		r = send_all(c, csv, taken_at, &answer);
	if (r != EXIT_OK)
		return r;
	print_list(c, answer);
	if (str_equal(json_get_str(answer, "state"), STR("held")))
		fprintf(stderr, "senctl: %s\n", ctl_say(c, "danh sách thiếu, đang chờ người thứ hai: senctl form release", "a short listing, waits for a second person: senctl form release"));
	return EXIT_OK;
}

static int list_show(struct ctl *c)
{
	_json_ json_t *answer = NULL;
	int r = ctl_options(c, NULL, 0, 3, 3);

	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r == EXIT_OK)
		r = api_get(c, verbs_path(c, "/platforms/{}/form-lists/{}", c->args + 1, 2), &answer);
	if (r == EXIT_OK)
		print_list(c, answer);
	return r;
}

/* What is not given stays as it is. */
static int change_setting(struct ctl *c, json_t *setting, const struct str *values, const char *const *names, size_t n, json_t **ret)
{
	struct api_call call = { .method = "PUT", .path = verbs_path(c, "/platforms/{}/form-setting", c->args + 1, 1), .body = setting };
	uint64_t number;

	call.if_match = arena_printf(c->arena, "%lld", (long long)json_get_int(setting, "version", 0));
	json_object_del(setting, "platform");
	json_object_del(setting, "version");
	json_object_del(setting, "officer_may");
	if (json_is_null(json_object_get(setting, "officer")))
		json_object_del(setting, "officer");
	json_set_str(setting, names[0], values[0]);
	for (size_t i = 1; i < n; i++) {
		if (str_is_null(values[i]))
			continue;
		if (!str_to_u64(values[i], 100000, &number))
			return ctl_usage_error(c, "--%s N", names[i]);
		json_set_int(setting, names[i], (int64_t)number);
	}
	return api_call(c, &call, ret);
}

static int setting(struct ctl *c)
{
	enum { OFFICER, N = 6 };
	static const char *const names[N] = { "officer", "lines", "close_min", "urgent_min", "due_days", "urgent_days" };
	struct str v[N] = { STR_NULL, STR_NULL, STR_NULL, STR_NULL, STR_NULL, STR_NULL };
	const struct ctl_option options[N] = { { .name = "officer", .value = &v[0] }, { .name = "lines", .value = &v[1] }, { .name = "close-min", .value = &v[2] },
		                               { .name = "urgent-min", .value = &v[3] }, { .name = "due-days", .value = &v[4] }, { .name = "urgent-days", .value = &v[5] } };
	_json_ json_t *before = NULL, *after = NULL;
	bool changes = false;
	int r = ctl_options(c, options, N, 2, 2);

	for (size_t i = 0; i < N; i++)
		changes = changes || !str_is_null(v[i]);
	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r == EXIT_OK)
		r = api_get(c, verbs_path(c, "/platforms/{}/form-setting", c->args + 1, 1), &before);
	if (r == EXIT_OK && changes)
		r = change_setting(c, before, v, names, N, &after);
	if (r == EXIT_OK)
		ctl_print_json(c, after ? after : before);
	return r;
}

static int others(struct ctl *c)
{
#define LIST_COLUMNS .list = "forms", .columns = { "platform", "number", "state", "waiting", "lines_total", "due_at", "officer", "reminders" }
	static const struct verb of_all = { .name = "list", .method = "GET", .path = "/forms",
		                            .options = { { .name = "state" }, { .name = "after" }, { .name = "limit" } }, LIST_COLUMNS };
	static const struct verb verbs[] = {
		{ .name = "list", .method = "GET", .path = "/platforms/{}/forms", .options = { { .name = "state" }, { .name = "after" }, { .name = "limit" } }, LIST_COLUMNS },
		{ .name = "close", .method = "POST", .path = "/platforms/{}/forms/{}/close" },
		{ .name = "lists", .method = "GET", .path = "/platforms/{}/form-lists", .options = { { .name = "after" }, { .name = "limit" } }, .list = "lists",
		  .columns = { "id", "state", "taken_at", "uploaded_by", "rows", "listed", "known" } },
		{ .name = "release", .method = "POST", .path = "/platforms/{}/form-lists/{}/release" },
		{ .name = "drop", .method = "POST", .path = "/platforms/{}/form-lists/{}/drop" },
	};
	bool is_all = c->argc >= 2 && (c->argc == 2 || c->argv[2][0] == '-') && str_equal(str_c(c->argv[1]), STR("list"));

	return is_all ? verbs_run(c, &of_all, 1) : verbs_run(c, verbs, ARRAY_LEN(verbs));
}

int cmd_form(struct ctl *c)
{
	static const struct ctl_subcommand words[] = {
		{ "show", show }, { "export", export }, { "confirm", confirm }, { "refuse", refuse }, { "again", again }, { "upload", upload },
		{ "list-show", list_show }, { "setting", setting },
	};

	return ctl_subcommand(c, words, ARRAY_LEN(words), others);
}
