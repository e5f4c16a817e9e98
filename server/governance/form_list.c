#include "server/governance/form_list.h"

#include "server/governance/import_internal.h"

enum {
	LOGIN, LOGIN_VI, EXT_ID, EXT_ID_VI, NAME, NAME_VI, ACTIVE, ACTIVE_VI, ROLES, ROLES_VI, N_COLUMNS
};

static const struct import_column columns[N_COLUMNS] = {
	[LOGIN] = { .name = "login", .max_chars = 100 },       [LOGIN_VI] = { .name = "tên đăng nhập", .max_chars = 100 },
	[EXT_ID] = { .name = "ext_id", .max_chars = 200 },     [EXT_ID_VI] = { .name = "mã tài khoản", .max_chars = 200 },
	[NAME] = { .name = "full_name", .max_chars = 200 },    [NAME_VI] = { .name = "họ và tên", .max_chars = 200 },
	[ACTIVE] = { .name = "active", .max_chars = 30 },      [ACTIVE_VI] = { .name = "trạng thái", .max_chars = 30 },
	[ROLES] = { .name = "roles", .max_chars = 300 },       [ROLES_VI] = { .name = "vai trò", .max_chars = 300 },
};

static bool is_one_of(const char *listed, struct str value)
{
	struct str rest = str_c(listed), word;

	while (str_split(&rest, '|', &word))
		if (str_equal_nocase(word, value))
			return true;
	return false;
}

static bool active_read(struct str value, bool *ret)
{
	*ret = is_one_of("true|1|yes|active|đang hoạt động|hoạt động|Đang hoạt động|Hoạt động|đang dùng|mở", value);
	return *ret || is_one_of("false|0|no|inactive|locked|khóa|khoá|đã khóa|đã khoá|Khóa|Đã khóa|ngừng hoạt động|Ngừng hoạt động", value);
}

static struct str either(const struct csv_row *row, size_t column)
{
	return str_is_null(row->cells[column]) ? row->cells[column + 1] : row->cells[column];
}

static struct str note_text(struct arena *a, const struct import_report *report, struct str lang)
{
	const struct import_note *note = &report->errors[0];
	struct str text = import_note_text(a, note, lang);

	return note->line == 0 ? text
	                       : arena_printf(a, "%s %u%s%s: %.*s", str_equal(lang, STR("en")) ? "line" : "dòng", note->line, note->column ? ", " : "",
	                                      note->column ? note->column : "", STR_ARG(text));
}

static void check_rows(struct import_job *job, struct form_list_row *rows)
{
	for (size_t i = 0; i < job->table.n_rows; i++) {
		const struct csv_row *row = &job->table.rows[i];
		struct str active = either(row, ACTIVE);

		rows[i] = (struct form_list_row){ either(row, LOGIN), either(row, EXT_ID), either(row, NAME), either(row, ROLES), true };
		if (str_is_null(rows[i].login))
			import_error_at(job, i, LOGIN, IMPORT_MISSING, STR_NULL);
		if (!str_is_null(active) && !active_read(active, &rows[i].active))
			import_error_at(job, i, ACTIVE, IMPORT_NOT_LISTED, active);
	}
}

/* Whether the file has one of the two columns: some row has a cell in it. */
static bool has_column(const struct csv_table *table, size_t column)
{
	for (size_t i = 0; i < table->n_rows; i++)
		if (!str_is_null(either(&table->rows[i], column)))
			return true;
	return false;
}

bool form_list_read(struct op *op, struct str csv, struct str lang, struct form_list *ret, struct str *ret_fault)
{
	struct import_report *report = ARENA_NEW(op->arena, struct import_report);
	struct import_job job = { .op = op, .scratch = op->arena, .report = report, .table = { .columns = columns, .n_columns = N_COLUMNS } };
	struct form_list_row *rows;

	csv_table_read(op->arena, csv, &job.table, report);
	if (report->n_errors == 0)
		import_check_cells(&job);
	rows = ARENA_ARRAY(op->arena, struct form_list_row, job.table.n_rows + 1);
	if (report->n_errors == 0)
		check_rows(&job, rows);
	if (report->n_errors > 0) {
		*ret_fault = note_text(op->arena, report, lang);
		return false;
	}
	*ret = (struct form_list){ rows, job.table.n_rows, has_column(&job.table, ROLES), has_column(&job.table, NAME) };
	return true;
}
