#include "common/model/key_schedule.h"

#define NO_KEY SIZE_MAX

static const char *const names[] = { "published", "active", "retiring", "destroyed" };

const char *key_state_name(enum key_state state)
{
	return names[state];
}

struct steps {
	struct key_step *p;
	size_t n;
};

static void add(struct steps *s, enum key_step_kind kind, enum jws_alg alg, size_t key)
{
	s->p[s->n++] = (struct key_step){ kind, alg, key };
}

/* The database keeps them unique. */
static size_t find(const struct key_facts *keys, size_t n, enum jws_alg alg, enum key_state state)
{
	for (size_t i = 0; i < n; i++)
		if (keys[i].alg == alg && keys[i].state == state)
			return i;
	return NO_KEY;
}

static bool has_any(const struct key_facts *keys, size_t n, enum jws_alg alg)
{
	for (size_t i = 0; i < n; i++)
		if (keys[i].alg == alg)
			return true;
	return false;
}

/* An algorithm that is offered has a key that signs, and in time one that will follow. */
static void provide(const struct key_facts *keys, size_t n, int64_t now_s, const struct key_policy *p, enum jws_alg alg, struct steps *s)
{
	size_t active = find(keys, n, alg, KEY_ACTIVE), next = find(keys, n, alg, KEY_PUBLISHED);

	if (next != NO_KEY) {
		if (now_s - keys[next].since_s < p->publish_s)
			return;
		if (active != NO_KEY)
			add(s, KEY_STEP_RETIRE, alg, active);
		add(s, KEY_STEP_ACTIVATE, alg, next);
	} else if (!has_any(keys, n, alg)) {
		add(s, KEY_STEP_BEGIN, alg, NO_KEY);
	} else if (active == NO_KEY || (p->rotate_s > 0 && now_s - keys[active].since_s >= p->rotate_s - p->publish_s)) {
		add(s, KEY_STEP_PUBLISH, alg, NO_KEY);
	}
}

size_t key_schedule(const struct key_facts *keys, size_t n, int64_t now_s, const struct key_policy *policy, struct key_step *ret_steps)
{
	struct steps s = { ret_steps, 0 };

	for (enum jws_alg alg = JWS_ES256; alg < JWS_ALG_COUNT; alg++)
		if (policy->algs & JWS_ALG_BIT(alg))
			provide(keys, n, now_s, policy, alg, &s);
	for (size_t i = 0; i < n; i++) {
		bool is_offered = policy->algs & JWS_ALG_BIT(keys[i].alg);

		if (keys[i].state == KEY_RETIRING && now_s - keys[i].since_s >= policy->retire_s)
			add(&s, KEY_STEP_DESTROY, keys[i].alg, i);
		else if (!is_offered && (keys[i].state == KEY_ACTIVE || keys[i].state == KEY_PUBLISHED))
			add(&s, KEY_STEP_RETIRE, keys[i].alg, i);
	}
	return s.n;
}
