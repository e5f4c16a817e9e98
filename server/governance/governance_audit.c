#include "server/governance/governance_audit.h"

DB_QUERY(audit_account_of_person_q, DB_READ, "SELECT id FROM sen.account WHERE person_id = $1::uuid AND kind = 'operational'");

int governance_account_of(struct op *op, struct str person_id, struct str *ret_account_id)
{
	struct db_rows rows;
	int r = db_run(op, &audit_account_of_person_q, &rows, P_STR(person_id));

	if (r == 0)
		*ret_account_id = rows.n == 1 ? db_str(&rows, 0, 0) : STR_NULL;
	return r;
}

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
	int r = 0;

	if (str_is_null(record.account_id) && !str_is_null(act->person_id))
		r = governance_account_of(op, act->person_id, &record.account_id);
	return r < 0 ? r : audit_add(op, &record);
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
