#include "server/governance/import_internal.h"

#include "common/base/text.h"
#include "server/governance/national_id.h"
#include "server/governance/old_encoding.h"

#define VALUE_SHOWN_BYTES 60

/* What may stand in a note: text, cut at a character, never of a secret column. */
static struct str showable(const struct import_column *column, struct str value)
{
	if (column->is_secret || str_is_null(value) || !utf8_is_valid(value))
		return STR_NULL;
	if (value.len > VALUE_SHOWN_BYTES) {
		value.len = VALUE_SHOWN_BYTES;
		while (value.len > 0 && !utf8_is_valid(value))
			value.len--;
	}
	return value;
}

void import_error_at(struct import_job *job, size_t row, size_t column, enum import_fault fault, struct str value)
{
	const struct import_column *c = &job->table.columns[column];

	import_error(job->report, &(struct import_note){
		.line = job->table.rows[row].line, .column = c->name, .fault = fault, .value = showable(c, value) });
}

void import_warn_at(struct import_job *job, size_t row, size_t column, enum import_fault fault)
{
	const struct import_column *c = &job->table.columns[column];

	import_warn(job->report, &(struct import_note){
		.line = job->table.rows[row].line, .column = c->name, .fault = fault,
		.value = showable(c, import_cell_of(job, row, column)) });
}

static bool is_upper_or_digit(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_code(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!is_upper_or_digit(c) && !(c >= 'a' && c <= 'z') && c != '.' && c != '-')
			return false;
	}
	return true;
}

static bool is_symbol(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_upper_or_digit(s.p[i]) && s.p[i] != '_' && s.p[i] != '-')
			return false;
	return s.p[0] >= 'A' && s.p[0] <= 'Z';
}

static bool is_listed(const char *listed, struct str value)
{
	struct str rest = str_c(listed), word;

	while (str_split(&rest, '|', &word))
		if (str_equal(word, value))
			return true;
	return false;
}

/* "true", "false", or STR_NULL when it is neither. */
static struct str verified_from(struct str value)
{
	if (is_listed("đã xác minh|true|yes|1", value))
		return STR("true");
	if (is_listed("chưa xác minh|false|no|0", value))
		return STR("false");
	return STR_NULL;
}

/* The fault of a value, or IMPORT_FAULT_COUNT_; *cell may be rewritten into the form the database takes. */
static enum import_fault check_value(struct arena *a, const struct import_column *column, struct str *cell)
{
	struct str rewritten;

	switch (column->cell) {
	case CELL_TEXT:
		break;
	case CELL_CODE:
		if (!is_code(*cell))
			return IMPORT_BAD_CODE;
		break;
	case CELL_SYMBOL:
		if (!is_symbol(*cell))
			return IMPORT_BAD_SYMBOL;
		break;
	case CELL_DATE:
		if (!text_is_iso_date(*cell))
			return IMPORT_BAD_DATE;
		break;
	case CELL_MONTH:
		rewritten = arena_printf(a, "%.*s-01", STR_ARG(*cell));
		if (!text_is_iso_date(rewritten))
			return IMPORT_BAD_MONTH;
		*cell = rewritten;
		break;
	case CELL_LISTED:
		if (!is_listed(column->listed, *cell))
			return IMPORT_NOT_LISTED;
		break;
	case CELL_VERIFIED:
		*cell = verified_from(*cell);
		if (str_is_null(*cell))
			return IMPORT_NOT_LISTED;
		break;
	case CELL_NATIONAL_ID:
		if (!national_id_is_valid(*cell))
			return IMPORT_NATIONAL_ID_FORM;
		break;
	}
	return IMPORT_FAULT_COUNT_;
}

static enum import_fault fault_of(enum old_encoding encoding)
{
	switch (encoding) {
	case OLD_ENCODING_TCVN3:
		return IMPORT_TCVN3;
	case OLD_ENCODING_VNI:
		return IMPORT_VNI;
	case OLD_ENCODING_VISCII:
		return IMPORT_VISCII;
	case OLD_ENCODING_WINDOWS_1258:
		return IMPORT_WINDOWS_1258;
	case OLD_ENCODING_NONE:
	case OLD_ENCODING_UNKNOWN:
	default:
		return IMPORT_NOT_UTF8;
	}
}

static enum import_fault check_cell(struct arena *a, const struct import_column *column, struct str *cell)
{
	struct str text;

	if (text_looks_like_tcvn3(*cell) || !utf8_is_valid(*cell))
		return fault_of(old_encoding_of(*cell));
	if (!text_normalise(a, *cell, &text))
		return IMPORT_CONTROL;
	*cell = text;
	if (str_is_empty(text)) {
		*cell = STR_NULL;
		return column->required ? IMPORT_MISSING : IMPORT_FAULT_COUNT_;
	}
	if (utf8_length(text) > column->max_chars)
		return IMPORT_TOO_LONG;
	return check_value(a, column, cell);
}

static void check_row(struct import_job *job, size_t row)
{
	for (size_t i = 0; i < job->table.n_columns; i++) {
		const struct import_column *column = &job->table.columns[i];
		struct str *cell = &job->table.rows[row].cells[i];
		struct str before = *cell;
		enum import_fault fault;

		if (str_is_null(before)) {
			if (column->required)
				import_error_at(job, row, i, IMPORT_MISSING, STR_NULL);
			if (column->cell == CELL_VERIFIED)
				*cell = STR("false");
			continue;
		}
		fault = check_cell(job->op->arena, column, cell);
		if (fault == IMPORT_FAULT_COUNT_ && old_encoding_has_split_tones(before))
			import_warn_at(job, row, i, IMPORT_SPLIT_TONES);
		if (fault == IMPORT_NOT_LISTED && column->listed)
			import_error_at(job, row, i, fault, arena_printf(job->op->arena, "%s", column->listed));
		else if (fault != IMPORT_FAULT_COUNT_)
			import_error_at(job, row, i, fault, before);
	}
}

void import_check_cells(struct import_job *job)
{
	for (size_t i = 0; i < job->table.n_rows && job->report->n_errors < IMPORT_NOTES_MAX; i++)
		check_row(job, i);
}

void import_check_period(struct import_job *job, size_t from, size_t to)
{
	for (size_t i = 0; i < job->table.n_rows; i++) {
		struct str end = import_cell_of(job, i, to);

		/* ISO dates sort as bytes. */
		if (!str_is_null(end) && str_compare(end, import_cell_of(job, i, from)) <= 0)
			import_error_at(job, i, to, IMPORT_DATE_ORDER, end);
	}
}
