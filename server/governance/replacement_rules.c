#include "server/governance/replacement_rules.h"

#include <stddef.h>

static int refuse(const char **ret_by, int code, const char *by)
{
	*ret_by = by;
	return code;
}

/* What stands in the way of every step. */
static int may_run_at_all(const struct replacement_status *status, const char **ret_by)
{
	if (!status->is_approved)
		return refuse(ret_by, ERR_WRONG_STATE, "approval");
	if (status->is_to_be_cancelled)
		return refuse(ret_by, ERR_BLOCKED, "cancellation");
	if (!status->is_new_open)
		return refuse(ret_by, ERR_BLOCKED, "new_platform");
	return status->n_unmapped > 0 ? refuse(ret_by, ERR_BLOCKED, "role_map") : 0;
}

int replacement_may_run(const struct replacement_status *status, enum replacement_step step, const char **ret_by)
{
	int r;

	*ret_by = NULL;
	r = may_run_at_all(status, ret_by);
	if (r < 0 || step == REPLACEMENT_GRANT)
		return r;
	/* Nothing is taken on the old platform as long as anything is missing on the new one. */
	if (status->n_to_grant > 0 || !status->is_followed)
		return refuse(ret_by, ERR_BLOCKED, "grant");
	if (step == REPLACEMENT_READ_ONLY)
		return status->has_read_only ? 0 : refuse(ret_by, ERR_WRONG_STATE, "read_only_role");
	if (!status->is_cutover_day)
		return refuse(ret_by, ERR_BLOCKED, "cutover");
	return status->is_handed_over ? 0 : refuse(ret_by, ERR_BLOCKED, "handover");
}

bool replacement_next_step(const struct replacement_status *status, enum replacement_step *ret_step)
{
	const char *ignored;

	if (status->n_to_grant > 0 || !status->is_followed)
		*ret_step = REPLACEMENT_GRANT;
	else if (status->has_read_only && status->is_read_only_day && status->n_to_read_only > 0)
		*ret_step = REPLACEMENT_READ_ONLY;
	else
		*ret_step = REPLACEMENT_REVOKE;
	if (*ret_step == REPLACEMENT_REVOKE && status->n_waiting > 0 && status->n_waiting == status->n_to_revoke)
		return false;
	return replacement_may_run(status, *ret_step, &ignored) == 0;
}
