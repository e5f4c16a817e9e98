/*
 * csv_table_read and what checks rows before the database is asked: every note can be said,
 * what passed is text, and no cell is longer than its column allows.
 * The first byte chooses the kind of file.
 */
#include "common/base/text.h"
#include "server/governance/import_internal.h"
#include "tests/fuzz/fuzz.h"

static void check_notes(struct arena *a, const struct import_note *notes, size_t n)
{
	for (size_t i = 0; i < n && i < IMPORT_NOTES_MAX; i++) {
		CHECK(utf8_is_valid(import_note_text(a, &notes[i], STR("vi"))));
		CHECK(utf8_is_valid(import_note_text(a, &notes[i], STR("en"))));
	}
}

static void check_rows(const struct csv_table *t)
{
	for (size_t i = 0; i < t->n_rows; i++) {
		CHECK(t->rows[i].line > 0);
		CHECK(i == 0 || t->rows[i].line > t->rows[i - 1].line);
		for (size_t k = 0; k < t->n_columns; k++) {
			struct str cell = t->rows[i].cells[k];

			CHECK(str_is_null(cell) || (cell.len > 0 && utf8_is_valid(cell)));
			CHECK(!str_is_null(cell) || !t->columns[k].required);
			CHECK(t->columns[k].cell != CELL_NATIONAL_ID || str_is_null(cell) || cell.len == 12);
		}
	}
}

FUZZ_TARGET(a, input)
{
	static const struct import_kind *const kinds[] = { &import_units, &import_platforms, &import_roles, &import_persons };
	const struct import_kind *kind;
	struct import_report *report = ARENA_NEW(a, struct import_report);
	struct op op;
	struct import_job job = { .op = &op, .scratch = a, .report = report };

	if (input.len == 0)
		return;
	kind = kinds[(unsigned char)input.p[0] % ARRAY_LEN(kinds)];
	op_init(&op, a, NULL, NULL);
	job.table = (struct csv_table){ .columns = kind->columns, .n_columns = kind->n_columns };
	csv_table_read(a, str_skip(input, 1), &job.table, report);
	CHECK(job.table.n_rows <= IMPORT_ROWS_MAX);
	if (report->n_errors == 0)
		import_check_cells(&job);
	if (report->n_errors == 0) {
		check_rows(&job.table);
		job.order = ARENA_ARRAY(a, size_t, job.table.n_rows);
		for (size_t i = 0; i < job.table.n_rows; i++)
			job.order[i] = i;
		kind->check(&job);
	}
	check_notes(a, report->errors, report->n_errors);
	check_notes(a, report->warnings, report->n_warnings);
}
