/* audit_syslog.h: RFC 5424 to the letter. */
#include "common/model/audit_syslog.h"

#include "tests/unit/unit.h"

static struct str written(struct arena *a, struct str host, const struct audit_line *line)
{
	struct buf b = buf_new(a, 65536);

	audit_syslog_write(&b, host, line);
	assert_true(buf_ok(&b));
	return buf_str(&b);
}

static void test_plain(void **state)
{
	const struct audit_line line = {
		.at = STR("2026-11-24T03:15:00.123456Z"), .chain = 10, .seq = 7, .actor = STR("account:x"), .action = STR("grant.add"),
		.account_id = STR_NULL, .object = STR("P02:MC@40"), .request_id = STR("r1"), .data = STR("{}"), .hash = STR("ab"),
	};

	assert_str_equal(written(*state, STR("sso.nghean.gov.vn"), &line),
	                 "<110>1 2026-11-24T03:15:00.123456Z sso.nghean.gov.vn sen - grant.add [sen@32473 chain=\"10\" seq=\"7\""
	                 " actor=\"account:x\" action=\"grant.add\" object=\"P02:MC@40\" request=\"r1\" data=\"{}\" hash=\"ab\"]");
}

/* Nobody writes a second message, or a parameter of his own, by what he calls himself. */
static void test_escaped(void **state)
{
	const struct audit_line line = {
		.at = STR("2026-11-24T03:15:00Z"), .actor = STR("a\"] [x@1 y=\"\\"), .action = STR("a b\n\x7f"), .object = STR("Nghệ An\r\n<110>1"),
		.request_id = STR(""), .data = STR("{\"k\":[1]}"), .hash = STR(""),
	};

	assert_str_equal(written(*state, STR(""), &line),
	                 "<110>1 2026-11-24T03:15:00Z - sen - a_b__ [sen@32473 chain=\"0\" seq=\"0\" actor=\"a\\\"\\] [x@1 y=\\\"\\\\\""
	                 " action=\"a b  \" object=\"Nghệ An  <110>1\" request=\"\" data=\"{\\\"k\\\":[1\\]}\" hash=\"\"]");
}

static void test_limits(void **state)
{
	char name[300] = "";
	struct audit_line line = { .at = STR("t"), .action = str_n(name, sizeof(name)) };

	memset(name, 'x', sizeof(name));
	struct str text = written(*state, str_n(name, sizeof(name)), &line);
	struct str rest = text, part;
	size_t lens[6];

	for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
		assert_true(str_split(&rest, ' ', &part));
		lens[i] = part.len;
	}
	assert_int_equal(lens[2], 255);
	assert_int_equal(lens[5], 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_plain),
		UNIT_TEST(test_escaped),
		UNIT_TEST(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
