#include "common/db/result.h"

#include "common/base/base64.h"

#include <string.h>

bool result_is_error(const PGresult *res)
{
	ExecStatusType status = PQresultStatus(res);

	return status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY;
}

/*
 * The first matching prefix counts.  08P01 is a wrong number of parameters, which is a fault
 * of ours, not of the line.
 */
enum err result_err_of(const char *sqlstate)
{
	static const struct {
		const char *prefix;
		enum err code;
	} table[] = {
		{ "08P01", ERR_INTERNAL },
		{ "08", ERR_UNAVAILABLE },       /* connection */
		{ "57P0", ERR_UNAVAILABLE },     /* shutdown, crash, cannot connect now */
		{ "57014", ERR_UNAVAILABLE },    /* statement_timeout */
		{ "55P03", ERR_UNAVAILABLE },    /* lock_timeout */
		{ "40001", ERR_UNAVAILABLE },    /* serialization failure */
		{ "40P01", ERR_UNAVAILABLE },    /* deadlock */
		{ "53", ERR_UNAVAILABLE },       /* disk full, out of memory, too many connections */
		{ "23505", ERR_CONFLICT },       /* unique */
		{ "23P01", ERR_CONFLICT },       /* exclusion */
		{ "22", ERR_INVALID_VALUE },     /* data exception */
		{ "23514", ERR_INVALID_VALUE },  /* check */
		{ "23502", ERR_INVALID_VALUE },  /* not null */
		{ "23503", ERR_INVALID_VALUE },  /* foreign key */
		{ "SN001", ERR_BLOCKED },        /* ours: something must be settled first */
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (strncmp(sqlstate, table[i].prefix, strlen(table[i].prefix)) == 0)
			return table[i].code;
	return ERR_INTERNAL;
}

static const char *text_of(enum err code)
{
	switch (code) {
	case ERR_UNAVAILABLE:
		return "the database is not available for this now; nothing was done";
	case ERR_OUTCOME_UNKNOWN:
		return "the connection to the database was lost; the change may have been made";
	case ERR_OVERLOADED:
		return "too many transactions at once";
	case ERR_CONFLICT:
		return "the value exists already";
	case ERR_INVALID_VALUE:
		return "a value is not possible";
	case ERR_BLOCKED:
		return "something must be settled first";
	default:
		return "a statement failed";
	}
}

/*
 * Class 22 quotes what it was given ("invalid input syntax for type uuid: ..."), which is
 * somebody's input: the message ends where that could begin.
 */
static int message_len(const char *sqlstate, const char *message)
{
	bool may_quote = strncmp(sqlstate, "22", 2) == 0;

	return (int)(may_quote ? strcspn(message, "\":0123456789") : strlen(message));
}

static int fail_from(struct op *op, const struct query *q, const PGresult *res)
{
	const char *sqlstate = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
	const char *constraint = PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME);
	const char *detail = PQresultErrorField(res, PG_DIAG_MESSAGE_DETAIL);

	if (!sqlstate || !message)
		return op_fail_detail(op, ERR_INTERNAL, text_of(ERR_INTERNAL), "%s: unexpected result %s", q->name,
		                      PQresStatus(PQresultStatus(res)));

	enum err code = result_err_of(sqlstate);

	(void)op_fail_detail(op, code, text_of(code), "%s: %s %.*s%s%s", q->name, sqlstate,
	                     message_len(sqlstate, message), message, constraint ? " / " : "",
	                     constraint ? constraint : "");
	/* Our own triggers say what it is; whoever is told acts on that. */
	return code == ERR_BLOCKED && detail ? op_fail_arg(op, "by", str_c(detail)) : (int)code;
}

/* PQcmdTuples gives "" for commands that count nothing. */
static size_t affected_by(PGresult *res)
{
	uint64_t n = 0;

	if (!str_to_u64(str_c(PQcmdTuples(res)), SIZE_MAX, &n))
		return 0;
	return (size_t)n;
}

/* Rows and columns of a result: these, from the first column on. */
struct part_of_result {
	const PGresult *res;
	int first_row, n_rows, n_cols;
};

