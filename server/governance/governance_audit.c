#include "server/governance/governance_audit.h"

int governance_audit(struct op *op, const struct principal *p, const struct governance_act *act, json_t *data)
{
	_json_ json_t *owned = data;
	struct audit_record record = {
		.actor = arena_printf(op->arena, "account:%.*s", STR_ARG(p->account_id)),
		.action = act->action,
		.account_id = act->account_id,
		.object = act->object,
		.data = owned,
	};

	return audit_add(op, &record);
}

int governance_commit(struct op *op, const struct principal *p, int r, const struct governance_act *act, json_t *data)
{
	_json_ json_t *owned = data;

	if (r >= 0)
		r = governance_audit(op, p, act, json_incref(owned));
	if (r >= 0)
		return db_commit(op);
	db_rollback(op);
	return r;
}

int governance_refuse(struct op *op, int refusal)
{
	if (refusal == 0)
		return 0;
	if (refusal == ERR_SELF_GRANT)
		return op_fail(op, ERR_SELF_GRANT, "nobody acts for themself");
	return op_fail(op, ERR_OUT_OF_SCOPE, "not within your scope");
}
