/* What goes in comes out, on a lane and on the pool; and what the errors say. */
#include "tests/db/dbtest.h"

#include <stdlib.h>
#include <string.h>

static const char schema[] =
	"CREATE SCHEMA sen;"
	"CREATE TABLE sen.value (id uuid PRIMARY KEY, t text, b bytea, i bigint, f boolean, d date, j jsonb, a text[]);"
	"CREATE TABLE sen.strict (id int PRIMARY KEY CHECK (id > 0), word text NOT NULL, parent int REFERENCES sen.strict);";

DB_QUERY(value_set, DB_WRITE,
         "INSERT INTO value VALUES ($1::uuid, $2, $3, $4, $5, $6::date, $7::jsonb, $8::text[])"
         " ON CONFLICT (id) DO UPDATE SET t = $2, b = $3, i = $4, f = $5, d = $6::date, j = $7::jsonb, a = $8::text[]");
DB_QUERY(value_get, DB_READ, "SELECT t, b, i, f, d, j, a, length(t), octet_length(b) FROM value WHERE id = $1::uuid");
DB_QUERY(value_delete, DB_WRITE, "DELETE FROM value");
DB_QUERY(many_rows, DB_READ, "SELECT g, repeat('x', g) FROM generate_series(1, $1::int) g");
DB_QUERY(strict_add, DB_WRITE, "INSERT INTO strict VALUES ($1, $2, $3)");

#define ID STR("0b6f3c1e-6f1b-4c29-9d0e-2f6f6a4f9d11")
#define LONG_BYTES 100000

struct fixture {
	struct arena *arena;
	struct db *db;
	struct op op;
};

static int open_with(void **state, bool with_lanes)
{
	struct fixture *f = calloc(1, sizeof(*f));

	side("TRUNCATE sen.value, sen.strict");
	f->arena = arena_new(UNIT_ARENA_BYTES);
	f->db = dbtest_open((struct db_config){ .with_lanes = with_lanes, .pool_size = 1 });
	op_init(&f->op, f->arena, f->db, NULL);
	*state = f;
	return 0;
}

static int open_lanes(void **state)
{
	return open_with(state, true);
}

static int open_pool(void **state)
{
	return open_with(state, false);
}

static int close_all(void **state)
{
	struct fixture *f = *state;

	db_op_done(&f->op);
	db_close(f->db);
	arena_free(f->arena);
	free(f);
	return 0;
}

/* One row of one text and one bytea, read back. */
static struct db_rows round_trip(struct op *op, struct str text, struct str bytes)
{
	struct db_rows rows;

	assert_int_equal(db_run(op, &value_set, &rows, P_STR(ID), P_STR(text), P_BYTES(bytes), P_I64(1), P_BOOL(true),
	                        P_NULL, P_NULL, P_NULL), 0);
	assert_int_equal(rows.n, 0);
	assert_int_equal(rows.affected, 1);
	assert_int_equal(db_run(op, &value_get, &rows, P_STR(ID)), 0);
	assert_int_equal(rows.n, 1);
	assert_int_equal(rows.n_cols, 9);
	return rows;
}

static void test_texts_and_bytes(void **state)
{
	struct fixture *f = *state;
	char *long_text = arena_alloc(f->arena, LONG_BYTES + 1), all_bytes[256];
	struct str texts[] = { STR(""), STR("NULL"), STR("Đặng Thị Phượng"), STR("a'b\"c\\d\n\t$1;--"), STR("𝄞 \xf0\x9f\x94\x91"),
		               { long_text, LONG_BYTES } };
	struct db_rows rows;

	memset(long_text, 'y', LONG_BYTES);
	for (size_t i = 0; i < sizeof(all_bytes); i++)
		all_bytes[i] = (char)i;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct str bytes = i % 2 ? str_n(all_bytes, sizeof(all_bytes)) : STR("");

		rows = round_trip(&f->op, texts[i], bytes);
		assert_true(str_equal(db_str(&rows, 0, 0), texts[i]));
		assert_false(db_is_null(&rows, 0, 0));
		assert_true(str_equal(db_bytes(f->arena, &rows, 0, 1), bytes));
		assert_int_equal(db_i64(&rows, 0, 8), bytes.len);
		/* NUL-terminated behind its length. */
		assert_int_equal(db_str(&rows, 0, 0).p[texts[i].len], '\0');
	}
	rows = round_trip(&f->op, STR_NULL, STR_NULL);
	assert_true(db_is_null(&rows, 0, 0));
	assert_str_null(db_str(&rows, 0, 0));
	assert_str_null(db_bytes(f->arena, &rows, 0, 1));
	assert_int_equal(db_i64(&rows, 0, 7), 0);
}

