#include "server/governance/scoping.h"

#include "common/model/account_store.h"
#include "common/model/platform_store.h"
#include "common/model/unit_store.h"
#include "server/governance/delegation.h"
#include "server/governance/governance_audit.h"
#include "server/governance/principal_store.h"

/* A request's parts, found. */
struct found {
	struct account account;
	struct unit unit;
	int64_t platform_id;
	unsigned rights;
	int64_t *roles;
	struct str *role_ids;
	int max_rank;
};

static const struct str sensitivities[] = { STR("low"), STR("normal"), STR("high"), STR("privileged") };

static int read_rights(struct op *op, const struct scoping_request *request, unsigned *ret_rights)
{
	unsigned rights = 0;

	for (size_t i = 0; i < request->n_rights; i++) {
		unsigned right = admin_right_from_name(request->rights[i]);

		if (right == 0 || (rights & right) != 0) {
			(void)op_fail(op, ERR_INVALID_VALUE, "rights are names of rights, each once");
			return op_fail_arg(op, "field", STR("rights"));
		}
		rights |= right;
	}
	*ret_rights = rights;
	return 0;
}

static int read_cap(struct op *op, const struct scoping_request *request, struct found *f)
{
	if (str_is_null(request->max_sensitivity))
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(sensitivities); i++) {
		if (str_equal(sensitivities[i], request->max_sensitivity)) {
			f->max_rank = (int)i;
			return 0;
		}
	}
	(void)op_fail(op, ERR_INVALID_VALUE, "no such sensitivity");
	return op_fail_arg(op, "field", STR("max_sensitivity"));
}

static int find_roles(struct op *op, const struct scoping_request *request, struct found *f)
{
	struct role role;
	int r = read_cap(op, request, f);

	if (r < 0 || request->n_roles == 0)
		return r;
	if (f->platform_id == SCOPE_ALL_PLATFORMS) {
		(void)op_fail(op, ERR_INVALID_VALUE, "roles are named together with their platform");
		return op_fail_arg(op, "field", STR("roles"));
	}
	f->roles = ARENA_ARRAY(op->arena, int64_t, request->n_roles);
	f->role_ids = ARENA_ARRAY(op->arena, struct str, request->n_roles);
	for (size_t i = 0; i < request->n_roles; i++) {
		r = role_find(op, f->platform_id, request->roles[i], &role);
		if (r < 0)
			return r;
		f->roles[i] = role.id;
		f->role_ids[i] = arena_printf(op->arena, "%lld", (long long)role.id);
	}
	return 0;
}

static int find_all(struct op *op, const struct scoping_request *request, struct found *f)
{
	struct platform platform;
	int r = read_rights(op, request, &f->rights);

	if (r < 0)
		return r;
	r = account_find(op, request->login, &f->account);
	if (r < 0)
		return r;
	r = unit_find(op, request->unit, &f->unit);
	if (r < 0)
		return r;
	f->platform_id = SCOPE_ALL_PLATFORMS;
	if (str_is_null(request->platform))
		return 0;
	r = platform_find(op, request->platform, &platform);
	if (r < 0)
		return r;
	f->platform_id = platform.id;
	return 0;
}

static int audit_scope(struct op *op, const struct principal *p, const char *action, const struct scope *scope)
{
	struct str platform = str_is_null(scope->platform_code) ? STR("*") : scope->platform_code;
	const struct governance_act act = {
		.action = action,
		.account_id = scope->account_id,
		.object = arena_printf(op->arena, "%.*s@%.*s", STR_ARG(platform), STR_ARG(scope->unit_code)),
	};
	json_t *rights = json_new_array();
	json_t *data = json_new_object();

	for (size_t i = 0; i < scope->n_rights; i++)
		json_array_append_new(rights, json_from_str(scope->rights[i]));
	json_set_str(data, "scope", scope->id);
	json_set_take(data, "rights", rights);
	json_set_str(data, "max_sensitivity", scope->max_sensitivity);
	if (scope->n_roles > 0) {
		json_t *roles = json_new_array();

		for (size_t i = 0; i < scope->n_roles; i++)
			json_array_append_new(roles, json_from_str(scope->roles[i]));
		json_set_take(data, "roles", roles);
	}
	json_set_str(data, "valid_to", scope->valid_to);
	return governance_audit(op, p, &act, data);
}

