/* working_life.h: what each event leads to, in tables. */
#include "common/base/err.h"
#include "tests/unit/governance/working.h"

#include <stdio.h>

static const struct lc_account accounts[] = {
	{ { "A", 1 }, { "annv", 4 }, { "operational", 11 }, { "active", 6 } },
	{ { "Q", 1 }, { "annv.qt", 7 }, { "administrator", 13 }, { "active", 6 } },
	{ { "T", 1 }, { "kt.p02", 6 }, { "technical", 9 }, { "active", 6 } },
};
static const struct lc_post main_post = { .id = { "P1", 2 }, .kind = { "main", 4 }, .label = { "CV", 2 }, .unit_id = 1, .from = TODAY - 1000, .to = LC_OPEN };
static const struct lc_post head_post = { .id = { "P1", 2 }, .kind = { "main", 4 }, .label = { "GD", 2 }, .unit_id = 1, .rank = LC_DEPARTMENT_HEAD,
	                                  .from = TODAY - 1000, .to = LC_OPEN };
static const struct lc_grant grants[] = {
	{ .id = { "G1", 2 }, .account_id = { "A", 1 }, .post_id = { "P1", 2 }, .label = { "P02:MC", 6 }, .platform_id = PLATFORM, .role_id = 20, .to = LC_OPEN },
	{ .id = { "G2", 2 }, .account_id = { "A", 1 }, .label = { "P03:ND", 6 }, .platform_id = MAIL, .role_id = 30, .unit_in_main = true, .to = LC_OPEN },
	{ .id = { "G3", 2 }, .account_id = { "A", 1 }, .post_id = { "S", 1 }, .label = { "P02:TK", 6 }, .platform_id = PLATFORM, .role_id = 21, .to = LC_OPEN },
};

static struct lc_person at_work(void)
{
	return (struct lc_person){ .state = LC_WORKING, .base = LC_WORKING, .posts = &main_post, .n_posts = 1, .accounts = &own, .n_accounts = 1,
		                   .grants = grants, .n_grants = 3 };
}

static struct lc_event event(enum lc_event_kind kind, int64_t in_days)
{
	return (struct lc_event){ .kind = kind, .day = TODAY + in_days, .today = TODAY, .until = LC_OPEN, .post_label = STR("PP") };
}

/* "stop_add@20005 grace@20005-20186 …", to be compared whole. */
static const char *spell(const struct lc_outcome *out)
{
	static char text[4096];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < out->n; i++) {
		const struct lc_consequence *c = &out->items[i];

		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i > 0 ? " " : "", lc_act_name(c->act));
		if (!str_is_null(c->subject))
			len += (size_t)snprintf(text + len, sizeof(text) - len, ":%.*s", STR_ARG(c->subject));
		if (!str_is_null(c->account_id))
			len += (size_t)snprintf(text + len, sizeof(text) - len, "/%.*s", STR_ARG(c->account_id));
		if (!str_is_null(c->status))
			len += (size_t)snprintf(text + len, sizeof(text) - len, "=%.*s", STR_ARG(c->status));
		len += (size_t)snprintf(text + len, sizeof(text) - len, "@%s%lld", c->at_once ? "!" : "", (long long)(c->day - TODAY));
		if (c->until != LC_OPEN)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "-%lld", (long long)(c->until - TODAY));
	}
	return text;
}

static void expect(const struct lc_person *person, const struct lc_event *e, const char *expected)
{
	struct lc_outcome out;

	assert_int_equal(decide(person, e, &out), 0);
	assert_string_equal(spell(&out), expected);
}

static void test_transfer(_unused_ void **state)
{
	struct lc_person person = at_work();
	struct lc_event e = event(LC_TRANSFER, 5);

	/* The platform's window; grants of the other post stay; every one that ends is to be asked for anew. */
	expect(&person, &e, "post_end:P1@5 grant_end:G1/A@5-15 grant_reapprove:G1/A@5 grant_end:G2/A@5-5 grant_reapprove:G2/A@5 post_add@5");
	/* What is administered from the post that is left; not what rests on another, or on none. */
	static const struct lc_scope scopes[] = {
		{ { "S1", 2 }, { "Q", 1 }, { "P1", 2 }, { "40", 2 } }, { { "S2", 2 }, { "Q", 1 }, { "P2", 2 }, { "41", 2 } }, { { "S3", 2 }, { "A", 1 }, { NULL, 0 }, { "42", 2 } },
	};
	person.scopes = scopes;
	person.n_scopes = 3;
	person.n_grants = 0;
	expect(&person, &e, "post_end:P1@5 scope_end:S1/Q@5 post_add@5");
	e = event(LC_TRANSFER, -1000);
	struct lc_outcome out;
	assert_int_equal(decide(&person, &e, &out), ERR_INVALID_VALUE);
}

