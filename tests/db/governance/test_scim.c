/*
 * What the database makes of a filter is what the filter says: pages of generated filters against evaluate.c on the same resources;
 * the same for sorting and for pages by cursor.
 */
#include "server/governance/account_kind.h"
#include "server/governance/scoping.h"
#include "server/scim/feed_admin.h"
#include "server/scim/search.h"
#include "tests/db/governance/govdb.h"

#include <stdio.h>

#define USERS 12
#define FILTERS 1200

static struct scim_feed feed;
static json_t *resources; /* as GET shows them */
static struct arena *kept;

static json_t *body_of(struct arena *a, unsigned i)
{
	static const char *const names[] = { "Ánh", "anh", "ĐỨC", "đức", "An'h", "x\\\"y" };
	struct str nick = i % 3 ? arena_printf(a, ",\"nickName\":\"%s %u\"", names[i % 6], i % 4) : STR("");
	struct str mails = i % 4 == 0 ? STR("") :
		arena_printf(a, ",\"emails\":[{\"value\":\"U%u@X.vn\",\"type\":\"work\",\"primary\":true}%s]", i % 5, i % 2 ? ",{\"value\":\"h@y.vn\",\"type\":\"home\"}" : "");
	struct str post = i % 5 == 4 ? STR(",{\"unit\":\"16681\",\"title\":\"Uỷ viên\",\"kind\":\"concurrent\",\"validFrom\":\"2026-01-01\",\"decisionNumber\":\"9/QĐ\"}") : STR("");
	struct str text = arena_printf(a,
		"{\"schemas\":[\"" SCIM_URN_USER "\"],\"userName\":\"User%02u\",\"userType\":\"%s\",\"name\":{\"familyName\":\"Đặng\",\"givenName\":\"%s\"}%.*s%.*s%s,"
		"\"" SCIM_URN_ENTERPRISE "\":{\"employeeNumber\":\"E.%02u\"%s},\"" SCIM_URN_OFFICIAL "\":{%s\"posts\":[{\"unit\":\"%s\",\"title\":\"Chuyên viên\","
		"\"kind\":\"main\",\"validFrom\":\"2025-07-0%u\",\"decisionNumber\":\"%u/QĐ\"}%.*s]}}",
		i, i % 2 ? "cong_chuc" : "vien_chuc", names[i % 6], STR_ARG(nick), STR_ARG(mails), i % 2 ? ",\"externalId\":\"Ext\"" : "", i,
		i % 3 == 1 ? ",\"department\":\"Phòng A\",\"manager\":{\"value\":\"m1\"}" : "", i % 2 ? "\"birthDate\":\"1990-01-02\"," : "", i % 2 ? "16681.VP" : "16681", 1 + i % 5, i % 3,
		STR_ARG(post));
	json_t *body = json_read(text, 16, NULL);

	assert_non_null(body);
	/* Unique in a feed: one only. */
	if (i != 1)
		json_object_del(body, "externalId");
	return body;
}

static void add_users(struct op *op)
{
	struct scim_call call = { .op = op, .feed = &feed };

	resources = json_new_array();
	for (unsigned i = 0; i < USERS; i++) {
		_json_ json_t *body = body_of(op->arena, i);
		struct scim_answer made = { .status = 0 };

		if (scim_users.create(&call, body, &made) < 0)
			fail_msg("user %u: %s %.*s", i, op->error.text, STR_ARG(op->error.detail));
		json_array_append_new(resources, made.body);
	}
}

