/* person_search.h: diacritics, both tone styles, and never beyond the scope. */
#include "common/model/person_search.h"

#include "common/base/text.h"
#include "server/governance/scoping.h"
#include "tests/db/governance/govdb.h"

#include <stdio.h>

static int create(_unused_ void **state)
{
	return gov_create("person_search");
}

static size_t search(const char *login, const char *words, const char *expected_code)
{
	struct person_page page;
	struct principal p;
	struct op op;
	size_t n;

	gov_begin(&op, gov_server);
	p = gov_principal(&op, login);
	assert_int_equal(person_search(&op, p.account_id, str_c(words), STR_NULL, &page), 0);
	n = page.n;
	if (expected_code) {
		assert_int_equal(n, 1);
		assert_str_equal(page.hits[0].employee_code, expected_code);
	}
	gov_end(&op);
	return n;
}

static void test_folding(_unused_ void **state)
{
	/* As typed without diacritics, in NFC, in NFD, in capitals, and in part. */
	search("annv", "dang thi phuong", "VP");
	search("annv", "Đặng Thị Phượng", "VP");
	search("annv", "Đa\xCC\xA3\xCC\x86ng Thi\xCC\xA3 Phu\xCC\x9Bo\xCC\x9B\xCC\xA3ng", "VP");
	search("annv", "ĐẶNG THỊ", "VP");
	search("annv", "phuong", "VP");
	/* Both tone styles. */
	search("annv", "Thuỷ", "OTHER");
	search("annv", "thủy", "OTHER");
	search("annv", "thuy", "OTHER");
	/* Code and user name. */
	search("annv", "OTHER", "OTHER");
	search("annv", "annv", "AD");
	/* Nothing is a pattern. */
	assert_int_equal(search("annv", "%", NULL), 0);
	assert_int_equal(search("annv", "d_ng", NULL), 0);
	assert_int_equal(search("annv", "\\", NULL), 0);
}

static void test_scope(_unused_ void **state)
{
	static const struct str rights[] = { STR("read") };
	static const struct str other_rights[] = { STR("grant") };
	struct scoping_request request = { .unit = STR("16681"), .rights = rights, .n_rights = 1 };
	struct principal admin;
	struct scope scope;
	struct op op;
	bool added;

	gov_begin(&op, gov_server);
	admin = gov_principal(&op, "annv");
	request.login = gov_login(&op, "WA");
	assert_int_equal(scoping_add(&op, &admin, &request, &scope, &added), 0);
	request = (struct scoping_request){ .login = gov_login(&op, "OTHER"), .unit = STR("40"), .rights = other_rights, .n_rights = 1 };
	assert_int_equal(scoping_add(&op, &admin, &request, &scope, &added), 0);
	gov_end(&op);
	search("binhlt", "phuong", "VP");
	assert_int_equal(search("binhlt", "thuy", NULL), 0);
	assert_int_equal(search("binhlt", "OTHER", NULL), 0);
	assert_int_equal(search("binhlt", "annv", NULL), 0);
	/* A scope without the right to read finds nobody. */
	assert_int_equal(search("thuytt", "phuong", NULL), 0);
}

static void test_pages(_unused_ void **state)
{
	char csv[16384];
	size_t len = (size_t)snprintf(csv, sizeof(csv), "employee_code,full_name,kind,unit_code,title,post_kind,valid_from,decision_no\n");
	struct str after = STR_NULL;
	struct person_page page;
	struct principal p;
	size_t total = 0;
	struct op op;

	for (int i = 0; i < 120; i++)
		len += (size_t)snprintf(csv + len, sizeof(csv) - len, "PAGE%d,Hồ Văn Trang,vien_chuc,16690,CV %d,main,2025-07-01,1/QĐ\n", i, i);
	gov_import("persons", csv, NULL);
	gov_begin(&op, gov_server);
	p = gov_principal(&op, "annv");
	for (int pages = 0; pages < 3; pages++) {
		assert_int_equal(person_search(&op, p.account_id, STR("ho van trang"), after, &page), 0);
		assert_int_equal(page.has_more, pages < 2);
		assert_int_equal(page.n, pages < 2 ? PERSON_PAGE_MAX : 20);
		total += page.n;
		after = page.hits[page.n - 1].id;
	}
	assert_int_equal(total, 120);
	gov_end(&op);
}

