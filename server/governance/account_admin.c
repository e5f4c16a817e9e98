#include "server/governance/account_admin.h"

#include "common/model/unit_store.h"
#include "server/governance/delegation.h"
#include "server/governance/governance_audit.h"
#include "server/governance/principal_store.h"
#include "server/login/throttle.h"

/* The account, if the principal may do this with all of it. */
static int find_managed(struct op *op, const struct principal *p, unsigned right, struct str login, struct account *ret_account)
{
	const struct admin_scope *held;
	struct delegation_object object;
	struct account account;
	struct unit home;
	size_t n_held;
	int r = account_find(op, login, &account);

	if (r < 0)
		return r;
	r = unit_of_person(op, account.person_id, &home);
	if (r < 0)
		return r;
	r = principal_load_scopes(op, account.id, &held, &n_held);
	if (r < 0)
		return r;
	object = (struct delegation_object){ .person_id = account.person_id, .unit_path = home.path, .platform_id = EVERY_PLATFORM };
	r = governance_refuse(op, delegation_check_account(p, right, &object, held, n_held));
	if (r == 0)
		*ret_account = account;
	return r;
}

static int audit_account(struct op *op, const struct principal *p, const char *action, const struct account *account, json_t *data)
{
	const struct governance_act act = { .action = action, .account_id = account->id, .object = account->login };

	return governance_audit(op, p, &act, data);
}

static json_t *because(struct str reason)
{
	json_t *data = json_new_object();

	json_set_str(data, "reason", reason);
	return data;
}

/* Ends the transaction according to r. */
static int finish(struct op *op, int r)
{
	if (r == 0)
		return db_commit(op);
	db_rollback(op);
	return r;
}

int account_admin_activation(struct op *op, const struct principal *p, struct str login, struct activation_code *ret_code)
{
	struct activation_code code;
	struct account account;
	json_t *data;
	int r = find_managed(op, p, RIGHT_ACTIVATE, login, &account);

	if (r < 0)
		return r;
	r = db_begin(op);
	if (r < 0)
		return r;
	r = activation_issue(op, account.id, p->account_id, &code);
	if (r == 0) {
		data = json_new_object();
		json_set_str(data, "expires_at", code.expires_at);
		r = audit_account(op, p, "account.activation_code", &account, data);
	}
	r = finish(op, r);
	if (r == 0)
		*ret_code = code;
	return r;
}

int account_admin_unlock(struct op *op, const struct principal *p, struct str login)
{
	struct account account;
	bool may = false;
	int r = find_managed(op, p, RIGHT_ACTIVATE, login, &account);

	if (r == 0)
		r = account_may_manage(op, p->account_id, "activate", account.id, &may);
	if (r == 0 && !may)
		r = op_fail(op, ERR_OUT_OF_SCOPE, "the account is not within your scope");
	if (r < 0)
		return r;
	r = db_begin(op);
	if (r < 0)
		return r;
	r = throttle_clear(op, throttle_name_hash(op, account.login));
	if (r == 0)
		r = audit_account(op, p, "account.unlock", &account, NULL);
	return finish(op, r);
}

struct state_change {
	unsigned right;
	const char *right_name;
	int (*change)(struct op *op, struct str id, struct str actor, int64_t seen, bool *ret_changed);
	const char *action;
	struct str reason;
	int64_t seen;
};

/* Nothing was done: they may not, or saw another state than it has by now, or there is nothing to do. */
static int not_changed(struct op *op, const struct principal *p, struct str login, const struct state_change *how)
{
	struct account now;
	bool may = false;
	int r = account_find(op, login, &now);

	if (r == 0)
		r = account_may_manage(op, p->account_id, how->right_name, now.id, &may);
	if (r < 0)
		return r;
	if (!may)
		return op_fail(op, ERR_OUT_OF_SCOPE, "the account is not within your scope");
	return how->seen == EPOCH_ANY || how->seen == now.epoch ? 0 : op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
}

static int apply_change(struct op *op, const struct principal *p, const struct account *account, const struct state_change *how,
                        bool *ret_changed)
{
	int r = how->change(op, account->id, p->account_id, how->seen, ret_changed);

	if (r < 0)
		return r;
	return *ret_changed ? audit_account(op, p, how->action, account, because(how->reason)) : not_changed(op, p, account->login, how);
}

static int change(struct op *op, const struct principal *p, struct str login, const struct state_change *how, bool *ret_changed)
{
	struct account account;
	bool changed = false;
	int r = find_managed(op, p, how->right, login, &account);

	if (r < 0)
		return r;
	r = db_begin(op);
	if (r < 0)
		return r;
	r = finish(op, apply_change(op, p, &account, how, &changed));
	if (r == 0)
		*ret_changed = changed;
	return r;
}

/* What cuts somebody off does not wait until they were looked at. */
int account_admin_disable(struct op *op, const struct principal *p, struct str login, struct str reason, bool *ret_changed)
{
	const struct state_change how = { RIGHT_REVOKE, "revoke", account_disable, "account.disable", reason, EPOCH_ANY };

	return change(op, p, login, &how, ret_changed);
}

int account_admin_enable(struct op *op, const struct principal *p, const struct account_enabling *e, bool *ret_changed)
{
	const struct state_change how = { RIGHT_ACTIVATE, "activate", account_enable, "account.enable", e->reason, e->seen };

	return change(op, p, e->login, &how, ret_changed);
}
