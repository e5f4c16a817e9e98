/* working_life.h: tables of events, and random lives of which nothing may come that must not. */
#include "server/governance/working_life.h"
#include "common/base/err.h"
#include "tests/unit/unit.h"

#include <stdio.h>

#define TODAY 20000
#define PLATFORM 2
#define MAIL 3

static const struct lc_handover handovers[] = { { PLATFORM, 10 } };
static const struct lc_grace graces[] = { { .role_id = 30, .months = 6, .rank = LC_STAFF }, { .role_id = 30, .months = 12, .rank = LC_DEPARTMENT_HEAD } };
static const struct lc_rules rules = { handovers, 1, graces, 2, 90 };

static const struct lc_account own = { { "A", 1 }, { "annv", 4 }, { "operational", 11 }, { "active", 6 } };
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

static int decide(const struct lc_person *person, const struct lc_event *e, struct lc_outcome *out)
{
	static struct arena *a;

	if (a)
		arena_free(a);
	a = arena_new(UNIT_ARENA_BYTES);
	return working_life_decide(a, person, e, &rules, out);
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

/* A life in memory: what the statements do with consequences, done to arrays. */
#define MAX 200
struct life {
	enum lc_state state, base;
	struct lc_post posts[MAX];
	size_t n_posts;
	struct { int64_t from, to; bool absence; char id[8], lifter[8], maker[8]; } stops[MAX];
	size_t n_stops;
	struct { int64_t day; char status[12], maker[8]; } due[MAX];
	size_t n_due;
	struct { enum lc_event_kind kind; int64_t day, until; bool is_void; char id[8]; } moves[MAX];
	size_t n_moves;
	char status[12];
	bool has_account;
	int64_t today;
};

static bool stopped(const struct life *l)
{
	for (size_t i = 0; i < l->n_stops; i++)
		if (l->stops[i].from <= l->today && l->stops[i].to > l->today)
			return true;
	return false;
}

static void run_due(struct life *l)
{
	for (size_t i = 0; i < l->n_due; i++) {
		bool opens = strcmp(l->due[i].status, "active") == 0 || strcmp(l->due[i].status, "pending") == 0;

		if (l->due[i].day > l->today)
			continue;
		if (strcmp(l->status, "archived") != 0 && !(opens && stopped(l)) &&
		    !(strcmp(l->due[i].status, "active") == 0 && strcmp(l->status, "disabled") == 0))
			(void)snprintf(l->status, sizeof(l->status), "%s", l->due[i].status);
		l->due[i].day = INT64_MAX;
	}
}

/* As sen.person_base and sen.person_state: what is in effect, in order. */
static void read_state(struct life *l)
{
	l->state = l->base = LC_NEW;
	for (int64_t day = TODAY; day <= l->today; day++)
		for (size_t i = 0; i < l->n_moves; i++)
			if (!l->moves[i].is_void && l->moves[i].day == day && !(l->moves[i].kind == LC_LEAVE && l->moves[i].until <= l->today))
				lc_state_step(l->moves[i].kind, &l->state, &l->base);
}

/* What it would have lifted stays closed, what it would have closed stays open. */
static void drop_move(struct life *l, struct str id)
{
	for (size_t i = 0; i < l->n_stops; i++)
		if (str_equal(str_c(l->stops[i].lifter), id))
			l->stops[i].to = LC_OPEN;
	for (size_t i = 0; i < l->n_stops; i++)
		if (str_equal(str_c(l->stops[i].maker), id))
			l->stops[i].to = l->stops[i].from;
	for (size_t i = 0; i < l->n_due; i++)
		if (str_equal(str_c(l->due[i].maker), id))
			l->due[i].day = INT64_MAX;
	for (size_t i = 0; i < l->n_moves; i++)
		if (str_equal(str_c(l->moves[i].id), id))
			l->moves[i].is_void = true;
}

static void apply(struct life *l, const struct lc_event *e, const struct lc_outcome *out)
{
	for (size_t i = 0; i < out->n; i++) {
		const struct lc_consequence *c = &out->items[i];

		switch (c->act) {
		case LC_POST_ADD:
			l->posts[l->n_posts] = (struct lc_post){ .kind = STR("main"), .from = c->day, .to = LC_OPEN };
			l->n_posts++;
			break;
		case LC_POST_END:
		case LC_POST_CANCEL:
			for (size_t k = 0; k < l->n_posts; k++)
				if (l->posts[k].id.p == c->subject.p)
					l->posts[k].to = c->act == LC_POST_END ? c->day : l->posts[k].from;
			break;
		case LC_STOP_ADD:
			l->stops[l->n_stops].from = c->day;
			l->stops[l->n_stops].to = c->until;
			l->stops[l->n_stops].absence = e->kind == LC_SUSPEND || e->kind == LC_VANISH || e->kind == LC_LEAVE;
			(void)snprintf(l->stops[l->n_stops].id, 8, "s%zu", l->n_stops);
			(void)snprintf(l->stops[l->n_stops].maker, 8, "m%zu", l->n_moves);
			l->n_stops++;
			break;
		case LC_STOP_LIFT:
			for (size_t k = 0; k < l->n_stops; k++)
				if (str_equal(str_c(l->stops[k].id), c->subject) && c->day < l->stops[k].to) {
					l->stops[k].to = c->day;
					(void)snprintf(l->stops[k].lifter, 8, "m%zu", l->n_moves);
				}
			break;
		case LC_STATUS:
			l->due[l->n_due].day = c->day;
			(void)snprintf(l->due[l->n_due].maker, 8, "m%zu", l->n_moves);
			(void)snprintf(l->due[l->n_due].status, 12, "%.*s", STR_ARG(c->status));
			l->n_due++;
			break;
		case LC_STATUS_VOID:
			for (size_t k = 0; k < l->n_due; k++)
				if (l->due[k].day >= c->day)
					l->due[k].day = INT64_MAX;
			break;
		case LC_ACCOUNT_ADD:
			l->has_account = true;
			(void)snprintf(l->status, 12, "active");
			break;
		case LC_MOVEMENT_VOID:
			drop_move(l, c->subject);
			break;
		default:
			break;
		}
	}
	l->moves[l->n_moves].kind = e->kind;
	l->moves[l->n_moves].day = e->day;
	l->moves[l->n_moves].until = e->until;
	l->moves[l->n_moves].is_void = false;
	(void)snprintf(l->moves[l->n_moves].id, 8, "m%zu", l->n_moves);
	l->n_moves++;
}

static void check(const struct life *l)
{
	size_t mains = 0;

	for (size_t i = 0; i < l->n_posts; i++)
		mains += l->posts[i].from <= l->today && l->posts[i].to > l->today;
	assert_true(mains <= 1);
	if (!l->has_account)
		return;
	if (l->state == LC_DEAD || l->state == LC_SUSPENDED || l->state == LC_LEFT) {
		assert_true(stopped(l));
		assert_string_not_equal(l->status, "active");
	}
	if (l->state == LC_DEAD || l->state == LC_LEFT)
		assert_int_equal(mains, 0);
	if (l->state == LC_DEAD)
		assert_string_equal(l->status, "archived");
	if (l->state == LC_WORKING)
		assert_false(stopped(l));
}

static unsigned next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*seed >> 33);
}

