#include "server/governance/scoping.h"

#include "common/model/account_store.h"
#include "common/model/platform_store.h"
#include "common/model/unit_store.h"
#include "server/governance/delegation.h"
#include "server/governance/governance_audit.h"
#include "server/governance/principal_store.h"

/* A request's parts, found. */
struct found {
	const struct scoping_request *request;
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
	json_set_str(data, "granted_by", scope->granted_by);
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

/* As it was asked for; it is nothing yet. */
static struct scope waiting(const struct principal *p, const struct found *f, const struct scope_asked *asked)
{
	const struct scoping_request *request = f->request;

	return (struct scope){ .id = asked->id, .account_id = f->account.id, .login = f->account.login, .unit_code = f->unit.code,
		               .unit_name = f->unit.name, .platform_id = f->platform_id, .platform_code = request->platform, .rights = request->rights,
		               .n_rights = request->n_rights, .roles = request->roles, .n_roles = request->n_roles,
		               .max_sensitivity = request->max_sensitivity, .valid_to = request->valid_to, .granted_by = p->login,
		               .waits_until = asked->expires_at };
}

static int check_duties(struct op *op, const struct scope_new *new)
{
	struct str blocking;
	int r = scope_blocking_duties(op, new, &blocking);

	if (r < 0 || str_is_null(blocking))
		return r;
	(void)op_fail(op, ERR_SEPARATION_OF_DUTIES, "separation of duties forbids it");
	return op_fail_arg(op, "rule", blocking);
}

/* Where two are needed, the first is noted, and the second, who asks for the same, gives it together with the first. */
static int give(struct op *op, const struct principal *p, struct scope_new *new, const struct found *f, struct scope *ret_scope, bool *ret_added)
{
	struct scope_asked asked;
	bool needs_two = false;
	int r = check_duties(op, new);

	*ret_added = false;
	if (r == 0)
		r = scope_needs_two(op, new, &needs_two);
	if (r == 0 && needs_two) {
		r = scope_ask(op, new, &asked);
		if (r < 0)
			return r;
		*ret_scope = asked.there ? asked.scope : waiting(p, f, &asked);
		if (!asked.there && str_is_null(asked.by))
			return audit_scope(op, p, "scope.ask", ret_scope);
		if (asked.there)
			return 0;
		new->confirmed_by = new->granted_by;
		new->granted_by = asked.by;
	}
	if (r == 0)
		r = scope_add(op, new, ret_scope, ret_added);
	return r == 0 && *ret_added ? audit_scope(op, p, "scope.add", ret_scope) : r;
}

int scoping_add(struct op *op, const struct principal *p, const struct scoping_request *request, struct scope *ret_scope,
                bool *ret_added)
{
	struct found f = { .request = request };
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
	struct scope_new new = {
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
		.confirmed_by = STR_NULL,
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
	r = give(op, p, &new, &f, ret_scope, ret_added);
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

/* What only waits is dropped. */
static int drop_waiting(struct op *op, const struct principal *p, struct str id, bool *ret_changed)
{
	const struct governance_act act = { .action = "scope.drop", .account_id = STR_NULL, .object = id };
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = scope_drop_waiting(op, id, p->account_id, ret_changed);
	if (r == 0 && !*ret_changed)
		r = op_fail(op, ERR_NOT_FOUND, "no such scope");
	if (r == 0)
		r = governance_audit(op, p, &act, NULL);
	return audit_commit(op, r, NULL);
}

int scoping_revoke(struct op *op, const struct principal *p, struct str id, bool *ret_changed)
{
	struct scope scope;
	bool changed = false;
	int r = scope_get(op, id, &scope);

	if (r == ERR_NOT_FOUND) {
		op_forgive(op);
		return drop_waiting(op, p, id, ret_changed);
	}
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

DB_QUERY(scoping_waiting_q, DB_READ,
         "SELECT x.json, x.unit_id, x.id FROM sen.scoped_units($1::uuid, 'read') s CROSS JOIN LATERAL (SELECT jsonb_build_object('id', w.id, 'login', a.login,"
         " 'full_name', n.full_name, 'unit', u.code, 'unit_name', u.name, 'platform', p.code, 'rights', to_jsonb(w.rights), 'roles',"
         " ARRAY(SELECT r.code FROM sen.role r WHERE r.id = ANY (w.role_ids) ORDER BY 1), 'max_sensitivity',"
         " (ARRAY['low', 'normal', 'high', 'privileged'])[w.max_rank + 1], 'valid_to', sen.iso(w.valid_to), 'asked_by', b.login,"
         " 'asked_at', sen.iso(w.asked_at), 'expires_at', sen.iso(w.expires_at)) AS json, w.unit_id, w.id"
         " FROM sen.scope_waiting w JOIN sen.account a ON a.id = w.account_id JOIN sen.person n ON n.id = a.person_id JOIN sen.unit u ON u.id = w.unit_id"
         " JOIN sen.account b ON b.id = w.asked_by LEFT JOIN sen.platform p ON p.id = w.platform_id WHERE w.unit_id = s.unit_id AND w.closed_at IS NULL"
         " AND w.expires_at > now() AND (s.every OR w.platform_id = ANY (s.platforms))"
         " AND ($2::integer IS NULL OR (w.unit_id, w.id) > ($2::integer, $3::uuid)) ORDER BY w.id LIMIT $4::integer) x"
         " WHERE $2::integer IS NULL OR s.unit_id >= $2::integer ORDER BY x.unit_id, x.id LIMIT $4::integer");
const struct query *const scoping_waiting = &scoping_waiting_q;
