/*
 * reorg_plan.h: what a reorganisation does, to the single post, grant and scope: pure, from facts and steps.
 *
 * Access hangs on posts: a person's post, and what is granted for the work of its unit, go to the unit that succeeds it.
 * Children of units that merge become one with the child of the same name and kind.  A scope follows where it reaches no
 * further than before, or where the step says so; else it falls.  Whatever has no target, and whatever would make two
 * things of one or reach over a gap, is a finding that blocks approval.
 *
 * The same facts and steps give the same plan, and the same hash.
 */
#pragma once

#include "server/governance/reorg_steps.h"

#define REORG_OPEN INT64_MAX     /* no end, of days and seconds */
#define REORG_DEPTH_MAX 12       /* of the tree of units, as sen.unit_repath() */
#define REORG_EVERY_PLATFORM (-1)

struct reorg_unit {
	int64_t id;
	int64_t parent_id; /* 0: a root */
	struct str code, name, name_en, name_fold, kind, ident_new, ident_old;
	bool verified;
	bool is_valid;     /* on the effective day */
	bool is_older;     /* began before it, so that it can end on it */
};

struct reorg_post {
	struct str person_id, employee_code, id;
	int64_t unit_id;
	struct str title;
	bool is_main;
	int64_t from_day, to_day; /* days since 1970; to_day exclusive */
};

struct reorg_grant {
	struct str person_id, employee_code, account_id, id;
	int64_t role_id, platform_id, unit_id;
	int64_t from_s, to_s;
};

struct reorg_scope {
	struct str account_id, id;
	int64_t unit_id, platform_id;
	struct str rights; /* sorted names, and for which roles, and the cap: equal texts are equal rights */
	struct str shape;  /* the roles and the cap alone: over one place an account has one scope of a shape */
	int64_t to_s;
};

/* A rule in force that gives roles in a unit and below. */
struct reorg_rule {
	struct str id;
	int64_t unit_id;
};

/* Roles that nobody holds both of: within one unit, or anywhere. */
struct reorg_pair {
	int64_t role_a, role_b;
	bool within_unit;
	struct str duty; /* the rule's id */
};
/* Who is excepted from a duty. */
struct reorg_excepted {
	struct str person_id, duty;
};

struct reorg_facts {
	const struct reorg_unit *units;   /* all, by id */
	size_t n_units;
	const struct reorg_post *posts;   /* standing ones, by person_id and id, of every person with one in a unit that is touched */
	size_t n_posts;
	const struct reorg_grant *grants; /* not revoked, by person_id, account_id and id, of those persons and in those units */
	size_t n_grants;
	const struct reorg_scope *scopes; /* all live ones, by account_id and id */
	size_t n_scopes;
	const struct reorg_rule *rules;
	size_t n_rules;
	const struct reorg_pair *pairs;
	size_t n_pairs;
	const struct reorg_excepted *excepted;
	size_t n_excepted;
	int64_t effective_day;
	int64_t execute_at_s;             /* grants that end before are left to end */
};

enum reorg_op_kind {
	REORG_UNIT_ADD, REORG_UNIT_RENAME, REORG_UNIT_MOVE,
	REORG_POST_MOVE, REORG_POST_END, REORG_GRANT_MOVE, REORG_GRANT_MERGE, REORG_GRANT_END,
	REORG_SCOPE_MOVE, REORG_SCOPE_ADD, REORG_SCOPE_END, REORG_UNIT_END, REORG_SUCCESSOR,
};

/* Units are ids, or refs below zero for new ones; 0: none. */
struct reorg_op {
	enum reorg_op_kind kind;
	struct str person_id, account_id;
	struct str subject; /* post, grant or scope */
	struct str other;   /* REORG_GRANT_MERGE: the grant that stays */
	int64_t unit_from, unit_to;
	bool is_further;    /* a scope that reaches further than before */
	int share;          /* REORG_SUCCESSOR: per mille of the persons */
};

enum reorg_finding_code {
	/* block */
	REORG_STEP_INVALID,     /* a unit of the step is not there, or not any more at this step */
	REORG_CODE_TAKEN,       /* of a new unit */
	REORG_TOO_DEEP,
	REORG_UNIT_TOO_NEW,     /* begins on the day on which it would end */
	REORG_UNASSIGNED,       /* a person, by post or grant, without a target */
	REORG_MAIN_OVERLAP,
	REORG_NO_MAIN,          /* posts are left, none of them main */
	REORG_GRANT_GAP,        /* two grants would become one over a time in which neither is valid */
	REORG_SEPARATION,       /* two roles that nobody holds both of */
	/* inform */
	REORG_PERSON_LEAVES,    /* the last post ends */
	REORG_POST_SHORTENED,
	REORG_GRANT_ENDS,
	REORG_SCOPE_FALLS,
	REORG_SCOPE_FURTHER,
	REORG_RULE_FALLS,       /* what comes from there gets nothing by the rule any more */
	REORG_RULE_FURTHER,     /* the rule gives its roles to others as well */
	REORG_N_FINDINGS_,
};

struct reorg_finding {
	enum reorg_finding_code code;
	struct str person_id, account_id, subject, unit_code;
	int step; /* from 1; 0: none */
};

/* A unit as it will be. */
struct reorg_unit_change {
	int64_t ref;        /* an id, or below zero: new */
	int64_t parent_ref; /* 0: a root */
	struct str code, name, name_en, name_fold, kind, ident_new, ident_old;
	bool verified;
};

struct reorg_plan {
	const struct reorg_unit_change *units; /* parents of new ones first */
	size_t n_units;
	/* [0, people_from): of units; [people_from, people_to): of persons, each's together; then of scopes and ends. */
	const struct reorg_op *ops;
	size_t n_ops, people_from, people_to;
	const struct reorg_finding *findings;
	size_t n_findings, n_blocking;
};

/* Never fails: what does not fit is a finding.  Memory of the result is a's, texts are the facts' and steps'. */
void reorg_plan(struct arena *a, const struct reorg_facts *facts, const struct reorg_steps *steps, struct reorg_plan *ret_plan);

/* reorg_digest.c: of every operation, unit and finding, in hexadecimal. */
struct str reorg_plan_hash(struct arena *a, const struct reorg_plan *plan);

const char *reorg_op_name(enum reorg_op_kind kind);
const char *reorg_finding_name(enum reorg_finding_code code);
bool reorg_finding_blocks(enum reorg_finding_code code);