static int create(_unused_ void **state)
{
	static const struct str rights[] = { STR("read"), STR("personnel"), STR("import") }, authority[] = { STR("names"), STR("personal"), STR("posts"), STR("active") };
	const struct account_new account = { .kind = STR("service"), .employee_code = STR("OTHER"), .login = STR("f.hr"), .reason = STR("Nguồn") };
	const struct scoping_request request = { .login = STR("f.hr"), .unit = STR("16681"), .rights = rights, .n_rights = 3 };
	const struct feed_fields fields = { .code = STR("hr"), .login = STR("f.hr"), .name = STR("HR"), .unit = STR("16681"), .basis = STR("1/QĐ"),
		                            .authority = authority, .n_authority = 4, .rate_per_s = 10000, .token_days = 1 };
	struct principal p;
	struct scope scope;
	struct str login, token;
	struct op op;
	bool added;

	assert_int_equal(gov_create("scim"), 0);
	kept = arena_new(GOV_ARENA);
	op_init(&op, kept, gov_server, gov_keys);
	p = gov_principal(&op, "annv");
	assert_int_equal(account_kind_add(&op, &p, &account, &login), 0);
	if (scoping_add(&op, &p, &request, &scope, &added) < 0 || feed_admin_add(&op, &p, &fields, &token) < 0 || scim_feed_enter(&op, token, &feed) < 0)
		fail_msg("%s %.*s", op.error.text, STR_ARG(op.error.detail));
	feed.base = STR("https://x/scim/v2");
	add_users(&op);
	db_op_done(&op);
	return 0;
}

static int drop(void **state)
{
	json_decref(resources);
	arena_free(kept);
	return gov_drop(state);
}

static const char *const leaves[] = {
	"userName eq \"USER03\"", "userName sw \"user0\"", "userName co \"1\"", "userName ew \"5\"", "userName gt \"user05\"", "userName le \"USER05\"", "userName ne \"user01\"",
	"externalId eq \"Ext\"", "externalId eq \"ext\"", "externalId pr", "active eq true", "active ne true", "nickName pr", "nickName eq \"đức 3\"", "nickName co \"ứ\"",
	"nickName sw \"an'h\"", "nickName co \"\\\\\"", "nickName ne \"anh 1\"", "nickName gt \"b\"", "nickName eq null", "nickName co \"%\"", "name.givenName eq \"ÁNH\"",
	"name.givenName co \"nh\"", "name.familyName eq \"ĐẶNG\"", "name.middleName pr", "name.formatted ew \"đức\"", "name pr", "userType eq \"cong_chuc\"", "emails pr",
	"emails.value eq \"u1@x.VN\"", "emails.value co \"@y\"", "emails.type ne \"home\"", "emails.primary eq true", "emails co \"x\"", "emails[type eq \"home\"]",
	"emails[type eq \"work\" and value eq \"U2@x.vn\"]", "emails[type eq \"work\" and value sw \"u\"]", "emails[not (type eq \"work\")]", "emails[type eq \"home\" or primary eq true]",
	"emails[type eq \"work\" and type eq \"home\"]", "emails.display pr", "phoneNumbers pr", SCIM_URN_ENTERPRISE ":employeeNumber eq \"E.03\"", SCIM_URN_ENTERPRISE ":employeeNumber eq \"e.03\"",
	SCIM_URN_ENTERPRISE ":department eq \"PHÒNG a\"", SCIM_URN_ENTERPRISE ":department pr", SCIM_URN_ENTERPRISE ":manager.value eq \"M1\"", SCIM_URN_ENTERPRISE ":manager pr",
	SCIM_URN_OFFICIAL ":birthDate lt \"2000-01-01\"", SCIM_URN_OFFICIAL ":sex pr", SCIM_URN_OFFICIAL ":state eq \"working\"", SCIM_URN_OFFICIAL ":posts pr",
	SCIM_URN_OFFICIAL ":posts.unit eq \"16681.VP\"", SCIM_URN_OFFICIAL ":posts[kind eq \"concurrent\" and title co \"viên\"]", SCIM_URN_OFFICIAL ":posts[kind eq \"main\" and unit eq \"16681\"]",
	SCIM_URN_OFFICIAL ":posts.decisionNumber ne \"1/QĐ\"", SCIM_URN_OFFICIAL ":posts[validFrom ge \"2025-07-03\" and validFrom lt \"2025-12-31\"]", SCIM_URN_OFFICIAL ":posts.validTo pr",
	SCIM_URN_OFFICIAL ":posts[not (kind eq \"main\")]", "groups pr", "groups.display eq \"x\"", "meta.created gt \"2020-01-01T00:00:00Z\"", "meta.lastModified lt \"2020-01-01T00:00:00+07:00\"",
	"meta.resourceType eq \"User\"", "id pr", "id eq \"11111111-1111-4111-8111-111111111111\"", "id eq \"no id\"",
};

