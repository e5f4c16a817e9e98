/* When keys are made, sign, retire and go: a table, and two invariants over a simulated year. */
#include "common/model/key_schedule.h"
#include "tests/unit/unit.h"

#include <string.h>

#define DAY 86400
#define NOW (1000 * (int64_t)DAY)
#define PUBLISH 660
#define RETIRE 43200

static const struct key_policy one = { JWS_ALG_BIT(JWS_ES256), 90 * DAY, PUBLISH, RETIRE };
static const struct key_policy by_hand = { JWS_ALG_BIT(JWS_ES256), 0, PUBLISH, RETIRE };
static const struct key_policy two = { JWS_ALG_BIT(JWS_ES256) | JWS_ALG_BIT(JWS_EDDSA), 90 * DAY, PUBLISH, RETIRE };

/* "publish ES256, retire 1": the steps in words, a key by its place. */
static const char *words(struct arena *a, const struct key_step *steps, size_t n)
{
	static const char *const names[] = { "publish", "begin", "activate", "retire", "destroy" };
	struct str text = STR("");

	for (size_t i = 0; i < n; i++) {
		struct str what = steps[i].kind <= KEY_STEP_BEGIN ? str_c(jws_alg_name(steps[i].alg)) : arena_printf(a, "%zu", steps[i].key);

		text = arena_printf(a, "%.*s%s%s %.*s", STR_ARG(text), i > 0 ? ", " : "", names[steps[i].kind], STR_ARG(what));
	}
	return text.p;
}