static void test_leaving(_unused_ void **state)
{
	struct lc_person person = at_work();
	struct lc_event e = event(LC_RESIGN, 5);

	expect(&person, &e, "post_end:P1@5 stop_add/A@5 status/A=disabled@5");
	person.accounts = accounts;
	person.n_accounts = 3;
	expect(&person, &e, "post_end:P1@5 stop_add/A@5 status/A=disabled@5 stop_add/Q@5 status/Q=disabled@5"
	       " stop_add/T@5 owner_needed/T@5 status/T=suspended@5");
	e.kind = LC_DEATH;
	e.day = TODAY;
	expect(&person, &e, "post_end:P1@!0 stop_add/A@!0 status/A=archived@!0 stop_add/Q@!0 status/Q=archived@!0"
	       " stop_add/T@!0 owner_needed/T@!0 status/T=suspended@!0");
	/* Under a legal hold nothing is archived. */
	person.legal_hold = true;
	person.n_accounts = 1;
	expect(&person, &e, "post_end:P1@!0 stop_add/A@!0 status/A=disabled@!0");
}

static void test_retirement(_unused_ void **state)
{
	struct lc_person person = at_work();
	struct lc_event e = event(LC_RETIRE, 5);
	int64_t six = lc_add_months(TODAY + 5, 6) - TODAY, twelve = lc_add_months(TODAY + 5, 12) - TODAY;
	char expected[200];

	(void)snprintf(expected, sizeof(expected), "post_end:P1@5 stop_add/A@5 grace/A@5-%lld status/A=disabled@%lld", (long long)six, (long long)six);
	expect(&person, &e, expected);
	person.posts = &head_post;
	(void)snprintf(expected, sizeof(expected), "post_end:P1@5 stop_add/A@5 grace/A@5-%lld status/A=disabled@%lld", (long long)twelve,
	               (long long)twelve);
	expect(&person, &e, expected);
	/* A role that is not held has no grace. */
	person.n_grants = 1;
	expect(&person, &e, "post_end:P1@5 stop_add/A@5 status/A=disabled@5");
}

static void test_absence(_unused_ void **state)
{
	static const struct lc_stop stop = { { "S1", 2 }, { "A", 1 }, { "suspend", 7 }, LC_EVERY_PLATFORM, TODAY - 100 };
	static const struct lc_pending back = { { "M1", 2 }, LC_RETURN, TODAY + 9 };
	static const int64_t platforms[] = { PLATFORM };
	struct lc_grant sensitive[2] = { grants[0], grants[1] };
	struct lc_person person = at_work();
	struct lc_event e = event(LC_SUSPEND, 0);

	person.pending = &back;
	person.n_pending = 1;
	expect(&person, &e, "movement_void:M1@!0 legal_hold@!0 stop_add/A@!0 status/A=suspended@!0");
	person.n_pending = 0;
	e = event(LC_LEAVE, 1);
	e.until = TODAY + 30;
	expect(&person, &e, "stop_add/A@1-30 status/A=suspended@1 status/A=active@30");
	e.platforms = platforms;
	e.n_platforms = 1;
	expect(&person, &e, "stop_add/A@1-30");
	e = event(LC_RETURN, 0);
	person.state = LC_SUSPENDED;
	person.stops = &stop;
	person.n_stops = 1;
	sensitive[0].is_sensitive = true;
	sensitive[1].is_over = true;
	person.grants = sensitive;
	person.n_grants = 2;
	expect(&person, &e, "stop_lift:S1/A@0 status/A=active@0 grant_revoke:G1/A@0 grant_reapprove:G1/A@0 grant_reapprove:G2/A@0");
	/* A short absence brings back also what is sensitive. */
	e.day = TODAY - 11;
	e.today = TODAY - 11;
	person.n_grants = 1;
	expect(&person, &e, "stop_lift:S1/A@-11 status/A=active@-11 grant_back:G1/A@-11");
}