static void test_numbers_truth_dates_json_and_arrays(void **state)
{
	static const int64_t numbers[] = { 0, 1, -1, INT64_MAX, INT64_MIN, 1234567890123 };
	struct fixture *f = *state;
	struct str parts[] = { STR("a,b"), STR(""), STR_NULL, STR("\"\\{}"), STR("ô") };
	const struct str *read;
	struct db_rows rows;
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		assert_int_equal(db_run(&f->op, &value_set, &rows, P_STR(ID), P_NULL, P_NULL, P_I64(numbers[i]), P_BOOL(i % 2),
		                        P_C("1958-03-24"), P_C("{\"k\": [1]}"), P_STR(db_array(f->arena, parts, 5))), 0);
		assert_int_equal(db_run(&f->op, &value_get, &rows, P_STR(ID)), 0);
		assert_true(db_i64(&rows, 0, 2) == numbers[i]);
		assert_int_equal(db_bool(&rows, 0, 3), i % 2);
		assert_str_equal(db_str(&rows, 0, 4), "1958-03-24");
		assert_str_equal(db_str(&rows, 0, 5), "{\"k\": [1]}");
		assert_int_equal(db_array_read(&f->op, db_str(&rows, 0, 6), &read, &n), 0);
		assert_int_equal(n, 5);
		for (size_t k = 0; k < 5; k++)
			assert_true(str_equal(read[k], parts[k]) && str_is_null(read[k]) == str_is_null(parts[k]));
	}
}

static void test_no_rows_and_many_rows(void **state)
{
	struct fixture *f = *state;
	struct db_rows rows;

	assert_int_equal(db_run(&f->op, &value_delete, &rows), 0);
	assert_int_equal(rows.n, 0);
	assert_int_equal(rows.affected, 0);
	assert_int_equal(db_run(&f->op, &many_rows, &rows, P_I64(0)), 0);
	assert_int_equal(rows.n, 0);
	assert_int_equal(rows.n_cols, 2);
	assert_int_equal(db_run(&f->op, &many_rows, &rows, P_I64(1000)), 0);
	assert_int_equal(rows.n, 1000);
	for (size_t i = 0; i < rows.n; i++) {
		assert_int_equal(db_i64(&rows, i, 0), i + 1);
		assert_int_equal(db_str(&rows, i, 1).len, i + 1);
	}
}

/* Runs strict_add and gives the code; the detail stays in the op. */
static int strict(struct op *op, struct db_param id, struct db_param word, struct db_param parent)
{
	struct db_rows rows = { .n = 77 };

	op_forgive(op);

	int r = db_run(op, &strict_add, &rows, id, word, parent);

	assert_int_equal(rows.n, r < 0 ? 77 : 0);
	return r;
}

static bool detail_has(const struct op *op, const char *text)
{
	return str_contains(op->error.detail, str_c(text));
}

static void test_errors_by_kind(void **state)
{
	struct op *op = &((struct fixture *)*state)->op;

	assert_int_equal(strict(op, P_I64(1), P_C("one"), P_NULL), 0);
	assert_int_equal(strict(op, P_I64(1), P_C("one"), P_NULL), ERR_CONFLICT);
	assert_true(detail_has(op, "strict_add: 23505 ") && detail_has(op, "strict_pkey"));
	assert_int_equal(strict(op, P_I64(0), P_C("one"), P_NULL), ERR_INVALID_VALUE);
	assert_true(detail_has(op, "23514") && detail_has(op, "strict_id_check"));
	assert_int_equal(strict(op, P_I64(2), P_NULL, P_NULL), ERR_INVALID_VALUE);
	assert_true(detail_has(op, "23502"));
	assert_int_equal(strict(op, P_I64(2), P_C("two"), P_I64(9)), ERR_INVALID_VALUE);
	assert_true(detail_has(op, "23503"));
	assert_int_equal(strict(op, P_I64(INT64_MAX), P_C("two"), P_NULL), ERR_INVALID_VALUE);
	assert_true(detail_has(op, "22003") && !detail_has(op, "9223"));
}

static void test_no_input_gets_into_the_log(void **state)
{
	struct op *op = &((struct fixture *)*state)->op;

	assert_int_equal(strict(op, P_C("hush-hush"), P_C("w"), P_NULL), ERR_INVALID_VALUE);
	assert_true(detail_has(op, "22P02") && !detail_has(op, "hush"));
	assert_int_equal(strict(op, P_C("7: \"x\" 12345"), P_C("w"), P_NULL), ERR_INVALID_VALUE);
	assert_false(detail_has(op, "12345"));
	assert_int_equal(strict(op, P_I64(3), P_STR(STR("\xc3\x28 broken")), P_NULL), ERR_INVALID_VALUE);
	assert_true(detail_has(op, "22021") && !detail_has(op, "c3"));
	/* libpq would send the text up to the NUL. */
	assert_int_equal(strict(op, P_I64(3), P_STR(STR("half\0hush")), P_NULL), ERR_INVALID_VALUE);
	assert_false(detail_has(op, "hush"));
	assert_int_equal(strict(op, P_I64(3), P_C("three"), P_NULL), 0);
}

static int create(void **state)
{
	(void)state;
	return dbtest_create("values", schema);
}

static int drop(void **state)
{
	(void)state;
	return dbtest_drop();
}

#define BOTH(f)                                                                                          \
	cmocka_unit_test_setup_teardown(f, open_lanes, close_all), cmocka_unit_test_setup_teardown(f, open_pool, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_texts_and_bytes),
		BOTH(test_numbers_truth_dates_json_and_arrays),
		BOTH(test_no_rows_and_many_rows),
		BOTH(test_errors_by_kind),
		BOTH(test_no_input_gets_into_the_log),
	};

	return cmocka_run_group_tests_name("values", tests, create, drop);
}
