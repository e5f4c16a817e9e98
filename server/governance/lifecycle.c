#include "server/governance/lifecycle.h"

enum { OTHER_THAN_WRITER = 1, OTHER_THAN_MOVER = 2 };

struct transition {
	struct str from, to;
	struct str only_kind; /* STR_NULL: every kind */
	unsigned rights;      /* any of them */
	unsigned other_than;
	unsigned needs;
};

#define ANY_KIND STR_NULL
#define DECIDED (OTHER_THAN_WRITER | OTHER_THAN_MOVER)

static const struct transition transitions[] = {
	{ STR("proposed"), STR("appraised"), ANY_KIND, RIGHT_APPRAISE, OTHER_THAN_WRITER,
	  NEED_MANAGER | NEED_TAGS | NEED_NO_FINDINGS },
	{ STR("proposed"), STR("refused"), ANY_KIND, RIGHT_APPRAISE, OTHER_THAN_WRITER, NEED_REASON },
	/* Its ministry has decided and built it. */
	{ STR("proposed"), STR("completed"), STR("central"), RIGHT_APPRAISE, OTHER_THAN_WRITER,
	  NEED_MANAGER | NEED_TAGS | NEED_DECISION | NEED_COMPLETED },
	{ STR("appraised"), STR("approved"), ANY_KIND, RIGHT_APPRAISE, DECIDED, NEED_DECISION | NEED_NO_FINDINGS },
	{ STR("appraised"), STR("refused"), ANY_KIND, RIGHT_APPRAISE, OTHER_THAN_WRITER, NEED_DECISION | NEED_REASON },
	{ STR("approved"), STR("building"), ANY_KIND, RIGHT_CATALOGUE, 0, NEED_KIND | NEED_EXPECTED | NEED_NO_FINDINGS },
	{ STR("building"), STR("completed"), ANY_KIND, RIGHT_CATALOGUE, 0, NEED_COMPLETED | NEED_NO_FINDINGS },
	{ STR("completed"), STR("deploying"), ANY_KIND, RIGHT_CATALOGUE, 0, NEED_GATES | NEED_GUIDANCE | NEED_PLAN | NEED_NO_FINDINGS },
	{ STR("deploying"), STR("operating"), ANY_KIND, RIGHT_CATALOGUE, 0, NEED_UNIT_DONE },
	{ STR("operating"), STR("reviewing"), ANY_KIND, RIGHT_CATALOGUE | RIGHT_REVIEW, 0, NEED_REASON },
	{ STR("reviewing"), STR("operating"), ANY_KIND, RIGHT_CATALOGUE | RIGHT_REVIEW, 0, NEED_REASON },
	{ STR("reviewing"), STR("replacing"), ANY_KIND, RIGHT_APPRAISE, DECIDED, NEED_DECISION | NEED_REPLACEMENT },
	{ STR("reviewing"), STR("stopped"), ANY_KIND, RIGHT_APPRAISE, DECIDED, NEED_DECISION | NEED_REASON },
	{ STR("replacing"), STR("reviewing"), ANY_KIND, RIGHT_APPRAISE, DECIDED, NEED_DECISION | NEED_REASON | NEED_NO_PLAN },
	{ STR("replacing"), STR("stopped"), ANY_KIND, RIGHT_APPRAISE, DECIDED, NEED_DECISION | NEED_REPLACEMENT | NEED_CARRIED | NEED_HANDOVER },
};

static const struct {
	unsigned need;
	const char *name;
} needs[N_LIFECYCLE_NEEDS] = {
	{ NEED_MANAGER, "manager" },
	{ NEED_TAGS, "tags" },
	{ NEED_NO_FINDINGS, "overlap" },
	{ NEED_DECISION, "decision" },
	{ NEED_REASON, "reason" },
	{ NEED_KIND, "kind" },
	{ NEED_EXPECTED, "expected_on" },
	{ NEED_COMPLETED, "completed_on" },
	{ NEED_ARCHITECTURE, "gate_architecture" },
	{ NEED_STRATEGY, "gate_strategy" },
	{ NEED_SECURITY, "gate_security" },
	{ NEED_GUIDANCE, "guidance" },
	{ NEED_PLAN, "plan" },
	{ NEED_UNIT_DONE, "rollout" },
	{ NEED_REPLACEMENT, "replacement" },
	{ NEED_CARRIED, "carried" },
	{ NEED_HANDOVER, "handover" },
	{ NEED_NO_PLAN, "no_plan" },
};

const char *lifecycle_need_name(unsigned need)
{
	for (size_t i = 0; i < ARRAY_LEN(needs); i++)
		if (needs[i].need == need)
			return needs[i].name;
	return NULL;
}

static bool fits(const struct transition *t, struct str state, struct str kind)
{
	return str_equal(t->from, state) && (str_is_null(t->only_kind) || str_equal(t->only_kind, kind));
}

struct lifecycle_verdict lifecycle_decide(const struct lifecycle_facts *facts, struct str to)
{
	const struct transition *t = NULL;
	struct lifecycle_verdict v = { .err = facts->rights == 0 ? ERR_OUT_OF_SCOPE : ERR_WRONG_STATE };

	for (size_t i = 0; i < ARRAY_LEN(transitions) && !t; i++)
		if (fits(&transitions[i], facts->state, facts->kind) && str_equal(transitions[i].to, to))
			t = &transitions[i];
	if (!t)
		return v;
	v.rights = t->rights;
	v.missing = t->needs & ~facts->met;
	if ((facts->rights & t->rights) == 0)
		v.err = ERR_OUT_OF_SCOPE;
	else if ((t->other_than & OTHER_THAN_WRITER && facts->actor_wrote_it) || (t->other_than & OTHER_THAN_MOVER && facts->actor_moved_it))
		v.err = ERR_FOUR_EYES;
	else
		v.err = v.missing != 0 ? ERR_BLOCKED : 0;
	return v;
}

struct str lifecycle_next(struct str state, struct str kind, size_t i)
{
	for (size_t k = 0; k < ARRAY_LEN(transitions); k++)
		if (fits(&transitions[k], state, kind) && i-- == 0)
			return transitions[k].to;
	return STR_NULL;
}
