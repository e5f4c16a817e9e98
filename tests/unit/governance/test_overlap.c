/*
 * overlap.h: decisions by tags and scope, and the quality of the comparison of texts on tests/data/overlap_pairs.csv.
 *
 * Precision and recall are printed, per half and case; asserted is only that the set was read whole and that the spelling of
 * a text (NFD, no diacritics, upper case) does not change what is decided.
 */
#include "server/governance/overlap.h"

#include "common/base/buf.h"
#include "common/base/text.h"
#include "server/governance/csv_table.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define N_PAIRS 163
#define FILE_MAX_BYTES 200000
#define ARENA_FOR_ALL ((size_t)512 << 20)

enum { ID, HALF, CASE, SAME, NAME_A, DESCRIPTION_A, NAME_B, DESCRIPTION_B, N_COLUMNS };

static struct overlap_subject subject(struct str name, struct str description)
{
	return (struct overlap_subject){ .name = name, .description = description };
}

static struct overlap_verdict compare(struct arena *a, const struct overlap_subject *x, const struct overlap_subject *y)
{
	const struct overlap_words *words = overlap_words_new(a);
	struct overlap_verdict v;

	overlap_compare(a, overlap_prepare(a, words, x), overlap_prepare(a, words, y), &v);
	return v;
}