static int check_kind(struct op *op, struct str account_id, const struct scoping_request *request)
{
	bool may, is_service;
	int r = scope_may_be_held(op, account_id, request->rights, request->n_rights, &may, &is_service);

	if (r < 0 || may)
		return r;
	if (is_service) {
		(void)op_fail(op, ERR_BLOCKED, "a service account may hold what a feed needs: read, import, personnel, grant, revoke");
		return op_fail_arg(op, "by", STR("service_account"));
	}
	(void)op_fail(op, ERR_BLOCKED, "scopes are held by administrator accounts");
	return op_fail_arg(op, "by", STR("administrator_account"));
}

int scoping_add(struct op *op, const struct principal *p, const struct scoping_request *request, struct scope *ret_scope,
                bool *ret_added)
{
	struct found f = { .rights = 0 };
	int r = find_all(op, request, &f);

	if (r == 0)
		r = find_roles(op, request, &f);
	if (r < 0)
		return r;
	const struct delegation_gift gift = {
		.to = { .person_id = f.account.person_id, .unit_path = f.unit.path, .platform_id = f.platform_id },
		.rights = f.rights,
		.valid_to_s = request->valid_to_s,
		.roles = f.roles,
		.n_roles = request->n_roles,
		.is_capped = !str_is_null(request->max_sensitivity),
		.max_rank = f.max_rank,
	};
	const struct scope_new new = {
		.account_id = f.account.id,
		.unit_id = f.unit.id,
		.platform_id = f.platform_id,
		.rights = request->rights,
		.n_rights = request->n_rights,
		.valid_to = request->valid_to,
		.role_ids = f.role_ids,
		.n_role_ids = request->n_roles,
		.max_sensitivity = request->max_sensitivity,
		.granted_by = p->account_id,
	};
	r = governance_refuse(op, delegation_check_gift(p, &gift));
	if (r < 0)
		return r;
	if (str_equal(f.account.status, STR("disabled")) || str_equal(f.account.status, STR("archived")))
		return op_fail(op, ERR_ACCOUNT_STATE, "the account is disabled");
	r = check_kind(op, f.account.id, request);
	if (r < 0)
		return r;
	r = db_begin(op);
	if (r < 0)
		return r;
	r = scope_add(op, &new, ret_scope, ret_added);
	if (r == 0 && *ret_added)
		r = audit_scope(op, p, "scope.add", ret_scope);
	if (r < 0) {
		db_rollback(op);
		return r;
	}
	return db_commit(op);
}

static int revoke_in_transaction(struct op *op, const struct principal *p, const struct scope *scope, bool *ret_changed)
{
	int r = scope_revoke(op, scope->account_id, scope->id, p->account_id, ret_changed);

	if (r < 0)
		return r;
	if (*ret_changed)
		return audit_scope(op, p, "scope.revoke", scope);
	return scope->is_revoked ? 0 : op_fail(op, ERR_OUT_OF_SCOPE, "the scope is not within yours");
}

int scoping_revoke(struct op *op, const struct principal *p, struct str id, bool *ret_changed)
{
	struct scope scope;
	bool changed = false;
	int r = scope_get(op, id, &scope);

	if (r < 0)
		return r;
	if (str_equal(scope.account_id, p->account_id))
		return governance_refuse(op, ERR_SELF_GRANT);
	r = db_begin(op);
	if (r < 0)
		return r;
	r = revoke_in_transaction(op, p, &scope, &changed);
	if (r < 0) {
		db_rollback(op);
		return r;
	}
	r = db_commit(op);
	if (r == 0)
		*ret_changed = changed;
	return r;
}
