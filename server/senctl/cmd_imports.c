/* cmd_imports.c: senctl imports: files in stages through the API: uploaded, checked, looked at, applied. */

#include "common/base/base64.h"
#include "common/base/random.h"
#include "common/crypto/digest.h"
#include "server/governance/import.h"
#include "server/senctl/api_call.h"

#include <time.h>

#define PART_BYTES ((size_t)220000)
#define POLL_NS 500000000L

static int call(struct ctl *c, const char *method, struct str path, const json_t *body, json_t **ret_answer)
{
	return api_call(c, &(struct api_call){ .method = method, .path = path, .body = body }, ret_answer);
}

static int64_t count_of(const json_t *run, const char *what, const char *which)
{
	return json_get_int(json_object_get(json_object_get(json_object_get(run, "report"), "counts"), what), which, 0);
}

static void print_notes(const struct ctl *c, const json_t *run, const char *list, const char *label)
{
	const json_t *note;
	size_t i;

	json_array_foreach(json_object_get(json_object_get(run, "report"), list), i, note) {
		struct str column = json_get_str(note, "column"), text = json_get_str(note, c->english ? "en" : "vi");

		fprintf(stderr, "%s%s %lld: %.*s%s%.*s\n", label, ctl_say(c, "dòng", "line"), (long long)json_get_int(note, "line", 0), STR_ARG(column),
		        column.len ? ": " : "", STR_ARG(text));
	}
}

static void print_run(const struct ctl *c, const json_t *run)
{
	const json_t *counts = json_object_get(json_object_get(run, "report"), "counts");
	const char *what;
	json_t *item;

	if (c->json) {
		ctl_print_json(c, run);
		return;
	}
	ctl_print(c, "%.*s  %-9.*s %-9.*s %-14.*s %lld/%lld  %.*s", STR_ARG(json_get_str(run, "id")), STR_ARG(json_get_str(run, "kind")),
	          STR_ARG(json_get_str(run, "state")), STR_ARG(json_get_str(run, "unit")), (long long)json_get_int(run, "done_rows", 0),
	          (long long)json_get_int(run, "total_rows", 0), STR_ARG(json_get_str(run, "name")));
	json_object_foreach((json_t *)(uintptr_t)counts, what, item)
		ctl_print(c, ctl_say(c, "  %s: %lld mới, %lld thay đổi, %lld giữ nguyên", "  %s: %lld created, %lld changed, %lld unchanged"), what,
		          (long long)count_of(run, what, "created"), (long long)count_of(run, what, "changed"), (long long)count_of(run, what, "unchanged"));
	if (json_get_int(run, "vanished", 0) > 0)
		ctl_print(c, ctl_say(c, "  vắng mặt trong tệp: %lld trên %lld tài khoản", "  not in the file: %lld of %lld accounts"),
		          (long long)json_get_int(run, "vanished", 0), (long long)json_get_int(run, "vanished_of", 0));
	print_notes(c, run, "warnings", ctl_say(c, "cảnh báo, ", "warning, "));
	print_notes(c, run, "errors", "");
}

static int show(struct ctl *c, struct str id, json_t **ret_run)
{
	return call(c, "GET", api_path(c, "/imports/", id, ""), NULL, ret_run);
}

static bool is_working(const json_t *run)
{
	struct str state = json_get_str(run, "state");

	return str_equal(state, STR("checking")) || str_equal(state, STR("applying"));
}

/* Until the server has done its part; progress on standard error, in place. */
static int wait_for(struct ctl *c, struct str id, json_t **ret_run)
{
	int r;

	for (;;) {
		*ret_run = NULL;
		r = show(c, id, ret_run);
		if (r != EXIT_OK || !is_working(*ret_run))
			break;
		if (!c->json)
			fprintf(stderr, "\r%.*s %lld/%lld ", STR_ARG(json_get_str(*ret_run, "state")), (long long)json_get_int(*ret_run, "done_rows", 0),
			        (long long)json_get_int(*ret_run, "total_rows", 0));
		json_decref(*ret_run);
		nanosleep(&(struct timespec){ .tv_nsec = POLL_NS }, NULL);
	}
	if (!c->json)
		fputc('\r', stderr);
	return r;
}