static void test_table(void **state)
{
	static const struct {
		const char *name;
		const struct key_policy *policy;
		size_t n;
		struct key_facts keys[4];
		const char *steps;
	} cases[] = {
		{ "the very first keys sign at once", &two, 0, { { 0 } }, "begin ES256, begin EdDSA" },
		{ "nothing is due", &one, 1, { { JWS_ES256, KEY_ACTIVE, NOW - DAY } }, "" },
		{ "just before a successor is due", &one, 1, { { JWS_ES256, KEY_ACTIVE, NOW - 90 * DAY + PUBLISH + 1 } }, "" },
		{ "a successor is published before the time is up", &one, 1, { { JWS_ES256, KEY_ACTIVE, NOW - 90 * DAY + PUBLISH } }, "publish ES256" },
		{ "never, unless by hand", &by_hand, 1, { { JWS_ES256, KEY_ACTIVE, NOW - 9000 * (int64_t)DAY } }, "" },
		{ "published too short a time", &one, 2,
		  { { JWS_ES256, KEY_ACTIVE, NOW - 90 * DAY }, { JWS_ES256, KEY_PUBLISHED, NOW - PUBLISH + 1 } }, "" },
		{ "the old one retires before the new one signs", &one, 2,
		  { { JWS_ES256, KEY_ACTIVE, NOW - 90 * DAY }, { JWS_ES256, KEY_PUBLISHED, NOW - PUBLISH } }, "retire 0, activate 1" },
		{ "by hand: published yesterday", &by_hand, 2, { { JWS_ES256, KEY_PUBLISHED, NOW - DAY }, { JWS_ES256, KEY_ACTIVE, NOW - DAY } },
		  "retire 1, activate 0" },
		{ "a clock that went back", &one, 2, { { JWS_ES256, KEY_ACTIVE, NOW + DAY }, { JWS_ES256, KEY_PUBLISHED, NOW + DAY } }, "" },
		{ "still verifies", &one, 2, { { JWS_ES256, KEY_ACTIVE, NOW }, { JWS_ES256, KEY_RETIRING, NOW - RETIRE + 1 } }, "" },
		{ "verifies nothing any more", &one, 2, { { JWS_ES256, KEY_ACTIVE, NOW }, { JWS_ES256, KEY_RETIRING, NOW - RETIRE } }, "destroy 1" },
		{ "destroyed is the end", &one, 2, { { JWS_ES256, KEY_ACTIVE, NOW }, { JWS_ES256, KEY_DESTROYED, NOW - 900 * (int64_t)DAY } }, "" },
		{ "the first key of a new algorithm signs at once", &two, 1, { { JWS_ES256, KEY_ACTIVE, NOW } }, "begin EdDSA" },
		{ "and signs later", &two, 2, { { JWS_ES256, KEY_ACTIVE, NOW }, { JWS_EDDSA, KEY_PUBLISHED, NOW - PUBLISH } }, "activate 1" },
		{ "no active key, after a mishap", &one, 1, { { JWS_ES256, KEY_RETIRING, NOW - 5 } }, "publish ES256" },
		{ "no active key, one published", &one, 1, { { JWS_ES256, KEY_PUBLISHED, NOW - 5 } }, "" },
		{ "an algorithm that is not offered any more", &one, 4,
		  { { JWS_EDDSA, KEY_ACTIVE, NOW - DAY }, { JWS_EDDSA, KEY_PUBLISHED, NOW }, { JWS_EDDSA, KEY_RETIRING, NOW - DAY }, { JWS_ES256, KEY_ACTIVE, NOW } },
		  "retire 0, retire 1, destroy 2" },
		{ "only destroyed ones: published first", &one, 1, { { JWS_ES256, KEY_DESTROYED, NOW - DAY } }, "publish ES256" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct key_step steps[KEY_STEPS_MAX(4)];
		size_t n = key_schedule(cases[i].keys, cases[i].n, NOW, cases[i].policy, steps);
		const char *found = words(*state, steps, n);

		assert_true(n <= KEY_STEPS_MAX(cases[i].n));
		if (strcmp(found, cases[i].steps) != 0)
			fail_msg("%s: \"%s\" instead of \"%s\"", cases[i].name, found, cases[i].steps);
	}
}

#define KEYS_MAX 64

struct world {
	struct key_facts keys[KEYS_MAX];
	int64_t published_s[KEYS_MAX];
	size_t n;
};

static void apply(struct world *w, const struct key_step *step, int64_t now_s)
{
	static const enum key_state to[] = { KEY_PUBLISHED, KEY_ACTIVE, KEY_ACTIVE, KEY_RETIRING, KEY_DESTROYED };

	if (step->kind <= KEY_STEP_BEGIN) {
		assert_true(w->n < KEYS_MAX);
		w->published_s[w->n] = now_s;
		w->keys[w->n++] = (struct key_facts){ step->alg, to[step->kind], now_s };
	} else {
		w->keys[step->key].state = to[step->kind];
		w->keys[step->key].since_s = now_s;
	}
}

/* A program that runs at odd times, sometimes not for days. */
static void test_a_year(void **state)
{
	struct world w = { .n = 0 };
	int64_t start = NOW, now = NOW;
	unsigned odd = 1;

	(void)state;
	while (now < start + 365 * (int64_t)DAY) {
		struct key_step steps[KEY_STEPS_MAX(KEYS_MAX)];
		size_t n = key_schedule(w.keys, w.n, now, &two, steps), n_active[JWS_ALG_COUNT] = { 0 };

		for (size_t i = 0; i < n; i++) {
			if (steps[i].kind == KEY_STEP_ACTIVATE && now > start)
				assert_true(now - w.published_s[steps[i].key] >= PUBLISH);
			if (steps[i].kind == KEY_STEP_DESTROY)
				assert_true(now - w.keys[steps[i].key].since_s >= RETIRE);
			apply(&w, &steps[i], now);
		}
		for (size_t i = 0; i < w.n; i++)
			n_active[w.keys[i].alg] += w.keys[i].state == KEY_ACTIVE;
		assert_int_equal(n_active[JWS_ES256], 1);
		assert_int_equal(n_active[JWS_EDDSA], 1);
		odd = odd * 1103515245 + 12345;
		now += odd % 100 == 0 ? 3 * DAY : 10 + odd % 7200;
	}
	/* four lives of about 90 days, and the fifth has begun */
	assert_in_range(w.n, 2 * 4, 2 * 5 + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_table),
		UNIT_TEST(test_a_year),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
