#include "server/governance/granting.h"

#include "common/base/buf.h"
#include "common/model/account_store.h"
#include "common/model/platform_store.h"
#include "common/model/unit_store.h"
#include "server/governance/delegation.h"
#include "server/governance/governance_audit.h"

#define OBJECT_MAX_BYTES 2000

/* A request and what it names, found. */
struct found {
	const struct granting_request *request;
	struct person person;
	struct platform platform;
	struct role role;
	struct unit unit;
};

static int find_person(struct op *op, const struct granting_request *request, struct person *ret_person)
{
	struct account account;
	int r;

	if (str_is_null(request->login))
		return person_find(op, request->employee_code, ret_person);
	r = account_find(op, request->login, &account);
	if (r < 0)
		return r;
	return person_get(op, account.person_id, ret_person);
}

/* The closed platform before the role: one that is only proposed has no roles yet. */
static int find_all(struct op *op, struct found *f)
{
	const struct granting_request *request = f->request;
	int r = find_person(op, request, &f->person);

	if (r < 0)
		return r;
	r = platform_find(op, request->platform, &f->platform);
	if (r < 0)
		return r;
	if (!f->platform.is_open)
		return platform_refuse_closed(op, &f->platform);
	r = role_find(op, f->platform.id, request->role, &f->role);
	if (r < 0)
		return r;
	if (str_is_null(request->unit))
		return unit_of_person(op, f->person.id, &f->unit);
	return unit_find(op, request->unit, &f->unit);
}

/* A grant is for the work of a unit to which a post of the person belongs: access follows posts. */
static int check_post(struct op *op, const struct found *f)
{
	const struct post *posts;
	size_t n;
	int r = person_posts(op, f->person.id, &posts, &n);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if (str_starts(posts[i].unit_path, f->unit.path))
			return 0;
	(void)op_fail(op, ERR_INVALID_VALUE, "the person holds no post in that unit");
	return op_fail_arg(op, "field", STR("unit"));
}

static struct str role_label(struct op *op, struct str platform, struct str role, struct str unit)
{
	return arena_printf(op->arena, "%.*s:%.*s@%.*s", STR_ARG(platform), STR_ARG(role), STR_ARG(unit));
}

static int audit_grant(struct op *op, const struct principal *p, const struct found *f, const struct grant *grant,
                       bool account_created)
{
	struct governance_act act = {
		.action = "account.add",
		.account_id = grant->account_id,
		.object = grant->login,
	};
	json_t *data;
	int r = 0;

	if (account_created)
		r = governance_audit(op, p, &act, NULL);
	if (r < 0)
		return r;
	act.action = "grant.add";
	act.object = role_label(op, f->platform.code, f->role.code, f->unit.code);
	data = json_new_object();
	json_set_str(data, "grant", grant->id);
	json_set_str(data, "basis", grant->basis);
	json_set_str(data, "valid_from", grant->valid_from);
	json_set_str(data, "valid_to", grant->valid_to);
	return governance_audit(op, p, &act, data);
}

static int add_in_transaction(struct op *op, const struct principal *p, const struct found *f, struct grant *ret_grant,
                              bool *ret_added)
{
	struct account account;
	bool created;
	int r = account_ensure(op, &f->person, &account, &created);

	if (r < 0)
		return r;
	if (str_equal(account.status, STR("disabled")))
		return op_fail(op, ERR_ACCOUNT_STATE, "the account is disabled");
	const struct grant_new new = {
		.account_id = account.id,
		.role_id = f->role.id,
		.unit_id = f->unit.id,
		.basis = f->request->basis,
		.valid_from = f->request->valid_from,
		.valid_to = f->request->valid_to,
		.granted_by = p->account_id,
	};
	r = grant_add(op, &new, ret_grant, ret_added);
	if (r < 0 || !*ret_added)
		return r;
	return audit_grant(op, p, f, ret_grant, created);
}

int granting_add(struct op *op, const struct principal *p, const struct granting_request *request, struct grant *ret_grant,
                 bool *ret_added)
{
	struct found f = { .request = request };
	struct delegation_object object;
	int r = find_all(op, &f);

	if (r < 0)
		return r;
	object = (struct delegation_object){ .person_id = f.person.id, .unit_path = f.unit.path, .platform_id = f.platform.id };
	r = governance_refuse(op, delegation_check(p, RIGHT_GRANT, &object));
	if (r < 0)
		return r;
	r = check_post(op, &f);
	if (r < 0)
		return r;
	r = db_begin(op);
	if (r < 0)
		return r;
	r = add_in_transaction(op, p, &f, ret_grant, ret_added);
	if (r < 0) {
		db_rollback(op);
		return r;
	}
	return db_commit(op);
}

static int audit_revocation(struct op *op, const struct principal *p, struct str account_id, struct str reason,
                            const struct granting_revoked *revoked)
{
	struct buf labels = buf_new(op->arena, OBJECT_MAX_BYTES);
	json_t *ids = json_new_array();
	json_t *data = json_new_object();
	struct governance_act act = { .action = "grant.revoke", .account_id = account_id };

	for (size_t i = 0; i < revoked->done.n; i++) {
		const struct grant_revoked *g = &revoked->done.grants[i];

		if (i > 0)
			buf_add_char(&labels, ' ');
		buf_add(&labels, role_label(op, g->platform_code, g->role_code, g->unit_code));
		json_array_append_new(ids, json_from_str(g->id));
	}
	json_set_take(data, "grants", ids);
	json_set_str(data, "reason", reason);
	/* Past the limit the last labels are left out; the ids are complete. */
	act.object = buf_str(&labels);
	return governance_audit(op, p, &act, data);
}

static int revoke_in_transaction(struct op *op, const struct principal *p, const struct grant_choice *choice, struct str reason,
                                 struct granting_revoked *ret_revoked)
{
	size_t left;
	int r = grant_revoke(op, choice, p->account_id, reason, &ret_revoked->done);

	if (r < 0)
		return r;
	r = grant_count(op, choice, &left);
	if (r < 0)
		return r;
	ret_revoked->n_beyond = left;
	if (ret_revoked->done.n == 0)
		return left == 0 ? 0 : op_fail(op, ERR_OUT_OF_SCOPE, "the grants are not within your scope");
	r = account_raise_epoch(op, choice->account_id);
	if (r < 0)
		return r;
	return audit_revocation(op, p, choice->account_id, reason, ret_revoked);
}

int granting_revoke(struct op *op, const struct principal *p, const struct granting_revocation *revocation,
                    struct granting_revoked *ret_revoked)
{
	struct account account;
	struct grant grant;
	struct granting_revoked revoked;
	int r = account_find(op, revocation->login, &account);

	if (r < 0)
		return r;
	if (str_equal(account.person_id, p->person_id))
		return governance_refuse(op, ERR_SELF_GRANT);
	/* A grant that never was is an error; one that is revoked already is not. */
	if (!str_is_null(revocation->id)) {
		r = grant_get(op, account.id, revocation->id, &grant);
		if (r < 0)
			return r;
	}
	const struct grant_choice choice = {
		.account_id = account.id,
		.id = revocation->id,
		.platform_code = revocation->platform,
		.role_code = revocation->role,
	};
	r = db_begin(op);
	if (r < 0)
		return r;
	r = revoke_in_transaction(op, p, &choice, revocation->reason, &revoked);
	if (r < 0) {
		db_rollback(op);
		return r;
	}
	r = db_commit(op);
	if (r == 0)
		*ret_revoked = revoked;
	return r;
}
