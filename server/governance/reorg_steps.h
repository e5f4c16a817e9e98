/*
 * reorg_steps.h: the steps of a reorganisation, as people draw them up, from JSON:
 *
 *   {"kind": "merge", "from": ["16681", "16690"], "into": [UNIT]}          one of "from", another unit, or a new one
 *   {"kind": "split", "from": ["16681"], "into": [UNIT, …],
 *    "divisions": {"16681.VP": "CODE"}, "persons": {"EMPLOYEE": "CODE"}}   who goes where, each
 *   {"kind": "rename", "from": ["16681"], "into": [UNIT]}                  the same code
 *   {"kind": "move", "from": ["16681.VP"], "parent": "16690"}
 *   {"kind": "abolish", "from": ["16681"], "persons": {…}, "rest": "end"}  "rest": those not named lose their posts
 *
 * UNIT: {"code", "name", "name_en", "kind", "parent", "ident_new", "ident_old"}; of a unit that is there, "code" alone.
 * Optional everywhere: "scopes": "follow" (they may reach further) or "fall".
 */
#pragma once

#include "common/base/json.h"
#include "common/base/op.h"

#define REORG_STEPS_MAX 500
#define REORG_STEP_UNITS_MAX 200
#define REORG_PERSONS_MAX 20000

enum reorg_step_kind { REORG_MERGE, REORG_SPLIT, REORG_RENAME, REORG_MOVE, REORG_ABOLISH };

struct reorg_target {
	struct str code;
	struct str name, name_fold; /* STR_NULL: a unit that is there keeps its own */
	struct str name_en, kind, parent, ident_new, ident_old; /* STR_NULL: as the unit it comes from */
};

/* By employee code or code of a division; sorted. */
struct reorg_assignment {
	struct str who, code;
};

struct reorg_step {
	enum reorg_step_kind kind;
	const struct str *from;
	size_t n_from;
	const struct reorg_target *into;
	size_t n_into;
	struct str parent;
	const struct reorg_assignment *divisions, *persons;
	size_t n_divisions, n_persons;
	bool scopes_follow;
	bool rest_ends;
};

struct reorg_steps {
	const struct reorg_step *p;
	size_t n;
};

/* json: an array.  ERR_INVALID_VALUE with the arguments field and step. Texts are copied. */
int reorg_steps_read(struct op *op, const json_t *json, struct reorg_steps *ret_steps) _must_check_;
/* The code that an employee code or a division is assigned, or STR_NULL. */
struct str reorg_assigned(const struct reorg_assignment *all, size_t n, struct str who);

const char *reorg_step_name(enum reorg_step_kind kind);
