/* working.h: the rules of handing over and grace under which the tests of working_life.h decide. */
#pragma once

#include "server/governance/working_life.h"
#include "tests/unit/unit.h"

#define TODAY 20000
#define PLATFORM 2
#define MAIL 3

/* The account of somebody at work. */
extern const struct lc_account own;

/* What working_life_decide() returns; out lives until the next decision. */
int decide(const struct lc_person *person, const struct lc_event *e, struct lc_outcome *out);
