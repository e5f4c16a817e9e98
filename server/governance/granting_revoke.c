/* granting_revoke.c: taking roles away again. */

#include "common/base/buf.h"
#include "common/model/account_store.h"
#include "server/governance/governance_audit.h"
#include "server/governance/granting.h"

#define OBJECT_MAX_BYTES 2000

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
		buf_add(&labels, arena_printf(op->arena, "%.*s:%.*s@%.*s", STR_ARG(g->platform_code), STR_ARG(g->role_code), STR_ARG(g->unit_code)));
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
