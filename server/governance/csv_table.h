/*
 * csv_table.h: a CSV file as rows of cells in the order of declared columns.
 *
 * RFC 4180 with the separator found in the header row and lines ended by CRLF, LF or CR;
 * quoting is strict.  Cells are bytes as they stand in the file: import_cells.c makes them
 * text.  Empty lines are skipped.
 */
#pragma once

#include "server/governance/import.h"

#define CSV_COLUMNS_MAX 32

enum import_cell {
	CELL_TEXT,        /* NFC, no control characters */
	CELL_CODE,        /* A-Z a-z 0-9 . - */
	CELL_SYMBOL,      /* A-Z 0-9 _ -, beginning with a letter */
	CELL_DATE,        /* 2026-11-24 */
	CELL_MONTH,       /* 2026-11, becomes its first day */
	CELL_LISTED,      /* one of listed */
	CELL_VERIFIED,    /* đã xác minh, true, yes, 1; chưa xác minh, false, no, 0, empty; becomes "true" or "false" */
	CELL_NATIONAL_ID, /* 12 digits */
};

struct import_column {
	const char *name;
	enum import_cell cell;
	size_t max_chars;
	bool in_header;      /* the column must be there */
	bool required;       /* and no cell be empty */
	bool is_secret;      /* its values never stand in a note */
	const char *listed;  /* "a|b|c" */
};

struct csv_row {
	unsigned line;
	struct str *cells; /* STR_NULL: empty or no such column */
};

struct csv_table {
	const struct import_column *columns;
	size_t n_columns;
	struct csv_row *rows;
	size_t n_rows;
};

/* Faults become errors of the report; rows read before one of them stay. */
void csv_table_read(struct arena *a, struct str csv, struct csv_table *table, struct import_report *report);

void import_error(struct import_report *report, const struct import_note *note);
void import_warn(struct import_report *report, const struct import_note *note);
