/* random_authority.h: a small authority with officials, grants and scopes, and a batch of steps to reorganise it, all from a seed. */
#pragma once

#include "server/governance/reorg_plan.h"
#include "tests/unit/unit.h"

#define N_COMMUNES 8
#define N_DIVISIONS 3
#define N_PERSONS 60
#define N_SCOPES 25
#define DAY 20000
#define AT_S ((int64_t)DAY * 86400)

struct world {
	struct arena *a;
	struct reorg_unit units[1 + N_COMMUNES * (1 + N_DIVISIONS)];
	struct reorg_post posts[N_PERSONS * 3];
	struct reorg_grant grants[N_PERSONS * 6];
	struct reorg_scope scopes[N_SCOPES];
	struct reorg_facts facts;
	struct reorg_step steps[6];
	size_t n_steps;
};

struct world *random_authority(struct arena *a, uint32_t seed);
const struct reorg_unit *unit_of(const struct world *w, int64_t id);