static void test_beginning(_unused_ void **state)
{
	static const struct lc_stop stop = { { "S1", 2 }, { "A", 1 }, { "end", 3 }, LC_EVERY_PLATFORM, TODAY - 100 };
	struct lc_person person = { .state = LC_NEW, .base = LC_NEW };
	struct lc_event e = event(LC_JOIN, 3);

	expect(&person, &e, "post_add@3 account_add@3");
	person = at_work();
	person.state = person.base = LC_LEFT;
	person.n_posts = 0;
	person.n_grants = 1;
	person.stops = &stop;
	person.n_stops = 1;
	e.kind = LC_REHIRE;
	/* The same account, with nothing of what it had, and a new activation. */
	expect(&person, &e, "post_add@3 grant_revoke:G1/A@3 stop_lift:S1/A@3 status_void/A@3 status/A=pending@3");
}

static void test_refusals(_unused_ void **state)
{
	static const struct lc_pending later = { { "M1", 2 }, LC_RETIRE, TODAY + 9 };
	static const struct {
		enum lc_state state;
		enum lc_event_kind kind;
		int code;
	} rows[] = {
		{ LC_DEAD, LC_DEATH, ERR_WRONG_STATE },      { LC_DEAD, LC_RETURN, ERR_WRONG_STATE },   { LC_DEAD, LC_REHIRE, ERR_WRONG_STATE },
		{ LC_WORKING, LC_RETURN, ERR_WRONG_STATE },  { LC_WORKING, LC_JOIN, ERR_WRONG_STATE },  { LC_WORKING, LC_REHIRE, ERR_WRONG_STATE },
		{ LC_LEFT, LC_TRANSFER, ERR_WRONG_STATE },   { LC_LEFT, LC_SUSPEND, ERR_WRONG_STATE },  { LC_SUSPENDED, LC_TRANSFER, ERR_WRONG_STATE },
		{ LC_SUSPENDED, LC_LEAVE, ERR_WRONG_STATE }, { LC_LEFT, LC_REHIRE, 0 },                 { LC_RETIRED, LC_REHIRE, 0 },
		{ LC_SUSPENDED, LC_DISMISS, 0 },             { LC_SUSPENDED, LC_DEATH, 0 },             { LC_RETIRED, LC_SUSPEND, 0 },
	};
	struct lc_outcome out;
	struct lc_event e;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct lc_person person = at_work();

		print_message("row %zu\n", i);
		person.state = rows[i].state;
		e = event(rows[i].kind, 0);
		assert_int_equal(decide(&person, &e, &out), rows[i].code);
		assert_true(rows[i].code == 0 || out.n == 0);
	}
	struct lc_person person = at_work();
	person.pending = &later;
	person.n_pending = 1;
	e = event(LC_TRANSFER, 5);
	assert_int_equal(decide(&person, &e, &out), ERR_BLOCKED);
	assert_true(str_equal(out.by, STR("M1")));
	/* After it there is nobody to move; an absence before it disturbs nothing. */
	e = event(LC_TRANSFER, 10);
	assert_int_equal(decide(&person, &e, &out), ERR_WRONG_STATE);
	e = event(LC_LEAVE, 1);
	assert_int_equal(decide(&person, &e, &out), 0);
	e = event(LC_RESIGN, -1);
	assert_int_equal(decide(&person, &e, &out), ERR_INVALID_VALUE);
	e = event(LC_LEAVE, 5);
	e.until = TODAY + 5;
	person.n_pending = 0;
	assert_int_equal(decide(&person, &e, &out), ERR_INVALID_VALUE);
}

static void test_days_and_guard(_unused_ void **state)
{
	/* 2026-08-31 + 6 months: the last of February. */
	assert_int_equal(lc_add_months(20696, 6) - 20696, 181);
	assert_int_equal(lc_add_months(20000, 0), 20000);
	assert_int_equal(lc_add_months(20000, 12) - 20000, 365);
	assert_false(working_life_feed_is_suspicious(1000, 20, 20, 2));
	assert_true(working_life_feed_is_suspicious(1000, 21, 20, 2));
	assert_false(working_life_feed_is_suspicious(10000, 200, 20, 2));
	assert_true(working_life_feed_is_suspicious(10000, 201, 20, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transfer),
		cmocka_unit_test(test_leaving),
		cmocka_unit_test(test_retirement),
		cmocka_unit_test(test_absence),
		cmocka_unit_test(test_beginning),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_days_and_guard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
