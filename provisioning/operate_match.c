/* An account that is there already without our id: whose it is, by the rules of the mapping, or by a person's word (match.h). */
#include "provisioning/operate_impl.h"

#include "provisioning/match.h"

#include <string.h>

/* It is there, without our id: gets it, and is then brought to what is wanted. */
static bool take_over(struct run *r, struct str ext_id, const char *by)
{
	struct str known = r->call->ext_id, known_stable = r->call->stable_id;
	enum verdict verdict;

	if (!run_may(r, OP_ALLOWED_UPDATE, "adopt"))
		return run_ends_without(r, VERDICT_REFUSED);
	r->call->ext_id = ext_id;
	r->call->stable_id = STR_NULL;
	verdict = run_step(r, "adopt", r->connector->adopt);
	if (verdict != VERDICT_DONE) {
		/* Not known to be ours: nothing is written there by that identifier. */
		r->call->ext_id = known;
		r->call->stable_id = known_stable;
		return run_ends_without(r, verdict == VERDICT_ABSENT ? VERDICT_CONFLICT : verdict);
	}
	r->in_doubt = false;
	r->result->was_adopted = true;
	r->result->adopted_by = by;
	if (run_is_as_wanted(r))
		return run_ends(r, OUTCOME_OK);
	return run_change(r);
}

static bool is_for_a_person(struct run *r, const struct candidates *all)
{
	struct candidates *kept = ARENA_NEW(r->call->op->arena, struct candidates);

	*kept = *all;
	r->result->candidates = kept;
	r->result->op = "match";
	call_fault(r->call, VERDICT_CONFLICT, "disputed", "%zu accounts there may be this one: a person has to say which", all->n);
	r->result->verdict = VERDICT_CONFLICT;
	return run_ends_without(r, VERDICT_CONFLICT);
}

bool run_can_match(const struct run *r)
{
	const struct mapping *m = r->call->want->mapping;

	return r->connector->match && r->call->want->active && m && (m->n_rules > 0 || !str_is_null(r->work->chosen));
}

/* True when that was the end of it. */
static bool match(struct run *r)
{
	struct candidates all = { .n = 0 };
	enum verdict verdict;
	size_t index = 0;

	if (!run_can_match(r) || r->has_matched)
		return false;
	r->has_matched = true;
	if (!str_is_null(r->work->chosen))
		return take_over(r, r->work->chosen, "person");
	switch (match_run(r->connector, r->call, &all, &index, &verdict)) {
	case MATCH_NONE:
		return false;
	case MATCH_ONE:
		return take_over(r, all.items[index].ext_id, all.items[index].rule->name.p);
	case MATCH_DISPUTED:
		return is_for_a_person(r, &all);
	case MATCH_FAILED:
		break;
	}
	r->result->op = "match";
	r->result->verdict = verdict;
	run_ends_without(r, verdict);
	return true;
}

/* Before a first creation, where the mapping says so, or a person. */
bool run_match_first(struct run *r)
{
	const struct mapping *m = r->call->want->mapping;

	if (!str_is_null(r->work->seen_hash) || !m || (!m->match_before_create && str_is_null(r->work->chosen)))
		return false;
	return match(r);
}

/* verdict: of the look-up.  Its own word stays when no rule knows better; several that carry our id are beyond rules. */
bool run_match_or_block(struct run *r, enum verdict verdict)
{
	struct fault said = r->call->fault;

	if (verdict == VERDICT_CONFLICT && said.class && strcmp(said.class, "disputed") == 0)
		return run_ends_without(r, verdict);
	if (match(r))
		return true;
	r->call->fault = said;
	if (verdict == VERDICT_ABSENT)
		call_fault(r->call, VERDICT_CONFLICT, "conflict", "the name is taken by an account that is not ours");
	r->result->verdict = VERDICT_CONFLICT;
	return run_ends_without(r, VERDICT_CONFLICT);
}
