/*
 * What a platform shows when it is asked for everything, and that nothing else counts as everything.  A kind that cannot
 * list says so by having no list.
 */
#include "provisioning/attributes.h"
#include "provisioning/observe/listing.h"
#include "tests/connectors/kit.h"

#include <string.h>

#define N_OFFICIALS 18
#define SEEN_MAX 100
#define PAGES_MAX 50

struct whole {
	enum verdict verdict; /* of the last page */
	const char *class;    /* of its fault */
	const char *fault;    /* of the listing */
	struct listed seen[SEEN_MAX];
	size_t n;
};

static bool is_new(const struct whole *w, const struct listed *l)
{
	for (size_t i = 0; i < w->n; i++)
		if (str_equal(w->seen[i].ext_id, l->ext_id))
			return false;
	return true;
}

static size_t keep(struct whole *w, const struct list_page *page)
{
	size_t n = 0;

	for (size_t i = 0; i < page->n; i++)
		if (is_new(w, &page->accounts[i])) {
			assert_true(w->n < SEEN_MAX);
			w->seen[w->n++] = page->accounts[i];
			n++;
		}
	return n;
}

/* After how many pages the connection breaks; -1: it does not. */
static struct whole list_all(int cut_after)
{
	struct whole w = { .verdict = VERDICT_DONE };
	struct list_page page = { .cursor = STR_NULL };
	struct listing l = listing_new();
	bool goes_on = true;

	for (int i = 0; goes_on && w.verdict == VERDICT_DONE; i++) {
		struct call call = { .instance = kit.instance, .deadline_ms = clock_mono_ms() + kit.lease_ms };
		struct op op;

		assert_true(i < PAGES_MAX);
		if (i == cut_after) {
			proxy_set(kit.proxy, PROXY_REFUSE);
			proxy_cut(kit.proxy);
		}
		op_init(&op, kit.arena, NULL, NULL);
		call.op = &op;
		w.verdict = kit.connector->list(&call, &page);
		w.class = call.fault.class;
		if (w.verdict != VERDICT_DONE)
			break;
		goes_on = listing_goes_on(&l, &page, keep(&w, &page));
		page.cursor = page.next;
	}
	if (kit.connector->list_end)
		kit.connector->list_end(kit.instance, page.session);
	w.fault = listing_fault(&l, page.proof);
	return w;
}

static const struct listed *of(const struct whole *w, const struct desired *d)
{
	const struct listed *found = NULL;

	for (size_t i = 0; i < w->n; i++)
		if (str_equal_nocase(w->seen[i].account_id, d->account_id)) {
			assert_null(found);
			found = &w->seen[i];
		}
	return found;
}

static size_t n_different(const struct listed *l, const struct desired *d)
{
	_json_ json_t *seen = json_read(l->document, 4, NULL);
	_json_ json_t *want = kit.connector->expect(kit.arena, kit.instance, d);
	_json_ json_t *diff = NULL;

	assert_non_null(seen);
	assert_non_null(want);
	diff = attributes_diff(kit.arena, want, seen);
	return json_object_size(diff);
}

static bool can_list(void)
{
	assert_true(!kit.connector->list == !kit.connector->expect);
	return kit.connector->list;
}

static void test_empty_platform(void **state)
{
	struct whole w;

	(void)state;
	ONLY_IF(can_list());
	w = list_all(-1);
	assert_int_equal(w.verdict, VERDICT_DONE);
	assert_null(w.fault);
	assert_int_equal(w.n, 0);
}