/* From posts or from names: the same, in one order, page by page, however few rows a page has. */
static void test_both_ways_find_the_same(_unused_ void **state)
{
	static const char *const words[] = { "ho", "ho van trang", "trang", "an", "van", "PAGE7", "thuy", "xyz" };
	char sql[900];

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		for (int ways = 0; ways < 2; ways++) {
			/* Pages of seven, each going on behind the last of the one before, against one page of a thousand. */
			(void)snprintf(sql, sizeof(sql), "WITH RECURSIVE a AS (SELECT id FROM sen.account WHERE login = 'annv'), every AS MATERIALIZED (SELECT array_agg(f.id ORDER BY f.rank, f.name_fold COLLATE \"C\", f.id) AS ids"
			               " FROM a, sen.persons_found(a.id, '%%%s%%', '%s', '%s', NULL, 1000, %d) f), page AS (SELECT NULL::uuid AS after, ARRAY[]::uuid[] AS ids, 0 AS n"
			               " UNION ALL SELECT x.ids[cardinality(x.ids)], p.ids || x.ids, p.n + 1 FROM page p CROSS JOIN LATERAL (SELECT array_agg(f.id ORDER BY f.rank, f.name_fold COLLATE \"C\", f.id) AS ids"
			               " FROM a, sen.persons_found(a.id, '%%%s%%', '%s', '%s', p.after, 7, %d) f) x WHERE x.ids IS NOT NULL)"
			               " SELECT count(*) FROM every WHERE coalesce(every.ids, '{}') = (SELECT ids FROM page ORDER BY n DESC LIMIT 1)",
			               words[i], words[i], words[i], ways ? 0 : 15000, words[i], words[i], words[i], ways ? 15000 : 0);
			assert_int_equal(side_i64(sql), 1);
		}
	}
}

/* However many names come before it in their order. */
static void test_names_before_it_are_not_read(_unused_ void **state)
{
	static const char *const words[] = { "bach binh", "vuong binh" };
	int64_t blocks[ARRAY_LEN(words)];
	char sql[100];

	side("INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold) SELECT gen_random_uuid(), 'EARLY' || i, 'vien_chuc',"
	     " CASE WHEN i <= 100 THEN 'Vương' ELSE 'Bạch' END, '', 'Bình', CASE WHEN i <= 100 THEN 'Vương Bình' ELSE 'Bạch Bình' END,"
	     " CASE WHEN i <= 100 THEN 'vuong binh' ELSE 'bach binh' END FROM generate_series(1, 30000) i");
	side("INSERT INTO sen.post (person_id, id, unit_id, title, kind, valid, decision_no) SELECT p.id, gen_random_uuid(), u.id, 'CV', 'main', '[2025-07-01,)', '1/QĐ'"
	     " FROM sen.person p, sen.unit u WHERE u.code = '16690' AND p.employee_code ~ '^EARLY'");
	side("VACUUM ANALYZE sen.person, sen.post");
	side("CREATE FUNCTION public.blocks_for(word text) RETURNS bigint LANGUAGE plpgsql AS $$ DECLARE j json; BEGIN"
	     " EXECUTE format('EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT count(*) FROM sen.account a,"
	     " sen.persons_found(a.id, %L, %L, %L, NULL, 51, 0) WHERE a.login = ''annv''', '%' || word || '%', word, word) INTO j;"
	     " RETURN (j->0->'Plan'->>'Shared Hit Blocks')::bigint + (j->0->'Plan'->>'Shared Read Blocks')::bigint; END $$");
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		(void)snprintf(sql, sizeof(sql), "SELECT public.blocks_for('%s')", words[i]);
		(void)side_i64(sql); /* what is read once in a session */
		blocks[i] = side_i64(sql);
	}
	assert_in_range(blocks[1], 1, blocks[0] + 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_folding),
		cmocka_unit_test(test_scope),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_both_ways_find_the_same),
		cmocka_unit_test(test_names_before_it_are_not_read),
	};

	return cmocka_run_group_tests(tests, create, gov_drop);
}