static void test_tags_and_scope(void **state)
{
	static const struct str meet[] = { STR("thu-dien-tu"), STR("danh-ba") }, other[] = { STR("ke_toan") };
	static const struct str same_spelt[] = { STR("Thư điện tử") }, everywhere[] = { STR("toan-quoc") };
	static const struct str commune[] = { STR("cap-xa") }, province[] = { STR("cap-tinh") };
	static const struct {
		const char *name_x, *name_y;
		struct str_list functions_x, functions_y, scopes_x, scopes_y;
		enum overlap_class class;
	} rows[] = {
		/* Tags alone, and by their sense, not their spelling. */
		{ "Hệ thống A", "Phần mềm B", { meet, 2 }, { same_spelt, 1 }, { commune, 1 }, { commune, 1 }, OVERLAP_BOTH },
		{ "Hệ thống A", "Phần mềm B", { meet, 2 }, { same_spelt, 1 }, { commune, 1 }, { province, 1 }, OVERLAP_INFORM },
		{ "Hệ thống A", "Phần mềm B", { meet, 2 }, { same_spelt, 1 }, { commune, 1 }, { everywhere, 1 }, OVERLAP_BOTH },
		/* A scope that is not said is no way round. */
		{ "Hệ thống A", "Phần mềm B", { meet, 2 }, { same_spelt, 1 }, { NULL, 0 }, { province, 1 }, OVERLAP_BOTH },
		{ "Hệ thống A", "Phần mềm B", { meet, 2 }, { other, 1 }, { NULL, 0 }, { NULL, 0 }, OVERLAP_NONE },
		/* Other tags are no way round either when the texts say the same. */
		{ "Hệ thống thư điện tử công vụ", "Hệ thống thư điện tử công vụ", { meet, 2 }, { other, 1 }, { NULL, 0 }, { NULL, 0 }, OVERLAP_BOTH },
		{ "Hệ thống thư điện tử công vụ", "Hệ thống thư điện tử công vụ", { NULL, 0 }, { NULL, 0 }, { commune, 1 }, { province, 1 }, OVERLAP_INFORM },
		{ "Hệ thống thông tin", "Hệ thống thông tin", { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, OVERLAP_BOTH },
		{ "", "", { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, OVERLAP_NONE },
		{ "Kế toán xã", "Cảnh báo cháy rừng", { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, OVERLAP_NONE },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct overlap_subject x = { str_c(rows[i].name_x), STR_NULL, rows[i].functions_x, rows[i].scopes_x };
		struct overlap_subject y = { str_c(rows[i].name_y), STR_NULL, rows[i].functions_y, rows[i].scopes_y };
		struct overlap_verdict v = compare(*state, &x, &y), back = compare(*state, &y, &x);

		print_message("row %zu: %d\n", i, v.score);
		assert_int_equal(v.class, rows[i].class);
		assert_int_equal(back.class, v.class);
		assert_int_equal(back.score, v.score);
	}
}

static void test_reasons(void **state)
{
	struct overlap_subject x = subject(STR("Phần mềm QLVB xã"), STR("Luân chuyển công văn")), y = subject(STR("Quản lý văn bản và điều hành"), STR(""));
	struct overlap_verdict v = compare(*state, &x, &y);
	bool found = false;

	for (size_t i = 0; i < v.n_reasons; i++)
		found |= v.reasons[i].kind == OVERLAP_BY_CONCEPT && str_equal(v.reasons[i].what, STR("văn bản điều hành"));
	assert_true(found);
	assert_in_range(v.score, OVERLAP_SAME, 1000);
}

/* Hostile sizes and bytes: bounded work, no crash; the rest of an overlong text is not looked at. */
static void test_hostile(void **state)
{
	char *big = arena_alloc(*state, 100001);
	struct overlap_subject x, y = subject(STR("\xff\xfe"), STR("\xe1\xba"));

	memset(big, 'a', 100000);
	for (size_t i = 0; i < 100000; i += 2)
		big[i] = ' ';
	x = subject(str_n(big, 100000), str_n(big, 100000));
	assert_int_equal(compare(*state, &x, &y).class, OVERLAP_NONE);
	(void)compare(*state, &x, &x);
}

static struct str nfd(struct arena *a, struct str s)
{
	utf8proc_uint8_t *decomposed = utf8proc_NFD((const utf8proc_uint8_t *)arena_cstr(a, s));
	struct str copy = arena_dup_c(a, (const char *)decomposed);

	free(decomposed);
	return copy;
}

static struct str upper(struct arena *a, struct str s)
{
	struct buf b = buf_new(a, 4 * s.len + 4);

	for (size_t i = 0; i < s.len;) {
		utf8proc_uint8_t bytes[4];
		utf8proc_int32_t code;

		i += (size_t)utf8proc_iterate((const utf8proc_uint8_t *)s.p + i, (utf8proc_ssize_t)(s.len - i), &code);
		buf_add(&b, str_n(bytes, (size_t)utf8proc_encode_char(utf8proc_toupper(code), bytes)));
	}
	return buf_str(&b);
}

static struct str as_is(_unused_ struct arena *a, struct str s)
{
	return s;
}

static const struct import_column columns[N_COLUMNS] = {
	{ "id", CELL_TEXT, 10, true, true, false, NULL }, { "half", CELL_TEXT, 10, true, true, false, NULL },
	{ "case", CELL_TEXT, 20, true, true, false, NULL }, { "same", CELL_TEXT, 1, true, true, false, NULL },
	{ "name_a", CELL_TEXT, 300, true, true, false, NULL }, { "description_a", CELL_TEXT, 2000, true, false, false, NULL },
	{ "name_b", CELL_TEXT, 300, true, true, false, NULL }, { "description_b", CELL_TEXT, 2000, true, false, false, NULL },
};

static struct csv_table read_pairs(struct arena *a)
{
	const char *path = getenv("SEN_TEST_OVERLAP_PAIRS");
	struct import_report report = { .n_errors = 0 };
	struct csv_table table = { .columns = columns, .n_columns = N_COLUMNS };
	char *bytes = arena_alloc(a, FILE_MAX_BYTES);
	FILE *file;
	size_t n;

	if (!path)
		fail_msg("%s", "SEN_TEST_OVERLAP_PAIRS must name tests/data/overlap_pairs.csv");
	file = fopen(path, "r");
	assert_non_null(file);
	n = fread(bytes, 1, FILE_MAX_BYTES, file);
	assert_int_equal(fclose(file), 0);
	assert_in_range(n, 1, FILE_MAX_BYTES - 1);
	csv_table_read(a, str_n(bytes, n), &table, &report);
	assert_int_equal(report.n_errors, 0);
	assert_int_equal(table.n_rows, N_PAIRS);
	return table;
}

struct count {
	unsigned hit, miss, false_alarm, quiet;
};

static void count_one(struct count *c, bool same, bool said)
{
	c->hit += same && said;
	c->miss += same && !said;
	c->false_alarm += !same && said;
	c->quiet += !same && !said;
}

static void print_count(const char *what, const struct count *c)
{
	unsigned said = c->hit + c->false_alarm, same = c->hit + c->miss;

	print_message("%-28s pairs %3u  precision %.3f  recall %.3f  (hit %u, missed %u, false %u, quiet %u)\n", what,
	              c->hit + c->miss + c->false_alarm + c->quiet, said ? (double)c->hit / said : 1.0, same ? (double)c->hit / same : 1.0,
	              c->hit, c->miss, c->false_alarm, c->quiet);
}

static struct overlap_verdict compare_row(struct arena *a, const struct overlap_words *words, const struct str *cells,
                                          struct str (*spell)(struct arena *, struct str))
{
	struct overlap_subject x = subject(spell(a, cells[NAME_A]), spell(a, str_is_null(cells[DESCRIPTION_A]) ? STR("") : cells[DESCRIPTION_A]));
	struct overlap_subject y = subject(cells[NAME_B], str_is_null(cells[DESCRIPTION_B]) ? STR("") : cells[DESCRIPTION_B]);
	struct overlap_verdict v;

	overlap_compare(a, overlap_prepare(a, words, &x), overlap_prepare(a, words, &y), &v);
	return v;
}

/* Rows of the half that is for tuning are shown one by one, so that thresholds are argued from them and from no other. */
static void test_quality(_unused_ void **state)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(ARENA_FOR_ALL);
	const struct overlap_words *words = overlap_words_new(a);
	struct csv_table table = read_pairs(a);
	struct count tune = { 0 }, report = { 0 }, curve[20] = { { 0 } };

	for (size_t i = 0; i < table.n_rows; i++) {
		const struct str *cells = table.rows[i].cells;
		bool same = str_equal(cells[SAME], STR("1")), for_tuning = str_equal(cells[HALF], STR("tune"));
		struct overlap_verdict v = compare_row(a, words, cells, as_is);

		count_one(for_tuning ? &tune : &report, same, v.same_function);
		for (size_t k = 0; for_tuning && k < ARRAY_LEN(curve); k++)
			count_one(&curve[k], same, v.score >= (int)(50 * k));
		if (for_tuning && same != v.same_function)
			print_message("tune %.*s %.*s: %d, same %d\n", STR_ARG(cells[ID]), STR_ARG(cells[CASE]), v.score, same);
	}
	for (size_t k = 4; k < 16; k++)
		print_count(arena_cstr(a, arena_printf(a, "tune at %zu", 50 * k)), &curve[k]);
	print_count("tune", &tune);
	print_count("report (held out)", &report);
}

static void test_spelling_decides_nothing(_unused_ void **state)
{
	static struct str (*const spellings[])(struct arena *, struct str) = { nfd, text_fold, upper };
	_cleanup_(arena_freep) struct arena *a = arena_new(ARENA_FOR_ALL);
	const struct overlap_words *words = overlap_words_new(a);
	struct csv_table table = read_pairs(a);

	for (size_t i = 0; i < table.n_rows; i++) {
		enum overlap_class class = compare_row(a, words, table.rows[i].cells, as_is).class;

		for (size_t k = 0; k < ARRAY_LEN(spellings); k++) {
			struct overlap_verdict v = compare_row(a, words, table.rows[i].cells, spellings[k]);

			if (v.class != class)
				fail_msg("pair %zu, spelling %zu: %d became %d (score %d)", i + 1, k, class, v.class, v.score);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_tags_and_scope), UNIT_TEST(test_reasons), UNIT_TEST(test_hostile), cmocka_unit_test(test_quality),
		cmocka_unit_test(test_spelling_decides_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