static void test_all_are_listed_as_they_are(void **state)
{
	struct desired *officials[N_OFFICIALS];
	size_t n_foreign = 0;
	struct whole w;

	(void)state;
	ONLY_IF(can_list());
	for (size_t i = 0; i < N_OFFICIALS; i++) {
		struct result r;

		officials[i] = kit_official(arena_printf(kit.arena, "annth%zu", i).p);
		kit_roles(officials[i], i % 3 == 0 ? "ADMIN,TK" : i % 3 == 1 ? "MC" : "");
		r = kit_go(officials[i], NULL);
		assert_outcome(r, OUTCOME_OK);
		if (i % 5 != 4)
			continue;
		kit_off(officials[i]);
		assert_outcome(kit_go(officials[i], &r), OUTCOME_OK);
	}
	kit_stand->act(STAND_ADD_FOREIGN, "nguoikhac");
	w = list_all(-1);
	assert_int_equal(w.verdict, VERDICT_DONE);
	assert_null(w.fault);
	assert_int_equal(w.n, N_OFFICIALS + 1);
	for (size_t i = 0; i < N_OFFICIALS; i++) {
		const struct listed *l = of(&w, officials[i]);

		assert_non_null(l);
		assert_int_equal(l->active, officials[i]->active);
		assert_true(str_equal_nocase(l->login, officials[i]->login));
		assert_int_equal(n_different(l, officials[i]), 0);
	}
	for (size_t i = 0; i < w.n; i++)
		n_foreign += str_is_null(w.seen[i].account_id) && str_equal_nocase(w.seen[i].login, STR("nguoikhac"));
	assert_int_equal(n_foreign, 1);
}

static void test_what_others_do_is_seen(void **state)
{
	static const struct {
		enum stand_act act;
		bool is_different, is_active;
	} cases[] = {
		{ STAND_RENAME, true, true },
		{ STAND_TAKE_ROLE, true, true },
		{ STAND_GIVE_ROLE, true, true },
		/* None of ours. */
		{ STAND_SET_PHONE, false, true },
	};

	(void)state;
	ONLY_IF(can_list());
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct desired *d = kit_official("annth");
		const struct listed *l;
		struct whole w;

		if (cases[i].act == STAND_SET_PHONE && !kit_stand->keeps_phone)
			continue;
		if ((cases[i].act == STAND_TAKE_ROLE || cases[i].act == STAND_GIVE_ROLE) && kit_stand->hides_roles)
			continue;
		kit_stand->wipe();
		assert_outcome(kit_go(d, NULL), OUTCOME_OK);
		kit_stand->act(cases[i].act, "annth");
		w = list_all(-1);
		l = of(&w, d);
		assert_non_null(l);
		assert_int_equal(l->active, cases[i].is_active);
		if ((n_different(l, d) > 0) != cases[i].is_different)
			fail_msg("case %zu: %.*s", i, STR_ARG(l->document));
	}
}

static void test_enabled_by_others_is_seen(void **state)
{
	struct desired *d = kit_official("annth");
	const struct listed *l;
	struct result r;
	struct whole w;

	(void)state;
	ONLY_IF(can_list());
	r = kit_go(d, NULL);
	kit_off(d);
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	w = list_all(-1);
	l = of(&w, d);
	assert_non_null(l);
	assert_false(l->active);
	assert_int_equal(n_different(l, d), 0);
	kit_stand->act(STAND_ENABLE, "annth");
	w = list_all(-1);
	l = of(&w, d);
	assert_non_null(l);
	assert_true(l->active);
}

static void test_who_is_deleted_is_not_listed(void **state)
{
	struct desired *stays = kit_official("annth"), *goes = kit_official("binhnv");
	struct whole w;

	(void)state;
	ONLY_IF(can_list());
	assert_outcome(kit_go(stays, NULL), OUTCOME_OK);
	assert_outcome(kit_go(goes, NULL), OUTCOME_OK);
	kit_stand->act(STAND_DELETE, "binhnv");
	w = list_all(-1);
	assert_null(w.fault);
	assert_non_null(of(&w, stays));
	assert_null(of(&w, goes));
}

/* Neither half a list nor none is one. */
static void test_a_lost_platform_is_no_empty_one(void **state)
{
	struct whole w;

	(void)state;
	ONLY_IF(can_list());
	for (size_t i = 0; i < N_OFFICIALS; i++)
		assert_outcome(kit_go(kit_official(arena_printf(kit.arena, "annth%zu", i).p), NULL), OUTCOME_OK);
	w = list_all(0);
	assert_int_equal(w.verdict, VERDICT_DOWN);
	proxy_set(kit.proxy, PROXY_FORWARD);
	w = list_all(-1);
	assert_int_equal(w.verdict, VERDICT_DONE);
	assert_int_equal(w.n, N_OFFICIALS);
}

