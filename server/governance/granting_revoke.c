/* granting_revoke.c: taking roles away again. */

#include "common/base/buf.h"
#include "common/model/account_store.h"
#include "server/governance/bulk_rows.h"
#include "server/governance/governance_audit.h"
#include "server/governance/granting.h"

#define OBJECT_MAX_BYTES 2000

/* Where a revocation leads: whose, which of theirs. */
struct found {
	struct str account_id;
	struct grant_choice choice;
};

/* Its data is the caller's to release. */
static struct audit_record record_of(struct op *op, const struct principal *p, const struct found *f, struct str reason, const struct granting_revoked *revoked)
{
	struct buf labels = buf_new(op->arena, OBJECT_MAX_BYTES);
	json_t *ids = json_new_array();
	json_t *data = json_new_object();

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
	return (struct audit_record){ .actor = arena_printf(op->arena, "account:%.*s", STR_ARG(p->account_id)), .action = "grant.revoke",
		                      .account_id = f->account_id, .object = buf_str(&labels), .data = data };
}

static int find(struct op *op, const struct principal *p, const struct granting_revocation *revocation, struct found *ret)
{
	struct account account;
	struct grant grant;
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
	*ret = (struct found){
		.account_id = account.id,
		.choice = { .account_id = account.id, .id = revocation->id, .platform_code = revocation->platform, .role_code = revocation->role },
	};
	return 0;
}

/* In the open transaction, without its record. */
static int revoke(struct op *op, const struct principal *p, const struct found *f, struct str reason, struct granting_revoked *ret_revoked)
{
	size_t left;
	int r = grant_revoke(op, &f->choice, p->account_id, reason, &ret_revoked->done);

	if (r == 0)
		r = grant_count(op, &f->choice, &left);
	if (r < 0)
		return r;
	ret_revoked->n_beyond = left;
	if (ret_revoked->done.n == 0)
		return left == 0 ? 0 : op_fail(op, ERR_OUT_OF_SCOPE, "the grants are not within your scope");
	return account_raise_epoch(op, f->account_id);
}

int granting_revoke(struct op *op, const struct principal *p, const struct granting_revocation *revocation,
                    struct granting_revoked *ret_revoked)
{
	struct granting_revoked revoked;
	struct audit_record record;
	struct found f;
	int r = find(op, p, revocation, &f);

	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	r = revoke(op, p, &f, revocation->reason, &revoked);
	if (r < 0 || revoked.done.n == 0) {
		r = audit_commit(op, r, NULL);
	} else {
		record = record_of(op, p, &f, revocation->reason, &revoked);
		r = audit_commit(op, r, &record);
		json_decref((json_t *)(uintptr_t)record.data);
	}
	if (r == 0)
		*ret_revoked = revoked;
	return r;
}

struct revoking {
	const struct granting_revocation *rows;
	struct granting_revoke_result *results;
	struct error *errors;
	struct found *found;
	size_t n;
};

static int revoke_row(struct op *op, const struct principal *p, void *context, size_t i)
{
	struct revoking *b = context;
	int r = find(op, p, &b->rows[i], &b->found[i]);

	b->results[i].revoked = (struct granting_revoked){ .n_beyond = 0 };
	return r < 0 ? r : revoke(op, p, &b->found[i], b->rows[i].reason, &b->results[i].revoked);
}

static int record_rows(struct op *op, const struct principal *p, void *context)
{
	struct revoking *b = context;
	struct audit_record *records = ARENA_ARRAY(op->arena, struct audit_record, b->n);
	size_t n = 0;
	int r;

	for (size_t i = 0; i < b->n; i++)
		if (b->errors[i].code == 0 && b->results[i].revoked.done.n > 0)
			records[n++] = record_of(op, p, &b->found[i], b->rows[i].reason, &b->results[i].revoked);
	r = audit_add_many(op, records, n);
	for (size_t i = 0; i < n; i++)
		json_decref((json_t *)(uintptr_t)records[i].data);
	return r;
}

static void keep_rows(struct arena *a, void *context)
{
	struct revoking *b = context;

	for (size_t i = 0; i < b->n; i++) {
		struct grant_revoked_list *done = &b->results[i].revoked.done;
		struct grant_revoked *copy = ARENA_ARRAY(a, struct grant_revoked, done->n);

		if (b->errors[i].code < 0)
			continue;
		for (size_t k = 0; k < done->n; k++)
			copy[k] = (struct grant_revoked){ arena_dup(a, done->grants[k].id), arena_dup(a, done->grants[k].platform_code),
				                          arena_dup(a, done->grants[k].role_code), arena_dup(a, done->grants[k].unit_code) };
		done->grants = copy;
	}
}

int granting_revoke_bulk(struct op *op, const struct principal *p, const struct granting_revocations *bulk, struct granting_revoke_result *ret_results,
                         bool *ret_committed)
{
	struct revoking b = { bulk->rows, ret_results, ARENA_ARRAY(op->arena, struct error, bulk->n), ARENA_ARRAY(op->arena, struct found, bulk->n), bulk->n };
	const struct bulk_rows rows = { bulk->n, bulk->all_or_nothing, revoke_row, record_rows, keep_rows, &b, b.errors };
	int r = bulk_rows_run(op, p, &rows, ret_committed);

	for (size_t i = 0; r == 0 && i < bulk->n; i++)
		ret_results[i].error = b.errors[i];
	return r;
}