/* All bytes in one piece, each cell with NUL behind it. */
static const struct str *copy_cells(struct arena *a, const struct part_of_result *p)
{
	const PGresult *res = p->res;
	struct str *cells = ARENA_ARRAY(a, struct str, (size_t)p->n_rows * (size_t)p->n_cols);
	struct str *cell = cells;
	int end = p->first_row + p->n_rows;
	size_t total = 0;

	for (int row = p->first_row; row < end; row++)
		for (int col = 0; col < p->n_cols; col++)
			total += (size_t)PQgetlength(res, row, col) + 1;

	char *bytes = arena_alloc(a, total);

	for (int row = p->first_row; row < end; row++) {
		for (int col = 0; col < p->n_cols; col++, cell++) {
			size_t len = (size_t)PQgetlength(res, row, col);

			if (PQgetisnull(res, row, col))
				continue;
			memcpy(bytes, PQgetvalue(res, row, col), len);
			*cell = str_n(bytes, len);
			bytes += len + 1;
		}
	}
	return cells;
}

int result_take_row(struct op *op, const struct query *q, PGresult *res, int row, struct db_rows *ret_rows)
{
	if (result_is_error(res))
		return fail_from(op, q, res);

	struct part_of_result own = { .res = res, .first_row = row, .n_rows = 1, .n_cols = PQnfields(res) - 1 };

	*ret_rows = (struct db_rows){ 0 };
	if (row >= 0)
		*ret_rows = (struct db_rows){ .n = 1, .n_cols = (size_t)own.n_cols, .affected = 1, .cells = copy_cells(op->arena, &own) };
	return 0;
}

int result_take(struct op *op, const struct query *q, PGresult *res, struct db_rows *ret_rows)
{
	if (result_is_error(res))
		return fail_from(op, q, res);
	if (q->is_gathered)
		return result_take_row(op, q, res, PQntuples(res) - 1, ret_rows);

	struct part_of_result all = { .res = res, .n_rows = PQntuples(res), .n_cols = PQnfields(res) };

	*ret_rows = (struct db_rows){
		.n = (size_t)all.n_rows,
		.n_cols = (size_t)all.n_cols,
		.affected = affected_by(res),
		.cells = all.n_rows > 0 && all.n_cols > 0 ? copy_cells(op->arena, &all) : NULL,
	};
	return 0;
}

/* A number that is none of them is a query that was written wrongly. */
size_t result_execution(const PGresult *res, int row, size_t n)
{
	int col = PQnfields(res) - 1;
	uint64_t number = 0;
	bool is_number = str_to_u64(str_n(PQgetvalue(res, row, col), (size_t)PQgetlength(res, row, col)), n, &number);

	assert(is_number && number > 0);
	return (size_t)number - 1;
}

int result_lost(struct op *op, const char *what, enum err code, const char *reason)
{
	return op_fail_detail(op, code, text_of(code), "%s: %s", what, reason);
}

struct str db_str(const struct db_rows *r, size_t row, size_t col)
{
	assert(row < r->n && col < r->n_cols);
	return r->cells[row * r->n_cols + col];
}

bool db_is_null(const struct db_rows *r, size_t row, size_t col)
{
	return str_is_null(db_str(r, row, col));
}

/* A cell that is no integer is a query that was written wrongly. */
int64_t db_i64(const struct db_rows *r, size_t row, size_t col)
{
	struct str s = db_str(r, row, col);
	bool is_negative = str_starts(s, STR("-"));
	uint64_t magnitude = 0;

	if (str_is_null(s))
		return 0;

	bool is_integer = str_to_u64(str_skip(s, is_negative), (uint64_t)INT64_MAX + is_negative, &magnitude);

	assert(is_integer);
	/* In unsigned arithmetic, where the smallest number needs no special case. */
	return (int64_t)(is_negative ? 0 - magnitude : magnitude);
}

bool db_bool(const struct db_rows *r, size_t row, size_t col)
{
	struct str s = db_str(r, row, col);

	assert(str_is_null(s) || str_equal(s, STR("t")) || str_equal(s, STR("f")));
	return str_equal(s, STR("t"));
}

struct str db_bytes(struct arena *a, const struct db_rows *r, size_t row, size_t col)
{
	struct str s = db_str(r, row, col);
	struct str bytes = STR_NULL;

	if (str_is_null(s))
		return STR_NULL;

	bool is_bytea = str_starts(s, STR("\\x")) && hex_decode(a, str_skip(s, 2), &bytes);

	assert(is_bytea);
	return bytes;
}
