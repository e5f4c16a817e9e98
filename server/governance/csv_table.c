#include "server/governance/csv_table.h"

#include "common/base/text.h"

#include <csv.h>

#define ROWS_FIRST 256

struct reader {
	struct arena *arena;
	struct csv_table *table;
	struct import_report *report;
	size_t rows_cap;
	struct str cells[CSV_COLUMNS_MAX]; /* of the row being read */
	size_t n_cells;
	int column_of[CSV_COLUMNS_MAX];    /* cell -> declared column */
	size_t n_header;                   /* 0: the header has not been read */
	unsigned line;                     /* the line being fed */
	unsigned row_line;                 /* on which the row began; 0: none is open */
	bool stop;
};

void import_error(struct import_report *report, const struct import_note *note)
{
	if (report->n_errors < IMPORT_NOTES_MAX)
		report->errors[report->n_errors] = *note;
	report->n_errors++;
}

void import_warn(struct import_report *report, const struct import_note *note)
{
	if (report->n_warnings < IMPORT_NOTES_MAX)
		report->warnings[report->n_warnings] = *note;
	report->n_warnings++;
}

void import_refuse_file(struct import_report *report, enum import_fault fault)
{
	import_error(report, &(struct import_note){ .fault = fault });
}

static void fail(struct reader *rd, unsigned line, enum import_fault fault, struct str value)
{
	import_error(rd->report, &(struct import_note){ .line = line, .fault = fault, .value = value });
	rd->stop = true;
}

static void on_cell(void *bytes, size_t len, void *context)
{
	struct reader *rd = context;

	if (rd->stop)
		return;
	if (len > IMPORT_FIELD_MAX_BYTES) {
		fail(rd, rd->row_line, IMPORT_FIELD_TOO_LONG, STR_NULL);
		return;
	}
	if (rd->n_cells == CSV_COLUMNS_MAX || (rd->n_header > 0 && rd->n_cells == rd->n_header)) {
		/* Empty cells at the end of a row are what spreadsheets leave behind. */
		if (len > 0)
			fail(rd, rd->row_line, IMPORT_TOO_MANY_CELLS, STR_NULL);
		return;
	}
	rd->cells[rd->n_cells++] = len > 0 ? arena_dup(rd->arena, str_n(bytes, len)) : STR_NULL;
}

static void read_header_cell(struct reader *rd, size_t cell)
{
	const struct csv_table *t = rd->table;
	struct str name = rd->cells[cell];

	rd->column_of[cell] = -1;
	if (str_is_null(name))
		return;
	for (size_t i = 0; i < t->n_columns; i++) {
		if (!str_equal_nocase(name, str_c(t->columns[i].name)))
			continue;
		for (size_t k = 0; k < cell; k++)
			if (rd->column_of[k] == (int)i)
				fail(rd, rd->row_line, IMPORT_COLUMN_TWICE, str_c(t->columns[i].name));
		rd->column_of[cell] = (int)i;
		return;
	}
	fail(rd, rd->row_line, IMPORT_COLUMN_UNKNOWN, utf8_is_valid(name) ? name : STR_NULL);
}

static void read_header(struct reader *rd)
{
	const struct csv_table *t = rd->table;

	for (size_t i = 0; i < rd->n_cells; i++)
		read_header_cell(rd, i);
	for (size_t i = 0; i < t->n_columns; i++) {
		bool found = false;

		for (size_t k = 0; k < rd->n_cells; k++)
			found = found || rd->column_of[k] == (int)i;
		if (!found && t->columns[i].in_header)
			fail(rd, rd->row_line, IMPORT_COLUMN_MISSING, str_c(t->columns[i].name));
	}
	rd->n_header = rd->n_cells;
}

static void add_row(struct reader *rd)
{
	struct csv_table *t = rd->table;
	struct csv_row *row;
	bool empty = true;

	for (size_t i = 0; i < rd->n_cells; i++)
		empty = empty && str_is_null(rd->cells[i]);
	if (empty)
		return;
	if (t->n_rows == IMPORT_ROWS_MAX) {
		fail(rd, rd->row_line, IMPORT_TOO_MANY_ROWS, STR_NULL);
		return;
	}
	if (t->n_rows == rd->rows_cap) {
		size_t cap = rd->rows_cap ? 2 * rd->rows_cap : ROWS_FIRST;

		t->rows = arena_grow(rd->arena, t->rows, rd->rows_cap * sizeof(*t->rows), cap * sizeof(*t->rows));
		rd->rows_cap = cap;
	}
	row = &t->rows[t->n_rows++];
	row->line = rd->row_line;
	row->cells = ARENA_ARRAY(rd->arena, struct str, t->n_columns);
	for (size_t i = 0; i < rd->n_cells; i++)
		if (rd->column_of[i] >= 0)
			row->cells[rd->column_of[i]] = rd->cells[i];
}

