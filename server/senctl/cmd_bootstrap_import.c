/* senctl bootstrap import: seeds of an installation, by the operator and at once; senctl import goes through the stages of the API. */

#include "server/governance/import.h"
#include "server/senctl/ctl.h"

static struct str lang_of(const struct ctl *c)
{
	return c->english ? STR("en") : STR("vi");
}

static size_t kept(size_t n)
{
	return n < IMPORT_NOTES_MAX ? n : IMPORT_NOTES_MAX;
}

static json_t *notes_json(const struct ctl *c, const struct import_note *notes, size_t n)
{
	json_t *list = json_new_array();

	for (size_t i = 0; i < n; i++) {
		json_t *item = json_new_object();

		json_set_int(item, "line", notes[i].line);
		json_set_str(item, "column", str_c(notes[i].column));
		json_set_str(item, "message", import_note_text(c->arena, &notes[i], lang_of(c)));
		json_array_append_new(list, item);
	}
	return list;
}

static void print_json(const struct ctl *c, const struct import_report *report, bool dry_run)
{
	_json_ json_t *json = json_new_object();
	json_t *counts = json_new_object();

	json_set_bool(json, "dry_run", dry_run);
	json_set_int(json, "rows", (int64_t)report->n_rows);
	for (size_t i = 0; i < ARRAY_LEN(report->counts) && report->n_errors == 0; i++) {
		const struct import_count *count = &report->counts[i];
		json_t *item;

		if (!count->what)
			continue;
		item = json_new_object();
		json_set_int(item, "created", (int64_t)count->created);
		json_set_int(item, "changed", (int64_t)count->changed);
		json_set_int(item, "unchanged", (int64_t)count->unchanged);
		json_set_take(counts, count->what, item);
	}
	json_set_take(json, "counts", counts);
	json_set_int(json, "n_errors", (int64_t)report->n_errors);
	json_set_int(json, "n_warnings", (int64_t)report->n_warnings);
	json_set_take(json, "errors", notes_json(c, report->errors, kept(report->n_errors)));
	json_set_take(json, "warnings", notes_json(c, report->warnings, kept(report->n_warnings)));
	ctl_print_json(c, json);
}

/* "persons.csv:12: birth_date: …", as compilers write it. */
static void print_notes(const struct ctl *c, const char *file, const char *label, const struct import_note *notes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct str text = import_note_text(c->arena, &notes[i], lang_of(c));

		fprintf(stderr, "%s:%u: %s%s%s%.*s\n", file, notes[i].line, label, notes[i].column ? notes[i].column : "",
		        notes[i].column ? ": " : "", STR_ARG(text));
	}
}

static const char *word_for(const struct ctl *c, const char *what)
{
	static const struct {
		const char *what, *vi;
	} words[] = {
		{ "unit", "đơn vị" }, { "platform", "nền tảng" }, { "role", "vai trò" }, { "person", "người" }, { "post", "chức vụ" },
	};

	for (size_t i = 0; i < ARRAY_LEN(words) && !c->english; i++)
		if (str_equal(str_c(words[i].what), str_c(what)))
			return words[i].vi;
	return what;
}

static void print_text(const struct ctl *c, const char *file, const struct import_report *report, bool dry_run)
{
	print_notes(c, file, ctl_say(c, "cảnh báo: ", "warning: "), report->warnings, kept(report->n_warnings));
	print_notes(c, file, "", report->errors, kept(report->n_errors));
	if (report->n_errors > 0) {
		ctl_fail(c, ctl_say(c, "%s: %zu lỗi; chưa nhập gì", "%s: %zu errors; nothing was imported"), file, report->n_errors);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(report->counts); i++) {
		const struct import_count *count = &report->counts[i];

		if (count->what)
			ctl_print(c, ctl_say(c, "%s: %zu mới, %zu thay đổi, %zu giữ nguyên", "%s: %zu created, %zu changed, %zu unchanged"),
			          word_for(c, count->what), count->created, count->changed, count->unchanged);
	}
	if (dry_run)
		ctl_print(c, "%s", ctl_say(c, "chạy thử: chưa ghi gì", "dry run: nothing was written"));
}

int cmd_bootstrap_import(struct ctl *c)
{
	bool dry_run = false;
	const struct ctl_option options[] = { { "dry-run", NULL, &dry_run, false } };
	struct import_request request;
	struct import_report *report = ARENA_NEW(c->arena, struct import_report);
	int r = ctl_options(c, options, ARRAY_LEN(options), 3, 3);

	if (r != EXIT_OK)
		return r;
	request = (struct import_request){ .kind = c->args[1], .dry_run = dry_run, .actor = ctl_operator(c) };
	if (!import_kind_exists(request.kind))
		return ctl_usage_error(c, "%s: %s (units, platforms, roles, persons)", ctl_say(c, "không nhập được loại này", "no such kind"),
		                       request.kind);
	r = ctl_read_file(c, c->args[2], IMPORT_FILE_MAX_BYTES + 1, &request.csv);
	/* Personal numbers are hashed and sealed; nothing else needs a key. */
	if (r == EXIT_OK)
		r = ctl_open(c, str_equal(str_c(request.kind), STR("persons")) ? CTL_KEYS | CTL_DB : CTL_DB);
	if (r != EXIT_OK)
		return r;
	r = import_run(&c->op, &request, report);
	if (r < 0 && report->n_errors == 0)
		return ctl_fail_op(c);
	if (c->json)
		print_json(c, report, dry_run);
	else
		print_text(c, c->args[2], report, dry_run);
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}
