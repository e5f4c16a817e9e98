/* working_life.h: random lives, of which nothing may come that must not. */
#include "tests/unit/governance/working.h"

#include <stdio.h>
#include <string.h>

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

/* Stops in effect or to come, and movements that are still ahead. */
static void read_open(const struct life *l, struct lc_stop *stops, struct lc_pending *pending, struct lc_person *ret)
{
	for (size_t i = 0; i < l->n_stops; i++)
		if (l->stops[i].to > l->today && l->stops[i].to > l->stops[i].from)
			stops[ret->n_stops++] = (struct lc_stop){ str_c(l->stops[i].id), STR("A"), l->stops[i].absence ? STR("leave") : STR("end"),
				                                  LC_EVERY_PLATFORM, l->stops[i].from };
	for (int64_t day = l->today + 1; day < l->today + 50; day++)
		for (size_t i = 0; i < l->n_moves; i++)
			if (!l->moves[i].is_void && l->moves[i].day == day)
				pending[ret->n_pending++] = (struct lc_pending){ str_c(l->moves[i].id), l->moves[i].kind, day };
	ret->stops = stops;
	ret->pending = pending;
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
	read_open(l, stops, pending, &person);
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
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_random_lives) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