static int step(struct ctl *c, struct str id, const char *verb, const json_t *body)
{
	_json_ json_t *before = NULL, *answer = NULL, *after = NULL;
	struct api_call post = { .method = "POST", .path = api_path(c, "/imports/", id, verb), .body = body };
	int r = show(c, id, &before);

	if (r != EXIT_OK)
		return r;
	post.if_match = arena_printf(c->arena, "\"%lld\"", (long long)json_get_int(before, "version", 0));
	r = api_call(c, &post, &answer);
	if (r == EXIT_OK)
		r = wait_for(c, id, &after);
	if (r != EXIT_OK)
		return r;
	print_run(c, after);
	if (str_equal(json_get_str(after, "state"), STR("held")))
		fprintf(stderr, "senctl: %s\n", ctl_say(c, "đang chờ người thứ hai: senctl imports release MÃ", "waits for a second person: senctl imports release ID"));
	if (str_equal(json_get_str(after, "state"), STR("ready")) && !str_equal(str_c(verb), STR("/check"))) {
		fprintf(stderr, "senctl: %s\n", ctl_say(c, "dữ liệu đã thay đổi từ khi kiểm tra, chưa nhập gì: senctl imports rows MÃ, rồi apply",
		                                         "the record has changed since the check, nothing was imported: senctl imports rows ID, then apply"));
		return EXIT_FAILED;
	}
	return str_equal(json_get_str(after, "state"), STR("refused")) ? EXIT_FAILED : EXIT_OK;
}

static int upload(struct ctl *c, struct str id, struct str csv)
{
	for (size_t n = 0, at = 0; at < csv.len || n == 0; n++, at += PART_BYTES) {
		struct str part = str_skip(csv, at);
		_json_ json_t *body = json_new_object();
		_json_ json_t *answer = NULL;
		int r;

		if (part.len > PART_BYTES)
			part.len = PART_BYTES;
		json_set_str(body, "data", base64url_encode(c->arena, part));
		r = call(c, "PUT", api_path(c, "/imports/", id, arena_printf(c->arena, "/parts/%zu", n).p), body, &answer);
		if (r != EXIT_OK)
			return r;
	}
	return EXIT_OK;
}

struct staging {
	const char *kind, *file;
	struct str unit;
	bool complete;
};

/* Uploaded and checked; *ret_id where it has begun, also when the check refuses the file. */
static int begin_staging(struct ctl *c, const struct staging *s, struct str *ret_id)
{
	_json_ json_t *body = json_new_object(), *begun = NULL, *check = json_new_object();
	struct str csv;
	int r = ctl_read_file(c, s->file, IMPORT_FILE_MAX_BYTES, &csv);

	*ret_id = STR_NULL;
	if (r != EXIT_OK)
		return r;
	json_set_str(body, "kind", str_c(s->kind));
	json_set_str(body, "name", str_c(s->file));
	json_set_str(body, "unit", s->unit);
	if (s->complete)
		json_set_bool(body, "complete", true);
	r = call(c, "POST", STR("/imports"), body, &begun);
	if (r != EXIT_OK)
		return r;
	*ret_id = arena_dup(c->arena, json_get_str(begun, "id"));
	r = upload(c, *ret_id, csv);
	json_set_str(check, "sha256", hex_encode(c->arena, sha256_str(c->arena, csv)));
	return r == EXIT_OK ? step(c, *ret_id, "/check", check) : r;
}

static int stage(struct ctl *c)
{
	struct staging s = { .unit = STR_NULL };
	const struct ctl_option options[] = { { "unit", &s.unit, NULL, true }, { "complete", NULL, &s.complete, false } };
	struct str id;
	int r = ctl_begin(c, options, ARRAY_LEN(options), 3, 3);

	if (r != EXIT_OK)
		return r;
	s.kind = c->args[1];
	s.file = c->args[2];
	return begin_staging(c, &s, &id);
}