/* One random event on what the life is now; refused ones change nothing. */
static void happen(struct life *l, uint64_t *seed)
{
	struct lc_stop stops[MAX];
	struct lc_pending pending[MAX];
	struct lc_account account = own;
	struct lc_person person = { .state = l->state, .base = l->base, .posts = l->posts, .n_posts = l->n_posts };
	struct lc_event e = { .today = l->today, .until = LC_OPEN };
	struct lc_outcome out;
	static char ids[MAX][24];

	e.kind = (enum lc_event_kind)(next_random(seed) % LC_EVENT_COUNT_);
	/* The dead have no further events to offer; a life should be long. */
	if (e.kind == LC_DEATH && next_random(seed) % 8 != 0)
		return;
	e.day = l->today + (lc_event_is_at_once(e.kind) ? 0 : next_random(seed) % 20);
	if (e.kind == LC_LEAVE && next_random(seed) % 2 == 0)
		e.until = e.day + 1 + next_random(seed) % 20;
	for (size_t i = 0; i < l->n_posts; i++) {
		(void)snprintf(ids[i], sizeof(ids[i]), "p%zu", i);
		l->posts[i].id = str_c(ids[i]);
	}
	account.status = str_c(l->status);
	person.accounts = &account;
	person.n_accounts = l->has_account ? 1 : 0;
	for (size_t i = 0; i < l->n_stops; i++)
		if (l->stops[i].to > l->today && l->stops[i].to > l->stops[i].from)
			stops[person.n_stops++] = (struct lc_stop){ str_c(l->stops[i].id), STR("A"), l->stops[i].absence ? STR("leave") : STR("end"),
				                                    LC_EVERY_PLATFORM, l->stops[i].from };
	for (int64_t day = l->today + 1; day < l->today + 50; day++)
		for (size_t i = 0; i < l->n_moves; i++)
			if (!l->moves[i].is_void && l->moves[i].day == day)
				pending[person.n_pending++] = (struct lc_pending){ str_c(l->moves[i].id), l->moves[i].kind, day };
	person.stops = stops;
	person.pending = pending;
	if (decide(&person, &e, &out) == 0)
		apply(l, &e, &out);
	/* What was decided for posts that never begin leaves nothing of them. */
	for (size_t i = 0; i < l->n_posts;)
		if (l->posts[i].to <= l->posts[i].from)
			l->posts[i] = l->posts[--l->n_posts];
		else
			i++;
}

static void test_random_lives(_unused_ void **state)
{
	static const uint64_t lives = 3000;

	for (uint64_t n = 1; n <= lives; n++) {
		struct life l = { .state = LC_NEW, .base = LC_NEW, .today = TODAY };
		uint64_t seed = n;

		for (int step = 0; step < 80; step++) {
			happen(&l, &seed);
			run_due(&l);
			read_state(&l);
			check(&l);
			l.today += next_random(&seed) % 6;
			run_due(&l);
			read_state(&l);
			check(&l);
		}
	}
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
		cmocka_unit_test(test_random_lives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
