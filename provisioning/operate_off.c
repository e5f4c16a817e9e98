/* How access on a platform ends, and how an account is taken away. */
#include "provisioning/operate_impl.h"

#include <string.h>

/*
 * Looks for it by every key that we hold.  True: *ret_verdict is VERDICT_DONE, or nothing of ours is there.  An account that we
 * had and that only our id does not find any more, while its place or its name is taken, may be the same one: nobody but a person
 * can say that access has ended.
 */
static bool look_for(struct run *r, enum verdict *ret_verdict)
{
	const struct work *w = r->work;
	bool was_ours = !str_is_null(w->ext_id) || w->seen_active;

	if (!run_look_up(r, ret_verdict)) {
		run_ends_without(r, *ret_verdict);
		return false;
	}
	if (*ret_verdict != VERDICT_CONFLICT || (!was_ours && strcmp(r->call->fault.class, "disputed") != 0))
		return true;
	if (strcmp(r->call->fault.class, "disputed") != 0)
		call_fault(r->call, VERDICT_CONFLICT, "disputed", "our id is gone and an account is in its place, maybe still the same: %.*s",
		           STR_ARG(r->call->fault.detail));
	r->result->verdict = VERDICT_CONFLICT;
	run_ends_without(r, VERDICT_CONFLICT);
	return false;
}

bool run_take_down(struct run *r)
{
	enum verdict verdict;

	if (str_is_null(r->call->ext_id)) {
		if (!look_for(r, &verdict))
			return true;
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
		return run_follow(r);
	if (verdict != VERDICT_DONE)
		return run_ends_without(r, verdict);
	r->result->was_disabled = true;
	return run_confirm(r, true);
}

bool run_follow(struct run *r)
{
	enum verdict verdict;

	if (!run_begins_again(r) || !look_for(r, &verdict))
		return true;
	if (verdict != VERDICT_DONE)
		return run_ends_off(r, SIGHT_ABSENT);
	if (r->seen.is_known && !r->seen.active && r->seen.matches)
		return run_ends_off(r, SIGHT_INACTIVE);
	return run_take_down(r);
}

/* Nothing of ours is left there. */
static bool ends_deleted(struct run *r)
{
	r->result->was_deleted = true;
	r->call->ext_id = r->call->stable_id = STR_NULL;
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
	verdict = str_is_null(r->call->ext_id) ? VERDICT_ABSENT : run_step(r, "delete", r->connector->remove);
	while (verdict == VERDICT_ABSENT) {
		if (!run_begins_again(r) || !look_for(r, &verdict))
			return true;
		if (verdict != VERDICT_DONE)
			return ends_deleted(r);
		verdict = run_step(r, "delete", r->connector->remove);
	}
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