static int list(struct ctl *c)
{
	_json_ json_t *answer = NULL;
	const json_t *run;
	size_t i;
	int r = ctl_options(c, NULL, 0, 1, 1);

	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r == EXIT_OK)
		r = call(c, "GET", STR("/imports"), NULL, &answer);
	if (r != EXIT_OK)
		return r;
	if (c->json)
		ctl_print_json(c, answer);
	else
		json_array_foreach(json_object_get(answer, "imports"), i, run)
			print_run(c, run);
	return EXIT_OK;
}

static int rows(struct ctl *c, struct str id)
{
	struct str after = STR_NULL;
	int r = EXIT_OK;

	do {
		struct str path = api_path(c, "/imports/", id, "/rows?limit=200");
		_json_ json_t *answer = NULL;
		const json_t *row;
		size_t i;

		if (!str_is_null(after))
			path = arena_printf(c->arena, "%.*s&after=%.*s", STR_ARG(path), STR_ARG(after));
		r = call(c, "GET", path, NULL, &answer);
		if (r != EXIT_OK)
			return r;
		json_array_foreach(json_object_get(answer, "rows"), i, row) {
			if (c->json)
				ctl_print_json(c, row);
			else
				ctl_print(c, "%6lld  %-7.*s %-8.*s %-14.*s %.*s → %.*s", (long long)json_get_int(row, "line", 0), STR_ARG(json_get_str(row, "action")),
				          STR_ARG(json_get_str(row, "what")), STR_ARG(json_get_str(row, "key")),
				          STR_ARG(json_write(c->arena, json_object_get(row, "before"), false)),
				          STR_ARG(json_write(c->arena, json_object_get(row, "after"), false)));
		}
		after = arena_dup(c->arena, json_get_str(answer, "next"));
	} while (!str_is_null(after));
	return r;
}

static int one(struct ctl *c)
{
	struct str verb, id;
	_json_ json_t *run = NULL, *nothing = json_new_object();
	int r = ctl_options(c, NULL, 0, 2, 2);

	if (r == EXIT_OK)
		r = ctl_configure(c);
	if (r != EXIT_OK)
		return r;
	verb = str_c(c->args[0]);
	id = str_c(c->args[1]);
	if (str_equal(verb, STR("rows")))
		return rows(c, id);
	if (!str_equal(verb, STR("show")))
		return step(c, id, arena_printf(c->arena, "/%.*s", STR_ARG(verb)).p, nothing);
	r = show(c, id, &run);
	if (r == EXIT_OK)
		print_run(c, run);
	return r;
}

/* The stages one after the other: what would change is shown, then done, or with --preview dropped. */
int cmd_import(struct ctl *c)
{
	struct staging s = { .unit = STR_NULL };
	bool preview = false;
	const struct ctl_option options[] = { { "unit", &s.unit, NULL, true }, { "complete", NULL, &s.complete, false }, { "preview", NULL, &preview, false } };
	_json_ json_t *nothing = json_new_object();
	struct str id;
	int r = ctl_begin(c, options, ARRAY_LEN(options), 2, 2);

	if (r != EXIT_OK)
		return r;
	s.kind = c->args[0];
	s.file = c->args[1];
	r = begin_staging(c, &s, &id);
	if (r == EXIT_OK)
		r = rows(c, id);
	return r == EXIT_OK ? step(c, id, preview ? "/cancel" : "/apply", nothing) : r;
}

int cmd_imports(struct ctl *c)
{
	static const struct {
		const char *name;
		int (*run)(struct ctl *c);
	} parts[] = {
		{ "stage", stage }, { "list", list }, { "show", one }, { "rows", one }, { "apply", one }, { "release", one }, { "cancel", one },
	};

	for (size_t i = 0; i < ARRAY_LEN(parts) && c->argc > 1; i++)
		if (str_equal(str_c(parts[i].name), str_c(c->argv[1])))
			return parts[i].run(c);
	return ctl_usage_error(c, "senctl imports stage | list | show | rows | apply | release | cancel");
}