static void on_row(_unused_ int terminator, void *context)
{
	struct reader *rd = context;

	if (!rd->stop) {
		if (rd->n_header == 0)
			read_header(rd);
		else
			add_row(rd);
	}
	rd->n_cells = 0;
	rd->row_line = 0;
}

/* Of ',', ';' and tab what stands most often in the header, outside quotes. */
static unsigned char find_separator(struct str csv)
{
	static const char separators[] = { ',', ';', '\t' };
	size_t counts[sizeof(separators)] = { 0 }, best = 0;
	bool quoted = false;

	for (size_t i = 0; i < csv.len && (quoted || (csv.p[i] != '\n' && csv.p[i] != '\r')); i++) {
		quoted = quoted != (csv.p[i] == '"');
		for (size_t k = 0; k < sizeof(separators) && !quoted; k++)
			counts[k] += csv.p[i] == separators[k];
	}
	for (size_t k = 1; k < sizeof(separators); k++)
		if (counts[k] > counts[best])
			best = k;
	return (unsigned char)separators[best];
}

/* The next line with its end, CRLF, LF or CR. */
static struct str next_line(struct str rest)
{
	for (size_t i = 0; i < rest.len; i++) {
		if (rest.p[i] == '\n' || (rest.p[i] == '\r' && (i + 1 == rest.len || rest.p[i + 1] != '\n')))
			return str_n(rest.p, i + 1);
	}
	return rest;
}

static void feed(struct reader *rd, struct csv_parser *parser, struct str line)
{
	if (rd->row_line == 0)
		rd->row_line = rd->line;
	if (csv_parse(parser, line.p, line.len, on_cell, on_row, rd) != line.len && !rd->stop)
		fail(rd, rd->row_line ? rd->row_line : rd->line, IMPORT_QUOTING, STR_NULL);
	/* A quotation mark that is never closed would swallow the rest of the file. */
	if (!rd->stop && parser->entry_pos > IMPORT_FIELD_MAX_BYTES)
		fail(rd, rd->row_line, parser->quoted ? IMPORT_QUOTING : IMPORT_FIELD_TOO_LONG, STR_NULL);
	/* An empty line ends no row. */
	if (parser->pstate == 0 && rd->n_cells == 0)
		rd->row_line = 0;
}

static void read_lines(struct reader *rd, struct str csv)
{
	struct csv_parser parser;

	if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
		abort();
	csv_set_delim(&parser, find_separator(csv));
	while (csv.len > 0 && !rd->stop) {
		struct str line = next_line(csv);

		rd->line++;
		csv = str_skip(csv, line.len);
		feed(rd, &parser, line);
	}
	if (!rd->stop && csv_fini(&parser, on_cell, on_row, rd) != 0)
		fail(rd, rd->row_line, IMPORT_QUOTING, STR_NULL);
	csv_free(&parser);
	if (!rd->stop && rd->n_header == 0)
		fail(rd, 0, IMPORT_EMPTY, STR_NULL);
}

void csv_table_read(struct arena *a, struct str csv, struct csv_table *table, struct import_report *report)
{
	struct reader rd = { .arena = a, .table = table, .report = report };

	if (csv.len > IMPORT_FILE_MAX_BYTES) {
		fail(&rd, 0, IMPORT_TOO_LARGE, STR_NULL);
		return;
	}
	if (str_starts(csv, STR("\xFF\xFE")) || str_starts(csv, STR("\xFE\xFF"))) {
		fail(&rd, 1, IMPORT_UTF16, STR_NULL);
		return;
	}
	if (str_starts(csv, STR("\xEF\xBB\xBF")))
		csv = str_skip(csv, 3);
	read_lines(&rd, csv);
	report->n_rows = table->n_rows;
}
