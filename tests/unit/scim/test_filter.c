#include "tests/unit/scim/scim_test.h"

#include "common/base/buf.h"

#define BARBARA                                                                                                       \
	"{'userName':'bjensen','externalId':'X1','active':true,'name':{'familyName':'Đặng','givenName':'Thị Ánh'},"     \
	"'emails':[{'value':'Work@Example.org','type':'work','primary':true},{'value':'home@example.org','type':'home'}]," \
	"'meta':{'lastModified':'2026-05-13T04:42:34Z'},'" SCIM_URN_ENTERPRISE "':{'department':'16681','employeeNumber':'NA.001'}}"

static const struct {
	const char *filter;
	bool holds;
} of_barbara[] = {
	{ "userName eq 'bjensen'", true }, { "userName Eq 'BJENSEN'", true }, { "USERNAME eq 'bjensen'", true }, { "userName eq 'bjense'", false },
	{ "externalId eq 'X1'", true }, { "externalId eq 'x1'", false }, { "name.familyName co 'ặng'", true }, { "name.familyName eq 'ĐẶNG'", true },
	{ "userName sw 'bj'", true }, { "userName ew 'sen'", true }, { "userName sw 'J'", false }, { "urn:ietf:params:scim:schemas:core:2.0:User:userName sw 'B'", true },
	{ "title pr", false }, { "name pr", true }, { "name.familyName pr", true }, { "userName eq null", false }, { "title eq null", true }, { "userName ne null", true },
	{ "active eq true", true }, { "active eq 'False'", false }, { "active ne false", true }, { "title ne 'x'", true },
	{ "emails co 'example'", true }, { "emails.value eq 'work@example.ORG'", true }, { "emails.type eq 'home' and emails.primary eq true", true },
	{ "emails[type eq 'home' and primary eq true]", false }, { "emails[type eq 'work' and value co '@example.org']", true },
	{ "emails[not (type eq 'work')]", true }, { "emails.type ne 'work'", false }, { "not (emails[type eq 'other'])", true },
	{ "meta.lastModified gt '2026-05-13T04:42:33Z'", true }, { "meta.lastModified ge '2026-05-13T11:42:34+07:00'", true },
	{ "meta.lastModified lt '2026-05-13T04:42:34.5Z'", true }, { "meta.lastModified eq '2026-05-13T04:42:34.000'", true },
	{ SCIM_URN_ENTERPRISE ":department eq '16681'", true }, { "urn:IETF:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq 'na.001'", false },
	/* and before or; brackets before both */
	{ "title pr and title pr or userName pr", true }, { "userName pr or title pr and title pr", true }, { "(userName pr or title pr) and title pr", false },
	{ "not (title pr) and userName pr", true }, { "not(title pr)", true }, { "userName gt 'bjenseM'", true }, { "userName le 'bjensen'", true },
};

static const char *const bad[] = {
	"", " ", "userName", "userName eq", "userName eq bjensen", "userName eq 'a", "userName eq 'a' and", "userName eq 'a' or or title pr", "userName xx 'a'",
	"nothing eq 'a'", "name.nothing eq 'a'", "urn:unknown:User:userName eq 'a'", "(userName eq 'a'", "userName eq 'a')", "not userName pr", "userName eq 'a' title pr",
	"emails[type eq 'work'", "emails[type eq 'work'] eq 'x'", "emails[nothing eq 'a']", "emails[emails[type eq 'a']]", "userName[value eq 'a']", "emails[]",
	"active gt true", "active eq 1", "active eq 'maybe'", "active co 'tru'", "userName eq 1", "userName eq true", "name eq 'x'", "meta.lastModified gt 'yesterday'",
	"meta.lastModified eq '2026-13-01T00:00:00Z'", "meta.lastModified co '2026'", "userName eq {}", "userName eq ['a']", "userName eq 'a\\u0000b'", "userName pr 'a'",
	"userName gt null", "' or 1=1 --", "userName eq 'a'; DROP TABLE x", "urn:ietf:params:scim:schemas:core:2.0:User pr", "x509Certificates.value sw 'a'",
	SCIM_URN_ENTERPRISE " pr", "userName\teq 'a'",
};

static void test_holds(void **state)
{
	_json_ json_t *barbara = json_of(*state, BARBARA);
	struct op op;

	op_init(&op, *state, NULL, NULL);
	for (size_t i = 0; i < ARRAY_LEN(of_barbara); i++) {
		const struct scim_filter *f = NULL;
		int r = scim_filter_read(&op, &scim_user, quoted(*state, of_barbara[i].filter), &f);

		if (r < 0 || scim_filter_holds(*state, f, barbara) != of_barbara[i].holds)
			fail_msg("%s: %s", of_barbara[i].filter, r < 0 ? op.error.text : "wrong");
	}
}

