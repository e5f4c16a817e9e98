/* How access on a platform ends, and how an account is taken away. */
#include "provisioning/operate_impl.h"

bool run_take_down(struct run *r)
{
	enum verdict verdict;

	if (str_is_null(r->call->ext_id)) {
		if (!run_look_up(r, &verdict))
			return run_ends_without(r, verdict);
		/* Nothing of ours is there; somebody else's account is not touched. */
		if (verdict != VERDICT_DONE)
			return run_ends_off(r, SIGHT_ABSENT);
		/* From a creation whose answer nobody heard. */
		r->result->was_created = str_is_null(r->work->seen_hash);
		if (r->seen.is_known && !r->seen.active && r->seen.matches)
			return run_ends_off(r, SIGHT_INACTIVE);
	}
	if (!run_may(r, OP_ALLOWED_DISABLE, "disable"))
		return run_ends_without(r, VERDICT_REFUSED);
	verdict = run_step(r, "disable", r->connector->disable);
	if (verdict == VERDICT_ABSENT)
		return run_ends_off(r, SIGHT_ABSENT);
	if (verdict != VERDICT_DONE)
		return run_ends_without(r, verdict);
	r->result->was_disabled = true;
	return run_confirm(r, true);
}

/* Nothing of ours is left there. */
static bool ends_deleted(struct run *r)
{
	r->result->was_deleted = true;
	r->call->ext_id = STR_NULL;
	return run_ends_off(r, SIGHT_ABSENT);
}

bool run_take_away(struct run *r)
{
	enum verdict verdict;

	if (!r->connector->remove) {
		r->result->op = "delete";
		call_fault(r->call, VERDICT_REFUSED, "not_able", "accounts of this kind of platform are kept");
		return run_ends_without(r, VERDICT_REFUSED);
	}
	if (!run_may(r, OP_ALLOWED_DELETE, "delete"))
		return run_ends_without(r, VERDICT_REFUSED);
	if (str_is_null(r->call->ext_id)) {
		if (!run_look_up(r, &verdict))
			return run_ends_without(r, verdict);
		if (verdict != VERDICT_DONE)
			return ends_deleted(r);
	}
	verdict = run_step(r, "delete", r->connector->remove);
	if (verdict == VERDICT_ABSENT)
		return ends_deleted(r);
	if (verdict != VERDICT_DONE)
		return run_ends_without(r, verdict);
	verdict = run_step(r, "delete", r->connector->read_back);
	if (verdict == VERDICT_ABSENT)
		return ends_deleted(r);
	if (verdict != VERDICT_DONE)
		return run_ends_without(r, verdict);
	call_fault(r->call, VERDICT_NOT_DONE, "ignored", "the platform answered well but the account is still there");
	r->result->verdict = VERDICT_NOT_DONE;
	return run_ends_without(r, VERDICT_NOT_DONE);
}