static unsigned seed = 1;

static unsigned below(unsigned n)
{
	seed = seed * 1103515245U + 12345U;
	return (seed >> 16) % n;
}

static struct str generate(struct arena *a, unsigned depth)
{
	struct str left, right;

	if (depth == 0 || below(4) == 0)
		return str_c(leaves[below(ARRAY_LEN(leaves))]);
	left = generate(a, depth - 1);
	if (below(4) == 0)
		return arena_printf(a, "not (%.*s)", STR_ARG(left));
	right = generate(a, depth - 1);
	return arena_printf(a, "(%.*s) %s %.*s", STR_ARG(left), below(2) ? "and" : "or", STR_ARG(right));
}

static void compare(struct op *op, struct str text)
{
	const struct scim_service *const services[] = { &scim_users };
	const struct scim_query query = { .filter = text, .start = 1, .count = SCIM_PAGE_MAX };
	struct scim_call call = { .op = op, .feed = &feed };
	const struct scim_filter *filter;
	_json_ json_t *page = NULL;
	const json_t *found;
	size_t k = 0;

	if (scim_filter_read(op, &scim_user, text, &filter) < 0 || scim_list(&call, services, 1, &query, &page) < 0)
		fail_msg("%.*s: %s %.*s", STR_ARG(text), op->error.text, STR_ARG(op->error.detail));
	found = json_object_get(page, "Resources");
	for (size_t i = 0; i < json_array_size(resources); i++) {
		const json_t *one = json_array_get(resources, i);
		bool is_there = k < json_array_size(found) && str_equal(json_get_str(json_array_get(found, k), "id"), json_get_str(one, "id"));

		if (is_there != scim_filter_holds(op->arena, filter, one))
			fail_msg("%.*s: %s %.*s", STR_ARG(text), is_there ? "found" : "not found", STR_ARG(json_write(op->arena, one, false)));
		k += is_there;
	}
	assert_int_equal(k, json_array_size(found));
	assert_int_equal(k, json_get_int(page, "totalResults", -1));
}

static void test_filters(_unused_ void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(leaves) + FILTERS; i++) {
		struct op op;

		gov_begin(&op, gov_server);
		compare(&op, i < ARRAY_LEN(leaves) ? str_c(leaves[i]) : generate(op.arena, 3));
		gov_end(&op);
	}
}

/* A post in a unit that is not the feed's is neither shown nor found, and stays where it is. */
static void test_posts_beyond(_unused_ void **state)
{
	const json_t *first = json_array_get(resources, 0);
	struct str id = json_get_str(first, "id");
	struct op op;
	char sql[400];

	gov_begin(&op, gov_server);
	(void)snprintf(sql, sizeof(sql), "INSERT INTO sen.post (person_id, id, unit_id, title, kind, valid, decision_no) SELECT '%.*s', gen_random_uuid(), id,"
	               " 'Đại biểu', 'concurrent', daterange('2026-01-01', NULL), '7' FROM sen.unit WHERE code = '16690'", STR_ARG(id));
	side(sql);
	compare(&op, STR(SCIM_URN_OFFICIAL ":posts.title eq \"Đại biểu\""));
	struct scim_call call = { .op = &op, .feed = &feed };
	struct scim_answer now = { .status = 0 };
	_json_ json_t *body = body_of(op.arena, 0);

	json_object_del(json_array_get(json_object_get(json_object_get(body, SCIM_URN_OFFICIAL), "posts"), 0), "rank");
	json_set_str(json_array_get(json_object_get(json_object_get(body, SCIM_URN_OFFICIAL), "posts"), 0), "decisionNumber", STR("77/QĐ"));
	assert_int_equal(scim_users.replace(&call, id, body, &now), 0);
	assert_int_equal(json_array_size(json_object_get(json_object_get(now.body, SCIM_URN_OFFICIAL), "posts")), 1);
	json_decref(now.body);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.post WHERE title = 'Đại biểu' AND upper_inf(valid)"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.post WHERE decision_no = '77/QĐ'"), 1);
	gov_end(&op);
}