static void test_refused(void **state)
{
	struct op op;

	op_init(&op, *state, NULL, NULL);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const struct scim_filter *f;

		if (scim_filter_read(&op, &scim_user, quoted(*state, bad[i]), &f) == 0)
			fail_msg("accepted: %s", bad[i]);
		assert_string_equal(fault_of(&op), "invalidFilter");
	}
}

static bool reads(struct op *op, const struct buf *b)
{
	const struct scim_filter *f;
	bool good = scim_filter_read(op, &scim_user, buf_str(b), &f) == 0;

	op_forgive(op);
	return good;
}

static void brackets(struct op *op, struct buf *b, size_t n)
{
	*b = buf_new(op->arena, 100000);
	for (size_t i = 0; i < n; i++)
		buf_add_c(b, "(");
	buf_add_c(b, "title pr");
	for (size_t i = 0; i < n; i++)
		buf_add_c(b, ")");
}

static void test_bounds(void **state)
{
	struct op op;
	struct buf b;

	op_init(&op, *state, NULL, NULL);
	brackets(&op, &b, SCIM_FILTER_MAX_DEPTH);
	assert_true(reads(&op, &b));
	brackets(&op, &b, SCIM_FILTER_MAX_DEPTH + 1);
	assert_false(reads(&op, &b));
	b = buf_new(*state, 100000);
	buf_add_c(&b, "userName eq \"");
	while (b.len < SCIM_FILTER_MAX_CHARS - 1)
		buf_add_char(&b, 'a');
	buf_add_c(&b, "\"");
	assert_true(reads(&op, &b));
	buf_add_c(&b, " ");
	assert_false(reads(&op, &b));
	b = buf_new(*state, 100000);
	buf_add_c(&b, "title pr");
	for (size_t i = 1; i < SCIM_FILTER_MAX_TERMS; i++)
		buf_add_c(&b, " or title pr");
	assert_true(reads(&op, &b));
	buf_add_c(&b, " or title pr");
	assert_false(reads(&op, &b));
}

static void test_path(void **state)
{
	static const struct {
		const char *path, *fault, *attr, *sub;
		bool filter;
	} cases[] = {
		{ "userName", "", "userName", NULL, false }, { "name.GIVENNAME", "", "name", "givenName", false },
		{ "emails[type eq 'work'].value", "", "emails", "value", true }, { "members", "invalidPath", NULL, NULL, false },
		{ SCIM_URN_ENTERPRISE ":department", "", "department", NULL, false }, { SCIM_URN_ENTERPRISE, "", NULL, NULL, false },
		{ "emails[type eq 'work'", "invalidFilter", NULL, NULL, false }, { "emails[type eq 'work'].nothing", "invalidPath", NULL, NULL, false },
		{ "emails[type eq 'work']x", "invalidPath", NULL, NULL, false }, { "name[familyName eq 'x']", "invalidPath", NULL, NULL, false }, { "", "invalidPath", NULL, NULL, false },
		{ "emails[type xx 'work']", "invalidFilter", NULL, NULL, false }, { "userName ", "invalidPath", NULL, NULL, false }, { ".", "invalidPath", NULL, NULL, false },
	};
	struct op op;

	op_init(&op, *state, NULL, NULL);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct scim_path path;
		int r = scim_path_read(&op, &scim_user, quoted(*state, cases[i].path), &path);

		if (strcmp(fault_of(&op), cases[i].fault) != 0)
			fail_msg("%s", cases[i].path);
		if (r < 0)
			continue;
		assert_string_equal(path.ref.attr ? path.ref.attr->name : "-", cases[i].attr ? cases[i].attr : "-");
		assert_string_equal(path.ref.sub ? path.ref.sub->name : "-", cases[i].sub ? cases[i].sub : "-");
		assert_int_equal(path.filter != NULL, cases[i].filter);
	}
}

/* What is written down of a filter says what was asked, and of nobody. */
static void test_shape(void **state)
{
	static const struct {
		const char *filter, *shape;
	} cases[] = {
		{ "userName eq 'bjensen'", "userName eq ?" },
		{ "(userName sw 'b' or name.familyName co 'Đặng \\'(1) eq') and active eq true", "(userName sw ? or name.familyName co ?) and active eq true" },
		{ "emails[type eq 'work' and value co '@example.org']", "emails[type eq ? and value co ?]" },
		{ SCIM_URN_ENTERPRISE ":employeeNumber eq '040'", SCIM_URN_ENTERPRISE ":employeeNumber eq ?" },
		{ "x eq 079083012345", "x eq ?" }, { "x eq -1.5e3)", "x eq ?)" }, { "title pr", "title pr" }, { "", "" },
		/* Of a text that is no filter neither. */
		{ "userName eq 'never closed", "userName eq ?" }, { "userName eq 'a\\", "userName eq ?" }, { "'a''b'", "??" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_str_equal(scim_filter_shape(*state, quoted(*state, cases[i].filter)), cases[i].shape);
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT_TEST(test_holds), UNIT_TEST(test_refused), UNIT_TEST(test_bounds), UNIT_TEST(test_path), UNIT_TEST(test_shape) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
