#include "server/governance/bootstrap.h"

#include "common/model/audit.h"
#include "common/model/scope_store.h"
#include "common/model/unit_store.h"
#include "server/governance/principal_store.h"

static int audit_all(struct op *op, const struct bootstrap_request *request, const struct bootstrap_result *result, bool created)
{
	const struct audit_record records[] = {
		{ request->operator, "account.add", result->account.id, result->account.login, NULL },
		{ request->operator, "scope.bootstrap", result->account.id, arena_printf(op->arena, "*@%.*s", STR_ARG(request->unit)), NULL },
		{ request->operator, "account.activation_code", result->account.id, result->account.login, NULL },
	};

	for (size_t i = created ? 0 : 1; i < ARRAY_LEN(records); i++) {
		int r = audit_add(op, &records[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

static int add_scope(struct op *op, struct str account_id, struct str unit_code)
{
	struct scope scope;
	struct unit unit;
	bool added;
	int r = unit_find(op, unit_code, &unit);

	if (r < 0)
		return r;
	struct scope_new new = { .account_id = account_id, .unit_id = unit.id, .platform_id = SCOPE_ALL_PLATFORMS };

	new.rights = admin_right_names(op->arena, &new.n_rights);

	return scope_add(op, &new, &scope, &added);
}

static int in_transaction(struct op *op, const struct bootstrap_request *request, struct bootstrap_result *result)
{
	struct person person;
	bool none, created;
	int r = scope_none_yet(op, request->second, &none);

	if (r < 0)
		return r;
	if (!none)
		return op_fail(op, ERR_CONFLICT, request->second ? "there are two already, or none; further ones are delegated by administrators" :
		                                                   "there is an administrator already; further ones are delegated by administrators");
	r = person_find(op, request->employee_code, &person);
	if (r < 0)
		return r;
	r = account_ensure(op, &person, &result->account, &created);
	if (r < 0)
		return r;
	r = add_scope(op, result->account.id, request->unit);
	if (r < 0)
		return r;
	r = activation_issue_by_operator(op, result->account.id, request->operator, &result->code);
	if (r < 0)
		return r;
	return audit_all(op, request, result, created);
}

int bootstrap_admin(struct op *op, const struct bootstrap_request *request, struct bootstrap_result *ret_result)
{
	struct bootstrap_result result;
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = in_transaction(op, request, &result);
	if (r < 0) {
		db_rollback(op);
		return r;
	}
	r = db_commit(op);
	if (r == 0)
		*ret_result = result;
	return r;
}