/* By cursor, page by page: the same as at once, for every sort and direction. */
static void test_cursors(_unused_ void **state)
{
	static const char *const sorts[] = { NULL, "userName", "nickName", "name.givenName", "meta.created", "active", SCIM_URN_ENTERPRISE ":department", SCIM_URN_OFFICIAL ":birthDate" };
	const struct scim_service *const services[] = { &scim_users };

	for (size_t i = 0; i < 2 * ARRAY_LEN(sorts); i++) {
		struct scim_query query = { .sort_by = str_c(sorts[i / 2]), .descending = i % 2, .start = 1, .count = SCIM_PAGE_MAX };
		_json_ json_t *whole = NULL;
		const json_t *all;
		struct op op;
		size_t k = 0;

		gov_begin(&op, gov_server);
		struct scim_call call = { .op = &op, .feed = &feed };

		assert_int_equal(scim_list(&call, services, 1, &query, &whole), 0);
		all = json_object_get(whole, "Resources");
		assert_int_equal(json_array_size(all), USERS);
		query.by_cursor = true;
		query.cursor = STR("");
		query.count = 5;
		while (!str_is_null(query.cursor)) {
			_json_ json_t *page = NULL;
			const json_t *part;

			assert_int_equal(scim_list(&call, services, 1, &query, &page), 0);
			part = json_object_get(page, "Resources");
			for (size_t n = 0; n < json_array_size(part); n++, k++)
				assert_true(json_equal(json_array_get(part, n), json_array_get(all, k)));
			query.cursor = arena_dup(op.arena, json_get_str(page, "nextCursor"));
		}
		assert_int_equal(k, USERS);
		gov_end(&op);
	}
}

static int fault(struct op *op, const char *wanted)
{
	int same = op->error.n_args == 1 && str_equal(op->error.args[0].value, str_c(wanted));

	op_forgive(op);
	return same;
}

/* Ten minutes, for the source that it was given to, and for this query. */
static void test_cursor_is_bound(_unused_ void **state)
{
	const struct scim_service *const services[] = { &scim_users };
	struct scim_query query = { .start = 1, .count = 5, .by_cursor = true, .cursor = STR("") }, other;
	struct scim_feed stranger = feed;
	_json_ json_t *page = NULL;
	json_t *none = NULL;
	struct op op;

	gov_begin(&op, gov_server);
	struct scim_call call = { .op = &op, .feed = &feed };

	stranger.id = STR("00000000-0000-4000-8000-00000000dead");
	assert_int_equal(scim_list(&call, services, 1, &query, &page), 0);
	query.cursor = arena_dup(op.arena, json_get_str(page, "nextCursor"));
	call.feed = &stranger;
	assert_true(scim_list(&call, services, 1, &query, &none) < 0 && fault(&op, "invalidCursor"));
	call.feed = &feed;
	other = query;
	other.filter = STR("title pr");
	assert_true(scim_list(&call, services, 1, &other, &none) < 0 && fault(&op, "invalidCursor"));
	call.selection.attributes = STR("userName");
	assert_true(scim_list(&call, services, 1, &query, &none) < 0 && fault(&op, "invalidCursor"));
	call.selection.attributes = STR_NULL;
	op.now_s += SCIM_CURSOR_S + 1;
	assert_true(scim_list(&call, services, 1, &query, &none) < 0 && fault(&op, "expiredCursor"));
	op.now_s -= 2;
	assert_int_equal(scim_list(&call, services, 1, &query, &none), 0);
	json_decref(none);
	gov_end(&op);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_filters), cmocka_unit_test(test_cursors), cmocka_unit_test(test_cursor_is_bound), cmocka_unit_test(test_posts_beyond) };

	return cmocka_run_group_tests(tests, create, drop);
}
