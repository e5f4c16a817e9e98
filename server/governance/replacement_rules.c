#include "server/governance/replacement_rules.h"

#include <stddef.h>

static int refuse(const char **ret_by, int code, const char *by)
{
	*ret_by = by;
	return code;
}

int replacement_may_run(const struct replacement_status *status, enum replacement_step step, const char **ret_by)
{
	*ret_by = NULL;
	if (!status->is_approved)
		return refuse(ret_by, ERR_WRONG_STATE, "approval");
	if (status->n_unmapped > 0)
		return refuse(ret_by, ERR_BLOCKED, "role_map");
	if (step == REPLACEMENT_GRANT)
		return 0;
	/* Nothing is taken on the old platform as long as anything is missing on the new one. */
	if (status->n_to_grant > 0)
		return refuse(ret_by, ERR_BLOCKED, "grant");
	if (step == REPLACEMENT_READ_ONLY)
		return status->has_read_only ? 0 : refuse(ret_by, ERR_WRONG_STATE, "read_only_role");
	return status->is_cutover_day ? 0 : refuse(ret_by, ERR_BLOCKED, "cutover");
}