static void test_a_silent_platform(void **state)
{
	struct whole w;

	(void)state;
	ONLY_IF(can_list());
	assert_outcome(kit_go(kit_official("annth"), NULL), OUTCOME_OK);
	proxy_set(kit.proxy, PROXY_STALL);
	w = list_all(-1);
	assert_int_equal(w.verdict, VERDICT_DOWN);
	assert_int_equal(w.n, 0);
}

static void test_no_right_to_list(void **state)
{
	struct whole w;

	(void)state;
	ONLY_IF(can_list());
	kit_stand->spoil_password(kit.arena, &kit.config);
	kit_reopen();
	w = list_all(-1);
	assert_int_equal(w.verdict, VERDICT_AUTH);
}

/* A cursor that another program left, or nobody: never an end. */
static void test_a_cursor_of_nobody(void **state)
{
	struct list_page page = { .cursor = STR("x:y") };
	struct call call = { .instance = kit.instance, .deadline_ms = clock_mono_ms() + kit.lease_ms };
	struct op op;
	enum verdict verdict;

	(void)state;
	ONLY_IF(can_list());
	assert_outcome(kit_go(kit_official("annth"), NULL), OUTCOME_OK);
	op_init(&op, kit.arena, NULL, NULL);
	call.op = &op;
	verdict = kit.connector->list(&call, &page);
	assert_true(verdict == VERDICT_ABSENT || verdict == VERDICT_REFUSED || verdict == VERDICT_NOT_DONE || page.n > 0);
	if (kit.connector->list_end)
		kit.connector->list_end(kit.instance, page.session);
}

static enum verdict adopt(struct str ext_id, struct str account_id)
{
	struct desired want = { .account_id = account_id };
	struct call call = { .instance = kit.instance, .want = &want, .ext_id = ext_id, .deadline_ms = clock_mono_ms() + kit.lease_ms };
	struct observed seen;
	struct op op;

	op_init(&op, kit.arena, NULL, NULL);
	call.op = &op;
	return kit.connector->adopt(&call, &seen);
}

/* What was there before us becomes ours, with all that is wanted, and there is still one of it. */
static void test_an_account_is_adopted(void **state)
{
	struct desired *d = kit_official("annth");
	struct result before = { .outcome = OUTCOME_OK };
	struct whole w;

	(void)state;
	ONLY_IF(kit.connector->adopt);
	kit_stand->act(STAND_ADD_FOREIGN, "annth");
	assert_outcome(kit_go(d, NULL), OUTCOME_BLOCKED);
	w = list_all(-1);
	assert_int_equal(w.n, 1);
	before.ext_id = w.seen[0].ext_id;
	assert_int_equal(adopt(before.ext_id, d->account_id), VERDICT_DONE);
	/* As after a crash in between. */
	assert_int_equal(adopt(before.ext_id, d->account_id), VERDICT_DONE);
	assert_outcome(kit_go(d, &before), OUTCOME_OK);
	assert_there(d);
	assert_int_equal(kit_stand->count(), 1);
}

static void test_nobody_elses_is_adopted(void **state)
{
	struct desired *theirs = kit_official("annth"), *ours = kit_official("binhnv");
	struct result r;

	(void)state;
	ONLY_IF(kit.connector->adopt);
	r = kit_go(theirs, NULL);
	assert_outcome(r, OUTCOME_OK);
	assert_int_equal(adopt(r.ext_id, ours->account_id), VERDICT_CONFLICT);
	assert_there(theirs);
	kit_stand->act(STAND_DELETE, "annth");
	assert_true(adopt(r.ext_id, ours->account_id) != VERDICT_DONE);
	assert_int_equal(kit_stand->count(), 0);
}

static const struct CMUnitTest tests[] = {
	SCENARIO(test_an_account_is_adopted),
	SCENARIO(test_nobody_elses_is_adopted),
	SCENARIO(test_empty_platform),
	SCENARIO(test_all_are_listed_as_they_are),
	SCENARIO(test_what_others_do_is_seen),
	SCENARIO(test_enabled_by_others_is_seen),
	SCENARIO(test_who_is_deleted_is_not_listed),
	SCENARIO(test_a_lost_platform_is_no_empty_one),
	SCENARIO(test_a_silent_platform),
	SCENARIO(test_no_right_to_list),
	SCENARIO(test_a_cursor_of_nobody),
};
const struct scenarios scenarios_lists = { "lists", tests, ARRAY_LEN(tests) };
